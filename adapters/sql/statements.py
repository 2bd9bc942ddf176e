"""Every statement, written with SQLAlchemy once and rendered to text once for each database.

Decision: rendering a statement for each row costs more than writing the row, so the hot path hands ready text and
plain tuples to the driver, a whole batch at a time. Left out: statements made up at run time, apart from the
narrowing of lists, which SQLAlchemy renders and caches itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Integer,
    Select,
    Table,
    Text,
    and_,
    any_,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
    update,
)
from sqlalchemy import (
    case as when,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import ClauseElement, ColumnElement

from ...states.ledger import MOVING
from .tables import (
    answer,
    approval,
    case,
    closed_epoch,
    control,
    decision,
    entry,
    erasure,
    idempotency,
    import_run,
    meta,
    metadata,
    notice,
    proposal,
    sealed,
    source,
    task,
    transfer,
)
from .wire import Wire, strict, values_of

_CASE_FIXED = frozenset({"id", "programme", "marketplace", "currency", "opened_at"})


class Statement:
    """The text of a statement and the order of its values, rendered when it is first used."""

    __slots__ = ("_made_of", "fixed", "names", "text")

    text: str
    names: tuple[str, ...]
    fixed: dict[str, Any]  # values SQLAlchemy put in itself, such as OFFSET 0

    def __init__(self, statement: ClauseElement, dialect: Dialect) -> None:
        self._made_of = (statement, dialect)

    def __getattr__(self, name: str) -> Any:
        # Asked for a slot that is still empty, so this costs nothing once the statement is rendered. Most commands use
        # a few of the forty statements. Two threads may both come here: they fill in the same.
        if name not in ("fixed", "names", "text"):
            raise AttributeError(name)
        statement, dialect = self._made_of
        made: Any = statement.compile(dialect=dialect)
        self.fixed = {n: v for n, v in made.params.items() if v is not None}
        self.names = tuple(made.positiontup or ())
        self.text = str(made)
        return getattr(self, name)

    def values(self, values: dict[str, Any]) -> tuple[Any, ...]:
        """Values by name in the statement's order."""
        if self.fixed:
            values = {**self.fixed, **values}
        return tuple([values[n] for n in self.names])

    def rows(self, wire: Wire, **values: Any) -> Sequence[Any]:
        """The rows it finds."""
        return wire.rows(self.text, self.values(values))

    def first(self, wire: Wire, **values: Any) -> Any:
        """The first row it finds, or None."""
        return next(iter(wire.rows(self.text, self.values(values))), None)

    def change(self, wire: Wire, **values: Any) -> int:
        """Does it once; how many rows it changed."""
        return wire.change(self.text, self.values(values))

    def many(self, wire: Wire, rows: Sequence[tuple[Any, ...]]) -> int:
        """Does it for each row (values in the statement's order) in one call; how many rows it changed."""
        return wire.many(self.text, rows) if rows else 0


_Made = Callable[[ClauseElement], Statement]


def statements_of(dialect: Dialect) -> Statements:
    """The statements for databases of this kind, the same ones for every store of the process."""
    known = _known.get((dialect.name, dialect.driver))
    if known is None:
        known = _known[dialect.name, dialect.driver] = Statements(dialect)
    return known


