#include "cli/damage.hpp"

namespace muniment {

void write_damage(Terminal& terminal, const std::vector<Damage>& damage) {
  for (const Damage& item : damage) {
    terminal.write_line(item.object + ": " + item.cause +
                        (item.healable ? "; 'muniment repair' mends it" : ""));
    for (const std::string& file : item.affects) terminal.write_line("  affects " + file);
  }
}

}  // namespace muniment
