"""Imports and how far they came.

Frozen: it says what revision 0005 was, whatever ``tables`` says today.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TEXT as PG_TEXT
from sqlalchemy.dialects.sqlite import INTEGER as SQLITE_INTEGER

revision = "0005_imports"
down_revision = "0004_control"
branch_labels = None
depends_on = None

_KEYED: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": False}


def _id(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text().with_variant(PG_TEXT(collation="C"), "postgresql"), nullable=null)


def _count(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger().with_variant(SQLITE_INTEGER(), "sqlite"), nullable=null)


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "import_run",
        _id("id"),
        _id("kind"),
        sa.Column("file", sa.Text, nullable=False),
        _id("file_sha256", null=True),
        _id("map_sha256"),
        _id("actor"),
        _id("status"),
        sa.Column("attempt", sa.Integer, nullable=False),
        _count("total", null=True),
        _count("done"),
        _count("created"),
        _count("unchanged"),
        _count("updated"),
        _count("duplicate"),
        _count("rejected"),
        _count("warnings"),
        sa.Column("codes", sa.Text, nullable=False),
        sa.Column("places", sa.Text, nullable=False),
        _id("started_at"),
        _id("updated_at"),
        _id("ended_at", null=True),
        sa.PrimaryKeyConstraint("id", name="import_run_new"),
        sa.CheckConstraint("status IN ('running', 'done', 'stopped')", name="import_run_status"),
        sa.CheckConstraint("(status = 'running') = (ended_at IS NULL)", name="import_run_ended"),
        sa.CheckConstraint("done = created + unchanged + updated + duplicate + rejected", name="import_run_adds_up"),
        sa.CheckConstraint("length(started_at) = 27 AND length(updated_at) = 27", name="import_run_instants"),
        **_KEYED,
    )
