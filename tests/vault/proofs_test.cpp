// Proofs of files, as the facade writes them. What they prove to somebody without a vault is
// tests/cli/test_prove.py's affair.
#include "vault/proofs.hpp"

#include "tests/vault/members.hpp"
#include "tests/vault/tlog_text.hpp"
#include "vault/file_proof.hpp"
#include "vault/ledger/entries.hpp"

using namespace muniment;
using namespace muniment::test;

namespace {

Contents many(std::size_t count) {
  Contents contents;
  for (std::size_t i = 0; i < count; ++i) {
    contents[std::to_string(i % 7) + "/secret-name-" + std::to_string(i)] =
        "secret text " + std::to_string(i);
  }
  return contents;
}

std::string text_of(const fs::path& path) {
  return std::string(as_text(bytes_of(path)));
}

ProofReport prove(Vault& vault, Activity& activity, const std::string& snapshot,
                  const std::string& path, const ProofOptions& options) {
  return Proofs(vault).write(vault.resolve(*SnapshotName::parse(snapshot)), path, options,
                             activity);
}

// The leaf, from the texts of file.txt alone.
std::string leaf_in(const fs::path& proof) {
  const std::string text = text_of(proof / file_proof::fields);
  RecordReader record(text, "muniment/file-proof/v1");
  std::vector<DisclosureField> fields;
  for (const std::string label : {"content", "name", "time", "parts"}) {
    DisclosureField field{.label = label, .value = {}, .salt = {}, .digest = {}};
    if (record.key(label).word() == "hidden") {
      field.digest = record.hex<Sha256Digest>();
    } else {
      field.salt = record.hex<Sha256Digest>();
      const std::string value(record.word());
      if (value != "-") field.value = as_text(from_base64(value).value());
      // As FORMAT.md has it.
      Bytes message = to_bytes(std::string_view("muniment/field/v1\0", 18));
      message.push_back(static_cast<std::byte>(label.size()));
      message.push_back(std::byte{0});
      append(message, as_bytes(label));
      append(message, field.salt.view());
      for (unsigned i = 0; i < 8; ++i) {
        message.push_back(static_cast<std::byte>(field.value.size() >> (8 * i) & 0xffU));
      }
      append(message, as_bytes(field.value));
      field.digest = sha256(message);
    }
    fields.push_back(field);
  }
  REQUIRE(record.done());
  return disclosure_leaf(fields);
}

// Everything that leads from file.txt to a signature.
void check_chain(const fs::path& proof, const VerifyKey<LogPurpose>& log) {
  const std::string text = text_of(proof / file_proof::entry);
  const auto entry = decode_snapshot(text);
  REQUIRE(entry);
  const TlogProof leaf = read_tlog_proof(text_of(proof / file_proof::leaf));
  CHECK(proves(leaf, leaf_in(proof)));
  const auto tree = decode_checkpoint(leaf.checkpoint.text);
  CHECK(tree->root == entry->content_root);

  const TlogProof place = read_tlog_proof(text_of(proof / file_proof::entry_place));
  CHECK(proves(place, text));
  const auto origin = decode_checkpoint(place.checkpoint.text)->origin;
  const auto name = LedgerName::from_origin(origin);
  REQUIRE(name);
  CHECK(name->collection == entry->collection);
  CHECK(open_checkpoint(place.checkpoint, name->note_key(log)));
  CHECK(tree->origin == origin + "/" + std::to_string(entry->number));
}

VerifyKey<LogPurpose> log_key_in(const fs::path& proof) {
  const std::string who = text_of(proof / file_proof::identities);
  RecordReader record(who, "muniment/proof-identities/v1");
  while (record.key_if("charter")) {
    static_cast<void>(record.base64());
    static_cast<void>(read_approvals(record));
  }
  const Bytes text = record.key("device").base64();
  return decode_certificate(as_text(text)).value().keys.log;
}

}  // namespace

TEST_CASE(
    "proofs: every file's leaf leads to the content root, the ledger's entry and a signature") {
  SampleVault sample;
  const Contents contents = many(21);
  sample.ingest({{"other", "snapshot"}});
  sample.ingest(contents);
  Vault vault = sample.open();
  std::set<std::uint64_t> places;
  for (const auto& [path, text] : contents) {
    CAPTURE(path);
    const fs::path out = sample.directory.path() / std::to_string(places.size());
    const ProofReport report =
        prove(vault, sample.activity, "files/2", path, {.hidden = {}, .directory = out});
    CHECK(report.directory == out);
    CHECK(report.files.size() == 6);
    CHECK(report.warnings.size() == 1);
    check_chain(out, log_key_in(out));
    places.insert(read_tlog_proof(text_of(out / file_proof::leaf)).index);
    const std::string fields = text_of(out / file_proof::fields);
    CHECK(fields.find(to_base64(as_bytes(path))) != std::string::npos);
    const std::string value =
        "sha256 " + sha256(as_bytes(text)).hex() + "\nsize " + std::to_string(text.size()) + "\n";
    CHECK(fields.find(to_base64(as_bytes(value))) != std::string::npos);
  }
  CHECK(places.size() == contents.size());
}

