"""What tests of proofs share: a vault with a proof in it, and scripts/check-proof as others run it."""

import importlib.machinery
import importlib.util
import pathlib
import sys

import support
from test_partners import Partner, PartnerCase

CHECKER = pathlib.Path(__file__).resolve().parents[2] / "scripts/check-proof"


def load_checker():
    """The program as a module, for what would take too many processes."""
    loader = importlib.machinery.SourceFileLoader("check_proof", str(CHECKER))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("check_proof", loader))
    sys.dont_write_bytecode = True  # it has no ending, so that its compiled form would lie in scripts/
    loader.exec_module(module)
    return module


def check_proof(*arguments):
    return support.run(*map(str, arguments), command=(sys.executable, str(CHECKER)))


class WitnessedCase(PartnerCase):
    """Two members; what one takes in, the other has seen and cosigned."""

    def two_members(self, files):
        """`files` are contents by path."""
        self.spiegel, self.bbc = Partner(self, "spiegel"), Partner(self, "bbc")
        self.join(self.spiegel, self.bbc, roles="reader,custodian,witness")
        self.spiegel.run("collection", "create", "letters")
        self.spiegel.run("grant", "letters", "bbc")
        for path, content in files.items():
            support.write(self.scratch / "leak" / path, content)
        self.spiegel.run("ingest", "letters", self.scratch / "leak")

    def exchange(self, name="stick"):
        """bbc cosigns, and spiegel hears of it."""
        there, back = self.scratch / name, self.scratch / f"{name}-back"
        self.spiegel.run("bundle", "export", "--for", "bbc", there)
        self.bbc.run("bundle", "import", there)
        self.bbc.run("bundle", "export", "--for", "spiegel", back, "--since", there)
        self.spiegel.run("bundle", "import", back)
