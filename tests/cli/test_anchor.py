#!/usr/bin/env python3
"""Anchors in time: a time stamp authority made with openssl, OpenTimestamps files put together here."""

import base64
import calendar
import hashlib
import pathlib
import shutil
import subprocess
import time

import support
from proof_support import check_proof, load_checker
from support import flip_bit, write

CONFIGURATION = """
[tsa]
serial = {folder}/serial
default_policy = 1.2.3.4.1
digests = sha256
signer_digest = sha256
ess_cert_id_alg = sha256
"""
KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, stdin=subprocess.DEVNULL)


class Authority:
    """A root and a time stamp authority, in a folder of their own."""

    def __init__(self, folder, name):
        folder.mkdir()
        self.folder = folder
        self.root = folder / "root.pem"
        write(folder / "tsa.cnf", CONFIGURATION.format(folder=folder).encode())
        write(folder / "serial", b"01\n")
        write(folder / "extensions", b"extendedKeyUsage=critical,timeStamping\n")
        openssl("req", "-x509", *KEY, "-keyout", folder / "root.key", "-out", self.root, "-subj", f"/CN={name} Root",
                "-days", "100")
        openssl("req", *KEY, "-keyout", folder / "tsa.key", "-out", folder / "tsa.csr", "-subj", f"/O={name}/CN=Stamps")
        openssl("x509", "-req", "-in", folder / "tsa.csr", "-CA", self.root, "-CAkey", folder / "root.key", "-days",
                "100", "-set_serial", "7", "-extfile", folder / "extensions", "-out", folder / "tsa.pem")

    def answer(self, query):
        reply = query.with_suffix(".tsr")
        openssl("ts", "-reply", "-queryfile", query, "-config", self.folder / "tsa.cnf", "-section", "tsa", "-signer",
                self.folder / "tsa.pem", "-inkey", self.folder / "tsa.key", "-out", reply)
        return reply


def varbytes(data):
    assert len(data) < 128
    return bytes([len(data)]) + data


def answered(ots, block):
    """What a calendar's answer and an upgrade make of a request: some operations, then a block."""
    data = ots.read_bytes()
    ots.write_bytes(data + b"\xff\x00" + bytes.fromhex("83dfe30d2ef90c8e") + varbytes(varbytes(b"https://calendar.example")) +
                    b"\xf0" + varbytes(b"tail") + b"\x08\x00" + bytes.fromhex("0588960d73d71901") + varbytes(bytes([block])))
    return hashlib.sha256(data[-32:] + b"tail").digest()[::-1].hex()


