#include "vault/audit/log.hpp"

#include <algorithm>
#include <thread>

#include "tests/audit/fixture.hpp"
#include "tests/support/faulty_file_system.hpp"
#include "vault/audit/format.hpp"
#include "vault/audit/spool.hpp"

namespace muniment {

using test::AccessFixture;
using test::FaultyFileSystem;

namespace {

std::vector<std::string> numbered(std::size_t count) {
  std::vector<std::string> list;
  for (std::size_t i = 0; i < count; ++i) list.push_back("r" + std::to_string(i));
  return list;
}

std::size_t count_of(const AccessFixture& fixture, AccessEntryKind kind,
                     const AccessLogView& view) {
  static_cast<void>(fixture);
  std::size_t count = 0;
  view.visit([&](std::uint64_t, std::string_view entry) {
    count += kind_of(entry) == kind ? 1U : 0U;
    return true;
  });
  return count;
}

}  // namespace

TEST_CASE("access log: what was appended is read, in order, by the auditor") {
  AccessFixture fixture;
  AccessLog log = fixture.log();
  CHECK(fixture.append(log) == 1);
  CHECK(fixture.append(log, 3) == 2);
  CHECK(fixture.append(log) == 5);
  CHECK(fixture.details() == numbered(5));
  CHECK(fixture.last.forged.empty());
  CHECK(fixture.last.sealed_to_others == 0);
}

TEST_CASE("access log: nothing stands in it in clear") {
  AccessFixture fixture;
  AccessLog log = fixture.log();
  AccessRecord record = fixture.record("canary-detail");
  record.user = "canary-user";
  record.purpose = "canary-purpose";
  static_cast<void>(log.append({&record, 1}, std::chrono::milliseconds(0), fixture.activity));
  for (const std::string& file : fixture.files.list(fixture.directory)) {
    const Bytes bytes = fixture.read(file);
    CHECK(as_text(bytes).find("canary") == std::string_view::npos);
  }
}

TEST_CASE("access log: the key that appends does not read what was appended") {
  AccessFixture fixture;
  AccessLog log = fixture.log();
  fixture.append(log, 4);
  // All that the device still has: the ratchet's state. It opens what comes, not what was.
  const auto state = load_state(fixture.files, fixture.directory, fixture.name, fixture.key);
  REQUIRE(state);
  CHECK(state->size == 5);
  const auto view = fixture.view();
  std::size_t entries = 0;
  view->visit([&](std::uint64_t, std::string_view text) {
    if (const auto entry = decode_access_entry(text)) {
      ++entries;
      RatchetKey key = state->key.clone();
      for (int step = 0; step < 10; ++step) {
        CHECK_FALSE(open_record(key, fixture.name, *entry));
        key = next_ratchet_key(key);
      }
    }
    return true;
  });
  CHECK(entries == 4);
  CHECK(fixture.details(AccessFixture::make_key<ReadingSecretKey>(50)).empty());
  CHECK(fixture.last.sealed_to_others == 4);
}

TEST_CASE("access log: each process goes on where the others are") {
  AccessFixture fixture;
  AccessLog a = fixture.log();
  AccessLog b = fixture.log();
  for (int i = 0; i < 5; ++i) {
    fixture.append(a);
    fixture.append(b, 2);
  }
  CHECK(fixture.details() == numbered(15));
  const auto view = fixture.view();
  CHECK(view->check(fixture.activity).damage.empty());
  CHECK(count_of(fixture, AccessEntryKind::segment, *view) == 1);
}

TEST_CASE("access log: threads with a log each append without losing an entry") {
  AccessFixture fixture;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&fixture, i] {
      AccessLog log = fixture.log();
      for (int n = 0; n < 20; ++n) {
        const AccessRecord record = fixture.record(std::to_string(i));
        static_cast<void>(log.append({&record, 1}, std::chrono::seconds(60), fixture.activity));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(fixture.details().size() == 80);
  CHECK(fixture.last.forged.empty());
}

TEST_CASE("access log: whoever waits too long is told so, and nothing is written") {
  AccessFixture fixture;
  AccessLog log = fixture.log();
  fixture.append(log);
  const Bytes before = fixture.read("log");
  const auto held = fixture.files.try_lock(fixture.path("lock"));
  try {
    fixture.append(log);
    FAIL_CHECK("it appended");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::busy);
  }
  CHECK(equal(fixture.read("log"), before));
}

TEST_CASE("access log: rotates, and stays one log that opens whole") {
  AccessFixture fixture;
  AccessLog log = fixture.log();
  for (int i = 0; i < 13; ++i) fixture.append(log, 100);
  CHECK(fixture.details() == numbered(1300));
  const auto view = fixture.view();
  REQUIRE(view);
  CHECK(view->size() == 1301);
  const AccessLogCheck check = view->check(fixture.activity);
  CHECK(check.damage.empty());
  CHECK(check.head.size == 1301);
  CHECK(fixture.files.list(fixture.path("tile/entries")).size() >= 4);
  // Opening reads less than two bundles' worth and the entries since.
  CHECK(load_access_tail(fixture.files, fixture.directory, fixture.name, verify_key(fixture.key),
                         TailDepth::quick)
            ->entries.size() < 512);
}

TEST_CASE("access log: a long one is opened by reading its end, and its tree has upper tiles") {
  AccessFixture fixture;
  AccessLog log = fixture.log();
  for (int i = 0; i < 66; ++i) fixture.append(log, 1000);
  CHECK(fixture.files.list(fixture.path("tile/1")) == std::vector<std::string>{"000"});
  const auto view = fixture.view();
  CHECK(view->check(fixture.activity).damage.empty());
  CHECK(view->size() > 66'000);
  fixture.files.open_or_create(fixture.path("tile/1/000"))->write_at(3, as_bytes("?"));
  CHECK(view->check(fixture.activity).damage.size() == 1);
}

TEST_CASE("access log: a crash anywhere loses nothing that append returned") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    AccessFixture fixture;
    test::FixedRandom dice(seed);
    std::size_t sure = 0;
    {
      FaultyFileSystem faulty(fixture.files);
      faulty.set_fault(
          test::Fault{static_cast<std::size_t>(dice.below(120)), EIO, dice.below(2) == 0, true});
      AccessLog log = fixture.log(faulty);
      try {
        for (int i = 0; i < 12; ++i) {
          fixture.append(log, 1 + static_cast<std::size_t>(dice.below(90)));
          sure = fixture.said;
        }
      } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::io);
      }
    }
    fixture.files.crash(dice);
    fixture.said = 100'000;
    AccessLog log = fixture.log();
    fixture.append(log);
    const auto found = fixture.details();
    CHECK(fixture.last.forged.empty());
    std::vector<std::string> records;
    for (const std::string& detail : found) {
      if (detail.starts_with('r')) records.push_back(detail);
    }
    REQUIRE(records.size() > sure);
    CHECK(std::vector(records.begin(), records.begin() + static_cast<std::ptrdiff_t>(sure)) ==
          numbered(sure));
    CHECK(records.back() == "r100000");
    CHECK(fixture.view()->check(fixture.activity).damage.empty());
  }
}

