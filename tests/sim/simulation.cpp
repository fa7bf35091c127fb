#include "tests/sim/simulation.hpp"

#include "tests/sim/liars.hpp"

namespace muniment::sync::test {

namespace {

constexpr std::size_t computers_count = 14;
constexpr std::size_t witnesses_count = 4;
constexpr Instant fault_time = std::chrono::seconds(90);
constexpr Instant agreement_time = std::chrono::minutes(20);
// What the kernel and the network hold of one direction.
constexpr std::size_t in_flight_bytes_max = 1U << 20U;

}  // namespace

// A process with its disk, or two that pretend to be one.
struct Simulation::Computer {
  struct Face {
    std::unique_ptr<Replica> replica;
    std::unique_ptr<Log> log;
    std::unique_ptr<Node> node;
  };

  std::size_t index = 0;
  Character character = Character::honest;
  std::vector<Face> faces;
  bool up = false;
  bool disk_full = false;
  std::uint64_t crash_in = 0;  // sync points; 0: not at all
  std::set<PackId> acknowledged;

  [[nodiscard]] bool honest() const { return character == Character::honest; }
  // What it shows to this peer.
  [[nodiscard]] Face& face_for(std::size_t peer) { return faces[peer % faces.size()]; }
  [[nodiscard]] Replica& replica() { return *faces.front().replica; }
};

struct Simulation::End {
  std::size_t computer = 0;
  std::unique_ptr<Session> session;  // none: a flooder
  Instant delivered_until{};
  std::size_t in_flight = 0;
  Instant wake_at = Instant::max();
};

struct Simulation::Link {
  std::uint64_t id = 0;
  std::array<End, 2> ends;
  Instant latency{};
  bool ending = false;
};

Simulation::Simulation(std::uint64_t seed) : x_random(seed) {
  make_world();
  introduce();
  lay_cables();
}

Simulation::~Simulation() = default;

void Simulation::at(Instant when, std::function<void()> action) {
  x_events.emplace(std::max(when, x_now), std::move(action));
}

std::unique_ptr<Replica> Simulation::make_replica(std::size_t computer) {
  switch (x_computers[computer]->character) {
    case Character::stale:
      return std::make_unique<StaleReplica>(*x_world, computer);
    case Character::forker:
      return std::make_unique<TwoFacedReplica>(*x_world, computer);
    case Character::bad_shards:
      return std::make_unique<RubbishReplica>(*x_world, computer);
    case Character::hollow:
      return std::make_unique<HollowReplica>(*x_world, computer);
    case Character::wrong_sizes:
      return std::make_unique<WrongSizeReplica>(*x_world, computer);
    default:
      return std::make_unique<Replica>(*x_world, computer);
  }
}

void Simulation::make_world() {
  x_world = std::make_unique<World>(x_random.next(), computers_count, witnesses_count);
  for (int i = 0; i < 3; ++i) x_collections.push_back(x_world->random.fixed<CollectionId>());
  // The first writes grants, and the last is new; each of the liars is another one.
  const std::array characters{Character::stale,   Character::forker,      Character::bad_shards,
                              Character::flooder, Character::wrong_sizes, Character::hollow};
  const std::size_t first_liar = 1 + pick(computers_count - 2 - characters.size());
  for (std::size_t i = 0; i < computers_count; ++i) {
    auto computer = std::make_unique<Computer>();
    computer->index = i;
    const bool lies = i >= first_liar && i < first_liar + characters.size();
    if (lies) computer->character = characters[i - first_liar];
    x_computers.push_back(std::move(computer));
    Computer& made = *x_computers.back();
    const std::size_t faces = made.character == Character::forker ? 2 : 1;
    const auto skew = static_cast<UnixSeconds>(pick(200'000));
    for (std::size_t face = 0; face < faces; ++face) {
      made.faces.push_back({make_replica(i), std::make_unique<Log>(), nullptr});
      made.faces.back().replica->clock = test_time - 100'000 + skew;
    }
    made.replica().write(CollectionId{}, {cert_entry(x_world->actors[i])});
  }
}

// Certificates and grants, as texts carried them when the members joined.
void Simulation::introduce() {
  // The first collection is everybody's, the others are for some.
  std::vector<std::string> grants;
  for (std::size_t i = 0; i < computers_count; ++i) {
    const DeviceId& device = x_world->actors[i].device;
    grants.push_back(grant_entry(device, x_collections[0]));
    if (i % 2 == 0) grants.push_back(grant_entry(device, x_collections[1]));
    if (i < computers_count / 2) grants.push_back(grant_entry(device, x_collections[2]));
  }
  x_computers[0]->replica().write(CollectionId{}, grants);
  const std::size_t newcomer = computers_count - 1;
  for (auto& from : x_computers) {
    const LedgerRef ledger{CollectionId{}, from->replica().device()};
    for (auto& to : x_computers) {
      if (from->index == newcomer && to->index != 0) continue;
      for (auto& face : to->faces) {
        if (face.replica.get() != &from->replica()) {
          face.replica->copy_ledger(from->replica(), ledger);
        }
      }
    }
  }
}

void Simulation::lay_cables() {
  // Rings, so that the honest members of each collection reach each other, and some more.
  const auto ring = [&](std::size_t from, std::size_t step, std::size_t end) {
    std::vector<std::size_t> honest;
    for (std::size_t i = from; i < end; i += step) {
      if (x_computers[i]->honest()) honest.push_back(i);
    }
    for (std::size_t i = 0; i < honest.size(); ++i) {
      const std::size_t next = honest[(i + 1) % honest.size()];
      if (honest[i] != next) x_neighbours.emplace_back(honest[i], next);
    }
  };
  ring(0, 1, computers_count);
  ring(0, 2, computers_count);
  ring(0, 1, computers_count / 2);
  for (std::size_t i = 0; i < computers_count; ++i) {
    const std::size_t other = (i + 1 + pick(computers_count - 1)) % computers_count;
    x_neighbours.emplace_back(i, other);
    if (!x_computers[i]->honest()) {
      for (std::size_t k = 0; k < 4; ++k)
        x_neighbours.emplace_back(i, (i + 3 + k) % computers_count);
    }
  }
  for (auto& [a, b] : x_neighbours) {
    if (a > b) std::swap(a, b);
  }
  std::ranges::sort(x_neighbours);
  const auto doubles = std::ranges::unique(x_neighbours);
  x_neighbours.erase(doubles.begin(), doubles.end());
}

void Simulation::start(Computer& computer) {
  computer.up = true;
  computer.crash_in = 0;
  for (auto& face : computer.faces) {
    face.replica->sync_point = [&computer](bool done) {
      if (!done && computer.disk_full) {
        throw Error(ErrorCode::io, "packs: write: no space left on device");
      }
      if (computer.crash_in > 0 && --computer.crash_in == 0) throw Crash{};
    };
    face.node = std::make_unique<Node>(*face.replica, *face.replica, *face.replica, *face.log);
  }
}

void Simulation::act(Computer& computer, const std::function<void()>& action) {
  try {
    action();
  } catch (const Crash&) {
    crash(computer);
    return;
  }
  for (const auto& [id, pack] : computer.replica().whole_packs()) computer.acknowledged.insert(id);
}

void Simulation::crash(Computer& computer) {
  ++x_tally.crashes;
  std::vector<std::uint64_t> links;
  for (const auto& [id, link] : x_links) {
    if (link->ends[0].computer == computer.index || link->ends[1].computer == computer.index) {
      links.push_back(id);
    }
  }
  for (const std::uint64_t id : links) cut(*find_link(id));
  computer.up = false;
  for (auto& face : computer.faces) {
    face.node.reset();
    face.replica->crash();
  }
  check_acknowledged(computer);
  at(after(500, 30'000), [this, &computer] {
    if (!computer.up) start(computer);
  });
}

void Simulation::check_acknowledged(const Computer& computer) const {
  for (const PackId& id : computer.acknowledged) {
    const Replica& replica = *computer.faces.front().replica;
    VAULT_ASSERT(replica.whole_packs().contains(id) || replica.damaged.contains(id));
  }
}

// ---- network ----

Simulation::Link* Simulation::find_link(std::uint64_t id) {
  const auto found = x_links.find(id);
  return found == x_links.end() ? nullptr : found->second.get();
}

void Simulation::keep_connected(std::size_t a, std::size_t b) {
  bool connected = false;
  for (const auto& [id, link] : x_links) {
    connected = connected || (link->ends[0].computer == a && link->ends[1].computer == b);
  }
  if (!connected && x_computers[a]->up && x_computers[b]->up) connect(a, b);
  at(after(3'000, 12'000), [this, a, b] { keep_connected(a, b); });
}

void Simulation::connect(std::size_t a, std::size_t b) {
  auto link = std::make_unique<Link>();
  link->id = x_next_link++;
  // One over Tor, others next door.
  link->latency = Instant(1 + pick(pick(4) == 0 ? 800 : 60));
  ++x_tally.sessions;
  for (const std::size_t side : {0U, 1U}) {
    Computer& self = *x_computers[side == 0 ? a : b];
    Computer& peer = *x_computers[side == 0 ? b : a];
    End& end = link->ends[side];
    end.computer = self.index;
    const std::uint64_t id = link->id;
    if (self.character == Character::flooder) {
      at(after(10, 2'000), [this, id, side] {
        if (Link* still = find_link(id)) misbehave(*still, side == 1);
      });
      continue;
    }
    end.session =
        std::make_unique<Session>(*self.face_for(peer.index).node, peer.replica().device(), x_now);
  }
  Link& placed = *x_links.emplace(link->id, std::move(link)).first->second;
  const std::uint64_t id = placed.id;
  pump(placed, false);
  if (Link* still = find_link(id)) pump(*still, true);
}

void Simulation::cut(Link& link) {
  for (End& end : link.ends) {
    if (end.session && end.session->closed()) ++x_tally.ends[*end.session->closed()];
  }
  x_links.erase(link.id);
}

void Simulation::end_if_closed(Link& link) {
  const auto closed = [](const End& end) { return end.session && end.session->closed(); };
  if (link.ending || (!closed(link.ends[0]) && !closed(link.ends[1]))) return;
  link.ending = true;
  // What was sent before arrives.
  at(x_now + link.latency + Instant(1), [this, id = link.id] {
    if (Link* still = find_link(id)) cut(*still);
  });
}

// Sends what the session has to say, as far as the network takes it.
void Simulation::pump(Link& link, bool side) {
  End& end = link.ends[side ? 1 : 0];
  if (!end.session) return;
  Computer& computer = *x_computers[end.computer];
  const std::uint64_t id = link.id;
  act(computer, [&] {
    while (end.in_flight < in_flight_bytes_max) {
      Bytes output = end.session->take_output(x_now);
      if (output.empty()) break;
      x_tally.bytes += output.size();
      end.in_flight += output.size();
      end.delivered_until = std::max(end.delivered_until, x_now + link.latency);
      at(end.delivered_until, [this, id, side, bytes = std::move(output)]() mutable {
        deliver(id, !side, std::move(bytes));
      });
    }
  });
  if (find_link(id) == nullptr) return;
  end_if_closed(link);
  const Instant next = std::max(end.session->next_deadline(), x_now + Instant(1));
  if (next >= end.wake_at || end.session->closed()) return;
  end.wake_at = next;
  at(next, [this, id, side] { wake(id, side); });
}

void Simulation::pump(Computer& computer) {
  std::vector<std::uint64_t> ids;
  for (const auto& [id, link] : x_links) ids.push_back(id);
  for (const std::uint64_t id : ids) {
    for (const bool side : {false, true}) {
      Link* link = find_link(id);
      if (link == nullptr || link->ends[side ? 1 : 0].computer != computer.index) continue;
      End& end = link->ends[side ? 1 : 0];
      if (!end.session) continue;
      act(computer, [&] { end.session->tick(x_now); });
      if ((link = find_link(id)) != nullptr) pump(*link, side);
    }
  }
}

void Simulation::deliver(std::uint64_t id, bool side, Bytes bytes) {
  Link* link = find_link(id);
  if (link == nullptr) return;
  End& from = link->ends[side ? 0 : 1];
  from.in_flight -= std::min(from.in_flight, bytes.size());
  End& to = link->ends[side ? 1 : 0];
  Computer& computer = *x_computers[to.computer];
  if (to.session) {
    act(computer, [&] {
      // In pieces, as a socket gives them.
      ByteView rest(bytes);
      while (!rest.empty()) {
        const std::size_t size = std::min(rest.size(), 1 + pick(100'000));
        to.session->receive(rest.first(size), x_now);
        rest = rest.subspan(size);
      }
    });
    pump(computer);
  }
  if ((link = find_link(id)) != nullptr) pump(*link, !side);
}

void Simulation::wake(std::uint64_t id, bool side) {
  Link* link = find_link(id);
  if (link == nullptr) return;
  End& end = link->ends[side ? 1 : 0];
  if (end.wake_at > x_now) return;
  end.wake_at = Instant::max();
  Computer& computer = *x_computers[end.computer];
  act(computer, [&] { end.session->tick(x_now); });
  if ((link = find_link(id)) != nullptr) pump(*link, side);
}

void Simulation::misbehave(Link& link, bool side) {
  End& end = link.ends[side ? 1 : 0];
  const Computer& self = *x_computers[end.computer];
  Bytes bytes;
  encode_frame(Hello{x_world->consortium,
                     x_world->actors[self.index].device,
                     0,
                     limits::requests_max,
                     limits::window_bytes_max,
                     {}},
               0, bytes);
  const LedgerRef ledger{x_collections[0], x_world->actors[0].device};
  switch (pick(6)) {
    case 0:  // a flood
      for (std::uint32_t i = 1; i < 600; ++i) encode_frame(GetLedger{ledger, {}}, i, bytes);
      break;
    case 1:  // an oversize frame
      encode(FrameHeader{0xffffffff, 1, 0x14}, bytes);
      bytes[bytes.size() - 4] = std::byte{0x23};
      break;
    case 2:  // slow loris: a frame that does not end
      encode(FrameHeader{60'000, 0, 0x80}, bytes);
      break;
    case 3:  // rubbish
      append(bytes, x_random.bytes(1 + pick(5'000)));
      break;
    case 4:  // an answer to nothing
      encode_frame(Collections{}, 7, bytes);
      break;
    default:  // silence
      break;
  }
  at(x_now + link.latency, [this, id = link.id, side, bytes = std::move(bytes)]() mutable {
    deliver(id, !side, std::move(bytes));
  });
}

// ---- what happens ----

Simulation::Computer& Simulation::pick_honest() {
  while (true) {
    Computer& computer = *x_computers[pick(computers_count)];
    if (computer.honest()) return computer;
  }
}

void Simulation::write_something() {
  Computer& computer = pick_honest();
  if (!computer.up || computer.disk_full) return;
  Replica& replica = computer.replica();
  const CollectionId& collection = x_collections[pick(x_collections.size())];
  if (!replica.may_have(replica.device(), collection)) return;
  if (pick(3) == 0) {
    const PackName pack = replica.write_pack(collection, pick(4) == 0 ? 21 : 20);
    ++x_tally.packs;
    at(after(0, 20'000), [this, pack] { lie_about(pack); });
  } else {
    std::vector<std::string> entries;
    const std::size_t count = 1 + pick(40);
    for (std::size_t i = 0; i < count; ++i) {
      entries.push_back("note " + std::to_string(x_random.next()));
    }
    replica.write(collection, entries);
  }
  act(computer, [&] { computer.faces.front().node->changed({collection, replica.device()}); });
  pump(computer);
}

void Simulation::lie_about(const PackName& pack) {
  for (auto& computer : x_computers) {
    if (computer->character != Character::wrong_sizes || !computer->up) continue;
    auto& liar = static_cast<WrongSizeReplica&>(computer->replica());
    if (!liar.may_have(liar.device(), pack.collection)) continue;
    const std::uint8_t true_class = x_world->packs.at(pack.pack).tile.size_class;
    const std::uint8_t wrong = true_class == size_class_min ? size_class_min + 1 : size_class_min;
    liar.lies.emplace(pack.pack, wrong);
    liar.write(pack.collection, {"pack " + pack.pack.hex() + " " + std::to_string(wrong)});
    computer->faces.front().node->changed({pack.collection, liar.device()});
    pump(*computer);
  }
}

void Simulation::plan_writes() {
  const std::size_t writes = 15 + pick(15);
  for (std::size_t i = 0; i < writes; ++i) {
    at(after(0, 80'000), [this] { write_something(); });
  }
  at(after(5'000, 20'000), [this] {
    for (auto& computer : x_computers) {
      if (computer->character == Character::stale) {
        static_cast<StaleReplica&>(computer->replica()).is_stale = true;
      }
      if (computer->character != Character::forker || !computer->up) continue;
      for (auto& face : computer->faces) {
        face.replica->write(x_collections[0], {"a history " + std::to_string(x_random.next())});
        face.node->changed({x_collections[0], face.replica->device()});
      }
      pump(*computer);
    }
  });
}

void Simulation::fail_something() {
  Computer& computer = pick_honest();
  switch (pick(6)) {
    case 0:
    case 1:  // a connection ends, perhaps in the middle of a frame
      if (!x_links.empty()) {
        const auto link =
            std::next(x_links.begin(), static_cast<std::ptrdiff_t>(pick(x_links.size())));
        ++x_tally.cuts;
        cut(*link->second);
      }
      break;
    case 2:  // a connection stalls
      if (!x_links.empty()) {
        const auto link =
            std::next(x_links.begin(), static_cast<std::ptrdiff_t>(pick(x_links.size())));
        for (End& end : link->second->ends) end.delivered_until = after(1'000, 40'000);
      }
      break;
    case 3:
      if (computer.up) computer.crash_in = 1 + pick(12);
      break;
    case 4:
      computer.disk_full = true;
      at(after(1'000, 40'000), [&computer] { computer.disk_full = false; });
      break;
    default:
      rot_something();
      break;
  }
}

// A bit turns in a pack of which there are more copies.
void Simulation::rot_something() {
  for (const auto& [id, pack] : x_world->packs) {
    std::vector<Computer*> holders;
    for (auto& computer : x_computers) {
      const auto& packs = computer->replica().whole_packs();
      const auto found = packs.find(id);
      if (computer->honest() && found != packs.end() && equal(found->second.body, *pack.body)) {
        holders.push_back(computer.get());
      }
    }
    if (holders.size() < 3 || pick(3) != 0) continue;
    holders[pick(holders.size())]->replica().rot(id, pick(pack.body->size()));
    return;
  }
}

void Simulation::challenge_somebody() {
  if (x_links.empty()) return;
  const auto link = std::next(x_links.begin(), static_cast<std::ptrdiff_t>(pick(x_links.size())));
  End& end = link->second->ends[0];
  Computer& computer = *x_computers[end.computer];
  if (!end.session || !computer.honest() || computer.replica().whole_packs().empty()) return;
  const auto& packs = computer.replica().whole_packs();
  const auto pack = std::next(packs.begin(), static_cast<std::ptrdiff_t>(pick(packs.size())));
  const PackName& name = x_world->packs.at(pack->first).name;
  const auto shard = static_cast<std::uint8_t>(pick(shards_in_pack));
  const auto nonce = x_random.fixed<Nonce>();
  act(computer, [&] { (void)end.session->challenge(nonce, {{name, shard}}, x_now); });
  pump(computer);
}

void Simulation::plan_faults() {
  Instant when = x_now;
  while (true) {
    when += Instant(100 + pick(2'000));
    if (when >= x_now + fault_time) break;
    at(when, [this] {
      if (x_faults) fail_something();
    });
    at(when + Instant(100), [this] { challenge_somebody(); });
  }
}

void Simulation::heal() {
  x_faults = false;
  for (auto& computer : x_computers) {
    computer->disk_full = false;
    computer->crash_in = 0;
    if (!computer->up) start(*computer);
    if (!computer->honest() || computer->replica().scrub() == 0) continue;
    computer->acknowledged.clear();
    computer->faces.front().node->pack_pull().look_again();
  }
}

// ---- what must hold ----

void Simulation::check_bounds() {
  constexpr std::size_t frame_max = frame_header_bytes + limits::piece_bytes_max;
  for (const auto& [id, link] : x_links) {
    for (const End& end : link->ends) {
      if (!end.session || !x_computers[end.computer]->honest()) continue;
      // A vector may have grown to twice of what is in it.
      VAULT_ASSERT(end.session->held_bytes() <= limits::outbox_bytes_max + 2 * frame_max);
    }
  }
  for (const auto& computer : x_computers) {
    if (!computer->up || !computer->honest()) continue;
    Node& node = *computer->faces.front().node;
    VAULT_ASSERT(node.budget().used() <= limits::ledger_growth_bytes_max);
    VAULT_ASSERT(node.pack_pull().in_progress() <= limits::packs_in_progress_max);
    VAULT_ASSERT(node.pack_pull().tiles_ahead() <= limits::tiles_ahead_max * computers_count);
    for (const Log::Answered& answered : computer->faces.front().log->possessions) {
      if (!answered.proven) continue;
      ++x_tally.copies;
      const auto peer = std::ranges::find(x_world->actors, answered.by, &Actor::device);
      Computer& answerer = *x_computers[static_cast<std::size_t>(peer - x_world->actors.begin())];
      const bool has = std::ranges::any_of(answerer.faces, [&](const Computer::Face& face) {
        return face.replica->whole_packs().contains(answered.pack) ||
               face.replica->damaged.contains(answered.pack);
      });
      VAULT_ASSERT(has);
    }
    computer->faces.front().log->possessions.clear();
  }
}

// What keeps the honest from having the same; empty if nothing.
std::string Simulation::disagreement() {
  for (auto& a : x_computers) {
    if (!a->honest()) continue;
    if (!a->up) return "computer " + std::to_string(a->index) + " is down";
    Replica& replica = a->replica();
    for (auto& b : x_computers) {
      if (!b->honest() || !b->up || b == a) continue;
      if (a->faces.front().node->heads().collections_for(b->replica().device()) !=
          b->faces.front().node->heads().collections_for(replica.device())) {
        return "computers " + std::to_string(a->index) + " and " + std::to_string(b->index) +
               " have different heads";
      }
      for (const auto& [id, pack] : b->replica().whole_packs()) {
        const PackName& name = x_world->packs.at(id).name;
        if (!replica.may_have(replica.device(), name.collection)) continue;
        if (replica.whole_packs().contains(id)) continue;
        return "computer " + std::to_string(a->index) + " lacks pack " + id.hex();
      }
    }
  }
  return {};
}

std::string Simulation::run() {
  for (auto& computer : x_computers) start(*computer);
  for (const auto& [a, b] : x_neighbours) {
    at(after(0, 5'000), [this, first = a, second = b] { keep_connected(first, second); });
  }
  plan_writes();
  plan_faults();
  const Instant healed = x_now + fault_time;
  at(healed, [this] { heal(); });
  Instant check = healed + std::chrono::seconds(5);
  while (x_now < healed + agreement_time) {
    const auto next = x_events.begin();
    x_now = next->first;
    const std::function<void()> action = std::move(next->second);
    x_events.erase(next);
    ++x_tally.events;
    action();
    check_bounds();
    if (x_now < check) continue;
    check = x_now + std::chrono::seconds(5);
    if (!disagreement().empty()) continue;
    x_tally.converged = x_now - healed;
    for (auto& computer : x_computers) {
      if (computer->honest()) x_tally.forks += computer->replica().forks().size();
    }
    return {};
  }
  return "after " + std::to_string(agreement_time.count()) + " ms: " + disagreement();
}

}  // namespace muniment::sync::test
