"""The tables, as SQLAlchemy Core: what is kept, what is unique, what lists are narrowed by.

Decision: append-mostly rows and explicit statements, no object mapping; amounts are whole minor units; instants are
fixed-width text, so that text order is time order; text of ids sorts by code point on both databases. What a unique
index or a check can say about money stands here, what needs a look at other rows stands in ``triggers``.
Authority: trust notes 2.3 and 3.1.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    TextClause,
    UniqueConstraint,
    text,
)

from ...states.ledger import TransferKind
from ...states.roles import ControlKind, Role, Verdict, Waiting

metadata = MetaData()

# PostgreSQL's "C" collation is byte order, as in SQLite and in Python. The types of a database itself would bring its
# whole dialect along, with drivers nobody uses: a tenth of a second for each command.
_Id = Text(collation="C").with_variant(Text(), "sqlite")
_Amount = BigInteger().with_variant(Integer(), "sqlite")
_Flag = Boolean(create_constraint=False).with_variant(Integer(), "sqlite")

_STRICT: dict[str, Any] = {"sqlite_strict": True}
# Without a rowid nobody can replace a row by naming its hidden number.
_KEYED: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": False}

KINDS = tuple(k.value for k in TransferKind)


def _among(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(v) for v in values)})"


def _instant(table: str, *columns: str) -> CheckConstraint:
    return CheckConstraint(" AND ".join(f"length({c}) = 27" for c in columns), name=f"{table}_instants")


_parts: dict[Index, TextClause] = {}


def _part(name: str, where: str, *columns: Column[Any], unique: bool = False) -> Index:
    """An index over the rows that ``where`` picks."""
    clause = text(where)
    made = Index(name, *columns, unique=unique, sqlite_where=clause)
    _parts[made] = clause
    return made


def for_postgresql() -> None:
    """Tells PostgreSQL's part of the partial indexes: saying it above would load that dialect for every SQLite file."""
    for index, clause in _parts.items():
        index.dialect_options["postgresql"]["where"] = clause


def _key(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, _Id, nullable=null)


case = Table(
    "case",
    metadata,
    _key("id"),
    _key("programme"),
    _key("marketplace"),
    _key("state"),
    Column("version", Integer, nullable=False),
    _key("head", null=True),
    _key("opened_at"),
    _key("updated_at"),
    _key("seller", null=True),
    _key("order_id", null=True),
    _key("incident_on", null=True),
    _key("currency"),
    _key("rulebook"),
    _key("outcome", null=True),
    _key("hold", null=True),
    _key("recovery_status"),
    Column("counts_together", _Flag, nullable=False),
    Column("eligible_minor", _Amount, nullable=False),
    Column("asked_minor", _Amount, nullable=False),
    Column("paid_minor", _Amount, nullable=False),
    Column("recovered_minor", _Amount, nullable=False),
    _key("owner", null=True),
    Column("body", Text, nullable=False),
    PrimaryKeyConstraint("id", name="case_new"),
    CheckConstraint("version > 0", name="case_version_positive"),
    CheckConstraint("eligible_minor >= 0 AND asked_minor >= 0 AND paid_minor >= 0 AND recovered_minor >= 0",
                    name="case_amounts"),
    _instant("case", "opened_at", "updated_at"),
    **_STRICT,
)  # fmt: skip
# Lists go by id, so it stands right after what is asked for: a page is a stretch of the index, never a sort of all that
# fits. What a second filter asks (``narrowing``) stands behind it, so that no claim is read only to be left out.
_PLACE = (case.c.programme, case.c.marketplace)
Index("case_state", case.c.state, case.c.id, case.c.outcome, case.c.recovery_status, *_PLACE)
Index("case_seller", case.c.seller, case.c.id, case.c.state)
Index("case_programme", case.c.programme, case.c.id, case.c.marketplace)
Index("case_marketplace", case.c.marketplace, case.c.id)
Index("case_outcome", case.c.outcome, case.c.id, *_PLACE)
#: Claims from which something is or was asked back. Most have nothing asked and cost nothing here; a list of those
#: finds the next one at once.
RECOVERY_ASKED = "recovery_status NOT IN ('none', 'waived')"
_part("case_recovery", RECOVERY_ASKED, case.c.recovery_status, case.c.id, case.c.outcome, *_PLACE)
Index("case_group", case.c.order_id, case.c.incident_on)
_part("case_held", "hold IS NOT NULL", case.c.id)

