#!/usr/bin/env python3
"""The access log as its readers see it."""

import csv
import io
import shutil

import support
from support import write


class Log(support.Case):
    def setUp(self):
        super().setUp()
        self.make_vault()
        write(self.scratch / "leak/a.txt", b"alpha")
        write(self.scratch / "leak/sub/=b.txt", b"beta")
        self.ingest(self.scratch / "leak")

    def records(self, *arguments):
        """What --json shows, without this reading itself."""
        lines = self.muniment("log", "show", "--json", *arguments).json_lines
        return [line for line in lines if line["act"] != "audit"]

    def log_folder(self):
        (folder,) = (self.vault / "access").iterdir()
        return folder

    def test_an_auditor_reads_the_story(self):
        self.muniment("--purpose", "checking the transfer plan", "--user", "night desk", "cat",
                      "letters/1:leak/a.txt")
        self.muniment("restore", "letters/1:leak", str(self.scratch / "out"), "--include", "*.txt")
        acts = [(line["act"], line["stage"]) for line in self.records("--collection", "letters")]
        self.assertEqual(acts, [("ingest", "intent"), ("ingest", "done"), ("read", "intent"),
                                ("read", "done"), ("export", "intent"), ("export", "done")])
        (read,) = (line for line in self.records("--act", "read") if line["stage"] == "intent")
        self.assertEqual({name: read[name] for name in ("member", "device", "user", "snapshot", "path", "purpose")},
                         {"member": "paper", "device": "desk", "user": "night desk", "snapshot": "letters/1@desk",
                          "path": "leak/a.txt", "purpose": "checking the transfer plan"})
        done = [line for line in self.records() if line.get("intent") == read["index"]]
        self.assertEqual([(line["outcome"], line["files"], line["bytes"]) for line in done], [("ok", 1, 5)])

        lines = self.muniment("log", "show", "--collection", "letters", "--act", "read").lines
        self.assertEqual(len(lines), 1)
        self.assertRegex(lines[0], r'^ *\d+ \S+Z paper \(night desk\) +read +letters/1@desk:leak/a\.txt '
                                   r'"checking the transfer plan": ok, 1 file, 5 B$')
        (export,) = self.muniment("log", "show", "--act", "export").lines
        self.assertIn("letters/1@desk:leak only *.txt: ok, 2 files, 9 B", export)

    def test_filters(self):
        self.muniment("--user", "ann", "cat", "letters/1:leak/a.txt")
        self.muniment("ls", "letters/1:leak/sub")
        shown = lambda *arguments: [(line["act"], line["stage"]) for line in self.records(*arguments)]
        self.assertEqual(shown("--actor", "ann", "--act", "read"), [("read", "intent"), ("read", "done")])
        self.assertEqual(shown("--actor", "nobody"), [])
        self.assertEqual(shown("--actor", "ann", "--act", "read", "--device", "paper/desk"),
                         [("read", "intent"), ("read", "done")])
        self.assertIn("access log of other: it is not here",
                      self.muniment("log", "show", "--device", "other", code=1).stderr)
        self.assertEqual(shown("--object", "letters/1@desk:leak/s"), [("list", "intent")])
        self.assertEqual(shown("--object", "*a.txt"), [("read", "intent")])
        self.assertEqual(shown("--until", "2000-01-01"), [])
        self.assertEqual(shown("--since", "2000-01-01T00:00:00Z") + [("unlock", "event")], shown())
        self.assertEqual(shown("--since", "2100-01-01"), [])
        self.muniment("log", "show", "--since", "yesterday", code=2)

    def test_csv_is_read_by_a_reader_of_csv_and_runs_no_formula(self):
        self.muniment("--purpose", '=cmd|"x", too', "cat", "letters/1:leak/sub/=b.txt")
        text = self.muniment("log", "show", "--act", "read", "--csv").text
        rows = list(csv.DictReader(io.StringIO(text)))
        self.assertEqual([row["stage"] for row in rows], ["intent", "done"])
        self.assertEqual(rows[0]["purpose"], '\'=cmd|"x", too')
        self.assertEqual(rows[0]["path"], "leak/sub/=b.txt")

    def test_report_says_who_opened_what_how_often(self):
        for _ in range(3):
            self.muniment("cat", "letters/1:leak/a.txt")
        self.muniment("--user", "ann", "--purpose", "why", "cat", "letters/1:leak/a.txt")
        rows = self.muniment("log", "report", "letters", "--json").json_lines
        self.assertEqual([(row["object"], row["user"], row["act"], row["times"], row["purpose"]) for row in rows],
                         [("letters/1@desk:leak/a.txt", "", "read", 3, ""),
                          ("letters/1@desk:leak/a.txt", "ann", "read", 1, "why")])
        self.assertIn("letters/1@desk:leak/a.txt: read 3 times by paper, ",
                      self.muniment("log", "report", "letters").text)

    def test_verify_and_proof_take_no_key(self):
        found = self.keyless("log", "verify", "--json").json
        self.assertEqual((found["ok"], found["unknown"], found["damage"]), (True, 0, []))
        self.assertTrue(found["origin"].startswith("muniment/"))
        self.assertRegex(self.keyless("log", "verify").text, r"^\d+ entries: signature, hashes and tiles checked")
        proof = self.keyless("log", "proof", "1").text
        self.assertTrue(proof.startswith("c2sp.org/tlog-proof@v1\nindex 1\n"))
        self.assertIn("\n\n" + found["origin"] + f"\n{found['entries']}\n", proof)
        self.keyless("log", "proof", str(found["entries"]), code=1)

    def test_a_vault_that_nobody_opened_has_no_log(self):
        other = self.scratch / "other"
        self.expect(0, support.run("init", str(other), "--key-file", str(self.scratch / "key2")))
        self.assertIn("no access log", self.expect(0, support.run("--vault", str(other), "log", "verify")).text)

    def test_a_collection_that_asks_what_for(self):
        self.muniment("collection", "create", "police-files", "--require-purpose")
        self.ingest(self.scratch / "leak", collection="police-files")
        for arguments in (["cat", "police-files/1:leak/a.txt"], ["ls", "police-files/1"], ["snapshots"],
                          ["find", "--name", "*"], ["diff", "letters/1", "police-files/1"],
                          ["restore", "police-files/1", str(self.scratch / "out")]):
            result = self.muniment(*arguments, code=2)
            self.assertIn("--purpose", result.stderr)
            self.assertEqual(result.stdout, b"")
        self.assertFalse((self.scratch / "out").exists())
        self.assertEqual(self.muniment("cat", "police-files/1:leak/a.txt", "--purpose", "checking").stdout, b"alpha")
        self.muniment("cat", "letters/1:leak/a.txt")

    def test_agent_and_wrong_keys_are_in_it(self):
        runtime = self.scratch / "run"
        runtime.mkdir(mode=0o700)
        env = support.environment() | {"XDG_RUNTIME_DIR": str(runtime)}
        wrong = write(self.scratch / "wrong", b"w" * 40)
        wrong.chmod(0o600)
        self.expect(12, support.run("--vault", str(self.vault), "--key-file", str(wrong), "snapshots"))
        self.muniment("unlock", "--for", "90s", env=env)
        self.addCleanup(self.keyless, "lock", env=env)
        self.keyless("cat", "letters/1:leak/a.txt", env=env)
        self.keyless("lock", env=env)
        story = [(line["act"], line.get("detail"), line.get("outcome")) for line in self.records()
                 if line["stage"] == "event" and line["act"] != "log"][2:]
        self.assertEqual(story, [("unlock", "key file", "denied"), ("agent-start", "for 90 seconds", "ok"),
                                 ("unlock", "agent", "ok"), ("agent-stop", None, "ok"), ("unlock", "key file", "ok")])

    def test_a_log_that_cannot_be_written_keeps_everything_shut(self):
        folder = self.log_folder()
        shutil.move(folder, self.scratch / "log")
        # A file in the folder's place: no one, not root either, can write below it.
        write(folder, b"")
        for arguments in (["cat", "letters/1:leak/a.txt"], ["ls", "letters/1"], ["find", "--name", "*"],
                          ["snapshots"], ["restore", "letters/1", str(self.scratch / "out")]):
            result = self.muniment(*arguments, code=1)
            self.assertIn("access log cannot be written", result.stderr)
            self.assertEqual(result.stdout, b"")
        self.assertFalse((self.scratch / "out").exists())

    def test_damage_in_both_copies_is_told_and_gone_on_from(self):
        for name in ("log", "log.2"):
            path = self.log_folder() / name
            support.flip_bit(path, path.stat().st_size - 150)
        result = self.muniment("cat", "letters/1:leak/a.txt", code=13)
        self.assertIn("muniment log repair", result.stderr)
        self.keyless("log", "verify", code=13)
        self.muniment("log", "repair")
        self.assertEqual(self.muniment("cat", "letters/1:leak/a.txt").stdout, b"alpha")
        self.keyless("log", "verify")
        self.assertIn("damaged in both copies", self.muniment("log", "show", "--act", "log").text)

    def test_nothing_of_it_shows(self):
        names = ["canary-purpose", "canary-user", "canary-pattern", "a.txt", "letters"]
        self.muniment("--purpose", names[0], "--user", names[1], "find", "--name", names[2])
        self.muniment("cat", "letters/1:leak/a.txt")
        for path in (self.vault / "access").rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                self.assertEqual([name for name in names if name.encode() in content], [], path)

    def test_many_at_once_lose_nothing(self):
        processes = [support.start(*self.options(), "cat", "letters/1:leak/a.txt") for _ in range(12)]
        for process in processes:
            stdout, stderr = process.communicate(timeout=support.TIMEOUT_SECONDS)
            self.assertEqual((process.returncode, stdout), (0, b"alpha"), stderr)
        reads = [line for line in self.records("--act", "read")]
        self.assertEqual([line["stage"] for line in reads].count("intent"), 12)
        self.assertEqual([line["stage"] for line in reads].count("done"), 12)
        self.keyless("log", "verify")


if __name__ == "__main__":
    support.main()
