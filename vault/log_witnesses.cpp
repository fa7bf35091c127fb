// How far witnesses vouch for the logs that are here.
#include "vault/cosigned.hpp"
#include "vault/state.hpp"

namespace muniment {

// What others hand on of a ledger is its newest checkpoint; of this device's own logs it is known
// what each witness said last. A note over another history than the one here condemns as a forged
// line does.
LogVouched Vault::State::vouched_for(const LoggedTree& log) const {
  LogVouched result;
  const auto device = record->consortium.devices().find(log.name.device);
  if (device == record->consortium.devices().end()) return result;
  const Certificate& certificate = device->second.certificate;
  const NoteKey<LogPurpose> key = log.name.note_key(certificate.keys.log);
  result.quorum = quorum_for(record->consortium, certificate.member);
  result.condemned = !add_vouched(log.checkpoint, key, result.quorum, result.sizes);
  if (log.name.device != identity().device) return result;
  const CosignedLog known = find_cosigned(environment.files, directory, log.name.id());
  for (const auto& [size, note] : known.notes) {
    const auto checkpoint = decode_checkpoint(note.text);
    const bool is_here = checkpoint && log.has_been(*checkpoint);
    if (!is_here || !add_vouched(note, key, result.quorum, result.sizes)) result.condemned = true;
  }
  return result;
}

std::optional<SignedNote> Vault::State::find_lost(const LoggedTree& log) const {
  const NoteKey<LogPurpose> key = log.name.note_key(own_log_key());
  const CosignedLog known = find_cosigned(environment.files, directory, log.name.id());
  for (const auto& [size, note] : known.notes) {
    const auto seen = open_checkpoint(note, key);
    if (seen && !log.has_been(*seen)) return note;
  }
  return std::nullopt;
}

LoggedTree Vault::State::tree_of(const Ledger& ledger) {
  return {ledger.name(), ledger.checkpoint(), ledger.size(),
          [&ledger](std::uint64_t size) { return merkle_root(size, ledger.nodes()); },
          [&ledger](std::uint64_t size) {
            return size == 0 ? MerkleProof{}
                             : consistency_proof(size, ledger.size(), ledger.nodes());
          }};
}

LoggedTree Vault::State::tree_of(AccessLogView log) {
  const auto view = std::make_shared<AccessLogView>(std::move(log));
  return {view->name(), view->checkpoint(), view->size(),
          [view](std::uint64_t size) { return view->root_at(size); },
          [view](std::uint64_t size) { return view->proof_since(size); }};
}

std::map<LedgerId, LogVouched> Vault::State::vouched_ledgers() const {
  std::map<LedgerId, LogVouched> result;
  for (const Ledger& ledger : record->ledgers.ledgers) {
    LogVouched vouched = vouched_for(tree_of(ledger));
    if (vouched.condemned) vouched.sizes.clear();
    result.emplace(ledger.name().id(), std::move(vouched));
  }
  return result;
}

std::vector<LogWitnesses> Vault::witnesses() {
  State& state = *x_state;
  if (!state.record) state.load_record();
  std::vector<LogWitnesses> result;
  const auto add = [&](const LoggedTree& log) {
    const LogVouched vouched = state.vouched_for(log);
    LogWitnesses& line = result.emplace_back();
    line.log = state.log_label(log.name);
    line.origin = log.name.origin();
    line.own = log.name.device == state.identity().device;
    line.size = log.size;
    line.standing = standing_of(vouched.condemned ? VouchedSizes{} : vouched.sizes, vouched.quorum);
    line.condemned = vouched.condemned;
  };
  for (const Ledger& ledger : state.record->ledgers.ledgers) add(State::tree_of(ledger));
  try {
    if (auto log = state.access_log()) add(State::tree_of(std::move(*log)));
  } catch (const Error& error) {
    // Its damage is told elsewhere.
    if (error.code() != ErrorCode::damaged) throw;
  }
  return result;
}

}  // namespace muniment