TEST_CASE(
    "access log: each failing operation fails the append or does not matter, and the next works") {
  for (std::size_t operation = 0;; ++operation) {
    CAPTURE(operation);
    AccessFixture fixture;
    {
      AccessLog log = fixture.log();
      fixture.append(log, 500);
    }
    FaultyFileSystem faulty(fixture.files);
    faulty.set_fault(test::Fault{operation, ENOSPC, true, false});
    AccessLog log = fixture.log(faulty);
    try {
      fixture.append(log, 30);
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::io);
    }
    if (faulty.operations().size() <= operation) break;
    faulty.set_fault(std::nullopt);
    fixture.append(log, 5);
    const auto found = fixture.details();
    CHECK(fixture.last.forged.empty());
    CHECK(found.size() >= 505);
    CHECK(found.back() == "r534");
    CHECK(fixture.view()->check(fixture.activity).damage.empty());
    REQUIRE(operation < 200);
  }
}

TEST_CASE("access log: a lost state begins a segment, and the log says so") {
  AccessFixture fixture;
  AccessLog log = fixture.log();
  fixture.append(log, 2);
  fixture.files.remove(fixture.path("state"));
  fixture.append(log);
  CHECK(fixture.details() ==
        std::vector<std::string>{"r0", "r1", "the ratchet's state was lost", "r2"});
  CHECK(count_of(fixture, AccessEntryKind::segment, *fixture.view()) == 2);
}

