// Access logs of two real vaults: shown by the hour, copied sealed, and vouched for.
#include "tests/sync/talk.hpp"
#include "vault/cosigned.hpp"
#include "vault/held_access_logs.hpp"

namespace muniment::sync {

namespace {

using muniment::test::vault_key;
using test::Daemon;
using test::Member;
using test::synchronise;
using test::Two;
namespace fs = std::filesystem;

LedgerName present_log(Daemon& daemon) {
  return {daemon.replica.consortium(),
          find_access_logs(daemon.replication.files(), daemon.replication.directory()).present,
          daemon.replica.device()};
}

fs::path folder(const Member& member, const LedgerName& log) {
  return member.path / "access" / log.id().hex();
}

// All entries of a log as `member` has it, in order.
std::vector<std::string> entries(Member& member, const LedgerName& log,
                                 const VerifyKey<LogPurpose>& key) {
  std::vector<std::string> result;
  const auto view = AccessLogView::find(*member.files, folder(member, log), log, key);
  REQUIRE(view);
  CHECK(view->check(member.activity).damage.empty());
  view->visit([&](std::uint64_t, std::string_view entry) {
    result.emplace_back(entry);
    return true;
  });
  return result;
}

VerifyKey<LogPurpose> log_key(Member& member) {
  return verify_key(member.open().open_keys(vault_key()).service.log);
}

void refresh(Daemon& daemon) {
  for (const LedgerRef& ledger : daemon.replica.refresh()) daemon.node.changed(ledger);
}

void next_hour(Two& two) {
  for (Member* member : {&two.a, &two.b}) member->clock.advance(3600);
}

// What is new in the log of each, cosigned by the other.
void exchange(Daemon& a, Daemon& b) {
  for (Daemon* daemon : {&a, &b}) refresh(*daemon);
  synchronise(a, b);
  for (Daemon* daemon : {&a, &b}) refresh(*daemon);
  synchronise(a, b);
}

void do_something(Member& member, int times) {
  Vault vault = member.open();
  Replication replication(vault);
  for (int i = 0; i < times; ++i) replication.record({access_act::heartbeat, "still there"});
}

}  // namespace

TEST_CASE("access logs: a partner keeps a copy, and vouches for it by one entry of its own") {
  Two two;
  const auto key = log_key(two.a);
  Daemon a(two.a);
  Daemon b(two.b);
  const LedgerName log = present_log(a);
  synchronise(a, b);
  const std::uint64_t shown = a.replication.find_access_log(log)->size();
  REQUIRE(b.replication.find_access_log(log) != nullptr);
  CHECK(b.replication.find_access_log(log)->size() == shown);
  const std::vector<std::string> original = entries(two.a, log, key);
  CHECK(entries(two.b, log, key) ==
        std::vector(original.begin(), original.begin() + static_cast<std::ptrdiff_t>(shown)));

  const auto other_key = log_key(two.b);
  const std::uint64_t before = entries(two.b, present_log(b), other_key).size();
  refresh(b);
  CHECK(entries(two.b, present_log(b), other_key).size() == before + 1);
  synchronise(a, b);
  const CosignedLog cosigned = find_cosigned(*two.a.files, two.a.path, log.id());
  REQUIRE(cosigned.notes.size() == 1);
  CHECK(cosigned.notes.begin()->first == shown);
  Vault vault = two.a.open();
  const std::vector<LogWitnesses> all = vault.witnesses();
  CHECK(all.back().origin == log.origin());
  CHECK(all.back().standing.count == 1);
  CHECK(all.back().standing.size == shown);
}

TEST_CASE("access logs: within an hour nobody sees that one grows") {
  Two two;
  Daemon a(two.a);
  Daemon b(two.b);
  const LedgerName log = present_log(a);
  exchange(a, b);
  const std::uint64_t shown = b.replication.find_access_log(log)->size();
  do_something(two.a, 5);
  refresh(a);
  CHECK(a.replication.find_access_log(log)->size() == shown);
  next_hour(two);
  refresh(a);
  CHECK(a.replication.find_access_log(log)->size() > shown);
  exchange(a, b);
  CHECK(b.replication.find_access_log(log)->size() == a.replication.find_access_log(log)->size());
  CHECK(entries(two.b, log, log_key(two.a)).size() == b.replication.find_access_log(log)->size());
}

TEST_CASE("access logs: a long one is copied whole, and its growth after that") {
  Two two;
  do_something(two.a, 1200);
  const auto key = log_key(two.a);
  Daemon a(two.a);
  Daemon b(two.b);
  const LedgerName log = present_log(a);
  exchange(a, b);
  do_something(two.a, 300);
  next_hour(two);
  exchange(a, b);
  const std::vector<std::string> original = entries(two.a, log, key);
  CHECK(original.size() > 1500);
  CHECK(entries(two.b, log, key) ==
        std::vector(original.begin(),
                    original.begin() +
                        static_cast<std::ptrdiff_t>(a.replication.find_access_log(log)->size())));
  CHECK(fs::exists(folder(two.b, log) / "tile" / "entries" / "003"));
}

TEST_CASE("access logs: a device that was put back goes on in another, and has the old one back") {
  Two two;
  const auto key = log_key(two.a);
  const fs::path before = two.a.directory.path() / "before";
  fs::copy(two.a.path, before, fs::copy_options::recursive);
  LedgerName old;
  std::vector<std::string> copied;
  {
    do_something(two.a, 600);
    Daemon a(two.a);
    Daemon b(two.b);
    old = present_log(a);
    exchange(a, b);
    copied = entries(two.b, old, key);
  }
  fs::remove_all(two.a.path / "access");
  fs::remove_all(two.a.path / "cosigned");
  fs::copy(before / "access", two.a.path / "access", fs::copy_options::recursive);
  Daemon a(two.a);
  Daemon b(two.b);
  const auto size = [&](Daemon& daemon, const LedgerName& log) {
    const HeldAccessLog* held = daemon.replication.find_access_log(log);
    return held == nullptr ? 0 : held->size();
  };
  CHECK(size(a, old) < copied.size());
  talk(a, b);
  const LedgerName now = present_log(a);
  CHECK(now != old);
  CHECK(a.log.old_own.contains({old.collection, old.device}));
  do_something(two.a, 1);
  next_hour(two);
  exchange(a, b);
  CHECK(entries(two.a, old, key) == copied);
  CHECK(size(a, now) > 0);
  CHECK(size(b, now) == size(a, now));
  // Nobody takes it for two histories.
  CHECK(a.replication.forks().empty());
  CHECK(b.replication.forks().empty());
  Vault vault = two.a.open();
  const std::vector<EndedAccessLog> ended = vault.ended_access_logs();
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].here == copied.size());
  CHECK(ended[0].known == copied.size());
}

