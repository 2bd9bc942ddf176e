"""Checks a published log with nothing but its files and a trust file; copy this folder, read it, run it.

Decision: standard library only, with ``cryptography`` for signatures where it is there, and nothing of the rest of
claimdesk. Nothing is believed that does not follow from the trust file, which must come from somewhere else than the
log. Authority: RFC 6962, RFC 8032 and the C2SP documents. Left out: what the entries mean (the journal says that).

    python verifier log FOLDER --trust TRUST_FILE [--held CHECKPOINT ...] [--quick | --thorough]
    python verifier proof FILE.tlog-proof ENTRY_FILE --trust TRUST_FILE
"""

from pathlib import Path

from .fault import Fault, Untrue
from .log import Report, verify_log
from .notes import Checkpoint, Vkey, parse_checkpoint
from .proof import verify_proof
from .trust import Trust, parse_trust

__all__ = [
    "Checkpoint",
    "Fault",
    "Report",
    "Trust",
    "Untrue",
    "Vkey",
    "parse_checkpoint",
    "parse_trust",
    "verifier_folder",
    "verify_log",
    "verify_proof",
]


def verifier_folder() -> Path:
    """Where these modules lie, to be copied to whoever wants to check for themselves."""
    return Path(__file__).parent
