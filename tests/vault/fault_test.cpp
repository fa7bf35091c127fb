#include "tests/vault/sample_vault.hpp"
#include "vault/base/limits.hpp"

using namespace muniment;
using namespace muniment::test;

namespace {

const Contents before{{"old", "kept"}, {"both", noise(30'000, 8)}};
const Contents after{{"new", noise(600'000, 9)}, {"both", noise(30'000, 8)}, {"empty", ""}};

struct FaultKind {
  int error_number;
  bool short_write;
  bool lasting;
};

// A disk that is full, a disk that fails once, a full disk with half a write on it, and the end of
// the process.
constexpr std::array kinds{FaultKind{ENOSPC, false, false}, FaultKind{EIO, false, false},
                           FaultKind{ENOSPC, true, true}, FaultKind{EIO, false, true}};

// The vault's directory, to begin again from.
class Saved {
 public:
  explicit Saved(SampleVault& sample) : x_sample(sample) {
    fs::copy(x_sample.path, x_copy, fs::copy_options::recursive);
  }
  void put_back() const {
    fs::remove_all(x_sample.path);
    fs::copy(x_copy, x_sample.path, fs::copy_options::recursive);
  }

 private:
  SampleVault& x_sample;
  fs::path x_copy = x_sample.directory.path() / "saved";
};

// Runs `step` with every operation in turn failing in every way; `verify` sees what is left.
template <class Step, class Verify>
std::size_t fail_each_operation(SampleVault& sample, Step step, Verify verify) {
  for (std::size_t n = 0;; ++n) {
    for (const FaultKind& kind : kinds) {
      FaultyFileSystem faulty(*sample.files);
      faulty.set_fault(Fault{n, kind.error_number, kind.short_write, kind.lasting});
      const auto error = error_of([&] { step(faulty); });
      const std::vector<FileOperation> operations = faulty.operations();
      if (operations.size() <= n) return n;
      CAPTURE(n);
      CAPTURE(kind.error_number);
      CAPTURE(kind.lasting);
      CAPTURE(operations[n].path.string());
      CAPTURE(static_cast<int>(operations[n].kind));
      if (error) CHECK(error->code() == ErrorCode::io);
      verify(error, operations[n], kind);
    }
  }
}

void write_folder(SampleVault& sample, const Contents& contents) {
  fs::remove_all(sample.folder);
  fs::create_directory(sample.folder);
  write_all(sample.folder, contents);
}

}  // namespace

TEST_CASE("faults: an init that fails leaves nothing, and the next one succeeds") {
  SampleVault sample{SampleVault::Bare{}};
  const std::size_t operations = fail_each_operation(
      sample, [&](FileSystem& files) { sample.init(files); },
      [&](const std::optional<Error>& error, const FileOperation&, const FaultKind& kind) {
        // Who dies cannot tidy up.
        if (!kind.lasting) CHECK(fs::exists(sample.path) == !error);
        fs::remove_all(sample.path);
      });
  CHECK(operations > 20);
  CHECK(sample.open().collections().empty());
  CHECK(sample.is_whole());
}

TEST_CASE("faults: init is durable: each folder is synced, and the one above the vault") {
  SampleVault sample{SampleVault::Bare{}};
  FaultyFileSystem recording(*sample.files);
  sample.init(recording);
  const std::vector<FileOperation> operations = recording.operations();
  std::map<fs::path, std::size_t> made;
  std::map<fs::path, std::size_t> synced;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const FileOperation& operation = operations[i];
    using Kind = FileOperation::Kind;
    if (operation.kind == Kind::make_directory || operation.kind == Kind::create) {
      made[operation.path.parent_path()] = i;
    }
    if (operation.kind == Kind::rename) made[operation.target.parent_path()] = i;
    if (operation.kind == Kind::sync_directory) synced[operation.path] = i;
  }
  CHECK(made.contains(sample.directory.path()));
  for (const auto& [directory, index] : made) {
    CAPTURE(directory.string());
    CHECK(synced[directory] > index);
  }
}

TEST_CASE("faults: a collection is made or not, and can be made afterwards") {
  SampleVault sample;
  sample.ingest(before);
  const Saved saved(sample);
  const std::size_t operations = fail_each_operation(
      sample,
      [&](FileSystem& files) {
        saved.put_back();
        sample.open(files).create_collection("other", sample.activity);
      },
      [&](const std::optional<Error>& error, const FileOperation&, const FaultKind&) {
        Vault vault = sample.open();
        const bool made = vault.collections().size() == 2;
        CHECK((made || error));
        if (!made) vault.create_collection("other", sample.activity);
        const std::vector<fs::path> paths{sample.folder / "."};
        CHECK(vault.ingest("other", paths, {}, sample.activity).complete());
        CHECK(sample.read(vault, "files/1") == before);
        for (const Damage& damage : vault.verify(VerifyDepth::presence, sample.activity).damage) {
          FAIL_CHECK(damage.object << ": " << damage.cause);
        }
      });
  CHECK(operations > 5);
}

TEST_CASE("faults: an ingest that fails leaves the vault as it was, and the next one succeeds") {
  SampleVault sample;
  sample.ingest(before);
  const Saved saved(sample);
  write_folder(sample, after);
  IngestOptions options;
  options.threads = 1;
  const std::size_t operations = fail_each_operation(
      sample,
      [&](FileSystem& files) {
        saved.put_back();
        Vault vault = sample.open(files);
        sample.ingest(vault, sample.folder, options);
      },
      [&](const std::optional<Error>& error, const FileOperation& operation,
          const FaultKind& kind) {
        Vault vault = sample.open();
        const std::size_t snapshots = vault.snapshots(std::nullopt, sample.activity).size();
        CHECK(snapshots <= 2);
        if (!error) CHECK(snapshots == 2);
        // A failed sync leaves it open what reached the disk; and who dies between the ledger's two
        // copies has committed.
        const bool open = operation.kind == FileOperation::Kind::sync || kind.lasting;
        if (error && !open) CHECK(snapshots == 1);
        CHECK(sample.read(vault, "files/1") == before);
        if (snapshots == 2) CHECK(sample.read(vault, "files/2") == after);
        const IngestReport report = sample.ingest(vault);
        CHECK(report.complete());
        CHECK(sample.read(vault, "files/latest") == after);
        const VerifyReport verified = vault.verify(VerifyDepth::deep, sample.activity);
        CHECK(verified.damage.empty());
        CHECK(verified.snapshots == snapshots + 1);
      });
  CHECK(operations > 10);
}

TEST_CASE("faults: packs of an interrupted ingest are used again, and listed by who uses them") {
  SampleVault sample;
  const Contents large{{"large", noise(9'000'000, 10)}};
  write_folder(sample, large);
  const Saved saved(sample);
  // Until the ledger is written to, the packs are durable and nothing says so.
  std::size_t commit = 0;
  {
    FaultyFileSystem recording(*sample.files);
    Vault vault = sample.open(recording);
    sample.ingest(vault);
    const std::vector<FileOperation> operations = recording.operations();
    while (operations.at(commit).kind != FileOperation::Kind::write ||
           operations.at(commit).path.filename() != "tail.2") {
      ++commit;
    }
  }
  saved.put_back();
  {
    FaultyFileSystem faulty(*sample.files);
    faulty.set_fault(Fault{commit, ENOSPC, false, true});
    Vault vault = sample.open(faulty);
    CHECK(error_code([&] { sample.ingest(vault); }) == ErrorCode::io);
  }
  CHECK(sample.packs().size() == 1);
  Vault vault = sample.open();
  CHECK(vault.status().packs_unlisted == 1);
  CHECK(vault.verify(VerifyDepth::deep, sample.activity).packs_unlisted == 1);
  const IngestReport report = sample.ingest(vault);
  CHECK(report.bytes_stored <= 2 * limits::mib);
  CHECK(sample.activity.count("interrupted ingest") == 1);
  CHECK(sample.read(vault, "files/1") == large);
  CHECK(vault.status().packs_unlisted == 0);
  const VerifyReport verified = vault.verify(VerifyDepth::deep, sample.activity);
  CHECK(verified.damage.empty());
  CHECK(verified.packs == 2);
}

TEST_CASE("faults: a damaged pack that no ledger lists is not used again") {
  SampleVault sample;
  sample.ingest(Contents{{"large", noise(3'000'000, 11)}});
  REQUIRE(sample.packs().size() == 1);
  // Another vault's pack, and one of nonsense, under names that fit.
  SampleVault stranger(2);
  stranger.ingest(Contents{{"strange", noise(900'000, 12)}});
  for (const fs::path& pack : stranger.packs()) {
    const fs::path target = sample.path / fs::relative(pack, stranger.path);
    fs::create_directories(target.parent_path());
    fs::copy_file(pack, target);
  }
  const std::string name(62, 'a');
  write_text(sample.path / "packs" / "aa" / ("aa" + name + ".pack"), noise(100'000, 13));
  Vault vault = sample.open();
  CHECK(vault.status().packs_unlisted == 2);
  CHECK(sample.ingest(vault).bytes_stored <= 2 * limits::mib);
  CHECK(vault.status().packs_unlisted == 2);
  CHECK(sample.activity.count("interrupted ingest") == 0);
  CHECK(vault.verify(VerifyDepth::deep, sample.activity).damage.empty());
}
