#!/usr/bin/env python3
"""A real folder, named by $MUNIMENT_CORPUS: it comes back byte for byte, and is stored once."""

import os
import pathlib
import shutil
import sys

import support

CORPUS = os.environ.get("MUNIMENT_CORPUS")
SKIPPED = 77
# An edit moves the cuts of a few chunks around it, each of 4 MiB at most.
EDIT_BYTES_MAX = 4 * (4 << 20)


class Corpus(support.Case):
    def setUp(self):
        super().setUp()
        self.make_vault()
        self.corpus = pathlib.Path(CORPUS).resolve()

    def ingest_report(self, path):
        return self.muniment("ingest", "letters", ".", "--json", cwd=path).json

    def test_it_comes_back_byte_for_byte_with_names_and_times(self):
        self.ingest_report(self.corpus)
        self.assertEqual(support.tree_of(self.restore("letters/1")), support.tree_of(self.corpus))
        self.muniment("verify", "--deep")

    def test_a_second_ingest_stores_almost_nothing(self):
        first = self.ingest_report(self.corpus)
        second = self.ingest_report(self.corpus)
        self.assertLess(second["bytes_new"], max(first["bytes"] // 1000, 100_000))
        self.assertEqual(self.muniment("diff", "letters/1", "letters/2").stdout, b"")

    def test_an_edited_copy_of_the_biggest_file_stores_only_what_changed(self):
        biggest = max((path for path in self.corpus.rglob("*") if path.is_file() and not path.is_symlink()),
                      key=lambda path: path.stat().st_size)
        folder = self.scratch / "edited"
        folder.mkdir()
        copy = pathlib.Path(shutil.copy(biggest, folder / "copy"))
        first = self.ingest_report(folder)
        content = copy.read_bytes()
        middle = len(content) // 2
        copy.write_bytes(content[:middle] + b"edited" + content[middle:])
        second = self.ingest_report(folder)
        self.assertLess(second["bytes_new"], min(EDIT_BYTES_MAX, first["bytes"] + 100_000))
        self.assertEqual(support.tree_of(self.restore("letters/2")), support.tree_of(folder))


if __name__ == "__main__":
    if not CORPUS:
        print("skipped: $MUNIMENT_CORPUS names no folder")
        sys.exit(SKIPPED)
    support.main()
