#!/usr/bin/env python3
"""Three members with three vaults, who have nothing between them but texts that they hand each other."""

import pathlib
import shutil
import subprocess

import support
from support import run, write


class Partner:
    """A member with one vault, opened by a key file."""

    def __init__(self, case, name):
        self.case = case
        self.name = name
        self.vault = case.scratch / name
        self.key = case.scratch / f"{name}.key"
        case.expect(0, run("init", str(self.vault), "--key-file", str(self.key), "--member", name,
                           "--device", "desk"))

    def run(self, *arguments, code=0):
        return self.case.expect(code, run("--vault", str(self.vault), "--key-file", str(self.key),
                                          *map(str, arguments)))

    def text(self, *arguments, code=0):
        """What a command prints, in a file to hand on."""
        printed = self.run(*arguments, code=code).text
        return self.case.file(printed)

    def members(self):
        return [member["member"] for member in self.run("charter", "show", "--json").json["members"]]

    def grants(self, *more):
        return self.run("grants", "--json", *more).json_lines

    def copy_packs_from(self, other):
        """What sync will do."""
        for pack in (other.vault / "packs").glob("*/*.pack"):
            target = self.vault / "packs" / pack.parent.name
            target.mkdir(exist_ok=True)
            shutil.copy(pack, target / pack.name)


class PartnerCase(support.Case):
    def setUp(self):
        super().setUp()
        self.files = 0

    def file(self, text):
        self.files += 1
        return write(self.scratch / f"text-{self.files}", text.encode())

    def join(self, founder, joiner, approvers=(), roles="custodian,reader"):
        card = joiner.text("card")
        invitation = founder.text("invite", card, "--role", roles)
        reply = joiner.text("accept", invitation)
        approvals = [partner.text("charter", "approve", invitation) for partner in approvers]
        welcome = founder.text("accept", reply, *approvals)
        joiner.run("accept", welcome)
        for partner in approvers:
            partner.run("accept", welcome)
        return welcome

    def three(self):
        """spiegel founded it, then came bbc, then lemonde, approved by both."""
        spiegel, bbc, lemonde = (Partner(self, name) for name in ("spiegel", "bbc", "lemonde"))
        self.join(spiegel, bbc)
        self.join(spiegel, lemonde, approvers=[bbc], roles="reader,contributor")
        return spiegel, bbc, lemonde

    def collection_of(self, partner, name="letters"):
        partner.run("collection", "create", name)
        write(self.scratch / "leak/file", b"content " * 1000)
        partner.run("ingest", name, self.scratch / "leak")