class Statements:
    """All of them, for one kind of database."""

    def __init__(self, dialect: Dialect) -> None:
        self.sqlite = dialect.name == "sqlite"

        def made(statement: ClauseElement) -> Statement:
            return Statement(statement, dialect)

        self._cases(made)
        self._journal(made)
        self._personal(made)
        self._second_persons(made)
        self._imports(made)
        self._writing(made, dialect)
        self._work(made, dialect)
        self._letters(made)
        self.of_rows = {**self.insert, "put_task": self.put_task, "drop_task": self.drop_task}

    @cached_property
    def move_strictly(self) -> str:
        """``move_case`` for PostgreSQL's pipeline."""
        return strict(self.move_case.text)

    def _cases(self, made: _Made) -> None:
        """Cases, and lists and sums of them."""
        these = self._in(case.c.id, "ids")
        self.case, self.cases, self.versions = (
            made(select(case.c.body).where(case.c.id == bindparam("id"))),
            made(select(case.c.id, case.c.body).where(these)),
            made(select(case.c.id, case.c.version).where(these)),
        )
        self.siblings, self.siblings_of = made(self._siblings()), made(self._siblings_of())
        self.waiting = made(
            select(case.c.id)
            .where(case.c.seller == bindparam("seller"), self._in(case.c.state, "states"))
            .order_by(case.c.id)
        )
        self.totals = made(self._totals())

    def _journal(self, made: _Made) -> None:
        """Entries, transfers and decisions."""
        self.entries = made(
            select(entry)
            .where(entry.c.claim == bindparam("claim"), entry.c.seq > bindparam("after"))
            .order_by(entry.c.seq)
        )
        page = select(transfer).where(transfer.c.id > bindparam("after")).order_by(transfer.c.id)
        self.transfers = made(page.limit(bindparam("limit", type_=Integer)))
        self.transfers_of = made(
            page.where(transfer.c.claim == bindparam("claim")).limit(bindparam("limit", type_=Integer))
        )
        self.decisions = made(
            select(decision)
            .join(entry, entry.c.id == decision.c.entry)
            .where(decision.c.claim == bindparam("claim"))
            .order_by(entry.c.seq)
        )
        self.balances = made(self._balances())

    def _personal(self, made: _Made) -> None:
        """Sealed values, erasures and closed epochs."""
        self.sealed = made(select(sealed).where(sealed.c.claim == bindparam("claim")).order_by(sealed.c.seq))
        place = tuple_(sealed.c.claim, sealed.c.seq) > tuple_(bindparam("claim"), bindparam("seq", type_=Integer))
        self.sealed_under = made(
            select(sealed)
            .where(sealed.c.epoch == bindparam("epoch"), place)
            .order_by(sealed.c.claim, sealed.c.seq)
            .limit(bindparam("limit", type_=Integer))
        )
        self.erasures = made(select(erasure).where(erasure.c.claim == bindparam("claim")).order_by(erasure.c.seq))
        self.erase_sealed = made(
            delete(sealed).where(sealed.c.claim == bindparam("claim"), sealed.c.seq < bindparam("seq"))
        )
        self.blank_letters = made(
            update(notice)
            .where(notice.c.claim == bindparam("at_claim"), notice.c.status == literal_column("'handed_over'"))
            .values(subject=literal_column("NULL"), body=literal_column("''"), params=literal_column("'{}'"))
        )
        self.strip_letter = made(
            update(notice)
            .where(notice.c.id == bindparam("b_id"), notice.c.status == literal_column("'queued'"))
            .values(params=bindparam("b_params"))
        )
        self.close_epoch = made(insert(closed_epoch))
        self.closed_epochs = made(select(closed_epoch).order_by(closed_epoch.c.at, closed_epoch.c.epoch))
        self.rewrap = made(
            update(sealed)
            .where(
                sealed.c.claim == bindparam("at_claim"),
                sealed.c.seq == bindparam("at_seq"),
                sealed.c.subject == bindparam("at_subject"),
            )
            .values(epoch=bindparam("b_epoch"), wrapped=bindparam("b_wrapped"))
        )

    def _letters(self, made: _Made) -> None:
        """Notices: what is queued, what was handed over."""
        self.notices = made(
            select(notice).where(notice.c.claim == bindparam("claim")).order_by(notice.c.at, notice.c.id)
        )
        self.notice = made(select(notice).where(notice.c.id == bindparam("id")))
        self.known_notices = made(select(notice.c.id).where(self._in(notice.c.id, "ids")))
        sent = ("handed_over_at", "channel", "sha256", "subject", "body")
        self.notice_sent = made(
            update(notice)
            .where(notice.c.id == bindparam("b_id"), notice.c.status == literal_column("'queued'"))
            .values({"status": literal_column("'handed_over'"), **{n: bindparam(f"b_{n}") for n in sent}})
        )

    def _work(self, made: _Made, dialect: Dialect) -> None:
        """Tasks: what is due, leased and done."""
        is_open = task.c.status.in_([literal_column("'ready'"), literal_column("'leased'")])
        free = or_(task.c.status == literal_column("'ready'"), task.c.lease_until <= bindparam("now"))
        self.due = made(
            select(task)
            .where(is_open, task.c.kind == bindparam("kind"), task.c.due_at <= bindparam("now"), free)
            .order_by(task.c.due_at, task.c.id)
            .limit(bindparam("limit", type_=Integer))
        )
        self.next_due = made(
            select(task.c.due_at)
            .where(is_open, task.c.kind == bindparam("kind"), task.c.status == literal_column("'ready'"))
            .order_by(task.c.due_at, task.c.id)
            .limit(literal_column("1"))
        )
        self.put_task = made(self._put(dialect, task, "id"))
        # The same for many rows at once: PostgreSQL takes each column as an array.
        self.put_tasks = self.put_task.text.replace(values_of(self.put_task.text), _UNNESTED)
        self.drop_task = made(delete(task).where(task.c.id == bindparam("id")))
        self.drop_tasks = made(delete(task).where(self._in(task.c.id, "ids"))).text
        self.lease = made(
            update(task)
            .where(task.c.id == bindparam("id"), is_open, task.c.due_at <= bindparam("now"), free)
            .values(status=literal_column("'leased'"), attempts=task.c.attempts + literal_column("1"),
                    lease_until=bindparam("until"))
            .returning(task.c.attempts)
        )  # fmt: skip
        self.finish = made(
            update(task)
            .where(task.c.id == bindparam("id"))
            .values(status=bindparam("new_status"), lease_until=literal_column("NULL"))
        )
        self.postpone = made(
            update(task)
            .where(task.c.id == bindparam("id"), is_open)
            .values(status=literal_column("'ready'"), due_at=bindparam("new_due"), lease_until=literal_column("NULL"))
        )

    def _writing(self, made: _Made, dialect: Dialect) -> None:
        """New rows of every table, a case that moves on, and what is known by a key."""
        self.idempotency = made(
            select(idempotency).where(
                idempotency.c.principal == bindparam("principal"), idempotency.c.key == bindparam("key")
            )
        )
        self.sources = made(select(source).where(self._in(source.c.key, "keys")))
        self.meta = made(select(meta.c.value).where(meta.c.name == bindparam("name")))
        self.set_meta = made(self._put(dialect, meta, "name"))
        self.insert = {t.name: made(insert(t)) for t in (
            case, entry, transfer, decision, notice, sealed, idempotency, source, erasure, control, proposal, answer,
            approval)}  # fmt: skip
        self.copy = {name: copying(name, dialect) for name in self.insert}
        changed = [c for c in case.c if c.name not in _CASE_FIXED]
        self.move_case = made(
            update(case)
            .where(case.c.id == bindparam("at_id"), case.c.version == bindparam("at_version"))
            .values({c: bindparam(f"b_{c.name}", type_=c.type) for c in changed})
        )

    def _imports(self, made: _Made) -> None:
        """Imports and how far they came."""
        run, limit = import_run, bindparam("limit", type_=Integer)
        newest = select(run).order_by(run.c.id.desc()).limit(limit)
        self.import_run = made(select(run).where(run.c.id == bindparam("id")))
        self.import_runs = made(newest)
        self.import_runs_before = made(newest.where(run.c.id < bindparam("before")))
        self.unfinished_import = made(
            newest.where(
                run.c.kind == bindparam("kind"),
                run.c.file_sha256 == bindparam("file_sha256"),
                run.c.map_sha256 == bindparam("map_sha256"),
                run.c.status == literal_column("'running'"),
            )
        )
        self.sources_of = made(select(func.count()).select_from(source).where(source.c.run == bindparam("run")))
        self.new_import_run = made(insert(run))
        fixed = ("id", "kind", "started_at")
        self.move_import_run = made(
            update(run)
            .where(
                run.c.id == bindparam("b_id"),
                run.c.attempt == bindparam("b_before"),
                run.c.status == literal_column("'running'"),
            )
            .values({c: bindparam(f"b_{c.name}", type_=c.type) for c in run.c if c.name not in fixed})
        )

    def _second_persons(self, made: _Made) -> None:
        """Roles and second persons: the access journal, what waits, what became of it."""
        limit = bindparam("limit", type_=Integer)
        self.control = made(select(control).where(control.c.seq > bindparam("after")).order_by(control.c.seq))
        both = select(proposal, answer).outerjoin(answer, answer.c.proposal == proposal.c.id)
        unanswered = select(proposal).outerjoin(answer, answer.c.proposal == proposal.c.id)
        unanswered = unanswered.where(answer.c.proposal.is_(None)).order_by(proposal.c.id).limit(limit)
        self.waiting_all = made(unanswered.where(proposal.c.id > bindparam("after")))
        self.waiting_of = made(unanswered.where(proposal.c.claim == bindparam("claim")))
        self.proposal = made(both.where(proposal.c.id == bindparam("id")))
        self.proposals = made(both.where(proposal.c.id > bindparam("after")).order_by(proposal.c.id).limit(limit))
        page = select(approval).where(approval.c.entry > bindparam("after")).order_by(approval.c.entry).limit(limit)
        self.approvals = made(page)
        self.approvals_of = made(page.where(approval.c.claim == bindparam("claim")))

    def _in(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """``column`` among a list given as one value, however long it is."""
        if self.sqlite:
            return column.in_(select(func.json_each(bindparam(name)).table_valued("value").c.value))
        return column == any_(bindparam(name, type_=ARRAY(Text)))

    def _siblings(self) -> ClauseElement:
        if self.sqlite:
            given = func.json_each(bindparam("groups")).table_valued("value")
            order = func.json_extract(given.c.value, literal_column("'$[0]'"))
            incident = func.json_extract(given.c.value, literal_column("'$[1]'"))
        else:
            given = (
                func.unnest(bindparam("orders", type_=ARRAY(Text)), bindparam("incidents", type_=ARRAY(Text)))
                .table_valued("order_id", "incident_on", name="given")
                .render_derived()
            )
            order, incident = given.c.order_id, given.c.incident_on
        together = and_(case.c.order_id == order, case.c.incident_on == incident)
        return self._counting().select_from(given.join(case, together))

    def _siblings_of(self) -> ClauseElement:
        """The same for one group."""
        return self._counting().where(
            case.c.order_id == bindparam("order"), case.c.incident_on == bindparam("incident")
        )

    def _counting(self) -> Select[*tuple[Any, ...]]:
        return (
            select(case.c.order_id, case.c.incident_on, case.c.id, case.c.state, case.c.eligible_minor,
                   case.c.asked_minor, case.c.paid_minor)
            .where(case.c.counts_together if not self.sqlite else case.c.counts_together == literal_column("1"))
            .order_by(case.c.id)
        )  # fmt: skip

    def _totals(self) -> ClauseElement:
        by = (case.c.programme, case.c.marketplace, case.c.outcome, case.c.currency)
        sums = [_sum(c).label(c.name) for c in (case.c.eligible_minor, case.c.paid_minor, case.c.recovered_minor)]
        return (
            select(*by, func.count().label("cases"), *sums)
            .group_by(*by)
            .order_by(
                case.c.programme,
                case.c.marketplace,
                func.coalesce(case.c.outcome, literal_column("''")),
                case.c.currency,
            )
        )

    def _balances(self) -> ClauseElement:
        moved = transfer.c.kind.in_([literal_column(f"'{k.value}'") for k in sorted(MOVING)])
        came = select(transfer.c.credit.label("account"), transfer.c.currency, transfer.c.amount).where(moved)
        went = select(
            transfer.c.debit.label("account"), transfer.c.currency, (-transfer.c.amount).label("amount")
        ).where(moved)
        both = union_all(came, went).subquery("moved")
        return (
            select(both.c.account, both.c.currency, _sum(both.c.amount))
            .group_by(both.c.account, both.c.currency)
            .order_by(both.c.account, both.c.currency)
        )

    def _put(self, dialect: Dialect, table: Table, key: str) -> ClauseElement:
        if dialect.name == "sqlite":
            from sqlalchemy.dialects.sqlite import insert as upsert
        else:
            from sqlalchemy.dialects.postgresql import insert as upsert
        made = upsert(table)
        new: dict[str, Any] = {c.name: made.excluded[c.name] for c in table.c if c.name != key}
        if table is task:
            # A task written a second time is ready again; its attempts are never forgotten.
            new["attempts"] = when(
                (task.c.attempts > made.excluded.attempts, task.c.attempts), else_=made.excluded.attempts
            )
        return made.on_conflict_do_update(index_elements=[key], set_=new)


_known: dict[tuple[str, str], Statements] = {}
_UNNESTED = f"SELECT * FROM unnest({', '.join(['%s::text[]'] * 6)}, %s::int[], %s::text[])"  # noqa: S608  # nothing of a caller's is in it


def copying(name: str, dialect: Dialect) -> tuple[str, list[str]]:
    """PostgreSQL's COPY into a table, for batches, and the types of its columns: rows go in as it keeps them."""
    columns = metadata.tables[name].columns
    listed = ", ".join(f'"{c.name}"' for c in columns)
    types = [c.type.compile(dialect).partition(" ")[0].lower() for c in columns]
    return f'COPY "{name}" ({listed}) FROM STDIN (FORMAT BINARY)', types


def _sum(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(func.sum(column), BigInteger)
