"""``tlog-scales`` (PyPI, Apache-2.0) asked about our cases: a line of JSON in, a line of JSON out.

Runs in an environment of its own that has nothing of ours. Its checks are used as they are; the reading of the cases
and the walk over the bundles are ours.
"""

# pyright: reportMissingImports=false

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any

from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey
from tlog_scales.tiles import leaf_hash
from tlog_scales.tlog import Checkpoint, ConsistencyProof, InclusionProof


def check(case: dict[str, Any]) -> None:
    """An exception when the case is not accepted."""
    key = Vkey.from_string(case["vkey"])
    if case["kind"] == "log":
        return whole(Path(case["folder"]), key)
    found = opened(case["note"], key, case.get("witness"))
    hashes = [base64.b64decode(text) for text in case.get("hashes", ())]
    if case["kind"] == "inclusion":
        leaf = leaf_hash(base64.b64decode(case["entry"]))
        InclusionProof(case["index"], found.size, hashes).check(leaf, found.root_hash)
    elif case["kind"] == "consistency":
        old = opened(case["old"], key)
        ConsistencyProof(old.size, found.size, hashes).check(old.root_hash, found.root_hash)
    return None


def opened(text: str, key: Any, witness: str | None = None) -> Any:
    """A checkpoint that the log signed, and the witness where one is asked for."""
    found = Checkpoint.from_text(text)
    if found.origin != key.name:
        raise ValueError("another origin")
    found.verify(key)
    if witness is not None:
        found.verify(Vkey.from_string(witness))
    return found


def whole(folder: Path, key: Any) -> None:
    """Every entry by its own proof; the reader does not hold tiles against the root, so each is needed."""
    reader = TilesReader(LocalBackend(folder))
    found = reader.get_checkpoint()
    opened((folder / "checkpoint").read_text(), key)
    if reader.calculate_root_hash() != found.root_hash:
        raise ValueError("the tiles make another root")
    for index in range(found.size):
        proof = reader.get_inclusion_proof(index, found.size)
        proof.check(leaf_hash(reader.get_entry(index)), found.root_hash)


for line in sys.stdin:
    asked = json.loads(line)
    why = ""
    try:
        check(asked)
    except Exception as error:  # noqa: BLE001  # whatever it says no with
        why = f"{type(error).__name__}: {error}"[:200]
    sys.stdout.write(json.dumps({"name": asked["name"], "accepted": not why, "why": why}) + "\n")
