"""Locks of PostgreSQL: the rows of cases that exist, advisory locks for every other key.

Decision: always rows before advisory locks and both in key order, so that two writers of the same keys wait for each
other in a line instead of a ring. Above a thousand other keys one lock for all of them is taken, because the server's
lock table has a fixed size. Authority: trust notes 3.4. Left out: locks that outlive their transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

from sqlalchemy.engine import Connection

_MANY: Final = 1000
_ALL: Final = 0x636C61696D64  # "claimd"


def lock_number(key: str) -> int:
    """The advisory lock of a key: 64 bits of its digest, as PostgreSQL's signed number."""
    digest = hashlib.blake2b(key.encode(), digest_size=8, person=b"claimdesk").digest()
    return int.from_bytes(digest, "big", signed=True)


def take(connection: Connection, keys: Sequence[str]) -> None:
    """Waits until nobody else holds any of ``keys``, and holds them to the end of the transaction."""
    wanted = sorted(set(keys))
    rows = connection.exec_driver_sql(
        'SELECT id FROM "case" WHERE id = ANY(%s) ORDER BY id FOR UPDATE', (wanted,)
    )  # fmt: skip
    known = {row[0] for row in rows}
    numbers = sorted({lock_number(key) for key in wanted if key not in known})
    if not numbers:
        return
    if len(numbers) > _MANY:
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_ALL,))
        return
    connection.exec_driver_sql(
        "SELECT pg_advisory_xact_lock_shared(%s),"
        " (SELECT count(pg_advisory_xact_lock(n)) FROM unnest(%s::bigint[]) AS n)",
        (_ALL, numbers),
    )
