// Anchors, as the facade asks for them, keeps them and compares them with the ledgers. What openssl
// says of time stamps is tests/cli/test_anchor.py's affair.
#include "vault/anchors.hpp"

#include "tests/note/ots_files.hpp"
#include "tests/note/timestamp_replies.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/golden.hpp"
#include "tests/vault/members.hpp"
#include "tests/vault/tlog_text.hpp"
#include "vault/anchor.hpp"
#include "vault/proofs.hpp"

using namespace muniment;
using namespace muniment::test;

namespace {

constexpr UnixSeconds noon = 1795953600;
constexpr const char* noon_text = "20261129120000Z";

constexpr std::string_view certificate =
    "-----BEGIN CERTIFICATE-----\nY2VydGlm\naWNhdGU=\n-----END CERTIFICATE-----\n";

void accept(const Sha256Digest&, ByteView, ByteView) {}

struct Anchoring : SampleVault {
  Anchoring() { ingest({{"a", "alpha"}, {"b", "beta"}}); }

  std::vector<AnchorRequest> request(const std::string& name = "requests") {
    Vault vault = open_locked();
    return Anchors(vault).request(directory.path() / name, false, activity);
  }
  // The request for the ledger of the collection, which has more than the built-in one's entries.
  AnchorRequest collection_request(const std::string& name = "requests") {
    Vault vault = open();
    for (AnchorRequest& made : Anchors(vault).request(directory.path() / name, false, activity)) {
      if (made.ledger == "files of device") return std::move(made);
    }
    FAIL("no request for the collection");
    return {};
  }
  fs::path save(const std::string& name, ByteView bytes) {
    const fs::path saved = directory.path() / name;
    write_text(saved, as_text(bytes));
    return saved;
  }
  AnchorImport import(const std::vector<fs::path>& replies, const TimestampCheck& check = accept) {
    Vault vault = open();
    return Anchors(vault).import(replies, save("ca.pem", as_bytes(certificate)), check, activity);
  }
  VerifyReport verify_unlocked() { return verify(VerifyDepth::presence); }
};

Sha256Digest digest_of(const AnchorRequest& request) {
  return sha256(bytes_of(request.files[0]));
}

Anchor sample_anchor() {
  const Bytes note = read_golden("note/cosigned-checkpoint");
  const auto checkpoint = decode_signed_note(as_text(note));
  Anchor anchor{*checkpoint, {}, {}};
  const Sha256Digest digest = note_identity(anchor.checkpoint);
  anchor.timestamps = {{timestamp_reply(digest, noon_text), to_bytes(certificate)},
                       {timestamp_reply(digest, "20261129120001Z"),
                        to_bytes("others\n" + std::string(certificate))}};
  anchor.ots = OtsBuilder(digest).append("nonce").sha256().bitcoin(900'000).bytes();
  return anchor;
}

}  // namespace

TEST_CASE("anchor: text round trip, golden, truncations, bit flips") {
  const std::string text = encode(sample_anchor());
  CHECK(matches_golden("vault/anchor", as_bytes(text)));
  const auto anchor = decode_anchor(text);
  REQUIRE(anchor);
  CHECK(encode(*anchor) == text);
  CHECK(anchor->timestamps == sample_anchor().timestamps);
  CHECK(anchor->ots == sample_anchor().ots);
  for_each_truncation(as_bytes(text), [&](ByteView cut) {
    const auto read = decode_anchor(as_text(cut));
    CHECK((!read || encode(*read) == as_text(cut)));
    if (read) CHECK(read->ots.empty());
  });
  for_each_bit_flip(as_bytes(text), [](ByteView flipped, std::size_t) {
    const auto read = decode_anchor(as_text(flipped));
    CHECK((!read || encode(*read) == as_text(flipped)));
  });
  Anchor other = sample_anchor();
  other.timestamps[0].reply = timestamp_reply(sha256({}), noon_text);
  CHECK_FALSE(decode_anchor(encode(other)));
  other = sample_anchor();
  other.timestamps[0].certificates = to_bytes("no certificate");
  CHECK_FALSE(decode_anchor(encode(other)));
  other = sample_anchor();
  other.ots = OtsBuilder(sha256({})).bitcoin(1).bytes();
  CHECK_FALSE(decode_anchor(encode(other)));
}

TEST_CASE("anchors: requests are of the newest checkpoints, and of each only one") {
  Anchoring sample;
  const auto requests = sample.request();
  REQUIRE(requests.size() == 2);
  for (const AnchorRequest& request : requests) {
    REQUIRE(request.files.size() == 3);
    const auto checkpoint = decode_checkpoint(as_text(bytes_of(request.files[0])));
    REQUIRE(checkpoint);
    CHECK(checkpoint->size == request.entries);
    const Sha256Digest digest = digest_of(request);
    CHECK(bytes_of(request.files[1]) == timestamp_query(digest));
    CHECK(bytes_of(request.files[2]) == ots_head(digest));
  }
  CHECK(error_of([&] { static_cast<void>(sample.request()); })->code() == ErrorCode::exists);
  CHECK(sample.request("again").size() == 2);
  const AnchorRequest one = sample.collection_request("third");
  CHECK(sample.import({sample.save("r", timestamp_reply(digest_of(one), noon_text))})
            .anchored.size() == 1);
  CHECK(sample.request("fourth").size() == 1);
}

TEST_CASE("anchors: verify says who says when, and of what") {
  Anchoring sample;
  const AnchorRequest asked = sample.collection_request();
  sample.ingest({{"c", "gamma"}});
  const Sha256Digest digest = digest_of(asked);
  const Bytes ots = OtsBuilder(digest)
                        .fork()
                        .pending("https://bob.example")
                        .append("x")
                        .sha256()
                        .bitcoin(358391)
                        .bytes();
  Bytes checked;
  const AnchorImport report = sample.import(
      {sample.save("a.tsr", timestamp_reply(digest, noon_text)), sample.save("a.ots", ots)},
      [&](const Sha256Digest& of, ByteView reply, ByteView certificates) {
        CHECK(of == digest);
        CHECK(equal(reply, timestamp_reply(digest, noon_text)));
        checked = to_bytes(certificates);
      });
  CHECK(as_text(checked) == certificate);
  CHECK(report.known == 0);
  const VerifyReport found = sample.verify_unlocked();
  CHECK(found.damage.empty());
  for (const auto& anchored : {report.anchored, found.anchored}) {
    REQUIRE(anchored.size() == 3);
    for (const Anchored& one : anchored) {
      CHECK(one.ledger == "files of device");
      CHECK(one.entries == asked.entries);
    }
    CHECK(anchored[0].before == noon);
    CHECK(anchored[0].certificates == sha256(as_bytes("certificate")));
    CHECK(anchored[1].by == "https://bob.example");
    CHECK(anchored[2].block == 358391);
  }
  // The same again brings nothing, and a file that knows less does not take the place of this one.
  const fs::path less =
      sample.save("b.ots", OtsBuilder(digest).pending("https://alice.example").bytes());
  CHECK(sample.import({sample.directory.path() / "a.tsr", less}).known == 2);
  CHECK(sample.verify_unlocked().anchored.size() == 3);
  Vault locked = sample.open_locked();
  CHECK(locked.verify(VerifyDepth::presence, sample.activity).anchored.size() == 3);
}

TEST_CASE("anchors: what is no reply to a request here, or is not accepted, is not kept") {
  Anchoring sample;
  const AnchorRequest asked = sample.collection_request();
  const fs::path good = sample.save("good", timestamp_reply(digest_of(asked), noon_text));
  const auto code = [&](const fs::path& bad, const TimestampCheck& check = accept) {
    const auto error = error_of([&] { static_cast<void>(sample.import({good, bad}, check)); });
    REQUIRE(error);
    CHECK(sample.verify_unlocked().anchored.empty());
    return error->code();
  };
  CHECK(code(sample.save("1", timestamp_reply(sha256({}), noon_text))) == ErrorCode::not_found);
  CHECK(code(sample.save("2", as_bytes("neither"))) == ErrorCode::damaged);
  CHECK(code(sample.save("3", ots_head(digest_of(asked)))) == ErrorCode::damaged);
  CHECK(code(sample.save("4", Bytes(timestamp_bytes_max + 1))) == ErrorCode::limit);
  CHECK(code(sample.directory.path() / "absent") == ErrorCode::not_found);
  CHECK(code(good, [](const Sha256Digest&, ByteView, ByteView) {
          throw Error(ErrorCode::damaged, "no");
        }) == ErrorCode::damaged);
  Vault vault = sample.open();
  const std::vector<fs::path> replies{good};
  CHECK(error_of([&] {
          static_cast<void>(Anchors(vault).import(replies, {}, accept, sample.activity));
        })->code() == ErrorCode::usage);
}

TEST_CASE("anchors: a ledger that was put back or replaced does not have what was anchored") {
  Anchoring sample;
  const fs::path ledgers = sample.path / "ledgers";
  const fs::path before = sample.directory.path() / "before";
  fs::copy(ledgers, before, fs::copy_options::recursive);
  sample.ingest({{"c", "gamma"}});
  const AnchorRequest asked = sample.collection_request();
  static_cast<void>(
      sample.import({sample.save("r", timestamp_reply(digest_of(asked), noon_text))}));
  const auto damage_of = [&] {
    Vault vault = sample.open_locked();
    const VerifyReport report = vault.verify(VerifyDepth::presence, sample.activity);
    std::string all;
    for (const Damage& damage : report.damage) all += damage.object + ": " + damage.cause + "\n";
    return all;
  };
  CHECK(damage_of().empty());
  fs::path kept;
  for (const auto& entry : fs::recursive_directory_iterator(ledgers)) {
    if (entry.path().parent_path().filename() == "anchors" &&
        entry.path().filename() == digest_of(asked).hex()) {
      kept = entry.path();
    }
  }
  REQUIRE_FALSE(kept.empty());
  const fs::path ledger = kept.parent_path().parent_path();

  // Put back to where it was, anchors and all else staying.
  const fs::path now = sample.directory.path() / "now";
  fs::copy(ledger, now, fs::copy_options::recursive);
  for (const char* copy : {"tail", "tail.2"}) {
    fs::copy_file(before / ledger.filename() / copy, ledger / copy,
                  fs::copy_options::overwrite_existing);
  }
  CHECK(damage_of().find("put back") != std::string::npos);
  for (const char* copy : {"tail", "tail.2"}) {
    fs::copy_file(now / copy, ledger / copy, fs::copy_options::overwrite_existing);
  }
  CHECK(damage_of().empty());

  // An anchor of another ledger, and one that is damaged.
  const Bytes good = bytes_of(kept);
  write_text(ledger / "anchors" / sha256({}).hex(), as_text(good));
  CHECK(damage_of().find("damaged") != std::string::npos);
  fs::remove(ledger / "anchors" / sha256({}).hex());
  const Anchor foreign = sample_anchor();
  write_text(ledger / "anchors" / note_identity(foreign.checkpoint).hex(), encode(foreign));
  CHECK(damage_of().find("not a checkpoint of this ledger") != std::string::npos);
}

TEST_CASE("anchors: a proof takes along those that have its entry and say when") {
  Anchoring sample;
  const AnchorRequest first = sample.collection_request("first");
  static_cast<void>(
      sample.import({sample.save("1", timestamp_reply(digest_of(first), noon_text))}));
  sample.ingest({{"c", "gamma"}});
  const AnchorRequest second = sample.collection_request("second");
  static_cast<void>(
      sample.import({sample.save("2", OtsBuilder(digest_of(second)).bitcoin(7).bytes())}));
  sample.ingest({{"d", "delta"}});
  const AnchorRequest third = sample.collection_request("third");
  static_cast<void>(
      sample.import({sample.save("3", OtsBuilder(digest_of(third)).pending("a").bytes())}));
  Vault vault = sample.open();
  const auto anchors_in = [&](const std::string& snapshot, const std::string& path) {
    const fs::path out = sample.directory.path() / ("proof-" + path);
    const ProofReport report =
        Proofs(vault).write(vault.resolve(*SnapshotName::parse(snapshot)), path,
                            {.hidden = {}, .directory = out}, sample.activity);
    const std::string entry(as_text(bytes_of(out / "snapshot.txt")));
    for (std::size_t i = 1; i <= report.anchors; ++i) {
      const std::string name = "anchor-" + std::to_string(i);
      const TlogProof place =
          read_tlog_proof(std::string(as_text(bytes_of(out / (name + ".tlog-proof")))));
      CHECK(proves(place, entry));
      const auto anchor = decode_anchor(as_text(bytes_of(out / (name + ".txt"))));
      REQUIRE(anchor);
      CHECK(encode(anchor->checkpoint) == encode(place.checkpoint));
    }
    return report.anchors;
  };
  CHECK(anchors_in("files/1", "a") == 2);
  CHECK(anchors_in("files/2", "c") == 1);
  CHECK(anchors_in("files/3", "d") == 0);
}
