#!/usr/bin/env python3
"""What two members carry to each other on a stick."""

import support
from support import flip_bit, tree_of, write
from test_partners import Partner, PartnerCase


class Bundle(PartnerCase):
    def setUp(self):
        super().setUp()
        self.spiegel, self.bbc = Partner(self, "spiegel"), Partner(self, "bbc")
        self.join(self.spiegel, self.bbc, roles="custodian,reader,witness")
        self.spiegel.run("collection", "create", "letters")
        self.spiegel.run("grant", "letters", "bbc")
        self.leak = self.scratch / "leak"
        write(self.leak / "large.bin", support.random_bytes(40_000_000, "bundle"))
        write(self.leak / "note.txt", b"a note\n")
        self.spiegel.run("ingest", "letters", self.leak)

    def restored_by_bbc(self):
        snapshot = self.bbc.run("snapshots", "--json").json_lines[0]["snapshot"]
        target = self.scratch / "restored"
        self.bbc.run("restore", snapshot, target)
        self.bbc.run("verify", "--deep")
        return tree_of(target / "leak")

    def test_what_one_exports_the_other_imports_and_restores(self):
        stick = self.scratch / "for-bbc"
        written = self.spiegel.run("bundle", "export", "--for", "bbc", stick, "--json").json
        self.assertEqual(written["files"], [{"path": str(stick)}])
        self.assertEqual(written["bytes"], stick.stat().st_size)
        self.assertNotIn(b"a note", stick.read_bytes())
        self.assertNotIn(b"large.bin", stick.read_bytes())
        read = self.bbc.run("bundle", "import", stick, "--json").json
        self.assertEqual((read["packs"], read["absent"], read["damage"]), (written["packs"], 0, []))
        self.assertGreater(read["cosigned"], 0)
        self.assertEqual(self.restored_by_bbc(), tree_of(self.leak))
        # And back: no pack is new, but who vouches for what.
        self.bbc.run("bundle", "export", "--for", "spiegel", self.scratch / "back", "--since", stick)
        home = self.spiegel.run("bundle", "import", self.scratch / "back", "--json").json
        self.assertEqual(home["packs"], 0)
        self.assertGreater(home["signatures"], 0)

    def test_files_of_a_split_bundle_are_of_use_in_any_order(self):
        stick = self.scratch / "for-bbc"
        written = self.spiegel.run("bundle", "export", "--for", "bbc", stick, "--split", "20M", "--json").json
        files = [file["path"] for file in written["files"]]
        self.assertGreaterEqual(len(files), 3)
        first = self.bbc.run("bundle", "import", files[1], code=3)
        self.assertIn("are still missing", first.stderr)
        self.bbc.run("bundle", "import", files[2], files[0], *files[3:])
        self.assertEqual(self.restored_by_bbc(), tree_of(self.leak))

    def test_a_stick_that_was_pulled_out_brings_what_is_whole(self):
        stick = self.scratch / "for-bbc"
        self.spiegel.run("bundle", "export", "--for", "bbc", stick)
        whole = stick.read_bytes()
        stick.write_bytes(whole[:-3_000_000])
        flip_bit(stick, 1_000_000)
        damaged = self.bbc.run("bundle", "import", stick, code=13)
        self.assertIn("1 of them healed", damaged.stderr)
        self.assertIn("cut short", damaged.stderr)
        stick.write_bytes(whole)
        self.bbc.run("bundle", "import", stick)
        self.assertEqual(self.restored_by_bbc(), tree_of(self.leak))
        stick.write_bytes(whole[:50])
        self.assertIn("damaged at its front", self.bbc.run("bundle", "import", stick, code=13).stderr)

    def test_what_cannot_be_written_is_said_and_leaves_nothing(self):
        stick = self.scratch / "for-bbc"
        self.assertIn("there are: ", self.spiegel.run("bundle", "export", "--for", "nobody", stick, code=1).stderr)
        small = self.spiegel.run("bundle", "export", "--for", "bbc", stick, "--split", "1M", code=2)
        self.assertIn("too small", small.stderr)
        self.assertEqual(list(self.scratch.glob("for-bbc*")), [])


if __name__ == "__main__":
    support.main()