class Joining(PartnerCase):
    def test_a_card_is_signed_and_its_words_are_the_same_on_both_sides(self):
        bbc = Partner(self, "bbc")
        printed = bbc.run("card", "--json").json
        self.assertEqual(len(printed["fingerprint"].split()), 8)
        card = self.file(printed["text"])
        seen = self.expect(0, run("card", str(card), "--json")).json
        self.assertEqual(seen["fingerprint"], printed["fingerprint"])
        self.assertEqual(seen["member"], "bbc")
        # As mail programs leave it.
        wrapped = self.file("\r\n" + printed["text"].replace("\n", "\r\n") + "\r\n\r\n")
        self.expect(0, run("card", str(wrapped)))
        altered = self.file(printed["text"].replace("device ", "device f", 1))
        self.expect(13, run("card", str(altered)))

    def test_two_join_by_texts_alone(self):
        spiegel, bbc = Partner(self, "spiegel"), Partner(self, "bbc")
        self.join(spiegel, bbc)
        for partner in (spiegel, bbc):
            self.assertEqual(partner.members(), ["bbc", "spiegel"])
            partner.run("verify")
            self.assertEqual(partner.run("grants", "--audit").stdout, b"")
        # Again, which changes nothing.
        result = bbc.run("accept", spiegel.text("text", "bbc"))
        self.assertIn("nothing was new", result.stderr)

    def test_a_third_takes_the_approval_of_both(self):
        spiegel, bbc = Partner(self, "spiegel"), Partner(self, "bbc")
        self.join(spiegel, bbc)
        lemonde = Partner(self, "lemonde")
        invitation = spiegel.text("invite", lemonde.text("card"))
        # spiegel's and lemonde's own are not enough: of the members before, two must approve.
        reply = lemonde.text("accept", invitation)
        refused = spiegel.run("charter", "adopt", reply, code=14)
        self.assertIn("no charter came into force", refused.stderr)
        self.assertIn("1 of the members before, of 2", refused.stderr)
        self.assertEqual(spiegel.members(), ["bbc", "spiegel"])
        shown = bbc.run("charter", "show", invitation, "--json").json
        self.assertEqual([member["member"] for member in shown["members"]],
                         ["bbc", "lemonde", "spiegel"])
        self.assertEqual(shown["approved_by"], ["spiegel"])
        approval = bbc.text("charter", "approve", invitation)
        welcome = spiegel.text("charter", "adopt", reply, approval)
        for partner in (bbc, lemonde):
            partner.run("accept", welcome)
        for partner in (spiegel, bbc, lemonde):
            self.assertEqual(partner.members(), ["bbc", "lemonde", "spiegel"])
        self.assertIn("there is none to choose", spiegel.run("charter", "choose", "01234567", code=1).stderr)
        # Once more, which is done already.
        self.assertIn("is in force already", spiegel.run("charter", "adopt", approval).stderr)

    def test_both_sides_of_an_invitation_see_the_same_words(self):
        spiegel, bbc = Partner(self, "spiegel"), Partner(self, "bbc")
        invited = spiegel.run("invite", bbc.text("card"), "--json")
        words = invited.json["fingerprint"]
        self.assertEqual(len(words.split()), 8)
        self.assertIn("read these to them", invited.stderr)
        answer = bbc.run("accept", self.file(invited.json["text"]), "--json")
        self.assertEqual(answer.json["fingerprint"], words)
        self.assertIn(words, answer.stderr)

    def test_an_invitation_for_somebody_else_is_refused(self):
        spiegel, bbc, lemonde = (Partner(self, name) for name in ("spiegel", "bbc", "lemonde"))
        invitation = spiegel.text("invite", bbc.text("card"))
        result = lemonde.run("accept", invitation, code=14)
        self.assertIn("does not list this vault's member", result.stderr)

    def test_a_vault_with_collections_joins_nobody(self):
        spiegel, bbc = Partner(self, "spiegel"), Partner(self, "bbc")
        invitation = spiegel.text("invite", bbc.text("card"))
        bbc.run("collection", "create", "own")
        self.assertIn("join with a new vault", bbc.run("accept", invitation, code=14).stderr)

    def test_a_text_that_is_cut_short_or_altered_is_refused(self):
        spiegel, bbc = Partner(self, "spiegel"), Partner(self, "bbc")
        whole = spiegel.text("invite", bbc.text("card")).read_text()
        lines = whole.splitlines()
        for text in (whole[:-20], "\n".join(lines[:5] + lines[6:]), "", "-----BEGIN MUNIMENT TEXT-----",
                     whole.replace(lines[3], lines[3].swapcase())):
            bbc.run("accept", self.file(text), code=13)
        # What mail programs do to it is forgiven.
        bbc.run("accept", self.file("> hello\r\n\r\n" + whole.replace("\n", "\r\n") + "\r\nbye"))

    def test_an_approval_by_ssh_keygen_counts_only_with_a_key_of_the_member(self):
        spiegel, bbc = Partner(self, "spiegel"), Partner(self, "bbc")
        self.join(spiegel, bbc)
        lemonde = Partner(self, "lemonde")
        proposal = spiegel.text("invite", lemonde.text("card"))
        text = self.file(bbc.run("charter", "approve", proposal, "--text").text)
        key = self.scratch / "stranger"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        for name_space in ("muniment-charter", "file"):
            subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-n", name_space, "-f", key, text],
                           check=True, capture_output=True)
            result = bbc.run("charter", "approve", proposal, "--signature", f"{text}.sig", code=14)
            self.assertIn("charter 3: ", result.stderr)
            pathlib.Path(f"{text}.sig").unlink()
        bbc.run("charter", "approve", proposal, "--signature", text, code=13)

    def test_one_member_approves_once(self):
        spiegel, bbc = Partner(self, "spiegel"), Partner(self, "bbc")
        self.join(spiegel, bbc)
        proposal = spiegel.text("charter", "propose", "--expires", "2040-01-01")
        result = spiegel.run("charter", "approve", proposal, code=14)
        self.assertIn("approv", result.stderr)
        approval = bbc.text("charter", "approve", proposal)
        bbc.run("accept", spiegel.text("charter", "adopt", approval))
        self.assertEqual(spiegel.run("charter", "show", "--json").json["expires"],
                         "2040-01-01T00:00:00Z")
        # What was proposed before is older now.
        self.assertIn("charter 3: an older charter than the one in force",
                      bbc.run("charter", "approve", proposal, code=14).stderr)

    def test_half_of_the_members_are_too_few_for_a_threshold(self):
        spiegel, bbc = Partner(self, "spiegel"), Partner(self, "bbc")
        self.join(spiegel, bbc)
        result = spiegel.run("charter", "propose", "--threshold-charter", "1", code=14)
        self.assertIn("charter 3: ", result.stderr)

    def test_a_member_leaves_by_the_approval_of_the_others(self):
        spiegel, bbc, lemonde = self.three()
        self.collection_of(spiegel)
        spiegel.run("grant", "letters", "lemonde")
        proposal = spiegel.text("charter", "propose", "--remove", "lemonde")
        news = spiegel.text("charter", "adopt", bbc.text("charter", "approve", proposal))
        self.assertEqual(spiegel.members(), ["bbc", "spiegel"])
        present = {row["member"] for row in spiegel.grants("letters") if row["present"]}
        self.assertEqual(present, {"spiegel"})
        bbc.run("accept", news)
        self.assertEqual(bbc.members(), ["bbc", "spiegel"])


