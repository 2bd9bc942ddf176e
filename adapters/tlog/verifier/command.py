"""The verifier on the command line: 0 when everything checks out, 1 when something does not, 2 for wrong use."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from .fault import Untrue
from .log import verify_log
from .proof import verify_proof
from .trust import parse_trust


def main(words: Sequence[str] | None = None) -> int:
    """0: everything checks out; 1: something does not; 2: wrong use."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    kinds = parser.add_subparsers(dest="kind", required=True)
    whole = kinds.add_parser("log", help="a published log")
    whole.add_argument("folder", type=Path)
    whole.add_argument("--held", type=Path, action="append", default=[], help="a checkpoint kept from earlier")
    depth = whole.add_mutually_exclusive_group()
    depth.add_argument("--quick", action="store_true", help="the tree only, not the chains of the claims")
    depth.add_argument("--thorough", action="store_true", help="also that every entry is canonical JSON")
    one = kinds.add_parser("proof", help="one entry and its proof")
    one.add_argument("proof", type=Path)
    one.add_argument("entry", type=Path)
    for kind in (whole, one):
        kind.add_argument(
            "--trust", type=Path, required=True, help="trust file (tlog-policy), not from the log's folder"
        )
        kind.add_argument("--json", action="store_true")
    given = parser.parse_args(words)
    try:
        if given.kind == "log" and given.trust.resolve().is_relative_to(given.folder.resolve()):
            parser.error("the trust file must not come from the folder of the log it judges")
        trust = parse_trust(given.trust.read_bytes())
        if given.kind == "log":
            held = [p.read_bytes() for p in given.held]
            report = verify_log(given.folder, trust, held=held, quick=given.quick, thorough=given.thorough)
        else:
            report = verify_proof(given.proof.read_bytes(), given.entry.read_bytes(), trust)
    except (OSError, Untrue) as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    if given.json:
        sys.stdout.write(json.dumps(report.to_dict(), ensure_ascii=False) + "\n")
    elif report.fault is None:
        by = f", cosigned by {', '.join(report.witnesses)}" if report.witnesses else ""
        sys.stdout.write(f"ok: {report.origin}, {report.size} entries, root {report.root}{by}\n")
    else:
        sys.stdout.write(f"BAD: {report.fault}\n")
    return 0 if report.ok else 1
