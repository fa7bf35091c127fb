#include "vault/peers.hpp"

#include <algorithm>

#include "vault/base/assert.hpp"
#include "vault/base/error.hpp"
#include "vault/base/text.hpp"

namespace muniment {

namespace {

// An address has at most 264 bytes.
constexpr std::size_t line_bytes_max = 2 * DeviceId::size + 1 + 264 + 1 + peer_name_bytes_max + 1;
constexpr std::size_t bytes_max = peer_entries_max * line_bytes_max;

bool is_control(char byte) {
  return (byte >= 0 && byte < ' ') || byte == '\x7f';
}

// Takes what stands before the next space, and that.
std::string_view take_word(std::string_view& line) {
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(line.size(), word.size() + 1));
  return word;
}

std::optional<PeerEntry> decode_line(std::string_view line) {
  std::string_view rest = line;
  const auto device = DeviceId::from_hex(take_word(rest));
  const auto address = parse_peer_address(take_word(rest));
  if (!device || !address) return std::nullopt;
  if (!rest.empty() && !is_peer_name(rest)) return std::nullopt;
  PeerEntry entry{*device, *address, std::string(rest)};
  // One entry has one line.
  if (encode({entry}) != std::string(line) + "\n") return std::nullopt;
  return entry;
}

Error too_many(const std::string& file) {
  return {ErrorCode::limit, file + ": more than " + std::to_string(peer_entries_max) + " peers",
          "'muniment peer remove' takes out those that are no more"};
}

}  // namespace

std::optional<Address> parse_peer_address(std::string_view text) {
  const bool fits = is_utf8(text) && std::ranges::none_of(text, [](char byte) {
                      return byte == ' ' || is_control(byte);
                    });
  const auto address = fits ? parse_address(text) : std::nullopt;
  return address && address->port != 0 ? address : std::nullopt;
}

bool is_peer_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= peer_name_bytes_max && name.front() != ' ' &&
         name.back() != ' ' && is_utf8(name) && std::ranges::none_of(name, is_control);
}

bool is_called(const PeerEntry& peer, std::string_view whom) {
  if (whom == peer.device.hex()) return true;
  return !whom.empty() && peer.name.starts_with(whom) &&
         (peer.name.size() == whom.size() || peer.name[whom.size()] == '/');
}

std::string encode(const std::vector<PeerEntry>& peers) {
  std::string text;
  for (const PeerEntry& peer : peers) {
    text += peer.device.hex() + " " + to_text(peer.address);
    if (!peer.name.empty()) text += " " + peer.name;
    text += "\n";
  }
  return text;
}

std::vector<PeerEntry> decode_peers(std::string_view text, const std::string& file) {
  std::vector<PeerEntry> peers;
  while (!text.empty()) {
    if (peers.size() == peer_entries_max) throw too_many(file);
    const std::size_t end = text.find('\n');
    auto peer = end == text.npos ? std::nullopt : decode_line(text.substr(0, end));
    if (!peer) {
      throw Error(ErrorCode::usage,
                  file + ":" + std::to_string(peers.size() + 1) +
                      ": not 'DEVICE HOST:PORT NAME' with single spaces",
                  "mend this line, or take it out and use 'muniment peer add'");
    }
    peers.push_back(std::move(*peer));
    text.remove_prefix(end + 1);
  }
  return peers;
}

std::vector<PeerEntry> read_peers(FileSystem& files, const std::filesystem::path& vault) {
  const std::filesystem::path path = vault / peers_file_name;
  const auto bytes = read_file(files, path, bytes_max);
  if (!bytes) return {};
  return decode_peers(as_text(*bytes), escape(path.native()));
}

void save_peers(FileSystem& files, const std::filesystem::path& vault,
                const std::vector<PeerEntry>& peers) {
  const std::filesystem::path path = vault / peers_file_name;
  if (peers.size() > peer_entries_max) throw too_many(escape(path.native()));
  const std::string text = encode(peers);
  VAULT_ASSERT(decode_peers(text, "") == peers);
  write_file_atomically(files, path, as_bytes(text));
}

}  // namespace muniment
