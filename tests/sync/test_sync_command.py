#!/usr/bin/env python3
"""'muniment sync' and 'muniment peer', against daemons that run on loopback."""

import re
import signal
import subprocess
import time

import support
from daemons import DAEMON, PATIENCE_SECONDS, Daemon, DaemonCase
from support import write


class Sync(DaemonCase):
    """spiegel's daemon runs; bbc has none, and syncs by hand."""

    def setUp(self):
        super().setUp()
        self.make_two()
        self.address = f"127.0.0.1:{self.first.port}"

    def start_first(self):
        self.first.start()
        self.wait_until(lambda: "listening" in self.first.log.read_text())

    def add_peer(self):
        return self.second.partner.run("peer", "add", "spiegel", self.address)

    def sync(self, *more, code=0, key=None):
        return self.expect(code, support.run("--vault", str(self.second.partner.vault), "--key-file",
                                             str(key or self.second.key), "sync", *more))

    def test_both_are_alike_afterwards_and_the_second_time_nothing_is_new(self):
        here = self.ingest(self.first.partner, "here", 3_000_000)
        self.start_first()
        self.add_peer()
        done = self.sync("--json")
        self.assertTrue(self.are_alike(), done.stderr)
        (partner,) = done.json["partners"]
        self.assertEqual((done.json["missing_packs"], partner["device"], partner["name"], partner["reached"]),
                         (0, self.first.device, "spiegel/desk", True))
        self.assertGreater(partner["received"], 3_000_000)
        self.assertRegex(done.stderr, r"Z 1 of 1 peers reached, [\d.]+ MB received, [\d.]+ kB sent; nothing is missing\n")
        # What is here and not there goes the other way.
        there = self.ingest(self.second.partner, "there", 2_000_000)
        done = self.sync("--json")
        self.assertTrue(self.are_alike(), done.stderr)
        self.assertGreater(done.json["partners"][0]["sent"], 2_000_000)
        again = self.sync("spiegel", "--json").json["partners"][0]
        self.assertLess(again["received"] + again["sent"], 100_000)
        self.assertEqual(self.first.end(signal.SIGTERM), 0)
        self.assert_alike(here, "here")
        self.assert_alike(there, "there")

    def test_a_configuration_will_do_too(self):
        snapshot = self.ingest(self.first.partner, "here", 1_000_000)
        self.start_first()
        self.second.configure(self.first.peer())
        vault = ("--vault", str(self.second.partner.vault))
        done = self.expect(0, support.run(*vault, "sync", "--config", str(self.second.config)))
        self.assertNotIn("listening", done.stderr)
        self.assertEqual(done.stdout, b"")
        self.assertTrue(self.are_alike(), done.stderr)
        quiet = self.expect(0, support.run(*vault, "-q", "sync", "--config", str(self.second.config)))
        self.assertEqual(quiet.stderr, "")
        self.assertEqual(self.first.end(signal.SIGTERM), 0)
        self.assert_alike(snapshot, "here")

    def test_who_is_not_there_or_lacks_something_is_3(self):
        self.add_peer()
        done = self.sync("--json", code=3)
        self.assertIn("0 of 1 peers reached", done.stderr)
        self.assertEqual(done.stderr.count("not connected"), 2)
        self.assertEqual([partner["reached"] for partner in done.json["partners"]], [False])
        # The one that is there is reached all the same.
        self.ingest(self.first.partner, "here", 1_000_000)
        self.start_first()
        closed = Daemon(self, self.first.partner).port
        stranger = "ab" * 16
        peers = self.second.partner.vault / "peers"
        peers.write_text(peers.read_text() + f"{stranger} 127.0.0.1:{closed} lemonde\n")
        done = self.sync(code=3)
        self.assertIn("1 of 2 peers reached", done.stderr)
        self.assertIn("lemonde: not connected", done.stderr)
        self.assertTrue(self.are_alike(), done.stderr)
        self.sync("spiegel/desk")
        self.sync("lemonde", code=3)

    def test_how_it_cannot_run_is_said(self):
        vault = str(self.second.partner.vault)
        no_key = support.run("--vault", vault, "sync")
        self.assertIn("key add --new-key-file daemon.key --service", self.expect(2, no_key).stderr)
        self.assertIn("muniment peer add", self.sync(code=2).stderr)
        self.add_peer()
        self.assertIn("muniment peer list", self.sync("lemonde", code=1).stderr)
        wrong = write(self.scratch / "wrong", b"w" * 40)
        wrong.chmod(0o600)
        self.assertIn("munimentd: error: ", self.sync(key=wrong, code=12).stderr)
        self.expect(10, support.run("--vault", str(self.scratch), "--key-file", str(wrong), "sync"))
        self.second.configure(self.first.peer())
        self.second.start()
        self.wait_until(lambda: (self.second.partner.vault / "daemon").exists())
        self.assertIn("munimentd runs on this vault", self.sync(code=11).stderr)
        self.assertEqual(self.second.end(signal.SIGTERM), 0)
        peers = self.second.partner.vault / "peers"
        peers.write_text(peers.read_text() + "bbc\n")
        self.assertIn("/peers:2: ", self.sync(code=2).stderr)
        self.assertIn("/peers:2: ", self.second.partner.run("peer", "list", code=2).stderr)
        daemon = subprocess.run([DAEMON, "--config", str(self.second.config)], capture_output=True, check=False,
                                timeout=PATIENCE_SECONDS, env=support.environment())
        self.assertEqual(daemon.returncode, 2)
        self.assertIn(b"/peers:2: ", daemon.stderr)

    def test_ctrl_c_ends_it_and_the_daemon(self):
        # Nothing answers there: who dials waits.
        self.add_peer()
        process = support.start("--vault", str(self.second.partner.vault), "--key-file", str(self.second.key), "sync")
        log = b""
        while b"not connected" not in log:
            log += process.stderr.readline()
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=PATIENCE_SECONDS)
        self.assertEqual(process.returncode, 130, rest)
        self.assertIn(b"stopped", rest)

    def test_munimentd_dials_whom_peer_add_named(self):
        self.ingest(self.first.partner, "here", 1_000_000)
        self.start_first()
        self.add_peer()
        self.second.configure()
        self.second.start()
        self.wait_until(self.are_alike)
        self.assertIn("spiegel/desk: connected", self.second.log.read_text())
        self.stop_all()

    def test_peers_are_added_listed_and_removed(self):
        partner = self.second.partner
        self.assertEqual(partner.run("peer", "list").text, "")
        added = partner.run("peer", "add", "spiegel", "archive.example.org:8440", "--json").json
        self.assertEqual(added, {"device": self.first.device, "address": "archive.example.org:8440",
                                 "name": "spiegel/desk"})
        partner.run("peer", "add", "spiegel/desk", "[2001:db8::1]:8440")
        partner.run("peer", "add", "spiegel", "archive.example.org:8440")
        lines = partner.run("peer", "list", "--json").json_lines
        self.assertEqual([line["address"] for line in lines], ["archive.example.org:8440", "[2001:db8::1]:8440"])
        text = (partner.vault / "peers").read_text()
        self.assertEqual(text, "".join(f"{self.first.device} {line['address']} spiegel/desk\n" for line in lines))
        self.assertEqual((partner.vault / "peers").stat().st_mode & 0o777, 0o600)
        # Without a key: it names nobody who is not in the file.
        locked = support.run("--vault", str(partner.vault), "peer", "list")
        self.assertRegex(self.expect(0, locked).text, re.compile(r"^spiegel/desk +\w{8}  \[2001:db8::1\]:8440$", re.M))
        partner.run("peer", "add", "spiegel", "10.0.0.1:1", "--as", "office")
        self.assertEqual({line["name"] for line in partner.run("peer", "list", "--json").json_lines}, {"office"})
        self.assertEqual(len(partner.run("peer", "remove", "office", "10.0.0.1:1").lines), 1)
        self.assertEqual(len(partner.run("peer", "remove", self.first.device).lines), 2)
        partner.run("peer", "remove", "office", code=1)
        self.assertEqual((partner.vault / "peers").read_text(), "")
        for address in ("host", "host:0", "host:65536", ":1", "a b:1"):
            self.assertIn(address, partner.run("peer", "add", "spiegel", address, code=2).stderr)
        partner.run("peer", "add", "spiegel", "host:1", "--as", "two\nlines", code=2)
        for whom in ("bbc", "lemonde", "spiegel/laptop"):
            partner.run("peer", "add", whom, "host:1", code=1)
        self.assertEqual((partner.vault / "peers").read_text(), "")


if __name__ == "__main__":
    support.main()