TEST_CASE("access log: an old state goes on from where the log is") {
  AccessFixture fixture;
  AccessLog log = fixture.log();
  fixture.append(log, 2);
  const Bytes old = fixture.read("state");
  fixture.append(log, 3);
  save_state(fixture.files, fixture.directory, old, StateSync::now);
  fixture.append(log);
  CHECK(fixture.details() == numbered(6));
}

TEST_CASE("access log: that is put back says so, with how much is gone") {
  AccessFixture fixture;
  AccessLog log = fixture.log();
  fixture.append(log, 2);
  const Bytes old = fixture.read("log");
  fixture.append(log, 3);
  for (const auto name : access_format::log_names) {
    write_file_atomically(fixture.files, fixture.path(name), old);
  }
  fixture.append(log);
  CHECK(fixture.details() ==
        std::vector<std::string>{"r0", "r1", "the log was put back: it had 6 entries, and has 3",
                                 "r5"});
}

TEST_CASE("access log: a clock that is set back begins a segment, and the log says so") {
  AccessFixture fixture;
  AccessLog log = fixture.log();
  fixture.append(log);
  fixture.clock.advance(-10);
  fixture.append(log);
  CHECK(fixture.details() == std::vector<std::string>{"r0", "the clock was set back", "r1"});
  fixture.clock.advance(access_format::segment_seconds_max);
  fixture.append(log);
  CHECK(fixture.details().size() == 4);
  CHECK(count_of(fixture, AccessEntryKind::segment, *fixture.view()) == 3);
}

TEST_CASE("access log: other auditors begin a segment, and those before cannot read on") {
  AccessFixture fixture;
  AccessLog log = fixture.log();
  fixture.append(log, 2);
  const auto other = AccessFixture::make_key<ReadingSecretKey>(60);
  AccessLog changed({fixture.files, fixture.random, fixture.clock, fixture.directory, fixture.name},
                    fixture.key, {{fixture.name.device, public_key(other)}});
  fixture.append(changed, 3);
  CHECK(fixture.details() == numbered(2));
  CHECK(fixture.last.sealed_to_others == 3);
  CHECK(fixture.details(other) == std::vector<std::string>{"r2", "r3", "r4"});
}

TEST_CASE("access log: whoever has the log key and not the ratchet's is seen by the auditor") {
  AccessFixture fixture;
  AccessLog log = fixture.log();
  fixture.append(log, 2);
  // The whole log made again, as it was but for one record: signatures and hashes fit.
  std::vector<std::string> entries;
  fixture.view()->visit([&](std::uint64_t, std::string_view entry) {
    entries.emplace_back(entry);
    return true;
  });
  entries[1] = encode(seal_record(AccessFixture::make_key<RatchetKey>(70), fixture.name,
                                  fixture.record("forged"), fixture.random));
  Frontier frontier;
  for (const std::string& entry : entries) frontier.append(leaf_hash(as_bytes(entry)));
  const auto note = sign_checkpoint({fixture.name.origin(), frontier.size(), frontier.root()},
                                    fixture.name.origin(), fixture.key);
  write_access_tail(fixture.files, fixture.directory,
                    encode_access_tail(fixture.name, {}, entries, note));
  CHECK(fixture.view()->check(fixture.activity).damage.empty());
  CHECK(fixture.details() == std::vector<std::string>{"r1"});
  CHECK(fixture.last.forged == std::vector<std::uint64_t>{1});
}

