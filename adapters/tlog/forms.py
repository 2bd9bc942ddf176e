"""The files of a log as bytes: entry bundles and proof files.

Authority: C2SP tlog-tiles, tlog-proof. Left out: reading them back, which is the verifier's.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence

ENTRY_MAX = 65_535


def bundle(entries: Iterable[bytes]) -> bytes:
    """Entries one after the other, each behind its length in two bytes."""
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > ENTRY_MAX:
            raise ValueError("an entry is too long for a bundle")
        parts += (len(entry).to_bytes(2, "big"), entry)
    return b"".join(parts)


def proof_file(index: int, hashes: Sequence[bytes], checkpoint: bytes, extra: bytes | None = None) -> bytes:
    """A ``.tlog-proof``: the entry's index, the hashes to the root and the checkpoint as it was published."""
    lines = ["c2sp.org/tlog-proof@v1"]
    if extra is not None:
        lines.append(f"extra {base64.b64encode(extra).decode()}")
    lines += [f"index {index}", *[base64.b64encode(h).decode() for h in hashes], "", ""]
    return "\n".join(lines).encode() + checkpoint