TEST_CASE("access logs: one that was put back and went on is no fork for anybody") {
  Two two;
  const fs::path before = two.a.directory.path() / "before";
  fs::copy(two.a.path, before, fs::copy_options::recursive);
  LedgerName old;
  {
    do_something(two.a, 5);
    Daemon a(two.a);
    Daemon b(two.b);
    old = present_log(a);
    exchange(a, b);
  }
  fs::remove_all(two.a.path / "access");
  fs::remove_all(two.a.path / "cosigned");
  fs::copy(before / "access", two.a.path / "access", fs::copy_options::recursive);
  do_something(two.a, 50);
  Daemon a(two.a);
  Daemon b(two.b);
  talk(a, b);
  CHECK(present_log(a) != old);
  CHECK(b.replication.forks().empty());
  CHECK_FALSE(a.log.own_differs.empty());
  // Its own work goes on.
  CHECK_NOTHROW(two.a.ingest("file", "contents"));
}

TEST_CASE("access logs: two signed histories are proved, and cost the device nothing else") {
  Two two;
  Daemon a(two.a);
  Daemon b(two.b);
  exchange(a, b);
  const LedgerName log = present_log(a);
  const HeldAccessLog* held = b.replication.find_access_log(log);
  const auto other = two.b.random.fixed<Sha256Digest>();
  const DeviceKeys keys = two.a.open().open_keys(vault_key());
  const SignedNote second =
      sign_checkpoint({log.origin(), held->size(), other}, log.origin(), keys.service.log);
  b.replica.keep_fork(
      {{log.collection, log.device}, other, {}, encode(held->note), encode(second)});
  b.node.changed({log.collection, log.device});
  b.node.changed({CollectionId{}, log.device});
  talk(a, b);
  CHECK(a.replication.forks().contains(log.id()));
  CHECK(present_log(a) != log);
  CHECK_NOTHROW(two.a.ingest("file", "contents"));
}

