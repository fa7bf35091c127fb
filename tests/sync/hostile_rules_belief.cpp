// Ledgers, proofs, packs and shards that are not what they are said to be.
#include "tests/sync/hostile_rules.hpp"
#include "vault/ledger/entries.hpp"

namespace muniment::sync::test {

namespace {

using muniment::test::FixedRandom;

// An entry of the largest size; no two are the same.
std::string large_entry(std::size_t number) {
  std::string entry = "muniment/rubbish/v1\n" + std::to_string(number) + "\n";
  entry.resize(muniment::limits::ledger_entry_bytes_max, 'x');
  return entry;
}

std::vector<std::string> large_entries(std::size_t bytes) {
  std::vector<std::string> entries;
  while (entries.size() * muniment::limits::ledger_entry_bytes_max <= bytes) {
    entries.push_back(large_entry(entries.size()));
  }
  return entries;
}

// Says LEDGER, then these entries, as many in a message as fit.
void give(HostilePeer& peer, std::uint32_t number, const LedgerHead& head,
          std::span<const std::string> entries) {
  peer.say(head, number);
  Entries batch;
  std::size_t bytes = 0;
  for (const std::string& entry : entries) {
    if (bytes + 2 + entry.size() > limits::batch_bytes_max) {
      peer.say(batch, number);
      batch.entries.clear();
      bytes = 0;
    }
    bytes += 2 + entry.size();
    batch.entries.push_back(entry);
  }
  if (!batch.entries.empty()) peer.say(batch, number);
}

// Offers a ledger of its own and gives it whole.
void give(HostilePeer& peer, const OwnLedger& ledger) {
  give(peer, peer.offer(ledger.heads()), {{}, {}, encode(ledger.note())}, ledger.entries);
}

// "taken" or "not taken", and the state that it is in.
std::string was_taken(HostilePeer& peer, const LedgerRef& ledger) {
  const auto answer = peer.answer(peer.ask(GetLedger{ledger, {}}));
  const bool taken = answer && std::holds_alternative<LedgerHead>(*answer);
  return (taken ? "taken, " : "not taken, ") + peer.state();
}

// Offers a ledger of two entries, and then says something else.
std::string end_after_offer(const Target& target, const HostileDevice& device,
                            const std::function<void(OwnLedger&, LedgerHead&)>& change) {
  HostilePeer peer(target, device);
  peer.say_hello();
  OwnLedger ledger(target, device, {"one", "two"});
  const std::uint32_t number = peer.offer(ledger.heads());
  LedgerHead head{{}, {}, encode(ledger.note())};
  change(ledger, head);
  give(peer, number, head, ledger.entries);
  return peer.ending();
}

// Heads of devices that nobody knows, in the built-in collection.
Heads unknown_heads(std::size_t count) {
  Heads heads;
  for (std::size_t i = 0; i < count; ++i) {
    Head head{{}, {1, leaf_hash(as_bytes("entry"))}, {}};
    head.device.mutable_view()[0] = static_cast<std::byte>(i >> 8U);
    head.device.mutable_view()[1] = static_cast<std::byte>(i);
    head.device.mutable_view()[2] = std::byte{1};
    heads.heads.push_back(head);
  }
  return heads;
}

std::string too_much_growth(const Target& target, const HostileDevice& device) {
  HostilePeer peer(target, device);
  peer.say_hello();
  const OwnLedger ledger(target, device, large_entries(limits::ledger_growth_bytes_max));
  give(peer, ledger);
  return was_taken(peer, ledger.ref);
}

std::string too_much_of_an_unknown_device(const Target& target, const HostileDevice& device) {
  HostilePeer peer(target, device);
  peer.say_hello();
  const OwnLedger ledger(target, device, large_entries(limits::unknown_device_bytes_max));
  Heads heads = unknown_heads(1);
  heads.heads[0].tree = ledger.head();
  give(peer, peer.offer(heads), {{}, {}, encode(ledger.note())}, ledger.entries);
  return was_taken(peer, {{}, heads.heads[0].device});
}

std::string too_many_in_vain(const Target& target, const HostileDevice& device) {
  HostilePeer peer(target, device);
  peer.say_hello();
  const OwnLedger ledger(target, device, {"entry"});
  std::uint32_t number = peer.offer(unknown_heads(4 * limits::not_taken_max));
  std::size_t asked = 0;
  // What is asked at a time comes with the first of them.
  for (; number != 0; ++asked) {
    give(peer, number, {{}, {}, encode(ledger.note())}, ledger.entries);
    number = 0;
    for (const auto& heard : peer.hear_until_pong()) {
      if (!std::holds_alternative<GetLedger>(heard.message)) continue;
      if (number == 0) {
        number = heard.number;
      } else {
        give(peer, heard.number, {{}, {}, encode(ledger.note())}, ledger.entries);
        ++asked;
      }
    }
  }
  const bool stopped = asked <= limits::not_taken_max + limits::ledgers_pulled_at_once;
  return (stopped ? "asked for no more, " : "asked for all, ") + peer.state();
}

std::string ledgers_at_once(const Target& target, const HostileDevice& device) {
  HostilePeer peer(target, device);
  peer.say_hello();
  (void)peer.offer(unknown_heads(100));
  std::size_t asked = 1;
  for (const auto& heard : peer.hear_until_pong()) {
    if (std::holds_alternative<GetLedger>(heard.message)) ++asked;
  }
  return std::to_string(asked) + " are asked for";
}

std::string too_many_strange_signatures(const Target& target, const HostileDevice& device) {
  HostilePeer peer(target, device);
  peer.say_hello();
  const OwnLedger ledger(target, device, {"one", "two"});
  SignedNote note = ledger.note();
  FixedRandom random(9);
  for (std::size_t i = 0; i <= limits::unknown_signatures_max; ++i) {
    note.signatures.push_back(
        {"stranger-" + std::to_string(i), random.fixed<NoteKeyId>(), random.bytes(64)});
  }
  give(peer, peer.offer(ledger.heads()), {{}, {}, encode(note)}, ledger.entries);
  const auto answer = peer.answer(peer.ask(GetLedger{ledger.ref, {}}));
  const auto* head = answer ? std::get_if<LedgerHead>(&*answer) : nullptr;
  if (head == nullptr) return "not taken";
  const auto stored = decode_signed_note(head->note);
  const auto kept = std::ranges::count_if(stored->signatures, [](const NoteSignature& line) {
    return line.name.starts_with("stranger-");
  });
  return std::to_string(kept) + " are kept, " + peer.state();
}

std::string two_histories(const Target& target, const HostileDevice& device) {
  HostilePeer peer(target, device);
  peer.say_hello();
  give(peer, OwnLedger(target, device, {"one", "two"}));
  const OwnLedger other(target, device, {"one", "another", "three"});
  const std::uint32_t number = peer.offer(other.heads());
  const auto nodes = nodes_from_leaves(other.leaves);
  peer.say(LedgerHead{merkle_root(2, nodes), consistency_proof(2, 3, nodes), encode(other.note())},
           number);
  const auto answer = peer.answer(peer.ask(GetFork{other.ref}));
  const bool proved = answer && std::holds_alternative<ForkProof>(*answer);
  return (proved ? "proved to all, " : "not noticed, ") + peer.state();
}

std::string false_fork(const Target& target, const HostileDevice& device) {
  HostilePeer peer(target, device);
  peer.say_hello();
  const OwnLedger ledger(target, device, {"one", "two"});
  peer.say_news();
  const Heads heads{{}, {}, {ledger.ref}};
  peer.say(Collections{{{{}, digest_of(heads)}}}, peer.await<GetCollections>());
  peer.say(heads, peer.await<GetHeads>());
  const auto nodes = nodes_from_leaves(ledger.leaves);
  const SignedNote earlier = ledger.note({1, merkle_root(1, nodes)});
  peer.say(ForkProof{ledger.ref, merkle_root(1, nodes), consistency_proof(1, 2, nodes),
                     encode(earlier), encode(ledger.note())},
           peer.await<GetFork>());
  return peer.ending();
}

// Packs that exist, as far as anybody can tell from their ids.
struct Pack {
  explicit Pack(std::uint64_t seed)
      : body(FixedRandom(seed).bytes(std::size_t{1} << size_class_min)) {
    const std::size_t size = shard_bytes(size_class_min);
    tile.size_class = size_class_min;
    for (std::size_t i = 0; i < shards_in_pack; ++i) {
      tile.hashes.push_back(leaf_hash(ByteView(body).subspan(i * size, size)));
    }
    id = PackId(merkle_root(tile.hashes).view().first<PackId::size>());
  }

