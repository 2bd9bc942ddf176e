"""The transparency log: entries that wait for their place, leaves, tiles, checkpoints, cosignatures and the right edge.

Frozen: it says what revision 0002 was, whatever ``tables`` says today. The entries that are on file already begin to
wait, oldest first; the trigger comes before them, so that none written meanwhile is forgotten.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TEXT as PG_TEXT
from sqlalchemy.dialects.sqlite import INTEGER as SQLITE_INTEGER

from claimdesk.adapters.sql.guards import statements

revision = "0002_log"
down_revision = "0001_first_tables"
branch_labels = None
depends_on = None

_STRICT: dict[str, Any] = {"sqlite_strict": True}
_KEYED: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": False}


def _id(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text().with_variant(PG_TEXT(collation="C"), "postgresql"), nullable=False)


def _count(name: str) -> sa.Column[Any]:
    return sa.Column(
        name, sa.BigInteger().with_variant(SQLITE_INTEGER(), "sqlite"), nullable=False, autoincrement=False
    )


def _bytes(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary, nullable=False)


def upgrade() -> None:
    """Makes everything, and lets the entries on file wait."""
    op.create_table(
        "log_pending",
        sa.Column(
            "n", sa.BigInteger().with_variant(SQLITE_INTEGER(), "sqlite"), sa.Identity(always=True, cache=1),
            nullable=False,
        ),
        _id("entry"),
        sa.PrimaryKeyConstraint("n", name="log_pending_n"),
        sa.UniqueConstraint("entry", name="log_pending_new"),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name="log_pending_of"),
        **_STRICT,
    )  # fmt: skip
    op.create_table(
        "log_leaf",
        _count("place"),
        _id("entry"),
        _bytes("hash"),
        sa.PrimaryKeyConstraint("place", name="log_leaf_next"),
        sa.UniqueConstraint("entry", name="log_leaf_entry"),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name="log_leaf_of"),
        sa.CheckConstraint("place >= 0", name="log_leaf_place"),
        sa.CheckConstraint("length(hash) = 32", name="log_leaf_hash"),
        **_KEYED,
    )
    op.create_table(
        "log_tile",
        sa.Column("level", sa.Integer, nullable=False, autoincrement=False),
        _count("number"),
        _bytes("hashes"),
        sa.PrimaryKeyConstraint("level", "number", name="log_tile_fixed"),
        sa.CheckConstraint("level BETWEEN 0 AND 7 AND number >= 0", name="log_tile_place"),
        sa.CheckConstraint("length(hashes) BETWEEN 32 AND 8192 AND (length(hashes) & 31) = 0", name="log_tile_width"),
        **_STRICT,
    )
    op.create_table(
        "log_checkpoint",
        _count("size"),
        _bytes("root"),
        _bytes("note"),
        _id("signed_at"),
        sa.PrimaryKeyConstraint("size", name="log_checkpoint_next"),
        sa.CheckConstraint("size > 0 AND length(root) = 32", name="log_checkpoint_root"),
        sa.CheckConstraint("length(signed_at) = 27", name="log_checkpoint_instants"),
        **_KEYED,
    )
    op.create_table(
        "log_cosignature",
        _count("size"),
        _id("name"),
        _id("key"),
        _id("line"),
        sa.PrimaryKeyConstraint("size", "name", "key", name="log_cosignature_fixed"),
        sa.ForeignKeyConstraint(["size"], ["log_checkpoint.size"], name="log_cosignature_of"),
        **_KEYED,
    )
    op.create_table(
        "log_state",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        _id("origin"),
        _count("size"),
        _bytes("edge"),
        _count("published"),
        _count("signed"),
        sa.PrimaryKeyConstraint("id", name="log_state_fixed"),
        sa.CheckConstraint(
            "id = 1 AND size >= 0 AND published BETWEEN 0 AND size AND signed >= 0", name="log_state_size"
        ),
        **_KEYED,
    )
    for statement in statements(op.get_context().dialect.name, "0002"):
        op.execute(sa.text(statement.replace(":", "\\:")))
    op.execute(sa.text("INSERT INTO log_pending (entry) SELECT id FROM entry ORDER BY at, claim, seq"))
