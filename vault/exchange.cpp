#include "vault/exchange.hpp"

#include "vault/crypto/hash.hpp"
#include "vault/keyring/slip39_words.hpp"

namespace muniment {

namespace {

constexpr std::string_view card_type = "muniment/card/v1";
constexpr std::string_view exchange_type = "muniment/exchange/v1";
constexpr std::string_view invitation_type = "muniment/invitation/v1";
constexpr unsigned fingerprint_word_count = 8;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::string signed_part(const Card& card) {
  RecordWriter record(card_type);
  record.key("member").hex(card.member.view());
  record.key("member-name").hex(card.name.salt.view()).base64(as_bytes(card.name.name));
  record.key("key").rest(encode_authorized_key(card.key));
  record.key("device").hex(card.device.view());
  return record.finish();
}

std::string words_of(const Sha256Digest& digest) {
  std::string words;
  unsigned bits = 0;
  unsigned count = 0;
  auto next = digest.view().begin();
  for (unsigned i = 0; i < fingerprint_word_count; ++i) {
    while (count < 10) {
      bits = bits << 8U | std::to_integer<unsigned>(*next++);
      count += 8;
    }
    count -= 10;
    if (i > 0) words += ' ';
    words += slip39_word(bits >> count & 0x3ffU);
    bits &= (1U << count) - 1U;
  }
  return words;
}

}  // namespace

std::string encode(const Card& card, const SigningKey<AuthorityPurpose>& authority) {
  const std::string text = signed_part(card);
  const SshSignature signature = ssh_sign(authority, approval_namespace::card, as_bytes(text));
  return text + "signature " + to_base64(encode_sshsig(signature)) + "\n";
}

std::optional<Card> decode_card(std::string_view text) {
  std::string lines;
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  for (const char c : text) {
    if (c != '\r') lines += c;
  }
  lines += '\n';
  RecordReader record(lines, card_type);
  Card card;
  card.member = record.key("member").hex<MemberId>();
  card.name.salt = record.key("member-name").hex<NameSalt>();
  card.name.name = as_text(record.base64());
  const auto key = decode_authorized_key(record.key("key").rest());
  card.device = record.key("device").hex<DeviceId>();
  const auto signature = decode_sshsig(record.key("signature").base64());
  if (!record.done() || !key || !signature || !is_valid_name(card.name.name)) return std::nullopt;
  card.key = *key;
  if (!ssh_verify(*signature, card.key, approval_namespace::card, as_bytes(signed_part(card)))) {
    return std::nullopt;
  }
  return card;
}

std::string fingerprint_words(const Card& card) {
  return words_of(sha256(as_bytes(signed_part(card))));
}

std::string fingerprint_words(const Exchange& exchange) {
  RecordWriter record(invitation_type);
  record.key("consortium").hex(exchange.consortium.view());
  record.key("from").hex(exchange.from.view());
  for (const CharterRef& charter : exchange.charters) write_charter_ref(record, charter);
  return words_of(sha256(as_bytes(record.finish())));
}

std::string encode_exchange_record(const Exchange& exchange) {
  RecordWriter record(exchange_type);
  record.key("consortium").hex(exchange.consortium.view());
  record.key("from").hex(exchange.from.view());
  for (const CharterRef& charter : exchange.charters) write_charter_ref(record, charter);
  if (exchange.proposal) record.key("proposal").base64(as_bytes(encode(*exchange.proposal)));
  for (const LedgerCopy& ledger : exchange.ledgers) write_ledger_copy(record, ledger);
  return record.finish();
}

std::optional<Exchange> decode_exchange_record(std::string_view text) {
  RecordReader record(text, exchange_type);
  Exchange exchange;
  exchange.consortium = record.key("consortium").hex<ConsortiumId>();
  exchange.from = record.key("from").hex<DeviceId>();
  exchange.charters = read_charter_refs(record);
  if (record.key_if("proposal")) {
    const Bytes entry = record.base64();
    exchange.proposal = decode_charter_entry(as_text(entry));
    if (!exchange.proposal) record.fail();
  }
  exchange.ledgers = read_ledger_copies(record);
  if (!record.done()) return std::nullopt;
  return exchange;
}

std::string encode(const Exchange& exchange) {
  return armor_record(encode_exchange_record(exchange));
}

std::optional<Exchange> decode_exchange(std::string_view text) {
  const auto record = dearmor_record(text);
  return record ? decode_exchange_record(*record) : std::nullopt;
}

}  // namespace muniment
