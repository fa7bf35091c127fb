#include "vault/ledger/sealed_part.hpp"

namespace muniment {

namespace {

// `<first line> 00 <collection> 00 <device>`.
Bytes context_of(const LedgerName& ledger, Act act) {
  Bytes context = to_bytes(type_line(act));
  for (const ByteView id : {ledger.collection.view(), ledger.device.view()}) {
    context.push_back(std::byte{0});
    append(context, as_bytes(to_hex(id)));
  }
  return context;
}

}  // namespace

Bytes seal_part(const EpochPublicKey& epoch, const LedgerName& ledger, Act act,
                std::string_view text, Random& random) {
  return seal_box(epoch, context_of(ledger, act), as_bytes(text), random);
}

std::optional<std::string> open_part(const EpochSecretKey& epoch, const LedgerName& ledger, Act act,
                                     ByteView sealed) {
  const auto opened = open_box(epoch, context_of(ledger, act), sealed);
  if (!opened) return std::nullopt;
  return std::string(as_text(*opened));
}

}  // namespace muniment
