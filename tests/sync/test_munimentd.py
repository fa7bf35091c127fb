#!/usr/bin/env python3
"""Real daemons on loopback: what they bring, and how they end."""

import os
import random
import signal
import socket
import subprocess
import time

import support
from support import tree_of, write
from test_partners import Partner, PartnerCase

DAEMON = os.environ.get("MUNIMENTD_PROGRAM", "build/release/bin/munimentd")
# Only against hanging.
PATIENCE_SECONDS = 240
ROUNDS = 20


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


class Daemon:
    """munimentd on a partner's vault, opened by a key file that opens the service compartment alone."""

    def __init__(self, case, partner):
        self.case = case
        self.partner = partner
        self.port = free_port()
        self.key = case.scratch / f"{partner.name}.daemon"
        partner.run("key", "add", "--new-key-file", self.key, "--service")
        own = [device for device in partner.run("device", "list", "--json").json_lines if device["own"]]
        self.device = own[0]["id"]
        self.config = case.scratch / f"{partner.name}.conf"
        self.log = case.scratch / f"{partner.name}.log"
        self.process = None
        case.addCleanup(self.end)

    def configure(self, *peers):
        lines = [f"vault = {self.partner.vault}", f"key-file = {self.key}", f"listen = 127.0.0.1:{self.port}",
                 "rescan = 1"]
        lines += [f"peer = {peer.device} 127.0.0.1:{peer.port} {peer.partner.name}" for peer in peers]
        write(self.config, "\n".join(lines).encode())

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([DAEMON, "--config", str(self.config)], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, env=support.environment())

    def end(self, how=signal.SIGKILL):
        """The exit status."""
        if self.process is None:
            return None
        self.process.send_signal(how)
        status = self.process.wait(PATIENCE_SECONDS)
        self.process = None
        return status

    def packs(self):
        return {pack.name for pack in (self.partner.vault / "packs").glob("*/*.pack")}


class Munimentd(PartnerCase):
    def setUp(self):
        super().setUp()
        partners = self.three()
        partners[0].run("collection", "create", "letters")
        for name in ("bbc", "lemonde"):
            partners[0].run("grant", "letters", name)
        self.first, self.second, self.third = self.daemons = [Daemon(self, partner) for partner in partners]
        # In a row: the first and the third never speak to each other.
        self.first.configure()
        self.second.configure(self.first)
        self.third.configure(self.second)

    def ingest(self, partner, name, size):
        write(self.scratch / name / "leak.bin", support.random_bytes(size, name))
        return partner.run("ingest", "letters", self.scratch / name).text.strip()

    def wait_until(self, condition):
        end = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            if time.monotonic() > end:
                self.fail("\n".join(f"{daemon.log}:\n{daemon.log.read_text()}" for daemon in self.daemons))
            time.sleep(0.05)

    def have_all(self, count):
        return all(len(daemon.packs()) == count for daemon in self.daemons)

    def assert_alike(self, snapshot, name):
        for daemon in self.daemons:
            daemon.partner.run("verify", "--read-data")
            target = self.scratch / f"restored-{daemon.partner.name}-{name}"
            daemon.partner.run("restore", snapshot, target)
            self.assertEqual(tree_of(target / name), tree_of(self.scratch / name))

    def test_what_one_takes_in_arrives_at_the_others_and_all_end_when_told(self):
        for daemon in self.daemons:
            daemon.start()
        before = self.ingest(self.first.partner, "before", 3_000_000)
        packs = len(self.first.packs())
        self.wait_until(lambda: self.have_all(packs))
        answer = self.ingest(self.third.partner, "answer", 1_000_000)
        packs = len(self.third.packs())
        self.wait_until(lambda: self.have_all(packs))
        for daemon in self.daemons:
            self.assertEqual(daemon.end(signal.SIGTERM), 0, daemon.log.read_text())
        self.assert_alike(before, "before")
        self.assert_alike(answer, "answer")
        for daemon in self.daemons:
            log = daemon.log.read_text()
            self.assertNotIn("warning", log)
            self.assertNotIn("leak.bin", log)
            self.assertNotIn("letters", log)
            self.assertTrue(log.endswith("stopped\n"), log)

    def test_a_daemon_that_is_killed_again_and_again_goes_on_where_it_was(self):
        self.first.start()
        self.third.start()
        snapshot = self.ingest(self.first.partner, "large", 60_000_000)
        packs = len(self.first.packs())
        chance = random.Random("kill")
        for _ in range(ROUNDS):
            victim = chance.choice([self.second, self.second, self.third])
            victim.end()
            victim.start()
            if self.second.process is None:
                self.second.start()
            time.sleep(chance.random() * 0.3)
        self.wait_until(lambda: self.have_all(packs))
        for daemon in self.daemons:
            self.assertEqual(daemon.end(signal.SIGTERM), 0, daemon.log.read_text())
        self.assert_alike(snapshot, "large")

    def test_a_stranger_and_rubbish_do_no_harm(self):
        self.first.start()
        self.wait_until(lambda: "listening" in self.first.log.read_text())
        for rubbish in (b"", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"\xff" * 70_000):
            with socket.create_connection(("127.0.0.1", self.first.port), timeout=PATIENCE_SECONDS) as stranger:
                try:
                    stranger.sendall(rubbish)
                    stranger.shutdown(socket.SHUT_WR)
                    while stranger.recv(4096):
                        pass
                except OSError:  # it was not even read to its end
                    pass
        self.second.start()
        self.wait_until(lambda: "connected" in self.second.log.read_text())
        self.assertEqual(self.first.end(signal.SIGTERM), 0)

    def test_how_it_cannot_run_is_said(self):
        def run(*arguments):
            done = subprocess.run([DAEMON, *map(str, arguments)], capture_output=True, stdin=subprocess.DEVNULL,
                                  timeout=PATIENCE_SECONDS, check=False, env=support.environment())
            return done.returncode, done.stderr.decode()

        vault, port = self.first.partner.vault, f"127.0.0.1:{self.first.port}"
        wrong = write(self.scratch / "wrong", b"w" * 40)
        self.assertEqual(run("--help")[0], 0)
        self.assertEqual(run()[0], 2)
        self.assertEqual(run("--vault")[0], 2)
        self.assertEqual(run("--config", self.scratch / "none")[0], 2)
        self.assertEqual(run("--vault", self.scratch, "--key-file", wrong, "--listen", port)[0], 10)
        self.assertEqual(run("--vault", vault, "--key-file", wrong, "--listen", port)[0], 12)
        self.first.start()
        self.wait_until(lambda: "listening" in self.first.log.read_text())
        status, said = run("--config", self.first.config)
        self.assertEqual(status, 11)
        self.assertIn("another munimentd runs on this vault", said)
        status, said = run("--config", self.second.config, "--listen", port)
        self.assertEqual(status, 1)
        self.assertIn("listen: Address already in use", said)


if __name__ == "__main__":
    support.main()
