#include "vault/note/timestamp.hpp"

#include <chrono>

#include "vault/note/der.hpp"

namespace muniment {

namespace {

// TimeStampReq: version 1, MessageImprint (SHA-256), then the digest, then certReq TRUE.
constexpr std::string_view query_head(
    "\x30\x39\x02\x01\x01\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04"
    "\x20",
    24);
constexpr std::string_view query_tail("\x01\x01\xff", 3);

// Object identifiers, without tag and length.
constexpr std::string_view sha256_oid("\x60\x86\x48\x01\x65\x03\x04\x02\x01", 9);
constexpr std::string_view signed_data_oid("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", 9);
constexpr std::string_view tst_info_oid("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x04", 11);
constexpr std::string_view common_name_oid("\x55\x04\x03", 3);
constexpr std::string_view organisation_oid("\x55\x04\x0a", 3);

constexpr std::string_view one("\x01", 1);
constexpr std::string_view three("\x03", 1);

bool is_one_of(ByteView value, std::initializer_list<std::string_view> wanted) {
  return std::ranges::find(wanted, as_text(value)) != wanted.end();
}

// `YYYYMMDDhhmmss`, perhaps a fraction of the second, `Z`: RFC 3161 §2.4.2.
std::optional<UnixSeconds> decode_time(std::string_view text) {
  constexpr std::size_t digits = 14;
  if (text.size() <= digits || text.back() != 'Z') return std::nullopt;
  const std::string_view fraction = text.substr(digits, text.size() - digits - 1);
  const bool is_fraction =
      fraction.empty() || (fraction.size() > 1 && fraction.front() == '.' &&
                           fraction.find_first_not_of("0123456789", 1) == std::string_view::npos);
  if (!is_fraction || text.substr(0, digits).find_first_not_of("0123456789") != text.npos) {
    return std::nullopt;
  }
  const auto number = [&](std::size_t at, std::size_t count) {
    int value = 0;
    for (const char c : text.substr(at, count)) value = 10 * value + (c - '0');
    return value;
  };
  const std::chrono::year_month_day day{std::chrono::year(number(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number(4, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(6, 2)))};
  const int hour = number(8, 2);
  const int minute = number(10, 2);
  const int second = number(12, 2);  // 60 is a leap second
  if (!day.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const auto days = std::chrono::sys_days(day).time_since_epoch().count();
  return UnixSeconds{days} * 86400 + hour * 3600LL + minute * 60LL + second;
}

// TSTInfo, as far as the time.
bool read_info(ByteView bytes, TimestampReply& reply) {
  der::Reader outer(bytes);
  der::Reader info(outer.take(der::sequence));
  if (as_text(info.take(der::integer)) != one) info.fail();
  info.take(der::object_id);  // under which policy
  der::Reader imprint(info.take(der::sequence));
  der::Reader algorithm(imprint.take(der::sequence));
  const bool is_sha256 = as_text(algorithm.take(der::object_id)) == sha256_oid;
  const auto digest = Sha256Digest::from_bytes(imprint.take(der::octet_string));
  info.take(der::integer);  // serial number
  const auto time = decode_time(as_text(info.take(der::generalized_time)));
  if (!outer.done() || !info.ok() || !imprint.done() || !is_sha256 || !digest || !time) {
    return false;
  }
  reply.digest = *digest;
  reply.time = *time;
  return true;
}

// Of a Name, what people know it by.
std::string name_text(ByteView name) {
  std::string common;
  std::string organisation;
  der::Reader outer(name);
  der::Reader parts(outer.take(der::sequence));
  while (parts.ok() && !parts.empty()) {
    der::Reader set(parts.take(der::set));
    der::Reader part(set.take(der::sequence));
    const std::string_view kind = as_text(part.take(der::object_id));
    const bool is_text = part.next_is(der::utf8_string) || part.next_is(der::printable_string);
    if (!is_text) continue;
    const bool utf8 = part.next_is(der::utf8_string);
    const std::string value(as_text(part.take(utf8 ? der::utf8_string : der::printable_string)));
    if (kind == common_name_oid) common = value;
    if (kind == organisation_oid) organisation = value;
  }
  if (common.empty() || organisation.empty()) return common + organisation;
  return common + ", " + organisation;
}

struct Signer {
  ByteView issuer;
  ByteView serial;
};

// The subject of the certificate that the signer names; empty if it is not among them.
std::string signer_name(ByteView certificates, const Signer& signer) {
  der::Reader list(certificates);
  while (list.ok() && list.next_is(der::sequence)) {
    der::Reader certificate(list.take(der::sequence));
    der::Reader facts(certificate.take(der::sequence));
    if (facts.next_is(der::context_0)) facts.skip();  // version
    const ByteView serial = facts.take(der::integer);
    facts.take(der::sequence);  // signature algorithm
    const ByteView issuer = facts.take_whole(der::sequence);
    facts.take(der::sequence);  // validity
    const ByteView subject = facts.take_whole(der::sequence);
    if (facts.ok() && equal(serial, signer.serial) && equal(issuer, signer.issuer)) {
      return name_text(subject);
    }
  }
  return {};
}

// CMS SignedData (RFC 5652 §5.1) around a TSTInfo, with one signer.
bool read_signed_data(ByteView bytes, TimestampReply& reply) {
  der::Reader outer(bytes);
  der::Reader data(outer.take(der::sequence));
  if (as_text(data.take(der::integer)) != three) data.fail();
  data.take(der::set);  // digest algorithms
  der::Reader content(data.take(der::sequence));
  if (as_text(content.take(der::object_id)) != tst_info_oid) content.fail();
  der::Reader wrapped(content.take(der::context_0));
  const ByteView info = wrapped.take(der::octet_string);
  ByteView certificates;
  if (data.next_is(der::context_0)) certificates = data.take(der::context_0);
  if (!data.next_is(der::set)) data.skip();  // revocation lists
  der::Reader signers(data.take(der::set));
  der::Reader signer(signers.take(der::sequence));
  signer.take(der::integer);
  if (!outer.done() || !data.done() || !content.done() || !wrapped.done() || !signers.done() ||
      !signer.ok() || !read_info(info, reply)) {
    return false;
  }
  if (!signer.next_is(der::sequence)) return true;  // named by its key's id
  der::Reader id(signer.take(der::sequence));
  const ByteView issuer = id.take_whole(der::sequence);
  const ByteView serial = id.take(der::integer);
  if (!id.done()) return false;
  reply.authority = signer_name(certificates, {issuer, serial});
  return true;
}

}  // namespace

Bytes timestamp_query(const Sha256Digest& digest) {
  Bytes query = to_bytes(query_head);
  append(query, digest.view());
  append(query, as_bytes(query_tail));
  return query;
}

std::optional<TimestampReply> decode_timestamp_reply(ByteView reply) {
  if (reply.size() > timestamp_bytes_max) return std::nullopt;
  der::Reader outer(reply);
  der::Reader response(outer.take(der::sequence));
  der::Reader status(response.take(der::sequence));
  // Granted, or granted with modifications.
  if (!is_one_of(status.take(der::integer), {std::string_view("\0", 1), one})) status.fail();
  der::Reader token(response.take(der::sequence));
  if (as_text(token.take(der::object_id)) != signed_data_oid) token.fail();
  der::Reader wrapped(token.take(der::context_0));
  const ByteView data = wrapped.take_whole(der::sequence);
  TimestampReply result;
  if (!outer.done() || !response.done() || !status.ok() || !token.done() || !wrapped.done() ||
      !read_signed_data(data, result)) {
    return std::nullopt;
  }
  return result;
}

}  // namespace muniment