class Grants(PartnerCase):
    def test_what_is_granted_can_be_read_and_nothing_else(self):
        spiegel, bbc, lemonde = self.three()
        self.collection_of(spiegel)
        self.collection_of(spiegel, "secrets")
        text = spiegel.text("grant", "letters", "bbc")
        bbc.run("accept", text)
        bbc.copy_packs_from(spiegel)
        self.assertEqual(bbc.run("cat", "letters/1@desk:leak/file").stdout, b"content " * 1000)
        denied = bbc.run("ls", "secrets/1", code=14)
        self.assertIn("ask one of the custodians: spiegel", denied.stderr)
        # Nothing of it was granted to lemonde, whoever sends the text.
        lemonde.run("accept", text)
        self.assertIn("ask one of the custodians: bbc, spiegel",
                      lemonde.run("ls", "letters/1", code=14).stderr)
        rows = [(row["member"], row["device"], row["rights"]) for row in spiegel.grants("letters")]
        self.assertEqual(rows, [("bbc", "desk", "read"), ("spiegel", "desk", "read")])

    def test_who_is_no_custodian_cannot_grant_and_is_told_who_can(self):
        spiegel, bbc, lemonde = self.three()
        self.assertIn("ask one of the custodians: bbc, spiegel",
                      lemonde.run("collection", "create", "own", code=14).stderr)
        self.collection_of(spiegel)
        lemonde.run("accept", spiegel.text("grant", "letters", "lemonde"))
        self.assertIn("ask one of the custodians: bbc, spiegel",
                      lemonde.run("grant", "letters", "bbc", code=14).stderr)

    def test_without_history_a_reader_starts_at_the_present_epoch(self):
        spiegel, bbc, lemonde = self.three()
        self.collection_of(spiegel)
        spiegel.run("grant", "letters", "bbc")
        spiegel.run("revoke", "bbc/desk")  # begins epoch 2
        write(self.scratch / "leak/second", b"more")
        spiegel.run("ingest", "letters", self.scratch / "leak")
        lemonde.run("accept", spiegel.text("grant", "letters", "lemonde", "--history", "no"))
        lemonde.copy_packs_from(spiegel)
        self.assertEqual(lemonde.run("cat", "letters/2:leak/second").stdout, b"more")
        numbers = [row["number"] for row in lemonde.run("snapshots", "letters", "--json").json_lines]
        self.assertEqual(numbers, [2])
        # From now on nothing may be left to packs that lemonde cannot open.
        spiegel.run("ingest", "letters", self.scratch / "leak")
        lemonde.run("accept", spiegel.text("text", "lemonde"))
        lemonde.copy_packs_from(spiegel)
        self.assertEqual(lemonde.run("cat", "letters/3:leak/file").stdout, b"content " * 1000)
        self.assertEqual(lemonde.run("cat", "letters/3:leak/second").stdout, b"more")

    def test_a_custodian_elsewhere_can_grant_on(self):
        spiegel, bbc, lemonde = self.three()
        self.collection_of(spiegel)
        bbc.run("accept", spiegel.text("grant", "letters", "bbc"))
        lemonde.run("accept", bbc.text("grant", "letters", "lemonde"))
        lemonde.copy_packs_from(spiegel)
        self.assertEqual(lemonde.run("cat", "letters/1@desk:leak/file").stdout, b"content " * 1000)


