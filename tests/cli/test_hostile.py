#!/usr/bin/env python3
"""Names and trees as an archive from a stranger may have them."""

import base64
import os
import shutil
import signal
import socket
import subprocess

import support
from support import write

NAMES = [
    b"line\nbreak", b"carriage\rreturn", b"tab\there", b"\x1b[31mred\x1b[0m", b"\x1b]0;title\x07",
    b"\x9b31m", b"caf\xe9", b"\xff\xfe", b"\xed\xa0\x80", "bidi\u202egnp.exe".encode(), b"--help", b"-rf", b"-",
    b"[a,b]", b"{a}", b"a,b", b"%s%n", b"$(touch x)", b"a b", b" lead", b"trail ", b"trailing.", b"colon:name",
    b"at@name", b"back\\slash", b"\\x41", b"*", b"?", b"~", b"'", b'"', b"CON", b"nul", b"Case", b"case", b"CASE",
    "é".encode(), "e\u0301".encode(), b"...", b"x" * 255, "ü".encode() * 127, b"\x01\x02\x7f",
]


def make_deep(top, path, content):
    """A file at a path that may be longer than the system takes at once."""
    *folders, name = path.split(b"/")
    here = os.open(top, os.O_RDONLY)
    for folder in folders:
        try:
            os.mkdir(folder, dir_fd=here)
        except FileExistsError:
            pass
        inner = os.open(folder, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    with open(os.open(name, os.O_WRONLY | os.O_CREAT, 0o600, dir_fd=here), "wb") as file:
        file.write(content)
    os.close(here)


def path_of_length(length):
    parts = []
    while length > 255:
        size = min(255, length - 2)
        parts.append(b"d" * size)
        length -= size + 1
    return b"/".join([*parts, b"f" * length])


class Names(support.Case):
    def setUp(self):
        super().setUp()
        self.make_vault()
        self.source = self.scratch / "leak"
        self.source.mkdir()

    def test_every_name_comes_back_and_none_reaches_the_output_raw(self):
        top = os.fsencode(self.source)
        for name in NAMES:
            write(top + b"/" + name, name)
            write(top + b"/in/" + name + b"/inner", name)
            os.symlink(name, top + b"/to-" + name[:200])
        self.ingest(self.source)
        self.assertEqual(support.tree_of(self.restore("letters/1:leak")), support.tree_of(self.source))

        listing = self.muniment("ls", "-l", "letters/1").stdout
        self.assertTrue(all(byte == 10 or byte >= 32 and byte != 127 for byte in listing))
        listing.decode()
        self.assertEqual(len(listing.splitlines()), len(support.tree_of(self.source)) + 1)
        raw = self.muniment("ls", "-0", "letters/1").stdout
        self.assertEqual(sorted(raw.split(b"\0")[1:-1]),
                         sorted(b"leak/" + path for path in support.tree_of(self.source)))
        entries = self.muniment("ls", "--json", "letters/1").json_lines
        paths = {base64.b64decode(entry["path_b64"]) if "path_b64" in entry else entry["path"].encode()
                 for entry in entries}
        self.assertEqual(paths, set(raw.split(b"\0")[:-1]))

    def test_each_name_can_be_asked_for(self):
        top = os.fsencode(self.source)
        for name in NAMES:
            write(top + b"/" + name, b"content of " + name)
        self.ingest(self.source)
        wanted = [os.fsdecode(b"letters/1:leak/" + name) for name in NAMES]
        self.assertEqual(self.muniment("cat", *wanted).stdout,
                         b"".join(b"content of " + name for name in NAMES))

    def test_paths_on_the_command_line_may_have_any_name(self):
        for name in ("[a,b]", "a,b", "line\nbreak", "[a]"):
            write(self.source / name, name.encode())
        self.muniment("ingest", "letters", "--", "[a,b]", "a,b", "line\nbreak", "[a]", cwd=self.source)
        write(self.source / "-dash", b"dash")
        self.muniment("ingest", "letters", "--", "-dash", cwd=self.source)
        self.assertEqual(self.muniment("ls", "-0", "letters/1").stdout,
                         b"[a,b]\0[a]\0a,b\0line\nbreak\0")
        self.assertEqual(self.muniment("ls", "letters/2").lines, ["-dash"])
        target = self.scratch / "[x,y]"
        self.muniment("restore", "letters/2", str(target))
        self.muniment("restore", "letters/2", "[x,z]", cwd=self.scratch)
        self.assertTrue((target / "-dash").exists() and (self.scratch / "[x,z]/-dash").exists())

    def test_normalisation_twins_are_told(self):
        for name in ("é", "e\u0301"):
            write(self.source / name, name.encode())
        report = self.muniment("ingest", "letters", str(self.source), "--json").json
        (pair,) = report["twins"]
        self.assertEqual(set(pair.split(" and ")), {"leak/é", "leak/e\u0301"})
        self.assertEqual(support.tree_of(self.restore("letters/1:leak")), support.tree_of(self.source))

    def test_paths_of_4096_bytes_are_kept_and_longer_ones_are_named(self):
        make_deep(self.source, path_of_length(4096), b"deep")
        self.muniment("ingest", "letters", ".", cwd=self.source)
        self.assertEqual(support.tree_of(self.restore("letters/1")), support.tree_of(self.source))

        make_deep(self.source, path_of_length(4097), b"too deep")
        result = self.muniment("ingest", "letters", ".", cwd=self.source, code=3)
        self.assertEqual(result.stdout, b"letters/2@desk\n")
        self.assertIn("skipped", result.stderr)
        self.assertIn(path_of_length(4096), self.muniment("ls", "-0", "letters/2").stdout)


class Kinds(support.Case):
    def setUp(self):
        super().setUp()
        self.make_vault()
        self.source = self.scratch / "leak"
        write(self.source / "good", b"good")

    def test_special_files_are_skipped_and_named_with_3(self):
        os.mkfifo(self.source / "fifo")
        with socket.socket(socket.AF_UNIX) as listener:
            here = os.getcwd()
            os.chdir(self.source)
            try:
                listener.bind("socket")
            finally:
                os.chdir(here)
        names = ["fifo", "socket"]
        if os.geteuid() == 0:
            os.mknod(self.source / "device", 0o600 | 0o020000, os.makedev(1, 3))
            names.append("device")
        result = self.muniment("ingest", "letters", str(self.source), code=3)
        self.assertEqual(result.stdout, b"letters/1@desk\n")
        for name in names:
            self.assertIn(f"skipped leak/{name}: ", result.stderr)
        self.assertEqual(self.muniment("ls", "letters/1").lines, ["leak", "leak/good"])
        report = self.muniment("ingest", "letters", str(self.source), "--json", code=3).json
        self.assertEqual(len(report["skipped"]), len(names))

    def test_files_that_cannot_be_read_are_skipped_and_named(self):
        write(self.source / "secret", b"x").chmod(0)
        (self.source / "closed").mkdir(0)
        arguments = [*self.options(), "ingest", "letters", str(self.source)]
        if os.geteuid() == 0:
            # Root reads everything: somebody else tries, with a program that anybody can reach.
            program = shutil.copy(support.PROGRAM, self.scratch)
            subprocess.run(["chown", "-R", "65534", self.scratch], check=True)
            nobody = ["setpriv", "--reuid=65534", "--clear-groups", program]
            result = support.run(*arguments, command=nobody)
        else:
            self.addCleanup((self.source / "closed").chmod, 0o700)
            result = support.run(*arguments)
        self.expect(3, result)
        self.assertIn("skipped leak/secret: ", result.stderr)
        self.assertIn("skipped leak/closed: ", result.stderr)
        self.assertIn("leak/good", self.muniment("ls", "letters/1").lines)

    def test_hard_links_become_copies_and_the_summary_says_so(self):
        os.link(self.source / "good", self.source / "same")
        result = self.muniment("ingest", "letters", str(self.source))
        self.assertIn("hard link", result.stderr)
        target = self.restore("letters/1:leak")
        self.assertEqual((target / "same").read_bytes(), b"good")
        self.assertNotEqual((target / "same").stat().st_ino, (target / "good").stat().st_ino)

    def test_sparse_and_empty_files(self):
        write(self.source / "empty")
        with open(self.source / "sparse", "wb") as file:
            file.seek(300_000_000)
            file.write(b"end")
        self.ingest(self.source)
        target = self.restore("letters/1:leak")
        self.assertEqual(support.tree_of(target), support.tree_of(self.source))
        self.assertLess(sum(pack.stat().st_size for pack in self.packs()), 20_000_000)

    def test_links_are_kept_and_never_followed(self):
        outside = write(self.scratch / "outside/secret", b"outside")
        (self.source / "to-file").symlink_to(outside)
        (self.source / "to-folder").symlink_to(outside.parent)
        (self.source / "dangling").symlink_to("/nowhere/at/all")
        (self.source / "loop").symlink_to("loop")
        (self.source / "up").symlink_to("../../../../../../etc")
        self.ingest(self.source)
        self.assertEqual(support.tree_of(self.restore("letters/1:leak")), support.tree_of(self.source))
        self.assertEqual(self.muniment("find", "--name", "secret").stdout, b"")

    def test_a_hundred_thousand_files_in_one_folder(self):
        many = self.source / "many"
        many.mkdir()
        here = os.open(many, os.O_RDONLY)
        for number in range(100_000):
            with open(os.open(f"{number:06}", os.O_WRONLY | os.O_CREAT, 0o600, dir_fd=here), "wb") as file:
                file.write(b"%d" % number)
        os.close(here)
        report = self.muniment("ingest", "letters", str(self.source), "--json").json
        self.assertEqual(report["files"], 100_001)
        self.assertEqual(len(self.muniment("ls", "letters/1:leak/many").lines), 100_001)
        target = self.restore("letters/1:leak/many")
        self.assertEqual(support.tree_of(target), support.tree_of(many))


class Stopped:
    """An ingest that is held while it has a file open, so that its folder can change under it."""

    def __init__(self, process, path):
        self.process = process
        while process.poll() is None:
            if self.is_open(path):
                process.send_signal(signal.SIGSTOP)
                os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
                if self.is_open(path):
                    self.caught = True
                    return
                process.send_signal(signal.SIGCONT)
        self.caught = False

    def is_open(self, path):
        folder = f"/proc/{self.process.pid}/fd"
        try:
            return any(os.readlink(f"{folder}/{number}") == str(path) for number in os.listdir(folder))
        except FileNotFoundError:
            return False

    def finish(self):
        self.process.send_signal(signal.SIGCONT)
        stdout, stderr = self.process.communicate(timeout=support.TIMEOUT_SECONDS)
        return support.Result(self.process.returncode, stdout, stderr)


class Changing(support.Case):
    def ingest_while(self, change):
        """The result of an ingest during which `change` was done while leak/big was open."""
        for _ in range(20):
            source = self.scratch / "leak"
            support.remove_tree(source)
            source.mkdir()
            with open(source / "big", "wb") as file:
                file.truncate(1_000_000_000)
            write(source / "later", b"later")
            process = support.start(*self.options(), "ingest", "letters", str(source))
            stopped = Stopped(process, source / "big")
            if stopped.caught:
                change(source)
            result = stopped.finish()
            if stopped.caught:
                return result
        self.fail("the file was never seen open")

    def setUp(self):
        super().setUp()
        self.make_vault()

    def test_a_file_that_changes_while_it_is_read_is_named_with_3(self):
        def change(source):
            with open(source / "big", "r+b") as file:
                file.write(b"changed")
            os.utime(source / "big", ns=(1, 1))

        result = self.expect(3, self.ingest_while(change))
        self.assertRegex(result.text, r"^letters/\d+@desk\n$")
        self.assertIn("leak/big: changed while", result.stderr)
        self.assertEqual(self.muniment("ls", "letters/latest").lines,
                         ["leak", "leak/big", "leak/later"])

    def test_a_file_that_shrinks_while_it_is_read_is_named_with_3(self):
        result = self.expect(3, self.ingest_while(lambda source: os.truncate(source / "big", 10)))
        self.assertIn("leak/big: ", result.stderr)
        self.muniment("verify", "--deep")

    def test_a_file_that_vanishes_is_named_with_3(self):
        result = self.expect(3, self.ingest_while(lambda source: (source / "later").unlink()))
        self.assertIn("skipped leak/later: ", result.stderr)
        self.assertEqual(self.muniment("ls", "letters/latest").lines, ["leak", "leak/big"])


class HostileTarget(support.Case):
    """Restoring into a folder in which somebody has laid out links."""

    def setUp(self):
        super().setUp()
        self.make_vault()
        source = self.scratch / "leak"
        write(source / "folder/file", b"from the vault")
        write(source / "file", b"from the vault")
        (source / "link").symlink_to("anywhere")
        self.ingest(source)
        self.outside = self.scratch / "outside"
        write(self.outside / "file", b"mine")
        self.target = self.scratch / "target"
        self.target.mkdir()

    def assert_outside_untouched(self):
        self.assertEqual(support.tree_of(self.outside, times=False),
                         {b"file": ("file", support.digest(self.outside / "file"), False, None)})
        self.assertEqual((self.outside / "file").read_bytes(), b"mine")

    def test_a_link_in_place_of_a_folder(self):
        (self.target / "folder").symlink_to(self.outside)
        for more in ([], ["--overwrite"]):
            result = self.muniment("restore", "letters/1:leak", str(self.target), *more, code=3)
            self.assertIn("folder", result.stderr)
            self.assert_outside_untouched()

    def test_a_link_in_place_of_a_file(self):
        (self.target / "file").symlink_to(self.outside / "file")
        self.muniment("restore", "letters/1:leak", str(self.target), code=3)
        self.assert_outside_untouched()
        self.muniment("restore", "letters/1:leak", str(self.target), "--overwrite")
        self.assert_outside_untouched()
        self.assertEqual((self.target / "file").read_bytes(), b"from the vault")
        self.assertFalse((self.target / "file").is_symlink())

    def test_a_dangling_link_in_place_of_a_file(self):
        (self.target / "file").symlink_to(self.outside / "new")
        self.muniment("restore", "letters/1:leak", str(self.target), code=3)
        self.muniment("restore", "letters/1:leak", str(self.target), "--overwrite")
        self.assert_outside_untouched()

    def test_a_fifo_and_a_folder_in_place_of_files(self):
        os.mkfifo(self.target / "file")
        (self.target / "link").mkdir()
        result = self.muniment("restore", "letters/1:leak", str(self.target), code=3)
        self.assertIn("file", result.stderr)
        self.muniment("restore", "letters/1:leak", str(self.target), "--overwrite", code=3)
        self.assertTrue((self.target / "link").is_dir())

    def test_a_file_in_place_of_a_folder(self):
        write(self.target / "folder", b"mine")
        self.muniment("restore", "letters/1:leak", str(self.target), code=3)
        self.assertEqual((self.target / "folder").read_bytes(), b"mine")
        self.assertTrue((self.target / "file").exists())

    def test_links_of_the_snapshot_lead_nobody_out(self):
        """One snapshot has a link where the next has a folder."""
        first = self.scratch / "one/tree"
        first.mkdir(parents=True)
        (first / "a").symlink_to(self.outside)
        second = self.scratch / "two/tree"
        write(second / "a/file", b"theirs")
        one = self.ingest(first)
        two = self.ingest(second)
        self.muniment("restore", one, str(self.target))
        self.muniment("restore", two, str(self.target), "--overwrite", code=3)
        self.assert_outside_untouched()


if __name__ == "__main__":
    support.main()
