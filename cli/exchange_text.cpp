#include "cli/exchange_text.hpp"

#include <cerrno>
#include <cstdio>

#include "vault/base/handle.hpp"

namespace muniment {

namespace {

constexpr std::size_t piece_bytes = 65536;
// As it is printed, a text is a third longer than what it holds.
constexpr std::size_t text_bytes_max = 2 * exchange_text_bytes_max;

std::string read_all(std::FILE* file, const std::string& name) {
  std::string text;
  while (true) {
    const std::size_t before = text.size();
    text.resize(before + piece_bytes);
    const std::size_t got = std::fread(text.data() + before, 1, piece_bytes, file);
    text.resize(before + got);
    if (std::ferror(file) != 0) throw io_error(name, "read", errno);
    if (text.size() > text_bytes_max) throw Error(ErrorCode::limit, name + ": too long for a text");
    if (got == 0) return text;
  }
}

}  // namespace

std::string read_exchange_text(const std::string& path) {
  if (path == "-") return read_all(stdin, "standard input");
  const std::string name = escape(path);
  const Handle<std::FILE, std::fclose> file(std::fopen(path.c_str(), "rbe"));
  if (!file) {
    if (errno == ENOENT) throw Error(ErrorCode::not_found, name + ": no such file");
    throw io_error(name, "open", errno);
  }
  return read_all(file.get(), name);
}

void write_exchange_text(Session& session, const std::string& text, const std::string& path,
                         Json object) {
  if (!path.empty() && !text.empty()) {
    Environment environment = session.environment();
    const auto file = environment.files.create(path);
    file->write_at(0, as_bytes(text));
    session.terminal().say("wrote the text to " + escape(path));
  }
  if (session.options().json) {
    if (path.empty() && !text.empty()) object["text"] = text;
    session.terminal().write_line(to_line(object));
  } else if (path.empty()) {
    session.terminal().write(text);
  }
}

void add_text_out(CLI::App* command, std::string& path) {
  command->add_option("--out", path, "Write the text to this new file")->type_name("FILE");
}

Roles parse_roles(const std::string& text) {
  Roles roles;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    const std::string word = text.substr(at, comma - at);
    const auto* const found = std::ranges::find(role_names, word);
    if (found == role_names.end()) {
      throw Error(ErrorCode::usage, "role " + escape(word) + ": there is none of this name",
                  "there are: custodian, contributor, reader, auditor, witness, trustee");
    }
    roles.add(static_cast<Role>(found - role_names.begin()));
    at = comma + 1;
  }
  return roles;
}

std::string roles_text(const Roles& roles) {
  std::string text;
  for (std::size_t i = 0; i < role_names.size(); ++i) {
    if (!roles.has(static_cast<Role>(i))) continue;
    if (!text.empty()) text += ',';
    text += role_names.at(i);
  }
  return text.empty() ? "none" : text;
}

}  // namespace muniment
