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

// Runs `open`; that the credential did not fit is kept for the auditors.
template <class State, class Open>
auto or_spool(State& state, const std::string& what, Open&& open) {
  try {
    return open();
  } catch (const Error& error) {
    if (error.code() == ErrorCode::wrong_key) {
      state.spool_event(access_act::unlock, what, AccessOutcome::denied);
    }
    throw;
  }
}

}  // namespace

DeviceKeys Vault::open_keys(const Credential& credential) const {
  const std::string kind(to_text(credential.kind()));
  return or_spool(*x_state, kind, [&] {
    return both_compartments(x_state->keyring.keyring.unlock(credential), credential.kind());
  });
}

void Vault::unlock(const Credential& credential, Activity& activity) {
  unlock(open_keys(credential), std::string(to_text(credential.kind())), UnlockEntry::before,
         activity);
}

void Vault::unlock(DeviceKeys keys, Activity& activity, UnlockEntry entry) {
  unlock(std::move(keys), "agent", entry, activity);
}

void Vault::unlock(DeviceKeys keys, const std::string& how, UnlockEntry entry, Activity& activity) {
  State& state = *x_state;
  if (device_of(keys) != state.identity().device) {
    throw Error(ErrorCode::wrong_key, "these are the keys of another device than the vault's",
                "run 'muniment lock', then unlock it again");
  }
  state.load_record();
  for (const std::string& warning : state.record->ledgers.warnings) activity.notice(warning);
  state.journal.reset();
  auto journal = state.make_journal(keys.service.log);
  AccessSubject subject{.act = access_act::unlock, .detail = how};
  if (entry == UnlockEntry::before) {
    journal->event(std::move(subject), AccessOutcome::ok, activity);
  } else {
    journal->event_with_next(std::move(subject), AccessOutcome::ok);
  }
  state.journal = std::move(journal);
  state.opened.emplace(Opened{std::move(keys.service), std::move(keys.reading), {}, {}, {}, {}});
  state.open_access();
  const std::unique_ptr<FileLock> held = state.try_lock();
  if (held && state.journey() != nullptr) state.finish_keyring();
  state.open_catalog(held != nullptr, activity);
}

std::vector<SlotInfo> Vault::key_slots() const {
  return x_state->keyring.keyring.slots();
}

void Vault::edit_keyring(const Credential& current, const AccessSubject& act,
                         const std::function<void(Keyring&, const UnlockedKeyring&)>& change,
                         const Activity& activity) {
  State& state = *x_state;
  const std::unique_ptr<FileLock> held = state.lock(activity);
  LoadedKeyring loaded =
      load_keyring(state.environment.files, state.directory, state.identity().vault);
  const UnlockedKeyring unlocked =
      or_spool(state, act.detail, [&] { return loaded.keyring.unlock(current); });
  std::unique_ptr<AccessJournal> journal;
  std::shared_ptr<AccessPermit> permit;
  if (unlocked.service) {
    if (!state.record) state.load_record();
    journal = state.make_journal(unlocked.service->keys.log);
    permit = journal->begin(act, activity);
  } else {
    state.spool_event(act.act, act.detail, AccessOutcome::ok);
  }
  change(loaded.keyring, unlocked);
  save_keyring(state.environment.files, state.directory, loaded.keyring);
  loaded.damaged_copies.clear();
  state.keyring = std::move(loaded);
}

SlotId Vault::add_key(const Credential& current, const Credential& added, const NewSlot& slot,
                      const Activity& activity) {
  SlotId id;
  edit_keyring(
      current, {.act = access_act::key, .detail = "add " + std::string(to_text(added.kind()))},
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
      {.act = access_act::key, .detail = "change to " + std::string(to_text(changed.kind()))},
      [&](Keyring& keyring, const UnlockedKeyring& unlocked) {
        slot = id.value_or(unlocked.slot);
        keyring.change_slot(slot, changed, cost, unlocked, x_state->environment.random);
      },
      activity);
  return slot;
}

void Vault::remove_key(const Credential& current, const SlotId& id, const Activity& activity) {
  edit_keyring(
      current, {.act = access_act::key, .detail = "remove " + id.hex()},
      [&](Keyring& keyring, const UnlockedKeyring&) { keyring.remove_slot(id); }, activity);
}

}  // namespace muniment
