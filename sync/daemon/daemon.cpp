#include "sync/daemon/daemon.hpp"

#include "vault/base/text.hpp"

namespace muniment::sync {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds first_pause{5};
constexpr seconds longest_pause{std::chrono::minutes{5}};
constexpr seconds longest_pause_at_fault{std::chrono::hours{1}};
constexpr seconds longest_step{2};
constexpr milliseconds errand_step{200};
// How far an errand is is said so often.
constexpr seconds progress_interval{5};
// Who has shown which packs is written down so often.
constexpr seconds copies_interval{std::chrono::minutes{5}};
// A session that lasted so long is not one of a row of failures.
constexpr seconds good_session{60};

std::string short_text(const LedgerRef& ledger) {
  return "ledger " + ledger.collection.hex().substr(0, short_id_digits) + " of device " +
         ledger.device.hex().substr(0, short_id_digits);
}

Credential credential_of(const DaemonConfig& config, Log& log) {
  SecretFile file = read_secret_file(config.key_file, limits::mib);
  if (file.open_to_others) {
    log.warning(escape(config.key_file.native()) +
                ": others may read this file; 'chmod 600' keeps it yours");
  }
  return Credential::key_file(std::move(file.content));
}

std::unique_ptr<FileLock> lock_for(const DaemonConfig& config, FileSystem& files) {
  auto lock = files.try_lock(config.vault / "munimentd.lock");
  if (!lock) {
    throw Error(ErrorCode::busy,
                escape(config.vault.native()) + ": another munimentd runs on this vault",
                "stop it first");
  }
  return lock;
}

std::string missing_text(const MissingPacks& missing) {
  if (missing.packs == 0) return "nothing is missing";
  return std::to_string(missing.packs) + (missing.packs == 1 ? " pack (" : " packs (") +
         human_bytes(missing.bytes) + ") missing";
}

// What the other side must first mend.
bool is_fault(const std::optional<CloseCode>& code) {
  return code && *code != CloseCode::done && *code != CloseCode::stopping &&
         *code != CloseCode::replaced;
}

}  // namespace

seconds dial_pause(std::uint32_t failures, bool peer_failed) noexcept {
  const seconds longest = peer_failed ? longest_pause_at_fault : longest_pause;
  seconds pause = first_pause;
  for (std::uint32_t i = 1; i < failures && pause < longest; ++i) pause *= 2;
  return std::min(pause, longest);
}

Daemon::Daemon(const DaemonConfig& config, const Environment& environment, Log& log)
    : x_clock(environment.clock),
      x_windows(config.windows),
      x_rescan(config.rescan),
      x_log(log),
      x_vault(Vault::open(config.vault, environment)),
      x_lock(lock_for(config, environment.files)),
      x_replication(x_vault, credential_of(config, log)),
      x_diary(x_replication, environment.clock, log),
      x_replica(x_replication),
      x_node(x_replica, x_replica, x_replica, *this),
      x_reporter(environment, config.vault, log) {
  for (const PeerConfig& peer : config.peers) {
    if (!config.only.empty() && !config.only.contains(peer.device)) continue;
    Peer& known = x_peers[peer.device];
    if (known.name.empty()) known.name = escape(peer.name);
    known.addresses.push_back(peer.address);
    if (config.direct.contains(peer.device)) known.route = Route::direct;
  }
  if (config.once) x_errand.emplace(steady_clock::now());
  remember(config);
  x_node.limit(throttle_of(config));
  watch_window();
  static_cast<void>(x_replica.refresh());
  x_diary.began(steady_clock::now());
  TransportListener& listener = *this;
  TransportOptions options;
  options.proxy = config.proxy;
  x_transport = std::make_unique<Transport>(
      x_node, x_replication.transport_key(),
      [this](const VerifyKey<TransportPurpose>& key) { return x_replication.find_device(key); },
      listener, std::move(options));
  if (config.proxy) x_log.info("dialling through the proxy at " + to_text(*config.proxy));
  if (config.once) return;
  for (const Address& address : config.listen) {
    x_ports.push_back(x_transport->listen(address));
    x_log.info("listening at " + to_text(Address{address.host, x_ports.back()}));
  }
}

