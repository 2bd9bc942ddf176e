"""One claim of a SQLite file, read with the standard library alone: the quick way of ``claimdesk show``.

Decision: the query builder and the tables take longer to load than the rest of the command together, and one row by its
key needs neither. Whatever is not plain (no file, another revision, an unsafe journal, no such claim, any error) is
answered with None, and the store is opened in full, which says what is wrong. A test holds both answers equal.
Authority: the goals of a cold start. Left out: lists, past views, PostgreSQL, and everything that writes.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from ...states.case import Case
from .codec import decode
from .revision import HEAD, VERSION_TABLE, WAL_SAFE

_SECONDS = 10.0  # as long as a store waits for a writer


def case_at_a_glance(path: Path, claim: str) -> Case | None:
    """The claim as it stands in the file at ``path``; None when the store itself has to answer."""
    if not path.is_file():
        return None
    # To be opened for writing, though nothing is written: what a crash left half done is taken back by who reads next.
    address = f"file:{quote(str(path.absolute()))}?mode=rw"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=_SECONDS, isolation_level=None)) as db:
            body = _body(db, claim)
    except sqlite3.Error:
        return None
    return None if body is None else decode(body)


def _body(db: sqlite3.Connection, claim: str) -> str | None:
    db.execute("PRAGMA trusted_schema=OFF")
    mode = str(db.execute("PRAGMA journal_mode").fetchone()[0])
    if mode == "wal" and sqlite3.sqlite_version_info < WAL_SAFE:
        return None
    db.execute("BEGIN")  # revision and claim of one state of the file
    at = db.execute(f'SELECT version_num FROM "{VERSION_TABLE}"').fetchall()  # noqa: S608  # a name of ours
    if at != [(HEAD,)]:
        return None
    found = db.execute('SELECT body FROM "case" WHERE id = ?', (claim,)).fetchone()
    return None if found is None else str(found[0])
