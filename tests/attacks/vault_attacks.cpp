#include <cerrno>

#include "tests/attacks/partner_view.hpp"
#include "tests/vault/opened_keys.hpp"
#include "tests/vault/sample_vault.hpp"
#include "vault/ledger/writer.hpp"
#include "vault/ledger_set.hpp"

namespace muniment::test {
namespace {

const Contents contents{{"a", "alpha"}, {"b", noise(40'000, 3)}};

struct Target : SampleVault {
  Target() { ingest(contents); }

  [[nodiscard]] fs::path access_log() const {
    return fs::directory_iterator(path / "access")->path();
  }
  void copy(const fs::path& from, const fs::path& to) {
    fs::remove_all(to);
    fs::copy(from, to, fs::copy_options::recursive);
  }
  // `part` of the vault as it is before a second snapshot, put back after it. What `size_of` says
  // of it in between is what partners know.
  template <class SizeOf>
  void put_back(const fs::path& part, SizeOf&& size_of) {
    const fs::path kept = directory.path() / "kept";
    copy(path / part, kept);
    Contents more = contents;
    more["c"] = "gamma";
    ingest(more);
    known = size_of();
    copy(kept, path / part);
  }
  void remove_catalog() {
    for (const char* file : {"catalog.db", "catalog.db-wal", "catalog.db-shm"}) {
      fs::remove(path / file);
    }
  }

  // What somebody is told who opens the vault, reads, and verifies all of it.
  [[nodiscard]] std::string look() {
    const std::size_t told = activity.texts().size();
    std::string shown;
    const std::string thrown = shown_by([&] {
      Vault vault = open();
      CHECK(read(vault, "files/1") == contents);
      const VerifyReport report = vault.verify(VerifyDepth::deep, activity);
      if (report.damage.empty()) return;
      const bool is_healable =
          std::ranges::all_of(report.damage, [](const Damage& damage) { return damage.healable; });
      shown = is_healable ? seen::healed : shown_as(ErrorCode::damaged);
      if (is_healable) CHECK(vault.repair(activity).damage.empty());
    });
    if (!thrown.empty()) return thrown;
    if (!shown.empty()) return shown;
    return activity.texts().size() > told ? seen::named : "";
  }

  std::uint64_t known = 0;
};

Shown pack_edited() {
  Target target;
  flip_bit(target.packs().front(), 5'000);
  return {target.look()};
}

Shown pack_overwritten() {
  Target target;
  const fs::path pack = target.packs().front();
  std::fstream(pack, std::ios::in | std::ios::out | std::ios::binary) << noise(200'000, 1);
  Vault vault = target.open();
  return {vault.verify(VerifyDepth::presence, target.activity).damage.empty() &&
                  vault.verify(VerifyDepth::read_data, target.activity).damage.empty()
              ? ""
              : shown_as(ErrorCode::damaged)};
}

Shown pack_exchanged() {
  Target target;
  const fs::path own = target.packs().front();
  Target other;
  other.ingest({{"x", noise(300'000, 9)}});
  for (const fs::path& pack : other.packs()) {
    if (fs::file_size(pack) != fs::file_size(own)) continue;
    fs::copy_file(pack, own, fs::copy_options::overwrite_existing);
    break;
  }
  Vault vault = target.open();
  return {vault.verify(VerifyDepth::read_data, target.activity).damage.empty()
              ? ""
              : shown_as(ErrorCode::damaged)};
}

Shown pack_removed() {
  Target target;
  fs::remove(target.packs().front());
  Vault vault = target.open();
  return {vault.verify(VerifyDepth::presence, target.activity).damage.empty()
              ? ""
              : shown_as(ErrorCode::damaged)};
}

// Of a collection that the device writes to as well: the entry, as it was signed there.
Shown snapshot_moved_to_another_collection() {
  Target target;
  target.open().create_collection("other", target.activity);
  const OpenedKeys keys(*target.files, target.path, vault_key());
  const LogKey& log = keys.keyring.service->keys.log;
  const ConsortiumId consortium = find_marker(*target.files, target.path).identity.consortium;
  std::string moved;
  std::optional<LedgerName> other;
  {
    const LedgerSet set = load_ledgers(*target.files, target.path / "ledgers", consortium);
    for (const Ledger* ledger : set.pointers()) {
      const std::string last = ledger->entry(ledger->size() - 1);
      if (act_of(last) == Act::snapshot) {
        moved = last;
      } else if (ledger->name().collection != consortium_collection) {
        other = ledger->name();
      }
    }
  }
  REQUIRE_FALSE(moved.empty());
  REQUIRE(other);
  LedgerWriter::open(*target.files, target.path / "ledgers", *other, verify_key(log))
      .append(std::vector{moved}, log);
  const std::string shown = target.look();
  Vault vault = target.open();
  const bool taken = !vault.snapshots("other", target.activity).empty();
  return {shown.empty() && !taken ? seen::no_effect : shown};
}

Shown old_database() {
  Target target;
  const fs::path kept = target.directory.path() / "kept.db";
  fs::copy_file(target.path / "catalog.db", kept);
  Contents more = contents;
  more["c"] = "gamma";
  target.ingest(more);
  target.remove_catalog();
  fs::copy_file(kept, target.path / "catalog.db");
  {
    Vault vault = target.open();
    CHECK(target.read(vault, "files/2") == more);
  }
  const std::string shown = target.look();
  return {shown.empty() ? seen::no_effect : shown};
}

Shown foreign_database() {
  Target target;
  SampleVault other(77);
  target.remove_catalog();
  fs::copy_file(other.path / "catalog.db", target.path / "catalog.db");
  return {target.look()};
}

Shown old_ledgers() {
  Target target;
  target.put_back("ledgers", [] { return 0; });
  return {target.look()};
}

// How many entries the vault's ledgers have, as every partner knows.
std::uint64_t ledger_entries(Target& target) {
  const ConsortiumId consortium = find_marker(*target.files, target.path).identity.consortium;
  const LedgerSet set = load_ledgers(*target.files, target.path / "ledgers", consortium);
  std::uint64_t entries = 0;
  for (const Ledger* ledger : set.pointers()) entries += ledger->size();
  return entries;
}

Shown old_ledgers_without_catalog() {
  Target target;
  target.put_back("ledgers", [&] { return ledger_entries(target); });
  const std::uint64_t known = target.known;
  target.remove_catalog();
  // The catalog that is missing is named; the snapshot that is missing is not.
  CHECK(target.look() == seen::named);
  CHECK(target.open().snapshots(std::nullopt, target.activity).size() == 1);
  return {{}, ledger_entries(target) < known ? seen::rollback : ""};
}

std::uint64_t access_entries(Target& target) {
  return target.open_locked().verify_access_log(target.activity).check.head.size;
}

Shown old_access_log() {
  Target target;
  target.put_back("access", [&] { return access_entries(target); });
  const std::uint64_t now = access_entries(target);
  return {target.look(), now < target.known ? seen::rollback : ""};
}

Shown old_keyring_copy() {
  Target target;
  const fs::path kept = target.directory.path() / "kept";
  fs::copy_file(target.path / "keyring", kept);
  const Credential added = Credential::key_file(SecretBytes::copy_of(FixedRandom(9).bytes(40)));
  {
    Vault vault = target.open_locked();
    static_cast<void>(vault.add_key(vault_key(), added, {}, target.activity));
  }
  fs::copy_file(kept, target.path / "keyring", fs::copy_options::overwrite_existing);
  return {target.look()};
}

// A key file that was removed opens the vault again, since it opens what it always did.
Shown old_keyring() {
  Target target;
  const Credential removed = Credential::key_file(SecretBytes::copy_of(FixedRandom(9).bytes(40)));
  SlotId slot;
  {
    Vault vault = target.open_locked();
    slot = vault.add_key(vault_key(), removed, {}, target.activity);
  }
  for (const char* file : {"keyring", "keyring.2"}) {
    fs::copy_file(target.path / file, target.directory.path() / file);
  }
  {
    Vault vault = target.open_locked();
    vault.remove_key(vault_key(), slot, target.activity);
    CHECK(shown_by([&] { vault.unlock(removed, target.activity); }) ==
          shown_as(ErrorCode::wrong_key));
  }
  for (const char* file : {"keyring", "keyring.2"}) {
    fs::copy_file(target.directory.path() / file, target.path / file,
                  fs::copy_options::overwrite_existing);
  }
  Vault vault = target.open_locked();
  return {shown_by([&] { vault.unlock(removed, target.activity); })};
}

Shown foreign_keyring() {
  Target target;
  SampleVault other(77);
  for (const char* file : {"keyring", "keyring.2"}) {
    fs::copy_file(other.path / file, target.path / file, fs::copy_options::overwrite_existing);
  }
  return {shown_by([&] { static_cast<void>(target.open()); })};
}

Shown foreign_marker() {
  Target target;
  SampleVault other(77);
  fs::copy_file(other.path / "muniment", target.path / "muniment",
                fs::copy_options::overwrite_existing);
  return {target.look()};
}

// Every change fails from here on; whether a read gets anywhere.
Shown nothing_can_be_written(int error_number) {
  Target target;
  FaultyFileSystem faulty(*target.files);
  Vault vault = target.open(faulty);
  const SnapshotInfo snapshot = vault.resolve(*SnapshotName::parse("files/1"));
  faulty.set_fault(Fault{faulty.operations().size(), error_number, true, true});
  const std::string reading =
      shown_by([&] { static_cast<void>(vault.reader(snapshot, ReaderUse::few, target.activity)); });
  const std::string listing =
      shown_by([&] { static_cast<void>(vault.snapshots(std::nullopt, target.activity)); });
  const std::string searching = shown_by([&] {
    vault.find(
        {.name_glob = "*", .sha256 = {}, .collection = {}}, [](const FindResult&) { return true; },
        target.activity);
  });
  const std::string opening = shown_by([&] { static_cast<void>(target.open(faulty)); });
  CHECK(listing == reading);
  CHECK(searching == reading);
  CHECK(opening == reading);
  return {reading};
}

Shown disk_full() {
  return nothing_can_be_written(ENOSPC);
}

Shown log_read_only() {
  return nothing_can_be_written(EROFS);
}

// With the passphrase, and this library instead of the program.
Shown other_software() {
  Target target;
  const auto size = [&target] {
    Vault vault = target.open_locked();
    return vault.verify_access_log(target.activity).check.head.size;
  };
  const std::uint64_t before = size();
  const OpenedKeys keys(*target.files, target.path, vault_key());
  CHECK_FALSE(keys.collections.empty());
  return {size() == before ? "" : seen::named};
}

}  // namespace

AttackGroup vault_attacks() {
  const std::string damaged = shown_as(ErrorCode::damaged);
  return {
      "On a vault's files",
      "Somebody with root on the machine, or who had it for an hour with an old copy of its disk.",
      {
          {"a pack edited",
           "parity mends it, in memory when it is read and on disk by `repair`",
           {seen::healed},
           pack_edited},
          {"a pack overwritten beyond its parity",
           "its shards do not give its name",
           {damaged},
           pack_overwritten},
          {"a pack exchanged for another vault's",
           "its shards do not give its name",
           {damaged},
           pack_exchanged},
          {"a snapshot's entry moved to another collection, signed",
           "what is sealed in it opens in its own ledger only, so no snapshot comes of it",
           {seen::no_effect},
           snapshot_moved_to_another_collection},
          {"a pack removed", "a ledger lists it", {damaged}, pack_removed},
          {"an old catalog put back",
           "it is brought up to date from the ledgers",
           {seen::no_effect},
           old_database},
          {"another vault's catalog",
           "its key is another; it is made again",
           {seen::named},
           foreign_database},
          {"old ledgers put back",
           "the catalog knows of more; nothing is written on top",
           {damaged},
           old_ledgers},
          {"old ledgers put back, the catalog removed",
           "nothing here knows of more; the next partner does",
           {{}, seen::rollback},
           old_ledgers_without_catalog},
          {"an old access log put back, with its state",
           "nothing here knows of more; a partner who vouched for it does",
           {{}, seen::rollback},
           old_access_log},
          {"one copy of an old keyring put back",
           "the newer copy counts",
           {seen::healed},
           old_keyring_copy},
          {"an old keyring put back, both copies",
           "whoever has an old copy and what opened it has the keys, wherever it lies; a key that "
           "is feared lost is ended by `revoke`, not by removing its slot",
           {},
           old_keyring},
          {"another vault's keyring",
           "marker and keyring name different vaults",
           {damaged},
           foreign_keyring},
          {"another vault's marker",
           "marker and keyring name different vaults",
           {damaged},
           foreign_marker},
          {"the disk full",
           "what cannot be recorded is not read, listed, searched or opened",
           {shown_as(ErrorCode::io)},
           disk_full},
          {"the access log read-only", "as above", {shown_as(ErrorCode::io)}, log_read_only},
          {"reading with other software",
           "whoever has the keys and the packs needs no program of "
           "ours, and so no entry",
           {},
           other_software},
      }};
}

}  // namespace muniment::test