TEST_CASE(
    "access log: one that is damaged in both copies goes on after what is whole, and says so") {
  AccessFixture fixture;
  {
    AccessLog log = fixture.log();
    fixture.append(log, 2);
    fixture.append(log, 2);
  }
  AccessLog log = fixture.log();
  CHECK_FALSE(
      log.salvage(fixture.record("repaired"), std::chrono::milliseconds(0), fixture.activity));
  Bytes bytes = fixture.read("log");
  bytes[bytes.size() - 400] ^= std::byte{1};
  for (const auto name : access_format::log_names) {
    write_file_atomically(fixture.files, fixture.path(name), bytes);
  }
  CHECK_THROWS_AS(fixture.append(log), Error);
  const auto given_up =
      log.salvage(fixture.record("repaired"), std::chrono::milliseconds(0), fixture.activity);
  REQUIRE(given_up);
  CHECK(*given_up > 1000);
  CHECK(fixture.details() ==
        std::vector<std::string>{"r0", "r1", "the log was put back: it had 5 entries, and has 3",
                                 "repaired"});
}

TEST_CASE("access log: what was spooled without a key is folded in by the next append, once") {
  AccessFixture fixture;
  const AccessRecord failed = fixture.record("wrong passphrase");
  for (int i = 0; i < 3; ++i) {
    spool(fixture.files, fixture.random, fixture.directory, failed, fixture.auditors());
  }
  CHECK(read_spool(fixture.files, fixture.directory).size() == 3);
  AccessLog log = fixture.log();
  fixture.append(log);
  fixture.append(log);
  CHECK(fixture.details() == std::vector<std::string>{"wrong passphrase", "wrong passphrase",
                                                      "wrong passphrase", "r0", "r1"});
  CHECK(read_spool(fixture.files, fixture.directory).empty());
  CHECK_FALSE(fixture.files.file_size(fixture.path("spool")));
}

TEST_CASE("access log: the spool has an end, and what is not whole in it does no harm") {
  AccessFixture fixture;
  const AccessRecord failed = fixture.record("wrong passphrase");
  for (std::size_t i = 0; i < access_format::spooled_max + 5; ++i) {
    spool(fixture.files, fixture.random, fixture.directory, failed, fixture.auditors());
  }
  CHECK(read_spool(fixture.files, fixture.directory).size() == access_format::spooled_max);
  const Bytes whole = fixture.read("spool");
  const auto file = fixture.files.open_or_create(fixture.path("spool"));
  file->truncate(whole.size() / 2);
  const std::size_t left = read_spool(fixture.files, fixture.directory).size();
  CHECK(left < access_format::spooled_max);
  spool(fixture.files, fixture.random, fixture.directory, failed, fixture.auditors());
  CHECK(read_spool(fixture.files, fixture.directory).size() == left + 1);
}

TEST_CASE(
    "access log: a copy of which the power left only the size is written again, not added to") {
  for (const auto name : access_format::log_names) {
    for (std::size_t commits = 3; commits < 5; ++commits) {
      AccessFixture fixture;
      std::size_t before = 0;
      {
        AccessLog log = fixture.log();
        for (std::size_t i = 0; i < commits; ++i) {
          before = fixture.read("log").size();
          fixture.append(log);
        }
      }
      const auto file = fixture.files.open_or_create(fixture.path(name));
      file->write_at(before, Bytes(static_cast<std::size_t>(file->size()) - before));
      AccessLog log = fixture.log();
      fixture.append(log);
      CHECK(fixture.details() == numbered(commits + 1));
      CHECK(equal(fixture.read("log"), fixture.read("log.2")));
      CHECK(fixture.view()->check(fixture.activity).damage.empty());
    }
  }
}

