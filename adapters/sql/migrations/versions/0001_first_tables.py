"""The first tables: cases, journal, money, decisions, letters, work to do, sealed values, keys, filed lines.

Frozen: it says what revision 0001 was, whatever ``tables`` says today. Going back is left out on purpose: a record that
may not be changed may not be dropped either.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TEXT as PG_TEXT
from sqlalchemy.dialects.sqlite import INTEGER as SQLITE_INTEGER

from claimdesk.adapters.sql.guards import statements

revision = "0001_first_tables"
down_revision = None
branch_labels = None
depends_on = None

_STRICT: dict[str, Any] = {"sqlite_strict": True}
_KEYED: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": False}


def _id(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text().with_variant(PG_TEXT(collation="C"), "postgresql"), nullable=null)


def _amount(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger().with_variant(SQLITE_INTEGER(), "sqlite"), nullable=False)


def _flag(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean(create_constraint=False).with_variant(SQLITE_INTEGER(), "sqlite"), nullable=False)


def _number(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer, nullable=null)


def _bytes(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary, nullable=False)


def _text(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=null)


def _of_case(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["claim"], ["case.id"], name=f"{table}_case")


def _of_entry(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=f"{table}_from")


def _check(name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=name)


def _index(name: str, table: str, columns: list[str], where: str | None = None, *, unique: bool = False) -> None:
    clause = None if where is None else sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=clause, postgresql_where=clause)


def upgrade() -> None:
    """Makes everything."""
    _cases()
    _record()
    _work()
    _beside()
    for statement in statements(op.get_context().dialect.name, "0001"):
        op.execute(sa.text(statement.replace(":", "\\:")))


def _cases() -> None:
    op.create_table(
        "case",
        _id("id"), _id("programme"), _id("marketplace"), _id("state"), _number("version"), _id("head", null=True),
        _id("opened_at"), _id("updated_at"), _id("seller", null=True), _id("order_id", null=True),
        _id("incident_on", null=True), _id("currency"), _id("rulebook"), _id("outcome", null=True),
        _id("hold", null=True),
        _id("recovery_status"), _flag("counts_together"), _amount("eligible_minor"), _amount("asked_minor"),
        _amount("paid_minor"), _amount("recovered_minor"), _id("owner", null=True), _text("body"),
        sa.PrimaryKeyConstraint("id", name="case_new"),
        _check("case_version_positive", "version > 0"),
        _check("case_amounts",
               "eligible_minor >= 0 AND asked_minor >= 0 AND paid_minor >= 0 AND recovered_minor >= 0"),
        _check("case_instants", "length(opened_at) = 27 AND length(updated_at) = 27"),
        **_STRICT,
    )  # fmt: skip
    _index("case_state", "case", ["state", "id"])
    _index("case_seller", "case", ["seller", "state", "id"])
    _index("case_group", "case", ["order_id", "incident_on"])
    _index("case_held", "case", ["id"], "hold IS NOT NULL")


def _record() -> None:
    op.create_table(
        "entry",
        _id("id"), _id("claim"), _number("seq"), _id("at"), _id("actor"), _id("verb"), _id("type"), _bytes("data"),
        _bytes("leaf"),
        sa.PrimaryKeyConstraint("claim", "seq", name="entry_place"), sa.UniqueConstraint("id", name="entry_new"),
        _of_case("entry"), _check("entry_seq_positive", "seq > 0"), _check("entry_leaf", "length(leaf) = 32"),
        _check("entry_data", "length(data) BETWEEN 2 AND 65535"), _check("entry_instants", "length(at) = 27"),
        **_KEYED,
    )  # fmt: skip
    op.create_table(
        "transfer",
        _id("id"), _id("claim"), _id("kind"), _number("obligation", null=True), _id("debit"), _id("credit"),
        _amount("amount"), _id("currency"), _id("pending", null=True), _id("reverses", null=True), _id("entry"),
        _id("at"),
        sa.PrimaryKeyConstraint("id", name="transfer_new"), _of_case("transfer"), _of_entry("transfer"),
        _check("transfer_kind",
               "kind IN ('authorize', 'post', 'void', 'reverse', 'recoup', 'write_off', 'settle')"),
        _check("transfer_amount", "amount > 0"), _check("transfer_accounts", "debit <> credit"),
        _check("transfer_pending", "(kind IN ('post', 'void')) = (pending IS NOT NULL)"),
        _check("transfer_reverses", "(kind = 'reverse') = (reverses IS NOT NULL)"),
        _check("transfer_obligation", "kind NOT IN ('authorize', 'recoup') OR obligation IS NOT NULL"),
        _check("transfer_instants", "length(at) = 27"),
        **_KEYED,
    )  # fmt: skip
    _index("authorize_once", "transfer", ["claim", "obligation"], "kind = 'authorize'", unique=True)
    _index("resolved_once", "transfer", ["pending"], "kind IN ('post', 'void')", unique=True)
    _index("reversed_once", "transfer", ["reverses"], "kind = 'reverse'", unique=True)
    _index("recoup_once", "transfer", ["claim", "obligation"], "kind = 'recoup'", unique=True)
    _index("one_effect", "transfer", ["entry", "kind"], "kind <> 'reverse'", unique=True)
    _index("transfer_claim", "transfer", ["claim", "id"])
    op.create_table(
        "decision",
        _id("id"), _id("claim"), _id("entry"), _id("kind"), _id("outcome"), _flag("exempt"), _id("rulebook"),
        _id("readings"), _id("at"),
        sa.PrimaryKeyConstraint("id", name="decision_new"), sa.UniqueConstraint("entry", name="decision_once"),
        _of_case("decision"), _of_entry("decision"), _check("decision_instants", "length(at) = 27"),
        **_KEYED,
    )  # fmt: skip
    _index("decision_claim", "decision", ["claim"])


def _work() -> None:
    op.create_table(
        "notice",
        _id("id"), _id("claim"), _id("kind"), _id("party"), _id("language"), _id("at"), _id("queued_at"),
        _text("params"),
        _id("status"), _id("handed_over_at", null=True), _id("channel", null=True), _id("sha256", null=True),
        _text("subject", null=True), _text("body", null=True),
        sa.PrimaryKeyConstraint("id", name="notice_new"), _of_case("notice"),
        _check("notice_status", "status IN ('queued', 'handed_over')"),
        _check("notice_kept", "status = 'queued' OR (handed_over_at IS NOT NULL AND channel IS NOT NULL"
                              " AND sha256 IS NOT NULL AND body IS NOT NULL)"),
        _check("notice_instants", "length(at) = 27 AND length(queued_at) = 27"),
        **_STRICT,
    )  # fmt: skip
    _index("notice_claim", "notice", ["claim"])
    op.create_table(
        "task",
        _id("id"), _id("claim"), _id("kind"), _id("name"), _id("due_at"), _id("status"), _number("attempts"),
        _id("lease_until", null=True),
        sa.PrimaryKeyConstraint("id", name="task_new"), _of_case("task"),
        _check("task_kind", "kind IN ('deadline', 'notice', 'payment')"),
        _check("task_status", "status IN ('ready', 'leased', 'done', 'dead')"),
        _check("task_lease", "(status = 'leased') = (lease_until IS NOT NULL)"),
        _check("task_attempts", "attempts >= 0"), _check("task_instants", "length(due_at) = 27"),
        **_KEYED,
    )  # fmt: skip
    _index("task_due", "task", ["kind", "due_at", "id"], "status IN ('ready', 'leased')")


def _beside() -> None:
    op.create_table(
        "sealed",
        _id("claim"), _number("seq"), _id("subject"), _id("epoch"), _bytes("wrapped"), _bytes("nonce"),
        _bytes("ciphertext"),
        sa.PrimaryKeyConstraint("claim", "seq", name="sealed_new"),
        sa.ForeignKeyConstraint(["claim", "seq"], ["entry.claim", "entry.seq"], name="sealed_entry"),
        **_STRICT,
    )  # fmt: skip
    op.create_table(
        "idempotency",
        _id("principal"), _id("key"), _id("request"), _id("claim"), _number("version"), _id("at"),
        sa.PrimaryKeyConstraint("principal", "key", name="idempotency_new"), _of_case("idempotency"),
        _check("idempotency_instants", "length(at) = 27"),
        **_KEYED,
    )  # fmt: skip
    op.create_table(
        "source",
        _id("key"), _id("content"), _id("claim"), _id("run"),
        sa.PrimaryKeyConstraint("key", name="source_new"), _of_case("source"), **_KEYED,
    )  # fmt: skip
    op.create_table("meta", _id("name"), _text("value"), sa.PrimaryKeyConstraint("name", name="meta_new"), **_KEYED)
