#!/usr/bin/env python3
"""A proof of one file, as somebody gets it who has no vault: what it says, what it hides, what is refused."""

import base64
import hashlib
import pathlib
import re
import shutil
import struct

import support
from proof_support import WitnessedCase, check_proof, load_checker
from support import write
from test_partners import Partner

CHECKED = ["file.txt", "ledger.tlog-proof", "snapshot.tlog-proof", "snapshot.txt", "who.txt"]
OTHERS = {f"folder {i % 3}/secret-{i}.txt": f"nobody shall know {i}\n".encode() * (i + 2) for i in range(25)}
SHOWN = b"the minutes of the committee\n"


class Prove(WitnessedCase):
    def setUp(self):
        super().setUp()
        self.two_members(OTHERS | {"minutes.txt": SHOWN})
        self.proof = self.scratch / "proof"
        self.minutes = self.scratch / "leak/minutes.txt"

    def prove(self, *more, path="leak/minutes.txt", code=0):
        return self.spiegel.run("prove", f"letters/1:{path}", *more, "--out", self.proof, code=code)

    def refused(self, *arguments):
        result = check_proof(*arguments)
        self.expect(1, result)
        self.assertEqual(result.stdout, b"")
        self.assertRegex(result.stderr, r"\Acheck-proof: [^\n]+\n\Z")
        return result.stderr

    def texts(self):
        return {path.name: path.read_bytes() for path in sorted(self.proof.iterdir())}

    def put_back(self, texts):
        for name, text in texts.items():
            (self.proof / name).write_bytes(text)

    def test_it_says_what_and_by_whom(self):
        self.exchange()
        printed = self.prove("--json").json
        self.assertEqual((printed["snapshot"], printed["path"], printed["directory"], printed["hidden"]),
                         ("letters/1@spiegel/desk", "leak/minutes.txt", str(self.proof), []))
        self.assertEqual((printed["files"], printed["witnesses"], printed["anchors"]),
                         (sorted(["README.txt", *CHECKED]), 1, 0))
        self.assertEqual({path.name for path in self.proof.iterdir()}, set(printed["files"]))
        self.assertEqual(self.proof.stat().st_mode & 0o777, 0o700)
        said = self.expect(0, check_proof(self.proof, self.minutes))
        self.assertEqual(said.stderr, "")
        charter = self.spiegel.run("charter", "show", "--json").json
        for part in (f"its content has sha256 {hashlib.sha256(SHOWN).hexdigest()}, size {len(SHOWN)}",
                     "it was called leak/minutes.txt", "its time was 20",
                     ', "spiegel"', f"of consortium {charter['consortium']}", "by its charter 2, whose SHA-256 is ",
                     "cosigned by 1 of 1 other members that witness; it wants 1", ', "bbc": seen by 20',
                     f"{self.minutes} is this file, to the last bit", "Hidden: nothing of the file"):
            self.assertIn(part, said.text)
        self.assertNotIn("nobody but the device itself", said.text)
        readme = (self.proof / "README.txt").read_text()
        self.assertIn("can identify a source", readme)

    def test_the_warning_comes_where_exact_bytes_are_shown(self):
        self.assertIn("exact bytes can identify a source", self.prove().stderr)
        shutil.rmtree(self.proof)
        result = self.prove("--hide", "content")
        self.assertNotIn("exact bytes", result.stderr)
        self.assertNotIn("exact bytes", (self.proof / "README.txt").read_text())
        self.assertIn("nobody but the device itself", check_proof(self.proof).text)  # not witnessed yet

    def test_another_file_is_not_the_file(self):
        self.prove()
        other = write(self.scratch / "other", SHOWN[:-1] + b"!")
        self.assertIn("NOT the file", self.refused(self.proof, other))
        self.assertIn("No such file", self.refused(self.proof, self.scratch / "absent"))
        shutil.rmtree(self.proof)
        self.prove("--hide", "content")
        self.assertIn("hides the content", self.refused(self.proof, self.minutes))

    def test_every_part_can_be_hidden(self):
        for hidden, absent in (("content", "its content"), ("name", "it was called"), ("time", "its time"),
                               ("members", '"spiegel"'), ("name,time", "it was called")):
            with self.subTest(hidden=hidden):
                self.prove("--hide", hidden)
                said = self.expect(0, check_proof(self.proof)).text
                self.assertNotIn(absent, said)
                if hidden != "members":
                    self.assertIn("Hidden: " + hidden.replace(",", ", "), said)
                shutil.rmtree(self.proof)
        self.assertIn("hides everything", self.prove("--hide", "content,name,time,parts", code=2).stderr)
        self.assertIn("no part called size", self.prove("--hide", "size", code=2).stderr)
        self.assertFalse(self.proof.exists())

    def test_what_is_hidden_cannot_be_guessed(self):
        """Whoever knows the right answer cannot see that it is right: the salts are not in the folder."""
        self.prove("--hide", "name,time")
        texts = self.texts()
        digests = re.findall(rb"\b[0-9a-f]{64}\b", b"\n".join(texts.values()))
        hidden = dict(re.findall(rb"(name|time) hidden ([0-9a-f]{64})", texts["file.txt"]))
        self.assertEqual(set(hidden), {b"name", b"time"})
        facts = self.minutes.stat()
        time = b"%d.%09d\n" % divmod(facts.st_mtime_ns, 10**9)
        for label, value in ((b"name", b"leak/minutes.txt"), (b"time", time)):
            for salt in [b"", bytes(32), *(bytes.fromhex(one.decode()) for one in digests)]:
                message = b"muniment/field/v1\0" + struct.pack("<H", len(label)) + label + salt
                for guess in (value, message + struct.pack("<Q", len(value)) + value):
                    self.assertNotEqual(hashlib.sha256(guess).hexdigest().encode(), hidden[label])

    def test_nothing_of_the_other_files_is_in_it(self):
        self.prove()
        whole = b"\n".join(self.texts().values())
        words = re.findall(rb"[A-Za-z0-9+/=]{8,}", whole)
        unpacked = b"\n".join(base64.b64decode(word) for word in words if len(word) % 4 == 0)
        unpacked += b"\n".join(base64.b64decode(word) for word in re.findall(rb"[A-Za-z0-9+/=]{8,}", unpacked)
                               if len(word) % 4 == 0)
        for path, content in OTHERS.items():
            digest = hashlib.sha256(content)
            for fact in (path.encode(), path.rpartition("/")[2].encode(), content, digest.digest(),
                         digest.hexdigest().encode(), b"size %d\n" % len(content), b"letters"):
                self.assertNotIn(fact, whole)
                self.assertNotIn(fact, unpacked)

    def test_each_flipped_byte_is_refused(self):
        self.exchange()
        self.prove()
        checker = load_checker()
        self.assertTrue(list(checker.check(self.proof)))
        for name in CHECKED:
            path = self.proof / name
            whole = path.read_bytes()
            places = sorted({*range(0, len(whole), max(1, len(whole) // 40)), len(whole) - 1, len(whole) - 2})
            for at in places:
                for mask in (1, 0x20, 0x80):
                    damaged = bytearray(whole)
                    damaged[at] ^= mask
                    path.write_bytes(damaged)
                    with self.subTest(file=name, at=at, mask=mask), self.assertRaises(Exception):
                        list(checker.check(self.proof))
            path.write_bytes(whole)
        self.assertTrue(list(checker.check(self.proof)))

    def test_bad_input_is_a_clear_error(self):
        self.prove()
        texts = self.texts()
        checker = load_checker()
        for name in CHECKED:
            (self.proof / name).unlink()
            self.assertIn(name, self.refused(self.proof))
            for damaged in (b"", b"\n", b"\xff" * 100, texts[name] + b"x", texts[name] + b"\n", texts[name][1:],
                            texts[name].replace(b"\n", b"\r\n"), texts[name] * 2, texts[name][:-1], bytes(1 << 23)):
                (self.proof / name).write_bytes(damaged)
                self.assertIn(name if name != "snapshot.txt" else "check-proof", self.refused(self.proof))
            lines = texts[name].split(b"\n")
            for i in range(len(lines)):
                shorter, longer = b"\n".join(lines[:i] + lines[i + 1:]), b"\n".join(lines[:i] + [lines[i]] + lines[i:])
                for damaged in (shorter, longer, b"\n".join(lines[:i])):
                    (self.proof / name).write_bytes(damaged)
                    if name == "who.txt" and lines[i].startswith(b"member-name"):
                        continue  # a name may be told, twice, or not
                    with self.subTest(file=name, line=i), self.assertRaises(Exception):
                        list(checker.check(self.proof))
            self.put_back(texts)
        self.assertIn("file.txt", self.refused(self.scratch / "nothing"))
        self.expect(2, check_proof())
        self.expect(0, check_proof(self.proof))

    def test_parts_of_other_proofs_are_refused(self):
        self.prove()
        texts = self.texts()
        shutil.rmtree(self.proof)
        self.prove(path="leak/folder 1/secret-1.txt")
        other_file = self.texts()
        shutil.rmtree(self.proof)
        write(self.scratch / "leak/new", b"more")
        self.spiegel.run("ingest", "letters", self.scratch / "leak")
        self.spiegel.run("prove", "letters/2:leak/minutes.txt", "--out", self.proof)
        other_snapshot = self.texts()
        shutil.rmtree(self.proof)
        stranger = self.scratch / "stranger"
        key = self.scratch / "stranger.key"
        run = lambda *words: self.expect(0, support.run("--vault", str(stranger), "--key-file", str(key), *words))
        self.expect(0, support.run("init", str(stranger), "--key-file", str(key), "--member", "spiegel"))
        run("collection", "create", "letters")
        run("ingest", "letters", str(self.scratch / "leak"))
        run("prove", "letters/1:leak/minutes.txt", "--out", str(self.proof))
        of_stranger = self.texts()
        self.expect(0, check_proof(self.proof))
        for other in (other_file, other_snapshot, of_stranger):
            for name in CHECKED:
                if other[name] == texts[name]:
                    continue
                self.put_back(texts | {name: other[name]})
                self.refused(self.proof)
        self.put_back(texts)
        self.expect(0, check_proof(self.proof))

    def test_a_later_authority_key_and_charters_since(self):
        """The certificate was approved with a key that only the first charters list."""
        new = write(self.scratch / "authority", self.spiegel.run("key", "authority").stdout)
        lemonde = Partner(self, "lemonde")
        self.join(self.spiegel, lemonde, approvers=[self.bbc], roles="reader")
        proposal = self.bbc.text("charter", "propose", "--key", f"spiegel={new}")
        approval = lemonde.text("charter", "approve", proposal)
        self.spiegel.run("accept", self.bbc.text("charter", "adopt", proposal, approval))
        self.prove()
        said = self.expect(0, check_proof(self.proof)).text
        self.assertIn("by its charter 4", said)
        who = (self.proof / "who.txt").read_bytes().split(b"\n")
        charters = [i for i, line in enumerate(who) if line.startswith((b"charter ", b"device "))]
        for charter, next_one in list(zip(charters, charters[1:]))[1:4]:
            fewer = who[:charter + 2] + who[next_one:]  # with one approval
            (self.proof / "who.txt").write_bytes(b"\n".join(fewer))
            self.assertIn("too few members", self.refused(self.proof))

    def test_a_made_up_name_gives_nothing_away(self):
        result = self.expect(0, support.run("--vault", str(self.spiegel.vault), "--key-file", str(self.spiegel.key),
                                            "prove", "letters/1:leak/minutes.txt", "--hide", "name", cwd=self.scratch))
        self.assertRegex(result.text, r"\Aproof-[0-9a-f]{16}\n\Z")
        self.expect(0, check_proof(self.scratch / result.text.strip(), self.scratch / "leak/minutes.txt"))

    def test_it_asks_what_for_where_reading_does(self):
        self.spiegel.run("collection", "create", "police-files", "--require-purpose")
        self.spiegel.run("ingest", "police-files", self.scratch / "leak")
        self.assertIn("--purpose", self.spiegel.run("prove", "police-files/1:leak/minutes.txt", "--out", self.proof,
                                                    code=2).stderr)
        self.assertFalse(self.proof.exists())
        self.spiegel.run("prove", "police-files/1:leak/minutes.txt", "--out", self.proof, "--purpose", "for the court")
        self.expect(0, check_proof(self.proof))
        (line,) = self.spiegel.run("log", "report", "police-files", "--json").json_lines
        self.assertEqual((line["act"], line["times"], line["purpose"]), ("prove", 1, "for the court"))

    def test_the_checker_is_as_short_as_it_says(self):
        self.assertLessEqual(len(pathlib.Path(load_checker().__file__).read_text().splitlines()), 250)


if __name__ == "__main__":
    support.main()
