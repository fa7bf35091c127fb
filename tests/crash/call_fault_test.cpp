// Makes every call fail by which something that writes opens, reads or changes a file of the vault,
// in each way that it can, and opens what is left.
#include <fmt/core.h>

#include <cerrno>

#include "tests/crash/aftermath.hpp"
#include "tests/crash/system_calls.hpp"

using namespace muniment;
using namespace muniment::test;

namespace {

using Kind = SystemCall::Kind;

// Once, and from then on: a full disk, which takes half a write first; a disk that fails; no more
// descriptors. And a write that is only short.
constexpr std::array faults{
    CallFault{.error_number = ENOSPC},
    CallFault{.error_number = ENOSPC, .half = true},
    CallFault{.error_number = ENOSPC, .half = true, .lasting = true},
    CallFault{.error_number = EIO},
    CallFault{.error_number = EIO, .lasting = true},
    CallFault{.error_number = EMFILE},
    CallFault{.error_number = EMFILE, .lasting = true},
    CallFault{.error_number = 0, .half = true},
};

bool fits(const CallFault& fault, Kind kind) {
  if (kind == Kind::write) return fault.error_number != EMFILE;
  if (fault.error_number == 0 || !can_fail_with(kind, fault.error_number)) return false;
  // Half a call is no call; and that all later ones fail is tried at those that change something.
  if (fault.half && !fault.lasting) return false;
  return !(fault.lasting && fault.error_number == EIO && kind == Kind::read);
}

// How a step ended.
struct Outcome {
  std::optional<Error> error;
  CallFault fault;
  SystemCall call;  // the first that was made to fail
};

// Runs step() on a copy of what is in the watched folder, with every call in turn failing in every
// way; verify(outcome) looks at what is left.
template <class Step, class Verify>
void fail_every_call(const std::string& what, const fs::path& watched, Step step, Verify verify) {
  const TemporaryDirectory scratch;
  const fs::path saved = scratch.path() / "saved";
  fs::copy(watched, saved, fs::copy_options::recursive);
  const auto put_back = [&] {
    fs::remove_all(watched);
    fs::copy(saved, watched, fs::copy_options::recursive);
  };
  std::vector<Kind> calls;
  {
    const WatchedDirectory all(watched);
    step();
    calls = all.arrived();
  }
  std::size_t possible = 0;
  std::size_t tried = 0;
  std::size_t errors = 0;
  for (std::size_t n = 0; n < calls.size(); ++n) {
    for (CallFault fault : faults) {
      if (!fits(fault, calls[n]) || possible++ % crash_stride() != 0) continue;
      fault.call = n;
      put_back();
      std::optional<Error> error;
      std::optional<SystemCall> failed;
      {
        const WatchedDirectory failing(watched, fault);
        error = error_of(step);
        failed = failing.failed();
      }
      if (!failed) continue;  // with threads, another call may stand at this place
      ++tried;
      errors += error ? 1 : 0;
      const std::string place =
          fmt::format("{}, call {} of {}, kind {} at {}: errno {}{}{}: {}", what, n, calls.size(),
                      static_cast<int>(failed->kind), failed->path, fault.error_number,
                      fault.half ? " after half" : "", fault.lasting ? ", lasting" : "",
                      error ? error->what() : "no error");
      INFO(place);
      // SQLite may call a page malformed that it could not read; then the catalog is made again.
      const bool catalog =
          error && std::string_view(error->what()).find("/catalog.db") != std::string_view::npos;
      if (error && !(catalog && error->code() == ErrorCode::damaged)) {
        CHECK(error->code() == ErrorCode::io);
      }
      const auto second = error_of([&] { verify(Outcome{error, fault, *failed}); });
      if (second) FAIL_CHECK(second->what());
    }
  }
  CHECK(tried > 0);
  fmt::print("{}: {} calls, {} faults possible, {} tried, of which {} ended in an error\n", what,
             calls.size(), possible, tried, errors);
}

}  // namespace

TEST_CASE("faults of calls: an init that fails leaves nothing") {
  SampleVault sample{SampleVault::Bare{}};
  const fs::path watched = sample.directory.path() / "watched";
  fs::create_directory(watched);
  sample.path = watched / "vault";
  Aftermath aftermath({}, {{"file", "text"}});
  fail_every_call(
      "init", watched, [&] { sample.init(*sample.files); },
      [&](const Outcome& outcome) {
        // Who dies cannot tidy up.
        if (!outcome.fault.lasting) CHECK(fs::exists(sample.path) == !outcome.error);
        if (outcome.error) return;
        aftermath.vault().path = sample.path;
        aftermath.vault().open().create_collection("files", aftermath.vault().activity);
        aftermath.check(sample.path, 0);
      });
}

TEST_CASE("faults of calls: an ingest that fails leaves the vault as it was") {
  OneSnapshot sample;
  Aftermath aftermath({sample.before, sample.after}, sample.after);
  IngestOptions options;
  options.threads = 1;
  fail_every_call(
      "ingest", sample.path,
      [&] {
        Vault vault = sample.open();
        sample.ingest(vault, sample.folder, options);
      },
      [&](const Outcome& outcome) {
        // A failed sync leaves it open what reached the disk; and who dies between the ledger's two
        // copies has committed.
        const bool open = outcome.call.kind == Kind::sync || outcome.fault.lasting;
        if (outcome.error && !open) CHECK(view_as_replica(sample.path).snapshots == 1);
        aftermath.check(sample.path, outcome.error ? 1 : 2);
      });
}

TEST_CASE("faults of calls: a source that cannot be read is never called complete") {
  OneSnapshot sample;
  IngestOptions options;
  options.threads = 1;
  bool complete = false;
  fail_every_call(
      "ingest's source", sample.folder,
      [&] {
        complete = false;
        Vault vault = sample.open();
        complete = sample.ingest(vault, sample.folder, options).complete();
      },
      [&](const Outcome& outcome) {
        const bool exact = !outcome.error && sample.read("files/latest") == sample.after;
        CHECK(complete == exact);
      });
  CHECK(sample.is_whole());
}

TEST_CASE("faults of calls: a repair that fails makes nothing worse") {
  for (const bool with_key : {true, false}) {
    DamagedVault sample;
    Aftermath aftermath({sample.first, sample.second}, sample.second);
    bool whole = false;
    fail_every_call(
        with_key ? "repair" : "repair without a key", sample.path,
        [&] {
          whole = false;
          Vault vault = with_key ? sample.open() : sample.open_locked();
          whole = vault.repair(sample.activity).damage.empty();
        },
        [&](const Outcome&) { aftermath.check_damaged(sample.path, whole, with_key); });
  }
}

TEST_CASE("faults of calls: a catalog that could not be made again is made later") {
  OneSnapshot sample;
  {
    Vault vault = sample.open();
    sample.ingest(vault);
  }
  Aftermath aftermath({sample.before, sample.after}, sample.after);
  fail_every_call(
      "catalog rebuild", sample.path,
      [&] {
        Vault vault = sample.open();
        vault.rebuild_catalog(sample.activity);
      },
      [&](const Outcome&) { aftermath.check(sample.path, 2); });
}
