// A ledger to damage: its keys, its name and the file system that it lies in.
#pragma once

#include <string>
#include <vector>

#include "tests/support/fixed.hpp"
#include "tests/support/memory_file_system.hpp"
#include "vault/base/error.hpp"
#include "vault/ledger/copy.hpp"
#include "vault/ledger/repair.hpp"
#include "vault/ledger/writer.hpp"

namespace muniment::test {

class LedgerFixture {
 public:
  LedgerFixture() { files.make_directory(ledgers); }

  [[nodiscard]] static SigningKey<LogPurpose> make_key(std::uint64_t seed) {
    FixedRandom random(seed);
    return SigningKey<LogPurpose>::generate(random);
  }

  [[nodiscard]] static LedgerName make_name(std::uint64_t seed) {
    FixedRandom random(seed);
    return {random.fixed<ConsortiumId>(), random.fixed<CollectionId>(), random.fixed<DeviceId>()};
  }

  [[nodiscard]] VerifyKey<LogPurpose> log_key() const { return verify_key(key); }
  [[nodiscard]] LedgerCopy copy() { return copy_ledger(*find()); }

  [[nodiscard]] LedgerWriter writer() { return writer(files); }
  [[nodiscard]] LedgerWriter writer(FileSystem& through) const {
    return LedgerWriter::open(through, ledgers, name, verify_key(key));
  }
  [[nodiscard]] std::optional<Ledger> find() {
    return Ledger::find(files, ledgers, name, verify_key(key));
  }
  [[nodiscard]] std::vector<LedgerDamage> check() {
    return check_ledger(files, ledgers, name, verify_key(key));
  }
  [[nodiscard]] std::vector<LedgerDamage> repair() {
    return repair_ledger(files, ledgers, name, verify_key(key));
  }
  // The same ledger with these commits; entries are `first`, `first + 1` and so on.
  void append(std::initializer_list<std::size_t> commits) {
    LedgerWriter target = writer();
    for (const std::size_t count : commits)
      target.append(entries(target.ledger().size(), count), key);
  }

  [[nodiscard]] static std::vector<std::string> entries(std::uint64_t first, std::size_t count) {
    std::vector<std::string> result;
    for (std::size_t i = 0; i < count; ++i) {
      result.push_back("muniment/test/v1\nnumber " + std::to_string(first + i) + "\n");
    }
    return result;
  }

  [[nodiscard]] FileSystem::Path directory() const { return ledgers / name.id().hex(); }
  [[nodiscard]] FileSystem::Path path(std::size_t copy) const {
    return directory() / (copy == 0 ? "tail" : "tail.2");
  }
  [[nodiscard]] Bytes read(std::size_t copy) {
    return read_file(files, path(copy), 1U << 30U).value_or(Bytes{});
  }
  void write(std::size_t copy, ByteView bytes) { write_file_atomically(files, path(copy), bytes); }

  MemoryFileSystem files;
  FileSystem::Path ledgers = "ledgers";
  SigningKey<LogPurpose> key = make_key(1);
  LedgerName name = make_name(2);
};

[[nodiscard]] inline std::vector<std::string> all_entries(const Ledger& ledger) {
  std::vector<std::string> result;
  for (std::uint64_t i = 0; i < ledger.size(); ++i) result.push_back(ledger.entry(i));
  return result;
}

}  // namespace muniment::test
