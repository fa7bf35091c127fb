#!/usr/bin/env python3
"""Exit codes, what goes to which stream, and how errors read."""

import re
import subprocess

import support
from support import write

COMMANDS = [
    ["init"], ["collection"], ["collection", "create"], ["collection", "list"], ["ingest"], ["snapshots"],
    ["ls"], ["cat"], ["restore"], ["diff"], ["find"], ["verify"], ["repair"], ["catalog"],
    ["catalog", "rebuild"], ["status"], ["prove"], ["anchor"], ["anchor", "request"], ["anchor", "import"], ["unlock"], ["lock"], ["key"], ["key", "list"], ["key", "add"],
    ["key", "change"], ["key", "remove"], ["key", "recovery"], ["key", "recovery", "new"],
    ["key", "recovery", "split"], ["key", "recovery", "restore"], ["card"], ["invite"], ["accept"], ["text"],
    ["charter"], ["charter", "show"], ["charter", "propose"], ["charter", "approve"], ["charter", "adopt"],
    ["charter", "choose"],
    ["grant"], ["revoke"], ["grants"], ["device"], ["device", "list"], ["device", "revoke"], ["key", "export-backup"], ["key", "import-backup"],
    ["log"], ["log", "show"], ["log", "report"], ["log", "verify"], ["log", "proof"], ["log", "repair"],
    ["witness"], ["witness", "request"], ["witness", "sign"], ["witness", "import"], ["witness", "policy"],
    ["peer"], ["peer", "add"], ["peer", "list"], ["peer", "remove"], ["sync"],
    ["bench"], ["completion"], ["man"],
]


