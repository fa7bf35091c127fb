#include "cli/command.hpp"
#include "cli/json.hpp"
#include "cli/text.hpp"

namespace muniment {

namespace {

struct CatArguments {
  std::vector<std::string> targets;
  bool force = false;
};

// True if a terminal would show the bytes and do nothing else.
bool is_plain_text(std::string_view bytes) {
  // A chunk may begin and end inside a character of up to four bytes.
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; };
  for (int i = 0; i < 3 && !bytes.empty() && continues(bytes.front()); ++i) bytes.remove_prefix(1);
  for (int i = 0; i < 3 && !bytes.empty() && !is_utf8(bytes); ++i) bytes.remove_suffix(1);
  if (!is_utf8(bytes)) return false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto c = static_cast<unsigned char>(bytes[i]);
    const bool white_space = c == '\t' || c == '\n' || c == '\r';
    if ((c < 0x20 && !white_space) || c == 0x7f) return false;
    // U+0080 to U+009F, which some terminals obey
    if (c == 0xc2 && static_cast<unsigned char>(bytes[i + 1]) < 0xa0) return false;
  }
  return true;
}

void write_json(Session& session, const std::string& snapshot, const Entry& entry,
                const Reader& reader) {
  std::uint64_t offset = 0;
  reader.read(entry, [&](ByteView bytes) {
    Json object{{"snapshot", snapshot}};
    put_bytes(object, "path", entry.path);
    object["offset"] = offset;
    object["data_b64"] = to_base64(bytes);
    session.terminal().write_line(to_line(object));
    offset += bytes.size();
  });
}

void write_bytes(Session& session, const std::string& name, const Entry& entry,
                 const Reader& reader, bool force) {
  const bool guarded = Terminal::shows_data() && !force;
  reader.read(entry, [&](ByteView bytes) {
    session.activity().check();
    if (guarded && !is_plain_text(as_text(bytes))) {
      throw Error(ErrorCode::usage, name + ": binary, and not written to a terminal",
                  "redirect it to a file, or insist with --force");
    }
    session.terminal().write(as_text(bytes));
  });
}

void cat(Session& session, Vault& vault, const SnapshotPath& target, bool force) {
  const SnapshotInfo snapshot = vault.resolve(target.snapshot);
  const auto reader = vault.reader(snapshot, ReaderUse::few, session.activity(),
                                   {.act = access_act::read, .path = target.path});
  const std::string name = snapshot.name + ":" + escape(target.path);
  const std::optional<Entry> entry = reader->find(target.path);
  if (!entry) {
    throw Error(ErrorCode::not_found, name + ": there is no such file",
                "'muniment ls " + snapshot.name + "' lists what there is");
  }
  if (entry->kind != EntryKind::file) {
    throw Error(ErrorCode::usage,
                name + ": a " + std::string(kind_name(entry->kind)) + ", not a file");
  }
  if (session.options().json) {
    write_json(session, snapshot.name, *entry, *reader);
  } else {
    write_bytes(session, name, *entry, *reader, force);
  }
}

ExitCode cat_all(Session& session, const CatArguments& arguments) {
  std::vector<SnapshotPath> targets;
  for (const std::string& text : arguments.targets) {
    targets.push_back(SnapshotPath::parse(text));
    if (targets.back().path.empty()) {
      throw Error(ErrorCode::usage, escape(text) + ": names no file", "write SNAPSHOT:PATH");
    }
  }
  Vault vault = session.open_unlocked(UnlockEntry::with_first_act);
  for (const SnapshotPath& target : targets) cat(session, vault, target, arguments.force);
  return ExitCode::ok;
}

}  // namespace

void add_cat(CommandLine& line) {
  CLI::App* command = declare(line.app, "cat", "Write files of a snapshot to standard output",
                              "  muniment cat letters/latest:leak/notes.txt\n"
                              "  muniment cat letters/3:scan.tar | tar -t");
  auto arguments = std::make_shared<CatArguments>();
  command->add_option("files", arguments->targets, "One after the other")
      ->required()
      ->type_name("SNAPSHOT:PATH");
  command->add_flag("--force", arguments->force, "Write binary data to a terminal, too");
  when_chosen(command, line, arguments, cat_all);
}

}  // namespace muniment
