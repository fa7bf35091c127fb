#!/usr/bin/env python3
"""The Python in vault/chunk/FORMAT.md cuts where the golden vectors say."""

import hashlib
import pathlib
import re
import struct
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CUTS_CHECKED = 4  # of each key, and the last: Python takes its time


def vectors():
    """Yields key, table digest and cuts for each key of the golden file."""
    text = (ROOT / "tests/golden/chunk/cuts.txt").read_text()
    for part in text.split("key ")[1:]:
        key, table, *cuts = part.splitlines()
        yield bytes.fromhex(key), table.removeprefix("table "), [int(cut.removeprefix("cut ")) for cut in cuts]


def main():
    document = (ROOT / "vault/chunk/FORMAT.md").read_text()
    form = {}
    exec(re.search(r"```python\n(.*?)```", document, re.DOTALL)[1], form)
    stream = b"".join(hashlib.sha256(struct.pack("<I", i)).digest() for i in range(1 << 19))

    for key, digest, cuts in vectors():
        table = form["gear_table"](key)
        assert hashlib.sha256(struct.pack("<256Q", *table)).hexdigest() == digest, key.hex()
        assert cuts[-1] == len(stream)
        chunks = list(zip([0] + cuts, cuts))
        for begin, end in chunks[:CUTS_CHECKED] + chunks[-1:]:
            found = begin + form["find_cut"](table, stream[begin : begin + form["MAXIMUM"]])
            assert found == end, f"{key.hex()}: cut at {found}, not {end}"


if __name__ == "__main__":
    sys.exit(main())
