#include "vault/witness_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "vault/base/error.hpp"
#include "vault/note/plain_text.hpp"

namespace muniment {

namespace {

constexpr std::string_view request_type = "muniment/witness-request/v1";
constexpr std::string_view reply_type = "muniment/witness-reply/v1";
constexpr std::array<std::string_view, 6> verdict_words{
    "cosigned", "stale", "unknown-origin", "bad-signature", "bad-proof", "fork"};

std::optional<SignedNote> read_checkpoint_note(RecordReader& record) {
  const Bytes bytes = record.base64();
  auto note = decode_signed_note(as_text(bytes));
  if (!note || !decode_checkpoint(note->text)) record.fail();
  return note;
}

WitnessAsk read_ask(RecordReader& record) {
  const Bytes body = record.base64();
  auto ask = decode_witness_body(as_text(body));
  if (!ask) record.fail();
  WitnessAsk result = std::move(ask).value_or(WitnessAsk{});
  if (result.old_size > 0) result.old_root = record.key("root").hex<Sha256Digest>();
  result.to.push_back(record.key("to").hex<DeviceId>());
  while (record.key_if("to")) {
    const auto next = record.hex<DeviceId>();
    if (next <= result.to.back()) record.fail();
    result.to.push_back(next);
  }
  return result;
}

WitnessAnswer read_answer(RecordReader& record) {
  WitnessAnswer answer;
  answer.verdict = record.one_of<WitnessVerdict>(verdict_words);
  answer.size = record.u64();
  answer.origin = record.rest();
  const bool cosigned = answer.verdict == WitnessVerdict::cosigned;
  if (cosigned || answer.verdict == WitnessVerdict::stale) {
    if (record.key_if("note")) {
      answer.note = read_checkpoint_note(record);
    } else if (cosigned) {
      record.fail();
    }
  }
  if (answer.verdict == WitnessVerdict::fork) {
    const Bytes entry = record.key("fork").base64();
    answer.fork = decode_fork_entry(as_text(entry));
    if (!answer.fork) record.fail();
  }
  return answer;
}

[[nodiscard]] Error no_text(std::string_view what) {
  return {ErrorCode::damaged,
          "the text is cut short or altered, or no " + std::string(what) + " at all",
          "have it sent again, from its BEGIN line to its END line"};
}

}  // namespace

std::string_view to_text(WitnessVerdict verdict) noexcept {
  return verdict_words.at(static_cast<std::size_t>(verdict));
}

std::string encode_witness_body(const WitnessAsk& ask) {
  std::string body = "old " + std::to_string(ask.old_size) + "\n";
  for (const Sha256Digest& hash : ask.proof) body += to_base64(hash.view()) + "\n";
  return body + "\n" + encode(ask.checkpoint);
}

std::optional<WitnessAsk> decode_witness_body(std::string_view body) {
  constexpr std::string_view old = "old ";
  const std::string_view whole = body;
  std::string_view line = take_line(body);
  if (!line.starts_with(old)) return std::nullopt;
  line.remove_prefix(old.size());
  WitnessAsk ask;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), ask.old_size);
  if (error != std::errc()) return std::nullopt;
  while (!body.empty() && body.front() != '\n') {
    const auto bytes = from_base64(take_line(body));
    const auto hash = bytes ? Sha256Digest::from_bytes(*bytes) : std::nullopt;
    if (!hash || ask.proof.size() == proof_hashes_max) return std::nullopt;
    ask.proof.push_back(*hash);
  }
  if (body.empty()) return std::nullopt;
  auto note = decode_signed_note(body.substr(1));
  const auto checkpoint = note ? decode_checkpoint(note->text) : std::nullopt;
  if (!checkpoint || checkpoint->size < ask.old_size) return std::nullopt;
  if (ask.old_size == 0 && !ask.proof.empty()) return std::nullopt;
  ask.checkpoint = std::move(*note);
  if (encode_witness_body(ask) != whole) return std::nullopt;
  return ask;
}

std::string encode(const WitnessRequest& request) {
  RecordWriter record(request_type);
  record.key("consortium").hex(request.consortium.view());
  record.key("from").hex(request.from.view());
  for (const WitnessAsk& ask : request.asks) {
    record.key("request").base64(as_bytes(encode_witness_body(ask)));
    if (ask.old_size > 0) record.key("root").hex(ask.old_root.view());
    for (const DeviceId& device : ask.to) record.key("to").hex(device.view());
  }
  for (const LedgerName& log : request.ended) record.key("ended").word(log.origin());
  return record.finish();
}

std::optional<WitnessRequest> decode_witness_request(std::string_view text) {
  RecordReader record(text, request_type);
  WitnessRequest request;
  request.consortium = record.key("consortium").hex<ConsortiumId>();
  request.from = record.key("from").hex<DeviceId>();
  while (record.key_if("request")) request.asks.push_back(read_ask(record));
  while (record.key_if("ended")) {
    const auto name = LedgerName::from_origin(record.word());
    if (!name) record.fail();
    request.ended.push_back(name.value_or(LedgerName{}));
  }
  if (!record.done()) return std::nullopt;
  return request;
}

std::string encode(const WitnessReply& reply) {
  RecordWriter record(reply_type);
  record.key("consortium").hex(reply.consortium.view());
  record.key("from").hex(reply.from.view());
  record.key("to").hex(reply.to.view());
  for (const WitnessAnswer& answer : reply.answers) {
    record.key("answer").word(to_text(answer.verdict)).u64(answer.size).rest(answer.origin);
    if (answer.note) record.key("note").base64(as_bytes(encode(*answer.note)));
    if (answer.fork) record.key("fork").base64(as_bytes(encode(*answer.fork)));
  }
  return record.finish();
}

std::optional<WitnessReply> decode_witness_reply(std::string_view text) {
  RecordReader record(text, reply_type);
  WitnessReply reply;
  reply.consortium = record.key("consortium").hex<ConsortiumId>();
  reply.from = record.key("from").hex<DeviceId>();
  reply.to = record.key("to").hex<DeviceId>();
  while (record.key_if("answer")) reply.answers.push_back(read_answer(record));
  if (!record.done()) return std::nullopt;
  return reply;
}

std::string_view explain(WitnessVerdict verdict) noexcept {
  switch (verdict) {
    case WitnessVerdict::cosigned:
      return "";
    case WitnessVerdict::stale:
      return "does not go out from what the witness cosigned last";
    case WitnessVerdict::unknown_origin:
      return "the witness does not know whose log this is";
    case WitnessVerdict::bad_signature:
      return "the checkpoint is not signed by the log";
    case WitnessVerdict::bad_proof:
      return "nothing proves that the log only grew";
    case WitnessVerdict::fork:
      break;
  }
  return "the log has two histories";
}

WitnessRequest read_witness_request(std::string_view text) {
  const auto record = dearmor_record(text);
  if (record && decode_witness_reply(*record)) {
    throw Error(ErrorCode::usage, "this is a witness's reply: it is imported, not signed",
                "run 'muniment witness import FILE'");
  }
  auto request = record ? decode_witness_request(*record) : std::nullopt;
  if (!request) throw no_text("witness request");
  return std::move(*request);
}

WitnessReply read_witness_reply(std::string_view text) {
  const auto record = dearmor_record(text);
  if (record && decode_witness_request(*record)) {
    throw Error(ErrorCode::usage, "this asks for cosignatures: it is signed, not imported",
                "run 'muniment witness sign FILE'");
  }
  auto reply = record ? decode_witness_reply(*record) : std::nullopt;
  if (!reply) throw no_text("witness's reply");
  return std::move(*reply);
}

}  // namespace muniment
