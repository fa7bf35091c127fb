#include "vault/bundles.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "vault/base/assert.hpp"
#include "vault/bundle.hpp"
#include "vault/pack/heal.hpp"
#include "vault/replication.hpp"
#include "vault/state.hpp"

namespace muniment {

namespace {

// At most 64 MiB, which are synced and renamed together.
constexpr std::size_t packs_stored_at_once = 4;

// What the ledgers list, each pack once, in the order in which they do.
std::vector<PackRef> listed_packs(std::span<const LedgerCopy> ledgers) {
  std::vector<PackRef> result;
  std::set<PackId> known;
  for (const LedgerCopy& ledger : ledgers) {
    for (const std::string& entry : ledger.entries) {
      const auto packs = act_of(entry) == Act::packs ? decode_packs(entry) : std::nullopt;
      if (!packs) continue;
      for (const PackRef& pack : packs->packs) {
        if (!pack_class_from(pack.size_class)) continue;
        if (known.insert(pack.id).second) result.push_back(pack);
      }
    }
  }
  return result;
}

std::uint64_t stored_bytes(const PackRef& pack) {
  return file_bytes(*pack_class_from(pack.size_class));
}

[[nodiscard]] Error too_small(std::uint64_t bytes_max, std::uint64_t needed) {
  return {ErrorCode::usage,
          fmt::format("files of {} bytes: too small for the ledgers and one pack, which take {}",
                      bytes_max, needed),
          "allow more for each file"};
}

// One file after the other, each with as many packs as fit.
std::vector<std::vector<PackRef>> split(const std::vector<PackRef>& packs, std::size_t text_bytes,
                                        std::uint64_t file_bytes_max) {
  std::vector<std::vector<PackRef>> parts(1);
  std::uint64_t bytes = bundle_head_bytes(text_bytes, 0);
  if (file_bytes_max == 0) {
    parts.front() = packs;
    return parts;
  }
  if (bytes > file_bytes_max) throw too_small(file_bytes_max, bytes);
  for (const PackRef& pack : packs) {
    const std::uint64_t more =
        stored_bytes(pack) + bundle_head_bytes(0, 1) - bundle_head_bytes(0, 0);
    const bool full = bytes + more > file_bytes_max || parts.back().size() == bundle_packs_max;
    if (full && !parts.back().empty()) {
      parts.emplace_back();
      bytes = bundle_head_bytes(text_bytes, 0);
    }
    parts.back().push_back(pack);
    bytes += more;
    if (bytes > file_bytes_max) throw too_small(file_bytes_max, bytes);
  }
  return parts;
}

// Files that get their names when they are whole; removed again if a later one fails.
class NewFiles {
 public:
  explicit NewFiles(FileSystem& files) : x_files(files) {}
  NewFiles(NewFiles&&) = delete;
  ~NewFiles() {
    for (const std::filesystem::path& path : x_paths) {
      try {
        x_files.remove(path);
      } catch (const Error&) {
        continue;  // a stick that was pulled out
      }
    }
  }
  // Beside `path`; what a crash left there is begun anew.
  [[nodiscard]] std::unique_ptr<File> create(const std::filesystem::path& path) {
    const std::filesystem::path unfinished = path.native() + ".new";
    auto file = x_files.open_or_create(unfinished);
    x_paths.push_back(unfinished);
    file->truncate(0);
    return file;
  }
  // The one that was created last is synced, and gets its name.
  void finish(const std::filesystem::path& path) {
    x_files.rename(x_paths.back(), path);
    x_paths.back() = path;
    x_files.sync_directory(path.has_parent_path() ? path.parent_path() : ".");
  }
  [[nodiscard]] std::vector<std::filesystem::path> keep() { return std::exchange(x_paths, {}); }

