"""Partners whose vaults munimentd keeps alike, in real processes."""

import os
import signal
import socket
import struct
import subprocess
import time

import support
from support import tree_of, write
from test_partners import Partner, PartnerCase

DAEMON = os.environ.get("MUNIMENTD_PROGRAM", "build/release/bin/munimentd")
# Only against hanging.
PATIENCE_SECONDS = 240


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


class Daemon:
    """munimentd on a partner's vault, opened by a key file that opens the service compartment alone."""

    def __init__(self, case, partner, host="127.0.0.1", launcher=()):
        self.case = case
        self.partner = partner
        self.host = host
        self.port = free_port()
        self.launcher = launcher
        self.key = case.scratch / f"{partner.name}.daemon"
        partner.run("key", "add", "--new-key-file", self.key, "--service")
        own = [device for device in partner.run("device", "list", "--json").json_lines if device["own"]]
        self.device = own[0]["id"]
        self.config = case.scratch / f"{partner.name}.conf"
        self.log = case.scratch / f"{partner.name}.log"
        self.log_before = 0
        self.process = None
        case.addCleanup(self.end)

    def peer(self, port=None):
        """How it stands in a partner's configuration; `port` is a proxy's."""
        return f"peer = {self.device} {self.host}:{port or self.port} {self.partner.name}"

    def configure(self, *peers):
        lines = [f"vault = {self.partner.vault}", f"key-file = {self.key}", f"listen = {self.host}:{self.port}",
                 "rescan = 1", *peers]
        write(self.config, "\n".join(lines).encode())

    def start(self):
        with open(self.log, "ab") as log:
            self.log_before = log.tell()
            self.process = subprocess.Popen([*self.launcher, DAEMON, "--config", str(self.config)],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=support.environment())

    def end(self, how=signal.SIGKILL):
        """The exit status."""
        if self.process is None:
            return None
        if how == signal.SIGTERM:
            # Before that it may not yet have asked to be told.
            self.case.wait_until(lambda: self.process.poll() is not None
                                 or b"listening" in self.log.read_bytes()[self.log_before:])
        self.process.send_signal(how)
        status = self.process.wait(PATIENCE_SECONDS)
        self.process = None
        return status

    def packs(self):
        return {pack.name for pack in (self.partner.vault / "packs").glob("*/*.pack")}

    def ledgers(self):
        """By their ids: all entries, and the newest checkpoint with its signatures in some order. Layout:
        vault/ledger/FORMAT.md §2."""
        found = {}
        for path in sorted((self.partner.vault / "ledgers").glob("*/tail")):
            content, at, entries, note = path.read_bytes(), 64, [], b""
            while at + 5 <= len(content):
                length, kind = struct.unpack_from("<IB", content, at)
                payload = content[at + 5:at + 5 + length]
                if kind == 1:
                    entries.append(payload)
                else:
                    note = payload
                at += 5 + length + 16
            found[path.parent.name] = (entries, sorted(note.splitlines()))
        return found

    def listed(self):
        """The packs that its ledgers list, as packs() has them."""
        return {f"{line.split()[1].decode()}.pack" for entries, _ in self.ledgers().values() for entry in entries
                for line in entry.splitlines() if line.startswith(b"pack ")}


class DaemonCase(PartnerCase):
    daemons = ()

    def make_two(self):
        """spiegel and bbc, who share a collection. The first daemon dials nobody; the second is not configured."""
        first, second = Partner(self, "spiegel"), Partner(self, "bbc")
        self.join(first, second, roles="custodian,reader,witness")
        self.share_collection(first, second)
        self.first, self.second = self.daemons = [Daemon(self, first), Daemon(self, second)]
        self.first.configure()

    def share_collection(self, owner, *others):
        owner.run("collection", "create", "letters")
        for other in others:
            owner.run("grant", "letters", other.name)

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

    def are_alike(self):
        """All know the same, and have all of it."""
        first, *others = self.daemons
        ledgers, listed = first.ledgers(), first.listed()
        return (all(other.ledgers() == ledgers for other in others)
                and all(daemon.packs() >= listed for daemon in self.daemons))

    def stop_all(self):
        for daemon in self.daemons:
            self.assertEqual(daemon.end(signal.SIGTERM), 0, daemon.log.read_text())

    def assert_alike(self, snapshot, name):
        for daemon in self.daemons:
            daemon.partner.run("verify", "--read-data")
            target = self.scratch / f"restored-{daemon.partner.name}-{name}"
            daemon.partner.run("restore", snapshot, target)
            self.assertEqual(tree_of(target / name), tree_of(self.scratch / name))

    def assert_same_bytes(self):
        """What the vaults hold of packs and ledgers, by a reader that knows nothing of the program."""
        first, *others = self.daemons
        for other in others:
            self.assertEqual(other.ledgers(), first.ledgers())
            self.assertEqual(other.packs(), first.packs())
            for pack in sorted((first.partner.vault / "packs").glob("*/*.pack")):
                copy = other.partner.vault / "packs" / pack.parent.name / pack.name
                self.assertEqual(support.digest(copy), support.digest(pack), pack.name)
