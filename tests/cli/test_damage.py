#!/usr/bin/env python3
"""Damage anywhere is healed or named; wrong bytes never come out."""

import random
import shutil

import support
from support import flip_bit, random_bytes, write

SHARDS = 256
TILE_BYTES = 8192


def shard_bytes(pack):
    return (pack.stat().st_size - TILE_BYTES) // SHARDS


def damage_shards(pack, numbers):
    for number in numbers:
        flip_bit(pack, number * shard_bytes(pack) + 7 + number)


class Damage(support.Case):
    """Two snapshots of one file each; each is in a pack of its own, the file in front of the manifest."""

    def setUp(self):
        super().setUp()
        self.make_vault()
        self.content = {name: random_bytes(600_000, name) for name in ("one", "two")}
        self.pack = {}
        self.source = {}
        for name, content in self.content.items():
            before = set(self.packs())
            self.source[name] = write(self.scratch / name, content)
            self.ingest(self.source[name])
            (self.pack[name],) = set(self.packs()) - before
        self.original = {path: path.read_bytes() for path in self.vault.rglob("*") if path.is_file()}

    def put_back(self):
        for path, content in self.original.items():
            path.write_bytes(content)

    def assert_reads(self, *names):
        for name in names:
            number = list(self.content).index(name) + 1
            self.assertEqual(self.muniment("cat", f"letters/{number}:{name}").stdout, self.content[name])

    def assert_whole(self):
        self.keyless("verify", "--read-data")
        self.muniment("verify", "--deep")
        self.assert_reads("one", "two")


