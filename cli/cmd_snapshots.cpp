#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/json.hpp"
#include "cli/text.hpp"
#include "cli/witness_text.hpp"

namespace muniment {

namespace {

struct SnapshotsArguments {
  std::string collection;
};

std::string about_text(const About& about) {
  std::string text;
  for (const auto& [key, value] : about) text += fmt::format("  {}={}", escape(key), escape(value));
  return text;
}

// Nothing where nobody else is a witness.
std::string witnesses_text(const WitnessStanding& standing) {
  if (standing.of == 0) return {};
  std::string text = "  " + witnessed_text(standing);
  if (!standing.is_quorum()) text += fmt::format(" (quorum {})", standing.needed);
  return text;
}

Json to_json(const DepositInfo& deposit) {
  return {{"snapshot", deposit.name}, {"collection", deposit.collection},
          {"number", deposit.number}, {"device", deposit.device},
          {"packs", deposit.packs},   {"stored_bytes", deposit.stored_bytes},
          {"deposited", true}};
}

Json with_witnesses(const SnapshotInfo& snapshot) {
  Json object = to_json(snapshot);
  if (snapshot.witnesses.of > 0) object["witnesses"] = to_json(snapshot.witnesses);
  return object;
}

ExitCode list(Session& session, const SnapshotsArguments& arguments) {
  Vault vault = session.open_unlocked();
  std::optional<std::string> collection;
  if (!arguments.collection.empty()) collection = arguments.collection;
  const std::vector<DepositInfo> deposits = vault.deposits(collection);
  for (const DepositInfo& deposit : deposits) {
    session.terminal().write_line(
        session.options().json
            ? to_line(to_json(deposit))
            : fmt::format("{:<32} {:<20} {:>15} {:>10}  deposited, not to be read here",
                          escape(deposit.name), "-", count_of(deposit.packs, "pack"),
                          human_bytes(deposit.stored_bytes)));
  }
  if (!deposits.empty() && collection) return ExitCode::ok;
  for (const SnapshotInfo& snapshot : vault.snapshots(collection, session.activity())) {
    session.terminal().write_line(
        session.options().json
            ? to_line(with_witnesses(snapshot))
            : fmt::format("{:<32} {} {:>15} {:>10}{}{}", snapshot.name, utc_time(snapshot.created),
                          count_of(snapshot.files, "file"), human_bytes(snapshot.bytes),
                          witnesses_text(snapshot.witnesses), about_text(snapshot.about)));
  }
  return ExitCode::ok;
}

}  // namespace

void add_snapshots(CommandLine& line) {
  CLI::App* command = declare(line.app, "snapshots", "List the snapshots",
                              "  muniment snapshots\n"
                              "  muniment snapshots letters --json");
  auto arguments = std::make_shared<SnapshotsArguments>();
  command->add_option("collection", arguments->collection, "Only of this collection")
      ->type_name("COLLECTION");
  when_chosen(command, line, arguments, list);
}

}  // namespace muniment
