#include "vault/possessions.hpp"

#include "vault/ledger/entries.hpp"
#include "vault/note/record.hpp"

namespace muniment {

namespace {

constexpr std::string_view type = "muniment/possessions/v1";
constexpr std::string_view name = "possessions";
// A line takes up to 60 bytes, and one for each pack of each device is the worst there is.
constexpr std::uint64_t bytes_max = std::uint64_t{256} << 20U;

bool read_run(RecordReader& record, PossessionRuns& runs) {
  const bool shown = record.key_if("shown");
  if (!shown && !record.key_if("lacked")) return false;
  const std::uint64_t first = record.u64();
  const std::uint64_t end = record.u64();
  const UnixHours hour = record.u32();
  if (end <= first || !runs.append(first, {end, {shown, hour}})) record.fail();
  return record.ok();
}

}  // namespace

std::optional<Possession> PossessionRuns::find(std::uint64_t pack) const {
  auto after = x_runs.upper_bound(pack);
  if (after == x_runs.begin()) return std::nullopt;
  const Run& run = std::prev(after)->second;
  return pack < run.end ? std::optional(run.possession) : std::nullopt;
}

void PossessionRuns::set(std::uint64_t pack, const Possession& possession) {
  // The run that has it is cut in two.
  auto after = x_runs.upper_bound(pack);
  if (after != x_runs.begin()) {
    const auto before = std::prev(after);
    const Run old = before->second;
    if (pack < old.end) {
      if (old.possession == possession) return;
      before->second.end = pack;
      if (before->first == pack) x_runs.erase(before);
      if (pack + 1 < old.end) x_runs.emplace(pack + 1, old);
    }
  }
  auto at = x_runs.emplace(pack, Run{pack + 1, possession}).first;
  const auto next = std::next(at);
  if (next != x_runs.end() && next->first == pack + 1 && next->second.possession == possession) {
    at->second.end = next->second.end;
    x_runs.erase(next);
  }
  if (at == x_runs.begin()) return;
  const auto before = std::prev(at);
  if (before->second.end != pack || before->second.possession != possession) return;
  before->second.end = at->second.end;
  x_runs.erase(at);
}

bool PossessionRuns::append(std::uint64_t first, const Run& run) {
  if (!x_runs.empty()) {
    const Run& last = x_runs.rbegin()->second;
    if (first < last.end) return false;
    if (first == last.end && run.possession == last.possession) return false;
  }
  x_runs.emplace(first, run);
  return true;
}

std::string encode(const Possessions& possessions) {
  RecordWriter record(type);
  for (const auto& [ledger, devices] : possessions) {
    record.key("ledger").hex(ledger.view());
    for (const auto& [device, runs] : devices) {
      record.key("device").hex(device.view());
      for (const auto& [first, run] : runs.runs()) {
        record.key(run.possession.shown ? "shown" : "lacked").u64(first).u64(run.end);
        record.u64(run.possession.hour);
      }
    }
  }
  return record.finish();
}

std::optional<Possessions> decode_possessions(std::string_view text) {
  RecordReader record(text, type);
  Possessions result;
  while (record.key_if("ledger")) {
    const auto ledger = record.hex<LedgerId>();
    if (!result.empty() && ledger <= result.rbegin()->first) record.fail();
    auto& devices = result[ledger];
    while (record.key_if("device")) {
      const auto device = record.hex<DeviceId>();
      if (!devices.empty() && device <= devices.rbegin()->first) record.fail();
      PossessionRuns& runs = devices[device];
      while (read_run(record, runs)) {
      }
      if (runs.runs().empty()) record.fail();
    }
    if (devices.empty()) record.fail();
  }
  if (!record.done()) return std::nullopt;
  return result;
}

Possessions find_possessions(FileSystem& files, const std::filesystem::path& vault) {
  const auto bytes = read_file_within(files, vault / name, bytes_max);
  auto found = bytes ? decode_possessions(as_text(*bytes)) : std::nullopt;
  return std::move(found).value_or(Possessions{});
}

void save_possessions(FileSystem& files, const std::filesystem::path& vault,
                      const Possessions& possessions) {
  write_file_atomically(files, vault / name, as_bytes(encode(possessions)));
}

std::vector<PackId> packs_in_order(const Ledger& ledger, std::uint64_t from) {
  std::vector<PackId> result;
  for (std::uint64_t i = from; i < ledger.size(); ++i) {
    const std::string entry = ledger.entry(i);
    const auto packs = act_of(entry) == Act::packs ? decode_packs(entry) : std::nullopt;
    if (!packs) continue;
    for (const PackRef& pack : packs->packs) result.push_back(pack.id);
  }
  return result;
}

}  // namespace muniment
