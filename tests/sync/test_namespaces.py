#!/usr/bin/env python3
"""Two daemons in two network namespaces: the cable is pulled, and nobody is told; either is killed meanwhile.
Ends with 77, skipped, where no namespaces can be made.

MUNIMENT_SYNC_KILL_ROUNDS says how many rounds, MUNIMENT_SYNC_KILL_SEED which; both are printed.
"""

import os
import random
import shutil
import subprocess
import sys
import time

import support
from daemons import Daemon, DaemonCase
from test_kill_rounds import MOMENT_SECONDS, ROUNDS, SEED
from test_partners import Partner

RATE = "100mbit"
INGEST_BYTES = 30_000_000


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


class Namespace:
    def __init__(self, name):
        self.name = name
        ip("netns", "add", name)

    @property
    def launcher(self):
        return ("ip", "netns", "exec", self.name)

    def run(self, *command):
        subprocess.run([*self.launcher, *command], check=True, capture_output=True)

    def remove(self):
        subprocess.run(["ip", "netns", "del", self.name], check=False, capture_output=True)


def can_make_namespaces():
    if shutil.which("ip") is None:
        return False
    probe = f"muniment-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", probe], check=False, capture_output=True).returncode == 0
    subprocess.run(["ip", "netns", "del", probe], check=False, capture_output=True)
    return made


class Namespaces(DaemonCase):
    def setUp(self):
        super().setUp()
        self.spaces = []
        for letter in "ab":
            self.spaces.append(Namespace(f"muniment-{os.getpid()}-{letter}"))
            self.addCleanup(self.spaces[-1].remove)
        a, b = self.spaces
        ip("-n", a.name, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", b.name)
        for number, space in enumerate(self.spaces, 1):
            ip("-n", space.name, "address", "add", f"192.0.2.{number}/24", "dev", "cable")
            ip("-n", space.name, "link", "set", "cable", "up")
            space.run("tc", "qdisc", "add", "dev", "cable", "root", "tbf", "rate", RATE, "burst", "64kb",
                      "latency", "50ms")
        spiegel, bbc = Partner(self, "spiegel"), Partner(self, "bbc")
        self.join(spiegel, bbc)
        self.share_collection(spiegel, bbc)
        self.daemons = [Daemon(self, partner, host=f"192.0.2.{number}", launcher=space.launcher)
                        for number, (partner, space) in enumerate(zip((spiegel, bbc), self.spaces), 1)]
        self.daemons[0].configure(self.daemons[1].peer())
        self.daemons[1].configure(self.daemons[0].peer())

    def cable(self, state):
        ip("-n", self.spaces[0].name, "link", "set", "cable", state)

    def test_a_cable_that_is_pulled_and_daemons_that_are_killed(self):
        print(f"MUNIMENT_SYNC_KILL_ROUNDS={ROUNDS} MUNIMENT_SYNC_KILL_SEED={SEED}", flush=True)
        chance = random.Random(SEED)
        name, snapshot = "none", None
        for daemon in self.daemons:
            daemon.start()
        for number in range(ROUNDS):
            if number % 15 == 0:
                name = f"folder-{number}"
                snapshot = self.ingest(chance.choice(self.daemons).partner, name, INGEST_BYTES)
            time.sleep(chance.random() * MOMENT_SECONDS)
            is_pulled = chance.random() < 0.4
            if is_pulled:
                self.cable("down")
                time.sleep(chance.random() * MOMENT_SECONDS)
            victim = chance.choice(self.daemons)
            victim.end()
            victim.start()
            if is_pulled:
                self.cable("up")
        self.wait_until(self.are_alike)
        self.stop_all()
        self.assert_same_bytes()
        self.assert_alike(snapshot, name)


if __name__ == "__main__":
    if not can_make_namespaces():
        print("skipped: no network namespaces can be made here")
        sys.exit(77)
    support.main()
