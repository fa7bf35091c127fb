// The texts by which devices vouch for each other's logs where there is no network. A request holds
// the very bodies of C2SP tlog-witness, for several logs and several witnesses; a reply has an
// answer to each. Nothing in either is believed that a signature does not prove. Layout: FORMAT.md.
#pragma once

#include "vault/armor.hpp"
#include "vault/consortium/fork.hpp"

namespace muniment {

// One log's newest checkpoint, and how it grew out of what some witnesses cosigned before.
struct WitnessAsk {
  std::uint64_t old_size = 0;  // what they cosigned; 0: nothing yet
  MerkleProof proof;           // empty if old_size is 0
  SignedNote checkpoint;       // of at least old_size entries
  // Of the log's first old_size entries, as it has them; zeros if that is 0. Not in C2SP's body:
  // with it a witness that saw other entries has proof.
  Sha256Digest old_root;
  std::vector<DeviceId> to;  // ascending, at least one
};

// The body that C2SP tlog-witness has POSTed.
[[nodiscard]] std::string encode_witness_body(const WitnessAsk& ask);
// `old_size`, `proof` and `checkpoint` of it. Empty unless it is exactly what encode_witness_body
// gives, the note is a checkpoint's and not smaller than `old_size`, and nothing is proved of 0.
[[nodiscard]] std::optional<WitnessAsk> decode_witness_body(std::string_view body);

struct WitnessRequest {
  ConsortiumId consortium;
  DeviceId from;
  std::vector<WitnessAsk> asks;
  // Logs that the device does not go on with since it was put back: of them it only wants to hear
  // what the witness cosigned last.
  std::vector<LedgerName> ended;
};

[[nodiscard]] std::string encode(const WitnessRequest& request);
[[nodiscard]] std::optional<WitnessRequest> decode_witness_request(std::string_view record);

// In the order of reply words in FORMAT.md.
enum class WitnessVerdict {
  cosigned,
  stale,           // what it cosigned last is not what the request goes out from
  unknown_origin,  // not a log of a device that it knows
  bad_signature,   // not the log's
  bad_proof,       // does not show that the log only grew
  fork,            // shows that it did not
};

// As the reply has it; and why, for people, empty if it was cosigned.
[[nodiscard]] std::string_view to_text(WitnessVerdict verdict) noexcept;
[[nodiscard]] std::string_view explain(WitnessVerdict verdict) noexcept;

struct WitnessAnswer {
  WitnessVerdict verdict = WitnessVerdict::cosigned;
  std::string origin;      // as the request has it
  std::uint64_t size = 0;  // of the checkpoint that was asked for
  // With the log's signature and the witness's: if cosigned, that checkpoint; if stale, what it
  // cosigned last, empty if there is nothing.
  std::optional<SignedNote> note;
  std::optional<ForkEntry> fork;  // exactly if the verdict is `fork`
};

struct WitnessReply {
  ConsortiumId consortium;
  DeviceId from;  // the witness
  DeviceId to;
  std::vector<WitnessAnswer> answers;
};

[[nodiscard]] std::string encode(const WitnessReply& reply);
[[nodiscard]] std::optional<WitnessReply> decode_witness_reply(std::string_view record);

// What is armored in a text that somebody was handed. Error(damaged) if it is none; Error(usage) if
// it is the other of the two.
[[nodiscard]] WitnessRequest read_witness_request(std::string_view text);
[[nodiscard]] WitnessReply read_witness_reply(std::string_view text);

}  // namespace muniment
