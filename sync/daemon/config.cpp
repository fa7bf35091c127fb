#include "sync/daemon/config.hpp"

#include "vault/base/decimal.hpp"
#include "vault/base/text.hpp"
#include "vault/peers.hpp"

namespace muniment::sync {

namespace {

constexpr std::string_view blanks = " \t\r";
constexpr std::uint64_t rescan_seconds_max = 3600;
constexpr std::uint64_t rate_min = 1000;
constexpr std::uint64_t rate_max = 1'000'000'000'000;

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// Takes the first word off `text`.
std::string_view take_word(std::string_view& text) {
  text = trimmed(text);
  const std::string_view word = text.substr(0, text.find_first_of(blanks));
  text = trimmed(text.substr(word.size()));
  return word;
}

[[noreturn]] void refuse(std::string_view key, std::string_view value, const char* wanted) {
  const std::string given = value.empty() ? "" : escape(value) + ": ";
  throw Error(ErrorCode::usage, escape(key) + ": " + given + wanted,
              "munimentd.conf documents every option");
}

Address address_of(std::string_view key, std::string_view text) {
  const auto address = parse_address(text);
  if (!address || address->port == 0) refuse(key, text, "not an address and a port");
  return *address;
}

Address proxy_of(std::string_view key, std::string_view text) {
  const Address address = address_of(key, text);
  if (!is_ip(address)) refuse(key, text, "not an IP address: a name would be looked up");
  return address;
}

DeviceId device_of(std::string_view key, std::string_view text) {
  const auto device = DeviceId::from_hex(text);
  if (!device) refuse(key, text, "not a device's id");
  return *device;
}

// Bytes a second: 500K, 5M, 1G, or digits alone.
std::uint64_t rate_of(std::string_view key, std::string_view value, std::string_view text) {
  constexpr std::string_view units = "KMG";
  std::uint64_t unit = 1;
  const std::size_t found = text.empty() ? units.npos : units.find(text.back());
  if (found != units.npos) {
    text.remove_suffix(1);
    for (std::size_t i = 0; i <= found; ++i) unit *= 1000;
  }
  const auto number = from_decimal(text);
  if (!number || *number > rate_max / unit || *number * unit < rate_min) {
    refuse(key, value, "not a rate from 1K to 1000G bytes a second");
  }
  return *number * unit;
}

// `in 5M` or `out 500K`.
void set_rate(Rates& rates, std::string_view key, std::string_view value, std::string_view rest) {
  const std::string_view way = take_word(rest);
  const std::uint64_t rate = rate_of(key, value, rest);
  if (way == "in") {
    rates.in = rate;
  } else if (way == "out") {
    rates.out = rate;
  } else {
    refuse(key, value, "neither 'in' nor 'out' and a rate");
  }
}

Window window_of(std::string_view key, std::string_view value) {
  const auto window = parse_window(value);
  if (!window) refuse(key, value, "not a window as '22:00-06:00 fri sat'");
  return *window;
}

PeerConfig peer_of(std::string_view value) {
  std::string_view rest = value;
  const DeviceId device = device_of("peer", take_word(rest));
  PeerConfig peer{device, address_of("peer", take_word(rest)), std::string(rest)};
  if (peer.name.empty()) peer.name = device.hex().substr(0, short_id_digits);
  return peer;
}

}  // namespace

void set_option(DaemonConfig& config, std::string_view key, std::string_view value) {
  if (value.empty()) refuse(key, value, "has no value");
  if (key == "vault") {
    config.vault = value;
  } else if (key == "key-file") {
    config.key_file = value;
  } else if (key == "listen") {
    config.listen.push_back(address_of(key, value));
  } else if (key == "peer") {
    config.peers.push_back(peer_of(value));
  } else if (key == "proxy") {
    if (config.proxy) refuse(key, value, "there is one already");
    config.proxy = proxy_of(key, value);
  } else if (key == "direct") {
    config.direct.insert(device_of(key, value));
  } else if (key == "limit") {
    set_rate(config.limits.all, key, value, value);
  } else if (key == "peer-limit") {
    std::string_view rest = value;
    const std::string_view whose = take_word(rest);
    Rates& rates =
        whose == "each" ? config.limits.each : config.limits.peers[device_of(key, whose)];
    set_rate(rates, key, value, rest);
  } else if (key == "window") {
    config.windows.push_back(window_of(key, value));
  } else if (key == "only") {
    config.only.insert(device_of(key, value));
  } else if (key == "forgive") {
    config.forgiven.insert(device_of(key, value));
  } else if (key == "rescan") {
    const auto seconds = from_decimal(value);
    if (!seconds || *seconds == 0 || *seconds > rescan_seconds_max) {
      refuse(key, value, "not a number of seconds from 1 to 3600");
    }
    config.rescan = std::chrono::seconds(*seconds);
  } else {
    refuse(key, value, "there is no such option");
  }
}

void read_config(DaemonConfig& config, std::string_view text, const std::string& file_name) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::string_view content = trimmed(line);
    if (content.empty() || content.front() == '#') continue;
    const std::size_t sign = content.find('=');
    try {
      if (sign == content.npos) refuse(content, "", "no '=' in this line");
      set_option(config, trimmed(content.substr(0, sign)), trimmed(content.substr(sign + 1)));
    } catch (const Error& error) {
      throw Error(error.code(), file_name + ":" + std::to_string(number) + ": " + error.what(),
                  error.hint());
    }
  }
}

void add_peers_of_vault(DaemonConfig& config, FileSystem& files) {
  for (PeerEntry& entry : read_peers(files, config.vault)) {
    const bool known = std::ranges::any_of(config.peers, [&](const PeerConfig& peer) {
      return peer.device == entry.device && peer.address == entry.address;
    });
    if (known) continue;
    if (entry.name.empty()) entry.name = entry.device.hex().substr(0, short_id_digits);
    config.peers.push_back({entry.device, std::move(entry.address), std::move(entry.name)});
  }
}

ThrottleOptions throttle_of(const DaemonConfig& config) {
  ThrottleOptions options = config.limits;
  for (auto& [device, rates] : options.peers) {
    if (rates.in == 0) rates.in = options.each.in;
    if (rates.out == 0) rates.out = options.each.out;
  }
  return options;
}

void require_complete(const DaemonConfig& config) {
  if (config.vault.empty()) refuse("vault", "", "is not set");
  if (config.key_file.empty()) refuse("key-file", "", "is not set");
  if (config.once && config.peers.empty()) {
    refuse("peer", "", "none is set, here or with 'muniment peer add', so there is nothing to do");
  }
  if (config.listen.empty() && config.peers.empty()) {
    refuse("listen", "", "neither this nor a peer is set, so there is nothing to do");
  }
  const auto require_peers = [&](std::string_view key, const std::set<DeviceId>& devices) {
    for (const DeviceId& device : devices) {
      if (std::ranges::find(config.peers, device, &PeerConfig::device) == config.peers.end()) {
        refuse(key, device.hex(), "there is no such peer");
      }
    }
  };
  require_peers("direct", config.direct);
  require_peers("only", config.only);
  for (const PeerConfig& peer : config.peers) {
    // The name of an onion service must never be asked of a name server.
    if (is_onion(peer.address) && (!config.proxy || config.direct.contains(peer.device))) {
      refuse("peer", peer.address.host, "an onion service is reached through a proxy alone");
    }
  }
}

}  // namespace muniment::sync
