"""The right edge of a growing tree: all that is needed to add leaves, sign roots and fill tiles.

Decision: each leaf costs one node hash; the subtrees completed on the way are the entries of the tiles (level 0 the
leaves, level 1 every 256th, and so on), so tiles cost nothing more. Authority: RFC 6962 section 2.1, C2SP tlog-tiles.
"""

from __future__ import annotations

from collections.abc import Sequence

from .verifier.tree import EMPTY_ROOT, node_hash


class Edge:
    """The roots of the complete subtrees on the right side of a tree, the largest first."""

    __slots__ = ("peaks", "size")

    def __init__(self, size: int = 0, packed: bytes = b"") -> None:
        if size < 0 or len(packed) != 32 * size.bit_count():
            raise ValueError("this is not the right edge of a tree of that size")
        self.size = size
        self.peaks = [packed[i : i + 32] for i in range(0, len(packed), 32)]

    def packed(self) -> bytes:
        """The peaks as one text of bytes."""
        return b"".join(self.peaks)

    def add(self, leaves: Sequence[bytes]) -> dict[int, list[bytes]]:
        """Adds leaf hashes; the new hashes of every tile level, in order."""
        fresh: dict[int, list[bytes]] = {0: list(leaves)} if leaves else {}
        peaks, size = self.peaks, self.size
        for leaf in leaves:
            made, height = leaf, 0
            while size >> height & 1:
                made = node_hash(peaks.pop(), made)
                height += 1
                if not height & 7:
                    fresh.setdefault(height >> 3, []).append(made)
            peaks.append(made)
            size += 1
        self.size = size
        return fresh

    def root(self) -> bytes:
        """The root of the tree."""
        if not self.peaks:
            return EMPTY_ROOT
        made = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            made = node_hash(peak, made)
        return made
