"""The memory of a long run, so that a million lines need what ten thousand do.

Decision: a batch makes many small objects that live until it is written, so looking through them finds no garbage and
happens seldom. Buffers of a batch, some tens of kilobytes each, get memory of their own: glibc would put them among the
small ones once it has seen a few, and the gaps they leave behind grew the process by a fifth in a million claims.
Authority: mallopt(3). Left out: other C libraries, which have no such call, and the library inside a host's process,
whose memory is the host's.
"""

from __future__ import annotations

import gc
from contextlib import suppress
from typing import Final

_MMAP_THRESHOLD: Final = -3  # M_MMAP_THRESHOLD of <malloc.h>
_LARGE: Final = 64 << 10  # bytes


def steady() -> None:
    """Sets this process up for a long run."""
    gc.freeze()
    gc.set_threshold(200_000, 50, 100)
    with suppress(AttributeError, OSError, TypeError, ImportError):  # no glibc
        import ctypes

        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _LARGE)
