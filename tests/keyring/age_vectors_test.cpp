// The cases of C2SP/CCTV, age/testdata: a few lines that say what must happen, an empty line, the
// file.
#include <doctest/doctest.h>
#include <isa-l/igzip_lib.h>

#include <array>
#include <map>

#include "tests/support/vectors.hpp"
#include "vault/crypto/hash.hpp"
#include "vault/crypto/keys.hpp"
#include "vault/keyring/age.hpp"

namespace muniment {

namespace {

struct AgeCase {
  std::multimap<std::string, std::string> fields;
  Bytes file;

  [[nodiscard]] std::string field(const std::string& name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? std::string() : found->second;
  }
};

Bytes inflate(ByteView compressed) {
  Bytes result(32U << 20U);
  inflate_state state{};
  isal_inflate_init(&state);
  state.crc_flag = ISAL_ZLIB;
  // isa-l does not write to its input, but does not say so either.
  state.next_in = const_cast<unsigned char*>(c_bytes(compressed));
  state.avail_in = static_cast<std::uint32_t>(compressed.size());
  state.next_out = c_bytes(MutableByteView(result));
  state.avail_out = static_cast<std::uint32_t>(result.size());
  REQUIRE(isal_inflate(&state) == ISAL_DECOMP_OK);
  REQUIRE(state.block_state == ISAL_BLOCK_FINISH);
  result.resize(state.total_out);
  return result;
}

AgeCase read_case(const std::filesystem::path& path) {
  const std::string text = test::read_text(path);
  const std::size_t end = text.find("\n\n");
  REQUIRE(end != std::string::npos);
  AgeCase result;
  for (std::size_t at = 0; at < end;) {
    const std::size_t line_end = text.find('\n', at);
    const std::size_t colon = text.find(": ", at);
    REQUIRE(colon < line_end);
    result.fields.emplace(text.substr(at, colon - at),
                          text.substr(colon + 2, line_end - colon - 2));
    at = line_end + 1;
  }
  result.file = to_bytes(std::string_view(text).substr(end + 2));
  if (result.field("compressed") == "zlib") result.file = inflate(result.file);
  return result;
}

std::vector<ReadingSecretKey> identities_of(const AgeCase& age_case) {
  std::vector<ReadingSecretKey> keys;
  const auto [begin, end] = age_case.fields.equal_range("identity");
  for (auto i = begin; i != end; ++i) {
    if (auto key = parse_age_identity<ReadingPurpose>(i->second)) keys.push_back(std::move(*key));
  }
  return keys;
}

// Why a case does not concern us; empty if it does.
std::string reason_to_skip(const std::string& name, const AgeCase& age_case) {
  const std::string family = name.substr(0, name.find('_'));
  if (age_case.field("armored") == "yes") return "armor";
  if (family == "scrypt" || family == "x25519") return "recipient kind " + family;
  if (family == "hybrid" && identities_of(age_case).size() != age_case.fields.count("identity")) {
    return "identity of another kind";
  }
  return {};
}

// Cases about format alone are made for X25519 recipients; the file key that they state stands in
// for the recipient.
std::variant<SecretBytes, AgeRefusal> decrypt(const AgeCase& age_case) {
  const std::vector<ReadingSecretKey> identities = identities_of(age_case);
  if (!identities.empty()) return age_decrypt(identities.front(), age_case.file);
  const std::optional<AgeHeader> header = parse_age_header(age_case.file);
  if (!header) return AgeRefusal::header;
  std::array<std::byte, 16> file_key{};
  REQUIRE(from_hex(age_case.field("file key"), file_key));
  return age_decrypt(*header, file_key);
}

std::string outcome_of(const std::variant<SecretBytes, AgeRefusal>& result) {
  if (std::holds_alternative<SecretBytes>(result)) return "success";
  switch (std::get<AgeRefusal>(result)) {
    case AgeRefusal::header:
      return "header failure";
    case AgeRefusal::no_match:
      return "no match";
    case AgeRefusal::mac:
      return "HMAC failure";
    case AgeRefusal::payload:
      return "payload failure";
  }
  return {};
}

}  // namespace

TEST_CASE("age: every CCTV case that concerns X-Wing or the format ends as it states") {
  const auto folder = test::find_vectors("age");
  if (!folder) return;
  std::map<std::string, int> skipped;
  int checked = 0;
  for (const auto& entry : std::filesystem::directory_iterator(*folder)) {
    const std::string name = entry.path().filename().string();
    CAPTURE(name);
    const AgeCase age_case = read_case(entry.path());
    if (const std::string reason = reason_to_skip(name, age_case); !reason.empty()) {
      ++skipped[reason];
      continue;
    }
    ++checked;
    const auto result = decrypt(age_case);
    CHECK(outcome_of(result) == age_case.field("expect"));
    if (const auto* plaintext = std::get_if<SecretBytes>(&result)) {
      CHECK(sha256(plaintext->view()).hex() == age_case.field("payload"));
    }
  }
  CHECK(checked >= 70);
  for (const auto& [reason, count] : skipped) MESSAGE(count << " cases skipped: " << reason);
}

}  // namespace muniment
