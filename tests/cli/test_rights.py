#!/usr/bin/env python3
"""Devices that only deposit, and devices that travel: by commands, and by what rescue can do with their vaults."""

import sys
import time

import support
from support import run, tree_of, write
from test_partners import Partner, PartnerCase
from test_rescue import RESCUE, bech32, environment, rescue


class RightsCase(PartnerCase):
    def rescue(self, vault, key, *arguments, code=0):
        command = [sys.executable, "-W", "error", str(RESCUE), str(vault)]
        result = support.run(*key, *arguments, command=command, env=environment())
        self.assertNotIn("Traceback", result.stderr)
        return self.expect(code, result)

    def device_id(self, partner):
        return next(row["id"] for row in partner.run("device", "list", "--json").json_lines if row["own"])


class Deposit(RightsCase):
    def setUp(self):
        super().setUp()
        self.spiegel, self.source = Partner(self, "spiegel"), Partner(self, "source")
        self.join(self.spiegel, self.source, roles="contributor")
        self.collection_of(self.spiegel)
        granted = self.spiegel.run("grant", "letters", "source/desk", "--rights", "deposit")
        self.assertIn("granted deposit of letters to source/desk", granted.stderr)
        self.source.run("accept", self.file(granted.text))
        self.source.copy_packs_from(self.spiegel)
        self.leak = self.scratch / "secret-leak"
        write(self.leak / "minutes.txt", b"nothing of this is to be written down\n" * 50)
        write(self.leak / "photos/large.bin", support.random_bytes(20_000_000, "deposit"))
        for number in range(50):
            write(self.leak / f"many/{number}.txt", b"%d\n" % number * 40)

    def deposit(self):
        name = self.source.run("ingest", "letters", self.leak, "--about", "method=by hand").text.strip()
        self.assertEqual(name, "letters/1@source/desk")

    def hand_over(self):
        self.spiegel.run("accept", self.source.text("text", "spiegel"))
        self.spiegel.copy_packs_from(self.source)
        return f"letters/1@{self.device_id(self.source)}"

    def test_what_is_deposited_the_readers_have_and_the_depositor_has_not(self):
        self.deposit()
        for arguments in (["cat", "letters/1:secret-leak/minutes.txt"], ["ls", "letters/1"],
                          ["restore", "letters/1", self.scratch / "out"]):
            denied = self.source.run(*arguments, code=14)
            self.assertIn("this device may add to it, and read nothing of it", denied.stderr)
            self.assertIn("ask one of the custodians: spiegel", denied.stderr)
        self.assertEqual(self.source.run("find", "--name", "*").stdout, b"")
        rows = self.source.run("snapshots", "--json").json_lines
        self.assertEqual([sorted(row) for row in rows],
                         [["collection", "deposited", "device", "number", "packs", "snapshot", "stored_bytes"]])
        self.assertGreater(rows[0]["packs"], 1)
        self.assertIn("deposited, not to be read here", self.source.run("snapshots", "letters").text)
        letters = [line for line in self.source.run("status").lines if line.startswith("collection  letters ")]
        self.assertEqual(len(letters), 1)
        self.assertIn("2 snapshots", letters[0])  # spiegel's, and its own
        self.source.run("verify", "--deep")
        self.source.run("catalog", "rebuild")

        snapshot = self.hand_over()
        self.spiegel.run("verify", "--deep")
        self.spiegel.run("catalog", "rebuild")
        target = self.scratch / "restored"
        self.spiegel.run("restore", snapshot, target)
        self.assertEqual(tree_of(target / "secret-leak"), tree_of(self.leak))
        self.assertEqual(self.spiegel.run("cat", f"{snapshot}:secret-leak/many/7.txt").stdout, b"7\n" * 40)
        about = next(row["about"] for row in self.spiegel.run("snapshots", "--json").json_lines
                     if row["files"] > 1)
        self.assertEqual(about, {"method": "by hand"})
        rows = [row for row in self.spiegel.grants("letters") if row["member"] == "source"]
        self.assertEqual([row["rights"] for row in rows], ["deposit"])
        self.assertEqual([row["rights"] for row in self.source.grants("letters") if row["member"] == "source"],
                         ["deposit"])

    def test_rescue_restores_it_for_a_reader_and_nothing_for_the_depositor(self):
        time.sleep(1.1)  # times are in seconds, and the later of the two is meant
        self.deposit()
        snapshot = self.hand_over()
        device = snapshot.split("@")[1]
        key = ["--key-file", str(self.spiegel.key), "--trust", device]
        listed = [line.split()[0] for line in self.rescue(self.spiegel.vault, key, "list").lines]
        self.assertEqual(sorted(listed), ["letters/1@desk", "letters/1@desk"])
        # Both devices are called desk.
        target = self.scratch / "rescued"
        self.rescue(self.spiegel.vault, key, "restore", "letters/latest", str(target))
        self.assertEqual(tree_of(target / "secret-leak"), tree_of(self.leak))

        own = ["--key-file", str(self.source.key), "--trust", self.device_id(self.spiegel)]
        self.assertEqual(self.rescue(self.source.vault, own, "list").stdout, b"")
        self.rescue(self.source.vault, own, "restore", "letters/latest", str(self.scratch / "none"), code=1)
        # Whatever of its keys is taken for the one that reads.
        seed, _, _ = rescue.read_keyring(str(self.source.vault), 2, self.source.key.read_bytes())
        for data in (seed, rescue.blake2b(seed, b"muniment/epoch-kem/v1")):
            identity = write(self.scratch / "identity", bech32("age-secret-key-pq-", data).upper().encode())
            result = self.rescue(self.source.vault, ["--identity", str(identity)], "list", code=None)
            self.assertNotIn("letters", result.text)
        for pack in self.source.vault.glob("packs/*/*.pack"):
            name, body = pack.stem, pack.read_bytes()
            size_class = (len(body) - 8192).bit_length() - 1
            opened = rescue.Vault(str(self.source.vault), seed, self.consortium(), []).keys
            epochs = [key for _, keys in opened.values() for key in keys.values()]
            self.assertTrue(epochs)
            with self.assertRaises(rescue.Problem):
                rescue.Pack(body, name, size_class, [seed, *epochs])

    def consortium(self):
        text = (self.source.vault / "muniment").read_text()
        return next(line.split()[1] for line in text.splitlines() if line.startswith("consortium")).encode()

    def test_no_name_and_no_text_of_it_is_left_in_the_vault(self):
        self.deposit()
        for file in self.source.vault.rglob("*"):
            if file.is_file():
                content = file.read_bytes()
                for text in (b"minutes", b"secret-leak", b"written down", b"by hand"):
                    self.assertNotIn(text, content, file)

    def test_a_new_epoch_goes_to_depositors_too(self):
        lemonde = Partner(self, "lemonde")
        self.join(self.spiegel, lemonde, approvers=[self.source], roles="reader")
        lemonde.run("accept", self.spiegel.text("grant", "letters", "lemonde"))
        self.spiegel.run("revoke", "lemonde/desk")
        self.source.run("accept", self.spiegel.text("text", "source"))
        self.deposit()
        snapshot = self.hand_over()
        self.assertEqual(self.spiegel.run("cat", f"{snapshot}:secret-leak/many/3.txt").stdout, b"3\n" * 40)
        # What the revoked one gets hold of says nothing to it.
        lemonde.run("accept", self.spiegel.text("text", "source"))
        lemonde.copy_packs_from(self.source)
        self.assertEqual([row["number"] for row in lemonde.run("snapshots", "letters", "--json").json_lines], [1])


