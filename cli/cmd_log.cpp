#include <fmt/format.h>

#include <deque>
#include <map>

#include "cli/access_text.hpp"
#include "cli/command.hpp"
#include "cli/text.hpp"
#include "cli/witness_text.hpp"

namespace muniment {

namespace {

struct ShowArguments {
  std::string collection;
  std::string actor;
  std::string device;
  std::string act;
  std::string object;
  std::string since;
  std::string until;
  std::string log;
  bool csv = false;
};

struct ReportArguments {
  std::string collection;
};

struct ProofArguments {
  std::uint64_t index = 0;
};

// What cannot be told from the records alone.
ExitCode say_reading(Terminal& terminal, const AccessReading& reading) {
  if (reading.sealed_to_others > 0) {
    terminal.say(count_of(reading.sealed_to_others, "record") +
                 " cannot be opened: sealed to other auditors");
  }
  for (const std::uint64_t index : reading.forged) {
    terminal.warn(fmt::format(
        "entry {}: not sealed by the ratchet: somebody wrote it who had this device's log key",
        index));
  }
  return reading.forged.empty() ? ExitCode::ok : ExitCode::damaged;
}

// Intents wait for their outcomes, so that people read one line an act, in the order of the log.
class Table {
 public:
  explicit Table(Terminal& terminal) : x_terminal(terminal) {}

  void add(const AccessInfo& info, bool taken) {
    if (info.record.stage == AccessStage::done) {
      const auto waiting = std::ranges::find(x_waiting, *info.record.intent,
                                             [](const Line& line) { return line.info.index; });
      if (waiting != x_waiting.end()) waiting->done = info.record;
    } else if (taken) {
      x_waiting.push_back({info, std::nullopt});
    }
    constexpr std::size_t waiting_max = 1000;
    while (!x_waiting.empty() && (is_whole(x_waiting.front()) || x_waiting.size() > waiting_max)) {
      write_first();
    }
  }

  void finish() {
    while (!x_waiting.empty()) write_first();
  }

 private:
  struct Line {
    AccessInfo info;
    std::optional<AccessRecord> done;
  };

  static bool is_whole(const Line& line) {
    return line.info.record.stage == AccessStage::event || line.done;
  }
  void write_first() {
    const Line& line = x_waiting.front();
    x_terminal.write_line(table_line(line.info, line.done ? &*line.done : nullptr));
    x_waiting.pop_front();
  }

