#include "vault/bench.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <thread>

#include "vault/base/assert.hpp"
#include "vault/base/limits.hpp"
#include "vault/chunk/chunker.hpp"
#include "vault/codec/zstd.hpp"
#include "vault/crypto/aead.hpp"
#include "vault/crypto/hash.hpp"
#include "vault/crypto/kem.hpp"
#include "vault/pack/parity.hpp"

namespace muniment {

namespace {

using Seconds = std::chrono::duration<double>;
using SteadyClock = std::chrono::steady_clock;

constexpr Seconds time_for_each{0.25};
constexpr std::size_t sample_bytes = 4 * limits::mib;
constexpr std::size_t pack_body_bytes = 16 * limits::mib;
constexpr std::size_t written_bytes = 128 * limits::mib;
// What init asks of Argon2id.
constexpr unsigned unlock_milliseconds = 1000;
constexpr std::uint64_t unlock_memory_bytes = 256 * limits::mib;

// Of this thread alone, so that what else the machine does is not counted.
double thread_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// Seconds that one call takes, by repeating it for a while; the first one only warms up.
template <class Call>
double seconds_of(const Activity& activity, Call&& call) {
  call();
  const auto start = SteadyClock::now();
  const double before = thread_seconds();
  unsigned calls = 0;
  while (SteadyClock::now() - start < time_for_each) {
    activity.check();
    call();
    ++calls;
  }
  return (thread_seconds() - before) / calls;
}

// Lines like those of a table with people in it: zstd makes about a third of them.
Bytes table_text(Random& random) {
  static constexpr std::array<std::string_view, 16> words = {
      "account", "Bearer", "branch", "Director",  "holding", "Limited",  "nominee", "Offshore",
      "paid",    "Panama", "ref.",   "Secretary", "share",   "transfer", "Trust",   "Zurich"};
  Bytes choices(sample_bytes);
  random.fill(choices);
  std::string text;
  for (std::size_t i = 0; text.size() < sample_bytes; ++i) {
    const auto choice = std::to_integer<unsigned>(choices[i]);
    text += words[choice % words.size()];
    text += choice < 64 ? fmt::format(";{};", choice * 7919 + i) : " ";
    if (choice % 13 == 0) text += '\n';
  }
  const ByteView bytes = as_bytes(text).first(sample_bytes);
  return {bytes.begin(), bytes.end()};
}

class Machine {
 public:
  Machine(Environment environment, const Activity& activity)
      : x_environment(environment), x_activity(activity), x_noise(sample_bytes) {
    environment.random.fill(x_noise);
  }

  MachineReport run(const std::optional<std::filesystem::path>& directory) {
    x_report.cores = std::max(1U, std::thread::hardware_concurrency());
    const double sha = measure("SHA-256", x_noise.size(), [&] { use(sha256(x_noise)); });
    static_cast<void>(measure("BLAKE2b", x_noise.size(), [&] { use(blake2b_256(x_noise)); }));
    const double aegis = measure_seal("AEGIS-256", Suite::aegis256);
    const double chacha = measure_seal("XChaCha20-Poly1305", Suite::xchacha20poly1305);
    const double gear = measure_gear();
    const double zstd = measure_zstd();
    Bytes body(pack_body_bytes);
    x_environment.random.fill(body);
    const double parity = measure("Reed-Solomon", body.size(), [&] { encode_parity(body); });
    measure_kem();
    x_report.argon2id = measure_argon2id(unlock_milliseconds, unlock_memory_bytes);
    if (directory) x_report.written_bytes_per_second = measure_disk(*directory, body);

    const Suite suite = suite_for_this_machine();
    const double seal = suite == Suite::aegis256 ? aegis : chacha;
    x_report.suite = suite == Suite::aegis256 ? "AEGIS-256" : "XChaCha20-Poly1305";
    x_report.suite_reason = suite == Suite::aegis256 ? "the processor has AES instructions"
                                                     : "the processor has no AES instructions";
    // Each byte is hashed as a chunk and as a shard, sealed, and opened again to be compared.
    const double stored = 1 / sha + 2 / seal + 1 / parity;
    expect(1 / sha + 1 / gear + stored, 1, x_report.ingest_bytes_per_second);
    expect(1 / sha + 1 / gear + 1 / zstd + x_text_ratio * stored, x_text_ratio,
           x_report.ingest_text_bytes_per_second);
    return std::move(x_report);
  }

