#include "vault/anchors.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "vault/anchor.hpp"
#include "vault/base/assert.hpp"
#include "vault/ledger/load.hpp"
#include "vault/state.hpp"

namespace muniment {

namespace {

bool has_block(ByteView ots) {
  const auto file = decode_ots(ots);
  return file && file->names_block();
}

void add_statements(const Anchor& anchor, const std::string& ledger,
                    std::vector<Anchored>& statements) {
  const Checkpoint checkpoint = *decode_checkpoint(anchor.checkpoint.text);
  Anchored about;
  about.ledger = ledger;
  about.origin = checkpoint.origin;
  about.entries = checkpoint.size;
  for (const CheckedTimestamp& timestamp : anchor.timestamps) {
    const auto said = decode_timestamp_reply(timestamp.reply);
    Anchored statement = about;
    statement.before = said->time;
    statement.by = said->authority;
    statement.certificates = sha256(root_certificate(timestamp.certificates)->der);
    statements.push_back(std::move(statement));
  }
  const auto ots = decode_ots(anchor.ots);
  if (!ots) return;
  for (const OtsAttestation& attestation : ots->attestations) {
    Anchored statement = about;
    if (attestation.kind == OtsAttestation::Kind::bitcoin) {
      statement.block = attestation.block;
      statement.merkle_root = attestation.merkle_root;
    }
    statement.by = attestation.calendar;
    statements.push_back(std::move(statement));
  }
}

// What is wrong with an anchor of this ledger; empty if nothing is.
std::string problem_of(const Anchor& anchor, const Ledger& ledger, const NoteKey<LogPurpose>& log) {
  const auto checkpoint = open_checkpoint(anchor.checkpoint, log);
  if (!checkpoint || checkpoint->origin != log.name) return "not a checkpoint of this ledger";
  if (checkpoint->size > ledger.size()) {
    return "it is of more entries than the ledger has: the ledger was put back, or its end cut off";
  }
  if (merkle_root(checkpoint->size, ledger.nodes()) != checkpoint->root) {
    return "it is of other entries than the ledger has: the ledger was replaced";
  }
  return "";
}

// A reply, told from its bytes.
struct Reply {
  std::filesystem::path path;
  Bytes bytes;
  Sha256Digest digest;
  bool is_timestamp = false;
};

Bytes read_within(FileSystem& files, const std::filesystem::path& path, std::uint64_t limit) {
  auto bytes = read_file(files, path, limit);
  if (bytes) return std::move(*bytes);
  throw Error(ErrorCode::not_found, escape(path.native()) + ": there is no such file");
}

Reply read_reply(FileSystem& files, const std::filesystem::path& path) {
  Reply reply{path, read_within(files, path, timestamp_bytes_max), {}, false};
  const std::string name = escape(path.native());
  if (is_ots(reply.bytes)) {
    const auto ots = decode_ots(reply.bytes);
    if (!ots) {
      throw Error(ErrorCode::damaged, name + ": not a whole OpenTimestamps file",
                  "add a calendar's answer to the request, or take what 'ots stamp' makes of the "
                  "checkpoint");
    }
    reply.digest = ots->digest;
    return reply;
  }
  const auto said = decode_timestamp_reply(reply.bytes);
  if (!said) {
    throw Error(ErrorCode::damaged,
                name + ": neither a time stamp of a SHA-256 digest nor an OpenTimestamps file",
                "'openssl ts -reply -text -in FILE' says what an authority answered");
  }
  reply.digest = said->digest;
  reply.is_timestamp = true;
  return reply;
}

// The ledger of which this vault asked for the digest.
const Ledger& asked_for(FileSystem& files, const std::filesystem::path& ledgers,
                        const LedgerSet& set, const Reply& reply) {
  for (const Ledger& ledger : set.ledgers) {
    const auto path = anchor_directory(ledgers, ledger.name().id()) / reply.digest.hex();
    if (files.file_size(path)) return ledger;
  }
  throw Error(ErrorCode::not_found,
              escape(reply.path.native()) + ": answers no request of this vault",
              "'muniment anchor request' writes requests");
}

// False if nothing new is in it.
bool add_reply(const Reply& reply, const Bytes& certificates, Anchor& anchor) {
  if (!reply.is_timestamp) {
    // One that names a block is not given up for one that does not yet.
    if (anchor.ots == reply.bytes || (has_block(anchor.ots) && !has_block(reply.bytes))) {
      return false;
    }
    anchor.ots = reply.bytes;
    return true;
  }
  const auto is_it = [&](const CheckedTimestamp& known) { return known.reply == reply.bytes; };
  if (std::ranges::any_of(anchor.timestamps, is_it)) return false;
  if (anchor.timestamps.size() == anchor_timestamps_max) {
    throw Error(ErrorCode::limit, escape(reply.path.native()) +
                                      ": there are as many time stamps of this checkpoint "
                                      "as are kept");
  }
  anchor.timestamps.push_back({reply.bytes, certificates});
  return true;
}

void write_new(FileSystem& files, const std::filesystem::path& path, ByteView bytes) {
  const std::unique_ptr<File> file = files.create(path);
  file->write_at(0, bytes);
}

}  // namespace

std::string Vault::State::ledger_text(const LedgerName& name) const {
  if (!opened) return ledger_label(name.id());
  return fmt::format("{} of {}", escape(collection_name(name.collection)),
                     escape(device_label(name.device)));
}

std::vector<Anchor> Vault::State::anchors_of(const Ledger& ledger,
                                             std::vector<Damage>& damage) const {
  std::vector<std::pair<std::uint64_t, Anchor>> found;
  const LedgerId id = ledger.name().id();
  const Device& device = record->consortium.devices().at(ledger.name().device);
  const NoteKey<LogPurpose> log = ledger.name().note_key(device.certificate.keys.log);
  for (const Sha256Digest& digest : list_anchors(environment.files, ledger_directory(), id)) {
    std::optional<Anchor> anchor;
    try {
      anchor = find_anchor(environment.files, ledger_directory(), id, digest);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::damaged) throw;
    }
    const std::string problem = anchor ? problem_of(*anchor, ledger, log) : "damaged";
    if (problem.empty()) {
      const std::uint64_t size = decode_checkpoint(anchor->checkpoint.text)->size;
      found.emplace_back(size, std::move(*anchor));
    } else {
      damage.push_back({ledger_label(id) + ": anchors/" + digest.hex(), problem, false, {}});
    }
  }
  std::ranges::stable_sort(found, {}, [](const auto& sized) { return sized.first; });
  std::vector<Anchor> anchors;
  for (auto& [size, anchor] : found) anchors.push_back(std::move(anchor));
  return anchors;
}

