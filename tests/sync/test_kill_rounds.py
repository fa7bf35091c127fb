#!/usr/bin/env python3
"""kill -9 of either of two daemons at random moments, round after round, over connections that break in
other ways, too; then both vaults hold the same bytes.

MUNIMENT_SYNC_KILL_ROUNDS says how many rounds, MUNIMENT_SYNC_KILL_SEED which; both are printed.
"""

import collections
import os
import random
import time

import support
from daemons import Daemon, DaemonCase
from fault_proxy import FaultProxy
from test_partners import Partner

ROUNDS = int(os.environ.get("MUNIMENT_SYNC_KILL_ROUNDS", "15"))
SEED = int(os.environ.get("MUNIMENT_SYNC_KILL_SEED", "1"))
# So slow that what is taken in at once travels for some rounds.
BYTES_PER_SECOND = 12_000_000
INGEST_BYTES = (1_000, 40_000_000)
MOMENT_SECONDS = 0.4
# What a daemon may have to fetch again after it was killed (DESIGN; sync/limits.hpp).
TWICE_BYTES_MAX = 64 << 20
MIB16 = 16 << 20


class TwoDaemons(DaemonCase):
    """Two vaults of one collection; either daemon dials the other, through a proxy of its own."""

    def setUp(self):
        super().setUp()
        spiegel, bbc = Partner(self, "spiegel"), Partner(self, "bbc")
        self.join(spiegel, bbc)
        self.share_collection(spiegel, bbc)
        self.daemons = [Daemon(self, partner) for partner in (spiegel, bbc)]
        self.proxies = [FaultProxy(daemon.port, bytes_per_second=BYTES_PER_SECOND) for daemon in self.daemons]
        for proxy in self.proxies:
            self.addCleanup(proxy.stop)
        first, second = self.daemons
        first.configure(second.peer(self.proxies[1].port))
        second.configure(first.peer(self.proxies[0].port))
        self.snapshots = {}  # the folder of each

    def carried(self):
        return sum(proxy.carried for proxy in self.proxies)

    def take_in(self, partner, size):
        name = f"folder-{len(self.snapshots)}"
        self.snapshots[self.ingest(partner, name, size)] = name

    def settle_and_compare(self):
        """Both daemons run, and nothing fails any more."""
        for proxy in self.proxies:
            proxy.bytes_per_second = None
        self.wait_until(self.are_alike)
        self.stop_all()
        self.assert_same_bytes()
        for snapshot in list(self.snapshots)[-3:]:
            self.assert_alike(snapshot, self.snapshots[snapshot])


class KillRounds(TwoDaemons):
    def test_whoever_is_killed_both_end_with_the_same(self):
        print(f"MUNIMENT_SYNC_KILL_ROUNDS={ROUNDS} MUNIMENT_SYNC_KILL_SEED={SEED}", flush=True)
        chance = random.Random(SEED)
        happened = collections.Counter()
        for daemon in self.daemons:
            daemon.start()
        for _ in range(ROUNDS):
            if self.are_alike():
                # Small ones as often as large ones.
                size = int(INGEST_BYTES[0] * (INGEST_BYTES[1] / INGEST_BYTES[0]) ** chance.random())
                self.take_in(chance.choice(self.daemons).partner, size)
                happened["taken in"] += 1
            # Most are killed while something is under way, some while they begin.
            if chance.random() < 0.8:
                before = self.carried()
                self.wait_until(lambda: self.carried() > before)
            time.sleep(chance.random() * MOMENT_SECONDS)
            fault = chance.choice(["nothing", "nothing", "cut", "half_close", "corrupt", "stall"])
            happened[fault] += 1
            for proxy in self.proxies:
                if fault != "nothing":
                    getattr(proxy, fault)()
            victims = chance.choice([self.daemons[:1], self.daemons[1:], self.daemons])
            for victim in victims:
                victim.end()
                happened[victim.partner.name] += 1
            for proxy in self.proxies:
                proxy.go_on()
            for victim in victims:
                victim.start()
        self.settle_and_compare()
        stored = sum(pack.stat().st_size for pack in self.daemons[0].partner.vault.glob("packs/*/*.pack"))
        print(f"{dict(happened)}; {stored / 1e6:.0f} MB in packs, {self.carried() / 1e6:.0f} MB went over", flush=True)
        self.assertGreater(happened["taken in"], 0)


class Resumption(TwoDaemons):
    def test_little_is_fetched_twice_after_a_daemon_was_killed(self):
        packs = 9
        chance = random.Random(SEED)
        self.take_in(self.daemons[0].partner, packs * MIB16)
        size = sum(pack.stat().st_size for pack in self.daemons[0].partner.vault.glob("packs/*/*.pack"))
        for proxy in self.proxies:
            proxy.bytes_per_second = 4 * BYTES_PER_SECOND
        for daemon in self.daemons:
            daemon.start()
        for _ in range(2):
            end = self.carried() + chance.randrange(2 * MIB16, 4 * MIB16)
            self.wait_until(lambda: self.carried() > end)
            self.daemons[1].end()
            self.daemons[1].start()
        self.settle_and_compare()
        twice = self.carried() - size
        print(f"{size / 1e6:.0f} MB in packs, {twice / 1e6:.1f} MB more went over", flush=True)
        # Of what is new a hundredth is headers, tiles, heads and TLS.
        self.assertLess(twice, size / 100 + 2 * TWICE_BYTES_MAX)


if __name__ == "__main__":
    support.main()
