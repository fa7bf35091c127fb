#include "vault/snapshot/pack_line.hpp"

#include "vault/snapshot/dictionary_trainer.hpp"

namespace muniment {

namespace {

// A group costs one sync of a directory and one catalog transaction; 8 packs are 128 MiB.
constexpr std::size_t group_packs = 8;

}  // namespace

PackLine::PackLine(const PackLineContext& context, unsigned sealers)
    : x_context(context),
      x_sealers(sealers),
      x_free_drafts(sealers + 1),
      x_full_drafts(sealers + 1),
      x_free_files(sealers + 2),
      x_sealed(sealers + 2),
      x_sealing(sealers) {
  for (unsigned i = 0; i < sealers + 1; ++i) {
    x_free_drafts.push(PackDraft(context.suite, context.batch));
  }
  for (unsigned i = 0; i < sealers + 2; ++i) x_free_files.push({});
}

void PackLine::start(Stages& stages) {
  for (unsigned i = 0; i < x_sealers; ++i) stages.start([this] { seal_drafts(); });
  stages.start([this] { write_packs(); });
}

void PackLine::cancel() {
  x_free_drafts.cancel();
  x_full_drafts.cancel();
  x_free_files.cancel();
  x_sealed.cancel();
}

bool PackLine::add(const NewChunk& chunk) {
  const Frame frame = chunk.frame();
  x_payload_bytes += frame.payload.size();
  if (x_context.weigh_only) return true;
  std::size_t placed = 0;
  while (true) {
    if (!x_draft) x_draft = x_free_drafts.pop();
    if (!x_draft) return false;
    // A pack must not need another one to be read, so the dictionary stands in each. One that is
    // cut at a pack's end is of no use there, and added again.
    const bool dictionary_is_there =
        placed > 0 || !chunk.dictionary || x_draft->has_dictionary(frame.codec.dictionary);
    if (!dictionary_is_there) {
      if (!add(chunk.dictionary->chunk)) return false;
      continue;
    }
    placed += x_draft->add(frame, placed);
    if (placed == frame.payload.size()) return true;
    if (!send_draft()) return false;
  }
}

bool PackLine::send_draft() {
  const bool sent = x_full_drafts.push(std::move(*x_draft));
  x_draft.reset();
  return sent;
}

void PackLine::finish() {
  if (x_draft && !x_draft->empty()) send_draft();
  x_full_drafts.close();
}

void PackLine::seal_drafts() {
  while (auto draft = x_full_drafts.pop()) {
    auto buffer = x_free_files.pop();
    if (!buffer) return;
    SealedPack sealed =
        seal_pack(*draft, x_context.epoch_public_key, x_context.random, std::move(*buffer));
    draft->clear();
    x_free_drafts.push(std::move(*draft));
    if (!x_sealed.push(std::move(sealed))) return;
  }
  if (x_sealing.fetch_sub(1) == 1) x_sealed.close();
}

void PackLine::write_packs() {
  std::vector<PackIndex> group;
  while (auto pack = x_sealed.pop()) {
    if (x_context.journal != nullptr) x_context.journal->add(pack->id);
    x_context.store.put_if_absent(pack_key(pack->id), pack->file);
    const auto size_class = static_cast<unsigned>(pack->form.size_class);
    group.push_back(index_of({pack->id, size_class, x_context.epoch}, pack->table));
    x_free_files.push(std::move(pack->file));
    if (group.size() == group_packs) flush(group);
  }
  flush(group);
}

void PackLine::flush(std::vector<PackIndex>& group) {
  if (group.empty()) return;
  x_context.store.flush();
  if (!x_context.batch) {
    const std::lock_guard lock(x_context.catalog.mutex);
    Catalog::Update update = x_context.catalog.catalog.update();
    update.index_packs(group);
    update.commit();
  }
  for (const PackIndex& index : group) {
    x_packs.push_back(index.facts);
    // What cannot be found again through the catalog stays claimed.
    if (!x_context.batch) x_context.known.settled(index.chunks);
  }
  group.clear();
}

}  // namespace muniment
