// The real ssh-keygen on one side, ours on the other.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

#include "tests/note/keys.hpp"
#include "tests/support/skip.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/vectors.hpp"
#include "vault/note/sshsig.hpp"

namespace muniment {

namespace {

constexpr std::string_view message = "a charter, or something like it\n";
constexpr std::string_view name_space = "muniment-test";

// Runs a shell command in `folder`; true if it ended well.
bool run(const std::filesystem::path& folder, const std::string& command) {
  const std::string line = "cd '" + folder.string() + "' && " + command + " >/dev/null 2>&1";
  return std::system(line.c_str()) == 0;
}

void write_text(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

bool has_ssh_keygen() {
  const bool found = run("/", "command -v ssh-keygen");
  if (!found) test::skip("ssh-keygen is not installed");
  return found;
}

}  // namespace

TEST_CASE("sshsig: what ssh-keygen signs verifies here") {
  if (!has_ssh_keygen()) return;
  const test::TemporaryDirectory folder;
  write_text(folder.path() / "message", message);
  REQUIRE(run(folder.path(), "ssh-keygen -q -t ed25519 -N '' -C '' -f key"));
  REQUIRE(run(folder.path(), "ssh-keygen -Y sign -f key -n muniment-test message"));

  std::string key_text = test::read_text(folder.path() / "key.pub");
  key_text.resize(key_text.find_first_of(" \n", key_text.find(' ') + 1));
  const auto signer = decode_authorized_key(key_text);
  REQUIRE(signer);
  const auto blob = dearmor_sshsig(test::read_text(folder.path() / "message.sig"));
  REQUIRE(blob);
  const auto signature = decode_sshsig(*blob);
  REQUIRE(signature);
  CHECK(ssh_verify(*signature, *signer, name_space, as_bytes(message)));
  CHECK_FALSE(ssh_verify(*signature, *signer, "file", as_bytes(message)));
}

TEST_CASE("sshsig: what is signed here ssh-keygen verifies, for its namespace only") {
  if (!has_ssh_keygen()) return;
  const test::TemporaryDirectory folder;
  const auto signature =
      ssh_sign(test::fixed_key<AuthorityPurpose>(1), name_space, as_bytes(message));
  write_text(folder.path() / "message", message);
  write_text(folder.path() / "message.sig", armor_sshsig(encode_sshsig(signature)));
  write_text(folder.path() / "signers", "member " + encode_authorized_key(signature.key) + '\n');
  const auto verifies = [&](const std::string& for_name_space, const std::string& file) {
    return run(folder.path(), "ssh-keygen -Y verify -f signers -I member -n " + for_name_space +
                                  " -s message.sig < " + file);
  };
  CHECK(verifies("muniment-test", "message"));
  CHECK_FALSE(verifies("muniment-grant", "message"));
  CHECK_FALSE(verifies("muniment-test", "signers"));
}

}  // namespace muniment
