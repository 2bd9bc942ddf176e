"""Roots and proofs out of tiles: inclusion of an entry, consistency of two sizes.

Decision: whatever holds the tiles is asked for whole tiles, each once; nothing is computed from entries.
Authority: RFC 6962 section 2.1, C2SP tlog-tiles. Left out: checking proofs, which is the verifier's.
"""

from __future__ import annotations

from collections.abc import Callable

from .verifier.tree import EMPTY_ROOT, WIDTH, fold, node_hash

#: The hashes of a tile (level, number), at least as many as the tree of that size has there.
Tiles = Callable[[int, int], bytes]


class Tree:
    """A tree of a size, seen through its tiles."""

    def __init__(self, size: int, tiles: Tiles) -> None:
        self.size = size
        self._tiles = tiles
        self._kept: dict[tuple[int, int], bytes] = {}

    def root(self, size: int | None = None) -> bytes:
        """The root of the tree, or of its first ``size`` leaves."""
        wanted = self.size if size is None else size
        return self._span(0, wanted) if wanted else EMPTY_ROOT

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """The hashes from leaf ``index`` to the root, the leaf's sibling first."""
        wanted = self.size if size is None else size
        if not 0 <= index < wanted <= self.size:
            raise ValueError("there is no such leaf in a tree of that size")
        found: list[bytes] = []
        start, end = 0, wanted
        while end - start > 1:
            middle = start + _split(end - start)
            if index < middle:
                found.append(self._span(middle, end))
                end = middle
            else:
                found.append(self._span(start, middle))
                start = middle
        return found[::-1]

    def consistency(self, old: int, size: int | None = None) -> list[bytes]:
        """The hashes that show that the first ``old`` leaves of the tree are those they were."""
        wanted = self.size if size is None else size
        if not 0 <= old <= wanted <= self.size:
            raise ValueError("there is no consistency between these sizes")
        if old in (0, wanted):
            return []
        found: list[bytes] = []
        start, end, whole = 0, wanted, True
        while old != end:
            middle = start + _split(end - start)
            if old <= middle:
                found.append(self._span(middle, end))
                end = middle
            else:
                found.append(self._span(start, middle))
                start, whole = middle, False
        if not whole:
            found.append(self._span(start, end))
        return found[::-1]

    def _span(self, start: int, end: int) -> bytes:
        """The hash of the leaves from ``start`` to ``end``."""
        count = end - start
        if count & (count - 1) == 0:
            return self._complete(start, count.bit_length() - 1)
        middle = start + _split(count)
        return node_hash(self._span(start, middle), self._span(middle, end))

    def _complete(self, start: int, height: int) -> bytes:
        """The root of the complete subtree of 2**height leaves that begins at ``start``."""
        level, within = divmod(height, 8)
        first = start >> (8 * level)
        number, place = divmod(first, WIDTH)
        row = self._tile(level, number)
        found = row[32 * place : 32 * (place + (1 << within))]
        if len(found) != 32 << within:
            raise ValueError("a tile does not hold what a tree of this size has there")
        return fold(found)

    def _tile(self, level: int, number: int) -> bytes:
        key = (level, number)
        if key not in self._kept:
            self._kept[key] = self._tiles(level, number)
        return self._kept[key]


def _split(count: int) -> int:
    """The largest power of two smaller than ``count``."""
    return 1 << (count - 1).bit_length() - 1


def tile_widths(size: int) -> list[int]:
    """How many hashes the tiles of each level hold together, in a tree of ``size`` leaves."""
    found: list[int] = []
    while size:
        found.append(size)
        size >>= 8
    return found