 private:
  FileSystem& x_files;
  std::vector<std::filesystem::path> x_paths;
};

// The class of the file that is here; a ledger may lie about it. Of one that was cut short, what
// the ledger says.
PackRef as_stored(const PackRef& pack, std::uint64_t file_size) {
  const auto found = pack_class_of_file(file_size);
  return {pack.id, found ? static_cast<std::uint8_t>(*found) : pack.size_class};
}

// Exactly the file that the id names; empty if neither it nor parity has it.
std::optional<Bytes> proved_pack(Bytes file, const PackRef& pack, bool& healed) {
  PackExamination found = examine_pack(file, pack.id);
  healed = found.condition == PackCondition::healable;
  if (found.condition == PackCondition::lost) return std::nullopt;
  Bytes whole = healed ? std::move(found.healed) : std::move(file);
  return whole.size() == stored_bytes(pack) ? std::optional(std::move(whole)) : std::nullopt;
}

void write_part(NewFiles& files, const std::filesystem::path& path, const BundleHead& head,
                const PackStore& store, BundleReport& report, const Activity& activity) {
  const auto file = files.create(path);
  const Bytes front = encode(head);
  file->write_at(0, front);
  std::uint64_t end = front.size();
  for (const PackRef& pack : head.packs) {
    activity.check();
    bool healed = false;
    auto bytes = proved_pack(
        get_object(store, pack_key(pack.id), stored_bytes(pack)).value_or(Bytes{}), pack, healed);
    if (!bytes) {
      report.damage.push_back("pack " + pack.id.hex() +
                              ": damaged here, and zeros stand for it: 'muniment verify "
                              "--read-data' says more, a later bundle may bring it");
      bytes.emplace(stored_bytes(pack));
    } else {
      ++report.packs;
    }
    file->write_at(end, *bytes);
    end += bytes->size();
  }
  file->sync();
  files.finish(path);
  report.bytes += end;
}

}  // namespace

BundleReport Bundles::write(const std::string& member, const std::filesystem::path& path,
                            const BundleOptions& options, Activity& activity) {
  Vault::State& vault = *x_vault.x_state;
  FileSystem& files = vault.environment.files;
  const std::string text = Partners(x_vault).text_for(member);
  std::set<PackId> known;
  for (const std::filesystem::path& earlier : options.since) {
    const BundleReader reader(files, earlier);
    for (std::size_t i = 0; i < reader.head().packs.size(); ++i) {
      if (reader.has_pack(i)) known.insert(reader.head().packs[i].id);
    }
  }
  BundleReport report;
  std::vector<PackRef> packs;
  for (const PackRef& pack : listed_packs(decode_exchange(text)->ledgers)) {
    const auto size = vault.store.stat(pack_key(pack.id));
    if (known.contains(pack.id)) {
      ++report.left_out;
    } else if (!size) {
      ++report.absent;
    } else {
      packs.push_back(as_stored(pack, *size));
    }
  }
  std::vector<std::vector<PackRef>> parts = split(packs, text.size(), options.split_bytes);
  std::vector<std::filesystem::path> names;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    names.push_back(path);
    if (options.split_bytes > 0) names.back() += "." + std::to_string(i + 1);
    if (!files.file_size(names.back())) continue;
    throw Error(ErrorCode::exists, escape(names.back().native()) + ": there is such a file",
                "name another, or remove it");
  }
  NewFiles made(files);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    write_part(made, names[i], {text, std::move(parts[i])}, vault.store, report, activity);
  }
  report.files = made.keep();
  return report;
}

void Bundles::store(std::map<PackId, Bytes>& packs, Replication& replication, BundleImport& report,
                    Activity& activity) {
  Vault::State& vault = *x_vault.x_state;
  if (packs.empty()) return;
  {
    const auto held = vault.lock(activity);
    DirectoryStore store(vault.environment.files, vault.directory, DirectoryStore::Access::write);
    for (const auto& [id, file] : packs) {
      // Unless a peer was faster, one that is there is damaged.
      const bool is_new = store.put_if_absent(pack_key(id), file);
      if (!is_new) {
        store.replace(pack_key(id), file);
        ++report.replaced;
      }
      ++report.packs;
      report.bytes += file.size();
    }
    store.flush();
  }
  for (const auto& [id, file] : packs) replication.note_whole(id);
  packs.clear();
}

void Bundles::take_packs(std::span<const std::filesystem::path> paths, Replication& replication,
                         BundleImport& report, Activity& activity) {
  std::map<PackId, Bytes> group;
  std::set<PackId> taken;
  for (const std::filesystem::path& path : paths) {
    const BundleReader bundle(x_vault.x_state->environment.files, path);
    const std::vector<PackRef>& packs = bundle.head().packs;
    for (std::size_t number = 0; number < packs.size(); ++number) {
      activity.check();
      const PackRef& pack = packs[number];
      if (!replication.is_missing(pack.id) || taken.contains(pack.id)) {
        const bool here = taken.contains(pack.id) || replication.is_whole(pack.id);
        ++(here ? report.known : report.unlisted);
        continue;
      }
      bool healed = false;
      auto file = proved_pack(bundle.read_pack(number), pack, healed);
      if (!file) {
        report.damage.push_back(fmt::format("pack {}: damaged or cut short in {}", pack.id.hex(),
                                            escape(path.native())));
        continue;
      }
      taken.insert(pack.id);
      report.healed += healed ? 1 : 0;
      group.emplace(pack.id, std::move(*file));
      if (group.size() == packs_stored_at_once) store(group, replication, report, activity);
    }
  }
  store(group, replication, report, activity);
  report.absent = replication.count_missing().packs;
}

BundleImport Bundles::read(std::span<const std::filesystem::path> paths,
                           const std::function<Credential()>& current, Activity& activity) {
  Vault::State& vault = *x_vault.x_state;
  BundleImport report;
  std::vector<std::filesystem::path> readable;
  std::vector<std::string> texts;
  for (const std::filesystem::path& path : paths) {
    try {
      // Opened again for its packs: there may be more files than a process can hold open.
      const BundleReader bundle(vault.environment.files, path);
      readable.push_back(path);
      // The files of one bundle all have the same.
      const std::string& text = bundle.head().text;
      if (std::ranges::find(texts, text) == texts.end()) texts.push_back(text);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::damaged || paths.size() == 1) throw;
      report.damage.push_back(error.what());
    }
  }
  if (texts.empty()) {
    throw Error(ErrorCode::damaged, "none of the files has a whole front, where the ledgers are",
                "have them made again");
  }
  report.accepted = Partners(x_vault).accept(texts, current, activity);
  if (report.accepted.joins) return report;

  Replication replication(x_vault);
  for (const std::string& text : texts) {
    const auto exchange = decode_exchange(text);
    VAULT_ASSERT(exchange);  // it was taken in
    for (const LedgerCopy& copy : exchange->ledgers) {
      report.signatures += replication.take_cosignatures(copy.name, copy.checkpoint);
    }
  }
  report.cosigned = replication.cosign_held().size();
  take_packs(readable, replication, report, activity);
  const auto held = vault.lock(activity);
  vault.refresh(activity);
  return report;
}

}  // namespace muniment
