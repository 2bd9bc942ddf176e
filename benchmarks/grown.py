"""A store of any size for measuring: claims as a desk triaged them, copied with SQL under ids of their own.

A few hundred made-up claims are triaged for real. Then their rows of every table are copied again and again: in each
copy the ids of claims, entries, decisions, letters and transfers, the order's number and the number of the filed line
are others, in the columns and in the texts alike; everything else is the original's. So states, amounts, sizes and
indexes are those of a store that grew, and a claim of a copy can be read and worked on. What is not made again: the
hashes of the copied entries (they are the originals', so no chain of a copy holds) and places in the log (there are
none). Nothing that is measured here looks at either. The guards of the database rest while rows are copied.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from claimdesk import ClaimDesk
from claimdesk.workflow.lines import read_lines
from claimdesk.workflow.triage import triage

from .claims import lines

BASE: Final = 500  # triaged for real; the first claims of a large store are these
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_COPIED: Final = ("case", "entry", "transfer", "decision", "notice", "task", "sealed", "source")
_BLOBS: Final = frozenset({"data", "leaf", "wrapped", "nonce", "ciphertext"})
_AT_A_TIME: Final = 20  # copies a transaction


def code_of(number: int) -> str:
    """What stands in the ids of a copy: sorts as the numbers do, after every id of today."""
    return "Z" + "".join(_ALPHABET[number >> shift & 31] for shift in (15, 10, 5, 0))


def head_of(path: Path) -> str:
    """The five characters that every id of the originals begins with (their time, to within an hour)."""
    with sqlite3.connect(path) as db:
        (first,) = db.execute("SELECT id FROM \"case\" WHERE id LIKE 'CLM-%' ORDER BY id LIMIT 1").fetchone()
        (last,) = db.execute("SELECT max(id) FROM entry").fetchone()
    if first[4:9] != last[4:9]:
        raise SystemExit("the originals were made across two ids' hours; run it again")
    return first[4:9]


def grown(path: Path, claims: int) -> int:
    """Makes a store of ``claims`` claims (whole copies of the originals) at ``path``; how many there are."""
    with ClaimDesk.open(f"sqlite:///{path}", actor="system:bench") as desk:
        for result in triage(desk, read_lines(lines(min(BASE, claims))), run_id="bench"):
            if result["status"] != "created":
                raise SystemExit(f"a line was not taken: {result}")
        desk.sequence()
    copies = max(0, -(-claims // BASE) - 1)
    if copies:
        _copy(path, copies)
    return BASE * (copies + 1) if copies else min(BASE, claims)


def _copy(path: Path, copies: int) -> None:
    head = head_of(path)
    db = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-400000"):
        db.execute(f"PRAGMA {pragma}")
    guards = [sql for (sql,) in db.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'")]
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        db.execute(f'DROP TRIGGER "{name}"')
    db.execute("CREATE TEMP TABLE copy (code TEXT)")
    statements = [_statement(db, table, head) for table in _COPIED]
    for first in range(0, copies, _AT_A_TIME):
        db.execute("BEGIN")
        db.execute("DELETE FROM copy")
        codes = [(code_of(number),) for number in range(first, min(first + _AT_A_TIME, copies))]
        db.executemany("INSERT INTO copy VALUES (?)", codes)
        for statement in statements:
            db.execute(statement)
        db.execute("COMMIT")
    for sql in guards:
        db.execute(sql)
    db.execute("PRAGMA journal_mode=TRUNCATE")
    db.close()


def _statement(db: sqlite3.Connection, table: str, head: str) -> str:
    """The statement that copies the originals' rows of a table under each code."""
    columns = [row[1] for row in db.execute(f'PRAGMA table_info("{table}")')]
    shown: list[str] = []
    for name in columns:
        told = f"replace(replace(o.\"{name}\", '-{head}', '-' || k.code), '\"114-', '\"' || k.code || '-')"
        if name == "data":
            told = told.replace(f'o."{name}"', f'CAST(o."{name}" AS TEXT)')
            shown.append(f"CAST({told} AS BLOB)")
        elif name in _BLOBS:
            shown.append(f'o."{name}"')
        elif name == "order_id":
            shown.append(f"replace(o.\"{name}\", '114-', k.code || '-')")
        elif table == "source" and name == "key":
            shown.append(f"o.\"{name}\" || ':' || k.code")
        elif table in ("case", "entry", "notice", "task", "transfer", "decision", "sealed", "source") and name in (
            "version", "seq", "counts_together", "eligible_minor", "asked_minor", "paid_minor", "recovered_minor",
            "obligation", "amount", "exempt", "attempts",
        ):  # fmt: skip
            shown.append(f'o."{name}"')  # a number stays one
        else:
            shown.append(told)
    own = "id" if table == "case" else "claim"
    listed = ", ".join(f'"{name}"' for name in columns)
    return (
        f'INSERT INTO "{table}" ({listed}) SELECT {", ".join(shown)} FROM copy k CROSS JOIN "{table}" o '  # noqa: S608
        f"WHERE o.\"{own}\" >= 'CLM-{head}' AND o.\"{own}\" < 'CLM-{head}~' ORDER BY k.code"
    )
