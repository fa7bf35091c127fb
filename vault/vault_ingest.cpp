// Taking files in: by a reader, and by a device that may only deposit.
#include <fmt/format.h>

#include <algorithm>

#include "vault/base/assert.hpp"
#include "vault/consortium/deposit.hpp"
#include "vault/snapshot/ingest_pipeline.hpp"
#include "vault/state.hpp"

namespace muniment {

namespace {

void require_stream_alone(const InputStream& stream, std::span<const std::filesystem::path> paths) {
  const std::string& name = stream.name;
  const bool valid = !name.empty() && name != "." && name != ".." && name.size() <= 255 &&
                     name.find_first_of(std::string_view("/\0", 2)) == std::string::npos;
  if (!valid) {
    throw Error(ErrorCode::usage, "'" + escape(name) + "' cannot be the name of a file",
                "use 1 to 255 bytes without '/'");
  }
  if (!paths.empty()) {
    throw Error(ErrorCode::usage, "a snapshot is made of a stream or of paths, not of both",
                "ingest them into two snapshots");
  }
}

// Of the epochs that every present reader has: what is stored for others is stored again, so that
// whoever may read the new snapshot can read all of it.
EpochSecretKeys shared_secrets(const Consortium& consortium, const CollectionAccess& access) {
  EpochSecretKeys secrets;
  for (const EpochCommitment& epoch : shared_epochs(consortium, access.id, {})) {
    const auto held = access.epoch_secrets.find(epoch);
    if (held != access.epoch_secrets.end()) secrets.emplace(epoch, held->second.clone());
  }
  return secrets;
}

SeedKey seed_key_of(const CollectionKeys& keys, const Epoch& epoch) {
  const OpenEpoch* open = keys.find(epoch.commitment);
  if (open != nullptr) return seed_key(open->key);
  throw Error(ErrorCode::denied, "its present epoch is not granted to this device");
}

// Where packs and ledger entries of an ingest go.
struct Target {
  Target(FileSystem& files, const std::filesystem::path& directory, const LedgerName& name,
         const LogKey& log)
      : ledger(LedgerWriter::open(files, directory / "ledgers", name, verify_key(log))),
        store(files, directory, DirectoryStore::Access::write) {}

