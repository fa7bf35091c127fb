#include <fmt/format.h>

#include "cli/anchor_text.hpp"
#include "cli/command.hpp"
#include "cli/openssl.hpp"
#include "cli/text.hpp"
#include "vault/anchors.hpp"

namespace muniment {

namespace {

struct RequestArguments {
  std::string directory;
  bool all = false;
};

struct ImportArguments {
  std::vector<std::string> files;
  std::string authority;
};

ExitCode request(Session& session, const RequestArguments& arguments) {
  Terminal& terminal = session.terminal();
  Vault vault = session.open_unlocked_if_given();
  const auto requests =
      Anchors(vault).request(arguments.directory, arguments.all, session.activity());
  for (const AnchorRequest& request : requests) {
    Json files = Json::array();
    for (const std::filesystem::path& path : request.files) {
      if (!session.options().json) terminal.write_line(escape(path.native()));
      Json file;
      put_bytes(file, "path", path.native());
      files.push_back(std::move(file));
    }
    if (session.options().json) {
      terminal.write_line(to_line(
          {{"ledger", request.ledger}, {"entries", request.entries}, {"files", std::move(files)}}));
    } else {
      terminal.say(fmt::format("asks for the first {} of {}", count_of(request.entries, "entry"),
                               request.ledger));
    }
  }
  terminal.say(
      requests.empty()
          ? "every newest checkpoint was anchored already"
          : "post each .tsq to a time stamp authority, or the last 32 bytes of an .ots to a "
            "calendar; 'muniment anchor import' takes the replies");
  return ExitCode::ok;
}

ExitCode import(Session& session, const ImportArguments& arguments) {
  const std::vector<std::filesystem::path> files(arguments.files.begin(), arguments.files.end());
  Vault vault = session.open_unlocked_if_given();
  const AnchorImport report =
      Anchors(vault).import(files, arguments.authority, check_timestamp, session.activity());
  for (const Anchored& anchored : report.anchored) {
    session.terminal().write_line(session.options().json ? to_line(to_json(anchored))
                                                         : anchor_line(anchored));
  }
  if (report.known > 0) {
    session.terminal().say(count_of(report.known, "file") + " brought nothing new");
  }
  return ExitCode::ok;
}

}  // namespace

void add_anchor(CommandLine& line) {
  CLI::App* group = declare(line.app, "anchor", "Have others say when the ledgers' entries existed",
                            "  muniment anchor request requests\n"
                            "  muniment anchor import requests/*.tsr --ca authority.pem");
  group->require_subcommand(1);

  CLI::App* out = declare(
      *group, "request", "Write requests for the newest checkpoints; needs no key",
      "  muniment anchor request requests\n"
      "  curl -H 'Content-Type: application/timestamp-query' --data-binary @requests/X.tsq \\\n"
      "    https://AUTHORITY > requests/X.tsr\n"
      "  tail -c 32 requests/X.ots | curl --data-binary @- https://CALENDAR/digest >> "
      "requests/X.ots\n\n"
      "Of each ledger a .tsq for an RFC 3161 authority, the beginning of an .ots for an\n"
      "OpenTimestamps calendar, and the .checkpoint that both are about, which 'ots stamp'\n"
      "takes, too. They see a digest, and nothing of what is kept.");
  auto asked = std::make_shared<RequestArguments>();
  out->add_option("directory", asked->directory, "Made if it is absent")
      ->required()
      ->type_name("DIR");
  out->add_flag("--all", asked->all, "Also for ledgers of other devices");
  when_chosen(out, line, asked, request);

  CLI::App* in = declare(
      *group, "import", "Check replies and keep them with the ledgers; needs no key",
      "  muniment anchor import requests/*.tsr --ca authority.pem\n"
      "  muniment anchor import requests/*.ots\n\n"
      "'openssl ts' checks a time stamp, with the certificate of the authority's root. Of an\n"
      "OpenTimestamps file only the form is checked: 'ots verify' asks the chain. 'ots upgrade'\n"
      "completes one that is pending; import it again then.");
  auto read = std::make_shared<ImportArguments>();
  in->add_option("files", read->files, ".tsr and .ots files")->required()->type_name("FILE");
  in->add_option("--ca", read->authority,
                 "Certificates (PEM), the root's first, which time stamps must follow from")
      ->type_name("FILE");
  when_chosen(in, line, read, import);
}

}  // namespace muniment
