// The files `log` and `log.2` of an access log, as somebody may have left them: they open as what
// the device signed, or not at all. The first two bytes say where the second file begins.
#include "vault/audit/format.hpp"
#include "vault/audit/tail.hpp"
#include "vault/base/assert.hpp"
#include "vault/base/error.hpp"

using namespace muniment;

namespace {

class FixedFile final : public File {
 public:
  explicit FixedFile(ByteView bytes) : x_bytes(bytes) {}

  [[nodiscard]] std::uint64_t size() const override { return x_bytes.size(); }
  [[nodiscard]] std::size_t read_at(std::uint64_t offset, MutableByteView target) const override {
    if (offset >= x_bytes.size()) return 0;
    const ByteView there = x_bytes.subspan(static_cast<std::size_t>(offset));
    const std::size_t count = std::min(there.size(), target.size());
    std::ranges::copy(there.first(count), target.begin());
    return count;
  }
  void write_at(std::uint64_t, ByteView) override { refuse(); }
  void truncate(std::uint64_t) override { refuse(); }
  void start_writeback() override { refuse(); }
  void sync() override { refuse(); }

 private:
  static void refuse() { throw Error(ErrorCode::io, "only reading is expected"); }

  ByteView x_bytes;
};

class TwoFiles final : public FileSystem {
 public:
  TwoFiles(ByteView first, ByteView second) : x_first(first), x_second(second) {}

  [[nodiscard]] std::unique_ptr<File> find(const Path& path) override {
    const bool first = path.filename() == access_format::log_names[0];
    return std::make_unique<FixedFile>(first ? x_first : x_second);
  }
  [[nodiscard]] std::unique_ptr<File> open_or_create(const Path&) override { return nullptr; }
  [[nodiscard]] std::unique_ptr<File> create(const Path&) override { return nullptr; }
  void rename(const Path&, const Path&) override {}
  bool remove(const Path&) override { return false; }
  void make_directory(const Path&) override {}
  void sync_directory(const Path&) override {}
  [[nodiscard]] std::vector<std::string> list(const Path&) override { return {}; }
  [[nodiscard]] std::optional<std::uint64_t> file_size(const Path&) override { return {}; }
  [[nodiscard]] std::unique_ptr<FileLock> try_lock(const Path&) override { return nullptr; }

 private:
  ByteView x_first;
  ByteView x_second;
};

// That of the seed.
SigningKey<LogPurpose> seed_key() {
  return *SigningKey<LogPurpose>::from_bytes(Bytes(32, std::byte{7}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteView input = std::as_bytes(std::span(data, size));
  if (input.size() < 2) return 0;
  const std::size_t cut =
      std::to_integer<std::size_t>(input[0]) << 8U | std::to_integer<std::size_t>(input[1]);
  input = input.subspan(2);
  const std::size_t first = std::min(cut, input.size());
  TwoFiles files(input.first(first), input.subspan(first));
  const LedgerName name;
  const VerifyKey<LogPurpose> log = verify_key(seed_key());
  const auto check = [&](const std::optional<AccessTail>& tail) {
    if (!tail) return;
    const TreeHead head = tail->frontier.head();
    VAULT_ASSERT(open_checkpoint(tail->checkpoint, name.note_key(log)) ==
                 (Checkpoint{name.origin(), head.size, head.root}));
  };
  try {
    check(load_access_tail(files, "", name, log, TailDepth::both_copies));
  } catch (const Error& error) {
    VAULT_ASSERT(error.code() == ErrorCode::damaged || error.code() == ErrorCode::unsupported);
  }
  try {
    check(salvage_access_tail(files, "", name, log));
  } catch (const Error& error) {
    VAULT_ASSERT(error.code() == ErrorCode::unsupported);
  }
  return 0;
}
