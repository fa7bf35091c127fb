#include "tests/crash/aftermath.hpp"

#include <cstdlib>

#include "vault/base/limits.hpp"
#include "vault/base/sanitizers.hpp"

namespace muniment::test {

namespace {

void expect_complete(const ReplicaView& view) {
  for (const std::string& fault : view.faults) FAIL_CHECK(fault);
}

}  // namespace

std::size_t crash_stride() {
  constexpr std::size_t usual = has_address_sanitizer ? 20 : 6;
  const char* wanted = std::getenv("MUNIMENT_CRASH_STRIDE");
  return wanted == nullptr ? usual : std::max(std::size_t{1}, std::size_t{std::stoul(wanted)});
}

Aftermath::Aftermath(std::vector<Contents> expected, Contents folder)
    : x_expected(std::move(expected)), x_folder(std::move(folder)), x_vault(SampleVault::Bare{}) {
  write_all(x_vault.folder, x_folder);
}

void Aftermath::check(const fs::path& path, std::size_t promised) {
  x_vault.path = path;
  const ReplicaView before = view_as_replica(path);
  expect_complete(before);
  CHECK(before.snapshots >= promised);
  {
    Vault vault = x_vault.open();
    check_snapshots(vault, before.snapshots);
    expect_whole(vault);
    check_next_ingest(vault, before);
  }
  const ReplicaView after = view_as_replica(path);
  expect_complete(after);
  CHECK(after.copies_are_equal);
  CHECK(after.snapshots == before.snapshots + 1);
  // All that was left is used, but for a pack that had nothing but the head of the snapshot that
  // was not committed.
  for (const auto& [id, size_class] : after.unlisted) {
    CHECK(before.unlisted.contains(id));
    CHECK(size_class == PackClass::mib1);
  }
}

void Aftermath::check_damaged(const fs::path& path, bool repaired, bool with_key) {
  x_vault.path = path;
  {
    Vault vault = x_vault.open();
    check_snapshots(vault, x_expected.size());
  }
  if (!repaired) {
    Vault vault = with_key ? x_vault.open() : x_vault.open_locked();
    const RepairReport report = vault.repair(x_vault.activity);
    for (const Damage& damage : report.damage) FAIL_CHECK(damage.object << ": " << damage.cause);
  }
  check(path, x_expected.size());
}

void Aftermath::expect_whole(Vault& vault) {
  const VerifyReport report = vault.verify(VerifyDepth::deep, x_vault.activity);
  for (const Damage& damage : report.damage) FAIL_CHECK(damage.object << ": " << damage.cause);
}

void Aftermath::check_snapshots(Vault& vault, std::size_t count) {
  REQUIRE(count <= x_expected.size());
  CHECK(vault.snapshots(std::nullopt, x_vault.activity).size() == count);
  for (std::size_t i = 0; i < count; ++i) {
    const bool exact = x_vault.read(vault, "files/" + std::to_string(i + 1)) == x_expected[i];
    CHECK(exact);
  }
}

void Aftermath::check_next_ingest(Vault& vault, const ReplicaView& before) {
  const IngestReport report = x_vault.ingest(vault);
  CHECK(report.complete());
  const bool exact = x_vault.read(vault, "files/latest") == x_folder;
  CHECK(exact);
  if (before.unlisted.empty()) return;
  std::uint64_t left = 0;
  for (const auto& [id, size_class] : before.unlisted) left += data_bytes(size_class);
  // At each end of what was left, a chunk of up to 4 MiB may have its other half in a pack that is
  // not there; the snapshot's head is always new.
  const std::uint64_t allowed =
      report.bytes <= left ? 100'000 : report.bytes - left + 2 * 4 * limits::mib;
  CHECK(report.bytes_new <= allowed);
}

OneSnapshot::OneSnapshot() {
  ingest(before);
  fs::remove_all(folder);
  write_all(folder, after);
}

DamagedVault::DamagedVault() {
  ingest(first);
  ingest(second);
  for (const fs::path& pack : packs()) {
    for (const std::uint64_t at : {100'000U, 300'000U, 301'000U, 900'000U}) flip_bit(pack, at);
  }
  flip_bit(path / "keyring", 700);
  flip_bit(path / "muniment", 3);
  for (const auto& ledger : fs::directory_iterator(path / "ledgers")) {
    flip_bit(ledger.path() / "tail", 200);
  }
}

}  // namespace muniment::test