class Travel(RightsCase):
    def setUp(self):
        super().setUp()
        self.spiegel, self.bbc = Partner(self, "spiegel"), Partner(self, "bbc")
        self.join(self.spiegel, self.bbc)
        self.collection_of(self.spiegel)
        self.collection_of(self.spiegel, "photos")
        self.home_key = self.spiegel.key
        self.travel_key = self.scratch / "travel.key"

    def leave(self, *collections, code=0):
        result = self.spiegel.run("key", "travel", "--until", "2096-12-24", "--new-key-file", self.travel_key,
                                  *collections, code=code)
        if code == 0:
            self.spiegel.key = self.travel_key
        return result

    def test_there_and_back_by_texts(self):
        refused = self.leave("letters", code=14)
        self.assertIn("letters: nobody else holds all of its keys", refused.stderr)
        self.bbc.run("accept", self.spiegel.text("grant", "letters", "bbc"))
        left = self.leave("letters")
        for words in ("letters stays behind; all of it is held by bbc/desk",
                      "this device still opens: consortium, photos", "1 slot closed"):
            self.assertIn(words, left.stderr)
        self.bbc.run("accept", self.file(left.text))
        self.assertIn("travels until 2096-12-24", self.bbc.run("device", "list").text)

        self.assertEqual(self.spiegel.run("cat", "photos/1:leak/file").stdout, b"content " * 1000)
        denied = self.spiegel.run("cat", "letters/1:leak/file", code=14)
        self.assertIn("this device travels without 1 collection", denied.stderr)
        self.assertIn("muniment key return", denied.stderr)
        self.assertIn("travels     until 2096-12-24 without 1 collection", self.spiegel.run("status").text)
        self.assertIn("travels without this collection",
                      self.bbc.run("grant", "letters", "spiegel/desk", code=14).stderr)

        back = self.spiegel.run("key", "return", code=3)
        told = self.bbc.run("accept", self.file(back.text))
        self.assertIn("before the day that it gave", told.stderr)
        self.spiegel.run("accept", self.bbc.text("grant", "letters", "spiegel/desk"))
        self.assertEqual(self.spiegel.run("cat", "letters/1:leak/file").stdout, b"content " * 1000)
        self.spiegel.run("verify", "--deep")
        self.spiegel.run("key", "return", code=2)

    def test_what_opened_the_vault_before_opens_nothing(self):
        self.bbc.run("accept", self.spiegel.text("grant", "letters", "bbc"))
        for number in range(2):  # another way in, and an agent that has the keys
            self.spiegel.run("key", "add", "--new-key-file", self.scratch / f"more-{number}.key")
        self.spiegel.run("unlock", "--for", "5m")
        seed, _, _ = rescue.read_keyring(str(self.spiegel.vault), 2, self.home_key.read_bytes())
        left = self.leave("--all", code=14)
        self.assertIn("photos: nobody else holds", left.stderr)
        self.bbc.run("accept", self.spiegel.text("grant", "photos", "bbc"))
        self.assertIn("3 slots closed", self.leave("--all").stderr)
        for key in (self.home_key, self.scratch / "more-0.key", self.scratch / "more-1.key"):
            self.expect(12, run("--vault", str(self.spiegel.vault), "--key-file", str(key), "ls", "photos/1"))
            self.rescue(self.spiegel.vault, ["--key-file", str(key)], "list", code=12)
        # No agent, and on no terminal: it cannot ask.
        self.expect(2, run("--vault", str(self.spiegel.vault), "ls", "photos/1"))
        self.assertEqual(self.spiegel.run("snapshots", "--json").stdout, b"")

        key = ["--key-file", str(self.travel_key), "--trust", self.device_id(self.bbc)]
        self.assertEqual(self.rescue(self.spiegel.vault, key, "list").stdout, b"")
        new_seed, _, _ = rescue.read_keyring(str(self.spiegel.vault), 2, self.travel_key.read_bytes())
        self.assertNotEqual(new_seed, seed)
        # The test can fail: the reading key that was destroyed would open all of it.
        identity = write(self.scratch / "id", bech32("age-secret-key-pq-", seed).upper().encode())
        listed = self.rescue(self.spiegel.vault, ["--identity", str(identity)], "list").text
        self.assertIn("letters/1@desk", listed)

    def test_rescue_reads_what_was_kept(self):
        self.bbc.run("accept", self.spiegel.text("grant", "letters", "bbc"))
        self.leave("letters")
        key = ["--key-file", str(self.travel_key), "--trust", self.device_id(self.bbc)]
        listed = [line.split()[0] for line in self.rescue(self.spiegel.vault, key, "list").lines]
        self.assertEqual(listed, ["photos/1@desk"])
        target = self.scratch / "rescued"
        self.rescue(self.spiegel.vault, key, "restore", "photos/1", str(target))
        self.assertEqual(tree_of(target / "leak"), tree_of(self.scratch / "leak"))

    def test_a_new_epoch_passes_a_traveller_by(self):
        lemonde = Partner(self, "lemonde")
        self.join(self.spiegel, lemonde, approvers=[self.bbc], roles="reader")
        for name in ("bbc", "lemonde"):
            text = self.spiegel.text("grant", "letters", name)
            self.bbc.run("accept", text)
            lemonde.run("accept", text)
        self.bbc.run("accept", self.file(self.leave("letters").text))
        self.bbc.run("revoke", "lemonde/desk")
        self.spiegel.run("accept", self.bbc.text("text", "spiegel"))
        rows = {(row["member"], row["present"]) for row in self.bbc.grants("letters")}
        self.assertIn(("bbc", True), rows)
        self.assertIn(("spiegel", False), rows)
        self.spiegel.run("ls", "letters/1", code=14)
        self.bbc.run("ingest", "letters", self.scratch / "leak")

    def test_trustees_shares_bring_it_back(self):
        shares = self.scratch / "shares"
        self.spiegel.run("key", "recovery", "split", "--need", 2, "--of", 3, "--to", shares)
        self.assertIn("held by spiegel, by its recovery words", self.leave("letters").stderr)
        self.spiegel.run("key", "return", "--share-file", shares / "share-1", code=12)
        back = self.spiegel.run("key", "return", "--share-file", shares / "share-1", "--share-file",
                                shares / "share-3", "--json").json
        self.assertEqual((back["restored"], back["missing"]), (["letters"], []))
        self.assertEqual(self.spiegel.run("cat", "letters/1:leak/file").stdout, b"content " * 1000)

    def test_usage(self):
        self.bbc.run("accept", self.spiegel.text("grant", "letters", "bbc"))
        for arguments in (["letters", "--all"], [], ["nowhere"]):
            self.leave(*arguments, code=None)
            self.spiegel.run("ls", "letters/1")
        self.spiegel.run("key", "travel", "--until", "2001-01-01", "letters", "--new-key-file",
                         self.travel_key, code=2)
        self.spiegel.run("key", "travel", "--until", "soon", "letters", code=2)
        self.spiegel.run("key", "return", code=2)


if __name__ == "__main__":
    support.main()
