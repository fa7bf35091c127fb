#include "vault/snapshot/dictionary_trainer.hpp"

namespace muniment {

namespace {

// Measured on the kernel's sources: larger dictionaries, more or longer samples and more frequent
// training save less than half a per cent more.
constexpr std::size_t dictionary_bytes = 64 * limits::kib;
constexpr std::size_t samples_each = 128;
constexpr std::size_t sample_bytes_max = 16 * limits::kib;
constexpr std::uint64_t first_stretch_bytes = 4 * limits::mib;
constexpr std::uint64_t stretch_bytes_max = 128 * limits::mib;
// Of a dictionary itself, which is stored in every pack that needs it.
constexpr int own_level = 9;

}  // namespace

void DictionaryTrainer::Reservoir::offer(ByteView chunk, std::minstd_rand& random) {
  std::size_t place = x_offered++;
  if (place >= samples_each) place = random() % x_offered;
  if (place >= samples_each) return;
  const ByteView beginning = chunk.first(std::min(chunk.size(), sample_bytes_max));
  if (place == x_samples.size()) x_samples.emplace_back();
  x_samples[place].assign(beginning.begin(), beginning.end());
}

void DictionaryTrainer::Reservoir::clear() {
  x_samples.clear();
  x_offered = 0;
}

void DictionaryTrainer::Reservoir::append_to(std::vector<Bytes>& samples) const {
  samples.insert(samples.end(), x_samples.begin(), x_samples.end());
}

DictionaryTrainer::DictionaryTrainer(const IdKey& id_key, int level)
    : x_id_key(id_key), x_level(level), x_bytes_wanted(first_stretch_bytes) {}

std::shared_ptr<const TrainedDictionary> DictionaryTrainer::current() const {
  const std::lock_guard lock(x_mutex);
  return x_current;
}

void DictionaryTrainer::sample(ByteView chunk) {
  const std::vector<Bytes> samples = take_samples(chunk);
  if (samples.empty()) return;
  auto trained = train(samples);
  if (!trained) return;
  const std::lock_guard lock(x_mutex);
  x_current = std::move(trained);
}

std::vector<Bytes> DictionaryTrainer::take_samples(ByteView chunk) {
  const std::lock_guard lock(x_mutex);
  x_recent.offer(chunk, x_random);
  x_all.offer(chunk, x_random);
  x_bytes += chunk.size();
  if (x_bytes < x_bytes_wanted) return {};
  std::vector<Bytes> samples;
  x_recent.append_to(samples);
  x_all.append_to(samples);
  x_recent.clear();
  x_bytes = 0;
  x_bytes_wanted = std::min(4 * x_bytes_wanted, stretch_bytes_max);
  return samples;
}

std::shared_ptr<const TrainedDictionary> DictionaryTrainer::train(
    const std::vector<Bytes>& samples) const {
  const std::vector<ByteView> views(samples.begin(), samples.end());
  std::optional<Bytes> content = ZstdDictionary::train(views, dictionary_bytes);
  if (!content) return nullptr;
  auto prepared = ZstdDictionary::prepare(*content, x_level);
  if (!prepared) return nullptr;
  NewChunk chunk{.type = FrameType::dictionary};
  chunk.ref = {chunk_id(x_id_key, sha256(*content)), static_cast<std::uint32_t>(content->size())};
  Bytes compressed = ZstdCompressor(own_level).compress(*content);
  if (compressed.size() < content->size()) {
    chunk.codec = {CodecKind::zstd, own_level, zstd_version(), {}};
    chunk.payload = std::move(compressed);
  } else {
    chunk.payload = std::move(*content);
  }
  return std::make_shared<const TrainedDictionary>(std::move(chunk), std::move(*prepared), x_level);
}

}  // namespace muniment
