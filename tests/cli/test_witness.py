#!/usr/bin/env python3
"""Three newsrooms that vouch for each other's logs by letters, and one that lies."""

import base64
import hashlib
import shutil
import subprocess

import support
from support import write
from test_partners import Partner, PartnerCase

DER_OF_ED25519 = bytes.fromhex("302a300506032b6570032100")


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def grew(old_size, old_root, new_size, new_root, proof):
    """RFC 9162, section 2.1.4.2."""
    if old_size == new_size:
        return not proof and old_root == new_root
    if not 0 < old_size < new_size or not proof:
        return False
    if old_size & (old_size - 1) == 0:
        proof = [old_root, *proof]
    fn, sn = old_size - 1, new_size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = proof[0]
    for hash_ in proof[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node(hash_, fr), node(hash_, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, hash_)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == old_root and sr == new_root


def signed_by(folder, key, signature, message):
    """Ed25519, by openssl."""
    for name, content in (("key", DER_OF_ED25519 + key), ("signature", signature), ("message", message)):
        (folder / name).write_bytes(content)
    done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", folder / "key",
                           "-rawin", "-in", folder / "message", "-sigfile", folder / "signature"],
                          capture_output=True, check=False)
    return done.returncode == 0


def proves_fork(text, folder):
    """Whether a file of forks/ proves that its device signed two histories; from the file alone."""
    lines = [line.split(" ") for line in text.splitlines()]
    values = {line[0]: line[1] for line in lines[1:]}
    origin = values["ledger"]
    # The keys are the device's, whose id stands in the origin.
    keys = "".join(f"{name} {values[name]}\n" for name in ("transport", "log", "witness"))
    device = hashlib.sha256(b"muniment/device/v1\n" + keys.encode()).hexdigest()[:32]
    if lines[0] != ["muniment/fork/v1"] or device != origin.rsplit("/", 1)[1]:
        return False
    log = base64.b64decode(values["log"])
    trees = []
    for encoded in (line[1] for line in lines if line[0] == "checkpoint"):
        text, signatures = base64.b64decode(encoded).decode().rsplit("\n\n", 1)
        text += "\n"
        (line,) = signatures.splitlines()
        dash, name, signature = line.split(" ")
        signature = base64.b64decode(signature)
        key_id = hashlib.sha256(origin.encode() + b"\n\x01" + log).digest()[:4]
        signed_origin, size, root = text.splitlines()
        if (dash, name, signed_origin, signature[:4]) != ("\u2014", origin, origin, key_id):
            return False
        if not signed_by(folder, log, signature[4:], text.encode()):
            return False
        trees.append((int(size), base64.b64decode(root)))
    (less, less_root), (more, more_root) = trees
    root = bytes.fromhex(values["root"])
    proof = [bytes.fromhex(line[1]) for line in lines if line[0] == "hash"]
    return root != less_root and grew(less, root, more, more_root, proof)


