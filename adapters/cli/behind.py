"""Says that a large file is about to be brought to this version's tables, which takes its time.

Decision: only a file worth waiting for is looked into, by one row, so that no command pays for the question. The
bringing up itself happens when the store is opened (``adapters.sql.migrate``), in one transaction. Authority: long
work says that it is under way (interface notes, manner of the command line). Left out: servers, which are never brought
up without being asked.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

LARGE: Final = 64 * 2**20  #: bytes; a second or two
_A_MEGABYTE: Final = 0.006  # seconds, measured


def behind(path: Path) -> str | None:
    """What to say before this file is opened; None when it is small, or up to date."""
    if not path.is_file() or path.stat().st_size < LARGE:
        return None
    import sqlite3

    from ..sql.revision import HEAD, KNOWN, VERSION_TABLE

    try:
        with sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=0) as found:
            row = found.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()  # noqa: S608  # our own name
        found.close()
    except sqlite3.Error:
        return None  # whatever it is, opening it says so
    if row is None or row[0] == HEAD or row[0] not in KNOWN:
        return None
    size = path.stat().st_size / 2**20
    takes = f"about {max(1, round(size * _A_MEGABYTE))} s"
    return (
        f"bringing {path.name} ({size:,.0f} MB) from {row[0]} to {HEAD}, {takes};"
        " if it is interrupted, nothing has changed"
    )
