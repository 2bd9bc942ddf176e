"""Who may do what: the access journal, what waits for a second person, what became of it, and approvals of entries.

Frozen: it says what revision 0004 was, whatever ``tables`` says today. Nothing is switched on by it.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TEXT as PG_TEXT
from sqlalchemy.dialects.sqlite import INTEGER as SQLITE_INTEGER

from claimdesk.adapters.sql.guards import statements

revision = "0004_control"
down_revision = "0003_privacy"
branch_labels = None
depends_on = None

_KEYED: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": False}
_KINDS = "'grant', 'revoke', 'on', 'band', 'rulebook_proposed', 'rulebook_approved'"
_ROLES = (
    "'intake', 'handler', 'approver', 'finance', 'rule_author', 'rule_approver', 'auditor', 'privacy', 'operator', "
    "'script'"
)


def _id(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text().with_variant(PG_TEXT(collation="C"), "postgresql"), nullable=null)


def _amount(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger().with_variant(SQLITE_INTEGER(), "sqlite"), nullable=null)


def _bytes(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary, nullable=False)


def _check(name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=name)


def _late(name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=name, deferrable=True, initially="DEFERRED")


def _to(column: str, target: str, name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=name)


def upgrade() -> None:
    """Makes the four tables and their guards."""
    _control()
    _second_persons()
    for statement in statements(op.get_context().dialect.name, "0004"):
        op.execute(sa.text(statement.replace(":", "\\:")))


def _control() -> None:
    op.create_table(
        "control",
        sa.Column("seq", sa.Integer, nullable=False, autoincrement=False),
        _id("at"),
        _id("actor"),
        _id("kind"),
        _id("subject"),
        _id("role", null=True),
        _id("currency", null=True),
        _amount("amount", null=True),
        _id("effective_at", null=True),
        _id("evidence", null=True),
        _bytes("data"),
        _bytes("leaf"),
        sa.PrimaryKeyConstraint("seq", name="control_next"),
        _check("control_seq", "seq > 0"),
        _check("control_kind", f"kind IN ({_KINDS})"),
        _check("control_roles", f"kind NOT IN ('grant', 'revoke') OR (role IN ({_ROLES}))"),
        _check("control_self", "kind <> 'grant' OR actor <> subject"),
        _check("control_band", "kind <> 'band' OR (role IS NOT NULL AND currency IS NOT NULL AND amount >= 0)"),
        _check("rulebook_tested", "kind <> 'rulebook_proposed' OR (effective_at IS NOT NULL AND evidence IS NOT NULL)"),
        _check("control_leaf", "length(leaf) = 32"),
        _check("control_data", "length(data) BETWEEN 2 AND 65535"),
        _check("control_instants", "length(at) = 27"),
        **_KEYED,
    )
    op.create_index("control_of", "control", ["kind", "subject", "role", "seq"])


def _second_persons() -> None:
    op.create_table(
        "proposal",
        _id("id"),
        _id("claim"),
        _id("entry"),
        _id("kind"),
        _id("verb"),
        _id("author"),
        _id("roles"),
        _amount("amount"),
        _id("currency"),
        _id("at"),
        sa.PrimaryKeyConstraint("id", name="proposal_new"),
        _to("claim", "case.id", "proposal_case"),
        _late("proposal_entry"),
        _check("proposal_kind", "kind IN ('proposal', 'break_glass')"),
        _check("proposal_instants", "length(at) = 27"),
        **_KEYED,
    )
    op.create_index("proposal_claim", "proposal", ["claim", "id"])
    op.create_table(
        "answer",
        _id("proposal"),
        _id("claim"),
        _id("entry"),
        _id("author"),
        _id("person"),
        _id("verdict"),
        _id("at"),
        sa.PrimaryKeyConstraint("proposal", name="answer_once"),
        _to("proposal", "proposal.id", "answer_proposal"),
        _late("answer_entry"),
        _check("answer_verdict", "verdict IN ('approved', 'turned_down', 'withdrawn', 'reviewed', 'objected')"),
        _check("answer_self", "(verdict = 'withdrawn') = (person = author)"),
        _check("answer_instants", "length(at) = 27"),
        **_KEYED,
    )
    op.create_table(
        "approval",
        _id("entry"),
        _id("claim"),
        _id("kind"),
        _id("verb"),
        _id("author"),
        _id("approver", null=True),
        _id("proposal", null=True),
        _id("at"),
        sa.PrimaryKeyConstraint("entry", name="approval_new"),
        _to("claim", "case.id", "approval_case"),
        _to("proposal", "proposal.id", "approval_proposal"),
        _late("approval_of"),
        _check("approval_kind", "kind IN ('second', 'break_glass')"),
        _check("approval_person", "(kind = 'second') = (approver IS NOT NULL)"),
        _check("approval_review", "kind = 'second' OR proposal IS NOT NULL"),
        _check("approval_self", "approver IS NULL OR approver <> author"),
        _check("approval_instants", "length(at) = 27"),
        **_KEYED,
    )
    op.create_index("approval_claim", "approval", ["claim"])