class Revocation(PartnerCase):
    def test_a_device_is_cut_off_in_one_command(self):
        spiegel, bbc, lemonde = self.three()
        self.collection_of(spiegel)
        for partner in (bbc, lemonde):
            partner.run("accept", spiegel.text("grant", "letters", partner.name))
            partner.copy_packs_from(spiegel)
        result = spiegel.run("revoke", "bbc/desk")
        for words in ("revoked bbc/desk", "a new epoch of letters", "a new epoch of consortium",
                      "can still read what it copied of the 1 snapshot up to epoch 1",
                      "the next ingest stores nothing again"):
            self.assertIn(words, result.stderr)
        # One text for everybody who remains, which stops them, too.
        lemonde.run("accept", self.file(result.text))
        self.assertEqual([row["present"] for row in lemonde.grants("letters") if row["member"] == "bbc"],
                         [False])
        write(self.scratch / "leak/after", b"not for bbc")
        spiegel.run("ingest", "letters", self.scratch / "leak")
        text = spiegel.text("text", "lemonde")
        for partner in (bbc, lemonde):
            partner.run("accept", text)
            partner.copy_packs_from(spiegel)
        self.assertEqual(lemonde.run("cat", "letters/2:leak/after").stdout, b"not for bbc")
        # What it had it has; what came since it cannot open.
        self.assertEqual(bbc.run("cat", "letters/1:leak/file").stdout, b"content " * 1000)
        numbers = [row["number"] for row in bbc.run("snapshots", "letters", "--json").json_lines]
        self.assertEqual(numbers, [1])
        denied = bbc.run("ingest", "letters", self.scratch / "leak", code=14).stderr
        self.assertIn("this device was revoked", denied)
        self.assertIn("ask one of the custodians: spiegel", denied)
        self.assertIn("this device was revoked", bbc.run("status").text)
        self.assertFalse([row for row in spiegel.grants("letters")
                          if row["member"] == "bbc" and row["present"]])
        self.assertIn("device desk", spiegel.run("grant", "letters", "bbc/desk", code=1).stderr)

    def test_two_custodians_at_once_end_with_one_epoch_without_either(self):
        spiegel, bbc, lemonde = self.three()
        taz = Partner(self, "taz")
        self.join(spiegel, taz, approvers=[bbc, lemonde])
        for partner in (bbc, lemonde, taz):
            partner.run("accept", spiegel.text("text", partner.name))
        self.collection_of(spiegel)
        for partner in (bbc, lemonde, taz):
            text = spiegel.text("grant", "letters", partner.name)
            for other in (bbc, lemonde, taz):
                other.run("accept", text)
        spiegel.run("revoke", "lemonde/desk")
        bbc.run("revoke", "taz/desk")
        to_bbc, to_spiegel = spiegel.text("text", "bbc"), bbc.text("text", "spiegel")
        bbc.run("accept", to_bbc)
        spiegel.run("accept", to_spiegel)
        spiegel.run("accept", bbc.text("text", "spiegel"))
        bbc.run("accept", spiegel.text("text", "bbc"))
        write(self.scratch / "leak/after", b"for two")
        present = {}
        for partner in (spiegel, bbc):
            rows = [row for row in partner.grants("letters") if row["present"]]
            present[partner.name] = sorted({row["member"] for row in rows})
            partner.run("ingest", "letters", self.scratch / "leak")
        self.assertEqual(present["spiegel"], ["bbc", "spiegel"])
        self.assertEqual(present["bbc"], ["bbc", "spiegel"])

    def test_where_not_all_know_a_collection_it_is_said_who_needs_another_text(self):
        spiegel, bbc, lemonde = self.three()
        taz = Partner(self, "taz")
        self.join(spiegel, taz, approvers=[bbc, lemonde])
        self.collection_of(spiegel)
        for partner in (bbc, taz):
            partner.run("accept", spiegel.text("grant", "letters", partner.name))
        result = spiegel.run("revoke", "taz/desk", "--json").json
        self.assertEqual(result["not_told_all"], ["bbc"])
        news = self.file(result["text"])
        for partner in (bbc, lemonde):
            partner.run("accept", news)
            self.assertFalse([row for row in partner.run("device", "list", "--json").json_lines
                              if row["member"] == "taz" and row["active"]])

    def test_a_collection_in_which_several_write_is_one_line_of_the_status(self):
        spiegel, bbc, lemonde = self.three()
        self.collection_of(spiegel)
        bbc.run("accept", spiegel.text("grant", "letters", "bbc"))
        bbc.run("ingest", "letters", self.scratch / "leak")
        self.assertEqual([(row["collection"], row["snapshots"])
                          for row in bbc.run("status", "--json").json["collections"]], [("letters", 2)])

    def test_a_member_revokes_only_its_own(self):
        spiegel, bbc, lemonde = self.three()
        self.assertIn("ask one of the custodians: bbc, spiegel",
                      lemonde.run("revoke", "bbc/desk", code=14).stderr)
        spiegel.run("revoke", "spiegel/desk", code=2)


