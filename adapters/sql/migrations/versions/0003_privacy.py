"""Personal data: erasures that two people stand for, and epochs of keys that are closed.

Frozen: it says what revision 0003 was, whatever ``tables`` says today.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TEXT as PG_TEXT

from claimdesk.adapters.sql.guards import statements

revision = "0003_privacy"
down_revision = "0002_log"
branch_labels = None
depends_on = None

_KEYED: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": False}


def _id(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text().with_variant(PG_TEXT(collation="C"), "postgresql"), nullable=False)


def upgrade() -> None:
    """Makes both tables and their guards."""
    op.create_table(
        "erasure",
        _id("entry"),
        _id("claim"),
        sa.Column("seq", sa.Integer, nullable=False),
        _id("asked_by"),
        _id("approved_by"),
        _id("basis"),
        _id("at"),
        sa.PrimaryKeyConstraint("entry", name="erasure_new"),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name="erasure_from"),
        sa.ForeignKeyConstraint(["claim"], ["case.id"], name="erasure_case"),
        sa.CheckConstraint("lower(asked_by) <> lower(approved_by)", name="erasure_two_people"),
        sa.CheckConstraint("length(at) = 27", name="erasure_instants"),
        **_KEYED,
    )
    op.create_index("erasure_claim", "erasure", ["claim", "seq"])
    op.create_table(
        "closed_epoch",
        _id("epoch"),
        _id("successor"),
        _id("asked_by"),
        _id("approved_by"),
        _id("at"),
        sa.PrimaryKeyConstraint("epoch", name="closed_epoch_new"),
        sa.CheckConstraint("lower(asked_by) <> lower(approved_by)", name="closed_epoch_two_people"),
        sa.CheckConstraint("epoch <> successor", name="closed_epoch_into"),
        sa.CheckConstraint("length(at) = 27", name="closed_epoch_instants"),
        **_KEYED,
    )
    for statement in statements(op.get_context().dialect.name, "0003"):
        op.execute(sa.text(statement.replace(":", "\\:")))