  Terminal& x_terminal;
  std::deque<Line> x_waiting;
};

ExitCode show(Session& session, const ShowArguments& arguments) {
  Terminal& terminal = session.terminal();
  AccessFilter filter{arguments.actor, arguments.act, arguments.object, {}, {}};
  if (!arguments.since.empty()) filter.since = parse_time(arguments.since, "--since");
  if (!arguments.until.empty()) filter.until = parse_time(arguments.until, "--until");
  Vault vault = session.open_unlocked();
  if (arguments.csv) terminal.write_line(csv_header());
  Table table(terminal);
  const AccessReading reading = vault.read_access_log(
      [&](const AccessInfo& info) {
        const bool taken = filter.takes(info) && (arguments.collection.empty() ||
                                                  info.collection == arguments.collection);
        if (!session.options().json && !arguments.csv) {
          table.add(info, taken);
        } else if (taken) {
          terminal.write_line(arguments.csv ? csv_line(info) : to_line(to_json(info)));
        }
        return true;
      },
      session.activity(), {arguments.device, arguments.log});
  table.finish();
  return say_reading(terminal, reading);
}

// Who opened a file, or a folder or snapshot as a whole.
struct Openings {
  std::uint64_t times = 0;
  UnixSeconds first = 0;
  UnixSeconds last = 0;
  std::string purpose;  // the last one that was given
};

ExitCode report(Session& session, const ReportArguments& arguments) {
  Terminal& terminal = session.terminal();
  Vault vault = session.open_unlocked();
  using Key = std::tuple<std::string, std::string, std::string, std::string>;
  std::map<Key, Openings> openings;
  const auto add = [&](const AccessInfo& info) {
    const AccessRecord& record = info.record;
    const bool opens = record.act == access_act::read || record.act == access_act::export_files ||
                       record.act == access_act::prove;
    if (!opens || record.stage != AccessStage::intent || info.collection != arguments.collection) {
      return true;
    }
    Openings& entry = openings[{object_text(info), info.member, record.user, record.act}];
    if (++entry.times == 1 || record.time < entry.first) entry.first = record.time;
    if (entry.times == 1 || record.time >= entry.last) {
      entry.last = record.time;
      if (!record.purpose.empty()) entry.purpose = record.purpose;
    }
    return true;
  };
  ExitCode code = ExitCode::ok;
  for (const AccessLogChoice& log : vault.access_logs()) {
    try {
      const AccessReading reading = vault.read_access_log(add, session.activity(), log);
      if (say_reading(terminal, reading) != ExitCode::ok) code = ExitCode::damaged;
    } catch (const Error& error) {
      // The others are none the worse.
      if (error.code() != ErrorCode::damaged) throw;
      terminal.warn(std::string("warning: ") + error.what());
      code = ExitCode::damaged;
    }
  }
  for (const auto& [key, entry] : openings) {
    const auto& [object, member, user, act] = key;
    if (session.options().json) {
      Json line{{"object", object},
                {"member", member},
                {"user", user},
                {"act", act},
                {"times", entry.times},
                {"first", utc_time(entry.first)},
                {"last", utc_time(entry.last)},
                {"purpose", entry.purpose}};
      terminal.write_line(to_line(line));
      continue;
    }
    std::string text = fmt::format(
        "{}: {} {} by {}{}, {}", object, act, count_of(entry.times, "time"), escape(member),
        user.empty() ? "" : " (" + escape(user) + ")", utc_time(entry.first));
    if (entry.times > 1) text += " to " + utc_time(entry.last);
    if (!entry.purpose.empty()) text += fmt::format(" \"{}\"", escape(entry.purpose));
    terminal.write_line(text);
  }
  if (openings.empty()) terminal.say("nobody opened anything, as far as the logs here say");
  return code;
}

// Those with which the device did not go on.
void write_ended(Terminal& terminal, std::span<const EndedAccessLog> logs) {
  for (const EndedAccessLog& log : logs) {
    std::string text = fmt::format("log {} ended when this device was put back to an older state: ",
                                   log.number.hex());
    text += log.damaged ? "what is here of it is damaged"
                        : count_of(log.here, "entry") + " of it here ('log show --log')";
    if (log.known > log.here) text += fmt::format(", and it had at least {}", log.known);
    terminal.write_line(text);
  }
}

// Of other devices, as sync brought them.
void write_copies(Terminal& terminal, std::span<const AccessLogReport> copies) {
  for (const AccessLogReport& copy : copies) {
    if (copy.check.damage.empty()) {
      terminal.write_line(fmt::format("copy of the {}: {}, whole", escape(copy.log),
                                      count_of(copy.check.head.size, "entry")));
    }
    for (const LedgerDamage& item : copy.check.damage) {
      terminal.write_line(
          fmt::format("copy of the {}: {}: {}", escape(copy.log), escape(item.object), item.cause));
    }
  }
}

ExitCode verify(Session& session, const NoArguments&) {
  Terminal& terminal = session.terminal();
  Vault vault = session.open();
  const AccessLogReport found = vault.verify_access_log(session.activity());
  const auto& damage = found.check.damage;
  const std::vector<EndedAccessLog> ended = vault.ended_access_logs();
  const std::vector<AccessLogReport> copies = vault.verify_access_log_copies(session.activity());
  const bool whole = std::ranges::all_of(
      copies, [](const AccessLogReport& copy) { return copy.check.damage.empty(); });
  std::optional<LogWitnesses> witnesses;
  for (LogWitnesses& log : vault.witnesses()) {
    if (log.origin == found.origin && log.standing.of > 0) witnesses = std::move(log);
  }
  if (session.options().json) {
    Json object{{"ok", damage.empty() && whole},
                {"origin", found.origin},
                {"entries", found.check.head.size},
                {"unknown", found.check.unknown},
                {"damage", Json::array()}};
    if (found.exists) object["root"] = found.check.head.root.hex();
    if (witnesses) object["witnesses"] = to_json(*witnesses);
    for (const LedgerDamage& item : damage) {
      object["damage"].push_back({{"object", item.object}, {"cause", item.cause}});
    }
    object["ended"] = Json::array();
    for (const EndedAccessLog& log : ended) {
      object["ended"].push_back({{"number", log.number.hex()},
                                 {"origin", log.origin},
                                 {"entries", log.here},
                                 {"known", log.known},
                                 {"damaged", log.damaged}});
    }
    object["copies"] = Json::array();
    for (const AccessLogReport& copy : copies) {
      object["copies"].push_back({{"log", copy.log},
                                  {"origin", copy.origin},
                                  {"entries", copy.check.head.size},
                                  {"damaged", !copy.check.damage.empty()}});
    }
    terminal.write_line(to_line(object));
  } else if (!found.exists) {
    terminal.write_line("there is no access log yet");
  } else {
    terminal.write_line(fmt::format("{}: signature, hashes and tiles checked{}",
                                    count_of(found.check.head.size, "entry"),
                                    witnesses ? "" : "; the charter has no other witness"));
    if (witnesses && witnesses->standing.is_quorum() && !witnesses->condemned) {
      terminal.write_line(witnesses_line(*witnesses));
    } else if (witnesses) {
      terminal.warn("warning: " + witnesses_line(*witnesses));
    }
    for (const LedgerDamage& item : damage) terminal.write_line(item.object + ": " + item.cause);
  }
  if (!session.options().json) {
    write_ended(terminal, ended);
    write_copies(terminal, copies);
  }
  return damage.empty() && whole ? ExitCode::ok : ExitCode::damaged;
}

ExitCode prove(Session& session, const ProofArguments& arguments) {
  Vault vault = session.open();
  session.terminal().write(vault.access_log_proof(arguments.index));
  return ExitCode::ok;
}

ExitCode mend(Session& session, const NoArguments&) {
  Vault vault = session.open();
  const DeviceKeys keys = vault.open_keys(session.credential_for(vault));
  const auto given_up = vault.repair_access_log(keys, session.activity());
  if (session.options().json) {
    session.terminal().write_line(
        to_line({{"repaired", given_up.has_value()}, {"bytes_given_up", given_up.value_or(0)}}));
  }
  session.terminal().say(
      given_up ? fmt::format("the log goes on after its last entry that is whole; {} were given "
                             "up, and the log says so",
                             human_bytes(*given_up))
               : std::string("the log is not damaged beyond what the next entry mends"));
  return ExitCode::ok;
}

void add_show(CLI::App& group, CommandLine& line) {
  CLI::App* command =
      declare(group, "show", "Read it, as far as it is sealed to this device",
              "  muniment log show\n"
              "  muniment log show --collection police-files --since 2026-03-01\n"
              "  muniment log show --actor bbc --act read --csv > reads.csv\n"
              "  muniment log show --object 'police-files/3@*:*.pdf'\n"
              "  muniment log show --device bbc/desk\n\n"
              "A line an act: number, time (UTC), who, what, to what, what for and how\n"
              "it ended. With --json and --csv, intent and outcome are lines of their own.");
  auto arguments = std::make_shared<ShowArguments>();
  command->add_option("--collection", arguments->collection, "Only what concerns it")
      ->type_name("COLLECTION");
  command->add_option("--actor", arguments->actor, "Only this member, or user of this name")
      ->type_name("NAME");
  command
      ->add_option("--device", arguments->device,
                   "The log of this one, of which sync brought a copy")
      ->type_name("[MEMBER/]DEVICE");
  command->add_option("--act", arguments->act, "Only this: unlock, read, list, search, export, ...")
      ->type_name("ACT");
  command
      ->add_option("--object", arguments->object,
                   "Only what begins so, or matches so: SNAPSHOT[:PATH] with * and ?")
      ->type_name("GLOB");
  command
      ->add_option("--log", arguments->log,
                   "One that ended when the device was put back, by digits of its number")
      ->type_name("NUMBER");
  command->add_option("--since", arguments->since, "From this time on (UTC)")->type_name("TIME");
  command->add_option("--until", arguments->until, "Before this time (UTC)")->type_name("TIME");
  command->add_flag("--csv", arguments->csv, "For a spreadsheet");
  when_chosen(command, line, arguments, show);
}

}  // namespace

void add_log(CommandLine& line) {
  CLI::App* group = declare(line.app, "log", "The access log: who opened what, and when",
                            "  muniment log show --since 2026-03-01\n"
                            "  muniment log report police-files\n"
                            "  muniment log verify");
  group->require_subcommand(1);
  add_show(*group, line);

  CLI::App* report_command =
      declare(*group, "report", "Say who opened which file of a collection, how often and when",
              "  muniment log report police-files --json");
  auto report_arguments = std::make_shared<ReportArguments>();
  report_command->add_option("collection", report_arguments->collection, "Its name")
      ->required()
      ->type_name("COLLECTION");
  when_chosen(report_command, line, report_arguments, report);

  CLI::App* verify_command =
      declare(*group, "verify", "Check signature and hashes of all of it; needs no key",
              "  muniment log verify\n\n"
              "It shows that nothing was changed in the middle. That its end was not cut off, or\n"
              "all of it replaced, only somebody can say who saw a later checkpoint.");
  when_chosen(verify_command, line, std::make_shared<NoArguments>(), verify);

  CLI::App* proof_command = declare(
      *group, "proof", "Write the proof that an entry stands in it; needs no key",
      "  muniment log proof 812 > 812.tlog-proof\n\n"
      "c2sp.org/tlog-proof: index, hashes and signed checkpoint, checked without the vault.");
  auto proof_arguments = std::make_shared<ProofArguments>();
  proof_command->add_option("entry", proof_arguments->index, "Its number, as 'log show' has it")
      ->required()
      ->type_name("N");
  when_chosen(proof_command, line, proof_arguments, prove);

  CLI::App* repair_command = declare(
      *group, "repair", "Go on with a log that is damaged in both copies",
      "  muniment log repair\n\n"
      "Nothing unlocks while the log cannot be continued. What is whole of it is kept, and\n"
      "that the rest was given up stands in it.");
  when_chosen(repair_command, line, std::make_shared<NoArguments>(), mend);
}

}  // namespace muniment
