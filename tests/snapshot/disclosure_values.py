#!/usr/bin/env python3
"""Prints the values that disclosure_test.cpp expects, from vault/snapshot/FORMAT.md alone."""
import hashlib
import struct

KEY = bytes(range(32))
NONCE = b"\x5a" * 32
PATH = b"folder/na\xc3\xafve \xff.txt"
SHA = hashlib.sha256(b"hello").digest()


def keyed(key, *parts):
    return hashlib.blake2b(b"".join(parts), key=key, digest_size=32).digest()


def leaf(fields):
    seed = keyed(KEY, NONCE, PATH, SHA)
    text = "muniment/leaf/v1\n"
    for label, value in fields:
        salt = keyed(seed, b"muniment/salt/v1\0", label)
        digest = hashlib.sha256(b"muniment/field/v1\0" + struct.pack("<H", len(label)) + label + salt
                                + struct.pack("<Q", len(value)) + value).hexdigest()
        print(label.decode(), digest)
        text += f"{label.decode()} {digest}\n"
    print("leaf", hashlib.sha256(b"\0" + text.encode()).hexdigest())


CONTENT = f"sha256 {SHA.hex()}\nsize 5\n".encode()
PARTS = hashlib.sha256(b"parts").hexdigest().encode() + b"\n"
leaf([(b"content", CONTENT), (b"name", PATH), (b"time", b"-5.000000042\n"), (b"parts", b"")])
leaf([(b"content", CONTENT), (b"name", PATH), (b"time", b""), (b"parts", PARTS)])