  LedgerWriter ledger;
  DirectoryStore store;
};

}  // namespace

void Vault::State::remove_abandoned_deposit(PackStore& packs, Activity& activity) {
  // A ledger that cannot be read may list them.
  const LedgerSet& ledgers = record->ledgers;
  if (!ledgers.damage.empty() || ledgers.known.size() != ledgers.ledgers.size()) return;
  std::set<PackId> listed;
  for (const Ledger& ledger : ledgers.ledgers) {
    for (std::uint64_t i = 0; i < ledger.size(); ++i) {
      const std::optional<PacksEntry> entry = decode_packs(ledger.entry(i));
      if (!entry) continue;
      for (const PackRef& pack : entry->packs) listed.insert(pack.id);
    }
  }
  const std::uint64_t removed =
      muniment::remove_abandoned_deposit(environment.files, directory, packs,
                                         [&](const PackId& pack) { return listed.contains(pack); });
  if (removed > 0) {
    activity.notice(
        fmt::format("{} pack{} of an interrupted deposit deleted: nobody could open them", removed,
                    removed == 1 ? "" : "s"));
  }
}

std::optional<CollectionId> Vault::State::find_deposit(const std::string& name) const {
  for (const auto& [id, known] : opened->deposits) {
    if (known == name) return id;
  }
  return std::nullopt;
}

IngestReport Vault::ingest(const std::string& collection,
                           std::span<const std::filesystem::path> paths,
                           const IngestOptions& options, Activity& activity) {
  State& state = *x_state;
  static_cast<void>(state.unlocked());
  if (!state.find_deposit(collection)) static_cast<void>(state.find_collection(collection));
  if (!is_valid(options.about)) {
    throw Error(ErrorCode::usage, "what is said about the snapshot cannot be recorded",
                "use UTF-8, a name for each value, and at most 65,535 bytes in each");
  }
  if (options.stream) require_stream_alone(*options.stream, paths);
  const std::unique_ptr<FileLock> held = state.lock(activity);
  state.refresh(activity);
  state.require_untouched_ledgers();
  const auto write_only = state.find_deposit(collection);
  const auto permit =
      state.begin({.act = access_act::ingest,
                   .collection = write_only ? *write_only : state.find_collection(collection).id,
                   .detail = options.dry_run ? "dry run" : ""},
                  activity);
  IngestResult result = write_only ? state.deposit(*write_only, paths, options, activity)
                                   : state.take_in(state.find_collection(collection), permit, paths,
                                                   options, activity);
  permit->count(result.report.files, result.report.bytes);
  if (!result.report.complete()) permit->note_partly();
  if (options.dry_run) return std::move(result.report);
  result.report.snapshot = fmt::format("{}/{}@{}", collection, result.number,
                                       state.device_label(state.identity().device));
  // It is committed, whatever becomes of the catalog.
  try {
    state.refresh(activity);
  } catch (const Error& error) {
    activity.notice(
        fmt::format("{} is stored; the catalog could not follow, and will when the vault is next "
                    "opened: {}",
                    result.report.snapshot, error.what()));
  }
  return std::move(result.report);
}

IngestResult Vault::State::take_in(const CollectionAccess& access,
                                   const std::shared_ptr<AccessPermit>& permit,
                                   std::span<const std::filesystem::path> paths,
                                   const IngestOptions& options, Activity& activity) {
  Target target(environment.files, directory, {identity().consortium, access.id, identity().device},
                opened->service.log);
  remove_abandoned_deposit(target.store, activity);
  const EpochSecretKeys shared = shared_secrets(record->consortium, access);
  // Said of the collection by its name, and with those who can help.
  const auto present_epoch = [&]() -> std::pair<Epoch, SeedKey> {
    try {
      const Epoch& found = record->consortium.sealing_epoch(access.id);
      return {found, seed_key_of(*access.keys, found)};
    } catch (const Error& error) {
      if (error.code() != ErrorCode::denied) throw;
      throw Error(
          ErrorCode::denied,
          "collection " + escape(access.name) + ": nothing can be stored in it: " + error.what(),
          members_with(Role::custodian) + "; 'muniment status' says what is to be done");
    }
  };
  const auto [epoch, seed] = present_epoch();
  const IngestContext context{
      .files = environment.files,
      .scratch = directory / "tmp",
      .clock = environment.clock,
      .random = environment.random,
      .store = target.store,
      .catalog = catalog->shared,
      .id_key = access.keys->id_key,
      .chunker_key = access.keys->chunker_key,
      .seed_key = seed,
      .epoch_secrets = shared,
      .epoch = epoch,
      .batch = nullptr,
      .permit = permit,
      .charter = record->consortium.charter().number,
      .ledger = target.ledger,
      .log_key = opened->service.log,
  };
  return run_ingest(context, paths, options, activity);
}

// Everything that could open what is stored here lives on this stack, in memory that is wiped.
IngestResult Vault::State::deposit(const CollectionId& collection,
                                   std::span<const std::filesystem::path> paths,
                                   const IngestOptions& options, Activity& activity) {
  Target target(environment.files, directory,
                {identity().consortium, collection, identity().device}, opened->service.log);
  remove_abandoned_deposit(target.store, activity);
  const Epoch epoch = explain_denied(
      [&] { return deposit_epoch(record->consortium, collection, identity().device); });
  const std::shared_ptr<const Batch> batch = Batch::from(BatchKey::generate(environment.random));
  const ChunkerKey chunker = batch->chunker_key();
  const SeedKey seed = batch->seed_key();
  const EpochSecretKeys none;
  DepositJournal pack_journal(environment.files, directory);
  const IngestContext context{
      .files = environment.files,
      .scratch = directory / "tmp",
      .clock = environment.clock,
      .random = environment.random,
      .store = target.store,
      .catalog = catalog->shared,
      .id_key = batch->id_key,
      .chunker_key = chunker,
      .seed_key = seed,
      .epoch_secrets = none,
      .epoch = epoch,
      .batch = batch,
      .journal = &pack_journal,
      .charter = record->consortium.charter().number,
      .ledger = target.ledger,
      .log_key = opened->service.log,
  };
  std::optional<IngestResult> result;
  std::exception_ptr failure;
  try {
    result = run_ingest(context, paths, options, activity);
  } catch (const Error&) {
    failure = std::current_exception();
  }
  // What was committed is listed, and only the journal goes; else the packs do.
  try {
    load_record();
    remove_abandoned_deposit(target.store, activity);
  } catch (const Error& error) {
    activity.notice(std::string("the next ingest has to clean up: ") + error.what());
  }
  if (failure) std::rethrow_exception(failure);
  return std::move(*result);
}

std::vector<DepositInfo> Vault::deposits(const std::optional<std::string>& collection) {
  State& state = *x_state;
  static_cast<void>(state.unlocked());
  std::vector<DepositInfo> infos;
  for (const Ledger& ledger : state.record->ledgers.ledgers) {
    const auto known = state.opened->deposits.find(ledger.name().collection);
    const bool own = ledger.name().device == state.identity().device;
    if (!own || known == state.opened->deposits.end()) continue;
    if (collection && known->second != *collection) continue;
    DepositInfo next;
    for (std::uint64_t i = 0; i < ledger.size(); ++i) {
      const std::string text = ledger.entry(i);
      if (const auto packs = decode_packs(text)) {
        next.packs += packs->packs.size();
        for (const PackRef& pack : packs->packs) {
          next.stored_bytes += file_bytes(PackClass{pack.size_class});
        }
      } else if (const auto snapshot = decode_snapshot(text)) {
        next.collection = known->second;
        next.number = snapshot->number;
        next.device = state.device_name(ledger.name().device);
        next.name = fmt::format("{}/{}@{}", next.collection, next.number,
                                state.device_label(ledger.name().device));
        infos.push_back(std::exchange(next, {}));
      }
    }
  }
  std::ranges::stable_sort(infos, {}, &DepositInfo::collection);
  return infos;
}

}  // namespace muniment
