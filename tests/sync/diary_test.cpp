#include "sync/daemon/diary.hpp"

#include <cerrno>

#include "tests/support/faulty_file_system.hpp"
#include "tests/sync/two_vaults.hpp"

namespace muniment::sync {

using namespace std::chrono_literals;
using Acts = std::vector<std::string>;

namespace {

struct Written {
  // What it wrote of its own, "act detail" each.
  [[nodiscard]] Acts acts() {
    Acts list;
    Vault reader = member.open();
    static_cast<void>(reader.read_access_log(
        [&](const AccessInfo& info) {
          const AccessRecord& record = info.record;
          if (record.act == access_act::unlock || record.act == access_act::audit) return true;
          if (record.act == access_act::log) return true;  // what the log says of itself
          list.push_back(record.detail.empty() ? record.act : record.act + " " + record.detail);
          return true;
        },
        member.activity));
    return list;
  }
  // Both clocks go on; the steps between ticks are a daemon's.
  void pass(std::chrono::seconds time) {
    for (std::chrono::seconds passed{0}; passed < time; passed += 10s) {
      now += 10s;
      member.clock.advance(10);
      diary.tick(now);
    }
  }

  test::Member member{"spiegel", 1};
  muniment::test::FaultyFileSystem files{*member.files};
  Vault vault = Vault::open(member.path, {files, member.clock, member.random});
  Replication replication{vault, muniment::test::vault_key()};
  Log log{-1, member.clock};
  Diary diary{replication, member.clock, log};
  Diary::Steady now{};
};

const TransportListener::End done{CloseCode::done, false, {}, {3'000'000, 200}};

}  // namespace

TEST_CASE("diary: that the daemon runs is said when it begins, every hour, and when it ends") {
  Written written;
  written.diary.began(written.now);
  CHECK(written.acts() == Acts{"daemon-start"});
  written.pass(59min);
  CHECK(written.acts().size() == 1);
  written.pass(62min);
  written.diary.ended(written.now);
  CHECK(written.acts() == Acts{"daemon-start", "heartbeat", "heartbeat", "daemon-stop"});
}

TEST_CASE("diary: sessions with one peer are told together, with how much went over them") {
  Written written;
  written.diary.began(written.now);
  const DeviceId peer = written.member.random.fixed<DeviceId>();
  for (int i = 0; i < 100; ++i) written.diary.session_ended(peer, done);
  written.pass(30s);
  CHECK(written.acts().size() == 1);
  written.pass(30s);
  TransportListener::End fault = done;
  fault.peer_failed = true;
  written.diary.session_ended(peer, fault);
  written.diary.ended(written.now);
  const std::string who = "sync device " + peer.hex() + ": ";
  CHECK(written.acts() ==
        Acts{"daemon-start", who + "100 sessions, 300.00 MB received, 20.00 kB sent",
             who + "1 session, 3.00 MB received, 200 B sent; broken off for a fault of theirs: 1",
             "daemon-stop"});
}

TEST_CASE(
    "diary: a clock that is set while the daemon runs is told, and what is corrected is not") {
  Written written;
  written.diary.began(written.now);
  written.member.clock.advance(59);
  written.pass(20s);
  written.member.clock.advance(3'600);
  written.pass(20s);
  written.member.clock.advance(-86'400);
  written.pass(20s);
  CHECK(written.acts() == Acts{"daemon-start", "clock set forward by 3600 seconds",
                               "clock set back by 86400 seconds"});
}

TEST_CASE("diary: where it cannot be written no daemon begins, and later it is tried again") {
  Written written;
  const auto fail = [&](bool fails) {
    written.files.set_fault(fails ? std::optional(muniment::test::Fault{
                                        written.files.operations().size(), ENOSPC, false, true})
                                  : std::nullopt);
  };
  fail(true);
  CHECK_THROWS_AS(written.diary.began(written.now), Error);
  fail(false);
  written.diary.began(written.now);
  fail(true);
  written.diary.session_ended(written.member.random.fixed<DeviceId>(), done);
  written.pass(65min);
  fail(false);
  CHECK(written.acts().size() == 1);
  written.pass(2min);
  const Acts acts = written.acts();
  REQUIRE(acts.size() == 3);
  CHECK(acts[1].starts_with("sync "));
  CHECK(acts[2] == "heartbeat");
}

}  // namespace muniment::sync