entry = Table(
    "entry",
    metadata,
    _key("id"),
    _key("claim"),
    Column("seq", Integer, nullable=False),
    _key("at"),
    _key("actor"),
    _key("verb"),
    _key("type"),
    Column("data", LargeBinary, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    PrimaryKeyConstraint("claim", "seq", name="entry_place"),
    UniqueConstraint("id", name="entry_new"),
    ForeignKeyConstraint(["claim"], ["case.id"], name="entry_case"),
    CheckConstraint("seq > 0", name="entry_seq_positive"),
    CheckConstraint("length(leaf) = 32", name="entry_leaf"),
    CheckConstraint("length(data) BETWEEN 2 AND 65535", name="entry_data"),
    _instant("entry", "at"),
    **_STRICT,  # a row of a keyed table that is longer than a quarter of a page gets a page of its own
)

transfer = Table(
    "transfer",
    metadata,
    _key("id"),
    _key("claim"),
    _key("kind"),
    Column("obligation", Integer),
    _key("debit"),
    _key("credit"),
    Column("amount", _Amount, nullable=False),
    _key("currency"),
    _key("pending", null=True),
    _key("reverses", null=True),
    _key("entry"),
    _key("at"),
    PrimaryKeyConstraint("id", name="transfer_new"),
    ForeignKeyConstraint(["claim"], ["case.id"], name="transfer_case"),
    ForeignKeyConstraint(["entry"], ["entry.id"], name="transfer_from"),
    CheckConstraint(_among("kind", KINDS), name="transfer_kind"),
    CheckConstraint("amount > 0", name="transfer_amount"),
    CheckConstraint("debit <> credit", name="transfer_accounts"),
    CheckConstraint("(kind IN ('post', 'void')) = (pending IS NOT NULL)", name="transfer_pending"),
    CheckConstraint("(kind = 'reverse') = (reverses IS NOT NULL)", name="transfer_reverses"),
    CheckConstraint("kind NOT IN ('authorize', 'recoup') OR obligation IS NOT NULL", name="transfer_obligation"),
    _instant("transfer", "at"),
    **_KEYED,
)


def _once(name: str, where: str, *columns: str) -> Index:
    return _part(name, where, *[transfer.c[c] for c in columns], unique=True)


_once("authorize_once", "kind = 'authorize'", "claim", "obligation")
_once("resolved_once", "kind IN ('post', 'void')", "pending")
_once("reversed_once", "kind = 'reverse'", "reverses")
_once("recoup_once", "kind = 'recoup'", "claim", "obligation")
_once("one_effect", "kind <> 'reverse'", "entry", "kind")
Index("transfer_claim", transfer.c.claim, transfer.c.id)

decision = Table(
    "decision",
    metadata,
    _key("id"),
    _key("claim"),
    _key("entry"),
    _key("kind"),
    _key("outcome"),
    Column("exempt", _Flag, nullable=False),
    _key("rulebook"),
    _key("readings"),
    _key("at"),
    PrimaryKeyConstraint("id", name="decision_new"),
    UniqueConstraint("entry", name="decision_once"),
    ForeignKeyConstraint(["claim"], ["case.id"], name="decision_case"),
    ForeignKeyConstraint(["entry"], ["entry.id"], name="decision_from"),
    _instant("decision", "at"),
    **_KEYED,
)
Index("decision_claim", decision.c.claim)
_part("decision_reading", "readings <> ''", decision.c.claim, decision.c.readings)

notice = Table(
    "notice",
    metadata,
    _key("id"),
    _key("claim"),
    _key("kind"),
    _key("party"),
    _key("language"),
    _key("at"),
    _key("queued_at"),
    Column("params", Text, nullable=False),
    _key("status"),
    _key("handed_over_at", null=True),
    _key("channel", null=True),
    _key("sha256", null=True),
    Column("subject", Text),
    Column("body", Text),
    PrimaryKeyConstraint("id", name="notice_new"),
    ForeignKeyConstraint(["claim"], ["case.id"], name="notice_case"),
    CheckConstraint(_among("status", ("queued", "handed_over")), name="notice_status"),
    CheckConstraint("status = 'queued' OR (handed_over_at IS NOT NULL AND channel IS NOT NULL AND sha256 IS NOT NULL"
                    " AND body IS NOT NULL)", name="notice_kept"),
    _instant("notice", "at", "queued_at"),
    **_STRICT,
)  # fmt: skip
Index("notice_claim", notice.c.claim)

task = Table(
    "task",
    metadata,
    _key("id"),
    _key("claim"),
    _key("kind"),
    _key("name"),
    _key("due_at"),
    _key("status"),
    Column("attempts", Integer, nullable=False),
    _key("lease_until", null=True),
    PrimaryKeyConstraint("id", name="task_new"),
    ForeignKeyConstraint(["claim"], ["case.id"], name="task_case"),
    CheckConstraint(_among("kind", ("deadline", "notice", "payment")), name="task_kind"),
    CheckConstraint(_among("status", ("ready", "leased", "done", "dead")), name="task_status"),
    CheckConstraint("(status = 'leased') = (lease_until IS NOT NULL)", name="task_lease"),
    CheckConstraint("attempts >= 0", name="task_attempts"),
    _instant("task", "due_at"),
    **_KEYED,
)
_part("task_due", "status IN ('ready', 'leased')", task.c.kind, task.c.due_at, task.c.id)

sealed = Table(
    "sealed",
    metadata,
    _key("claim"),
    Column("seq", Integer, nullable=False),
    _key("subject"),
    _key("epoch"),
    Column("wrapped", LargeBinary, nullable=False),
    Column("nonce", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
    PrimaryKeyConstraint("claim", "seq", name="sealed_new"),
    ForeignKeyConstraint(["claim", "seq"], ["entry.claim", "entry.seq"], name="sealed_entry"),
    **_STRICT,
)

#: Who asked for an erasure and who approved it. Sealed values go, and sent letters are blanked, by no other door.
erasure = Table(
    "erasure",
    metadata,
    _key("entry"),
    _key("claim"),
    Column("seq", Integer, nullable=False),
    _key("asked_by"),
    _key("approved_by"),
    _key("basis"),
    _key("at"),
    PrimaryKeyConstraint("entry", name="erasure_new"),
    ForeignKeyConstraint(["entry"], ["entry.id"], name="erasure_from"),
    ForeignKeyConstraint(["claim"], ["case.id"], name="erasure_case"),
    CheckConstraint("lower(asked_by) <> lower(approved_by)", name="erasure_two_people"),
    _instant("erasure", "at"),
    **_KEYED,
)
Index("erasure_claim", erasure.c.claim, erasure.c.seq)

#: Epochs whose key is given up: nothing is sealed under them any more, so that their keys can be destroyed.
closed_epoch = Table(
    "closed_epoch",
    metadata,
    _key("epoch"),
    _key("successor"),
    _key("asked_by"),
    _key("approved_by"),
    _key("at"),
    PrimaryKeyConstraint("epoch", name="closed_epoch_new"),
    CheckConstraint("lower(asked_by) <> lower(approved_by)", name="closed_epoch_two_people"),
    CheckConstraint("epoch <> successor", name="closed_epoch_into"),
    _instant("closed_epoch", "at"),
    **_KEYED,
)

idempotency = Table(
    "idempotency",
    metadata,
    _key("principal"),
    _key("key"),
    _key("request"),
    _key("claim"),
    Column("version", Integer, nullable=False),
    _key("at"),
    PrimaryKeyConstraint("principal", "key", name="idempotency_new"),
    ForeignKeyConstraint(["claim"], ["case.id"], name="idempotency_case"),
    _instant("idempotency", "at"),
    **_KEYED,
)

source = Table(
    "source",
    metadata,
    _key("key"),
    _key("content"),
    _key("claim"),
    _key("run"),
    PrimaryKeyConstraint("key", name="source_new"),
    ForeignKeyConstraint(["claim"], ["case.id"], name="source_case"),
    **_KEYED,
)

#: Imports and how far they came: no record of claims, but what a person and a later run look at.
import_run = Table(
    "import_run",
    metadata,
    _key("id"),
    _key("kind"),
    Column("file", Text, nullable=False),
    _key("file_sha256", null=True),
    _key("map_sha256"),
    _key("actor"),
    _key("status"),
    Column("attempt", Integer, nullable=False),
    Column("total", _Amount),
    *(Column(name, _Amount, nullable=False) for name in (
        "done", "created", "unchanged", "updated", "duplicate", "rejected", "warnings")),
    Column("codes", Text, nullable=False),
    Column("places", Text, nullable=False),
    _key("started_at"),
    _key("updated_at"),
    _key("ended_at", null=True),
    PrimaryKeyConstraint("id", name="import_run_new"),
    CheckConstraint(_among("status", ("running", "done", "stopped")), name="import_run_status"),
    CheckConstraint("(status = 'running') = (ended_at IS NULL)", name="import_run_ended"),
    CheckConstraint("done = created + unchanged + updated + duplicate + rejected", name="import_run_adds_up"),
    _instant("import_run", "started_at", "updated_at"),
    **_KEYED,
)  # fmt: skip

meta = Table(
    "meta",
    metadata,
    _key("name"),
    Column("value", Text, nullable=False),
    PrimaryKeyConstraint("name", name="meta_new"),
    **_KEYED,
)


# -- the transparency log (adapters/tlog) ------------------------------------------------------------------------------


def _count(name: str) -> Column[Any]:
    return Column(name, _Amount, nullable=False, autoincrement=False)


#: Entries that have no place in the log yet. A trigger fills it, so that no writer can forget to.
log_pending = Table(
    "log_pending",
    metadata,
    Column("n", _Amount, Identity(always=True, cache=1), nullable=False),
    _key("entry"),
    PrimaryKeyConstraint("n", name="log_pending_n"),
    UniqueConstraint("entry", name="log_pending_new"),
    ForeignKeyConstraint(["entry"], ["entry.id"], name="log_pending_of"),
    **_STRICT,
)

log_leaf = Table(
    "log_leaf",
    metadata,
    _count("place"),
    _key("entry"),
    Column("hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("place", name="log_leaf_next"),
    UniqueConstraint("entry", name="log_leaf_entry"),
    ForeignKeyConstraint(["entry"], ["entry.id"], name="log_leaf_of"),
    CheckConstraint("place >= 0", name="log_leaf_place"),
    CheckConstraint("length(hash) = 32", name="log_leaf_hash"),
    **_KEYED,
)

log_tile = Table(
    "log_tile",
    metadata,
    Column("level", Integer, nullable=False, autoincrement=False),
    _count("number"),
    Column("hashes", LargeBinary, nullable=False),
    PrimaryKeyConstraint("level", "number", name="log_tile_fixed"),
    CheckConstraint("level BETWEEN 0 AND 7 AND number >= 0", name="log_tile_place"),
    CheckConstraint("length(hashes) BETWEEN 32 AND 8192 AND (length(hashes) & 31) = 0", name="log_tile_width"),
    **_STRICT,
)

log_checkpoint = Table(
    "log_checkpoint",
    metadata,
    _count("size"),
    Column("root", LargeBinary, nullable=False),
    Column("note", LargeBinary, nullable=False),
    _key("signed_at"),
    PrimaryKeyConstraint("size", name="log_checkpoint_next"),
    CheckConstraint("size > 0 AND length(root) = 32", name="log_checkpoint_root"),
    _instant("log_checkpoint", "signed_at"),
    **_KEYED,
)

log_cosignature = Table(
    "log_cosignature",
    metadata,
    _count("size"),
    _key("name"),
    _key("key"),
    _key("line"),
    PrimaryKeyConstraint("size", "name", "key", name="log_cosignature_fixed"),
    ForeignKeyConstraint(["size"], ["log_checkpoint.size"], name="log_cosignature_of"),
    **_KEYED,
)

#: One row: whose log it is, how large it is, its right edge, how much was published and how often it was signed.
log_state = Table(
    "log_state",
    metadata,
    Column("id", Integer, nullable=False, autoincrement=False),
    _key("origin"),
    _count("size"),
    Column("edge", LargeBinary, nullable=False),
    _count("published"),
    _count("signed"),
    PrimaryKeyConstraint("id", name="log_state_fixed"),
    CheckConstraint("id = 1 AND size >= 0 AND published BETWEEN 0 AND size AND signed >= 0", name="log_state_size"),
    **_KEYED,
)


# -- who may do what (workflow/control) --------------------------------------------------------------------------------

_ROLES = tuple(r.value for r in Role)


def _late(column: str, table: str, name: str) -> ForeignKeyConstraint:
    """The entry is written after the row that names it, in the same transaction: its guard reads the row."""
    return ForeignKeyConstraint([column], [f"{table}.id"], name=name, deferrable=True, initially="DEFERRED")


#: The access journal: grants, switches, bands and changes of the rulebook, chained, added to and never changed.
control = Table(
    "control",
    metadata,
    Column("seq", Integer, nullable=False, autoincrement=False),
    _key("at"),
    _key("actor"),
    _key("kind"),
    _key("subject"),
    _key("role", null=True),
    _key("currency", null=True),
    Column("amount", _Amount),
    _key("effective_at", null=True),
    _key("evidence", null=True),
    Column("data", LargeBinary, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    PrimaryKeyConstraint("seq", name="control_next"),
    CheckConstraint("seq > 0", name="control_seq"),
    CheckConstraint(_among("kind", tuple(k.value for k in ControlKind)), name="control_kind"),
    CheckConstraint(f"kind NOT IN ('grant', 'revoke') OR ({_among('role', _ROLES)})", name="control_roles"),
    CheckConstraint("kind <> 'grant' OR actor <> subject", name="control_self"),
    CheckConstraint("kind <> 'band' OR (role IS NOT NULL AND currency IS NOT NULL AND amount >= 0)",
                    name="control_band"),
    CheckConstraint("kind <> 'rulebook_proposed' OR (effective_at IS NOT NULL AND evidence IS NOT NULL)",
                    name="rulebook_tested"),
    CheckConstraint("length(leaf) = 32", name="control_leaf"),
    CheckConstraint("length(data) BETWEEN 2 AND 65535", name="control_data"),
    _instant("control", "at"),
    **_KEYED,
)  # fmt: skip
Index("control_of", control.c.kind, control.c.subject, control.c.role, control.c.seq)

#: What waits for a second person: a step to be approved, or an emergency to be reviewed.
proposal = Table(
    "proposal",
    metadata,
    _key("id"),
    _key("claim"),
    _key("entry"),
    _key("kind"),
    _key("verb"),
    _key("author"),
    _key("roles"),
    Column("amount", _Amount, nullable=False),
    _key("currency"),
    _key("at"),
    PrimaryKeyConstraint("id", name="proposal_new"),
    ForeignKeyConstraint(["claim"], ["case.id"], name="proposal_case"),
    _late("entry", "entry", "proposal_entry"),
    CheckConstraint(_among("kind", tuple(w.value for w in Waiting)), name="proposal_kind"),
    _instant("proposal", "at"),
    **_KEYED,
)
Index("proposal_claim", proposal.c.claim, proposal.c.id)

#: What became of it. Nobody answers what they proposed, or did in an emergency, themselves.
answer = Table(
    "answer",
    metadata,
    _key("proposal"),
    _key("claim"),
    _key("entry"),
    _key("author"),
    _key("person"),
    _key("verdict"),
    _key("at"),
    PrimaryKeyConstraint("proposal", name="answer_once"),
    ForeignKeyConstraint(["proposal"], ["proposal.id"], name="answer_proposal"),
    _late("entry", "entry", "answer_entry"),
    CheckConstraint(_among("verdict", tuple(v.value for v in Verdict)), name="answer_verdict"),
    CheckConstraint("(verdict = 'withdrawn') = (person = author)", name="answer_self"),
    _instant("answer", "at"),
    **_KEYED,
)

Index("answer_claim", answer.c.claim)

#: The second person of an entry; none where the glass was broken.
approval = Table(
    "approval",
    metadata,
    _key("entry"),
    _key("claim"),
    _key("kind"),
    _key("verb"),
    _key("author"),
    _key("approver", null=True),
    _key("proposal", null=True),
    _key("at"),
    PrimaryKeyConstraint("entry", name="approval_new"),
    ForeignKeyConstraint(["claim"], ["case.id"], name="approval_case"),
    ForeignKeyConstraint(["proposal"], ["proposal.id"], name="approval_proposal"),
    _late("entry", "entry", "approval_of"),
    CheckConstraint(_among("kind", ("second", "break_glass")), name="approval_kind"),
    CheckConstraint("(kind = 'second') = (approver IS NOT NULL)", name="approval_person"),
    CheckConstraint("kind = 'second' OR proposal IS NOT NULL", name="approval_review"),
    CheckConstraint("approver IS NULL OR approver <> author", name="approval_self"),
    _instant("approval", "at"),
    **_KEYED,
)
Index("approval_claim", approval.c.claim)
