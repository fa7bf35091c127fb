#include "vault/vault.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <map>

#include "vault/base/assert.hpp"
#include "vault/consortium/founding.hpp"
#include "vault/state.hpp"

namespace muniment {

namespace {

const CheckedLedger& own_ledger(const Record& record, const LedgerName& name) {
  const auto own = std::ranges::find_if(record.ledgers.known, [&](const CheckedLedger& known) {
    return known.name.device == name.device;
  });
  VAULT_ASSERT(own != record.ledgers.known.end());
  return *own;
}

// What find matches a path against: the last component, or all of it where the pattern has a '/'.
bool matches(const FindQuery& query, const Entry& entry) {
  if (query.sha256 && (entry.kind != EntryKind::file || entry.sha256 != *query.sha256))
    return false;
  if (!query.name_glob) return true;
  const bool whole = query.name_glob->find('/') != std::string::npos;
  const std::size_t slash = whole ? std::string::npos : entry.path.rfind('/');
  const char* name = entry.path.c_str() + (slash == std::string::npos ? 0 : slash + 1);
  return ::fnmatch(query.name_glob->c_str(), name, whole ? FNM_PATHNAME : 0) == 0;
}

}  // namespace

std::optional<SnapshotName> SnapshotName::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  SnapshotName name;
  name.collection = text.substr(0, slash);
  std::string_view rest = text.substr(slash + 1);
  if (const std::size_t at = rest.find('@'); at != std::string_view::npos) {
    name.device = rest.substr(at + 1);
    rest = rest.substr(0, at);
    if (name.device.empty()) return std::nullopt;
  }
  if (!is_valid_collection_name(name.collection)) return std::nullopt;
  if (rest == "latest") return name;
  const bool number = !rest.empty() && rest.size() <= 18 && rest.front() != '0' &&
                      rest.find_first_not_of("0123456789") == std::string_view::npos;
  if (!number) return std::nullopt;
  name.number = std::stoull(std::string(rest));
  return name;
}

Vault::Vault(std::unique_ptr<State> state) : x_state(std::move(state)) {}
Vault::~Vault() = default;
Vault::Vault(Vault&&) noexcept = default;
Vault& Vault::operator=(Vault&&) noexcept = default;

Vault Vault::open(const std::filesystem::path& directory, Environment environment) {
  FoundMarker marker = find_marker(environment.files, directory);
  LoadedKeyring keyring = load_keyring(environment.files, directory, marker.identity.vault);
  auto state =
      std::make_unique<State>(environment, directory, std::move(marker), std::move(keyring));
  return Vault(std::move(state));
}

std::optional<std::filesystem::path> Vault::find_directory(const std::filesystem::path& start,
                                                           FileSystem& files) {
  for (std::filesystem::path at = std::filesystem::absolute(start);; at = at.parent_path()) {
    if (files.file_size(at / marker_name)) return at;
    if (at == at.root_path()) return std::nullopt;
  }
}

const VaultId& Vault::id() const {
  return x_state->identity().vault;
}

const std::vector<std::string>& Vault::warnings() const {
  return x_state->warnings;
}

void Vault::set_lock_wait(std::chrono::milliseconds wait) {
  x_state->lock_wait = wait;
}

CollectionInfo Vault::create_collection(const std::string& name, Activity& activity,
                                        const CollectionPolicy& policy) {
  State& state = *x_state;
  static_cast<void>(state.unlocked());
  if (!is_valid_collection_name(name)) {
    throw Error(ErrorCode::usage, "collection " + escape(name) + ": not a valid name",
                "use 1 to 63 of a-z, 0-9 and '-', beginning with a letter or digit");
  }
  const std::unique_ptr<FileLock> held = state.lock(activity);
  state.refresh(activity);
  state.require_untouched_ledgers();
  Opened& opened = state.unlocked();
  for (const auto& [id, access] : opened.access) {
    if (access.name != name) continue;
    throw Error(ErrorCode::exists, "collection " + name + ": there is one with this name already");
  }
  if (!opened.reading.authority) {
    throw Error(ErrorCode::denied,
                "collection " + name + ": the member's authority key is not on this device",
                "create it on the device that has the key");
  }
  const auto permit = state.begin(
      {.act = access_act::collection, .detail = access_detail("create " + name)}, activity);
  NewCollection collection;
  collection.record.name = name;
  collection.record.purpose_required = policy.purpose_required;
  collection.creator = state.identity().device;
  const CollectionFounding founding = state.explain_denied([&] {
    return found_collection(state.record->consortium, collection, state.custodian().authority,
                            state.environment.random);
  });
  LedgerWriter writer =
      LedgerWriter::open(state.environment.files, state.ledger_directory(), founding.ledger,
                         own_ledger(*state.record, founding.ledger).log);
  writer.append(founding.entries, opened.service.log);
  state.refresh(activity);
  return {founding.ledger.collection, name, 0};
}

std::vector<CollectionInfo> Vault::collections() {
  State& state = *x_state;
  std::vector<CollectionInfo> infos;
  for (const auto& [id, access] : state.unlocked().access) {
    if (id == consortium_collection) continue;
    infos.push_back({id, access.name, state.catalog->catalog.snapshots(id).size()});
  }
  std::ranges::sort(infos, {}, &CollectionInfo::name);
  return infos;
}

