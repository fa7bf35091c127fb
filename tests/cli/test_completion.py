#!/usr/bin/env python3
"""Completions, in the shells themselves, and the manual's pages: both say what the help says."""

import pathlib
import re
import shutil
import subprocess

import support

OPTION = re.compile(r"^  (?:(-\w),)?(--[\w-]+|-\w)", re.MULTILINE)


def commands(*path):
    """Every command of the program that is tested, as a list of words; the program itself is []."""
    found = [list(path)]
    help_text = support.run(*path, "--help").text
    if "\nSubcommands:\n" in help_text:
        for line in help_text.split("\nSubcommands:\n")[1].split("\n\n")[0].splitlines():
            if re.match(r"  \w", line):
                found += commands(*path, line.split()[0])
    return found


def options(command):
    """The names of a command's options, as its help has them."""
    names = set()
    for short, name in OPTION.findall(support.run(*command, "--help").text):
        names |= {short, name}
    return names - {""}


class Shell(support.Case):
    """A shell that has the completion; without it the test is skipped."""

    name = None

    def setUp(self):
        super().setUp()
        if self.name is None or shutil.which(self.name) is None:
            self.skipTest(f"{self.name} is not installed")
        self.script = self.scratch / f"muniment.{self.name}"
        self.script.write_bytes(self.expect(0, support.run("completion", self.name)).stdout)
        self.folder = self.scratch / "folder"
        for name in ("one/in", "one two/in"):
            support.write(self.folder / name)
        support.write(self.folder / "file")

    def complete(self, *words, **env):
        """What is offered for the last of the words, in `self.folder`; the program's name is left out."""
        raise NotImplementedError

    def run_shell(self, arguments, env):
        program = pathlib.Path(support.PROGRAM).absolute()
        kept = support.environment(**env)
        kept["PATH"] = f"{program.parent}:{kept['PATH']}"
        kept["HOME"] = str(self.scratch)
        done = subprocess.run(arguments, capture_output=True, cwd=self.folder, env=kept, check=False,
                              timeout=support.TIMEOUT_SECONDS, stdin=subprocess.DEVNULL)
        self.assertEqual((done.returncode, done.stderr), (0, b""), done.stdout)
        return set(done.stdout.decode().splitlines())

    def vault_environment(self):
        self.make_vault()
        self.muniment("collection", "create", "papers")
        self.ingest(self.folder / "file")
        self.ingest(self.folder / "file")
        return {"MUNIMENT_VAULT": str(self.vault), "MUNIMENT_KEY_FILE": str(self.key)}


class ShellSuite:
    """What every shell must offer."""

    def test_every_command_and_option_is_offered(self):
        for command in commands():
            with self.subTest(command=command):
                below = {other[-1] for other in commands(*command)
                         if len(other) == len(command) + 1}
                if below:
                    self.assertLessEqual(below, self.complete(*command, ""))
                self.assertLessEqual(options(command), self.complete(*command, "-") | self.complete(*command, "--"))

    def test_a_beginning_is_completed(self):
        self.assertEqual(self.complete("sna"), {"snapshots"})
        self.assertEqual(self.complete("collection", "cr"), {"create"})
        self.assertEqual(self.complete("ingest", "x", "--exclude-la"), {"--exclude-larger-than"})
        self.assertEqual(self.complete("nonsense-"), set())

    def test_global_options_stand_anywhere(self):
        self.assertEqual(self.complete("--vault", "x", "--json", "sna"), {"snapshots"})
        self.assertIn("--vault", self.complete("ls", "--va"))

    def test_files_and_folders_are_offered_where_they_belong(self):
        everything, folders = {"file", "one", "one two"}, {"one", "one two"}
        plain = lambda *words: {name.rstrip("/") for name in self.complete(*words)}
        self.assertEqual(plain("ingest", "letters", ""), everything)
        self.assertEqual(plain("ingest", "letters", "file", ""), everything)
        self.assertEqual(plain("--key-file", ""), everything)
        self.assertEqual(plain("ls", "--vault", ""), folders)
        self.assertEqual(plain("restore", "letters/1", "o"), folders)
        self.assertEqual(plain("ingest", "letters", "--level", ""), set())

    def test_choices_are_offered(self):
        self.assertEqual(self.complete("completion", ""), {"bash", "zsh", "fish"})

    def test_names_come_from_the_vault_if_a_key_file_is_set(self):
        env = self.vault_environment()
        self.assertEqual(self.complete("ingest", "", **env), {"letters", "papers"})
        self.assertEqual(self.complete("ls", "l", **env), {"letters/latest", "letters/1", "letters/2"})
        del env["MUNIMENT_KEY_FILE"]
        self.assertEqual(self.complete("ingest", "", **env), set())


