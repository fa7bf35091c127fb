// Two real vaults of one consortium, with sessions between them.
#include "sync/vault_replica.hpp"

#include <doctest/doctest.h>

#include "tests/support/faulty_file_system.hpp"
#include "tests/sync/talk.hpp"

namespace muniment::sync {

namespace {

using muniment::test::vault_key;
using test::Daemon;
using test::synchronise;
using test::talk;
using test::Two;
namespace fs = std::filesystem;

// The second's device signs another history of a ledger of which the first holds one.
ForkProof make_fork(Two& two, const LedgerName& name, const Ledger& held) {
  const DeviceKeys keys = two.b.open().open_keys(vault_key());
  const auto other = two.a.random.fixed<Sha256Digest>();
  const SignedNote second =
      sign_checkpoint({name.origin(), held.size(), other}, name.origin(), keys.service.log);
  return {{name.collection, name.device}, other, {}, encode(held.checkpoint()), encode(second)};
}

}  // namespace

TEST_CASE(
    "vault replica: a snapshot of one member is read by the other, granted and sent meanwhile") {
  Two two;
  const std::string text = muniment::test::noise(3'000'000, 4);
  const std::string snapshot = two.a.ingest("leak.bin", text);
  {
    Daemon a(two.a);
    Daemon b(two.b);
    synchronise(a, b);
    CHECK(a.log.arrived.empty());
    CHECK_FALSE(b.log.arrived.empty());
  }
  CHECK(two.b.read(snapshot, "leak.bin") == text);
  CHECK(two.a.damage() == "");
  CHECK(two.b.damage() == "");
  CHECK(fs::is_empty(two.b.path / "tmp"));
  // And back, on top of it.
  const std::string second = two.b.ingest("answer.txt", "what the second found");
  {
    Daemon a(two.a);
    Daemon b(two.b);
    synchronise(a, b);
  }
  CHECK(two.a.read(second, "answer.txt") == "what the second found");
  CHECK(two.a.damage() == "");
}

TEST_CASE("vault replica: a pack that a ledger lists in a wrong size arrives all the same") {
  Two two;
  const std::string snapshot = two.a.ingest("file", "contents");
  Daemon a(two.a);
  Daemon b(two.b);
  std::optional<PacksEntry> packs;
  LedgerName name;
  for (const Ledger& ledger : a.replication.ledgers()) {
    for (std::uint64_t i = 0; i < ledger.size() && !packs; ++i) {
      if (act_of(ledger.entry(i)) != Act::packs) continue;
      packs = decode_packs(ledger.entry(i));
      name = ledger.name();
    }
  }
  REQUIRE(packs);
  packs->packs.front().size_class = static_cast<std::uint8_t>(PackClass::mib4);
  name.device = b.replica.device();
  const std::array entries{encode(*packs)};
  const Sha256Digest root = leaf_hash(as_bytes(entries.front()));
  const DeviceKeys keys = two.b.open().open_keys(vault_key());
  b.replication.append(name, entries,
                       sign_checkpoint({name.origin(), 1, root}, name.origin(), keys.service.log));
  CHECK(b.replication.count_missing().packs == 1);
  synchronise(a, b);
  CHECK(b.replication.count_missing().packs == 0);
  CHECK(two.b.read(snapshot, "file") == "contents");
  CHECK(two.a.damage() == "");
  CHECK(two.b.damage() == "");
}

TEST_CASE("vault replica: checkpoints come back cosigned, and nothing is new after that") {
  Two two;
  two.a.ingest("file", "contents");
  Daemon a(two.a);
  Daemon b(two.b);
  synchronise(a, b);
  for (const Ledger& ledger : a.replication.ledgers()) {
    const auto log = a.replication.log_key(ledger.name());
    REQUIRE(log);
    const auto opened = open_cosigned(ledger.checkpoint(), *log, a.replication.witnesses());
    REQUIRE(opened);
    CAPTURE(ledger.name().origin());
    // By the other: a writer does not vouch for itself.
    CHECK(opened->cosignatures.size() == 1);
  }
  const Instant now{9'000'000};
  Session first(a.node, b.replica.device(), now);
  Session second(b.node, a.replica.device(), now);
  std::size_t bytes = 0;
  for (int i = 0; i < 4; ++i) {
    const Bytes there = first.take_output(now);
    second.receive(there, now);
    const Bytes back = second.take_output(now);
    first.receive(back, now);
    bytes += there.size() + back.size();
  }
  CHECK(first.settled());
  CHECK(bytes == 240);
}

TEST_CASE("vault replica: what another process writes is taken in, and sent on") {
  Two two;
  Daemon a(two.a);
  Daemon b(two.b);
  synchronise(a, b);
  const std::string snapshot = two.a.ingest("late", "written while the daemon runs");
  const std::vector<LedgerRef> changed = a.replica.refresh();
  // And the access log of the other, which it cosigns now.
  CHECK(changed.size() == 2);
  for (const LedgerRef& ledger : changed) a.node.changed(ledger);
  CHECK(a.replica.refresh().empty());
  synchronise(a, b);
  CHECK(two.b.read(snapshot, "late") == "written while the daemon runs");
}

TEST_CASE(
    "vault replica: what another process wrote just before a partner's entries came is sent on") {
  Two two;
  Daemon a(two.a);
  Daemon b(two.b);
  synchronise(a, b);
  // Of a collection that the entries, which give no rights, are not in; and of the same.
  {
    Vault vault = two.b.open();
    vault.create_collection("others", two.b.activity);
  }
  const std::string theirs = two.b.ingest("theirs", "from the second");
  for (const LedgerRef& ledger : b.replica.refresh()) b.node.changed(ledger);
  const std::string ours = two.a.ingest("ours", "from the first");
  test::talk(a, b);
  for (const LedgerRef& ledger : a.replica.refresh()) a.node.changed(ledger);
  synchronise(a, b);
  CHECK(two.a.read(theirs, "theirs") == "from the second");
  CHECK(two.b.read(ours, "ours") == "from the first");
}

TEST_CASE("vault replica: a key file for the service compartment is enough") {
  Two two;
  const auto daemon_key =
      Credential::key_file(SecretBytes::copy_of(muniment::test::FixedRandom(77).bytes(40)));
  {
    Vault vault = two.a.open();
    NewSlot slot;
    slot.opens = Compartments::service;
    vault.add_key(vault_key(), daemon_key, slot, two.a.activity);
  }
  Vault vault = Vault::open(two.a.path, two.a.environment());
  const Replication replication(vault, daemon_key);
  CHECK_FALSE(replication.ledgers().empty());
  const auto error = muniment::test::error_of([&] { vault.unlock(daemon_key, two.a.activity); });
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::wrong_key);
}

