#include "cli/json.hpp"

#include "cli/text.hpp"

namespace muniment {

std::string to_line(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void put_bytes(Json& object, const std::string& name, std::string_view bytes) {
  if (is_utf8(bytes)) {
    object[name] = bytes;
  } else {
    object[name + "_b64"] = to_base64(as_bytes(bytes));
  }
}

Json to_json(const Entry& entry) {
  Json object;
  put_bytes(object, "path", entry.path);
  object["kind"] = kind_name(entry.kind);
  if (entry.time) object["time"] = utc_time(*entry.time);
  if (entry.kind == EntryKind::file) {
    object["size"] = entry.size;
    object["executable"] = entry.executable;
    object["sha256"] = entry.sha256.hex();
  }
  if (entry.kind == EntryKind::symlink) put_bytes(object, "target", entry.link_target);
  return object;
}

Json to_json(const SnapshotInfo& snapshot) {
  Json object{{"snapshot", snapshot.name},
              {"collection", snapshot.collection},
              {"number", snapshot.number},
              {"device", snapshot.device},
              {"created", utc_time(snapshot.created)},
              {"files", snapshot.files},
              {"bytes", snapshot.bytes},
              {"content_root", snapshot.content_root.hex()}};
  object["about"] = snapshot.about;
  return object;
}

Json to_json(const Damage& damage) {
  return {{"object", damage.object},
          {"cause", damage.cause},
          {"healable", damage.healable},
          {"affects", damage.affects}};
}

}  // namespace muniment