class Bash(ShellSuite, Shell):
    name = "bash"

    def complete(self, *words, **env):
        quoted = " ".join(support.shell_quoted(word) for word in ("muniment", *words))
        code = (f'source {self.script}; COMP_WORDS=({quoted}); COMP_CWORD={len(words)}; _muniment; '
                'if [ ${#COMPREPLY[@]} -gt 0 ]; then printf "%s\\n" "${COMPREPLY[@]}"; fi')
        return self.run_shell(["bash", "--norc", "-c", code], env)

    def test_it_is_registered_and_values_may_follow_an_equals_sign(self):
        done = subprocess.run(["bash", "--norc", "-c", f"source {self.script}; complete -p muniment"],
                              capture_output=True, check=True)
        self.assertEqual(done.stdout, b"complete -F _muniment muniment\n")
        # The equals sign is a word of its own to bash.
        self.assertEqual(self.complete("ls", "--vault", "=", "o"), {"one", "one two"})
        self.assertEqual(self.complete("ls", "--vault", "="), {"one", "one two"})


class Zsh(ShellSuite, Shell):
    name = "zsh"

    def complete(self, *words, **env):
        # Outside the line editor there is nothing to add to: the last step is replaced.
        code = f"""
          compdef() {{ }}
          source {self.script}
          _describe() {{
            local entry; [[ $1 == -o ]] && shift
            for entry in "${{(@P)2}}"; do print -r -- "${{entry%%:*}}"; done
          }}
          _files() {{
            local -a found; [[ $1 == -/ ]] && found=(*(N/)) || found=(*(N))
            print -rl -- $found
          }}
          _message() {{ }}
          compset() {{ }}
          compadd() {{ shift; print -rl -- "$@" }}
          words=({" ".join(support.shell_quoted(word) for word in ("muniment", *words))})
          CURRENT={len(words) + 1}
          _muniment
        """
        offered = self.run_shell(["zsh", "-f", "-c", code], env)
        return {name for name in offered if name and name.startswith(words[-1])}

    def test_its_syntax_is_right(self):
        subprocess.run(["zsh", "-n", self.script], check=True)

    def test_the_completion_system_takes_it(self):
        functions = self.scratch / "functions"
        functions.mkdir()
        shutil.copy(self.script, functions / "_muniment")
        code = (f"fpath=({functions} $fpath); autoload -Uz compinit; compinit -u -D; "
                "print -r -- ${_comps[muniment]}; source " + str(self.script) + "; print -r -- ${_comps[muniment]}")
        self.assertEqual(self.run_shell(["zsh", "-f", "-c", code], {}), {"_muniment"})


class Fish(ShellSuite, Shell):
    name = "fish"

    def complete(self, *words, **env):
        line = " ".join(("muniment", *map(support.shell_quoted, words[:-1]), words[-1]))
        code = f"source {self.script}; complete -C {support.shell_quoted(line)}"
        offered = {line.split("\t")[0] for line in self.run_shell(["fish", "--no-config", "-c", code], env)}
        return {name.replace("\\ ", " ") for name in offered}


class ManualPages(support.Case):
    def setUp(self):
        super().setUp()
        self.pages = self.scratch / "man1"
        result = self.expect(0, support.run("man", str(self.pages)))
        self.assertEqual(set(map(pathlib.Path, result.lines)), set(self.pages.iterdir()))

    def text(self, command):
        """The page's source without its escapes."""
        page = (self.pages / ("-".join(["muniment", *command]) + ".1")).read_text()
        page = re.sub(r"\\f[BIR]", "", page)
        for escape, plain in ((r"\-", "-"), (r"\(ti", "~"), (r"\(ha", "^"), (r"\(aq", "'"), (r"\&", ""),
                              (r"\e", "\\")):
            page = page.replace(escape, plain)
        return page

    def test_there_is_one_page_a_command(self):
        self.assertEqual({page.name for page in self.pages.iterdir()},
                         {"-".join(["muniment", *command]) + ".1" for command in commands()})

    def test_each_has_every_option_and_example_of_the_help(self):
        for command in commands():
            with self.subTest(command=command):
                page = self.text(command)
                help_text = support.run(*command, "--help").text
                for name in options(command) | {"--vault", "--json"}:
                    self.assertRegex(page, re.compile(rf"(^|[ ,]){re.escape(name)}($|[ ,])", re.MULTILINE))
                for line in help_text.partition("Examples:\n")[2].partition("\n\n")[0].splitlines():
                    self.assertIn(line.strip(), page)

    def test_they_are_the_same_each_time(self):
        again = self.scratch / "again"
        support.run("man", str(again))
        for page in self.pages.iterdir():
            self.assertEqual((again / page.name).read_bytes(), page.read_bytes())

    def test_mandoc_finds_nothing_wrong(self):
        if shutil.which("mandoc") is None:
            self.skipTest("mandoc is not installed")
        # It would like a date, but then two builds would differ.
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", *sorted(self.pages.iterdir())],
                              capture_output=True, check=False)
        found = [line for line in done.stdout.decode().splitlines() if "missing date" not in line]
        self.assertEqual(found, [])

    def test_groff_finds_nothing_wrong(self):
        if shutil.which("groff") is None:
            self.skipTest("groff is not installed")
        for page in sorted(self.pages.iterdir()):
            done = subprocess.run(["groff", "-man", "-ww", "-Tutf8", page], capture_output=True, check=True)
            self.assertEqual(done.stderr, b"", page.name)


if __name__ == "__main__":
    support.main()