TEST_CASE("vault replica: a daemon that ends at any change to the disk goes on where it was") {
  Two two;
  const std::string text = muniment::test::noise(700'000, 9);
  const std::string snapshot = two.a.ingest("leak.bin", text);
  for (const auto& member : {&two.a, &two.b}) {
    fs::rename(member->path, member->directory.path() / "before");
  }
  for (std::size_t operation = 0;; ++operation) {
    CAPTURE(operation);
    for (const auto& member : {&two.a, &two.b}) {
      fs::remove_all(member->path);
      fs::copy(member->directory.path() / "before", member->path, fs::copy_options::recursive);
    }
    muniment::test::FaultyFileSystem dying(*two.b.files);
    dying.set_fault(muniment::test::Fault{operation, EIO, operation % 2 == 0, true});
    try {
      Daemon a(two.a);
      Daemon b(two.b, dying);
      talk(a, b);
    } catch (const Error& error) {  // what came before the first session
      CHECK(error.code() == ErrorCode::io);
    }
    const bool died = dying.operations().size() > operation;
    // What is there can be worked with meanwhile.
    CHECK(two.b.open().status().device == "second-desk");
    {
      Daemon a(two.a);
      Daemon b(two.b);
      synchronise(a, b);
    }
    CHECK(two.b.read(snapshot, "leak.bin") == text);
    CHECK(two.b.damage() == "");
    CHECK(fs::is_empty(two.b.path / "tmp"));
    if (!died) {
      MESSAGE(operation << " changes to the disk");
      CHECK(operation > 40);
      break;
    }
  }
}

TEST_CASE("vault replica: a fork proof lasts, is told to a partner, and freezes the ledger") {
  Two two;
  Daemon a(two.a);
  const LedgerRef forked{CollectionId{}, Daemon(two.b).replica.device()};
  const LedgerName name{a.replication.consortium(), forked.collection, forked.device};
  const Ledger* ledger = a.replication.find_ledger(name);
  REQUIRE(ledger != nullptr);
  ForkProof proof = make_fork(two, name, *ledger);
  a.replica.keep_fork(proof);
  // Cosignatures prove nothing here.
  SignedNote first = ledger->checkpoint();
  CHECK(first.signatures.size() == 2);
  std::erase_if(first.signatures, [&](const auto& line) { return line.name != name.origin(); });
  proof.smaller = encode(first);
  CHECK(a.replica.forks() == std::vector{forked});
  CHECK(a.replica.find_fork(forked) == proof);
  const auto error = muniment::test::error_of([&] {
    a.replication.append(name, std::array<std::string, 1>{"more"}, ledger->checkpoint());
  });
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::damaged);

  Daemon again(two.a);
  CHECK(again.replica.find_fork(forked) == proof);
  Daemon b(two.b);
  talk(again, b);
  CHECK(b.replica.find_fork(forked) == proof);
  CHECK(fs::exists(two.b.path / "forks" / name.id().hex()));
  const std::vector<std::string> todo = two.b.open().status().todo;
  CHECK(std::ranges::any_of(todo, [&](const std::string& line) {
    return line.find("forks/" + name.id().hex()) != std::string::npos;
  }));
}

TEST_CASE("vault replica: a fork that another process found is taken in") {
  Two two;
  Daemon a(two.a);
  Daemon other(two.a);
  const LedgerName name{a.replication.consortium(), CollectionId{}, Daemon(two.b).replica.device()};
  other.replica.keep_fork(make_fork(two, name, *other.replication.find_ledger(name)));
  CHECK(a.replica.refresh() == std::vector{LedgerRef{CollectionId{}, name.device}});
  CHECK(a.replica.forks().size() == 1);
  CHECK(a.replica.refresh().empty());
}

}  // namespace muniment::sync
