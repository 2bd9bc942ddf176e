"""``aics-tlog`` (PyPI, Apache-2.0) asked about our cases: a line of JSON in, a line of JSON out.

Runs in an environment of its own that has nothing of ours. Its checks are used as they are; only the reading of the
cases is ours.
"""

# pyright: reportMissingImports=false

from __future__ import annotations

import base64
import json
import sys
from typing import Any

from aics_tlog import (
    FileSystemTileReader,
    leaf_hash,
    parse_checkpoint,
    parse_note,
    parse_vkey,
    read_entry,
    verify_checkpoint,
    verify_consistency,
    verify_leaf_inclusion,
)
from aics_tlog.tiles import inclusion_proof_from_tiles
from aics_tlog.tree import verify_inclusion
from aics_tlog.verified import VerifiedTileReader


def check(case: dict[str, Any]) -> None:
    """An exception when the case is not accepted."""
    if case["kind"] == "log":
        return whole(case["folder"], case["vkey"])
    found = opened(case["note"], case["vkey"], case.get("witness"))
    hashes = [base64.b64decode(text) for text in case.get("hashes", ())]
    if case["kind"] == "inclusion":
        entry = base64.b64decode(case["entry"])
        sure(verify_leaf_inclusion(entry, case["index"], found.size, hashes, found.root))
    elif case["kind"] == "consistency":
        old = opened(case["old"], case["vkey"])
        sure(verify_consistency(old.size, found.size, old.root, found.root, hashes))
    return None


def sure(good: bool) -> None:
    """ValueError unless it is."""
    if not good:
        raise ValueError("not accepted")


def opened(text: str, vkey: str, witness: str | None = None) -> Any:
    """A checkpoint that the log signed, and the witness where one is asked for."""
    note, key = parse_note(text), parse_vkey(vkey)
    witnesses = [] if witness is None else [parse_vkey(witness)]
    done = verify_checkpoint(note, key, witnesses, len(witnesses), expected_origin=key.name)
    if not done.ok:
        raise ValueError(done.error)
    return parse_checkpoint(note.text)


def whole(folder: str, vkey: str) -> None:
    """Every entry by its own proof, from tiles that are held against the signed root."""
    with open(f"{folder}/checkpoint", encoding="utf-8", newline="") as file:  # noqa: PTH123  # newlines as they are
        found = opened(file.read(), vkey)
    reader = VerifiedTileReader(FileSystemTileReader(folder), found.size, found.root)
    for index in range(found.size):
        leaf = leaf_hash(read_entry(reader, index, found.size))
        proof = inclusion_proof_from_tiles(reader, index, found.size)
        sure(verify_inclusion(leaf, index, found.size, proof, found.root))


for line in sys.stdin:
    asked = json.loads(line)
    why = ""
    try:
        check(asked)
    except Exception as error:  # noqa: BLE001  # whatever it says no with
        why = f"{type(error).__name__}: {error}"[:200]
    sys.stdout.write(json.dumps({"name": asked["name"], "accepted": not why, "why": why}) + "\n")