void Vault::State::check_anchors(VerifyReport& report) const {
  for (const Ledger& ledger : record->ledgers.ledgers) {
    for (const Anchor& anchor : anchors_of(ledger, report.damage)) {
      add_statements(anchor, ledger_text(ledger.name()), report.anchored);
    }
  }
}

std::vector<AnchorRequest> Anchors::request(const std::filesystem::path& directory, bool all,
                                            const Activity& activity) {
  Vault::State& state = *x_vault.x_state;
  FileSystem& files = state.environment.files;
  const std::unique_ptr<FileLock> held = state.lock(activity);
  state.load_record();
  std::vector<AnchorRequest> requests;
  std::vector<const Ledger*> wanted;
  for (const Ledger& ledger : state.record->ledgers.ledgers) {
    if (!all && ledger.name().device != state.identity().device) continue;
    const LedgerId id = ledger.name().id();
    const SignedNote& newest = ledger.checkpoint();
    const auto known = find_anchor(files, state.ledger_directory(), id, note_identity(newest));
    if (known && known->is_answered()) continue;
    AnchorRequest request{state.ledger_text(ledger.name()), ledger.size(), {}};
    const std::string name = fmt::format("{}-{}", id.hex().substr(0, 16), ledger.size());
    for (const char* ending : {".checkpoint", ".tsq", ".ots"}) {
      request.files.push_back(directory / (name + ending));
      if (!files.file_size(request.files.back())) continue;
      throw Error(ErrorCode::exists, escape(request.files.back().native()) + ": it exists already",
                  "name another folder");
    }
    if (!known) save_anchor(files, state.ledger_directory(), id, {newest, {}, {}});
    requests.push_back(std::move(request));
    wanted.push_back(&ledger);
  }
  if (requests.empty()) return requests;
  files.make_directory(directory);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const SignedNote& note = wanted[i]->checkpoint();
    const Sha256Digest digest = note_identity(note);
    write_new(files, requests[i].files[0], as_bytes(note.text));
    write_new(files, requests[i].files[1], timestamp_query(digest));
    write_new(files, requests[i].files[2], ots_head(digest));
  }
  return requests;
}

AnchorImport Anchors::import(std::span<const std::filesystem::path> replies,
                             const std::filesystem::path& authority, const TimestampCheck& check,
                             const Activity& activity) {
  Vault::State& state = *x_vault.x_state;
  FileSystem& files = state.environment.files;
  Bytes certificates;
  if (!authority.empty()) {
    certificates = read_within(files, authority, certificates_bytes_max);
    if (!root_certificate(certificates)) {
      throw Error(ErrorCode::usage, escape(authority.native()) + ": no certificate in PEM form",
                  "'openssl x509' converts others");
    }
  }
  std::vector<Reply> read;
  for (const std::filesystem::path& path : replies) {
    read.push_back(read_reply(files, path));
    if (!read.back().is_timestamp) continue;
    if (certificates.empty()) {
      throw Error(ErrorCode::usage, escape(path.native()) + ": whose time stamp it is was not said",
                  "name the file with the authority's certificates with --ca FILE");
    }
    check(read.back().digest, read.back().bytes, certificates);
  }
  const std::unique_ptr<FileLock> held = state.lock(activity);
  state.load_record();
  const std::filesystem::path ledgers = state.ledger_directory();
  AnchorImport report;
  std::map<Sha256Digest, std::pair<const Ledger*, Anchor>> changed;
  for (const Reply& reply : read) {
    auto at = changed.find(reply.digest);
    if (at == changed.end()) {
      const Ledger& ledger = asked_for(files, ledgers, state.record->ledgers, reply);
      auto anchor = find_anchor(files, ledgers, ledger.name().id(), reply.digest);
      VAULT_ASSERT(anchor);
      at = changed.emplace(reply.digest, std::pair(&ledger, std::move(*anchor))).first;
    }
    if (!add_reply(reply, certificates, at->second.second)) ++report.known;
  }
  for (const auto& [digest, anchor] : changed) {
    save_anchor(files, ledgers, anchor.first->name().id(), anchor.second);
    add_statements(anchor.second, state.ledger_text(anchor.first->name()), report.anchored);
  }
  return report;
}

}  // namespace muniment
