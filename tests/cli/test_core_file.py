#!/usr/bin/env python3
"""The program leaves no core file; and no key of ours is in the memory that one would hold, whatever it is doing."""

import os
import pathlib
import resource
import signal
import subprocess

import support
from support import random_bytes, run, start, write

SECRETS_PROGRAM = os.environ.get("VAULT_SECRETS_PROGRAM", "build/release/bin/vault_secrets")
# Half a key is a find, too.
NEEDLE_BYTES = 16
PLAINTEXT = random_bytes(3_000_000, "plaintext")
# SQLCipher keeps it in memory of its own, as it pleases: this is what core files are forbidden for.
KEPT_BY_OTHERS = {"catalog-pages"}
# Secrets have a few pages each. What is larger and never dumped, or very large, belongs to a sanitizer.
GUARDED_BYTES_MAX = 1 << 21
MAPPING_BYTES_MAX = 1 << 32


class Mapping:
    def __init__(self, line):
        span, self.rights, _, _, _, *name = line.split(maxsplit=5)
        self.begin, self.end = (int(address, 16) for address in span.split("-"))
        self.name = name[0] if name else ""
        self.flags = []

    @property
    def is_dumped(self):
        return "dd" not in self.flags and "io" not in self.flags


def mappings(process):
    found = []
    for line in pathlib.Path(f"/proc/{process}/smaps").read_text().splitlines():
        name = line.split(maxsplit=1)[0]
        if name == "VmFlags:":
            found[-1].flags = line.split()[1:]
        elif not name.endswith(":"):
            found.append(Mapping(line))
    return found


def read_memory(process):
    """Yields each mapping that can hold more than a file has, with what is in it."""
    with open(f"/proc/{process}/mem", "rb", buffering=0) as memory:
        for mapping in mappings(process):
            if "w" not in mapping.rights and mapping.name:
                continue
            size = mapping.end - mapping.begin
            if "r" not in mapping.rights or size > (MAPPING_BYTES_MAX if mapping.is_dumped else GUARDED_BYTES_MAX):
                continue
            memory.seek(mapping.begin)
            content = bytearray()
            while len(content) < size:
                try:
                    content += memory.read(size - len(content))
                except OSError:  # a file that is shorter than its mapping: the catalog's shared memory
                    if not mapping.name.endswith("-shm"):
                        raise
                    break
            yield mapping, bytes(content)


def needles(secret):
    """Both ends of it, as bytes and as hexadecimal text."""
    for part in (secret[:NEEDLE_BYTES], secret[-NEEDLE_BYTES:]):
        yield part
        yield part.hex().encode()


class CoreFile(support.Case):
    def make(self, kind):
        self.kind = kind
        if kind == "key-file":
            self.make_vault()
        else:
            write(self.key, b"seldom does a partridge drive the tractor").chmod(0o600)
            self.expect(0, run("init", str(self.vault), "--passphrase-file", str(self.key),
                               "--recovery-file", str(self.scratch / "recovery")))
            self.muniment("collection", "create", "letters")
        told = subprocess.run([SECRETS_PROGRAM, self.vault, kind, self.key], capture_output=True, check=True)
        self.secrets = [(kind, self.key.read_bytes())]
        for line in told.stdout.decode().splitlines():
            name, value = line.split()
            self.secrets.append((name, bytes.fromhex(value)))
        self.assertGreater(len(self.secrets), 12)

    def options(self):
        return ["--vault", str(self.vault), f"--{self.kind}" if self.kind == "key-file" else "--passphrase-file",
                str(self.key)]

    def reading(self):
        """The program in the middle of a cat: nobody takes what it writes."""
        self.muniment("ingest", "letters", str(write(self.scratch / "letter", PLAINTEXT)))
        process = start(*self.options(), "cat", "letters/latest:letter")
        self.assertEqual(process.stdout.read(1000), PLAINTEXT[:1000])
        return process

    def writing(self):
        """In the middle of an ingest: more is to come on its standard input."""
        process = subprocess.Popen([support.PROGRAM, *self.options(), "ingest", "letters", "--stdin"],
                                   stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env=support.environment(), start_new_session=True)
        process.stdin.write(20 * PLAINTEXT)
        process.stdin.flush()
        return process

    def end(self, process):
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                stream.close()

    def look(self, process):
        """Searches the memory of a process that stands still."""
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
        plaintext_seen = False
        guarded = set()
        leaks = set()
        for mapping, content in read_memory(process.pid):
            for name, secret in self.secrets:
                if any(needle in content for needle in needles(secret)):
                    if mapping.is_dumped and name not in KEPT_BY_OTHERS:
                        leaks.add(f"{name} in {mapping.name or 'anonymous memory'} {mapping.flags}")
                    elif not mapping.is_dumped:
                        guarded.add(name)
            plaintext_seen = plaintext_seen or (mapping.is_dumped and PLAINTEXT[1000:1100] in content)
        # What is there is found: what is no key in what would be dumped, and the keys where they are kept.
        self.assertTrue(plaintext_seen)
        self.assertLessEqual({"id-key", "epoch-kem", "log", "reading"}, guarded)
        self.assertEqual(sorted(leaks), [])

    def look_and_end(self, process):
        try:
            self.look(process)
        except PermissionError:
            self.skipTest("only root may read the memory of this program")
        finally:
            self.end(process)

    def test_while_it_reads_with_a_key_file(self):
        self.make("key-file")
        self.look_and_end(self.reading())

    def test_while_it_reads_with_a_passphrase(self):
        self.make("passphrase")
        self.look_and_end(self.reading())

    def test_while_it_writes(self):
        self.make("key-file")
        self.look_and_end(self.writing())

    def kill(self, command):
        """Ends it as a bug would, where a core file is allowed and would be put; the core files after that."""
        allow = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, cwd=self.scratch,
                                   env=support.environment(),
                                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, allow))
        self.assertNotEqual(process.stdout.read(1000), b"")
        process.send_signal(signal.SIGSEGV)
        process.wait()
        process.stdout.close()
        return list(self.scratch.glob("core*"))

    def test_a_crash_leaves_no_core_file(self):
        self.make("key-file")
        self.muniment("ingest", "letters", str(write(self.scratch / "letter", PLAINTEXT)))
        self.assertEqual(self.kill([support.PROGRAM, *self.options(), "cat", "letters/latest:letter"]), [])
        if not self.kill(["cat", str(self.scratch / "letter")]):
            self.skipTest("this system does not put core files where they can be seen")


if __name__ == "__main__":
    support.main()