Daemon::~Daemon() {
  stop();
}

// How peers behaved before this process.
void Daemon::remember(const DaemonConfig& config) {
  for (auto& [device, known] : x_reporter.peers()) {
    if (config.forgiven.contains(device)) {
      known.bad_packs.clear();
      known.failures = 0;
      known.not_before = 0;
    }
    for (const auto& [pack, time] : known.bad_packs) x_node.remember_bad_pack(device, pack);
    if (x_node.is_quarantined(device)) {
      x_log.warning(name_of(device) + ": is asked for no packs, since it sent wrong shards of " +
                    std::to_string(known.bad_packs.size()) + "; 'forgive' ends that");
    }
    const auto dialled = x_peers.find(device);
    if (dialled == x_peers.end()) continue;
    const auto wait =
        std::clamp<UnixSeconds>(known.not_before - now(), 0, longest_pause_at_fault.count());
    dialled->second.failures = known.failures;
    // Somebody asks for it now.
    if (x_errand) continue;
    dialled->second.not_before = steady_clock::now() + seconds(wait);
  }
}

void Daemon::stop() {
  if (!x_transport) return;
  x_transport->stop();
  // Nothing runs beside it any more.
  log_news();
  try {
    x_replica.sync();
    x_replica.save_copies();
  } catch (const Error& error) {
    x_log.warning(escape(error.what()));
  }
  report(false, {});
  x_diary.ended(steady_clock::now());
  x_transport.reset();
}

milliseconds Daemon::step() {
  x_transport->run_on_node([this] {
    watch_window();
    const auto time = steady_clock::now();
    if (time >= x_news_at) {
      x_news_at = time + longest_step;
      log_news();
    }
    if (time < x_refresh_at) return;
    x_refresh_at = time + x_rescan;
    refresh();
  });
  x_transport->run_on_node([this] { dial_due(); });
  x_transport->run_on_node([this] { report_if_due(); });
  if (!x_errand) return std::min(x_rescan, longest_step);
  x_transport->run_on_node([this] { watch_errand(); });
  return errand_step;
}

void Daemon::watch_window() {
  const bool open = is_open(x_windows, now());
  if (open == x_open) return;
  x_open = open;
  x_node.throttle().set_open(open);
  x_log.info(open ? "packs travel now" : "packs do not travel until the next window");
  if (x_transport) x_transport->tick();
}

void Daemon::log_news() {
  if (x_packs > 0) x_log.info("packs that arrived: " + std::to_string(std::exchange(x_packs, 0)));
  for (const auto& [device, answers] : x_answers) {
    x_log.info(name_of(device) + ": could produce shards of " + std::to_string(answers.shown) +
               " of " + std::to_string(answers.shown + answers.lacked) + " packs");
  }
  x_answers.clear();
}

void Daemon::refresh() {
  x_diary.tick(steady_clock::now());
  const std::vector<LedgerRef> changed = x_replica.refresh();
  for (const LedgerRef& ledger : changed) x_node.changed(ledger);
  if (!changed.empty()) x_transport->tick();
}

// ---- peers ----

void Daemon::dial_due() {
  const auto now = steady_clock::now();
  for (auto& [device, peer] : x_peers) {
    if (peer.sessions > 0 || peer.dialling || now < peer.not_before) continue;
    if (x_errand && is_done_with(peer)) continue;
    const Address& address = peer.addresses[peer.next_address];
    peer.next_address = (peer.next_address + 1) % peer.addresses.size();
    peer.dialling = true;
    ++peer.dials;
    x_transport->dial(device, address, peer.route);
  }
}

// ---- an errand ----

bool Daemon::is_done_with(const Peer& peer) const {
  if (peer.reached && x_replication.count_missing().packs == 0) return true;
  return peer.dials >= errand_dials * peer.addresses.size();
}