TEST_CASE("proofs: what is hidden, and all other files, are not in it") {
  SampleVault sample;
  const Contents contents = many(40);
  sample.ingest(contents);
  Vault vault = sample.open();
  const std::string shown = "3/secret-name-3";
  const std::vector<std::string> labels{"content", "name", "time", "parts"};
  for (const std::string& kept : labels) {
    CAPTURE(kept);
    ProofOptions options;
    options.directory = sample.directory.path() / kept;
    for (const std::string& label : labels) {
      if (label != kept) options.hidden.insert(label);
    }
    options.hidden.insert("members");
    static_cast<void>(prove(vault, sample.activity, "files/1", shown, options));
    check_chain(options.directory, log_key_in(options.directory));
    std::string all;
    for (const auto& file : fs::directory_iterator(options.directory)) all += text_of(file.path());
    const auto has = [&](std::string_view part) { return all.find(part) != std::string::npos; };
    for (const auto& [path, text] : contents) {
      const bool own = path == shown;
      const Sha256Digest digest = sha256(as_bytes(text));
      const std::string content =
          "sha256 " + digest.hex() + "\nsize " + std::to_string(text.size()) + "\n";
      CHECK(has(to_base64(as_bytes(path))) == (own && kept == "name"));
      CHECK(has(to_base64(as_bytes(content))) == (own && kept == "content"));
      for (const std::string& form : {path, text, digest.hex(), to_base64(digest.view())}) {
        CHECK_FALSE(has(form));
      }
    }
    CHECK_FALSE(has("member-name"));
  }
}

TEST_CASE("proofs: of a partner's snapshot, without a word on who proves it") {
  TestMember paper("paper", 1);
  TestMember radio("radio", 2);
  paper.take_in(radio, Roles().add(Role::reader).add(Role::custodian));
  paper.create("letters");
  static_cast<void>(paper.ingest("letters", many(9)));
  CHECK(radio.accept(paper.grant("letters", radio)).entries > 0);
  radio.copy_packs_from(paper);
  Vault vault = radio.open();
  const fs::path out = radio.directory.path() / "proof";
  const ProofReport report = prove(vault, radio.activity, "letters/1", "3/secret-name-3",
                                   {.hidden = {}, .directory = out});
  check_chain(out, log_key_in(out));
  CHECK(report.witnesses == 0);
  const std::string who = text_of(out / file_proof::identities);
  CHECK(who.find(to_base64(as_bytes("paper"))) != std::string::npos);
  CHECK(who.find(to_base64(as_bytes("radio"))) == std::string::npos);
}

TEST_CASE("proofs: what a depositor took in is proved by who can read it") {
  TestMember paper("paper", 1);
  TestMember source("source", 2);
  paper.take_in(source, Roles().add(Role::contributor));
  paper.create("letters");
  CHECK(source.accept(paper.grant("letters", source, Rights::deposit)).entries > 0);
  source.copy_packs_from(paper);
  CHECK(source.ingest("letters", many(9)) == "letters/1@source-desk");
  static_cast<void>(paper.accept(source.text_for(paper)));
  paper.copy_packs_from(source);
  Vault vault = paper.open();
  const fs::path out = paper.directory.path() / "proof";
  static_cast<void>(prove(vault, paper.activity, "letters/1@source-desk", "3/secret-name-3",
                          {.hidden = {}, .directory = out}));
  check_chain(out, log_key_in(out));
}

TEST_CASE("proofs: what cannot be asked for") {
  SampleVault sample;
  sample.ingest(many(3));
  Vault vault = sample.open();
  const fs::path out = sample.directory.path() / "proof";
  const auto code = [&](const std::string& path, const ProofOptions& options) {
    const auto error = error_of(
        [&] { static_cast<void>(prove(vault, sample.activity, "files/1", path, options)); });
    REQUIRE(error);
    CHECK_FALSE(error->hint().empty());
    return error->code();
  };
  const std::string path = "1/secret-name-1";
  CHECK(code("1/absent", {{}, out}) == ErrorCode::not_found);
  CHECK(code("1", {{}, out}) == ErrorCode::usage);
  CHECK(code(path, {{"size"}, out}) == ErrorCode::usage);
  CHECK(code(path, {{"content", "name", "time", "parts"}, out}) == ErrorCode::usage);
  CHECK_FALSE(fs::exists(out));
  fs::create_directory(out);
  CHECK(code(path, {{}, out}) == ErrorCode::exists);
  CHECK(fs::is_empty(out));
}

TEST_CASE("proofs: the access log has it first, and where it cannot, nothing is written") {
  SampleVault sample;
  sample.ingest(many(3));
  const fs::path out = sample.directory.path() / "proof";
  {
    Vault vault = sample.open();
    static_cast<void>(prove(vault, sample.activity, "files/1", "1/secret-name-1",
                            {.hidden = {"name", "time"}, .directory = out}));
  }
  std::vector<AccessRecord> records;
  {
    Vault vault = sample.open();
    static_cast<void>(vault.read_access_log(
        [&](const AccessInfo& info) {
          if (info.record.act == access_act::prove) records.push_back(info.record);
          return true;
        },
        sample.activity));
  }
  REQUIRE(records.size() == 2);
  CHECK(records[0].stage == AccessStage::intent);
  CHECK(records[0].path == "1/secret-name-1");
  CHECK(records[0].detail == "without name, time");
  CHECK(records[1].outcome == AccessOutcome::ok);
  fs::remove_all(out);

  FaultyFileSystem faulty(*sample.files);
  Vault vault = sample.open(faulty);
  const SnapshotInfo snapshot = vault.resolve(*SnapshotName::parse("files/1"));
  std::size_t survived = 0;
  for (;; ++survived) {
    faulty.set_fault(Fault{faulty.operations().size() + survived, ENOSPC, false, true});
    const auto error = error_of([&] {
      static_cast<void>(Proofs(vault).write(snapshot, "1/secret-name-1",
                                            {.hidden = {}, .directory = out}, sample.activity));
    });
    if (!error) break;
    CAPTURE(survived);
    CHECK(error->code() == ErrorCode::io);
    CHECK_FALSE(fs::exists(out));
  }
  CHECK(survived > 12);
  check_chain(out, log_key_in(out));
}
