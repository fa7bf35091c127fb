#include <fcntl.h>
#include <sys/stat.h>

#include <thread>

#include "tests/vault/sample_vault.hpp"
#include "vault/base/limits.hpp"
#include "vault/pack/format.hpp"

using namespace muniment;
using namespace muniment::test;

namespace {

Contents example() {
  return {{"a", "first"},
          {"a.b", "between"},
          {"a0", ""},
          {"folder/deep/er", "text\n"},
          {"folder/\xff\n", "hostile"},
          {"one chunk", noise(600'000, 2)},
          {"several chunks", noise(9'000'000, 3)},
          {"twice", "first"}};
}

std::uint64_t size_of(const Contents& contents) {
  std::uint64_t size = 0;
  for (const auto& [path, text] : contents) size += text.size();
  return size;
}

std::unique_ptr<Reader> open_reader(SampleVault& sample, Vault& vault, const std::string& name) {
  return vault.reader(vault.resolve(*SnapshotName::parse(name)), ReaderUse::few, sample.activity);
}

}  // namespace

TEST_CASE("ingest: every byte comes back, and the report counts what was taken in") {
  SampleVault sample;
  const IngestReport report = sample.ingest(example());
  CHECK(report.snapshot == "files/1@device");
  CHECK(report.files == 8);
  CHECK(report.directories == 2);
  CHECK(report.links == 0);
  CHECK(report.bytes == size_of(example()));
  CHECK(report.bytes_new > 9'600'000);
  CHECK(report.bytes_new < 9'620'000);
  CHECK(report.packs == 1);
  CHECK(report.packs == sample.packs().size());
  CHECK(report.bytes_stored == fs::file_size(sample.packs().front()));
  CHECK(report.complete());
  CHECK(sample.read("files/1") == example());
  CHECK(sample.is_whole());
}

TEST_CASE("ingest: many small files that are alike share a dictionary") {
  SampleVault sample;
  Contents contents;
  std::uint64_t bytes = 0;
  for (int i = 0; bytes < 7 * limits::mib; ++i) {
    std::string text;
    for (int line = 0; line < 60; ++line) {
      text += "<td class=\"person\">" + std::to_string(i * 7919 + line * 104'729) + "</td>\n";
    }
    bytes += text.size();
    contents.emplace("page" + std::to_string(i), std::move(text));
  }
  CHECK(sample.ingest(contents).complete());
  CHECK(sample.read("files/1") == contents);
  CHECK(sample.is_whole());
  Vault vault = sample.open();
  CHECK(sample.ingest(vault).bytes_new < 1000);  // the index
}

TEST_CASE("ingest: the vault does not hold itself") {
  SampleVault sample;
  Vault vault = sample.open();
  const std::array<fs::path, 1> above{sample.path.parent_path()};
  const IngestReport report = vault.ingest("files", above, {}, sample.activity);
  REQUIRE(report.skipped.size() == 1);
  CHECK(report.skipped[0].find("which does not hold itself") != std::string::npos);
  const auto reader = open_reader(sample, vault, "files/1");
  reader->visit("", [](const Entry& entry) {
    CHECK(entry.path.find(".pack") == std::string::npos);
    return true;
  });
}

TEST_CASE("ingest: a second time stores nothing but a list of files") {
  SampleVault sample;
  sample.ingest(example());
  Vault vault = sample.open();
  const IngestReport again = sample.ingest(vault);
  CHECK(again.snapshot == "files/2@device");
  CHECK(again.bytes == size_of(example()));
  CHECK(again.bytes_new < 10'000);
  CHECK(again.packs == 1);
  CHECK(again.bytes_stored == file_bytes(PackClass::mib1));
  CHECK(sample.read(vault, "files/2") == example());
  // And in the same process, from what is open already.
  CHECK(sample.ingest(vault).snapshot == "files/3@device");
}

TEST_CASE("ingest: of an edited large file only what changed is stored") {
  SampleVault sample;
  Contents contents{{"large", noise(12'000'000, 4)}};
  sample.ingest(contents);
  contents["large"].insert(5'000'000, "inserted");
  const IngestReport report = sample.ingest(contents);
  CHECK(report.bytes_new > 0);
  CHECK(report.bytes_new <= 2 * limits::chunk_bytes_max);
  CHECK(sample.read("files/2") == contents);
}

TEST_CASE("ingest: no files at all are a snapshot, too") {
  SampleVault sample;
  const IngestReport report = sample.ingest(Contents{});
  CHECK(report.snapshot == "files/1@device");
  CHECK(report.files + report.directories + report.bytes == 0);
  Vault vault = sample.open();
  CHECK(sample.read(vault, "files/1").empty());
  const SnapshotInfo info = vault.resolve(*SnapshotName::parse("files/1"));
  CHECK(info.content_root == sha256({}));
  CHECK(sample.is_whole());
}

TEST_CASE("ingest: links, modes, times and hard links are recorded as found") {
  SampleVault sample;
  write_text(sample.folder / "program", "x");
  fs::permissions(sample.folder / "program", fs::perms::owner_all);
  fs::create_hard_link(sample.folder / "program", sample.folder / "same");
  fs::create_symlink("/no/such", sample.folder / "link");
  const timespec times[2] = {{0, UTIME_OMIT}, {-9, 5}};
  REQUIRE(::utimensat(AT_FDCWD, (sample.folder / "program").c_str(), times, 0) == 0);
  Vault vault = sample.open();
  const IngestReport report = sample.ingest(vault);
  CHECK(report.links == 1);
  CHECK(report.hard_links == 2);
  CHECK(report.files == 2);
  const auto reader = open_reader(sample, vault, "files/1");
  const auto program = reader->find("program");
  REQUIRE(program);
  CHECK(program->executable);
  CHECK(program->time == ModificationTime{-9, 5});
  CHECK(reader->find("link")->link_target == "/no/such");
  CHECK_FALSE(reader->find("no such"));
}

TEST_CASE("ingest: times are left out where they are not wanted") {
  SampleVault sample;
  write_all(sample.folder, example());
  Vault vault = sample.open();
  IngestOptions options;
  options.times = false;
  sample.ingest(vault, sample.folder, options);
  open_reader(sample, vault, "files/1")->visit("", [](const Entry& entry) {
    CHECK_FALSE(entry.time);
    return true;
  });
}

TEST_CASE("ingest: the level says how hard zstd tries") {
  const std::string text = [] {
    std::string words;
    FixedRandom random(5);
    while (words.size() < 3'000'000) words += std::to_string(random.below(5000)) + " ";
    return words;
  }();
  std::array<std::uint64_t, 2> sizes{};
  for (const int level : {1, 19}) {
    SampleVault sample;
    write_text(sample.folder / "text", text);
    Vault vault = sample.open();
    IngestOptions options;
    options.level = level;
    options.threads = 1;
    const IngestReport report = sample.ingest(vault, sample.folder, options);
    CHECK(report.bytes_stored < text.size());
    sizes[level == 1 ? 0 : 1] = report.bytes_stored;
    CHECK(sample.read(vault, "files/1").at("text") == text);
  }
  CHECK(sizes[1] <= sizes[0]);
}

TEST_CASE("ingest: what is said about a snapshot stays with it") {
  SampleVault sample;
  write_all(sample.folder, {{"a", "x"}});
  Vault vault = sample.open();
  IngestOptions options;
  options.about = {{"note", "line 1\nline 2"}, {"source", "Quell\xc3\xa9"}};
  sample.ingest(vault, sample.folder, options);
  CHECK(vault.snapshots("files", sample.activity).at(0).about == options.about);
}

TEST_CASE("ingest: what could not be read back about a snapshot is refused beforehand") {
  SampleVault sample;
  write_all(sample.folder, {{"a", "x"}});
  Vault vault = sample.open();
  for (const About& about :
       {About{{"", "value"}}, About{{"note", "\xff"}}, About{{"\xff", "value"}},
        About{{"note", std::string(65'536, 'x')}}, About{{std::string(65'536, 'x'), ""}}}) {
    IngestOptions options;
    options.about = about;
    CHECK(error_code([&] { sample.ingest(vault, sample.folder, options); }) == ErrorCode::usage);
  }
  CHECK(vault.snapshots(std::nullopt, sample.activity).empty());
  IngestOptions options;
  options.about = {{std::string(65'535, 'k'), std::string(65'535, 'v')}};
  sample.ingest(vault, sample.folder, options);
  CHECK(vault.snapshots("files", sample.activity).at(0).about == options.about);
}

TEST_CASE("ingest: a FIFO is skipped and named, and the rest is taken in") {
  SampleVault sample;
  write_all(sample.folder, {{"a", "x"}});
  REQUIRE(::mkfifo((sample.folder / "fi\nfo").c_str(), 0600) == 0);
  Vault vault = sample.open();
  const IngestReport report = sample.ingest(vault);
  REQUIRE(report.skipped.size() == 1);
  CHECK(report.skipped[0].starts_with("fi\\nfo: a FIFO"));
  CHECK_FALSE(report.complete());
  CHECK(sample.read(vault, "files/1") == Contents{{"a", "x"}});
}

TEST_CASE("ingest: twins under normalisation are kept and reported") {
  SampleVault sample;
  const Contents contents{{"caf\xc3\xa9", "1"}, {"cafe\xcc\x81", "2"}};
  const IngestReport report = sample.ingest(contents);
  CHECK(report.twins.size() == 1);
  CHECK(report.complete());
  CHECK(sample.read("files/1") == contents);
}

TEST_CASE("ingest: files that grow, shrink or vanish meanwhile are stored as read, and named") {
  SampleVault sample;
  Contents contents;
  for (int i = 0; i < 300; ++i) contents[std::to_string(i)] = noise(20'000, 7);
  contents["log"] = "";
  write_all(sample.folder, contents);
  std::atomic<bool> stop = false;
  std::thread editor([&] {
    for (std::uint64_t i = 0; !stop; ++i) {
      std::ofstream(sample.folder / "log", std::ios::app) << std::string(10'000, 'x');
      write_text(sample.folder / std::to_string(i % 100), noise(i % 30'000, i));
      fs::remove(sample.folder / std::to_string(100 + i % 100));
      if (i % 5 == 0) fs::resize_file(sample.folder / "log", 0);
    }
  });
  Vault vault = sample.open();
  const IngestReport report = sample.ingest(vault);
  stop = true;
  editor.join();
  const Contents stored = sample.read(vault, "files/1");
  CHECK(stored.size() == report.files);
  for (int i = 200; i < 300; ++i)
    CHECK(stored.at(std::to_string(i)) == contents[std::to_string(i)]);
  // Whatever it held when it was read, it is consistent in itself.
  CHECK(vault.verify(VerifyDepth::deep, sample.activity).damage.empty());
}

TEST_CASE(
    "ingest: paths that are not there, or stand twice, are refused before anything is stored") {
  SampleVault sample;
  write_all(sample.folder, {{"a/x", "1"}, {"b/x", "2"}});
  Vault vault = sample.open();
  const auto code = [&](const std::vector<fs::path>& paths) {
    return error_code([&] { (void)vault.ingest("files", paths, {}, sample.activity); });
  };
  CHECK(code({sample.folder / "c"}) == ErrorCode::not_found);
  CHECK(code({sample.folder / "a" / "x", sample.folder / "b" / "x"}) == ErrorCode::usage);
  CHECK(error_code([&] {
          const std::vector<fs::path> paths{sample.folder};
          (void)vault.ingest("no-such", paths, {}, sample.activity);
        }) == ErrorCode::not_found);
  CHECK(sample.packs().empty());
  CHECK(vault.snapshots(std::nullopt, sample.activity).empty());
}

TEST_CASE("ingest: a wish to stop ends it with nothing committed") {
  SampleVault sample;
  write_all(sample.folder, example());
  Vault vault = sample.open();
  sample.activity.request_stop();
  CHECK(error_code([&] { sample.ingest(vault); }) == ErrorCode::interrupted);
  Notices calm;
  CHECK(vault.snapshots(std::nullopt, calm).empty());
}

TEST_CASE("ingest: one thread or many give the same content and sizes") {
  SampleVault sample;
  Contents contents = example();
  for (int i = 0; i < 2000; ++i) contents["many/" + std::to_string(i)] = noise(100, i % 50);
  write_all(sample.folder, contents);
  std::array<std::uint64_t, 2> stored{};
  for (const unsigned threads : {1U, 8U}) {
    SampleVault other;  // of the same keys
    Vault vault = other.open();
    IngestOptions options;
    options.threads = threads;
    options.estimate = true;
    stored[threads / 8] = other.ingest(vault, sample.folder, options).bytes_new;
    CHECK(other.read(vault, "files/1") == contents);
    CHECK(other.activity.items_total == contents.size());
    CHECK(other.activity.bytes_total == size_of(contents));
  }
  CHECK(stored[0] == stored[1]);
}

TEST_CASE("ingest: collections are apart: what one holds is stored again for the other") {
  SampleVault sample;
  sample.ingest(example());
  Vault vault = sample.open();
  vault.create_collection("other", sample.activity);
  const std::vector<fs::path> paths{sample.folder / "."};
  const IngestReport report = vault.ingest("other", paths, {}, sample.activity);
  CHECK(report.snapshot == "other/1@device");
  CHECK(report.bytes_new > 9'600'000);
  CHECK(sample.read(vault, "other/1") == example());
}
