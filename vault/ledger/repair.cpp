#include "vault/ledger/repair.hpp"

#include "vault/ledger/load.hpp"
#include "vault/ledger/tiles.hpp"

namespace muniment {

namespace {

// Calls `visit` with each file of the layout that is not as it should be, and what is wrong with
// it.
void for_each_bad_tile(FileSystem& files, const Ledger::Path& directory, const Ledger& ledger,
                       const std::function<void(const TileFile&, const LedgerDamage&)>& visit) {
  const std::string label = ledger_label(ledger.name().id()) + ": ";
  const TileSource source{ledger.size(), ledger.nodes(),
                          [&ledger](std::uint64_t index) { return ledger.entry(index); }};
  for_each_full_tile(0, source, [&](const TileFile& tile) {
    const auto file = files.find(directory / tile.path);
    if (!file) {
      visit(tile, {label + tile.path, "missing"});
    } else if (file->size() != tile.content.size() ||
               !equal(file->read_at(0, tile.content.size()), tile.content)) {
      visit(tile, {label + tile.path, "not what the ledger holds"});
    }
  });
}

}  // namespace

std::vector<LedgerDamage> check_ledger(FileSystem& files, const Ledger::Path& ledgers,
                                       const LedgerName& name, const VerifyKey<LogPurpose>& log) {
  const auto loaded = load_ledger(files, ledgers, name, log, LoadDepth::both_copies);
  if (!loaded) return {};
  std::vector<LedgerDamage> damage = loaded->ledger.damage();
  for_each_bad_tile(files, ledgers / name.id().hex(), loaded->ledger,
                    [&damage](const TileFile&, const LedgerDamage& bad) { damage.push_back(bad); });
  return damage;
}

std::vector<LedgerDamage> repair_ledger(FileSystem& files, const Ledger::Path& ledgers,
                                        const LedgerName& name, const VerifyKey<LogPurpose>& log) {
  const auto loaded = load_ledger(files, ledgers, name, log, LoadDepth::both_copies);
  if (!loaded) return {};
  const Ledger::Path directory = ledgers / name.id().hex();
  std::vector<LedgerDamage> mended = loaded->ledger.damage();
  if (loaded->unlike.any()) heal_copies(files, ledgers, *loaded);
  for_each_bad_tile(files, directory, loaded->ledger,
                    [&](const TileFile& tile, const LedgerDamage& bad) {
                      write_tile(files, directory, tile);
                      mended.push_back(bad);
                    });
  return mended;
}

}  // namespace muniment