Errand::View Daemon::errand_view() {
  Errand::View view;
  view.peers = x_peers.size();
  const std::set<DeviceId> settled = x_transport->settled();
  for (auto& [device, peer] : x_peers) {
    if (settled.contains(device)) peer.reached = true;
    view.reached += peer.reached ? 1 : 0;
    if (peer.sessions == 0 && (peer.dialling || !is_done_with(peer))) ++view.untried;
  }
  const Reporter::Sessions open = x_transport->traffic();
  view.connected = open.size();
  view.settled = settled.size();
  view.missing_packs = x_replication.count_missing().packs;
  view.moved = x_ended_traffic.received + x_ended_traffic.sent;
  for (const auto& [device, traffic] : open) view.moved += traffic.received + traffic.sent;
  view.gained = x_gained;
  return view;
}

void Daemon::watch_errand() {
  if (x_verdict != Errand::Verdict::going) return;
  const Errand::View view = errand_view();
  say_progress(view);
  x_verdict = x_errand->look(view, steady_clock::now());
}

void Daemon::say_progress(const Errand::View& view) {
  const auto time = steady_clock::now();
  if (x_said_at == steady_clock::time_point{}) x_said_at = time;
  const auto elapsed = std::chrono::duration_cast<milliseconds>(time - x_said_at);
  if (elapsed < progress_interval) return;
  const std::uint64_t moved = view.moved - std::exchange(x_said_bytes, view.moved);
  x_said_at = time;
  if (moved < errand_progress_bytes) return;
  const MissingPacks missing = x_replication.count_missing();
  x_log.info(human_bytes(moved * 1000 / static_cast<std::uint64_t>(elapsed.count())) +
             " a second, " + human_bytes(view.moved) + " in all; " + missing_text(missing) + "; " +
             std::to_string(view.connected) + " of " + std::to_string(view.peers) +
             " peers connected");
}

std::string Daemon::summary() const {
  std::size_t met = 0;
  std::size_t reached = 0;
  for (const auto& [device, peer] : x_peers) {
    met += peer.met ? 1 : 0;
    reached += peer.reached ? 1 : 0;
  }
  std::string text = std::to_string(met) + " of " + std::to_string(x_peers.size()) +
                     " peers reached, " + human_bytes(x_ended_traffic.received) + " received, " +
                     human_bytes(x_ended_traffic.sent) + " sent; " +
                     missing_text(x_replication.count_missing());
  if (met > reached) {
    text += "; " + std::to_string(met - reached) + " of them still knew something else";
  }
  return text;
}

std::string Daemon::name_of(const DeviceId& device) const {
  const auto found = x_peers.find(device);
  return found == x_peers.end() ? "device " + device.hex() : found->second.name;
}

void Daemon::note_failure(Peer& peer, bool peer_failed) {
  ++peer.failures;
  const seconds pause = x_errand ? first_pause : dial_pause(peer.failures, peer_failed);
  peer.not_before = steady_clock::now() + pause;
}

void Daemon::connected(const DeviceId& device, const std::string& address) {
  x_log.info(name_of(device) + ": connected, " + escape(address));
  x_reporter.connected(device);
  const auto found = x_peers.find(device);
  if (found == x_peers.end()) return;
  Peer& peer = found->second;
  ++peer.sessions;
  peer.met = true;
  peer.dialling = false;
  peer.since = steady_clock::now();
}

