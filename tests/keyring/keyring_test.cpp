#include "vault/keyring/keyring.hpp"

#include <doctest/doctest.h>

#include "tests/keyring/errors.hpp"
#include "tests/keyring/example.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/golden.hpp"
#include "vault/crypto/hash.hpp"

namespace muniment {

using namespace test;

namespace {

// Makes the checksum fit again, as somebody can who writes to the disk.
Bytes with_checksum(ByteView damaged) {
  Bytes bytes(damaged.begin(), damaged.end());
  const Sha256Digest sum = sha256(ByteView(bytes).first(bytes.size() - 32));
  std::ranges::copy(sum.view(), bytes.end() - 32);
  return bytes;
}

std::optional<ErrorCode> unlock_error(const Keyring& keyring, const Credential& credential) {
  return error_code([&] { (void)keyring.unlock(credential); });
}

// The example with some bytes replaced, and a checksum that fits.
std::optional<Keyring> altered(std::size_t offset, std::initializer_list<unsigned> values) {
  Bytes bytes = example_keyring().keyring.encode();
  for (const unsigned value : values) bytes[offset++] = static_cast<std::byte>(value);
  return Keyring::decode(with_checksum(bytes));
}

}  // namespace

TEST_CASE("keyring: each slot opens what it was made for") {
  const CreatedKeyring example = example_keyring();
  const auto keyring = Keyring::decode(example.keyring.encode());
  REQUIRE(keyring);
  CHECK(keyring->identity() == example_identity());
  const std::vector<SlotInfo> slots = keyring->slots();
  REQUIRE(slots.size() == 3);

  const UnlockedKeyring by_passphrase = keyring->unlock(passphrase());
  CHECK(by_passphrase.slot == slots[0].id);
  REQUIRE((by_passphrase.service && by_passphrase.reading));
  CHECK(same_keys(by_passphrase.service->keys, example.unlocked.service->keys));
  CHECK(same_keys(by_passphrase.reading->keys, example.unlocked.reading->keys));

  const UnlockedKeyring by_key_file = keyring->unlock(key_file());
  CHECK(by_key_file.slot == slots[1].id);
  CHECK(by_key_file.service);
  CHECK_FALSE(by_key_file.reading);

  CHECK(keyring->unlock(recovery()).slot == slots[2].id);
  CHECK(same_keys(keyring->open_service(key_file()).keys, example.unlocked.service->keys));
  CHECK(same_keys(keyring->open_reading(recovery()).keys, example.unlocked.reading->keys));
}

TEST_CASE("keyring: slots say what they are without being opened") {
  const std::vector<SlotInfo> slots = example_keyring().keyring.slots();
  CHECK(slots[0].kind == CredentialKind::passphrase);
  CHECK(slots[0].opens == Compartments::both);
  CHECK(slots[0].cost == cheap);
  CHECK(slots[1].kind == CredentialKind::key_file);
  CHECK(slots[1].opens == Compartments::service);
  CHECK(slots[1].cost == Argon2idCost{});
  CHECK(slots[2].kind == CredentialKind::recovery);
}

TEST_CASE("keyring: a wrong credential is a wrong key, and nothing is said of the slots") {
  CreatedKeyring example = example_keyring();
  CHECK(unlock_error(example.keyring, passphrase("correct house")) == ErrorCode::wrong_key);
  CHECK(unlock_error(example.keyring, key_file(2)) == ErrorCode::wrong_key);
  CHECK(unlock_error(example.keyring, recovery(2)) == ErrorCode::wrong_key);
  // The same bytes as another kind of credential open nothing either.
  CHECK(unlock_error(example.keyring, Credential::key_file(SecretBytes::copy_of(
                                          recovery().secret()))) == ErrorCode::wrong_key);

  const auto message = [&] {
    return std::string(error_of([&] { (void)example.keyring.unlock(passphrase("x")); })->what());
  };
  const std::string with_one_slot = message();
  FixedRandom random;
  example.keyring.add_slot(passphrase("another"), {.cost = cheap}, example.unlocked, random);
  CHECK(message() == with_one_slot);
}

TEST_CASE("keyring: a key file for the service keys never opens the reading keys") {
  const CreatedKeyring example = example_keyring();
  CHECK(error_code([&] { (void)example.keyring.open_reading(key_file()); }) ==
        ErrorCode::wrong_key);
  CreatedKeyring changed = example_keyring();
  const UnlockedKeyring unlocked = changed.keyring.unlock(key_file());
  FixedRandom random;
  CHECK(error_code([&] {
          changed.keyring.add_slot(passphrase("mine"), {.cost = cheap}, unlocked, random);
        }) == ErrorCode::usage);
  CHECK(changed.keyring.slots().size() == 3);
}

TEST_CASE("keyring: a new passphrase rewrites its own slot and no other byte") {
  CreatedKeyring example = example_keyring();
  const Bytes before = example.keyring.encode();
  FixedRandom random(8);
  const SlotId id = example.keyring.slots()[0].id;
  example.keyring.change_slot(id, passphrase("new"), cheap, example.unlocked, random);
  const Bytes after = example.keyring.encode();
  REQUIRE(after.size() == before.size());
  for (std::size_t i = 0; i < before.size() - 32; ++i) {
    const bool in_slot = i >= first_slot_at && i < first_slot_at + slot_bytes;
    if (!in_slot) CHECK(before[i] == after[i]);
  }
  CHECK(example.keyring.slots()[0].id == id);
  CHECK(unlock_error(example.keyring, passphrase()) == ErrorCode::wrong_key);
  CHECK(same_keys(example.keyring.unlock(passphrase("new")).reading->keys,
                  example.unlocked.reading->keys));
  CHECK_FALSE(unlock_error(example.keyring, recovery()));
}

TEST_CASE("keyring: the last slot that opens a compartment cannot be removed") {
  CreatedKeyring example = example_keyring();
  const std::vector<SlotInfo> slots = example.keyring.slots();
  example.keyring.remove_slot(slots[0].id);
  CHECK(unlock_error(example.keyring, passphrase()) == ErrorCode::wrong_key);
  const auto refusal = error_of([&] { example.keyring.remove_slot(slots[2].id); });
  REQUIRE(refusal);
  CHECK(refusal->code() == ErrorCode::usage);
  CHECK(std::string(refusal->what()) ==
        "keyring: this is the last slot that opens the reading keys");
  example.keyring.remove_slot(slots[1].id);
  CHECK(error_code([&] { example.keyring.remove_slot(slots[1].id); }) == ErrorCode::not_found);
  CHECK_FALSE(unlock_error(example.keyring, recovery()));
}

TEST_CASE("keyring: 32 slots fit, and one more does not") {
  CreatedKeyring example = example_keyring();
  FixedRandom random;
  const NewSlot slot{.opens = Compartments::reading, .cost = {}};
  for (std::uint64_t i = 3; i < 32; ++i) {
    example.keyring.add_slot(key_file(100 + i), slot, example.unlocked, random);
  }
  CHECK(error_code([&] {
          example.keyring.add_slot(key_file(200), slot, example.unlocked, random);
        }) == ErrorCode::limit);
  const auto keyring = Keyring::decode(example.keyring.encode());
  REQUIRE(keyring);
  CHECK_FALSE(error_code([&] { (void)keyring->open_reading(key_file(131)); }));
}

TEST_CASE("keyring: the golden file is written, and opens, as ever") {
  CHECK(matches_golden("keyring/keyring", example_keyring().keyring.encode()));
  const auto keyring = Keyring::decode(read_golden("keyring/keyring"));
  REQUIRE(keyring);
  CHECK(equal(keyring->encode(), read_golden("keyring/keyring")));
  for (const Credential& credential : {passphrase(), key_file(), recovery()}) {
    CHECK(same_keys(keyring->open_service(credential).keys,
                    example_keyring().unlocked.service->keys));
  }
}

TEST_CASE("keyring: no secret stands in clear") {
  const CreatedKeyring example = example_keyring();
  const Bytes bytes = example.keyring.encode();
  const std::string_view text = as_text(bytes);
  const auto appears = [&](ByteView secret) {
    return text.find(as_text(secret.first(8))) != std::string_view::npos;
  };
  const auto& [service, service_key] = *example.unlocked.service;
  const auto& [reading, reading_key] = *example.unlocked.reading;
  for (const ByteView secret :
       {service.transport.view(), service.log.view(), service.witness.view(),
        service.replica.view(), service_key.view(), reading.reading.view(), reading.catalog.view(),
        reading.authority->view(), reading_key.view(), as_bytes("correct horse")}) {
    CHECK_FALSE(appears(secret));
  }
  CHECK(appears(example_identity().vault.view()));
}

TEST_CASE("keyring: every flipped bit and every cut is damage") {
  const Bytes bytes = example_keyring().keyring.encode();
  for_each_bit_flip(bytes, [](ByteView damaged, std::size_t bit) {
    CAPTURE(bit);
    CHECK_FALSE(Keyring::decode(damaged));
  });
  for_each_truncation(bytes, [](ByteView cut) { CHECK_FALSE(Keyring::decode(cut)); });
  Bytes longer = bytes;
  longer.push_back(std::byte{0});
  CHECK_FALSE(Keyring::decode(longer));
}

TEST_CASE("keyring: whoever makes the checksum fit again gets no other keys opened") {
  const CreatedKeyring example = example_keyring();
  constexpr std::size_t contents_at = first_slot_at + 3 * slot_bytes;
  int opened = 0;
  for_each_bit_flip(example.keyring.encode(), [&](ByteView damaged, std::size_t bit) {
    // Within the sealed contents one bit is like another; each costs several keys in locked memory.
    if (bit / 8 > contents_at && bit % 61 != 0) return;
    CAPTURE(bit);
    std::optional<Keyring> keyring;
    const auto refused = error_code([&] { keyring = Keyring::decode(with_checksum(damaged)); });
    if (refused) CHECK(refused == ErrorCode::unsupported);
    if (!keyring) return;
    std::optional<UnlockedKeyring> unlocked;
    const auto code = error_code([&] { unlocked = keyring->unlock(recovery()); });
    if (code) {
      CHECK((code == ErrorCode::wrong_key || code == ErrorCode::damaged));
      return;
    }
    ++opened;
    if (unlocked->service) {
      CHECK(same_keys(unlocked->service->keys, example.unlocked.service->keys));
    }
    if (unlocked->reading) {
      CHECK(same_keys(unlocked->reading->keys, example.unlocked.reading->keys));
    }
  });
  CHECK(opened > 0);  // the generation, and the other slots
}

TEST_CASE("keyring: the keys of one vault do not open in the place of another's") {
  const Bytes other = example_keyring(example_identity(8)).keyring.encode();
  Bytes bytes = example_keyring().keyring.encode();
  // The other keyring under this one's vault id, then under its device and consortium ids.
  Bytes foreign = other;
  std::ranges::copy(std::span(bytes).subspan(24, 16), foreign.begin() + 24);
  CHECK(unlock_error(*Keyring::decode(with_checksum(foreign)), recovery()) == ErrorCode::wrong_key);
  foreign = other;
  std::ranges::copy(std::span(bytes).subspan(40, 48), foreign.begin() + 40);
  CHECK(unlock_error(*Keyring::decode(with_checksum(foreign)), recovery()) == ErrorCode::damaged);
}

TEST_CASE("keyring: another version is refused by name") {
  const auto error = error_of([] { (void)altered(8, {2}); });
  REQUIRE(error);
  CHECK(error->code() == ErrorCode::unsupported);
  CHECK(std::string(error->what()) == "keyring: version 2, this program reads version 1");
}

TEST_CASE("keyring: numbers that cannot be are refused before they cost anything") {
  constexpr std::size_t slot = first_slot_at;
  CHECK(altered(0, {0x89}));
  CHECK_FALSE(altered(0, {0x88}));                               // magic
  CHECK_FALSE(altered(10, {33}));                                // more slots than fit
  CHECK_FALSE(altered(10, {0xff, 0xff}));                        //
  CHECK_FALSE(altered(10, {2}));                                 // fewer slots than there are
  CHECK_FALSE(altered(12, {1}));                                 // zeros
  CHECK_FALSE(altered(88, {1}));                                 //
  CHECK_FALSE(altered(slot + 16, {0}));                          // kinds
  CHECK_FALSE(altered(slot + 16, {4}));                          //
  CHECK_FALSE(altered(slot + 17, {0}));                          // compartments
  CHECK_FALSE(altered(slot + 17, {4}));                          //
  CHECK_FALSE(altered(slot + 17, {1}));                          // a key that should not be there
  CHECK_FALSE(altered(slot + 20, {0}));                          // no pass
  CHECK_FALSE(altered(slot + 20, {65}));                         // 65 passes
  CHECK(altered(slot + 24, {0, 0, 0, 0, 1}));                    // 4 GiB
  CHECK_FALSE(altered(slot + 24, {1, 0, 0, 0, 1}));              // more
  CHECK_FALSE(altered(slot + 24, {0xff, 0x1f}));                 // less than 8 KiB
  CHECK_FALSE(altered(slot + slot_bytes + 20, {1}));             // a key file with a cost
  CHECK_FALSE(altered(slot + 3 * slot_bytes, {1, 4}));           // a content of 1,025 bytes
  CHECK_FALSE(altered(slot + 3 * slot_bytes, {0, 8}));           // one longer than the file
  CHECK_FALSE(altered(slot + 3 * slot_bytes, {0, 0, 0, 0x80}));  // 2 GiB
}

TEST_CASE("keyring: slots with one id, or none that opens the reading keys, are refused") {
  const Bytes bytes = example_keyring().keyring.encode();
  const auto slot_at = [](std::size_t i) {
    return static_cast<std::ptrdiff_t>(first_slot_at + i * slot_bytes);
  };
  Bytes twins = bytes;
  std::copy_n(twins.begin() + slot_at(0), 16, twins.begin() + slot_at(1));
  CHECK_FALSE(Keyring::decode(with_checksum(twins)));
  Bytes service_only = bytes;
  service_only.erase(service_only.begin() + slot_at(2), service_only.begin() + slot_at(3));
  service_only.erase(service_only.begin() + slot_at(0), service_only.begin() + slot_at(1));
  service_only[10] = std::byte{1};
  CHECK_FALSE(Keyring::decode(with_checksum(service_only)));
}

TEST_CASE("keyring: repeated random numbers do not repeat a key for other contents") {
  const auto sealed_with = [](std::uint64_t keys) {
    FixedRandom key_random(keys);
    ServiceKeys service = ServiceKeys::generate(key_random);
    ReadingKeys reading = ReadingKeys::generate(key_random);
    FixedRandom random(1);
    CreatedKeyring created =
        Keyring::create(example_identity(), std::move(service), std::move(reading), random);
    created.keyring.add_slot(recovery(), {}, created.unlocked, random);
    return created.keyring.encode();
  };
  const Bytes first = sealed_with(1);
  const Bytes second = sealed_with(2);
  // Slots are equal, since the compartment keys are; the salts of the contents are not.
  constexpr std::size_t content_salt_at = first_slot_at + slot_bytes + 4;
  CHECK(std::equal(first.begin(), first.begin() + content_salt_at, second.begin()));
  CHECK_FALSE(equal(ByteView(first).subspan(content_salt_at, 32),
                    ByteView(second).subspan(content_salt_at, 32)));
}

}  // namespace muniment