 private:
  template <class Call>
  double measure(std::string name, std::size_t bytes, Call&& call) {
    const double rate = static_cast<double>(bytes) / seconds_of(x_activity, call);
    x_report.throughputs.push_back({std::move(name), rate, 1});
    return rate;
  }

  // So that no result is thought away.
  template <class Fixed>
  void use(const Fixed& result) {
    x_used ^= result.view()[0];
  }

  double measure_seal(const std::string& name, Suite suite) {
    SecretBytes secret(32);
    x_environment.random.fill(secret.mutable_view());
    Bytes sealed(x_noise.size() + tag_bytes(suite));
    std::uint64_t nonce = 0;
    return measure(name, x_noise.size(),
                   [&] { detail::seal(suite, secret.view(), nonce++, x_noise, sealed); });
  }

  double measure_gear() {
    SecretBytes secret(32);
    x_environment.random.fill(secret.mutable_view());
    const GearTable table = derive_gear_table(*ChunkerKey::from_bytes(std::move(secret)));
    return measure("gear scan", x_noise.size(), [&] {
      ByteView rest = x_noise;
      while (!rest.empty()) rest = rest.subspan(find_cut(table, rest));
    });
  }

  // The rate of the level that is used unless another is asked for.
  double measure_zstd() {
    const Bytes text = table_text(x_environment.random);
    double rate = 0;
    for (const int level : {1, IngestOptions{}.level, 9}) {
      ZstdCompressor compressor(level);
      std::size_t size = 0;
      const double here = measure(fmt::format("zstd level {}", level), text.size(),
                                  [&] { size = compressor.compress(text).size(); });
      const double ratio = static_cast<double>(size) / static_cast<double>(text.size());
      x_report.throughputs.back().ratio = ratio;
      if (level != IngestOptions{}.level) continue;
      rate = here;
      x_text_ratio = ratio;
    }
    return rate;
  }

  void measure_kem() {
    struct Recipient;
    SecretBytes secret(32);
    x_environment.random.fill(secret.mutable_view());
    const auto recipient = public_key(*KemSecretKey<Recipient>::from_bytes(std::move(secret)));
    SecretBytes seed(64);
    x_environment.random.fill(seed.mutable_view());
    x_report.xwing_seconds = seconds_of(x_activity, [&] {
      const std::optional<Encapsulation> made = encapsulate(recipient, seed);
      VAULT_ASSERT(made);
    });
  }

  double measure_disk(const std::filesystem::path& directory, ByteView bytes) {
    FileSystem& files = x_environment.files;
    const auto name = x_environment.random.fixed<FixedBytes<struct BenchNameTag, 8>>();
    const std::filesystem::path path =
        std::filesystem::absolute(directory) / (".muniment-bench-" + name.hex());
    const auto start = SteadyClock::now();
    try {
      const std::unique_ptr<File> file = files.create(path);
      for (std::size_t at = 0; at < written_bytes; at += bytes.size()) {
        x_activity.check();
        file->write_at(at, bytes);
      }
      file->sync();
    } catch (const Error&) {
      files.remove(path);
      throw;
    }
    const Seconds passed = SteadyClock::now() - start;
    files.remove(path);
    return static_cast<double>(written_bytes) / passed.count();
  }

  // `ratio` is how much of a byte is written.
  void expect(double seconds_a_byte, double ratio, double& rate) const {
    rate = x_report.cores / seconds_a_byte;
    if (x_report.written_bytes_per_second) {
      rate = std::min(rate, *x_report.written_bytes_per_second / ratio);
    }
  }

  Environment x_environment;
  const Activity& x_activity;
  Bytes x_noise;
  std::byte x_used{};
  double x_text_ratio = 1;
  MachineReport x_report;
};

}  // namespace

MachineReport measure_machine(const std::optional<std::filesystem::path>& directory,
                              Environment environment, const Activity& activity) {
  return Machine(environment, activity).run(directory);
}

}  // namespace muniment
