// Loses power at every call by which something that writes changes a file, in all the ways that a
// disk may then come back, and opens what is left.
#include <fmt/core.h>

#include <set>

#include "tests/crash/aftermath.hpp"
#include "tests/crash/disk.hpp"
#include "tests/crash/replica.hpp"
#include "tests/vault/members.hpp"
#include "vault/keyring/recovery.hpp"

using namespace muniment;
using namespace muniment::test;

namespace {

constexpr std::size_t reorderings = 4;

struct Recording {
  Disk before;
  std::vector<SystemCall> calls;
  // After so many calls, something returned that is a promise.
  std::vector<std::size_t> promises;
};

// Runs step(promise), which calls promise() whenever what it did so far must last.
template <class Step>
Recording record(const fs::path& directory, Step step) {
  Recording recording{Disk(directory), {}, {}};
  const WatchedDirectory watched(directory);
  step([&] { recording.promises.push_back(watched.calls().size()); });
  recording.calls = watched.calls();
  return recording;
}

struct Sweep {
  std::string what;
  std::size_t states_apart = 1;  // on top of crash_stride()
};

// Calls check(directory, promises kept so far) for each state in which the recording can be cut
// off.
template <class Check>
void crash_everywhere(const Sweep& sweep, Recording recording, Check check) {
  const TemporaryDirectory scratch;
  const fs::path state = scratch.path() / "state";
  const std::size_t apart = sweep.states_apart * crash_stride();
  std::set<std::string> known;
  std::size_t cuts = 0;
  std::size_t states = 0;
  std::size_t opened = 0;
  Disk& disk = recording.before;
  for (std::size_t done = 0; done <= recording.calls.size(); ++done) {
    if (done > 0) disk.apply(recording.calls[done - 1]);
    const bool changed = done == 0 || recording.calls[done - 1].changes_something();
    const auto promised = static_cast<std::size_t>(std::ranges::count_if(
        recording.promises, [done](std::size_t calls) { return calls <= done; }));
    if (!changed && !std::ranges::count(recording.promises, done)) continue;
    ++cuts;
    for (const NamedFates& fates : all_fates(disk, reorderings)) {
      ++states;
      const std::string key = std::to_string(promised) + disk.describe_crashed(fates.fates);
      if (!known.insert(key).second || (known.size() - 1) % apart != 0) continue;
      ++opened;
      INFO(sweep.what << ", cut off after " << done << " of " << recording.calls.size()
                      << " calls: " << fates.name);
      disk.write_crashed(fates.fates, state);
      const auto error = error_of([&] { check(state, promised); });
      if (error) FAIL_CHECK(error->what());
      fs::remove_all(state);
    }
  }
  CHECK(opened > 0);
  fmt::print("{}: cut off at {} places, {} states, {} of them different, {} opened\n", sweep.what,
             cuts, states, known.size(), opened);
}

}  // namespace

TEST_CASE("crash: an init is there once it returned, and else no vault or a whole one") {
  SampleVault sample{SampleVault::Bare{}};
  Aftermath aftermath({}, {{"file", "text"}});
  const Recording recording = record(sample.directory.path(), [&](auto promise) {
    sample.init(*sample.files);
    promise();
  });
  crash_everywhere({"init"}, recording, [&](const fs::path& state, std::size_t promised) {
    const fs::path path = state / "vault";
    if (promised == 0 && !fs::exists(path / "muniment")) return;
    aftermath.vault().path = path;
    aftermath.vault().open().create_collection("files", aftermath.vault().activity);
    aftermath.check(path, 0);
  });
}

TEST_CASE("crash: a collection is there once that was said, and else it can be made") {
  OneSnapshot sample;
  Aftermath aftermath({sample.before}, sample.after);
  const Recording recording = record(sample.path, [&](auto promise) {
    Vault vault = sample.open();
    vault.create_collection("other", sample.activity);
    promise();
  });
  crash_everywhere({"collection create"}, recording,
                   [&](const fs::path& state, std::size_t promised) {
                     SampleVault& vault = aftermath.vault();
                     vault.path = state;
                     const std::size_t collections = vault.open().collections().size();
                     CHECK(collections >= 1 + promised);
                     if (collections == 1) vault.open().create_collection("other", vault.activity);
                     const std::vector<fs::path> paths{vault.folder / "."};
                     CHECK(vault.open().ingest("other", paths, {}, vault.activity).complete());
                   });
}

