"""The triggers that guard money and record, kept as SQL files of the revision that brought them.

Decision: plain SQL that a database administrator can read and run, never changed once released; a later revision
brings a file of its own, and a new database gets them all in order. Left out: what stands in a unique index or a
check, which is in ``tables``.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Final

#: Revisions that brought a file, oldest first; 0007 for PostgreSQL only, 0009 for SQLite only.
REVISIONS: Final = ("0001", "0002", "0003", "0004", "0007", "0009", "0010")
_NEXT: Final = "\n-- next\n"


def statements(dialect: str, revision: str) -> list[str]:
    """The statements of one revision for a database (``sqlite`` or ``postgresql``), in order."""
    file = files(__package__ or "") / "triggers" / f"{revision}_{dialect}.sql"
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    return [] if not text else [part.strip() for part in text.split(_NEXT)]


def every(dialect: str) -> list[str]:
    """The statements of all revisions, in order."""
    return [statement for revision in REVISIONS for statement in statements(dialect, revision)]
