#include "cli/anchor_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/text.hpp"

namespace muniment {

namespace {

// As explorers of the chain print it.
std::string reversed_hex(const Sha256Digest& digest) {
  Bytes bytes = to_bytes(digest.view());
  std::ranges::reverse(bytes);
  return to_hex(bytes);
}

}  // namespace

std::string anchor_line(const Anchored& anchored) {
  const std::string what =
      fmt::format("{}: the first {}", anchored.ledger, count_of(anchored.entries, "entry"));
  if (anchored.before) {
    const std::string by =
        anchored.by.empty() ? "an authority that does not name itself" : escape(anchored.by);
    return fmt::format("{} existed before {}, said by {} (root certificate {})", what,
                       utc_time(*anchored.before), by, anchored.certificates.hex());
  }
  if (anchored.block) {
    return fmt::format(
        "{} existed before Bitcoin block {}, said by that block if its Merkle root is {}, which "
        "was "
        "not checked here",
        what, *anchored.block, reversed_hex(anchored.merkle_root));
  }
  if (anchored.by.empty()) {
    return what + ": an OpenTimestamps file of a kind that this version does not know";
  }
  return fmt::format("{}: {} has not said yet when they existed", what, escape(anchored.by));
}

Json to_json(const Anchored& anchored) {
  Json object{{"ledger", anchored.origin}, {"entries", anchored.entries}};
  if (anchored.before) {
    object["before"] = utc_time(*anchored.before);
    put_bytes(object, "by", anchored.by);
    object["root_certificate"] = anchored.certificates.hex();
  } else if (anchored.block) {
    object["block"] = *anchored.block;
    object["merkle_root"] = reversed_hex(anchored.merkle_root);
  } else if (!anchored.by.empty()) {
    object["calendar"] = anchored.by;
  }
  return object;
}

}  // namespace muniment
