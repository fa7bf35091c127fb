// An access log, its keys and the file system that it lies in.
#pragma once

#include <doctest/doctest.h>

#include "tests/support/fixed.hpp"
#include "tests/support/memory_file_system.hpp"
#include "vault/audit/log.hpp"
#include "vault/audit/view.hpp"
#include "vault/base/error.hpp"

namespace muniment::test {

class AccessFixture {
 public:
  AccessFixture() {
    files.make_directory("vault");
    files.sync_directory("/");
  }

  template <class Key>
  [[nodiscard]] static Key make_key(std::uint64_t seed) {
    FixedRandom source(seed);
    return Key::generate(source);
  }

  [[nodiscard]] static LedgerName make_name(std::uint64_t seed) {
    FixedRandom source(seed);
    return {source.fixed<ConsortiumId>(), access_collection(), source.fixed<DeviceId>()};
  }

  [[nodiscard]] std::vector<Auditor> auditors() const {
    std::vector<Auditor> list;
    list.push_back({name.device, public_key(reading)});
    return list;
  }

  [[nodiscard]] AccessLog log() { return log(files); }
  [[nodiscard]] AccessLog log(FileSystem& through) {
    return {{through, random, clock, directory, name}, key, auditors()};
  }
  [[nodiscard]] std::optional<AccessLogView> view() {
    return AccessLogView::find(files, directory, name, verify_key(key));
  }

  [[nodiscard]] AccessRecord record(std::string detail) {
    AccessRecord result;
    result.time = clock.now();
    result.act = access_act::read;
    result.member = FixedRandom(77).fixed<MemberId>();
    result.detail = std::move(detail);
    result.outcome = AccessOutcome::ok;
    return result;
  }

  // The next of the records r0, r1, ...
  [[nodiscard]] std::vector<AccessRecord> next(std::size_t count) {
    std::vector<AccessRecord> records;
    for (std::size_t i = 0; i < count; ++i) records.push_back(record("r" + std::to_string(said++)));
    return records;
  }
  std::uint64_t append(AccessLog& to, std::size_t count = 1) {
    return to.append(next(count), std::chrono::milliseconds(0), activity);
  }
  void leave(AccessLog& to, std::size_t count = 1) {
    to.leave(next(count), std::chrono::milliseconds(0), activity);
  }

  // The details of all records that the reading key opens, in order.
  [[nodiscard]] std::vector<std::string> details(const ReadingSecretKey& with) {
    std::vector<std::string> list;
    const auto log_view = view();
    REQUIRE(log_view);
    last = read_access_log(
        *log_view, name.device, with,
        [&](const OpenedAccess& opened) {
          list.push_back(opened.record.detail);
          return true;
        },
        activity);
    return list;
  }
  [[nodiscard]] std::vector<std::string> details() { return details(reading); }

  [[nodiscard]] FileSystem::Path path(std::string_view file) const { return directory / file; }
  [[nodiscard]] Bytes read(std::string_view file) {
    return read_file(files, path(file), 1U << 30U).value_or(Bytes{});
  }

  MemoryFileSystem files;
  FixedRandom random{5};
  FixedClock clock;
  Unattended activity;
  FileSystem::Path directory = "vault/access/log";
  SigningKey<LogPurpose> key = make_key<SigningKey<LogPurpose>>(1);
  ReadingSecretKey reading = make_key<ReadingSecretKey>(2);
  LedgerName name = make_name(3);
  std::size_t said = 0;
  AccessReading last;
};

}  // namespace muniment::test
