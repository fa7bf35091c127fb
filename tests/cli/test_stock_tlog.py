#!/usr/bin/env python3
"""Checkpoints, cosignatures and proofs under a verifier that nobody here wrote: golang.org/x/mod's sumdb/note and
sumdb/tlog, as Debian packages them. Skipped where Go or the package is missing."""

import base64
import hashlib
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

import support
from proof_support import WitnessedCase
from support import flip_bit, write

SOURCE = pathlib.Path(__file__).with_name("tlog_check.go")
GOCODE = pathlib.Path("/usr/share/gocode")


def build(target):
    """With what the distribution has, and no network."""
    env = support.environment() | {"GO111MODULE": "off", "GOPATH": str(GOCODE), "GOFLAGS": "",
                                   "GOCACHE": str(target.with_name("cache")), "CGO_ENABLED": "0"}
    subprocess.run(["go", "build", "-o", str(target), str(SOURCE)], env=env, check=True, cwd=target.parent)


def vkey(name, kind, key):
    material = bytes([kind]) + key
    number = hashlib.sha256(name.encode() + b"\n" + material).hexdigest()[:8]
    return f"{name}+{number}+{base64.b64encode(material).decode()}"


def certificates(who):
    """The facts of each certificate, by the device's id."""
    found = {}
    for line in who.splitlines():
        if line.startswith("device "):
            lines = base64.b64decode(line.split()[1]).decode().split("\n")
            hashed = "".join(lines[i] + "\n" for i in (0, 3, 4, 5))
            found[hashlib.sha256(hashed.encode()).hexdigest()[:32]] = dict(line.split(" ") for line in lines[1:-1])
    return found


def access_entries(vault):
    """Entries of a young access log, in which nothing has left the tail: vault/audit/FORMAT.md §1."""
    (folder,) = (vault / "access").iterdir()
    data, at, entries = (folder / "log").read_bytes(), 64, []
    while at < len(data):
        size, kind = struct.unpack_from("<IB", data, at)
        if kind == 1:
            entries.append(data[at + 5:at + 5 + size])
        at += 5 + size + 16
    return entries[1:]


class StockTlog(WitnessedCase):
    @classmethod
    def setUpClass(cls):
        cls.tools = pathlib.Path(tempfile.mkdtemp(prefix="muniment-test-"))
        cls.addClassCleanup(support.remove_tree, cls.tools)
        cls.program = cls.tools / "tlog_check"
        build(cls.program)

    def setUp(self):
        super().setUp()
        self.two_members({f"{i}.txt": b"text %d" % i for i in range(23)})
        self.proof = self.scratch / "proof"

    def prove(self):
        """The log's and the witness's vkeys."""
        self.spiegel.run("prove", "letters/1:leak/7.txt", "--out", self.proof)
        who = certificates((self.proof / "who.txt").read_text())
        origin = (self.proof / "ledger.tlog-proof").read_text().split("\n\n")[1].split("\n")[0]
        keys = []
        for device, facts in who.items():
            if device == origin.split("/")[3]:
                keys.append(vkey(origin, 1, base64.b64decode(facts["log"])))
            else:
                name = f"muniment/{origin.split('/')[1]}/{device}"
                keys.append(vkey(name, 4, base64.b64decode(facts["witness"])))
        return keys

    def check(self, *arguments, code=0):
        done = subprocess.run([str(self.program), *map(str, arguments)], capture_output=True, check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout.decode().split()

    def leaf_file(self):
        """Of a proof that shows everything, made as vault/snapshot/FORMAT.md says."""
        leaf = b"muniment/leaf/v1\n"
        for line in (self.proof / "file.txt").read_bytes().splitlines()[1:]:
            label, _, salt, value = line.split(b" ")
            value = b"" if value == b"-" else base64.b64decode(value)
            message = b"muniment/field/v1\0" + struct.pack("<H", len(label)) + label + bytes.fromhex(salt.decode())
            digest = hashlib.sha256(message + struct.pack("<Q", len(value)) + value).hexdigest()
            leaf += label + b" " + digest.encode() + b"\n"
        return write(self.scratch / "leaf", leaf)

    def test_the_ledgers_checkpoint_its_cosignature_and_the_proof_of_the_entry(self):
        self.exchange()
        keys = self.prove()
        self.assertEqual(len(keys), 2)
        proof, entry = self.proof / "ledger.tlog-proof", self.proof / "snapshot.txt"
        index, size = map(int, self.check(proof, entry, *keys))
        self.assertLess(index, size)
        for key in keys:
            self.check(proof, entry, key)
        for at in (5, 100, proof.stat().st_size - 200, proof.stat().st_size - 20):
            flip_bit(proof, at)
            self.check(proof, entry, *keys, code=1)
            flip_bit(proof, at)
        self.check(proof, entry, keys[0], keys[1][:-4] + "AAA=", code=1)
        flip_bit(entry, 30)
        self.check(proof, entry, *keys, code=1)

    def test_the_proof_of_the_file(self):
        self.prove()
        proof, entry, leaf = self.proof / "snapshot.tlog-proof", self.proof / "snapshot.txt", self.leaf_file()
        index, size = map(int, self.check(proof, leaf, f"entry:{entry}"))
        self.assertEqual(size, 23)
        root = proof.read_text().split("\n\n")[1].split("\n")[2]
        self.assertIn("content-root " + base64.b64decode(root).hex(), entry.read_text())
        flip_bit(leaf, 40)
        self.check(proof, leaf, f"entry:{entry}", code=1)
        flip_bit(leaf, 40)
        flip_bit(entry, 40)
        self.check(proof, leaf, f"entry:{entry}", code=1)

    def test_proofs_of_the_access_log(self):
        (log,) = self.prove()
        entries = access_entries(self.spiegel.vault)
        for index in (0, 1, len(entries) // 2, len(entries) - 1):
            text = self.spiegel.run("log", "proof", str(index)).text
            proof = write(self.scratch / f"{index}.tlog-proof", text.encode())
            origin = text.split("\n\n")[1].split("\n")[0]
            key = vkey(origin, 1, base64.b64decode(log.split("+", 2)[2])[1:])
            entry = write(self.scratch / "entry", entries[index])
            self.assertEqual(int(self.check(proof, entry, key)[0]), index)
            other = write(self.scratch / "entry", entries[index - 1] + b"x")
            self.check(proof, other, key, code=1)


if __name__ == "__main__":
    if not shutil.which("go") or not (GOCODE / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        print("skipped: Go and golang.org/x/mod come with scripts/setup --dev", file=sys.stderr)
        sys.exit(77)
    support.main()
