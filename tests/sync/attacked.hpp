// A consortium of three for hostile_client_test: munimentd runs on the vault of the first, and on
// that of the third, who is honest; the devices of the second do whatever a test wants with their
// keys.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <future>

#include "sync/protocol/message.hpp"
#include "tests/vault/partner_vaults.hpp"

namespace muniment::sync::test {

// A munimentd that runs. Killed with the object.
class Process {
 public:
  struct Peer {
    DeviceId device;
    std::uint16_t port = 0;
  };
  // Opened by the vault's own key file. Its log goes to a file beside the vault.
  Process(const std::filesystem::path& vault, std::uint16_t port, std::optional<Peer> peer);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  [[nodiscard]] std::string log() const;
  [[nodiscard]] bool runs();
  // The most memory that it had, in bytes.
  [[nodiscard]] std::uint64_t peak_bytes() const;
  // Its exit status, when it was told to end.
  [[nodiscard]] int stop();

 private:
  std::filesystem::path x_log;
  pid_t x_pid = -1;
};

struct HostileDevice {
  DeviceId id;
  SigningKey<TransportPurpose> transport;
  SigningKey<LogPurpose> log;
};

// What an attack is told of whom it attacks.
struct Target {
  std::uint16_t port = 0;
  ConsortiumId consortium;
  DeviceId device;
  CollectionId letters;  // which the hostile may have
  CollectionId diary;    // which they may not
  PackName pack;         // of letters, stored
  std::uint8_t size_class = 0;
  std::function<std::string()> log;  // of the daemon, so far
};

class Attacked {
 public:
  // With so many hostile devices.
  explicit Attacked(std::size_t devices);
  ~Attacked();

  [[nodiscard]] const Target& target() const noexcept { return x_target; }
  [[nodiscard]] const HostileDevice& device(std::size_t i) const { return x_devices.at(i); }
  [[nodiscard]] Process& daemon() { return *x_daemon; }
  // How many snapshots of the honest one have arrived since the beginning.
  [[nodiscard]] std::size_t arrived() const noexcept { return x_arrived; }
  // Returns when `count` more have; false if that takes forever.
  [[nodiscard]] bool wait_for_arrivals(std::size_t count) const;
  // Ends the honest one; its log. Throws what it did not expect.
  [[nodiscard]] std::string end_honest();

 private:
  void make_devices(std::size_t count);
  void make_collections();
  // Takes something in, waits until the attacked has it, and does that again.
  void keep_ingesting();

  muniment::test::PartnerVaults x_vaults{"first", "second", "third"};
  std::vector<HostileDevice> x_devices;
  Target x_target;
  std::unique_ptr<Process> x_daemon;
  std::unique_ptr<Process> x_honest;
  std::atomic<std::size_t> x_arrived{0};
  std::atomic<bool> x_stopping{false};
  std::future<void> x_ingesting;
};

}  // namespace muniment::sync::test
