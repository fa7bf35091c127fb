#include "tests/sync/attacked.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <sstream>
#include <thread>

#include "vault/consortium/consortium.hpp"
#include "vault/pack/format.hpp"

namespace muniment::sync::test {

namespace fs = std::filesystem;
using muniment::test::PartnerVault;
using namespace std::chrono_literals;

namespace {

// Only against hanging: a pack that nobody gives is asked of others after 15 s, and again.
constexpr auto patience = 240s;

template <class Condition>
bool wait_until(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(10ms);
  }
  return true;
}

std::string text_of(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::uint16_t free_port() {
  const int listening = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  socklen_t length = sizeof address;
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(::bind(listening, plain, length) == 0);
  REQUIRE(::getsockname(listening, plain, &length) == 0);
  ::close(listening);
  return ntohs(address.sin_port);
}

// The paths of a vault's packs below it.
std::vector<fs::path> packs_of(const fs::path& vault) {
  std::vector<fs::path> packs;
  for (const auto& entry : fs::recursive_directory_iterator(vault / "packs")) {
    if (entry.is_regular_file()) packs.push_back(fs::relative(entry.path(), vault));
  }
  return packs;
}

void ingest(PartnerVault& member, const std::string& file, const std::string& text) {
  const fs::path source = member.path.parent_path() / (member.name + "-in") / file;
  muniment::test::write_text(source, text);
  Vault vault = member.open();
  // munimentd writes to it, too.
  vault.set_lock_wait(patience);
  const std::vector<fs::path> paths{source};
  (void)vault.ingest("letters", paths, {}, member.activity);
}

CollectionId create(PartnerVault& member, const std::string& name) {
  const auto before = member.consortium().collections();
  member.open().create_collection(name, member.activity);
  const auto after = member.consortium().collections();
  for (const auto& [id, collection] : after) {
    if (!before.contains(id)) return id;
  }
  FAIL("no collection was made");
  return {};
}

}  // namespace

// ---- Process ----

Process::Process(const fs::path& vault, std::uint16_t port, std::optional<Peer> peer)
    : x_log(vault.string() + ".log") {
  const fs::path key = vault.string() + ".key";
  // The seed of vault_key.
  muniment::test::write_text(key, as_text(muniment::test::FixedRandom(1).bytes(40)));
  fs::permissions(key, fs::perms::owner_read | fs::perms::owner_write);
  std::vector<std::string> words{MUNIMENTD_PROGRAM,
                                 "--vault",
                                 vault.string(),
                                 "--key-file",
                                 key.string(),
                                 "--listen",
                                 "127.0.0.1:" + std::to_string(port),
                                 "--rescan",
                                 "1"};
  if (peer) {
    words.insert(
        words.end(),
        {"--peer", peer->device.hex() + " 127.0.0.1:" + std::to_string(peer->port) + " attacked"});
  }
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const int log = ::open(x_log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  x_pid = ::fork();
  if (x_pid == 0) {
    // It ends with the test, however that ends.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(log, 1);
    ::dup2(log, 2);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  ::close(log);
  REQUIRE(x_pid > 0);
  REQUIRE(
      wait_until([&] { return !runs() || this->log().find("listening") != std::string::npos; }));
}

Process::~Process() {
  if (x_pid < 0) return;
  ::kill(x_pid, SIGKILL);
  ::waitpid(x_pid, nullptr, 0);
}

std::string Process::log() const {
  return text_of(x_log);
}

bool Process::runs() {
  if (x_pid < 0) return false;
  int status = 0;
  if (::waitpid(x_pid, &status, WNOHANG) == 0) return true;
  x_pid = -1;
  return false;
}

std::uint64_t Process::peak_bytes() const {
  std::istringstream status(text_of("/proc/" + std::to_string(x_pid) + "/status"));
  std::string word;
  while (status >> word) {
    std::uint64_t kilobytes = 0;
    if (word == "VmHWM:" && status >> kilobytes) return kilobytes * 1024;
  }
  FAIL("the system does not say how much memory the daemon had");
  return 0;
}

int Process::stop() {
  REQUIRE(x_pid >= 0);
  ::kill(x_pid, SIGTERM);
  int status = 0;
  REQUIRE(::waitpid(x_pid, &status, 0) == x_pid);
  x_pid = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// ---- Attacked ----

Attacked::Attacked(std::size_t devices) {
  make_devices(devices);
  make_collections();
  PartnerVault& first = x_vaults[0];
  x_target.port = free_port();
  x_target.consortium = first.identity().consortium;
  x_target.device = first.identity().device;
  const fs::path pack = packs_of(first.path).front();
  x_target.pack = {x_target.letters, *PackId::from_hex(pack.stem().string())};
  const auto size_class = pack_class_of_file(fs::file_size(first.path / pack));
  REQUIRE(size_class);
  x_target.size_class = static_cast<std::uint8_t>(*size_class);
  x_daemon = std::make_unique<Process>(first.path, x_target.port, std::nullopt);
  x_honest = std::make_unique<Process>(x_vaults[2].path, free_port(),
                                       Process::Peer{x_target.device, x_target.port});
  x_target.log = [this] { return x_daemon->log(); };
  x_ingesting = std::async(std::launch::async, [this] { keep_ingesting(); });
}

Attacked::~Attacked() {
  x_stopping = true;
}

// With certificates that the second's authority approved.
void Attacked::make_devices(std::size_t count) {
  PartnerVault& second = x_vaults[1];
  const UnlockedKeyring own = second.keys();
  const MemberId owner = second.member();
  for (std::size_t i = 0; i < count; ++i) {
    auto transport = SigningKey<TransportPurpose>::generate(second.random);
    auto log = SigningKey<LogPurpose>::generate(second.random);
    DevicePublicKeys keys;
    keys.transport = verify_key(transport);
    keys.log = verify_key(log);
    keys.witness = verify_key(SigningKey<WitnessPurpose>::generate(second.random));
    keys.reading = public_key(ReadingSecretKey::generate(second.random));
    const LedgerName ledger{second.identity().consortium, consortium_collection, keys.id()};
    const std::string text = encode(Certificate{ledger.consortium, owner, keys, {}, 1});
    const std::vector<std::string> entries{encode(DeviceEntry{
        text, approve(*own.reading->keys.authority, owner, approval_namespace::device, text),
        to_bytes("sealed")})};
    LedgerWriter::open(*second.files, second.path / "ledgers", ledger, keys.log)
        .append(entries, log);
    x_devices.push_back({keys.id(), std::move(transport), std::move(log)});
  }
  for (const std::size_t other : {0, 2}) {
    x_vaults[other].accept(second.text_for(x_vaults[other].name));
  }
}

void Attacked::make_collections() {
  PartnerVault& first = x_vaults[0];
  x_target.diary = create(first, "diary");
  x_target.letters = create(first, "letters");
  for (const std::size_t other : {1, 2}) {
    Vault vault = first.open();
    (void)Partners(vault).grant(
        {.collection = "letters", .member = x_vaults[other].name, .device = {}}, first.activity);
  }
  // Others take it from the first by sync, the honest one as text so that it may write at once.
  x_vaults[2].accept(first.text_for("third"));
  ingest(first, "first", muniment::test::noise(900'000, 1));
}

void Attacked::keep_ingesting() {
  for (std::size_t i = 0; !x_stopping; ++i) {
    ingest(x_vaults[2], std::to_string(i), muniment::test::noise(300'000, 100 + i));
    const std::vector<fs::path> packs = packs_of(x_vaults[2].path);
    const bool arrived = wait_until([&] {
      return x_stopping || std::ranges::all_of(packs, [&](const fs::path& pack) {
               return fs::exists(x_vaults[0].path / pack);
             });
    });
    if (!arrived) return;
    ++x_arrived;
    // So that there is something to do all the while, and not only this.
    std::this_thread::sleep_for(300ms);
  }
}

bool Attacked::wait_for_arrivals(std::size_t count) const {
  const std::size_t wanted = x_arrived + count;
  return wait_until([&] { return x_arrived >= wanted; });
}

std::string Attacked::end_honest() {
  x_stopping = true;
  x_ingesting.get();
  const std::string log = x_honest->log();
  x_honest.reset();
  return log;
}

}  // namespace muniment::sync::test
