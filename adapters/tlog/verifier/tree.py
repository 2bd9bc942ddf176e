"""The tree of RFC 6962: hashes, proofs, and where C2SP tiles lie.

Authority: RFC 6962 section 2.1, RFC 9162 sections 2.1.3.2 and 2.1.4.2, c2sp.org/tlog-tiles. Left out: making proofs.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Sequence
from functools import cache
from typing import Final

WIDTH: Final = 256  # hashes in a full tile
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()

_sha256 = hashlib.sha256
#: Hashes that have begun with what tells leaves from nodes: a copy costs less than a new one and joined bytes.
LEAF: Final = _sha256(b"\x00")
_NODE: Final = _sha256(b"\x01")


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 || entry)."""
    return _sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return _sha256(b"\x01" + left + right).digest()


def fold(hashes: bytes) -> bytes:
    """The root over neighbouring subtrees of one size (32 bytes each), of which the last may be smaller."""
    begun = _NODE.copy
    while len(hashes) > 32:
        even = len(hashes) & -64
        found: list[bytes] = []
        for pair in cutter(64, even >> 6)(hashes[:even]):
            node = begun()
            node.update(pair)
            found.append(node.digest())
        hashes = b"".join(found) + hashes[even:]
    return hashes


@cache
def cutter(width: int, count: int) -> Callable[[bytes], tuple[bytes, ...]]:
    """Cuts ``count`` pieces of ``width`` bytes."""
    return struct.Struct(f"{width}s" * count).unpack


def root_from_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes | None:
    """The root that an inclusion proof leads to (RFC 9162 section 2.1.3.2), None when it cannot be one."""
    if not 0 <= index < size:
        return None
    first, last, root = index, size - 1, leaf
    for item in proof:
        if last == 0:
            return None
        if first & 1 or first == last:
            root = node_hash(item, root)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            root = node_hash(root, item)
        first, last = first >> 1, last >> 1
    return root if last == 0 else None


def is_consistent(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the tree of ``new`` leaves begins with the one of ``old`` (RFC 9162 section 2.1.4.2)."""
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    if not 0 < old < new or not proof:
        return False
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    first, last = old - 1, new - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    old_found = new_found = path[0]
    for item in path[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            old_found, new_found = node_hash(item, old_found), node_hash(item, new_found)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            new_found = node_hash(new_found, item)
        first, last = first >> 1, last >> 1
    return last == 0 and old_found == old_root and new_found == new_root


def tile_path(level: int | None, number: int, width: int = WIDTH) -> str:
    """``tile/<L>/<N>[.p/<W>]``; level None is an entry bundle."""
    text = f"{number % 1000:03d}"
    while number >= 1000:
        number //= 1000
        text = f"x{number % 1000:03d}/{text}"
    part = "" if width == WIDTH else f".p/{width}"
    return f"tile/{'entries' if level is None else level}/{text}{part}"
