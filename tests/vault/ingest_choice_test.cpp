// What an ingest takes in besides folders, and what it leaves out of them.
#include <fcntl.h>
#include <unistd.h>

#include <thread>

#include "tests/keyring/errors.hpp"
#include "tests/vault/sample_vault.hpp"
#include "vault/base/limits.hpp"

using namespace muniment;
using namespace muniment::test;

namespace {

std::unique_ptr<Reader> open_reader(SampleVault& sample, Vault& vault, const std::string& name) {
  return vault.reader(vault.resolve(*SnapshotName::parse(name)), ReaderUse::few, sample.activity);
}

// What a pipe gives: `text`, and then its end.
class Pipe {
 public:
  explicit Pipe(std::string text)
      : x_writer([this, text = std::move(text)] {
          std::string_view rest = text;
          while (!rest.empty()) {
            const ssize_t count = ::write(x_ends[1], rest.data(), rest.size());
            if (count <= 0) break;
            rest.remove_prefix(static_cast<std::size_t>(count));
          }
          ::close(x_ends[1]);
        }) {}
  ~Pipe() {
    x_writer.join();
    ::close(x_ends[0]);
  }
  Pipe(Pipe&&) = delete;

  [[nodiscard]] int reading_end() const { return x_ends[0]; }

 private:
  static std::array<int, 2> make() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    return ends;
  }

  std::array<int, 2> x_ends = make();
  std::thread x_writer;
};

IngestOptions from_stream(int descriptor, std::string name = "stream") {
  IngestOptions options;
  options.stream = {descriptor, std::move(name), {1234, 0}};
  return options;
}

}  // namespace

TEST_CASE("ingest: a stream of any length becomes one file, cut as a file would be") {
  SampleVault sample;
  Vault vault = sample.open();
  std::uint64_t number = 0;
  for (const std::size_t size : {0UL, 1UL, 600'000UL, 4UL * limits::mib, 20'000'000UL}) {
    CAPTURE(size);
    const std::string text = noise(size, size + 1);
    const Pipe pipe(text);
    const IngestReport report =
        vault.ingest("files", {}, from_stream(pipe.reading_end()), sample.activity);
    CHECK(report.files == 1);
    CHECK(report.bytes == size);
    CHECK(report.complete());
    const std::string name = "files/" + std::to_string(++number);
    CHECK(sample.read(vault, name) == Contents{{"stream", text}});
    const auto entry = open_reader(sample, vault, name)->find("stream");
    REQUIRE(entry);
    CHECK(entry->time == ModificationTime{1234, 0});

    write_all(sample.folder, {{"stream", text}});
    const IngestReport again = sample.ingest(vault);
    ++number;
    CHECK(again.bytes_new < 2'000);
  }
}

TEST_CASE("ingest: a stream that cannot be read to its end commits nothing") {
  SampleVault sample;
  Vault vault = sample.open();
  const int folder = ::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const auto ingest = [&] {
    return vault.ingest("files", {}, from_stream(folder), sample.activity);
  };
  CHECK(error_code(ingest) == ErrorCode::io);
  ::close(folder);
  CHECK(vault.snapshots("files", sample.activity).empty());
  CHECK(sample.is_whole());
}

TEST_CASE("ingest: a stream that gives nothing does not keep an ingest from being stopped") {
  SampleVault sample;
  Vault vault = sample.open();
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  std::thread stop([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    sample.activity.request_stop();
  });
  const auto ingest = [&] {
    return vault.ingest("files", {}, from_stream(ends[0]), sample.activity);
  };
  CHECK(error_code(ingest) == ErrorCode::interrupted);
  stop.join();
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_CASE("ingest: a stream has a name that can be a file's, and no paths beside it") {
  SampleVault sample;
  Vault vault = sample.open();
  for (const std::string& name :
       {std::string(), std::string("."), std::string(".."), std::string("a/b"),
        std::string("a\0b", 3), std::string(256, 'a')}) {
    CAPTURE(name);
    const auto ingest = [&] {
      return vault.ingest("files", {}, from_stream(0, name), sample.activity);
    };
    CHECK(error_code(ingest) == ErrorCode::usage);
  }
  const std::array<fs::path, 1> paths{sample.directory.path()};
  const auto both = [&] { return vault.ingest("files", paths, from_stream(0), sample.activity); };
  CHECK(error_code(both) == ErrorCode::usage);
}

TEST_CASE("ingest: what is excluded is counted and is no gap") {
  SampleVault sample;
  write_all(sample.folder, {{"a.txt", "a"}, {"b.tmp", "b"}, {"c/d.tmp", "d"}, {"c/e", "e"}});
  Vault vault = sample.open();
  IngestOptions options;
  options.estimate = true;
  options.exclusion.patterns.emplace_back(std::vector<std::string>{"*.tmp"}, LetterCase::exact);
  const IngestReport report = sample.ingest(vault, sample.folder, options);
  CHECK(report.files == 2);
  CHECK(report.excluded == 2);
  CHECK(report.complete());
  CHECK(sample.read(vault, "files/1") == Contents{{"a.txt", "a"}, {"c/e", "e"}});
}