  Bytes body;
  Tile tile;
  PackId id;
};

std::vector<std::string> entries_of(std::vector<PackId> ids) {
  std::ranges::sort(ids);
  std::vector<std::string> entries;
  while (!ids.empty()) {
    const std::size_t count = std::min(ids.size(), muniment::limits::packs_per_entry_max);
    PacksEntry entry;
    for (std::size_t i = 0; i < count; ++i) entry.packs.push_back({ids[i], size_class_min});
    ids.erase(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(count));
    entries.push_back(encode(entry));
  }
  return entries;
}

// Lists packs that nobody else has, and hears what is asked of them.
class Lister {
 public:
  Lister(const Target& target, const HostileDevice& device, std::size_t count)
      : peer(target, device) {
    peer.say_hello();
    std::vector<PackId> ids;
    for (std::size_t i = 0; i < count; ++i) {
      // By the device, so that no two attacks list the same.
      packs.emplace_back(device.id.prefix() + i);
      ids.push_back(packs.back().id);
    }
    give(peer, OwnLedger(target, device, entries_of(std::move(ids))));
    peer.packs = HostilePeer::Packs::answers;
  }

  // Null if it is another's pack that is asked for, which is refused, or something else.
  const Pack* find(const HostilePeer::Heard& heard) {
    const auto* get_tile = std::get_if<GetTile>(&heard.message);
    const auto* get_shards = std::get_if<GetShards>(&heard.message);
    if (get_tile == nullptr && get_shards == nullptr) return nullptr;
    const PackId id = get_tile != nullptr ? get_tile->name.pack : get_shards->name.pack;
    const auto pack = std::ranges::find(packs, id, &Pack::id);
    if (pack != packs.end()) return &*pack;
    peer.say(Refused{}, heard.number);
    return nullptr;
  }

