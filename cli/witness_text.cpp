#include "cli/witness_text.hpp"

#include <fmt/format.h>

namespace muniment {

std::string witnessed_text(const WitnessStanding& standing) {
  return fmt::format("witnessed {}/{}", standing.count, standing.of);
}

std::string witnesses_line(const LogWitnesses& log) {
  const WitnessStanding& standing = log.standing;
  std::string text = fmt::format("{}: {}", escape(log.log), witnessed_text(standing));
  if (standing.size > 0) {
    text += fmt::format(" up to entry {} of {}", standing.size, log.size);
  }
  if (log.condemned) {
    text += "; a signature on its checkpoint is forged, or of another history";
  } else if (!standing.is_quorum()) {
    text += fmt::format(", below the quorum of {}", standing.needed);
  }
  return text;
}

Json to_json(const WitnessStanding& standing) {
  return {{"witnessed", standing.count},
          {"witnesses", standing.of},
          {"quorum", standing.needed},
          {"size", standing.size}};
}

Json to_json(const LogWitnesses& log) {
  Json object = to_json(log.standing);
  object["log"] = log.log;
  object["origin"] = log.origin;
  object["own"] = log.own;
  object["entries"] = log.size;
  object["forged"] = log.condemned;
  return object;
}

void say_witnesses(Terminal& terminal, std::span<const LogWitnesses> logs) {
  for (const LogWitnesses& log : logs) {
    if (!log.own || log.standing.of == 0) continue;
    if (log.standing.is_quorum() && !log.condemned) {
      terminal.say(witnesses_line(log));
    } else {
      terminal.warn("warning: " + witnesses_line(log));
    }
  }
}

}  // namespace muniment
