#!/usr/bin/env python3
"""What an ingest takes in and leaves out, and what a restore does, as options say."""

import os
import subprocess

import support
from support import write

CACHE_HEADER = b"Signature: 8a477f597d28d172789f06886806bc55"


class Choices(support.Case):
    def setUp(self):
        super().setUp()
        self.make_vault()
        self.source = self.scratch / "leak"

    def fill(self, *names):
        for name in names:
            write(self.source / name, name.encode())

    def paths(self, snapshot="letters/latest"):
        return self.muniment("ls", snapshot).lines

    def report(self, *arguments, **how):
        return self.muniment("ingest", "letters", *map(str, arguments), "--json", **how).json


class Excluding(Choices):
    def test_patterns_leave_out_and_the_exit_code_is_0(self):
        self.fill("a.txt", "b.TMP", "c.tmp", "cache/x", "d/cache/y", "d/keep.tmp")
        report = self.report(self.source, "--exclude", "*.tmp", "--exclude", "!keep.tmp", "--exclude=cache")
        self.assertEqual(report["excluded"], 3)
        self.assertEqual(report["skipped"], [])
        self.assertEqual(self.paths(), ["leak", "leak/a.txt", "leak/b.TMP", "leak/d", "leak/d/keep.tmp"])
        self.assertEqual(self.report(self.source, "--iexclude", "*.tmp")["excluded"], 3)

    def test_the_summary_counts_what_is_excluded(self):
        self.fill("a", "b")
        result = self.muniment("ingest", "letters", str(self.source), "--exclude", "a")
        self.assertIn("\n1 excluded\n", result.stderr)
        self.assertNotIn("excluded", self.muniment("ingest", "letters", str(self.source)).stderr)

    def test_a_set_at_both_ends_of_a_pattern_is_one_argument(self):
        self.fill("a1", "b2", "c3")
        self.report(self.source, "--exclude", "[ab][0-9]")
        self.assertEqual(self.paths(), ["leak", "leak/c3"])

    def test_patterns_come_from_files_with_variables_and_comments(self):
        self.fill("a.tmp", "b.log", "#c", "cost$", "d")
        patterns = write(self.scratch / "patterns", b"# a comment\n\n  *.tmp  \n${TOP}/leak/b.*\n*$$\n\\#c\n")
        env = support.environment(TOP=str(self.scratch))
        self.report(self.source, "--exclude-file", patterns, env=env)
        self.assertEqual(self.paths(), ["leak", "leak/d"])
        upper = write(self.scratch / "upper", b"*.TMP\n*.Log\n")
        self.assertEqual(self.report(self.source, "--iexclude-file", upper)["excluded"], 2)

    def test_large_files_and_marked_folders(self):
        self.fill("small", "cache/x", "private/y", "private/z")
        write(self.source / "large", bytes(2049))
        write(self.source / "cache/CACHEDIR.TAG", CACHE_HEADER + b"\n")
        write(self.source / "private/.nobackup", b"yes, really")
        report = self.report(self.source, "--exclude-larger-than", "2K", "--exclude-caches",
                             "--exclude-if-present", ".nobackup:yes")
        self.assertEqual(report["excluded"], 4)
        self.assertEqual(self.paths(), ["leak", "leak/cache", "leak/cache/CACHEDIR.TAG", "leak/private",
                                        "leak/private/.nobackup", "leak/small"])
        self.assertEqual(self.report(self.source, "--exclude-larger-than", "2049")["excluded"], 0)
        self.assertEqual(self.report(self.source, "--exclude-if-present", ".nobackup:no")["excluded"], 0)

    def test_what_makes_no_sense_is_2(self):
        self.fill("a")
        for option, value in (("--exclude", "[a"), ("--exclude", ""), ("--iexclude", "x\\"),
                              ("--exclude-larger-than", "big"), ("--exclude-larger-than", ""),
                              ("--exclude-larger-than", "99999999999T"), ("--exclude-if-present", ":x"),
                              ("--exclude-if-present", "a/b")):
            with self.subTest(option=option, value=value):
                self.muniment("ingest", "letters", str(self.source), f"{option}={value}", code=2)
        self.muniment("ingest", "letters", str(self.source), "--exclude-file", "absent", code=1)
        self.assertEqual(self.muniment("snapshots").lines, [])