class Recovery(PartnerCase):
    def split(self, partner, need=2, of=3):
        folder = self.scratch / f"shares-of-{partner.name}"
        result = partner.run("key", "recovery", "split", "--need", need, "--of", of, "--to", folder, "--json")
        return sorted(folder.iterdir()), result.json["not_granted"]

    def rebuild(self, partner, shares, *texts, code=0):
        """The partner's vault is gone; another takes its place."""
        support.remove_tree(partner.vault)
        files = [argument for share in shares for argument in ("--share-file", share)]
        files += [argument for text in texts for argument in ("--from", text)]
        return self.expect(code, run("--vault", str(partner.vault), "key", "recovery", "restore",
                                     "--new-key-file", str(partner.key), "--device", "second",
                                     *map(str, files)))

    def test_a_lost_device_of_a_custodian_comes_back_from_shares(self):
        spiegel, bbc, lemonde = self.three()
        self.collection_of(spiegel)
        bbc.run("accept", spiegel.text("grant", "letters", "bbc"))
        shares, not_granted = self.split(bbc)
        self.assertEqual(not_granted, [])
        spiegel.run("accept", bbc.text("text", "spiegel"))

        rebuilt = self.rebuild(bbc, [shares[2], shares[0]], spiegel.text("text", "bbc"))
        bbc.copy_packs_from(spiegel)
        self.assertEqual(bbc.run("cat", "letters/1@desk:leak/file").stdout, b"content " * 1000)
        told = spiegel.run("accept", self.file(rebuilt.text))
        self.assertIn("device second of bbc was recovered", told.stderr)
        devices = {(row["member"], row["device"]): row["active"]
                   for row in spiegel.run("device", "list", "--json").json_lines}
        self.assertEqual(devices[("bbc", "second")], True)
        spiegel.run("revoke", "bbc/desk")
        bbc.run("accept", spiegel.text("text", "bbc"))
        write(self.scratch / "leak/after", b"after")
        spiegel.run("ingest", "letters", self.scratch / "leak")
        bbc.run("accept", spiegel.text("text", "bbc"))
        bbc.copy_packs_from(spiegel)
        self.assertEqual(bbc.run("cat", "letters/2@desk:leak/after").stdout, b"after")

    def test_who_is_no_custodian_is_granted_again_by_one(self):
        spiegel, bbc, lemonde = self.three()
        self.collection_of(spiegel)
        lemonde.run("accept", spiegel.text("grant", "letters", "lemonde"))
        shares, not_granted = self.split(lemonde)
        self.assertEqual(sorted(not_granted), ["consortium", "letters"])
        spiegel.run("accept", lemonde.text("text", "spiegel"))
        spiegel.run("grant", "letters", "lemonde")
        rebuilt = self.rebuild(lemonde, shares[:2], spiegel.text("text", "lemonde"), code=3)
        self.assertIn("letters: only a custodian can grant it", rebuilt.stderr)
        self.assertIn("not granted to this device yet", lemonde.run("charter", "show", code=14).stderr)
        spiegel.run("accept", self.file(rebuilt.text))
        lemonde.run("accept", spiegel.text("grant", "letters", "lemonde"))
        lemonde.copy_packs_from(spiegel)
        self.assertEqual(lemonde.run("cat", "letters/1@desk:leak/file").stdout, b"content " * 1000)

    def test_too_few_shares_and_shares_of_somebody_else_make_nothing(self):
        spiegel, bbc, lemonde = self.three()
        shares, _ = self.split(bbc)
        text = spiegel.text("text", "bbc")
        self.assertIn("1 more needed", self.rebuild(bbc, shares[:1], text, code=12).stderr)
        # The text does not know of the shares yet.
        self.assertIn("recover no member", self.rebuild(bbc, shares[:2], text, code=12).stderr)
        self.assertFalse(bbc.vault.exists())


if __name__ == "__main__":
    support.main()
