#include "vault/ledger_set.hpp"

#include <algorithm>

#include "vault/base/error.hpp"
#include "vault/ledger/load.hpp"

namespace muniment {

namespace {

using LogKeys = std::map<DeviceId, VerifyKey<LogPurpose>>;

void lose(LedgerSet& set, const LedgerId& id, const std::string& cause) {
  set.damage.push_back({ledger_label(id), cause, false, {}});
  set.warnings.push_back(ledger_label(id) + ": " + cause);
}

std::optional<LedgerPreamble> try_preamble(FileSystem& files,
                                           const std::filesystem::path& directory,
                                           const LedgerId& id) {
  try {
    return read_preamble(files, directory, id);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::damaged) throw;
    return std::nullopt;
  }
}

}  // namespace

std::vector<const Ledger*> LedgerSet::pointers() const {
  std::vector<const Ledger*> pointers;
  pointers.reserve(ledgers.size());
  for (const Ledger& ledger : ledgers) pointers.push_back(&ledger);
  return pointers;
}

LedgerSet load_ledgers(FileSystem& files, const std::filesystem::path& directory,
                       const ConsortiumId& consortium) {
  LedgerSet set;
  std::vector<LedgerPreamble> preambles;
  LogKeys log_keys;
  for (const LedgerId& id : list_ledgers(files, directory)) {
    // A full disk or a crash may have stopped the first commit: nothing was ever in it.
    const std::vector<std::string> names = files.list(directory / id.hex());
    const auto is_half_written = [](const std::string& name) { return name.ends_with(".new"); };
    if (std::ranges::all_of(names, is_half_written)) continue;
    std::optional<LedgerPreamble> preamble = try_preamble(files, directory, id);
    if (!preamble) {
      lose(set, id, "its first commit is whole in neither copy");
    } else if (preamble->name.consortium != consortium) {
      lose(set, id, "it belongs to another consortium");
    } else {
      if (preamble->name.collection == consortium_collection) {
        const DeviceId& device = preamble->name.device;
        const auto key = find_log_key(preamble->entries, device);
        if (key) log_keys.emplace(device, *key);
      }
      preambles.push_back(std::move(*preamble));
    }
  }
  for (const LedgerPreamble& preamble : preambles) {
    const LedgerId id = preamble.name.id();
    const auto key = log_keys.find(preamble.name.device);
    if (key == log_keys.end()) {
      lose(set, id, "no certificate of its device is here");
      continue;
    }
    set.known.push_back({preamble.name, key->second});
    try {
      std::optional<Ledger> ledger = Ledger::find(files, directory, preamble.name, key->second);
      if (!ledger) continue;
      for (const LedgerDamage& damage : ledger->damage()) {
        set.warnings.push_back(damage.object + ": " + damage.cause);
      }
      set.ledgers.push_back(std::move(*ledger));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::damaged) throw;
      set.warnings.emplace_back(error.what());
    }
  }
  return set;
}

void drop_uncertified(LedgerSet& set, const Consortium& consortium) {
  const auto is_certified = [&](const LedgerName& name) {
    return consortium.devices().contains(name.device);
  };
  for (const CheckedLedger& known : set.known) {
    if (!is_certified(known.name)) lose(set, known.name.id(), "no member vouches for its device");
  }
  std::erase_if(set.known, [&](const CheckedLedger& known) { return !is_certified(known.name); });
  std::erase_if(set.ledgers, [&](const Ledger& ledger) { return !is_certified(ledger.name()); });
}

}  // namespace muniment
