#!/usr/bin/env python3
"""scripts/rescue restores what muniment restores, from what stands in the vault and the FORMAT.md files."""

import contextlib
import ctypes
import hashlib
import importlib.machinery
import importlib.util
import os
import pathlib
import shutil
import struct
import subprocess
import sys

import support
from support import (SHEET_QUESTION, flip_bit, random_bytes, remove_tree, run_on_terminal, tree_of,
                     word_of_sheet, write)
from test_hostile import NAMES, make_deep, path_of_length

RESCUE = pathlib.Path(__file__).resolve().parents[2] / "scripts/rescue"
LINES_MAX = 500
OLD = 1_000_000_000_123_456_789
SHARDS, TILE_BYTES = 256, 8192


def load_rescue():
    loader = importlib.machinery.SourceFileLoader("rescue", str(RESCUE))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("rescue", loader))
    loader.exec_module(module)
    return module


sys.dont_write_bytecode = True
rescue = load_rescue()


def environment():
    """MUNIMENT_DEPS says where libsodium is."""
    return support.environment() | {name: value for name, value in os.environ.items() if name == "MUNIMENT_DEPS"}


def modes_of(top):
    return {path.relative_to(top): path.lstat().st_mode for path in pathlib.Path(top).rglob("*")}


def bech32(prefix, data):
    """BIP 173, without its limit of length."""
    letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

    def polymod(values):
        check = 1
        for value in values:
            top = check >> 25
            check = (check & 0x1FFFFFF) << 5 ^ value
            for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
                check ^= generator if top >> bit & 1 else 0
        return check

    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    words = [int(bits[at:at + 5], 2) for at in range(0, len(bits), 5)]
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    check = polymod(expanded + words + [0] * 6) ^ 1
    return prefix + "1" + "".join(letters[w] for w in words + [check >> 5 * (5 - i) & 31 for i in range(6)])


class Case(support.Case):
    def rescue(self, *arguments, code=0, key=None):
        command = [sys.executable, "-W", "error", str(RESCUE), str(self.vault)]
        key = ["--key-file", str(self.key)] if key is None else key
        result = support.run(*key, *arguments, command=command, env=environment())
        self.assertNotIn("Traceback", result.stderr)
        return self.expect(code, result)

    def rescued(self, snapshot, code=0, **how):
        """The folder that the snapshot was restored to, and what was said."""
        target = self.scratch / "rescued"
        if target.exists():
            remove_tree(target)
        return target, self.rescue("restore", snapshot, str(target), code=code, **how).stderr

    def assert_same(self, snapshot, **how):
        """Both restore the same: bytes, names, kinds, times, modes."""
        target, _ = self.rescued(snapshot, **how)
        expected = self.restore(snapshot)
        self.assertEqual(tree_of(target), tree_of(expected))
        return target


