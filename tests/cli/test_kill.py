#!/usr/bin/env python3
"""kill -9 at random moments of ingest, repair and catalog rebuild, round after round.

MUNIMENT_KILL_ROUNDS says how many rounds, MUNIMENT_KILL_SEED which; both are printed.
"""

import collections
import os
import random
import signal
import subprocess
import time

import support
from support import flip_bit, random_bytes, write

ROUNDS = int(os.environ.get("MUNIMENT_KILL_ROUNDS", "20"))
SEED = int(os.environ.get("MUNIMENT_KILL_SEED", "1"))
# Then a new vault is begun, so that a check does not take longer and longer.
ROUNDS_IN_A_VAULT = 20


class Kill(support.Case):
    def setUp(self):
        super().setUp()
        self.chance = random.Random(SEED)
        self.counts = collections.Counter()
        self.seconds = {}
        self.source = self.scratch / "leak"

    def begin(self):
        """A new vault, and a folder for it."""
        for folder in (self.vault, self.source):
            if folder.exists():
                support.remove_tree(folder)
        self.key.unlink(missing_ok=True)
        self.make_vault()
        self.snapshots = {}  # what was taken in, by the snapshot's name
        for number in range(30):
            self.write_file(number)
        self.ingest_and_check()

    def write_file(self, number):
        size = self.chance.choice([0, 100, 20_000, 700_000, 3_000_000])
        content = random_bytes(size, self.chance.random())
        write(self.source / f"folder-{number % 3}" / f"file-{number}", content)

    def change_folder(self):
        for number in self.chance.sample(range(40), 4):
            if self.chance.random() < 0.2:
                (self.source / f"folder-{number % 3}" / f"file-{number}").unlink(missing_ok=True)
            else:
                self.write_file(number)

    def ingest_and_check(self):
        began = time.monotonic()
        name = self.ingest(self.source)
        self.seconds["ingest"] = time.monotonic() - began
        self.snapshots[name] = support.tree_of(self.source)
        self.check_restored(name)

    def check_restored(self, name):
        restored = self.restore(name + ":leak")
        self.assertEqual(support.tree_of(restored), self.snapshots[name], name)

    def damage(self):
        """What repair can mend: shards of a pack, and a ledger's first copy."""
        pack = self.chance.choice(self.packs())
        size = pack.stat().st_size
        for _ in range(3):
            flip_bit(pack, self.chance.randrange(size))
        tail = self.chance.choice(sorted((self.vault / "ledgers").glob("*/tail")))
        flip_bit(tail, self.chance.randrange(tail.stat().st_size))

    def command(self, act):
        if act == "ingest":
            return ["ingest", "letters", str(self.source)]
        return ["repair"] if act == "repair" else ["catalog", "rebuild"]

    def run_and_kill(self, act):
        """What it printed, if it came to that."""
        began = time.monotonic()
        packs = len(self.packs())
        process = support.start(*self.options(), *self.command(act))
        delay = self.chance.uniform(0, 1.1 * self.seconds.get(act, self.seconds["ingest"]))
        # The short time from the first pack to the commit is met by chance alone once in a hundred rounds.
        if act == "ingest" and self.chance.random() < 0.4:
            while process.poll() is None and len(self.packs()) == packs:
                time.sleep(0.0005)
            delay = self.chance.uniform(0, 0.005)
        try:
            stdout, stderr = process.communicate(timeout=delay)
        except subprocess.TimeoutExpired:
            process.kill()
            stdout, stderr = process.communicate(timeout=support.TIMEOUT_SECONDS)
        if process.returncode == -signal.SIGKILL:
            self.counts[act, "killed"] += 1
        else:
            self.assertEqual(process.returncode, 0, stderr)
            self.counts[act, "ended before"] += 1
            self.seconds[act] = time.monotonic() - began
        return stdout.decode()

    def check_snapshots(self, act, printed):
        """Those that were printed are there, and of what is there besides only the killed one."""
        there = {line["snapshot"] for line in self.muniment("snapshots", "--json").json_lines}
        new = there - self.snapshots.keys()
        self.assertLessEqual(self.snapshots.keys(), there)
        self.assertLessEqual(len(new), 1 if act == "ingest" else 0)
        if act == "ingest" and printed.endswith("\n"):
            self.assertEqual(new, {printed.strip()})
        elif new:
            self.counts["ingest", "committed, not yet printed"] += 1
        for name in new:
            self.snapshots[name] = support.tree_of(self.source)
        older = self.chance.choice(sorted(self.snapshots))
        for name in {older, *new}:
            self.check_restored(name)

    def one_round(self):
        act = self.chance.choices(["ingest", "repair", "rebuild"], [7, 2, 2])[0]
        self.change_folder()
        if act == "repair":
            self.damage()
        printed = self.run_and_kill(act)
        self.check_snapshots(act, printed)
        if act == "repair":
            self.keyless("repair")
        left = self.muniment("verify", "--deep", "--json").json
        self.counts["packs left to adopt"] += left["packs_unlisted"]
        self.ingest_and_check()

    def test_whatever_is_killed_the_vault_goes_on(self):
        print(f"{ROUNDS} rounds, seed {SEED}", flush=True)
        for number in range(ROUNDS):
            with self.subTest(round=number):
                if number % ROUNDS_IN_A_VAULT == 0:
                    self.begin()
                self.one_round()
            if (number + 1) % ROUNDS_IN_A_VAULT == 0 or number + 1 == ROUNDS:
                for name in self.snapshots:
                    self.check_restored(name)
                self.muniment("verify", "--deep")
                self.counts["snapshots restored at the end"] += len(self.snapshots)
        for what, count in sorted(self.counts.items(), key=str):
            print(f"{what if isinstance(what, str) else ': '.join(what)}: {count}")


if __name__ == "__main__":
    support.main()