TEST_CASE("access log: a commit takes one sync, what is left behind none") {
  AccessFixture fixture;
  FaultyFileSystem counted(fixture.files);
  AccessLog log = fixture.log(counted);
  fixture.append(log);
  const auto syncs = [&](auto&& act) {
    const std::size_t before = counted.operations().size();
    act();
    const auto operations = counted.operations();
    return std::count_if(operations.begin() + static_cast<std::ptrdiff_t>(before), operations.end(),
                         [](const test::FileOperation& operation) {
                           return operation.kind == test::FileOperation::Kind::sync ||
                                  operation.kind == test::FileOperation::Kind::sync_directory;
                         });
  };
  for (int i = 0; i < 5; ++i) CHECK(syncs([&] { fixture.append(log, 3); }) == 1);
  CHECK(syncs([&] { fixture.leave(log, 2); }) == 0);
  CHECK(syncs([&] { fixture.append(log); }) == 1);
  // A process that only just begins knows as much.
  AccessLog other = fixture.log(counted);
  CHECK(syncs([&] { fixture.append(other); }) == 1);
}

TEST_CASE("access log: what is left is in it with the next append, by whatever process, and once") {
  AccessFixture fixture;
  {
    AccessLog log = fixture.log();
    fixture.append(log, 2);
    fixture.leave(log);
  }
  {
    AccessLog log = fixture.log();
    fixture.leave(log, 2);
  }
  CHECK(fixture.details() == numbered(2));
  const Bytes left = fixture.read("waiting");
  AccessLog log = fixture.log();
  // One of segment, two, three that waited: its own is the seventh.
  CHECK(fixture.append(log) == 6);
  CHECK(fixture.details() == numbered(6));
  CHECK_FALSE(fixture.files.file_size(fixture.path("waiting")));
  // Put back, or back after a crash, it is out of date.
  write_file_atomically(fixture.files, fixture.path("waiting"), left);
  fixture.append(log);
  CHECK(fixture.details() == numbered(7));
  fixture.leave(log);
  fixture.append(log);
  CHECK(fixture.details() == numbered(9));
}

TEST_CASE("access log: what waits has an end, and then it is appended") {
  AccessFixture fixture;
  AccessLog log = fixture.log();
  fixture.append(log);
  for (std::size_t i = 0; i < access_format::waiting_max; ++i) fixture.leave(log);
  CHECK(fixture.view()->size() == 2);
  fixture.leave(log);
  CHECK(fixture.details() == numbered(access_format::waiting_max + 2));
}

TEST_CASE("access log: what waits is whole or nothing, and only the log's key reads it") {
  AccessFixture fixture;
  AccessLog log = fixture.log();
  fixture.append(log);
  fixture.leave(log, 2);
  const Bytes whole = fixture.read("waiting");
  CHECK(as_text(whole).find("r1") == std::string_view::npos);
  const WaitingPlace place{fixture.files, fixture.directory, fixture.name, fixture.key, 2};
  REQUIRE(read_waiting(place).size() == 2);
  const auto other = AccessFixture::make_key<SigningKey<LogPurpose>>(90);
  CHECK(read_waiting({fixture.files, fixture.directory, fixture.name, other, 2}).empty());
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    Bytes cut = whole;
    cut.resize(size);
    write_file_atomically(fixture.files, fixture.path("waiting"), cut);
    CHECK(read_waiting(place).size() == (size >= whole.size() / 2 ? 1U : 0U));
  }
  for (std::size_t i = 0; i < whole.size(); i += 5) {
    Bytes flipped = whole;
    flipped[i] ^= std::byte{1};
    write_file_atomically(fixture.files, fixture.path("waiting"), flipped);
    CHECK(read_waiting(place).size() == (i >= whole.size() / 2 ? 1U : 0U));
  }
}

}  // namespace muniment
