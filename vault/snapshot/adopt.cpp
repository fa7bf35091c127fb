#include "vault/snapshot/adopt.hpp"

#include <fmt/format.h>

namespace muniment {

namespace {

std::vector<PackId> unknown_packs(const AdoptContext& context) {
  std::vector<PackId> unknown;
  const std::lock_guard lock(context.catalog.mutex);
  for (const std::string& key : context.store.list("packs/")) {
    const std::optional<PackId> id = pack_id_from_key(key);
    if (!id) continue;
    const auto known = context.catalog.catalog.find_pack(*id);
    if (!known || (!known->listed && known->state == PackState::unread)) unknown.push_back(*id);
  }
  return unknown;
}

std::optional<std::pair<PackReader, EpochCommitment>> open_with_any(const AdoptContext& context,
                                                                    const PackId& id) {
  for (const auto& [epoch, key] : context.epoch_secrets) {
    auto opened = open_pack(context.store, id, {&key, 1}, PackAccess::checked);
    if (auto* reader = std::get_if<PackReader>(&opened)) {
      // A depositor's are of use to nobody before its ledger lists them.
      if (reader->healed() || reader->table().batch) return std::nullopt;
      return std::pair(std::move(*reader), epoch);
    }
    if (std::get<PackFault>(opened) != PackFault::foreign) return std::nullopt;
  }
  return std::nullopt;
}

// Every whole frame gives the chunk that the table says. A part of a chunk is not checked here: it
// counts only beside its other half, and ChunkReader::holds hashes the two.
bool every_frame_is_sound(ChunkOpener& opener, const PackReader& reader) {
  ChunkBuffer buffer;
  for (std::size_t frame = 0; frame < reader.table().frames.size(); ++frame) {
    const MutableByteView payload = buffer.payload(reader.entry(frame).stored_bytes);
    if (!reader.read_frame(frame, payload)) return false;
    if (frame_part(reader.head(), frame) != FramePart{}) continue;
    if (!opener.open(reader, frame, payload, buffer)) return false;
  }
  return reader.tail_is_sound();
}

}  // namespace

std::uint64_t adopt_packs(const AdoptContext& context, Activity& activity) {
  std::vector<PackIndex> adopted;
  ChunkOpener opener(context.id_key);
  for (const PackId& id : unknown_packs(context)) {
    activity.check();
    const auto opened = open_with_any(context, id);
    if (!opened || !every_frame_is_sound(opener, opened->first)) continue;
    const auto& [reader, epoch] = *opened;
    const auto size_class = static_cast<unsigned>(reader.form().size_class);
    adopted.push_back(index_of({id, size_class, epoch}, reader.table()));
  }
  if (adopted.empty()) return 0;
  // Whoever left them may have been killed, or lost power, before they were.
  std::vector<std::string> keys;
  for (const PackIndex& index : adopted) keys.push_back(pack_key(index.facts.id));
  context.store.make_durable(keys);
  {
    const std::lock_guard lock(context.catalog.mutex);
    Catalog::Update update = context.catalog.catalog.update();
    update.index_packs(adopted);
    update.commit();
  }
  activity.notice(fmt::format("{} pack{} of an interrupted ingest checked and used again",
                              adopted.size(), adopted.size() == 1 ? "" : "s"));
  return adopted.size();
}

}  // namespace muniment
