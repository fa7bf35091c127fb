// Texts that people hand each other: read from files, written to files or standard output.
#pragma once

#include <string>

#include "cli/command.hpp"
#include "cli/json.hpp"
#include "cli/session.hpp"
#include "vault/partners.hpp"

namespace muniment {

// The whole file; standard input for "-". Error(not_found), Error(io), Error(limit).
[[nodiscard]] std::string read_exchange_text(const std::string& path);

// To the new file `path`, or where that is empty to standard output; with --json as the field
// `text` of `object`, which is printed then in any case.
void write_exchange_text(Session& session, const std::string& text, const std::string& path,
                         Json object);

// The option --out of a command that makes a text: `path` of write_exchange_text.
void add_text_out(CLI::App* command, std::string& path);

// "custodian,reader"; Error(usage) names what is no role.
[[nodiscard]] Roles parse_roles(const std::string& text);
[[nodiscard]] std::string roles_text(const Roles& roles);

}  // namespace muniment
