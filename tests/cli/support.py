"""Runs the program as a user or a script does, on folders made for the test."""

import hashlib
import json
import os
import pathlib
import pty
import random
import re
import select
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.environ.get("MUNIMENT_PROGRAM", "build/release/bin/muniment")
# Only against hanging; nothing here depends on how fast the machine is.
TIMEOUT_SECONDS = 300


def environment(**more):
    """The caller's, without what would choose another vault or key."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MUNIMENT_")}
    return kept | {"LC_ALL": "C.UTF-8"} | more


class Result:
    def __init__(self, code, stdout, stderr):
        self.code = code
        self.stdout = stdout
        self.stderr = stderr.decode("utf-8", "replace")

    @property
    def text(self):
        return self.stdout.decode()

    @property
    def lines(self):
        return self.text.splitlines()

    @property
    def json(self):
        return json.loads(self.stdout)

    @property
    def json_lines(self):
        return [json.loads(line) for line in self.stdout.splitlines()]


def run(*arguments, cwd=None, env=None, command=(PROGRAM,)):
    done = subprocess.run([*command, *arguments], stdin=subprocess.DEVNULL, capture_output=True, cwd=cwd,
                          env=env or environment(), timeout=TIMEOUT_SECONDS, check=False,
                          start_new_session=True)
    return Result(done.returncode, done.stdout, done.stderr)


def start(*arguments, env=None):
    """The process, its output in pipes."""
    return subprocess.Popen([PROGRAM, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, env=env or environment(), start_new_session=True)


def question(awaited):
    return awaited if isinstance(awaited, re.Pattern) else re.compile(re.escape(awaited))


def run_on_terminal(*arguments, answers=(), stdout=None, env=None, typed_at=None):
    """Runs the program on a terminal of its own. `answers` are pairs of what is waited for on the screen,
    bytes or a pattern, and what is then typed, or a function that makes it of the screen. Returns the exit code and everything
    the screen showed; stdout goes to the file of this name if one is given.

    What is waited for should end in the question's last character: what is typed sooner is thrown away
    when the program turns the echo off."""
    child, terminal = pty.fork()
    if child == 0:
        try:
            if stdout is not None:
                os.dup2(os.open(stdout, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 1)
            os.execve(PROGRAM, [PROGRAM, *arguments], env or environment())
        finally:
            os._exit(127)
    screen = b""
    answered_up_to = 0
    pending = list(answers)
    while True:
        ready, _, _ = select.select([terminal], [], [], TIMEOUT_SECONDS)
        if not ready:
            os.kill(child, 9)
            break
        try:
            read = os.read(terminal, 65536)
        except OSError:  # how Linux says that the other end is closed
            break
        if not read:
            break
        screen += read
        while pending and (found := question(pending[0][0]).search(screen, answered_up_to)):
            answered_up_to = found.end()
            answer = pending.pop(0)[1]
            os.write(terminal, answer(screen) if callable(answer) else answer)
    os.close(terminal)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), screen


SHEET_WORD = re.compile(rb"(?<!\d)(\d{1,2})  ([a-z]{4,})")
SHEET_QUESTION = re.compile(rb"Word (\d+): ")


def word_of_sheet(screen):
    """What is typed where a word of the sheet that was shown is asked back."""
    sheet = {int(number): word for number, word in SHEET_WORD.findall(screen)}
    return sheet[int(SHEET_QUESTION.findall(screen)[-1])] + b"\n"


def shell_quoted(text):
    """In single quotes also where that is not needed."""
    return "'" + text.replace("'", "'\\''") + "'"


def random_bytes(size, seed):
    return random.Random(seed).randbytes(size)


def write(path, content=b"", mtime_ns=None, executable=False):
    path = pathlib.Path(os.fsdecode(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o755 if executable else 0o644)
    if mtime_ns is not None:
        os.utime(path, ns=(mtime_ns, mtime_ns))
    return path


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tree_of(top, times=True):
    """What a snapshot keeps of a folder: {path: facts}, paths and link targets as bytes. Folders are opened
    from their parents, since a path may be longer than the system takes at once."""
    found = {}

    def visit(folder, prefix):
        for name in os.listdir(folder):
            name = os.fsencode(name)
            facts = os.stat(name, dir_fd=folder, follow_symlinks=False)
            time = facts.st_mtime_ns if times else None
            if stat.S_ISDIR(facts.st_mode):
                found[prefix + name] = ("directory", time)
                inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=folder)
                try:
                    visit(inner, prefix + name + b"/")
                finally:
                    os.close(inner)
            elif stat.S_ISLNK(facts.st_mode):
                found[prefix + name] = ("symlink", os.readlink(name, dir_fd=folder))
            elif stat.S_ISREG(facts.st_mode):
                with open(os.open(name, os.O_RDONLY, dir_fd=folder), "rb") as file:
                    content = hashlib.file_digest(file, "sha256").hexdigest()
                found[prefix + name] = ("file", content, bool(facts.st_mode & 0o100), time)
            else:
                found[prefix + name] = ("special",)

    top_folder = os.open(top, os.O_RDONLY | os.O_DIRECTORY)
    try:
        visit(top_folder, b"")
    finally:
        os.close(top_folder)
    return found


def remove_tree(path):
    """Also what is deeper than shutil follows, and read-only."""
    subprocess.run(["rm", "-rf", "--", path], check=True)


class Case(unittest.TestCase):
    """A scratch folder, and in it on demand a vault that a key file opens."""

    def setUp(self):
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="muniment-test-"))
        self.addCleanup(remove_tree, self.scratch)
        self.vault = self.scratch / "vault"
        self.key = self.scratch / "key"

    def make_vault(self, collection="letters"):
        self.expect(0, run("init", str(self.vault), "--key-file", str(self.key), "--device", "desk",
                           "--member", "paper"))
        if collection:
            self.muniment("collection", "create", collection)

    def options(self):
        return ["--vault", str(self.vault), "--key-file", str(self.key)]

    def muniment(self, *arguments, code=0, **how):
        """With vault and key; fails the test if it ends otherwise than with `code`, if that is not None."""
        return self.expect(code, run(*self.options(), *arguments, **how))

    def keyless(self, *arguments, code=0, **how):
        return self.expect(code, run("--vault", str(self.vault), *arguments, **how))

    def expect(self, code, result):
        if code is not None:
            self.assertEqual(result.code, code, result.stderr + result.stdout[-2000:].decode("utf-8", "replace"))
        return result

    def ingest(self, *paths, code=0, collection="letters", **how):
        """The new snapshot's name."""
        return self.muniment("ingest", collection, *map(str, paths), code=code, **how).text.strip()

    def restore(self, snapshot, code=0, *more):
        """The folder that it was restored to."""
        target = self.scratch / "restored"
        if target.exists():
            remove_tree(target)
        self.muniment("restore", snapshot, str(target), *more, code=code)
        return target

    def vault_tree(self):
        """All of the vault but the access log, which grows by whatever is done."""
        return {path: facts for path, facts in tree_of(self.vault).items()
                if path.split(b"/")[0] != b"access"}

    def packs(self):
        return sorted((self.vault / "packs").glob("*/*.pack"))

    def catalog_files(self):
        return sorted(self.vault.glob("catalog.db*")) + sorted(self.vault.glob("replica.db*"))


def flip_bit(path, offset, bit=0):
    with open(path, "r+b") as file:
        file.seek(offset)
        value = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([value ^ 1 << bit]))


def main():
    unittest.main(verbosity=2)
