#!/usr/bin/env python3
"""Feeds check_layers.py small trees, right and wrong ones, and looks at its verdict."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECK = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "check_layers.py"


def check(files, *options):
    """Runs the check on a tree of {path: include} and returns its exit status, stdout and stderr."""
    with tempfile.TemporaryDirectory() as root:
        for path, include in files.items():
            file = pathlib.Path(root, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"// a comment\n#include {include}\n", encoding="utf-8")
        done = subprocess.run([sys.executable, CHECK, *options, root], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


class CheckLayers(unittest.TestCase):
    def assert_refused(self, path, include, why):
        status, _, stderr = check({path: include})
        self.assertEqual((status, stderr), (1, f"{path}:2: {why}\n"))

    def assert_accepted(self, path, include):
        self.assertEqual(check({path: include}), (0, "", ""))

    def test_down_the_ranks_is_accepted(self):
        self.assert_accepted("vault/pack/reader.cpp", '"vault/crypto/aead.hpp"')
        self.assert_accepted("vault/vault.cpp", '"vault/snapshot/ingest.hpp"')
        self.assert_accepted("vault/base/file.cpp", '"vault/base/file.hpp"')
        self.assert_accepted("cli/main.cpp", '"vault/vault.hpp"')
        self.assert_accepted("sync/session.cpp", '"vault/merkle/proof.hpp"')
        self.assert_accepted("sync/daemon.cpp", '"sync/protocol/session.hpp"')
        self.assert_accepted("sync/daemon.cpp", '"sync/transport/transport.hpp"')
        self.assert_accepted("sync/transport/hub.cpp", '"sync/protocol/session.hpp"')
        self.assert_accepted("sync/protocol/frame.hpp", '"sync/limits.hpp"')

    def test_up_the_ranks_is_refused(self):
        self.assert_refused("vault/base/file.cpp", '"vault/crypto/aead.hpp"',
                            "vault/base may not include vault/crypto")
        self.assert_refused("vault/snapshot/ingest.cpp", '"vault/vault.hpp"',
                            "vault/snapshot may not include vault")
        self.assert_refused("vault/vault.cpp", '"cli/terminal.hpp"', "vault may not include cli")

    def test_sideways_is_refused(self):
        self.assert_refused("vault/pack/reader.cpp", '"vault/ledger/ledger.hpp"',
                            "vault/pack may not include vault/ledger")
        self.assert_refused("cli/cmd_sync.cpp", '"sync/session.hpp"', "cli may not include sync")
        self.assert_refused("cli/cmd_sync.cpp", '"sync/transport/transport.hpp"',
                            "cli may not include sync/transport")
        self.assert_refused("sync/protocol/session.cpp", '"sync/transport/hub.hpp"',
                            "sync/protocol may not include sync/transport")
        self.assert_refused("sync/daemon.cpp", '"cli/terminal.hpp"', "sync may not include cli")
        self.assert_refused("sync/protocol/session.cpp", '"sync/daemon.hpp"',
                            "sync/protocol may not include sync")
        self.assert_refused("sync/protocol/session.cpp", '"vault/vault.hpp"',
                            "sync/protocol may not include vault")

    def test_past_the_facade_is_refused(self):
        self.assert_refused("cli/cmd_ls.cpp", '"vault/catalog/catalog.hpp"',
                            "cli may not include vault/catalog")
        self.assert_refused("sync/session.cpp", '"vault/snapshot/reader.hpp"',
                            "sync may not include vault/snapshot")

    def test_a_wrapped_library_is_accepted_in_its_folder_only(self):
        for path, header in [("vault/crypto/aead.cpp", "sodium.h"), ("vault/crypto/hash.cpp", "openssl/evp.h"),
                             ("sync/transport/tls.cpp", "openssl/ssl.h"), ("vault/codec/zstd.cpp", "zstd.h"),
                             ("vault/sql/statement.cpp", "sqlite3.h"), ("sync/transport/hub.cpp", "boost/asio.hpp"),
                             ("vault/pack/parity.cpp", "isa-l/erasure_code.h"), ("cli/main.cpp", "CLI/CLI.hpp"),
                             ("cli/json.cpp", "nlohmann/json.hpp")]:
            with self.subTest(header=header):
                self.assert_accepted(path, f"<{header}>")
                self.assert_refused("vault/base/text.cpp", f"<{header}>",
                                    f"only {path.rpartition('/')[0]} may include <{header}>")
        self.assert_refused("sync/transport/tls.cpp", "<openssl/evp.h>",
                            "only vault/crypto may include <openssl/evp.h>")

    def test_an_include_beside_the_figure_is_refused(self):
        for header in ("aead.hpp", "../base/bytes.hpp", "vault/util/strings.hpp", "tests/support/skip.hpp"):
            with self.subTest(header=header):
                self.assert_refused("vault/crypto/aead.cpp", f'"{header}"',
                                    f'"{header}" is not written from the source root, '
                                    "or is in no folder of the figure")

    def test_a_folder_beside_the_figure_is_refused(self):
        status, _, stderr = check({"vault/util/strings.cpp": "<string>"})
        self.assertEqual((status, stderr), (1, "vault/util/strings.cpp: stands in no folder of the figure\n"))

    def test_the_graph_shows_every_arrow(self):
        status, stdout, _ = check({"vault/pack/reader.cpp": '"vault/crypto/aead.hpp"'}, "--graph")
        self.assertEqual(status, 0)
        self.assertIn("vault/pack -> vault/crypto\n", stdout)


if __name__ == "__main__":
    unittest.main()