class PathLists(Choices):
    def test_paths_come_from_files(self):
        self.fill("a 1", "a 2", "# b", "c*")
        top = os.fsencode(self.source)
        plain = write(self.scratch / "plain", b"# two files\n\n" + top + b"/a*\n")
        self.report("--files-from", plain)
        self.assertEqual(self.paths(), ["a 1", "a 2"])
        verbatim = write(self.scratch / "verbatim", top + b"/# b\n" + top + b"/c*\n")
        self.report("--files-from-verbatim", verbatim, self.source)
        self.assertEqual(self.paths()[:3], ["# b", "c*", "leak"])
        write(self.source / "x\ny")
        raw = write(self.scratch / "raw", top + b"/x\ny\0" + top + b"/c*\0")
        self.report("--files-from-raw", raw)
        self.assertEqual(self.paths(), ["c*", "x\\ny"])

    def test_a_list_may_be_standard_input(self):
        self.fill("a", "b")
        done = subprocess.run([support.PROGRAM, *self.options(), "ingest", "letters", "--files-from-raw", "-"],
                              input=os.fsencode(self.source / "a") + b"\0", capture_output=True, check=True)
        self.assertEqual(done.stdout, b"letters/1@desk\n")
        self.assertEqual(self.paths(), ["a"])

    def test_a_path_that_is_not_there_is_1(self):
        self.fill("a")
        for line in (b"/nowhere/*", b"/nowhere"):
            listed = write(self.scratch / "list", line + b"\n")
            result = self.muniment("ingest", "letters", "--files-from", str(listed), code=1)
            self.assertIn("/nowhere", result.stderr)
        self.muniment("ingest", "letters", "--files-from", "absent", code=1)
        empty = write(self.scratch / "empty", b"")
        self.muniment("ingest", "letters", "--files-from", str(empty), code=2)


