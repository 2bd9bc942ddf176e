"""Locks of PostgreSQL: the rows of cases that exist, advisory locks for every other key.

Decision: always rows before advisory locks and both in key order, so that two writers of the same keys wait for each
other in a line instead of a ring. Above a thousand other keys one lock for all of them is taken, because the server's
lock table has a fixed size. Authority: trust notes 3.4. Left out: locks that outlive their transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

from .wire import Wire

_MANY: Final = 1000
#: So many keys at most are taken by the one statement that also looks which of them are cases.
_AT_ONCE: Final = 100
_ALL: Final = 0x636C61696D64  # "claimd"


def lock_number(key: str) -> int:
    """The advisory lock of a key: 64 bits of its digest, as PostgreSQL's signed number."""
    digest = hashlib.blake2b(key.encode(), digest_size=8, person=b"claimdesk").digest()
    return int.from_bytes(digest, "big", signed=True)


#: Rows of known cases first, then a number for each other key; one statement, so one view of what is there.
_FEW: Final = """WITH held AS MATERIALIZED (SELECT id FROM "case" WHERE id = ANY(%s::text[]) ORDER BY id FOR UPDATE),
others AS MATERIALIZED (SELECT DISTINCT k.n FROM unnest(%s::text[], %s::bigint[]) AS k (id, n)
  WHERE k.id NOT IN (SELECT id FROM held) ORDER BY k.n)
SELECT CASE WHEN EXISTS (SELECT 1 FROM others) THEN pg_advisory_xact_lock_shared(%s) END,
  (SELECT count(pg_advisory_xact_lock(n)) FROM others)"""
_ROWS: Final = 'SELECT id FROM "case" WHERE id = ANY(%s::text[]) ORDER BY id FOR UPDATE'
_NUMBERS: Final = """SELECT pg_advisory_xact_lock_shared(%s),
  (SELECT count(pg_advisory_xact_lock(n)) FROM unnest(%s::bigint[]) AS n)"""


def few(keys: Sequence[str]) -> tuple[str, tuple[Any, ...]] | None:
    """The one statement that takes these locks; None where they are too many for it."""
    wanted = sorted(set(keys))
    if len(wanted) > min(_AT_ONCE, _MANY):
        return None
    return _FEW, (wanted, wanted, [lock_number(key) for key in wanted], _ALL)


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
