// Unlocking a vault, and the slots of its keyring.
#include "vault/consortium/certificate.hpp"
#include "vault/state.hpp"

namespace muniment {

namespace {

DeviceId device_of(const DeviceKeys& keys) {
  return DevicePublicKeys{verify_key(keys.service.transport),
                          verify_key(keys.service.log),
                          verify_key(keys.service.witness),
                          {}}
      .id();
}

DeviceKeys both_compartments(UnlockedKeyring keys, CredentialKind kind) {
  if (!keys.reading || !keys.service) {
    throw Error(ErrorCode::wrong_key,
                "this " + std::string(to_text(kind)) +
                    " opens only one half of the keyring, which reads nothing",
                "give one that opens the reading keys");
  }
  return {std::move(keys.service->keys), std::move(keys.reading->keys)};
}

}  // namespace

DeviceKeys Vault::open_keys(const Credential& credential) const {
  return both_compartments(x_state->keyring.keyring.unlock(credential), credential.kind());
}

void Vault::unlock(const Credential& credential, Activity& activity) {
  unlock(open_keys(credential), activity);
}

void Vault::unlock(DeviceKeys keys, Activity& activity) {
  State& state = *x_state;
  if (device_of(keys) != state.identity().device) {
    throw Error(ErrorCode::wrong_key, "these are the keys of another device than the vault's",
                "run 'muniment lock', then unlock it again");
  }
  state.load_record();
  for (const std::string& warning : state.record->ledgers.warnings) activity.notice(warning);
  state.opened.emplace(Opened{std::move(keys.service), std::move(keys.reading), {}, {}, {}, {}});
  state.open_access();
  const std::unique_ptr<FileLock> held = state.try_lock();
  if (held && state.journey() != nullptr) state.finish_keyring();
  state.open_catalog(held != nullptr, activity);
}

std::vector<SlotInfo> Vault::key_slots() const {
  return x_state->keyring.keyring.slots();
}

void Vault::edit_keyring(const Credential& current,
                         const std::function<void(Keyring&, const UnlockedKeyring&)>& change,
                         const Activity& activity) {
  State& state = *x_state;
  const std::unique_ptr<FileLock> held = state.lock(activity);
  LoadedKeyring loaded =
      load_keyring(state.environment.files, state.directory, state.identity().vault);
  const UnlockedKeyring unlocked = loaded.keyring.unlock(current);
  change(loaded.keyring, unlocked);
  save_keyring(state.environment.files, state.directory, loaded.keyring);
  loaded.damaged_copies.clear();
  state.keyring = std::move(loaded);
}

SlotId Vault::add_key(const Credential& current, const Credential& added, const NewSlot& slot,
                      const Activity& activity) {
  SlotId id;
  edit_keyring(
      current,
      [&](Keyring& keyring, const UnlockedKeyring& unlocked) {
        id = keyring.add_slot(added, slot, unlocked, x_state->environment.random);
      },
      activity);
  return id;
}

SlotId Vault::change_key(const Credential& current, const std::optional<SlotId>& id,
                         const Credential& changed, const Argon2idCost& cost,
                         const Activity& activity) {
  SlotId slot;
  edit_keyring(
      current,
      [&](Keyring& keyring, const UnlockedKeyring& unlocked) {
        slot = id.value_or(unlocked.slot);
        keyring.change_slot(slot, changed, cost, unlocked, x_state->environment.random);
      },
      activity);
  return slot;
}

void Vault::remove_key(const Credential& current, const SlotId& id, const Activity& activity) {
  edit_keyring(
      current, [&](Keyring& keyring, const UnlockedKeyring&) { keyring.remove_slot(id); },
      activity);
}

}  // namespace muniment
