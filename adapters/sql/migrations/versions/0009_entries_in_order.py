"""Entries in the order they were written, in SQLite: a third less room, and writing them looks up less.

As a keyed table each entry longer than a quarter of a page took a page of its own. Every entry is copied as it stands;
the file keeps its size until ``VACUUM``, the room is used for what comes.

Frozen: it says what revision 0009 was, whatever ``tables`` says today.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from claimdesk.adapters.sql.guards import statements

revision = "0009_entries_in_order"
down_revision = "0008_two_filters"
branch_labels = None
depends_on = None

_TABLE = """CREATE TABLE entry_anew (
    id TEXT NOT NULL,
    claim TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    verb TEXT NOT NULL,
    type TEXT NOT NULL,
    data BLOB NOT NULL,
    leaf BLOB NOT NULL,
    CONSTRAINT entry_place PRIMARY KEY (claim, seq),
    CONSTRAINT entry_new UNIQUE (id),
    CONSTRAINT entry_case FOREIGN KEY(claim) REFERENCES "case" (id),
    CONSTRAINT entry_seq_positive CHECK (seq > 0),
    CONSTRAINT entry_leaf CHECK (length(leaf) = 32),
    CONSTRAINT entry_data CHECK (length(data) BETWEEN 2 AND 65535),
    CONSTRAINT entry_instants CHECK (length(at) = 27)
) STRICT"""
_COLUMNS = "id, claim, seq, at, actor, verb, type, data, leaf"


def upgrade() -> None:
    """Makes the table anew, with every row and every guard."""
    dialect = op.get_context().dialect.name
    if dialect != "sqlite":
        return
    for statement in (
        _TABLE,
        f"INSERT INTO entry_anew ({_COLUMNS}) SELECT {_COLUMNS} FROM entry ORDER BY claim, seq",  # noqa: S608  # no input
        "DROP TABLE entry",
        "PRAGMA legacy_alter_table=ON",  # or guards of other tables would be read while there is no such table
        "ALTER TABLE entry_anew RENAME TO entry",
        "PRAGMA legacy_alter_table=OFF",
        *(s for r in ("0001", "0002", "0004") for s in statements(dialect, r) if " ON entry" in s and "TRIGGER" in s),
        *statements(dialect, "0009"),
    ):
        op.execute(sa.text(statement.replace(":", "\\:")))