TEST_CASE("access logs: a copy that is damaged is fetched again") {
  Two two;
  do_something(two.a, 700);
  const auto key = log_key(two.a);
  LedgerName log;
  std::vector<std::string> copied;
  {
    Daemon a(two.a);
    Daemon b(two.b);
    log = present_log(a);
    exchange(a, b);
    copied = entries(two.b, log, key);
  }
  const auto heals = [&] {
    Daemon a(two.a);
    Daemon b(two.b);
    synchronise(a, b);
    refresh(b);
    synchronise(a, b);
    CHECK(entries(two.b, log, key).size() >= copied.size());
  };
  for (const char* copy : {"log", "log.2"}) muniment::test::flip_bit(folder(two.b, log) / copy, 90);
  heals();
  muniment::test::flip_bit(folder(two.b, log) / "log", 90);
  heals();
}

TEST_CASE("access logs: of a device that is not known, or has begun too many, none is taken") {
  Two two;
  Daemon a(two.a);
  Daemon b(two.b);
  const DeviceId device = a.replica.device();
  const auto number = [](std::uint8_t i) {
    Bytes bytes(AccessLogNumber::size);
    bytes[0] = std::byte{i};
    return *AccessLogNumber::from_bytes(bytes);
  };
  const auto name = [&](std::uint8_t i, const DeviceId& of) {
    return LedgerName{b.replica.consortium(), access_collection(number(i)), of};
  };
  CHECK_FALSE(b.replication.admits(name(1, two.b.random.fixed<DeviceId>()), {}));
  const DeviceKeys keys = two.a.open().open_keys(vault_key());
  const std::vector<std::string> one{"muniment/teleport/v1\n"};
  std::size_t taken = 0;
  for (std::uint8_t i = 1; i < 40; ++i) {
    const LedgerName log = name(i, device);
    if (!b.replication.admits(log, one)) break;
    ++taken;
    b.replication.append(log, one,
                         sign_checkpoint({log.origin(), 1, leaf_hash(as_bytes(one[0]))},
                                         log.origin(), keys.service.log));
  }
  CHECK(taken == 16);
}

TEST_CASE("access logs: what is not what its checkpoint says is not taken") {
  Two two;
  Daemon a(two.a);
  Daemon b(two.b);
  const LedgerName log = present_log(a);
  const DeviceKeys keys = two.a.open().open_keys(vault_key());
  const std::vector<std::string> one{"one"};
  const auto append = [&](const Checkpoint& checkpoint, const LogKey& key) {
    return muniment::test::error_of(
        [&] { b.replication.append(log, one, sign_checkpoint(checkpoint, log.origin(), key)); });
  };
  const Sha256Digest root = leaf_hash(as_bytes(one[0]));
  CHECK(append({log.origin(), 2, root}, keys.service.log)->code() == ErrorCode::damaged);
  CHECK(append({log.origin(), 1, leaf_hash({})}, keys.service.log)->code() == ErrorCode::damaged);
  const DeviceKeys others = two.b.open().open_keys(vault_key());
  CHECK(append({log.origin(), 1, root}, others.service.log)->code() == ErrorCode::damaged);
  CHECK_FALSE(fs::exists(folder(two.b, log)));
  CHECK_FALSE(append({log.origin(), 1, root}, keys.service.log));
  // While somebody writes to it.
  const auto held = two.b.files->try_lock(folder(two.b, log) / "lock");
  b.replication.drop_access_log(log);
  CHECK(append({log.origin(), 1, root}, keys.service.log)->code() == ErrorCode::busy);
}

}  // namespace muniment::sync