TEST_CASE("crash: an ingest's snapshot is there once it returned, and else the vault as it was") {
  OneSnapshot sample;
  Aftermath aftermath({sample.before, sample.after}, sample.after);
  const Recording recording = record(sample.path, [&](auto promise) {
    promise();
    Vault vault = sample.open();
    sample.ingest(vault);
    promise();
  });
  crash_everywhere({"ingest"}, recording, [&](const fs::path& state, std::size_t promised) {
    aftermath.check(state, promised);
  });
}

TEST_CASE("crash: the first ingest of a collection") {
  SampleVault sample;
  const Contents contents{{"a", "1"}, {"b", noise(200'000, 3)}};
  write_all(sample.folder, contents);
  Aftermath aftermath({contents}, contents);
  const Recording recording = record(sample.path, [&](auto promise) {
    Vault vault = sample.open();
    sample.ingest(vault);
    promise();
  });
  crash_everywhere({"first ingest"}, recording, [&](const fs::path& state, std::size_t promised) {
    aftermath.check(state, promised);
  });
}

TEST_CASE("crash: an ingest that adopts what a crash left may crash, too") {
  OneSnapshot sample;
  Aftermath aftermath({sample.before, sample.after}, sample.after);
  {
    Recording recording = record(sample.path, [&](auto) {
      Vault vault = sample.open();
      sample.ingest(vault);
    });
    // Up to the first word of it in a ledger.
    const auto commits = [](const SystemCall& call) {
      return call.kind == SystemCall::Kind::write && call.path.ends_with("tail.2");
    };
    const auto commit = std::ranges::find_if(recording.calls, commits);
    REQUIRE(commit != recording.calls.end());
    for (auto call = recording.calls.begin(); call != commit; ++call) recording.before.apply(*call);
    fs::remove_all(sample.path);
    recording.before.write_crashed(everything_kept(), sample.path);
  }
  const Recording recording = record(sample.path, [&](auto promise) {
    promise();
    Vault vault = sample.open();
    CHECK(sample.ingest(vault).bytes_new < 100'000);
    promise();
  });
  crash_everywhere(
      {"adopting ingest"}, recording,
      [&](const fs::path& state, std::size_t promised) { aftermath.check(state, promised); });
}

TEST_CASE("crash: an ingest of several groups of packs") {
  OneSnapshot sample;
  for (int i = 0; i < 14; ++i) {
    sample.after["large/" + std::to_string(i)] = noise(10'000'000, 100 + static_cast<unsigned>(i));
  }
  write_all(sample.folder, sample.after);
  Aftermath aftermath({sample.before, sample.after}, sample.after);
  const Recording recording = record(sample.path, [&](auto promise) {
    promise();
    Vault vault = sample.open();
    CHECK(sample.ingest(vault).packs > 8);
    promise();
  });
  crash_everywhere(
      {"ingest of 140 MB", 40}, recording,
      [&](const fs::path& state, std::size_t promised) { aftermath.check(state, promised); });
}

TEST_CASE("crash: a repair with a key never makes anything worse, and what it mended stays so") {
  DamagedVault sample;
  Aftermath aftermath({sample.first, sample.second}, sample.second);
  const Recording recording = record(sample.path, [&](auto promise) {
    Vault vault = sample.open();
    CHECK(vault.repair(sample.activity).damage.empty());
    promise();
  });
  crash_everywhere({"repair"}, recording, [&](const fs::path& state, std::size_t promised) {
    aftermath.check_damaged(state, promised == 1, true);
  });
}

TEST_CASE("crash: a repair without a key never makes anything worse") {
  DamagedVault sample;
  Aftermath aftermath({sample.first, sample.second}, sample.second);
  const Recording recording = record(sample.path, [&](auto promise) {
    Vault vault = sample.open_locked();
    CHECK(vault.repair(sample.activity).damage.empty());
    promise();
  });
  crash_everywhere({"repair without a key"}, recording,
                   [&](const fs::path& state, std::size_t promised) {
                     aftermath.check_damaged(state, promised == 1, false);
                   });
}

TEST_CASE("crash: a catalog that is made again is there or is made once more") {
  OneSnapshot sample;
  {
    Vault vault = sample.open();
    sample.ingest(vault);
  }
  Aftermath aftermath({sample.before, sample.after}, sample.after);
  const Recording recording = record(sample.path, [&](auto promise) {
    promise();
    promise();
    Vault vault = sample.open();
    vault.rebuild_catalog(sample.activity);
  });
  crash_everywhere(
      {"catalog rebuild"}, recording,
      [&](const fs::path& state, std::size_t promised) { aftermath.check(state, promised); });
}

namespace {

// A paper whose desk travels without one of its collections; its recovery words hold it, too.
struct Traveller {
  Traveller() {
    paper.create("letters");
    paper.create("photos");
    paper.ingest("letters", {{"a", "stays behind"}});
    paper.ingest("photos", {{"b", "comes along"}});
    Vault vault = Vault::open(paper.path, paper.environment());
    const RecoverySeed seed = RecoverySeed::generate(paper.random);
    CHECK(vault.replace_recovery(paper.key(), seed, paper.activity).empty());
  }

  [[nodiscard]] static Credential fresh() { return TestMember::key_named("for the journey"); }
  void travel() {
    Vault vault = Vault::open(paper.path, paper.environment());
    TravelOptions options;
    options.without = {"letters"};
    options.until = paper.clock.now() + 1;
    static_cast<void>(vault.travel(paper.key(), options, fresh(), {}, paper.activity));
  }

  // Whether a key opens the vault in `state`; what it opens then is read.
  bool opens(const fs::path& state, const Credential& credential, bool all) {
    std::optional<Vault> vault;
    const auto error = error_of([&] { vault.emplace(paper.open(credential, state)); });
    if (error) {
      CHECK(error->code() == ErrorCode::wrong_key);
      return false;
    }
    CHECK(paper.read(*vault, "photos/1") == Contents{{"b", "comes along"}});
    const auto code = error_code([&] { static_cast<void>(paper.read(*vault, "letters/1")); });
    CHECK(code == (all ? std::nullopt : std::optional(ErrorCode::denied)));
    return true;
  }

  TestMember paper{"paper", 1};
};

}  // namespace

TEST_CASE("crash: a vault travels once that was said, and else it is as it was or travels") {
  Traveller sample;
  const Recording recording = record(sample.paper.path, [&](auto promise) {
    sample.travel();
    promise();
  });
  crash_everywhere({"key travel"}, recording, [&](const fs::path& state, std::size_t promised) {
    const bool before = sample.opens(state, sample.paper.key(), true);
    const bool after = sample.opens(state, Traveller::fresh(), false);
    CHECK(before != after);
    if (promised > 0) CHECK(after);
    if (before) return;
    // Once it was opened, neither copy of the keyring knows the old keys.
    for (const char* copy : {"keyring", "keyring.2"}) {
      fs::rename(state / copy, state / "aside");
      CHECK_FALSE(sample.opens(state, sample.paper.key(), true));
      fs::rename(state / "aside", state / copy);
    }
  });
}

TEST_CASE("crash: a deposit is there once it returned, and else no pack of it stays") {
  TestMember paper("paper", 1);
  TestMember source("source", 2);
  paper.take_in(source, Roles().add(Role::contributor));
  paper.create("letters");
  static_cast<void>(source.accept(paper.grant("letters", source, Rights::deposit)));
  const Contents contents{{"a", noise(100'000, 1)}, {"b", noise(17'000'000, 2)}};
  const Recording recording = record(source.path, [&](auto promise) {
    source.ingest("letters", contents);
    promise();
  });
  crash_everywhere({"deposit"}, recording, [&](const fs::path& state, std::size_t promised) {
    Vault vault = source.open(source.key(), state);
    const std::size_t there = vault.deposits("letters").size();
    CHECK(there >= promised);
    source.ingest(vault, "letters", {{"next", "one"}});
    CHECK(vault.deposits("letters").size() == there + 1);
    const ReplicaView view = view_as_replica(state);
    for (const std::string& fault : view.faults) FAIL_CHECK(fault);
    CHECK(view.unlisted.empty());
    CHECK(TestMember::packs_of(state).size() == view.listed.size());
  });
}
