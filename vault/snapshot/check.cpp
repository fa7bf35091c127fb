#include "vault/snapshot/check.hpp"

#include <algorithm>

#include "vault/snapshot/file_check.hpp"
#include "vault/snapshot/pack_check.hpp"

namespace muniment {

namespace {

// The ledgers, as far as they can be opened; what cannot is damage.
class LedgerCheck {
 public:
  explicit LedgerCheck(const CheckContext& context) : x_context(context) {}

  // `mend` is check_ledger or repair_ledger; what they find is given to `found`.
  template <class Mend, class Found>
  void run(Mend mend, Found found, std::vector<Damage>& lost) {
    for (const CheckedLedger& checked : x_context.ledgers) {
      try {
        for (const LedgerDamage& damage :
             mend(x_context.files, x_context.ledger_directory, checked.name, checked.log)) {
          found(damage);
        }
        const auto ledger =
            Ledger::find(x_context.files, x_context.ledger_directory, checked.name, checked.log);
        if (!ledger) continue;
        ++ledgers;
        entries += ledger->size();
        add_listed_packs(*ledger, packs);
        for (std::uint64_t i = 0; i < ledger->size(); ++i) {
          if (act_of(ledger->entry(i)) == Act::snapshot) ++snapshots;
        }
      } catch (const Error& error) {
        if (error.code() != ErrorCode::damaged) throw;
        lost.push_back({"ledger " + checked.name.id().hex(), error.what(), false, {}});
      }
    }
  }

  std::uint64_t ledgers = 0;
  std::uint64_t entries = 0;
  std::uint64_t snapshots = 0;
  ListedPacks packs;

 private:
  const CheckContext& x_context;
};

std::uint64_t count_unlisted(const PackStore& store, const ListedPacks& packs) {
  const std::vector<std::string> keys = store.list("packs/");
  return static_cast<std::uint64_t>(std::ranges::count_if(keys, [&](const std::string& key) {
    const auto id = pack_id_from_key(key);
    return id && !packs.contains(*id);
  }));
}

// Puts each file that cannot be read to the pack that stands in its way, or, where none is known,
// by itself.
std::uint64_t name_files(const CheckContext& context, const CheckKeys& keys,
                         const FileCheckOptions& options, std::vector<Damage>& damage,
                         Activity& activity) {
  const auto damaged = [&](const std::string& file, const std::string& cause) {
    const auto pack = std::ranges::find_if(damage, [&](const Damage& candidate) {
      return cause.find(candidate.object) != std::string::npos;
    });
    if (pack != damage.end()) {
      pack->affects.push_back(file);
    } else {
      const bool named = cause.starts_with(file + ": ");
      damage.push_back({file, named ? cause.substr(file.size() + 2) : cause, false, {file}});
    }
  };
  const std::uint64_t files = check_files(context, keys, options, damaged, activity);
  for (Damage& item : damage) std::ranges::sort(item.affects);
  return files;
}

bool any_lost(const std::vector<Damage>& damage) {
  return std::ranges::any_of(damage, [](const Damage& item) { return !item.healable; });
}

void sort_damage(std::vector<Damage>& damage) {
  std::ranges::sort(damage, {}, &Damage::object);
}

}  // namespace

VerifyReport verify(const CheckContext& context, const CheckKeys* keys, VerifyDepth depth,
                    Activity& activity) {
  VerifyReport report;
  LedgerCheck ledgers(context);
  ledgers.run(
      check_ledger,
      [&](const LedgerDamage& damage) {
        report.damage.push_back({damage.object, damage.cause, true, {}});
      },
      report.damage);
  report.ledgers = ledgers.ledgers;
  report.entries = ledgers.entries;
  report.snapshots = ledgers.snapshots;
  report.packs = ledgers.packs.size();
  report.packs_unlisted = count_unlisted(context.store, ledgers.packs);

  const PackCheckOptions pack_options{depth, keys == nullptr ? nullptr : &keys->access};
  report.bytes_read = check_packs(
      context.store, ledgers.packs, pack_options,
      [&](const PackDamage& damage) { report.damage.push_back(describe(damage)); }, activity);
  sort_damage(report.damage);

  const bool lost = any_lost(report.damage);
  if (keys != nullptr && (lost || depth == VerifyDepth::deep)) {
    const bool deep = depth == VerifyDepth::deep;
    const FileCheckOptions options{lost ? FileCheck::bytes : FileCheck::tables, deep};
    const std::uint64_t files = name_files(context, *keys, options, report.damage, activity);
    if (deep) report.files = files;
  }
  return report;
}

RepairReport repair(const CheckContext& context, const CheckKeys* keys, Activity& activity) {
  RepairReport report;
  LedgerCheck ledgers(context);
  ledgers.run(
      repair_ledger,
      [&](const LedgerDamage& damage) {
        report.repaired.push_back(damage.object + ": " + damage.cause + "; written again");
      },
      report.damage);
  report.packs_checked = ledgers.packs.size();

  const auto heal = [&](PackDamage damage) {
    if (!damage.healable) {
      report.lost_packs.push_back(damage.pack);
      report.damage.push_back(describe(damage));
      return;
    }
    context.store.replace(pack_key(damage.pack), damage.healed);
    report.repaired.push_back(describe(damage).object + ": " + damage.cause +
                              "; healed from its parity");
  };
  check_packs(context.store, ledgers.packs, {VerifyDepth::read_data, nullptr}, heal, activity);
  sort_damage(report.damage);
  if (keys != nullptr && any_lost(report.damage)) {
    static_cast<void>(
        name_files(context, *keys, {FileCheck::bytes, false}, report.damage, activity));
  }
  return report;
}

}  // namespace muniment
