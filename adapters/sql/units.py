"""Read and write units over one connection and its transaction.

Decision: rows go in and out as the tuples of the ports, one driver call for each table and batch. Authority: ports.
Left out: what a row means, and retrying, which is the store's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from ...states.case import Case
from ...states.errors import Conflict, NotFound
from ...workflow.plan import Sibling
from ...workflow.ports import (
    Ahead,
    AnswerRow,
    ApprovalRow,
    CaseFilter,
    ControlRow,
    DecisionRow,
    EntryRow,
    EpochRow,
    ErasureRow,
    IdempotencyRow,
    ImportRun,
    NoticeRow,
    ProposalRow,
    SealedRow,
    SourceRow,
    TaskRow,
    TransferRow,
    WriteSet,
)
from ..guards import ledger_order
from ..rows import CaseRow, one_set_a_case, ordered_words, stale, without_words
from . import locks
from .codec import decode
from .narrowing import narrowed
from .ready import Ready, one_a_case, row_of
from .statements import Statements
from .tables import case as case_table
from .wire import Step, Wire

_SEQ_MAX = 2**31 - 1
_STANDING = 100_000
#: From this many rows in one call on, PostgreSQL takes them in a stream for each table: less work on both sides.
_MANY = 40


class SqlRead:
    """What stands in the database, as this transaction sees it."""

    def __init__(self, wire: Wire, statements: Statements) -> None:
        self._w = wire
        self._s = statements

    @property
    def connection(self) -> Connection:
        """SQLAlchemy's connection of this transaction, for the transparency log's own tables."""
        return self._w.connection

    def _list(self, values: Sequence[str]) -> Any:
        # SQLite takes a list as JSON text, PostgreSQL as an array.
        return json.dumps(list(values)) if self._s.sqlite else list(values)

    def case(self, case_id: str) -> Case | None:
        """The case, or None."""
        row = self._s.case.first(self._w, id=case_id)
        return None if row is None else decode(row[0])

    def cases(self, case_ids: Sequence[str]) -> dict[str, Case]:
        """Those of the cases that exist."""
        if not case_ids:
            return {}
        found = {row[0]: row[1] for row in self._s.cases.rows(self._w, ids=self._list(case_ids))}
        return {c: decode(found[c]) for c in dict.fromkeys(case_ids) if c in found}

    def versions(self, case_ids: Sequence[str]) -> dict[str, int]:
        """The versions of those of the cases that exist."""
        if not case_ids:
            return {}
        return dict(tuple(row) for row in self._s.versions.rows(self._w, ids=self._list(case_ids)))

    def siblings(self, groups: Sequence[tuple[str, str]]) -> dict[tuple[str, str], list[Sibling]]:
        """Claims that count together, by order and incident date."""
        wanted = list(dict.fromkeys(groups))
        if not wanted:
            return {}
        if len(wanted) == 1:
            rows = self._s.siblings_of.rows(self._w, order=wanted[0][0], incident=wanted[0][1])
        elif self._s.sqlite:
            rows = self._s.siblings.rows(self._w, groups=json.dumps(wanted))
        else:
            rows = self._s.siblings.rows(self._w, orders=[g[0] for g in wanted], incidents=[g[1] for g in wanted])
        return grouped(rows)

    def entries(self, case_id: str, after: int = 0) -> list[EntryRow]:
        """The entries of a case after a place in its journal."""
        rows = self._s.entries.rows(self._w, claim=case_id, after=max(0, min(after, _SEQ_MAX)))
        return [EntryRow(*row) for row in rows]

    def sealed(self, case_id: str) -> list[SealedRow]:
        """The sealed values of a case, oldest first."""
        return [SealedRow(*row) for row in self._s.sealed.rows(self._w, claim=case_id)]

    def erasures(self, case_id: str) -> list[ErasureRow]:
        """The erasures of a case, oldest first."""
        return [ErasureRow(*row) for row in self._s.erasures.rows(self._w, claim=case_id)]

    def closed_epochs(self) -> list[EpochRow]:
        """Every epoch whose key was given up, oldest first."""
        return [EpochRow(*row) for row in self._s.closed_epochs.rows(self._w)]

    def sealed_under(self, epoch: str, after: tuple[str, int] | None = None, limit: int = 1000) -> list[SealedRow]:
        """A page of the values whose data keys an epoch wraps, by claim and place."""
        claim, seq = after or ("", 0)
        rows = self._s.sealed_under.rows(self._w, epoch=epoch, claim=claim, seq=seq, limit=limit)
        return [SealedRow(*row) for row in rows]

    def transfers(self, case_id: str | None = None, after: str | None = None, limit: int = 1000) -> list[TransferRow]:
        """A page of transfers, by id."""
        if case_id is None:
            rows = self._s.transfers.rows(self._w, after=after or "", limit=limit)
        else:
            rows = self._s.transfers_of.rows(self._w, claim=case_id, after=after or "", limit=limit)
        return [TransferRow(*row) for row in rows]

    def decisions(self, case_id: str) -> list[DecisionRow]:
        """The decisions of a case, oldest first."""
        rows = self._s.decisions.rows(self._w, claim=case_id)
        return [DecisionRow._make((*row[:5], bool(row[5]), *row[6:])) for row in rows]

    def notices(self, case_id: str) -> list[NoticeRow]:
        """The notices of a case, oldest first."""
        return [NoticeRow(*row) for row in self._s.notices.rows(self._w, claim=case_id)]

    def notice(self, notice_id: str) -> NoticeRow | None:
        """One notice, or None."""
        row = self._s.notice.first(self._w, id=notice_id)
        return None if row is None else NoticeRow(*row)

    def list_cases(self, wanted: CaseFilter) -> list[Case]:
        """A page of cases, by id."""
        page = select(case_table.c.body).order_by(case_table.c.id).limit(wanted.limit)
        found = self.connection.execute(page.where(*narrowed(wanted, sqlite=self._s.sqlite)))
        return [decode(row[0]) for row in found]

    def waiting_on_seller(self, seller: str, states: Iterable[str]) -> list[str]:
        """Ids of the seller's cases in one of these states."""
        rows = self._s.waiting.rows(self._w, seller=seller, states=self._list(ordered_words(states)))
        return [row[0] for row in rows]

    def idempotency(self, principal: str, key: str) -> IdempotencyRow | None:
        """What a key was used for, or None."""
        row = self._s.idempotency.first(self._w, principal=principal, key=key)
        return None if row is None else IdempotencyRow(*row)

    def sources(self, keys: Sequence[str]) -> dict[str, SourceRow]:
        """Those of the filed lines that exist."""
        if not keys:
            return {}
        found = [SourceRow(*row) for row in self._s.sources.rows(self._w, keys=self._list(keys))]
        return {row.key: row for row in found}

    def sources_of(self, run: str) -> int:
        """How many filed lines a run kept."""
        row = self._s.sources_of.first(self._w, run=run)
        return 0 if row is None else int(row[0])

    def import_run(self, run_id: str) -> ImportRun | None:
        """One import, or None."""
        row = self._s.import_run.first(self._w, id=run_id)
        return None if row is None else ImportRun(*row)

    def import_runs(self, before: str | None = None, limit: int = 50) -> list[ImportRun]:
        """A page of imports, newest first."""
        if before is None:
            rows = self._s.import_runs.rows(self._w, limit=limit)
        else:
            rows = self._s.import_runs_before.rows(self._w, before=before, limit=limit)
        return [ImportRun(*row) for row in rows]

    def unfinished_import(self, kind: str, file_sha256: str, map_sha256: str) -> ImportRun | None:
        """The newest import of this file under this map that did not come to its end."""
        wanted = {"kind": kind, "file_sha256": file_sha256, "map_sha256": map_sha256, "limit": 1}
        row = self._s.unfinished_import.first(self._w, **wanted)
        return None if row is None else ImportRun(*row)

    def due_tasks(self, now: str, kinds: Iterable[str], limit: int) -> list[TaskRow]:
        """Ready tasks due by ``now`` and leased ones whose lease has ended."""
        found: list[TaskRow] = []
        for kind in ordered_words(kinds):
            found += [TaskRow(*row) for row in self._s.due.rows(self._w, kind=kind, now=now, limit=limit)]
        return sorted(found, key=_due_order)[:limit]

    def next_due(self, kinds: Iterable[str]) -> str | None:
        """The due instant of the earliest ready task."""
        rows = [self._s.next_due.first(self._w, kind=kind) for kind in ordered_words(kinds)]
        return min((row[0] for row in rows if row is not None), default=None)

    def totals(self) -> list[dict[str, Any]]:
        """Sums by programme, marketplace, outcome and currency."""
        names = (
            "programme",
            "marketplace",
            "outcome",
            "currency",
            "cases",
            "eligible_minor",
            "paid_minor",
            "recovered_minor",
        )
        return [dict(zip(names, row, strict=True)) for row in self._s.totals.rows(self._w)]

    def balances(self) -> list[tuple[str, str, int]]:
        """(account, currency, credits minus debits) over what moved."""
        return [(row[0], row[1], row[2]) for row in self._s.balances.rows(self._w)]

    def meta(self, name: str) -> str | None:
        """A value of the store itself, or None."""
        row = self._s.meta.first(self._w, name=name)
        return None if row is None else row[0]

    def control(self, after: int = 0) -> list[ControlRow]:
        """The access journal after a place in it."""
        return [ControlRow(*row) for row in self._s.control.rows(self._w, after=max(0, min(after, _SEQ_MAX)))]

    def waiting(self, claim: str | None = None, after: str | None = None, limit: int = 1000) -> list[ProposalRow]:
        """What waits for a second person, oldest first."""
        if claim is None:
            rows = self._s.waiting_all.rows(self._w, after=after or "", limit=limit)
        else:
            rows = self._s.waiting_of.rows(self._w, claim=claim, limit=limit)
        return [ProposalRow(*row) for row in rows]

    def proposal(self, proposal_id: str) -> tuple[ProposalRow, AnswerRow | None] | None:
        """One proposal with what became of it, or None."""
        row = self._s.proposal.first(self._w, id=proposal_id)
        return None if row is None else _answered(row)

    def proposals(self, after: str | None = None, limit: int = 1000) -> list[tuple[ProposalRow, AnswerRow | None]]:
        """A page of proposals, by id, with what became of them."""
        return [_answered(row) for row in self._s.proposals.rows(self._w, after=after or "", limit=limit)]

    def approvals(self, claim: str | None = None, after: str | None = None, limit: int = 1000) -> list[ApprovalRow]:
        """A page of the second persons of entries, by entry."""
        if claim is None:
            rows = self._s.approvals.rows(self._w, after=after or "", limit=limit)
        else:
            rows = self._s.approvals_of.rows(self._w, claim=claim, after=after or "", limit=limit)
        return [ApprovalRow(*row) for row in rows]