  HostilePeer peer;
  std::vector<Pack> packs;
};

// Answers what is asked of a pack until that ends the session; how it ends.
std::string end_after_pack(const Target& target, const HostileDevice& device,
                           const std::function<Message(const Pack&, const Message& ask)>& answer) {
  Lister lister(target, device, 1);
  while (const auto heard = lister.peer.hear()) {
    if (const auto* bye = std::get_if<Bye>(&heard->message)) return name_of(*bye);
    if (const Pack* pack = lister.find(*heard)) {
      lister.peer.say(answer(*pack, heard->message), heard->number);
    }
  }
  return "closed";
}

// The right bytes, from the wrong place.
Shards wrong_shards(const Pack& pack, const GetShards& ask) {
  const std::size_t size = shard_bytes(size_class_min);
  const std::size_t first = ask.first == 0 ? 1 : ask.first - 1U;
  return {ByteView(pack.body).subspan(first * size, ask.count * size)};
}

std::string bad_packs(const Target& target, const HostileDevice& device) {
  constexpr std::size_t listed = 30;
  Lister lister(target, device, listed);
  std::set<PackId> asked;
  const auto answer = [&](const HostilePeer::Heard& heard) {
    const Pack* pack = lister.find(heard);
    if (pack == nullptr) return false;
    const auto* get = std::get_if<GetShards>(&heard.message);
    if (get == nullptr) {
      lister.peer.say(pack->tile, heard.number);
    } else {
      asked.insert(pack->id);
      lister.peer.say(wrong_shards(*pack, *get), heard.number);
    }
    return true;
  };
  while (asked.size() < limits::bad_packs_max) {
    const auto heard = lister.peer.hear();
    if (!heard) return "closed";
    answer(*heard);
  }
  // What was under way before the last of these was judged still comes.
  for (bool any = true; any;) {
    any = false;
    for (const auto& heard : lister.peer.hear_until_pong()) any = answer(heard) || any;
  }
  const bool stopped = asked.size() <= limits::bad_packs_max + limits::packs_in_progress_max;
  return (stopped ? "asked for no more, " : "asked for all, ") + lister.peer.state();
}

std::string packs_at_once(const Target& target, const HostileDevice& device) {
  HostilePeer peer(target, device);
  peer.say_hello();
  FixedRandom random(device.id.prefix());
  std::vector<PackId> ids;
  for (std::size_t i = 0; i <= limits::wanted_packs_max; ++i) ids.push_back(random.fixed<PackId>());
  give(peer, OwnLedger(target, device, entries_of(ids)));
  peer.packs = HostilePeer::Packs::answers;
  std::vector<std::uint32_t> numbers{peer.await<GetTile>()};
  for (const auto& heard : peer.hear_until_pong()) {
    if (std::holds_alternative<GetTile>(heard.message)) numbers.push_back(heard.number);
  }
  const bool few = numbers.size() <= limits::tiles_ahead_max;
  // So that others need not wait until they are asked.
  for (const std::uint32_t number : numbers) peer.say(Refused{}, number);
  peer.packs = HostilePeer::Packs::refuses;
  return std::string(few ? "few" : "too many") + " are asked for at once, " + peer.state();
}

const Rule rules[] = {
    {"", "a checkpoint that the device did not sign", "bad_signature",
     [](auto& target, auto& device) {
       return end_after_offer(target, device, [](OwnLedger& ledger, LedgerHead& head) {
         SignedNote note = ledger.note();
         note.signatures[0].signature[5] ^= std::byte{1};
         head.note = encode(note);
       });
     }},
    {"", "a proof where there is nothing to prove", "bad_proof",
     [](auto& target, auto& device) {
       return end_after_offer(target, device, [](OwnLedger& ledger, LedgerHead& head) {
         head.proof = {ledger.leaves[0]};
       });
     }},
    {"", "other entries than the checkpoint is over", "bad_proof",
     [](auto& target, auto& device) {
       return end_after_offer(target, device,
                              [](OwnLedger& ledger, LedgerHead&) { ledger.entries[1] = "other"; });
     }},
    {"", "more entries than the checkpoint is over", "unasked",
     [](auto& target, auto& device) {
       return end_after_offer(target, device, [](OwnLedger& ledger, LedgerHead&) {
         ledger.entries.emplace_back("three");
       });
     }},
    {"ledger_growth_bytes_max", "more new entries of a ledger than are held in memory",
     "not taken, goes on", too_much_growth},
    {"unknown_device_bytes_max", "more entries by a device that nobody knows than are held",
     "not taken, goes on", too_much_of_an_unknown_device},
    {"not_taken_max", "ledgers by devices that nobody vouches for, four times as many as are tried",
     "asked for no more, goes on", too_many_in_vain},
    {"ledgers_pulled_at_once", "heads of a hundred ledgers", "16 are asked for", ledgers_at_once},
    {"unknown_signatures_max", "a note with one strange signature too many", "8 are kept, goes on",
     too_many_strange_signatures},
    {"", "two histories of its ledger, both signed", "proved to all, goes on", two_histories},
    {"", "a fork's proof of a ledger that only grew", "bad_proof", false_fork},
    {"", "a tile that is not the pack's", "bad_proof",
     [](auto& target, auto& device) {
       return end_after_pack(target, device, [](const Pack& pack, const Message&) {
         Tile tile = pack.tile;
         tile.hashes[7] = tile.hashes[8];
         return Message{tile};
       });
     }},
    {"", "fewer shards than were asked for", "unasked",
     [](auto& target, auto& device) {
       return end_after_pack(target, device, [](const Pack& pack, const Message& ask) {
         return std::holds_alternative<GetTile>(ask) ? Message{pack.tile}
                                                     : Message{Shards{as_bytes("few")}};
       });
     }},
    {"bad_packs_max", "shards that are not their packs', of thirty packs",
     "asked for no more, goes on", bad_packs},
    {"packs_in_progress_max tiles_ahead_max wanted_packs_max",
     "a ledger that lists 2,049 packs that nobody has", "few are asked for at once, goes on",
     packs_at_once},
};

}  // namespace

std::span<const Rule> rules_of_belief() {
  return rules;
}

}  // namespace muniment::sync::test
