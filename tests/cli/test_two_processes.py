#!/usr/bin/env python3
"""Other processes at the same vault, and ends before the end."""

import fcntl
import os
import pathlib
import signal
import subprocess
import tempfile
import time

import support
from support import random_bytes, write


class TwoProcesses(support.Case):
    """The folder that is ingested takes several groups of packs, which is how they are written."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="muniment-test-")
        cls.addClassCleanup(folder.cleanup)
        cls.source = pathlib.Path(folder.name) / "leak"
        for number in range(20):
            write(cls.source / f"file-{number}", random_bytes(24_000_000, number))

    def setUp(self):
        super().setUp()
        self.make_vault()

    def is_locked(self):
        with open(self.vault / "muniment", "rb") as marker:
            try:
                fcntl.flock(marker, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def wait_for_more_packs(self, process):
        """Until the ingest has written some, or has ended."""
        before = len(self.packs())
        while process.poll() is None and len(self.packs()) == before:
            time.sleep(0.002)

    def stopped_ingest(self):
        """An ingest that holds the lock and does not go on."""
        process = support.start(*self.options(), "ingest", "letters", str(self.source))
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        self.wait_for_more_packs(process)
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        return process

    def test_a_second_writer_is_told_11_and_readers_are_not_kept_out(self):
        small = write(self.scratch / "small", b"small")
        self.ingest(small)
        process = self.stopped_ingest()
        for arguments in (["ingest", "letters", str(small)], ["repair"],
                          ["collection", "create", "other"], ["catalog", "rebuild"]):
            result = self.muniment("--wait", "0", *arguments, code=11)
            self.assertEqual(result.stdout, b"")
            self.assertIn("--wait", result.stderr)
        self.assertEqual(self.muniment("--wait", "0", "cat", "letters/1:small").stdout, b"small")
        self.assertEqual(self.muniment("--wait", "0", "ls", "letters/1").lines, ["small"])
        self.keyless("--wait", "0", "status")
        self.keyless("--wait", "0", "verify", "--read-data")
        process.send_signal(signal.SIGCONT)
        stdout, stderr = process.communicate(timeout=support.TIMEOUT_SECONDS)
        self.assertEqual((process.returncode, stdout), (0, b"letters/2@desk\n"), stderr)
        self.ingest(small)
        self.muniment("verify", "--deep")

    def test_two_writers_take_turns(self):
        processes = [support.start(*self.options(), "ingest", "letters", str(self.source), "--wait", "600")
                     for _ in range(2)]
        names = []
        for process in processes:
            stdout, stderr = process.communicate(timeout=support.TIMEOUT_SECONDS)
            self.assertEqual(process.returncode, 0, stderr)
            names.append(stdout)
        self.assertEqual(sorted(names), [b"letters/1@desk\n", b"letters/2@desk\n"])
        self.muniment("verify", "--deep")

    def interrupt(self, number):
        process = support.start(*self.options(), "ingest", "letters", str(self.source))
        self.wait_for_more_packs(process)
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=support.TIMEOUT_SECONDS)
        return support.Result(process.returncode, stdout, stderr)

    def assert_usable_and_adopting(self):
        self.assertEqual(self.muniment("snapshots").stdout, b"")
        left = self.keyless("verify", "--json").json
        self.assertTrue(left["ok"])
        self.assertGreater(left["packs_unlisted"], 0)
        self.assertGreater(self.keyless("status", "--json").json["packs_unlisted"], 0)
        packs = {pack.name for pack in self.packs()}

        report = self.muniment("ingest", "letters", str(self.source), "--json").json
        self.assertLess(report["bytes_new"], report["bytes"] - 10_000_000)
        self.assertLessEqual(packs, {pack.name for pack in self.packs()})
        self.assertEqual(support.tree_of(self.restore("letters/1:leak")), support.tree_of(self.source))
        self.assertEqual(self.muniment("verify", "--deep", "--json").json["packs_unlisted"], 0)
        self.assertEqual(list((self.vault / "tmp").iterdir()), [])

    def test_ctrl_c_is_130_and_says_what_the_next_ingest_goes_on_from(self):
        result = self.expect(130, self.interrupt(signal.SIGINT))
        self.assertEqual(result.stdout, b"")
        self.assertRegex(result.stderr, r"^muniment: error: interrupted: \d+ packs with .* are kept; "
                                        r"the same ingest goes on from there\n$")
        self.assert_usable_and_adopting()

    def test_what_an_interrupted_ingest_stored_is_not_stored_again(self):
        content = random_bytes(150_000_000, 1)
        process = subprocess.Popen([support.PROGRAM, *self.options(), "ingest", "letters", "--stdin"],
                                   stdin=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        self.addCleanup(process.stdin.close)
        process.stdin.write(content)
        while len(self.packs()) + len(list((self.vault / "tmp").iterdir())) < 7:
            self.assertIsNone(process.poll())
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        stderr = process.stderr.read().decode()
        process.stderr.close()
        self.assertEqual(process.wait(), 130)
        status = self.keyless("status", "--json").json
        self.assertGreaterEqual(status["packs_unlisted"], 6)
        self.assertIn(f"{status['packs_unlisted']} packs with ", stderr)
        self.assertGreater(status["bytes_unlisted"], 100_000_000)

        write(self.scratch / "stdin", content)
        report = self.muniment("ingest", "letters", str(self.scratch / "stdin"), "--json").json
        self.assertLess(report["bytes_stored"], 70_000_000)
        self.assertEqual(self.muniment("cat", "letters/1:stdin").stdout, content)
        self.assertEqual(self.keyless("status", "--json").json["packs_unlisted"], 0)

    def test_ctrl_c_before_anything_is_stored_says_so(self):
        process = subprocess.Popen([support.PROGRAM, *self.options(), "ingest", "letters", "--stdin"],
                                   stdin=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        self.addCleanup(process.stdin.close)
        while not self.is_locked():
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        self.assertIn(b"interrupted: nothing is stored yet", process.stderr.read())
        process.stderr.close()
        self.assertEqual(process.wait(), 130)

    def test_ctrl_c_while_waiting_for_another_process_is_heard(self):
        self.stopped_ingest()
        waiting = support.start(*self.options(), "--wait", "100000", "collection", "create", "other")
        time.sleep(0.5)
        self.assertIsNone(waiting.poll())
        waiting.send_signal(signal.SIGINT)
        waiting.communicate(timeout=support.TIMEOUT_SECONDS)
        self.assertEqual(waiting.returncode, 130)

    def test_sigterm_is_130_too(self):
        self.expect(130, self.interrupt(signal.SIGTERM))
        self.muniment("ingest", "letters", str(self.source))

    def test_a_killed_ingest_is_gone_on_with(self):
        self.expect(-signal.SIGKILL, self.interrupt(signal.SIGKILL))
        self.assert_usable_and_adopting()

    def test_a_second_signal_kills(self):
        process = self.stopped_ingest()
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGCONT)
        while process.poll() is None:
            process.send_signal(signal.SIGINT)
        self.assertIn(process.returncode, (-signal.SIGINT, 130))

    def test_ctrl_c_in_a_restore_is_130_and_leaves_no_half_file(self):
        self.ingest(self.source)
        target = self.scratch / "out"
        process = support.start(*self.options(), "restore", "letters/1:leak", str(target))
        while process.poll() is None and not (target.exists() and any(target.iterdir())):
            time.sleep(0.002)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=support.TIMEOUT_SECONDS)
        self.assertIn(process.returncode, (130, 0))
        if process.returncode == 130:
            self.assertRegex(stderr, rb"interrupted: \d+ files? restored, each of them whole")
        whole = support.tree_of(self.source)
        for path, facts in support.tree_of(target).items():
            self.assertEqual(facts, whole[path])


if __name__ == "__main__":
    support.main()