void Daemon::disconnected(const DeviceId& device, const std::string& address, const End& end) {
  const std::string why =
      end.code ? std::string(to_text(*end.code)) : "it broke: " + escape(end.cause);
  const std::string text = name_of(device) + ": session ended, " + escape(address) + ": " + why +
                           "; " + human_bytes(end.traffic.received) + " received, " +
                           human_bytes(end.traffic.sent) + " sent";
  x_ended_traffic.received += end.traffic.received;
  x_ended_traffic.sent += end.traffic.sent;
  x_reporter.disconnected(device, end.traffic);
  x_diary.session_ended(device, end);
  if (end.peer_failed) {
    x_log.warning(text + "; the fault is theirs");
  } else {
    x_log.info(text);
  }
  const auto found = x_peers.find(device);
  if (found == x_peers.end()) return;
  Peer& peer = found->second;
  --peer.sessions;
  if (is_fault(end.code)) {
    // A session that went well for a while begins the row anew.
    if (steady_clock::now() - peer.since >= good_session) peer.failures = 0;
    return note_failure(peer, true);
  }
  peer.failures = 0;
  if (end.code != CloseCode::done && end.code != CloseCode::replaced) {
    peer.not_before = steady_clock::now() + first_pause;
  }
}

void Daemon::not_connected(const std::optional<DeviceId>& device, const std::string& address,
                           const std::string& cause) {
  const std::string who = device ? name_of(*device) : std::string("somebody");
  x_log.info(who + ": not connected, " + escape(address) + ": " + escape(cause));
  const auto found = device ? x_peers.find(*device) : x_peers.end();
  if (found == x_peers.end()) return;
  found->second.dialling = false;
  if (found->second.sessions == 0) note_failure(found->second, false);
}

void Daemon::transport_failed(const std::string& cause) {
  x_log.warning(escape(cause));
}

// ---- what is said of it ----

void Daemon::report_if_due() {
  const Reporter::Sessions open = x_transport->traffic();
  if (x_reporter.is_due(open)) report(true, open);
  const auto time = steady_clock::now();
  if (time < x_save_copies_at) return;
  x_save_copies_at = time + copies_interval;
  x_replica.save_copies();
}

void Daemon::report(bool running, const Reporter::Sessions& open) {
  const auto time = steady_clock::now();
  for (const auto& [device, peer] : x_peers) {
    DaemonReport::Peer& known = x_reporter.peer(device);
    const auto wait = std::chrono::duration_cast<seconds>(peer.not_before - time);
    known.failures = peer.failures;
    known.not_before = wait.count() > 0 ? now() + wait.count() : 0;
  }
  x_reporter.write(running, open, x_replication.count_missing());
}

// ---- what sessions bring ----

void Daemon::ledger_grew(const LedgerRef& ledger, std::uint64_t size) {
  ++x_gained;
  x_log.info(short_text(ledger) + ": " + std::to_string(size) + " entries");
}

void Daemon::fork_found(const LedgerRef& ledger, const DeviceId& from) {
  x_log.warning(short_text(ledger) + ": two histories, the proof came from " + name_of(from) +
                "; nothing more of it is taken");
}

void Daemon::own_ledger_is_old(const LedgerRef& ledger, std::uint64_t known_size) {
  x_log.warning(short_text(ledger) + ": partners know " + std::to_string(known_size) +
                " entries of this device, more than are here: this vault was put back");
}

void Daemon::own_ledger_differs(const LedgerRef& ledger) {
  x_log.warning(short_text(ledger) + ": a partner knows another history of this device");
}

void Daemon::pack_arrived(const PackName&) {
  ++x_gained;
  ++x_packs;
}

void Daemon::own_pack_damaged(const PackName& pack) {
  x_log.warning("pack " + pack.pack.hex() + ": damaged here; partners are asked for it");
}

void Daemon::bad_shards(const DeviceId& from, const PackName& pack) {
  auto& bad_packs = x_reporter.peer(from).bad_packs;
  if (bad_packs.size() < reported_bad_packs_max) bad_packs.emplace(pack.pack, now());
  x_log.warning(name_of(from) + ": sent shards that are not of pack " + pack.pack.hex());
}

void Daemon::possession_answered(const DeviceId& by, const ShardName&, bool proven) {
  Answers& answers = x_answers[by];
  ++(proven ? answers.shown : answers.lacked);
}

void Daemon::storage_failed(const std::string& cause) {
  x_log.warning(escape(cause) + "; nothing is fetched for a while");
}

}  // namespace muniment::sync
