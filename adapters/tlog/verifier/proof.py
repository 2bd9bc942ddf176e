"""One entry and its proof: a file that shows, without the log, that the entry stands in it.

Authority: c2sp.org/tlog-proof. Left out: what the extra data of a proof file means.
"""

from __future__ import annotations

import binascii
import re
import time
from dataclasses import dataclass

from .fault import Untrue, safe
from .log import Report
from .notes import Checkpoint, base64_bytes, parse_checkpoint
from .tree import leaf_hash, root_from_inclusion
from .trust import Trust


@dataclass(frozen=True, slots=True)
class Proof:
    """A parsed ``.tlog-proof`` file."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: Checkpoint
    extra: bytes | None


def parse_proof(data: bytes) -> Proof:
    """A proof file from its bytes; Untrue when it is none."""
    try:
        head, blank, note = data.partition(b"\n\n")
        lines = iter(head.decode().split("\n"))
        if next(lines) != "c2sp.org/tlog-proof@v1" or not blank:
            raise ValueError("its first line")
        line = next(lines, "")
        extra = None
        if line.startswith("extra "):
            extra, line = base64_bytes(line[6:]), next(lines, "")
        match = re.fullmatch(r"index (0|[1-9][0-9]{0,18})", line, re.ASCII)
        if match is None:
            raise ValueError("its index")
        hashes = tuple(base64_bytes(text) for text in lines)
        if any(len(h) != 32 for h in hashes) or len(hashes) > 63:
            raise ValueError("its hashes")
    except (ValueError, binascii.Error) as error:
        raise Untrue("bad_proof", "proof", f"this is no proof file ({safe(error)})") from None
    return Proof(int(match[1]), hashes, parse_checkpoint(note, "proof"), extra)


def verify_proof(data: bytes, entry: bytes, trust: Trust) -> Report:
    """Checks that ``entry`` stands in the log of the proof's checkpoint."""
    report, started = Report(), time.perf_counter()
    try:
        proof = parse_proof(data)
        found = proof.checkpoint
        report.origin, report.size, report.root, report.entries = found.origin, found.size, found.root.hex(), 1
        report.witnesses = trust.check(found, "proof")
        if root_from_inclusion(proof.index, found.size, leaf_hash(entry), proof.hashes) != found.root:
            where = f"entry {proof.index}"
            raise Untrue(
                "not_included", where, "the proof does not lead from this entry to the signed root", proof.index
            )
    except Untrue as error:
        report.fault = error.fault
    report.seconds = time.perf_counter() - started
    return report
