"""Locks of PostgreSQL: the rows of cases that exist, advisory locks for every other key.

Decision: always rows before advisory locks and both in order, so that two writers of the same keys wait for each
other in a line instead of a ring (what is left of rings the server breaks, and the command is done again). Above a
thousand other keys one lock for all of them is taken, because the server's lock table has a fixed size.
Authority: trust notes 3.4. Left out: locks that outlive their transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence, Set
from typing import Any, Final

from .wire import Wire

_MANY: Final = 1000
_FEW: Final = 8
_ALL: Final = 0x636C61696D64  # "claimd"


def lock_number(key: str) -> int:
    """The advisory lock of a key: 64 bits of its digest, as PostgreSQL's signed number."""
    digest = hashlib.blake2b(key.encode(), digest_size=8, person=b"claimdesk").digest()
    return int.from_bytes(digest, "big", signed=True)


_ROWS: Final = 'SELECT id FROM "case" WHERE id = ANY(%s::text[]) ORDER BY id FOR UPDATE'
_NUMBERS: Final = """SELECT pg_advisory_xact_lock_shared(%s),
  (SELECT count(pg_advisory_xact_lock(n)) FROM unnest(%s::bigint[]) AS n)"""


def few(keys: Sequence[str], standing: Set[str]) -> list[tuple[str, tuple[Any, ...]]] | None:
    """What takes a few locks in one round trip and answers with the cases among them; None where they are too many.

    ``standing``: keys known to be cases, which stay cases for ever. Of the others the lock on the key is taken too: one
    that turns out to be a case is locked twice, which does no harm.
    """
    wanted = sorted(set(keys))
    if len(wanted) > _FEW:
        return None
    marks = ", ".join(["%s"] * len(wanted))
    asked: list[tuple[str, tuple[Any, ...]]] = [
        (f'SELECT id, body FROM "case" WHERE id IN ({marks}) ORDER BY id FOR UPDATE', tuple(wanted))  # noqa: S608
    ]
    numbers = sorted({lock_number(key) for key in wanted if key not in standing})
    if numbers:
        each = ", ".join(["pg_advisory_xact_lock(%s)"] * len(numbers))
        asked.append((f"SELECT pg_advisory_xact_lock_shared(%s), {each}", (_ALL, *numbers)))
    return asked


def take(wire: Wire, keys: Sequence[str]) -> None:
    """Waits until nobody else holds any of ``keys``, and holds them to the end of the transaction."""
    wanted = sorted(set(keys))
    known = {row[0] for row in wire.rows(_ROWS, (wanted,))}
    numbers = sorted({lock_number(key) for key in wanted if key not in known})
    if not numbers:
        return
    if len(numbers) > _MANY:
        wire.rows("SELECT pg_advisory_xact_lock(%s)", (_ALL,))
        return
    wire.rows(_NUMBERS, (_ALL, numbers))
