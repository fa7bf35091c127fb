#include "vault/keyring/slip39.hpp"

#include <fmt/format.h>

#include <map>

#include "vault/base/assert.hpp"
#include "vault/crypto/pbkdf2.hpp"
#include "vault/keyring/shamir.hpp"
#include "vault/keyring/slip39_share.hpp"

namespace muniment {

namespace {

enum class Direction { encrypt, decrypt };

// SLIP-0039's cipher of the whole secret: four Feistel rounds with PBKDF2.
SecretBytes transform(ByteView input, ByteView passphrase, const Slip39Share& parameters,
                      Direction direction) {
  constexpr unsigned rounds = 4;
  const std::size_t half = input.size() / 2;
  SecretBytes left = SecretBytes::copy_of(input.first(half));
  SecretBytes right = SecretBytes::copy_of(input.last(half));

  Bytes salt_start;
  if (!parameters.extendable) {
    salt_start = to_bytes("shamir");
    salt_start.push_back(static_cast<std::byte>(parameters.identifier >> 8U));
    salt_start.push_back(static_cast<std::byte>(parameters.identifier & 0xffU));
  }
  SecretBytes salt(salt_start.size() + half);
  std::ranges::copy(salt_start, salt.mutable_view().begin());
  SecretBytes password(1 + passphrase.size());
  std::ranges::copy(passphrase, password.mutable_view().begin() + 1);

  for (unsigned i = 0; i < rounds; ++i) {
    const unsigned round = direction == Direction::encrypt ? i : rounds - 1 - i;
    password.mutable_view()[0] = static_cast<std::byte>(round);
    std::ranges::copy(right.view(), salt.mutable_view().last(half).begin());
    const SecretBytes key = pbkdf2_hmac_sha256(password.view(), salt.view(),
                                               2500U << parameters.iteration_exponent, half);
    for (std::size_t k = 0; k < half; ++k) left.mutable_view()[k] ^= key.view()[k];
    std::swap(left, right);
  }
  SecretBytes output(input.size());
  std::ranges::copy(right.view(), output.mutable_view().begin());
  std::ranges::copy(left.view(), output.mutable_view().last(half).begin());
  return output;
}

bool same_split(const Slip39Share& a, const Slip39Share& b) noexcept {
  return a.identifier == b.identifier && a.extendable == b.extendable &&
         a.iteration_exponent == b.iteration_exponent && a.group_threshold == b.group_threshold &&
         a.group_count == b.group_count && a.value.size() == b.value.size();
}

// Shares of one group, with the places in which the caller gave them.
struct GivenGroup {
  std::vector<const Slip39Share*> shares;
  std::vector<std::size_t> places;
};
using GivenGroups = std::map<unsigned, GivenGroup>;

std::optional<Slip39Problem> add_share(GivenGroups& groups, const Slip39Share& share,
                                       std::size_t place) {
  GivenGroup& group = groups[share.group_index];
  for (const Slip39Share* other : group.shares) {
    if (other->member_threshold != share.member_threshold) {
      return Slip39Problem{.reason = Slip39Refusal::different_secret, .share = place};
    }
    if (other->member_index == share.member_index) {
      return Slip39Problem{.reason = Slip39Refusal::duplicate, .share = place};
    }
  }
  group.shares.push_back(&share);
  group.places.push_back(place);
  return std::nullopt;
}

std::optional<Slip39Problem> wrong_number(const GivenGroups& groups, std::size_t group_threshold) {
  if (groups.size() < group_threshold) {
    return Slip39Problem{.reason = Slip39Refusal::too_few_groups,
                         .missing = group_threshold - groups.size()};
  }
  if (groups.size() > group_threshold) {
    return Slip39Problem{.reason = Slip39Refusal::too_many,
                         .share = groups.rbegin()->second.places.front()};
  }
  for (const auto& [index, group] : groups) {
    const std::size_t threshold = group.shares.front()->member_threshold;
    if (group.shares.size() < threshold) {
      return Slip39Problem{.reason = Slip39Refusal::too_few_shares,
                           .missing = threshold - group.shares.size()};
    }
    if (group.shares.size() > threshold) {
      return Slip39Problem{.reason = Slip39Refusal::too_many, .share = group.places[threshold]};
    }
  }
  return std::nullopt;
}

// The encrypted secret. Empty if the shares do not belong together.
std::optional<SecretBytes> join(const GivenGroups& groups) {
  std::vector<ShamirPoint> group_points;
  for (const auto& [index, group] : groups) {
    std::vector<ShamirPoint> points;
    points.reserve(group.shares.size());
    for (const Slip39Share* share : group.shares) {
      points.push_back({static_cast<std::uint8_t>(share->member_index),
                        SecretBytes::copy_of(share->value.view())});
    }
    std::optional<SecretBytes> value = shamir_join(points);
    if (!value) return std::nullopt;
    group_points.push_back({static_cast<std::uint8_t>(index), std::move(*value)});
  }
  return shamir_join(group_points);
}

bool in_bounds(const Slip39Options& options) {
  const auto sound = [](const Slip39Group& group) {
    return group.threshold >= 1 && group.threshold <= group.count &&
           group.count <= shamir_points_max;
  };
  const bool groups_sound = std::ranges::all_of(options.groups, [&](const Slip39Group& group) {
    return sound(group) && (group.threshold > 1 || group.count == 1);
  });
  const auto group_count = static_cast<unsigned>(options.groups.size());
  return groups_sound && sound({options.group_threshold, group_count}) &&
         options.iteration_exponent < 16;
}

}  // namespace

std::vector<std::vector<SecretBytes>> slip39_split(ByteView secret, ByteView passphrase,
                                                   const Slip39Options& options, Random& random) {
  VAULT_ASSERT(in_bounds(options));
  VAULT_ASSERT(secret.size() % 2 == 0 && secret.size() >= slip39_value_bytes_min &&
               secret.size() <= slip39_value_bytes_max);
  const auto identifier = random.fixed<FixedBytes<struct IdentifierTag, 8>>().prefix() & 0x7fffU;
  Slip39Share share;
  share.identifier = static_cast<std::uint16_t>(identifier);
  share.iteration_exponent = options.iteration_exponent;
  share.group_threshold = options.group_threshold;
  share.group_count = static_cast<unsigned>(options.groups.size());
  const SecretBytes encrypted = transform(secret, passphrase, share, Direction::encrypt);

  std::vector<std::vector<SecretBytes>> result;
  for (const ShamirPoint& group_point :
       shamir_split(encrypted.view(), share.group_threshold, share.group_count, random)) {
    const Slip39Group& group = options.groups[group_point.x];
    share.group_index = group_point.x;
    share.member_threshold = group.threshold;
    std::vector<SecretBytes>& texts = result.emplace_back();
    for (ShamirPoint& point :
         shamir_split(group_point.y.view(), group.threshold, group.count, random)) {
      share.member_index = point.x;
      share.value = std::move(point.y);
      texts.push_back(encode_slip39_share(share));
    }
  }
  return result;
}

std::variant<SecretBytes, Slip39Problem> slip39_combine(std::span<const SecretBytes> shares,
                                                        ByteView passphrase) {
  std::vector<Slip39Share> decoded;
  for (const SecretBytes& text : shares) {
    std::variant<Slip39Share, Slip39Problem> share = decode_slip39_share(text.view());
    if (auto* problem = std::get_if<Slip39Problem>(&share)) {
      problem->share = decoded.size();
      return *problem;
    }
    decoded.push_back(std::move(std::get<Slip39Share>(share)));
  }
  if (decoded.empty()) {
    return Slip39Problem{.reason = Slip39Refusal::too_few_shares, .missing = 1};
  }

  GivenGroups groups;
  for (std::size_t place = 0; place < decoded.size(); ++place) {
    if (!same_split(decoded[place], decoded.front())) {
      return Slip39Problem{.reason = Slip39Refusal::different_secret, .share = place};
    }
    if (const auto problem = add_share(groups, decoded[place], place)) return *problem;
  }
  if (const auto problem = wrong_number(groups, decoded.front().group_threshold)) return *problem;
  const std::optional<SecretBytes> encrypted = join(groups);
  if (!encrypted) return Slip39Problem{.reason = Slip39Refusal::digest};
  return transform(encrypted->view(), passphrase, decoded.front(), Direction::decrypt);
}

std::string to_text(const Slip39Problem& problem) {
  const std::string share =
      problem.share ? fmt::format("share {}", *problem.share + 1) : std::string("the shares");
  switch (problem.reason) {
    case Slip39Refusal::word_unknown:
      return fmt::format("{}: word {} is not in the list of words", share,
                         problem.word.value_or(0) + 1);
    case Slip39Refusal::length:
      return share + ": wrong number of words";
    case Slip39Refusal::checksum:
      return share + ": a word is wrong, missing or in the wrong place";
    case Slip39Refusal::malformed:
      return share + ": not a share of this kind";
    case Slip39Refusal::different_secret:
      return share + ": belongs to another secret than share 1";
    case Slip39Refusal::duplicate:
      return share + ": given twice";
    case Slip39Refusal::too_few_groups:
      return fmt::format("too few shares: {} more group(s) of them needed", problem.missing);
    case Slip39Refusal::too_few_shares:
      return fmt::format("too few shares: {} more needed", problem.missing);
    case Slip39Refusal::too_many:
      return share + ": one more than needed, leave it out";
    case Slip39Refusal::digest:
      return "the shares do not belong together: at least one was altered";
  }
  return "the shares are of no use";
}

}  // namespace muniment
