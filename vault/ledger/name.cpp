#include "vault/ledger/name.hpp"

#include "vault/crypto/hash.hpp"

namespace muniment {

namespace {

constexpr std::string_view origin_prefix = "muniment";

// Takes `/<hex>` off the end of `text`.
template <class Fixed>
std::optional<Fixed> take_last_id(std::string_view& text) {
  constexpr std::size_t digits = 2 * Fixed::size;
  if (text.size() < digits + 1 || text[text.size() - digits - 1] != '/') return std::nullopt;
  const auto id = Fixed::from_hex(text.substr(text.size() - digits));
  text.remove_suffix(digits + 1);
  return id;
}

}  // namespace

std::string LedgerName::origin() const {
  return std::string(origin_prefix) + '/' + consortium.hex() + '/' + collection.hex() + '/' +
         device.hex();
}

std::optional<LedgerName> LedgerName::from_origin(std::string_view origin) {
  const auto device = take_last_id<DeviceId>(origin);
  const auto collection = take_last_id<CollectionId>(origin);
  const auto consortium = take_last_id<ConsortiumId>(origin);
  if (!device || !collection || !consortium || origin != origin_prefix) return std::nullopt;
  return LedgerName{*consortium, *collection, *device};
}

LedgerId LedgerName::id() const {
  return *LedgerId::from_bytes(sha256(as_bytes(origin())).view());
}

NoteKey<LogPurpose> LedgerName::note_key(const VerifyKey<LogPurpose>& key) const {
  return {origin(), key};
}

}  // namespace muniment
