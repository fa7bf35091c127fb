#include "vault/snapshot/check.hpp"

#include <algorithm>

#include "vault/ledger/load.hpp"
#include "vault/snapshot/file_check.hpp"
#include "vault/snapshot/pack_check.hpp"
#include "vault/snapshot/stages.hpp"

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
        lost.push_back({ledger_label(checked.name.id()), error.what(), false, {}});
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

struct DamagedFiles {
  std::uint64_t checked = 0;
  std::vector<std::pair<std::string, std::string>> causes;  // by file
};

DamagedFiles find_damaged_files(const CheckContext& context, const CheckKeys& keys,
                                const FileCheckOptions& options, Activity& activity) {
  DamagedFiles files;
  const auto damaged = [&](const std::string& file, const std::string& cause) {
    files.causes.emplace_back(file, cause);
  };
  files.checked = check_files(context, keys, options, damaged, activity);
  return files;
}

// Puts each file that cannot be read to the pack that stands in its way, or, where none is known,
// by itself.
void add_files(const DamagedFiles& files, std::vector<Damage>& damage) {
  for (const auto& [file, cause] : files.causes) {
    const auto pack = std::ranges::find_if(damage, [&](const Damage& candidate) {
      return cause.find(candidate.object) != std::string::npos;
    });
    if (pack != damage.end()) {
      pack->affects.push_back(file);
    } else {
      const bool named = cause.starts_with(file + ": ");
      damage.push_back({file, named ? cause.substr(file.size() + 2) : cause, false, {file}});
    }
  }
  for (Damage& item : damage) std::ranges::sort(item.affects);
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

  // Side by side, since neither alone keeps all cores busy to its end.
  const bool deep = depth == VerifyDepth::deep;
  DamagedFiles files;
  Stages stages([] {});
  if (keys != nullptr && deep) {
    stages.start(
        [&] { files = find_damaged_files(context, *keys, {FileCheck::tables, true}, activity); });
  }
  stages.run([&] {
    const PackCheckOptions options{depth, keys == nullptr ? nullptr : &keys->access};
    report.bytes_read = check_packs(
        context.store, ledgers.packs, options,
        [&](const PackDamage& damage) { report.damage.push_back(describe(damage)); }, activity);
  });
  stages.join();
  sort_damage(report.damage);
  if (keys != nullptr && any_lost(report.damage)) {
    files = find_damaged_files(context, *keys, {FileCheck::bytes, deep}, activity);
  }
  if (deep) report.files = files.checked;
  add_files(files, report.damage);
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
    const FileCheckOptions options{FileCheck::bytes, false};
    add_files(find_damaged_files(context, *keys, options, activity), report.damage);
  }
  return report;
}

}  // namespace muniment
