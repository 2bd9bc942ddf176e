"""A write that met another writer is planned again from the start: a few times, then whoever asked hears of it.

Nothing of such a write was kept, so doing it again does nothing twice, as long as a step does nothing outside its own
transaction. Authority: trust notes 3.4. Left out: a lost connection, after which nobody knows whether it was kept;
waiting between the tries, as the database has waited for the other writer already.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from ..states.errors import StaleVersion, StorageError

_T = TypeVar("_T")

TRIES: Final = 8
_PASSING: Final = ("serialization", "deadlock", "lock_timeout")


def passes(error: Exception) -> bool:
    """Whether another writer was in the way and nothing was written: planned again, it may be done.

    A version that the caller named is the caller's to resolve; one of ours is simply read again.
    """
    if isinstance(error, StaleVersion):
        return not error.unmet
    return isinstance(error, StorageError) and error.code in _PASSING


def again(step: Callable[[], _T]) -> _T:
    """What ``step`` gives, which is one transaction; its last error when it met other writers every time."""
    for _ in range(TRIES - 1):
        try:
            return step()
        except (StaleVersion, StorageError) as failed:
            if not passes(failed):
                raise
    return step()
