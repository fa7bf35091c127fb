#!/usr/bin/env python3
"""On a terminal: passphrases are asked and never shown, bars are drawn, and nothing binary is written."""

import os

import support
from support import (SHEET_QUESTION, SHEET_WORD, random_bytes, run_on_terminal, word_of_sheet,
                     write)


class Passphrase(support.Case):
    def init(self, *answers, words=3 * (None,)):
        """`words` are typed where words of the sheet are asked back; None: the right ones."""
        prompts = [b"New passphrase: ", b"The same again: "]
        # Two at a time.
        typed = [(SHEET_QUESTION, one + b"\n" if one else word_of_sheet) for one in words for _ in range(2)]
        return run_on_terminal("init", str(self.vault), "--device", "desk",
                               answers=list(zip(prompts, answers)) + typed,
                               stdout=str(self.scratch / "stdout"))

    def test_it_is_asked_twice_never_shown_and_opens_the_vault(self):
        code, screen = self.init(b"correct horse\n", b"correct horse\n")
        self.assertEqual(code, 0, screen)
        self.assertNotIn(b"horse", screen)
        self.assertEqual((self.scratch / "stdout").read_bytes(), b"")
        numbers = [int(number) for number, _ in SHEET_WORD.findall(screen)]
        self.assertEqual(sorted(numbers), list(range(1, 34)))

        code, screen = run_on_terminal("--vault", str(self.vault), "collection", "create", "letters",
                                       answers=[(b"Passphrase: ", b"correct horse\n")])
        self.assertEqual(code, 0, screen)
        self.assertNotIn(b"horse", screen)
        code, screen = run_on_terminal("--vault", str(self.vault), "collection", "list",
                                       answers=[(b"Passphrase: ", b"wrong\n")])
        self.assertEqual(code, 12, screen)

        # What needs no key never asks.
        for command in (["status"], ["verify"], ["verify", "--read-data"], ["repair"]):
            code, screen = run_on_terminal("--vault", str(self.vault), *command)
            self.assertEqual(code, 0, screen)
            self.assertNotIn(b"Passphrase", screen)

    def test_two_words_of_the_sheet_are_asked_back(self):
        code, screen = self.init(b"one\n", b"one\n", words=(b"wrong", None))
        self.assertEqual(code, 0, screen)
        self.assertEqual(screen.count(b"That is not what stands there"), 1)
        first, second = SHEET_QUESTION.findall(screen)[:2]
        self.assertLess(int(first), int(second))

    def test_a_sheet_that_was_not_copied_is_said_so(self):
        code, screen = self.init(b"one\n", b"one\n", words=3 * (b"wrong",))
        self.assertEqual(code, 3, screen)
        self.assertIn(b"'muniment key recovery new' makes another", screen)
        code, screen = run_on_terminal("--vault", str(self.vault), "collection", "list",
                                       answers=[(b"Passphrase: ", b"one\n")])
        self.assertEqual(code, 0, screen)

    def test_two_different_ones_make_nothing(self):
        code, screen = self.init(b"one\n", b"two\n")
        self.assertEqual(code, 2, screen)
        self.assertFalse(self.vault.exists())

    def test_an_empty_one_makes_nothing(self):
        code, screen = self.init(b"\n")
        self.assertEqual(code, 2, screen)
        self.assertFalse(self.vault.exists())

    def test_interrupting_the_question_is_130(self):
        code, screen = self.init(b"\x03")
        self.assertEqual(code, 130, screen)
        self.assertFalse(self.vault.exists())


class Output(support.Case):
    def setUp(self):
        super().setUp()
        self.make_vault()

    def test_a_progress_bar_is_drawn_and_goes_away(self):
        write(self.scratch / "leak/big", random_bytes(120_000_000, 1))
        out = self.scratch / "stdout"
        code, screen = run_on_terminal(*self.options(), "ingest", "letters", str(self.scratch / "leak"),
                                       stdout=str(out))
        self.assertEqual(code, 0, screen)
        self.assertEqual(out.read_bytes(), b"letters/1@desk\n")
        self.assertRegex(screen, rb"\r\x1b\[Kingesting \[[#.]{20}\] +\d+%")
        self.assertNotIn(b"ingesting", screen.rsplit(b"\x1b[K", 1)[1])

    def test_quiet_draws_none(self):
        write(self.scratch / "leak/big", random_bytes(40_000_000, 1))
        code, screen = run_on_terminal(*self.options(), "-q", "ingest", "letters",
                                       str(self.scratch / "leak"), stdout=str(self.scratch / "stdout"))
        self.assertEqual((code, screen), (0, b""))

    def test_binary_is_not_written_to_a_terminal(self):
        write(self.scratch / "leak/binary", b"text, then \x1b]0;title\x07")
        write(self.scratch / "leak/c1", "a\u009bb".encode())
        write(self.scratch / "leak/latin1", b"caf\xe9 and more")
        write(self.scratch / "leak/text", "Grüße\tund\n".encode())
        self.ingest(self.scratch / "leak")
        for name in ("binary", "c1", "latin1"):
            code, screen = run_on_terminal(*self.options(), "cat", f"letters/1:leak/{name}")
            self.assertEqual(code, 2, screen)
            self.assertNotIn(b"title", screen)
        code, screen = run_on_terminal(*self.options(), "cat", "letters/1:leak/text")
        self.assertEqual(code, 0, screen)
        self.assertIn("Grüße".encode(), screen)
        code, screen = run_on_terminal(*self.options(), "cat", "--force", "letters/1:leak/binary")
        self.assertEqual(code, 0)
        self.assertIn(b"\x1b]0;title\x07", screen)

    def test_raw_paths_are_not_written_to_a_terminal(self):
        self.ingest(write(self.scratch / "file", b"x"))
        for command in (["ls", "-0", "letters/1"], ["find", "-0", "--name", "*"]):
            code, screen = run_on_terminal(*self.options(), *command)
            self.assertEqual(code, 2, screen)
            self.assertNotIn(b"\0", screen)

    def test_paths_are_escaped(self):
        folder = self.scratch / "leak"
        folder.mkdir()
        for name in (b"red\x1b[31m", b"line\nbreak", b"caf\xe9"):
            write(os.fsencode(folder) + b"/" + name, b"x")
        self.ingest(folder)
        code, screen = run_on_terminal(*self.options(), "ls", "letters/1")
        self.assertEqual(code, 0)
        self.assertNotIn(b"\x1b[31m", screen)
        self.assertEqual(len(screen.strip().splitlines()), 4)


if __name__ == "__main__":
    support.main()