class Witness(PartnerCase):
    def setUp(self):
        super().setUp()
        self.spiegel, self.bbc, self.lemonde = (Partner(self, name) for name in ("spiegel", "bbc", "lemonde"))
        roles = "custodian,reader,witness"
        self.join(self.spiegel, self.bbc, roles=roles)
        self.join(self.spiegel, self.lemonde, approvers=[self.bbc], roles=roles)
        self.spiegel.run("collection", "create", "letters")
        write(self.scratch / "leak/a.txt", b"alpha")
        self.spiegel.run("ingest", "letters", self.scratch / "leak")

    def standing(self, log):
        (found,) = (line for line in self.spiegel.run("status", "--json").json["witnesses"]
                    if line["own"] and line["log"].startswith(log))
        return found["witnessed"], found["witnesses"], found["quorum"]

    def test_three_vouch_for_each_other_by_letters(self):
        self.assertEqual(self.standing("access log"), (0, 2, 2))
        asked = self.spiegel.text("witness", "request")
        replies = []
        for partner in (self.bbc, self.lemonde):
            signed = partner.run("witness", "sign", asked, "--json").json
            self.assertEqual([log["verdict"] for log in signed["logs"]], ["cosigned"] * 3)
            self.assertEqual(signed["from"], "spiegel/desk")
            replies.append(self.file(signed["text"]))

        first = self.spiegel.run("witness", "import", replies[0])
        self.assertIn("witnessed 1/2", first.stderr)
        self.assertIn("below the quorum of 2", first.stderr)
        self.assertEqual(self.standing("access log"), (1, 2, 2))
        self.assertIn("to do       this device's logs are not vouched for", self.spiegel.run("status").text)
        second = self.spiegel.run("witness", "import", replies[1], "--json").json
        self.assertEqual((second["signatures"], second["damage"], second["outdated"]), (3, [], False))
        for log in ("access log", "ledger of", "ledger letters"):
            self.assertEqual(self.standing(log), (2, 2, 2))
        self.assertNotIn("not vouched for", self.spiegel.run("status").text)
        self.assertIn("witnessed 2/2 up to entry", self.spiegel.run("log", "verify").text)
        self.assertEqual(self.spiegel.run("log", "verify", "--json").json["witnesses"]["witnessed"], 2)
        self.assertEqual(self.spiegel.run("snapshots", "--json").json_lines[0]["witnesses"]["witnessed"], 2)
        self.assertIn("witnessed 2/2", self.spiegel.run("snapshots").text)
        self.assertIn("3 logs of this device witnessed", self.spiegel.run("verify").text)

        # What bbc signed stands in bbc's own log, for the auditor whom the charter names.
        acts = [line["detail"] for line in self.spiegel.run("log", "show", "--act", "cosign", "--json").json_lines]
        self.assertEqual([act.split(":")[0] for act in acts], ["heard of bbc/desk", "heard of lemonde/desk"])
        # What they signed is asked no more; what came after is.
        again = self.spiegel.run("witness", "request", "--json").json
        self.assertEqual(again["logs"], ["access log of spiegel/desk"])

    def test_a_device_that_came_back_goes_on_in_another_access_log(self):
        backup = self.scratch / "backup"
        self.spiegel.run("key", "export-backup", backup)
        reply = self.bbc.text("witness", "sign", self.spiegel.text("witness", "request"))
        self.spiegel.run("witness", "import", reply)
        self.spiegel.run("witness", "import", self.bbc.text("witness", "sign", self.spiegel.text("witness", "request")))
        support.remove_tree(self.spiegel.vault)
        restored = self.spiegel.run("key", "import-backup", backup, "--json").json
        self.assertTrue(restored["other_access_log"])

        asked = self.spiegel.run("witness", "request", "--json", code=3).json
        (log,) = asked["logs"]
        self.assertRegex(log, "^access log [0-9a-f]{16} of spiegel/desk$")
        signed = self.bbc.run("witness", "sign", self.file(asked["text"]), "--json").json
        self.assertEqual([answer["verdict"] for answer in signed["logs"]], ["cosigned"])
        heard = self.spiegel.run("witness", "import", self.file(signed["text"]), "--json").json
        self.assertEqual((len(heard["news"]), heard["damage"]), (1, []))
        (ended,) = self.spiegel.run("log", "verify", "--json").json["ended"]
        self.assertEqual((ended["number"], ended["entries"], ended["damaged"]), ("0" * 16, 0, False))
        self.assertGreater(ended["known"], 0)
        self.assertIn(f"and it had at least {ended['known']}", self.spiegel.run("log", "verify").text)
        self.assertIn("this device was put back", self.spiegel.run("log", "show", "--act", "log").text)
        self.assertIn("it is not here", self.spiegel.run("log", "show", "--log", "00", code=1).stderr)

    def test_policy_is_as_c2sp_has_it(self):
        for arguments in ((), ("letters",), ("consortium",)):
            lines = [line.split(" ") for line in self.spiegel.run("witness", "policy", *arguments).lines
                     if not line.startswith("#")]
            self.assertEqual([line[0] for line in lines],
                             ["log", "witness", "witness", "group", "group", "group", "quorum"])
            name, _, key = lines[1][2].split("+", 2)
            self.assertEqual(base64.b64decode(key)[0], 4)
            defined = {line[1] for line in lines[1:3]}
            for line in lines[3:6]:
                self.assertLessEqual(set(line[3:]), defined)
                defined.add(line[1])
            self.assertEqual(lines[5][2], "2")
            self.assertEqual(lines[6][1], lines[5][1])

    def test_what_is_no_request_says_so(self):
        asked = self.spiegel.text("witness", "request")
        self.assertIn("muniment witness sign", self.bbc.run("accept", asked, code=2).stderr)
        self.assertIn("muniment witness sign", self.bbc.run("witness", "import", asked, code=2).stderr)
        self.bbc.run("witness", "sign", write(self.scratch / "cut", asked.read_bytes()[:400]), code=13)
        self.bbc.run("witness", "sign", self.scratch / "absent", code=1)

    def test_who_asks_for_two_histories_is_refused_and_proved(self):
        twin = self.scratch / "twin"
        shutil.copytree(self.spiegel.vault, twin)
        self.spiegel.run("collection", "create", "one")
        asked = self.spiegel.text("witness", "request")
        self.bbc.run("witness", "sign", asked)
        support.remove_tree(self.spiegel.vault)
        twin.rename(self.spiegel.vault)
        self.spiegel.run("collection", "create", "two")
        # The same commands were given, so its access log has as many entries in either history.
        other = self.spiegel.text("witness", "request")
        refused = self.bbc.run("witness", "sign", other, code=13)
        self.assertIn("two histories", refused.stderr)
        proofs = list((self.bbc.vault / "forks").iterdir())
        self.assertGreaterEqual(len(proofs), 1)
        for proof in proofs:
            text = proof.read_text()
            self.assertTrue(proves_fork(text, self.scratch))
            # And nobody can make one of a whole log.
            lines = text.splitlines()
            checkpoints = [line for line in lines if line.startswith("checkpoint ")]
            same = text.replace(checkpoints[1], checkpoints[0])
            self.assertFalse(proves_fork(same, self.scratch))
        self.assertTrue(any("signed two histories" in line
                            for line in self.bbc.run("status", "--json").json["todo"]))


if __name__ == "__main__":
    support.main()