class Whole(Case):
    def setUp(self):
        super().setUp()
        self.make_vault()
        self.source = self.scratch / "leak"
        write(self.source / "notes.txt", b"Nothing is hidden.\n" * 500, OLD)
        write(self.source / "empty", b"", OLD)
        write(self.source / "run.sh", b"#!/bin/sh\n", 1_700_000_000_000_000_001, executable=True)
        write(self.source / "before-1970", b"x", -5_000_000_001)
        # More than one pack: chunks of several MiB, one of them cut in two at a pack's end.
        write(self.source / "photos/big.bin", random_bytes(40_000_000, "big"), OLD)
        write(self.source / "photos/zeros", bytes(9_000_000), OLD)
        for number in range(300):
            write(self.source / f"many/{number}.txt", b"%d\n" % number * (number + 1), OLD + number)
        (self.source / "photos/folder").mkdir()
        (self.source / "link").symlink_to("photos/big.bin")
        (self.source / "dangling").symlink_to("/nowhere/at all")
        os.utime(self.source / "photos/folder", ns=(OLD + 7, OLD + 7))
        self.ingest(self.source)

    def test_without_the_catalog_all_comes_back(self):
        (self.source / "notes.txt").write_bytes(b"changed")
        shutil.rmtree(self.source / "many")
        self.ingest(self.source)
        self.muniment("collection", "create", "police-files")
        self.ingest(self.source / "photos", collection="police-files")
        snapshots = self.muniment("snapshots", "--json").json_lines
        expected = {one["snapshot"]: self.restore(one["snapshot"]).rename(self.scratch / f"by-muniment-{number}")
                    for number, one in enumerate(snapshots)}
        for file in self.catalog_files():
            file.unlink()
        listed = [line.split() for line in self.rescue("list").lines]
        # In the order of their times, which are in seconds: that of two ledgers may be either.
        self.assertEqual(sorted((line[0], int(line[2]), int(line[4])) for line in listed),
                         sorted((one["snapshot"], one["files"], one["bytes"]) for one in snapshots))
        for name, folder in expected.items():
            target, _ = self.rescued(name)
            self.assertEqual(tree_of(target), tree_of(folder))
            self.assertEqual(modes_of(target), modes_of(folder))

    def test_a_part_comes_back_alone(self):
        for part in ("letters/1:leak/photos", "letters/latest:leak/run.sh", "letters/1@desk:leak/link"):
            self.assert_same(part)
        _, said = self.rescued("letters/1:leak/nowhere", code=1)
        self.assertIn("leak/nowhere", said)

    def test_an_age_identity_does_without_a_keyring(self):
        seed, _, _ = rescue.read_keyring(str(self.vault), 2, self.key.read_bytes())
        identity = write(self.scratch / "id", b"# reading key\n" + bech32("age-secret-key-pq-", seed).upper().encode())
        for name in ("keyring", "keyring.2"):
            (self.vault / name).unlink()
        self.assert_same_as_source("letters/1", key=["--identity", str(identity)])
        other = write(self.scratch / "other", bech32("age-secret-key-pq-", bytes(32)).upper().encode())
        self.assertIn("opens no grant", self.rescue("list", code=12, key=["--identity", str(other)]).stderr)

    def assert_same_as_source(self, snapshot, **how):
        target, said = self.rescued(snapshot + ":leak", **how)
        self.assertEqual(tree_of(target), tree_of(self.source))
        return said

    def test_a_wrong_key_is_told(self):
        wrong = write(self.scratch / "wrong", random_bytes(32, "wrong"))
        self.assertIn("opens no reading slot", self.rescue("list", code=12, key=["--key-file", str(wrong)]).stderr)
        self.assertIn("AGE-SECRET-KEY-PQ-1",
                      self.rescue("list", code=12, key=["--identity", str(self.key)]).stderr)

    def test_one_copy_of_keyring_and_ledgers_is_enough(self):
        for lost in ("keyring", "keyring.2", "tail", "tail.2"):
            with self.subTest(lost=lost):
                kept = {path: path.read_bytes() for path in self.vault.rglob(lost)}
                self.assertTrue(kept)
                for path, content in kept.items():
                    path.write_bytes(content[:-40] if lost == "tail" else content[:200] + bytes(1000))
                self.assertIn("copy", self.assert_same_as_source("letters/1"))
                for path, content in kept.items():
                    path.write_bytes(content)
        for name in ("keyring", "keyring.2"):
            flip_bit(self.vault / name, 300)
        self.assertIn("no copy", self.rescue("list", code=13).stderr)

    def test_each_of_two_damaged_tails_makes_up_for_the_other(self):
        for tail in self.vault.glob("ledgers/*/tail"):
            flip_bit(tail, 100)
            flip_bit(tail.with_name("tail.2"), tail.stat().st_size - 100)
        self.assertIn("a copy is damaged", self.assert_same_as_source("letters/1"))

    def test_damage_up_to_eight_shards_heals(self):
        packs = self.packs()
        self.assertGreater(len(packs), 2)
        for numbers, pack in zip(([0, 1, 40, 100, 200, 246, 247, 255], [3, 248, 249, 250, 251, 252, 253, 254], [9]), packs):
            for number in numbers:
                flip_bit(pack, number * ((pack.stat().st_size - TILE_BYTES) // SHARDS) + 77)
        flip_bit(packs[2], packs[2].stat().st_size - 5)
        self.assertEqual(self.assert_same_as_source("letters/1").count("healed from its parity"), 3)
        with open(packs[1], "r+b") as file:  # the tile and the last shards are gone
            file.truncate((packs[1].stat().st_size - TILE_BYTES) // SHARDS * 250)
        self.rescued("letters/1", code=13)  # shard 3, too, is damaged there

    def test_a_pack_that_lost_its_end_heals(self):
        for pack in self.packs():
            os.truncate(pack, (pack.stat().st_size - TILE_BYTES) // SHARDS * 248 + 5)
        self.assertIn("healed", self.assert_same_as_source("letters/1"))

    def test_what_is_lost_is_named_and_the_rest_comes_back(self):
        for pack in self.packs():
            if pack.stat().st_size < 16 << 20:
                continue
            content = pack.read_bytes()
            pack.unlink()
            target, said = self.rescued("letters/1:leak", code=13)
            self.assertIn(pack.stem, said)
            found, expected = tree_of(target), tree_of(self.source)
            lost = [path for path in expected if path not in found]
            self.assertTrue(lost)
            for path in lost:
                self.assertRegex(said, f"leak/{path.decode()}: left out|: lost: ")
            self.assertEqual({path: expected[path] for path in found}, found)
            pack.write_bytes(content)
            break

    def test_a_damaged_frame_takes_only_its_file(self):
        write(self.scratch / "more/a", b"whole")
        write(self.scratch / "more/big", random_bytes(900_000, "more"))
        write(self.scratch / "more/z", b"whole, too")
        before = set(self.packs())
        name = self.ingest(self.scratch / "more")
        (pack,) = set(self.packs()) - before
        for number in range(60, 90):
            flip_bit(pack, number * ((pack.stat().st_size - TILE_BYTES) // SHARDS))
        target, said = self.rescued(name + ":more", code=13)
        self.assertEqual(sorted(path.name for path in target.iterdir()), ["a", "z"])
        self.assertIn("more/big: left out", said)

    def test_a_truncated_ledger_is_refused(self):
        self.cut(lambda content: content[:-1])
        self.assertEqual(self.rescue("list", code=13).stderr.count("damaged or forged"), 2)

    def cut(self, change):
        for tail in self.vault.glob("ledgers/*/tail*"):
            if tail.is_file():
                tail.write_bytes(change(tail.read_bytes()))

    def test_a_forged_ledger_is_refused(self):
        """Every checksum and root made anew; the signature cannot be."""
        self.cut(lambda content: forged(content, b"\nnumber 1\n", b"\nnumber 8\n"))
        result = self.rescue("list", code=13)
        self.assertEqual(result.stdout, b"")
        self.assertEqual(result.stderr.count("damaged or forged"), 1)

    def test_the_ledger_of_another_device_is_not_used_unasked(self):
        """Somebody puts a whole vault of their own beside ours."""
        theirs = self.scratch / "theirs"
        key = self.scratch / "their-key"
        for arguments in (["init", str(theirs)], ["--vault", str(theirs), "collection", "create", "letters"]):
            self.expect(0, support.run(*arguments, "--key-file", str(key)))
        shutil.copytree(theirs / "ledgers", self.vault / "ledgers", dirs_exist_ok=True)
        said = self.assert_same_as_source("letters/1", code=3)
        device = said.split("--trust ")[1].split()[0]
        result = self.rescue("list", "--trust", device)
        self.assertEqual(len(result.lines), 1)

    def test_a_folder_that_is_in_use_is_left_alone(self):
        write(self.scratch / "used/mine", b"mine")
        self.rescue("restore", "letters/1", str(self.scratch / "used"), code=2)
        self.assertEqual(os.listdir(self.scratch / "used"), ["mine"])

    def test_usage_and_what_is_not_there(self):
        self.rescue("restore", "letters/1", code=2)
        self.rescue("list", "more", code=2)
        self.assertIn("see list", self.rescue("restore", "letters/9", str(self.scratch / "out"), code=1).stderr)
        shown = support.run("--help", command=[sys.executable, str(RESCUE)], env=environment())
        self.assertIn("rescue VAULT --key-file KEY list", self.expect(0, shown).text)

    def test_nothing_in_the_vault_changes(self):
        before = tree_of(self.vault)
        self.rescued("letters/1")
        self.assertEqual(tree_of(self.vault), before)


def ledger_records(content):
    at = 64
    while at < len(content):
        size = int.from_bytes(content[at:at + 4], "little")
        yield content[at + 4], content[at + 5:at + 5 + size]
        at += 21 + size


def forged(content, old, new):
    """The tail with `old` exchanged in one entry, and all that needs no key made to fit."""
    made, leaves = content[:64], []
    for kind, payload in ledger_records(content):
        if kind == 1:
            payload = payload.replace(old, new) if payload.startswith(b"muniment/snapshot/v1\n") else payload
            leaves.append(hashlib.sha256(b"\0" + payload).digest())
        else:
            lines = payload.split(b"\n")
            lines[2] = rescue.base64.b64encode(rescue.merkle_root(leaves))
            payload = b"\n".join(lines)
        body = bytes([kind]) + payload
        check = hashlib.blake2b(struct.pack("<Q", len(made)) + body, digest_size=32).digest()[:16]
        made += struct.pack("<I", len(payload)) + body + check
    return made


class Passphrase(Case):
    def test_it_opens_the_vault_typed_or_from_a_file(self):
        answers = [(b"New passphrase: ", b"correct horse\n"), (b"The same again: ", b"correct horse\n"),
                   *2 * [(SHEET_QUESTION, word_of_sheet)]]
        code, screen = run_on_terminal("init", str(self.vault), "--device", "desk", answers=answers)
        self.assertEqual(code, 0, screen)
        file = write(self.scratch / "passphrase", b"correct horse\n")
        options = ["--vault", str(self.vault), "--passphrase-file", str(file)]
        self.expect(0, support.run(*options, "collection", "create", "letters"))
        self.expect(0, support.run(*options, "ingest", "letters", str(file)))
        key = ["--passphrase-file", str(file)]
        self.assertIn("letters/1@desk", self.rescue("list", key=key).text)
        target, _ = self.rescued("letters/1", key=key)
        self.assertEqual((target / "passphrase").read_bytes(), b"correct horse\n")
        wrong = write(self.scratch / "wrong", b"battery staple\n")
        self.rescue("list", code=12, key=["--passphrase-file", str(wrong)])


class Hostile(Case):
    def test_every_name_comes_back(self):
        self.make_vault()
        source = self.scratch / "leak"
        top = os.fsencode(source)
        for name in NAMES:
            write(top + b"/" + name, name)
            write(top + b"/in/" + name + b"/inner", name)
            os.symlink(name, top + b"/to-" + name[:200])
        make_deep(source, path_of_length(4096), b"deep")
        self.muniment("ingest", "letters", ".", cwd=source)
        target, _ = self.rescued("letters/1")
        self.assertEqual(tree_of(target), tree_of(source))


class HandMade:
    """A snapshot's packs, made from the FORMAT.md files alone: XChaCha20-Poly1305, a dictionary, chunk lists."""

    RAW, ZSTD = bytes(40), bytes([1, 3, 0, 0]) + struct.pack("<I", 10504)
    DATA, MANIFEST, DICTIONARY, INDEX = 1, 2, 3, 4

    def __init__(self, directory, suite):
        self.directory, self.suite, self.packs, self.chunks = directory, suite, {}, []
        self.id_key, self.seed = b"i" * 32, b"s" * 32
        self.public = ctypes.create_string_buffer(1216)
        rescue.SODIUM.crypto_kem_xwing_seed_keypair(self.public, ctypes.create_string_buffer(32), self.seed)

    def id_of(self, chunk):
        return rescue.blake2b(self.id_key, hashlib.sha256(chunk).digest())

    def add(self, kind, chunk, dictionary=b""):
        """The chunk's reference; compressed if there is a dictionary."""
        payload, codec = chunk, self.RAW
        if dictionary:
            size = ctypes.c_size_t
            out = ctypes.create_string_buffer(len(chunk) + 1000)
            context = ctypes.c_void_p
            rescue.ZSTD.ZSTD_createCCtx.restype = context
            rescue.ZSTD.ZSTD_compress_usingDict.restype = size
            count = rescue.ZSTD.ZSTD_compress_usingDict(
                context(rescue.ZSTD.ZSTD_createCCtx()), out, size(len(out)), chunk, size(len(chunk)), dictionary,
                size(len(dictionary)), 3)
            payload, codec = out.raw[:count], self.ZSTD + self.id_of(dictionary)
            assert count < len(chunk), "the dictionary helps"
        self.chunks.append((kind, codec, self.id_of(chunk), len(chunk), payload))
        return self.id_of(chunk) + struct.pack("<I", len(chunk))

    def seal(self, key, nonce, plain):
        name, nonce_size, tag_size = rescue.SUITES[self.suite]
        out = ctypes.create_string_buffer(len(plain) + tag_size)
        nonce = struct.pack("<Q", nonce) + bytes(nonce_size - 8)
        getattr(rescue.SODIUM, f"crypto_aead_{name}_encrypt")(
            out, None, plain, rescue.LONG(len(plain)), None, rescue.LONG(0), None, nonce, key)
        return out.raw

    def close_pack(self, first_offset=0, last_remaining=0, size_class=20):
        """Writes what was added as a pack. Its parity is zeros, which nobody looks at in a whole pack."""
        ciphertext, secret = ctypes.create_string_buffer(1120), ctypes.create_string_buffer(32)
        rescue.SODIUM.crypto_kem_xwing_enc(ciphertext, secret, self.public)
        header = b"\x89MNP\r\n\x1a\n" + bytes([1, self.suite, 1, 1, 0, size_class, 0, 0]) + ciphertext.raw
        keys = rescue.hkdf(secret.raw, b"", b"muniment/pack/v1\0" + header, 64)
        codecs = list(dict.fromkeys(codec for _, codec, *_ in self.chunks))
        table = struct.pack("<H", len(codecs)) + b"".join(codecs)
        frames = b""
        for number, (kind, codec, chunk_id, size, payload) in enumerate(self.chunks):
            table += struct.pack("<BB32sII", kind, codecs.index(codec), chunk_id, size, len(payload))
            frames += self.seal(keys[:32], 2 + number, payload)
        tag_size = rescue.SUITES[self.suite][2]
        table_at = 1280 + 32 + tag_size + len(frames)
        head = struct.pack("<5I12x", len(self.chunks), table_at, len(table), first_offset, last_remaining)
        used = header + keys[32:] + bytes(112) + self.seal(keys[:32], 0, head) + frames + self.seal(keys[:32], 1, table)
        body = 1 << size_class
        tail = self.seal(keys[:32], 2 + len(self.chunks), bytes(body * 248 // 256 - len(used) - tag_size))
        file = (used + tail).ljust(body, b"\0")
        leaves = [hashlib.sha256(b"\0" + file[at:at + body // 256]).digest() for at in range(0, body, body // 256)]
        name = rescue.merkle_root(leaves).hex()
        write(self.directory / f"packs/{name[:2]}/{name}.pack", file + b"".join(leaves))
        self.packs[name] = size_class
        self.chunks = []

    def reader(self, *records):
        """Closes the last pack with manifest and index, and gives a Reader of the snapshot."""
        manifest = b"".join(struct.pack("<I", len(one)) + one for one in records)
        reference = self.add(self.MANIFEST, manifest)
        index = struct.pack("<H32s32sI32s32s40xH", 1, b"n" * 32, bytes(32), 1, bytes(32), bytes(32), 1)
        index += b"\6\0source\5\0heron" + struct.pack("<I", 1) + reference + b"\1\0a"
        name = self.add(self.INDEX, index)[:32].hex().encode()
        self.close_pack()
        facts = {"index": name, "content-root": bytes(32).hex().encode()}
        return rescue.Reader(self.directory, rescue.Snapshot(
            "letters/1@desk", facts, bytes(32), self.packs, self.id_key, {b"": self.seed}))

    @staticmethod
    def file(path, content, flags=0, references=()):
        return (bytes([1, flags]) + struct.pack("<H", len(path)) + path + struct.pack("<Q", len(content)) +
                hashlib.sha256(content).digest() + struct.pack("<I", len(references)) + b"".join(references))

    @staticmethod
    def link(path, target):
        return bytes([3, 0]) + struct.pack("<H", len(path)) + path + struct.pack("<H", len(target)) + target


class Formats(Case):
    """What the program writes seldom or never, yet may."""

    def restored(self, reader):
        target = self.scratch / "out"
        here = os.getcwd()
        rescue.said.clear()
        try:
            with open(self.scratch / "said", "w", encoding="utf-8", errors="replace") as said:
                with contextlib.redirect_stderr(said):
                    rescue.restore(reader, b"", str(target))
        finally:
            os.chdir(here)
        found = {path.relative_to(target).as_posix(): path.read_bytes() for path in target.rglob("*")
                 if path.is_file() and not path.is_symlink()}
        remove_tree(target)
        return found, (self.scratch / "said").read_text()

    def test_both_suites_dictionaries_chunk_lists_and_parts(self):
        dictionary = random_bytes(20_000, "dictionary")
        text = dictionary[5_000:15_000]
        long = [random_bytes(1_000, part) for part in range(5)]
        for suite in (1, 2):
            with self.subTest(suite=suite):
                made = HandMade(self.scratch / f"suite-{suite}", suite)
                made.add(made.DATA, text, dictionary)
                made.add(made.DATA, b"".join(long))
                kind, codec, chunk_id, size, payload = made.chunks.pop()
                made.chunks.append((kind, codec, chunk_id, size, payload[:3_000]))
                made.close_pack(last_remaining=2_000)
                made.chunks.append((kind, codec, chunk_id, size, payload[3_000:]))
                made.add(made.DICTIONARY, dictionary)
                parts = [made.add(made.DATA, part) for part in long]
                lists = [made.add(made.INDEX, b"".join(parts[:2])), made.add(made.INDEX, b"".join(parts[2:]))]
                made.close_pack(first_offset=3_000)
                found, said = self.restored(made.reader(
                    made.file(b"by-dictionary", text), made.file(b"by-list", b"".join(long), 8, lists),
                    made.file(b"by-parts", b"".join(long))))
                self.assertEqual(found, {"by-dictionary": text, "by-list": b"".join(long), "by-parts": b"".join(long)})
                self.assertIn("restored 3 files", said)

    def test_a_hostile_manifest_writes_nothing_outside(self):
        outside = self.scratch / "outside"
        write(outside / "mine", b"mine")
        target = os.fsencode(outside)
        content = b"theirs"
        for records in (
                [HandMade.link(b"a", target), HandMade.file(b"a/new", content)],
                [HandMade.link(b"a", target + b"/new"), HandMade.file(b"a", content)],
                [HandMade.link(b"a", target), bytes([2, 0, 3, 0]) + b"a/d"],
                [HandMade.link(b"a", target), bytes([2, 2, 1, 0]) + b"a" + struct.pack("<qI", 1, 0)],
                [HandMade.file(b"../outside/new", content)],
                [HandMade.file(target + b"/new", content)],
                [HandMade.file(b"a//new", content)],
                [HandMade.file(b"a\0b", content)]):
            with self.subTest(records=records):
                before = tree_of(outside)
                made = HandMade(self.scratch / "made", 1)
                made.add(made.DATA, content)
                found, said = self.restored(made.reader(*records))
                self.assertEqual(tree_of(outside), before)
                self.assertEqual(found, {})
                self.assertRegex(said, "left out|lost")

    def test_a_file_whose_hash_is_another_is_left_out(self):
        made = HandMade(self.scratch / "made", 1)
        references = [made.add(made.DATA, b"one"), made.add(made.DATA, b"two")]
        found, said = self.restored(made.reader(made.file(b"wrong", b"twoone", 0, references),
                                                made.file(b"zz", b"onetwo", 0, references)))
        self.assertEqual(found, {"zz": b"onetwo"})
        self.assertIn("wrong: left out: its SHA-256", said)

    def test_the_recovery_seed_opens_a_keyring(self):
        golden = RESCUE.parents[1] / "tests/golden/keyring/keyring"
        for name in ("keyring", "keyring.2"):
            shutil.copy(golden, self.scratch / name)
        seed = bytes.fromhex("c15c0289ec2d0a9167ec8e65a18debbe5e5532fbeea293f80bc942ee9086c171")
        self.assertEqual(rescue.read_keyring(str(self.scratch), 3, seed),
                         rescue.read_keyring(str(self.scratch), 1, b"correct horse"))


class Corpus(Case):
    def test_it_comes_back_as_muniment_restores_it(self):
        corpus = os.environ.get("MUNIMENT_CORPUS")
        if not corpus:
            self.skipTest("$MUNIMENT_CORPUS names no folder")
        self.make_vault()
        self.muniment("ingest", "letters", ".", cwd=corpus)
        target = self.assert_same("letters/1")
        self.assertEqual(tree_of(target), tree_of(corpus))


class Program(Case):
    def test_it_is_short_and_needs_only_the_standard_library(self):
        lines = RESCUE.read_text().splitlines()
        self.assertLessEqual(len(lines), LINES_MAX)
        self.assertLessEqual(max(map(len, lines)), 120)
        imported = {name for line in lines if line.startswith("import ")
                    for name in line.removeprefix("import ").split(", ")}
        self.assertLessEqual({name.split(".")[0] for name in imported}, sys.stdlib_module_names)
        self.assertFalse([line for line in lines if line.lstrip().startswith("from ") and " import " in line])


if __name__ == "__main__":
    support.main()