class Packs(Damage):
    def test_a_flipped_bit_is_seen_healed_in_memory_and_mended(self):
        size = self.pack["one"].stat().st_size
        for offset in (0, 9, 20, 1150, 1200, 1290, 100_000, size - TILE_BYTES - 1, size - TILE_BYTES, size - 1):
            with self.subTest(offset=offset):
                flip_bit(self.pack["one"], offset, offset % 8)
                report = self.keyless("verify", "--read-data", "--json", code=13).json
                self.assertFalse(report["ok"])
                self.assertIn(self.pack["one"].stem, report["damage"][0]["object"])
                self.assertTrue(report["damage"][0]["healable"])
                self.assert_reads("one", "two")
                self.muniment("verify", "--deep", code=13)
                mended = self.keyless("repair", "--json").json
                self.assertIn(self.pack["one"].stem, mended["repaired"][0])
                self.assertEqual(self.pack["one"].read_bytes(), self.original[self.pack["one"]])
                self.keyless("verify", "--read-data")

    def test_healing_in_memory_is_said(self):
        damage_shards(self.pack["one"], [20])
        result = self.muniment("cat", "letters/1:one")
        self.assertIn(self.pack["one"].stem, result.stderr)
        self.assertIn("repair", result.stderr)

    def test_eight_shards_heal_without_a_key(self):
        damage_shards(self.pack["one"], [0, 1, 40, 41, 100, 200, 247, 255])
        self.assert_reads("one")
        self.keyless("verify", "--read-data", code=13)
        self.assertEqual(self.keyless("status", "--json").json["last_verified"]["damage"], 1)
        self.keyless("repair")
        self.assertEqual(self.keyless("status", "--json").json["last_verified"]["damage"], 0)
        self.assertEqual(self.pack["one"].read_bytes(), self.original[self.pack["one"]])
        self.assert_whole()

    def test_nine_are_reported_with_the_files_and_snapshots(self):
        again = self.ingest(self.source["one"])
        damage_shards(self.pack["one"], range(20, 29))
        blind = self.keyless("verify", "--read-data", "--json", code=13).json
        self.assertEqual([item["healable"] for item in blind["damage"]], [False])
        self.assertIn(self.pack["one"].stem, blind["damage"][0]["object"])
        for depth in ("--read-data", "--deep"):
            report = self.muniment("verify", depth, "--json", code=13).json
            affected = [file for item in report["damage"] for file in item["affects"]]
            self.assertEqual(sorted(set(affected)), ["letters/1@desk:one", again + ":one"])
        self.assertIn("letters/1@desk:one", self.muniment("verify", "--read-data", code=13).text)
        self.assertIn("letters/1@desk:one", self.muniment("repair", code=13).text)
        self.keyless("repair", code=13)

        result = self.muniment("cat", "letters/1:one", code=13)
        self.assertEqual(result.stdout, b"")
        for part in ("letters/1@desk", "one", self.pack["one"].stem):
            self.assertIn(part, result.stderr)
        target = self.restore("letters/1", 13)
        self.assertEqual(list(target.iterdir()), [])
        self.assert_reads("two")

    def test_a_restore_leaves_out_what_is_damaged_and_nothing_else(self):
        folder = self.scratch / "folder"
        write(folder / "a", b"whole")
        write(folder / "big", random_bytes(900_000, "big"))
        write(folder / "z", b"whole, too")
        before = set(self.packs())
        name = self.ingest(folder)
        (pack,) = set(self.packs()) - before
        damage_shards(pack, range(60, 90))
        target = self.restore(name + ":folder", 13)
        self.assertEqual(sorted(path.name for path in target.iterdir()), ["a", "z"])
        report = self.muniment("verify", "--deep", "--json", code=13).json
        self.assertEqual([file for item in report["damage"] for file in item["affects"]],
                         [name + ":folder/big"])

    def test_a_manifest_that_is_lost_is_named(self):
        # The file is 600,000 bytes; behind it stand manifest and index.
        size = shard_bytes(self.pack["one"])
        with open(self.pack["one"], "r+b") as file:
            file.seek(600_000 // size * size)
            file.write(bytes(9 * size))
        result = self.muniment("ls", "letters/1", code=13)
        self.assertIn("letters/1@desk", result.stderr)
        report = self.muniment("verify", "--deep", "--json", code=13).json
        self.assertIn("letters/1@desk", str(report["damage"]))
        self.assertNotIn("letters/2@desk", str(report["damage"]))
        self.assert_reads("two")

    def assert_one_is_refused_by_name(self):
        for arguments in (["verify"], ["verify", "--read-data"], ["repair"]):
            self.assertIn(self.pack["one"].stem, self.keyless(*arguments, code=13).text)
        result = self.muniment("cat", "letters/1:one", code=13)
        self.assertEqual(result.stdout, b"")
        self.assertIn(self.pack["one"].stem, result.stderr)

    def test_a_missing_pack(self):
        self.pack["one"].unlink()
        self.assert_one_is_refused_by_name()
        self.assert_reads("two")

    def test_a_truncated_pack(self):
        content = self.original[self.pack["one"]]
        self.pack["one"].write_bytes(content[:len(content) // 2])
        self.assert_one_is_refused_by_name()
        self.pack["one"].write_bytes(b"")
        self.assert_one_is_refused_by_name()

    def test_a_pack_that_lost_or_gained_a_little_is_mended(self):
        content = self.original[self.pack["one"]]
        for changed in (content[:-100], content[:-TILE_BYTES], content + b"more"):
            self.pack["one"].write_bytes(changed)
            self.keyless("verify", code=13)
            self.assert_reads("one")
            self.keyless("repair")
            self.assertEqual(self.pack["one"].read_bytes(), content)

    def test_swapped_packs(self):
        self.pack["one"].write_bytes(self.original[self.pack["two"]])
        self.pack["two"].write_bytes(self.original[self.pack["one"]])
        report = self.keyless("verify", "--read-data", code=13).text
        self.assertIn(self.pack["one"].stem, report)
        self.assertIn(self.pack["two"].stem, report)
        for number, name in enumerate(self.content, 1):
            result = self.muniment("cat", f"letters/{number}:{name}", code=13)
            self.assertEqual(result.stdout, b"")
            self.assertIn(self.pack[name].stem, result.stderr)

    def test_a_foreign_pack(self):
        shutil.move(self.vault, self.scratch / "first")
        shutil.move(self.key, self.scratch / "first-key")
        self.make_vault()
        self.ingest(self.source["one"])
        (foreign,) = self.packs()
        content = foreign.read_bytes()
        shutil.rmtree(self.vault)
        shutil.move(self.scratch / "first", self.vault)
        shutil.move(self.scratch / "first-key", self.key)

        # Under its own name nobody asks for it.
        write(self.vault / "packs" / foreign.parent.name / foreign.name, content)
        self.assertEqual(self.keyless("verify", "--json").json["packs_unlisted"], 1)
        self.muniment("ingest", "letters", str(self.source["two"]))
        self.assert_whole()
        # Under the name of one of ours it is refused.
        self.pack["one"].write_bytes(content)
        self.assertIn(self.pack["one"].stem, self.keyless("verify", "--read-data", code=13).text)
        result = self.muniment("cat", "letters/1:one", code=13)
        self.assertEqual(result.stdout, b"")
        self.assertIn(self.pack["one"].stem, result.stderr)


class Ledgers(Damage):
    def tails(self, name):
        return sorted(self.vault.glob(f"ledgers/*/{name}"))

    def test_a_flipped_bit_in_one_copy_is_healed_by_the_other(self):
        for copy in ("tail", "tail.2"):
            for tail in self.tails(copy):
                content = self.original[tail]
                for offset in {0, 70, len(content) // 2, len(content) - 1}:
                    with self.subTest(tail=str(tail), offset=offset):
                        flip_bit(tail, offset)
                        self.keyless("verify", code=13)
                        self.assert_reads("one", "two")
                        self.keyless("repair")
                        self.assertEqual(tail.read_bytes(), content)
                        self.keyless("verify")

    def test_a_missing_copy_is_made_again(self):
        for copy in ("tail", "tail.2"):
            tail = self.tails(copy)[0]
            tail.unlink()
            self.keyless("verify", code=13)
            self.assert_reads("one")
            self.keyless("repair")
            self.assertEqual(tail.read_bytes(), self.original[tail])

    def test_a_ledger_that_is_damaged_in_both_copies_is_named(self):
        for tail in self.tails("tail"):
            offset = len(self.original[tail]) // 2
            flip_bit(tail, offset)
            flip_bit(tail.with_name("tail.2"), offset)
            result = self.keyless("verify", code=13)
            self.assertIn(tail.parent.name[:8], result.text + result.stderr)
            self.keyless("repair", code=13)
            self.put_back()

    def test_full_tiles_are_made_again(self):
        for _ in range(126):
            self.ingest(write(self.scratch / "small", b"small"))
        tiles = [path for path in self.vault.glob("ledgers/*/tile/**/*") if path.is_file()]
        self.assertGreaterEqual(len(tiles), 2)
        for tile in tiles:
            content = tile.read_bytes()
            flip_bit(tile, len(content) // 2)
            self.keyless("verify", code=13)
            self.assert_reads("one")
            self.keyless("repair")
            self.assertEqual(tile.read_bytes(), content)
            tile.unlink()
            self.keyless("repair")
            self.assertEqual(tile.read_bytes(), content)


class SmallFiles(Damage):
    def test_one_damaged_keyring_is_told_of_and_mended(self):
        for name in ("keyring", "keyring.2"):
            path = self.vault / name
            flip_bit(path, 200)
            result = self.muniment("snapshots")
            self.assertIn("keyring", result.stderr)
            self.assertEqual(len(result.lines), 2)
            self.keyless("verify", code=13)
            self.assertIn("keyring", self.keyless("repair").text)
            self.assertEqual(path.read_bytes(), self.original[path])
            path.unlink()
            self.muniment("snapshots")
            self.keyless("repair")
            self.assertEqual(path.read_bytes(), self.original[path])

    def test_a_keyring_that_is_damaged_twice_is_13_not_12(self):
        for name in ("keyring", "keyring.2"):
            flip_bit(self.vault / name, 200)
        result = self.muniment("snapshots", code=13)
        self.assertIn("keyring", result.stderr)

    def test_a_damaged_marker(self):
        marker = self.vault / "muniment"
        for offset in range(len(self.original[marker])):
            flip_bit(marker, offset, offset % 7)
            result = support.run(*self.options(), "cat", "letters/1:one")
            self.assertIn(result.code, (0, 1, 10, 13), result.stderr)
            self.assertIn("muniment: ", result.stderr)
            self.assertIn(result.stdout, (b"", self.content["one"]))
            if result.code == 0:
                self.keyless("verify", code=13)
                self.keyless("repair")
                self.assertEqual(marker.read_bytes(), self.original[marker])
            self.put_back()

    def test_another_format_version_is_refused_by_name(self):
        marker = self.vault / "muniment"
        marker.write_bytes(self.original[marker].replace(b"v1", b"v2", 1))
        for name in ("keyring", "keyring.2"):
            (self.vault / name).unlink()
        result = self.keyless("status", code=1)
        self.assertIn("version", result.stderr)


class Catalog(Damage):
    def remove_catalog(self):
        for path in self.catalog_files():
            path.unlink()

    def assert_brought_up_to_date(self, said=True):
        result = self.muniment("snapshots")
        self.assertEqual([line.split()[0] for line in result.lines], ["letters/1@desk", "letters/2@desk"])
        if said:
            self.assertIn("catalog", result.stderr)
        self.assertNotIn("catalog", self.muniment("snapshots").stderr)
        self.assert_whole()

    def test_a_deleted_one(self):
        self.remove_catalog()
        self.assert_brought_up_to_date()

    def test_garbage_in_its_place(self):
        self.remove_catalog()
        write(self.vault / "catalog.db", random_bytes(50_000, "garbage"))
        self.assert_brought_up_to_date()

    def test_an_empty_or_truncated_one(self):
        for size in (0, 100, 4096, 10_000):
            self.remove_catalog()
            write(self.vault / "catalog.db", self.original[self.vault / "catalog.db"][:size])
            self.assert_brought_up_to_date()

    def test_an_old_one(self):
        kept = {path: path.read_bytes() for path in self.catalog_files()}
        self.ingest(write(self.scratch / "three", b"three"))
        self.remove_catalog()
        for path, content in kept.items():
            path.write_bytes(content)
        self.assertEqual(self.muniment("cat", "letters/3:three").stdout, b"three")
        self.assertEqual(len(self.muniment("snapshots").lines), 3)
        self.assert_whole()

    def test_another_vaults(self):
        other = self.scratch / "other"
        options = ["--key-file", str(self.key)]
        support.run("init", str(other), *options)
        self.remove_catalog()
        for path in other.glob("catalog.db*"):
            shutil.copy(path, self.vault)
        self.assert_brought_up_to_date()

    def test_flipped_bits(self):
        catalog = self.vault / "catalog.db"
        size = catalog.stat().st_size
        for page in range(0, size, 4096):
            flip_bit(catalog, page + random.Random(page).randrange(4096))
            for number, (name, content) in enumerate(self.content.items(), 1):
                result = self.muniment("cat", f"letters/{number}:{name}", code=None)
                self.assertEqual(result.stdout, content if result.code == 0 else b"")
                if result.code != 0:
                    self.assertEqual(result.code, 13)
                    self.assertIn("catalog", result.stderr)
            self.muniment("repair")
            self.assert_reads("one", "two")
            self.muniment("verify")


class Anywhere(Damage):
    def test_one_flipped_bit_never_gives_wrong_bytes(self):
        draw = random.Random("anywhere")
        files = sorted(self.original)
        for _ in range(40):
            path = draw.choice(files)
            if not self.original[path]:
                continue
            offset, bit = draw.randrange(len(self.original[path])), draw.randrange(8)
            with self.subTest(path=str(path), offset=offset, bit=bit):
                flip_bit(path, offset, bit)
                for number, (name, content) in enumerate(self.content.items(), 1):
                    result = support.run(*self.options(), "cat", f"letters/{number}:{name}")
                    self.assertIn(result.code, (0, 1, 10, 13), result.stderr)
                    self.assertEqual(result.stdout, content if result.code == 0 else b"")
                    if result.code != 0:
                        self.assertIn("muniment: error: ", result.stderr)
            for stale in self.catalog_files():
                stale.unlink()
            self.put_back()


if __name__ == "__main__":
    support.main()
