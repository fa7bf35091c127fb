// Measures, and is therefore run by name only: test_audit -ns -tc='access log bench*'
#include <sys/resource.h>

#include <chrono>

#include "tests/audit/fixture.hpp"
#include "tests/support/temporary_directory.hpp"

namespace muniment {

using test::AccessFixture;

namespace {

using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point start) {
  return std::chrono::duration<double>(Steady::now() - start).count();
}

struct OnDisk : AccessFixture {
  OnDisk() { directory = folder.path() / "access" / "log"; }

  [[nodiscard]] AccessLog log_on_disk() { return log(*disk); }
  [[nodiscard]] AccessLogView view_on_disk() {
    return *AccessLogView::find(*disk, directory, name, verify_key(key));
  }
  [[nodiscard]] std::uintmax_t bytes() const {
    std::uintmax_t sum = 0;
    for (const auto& file : std::filesystem::recursive_directory_iterator(directory)) {
      if (file.is_regular_file()) sum += file.file_size();
    }
    return sum;
  }

  test::TemporaryDirectory folder;
  std::unique_ptr<FileSystem> disk = posix_file_system();
};

}  // namespace

TEST_CASE("access log bench: appends" * doctest::skip()) {
  for (const std::size_t group : {1U, 10U, 100U}) {
    OnDisk fixture;
    AccessLog log = fixture.log_on_disk();
    const auto start = Steady::now();
    std::size_t entries = 0;
    while (seconds_since(start) < 3) {
      fixture.append(log, group);
      entries += group;
    }
    MESSAGE(group << " a commit: " << static_cast<double>(entries) / seconds_since(start)
                  << " entries a second");
  }
}

TEST_CASE("access log bench: a million entries" * doctest::skip()) {
  OnDisk fixture;
  {
    AccessLog log = fixture.log_on_disk();
    for (int i = 0; i < 1000; ++i) fixture.append(log, 1000);
  }
  MESSAGE("bytes an entry: " << static_cast<double>(fixture.bytes()) / 1e6);
  auto start = Steady::now();
  const auto view = fixture.view_on_disk();
  MESSAGE("opened in " << seconds_since(start) << " s");
  start = Steady::now();
  const AccessLogCheck check = view.check(fixture.activity);
  MESSAGE("verified " << check.head.size << " entries in " << seconds_since(start) << " s");
  CHECK(check.damage.empty());
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  MESSAGE("peak of this process: " << usage.ru_maxrss / 1024 << " MiB");
  {
    AccessLog log = fixture.log_on_disk();
    start = Steady::now();
    fixture.append(log);
    MESSAGE("opened and appended to in " << seconds_since(start) << " s");
  }
  start = Steady::now();
  std::size_t records = 0;
  const AccessReading reading = read_access_log(
      fixture.view_on_disk(), fixture.name.device, fixture.reading,
      [&](const OpenedAccess&) { return ++records > 0; }, fixture.activity);
  MESSAGE("read " << records << " records in " << seconds_since(start) << " s");
  CHECK(reading.forged.empty());
}

}  // namespace muniment
