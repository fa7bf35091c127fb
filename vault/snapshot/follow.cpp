#include "vault/snapshot/follow.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "vault/consortium/consortium.hpp"
#include "vault/ledger/load.hpp"
#include "vault/ledger/sealed_part.hpp"

namespace muniment {

namespace {

// Rows that go into the catalog together: each commit rewrites every page that it touches, so small
// groups cost several times as much.
constexpr std::size_t group_chunks = 65'536;

void follow_packs(const LedgerId& ledger, std::string_view text, Catalog::Update& update) {
  const std::optional<PacksEntry> entry = decode_packs(text);
  if (!entry) return;
  std::vector<PackFacts> packs;
  packs.reserve(entry->packs.size());
  for (const PackRef& pack : entry->packs)
    packs.push_back({pack.id, pack.size_class, entry->epoch});
  update.list_packs(ledger, packs);
}

void follow_snapshot(const FollowContext& context, const Ledger& ledger, std::uint64_t index,
                     std::string_view text, Catalog::Update& update) {
  const std::optional<SnapshotEntry> entry = decode_snapshot(text);
  if (!entry) return;
  const CollectionAccess* collection = find_collection(context.access, entry->epoch);
  if (collection == nullptr || collection->id != ledger.name().collection) return;
  const auto opened = open_part(collection->epoch_secrets.at(entry->epoch), ledger.name(),
                                Act::snapshot, entry->sealed);
  const auto record = opened ? decode_snapshot_record(*opened) : std::nullopt;
  if (!record) return;
  CatalogSnapshot snapshot;
  snapshot.collection = ledger.name().collection;
  snapshot.number = entry->number;
  snapshot.device = ledger.name().device;
  snapshot.ledger = ledger.name().id();
  snapshot.entry = index;
  snapshot.time = record->time;
  snapshot.files = record->files;
  snapshot.bytes = record->bytes;
  snapshot.index = record->index;
  snapshot.content_root = entry->content_root;
  update.add_snapshot(snapshot);
}

void follow_ledger(const FollowContext& context, const Ledger& ledger, std::uint64_t from) {
  const LedgerId id = ledger.name().id();
  Catalog::Update update = context.catalog.update();
  for (std::uint64_t i = from; i < ledger.size(); ++i) {
    const std::string text = ledger.entry(i);
    const Act act = act_of(text);
    if (act == Act::packs) follow_packs(id, text, update);
    if (act == Act::snapshot) follow_snapshot(context, ledger, i, text, update);
    if (act == Act::collection) {
      const auto access = context.access.find(ledger.name().collection);
      if (access != context.access.end()) {
        update.add_collection({access->second.id, access->second.name});
      }
    }
  }
  update.set_head({id, ledger.size(), ledger.head().root});
  update.commit();
}

void index_unread_packs(const FollowContext& context, Activity& activity) {
  std::vector<PackFacts> unread;
  for (const CatalogPack& pack : context.catalog.packs()) {
    if (pack.listed && pack.state == PackState::unread) unread.push_back(pack.facts);
  }
  if (!unread.empty()) activity.items_total = unread.size();
  std::vector<PackIndex> group;
  std::size_t chunks = 0;
  const auto flush = [&] {
    if (group.empty()) return;
    Catalog::Update update = context.catalog.update();
    update.index_packs(group);
    update.commit();
    group.clear();
    chunks = 0;
  };
  for (const PackFacts& pack : unread) {
    activity.check();
    activity.items_done.fetch_add(1, std::memory_order_relaxed);
    const CollectionAccess* collection = find_collection(context.access, pack.epoch);
    if (collection == nullptr) continue;
    const EpochSecretKey& key = collection->epoch_secrets.at(pack.epoch);
    const auto opened = open_pack(context.store, pack.id, {&key, 1}, PackAccess::ranges);
    const auto* reader = std::get_if<PackReader>(&opened);
    if (reader == nullptr) continue;
    group.push_back(index_of(pack, reader->table()));
    chunks += group.back().chunks.size();
    if (chunks >= group_chunks) flush();
  }
  flush();
}

}  // namespace

std::vector<Damage> find_rewritten_ledgers(const FollowContext& context) {
  std::vector<Damage> rewritten;
  for (const LedgerHead& head : context.catalog.heads()) {
    const auto add = [&](std::string cause) {
      rewritten.push_back({ledger_label(head.ledger), std::move(cause), false, {}});
    };
    const auto ledger =
        std::ranges::find(context.ledgers, head.ledger,
                          [](const Ledger* candidate) { return candidate->name().id(); });
    if (ledger == context.ledgers.end()) {
      add("it was here before, and is gone or cannot be read");
    } else if ((*ledger)->size() < head.size) {
      add(fmt::format("it had {} entries before and has {} now: an older state was put back",
                      head.size, (*ledger)->size()));
    } else if (merkle_root(head.size, (*ledger)->nodes()) != head.root) {
      add("its entries are not those that were here before: it was replaced");
    }
  }
  return rewritten;
}

void follow_ledgers(const FollowContext& context, Activity& activity) {
  const std::set<EpochCommitment> before = context.catalog.epochs();
  std::set<EpochCommitment> now;
  std::set<CollectionId> again;  // a key may come after what it opens
  for (const auto& [id, collection] : context.access) {
    for (const auto& [epoch, secret] : collection.epoch_secrets) {
      now.insert(epoch);
      if (!before.contains(epoch)) again.insert(id);
    }
  }
  for (const Ledger* ledger : context.ledgers) {
    const auto head = context.catalog.find_head(ledger->name().id());
    const std::uint64_t from = head && !again.contains(ledger->name().collection) ? head->size : 0;
    if (from < ledger->size()) follow_ledger(context, *ledger, from);
  }
  if (now != before) {
    Catalog::Update update = context.catalog.update();
    update.set_epochs(now);
    update.commit();
  }
  index_unread_packs(context, activity);
}

}  // namespace muniment
