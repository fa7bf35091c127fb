// What must hold of a vault that something happened to, and the vaults that it happens to.
#pragma once

#include "tests/crash/replica.hpp"
#include "tests/vault/sample_vault.hpp"

namespace muniment::test {

// Of all crash states and faults only every n-th is tried, so that a run ends in a minute or two;
// MUNIMENT_CRASH_STRIDE=1 in the environment tries all.
[[nodiscard]] std::size_t crash_stride();

// Opens vaults that are left behind, as another process would.
class Aftermath {
 public:
  // `expected` are the contents of the snapshots that there can be, in order; `folder` is what the
  // next ingest takes in.
  Aftermath(std::vector<Contents> expected, Contents folder);

  // Every snapshot that the ledger has, and at least `promised`, is just what was taken in; all
  // that the ledgers list is there and whole for whoever has no key; nothing is damaged; and the
  // next ingest stores all of the folder, and of packs that lie there whole stores nothing again.
  void check(const fs::path& path, std::size_t promised);

  // As check(), for a vault that was damaged in ways that can be healed: first all can be read,
  // then repair mends it. After a repair that returned (`repaired`), there is nothing left to mend.
  void check_damaged(const fs::path& path, bool repaired, bool with_key);

  [[nodiscard]] SampleVault& vault() noexcept { return x_vault; }

 private:
  void expect_whole(Vault& vault);
  void check_snapshots(Vault& vault, std::size_t count);
  void check_next_ingest(Vault& vault, const ReplicaView& before);

  std::vector<Contents> x_expected;
  Contents x_folder;
  SampleVault x_vault;
};

// One snapshot of `before`, and a folder with `after`.
struct OneSnapshot : SampleVault {
  OneSnapshot();

  Contents before{{"old", "kept"}, {"both", noise(30'000, 8)}};
  Contents after{{"new", noise(1'300'000, 9)},
                 {"both", noise(30'000, 8)},
                 {"deep/er/text", std::string(200'000, 'x')},
                 {"empty", ""}};
};

// Two snapshots, and something wrong with everything that can be mended.
struct DamagedVault : SampleVault {
  DamagedVault();

  Contents first{{"old", "kept"}, {"both", noise(500'000, 8)}};
  Contents second{{"new", noise(300'000, 9)}, {"both", noise(500'000, 8)}};
};

}  // namespace muniment::test
