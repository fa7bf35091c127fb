#!/usr/bin/env python3
"""Who can open a vault: slots, the agent, backups of keys, wrong keys."""

import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import stat
import time
import unittest

import support
from support import run, run_on_terminal, write


def request(vault):
    """Asks an agent for the keys of a vault: cli/agent_message.hpp."""
    return b"MNAG\1\1\0\0" + vault


class KeyCase(support.Case):
    """A vault that the passphrase `correct horse` opens, and a runtime folder for its agent."""

    def setUp(self):
        super().setUp()
        self.runtime = self.scratch / "run"
        self.runtime.mkdir(mode=0o700)
        self.env = support.environment(XDG_RUNTIME_DIR=str(self.runtime))
        self.passphrase = self.secret("passphrase", b"correct horse\n")
        self.sheet = self.scratch / "sheet"

    def secret(self, name, content):
        path = write(self.scratch / name, content)
        path.chmod(0o600)
        return path

    def make_passphrase_vault(self):
        self.expect(0, run("init", str(self.vault), "--device", "desk", "--passphrase-file",
                           str(self.passphrase), "--recovery-file", str(self.sheet)))

    def plain(self, *arguments, code=0):
        """Without a credential."""
        return self.expect(code, run("--vault", str(self.vault), *arguments, env=self.env))

    def with_file(self, option, path, *arguments, code=0):
        return self.plain(option, str(path), *arguments, code=code)

    def slots(self):
        return self.plain("key", "list", "--json").json_lines


class Slots(KeyCase):
    def test_a_key_file_is_added_and_the_passphrase_changed_and_removed(self):
        self.make_passphrase_vault()
        self.assertEqual([(slot["kind"], slot["opens"]) for slot in self.slots()],
                         [("passphrase", "both"), ("recovery sheet", "both")])
        self.assertGreaterEqual(self.slots()[0]["argon2id"]["memory_bytes"], 256 << 20)

        self.with_file("--passphrase-file", self.passphrase, "key", "add", "--new-key-file",
                       str(self.key))
        self.assertEqual(stat.S_IMODE(self.key.stat().st_mode), 0o600)
        self.muniment("collection", "create", "letters")

        # Only the slot that is changed is written anew.
        before = self.slots()
        slot_bytes = {slot["slot"]: self.slot_bytes(index) for index, slot in enumerate(before)}
        other = self.secret("other", b"battery staple\n")
        self.with_file("--passphrase-file", self.passphrase, "key", "change",
                       "--new-passphrase-file", str(other))
        self.assertEqual([slot["slot"] for slot in self.slots()], [slot["slot"] for slot in before])
        changed = [slot["slot"] for index, slot in enumerate(self.slots())
                   if self.slot_bytes(index) != slot_bytes[slot["slot"]]]
        self.assertEqual(changed, [before[0]["slot"]])
        self.with_file("--passphrase-file", self.passphrase, "collection", "list", code=12)
        self.with_file("--passphrase-file", other, "collection", "list")

        self.muniment("key", "remove", before[0]["slot"][:8])
        self.with_file("--passphrase-file", other, "collection", "list", code=12)

    def slot_bytes(self, index):
        """Slot number `index` as vault/keyring/FORMAT.md has it."""
        content = (self.vault / "keyring").read_bytes()
        return content[128 + 208 * index:128 + 208 * (index + 1)]

    def test_the_last_reading_slot_stays(self):
        self.make_vault()
        (slot,) = self.slots()
        self.muniment("key", "add", "--new-key-file", str(self.scratch / "daemon"), "--service")
        before = (self.vault / "keyring").read_bytes()
        result = self.muniment("key", "remove", slot["slot"], code=2)
        self.assertIn("the last slot that opens the reading keys", result.stderr)
        self.assertIn("add another one first", result.stderr)
        self.assertEqual((self.vault / "keyring").read_bytes(), before)

    def test_a_service_key_opens_no_name(self):
        self.make_vault()
        daemon = self.scratch / "daemon"
        self.muniment("key", "add", "--new-key-file", str(daemon), "--service")
        for command in (["collection", "list"], ["unlock"], ["key", "add", "--new-key-file", "x"]):
            result = self.with_file("--key-file", daemon, *command, code=None)
            self.assertIn(result.code, (2, 12), result.stderr)
            self.assertEqual(result.stdout, b"")
        self.assertFalse(pathlib.Path("x").exists())

    def test_slots_are_named_by_enough_digits(self):
        self.make_vault()
        for name in ("", "0", "zzzz", "00000000000000000000000000000000"):
            self.muniment("key", "remove", name, code=1)

    def test_a_new_passphrase_is_asked_on_the_terminal(self):
        self.make_vault()
        code, screen = run_on_terminal(
            *self.options(), "key", "add",
            answers=[(b"New passphrase: ", b"battery\n"), (b"The same again: ", b"battery\n")])
        self.assertEqual(code, 0, screen)
        self.with_file("--passphrase-file", self.secret("new", b"battery"), "collection", "list")