class StandardInput(Choices):
    def ingest_bytes(self, content, *more, code=0):
        done = subprocess.run([support.PROGRAM, *self.options(), "ingest", "letters", "--stdin", "--json", *more],
                              input=content, capture_output=True, check=False)
        return self.expect(code, support.Result(done.returncode, done.stdout, done.stderr))

    def test_it_becomes_one_file(self):
        content = support.random_bytes(9_000_000, 1)
        report = self.ingest_bytes(content).json
        self.assertEqual((report["files"], report["bytes"]), (1, len(content)))
        self.assertEqual(self.muniment("cat", "letters/1:stdin").stdout, content)
        again = self.ingest_bytes(content, "--stdin-name", "dump.sql").json
        self.assertLess(again["bytes_new"], 10_000)
        self.assertEqual(self.paths("letters/2"), ["dump.sql"])

    def test_nothing_is_a_file_too(self):
        self.assertEqual(self.ingest_bytes(b"").json["bytes"], 0)
        self.assertEqual(self.muniment("cat", "letters/1:stdin").stdout, b"")

    def test_its_time_is_now_unless_times_are_left_out(self):
        self.ingest_bytes(b"x")
        self.assertIn("time", self.muniment("ls", "letters/1", "--json").json)
        self.ingest_bytes(b"x", "--no-times")
        self.assertNotIn("time", self.muniment("ls", "letters/2", "--json").json)

    def test_what_makes_no_sense_is_2(self):
        self.fill("a")
        self.ingest_bytes(b"x", str(self.source), code=2)
        self.ingest_bytes(b"x", "--stdin-name", "a/b", code=2)
        self.muniment("ingest", "letters", str(self.source), "--stdin-name", "x", code=2)

    def test_if_it_cannot_be_read_there_is_no_snapshot(self):
        folder = os.open("/", os.O_RDONLY)
        self.addCleanup(os.close, folder)
        done = subprocess.run([support.PROGRAM, *self.options(), "ingest", "letters", "--stdin"],
                              stdin=folder, capture_output=True, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(self.muniment("snapshots").lines, [])


class DryIngest(Choices):
    def test_it_foresees_the_report_and_leaves_the_vault_as_it_is(self):
        self.fill("a", "b/c", "b/d.tmp")
        write(self.source / "large", support.random_bytes(5_000_000, 1))
        write(self.source / "again", support.random_bytes(5_000_000, 1))
        write(self.source / "text", b"the same line again and again\n" * 20_000)
        os.mkfifo(self.source / "pipe")
        before = self.vault_tree()
        options = ["--exclude", "*.tmp"]
        plan = self.report(self.source, "--dry-run", *options, code=3)
        self.assertEqual(self.vault_tree(), before)
        self.assertTrue(plan["dry_run"])
        self.assertNotIn("snapshot", plan)
        report = self.report(self.source, *options, code=3)
        self.assertFalse(report["dry_run"])
        for field in ("files", "directories", "links", "bytes", "excluded", "skipped"):
            self.assertEqual(plan[field], report[field], field)
        self.assertGreater(plan["bytes_new"], 5_600_000)
        self.assertLess(plan["bytes_new"], 5_610_000)
        self.assertGreater(plan["bytes_stored"], 5_000_000)
        self.assertLess(plan["bytes_stored"], 5_100_000)

        before = self.vault_tree()
        again = self.report(self.source, "--dry-run", *options, code=3)
        self.assertLess(again["bytes_new"], 10_000)
        self.assertEqual(self.vault_tree(), before)

    def test_it_says_so_and_prints_no_name(self):
        self.fill("a")
        result = self.muniment("ingest", "letters", str(self.source), "-n")
        self.assertEqual(result.stdout, b"")
        self.assertIn("would take in 1 file", result.stderr)
        self.assertIn("nothing was written", result.stderr)
        self.assertEqual(self.muniment("snapshots").lines, [])


class Restoring(Choices):
    def setUp(self):
        super().setUp()
        self.fill("a.csv", "b.txt", "d/c.csv", "d/x/d.CSV", "d/x/e.txt", "d.old/f", "d0")
        os.utime(self.source / "d", ns=(10**18, 10**18))
        self.ingest(self.source)
        self.out = self.scratch / "out"

    def restored(self, *options, snapshot="letters/1:leak", code=0):
        if self.out.exists():
            support.remove_tree(self.out)
        self.muniment("restore", snapshot, str(self.out), *options, code=code)
        return sorted(str(path.relative_to(self.out)) for path in self.out.rglob("*"))

    def test_what_is_included_comes_with_the_folders_above_it(self):
        self.assertEqual(self.restored("--include", "*.csv"), ["a.csv", "d", "d/c.csv"])
        self.assertEqual((self.out / "d").stat().st_mtime_ns, 10**18)
        self.assertEqual(self.restored("--iinclude", "*.csv"),
                         ["a.csv", "d", "d/c.csv", "d/x", "d/x/d.CSV"])
        self.assertEqual(self.restored("--include", "x"), ["d", "d/x", "d/x/d.CSV", "d/x/e.txt"])
        self.assertEqual(self.restored("--include", "nothing"), [])

    def test_what_is_excluded_is_left_out_with_all_below(self):
        self.assertEqual(self.restored("--exclude", "d", "--exclude", "!d/c.csv"),
                         ["a.csv", "b.txt", "d.old", "d.old/f", "d0"])
        self.assertEqual(self.restored("--include", "d", "--exclude", "x"), ["d", "d/c.csv"])
        patterns = write(self.scratch / "patterns", b"*.csv\n")
        self.assertEqual(self.restored("--include-file", str(patterns), "--iexclude", "A*"), ["d", "d/c.csv"])

    def test_a_leading_slash_is_the_top_of_what_is_restored(self):
        self.assertEqual(self.restored("--include", "/d/c.csv"), ["d", "d/c.csv"])
        self.assertEqual(self.restored("--include", "/c.csv", snapshot="letters/1:leak/d"), ["c.csv"])
        self.assertEqual(self.restored("--include", "/leak/d0", snapshot="letters/1"), ["leak", "leak/d0"])
        self.assertEqual(self.restored("--include", "c.csv", snapshot="letters/1:leak/d/c.csv"), ["c.csv"])

    def test_folders_that_were_there_and_are_not_chosen_keep_their_time(self):
        (self.out / "d").mkdir(parents=True)
        os.utime(self.out / "d", ns=(5, 5))
        self.muniment("restore", "letters/1:leak", str(self.out), "--include", "a.csv")
        self.assertEqual((self.out / "d").stat().st_mtime_ns, 5)

    def plan(self, *options, code=0):
        return self.muniment("restore", "letters/1:leak", str(self.out), "--dry-run", "--json", *options,
                             code=code).json

    def test_a_dry_run_writes_nothing_and_says_what_it_would(self):
        vault = self.vault_tree()
        plan = self.plan()
        self.assertEqual((plan["files"], plan["directories"], plan["dry_run"]), (7, 3, True))
        self.assertEqual(plan["kept"] + plan["replaced"] + plan["failed"], [])
        self.assertFalse(self.out.exists())
        self.assertEqual(self.plan("--include", "*.csv")["files"], 2)
        self.assertEqual(self.vault_tree(), vault)
        report = self.muniment("restore", "letters/1:leak", str(self.out), "--json").json
        for count in ("files", "directories", "links", "bytes"):
            self.assertEqual(plan[count], report[count])

    def test_a_dry_run_foresees_what_stays_what_is_replaced_and_what_fails(self):
        write(self.out / "a.csv", b"mine")
        (self.out / "b.txt").mkdir()
        write(self.out / "d", b"a file in the place of a folder")
        (self.out / "d.old").symlink_to(self.scratch)
        before = support.tree_of(self.out)
        for options in ([], ["--overwrite"]):
            with self.subTest(options=options):
                plan = self.plan(*options, code=3)
                self.assertEqual(support.tree_of(self.out), before)
                target = self.scratch / "copy"
                subprocess.run(["cp", "-a", self.out, target], check=True)
                report = self.muniment("restore", "letters/1:leak", str(target), "--json", *options, code=3).json
                for field in ("files", "directories", "bytes"):
                    self.assertEqual(plan[field], report[field], field)
                for field in ("kept", "failed"):
                    self.assertEqual(sorted(plan[field]), sorted(report[field]), field)
                self.assertEqual(plan["replaced"], ["a.csv"] if options else [])
                support.remove_tree(target)


if __name__ == "__main__":
    support.main()