class Usage(support.Case):
    def assert_error(self, result, code):
        self.expect(code, result)
        self.assertEqual(result.stdout, b"")
        first = result.stderr.splitlines()[0]
        self.assertRegex(first, r"^muniment: error: [^A-Z]")
        for line in result.stderr.splitlines():
            self.assertRegex(line, r"^muniment: ")
            self.assertFalse(line.endswith("."), line)
        return result

    def test_every_command_has_help_with_an_example(self):
        for command in COMMANDS:
            with self.subTest(command=command):
                result = self.expect(0, support.run(*command, "--help"))
                example = r"Examples:\n.*^ +muniment .*" + " ".join(command)
                self.assertRegex(result.text, re.compile(example, re.MULTILINE | re.DOTALL))
                self.assertEqual(result.stderr, "")

    def test_help_lists_every_command(self):
        text = self.expect(0, support.run("--help")).text
        for command in COMMANDS:
            self.assertIn(command[0], text)

    def test_version(self):
        self.assertRegex(self.expect(0, support.run("--version")).text, r"^muniment \d+\.\d+\.\d+\n$")

    def test_wrong_usage_is_2(self):
        for arguments in ([], ["bogus"], ["ls"], ["ls", "--bogus"], ["ls", "letters/1", "extra"],
                          ["ls", "letters"], ["ls", "letters/0"], ["ls", "letters/x"], ["ls", ""],
                          ["ls", "letters!/1"], ["cat", "letters/1"], ["restore", "letters/1"],
                          ["verify", "--deep", "--read-data"], ["collection"], ["catalog"],
                          ["ingest", "letters"], ["ingest", "letters", ".", "--level", "20"],
                          ["ingest", "letters", ".", "--about", "novalue"],
                          ["ingest", "letters", ".", "--about", "a=1", "--about", "a=2"],
                          ["find"], ["find", "--sha256", "12"], ["--wait", "soon", "status"],
                          ["ls", "-l", "-0", "letters/1"]):
            with self.subTest(arguments=arguments):
                self.assert_error(support.run(*arguments), 2)

    def test_a_vault_without_credential_is_2(self):
        self.make_vault()
        result = self.assert_error(support.run("--vault", str(self.vault), "snapshots"), 2)
        self.assertIn("--key-file", result.stderr)

    def test_two_credentials_are_2(self):
        self.make_vault()
        write(self.scratch / "passphrase", b"x\n")
        self.assert_error(support.run(*self.options(), "--passphrase-file",
                                      str(self.scratch / "passphrase"), "snapshots"), 2)

    def test_no_vault_is_10(self):
        self.assert_error(support.run("status", cwd=self.scratch), 10)
        self.assert_error(support.run("--vault", str(self.scratch), "status"), 10)
        self.assert_error(support.run("--vault", str(self.scratch / "absent"), "status"), 10)

    def test_a_wrong_key_file_is_12(self):
        self.make_vault()
        other = write(self.scratch / "other-key", b"0" * 64)
        other.chmod(0o600)
        self.assert_error(
            support.run("--vault", str(self.vault), "--key-file", str(other), "snapshots"), 12)

    def test_a_missing_key_file_is_named(self):
        self.make_vault()
        result = support.run("--vault", str(self.vault), "--key-file", "absent-key", "snapshots")
        self.assertIn("absent-key", self.assert_error(result, 1).stderr)

    def test_what_is_not_there_is_1_and_says_what_is(self):
        self.make_vault()
        result = support.run(*self.options(), "snapshots", "letter")
        self.assertIn("letters", self.assert_error(result, 1).stderr)
        self.assert_error(support.run(*self.options(), "ls", "letters/7"), 1)
        self.assert_error(support.run(*self.options(), "ls", "letters/latest"), 1)
        self.assert_error(support.run(*self.options(), "ingest", "letters", "absent-folder"), 1)

    def test_global_options_stand_before_or_after_the_command(self):
        self.make_vault()
        before = support.run(*self.options(), "--json", "-q", "collection", "list")
        after = support.run("collection", "list", "--json", "-q", *self.options())
        self.assertEqual(self.expect(0, before).stdout, self.expect(0, after).stdout)

    def test_options_come_from_the_environment(self):
        self.make_vault()
        env = support.environment(MUNIMENT_VAULT=str(self.vault), MUNIMENT_KEY_FILE=str(self.key))
        self.assertEqual(self.expect(0, support.run("collection", "list", env=env)).code, 0)
        elsewhere = support.environment(MUNIMENT_VAULT="/nowhere", MUNIMENT_KEY_FILE="/nowhere")
        self.expect(0, support.run(*self.options(), "snapshots", env=elsewhere))

    def test_the_vault_is_found_above_the_working_directory(self):
        self.make_vault()
        self.expect(0, support.run("status", cwd=self.vault / "ledgers"))

    def test_summaries_go_to_stderr_and_quiet_leaves_them_out(self):
        self.make_vault()
        file = write(self.scratch / "file", b"content")
        loud = self.muniment("ingest", "letters", str(file))
        self.assertEqual(loud.stdout, b"letters/1@desk\n")
        self.assertIn("1 file", loud.stderr)
        self.assertNotIn("\r", loud.stderr)
        self.assertNotIn("\x1b", loud.stderr)
        quiet = self.muniment("ingest", "letters", str(file), "--quiet")
        self.assertEqual((quiet.stdout, quiet.stderr), (b"letters/2@desk\n", ""))

    def test_output_that_cannot_be_written_is_an_error(self):
        self.make_vault()
        write(self.scratch / "file", b"content" * 10_000)
        self.ingest(self.scratch / "file")
        with open("/dev/full", "wb") as full:
            done = subprocess.run([support.PROGRAM, *self.options(), "cat", "letters/1:file"],
                                  stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"standard output", done.stderr)

    def test_every_command_gives_json(self):
        source = write(self.scratch / "file", b"content")
        made = support.run("init", str(self.vault), "--key-file", str(self.key), "--json").json
        self.assertEqual(set(made), {"vault", "directory", "member", "device"})
        for arguments in (["collection", "create", "letters"], ["collection", "list"],
                          ["ingest", "letters", str(source)], ["snapshots"], ["ls", "letters/1"],
                          ["cat", "letters/1:file"], ["restore", "letters/1", str(self.scratch / "out")],
                          ["find", "--name", "file"], ["verify"], ["repair"], ["catalog", "rebuild"],
                          ["status"], ["bench", str(self.scratch)]):
            with self.subTest(arguments=arguments):
                (value,) = self.muniment(*arguments, "--json").json_lines
                self.assertIsInstance(value, dict)
        write(source, b"changed")
        self.ingest(source)
        (change,) = self.muniment("diff", "letters/1", "letters/2", "--json").json_lines
        self.assertEqual(change["change"], "content")


