#!/usr/bin/env python3
"""Nothing that is kept shows outside the encrypted databases: no name, no plaintext, no size of a file."""

import base64
import os
import random
import shutil
import string

import support
from support import random_bytes, write

WINDOW = 16
PACK_SIZES = {(1 << power) + 8192 for power in range(20, 25)}


def canary(seed, alphabet=string.ascii_lowercase + string.digits):
    """24 characters that nothing has by chance."""
    return "".join(random.Random(f"canary {seed}").choices(alphabet, k=24))


def encodings(text):
    """The bytes by which `text` would be found in a file, whatever stands beside it."""
    raw = text.encode()
    yield raw
    yield raw.hex().encode()
    yield text.encode("utf-16-le")
    for shift in range(3):
        # What base64 makes of it behind 0, 1 or 2 other bytes, without the characters that these share.
        yield base64.b64encode(b"\0" * shift + raw)[4 if shift else 0:-4]


def windows(content):
    for start in range(len(content) - WINDOW + 1):
        window = content[start:start + WINDOW]
        if len(set(window)) >= 10:
            yield window


class Leaks(support.Case):
    def stored_files(self):
        return [path for path in self.vault.rglob("*")
                if path.is_file() and path not in self.catalog_files()]

    def leaked_names(self, names):
        return [(name, str(path)) for path in self.stored_files() for name in names
                for form in encodings(name)
                if form in path.read_bytes() or form in os.fsencode(path.relative_to(self.vault))]

    def test_no_name_and_no_plaintext_shows(self):
        names = {what: canary(what) for what in
                 ("member", "device", "folder", "file", "link", "parent", "collection", "host", "about")}
        letters = random.Random("words")
        words = ["".join(letters.choices(string.ascii_lowercase, k=letters.randint(2, 9))) for _ in range(500)]
        text = " ".join(letters.choices(words, k=60_000)).encode()
        source = self.scratch / names["parent"] / names["folder"]
        write(source / names["file"], text)
        write(source / "noise", random_bytes(200_000, "noise"))
        write(source / "tiny", random_bytes(100, "tiny"))
        (source / "link").symlink_to(names["link"])

        # In a namespace of its own the host can have a name that is found nowhere by chance.
        host = ("unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', names["host"],
                support.PROGRAM)
        if support.run("--version", command=host).code != 0:
            host = (support.PROGRAM,)
        wrapped = {"command": host}
        self.expect(0, support.run("init", str(self.vault), "--key-file", str(self.key), "--member",
                                   names["member"], "--device", names["device"], **wrapped))
        self.muniment("collection", "create", names["collection"], **wrapped)
        self.muniment("ingest", names["collection"], str(source), "--about", "source=" + names["about"],
                      **wrapped)
        (listed,) = self.muniment("snapshots").lines
        self.assertIn(names["collection"], listed)
        self.assertNotIn(names["parent"], self.muniment("ls", names["collection"] + "/1").text)

        self.assertEqual(self.leaked_names(names.values()), [])
        plaintext = set()
        for path in (names["file"], "noise", "tiny"):
            plaintext.update(windows((source / path).read_bytes()))
        self.assertGreater(len(plaintext), 300_000)
        for path in self.stored_files():
            self.assertTrue(plaintext.isdisjoint(windows(path.read_bytes())), path)

        # The search itself finds what is there.
        (self.vault / "planted").write_bytes(b"\1" + base64.b64encode(b"ab" + names["file"].encode()))
        self.assertEqual([name for name, _ in self.leaked_names(names.values())], [names["file"]])

    def pack_sizes(self, sizes):
        """Of a new vault that took in files of these sizes."""
        source = self.scratch / "sized"
        for number, size in enumerate(sizes):
            write(source / f"{number:05}", random_bytes(size, number))
        self.make_vault()
        self.ingest(source)
        found = sorted(pack.stat().st_size for pack in self.packs())
        for path in (source, self.vault):
            shutil.rmtree(path)
        self.key.unlink()
        return found

    def test_pack_sizes_tell_the_volume_and_nothing_of_the_files(self):
        volume = 44_000_000
        listings = [self.pack_sizes([volume // count] * count) for count in (1, 3, 40, 2000)]
        listings.append(self.pack_sizes([volume // 2] + [volume // 2000] * 1000))
        for listing in listings:
            self.assertEqual(listing, listings[0])
            self.assertLessEqual(set(listing), PACK_SIZES)

    def test_every_pack_is_of_one_of_five_sizes(self):
        self.make_vault()
        for size in (0, 1, 900_000, 1_100_000, 3_000_000, 5_000_000, 12_000_000, 16_200_000, 17_000_000):
            source = write(self.scratch / "sized", random_bytes(size, size))
            self.ingest(source)
        sizes = {pack.stat().st_size for pack in self.packs()}
        self.assertEqual(sizes, PACK_SIZES)


if __name__ == "__main__":
    support.main()
