// What a collector says of a snapshot: its source's pseudonym, when and how it was received, notes.
#pragma once

#include <map>
#include <string>

namespace muniment {

// Keys as in DESIGN §4: source, received, collector, method, note; others are kept. Values are
// UTF-8.
using About = std::map<std::string, std::string>;

}  // namespace muniment
