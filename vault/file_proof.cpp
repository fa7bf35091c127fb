#include "vault/file_proof.hpp"

#include <fmt/format.h>

#include "vault/base/bytes.hpp"
#include "vault/crypto/hash.hpp"

namespace muniment {

namespace {

constexpr std::string_view vouched_by_entry = "muniment/ledger-entry/v1";

}  // namespace

std::string encode_proof_fields(std::span<const DisclosureField> fields,
                                const std::set<std::string>& hidden) {
  RecordWriter record("muniment/file-proof/v1");
  for (const DisclosureField& field : fields) {
    record.key(field.label);
    if (hidden.contains(field.label)) {
      record.word("hidden").hex(field.digest.view());
    } else {
      record.word("shown").hex(field.salt.view());
      record.word(field.value.empty() ? "-" : to_base64(as_bytes(field.value)));
    }
  }
  return record.finish();
}

SignedNote content_note(const LedgerName& ledger, std::uint64_t snapshot, const TreeHead& tree,
                        const Sha256Digest& entry_leaf) {
  const std::string origin = ledger.origin();
  const Checkpoint head{fmt::format("{}/{}", origin, snapshot), tree.size, tree.root};
  SignedNote note{encode(head), {}};
  note.signatures.push_back(
      {origin, note_key_id(origin, NoteKeyType::unassigned, as_bytes(vouched_by_entry)),
       to_bytes(sha256(entry_leaf.view(), as_bytes(note.text)).view())});
  return note;
}

std::string encode(const ProofIdentities& identities) {
  RecordWriter record("muniment/proof-identities/v1");
  for (const CharterEntry& charter : identities.charters) {
    record.key("charter").base64(as_bytes(charter.text));
    write_approvals(record, charter.approvals);
  }
  for (const DeviceEntry& device : identities.devices) {
    record.key("device").base64(as_bytes(device.text));
    write_approval(record, device.approval);
  }
  for (const auto& [member, name] : identities.names) {
    record.key("member-name").hex(member.view()).hex(name.salt.view());
    record.base64(as_bytes(name.name));
  }
  return record.finish();
}

std::string proof_readme(const std::set<std::string>& hidden, std::size_t anchors) {
  std::string text =
      "This folder proves that one file was in a snapshot that a member of a consortium sealed\n"
      "with Muniment. It is checked without the vault and without a network:\n"
      "\n"
      "    check-proof FOLDER         says what is proved, and by whom\n"
      "    check-proof FOLDER FILE    and whether FILE is the file\n"
      "\n"
      "scripts/check-proof stands in Muniment's source and needs Python 3 and openssl. Believe "
      "what\n"
      "it prints: this page is for people, and nothing checks it.\n"
      "\n"
      "file.txt             the file's digest and size, its path and its time, each behind a salt\n"
      "snapshot.tlog-proof  that it is in the snapshot: a path of hashes to the content root\n"
      "snapshot.txt         the entry of the ledger that has the content root\n"
      "ledger.tlog-proof    that the entry is in the ledger, and the ledger's signed checkpoint\n"
      "who.txt              the consortium's charters, and the certificates of the keys that "
      "signed\n";
  if (anchors > 0) {
    text +=
        "anchor-N.txt         what others said of the time: a signed reply of a time stamp "
        "authority,\n"
        "                     or an OpenTimestamps file\n"
        "anchor-N.tlog-proof  that the entry is in the ledger as it was anchored\n";
  }
  text += "\nHidden, and not to be guessed from what is here: ";
  std::string names;
  for (const std::string& label : hidden) {
    names += (names.empty() ? "" : ", ") + (label == "members" ? "names of members" : label);
  }
  text += names.empty() ? "nothing" : names;
  text +=
      ".\n"
      "\n"
      "Nothing of the snapshot's other files is here but how many there are, and in snapshot.txt\n"
      "how many packs it all takes. Of the consortium there are ids, public keys and roles of its\n"
      "members.\n";
  if (!hidden.contains("content")) {
    text +=
        "\n"
        "Before you hand it on: it fits one exact row of bytes. Copies that were given to "
        "different\n"
        "people may differ, by a watermark or by chance, so exact bytes can identify a source.\n";
  }
  return text;
}

}  // namespace muniment