class Init(support.Case):
    def test_a_key_file_is_made_once_and_then_used(self):
        first = support.run("init", str(self.vault), "--key-file", str(self.key))
        self.expect(0, first)
        self.assertIn("made key file", first.stderr)
        self.assertEqual(self.key.stat().st_mode & 0o777, 0o600)
        content = self.key.read_text()
        self.assertRegex(content, r"^[0-9a-f]{64}\n$")
        second = support.run("init", str(self.scratch / "second"), "--key-file", str(self.key))
        self.expect(0, second)
        self.assertNotIn("made key file", second.stderr)
        self.assertEqual(self.key.read_text(), content)

    def test_a_folder_that_is_not_empty_is_left_alone(self):
        write(self.vault / "mine", b"mine")
        result = self.expect(1, support.run("init", str(self.vault), "--key-file", str(self.key)))
        self.assertIn("not empty", result.stderr)
        self.assertEqual([path.name for path in self.vault.iterdir()], ["mine"])
        self.assertFalse(self.key.exists())

    def test_an_empty_folder_is_used(self):
        self.vault.mkdir()
        self.make_vault()

    def test_a_vault_is_not_made_over_a_vault(self):
        self.make_vault()
        result = support.run("init", str(self.vault), "--key-file", str(self.key))
        self.assertIn("vault already", self.expect(1, result).stderr)
        self.muniment("snapshots")

    def test_a_key_file_that_is_too_short_makes_nothing(self):
        write(self.key, b"short").chmod(0o600)
        self.expect(2, support.run("init", str(self.vault), "--key-file", str(self.key)))
        self.assertFalse(self.vault.exists())

    def test_a_key_file_that_others_may_read_is_warned_of(self):
        write(self.key, b"k" * 64)
        result = support.run("init", str(self.vault), "--key-file", str(self.key))
        self.assertIn("others may read", self.expect(0, result).stderr)

    def test_names_that_are_made_up_tell_nothing(self):
        made = support.run("init", str(self.vault), "--key-file", str(self.key), "--json").json
        for name in (made["member"], made["device"]):
            self.assertRegex(name, r"^[a-z]+-[a-z]+$")

    def test_without_a_terminal_the_recovery_words_need_a_file(self):
        passphrase = write(self.scratch / "passphrase", b"correct horse\n")
        passphrase.chmod(0o600)
        arguments = ["init", str(self.vault), "--passphrase-file", str(passphrase)]
        result = self.expect(2, support.run(*arguments))
        self.assertIn("--recovery-file", result.stderr)
        self.assertFalse(self.vault.exists())
        taken = write(self.scratch / "taken", b"mine")
        self.expect(1, support.run(*arguments, "--recovery-file", str(taken)))
        self.assertEqual(taken.read_bytes(), b"mine")
        self.assertFalse(self.vault.exists())

        sheet = self.scratch / "sheet"
        result = self.expect(0, support.run(*arguments, "--recovery-file", str(sheet)))
        self.assertEqual(sheet.stat().st_mode & 0o777, 0o600)
        words = re.findall(r"^ +\d+ +([a-z]+)|(?<=\S) +\d+ +([a-z]+)", sheet.read_text(), re.MULTILINE)
        self.assertEqual(len(words), 33)
        for pair in words:
            self.assertNotIn(" ".join(filter(None, pair)), result.text)
        self.expect(0, support.run("--vault", str(self.vault), "--passphrase-file", str(passphrase),
                                   "collection", "create", "letters"))
        wrong = write(self.scratch / "wrong", b"correct house\n")
        wrong.chmod(0o600)
        self.expect(12, support.run("--vault", str(self.vault), "--passphrase-file", str(wrong),
                                    "collection", "list"))

    def test_recovery_words_are_not_for_key_files(self):
        self.expect(2, support.run("init", str(self.vault), "--key-file", str(self.key),
                                   "--recovery-file", str(self.scratch / "sheet")))
        self.assertFalse(self.vault.exists())


if __name__ == "__main__":
    support.main()