def grouped(rows: Iterable[Sequence[Any]]) -> dict[tuple[str, str], list[Sibling]]:
    """The claims of each group."""
    found: dict[tuple[str, str], list[Sibling]] = {}
    for order, incident, case_id, state, eligible, asked, paid in rows:
        found.setdefault((order, incident), []).append(Sibling(case_id, state, eligible, asked, paid))
    return found


def _answered(row: Sequence[Any]) -> tuple[ProposalRow, AnswerRow | None]:
    width = len(ProposalRow._fields)
    answer = row[width:]
    return ProposalRow(*row[:width]), None if answer[0] is None else AnswerRow(*answer)


_due_order = itemgetter(TaskRow._fields.index("due_at"), TaskRow._fields.index("id"))


def looked(wire: Wire, s: Statements, after: int, claim: str | None) -> tuple[list[ControlRow], Case | None]:
    """The access journal after a place, and a claim; one round trip, and no transaction where that is one more."""
    asked = [(s.control.text, s.control.values({"after": after}))]
    if claim is not None:
        asked.append((s.case.text, s.case.values({"id": claim})))
    rows, *cases = wire.look(asked)
    return [ControlRow(*row) for row in rows], decode(cases[0][0][0]) if cases and cases[0] else None


class SqlWrite(SqlRead):
    """A transaction with the right to write."""

    def __init__(self, wire: Wire, statements: Statements, standing: set[str]) -> None:
        super().__init__(wire, statements)
        #: Ids that were seen to be cases, in this unit or before; a case is never deleted.
        self._standing = standing
        #: What stands of the cases that were locked last, until this unit writes: nobody else changes it meanwhile.
        self._held: dict[str, str] = {}
        #: What was read with them: sealed rows by claim, siblings by group.
        self._near: dict[Any, list[tuple[Any, ...]]] = {}

    def lock(self, keys: Sequence[str], ahead: Ahead | None = None) -> None:
        """Serialises writers of the same keys; SQLite has one writer at a time anyway."""
        if self._s.sqlite or not keys:
            return
        self._held, self._near = {}, {}
        few = locks.few(keys, self._standing)
        if few is None:
            locks.take(self._w, keys)
            return
        # In the same round trip, as statements of their own: what they see begins when the locks are held.
        near = dict(self._asked(ahead or Ahead()))
        found = self._w.rows_of([*few, *near.values()])
        if not self._w.in_part:
            self._near = dict(zip(near, found[len(few) :], strict=True))
        held = dict[str, str](found[0])
        if gone := self._standing & set(keys) - held.keys():  # an older copy of the database stands here now
            self._standing -= gone
            locks.take(self._w, keys)
        elif not self._w.in_part:  # whose end may let go of the locks, and take back the cases, before the unit ends
            self._held = held
            if len(self._standing) > _STANDING:
                self._standing.clear()
            self._standing.update(held)

    def _asked(self, ahead: Ahead) -> Iterable[tuple[Any, tuple[str, tuple[Any, ...]]]]:
        if ahead.sealed is not None:
            yield ahead.sealed, (self._s.sealed.text, self._s.sealed.values({"claim": ahead.sealed}))
        if ahead.group is not None:
            order, incident = ahead.group
            values = self._s.siblings_of.values({"order": order, "incident": incident})
            yield ahead.group, (self._s.siblings_of.text, values)

    def sealed(self, case_id: str) -> list[SealedRow]:
        """The sealed values of a case, oldest first."""
        near = self._near.get(case_id)
        return super().sealed(case_id) if near is None else [SealedRow(*row) for row in near]

    def siblings(self, groups: Sequence[tuple[str, str]]) -> dict[tuple[str, str], list[Sibling]]:
        """Claims that count together, by order and incident date."""
        near = self._near.get(groups[0]) if len(groups) == 1 else None
        return super().siblings(groups) if near is None else grouped(near)

    def case(self, case_id: str) -> Case | None:
        """The case, or None."""
        body = self._held.get(case_id)
        return super().case(case_id) if body is None else decode(body)

    def append(self, sets: Sequence[WriteSet], *, last: bool = False) -> None:
        """Writes every set, a table at a time, or raises."""
        given = one_set_a_case(sets)
        try:
            self._append(given, last)
        except Conflict as error:
            if error.claim is None and len(given) == 1:
                error.claim = given[0].case.id
            raise

    def append_ready(self, sets: Sequence[Ready]) -> None:
        """Writes every set that was laid out beforehand, a table at a time, or raises."""
        given = one_a_case(sets)
        self._write(
            [(s.before, CaseRow._make(s.row)) for s in given if s.before],
            ("case", [s.row for s in given if not s.before]),
            ("entry", [row for s in given for row in s.entries]),
            ("sealed", [row for s in given for row in s.sealed]),
            ("decision", [row for s in given for row in s.decided]),
            ("transfer", [row for s in given for row in s.transfers]),
            ("decision", [row for s in given for row in s.exempted]),
            ("notice", [row for s in given for row in s.notices]),
            ("drop_task", [row for s in given for row in s.dropped]),
            ("put_task", [row for s in given for row in s.tasks]),
            ("source", [row for s in given for row in s.sources]),
        )

    def _append(self, given: Sequence[WriteSet], last: bool) -> None:
        cases = [(s.before, row_of(s)) for s in given]
        made = [row for s in given for row in s.decisions]
        erased = [row for s in given for row in s.erasures]
        self._write(
            [(before, row) for before, row in cases if before],
            ("case", [row for before, row in cases if not before]),
            # Before the entries they belong to: the guard of an entry asks for its second person.
            ("proposal", [row for s in given for row in s.proposals]),
            ("answer", [row for s in given for row in s.answers]),
            ("approval", [row for s in given for row in s.approvals]),
            ("entry", [row for s in given for row in s.entries]),
            ("sealed", [row for s in given for row in s.sealed]),
            # Recovery is given up after what was recouped is given back, and pursued before anything is recouped.
            ("decision", [row for row in made if not row.exempt]),
            ("transfer", [row for s in given for row in ledger_order(s.transfers)]),
            ("decision", [row for row in made if row.exempt]),
            ("notice", [row for s in given for row in s.notices]),
            ("drop_task", [(task,) for s in given for task in s.dropped_tasks]),
            ("put_task", [row for s in given for row in s.tasks]),
            ("idempotency", [row for s in given for row in s.idempotency]),
            ("source", [row for s in given for row in s.sources]),
            ("erasure", erased),
            last=last and not erased,
        )
        self._erase(erased)

    def _erase(self, rows: Sequence[ErasureRow]) -> None:
        self._s.erase_sealed.many(self._w, [(row.claim, row.seq) for row in rows])
        claims = list(dict.fromkeys(row.claim for row in rows))
        self._s.blank_letters.many(self._w, [(claim,) for claim in claims])
        for letter in (n for claim in claims for n in self.notices(claim) if n.status == "queued"):
            if without_words(letter.params) != letter.params:
                self._s.strip_letter.many(self._w, [(without_words(letter.params), letter.id)])

    def _write(
        self, moves: Sequence[tuple[int, CaseRow]], *steps: tuple[str, Sequence[tuple[Any, ...]]], last: bool = False
    ) -> None:
        """Cases that are there move on first, then the rows of each step; ``last``: the commit may go with them."""
        self._held, self._near = {}, {}
        known = self._s.of_rows
        steps = tuple((name, rows) for name, rows in steps if rows)
        if not self._s.sqlite and len(moves) + sum(len(rows) for _, rows in steps) < _MANY:
            # A part of a larger transaction is not the last of it.
            commit = last and not self._w.in_part
            few = [(known[name].text, part) for name, rows in steps for part in _as_one(name, rows)]
            self._write_few(moves, few, commit)
            return
        self._move(moves)
        for name, rows in steps:
            if self._s.sqlite:
                known[name].many(self._w, rows)
            else:
                self._write_many(name, rows)

    def _write_few(self, moves: Sequence[tuple[int, CaseRow]], steps: Sequence[Step], commit: bool) -> None:
        from .pipeline import Missed  # psycopg is an optional package

        moved = self._from(moves)
        try:
            self._w.write([(self._s.move_strictly, moved), *steps], commit=commit)
        except Missed as missed:
            raise stale(moves[missed.place][1].id) from None

    def _write_many(self, name: str, rows: Sequence[tuple[Any, ...]]) -> None:
        if name == "put_task":
            columns = tuple([list(column) for column in zip(*_last(rows), strict=True)])
            self._w.change(self._s.put_tasks, columns)
        elif name == "drop_task":
            self._w.change(self._s.drop_tasks, ([row[0] for row in rows],))
        else:
            wire: Any = self._w  # PostgreSQL's
            wire.copied(*self._s.copy[name], rows)

    def _move(self, cases: Sequence[tuple[int, CaseRow]]) -> None:
        moved = self._from(cases)
        if self._s.move_case.many(self._w, moved) != len(moved):
            raise stale(self._stale([row for _, row in cases]))

    def _from(self, cases: Sequence[tuple[int, CaseRow]]) -> list[tuple[Any, ...]]:
        """The values of each move: what changes, which case, from which version."""
        return [(*_changed(row), row.id, before) for before, row in cases]

    def _stale(self, moved: Sequence[CaseRow]) -> str | None:
        # Those that were at their version have been changed by now: what stands of them is what was to be written.
        kept = {row[0]: row[1] for row in self._s.cases.rows(self._w, ids=self._list([row.id for row in moved]))}
        return next((row.id for row in moved if kept.get(row.id) != row.body), None)

    def lease(self, task_id: str, now: str, until: str) -> int | None:
        """Takes a due task; its new attempt number, or None."""
        row = self._s.lease.first(self._w, id=task_id, now=now, until=until)
        return None if row is None else row[0]

    def finish_task(self, task_id: str, status: str = "done") -> None:
        """Ends a task."""
        self._s.finish.change(self._w, id=task_id, new_status=status)

    def postpone_task(self, task_id: str, due_at: str) -> None:
        """Frees a leased task to be tried again at ``due_at``."""
        self._s.postpone.change(self._w, id=task_id, new_due=due_at)

    def notice_sent(self, rows: Sequence[NoticeRow]) -> None:
        """Keeps notices as handed over; one that was handed over before stays as it is."""
        sent = [(r.handed_over_at, r.channel, r.sha256, r.subject, r.body, r.id) for r in rows]
        if self._s.notice_sent.many(self._w, sent) == len(sent):
            return
        kept = {row[0] for row in self._s.known_notices.rows(self._w, ids=self._list([r.id for r in rows]))}
        for row in rows:
            if row.id not in kept:
                raise NotFound("unknown_notice", "there is no such notice on file", claim=row.claim)

    def rewrap(self, rows: Sequence[SealedRow]) -> None:
        """Keeps the same values under another epoch; only ``epoch`` and ``wrapped`` are taken from the rows."""
        self._s.rewrap.many(self._w, [(r.epoch, r.wrapped, r.claim, r.seq, r.subject) for r in rows])

    def close_epochs(self, rows: Sequence[EpochRow]) -> None:
        """From now on nothing is sealed under these epochs; returns when every write that began before has ended."""
        if not self._s.sqlite:
            self._w.change('LOCK TABLE "sealed" IN SHARE ROW EXCLUSIVE MODE', ())
        self._s.close_epoch.many(self._w, list(rows))

    def set_meta(self, name: str, value: str) -> None:
        """Keeps a value of the store itself."""
        self._s.set_meta.many(self._w, [(name, value)])

    def put_import_run(self, row: ImportRun, attempt: int | None = None) -> bool:
        """Keeps a run: a new one, or as it stands now while it runs under ``attempt``; whether it did."""
        if attempt is None:
            self._s.new_import_run.many(self._w, [row])
            return True
        return self._s.move_import_run.many(self._w, [(*_moved(row), row.id, attempt)]) == 1

    def add_control(self, rows: Sequence[ControlRow]) -> None:
        """Adds to the access journal."""
        for row in rows:  # one by one: a guard reads the rows before
            self._s.insert["control"].many(self._w, [row])


def _as_one(name: str, rows: Sequence[tuple[Any, ...]]) -> Iterable[Sequence[tuple[Any, ...]]]:
    """The rows of a step that one statement may write together."""
    if name == "put_task":
        return [_last(rows)]
    if name == "entry":  # one claim's after the other's, as they came: entries of one statement wait by claim
        return [list(part) for _, part in groupby(rows, itemgetter(_CLAIM))]
    return [rows]


_CLAIM = EntryRow._fields.index("claim")


def _last(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The last row of each id: one statement may not write the same row twice."""
    return list({row[0]: row for row in rows}.values())


_moved = itemgetter(*[i for i, name in enumerate(ImportRun._fields) if name not in ("id", "kind", "started_at")])
_FIXED = ("id", "programme", "marketplace", "currency", "opened_at")
_changed = itemgetter(*[i for i, name in enumerate(CaseRow._fields) if name not in _FIXED])
