#include "vault/audit/waiting.hpp"

#include "vault/audit/format.hpp"
#include "vault/keyring/salted_box.hpp"
#include "vault/ledger/tail.hpp"

namespace muniment {

namespace {

using WaitingKey = SecretKey<struct AccessWaitingPurpose>;

constexpr std::size_t waiting_bytes_max =
    access_format::waiting_max * tail_format::entry_record_bytes_max;

// Records as in a ledger's tail, without a header.
struct Waiting {
  std::vector<AccessRecord> records;
  std::uint64_t end = 0;  // of the last that opens
};

WaitingKey waiting_key(const LogKey& log) {
  return derive<AccessWaitingPurpose>(log, "muniment/access-waiting/v1");
}

Bytes context_of(const WaitingPlace& place) {
  return to_bytes("muniment/access-waiting/v1 " + place.name.origin() + " " +
                  std::to_string(place.size));
}

Waiting load(const WaitingPlace& place) {
  Waiting waiting;
  const auto file = place.files.find(place.directory / access_format::waiting_name);
  if (!file) return waiting;
  const Bytes bytes = file->read_at(0, waiting_bytes_max);
  const WaitingKey key = waiting_key(place.key);
  const Bytes context = context_of(place);
  while (waiting.records.size() < access_format::waiting_max) {
    const auto whole = decode_record(ByteView(bytes).subspan(waiting.end), waiting.end);
    if (!whole || whole->payload.size() < SaltedBox::Salt::size) break;
    const auto salt = SaltedBox::Salt::from_bytes(whole->payload.first(SaltedBox::Salt::size));
    const SaltedBox box{*salt, to_bytes(whole->payload.subspan(SaltedBox::Salt::size))};
    const auto padded = open_salted(key, context, box);
    auto record = padded ? decode_padded_record(padded->view()) : std::nullopt;
    if (!record) break;
    waiting.records.push_back(std::move(*record));
    waiting.end += whole->whole.size();
  }
  return waiting;
}

}  // namespace

std::vector<AccessRecord> read_waiting(const WaitingPlace& place) {
  return load(place).records;
}

bool leave_waiting(const WaitingPlace& place, std::span<const AccessRecord> records,
                   Random& random) {
  const Waiting there = load(place);
  if (there.records.size() + records.size() > access_format::waiting_max) return false;
  const WaitingKey key = waiting_key(place.key);
  const Bytes context = context_of(place);
  Bytes added;
  for (const AccessRecord& record : records) {
    const SaltedBox box = seal_salted(key, context, encode_padded(record), random);
    Bytes payload = to_bytes(box.salt.view());
    append(payload, box.sealed);
    append_record(added, there.end + added.size(), tail_format::RecordType::entry, payload);
  }
  const auto file = place.files.open_or_create(place.directory / access_format::waiting_name);
  file->write_at(there.end, added);
  file->truncate(there.end + added.size());
  return true;
}

void clear_waiting(const WaitingPlace& place) {
  place.files.remove(place.directory / access_format::waiting_name);
}

}  // namespace muniment
