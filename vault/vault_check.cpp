#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "vault/backup.hpp"
#include "vault/consortium/granting.hpp"
#include "vault/damaged_packs.hpp"
#include "vault/known_copies.hpp"
#include "vault/last_check.hpp"
#include "vault/snapshot/pack_check.hpp"
#include "vault/state.hpp"

namespace muniment {

namespace {

// How long before its end a charter is spoken of: members have to be asked.
constexpr UnixSeconds charter_warning = 90 * 86400LL;

// What was found before any ledger could be asked.
std::vector<Damage> damage_so_far(const FoundMarker& marker, const LoadedKeyring& keyring,
                                  const Record& record, const std::vector<Damage>& rewritten) {
  std::vector<Damage> damage = record.ledgers.damage;
  damage.insert(damage.end(), rewritten.begin(), rewritten.end());
  if (!marker.damage.empty())
    damage.push_back({"the marker file 'muniment'", marker.damage, true, {}});
  if (record.adopted.damaged) {
    damage.push_back({"the file 'charters'", "damaged; it can be made again", true, {}});
  }
  for (const std::string& copy : keyring.damaged_copies)
    damage.push_back({"keyring", copy, true, {}});
  return damage;
}

std::vector<Damage> refused_entries(const Consortium& consortium) {
  std::vector<Damage> entries;
  for (const RefusedEntry& refused : consortium.refused()) {
    entries.push_back({fmt::format("ledger {}: entry {}", refused.ledger.hex(), refused.index),
                       fmt::format("gives no rights: {}", to_text(refused.refusal)),
                       false,
                       {}});
  }
  return entries;
}

template <class Report>
void put_first(std::vector<Damage> damage, Report& report) {
  damage.insert(damage.end(), std::make_move_iterator(report.damage.begin()),
                std::make_move_iterator(report.damage.end()));
  report.damage = std::move(damage);
}

// For the status. Best effort: a vault on a read-only medium can be verified, too.
void note_check(Environment& environment, const std::filesystem::path& directory, VerifyDepth depth,
                std::size_t damaged, Activity& activity) {
  try {
    save_last_check(environment.files, directory, {environment.clock.now(), depth, damaged});
  } catch (const Error& error) {
    activity.notice(std::string("the time of this check was not noted: ") + error.what());
  }
}

}  // namespace

VerifyReport Vault::verify(VerifyDepth depth, Activity& activity) {
  State& state = *x_state;
  if (depth == VerifyDepth::deep) static_cast<void>(state.unlocked());
  if (!state.record) state.load_record();

  const CheckContext context{state.environment.files, state.ledger_directory(),
                             state.directory / "tmp", state.store, state.record->ledgers.known};
  VerifyReport report;
  if (state.catalog) {
    const std::vector<NamedSnapshot> snapshots = state.named_snapshots(std::nullopt);
    const std::array<std::string, 3> depths{"presence", "read-data", "deep"};
    const auto permit = state.begin(
        {.act = access_act::verify, .detail = depths.at(static_cast<std::size_t>(depth))},
        activity);
    const CheckKeys keys{state.opened->access, state.catalog->shared, snapshots, permit};
    report = muniment::verify(context, &keys, depth, activity);
    if (!state.catalog->catalog.is_sound()) {
      report.damage.push_back(
          {"catalog.db", "damaged; it can be made again at any time", true, {}});
    }
  } else {
    report = muniment::verify(context, nullptr, depth, activity);
  }
  std::ranges::move(state.access_log_damage(depth != VerifyDepth::presence, activity),
                    std::back_inserter(report.damage));
  put_first(damage_so_far(state.marker, state.keyring, *state.record, state.rewritten), report);
  state.check_anchors(report);
  report.refused = refused_entries(state.record->consortium);
  note_check(state.environment, state.directory, depth, report.damage.size(), activity);
  return report;
}

RepairReport Vault::repair(Activity& activity) {
  State& state = *x_state;
  std::unique_ptr<FileLock> held = state.lock(activity);
  RepairReport report;
  std::vector<std::string> repaired;
  if (!state.marker.damage.empty()) {
    write_file_atomically(state.environment.files, state.directory / marker_name,
                          as_bytes(encode_marker(state.identity())));
    repaired.push_back("the marker file 'muniment': " + state.marker.damage + "; written again");
    state.marker.damage.clear();
    // The lock is on the file that was replaced; others wait for the new one.
    held = state.lock(activity);
  }
  if (!state.keyring.damaged_copies.empty()) {
    repair_keyring(state.environment.files, state.directory, state.keyring);
    for (const std::string& copy : state.keyring.damaged_copies) {
      repaired.push_back(copy + "; written again from the other copy");
    }
    state.keyring.damaged_copies.clear();
  }

  state.load_record();
  std::ranges::move(state.repair_access_log(activity), std::back_inserter(repaired));
  DirectoryStore store(state.environment.files, state.directory, DirectoryStore::Access::write);
  const CheckContext context{state.environment.files, state.ledger_directory(),
                             state.directory / "tmp", store, state.record->ledgers.known};
  if (state.catalog) {
    const auto permit = state.begin({.act = access_act::repair}, activity);
    if (!state.catalog->catalog.is_sound()) {
      state.make_catalog(activity);
      repaired.emplace_back("catalog.db: damaged; made again from ledgers and packs");
    }
    const std::vector<NamedSnapshot> snapshots = state.named_snapshots(std::nullopt);
    const CheckKeys keys{state.opened->access, state.catalog->shared, snapshots, permit};
    report = muniment::repair(context, &keys, activity);
    // What is lost is stored again by whoever takes its files in again.
    Catalog::Update update = state.catalog->catalog.update();
    update.set_lost_packs(report.lost_packs);
    update.commit();
  } else {
    report = muniment::repair(context, nullptr, activity);
  }
  state.load_record();
  if (state.record->adopted.damaged) {
    state.keep_adopted();
    state.load_record();
    repaired.emplace_back("charters: the list was damaged; written again from the ledgers");
  }
  std::ranges::move(state.access_log_damage(true, activity), std::back_inserter(report.damage));
  put_first(damage_so_far(state.marker, state.keyring, *state.record, state.rewritten), report);
  report.repaired.insert(report.repaired.begin(), repaired.begin(), repaired.end());
  note_check(state.environment, state.directory, VerifyDepth::read_data, report.damage.size(),
             activity);
  // What is there and damaged partners can heal; what is missing they are asked for anyway.
  std::set<PackId> damaged;
  for (const PackId& pack : report.lost_packs) {
    if (state.store.stat(pack_key(pack))) damaged.insert(pack);
  }
  save_damaged_packs(state.environment.files, state.directory, damaged);
  return report;
}

StatusReport Vault::status() {
  State& state = *x_state;
  if (!state.record) state.load_record();
  StatusReport report;
  report.vault = state.identity().vault;
  report.directory = state.directory;
  report.unlocked = state.opened.has_value();
  if (report.unlocked) report.device = state.device_name(state.identity().device);

  std::set<PackId> stored;
  for (const std::string& key : state.store.list("packs/")) {
    if (const auto id = pack_id_from_key(key)) stored.insert(*id);
  }
  ListedPacks all;
  std::uint64_t snapshots = 0;
  // Of a collection there is a ledger for each device that writes in it.
  std::map<CollectionId, StatusReport::Collection> collections;
  for (const Ledger& ledger : state.record->ledgers.ledgers) {
    if (ledger.name().collection == consortium_collection) continue;
    StatusReport::Collection& collection = collections[ledger.name().collection];
    collection.name = ledger.name().collection.hex();
    if (report.unlocked) {
      const auto access = state.opened->access.find(ledger.name().collection);
      if (access != state.opened->access.end()) collection.name = access->second.name;
      const auto deposit = state.opened->deposits.find(ledger.name().collection);
      if (deposit != state.opened->deposits.end()) collection.name = deposit->second;
    }
    ListedPacks packs;
    add_listed_packs(ledger, packs);
    for (std::uint64_t i = 0; i < ledger.size(); ++i) {
      if (act_of(ledger.entry(i)) != Act::snapshot) continue;
      ++collection.snapshots;
      ++snapshots;
    }
    collection.packs += packs.size();
    for (const auto& [id, pack] : packs) collection.stored_bytes += file_bytes(pack.size_class);
    all.merge(packs);
  }
  const Possessions possessions = find_possessions(state.environment.files, state.directory);
  const CopiesSource source{state.identity().device,
                            state.record->consortium,
                            state.record->ledgers.ledgers,
                            possessions,
                            [&](const PackId& pack) { return stored.contains(pack); },
                            hours_of(state.environment.clock.now())};
  for (auto& [id, collection] : collections) {
    const CopiesOf copies = count_copies(id, source);
    collection.partners = copies.devices;
    collection.copies = copies.whole;
    if (copies.since) collection.copies_since = time_of(*copies.since);
    report.collections.push_back(std::move(collection));
  }
  std::ranges::stable_sort(report.collections, {}, &StatusReport::Collection::name);
  for (const PackId& pack : stored) {
    if (all.contains(pack)) continue;
    ++report.packs_unlisted;
    report.bytes_unlisted += state.store.stat(pack_key(pack)).value_or(0);
  }

  const std::optional<LastCheck> last = find_last_check(state.environment.files, state.directory);
  if (last) {
    report.last_verified = last->time;
    report.last_verified_depth = last->depth;
    report.last_verified_damage = last->damage;
  }
  const std::optional<LastBackup> backup =
      find_last_backup(state.environment.files, state.directory);
  if (backup) report.last_backup = backup->time;
  for (const std::string& warning : state.warnings)
    report.todo.push_back(warning + ": run 'muniment repair'");
  for (const std::string& warning : state.record->ledgers.warnings) {
    report.todo.push_back(warning + ": run 'muniment repair'");
  }
  if (last && last->damage > 0)
    report.todo.emplace_back("the last check found damage: run 'muniment repair'");
  if (!last && snapshots > 0)
    report.todo.emplace_back("never verified: run 'muniment verify --read-data'");
  if (snapshots > 0 && !backup)
    report.todo.emplace_back("the keys have no backup: run 'muniment key export-backup FILE'");
  if (backup && backup->generation != state.keyring.keyring.generation()) {
    report.todo.emplace_back(
        "the keyring changed since its last backup: run 'muniment key export-backup FILE'");
  }
  const Bytes authority = read_sealed_authority(state.environment.files, state.directory);
  if (backup && !authority.empty() && backup->authority != sha256(authority)) {
    report.todo.emplace_back(
        "the new authority key is in no backup: run 'muniment key export-backup FILE'");
  }
  if (state.environment.files.file_size(state.directory / "restored")) {
    report.todo.emplace_back(
        "put back from a backup, and partners may have seen more of this device: take in the "
        "newest "
        "text of each with 'muniment accept FILE', or run 'muniment key resume'");
  }
  report.logs = witnesses();
  std::string below;
  for (const LogWitnesses& log : report.logs) {
    if (!log.own || log.standing.of == 0 || log.standing.is_quorum()) continue;
    below += fmt::format("{}{} ({}/{})", below.empty() ? "" : ", ", escape(log.log),
                         log.standing.count, log.standing.of);
  }
  if (!below.empty()) {
    report.todo.push_back("this device's logs are not vouched for by enough witnesses: " + below +
                          ": run 'muniment witness request'");
  }
  for (const CharterFork& fork : state.record->consortium.charter_forks()) {
    report.todo.push_back(State::describe_fork(fork) +
                          (fork.decided
                               ? ": tell your partners by another way; 'muniment charter choose' "
                                 "takes the other one if all agree"
                               : ": agree with your partners which one counts, then run 'muniment "
                                 "charter choose'"));
  }
  for (const auto& [id, name] : state.record->frozen) {
    report.todo.push_back(
        state.describe_fork(name) +
        (is_access_collection(name.collection)
             ? ": its access log was put back, or somebody else has its keys; the proof is in "
               "forks/"
             : ": tell your partners, and revoke the device; the proof is in forks/") +
        id.hex());
  }
  if (const std::size_t refused = state.record->consortium.refused().size(); refused > 0) {
    report.todo.push_back(fmt::format(
        "{} of the ledgers' entries give no rights: run 'muniment grants --audit'", refused));
  }
  if (state.opened && !state.opened->refused_grants.empty()) {
    report.todo.emplace_back(
        "a grant to this device does not hold the keys that it says: run 'muniment grants --audit' "
        "and ask another custodian to grant it");
  }
  for (const CollectionId& id : stale_collections(state.record->consortium, {})) {
    report.todo.push_back(fmt::format(
        "collection {}: nothing can be stored in it until a custodian begins a new epoch; if "
        "somebody was revoked, by 'muniment revoke' for them again",
        report.unlocked ? escape(state.collection_name(id)) : id.hex()));
  }
  if (state.is_cut_off()) {
    report.todo.emplace_back(
        "this device was revoked, or its member left: it keeps what it has, and nothing that it "
        "writes counts any more" +
        (report.unlocked ? "; " + state.members_with(Role::custodian) : std::string()));
  }
  state.report_daemon(report);
  state.report_witnesses(report);
  if (const Journey* journey = state.journey()) {
    report.travels_until = journey->until;
    report.left_behind = journey->without.size();
    report.todo.emplace_back("when the journey is over: run 'muniment key return'");
  }
  const Charter& charter = state.record->consortium.charter();
  const UnixSeconds left = charter.expires - state.environment.clock.now();
  if (left < 0) {
    report.todo.push_back(
        fmt::format("charter {} has expired, and cannot be extended: begin another consortium",
                    charter.number));
  } else if (left < charter_warning) {
    report.todo.push_back(
        fmt::format("charter {} expires in {} days: run 'muniment charter propose --expires DATE'",
                    charter.number, left / 86400));
  }
  if (report.collections.empty()) {
    report.todo.emplace_back("nothing is kept here yet: run 'muniment collection create NAME'");
  }
  return report;
}

}  // namespace muniment
