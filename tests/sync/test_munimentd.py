#!/usr/bin/env python3
"""Real daemons on loopback: what they bring, and how they end."""

import random
import signal
import socket
import subprocess
import time

import support
from daemons import DAEMON, PATIENCE_SECONDS, Daemon, DaemonCase
from support import write

ROUNDS = 20


class Munimentd(DaemonCase):
    def setUp(self):
        super().setUp()
        partners = self.three()
        self.share_collection(*partners)
        self.first, self.second, self.third = self.daemons = [Daemon(self, partner) for partner in partners]
        # In a row: the first and the third never speak to each other.
        self.first.configure()
        self.second.configure(self.first.peer())
        self.third.configure(self.second.peer())

    def test_what_one_takes_in_arrives_at_the_others_and_all_end_when_told(self):
        for daemon in self.daemons:
            daemon.start()
        before = self.ingest(self.first.partner, "before", 3_000_000)
        packs = len(self.first.packs())
        self.wait_until(lambda: self.have_all(packs))
        answer = self.ingest(self.third.partner, "answer", 1_000_000)
        packs = len(self.third.packs())
        self.wait_until(lambda: self.have_all(packs))
        self.stop_all()
        self.assert_alike(before, "before")
        self.assert_alike(answer, "answer")
        for daemon in self.daemons:
            log = daemon.log.read_text()
            self.assertNotIn("warning", log)
            self.assertNotIn("leak.bin", log)
            self.assertNotIn("letters", log)
            self.assertTrue(log.endswith("stopped\n"), log)
        # The first's member is the auditor: the others' logs are sealed to it, and lie elsewhere.
        told = [line for line in self.first.partner.run("log", "show", "--json").json_lines
                if line["act"] in ("daemon-start", "sync", "daemon-stop")]
        self.assertEqual([told[0]["act"], told[-1]["act"]], ["daemon-start", "daemon-stop"])
        sessions = [line["detail"] for line in told if line["act"] == "sync"]
        self.assertTrue(any(f"device {self.second.device}: " in line for line in sessions), sessions)

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
        self.stop_all()
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
