#!/usr/bin/env python3
"""Draws the include graph of vault/, cli/ and sync/ and fails on an arrow that the design forbids.

A folder of vault/ includes only folders of a lower rank. cli/ and sync/ stand on the facade and do not
know each other; sync/protocol/ knows nothing of a vault, a socket or a clock. A third-party library is
included only by the folders that wrap it: only sync/transport/ knows Asio.
"""

import argparse
import pathlib
import re
import sys

VAULT_RANKS = [
    ["vault/base"],
    ["vault/crypto", "vault/codec", "vault/sql"],
    ["vault/chunk", "vault/merkle", "vault/note", "vault/store"],
    ["vault/pack", "vault/ledger", "vault/keyring", "vault/catalog"],
    ["vault/consortium", "vault/audit"],
    ["vault/snapshot"],
    ["vault"],
]

MAY_INCLUDE = {
    folder: {lower for rank in VAULT_RANKS[:number] for lower in rank}
    for number, rank in enumerate(VAULT_RANKS)
    for folder in rank
} | {
    "cli": {"vault", "vault/base"},
    "sync": {"sync/protocol", "sync/transport", "vault", "vault/base", "vault/merkle", "vault/note",
             "vault/store"},
    "sync/daemon": {"sync", "sync/protocol", "sync/transport", "vault", "vault/base"},
    "sync/transport": {"sync/protocol", "vault", "vault/base"},
    "sync/protocol": {"vault/base", "vault/merkle", "vault/note"},
}

# The first pattern that matches a header decides.
THIRD_PARTY = [
    (r"sodium(\.h|/)", {"vault/crypto"}),
    (r"openssl/(ssl|err)\.h$", {"sync/transport"}),
    (r"openssl/", {"vault/crypto"}),
    (r"(zstd|zdict)", {"vault/codec"}),
    (r"(sqlcipher/|sqlite3)", {"vault/sql"}),
    (r"isa-l", {"vault/pack"}),
    (r"utf8proc", {"vault/snapshot"}),
    (r"boost/", {"sync/transport"}),
    (r"CLI/", {"cli"}),
    (r"nlohmann/", {"cli"}),
    (r"doctest", set()),
]

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')


def folder_of(path):
    """The folder of the figure that a file stands in, or None."""
    if str(path) == "sync/limits.hpp":  # part of the protocol, though everybody should find it at once
        return "sync/protocol"
    parents = pathlib.PurePath(path).parts[:-1]
    folder = "/".join(parents[:2] if parents[:1] in (("vault",), ("sync",)) else parents[:1])
    return folder if folder in MAY_INCLUDE else None


def includes(root):
    """Every (file, line number, quoted or angled, header) in the three trees."""
    for tree in ("vault", "cli", "sync"):
        for path in sorted((root / tree).rglob("*.[ch]pp")):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if match := INCLUDE.match(line):
                    yield path.relative_to(root), number, match[1], match[2]


def fault(source, mark, header):
    """Why the folder may not include the header, or None."""
    for pattern, owners in THIRD_PARTY:
        if re.match(pattern, header):
            if source in owners:
                return None
            return f"only {' and '.join(sorted(owners)) or 'tests'} may include <{header}>"
    if mark == "<":
        return None
    target = folder_of(header)
    if target is None:
        return f'"{header}" is not written from the source root, or is in no folder of the figure'
    if target != source and target not in MAY_INCLUDE[source]:
        return f"{source} may not include {target}"
    return None


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--graph", action="store_true", help="print every folder and what it includes")
    arguments.add_argument("root", nargs="?", type=pathlib.Path,
                           default=pathlib.Path(__file__).resolve().parent.parent)
    options = arguments.parse_args()

    faults = []
    arrows = {folder: set() for folder in MAY_INCLUDE}
    for path, number, mark, header in includes(options.root):
        source = folder_of(path)
        if source is None:
            faults.append(f"{path}: stands in no folder of the figure")
            continue
        if why := fault(source, mark, header):
            faults.append(f"{path}:{number}: {why}")
        if mark == '"' and (target := folder_of(header)) not in (None, source):
            arrows[source].add(target)

    if options.graph:
        for source, targets in arrows.items():
            print(source, "->", *sorted(targets))
    for line in faults:
        print(line, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
