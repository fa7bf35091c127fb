#!/usr/bin/env python3
"""Every command on a small tree that has a bit of everything."""

import base64
import hashlib
import json
import os

import support
from support import random_bytes, write

OLD = 1_000_000_000_123_456_789


class RoundTrip(support.Case):
    def setUp(self):
        super().setUp()
        self.make_vault()
        self.source = self.scratch / "leak"
        write(self.source / "notes.txt", b"Nothing is hidden that will not be revealed.\n", OLD)
        write(self.source / "empty", b"", OLD)
        write(self.source / "run.sh", b"#!/bin/sh\n", OLD, executable=True)
        write(self.source / "photos/one.jpg", random_bytes(300_000, "one"), OLD)
        write(self.source / "photos/big.bin", random_bytes(7_000_000, "big"), -5_000_000_001)
        (self.source / "photos/folder").mkdir()
        (self.source / "link").symlink_to("photos/one.jpg")
        self.snapshot = self.ingest(self.source)

    def test_ingest_prints_the_name_and_nothing_else(self):
        self.assertEqual(self.snapshot, "letters/1@desk")
        again = self.muniment("ingest", "letters", str(self.source))
        self.assertEqual(again.stdout, b"letters/2@desk\n")
        self.assertIn("5 files", again.stderr)

    def test_restore_gives_back_bytes_names_times_and_links(self):
        self.assertEqual(support.tree_of(self.restore("letters/latest:leak")),
                         support.tree_of(self.source))

    def test_restored_files_are_private(self):
        target = self.restore("letters/latest:leak")
        self.assertEqual((target / "notes.txt").stat().st_mode & 0o777, 0o600)
        self.assertEqual((target / "run.sh").stat().st_mode & 0o777, 0o700)

    def test_restore_of_one_file(self):
        target = self.restore("letters/1:leak/photos/one.jpg")
        self.assertEqual([path.name for path in target.iterdir()], ["one.jpg"])
        self.assertEqual((target / "one.jpg").read_bytes(), random_bytes(300_000, "one"))

    def test_restore_with_sync(self):
        self.restore("letters/1", 0, "--sync")

    def test_a_dot_stores_the_contents(self):
        name = self.muniment("ingest", "letters", ".", cwd=self.source).text.strip()
        self.assertEqual(support.tree_of(self.restore(name)), support.tree_of(self.source))

    def test_two_paths_of_one_name_are_refused(self):
        other = write(self.scratch / "other/leak", b"x")
        result = self.muniment("ingest", "letters", str(self.source), str(other), code=2)
        self.assertEqual(result.stdout, b"")

    def test_without_times_none_is_kept(self):
        name = self.muniment("ingest", "letters", "--no-times", str(self.source)).text.strip()
        for entry in self.muniment("ls", "--json", name).json_lines:
            self.assertNotIn("time", entry)

    def test_about_is_kept_and_listed(self):
        self.muniment("ingest", "letters", str(self.source), "--about", "source=heron",
                      "--about", "note=a = b")
        listed = self.muniment("snapshots", "--json", "letters").json_lines
        self.assertEqual(listed[-1]["about"], {"source": "heron", "note": "a = b"})
        self.assertIn("source=heron", self.muniment("snapshots").text)

    def test_snapshots_tell_size_and_root(self):
        (one,) = self.muniment("snapshots", "--json").json_lines
        self.assertEqual((one["snapshot"], one["collection"], one["number"], one["device"]),
                         ("letters/1@desk", "letters", 1, "desk"))
        self.assertEqual(one["files"], 5)
        self.assertEqual(len(one["content_root"]), 64)

    def test_ls_lists_paths_from_the_root_of_the_snapshot(self):
        self.assertEqual(self.muniment("ls", "letters/1:leak/photos").lines,
                         ["leak/photos", "leak/photos/big.bin", "leak/photos/folder",
                          "leak/photos/one.jpg"])

    def test_a_trailing_slash_is_dropped(self):
        self.assertEqual(self.muniment("ls", "letters/1:leak/photos/").stdout,
                         self.muniment("ls", "letters/1:leak/photos").stdout)

    def test_ls_with_details(self):
        lines = self.muniment("ls", "-l", "letters/1:leak").lines
        (link,) = [line for line in lines if " -> " in line]
        self.assertTrue(link.startswith("l ") and link.endswith("leak/link -> photos/one.jpg"), link)
        (script,) = [line for line in lines if line.endswith("run.sh")]
        self.assertTrue(script.startswith("x "), script)
        self.assertIn("2001-09-09T01:46:40Z", script)
        self.assertIn(" 300000 ", "\n".join(lines))

    def test_ls_as_json(self):
        entries = {entry["path"]: entry for entry in self.muniment("ls", "--json", "letters/1").json_lines}
        notes = entries["leak/notes.txt"]
        self.assertEqual(notes["kind"], "file")
        self.assertEqual(notes["size"], 45)
        self.assertEqual(notes["time"], "2001-09-09T01:46:40.123456789Z")
        self.assertEqual(notes["sha256"], support.digest(self.source / "notes.txt"))
        self.assertTrue(entries["leak/run.sh"]["executable"])
        self.assertEqual(entries["leak/link"]["target"], "photos/one.jpg")
        self.assertEqual(entries["leak/photos/big.bin"]["time"], "1969-12-31T23:59:54.999999999Z")

    def test_ls_of_what_is_not_there(self):
        result = self.muniment("ls", "letters/1:nowhere", code=1)
        self.assertIn("nowhere", result.stderr)

    def test_cat_concatenates(self):
        result = self.muniment("cat", "letters/1:leak/run.sh", "letters/1:leak/empty",
                               "letters/latest:leak/photos/big.bin")
        self.assertEqual(result.stdout, b"#!/bin/sh\n" + random_bytes(7_000_000, "big"))

    def test_cat_as_json(self):
        pieces = self.muniment("cat", "--json", "letters/1:leak/photos/big.bin").json_lines
        content = b"".join(base64.b64decode(piece["data_b64"]) for piece in pieces)
        self.assertEqual(content, random_bytes(7_000_000, "big"))
        self.assertEqual(pieces[0]["offset"], 0)

    def test_cat_of_a_folder_or_a_link_is_refused(self):
        self.muniment("cat", "letters/1:leak/photos", code=2)
        self.muniment("cat", "letters/1:leak/link", code=2)
        self.muniment("cat", "letters/1:leak/absent", code=1)
        self.muniment("cat", "letters/1", code=2)

    def test_diff_tells_added_removed_changed_and_touched(self):
        write(self.source / "new.txt", b"new", OLD)
        write(self.source / "notes.txt", b"other", OLD)
        os.utime(self.source / "empty", ns=(OLD + 5, OLD + 5))
        (self.source / "photos/one.jpg").unlink()
        self.ingest(self.source)
        files = [line for line in self.muniment("diff", "letters/1", "letters/2").lines
                 if not (line.startswith("t ") and line.endswith(("leak", "photos")))]
        self.assertEqual(files, ["t leak/empty", "+ leak/new.txt", "M leak/notes.txt",
                                 "- leak/photos/one.jpg"])
        changes = self.muniment("diff", "--json", "letters/1:leak", "letters/2:leak").json_lines
        (notes,) = [change for change in changes if change["path"] == "notes.txt"]
        self.assertEqual(notes["change"], "content")
        self.assertEqual((notes["before"]["size"], notes["after"]["size"]), (45, 5))

    def test_diff_of_a_snapshot_with_itself_is_empty(self):
        self.assertEqual(self.muniment("diff", "letters/1", "letters/latest").stdout, b"")

    def test_find_by_name_and_by_hash(self):
        self.assertEqual(self.muniment("find", "--name", "*.jpg").lines,
                         ["letters/1@desk:leak/photos/one.jpg"])
        self.assertEqual(self.muniment("find", "--name", "leak/*/one*", "letters").lines,
                         ["letters/1@desk:leak/photos/one.jpg"])
        sha = hashlib.sha256(random_bytes(7_000_000, "big")).hexdigest()
        (found,) = self.muniment("find", "--sha256", sha, "--json").json_lines
        self.assertEqual((found["snapshot"], found["path"], found["sha256"]),
                         ("letters/1@desk", "leak/photos/big.bin", sha))
        self.assertEqual(self.muniment("find", "--name", "absent").stdout, b"")

    def test_what_find_prints_can_be_given_to_cat(self):
        (line,) = self.muniment("find", "--name", "notes.txt").lines
        self.assertEqual(self.muniment("cat", line).stdout, (self.source / "notes.txt").read_bytes())

    def test_nul_ended_paths(self):
        self.assertEqual(self.muniment("ls", "-0", "letters/1:leak/photos").stdout,
                         b"leak/photos\0leak/photos/big.bin\0leak/photos/folder\0leak/photos/one.jpg\0")
        self.assertEqual(self.muniment("find", "-0", "--name", "one*").stdout,
                         b"letters/1@desk:leak/photos/one.jpg\0")

    def test_verify_at_every_depth(self):
        for arguments in ([], ["--read-data"]):
            result = self.keyless("verify", *arguments)
            self.assertIn("no damage found", result.text)
        self.assertIn("no damage found", self.muniment("verify", "--deep").text)
        report = self.muniment("verify", "--deep", "--json").json
        self.assertTrue(report["ok"])
        self.assertEqual(report["files"], 5)
        self.assertEqual(report["damage"], [])

    def test_repair_of_what_is_whole(self):
        report = self.keyless("repair", "--json").json
        self.assertEqual((report["ok"], report["repaired"], report["damage"]), (True, [], []))

    def test_status_with_and_without_a_key(self):
        locked = self.keyless("status", "--json").json
        self.assertFalse(locked["unlocked"])
        self.assertNotIn("letters", json.dumps(locked))
        self.keyless("verify")
        status = self.muniment("status", "--json").json
        self.assertTrue(status["unlocked"])
        self.assertEqual(status["device"], "desk")
        self.assertEqual(status["last_verified"]["depth"], "presence")
        (letters,) = [item for item in status["collections"] if item["collection"] == "letters"]
        self.assertEqual(letters["snapshots"], 1)
        self.assertLess(len(self.muniment("status").lines), 24)

    def test_catalog_rebuild_changes_nothing(self):
        before = self.muniment("ls", "--json", "letters/1").stdout
        self.muniment("catalog", "rebuild")
        self.assertEqual(self.muniment("ls", "--json", "letters/1").stdout, before)

    def test_collections_are_listed(self):
        self.muniment("collection", "create", "police-files")
        listed = self.muniment("collection", "list", "--json").json_lines
        self.assertEqual([(item["collection"], item["snapshots"]) for item in listed],
                         [("letters", 1), ("police-files", 0)])
        self.assertEqual(len(self.muniment("collection", "list").lines), 2)

    def test_a_collection_is_made_once(self):
        result = self.muniment("collection", "create", "letters", code=1)
        self.assertIn("letters", result.stderr)

    def test_existing_files_stay_unless_they_are_overwritten(self):
        target = self.restore("letters/1:leak")
        write(target / "notes.txt", b"mine")
        result = self.muniment("restore", "letters/1:leak", str(target), code=3)
        self.assertEqual((target / "notes.txt").read_bytes(), b"mine")
        self.assertIn("notes.txt", result.stderr)
        self.muniment("restore", "letters/1:leak", str(target), "--overwrite")
        self.assertEqual(support.tree_of(target), support.tree_of(self.source))

    def test_restore_reports_in_json(self):
        target = self.scratch / "out"
        report = self.muniment("restore", "letters/1", str(target), "--json").json
        self.assertEqual((report["files"], report["links"], report["kept"]), (5, 1, []))
        report = self.muniment("restore", "letters/1", str(target), "--json", code=3).json
        self.assertIn("leak/notes.txt", report["kept"])

    def test_a_second_ingest_stores_almost_nothing(self):
        report = self.muniment("ingest", "letters", str(self.source), "--json").json
        self.assertEqual(report["snapshot"], "letters/2@desk")
        self.assertLess(report["bytes_new"], 100_000)

    def test_an_edited_copy_stores_only_what_changed(self):
        content = random_bytes(40_000_000, "edited")
        self.ingest(write(self.scratch / "copy", content))
        for edited in (content[:9_000_000] + b"inserted" + content[9_000_000:], content[:-1], content + b"more"):
            write(self.scratch / "copy", edited)
            report = self.muniment("ingest", "letters", str(self.scratch / "copy"), "--json").json
            # An edit moves the cuts of a few chunks, each of 4 MiB at most.
            self.assertLess(report["bytes_new"], 3 * (4 << 20))
            self.assertEqual(self.muniment("cat", "letters/latest:copy").stdout, edited)

    def test_the_vault_is_found_from_a_folder_inside_it(self):
        inside = self.vault / "packs"
        result = support.run("status", "--json", cwd=inside)
        self.assertEqual(result.json["directory"], str(self.vault))

    def test_nothing_is_left_in_tmp(self):
        self.assertEqual(list((self.vault / "tmp").iterdir()), [])


if __name__ == "__main__":
    support.main()