class Anchor(support.Case):
    def setUp(self):
        super().setUp()
        self.make_vault()
        self.leak = self.scratch / "leak"
        write(self.leak / "a.txt", b"alpha")
        self.ingest(self.leak)
        self.requests = self.scratch / "requests"

    def request(self, *more):
        """The files of the collection's request, by their endings; of how many entries it is, in self.entries."""
        lines = self.muniment("anchor", "request", str(self.requests), *more, "--json").json_lines
        ((files, self.entries),) = [(line["files"], line["entries"]) for line in lines
                                    if line["ledger"] == "letters of desk"]
        return {pathlib.Path(file["path"]).suffix: pathlib.Path(file["path"]) for file in files}

    def anchored(self):
        return self.keyless("verify", "--json").json["anchors"]

    def test_a_time_stamp_is_asked_for_checked_and_shown(self):
        asked = self.request()
        digest = hashlib.sha256(asked[".checkpoint"].read_bytes())
        query = subprocess.run(["openssl", "ts", "-query", "-data", str(asked[".checkpoint"]), "-sha256", "-cert",
                                "-no_nonce"], capture_output=True, check=True).stdout
        self.assertEqual(asked[".tsq"].read_bytes(), query)
        office = Authority(self.scratch / "office", "Time Office")
        before = int(time.time())
        reply = office.answer(asked[".tsq"])
        said = self.keyless("anchor", "import", str(reply), "--ca", str(office.root))
        self.assertRegex(said.text, rf"\Aledger [0-9a-f]{{64}}: the first {self.entries} entries existed before 20\S+Z, "
                                    r"said by Stamps, Time Office \(root certificate [0-9a-f]{64}\)\n\Z")
        (anchor,) = self.anchored()
        when = calendar.timegm(time.strptime(anchor["before"], "%Y-%m-%dT%H:%M:%SZ"))
        self.assertTrue(before <= when <= time.time())
        self.assertEqual((anchor["entries"], anchor["by"]), (self.entries, "Stamps, Time Office"))
        self.assertEqual(anchor["root_certificate"], hashlib.sha256(self.der(office.root)).hexdigest())
        self.assertIn(f"letters of desk: the first {self.entries} entries existed before", self.muniment("verify").text)
        # What is kept is what openssl takes.
        (kept,) = [path for path in self.vault.glob("ledgers/*/anchors/*") if path.name == digest.hexdigest()]
        self.assertIn(b"rfc3161 ", kept.read_bytes())
        # Again, it brings nothing; and nothing more is asked for this checkpoint.
        again = self.keyless("anchor", "import", str(reply), "--ca", str(office.root))
        self.assertIn("nothing new", again.stderr)
        self.requests = self.scratch / "more"
        lines = self.muniment("anchor", "request", str(self.requests), "--json").json_lines
        self.assertEqual([line["ledger"] for line in lines], ["consortium of desk"])

    def test_what_another_authority_signed_is_refused(self):
        asked = self.request()
        office, forger = (Authority(self.scratch / name, name) for name in ("office", "forger"))
        reply = forger.answer(asked[".tsq"])
        refused = self.keyless("anchor", "import", str(reply), "--ca", str(office.root), code=13)
        self.assertIn("openssl does not take it", refused.stderr)
        self.assertIn("--ca", self.keyless("anchor", "import", str(reply), code=2).stderr)
        both = write(self.scratch / "both.pem", office.root.read_bytes() + forger.root.read_bytes())
        self.keyless("anchor", "import", str(reply), "--ca", str(both), code=13)
        good = office.answer(asked[".tsq"])
        for at in (good.stat().st_size - 5, good.stat().st_size // 2):
            flip_bit(good, at)
            self.keyless("anchor", "import", str(good), "--ca", str(office.root), code=13)
            flip_bit(good, at)
        empty = write(self.scratch / "empty.pem", b"")
        self.keyless("anchor", "import", str(good), "--ca", str(empty), code=2)
        self.keyless("anchor", "import", str(good), "--ca", str(self.scratch / "absent"), code=1)
        env = support.environment() | {"PATH": str(self.scratch)}
        self.assertIn("openssl cannot be run",
                      self.keyless("anchor", "import", str(good), "--ca", str(office.root), code=1, env=env).stderr)
        self.assertEqual(self.anchored(), [])
        other = self.scratch / "other.tsq"
        openssl("ts", "-query", "-data", self.key, "-sha256", "-cert", "-out", other)
        answer = office.answer(other)
        self.assertIn("answers no request", self.keyless("anchor", "import", str(answer), "--ca", str(office.root),
                                                         code=1).stderr)

    def test_a_bitcoin_block_is_said_and_not_checked(self):
        asked = self.request()
        self.assertIn("not a whole", self.keyless("anchor", "import", str(asked[".ots"]), code=13).stderr)
        root = answered(asked[".ots"], block=77)
        said = self.keyless("anchor", "import", str(asked[".ots"])).text
        self.assertIn(f"existed before Bitcoin block 77, said by that block if its Merkle root is {root}, which was not "
                      "checked here", said)
        self.assertIn("https://calendar.example has not said yet", said)
        self.assertEqual([anchor.get("block") for anchor in self.anchored()], [None, 77])

    def test_an_anchored_ledger_that_is_put_back_is_damage(self):
        asked = self.request()
        before = self.entries
        (ledger,) = [path.parent for path in self.vault.glob("ledgers/*/anchors")
                     if list(path.glob(hashlib.sha256(asked[".checkpoint"].read_bytes()).hexdigest()))]
        old = {name: (ledger / name).read_bytes() for name in ("tail", "tail.2")}
        write(self.leak / "b.txt", b"beta")
        self.ingest(self.leak)
        self.requests = self.scratch / "later"
        later = self.request()
        office = Authority(self.scratch / "office", "Time Office")
        self.keyless("anchor", "import", str(office.answer(later[".tsq"])), str(office.answer(asked[".tsq"])), "--ca",
                     str(office.root))
        self.assertEqual([anchor["entries"] for anchor in self.anchored()], [before, self.entries])
        for name, data in old.items():
            (ledger / name).write_bytes(data)
        found = self.keyless("verify", "--json", code=13).json
        self.assertIn("put back", " ".join(damage["cause"] for damage in found["damage"]))
        self.assertEqual([anchor["entries"] for anchor in found["anchors"]], [before])

    def test_a_proof_says_since_when(self):
        asked = self.request()
        office = Authority(self.scratch / "office", "Time Office")
        self.keyless("anchor", "import", str(office.answer(asked[".tsq"])), "--ca", str(office.root))
        root = answered(asked[".ots"], block=77)
        self.keyless("anchor", "import", str(asked[".ots"]))
        write(self.leak / "b.txt", b"beta")
        self.ingest(self.leak)
        proof = self.scratch / "proof"
        printed = self.muniment("prove", "letters/1:leak/a.txt", "--out", str(proof), "--json").json
        self.assertEqual((printed["anchors"], printed["files"][:3]),
                         (1, ["README.txt", "anchor-1.tlog-proof", "anchor-1.txt"]))
        said = self.expect(0, check_proof(proof, self.leak / "a.txt")).text
        fingerprint = hashlib.sha256(self.der(office.root)).hexdigest()
        self.assertRegex(said, r"existed before 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC, by an authority of CN = Time Office "
                               f"Root, if that certificate's SHA-256 is {fingerprint}")
        self.assertIn(f"existed before Bitcoin block 77, if that has the Merkle root {root}", said)
        self.assertNotIn("nobody but the device itself", said)
        checker = load_checker()
        good = "\n".join(checker.check(proof))
        for name in ("anchor-1.txt", "anchor-1.tlog-proof"):
            whole = (proof / name).read_bytes()
            for at in sorted({*range(0, len(whole), max(1, len(whole) // 60)), len(whole) - 1}):
                damaged = bytearray(whole)
                damaged[at] ^= 1
                (proof / name).write_bytes(damaged)
                with self.subTest(file=name, at=at):
                    try:
                        lines = "\n".join(checker.check(proof))
                    except Exception:  # as check-proof's own main does
                        continue
                    # Not all of a reply is signed, and nobody looks at a root's own signature: then it says what it
                    # did, or that it rests on another root.
                    self.assertTrue(lines == good or fingerprint not in lines)
            (proof / name).write_bytes(whole)
        # A root behind the right one does not count.
        forger = Authority(self.scratch / "forger", "Forger")
        lines = (proof / "anchor-1.txt").read_bytes().split(b"\n")
        stamp = [i for i, line in enumerate(lines) if line.startswith(b"rfc3161 ")][0]
        forged = [base64.b64encode(data) for data in (forger.answer(asked[".tsq"]).read_bytes(),
                                                       office.root.read_bytes() + forger.root.read_bytes())]
        (proof / "anchor-1.txt").write_bytes(b"\n".join(lines[:stamp] + [b" ".join([b"rfc3161", *forged])] + lines[stamp + 1:]))
        self.assertIn("openssl does not take", self.expect(1, check_proof(proof)).stderr)
        # The other snapshot has none.
        shutil.rmtree(proof)
        self.muniment("prove", "letters/2:leak/b.txt", "--out", str(proof))
        self.assertIn("nobody but the device itself", check_proof(proof).text)

    @staticmethod
    def der(path):
        """The certificate's DER."""
        return subprocess.run(["openssl", "x509", "-in", str(path), "-outform", "DER"], capture_output=True,
                              check=True).stdout


if __name__ == "__main__":
    support.main()
