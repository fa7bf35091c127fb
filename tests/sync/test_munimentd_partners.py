#!/usr/bin/env python3
"""Real daemons: what status says of them, packs that rot, windows, rates, a proxy, and how they end."""

import hashlib
import shutil
import signal
import socket
import struct
import threading
import time

import support
from daemons import DaemonCase, free_port


class Socks(threading.Thread):
    """A SOCKS5 proxy that leads every name to one port of this machine."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.target = port
        self.names = []
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.start()

    def run(self):
        while True:
            try:
                client, _ = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with client:
            assert client.recv(3, socket.MSG_WAITALL) == b"\x05\x01\x00"
            client.sendall(b"\x05\x00")
            assert client.recv(4, socket.MSG_WAITALL) == b"\x05\x01\x00\x03"
            (length,) = client.recv(1, socket.MSG_WAITALL)
            self.names.append(client.recv(length, socket.MSG_WAITALL).decode())
            struct.unpack(">H", client.recv(2, socket.MSG_WAITALL))
            with socket.create_connection(("127.0.0.1", self.target)) as server:
                client.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
                back = threading.Thread(target=self.pump, args=(server, client), daemon=True)
                back.start()
                self.pump(client, server)
                back.join()

    @staticmethod
    def pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:  # either side has gone
            pass


class MunimentdPartners(DaemonCase):
    def setUp(self):
        super().setUp()
        self.make_two()
        self.second.configure(self.first.peer())

    def status(self, daemon):
        return daemon.partner.run("status", "--json").json

    def start_both(self):
        for daemon in self.daemons:
            daemon.start()

    def test_status_shows_partners_while_the_daemon_runs_and_after_it(self):
        self.assertNotIn("daemon", self.status(self.first))
        self.start_both()
        snapshot = self.ingest(self.first.partner, "leak", 3_000_000)
        self.wait_until(self.are_alike)

        def is_seen(daemon, other):
            said = self.status(daemon)["daemon"]
            return said["running"] and said["missing_packs"] == 0 and [
                (partner["device"], partner["connected"]) for partner in said["partners"]
            ] == [(other, True)]

        self.wait_until(lambda: is_seen(self.first, "bbc/desk") and is_seen(self.second, "spiegel/desk"))
        # Without a key, too, and then without names.
        locked = support.run("--vault", self.first.partner.vault, "status", "--json").json
        self.assertEqual([partner["device"] for partner in locked["daemon"]["partners"]], [self.second.device])
        screen = self.first.partner.run("status").text
        self.assertRegex(screen, r"munimentd   seen \d+ s ago, 1 of 1 partner device connected")
        self.assertRegex(screen, r"partner     bbc/desk +connected")
        self.assertRegex(screen, r"copies      letters: (none of 1 partner device has|1 of 1 partner device could)")
        self.assertRegex(screen, "vouched     1 of 1 witnesses within the last 7 days")
        self.assertEqual(self.first.end(signal.SIGTERM), 0)
        said = self.status(self.first)["daemon"]
        self.assertFalse(said["running"])
        self.assertFalse(said["partners"][0]["connected"])
        self.assertGreater(said["partners"][0]["sent"], 3_000_000)
        self.assertRegex(self.first.partner.run("status").text, r"munimentd   ended \d+ s ago")
        # One that was killed has not said so.
        self.second.end(signal.SIGKILL)
        self.assertTrue(self.status(self.second)["daemon"]["running"])
        self.assert_alike(snapshot, "leak")

    def test_an_auditor_reads_the_copy_of_a_log_whose_device_is_gone(self):
        bbc = self.second.partner
        bbc.run("--purpose", "before the search", "snapshots")
        self.start_both()

        def copies():
            return self.first.partner.run("log", "verify", "--json").json["copies"]

        # Names are for who unlocks.
        label = f"access log of {self.second.device}"
        self.wait_until(lambda: [copy["log"] for copy in copies()] == [label])
        # Cosigned by the partner, and both know it.
        self.wait_until(lambda: bbc.run("log", "verify", "--json").json["witnesses"]["witnessed"] == 1)
        self.stop_all()
        shutil.rmtree(bbc.vault)
        shown = self.first.partner.run("log", "show", "--device", "bbc/desk", "--json").json_lines
        self.assertEqual({line["device"] for line in shown}, {"desk"})
        self.assertIn("before the search", [line.get("purpose") for line in shown])
        (copy,) = copies()
        self.assertFalse(copy["damaged"])
        self.assertIn(f"copy of the {label}: {copy['entries']} entries, whole",
                      self.first.partner.run("log", "verify").text)
        # Who may not read it sees that it is there, and a damaged one is named.
        folder = self.first.partner.vault / "access" / hashlib.sha256(copy["origin"].encode()).hexdigest()
        for name in ("log", "log.2"):
            content = bytearray((folder / name).read_bytes())
            content[60] ^= 1
            (folder / name).write_bytes(content)
        self.assertIn(f"copy of the {label}: ", self.first.partner.run("log", "verify", code=13).text)
        self.assertRegex(self.first.partner.run("verify", code=13).text, f"access log of (bbc/desk|{self.second.device})")

    def test_a_pack_that_rotted_beyond_its_parity_comes_from_the_partner(self):
        self.start_both()
        snapshot = self.ingest(self.first.partner, "leak", 3_000_000)
        self.wait_until(self.are_alike)
        self.stop_all()
        (pack, *_) = sorted((self.second.partner.vault / "packs").glob("*/*.pack"))
        content = bytearray(pack.read_bytes())
        shard = (len(content) - 8192) // 256
        for number in range(20):
            content[number * shard] ^= 1
        pack.write_bytes(content)
        self.second.partner.run("verify", "--read-data", code=13)
        self.assertIn("munimentd asks partners", self.second.partner.run("repair", code=13).text)
        self.assertIn("damaged beyond their parity", self.second.partner.run("status").text)
        self.start_both()
        self.wait_until(lambda: not (self.second.partner.vault / "damaged").exists())
        self.second.partner.run("repair")
        self.stop_all()
        self.assert_alike(snapshot, "leak")

    def test_packs_wait_for_their_window_and_ledgers_do_not(self):
        hour = time.localtime().tm_hour
        window = f"window = {(hour + 2) % 24:02}:00-{(hour + 3) % 24:02}:00"
        self.second.configure(self.first.peer(), window)
        self.start_both()
        snapshot = self.ingest(self.first.partner, "leak", 1_000_000)
        self.wait_until(lambda: self.second.listed() == self.first.packs())
        self.assertEqual(self.second.packs(), set())
        self.assertIn("packs do not travel until the next window", self.second.log.read_text())
        self.second.end(signal.SIGTERM)
        self.second.configure(self.first.peer())
        self.second.start()
        self.wait_until(self.are_alike)
        self.stop_all()
        self.assert_alike(snapshot, "leak")

    def test_a_daemon_that_is_told_to_end_amid_a_transfer_goes_on_later(self):
        self.second.configure(self.first.peer(), "limit = in 20M", "peer-limit = each in 20M")
        self.start_both()
        snapshot = self.ingest(self.first.partner, "large", 80_000_000)
        self.wait_until(self.second.packs)
        self.assertEqual(self.second.end(signal.SIGTERM), 0)
        log = self.second.log.read_text()
        self.assertTrue(log.endswith("stopped\n"), log)
        self.assertNotIn("warning", log)
        said = self.status(self.second)["daemon"]
        self.assertFalse(said["running"])
        self.assertEqual(said["missing_packs"], len(self.second.listed() - self.second.packs()))
        self.second.configure(self.first.peer())
        self.second.start()
        self.wait_until(self.are_alike)
        self.stop_all()
        self.assert_alike(snapshot, "large")

    def test_a_partner_behind_an_onion_service_is_reached_through_the_proxy(self):
        proxy = Socks(self.first.port)
        self.addCleanup(proxy.listening.close)
        peer = f"peer = {self.first.device} spiegel.onion:8440 spiegel"
        # While it is down nothing is dialled, by whatever name.
        self.second.configure(f"peer = {self.first.device} localhost:{self.first.port} spiegel",
                              f"proxy = 127.0.0.1:{free_port()}")
        self.start_both()
        self.wait_until(lambda: "proxy: connect: Connection refused" in self.second.log.read_text())
        self.assertEqual(self.second.end(signal.SIGTERM), 0)
        self.assertNotIn("connected", self.first.log.read_text())
        self.second.configure(peer, f"proxy = 127.0.0.1:{proxy.port}", f"forgive = {self.first.device}")
        self.second.start()
        snapshot = self.ingest(self.first.partner, "leak", 1_000_000)
        self.wait_until(self.are_alike)
        self.stop_all()
        self.assertEqual(set(proxy.names), {"spiegel.onion"})
        self.assert_alike(snapshot, "leak")


if __name__ == "__main__":
    support.main()
