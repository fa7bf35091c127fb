// The recovery seed: replaced, and used.
#include <algorithm>

#include "vault/state.hpp"

namespace muniment {

namespace {

// Leaves the slots of other kinds alone.
void replace_recovery_slots(Keyring& keyring, const UnlockedKeyring& unlocked,
                            const RecoverySeed& seed, Random& random) {
  std::vector<SlotId> before;
  for (const SlotInfo& slot : keyring.slots()) {
    if (slot.kind == CredentialKind::recovery) before.push_back(slot.id);
  }
  const Credential credential = Credential::recovery(seed);
  if (before.empty()) {
    keyring.add_slot(credential, {}, unlocked, random);
    return;
  }
  keyring.change_slot(before.front(), credential, {}, unlocked, random);
  for (const SlotId& more : std::span(before).subspan(1)) keyring.remove_slot(more);
}

void give_slot(Keyring& keyring, const UnlockedKeyring& unlocked, const Credential& fresh,
               const Argon2idCost& cost, Random& random) {
  std::vector<SlotId> passphrases;
  for (const SlotInfo& slot : keyring.slots()) {
    const bool is_lost_one = slot.kind == CredentialKind::passphrase &&
                             slot.opens == Compartments::both && fresh.kind() == slot.kind;
    if (is_lost_one) passphrases.push_back(slot.id);
  }
  if (passphrases.size() == 1) {
    keyring.change_slot(passphrases.front(), fresh, cost, unlocked, random);
  } else {
    keyring.add_slot(fresh, {Compartments::both, cost}, unlocked, random);
  }
}

}  // namespace

std::vector<std::string> Vault::replace_recovery(const Credential& current,
                                                 const RecoverySeed& seed, Activity& activity) {
  State& state = *x_state;
  unlock(current, activity);
  Random& random = state.environment.random;
  std::vector<std::string> not_granted;
  {
    const std::unique_ptr<FileLock> held = state.lock(activity);
    state.refresh(activity);
    state.require_untouched_ledgers();
    const std::vector<std::string> entries{
        recovery_entry(state.record->consortium, public_key(recovery_secret_key(seed)),
                       state.environment.clock.now(), state.custodian(), random)};
    state.append(consortium_collection, entries);
    state.refresh(activity);
    const Custodian by = state.custodian();
    for (const auto& [id, keys] : state.opened->keys) {
      try {
        state.append(id,
                     grant_entries(state.record->consortium, {id, by.member}, keys, by, random));
      } catch (const Error& error) {
        if (error.code() != ErrorCode::denied) throw;
        not_granted.push_back(state.opened->access.at(id).name);
      }
    }
    state.refresh(activity);
  }
  // Last: until here, the sheet that there was opens the keyring.
  edit_keyring(
      current, {.act = access_act::recovery, .detail = "replace the recovery words"},
      [&](Keyring& keyring, const UnlockedKeyring& unlocked) {
        replace_recovery_slots(keyring, unlocked, seed, random);
      },
      activity);
  return not_granted;
}

std::string Vault::new_authority(Activity& activity) {
  State& state = *x_state;
  static_cast<void>(state.unlocked());
  const auto permit =
      state.begin({.act = access_act::key, .detail = "a new authority key"}, activity);
  const std::unique_ptr<FileLock> held = state.lock(activity);
  state.refresh(activity);
  auto& [files, clock, random] = state.environment;
  const ReadingSecretKey& reading = state.opened->reading.reading;
  auto fresh = find_authority(files, state.directory, reading);
  const auto& present = state.opened->reading.authority;
  if (!fresh || (present && verify_key(*fresh) == verify_key(*present))) {
    fresh = AuthorityKey::generate(random);
    save_authority(files, state.directory, reading, *fresh, random);
  }
  return encode_authorized_key({SshKeyKind::ed25519, verify_key(*fresh), {}});
}

void Vault::recover(const RecoverySeed& seed, const Credential& fresh, const Argon2idCost& cost,
                    Activity& activity) {
  State& state = *x_state;
  const Credential words = Credential::recovery(seed);
  unlock(words, activity);
  {
    const std::unique_ptr<FileLock> held = state.lock(activity);
    state.refresh(activity);
    state.require_untouched_ledgers();
    const std::vector<std::string> entries{
        encode(RecoveredEntry{state.identity().consortium, state.own_member(),
                              state.identity().device, state.environment.clock.now()})};
    state.append(consortium_collection, entries);
    state.refresh(activity);
  }
  edit_keyring(
      words, {.act = access_act::recovery, .detail = "recover the keyring"},
      [&](Keyring& keyring, const UnlockedKeyring& unlocked) {
        give_slot(keyring, unlocked, fresh, cost, state.environment.random);
      },
      activity);
}

}  // namespace muniment
