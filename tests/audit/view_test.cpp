#include "vault/audit/view.hpp"

#include "tests/audit/fixture.hpp"
#include "vault/crypto/base64.hpp"
#include "vault/note/plain_text.hpp"

namespace muniment {

using test::AccessFixture;

namespace {

struct Rotated : AccessFixture {
  Rotated() {
    AccessLog log = this->log();
    for (int i = 0; i < 7; ++i) append(log, 100);
  }

  [[nodiscard]] std::vector<LedgerDamage> check() { return view()->check(activity).damage; }
};

// As a third party would: from the text alone.
bool proves(std::string_view text, std::uint64_t index, std::string_view entry,
            const NoteKey<LogPurpose>& log) {
  if (take_line(text) != "c2sp.org/tlog-proof@v1") return false;
  if (take_line(text) != "index " + std::to_string(index)) return false;
  MerkleProof proof;
  for (std::string_view line = take_line(text); !line.empty(); line = take_line(text)) {
    const auto bytes = from_base64(line);
    proof.push_back(*Sha256Digest::from_bytes(*bytes));
  }
  const auto note = decode_signed_note(text);
  const auto checkpoint = note ? open_checkpoint(*note, log) : std::nullopt;
  return checkpoint && verify_inclusion({checkpoint->size, checkpoint->root}, index,
                                        leaf_hash(as_bytes(entry)), proof);
}

}  // namespace

TEST_CASE("access log view: there is none before the first append") {
  AccessFixture fixture;
  CHECK_FALSE(fixture.view());
}

TEST_CASE("access log view: every entry has a proof that stands by itself") {
  Rotated fixture;
  const auto view = fixture.view();
  const NoteKey<LogPurpose> log = fixture.name.note_key(verify_key(fixture.key));
  std::vector<std::string> entries;
  view->visit([&](std::uint64_t index, std::string_view entry) {
    CHECK(index == entries.size());
    entries.emplace_back(entry);
    return true;
  });
  REQUIRE(entries.size() == 701);
  for (std::uint64_t index = 0; index + 1 < entries.size(); index += 50) {
    const std::string proof = view->proof(index);
    CHECK(proves(proof, index, entries[index], log));
    CHECK_FALSE(proves(proof, index, entries[index + 1], log));
  }
}

TEST_CASE("access log view: damage to older entries is named, and the rest stays readable") {
  Rotated fixture;
  CHECK(fixture.check().empty());
  const auto bundle = fixture.path("tile/entries/001");
  const auto tile = fixture.path("tile/0/000");

  fixture.files.open_or_create(tile)->write_at(40, as_bytes("?"));
  CHECK(fixture.check() ==
        std::vector<LedgerDamage>{{"access log: tile/0/000", "not what its entries give"}});
  fixture.files.remove(tile);
  CHECK(fixture.check() ==
        std::vector<LedgerDamage>{{"access log: tile/0/000", "missing or not whole"}});
  // The log itself goes on.
  AccessLog log = fixture.log();
  fixture.append(log);

  const Bytes whole = *read_file(fixture.files, bundle, 1U << 24U);
  fixture.files.open_or_create(bundle)->truncate(whole.size() - 1);
  CHECK(fixture.check().size() == 2);
  CHECK_THROWS_AS(static_cast<void>(fixture.details()), Error);
  CHECK_THROWS_AS(static_cast<void>(fixture.view()->proof(300)), Error);
}

TEST_CASE("access log view: an older entry that was changed, tile and all, is not the one signed") {
  Rotated fixture;
  const auto path = fixture.path("tile/entries/000");
  auto entries = *decode_bundle(*read_file(fixture.files, path, 1U << 24U), 256);
  entries[7] = entries[8];
  write_file_atomically(fixture.files, path, encode_bundle(entries));
  std::vector<Sha256Digest> leaves;
  for (const Bytes& entry : entries) leaves.push_back(leaf_hash(entry));
  write_file_atomically(fixture.files, fixture.path("tile/0/000"), encode_tile(leaves));
  CHECK(fixture.check() == std::vector<LedgerDamage>{
                               {"access log", "its older entries are not those that were signed"}});
  CHECK_THROWS_AS(static_cast<void>(fixture.details()), Error);
  CHECK_THROWS_AS(static_cast<void>(fixture.view()->proof(7)), Error);
}

TEST_CASE("access log view: entries of unknown kinds are kept and counted") {
  AccessFixture fixture;
  AccessLog log = fixture.log();
  fixture.append(log);
  std::vector<std::string> entries;
  fixture.view()->visit([&](std::uint64_t, std::string_view entry) {
    entries.emplace_back(entry);
    return true;
  });
  entries.emplace_back("muniment/teleport/v1\nto mars\n");
  Frontier frontier;
  for (const std::string& entry : entries) frontier.append(leaf_hash(as_bytes(entry)));
  write_access_tail(
      fixture.files, fixture.directory,
      encode_access_tail(fixture.name, {}, entries,
                         sign_checkpoint({fixture.name.origin(), frontier.size(), frontier.root()},
                                         fixture.name.origin(), fixture.key)));
  CHECK(fixture.view()->check(fixture.activity).unknown == 1);
  fixture.append(log);
  CHECK(fixture.details() == std::vector<std::string>{"r0", "r1"});
}

}  // namespace muniment