class WrongKeys(KeyCase):
    def test_a_passphrase_that_is_wrong_ten_times_costs_time_and_tells_nothing(self):
        self.make_passphrase_vault()
        wrong = self.secret("wrong", b"incorrect horse\n")
        before = {path: path.read_bytes() for path in self.vault.rglob("keyring*")}
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        said = {self.with_file("--passphrase-file", wrong, "collection", "list", code=12).stderr
                for _ in range(10)}
        now = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.assertEqual(said, {"muniment: error: keyring: this passphrase does not open it\n"})
        # Argon2id was measured to a second; half of it is allowed for a machine that has sped up.
        cpu_seconds = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
        self.assertGreater(cpu_seconds, 10 * 0.25)
        self.assertGreater(now.ru_maxrss, 256 * 1024)
        self.assertEqual({path: path.read_bytes() for path in self.vault.rglob("keyring*")}, before)
        self.with_file("--passphrase-file", self.passphrase, "collection", "list")

    def test_a_keyring_of_another_vault_is_refused(self):
        self.make_vault()
        other = self.scratch / "other"
        self.expect(0, run("init", str(other), "--key-file", str(self.key)))
        for name in ("keyring", "keyring.2"):
            shutil.copy(other / name, self.vault / name)
        result = self.muniment("collection", "list", code=13)
        self.assertIn("it belongs to another vault", result.stderr)

    def test_a_keyring_that_is_half_written_is_refused(self):
        self.make_vault()
        whole = (self.vault / "keyring").read_bytes()
        for name in ("keyring", "keyring.2"):
            (self.vault / name).write_bytes(whole[:len(whole) // 2])
        result = self.muniment("collection", "list", code=13)
        self.assertIn("both copies are damaged", result.stderr)


class Agent(KeyCase):
    def setUp(self):
        super().setUp()
        self.make_vault()
        self.addCleanup(lambda: run("--vault", str(self.vault), "lock", env=self.env))

    def unlock(self, *more):
        self.with_file("--key-file", self.key, "unlock", *more)

    def agent_socket(self):
        (path,) = (self.runtime / "muniment").iterdir()
        return path

    def agent_process(self):
        """Its process id: it still has the command line that started it."""
        wanted = str(self.vault).encode()
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = path.read_bytes().split(b"\0")
            except (FileNotFoundError, ProcessLookupError):
                continue  # some other process has just ended
            if wanted in words and b"unlock" in words:
                found.append(int(path.parent.name))
        (process,) = found
        return process

    def ask(self, message):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
            client.connect(str(self.agent_socket()))
            client.send(message)
            return client.recv(1 << 18)

    def test_forty_commands_take_one_passphrase(self):
        self.muniment("key", "add", "--new-passphrase-file", str(self.passphrase))
        write(self.scratch / "file", b"content")
        self.ingest(self.scratch / "file")
        self.plain("collection", "list", code=2)
        code, screen = run_on_terminal("--vault", str(self.vault), "unlock", "--for", "10m",
                                       env=self.env,
                                       answers=[(b"Passphrase: ", b"correct horse\n")])
        self.assertEqual(code, 0, screen)
        for _ in range(40):
            self.assertEqual(self.plain("cat", "letters/1:file").stdout, b"content")
        self.assertTrue(self.plain("status", "--json").json["unlocked"])
        self.plain("lock")
        self.assertEqual(list((self.runtime / "muniment").iterdir()), [])
        self.plain("cat", "letters/1:file", code=2)

    def test_it_ends_by_itself(self):
        self.unlock("--for", "1s")
        deadline = time.monotonic() + 60
        while list((self.runtime / "muniment").iterdir()) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.plain("collection", "list", code=2)

    def test_if_it_is_killed_a_passphrase_is_asked_again(self):
        self.unlock()
        os.kill(self.agent_process(), signal.SIGKILL)
        self.plain("collection", "list", code=2)
        self.unlock()
        self.plain("collection", "list")

    def test_only_its_user_can_get_at_it(self):
        self.unlock()
        self.assertEqual(stat.S_IMODE(self.agent_socket().stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(self.agent_socket().parent.stat().st_mode), 0o700)
        process = pathlib.Path("/proc") / str(self.agent_process())
        # Not dumpable: the kernel gives such a process's files to root.
        self.assertEqual((process / "environ").stat().st_uid, 0)
        limits = (process / "limits").read_text()
        self.assertRegex(limits, r"Max core file size +0 +0 ")

    @unittest.skipUnless(os.geteuid() == 0, "only root can become another user")
    def test_another_user_is_turned_away(self):
        self.unlock()
        path = self.agent_socket()
        message = request(self.vault_id())
        for folder in (self.scratch, self.runtime, path.parent):
            folder.chmod(0o777)
        path.chmod(0o777)
        child = os.fork()
        if child == 0:
            try:
                os.setuid(65534)
                os._exit(1 if self.ask(message) else 0)
            except ConnectionError:
                os._exit(0)
            finally:
                os._exit(2)
        _, status = os.waitpid(child, 0)
        path.parent.chmod(0o700)
        self.runtime.chmod(0o700)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0, "another user was given an answer")

    def vault_id(self):
        return bytes.fromhex(self.plain("status", "--json").json["vault"])

    def test_an_ending_agent_leaves_its_successor_alone(self):
        self.unlock("--for", "2s")
        # As if the second had been started between the first one's end and its tidying up.
        first = self.agent_socket()
        first.rename(first.parent.parent / "aside")
        self.unlock("--for", "10m")
        process = self.agent_process
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                process()
                break
            except ValueError:  # both are there still
                time.sleep(0.05)
        self.plain("collection", "list")

    def test_only_whole_requests_are_answered(self):
        self.unlock()
        good = request(self.vault_id())
        self.assertGreater(len(self.ask(good)), 1024)
        for bad in (good[:-1], good + b"\0", b"MNAG", b"X" + good[1:], good[:4] + b"\2" + good[5:],
                    good[:5] + b"\3" + good[6:], good[:6] + b"\1" + good[7:],
                    good[:-1] + bytes([good[-1] ^ 1]), b"\0" * 100_000):
            with self.subTest(bad=bad[:32]):
                self.assertLess(len(self.ask(bad)), 64)
        self.plain("collection", "list")

    def test_a_folder_that_others_can_enter_is_not_used(self):
        folder = self.runtime / "muniment"
        folder.mkdir(mode=0o755)
        folder.chmod(0o755)
        result = self.with_file("--key-file", self.key, "unlock", code=1)
        self.assertIn("yours alone", result.stderr)
        self.assertEqual(list(folder.iterdir()), [])

    def test_times_are_checked(self):
        for text in ("", "0s", "5", "m", "25h", "-1m", "1d", "1.5h", "9999999s"):
            self.with_file("--key-file", self.key, "unlock", "--for", text, code=2)


class Backup(KeyCase):
    def setUp(self):
        super().setUp()
        self.make_vault()
        write(self.scratch / "leak/file", b"content" * 1000)
        self.ingest(self.scratch / "leak")
        self.backup = self.scratch / "keys.backup"

    def test_a_vault_comes_back_from_its_packs_and_the_backup(self):
        self.muniment("key", "export-backup", str(self.backup))
        self.assertEqual(stat.S_IMODE(self.backup.stat().st_mode), 0o600)
        new = self.scratch / "new"
        self.expect(0, run("--vault", str(new), "--key-file", str(self.key), "key", "import-backup",
                           str(self.backup)))
        support.remove_tree(new / "packs")
        shutil.copytree(self.vault / "packs", new / "packs")
        support.remove_tree(self.vault)
        new.rename(self.vault)
        self.assertEqual(self.muniment("cat", "letters/1:leak/file").stdout, b"content" * 1000)
        self.muniment("verify", "--deep")
        write(self.scratch / "leak/second", b"more")
        self.assertEqual(self.ingest(self.scratch / "leak"), "letters/2@desk")

    def test_only_what_is_lost_is_put_back(self):
        self.muniment("key", "export-backup", str(self.backup))
        write(self.scratch / "leak/second", b"more")
        self.ingest(self.scratch / "leak")
        for name in ("keyring", "keyring.2"):
            (self.vault / name).unlink()
        restored = self.muniment("key", "import-backup", str(self.backup), "--json").json
        self.assertEqual((restored["keyring"], restored["ledgers"]), (True, []))
        self.assertEqual(self.muniment("cat", "letters/2:leak/second").stdout, b"more")

    def test_a_ledger_that_is_lost_comes_back(self):
        self.muniment("key", "export-backup", str(self.backup))
        ledgers = sorted((self.vault / "ledgers").iterdir())
        for ledger in ledgers:
            for name in ("tail", "tail.2"):
                (ledger / name).write_bytes((ledger / name).read_bytes()[:100])
        self.muniment("ls", "letters/1", code=13)
        restored = self.muniment("key", "import-backup", str(self.backup), "--json").json
        self.assertEqual(sorted(restored["ledgers"]), [ledger.name for ledger in ledgers])
        self.muniment("ls", "letters/1")
        self.muniment("verify", "--deep")

    def test_nothing_readable_stands_in_it(self):
        self.muniment("key", "export-backup", str(self.backup))
        content = self.backup.read_bytes()
        for word in (b"letters", b"desk", b"paper", b"grant", b"ledger", b"muniment/"):
            self.assertNotIn(word, content)

    def test_one_flipped_bit_is_noticed(self):
        self.muniment("key", "export-backup", str(self.backup))
        size = self.backup.stat().st_size
        for offset in (0, 9, 200, size // 2, size - 1):
            damaged = self.scratch / f"damaged-{offset}"
            shutil.copy(self.backup, damaged)
            support.flip_bit(damaged, offset)
            result = run("--vault", str(self.scratch / "new"), "--key-file", str(self.key), "key",
                         "import-backup", str(damaged))
            self.expect(13, result)
            self.assertFalse((self.scratch / "new").exists())

    def test_another_key_opens_it_not(self):
        self.muniment("key", "export-backup", str(self.backup))
        other = self.secret("other-key", b"0" * 64)
        self.expect(12, run("--vault", str(self.scratch / "new"), "--key-file", str(other), "key",
                            "import-backup", str(self.backup)))
        self.assertFalse((self.scratch / "new").exists())

    def test_another_vault_is_not_touched(self):
        self.muniment("key", "export-backup", str(self.backup))
        other = self.scratch / "other"
        self.expect(0, run("init", str(other), "--key-file", str(self.key)))
        before = support.tree_of(other)
        self.expect(1, run("--vault", str(other), "--key-file", str(self.key), "key",
                           "import-backup", str(self.backup)))
        self.assertEqual(support.tree_of(other), before)

    def test_status_shows_its_age_and_says_when_it_is_needed(self):
        todo = self.plain("status", "--json").json
        self.assertNotIn("last_backup", todo)
        self.assertIn("the keys have no backup", str(todo["todo"]))
        self.muniment("key", "export-backup", str(self.backup))
        now = self.plain("status", "--json").json
        self.assertIn("last_backup", now)
        self.assertNotIn("backup", str(now["todo"]))
        self.assertRegex(self.plain("status").text, r"key backup  2\d{3}-.*Z, \d+ s ago")
        self.muniment("key", "add", "--new-key-file", str(self.scratch / "second"))
        self.assertIn("changed since its last backup", str(self.plain("status", "--json").json["todo"]))

    def test_an_older_backup_is_not_overwritten(self):
        self.muniment("key", "export-backup", str(self.backup))
        self.muniment("key", "export-backup", str(self.backup), code=1)


class Recovery(KeyCase):
    def setUp(self):
        super().setUp()
        self.make_passphrase_vault()
        self.new = self.secret("new-passphrase", b"battery staple\n")

    def restore(self, *files, code=0):
        shares = [argument for file in files for argument in ("--share-file", str(file))]
        return self.plain("key", "recovery", "restore", "--new-passphrase-file", str(self.new),
                          *shares, code=code)

    def split(self, need, of):
        folder = self.scratch / f"shares-{need}-{of}"
        self.with_file("--passphrase-file", self.passphrase, "key", "recovery", "split", "--need",
                       str(need), "--of", str(of), "--to", str(folder))
        return sorted(folder.iterdir())

    def test_the_sheet_sets_a_new_passphrase(self):
        self.restore(self.sheet)
        self.with_file("--passphrase-file", self.new, "collection", "list")
        self.with_file("--passphrase-file", self.passphrase, "collection", "list", code=12)

    def test_enough_shares_give_the_keys_back_whichever_they_are(self):
        shares = self.split(3, 5)
        self.assertEqual(len(shares), 5)
        self.assertTrue(all(stat.S_IMODE(share.stat().st_mode) == 0o600 for share in shares))
        self.restore(shares[4], shares[0], shares[2])
        self.with_file("--passphrase-file", self.new, "collection", "list")
        # The sheet that there was is void.
        self.restore(self.sheet, code=12)

    def test_one_too_few_is_said(self):
        shares = self.split(3, 5)
        before = (self.vault / "keyring").read_bytes()
        result = self.restore(shares[0], shares[1], code=12)
        self.assertIn("too few shares: 1 more needed", result.stderr)
        self.assertEqual((self.vault / "keyring").read_bytes(), before)

    def test_an_altered_share_is_named(self):
        shares = self.split(2, 3)
        text = shares[2].read_text()
        (word,) = re.findall(r" 7  ([a-z]+)", text)
        wrong = "academic" if word != "academic" else "acid"
        shares[2].write_text(text.replace(f" 7  {word}", f" 7  {wrong}"))
        result = self.restore(shares[0], shares[2], code=12)
        self.assertIn("share 2: a word is wrong", result.stderr)
        shares[2].write_text(text.replace(f" 7  {word}", " 7  xylophone"))
        self.assertIn("share 2: word 7 is not in the list",
                      self.restore(shares[0], shares[2], code=12).stderr)

    def test_shares_can_be_typed_and_one_that_is_wrong_typed_again(self):
        shares = self.split(2, 3)
        words = [b" ".join(word for _, word in sorted(
            (int(number), word) for number, word in re.findall(rb"(\d+)  ([a-z]{4,})", share.read_bytes())))
            for share in shares]
        code, screen = run_on_terminal(
            "--vault", str(self.vault), "key", "recovery", "restore", "--new-passphrase-file",
            str(self.new), env=self.env,
            answers=[(b"of a share: ", words[0] + b"\n"),
                     (b"words of share 2: ", words[1][:-5] + b"\n"),
                     (b"words of share 2: ", words[1] + b"\n")])
        self.assertEqual(code, 0, screen)
        self.assertIn(b"too few shares: 1 more needed", screen)
        self.assertNotIn(words[0][:20], screen)
        self.with_file("--passphrase-file", self.new, "collection", "list")

    def test_a_new_sheet_makes_the_old_one_void(self):
        second = self.scratch / "second-sheet"
        self.with_file("--passphrase-file", self.passphrase, "key", "recovery", "new",
                       "--recovery-file", str(second))
        self.restore(self.sheet, code=12)
        self.restore(second)
        self.assertEqual([slot["kind"] for slot in self.slots()], ["passphrase", "recovery sheet"])

    def test_impossible_numbers_are_usage(self):
        for need, of in ((1, 1), (1, 3), (4, 3), (2, 17)):
            self.with_file("--passphrase-file", self.passphrase, "key", "recovery", "split", "--need",
                           str(need), "--of", str(of), "--to", str(self.scratch / "none"), code=2)
        self.assertFalse((self.scratch / "none").exists())

    def test_a_backup_opens_with_shares(self):
        shares = self.split(2, 2)
        backup = self.scratch / "backup"
        self.with_file("--passphrase-file", self.passphrase, "key", "export-backup", str(backup))
        support.remove_tree(self.vault)
        self.plain("key", "import-backup", str(backup), "--share-file", str(shares[0]),
                   "--share-file", str(shares[1]))
        self.with_file("--passphrase-file", self.passphrase, "collection", "list")


if __name__ == "__main__":
    support.main()