std::vector<SnapshotInfo> Vault::snapshots(const std::optional<std::string>& collection,
                                           Activity& activity) {
  AccessSubject subject{.act = access_act::list, .detail = "snapshots"};
  if (collection) subject.collection = x_state->find_collection(*collection).id;
  static_cast<void>(x_state->unlocked());
  const auto permit = x_state->begin(std::move(subject), activity);
  std::vector<SnapshotInfo> infos;
  const std::map<LedgerId, LogVouched> vouched = x_state->vouched_ledgers();
  for (const NamedSnapshot& snapshot : x_state->named_snapshots(collection)) {
    SnapshotInfo& info = infos.emplace_back(x_state->describe(snapshot, permit, activity));
    const auto found = vouched.find(snapshot.facts.ledger);
    if (found == vouched.end()) continue;
    info.witnesses =
        standing_at(snapshot.facts.entry + 1, found->second.sizes, found->second.quorum);
  }
  return infos;
}

SnapshotInfo Vault::resolve(const SnapshotName& name) {
  try {
    return find_snapshot(name);
  } catch (const Error&) {
    // Its message names what there is.
    if (x_state->journal) x_state->journal->flush(Unattended());
    throw;
  }
}

SnapshotInfo Vault::find_snapshot(const SnapshotName& name) {
  std::vector<NamedSnapshot> all = x_state->named_snapshots(name.collection);
  const std::size_t there = all.size();
  std::erase_if(all, [&](const NamedSnapshot& snapshot) {
    const CatalogSnapshot& facts = snapshot.facts;
    const bool device = name.device.empty() || x_state->device_name(facts.device) == name.device ||
                        x_state->device_path(facts.device) == name.device ||
                        (name.device.size() >= 4 && facts.device.hex().starts_with(name.device));
    return !device || (name.number && facts.number != *name.number);
  });
  const auto when = [](const NamedSnapshot& snapshot) {
    return std::tuple(snapshot.facts.time, snapshot.facts.entry);
  };
  if (all.empty()) {
    const std::string wanted = name.number ? std::to_string(*name.number) : "latest";
    throw Error(ErrorCode::not_found,
                fmt::format("snapshot {}/{}{}{}: there is no such snapshot", name.collection,
                            wanted, name.device.empty() ? "" : "@", escape(name.device)),
                there == 0
                    ? "the collection is empty: 'muniment ingest " + name.collection + " PATH'"
                    : "'muniment snapshots " + name.collection + "' lists what there is");
  }
  if (!name.number) return x_state->facts_of(std::ranges::max(all, {}, when));
  if (all.size() > 1) {
    std::string names;
    for (const NamedSnapshot& snapshot : all) {
      names += (names.empty() ? "" : ", ") + escape(snapshot.name);
    }
    throw Error(ErrorCode::usage,
                fmt::format("snapshot {}/{}: several devices have one of this number",
                            name.collection, *name.number),
                "name the device, too: " + names);
  }
  return x_state->facts_of(all[0]);
}

std::unique_ptr<Reader> Vault::reader(const SnapshotInfo& snapshot, ReaderUse use,
                                      Activity& activity, const ReadScope& scope) {
  State& state = *x_state;
  static_cast<void>(state.unlocked());
  AccessSubject subject{.act = scope.act, .path = scope.path};
  subject.collection = snapshot.collection_id;
  subject.snapshot = AccessSnapshot{snapshot.number, snapshot.device_id};
  subject.detail = scope.detail;
  return open_reader(snapshot, use, state.begin(std::move(subject), activity), activity);
}

std::unique_ptr<Reader> Vault::open_reader(const SnapshotInfo& snapshot, ReaderUse use,
                                           std::shared_ptr<AccessPermit> permit,
                                           Activity& activity) {
  State& state = *x_state;
  const CollectionAccess& access = state.unlocked().access.at(snapshot.collection_id);
  const PackAccess pack_access = use == ReaderUse::bulk ? PackAccess::whole : PackAccess::ranges;
  return open_snapshot(
      snapshot.name, snapshot.index,
      open_chunks(access, state.catalog->shared, state.store, pack_access, activity),
      std::move(permit));
}

void Vault::find(const FindQuery& query, const std::function<bool(const FindResult&)>& visitor,
                 Activity& activity) {
  static_cast<void>(x_state->unlocked());
  AccessSubject subject{.act = access_act::search};
  if (query.collection) subject.collection = x_state->find_collection(*query.collection).id;
  if (query.name_glob) subject.detail = access_detail("name " + *query.name_glob);
  if (query.sha256) {
    subject.detail += (subject.detail.empty() ? "sha256 " : ", sha256 ") + query.sha256->hex();
  }
  const auto permit = x_state->begin(std::move(subject), activity);
  // Snapshots share most of their manifest: each piece is read once, its matches named for every
  // snapshot.
  std::map<ChunkId, std::vector<Entry>> matching;
  for (const NamedSnapshot& snapshot : x_state->named_snapshots(query.collection)) {
    const std::unique_ptr<Reader> opened =
        open_reader(x_state->facts_of(snapshot), ReaderUse::few, permit, activity);
    for (const ManifestChunk& piece : opened->index().manifest) {
      activity.check();
      const auto [found, fresh] = matching.try_emplace(piece.chunk.id);
      if (fresh) {
        found->second = opened->entries(piece);
        std::erase_if(found->second, [&](const Entry& entry) { return !matches(query, entry); });
        found->second.shrink_to_fit();
      }
      for (const Entry& entry : found->second) {
        if (!visitor({snapshot.name, entry})) return;
      }
    }
  }
}

void Vault::rebuild_catalog(Activity& activity) {
  State& state = *x_state;
  static_cast<void>(state.unlocked());
  const std::unique_ptr<FileLock> held = state.lock(activity);
  state.load_record();
  const auto permit = state.begin({.act = access_act::catalog, .detail = "rebuild"}, activity);
  state.open_access();
  state.make_catalog(activity);
}

}  // namespace muniment
