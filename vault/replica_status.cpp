// What `status` says of partners: what munimentd heard of them, and who vouches for ledgers.
#include <fmt/format.h>

#include <algorithm>

#include "vault/daemon_report.hpp"
#include "vault/damaged_packs.hpp"
#include "vault/note/cosignature.hpp"
#include "vault/replication.hpp"
#include "vault/state.hpp"

namespace muniment {

namespace {

constexpr UnixSeconds minute = 60;
constexpr UnixSeconds day = 24 * 60 * minute;
// A daemon that runs says so every minute.
constexpr UnixSeconds daemon_silence_max = 10 * minute;

// When a device of each member last vouched for a ledger that is here.
std::map<MemberId, UnixSeconds> last_words(const Record& record) {
  std::vector<NoteKey<WitnessPurpose>> keys;
  std::map<std::string, MemberId> member_of;
  const Consortium& now = record.consortium;
  for (const auto& [id, known] : now.devices()) {
    if (!now.is_active(id)) continue;
    keys.push_back({witness_name(now.id(), id), known.certificate.keys.witness});
    member_of.emplace(keys.back().name, known.certificate.member);
  }
  std::map<MemberId, UnixSeconds> result;
  for (const Ledger& ledger : record.ledgers.ledgers) {
    const auto writer = now.devices().find(ledger.name().device);
    if (writer == now.devices().end()) continue;
    const auto log = ledger.name().note_key(writer->second.certificate.keys.log);
    const auto opened = open_cosigned(ledger.checkpoint(), log, keys);
    if (!opened) continue;
    for (const Cosignature& cosignature : opened->cosignatures) {
      UnixSeconds& last = result[member_of.at(cosignature.name)];
      last = std::max(last, cosignature.time);
    }
  }
  return result;
}

}  // namespace

void Vault::State::report_daemon(StatusReport& report) const {
  const auto said = find_daemon_report(environment.files, directory);
  if (const std::size_t count = find_damaged_packs(environment.files, directory).size();
      count > 0) {
    report.todo.push_back(fmt::format(
        "{} of the packs are damaged beyond their parity: munimentd asks partners for what is "
        "missing of them, and a bundle may bring them",
        count));
  }
  if (!said) return;
  StatusReport::Daemon& daemon = report.daemon.emplace(StatusReport::Daemon{});
  daemon.time = said->time;
  daemon.running = said->running;
  daemon.missing_packs = said->missing_packs;
  daemon.missing_bytes = said->missing_bytes;
  daemon.damaged_packs = said->damaged_packs;
  daemon.received_per_second = said->received_per_second;
  daemon.sent_per_second = said->sent_per_second;
  for (const auto& [device, peer] : said->peers) {
    StatusReport::Partner partner;
    partner.device = opened ? device_path(device) : device.hex();
    partner.connected = peer.connected && said->running;
    if (peer.contact > 0) partner.contact = peer.contact;
    partner.received = peer.received;
    partner.sent = peer.sent;
    partner.bad_packs = peer.bad_packs.size();
    daemon.partners.push_back(std::move(partner));
  }
  const UnixSeconds silent = environment.clock.now() - said->time;
  if (said->running && silent > daemon_silence_max) {
    report.todo.push_back(
        fmt::format("munimentd has said nothing for {} minutes: start it again", silent / minute));
  }
}

void Vault::State::report_witnesses(StatusReport& report) const {
  for (const auto& [id, name] : record->frozen) report.frozen.push_back(id);
  const Device* own = own_device();
  if (own == nullptr) return;
  const std::map<MemberId, UnixSeconds> words = last_words(*record);
  const WitnessQuorum quorum = quorum_for(record->consortium, own->certificate.member);
  std::vector<UnixSeconds> times;
  for (const WitnessingMember& member : quorum.members) {
    StatusReport::Witness& witness = report.witnesses.emplace_back();
    witness.member = member.member.hex();
    if (opened) {
      const auto name = opened->names.members.find(member.member);
      if (name != opened->names.members.end()) witness.member = name->second;
    }
    const auto last = words.find(member.member);
    if (last == words.end()) continue;
    witness.last = last->second;
    times.push_back(last->second);
  }
  if (quorum.needed == 0 || times.size() < quorum.needed) return;
  std::ranges::sort(times, std::greater{});
  report.witnessed = times[quorum.needed - 1];
  const UnixSeconds days = (environment.clock.now() - *report.witnessed) / day;
  if (days >= witnessed_alarm_days) {
    report.todo.push_back(fmt::format(
        "ALARM: for {} days too few witnesses have vouched for anything: somebody may be keeping "
        "from this vault what is new; ask partners by another way what they have",
        days));
  } else if (days >= witnessed_warning_days) {
    report.todo.push_back(fmt::format(
        "for {} days too few witnesses have vouched for anything: see that partners can be reached",
        days));
  }
}

}  // namespace muniment
