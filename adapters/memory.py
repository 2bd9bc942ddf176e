"""A store in memory: for tests, scenarios, back-tests and a first look. Nothing outlives the process.

Decision: one lock, one writer, and a list of undo steps, so that a failed write unit leaves nothing; the money
guards are those of the databases, in Python (``guards``). Authority: ports. Left out: isolation between threads
that read while another writes (they wait for each other), and any durability.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from itertools import islice
from threading import RLock
from typing import Any, TypeVar

from ..states.case import Case
from ..states.errors import NotFound, StorageError
from ..workflow.plan import Sibling
from ..workflow.ports import (
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
    WriteUnit,
)
from .control_guards import check_answer, check_approval, check_control, check_entry, roles_on
from .guards import (
    Posted,
    check_transfer,
    erasure_fault,
    ledger_order,
    on_recovery,
    refusal,
    standing,
    two_people,
)
from .rows import CaseRow, again, case_row, has_word, one_set_a_case, stale, without_words

_T = TypeVar("_T")
_MOVING = frozenset({"post", "reverse", "recoup", "write_off", "settle"})
_ABSENT: Any = object()


class MemoryStore:
    """Everything in dictionaries; see the module's first lines."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._tables = _Tables()
        self._closed = False

    @contextmanager
    def read(self) -> Generator[MemoryRead]:
        """A view; writers of other threads wait until it ends."""
        with self._lock:
            self._check_open()
            yield MemoryRead(self._tables)

    @contextmanager
    def write(self) -> Generator[MemoryWrite]:
        """A write unit; an exception undoes all of it."""
        with self._lock:
            self._check_open()
            unit = MemoryWrite(self._tables)
            try:
                yield unit
            except BaseException:
                unit.undo()
                raise
            finally:
                unit.end()

    def ready(self, rows: WriteSet) -> WriteSet:
        """The set as it is: there is no other process."""
        return rows

    def run(self, work: Callable[[WriteUnit], _T]) -> _T:
        """``work`` in a write unit of its own."""
        with self.write() as unit:
            return work(unit)

    def close(self) -> None:
        """Lets go of everything."""
        with self._lock:
            self._closed = True
            self._tables = _Tables()

    def _check_open(self) -> None:
        if self._closed:
            raise StorageError("store_closed", "this store was closed")


class _Tables:
    """The rows, and the orders that lists need."""

    def __init__(self) -> None:
        self.cases: dict[str, CaseRow] = {}
        self.entries: dict[str, list[EntryRow]] = {}
        self.entry_place: dict[str, tuple[str, int]] = {}
        self.ledger: dict[str, list[Posted]] = {}
        self.transfers: dict[str, TransferRow] = {}
        self.decisions: dict[str, list[tuple[int, DecisionRow]]] = {}
        self.decision_ids: dict[str, DecisionRow] = {}
        self.decided: dict[str, str] = {}
        self.notices: dict[str, NoticeRow] = {}
        self.notices_of: dict[str, list[str]] = {}
        self.tasks: dict[str, TaskRow] = {}
        self.sealed: dict[tuple[str, int], SealedRow] = {}
        self.erasures: dict[str, list[ErasureRow]] = {}
        self.closed_epochs: dict[str, EpochRow] = {}
        self.idempotency: dict[tuple[str, str], IdempotencyRow] = {}
        self.sources: dict[str, SourceRow] = {}
        self.meta: dict[str, str] = {}
        self.import_runs: dict[str, ImportRun] = {}
        self.by_id: list[str] = []
        self.transfer_ids: list[str] = []
        self.by_due: dict[str, list[tuple[str, str]]] = {}
        self.by_seller: dict[str, dict[str, None]] = {}
        self.by_group: dict[tuple[str, str], dict[str, None]] = {}
        self.control: dict[int, ControlRow] = {}
        self.proposals: dict[str, ProposalRow] = {}
        self.answers: dict[str, AnswerRow] = {}
        self.approvals: dict[str, ApprovalRow] = {}
        # The transparency log's own (adapters/tlog): what waits for its place, in order, and what has one.
        self.log_waiting: dict[str, int] = {}
        self.log_leaves: dict[int, tuple[str, bytes]] = {}
        self.log_places: dict[str, int] = {}
        self.log_tiles: dict[tuple[int, int], bytes] = {}
        self.log_checkpoints: dict[int, tuple[Any, ...]] = {}
        self.log_cosignatures: dict[tuple[int, str, str], str] = {}
        self.log_state: dict[str, tuple[Any, ...]] = {}


class MemoryRead:
    """What stands in the store."""

    def __init__(self, tables: _Tables) -> None:
        self._t = tables

    @property
    def tables(self) -> _Tables:
        """The tables, for the transparency log's own."""
        return self._t

    def entry_named(self, entry: str) -> EntryRow:
        """A journal entry by its id."""
        claim, seq = self._t.entry_place[entry]
        return self._t.entries[claim][seq - 1]

    def case(self, case_id: str) -> Case | None:
        """The case, or None."""
        row = self._t.cases.get(case_id)
        return None if row is None else row.body

    def cases(self, case_ids: Sequence[str]) -> dict[str, Case]:
        """Those of the cases that exist."""
        found = self._t.cases
        return {c: found[c].body for c in case_ids if c in found}

    def versions(self, case_ids: Sequence[str]) -> dict[str, int]:
        """The versions of those of the cases that exist."""
        return {case_id: case.version for case_id, case in self.cases(case_ids).items()}

    def siblings(self, groups: Sequence[tuple[str, str]]) -> dict[tuple[str, str], list[Sibling]]:
        """Claims that count together, by order and incident date."""
        found: dict[tuple[str, str], list[Sibling]] = {}
        for group in groups:
            rows = [self._t.cases[c] for c in sorted(self._t.by_group.get(group, ()))]
            counted = [_sibling(r) for r in rows if r.counts_together]
            if counted:
                found[group] = counted
        return found

    def entries(self, case_id: str, after: int = 0) -> list[EntryRow]:
        """The entries of a case after a place in its journal."""
        return self._t.entries.get(case_id, [])[max(after, 0) :]

    def sealed(self, case_id: str) -> list[SealedRow]:
        """The sealed values of a case, oldest first."""
        kept = self._t.sealed
        entries = self._t.entries.get(case_id, ())
        return [kept[case_id, e.seq] for e in entries if (case_id, e.seq) in kept]

    def erasures(self, case_id: str) -> list[ErasureRow]:
        """The erasures of a case, oldest first."""
        return list(self._t.erasures.get(case_id, ()))

    def closed_epochs(self) -> list[EpochRow]:
        """Every epoch whose key was given up, oldest first."""
        return sorted(self._t.closed_epochs.values(), key=lambda e: (e.at, e.epoch))

    def sealed_under(self, epoch: str, after: tuple[str, int] | None = None, limit: int = 1000) -> list[SealedRow]:
        """A page of the values whose data keys an epoch wraps, by claim and place."""
        found = sorted(k for k, row in self._t.sealed.items() if row.epoch == epoch and (after is None or k > after))
        return [self._t.sealed[k] for k in found[:limit]]

    def transfers(self, case_id: str | None = None, after: str | None = None, limit: int = 1000) -> list[TransferRow]:
        """A page of transfers, by id."""
        if case_id is not None:
            rows = sorted(p.row for p in self._t.ledger.get(case_id, ()))
            return list(islice((r for r in rows if after is None or r.id > after), limit))
        ids = self._t.transfer_ids
        start = 0 if after is None else _after(ids, after)
        return [self._t.transfers[i] for i in ids[start : start + limit]]

    def decisions(self, case_id: str) -> list[DecisionRow]:
        """The decisions of a case, oldest first."""
        return [row for _, row in sorted(self._t.decisions.get(case_id, ()), key=lambda d: d[0])]

    def notices(self, case_id: str) -> list[NoticeRow]:
        """The notices of a case, oldest first."""
        rows = [self._t.notices[n] for n in self._t.notices_of.get(case_id, ())]
        return sorted(rows, key=lambda n: (n.at, n.id))

    def notice(self, notice_id: str) -> NoticeRow | None:
        """One notice, or None."""
        return self._t.notices.get(notice_id)

    def list_cases(self, wanted: CaseFilter) -> list[Case]:
        """A page of cases, by id."""
        ids = self._t.by_id
        start = 0 if wanted.after is None else _after(ids, wanted.after)
        rows = (self._t.cases[ids[i]] for i in range(start, len(ids)))
        return [r.body for r in islice((r for r in rows if self._fits(r, wanted)), wanted.limit)]

    def _fits(self, row: CaseRow, wanted: CaseFilter) -> bool:
        for name, value in (
            ("programme", wanted.programme), ("marketplace", wanted.marketplace), ("state", wanted.state),
            ("outcome", wanted.outcome), ("seller", wanted.seller), ("order_id", wanted.order_id),
            ("recovery_status", wanted.recovery),
        ):  # fmt: skip
            if value is not None and getattr(row, name) != value:
                return False
        if wanted.hold == "any":
            if row.hold is None:
                return False
        elif wanted.hold is not None and not has_word(row.hold, wanted.hold):
            return False
        if wanted.reading is None:
            return True
        return any(has_word(d.readings, wanted.reading) for _, d in self._t.decisions.get(row.id, ()))

    def waiting_on_seller(self, seller: str, states: Iterable[str]) -> list[str]:
        """Ids of the seller's cases in one of these states."""
        wanted = frozenset(states)
        cases = self._t.cases
        return sorted(c for c in self._t.by_seller.get(seller, ()) if cases[c].state in wanted)

    def idempotency(self, principal: str, key: str) -> IdempotencyRow | None:
        """What a key was used for, or None."""
        return self._t.idempotency.get((principal, key))

    def sources(self, keys: Sequence[str]) -> dict[str, SourceRow]:
        """Those of the filed lines that exist."""
        found = self._t.sources
        return {k: found[k] for k in keys if k in found}

    def sources_of(self, run: str) -> int:
        """How many filed lines a run kept."""
        return sum(1 for row in self._t.sources.values() if row.run == run)

    def import_run(self, run_id: str) -> ImportRun | None:
        """One import, or None."""
        return self._t.import_runs.get(run_id)

    def import_runs(self, before: str | None = None, limit: int = 50) -> list[ImportRun]:
        """A page of imports, newest first."""
        rows = (row for name, row in sorted(self._t.import_runs.items(), reverse=True) if not before or name < before)
        return list(islice(rows, limit))

    def unfinished_import(self, kind: str, file_sha256: str, map_sha256: str) -> ImportRun | None:
        """The newest import of this file under this map that did not come to its end."""
        wanted = (kind, file_sha256, map_sha256, "running")
        rows = self.import_runs(limit=len(self._t.import_runs))
        return next((r for r in rows if (r.kind, r.file_sha256, r.map_sha256, r.status) == wanted), None)

    def due_tasks(self, now: str, kinds: Iterable[str], limit: int) -> list[TaskRow]:
        """Ready tasks due by ``now`` and leased ones whose lease has ended."""
        found: list[TaskRow] = []
        for kind in frozenset(kinds):
            due = (self._t.tasks[i] for d, i in self._t.by_due.get(kind, ()) if d <= now)
            found += islice((t for t in due if _free(t, now)), limit)
        return sorted(found, key=lambda t: (t.due_at, t.id))[:limit]

    def next_due(self, kinds: Iterable[str]) -> str | None:
        """The due instant of the earliest ready task."""
        firsts: list[str] = []
        for kind in frozenset(kinds):
            due = (d for d, i in self._t.by_due.get(kind, ()) if self._t.tasks[i].status == "ready")
            firsts += islice(due, 1)
        return min(firsts, default=None)

    def totals(self) -> list[dict[str, Any]]:
        """Sums by programme, marketplace, outcome and currency."""
        sums: dict[tuple[str, str, str | None, str], list[int]] = {}
        for row in self._t.cases.values():
            one = sums.setdefault((row.programme, row.marketplace, row.outcome, row.currency), [0, 0, 0, 0])
            for i, amount in enumerate((1, row.eligible_minor, row.paid_minor, row.recovered_minor)):
                one[i] += amount
        names = ("cases", "eligible_minor", "paid_minor", "recovered_minor")
        return [
            {"programme": p, "marketplace": m, "outcome": o, "currency": c, **dict(zip(names, found, strict=True))}
            for (p, m, o, c), found in sorted(sums.items(), key=lambda s: tuple(k or "" for k in s[0]))
        ]  # fmt: skip

    def balances(self) -> list[tuple[str, str, int]]:
        """(account, currency, credits minus debits) over what moved."""
        sums: dict[tuple[str, str], int] = {}
        for row in self._t.transfers.values():
            if row.kind in _MOVING:
                sums[row.credit, row.currency] = sums.get((row.credit, row.currency), 0) + row.amount
                sums[row.debit, row.currency] = sums.get((row.debit, row.currency), 0) - row.amount
        return [(account, currency, total) for (account, currency), total in sorted(sums.items())]

    def meta(self, name: str) -> str | None:
        """A value of the store itself, or None."""
        return self._t.meta.get(name)

    def control(self, after: int = 0) -> list[ControlRow]:
        """The access journal after a place in it."""
        return [row for seq, row in self._t.control.items() if seq > after]

    def waiting(self, claim: str | None = None, after: str | None = None, limit: int = 1000) -> list[ProposalRow]:
        """What waits for a second person, oldest first."""
        rows = (r for i, r in sorted(self._t.proposals.items()) if i not in self._t.answers)
        chosen = (r for r in rows if (r.id > (after or "") if claim is None else r.claim == claim))
        return list(islice(chosen, limit))

    def proposal(self, proposal_id: str) -> tuple[ProposalRow, AnswerRow | None] | None:
        """One proposal with what became of it, or None."""
        row = self._t.proposals.get(proposal_id)
        return None if row is None else (row, self._t.answers.get(proposal_id))

    def proposals(self, after: str | None = None, limit: int = 1000) -> list[tuple[ProposalRow, AnswerRow | None]]:
        """A page of proposals, by id, with what became of them."""
        rows = (r for i, r in sorted(self._t.proposals.items()) if after is None or i > after)
        return [(r, self._t.answers.get(r.id)) for r in islice(rows, limit)]

    def approvals(self, claim: str | None = None, after: str | None = None, limit: int = 1000) -> list[ApprovalRow]:
        """A page of the second persons of entries, by entry."""
        rows = (r for i, r in sorted(self._t.approvals.items()) if claim in (None, r.claim) and i > (after or ""))
        return list(islice(rows, limit))


class MemoryWrite(MemoryRead):
    """A write unit: every change leaves its undo step behind."""

    def __init__(self, tables: _Tables) -> None:
        super().__init__(tables)
        self._undo: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []
        self._ended = False

    def undo(self, since: int = 0) -> None:
        """Takes every change back, the latest first; ``since``: all but the first so many."""
        while len(self._undo) > since:
            step, arguments = self._undo.pop()
            step(*arguments)

    @contextmanager
    def part(self) -> Generator[None]:
        """A part of the unit, undone by itself when it fails."""
        since = len(self._undo)
        try:
            yield
        except BaseException:
            self.undo(since)
            raise

    def end(self) -> None:
        """After this the unit writes no more."""
        self._undo = []
        self._ended = True

    # -- small changes, each with its undo step ------------------------------------------------------------------

    def put(self, table: dict[Any, Any], key: Any, value: Any) -> None:
        """Puts a row into one of the tables; undone when the unit fails."""
        self._put(table, key, value)

    def remove(self, table: dict[Any, Any], key: Any) -> None:
        """Takes a row out of one of the tables; undone when the unit fails."""
        self._remove(table, key)

    def _put(self, table: dict[Any, Any], key: Any, value: Any) -> None:
        if self._ended:
            raise StorageError("unit_ended", "this write unit has ended")
        self._undo.append((_restore, (table, key, table.get(key, _ABSENT))))
        table[key] = value

    def _remove(self, table: dict[Any, Any], key: Any) -> None:
        self._undo.append((_restore, (table, key, table.pop(key))))

    def _append(self, table: dict[str, list[Any]], key: str, value: Any) -> None:
        rows = table.get(key)
        if rows is None:
            rows = table[key] = []
        rows.append(value)
        self._undo.append((rows.pop, ()))

    def _insert(self, ordered: list[Any], value: Any) -> None:
        if not ordered or ordered[-1] < value:
            ordered.append(value)
        else:
            insort(ordered, value)
        self._undo.append((_take_out, (ordered, value)))

    def _withdraw(self, ordered: list[Any], value: Any) -> None:
        _take_out(ordered, value)
        self._undo.append((insort, (ordered, value)))

    # -- the unit ------------------------------------------------------------------------------------------------

    def lock(self, keys: Sequence[str]) -> None:
        """Nothing to do: there is one writer at a time."""

    def append_ready(self, sets: Sequence[Any]) -> None:
        """Writes every set that ``ready`` made."""
        self.append(sets)

    def append(self, sets: Sequence[WriteSet]) -> None:
        """Writes every set, or raises."""
        for given in one_set_a_case(sets):
            self._case(given)
            self._second_persons(given)
            for entry in given.entries:
                self._entry(entry)
            for sealed in given.sealed:
                if sealed.epoch in self._t.closed_epochs:
                    raise refusal("sealed_epoch", sealed.claim)
                self._new("sealed_new", self._t.sealed, (sealed.claim, sealed.seq), sealed, sealed.claim)
            self._decisions([d for d in given.decisions if not d.exempt])
            for transfer in ledger_order(given.transfers):
                self._transfer(transfer)
            self._decisions([d for d in given.decisions if d.exempt])
            for notice in given.notices:
                self._new("notice_new", self._t.notices, notice.id, notice, notice.claim)
                self._append(self._t.notices_of, notice.claim, notice.id)
            for gone in given.dropped_tasks:
                self._drop_task(gone)
            for task in given.tasks:
                kept = self._t.tasks.get(task.id)
                self._set_task(task if kept is None else again(kept, task))
            for used in given.idempotency:
                self._new("idempotency_new", self._t.idempotency, (used.principal, used.key), used, used.claim)
            for source in given.sources:
                self._new("source_new", self._t.sources, source.key, source, source.claim)
            for erasure in given.erasures:
                self._erase(erasure)

    def _erase(self, row: ErasureRow) -> None:
        kept = next((e for e in self._t.entries.get(row.claim, ()) if e.id == row.entry), None)
        broken = erasure_fault(row, kept, self._t.cases[row.claim].hold)
        if broken is not None:
            raise refusal(broken, row.claim)
        self._append(self._t.erasures, row.claim, row)
        for sealed in self.sealed(row.claim):
            if sealed.seq < row.seq:
                self._remove(self._t.sealed, (sealed.claim, sealed.seq))
        for notice in self.notices(row.claim):
            if notice.status == "handed_over":
                self._put(self._t.notices, notice.id, notice._replace(subject=None, body="", params="{}"))
            else:
                self._put(self._t.notices, notice.id, notice._replace(params=without_words(notice.params)))

    def _second_persons(self, given: WriteSet) -> None:
        for row in given.proposals:
            self._new("proposal_new", self._t.proposals, row.id, row, row.claim)
        for answer in given.answers:
            about = self._t.proposals.get(answer.proposal)
            broken = check_answer(answer, about, answer.proposal in self._t.answers, self.control())
            if broken is not None:
                raise refusal(broken, answer.claim)
            self._put(self._t.answers, answer.proposal, answer)
        for made in given.approvals:
            named = made.proposal or ""
            owner, seq = self._t.entry_place.get(made.entry, ("", 0))
            entry = self._t.entries[owner][seq - 1] if seq else None
            about, kept = self._t.proposals.get(named), self._t.answers.get(named)
            broken = check_approval(made, about, kept, entry, roles_on(self._t.control.values()))
            if broken is not None:
                raise refusal(broken, made.claim)
            self._new("approval_new", self._t.approvals, made.entry, made, made.claim)

    def _new(self, guard: str, table: dict[Any, Any], key: Any, value: Any, claim: str) -> None:
        if key in table:
            raise refusal(guard, claim)
        self._put(table, key, value)

    def _case(self, given: WriteSet) -> None:
        row = case_row(given.case, given.columns, given.case)
        kept = self._t.cases.get(row.id)
        if kept is None:
            if given.before:
                raise stale(row.id)
            self._insert(self._t.by_id, row.id)
        elif given.before == 0:
            raise refusal("case_new", row.id)
        elif kept.version != given.before:
            raise stale(row.id)
        self._put(self._t.cases, row.id, row)
        self._index(self._t.by_seller, kept.seller if kept else None, row.seller, row.id)
        self._index(self._t.by_group, _group(kept) if kept else None, _group(row), row.id)

    def _index(self, table: dict[Any, dict[str, None]], old: Any, new: Any, case_id: str) -> None:
        if old == new:
            return
        if old is not None:
            self._remove(table[old], case_id)
        if new is not None:
            self._put(table.setdefault(new, {}), case_id, None)

    def _entry(self, entry: EntryRow) -> None:
        if entry.id in self._t.entry_place:
            raise refusal("entry_new", entry.claim)
        if entry.seq != len(self._t.entries.get(entry.claim, ())) + 1:
            raise refusal("entry_seq", entry.claim)
        if self._t.control:
            broken = check_entry(entry, self._t.cases[entry.claim], self._t.approvals, self.control())
            if broken is not None:
                raise refusal(broken, entry.claim)
        self._append(self._t.entries, entry.claim, entry)
        self._put(self._t.entry_place, entry.id, (entry.claim, entry.seq))
        self._put(self._t.log_waiting, entry.id, len(self._t.entry_place))

    def _place(self, entry: str, claim: str) -> int | None:
        owner, seq = self._t.entry_place.get(entry, ("", 0))
        return seq if owner == claim else None

    def _decisions(self, rows: Sequence[DecisionRow]) -> None:
        for row in rows:
            seq = self._place(row.entry, row.claim)
            if seq is None:
                raise refusal("decision_entry", row.claim)
            if row.entry in self._t.decided:
                raise refusal("decision_once", row.claim)
            if (
                row.exempt
                and self._latest(row.claim, seq)
                and any(standing(self._t.ledger.get(row.claim, ()), "recoup"))
            ):
                raise refusal("exempt_recouped", row.claim)
            self._new("decision_new", self._t.decision_ids, row.id, row, row.claim)
            self._put(self._t.decided, row.entry, row.id)
            self._append(self._t.decisions, row.claim, (seq, row))

    def _latest(self, claim: str, seq: int) -> bool:
        return not any(place > seq for place, d in self._t.decisions.get(claim, ()) if on_recovery(d))

    def _transfer(self, row: TransferRow) -> None:
        if row.id in self._t.transfers:
            raise refusal("transfer_new", row.claim)
        seq = self._place(row.entry, row.claim)
        case = self._t.cases.get(row.claim)
        made = [d for d in self._t.decisions.get(row.claim, ()) if on_recovery(d[1])]
        exempt = bool(made) and max(made, key=lambda d: d[0])[1].exempt
        broken = check_transfer(row, seq, case.currency if case else None, self._t.ledger.get(row.claim, ()), exempt)
        if broken is not None:
            raise refusal(broken, row.claim)
        self._put(self._t.transfers, row.id, row)
        self._append(self._t.ledger, row.claim, Posted(seq or 0, row))
        self._insert(self._t.transfer_ids, row.id)

    # -- tasks and notices ---------------------------------------------------------------------------------------

    def _set_task(self, row: TaskRow) -> None:
        if row.id in self._t.tasks:
            self._drop_task(row.id)
        self._put(self._t.tasks, row.id, row)
        if row.status in ("ready", "leased"):
            self._insert(self._t.by_due.setdefault(row.kind, []), (row.due_at, row.id))

    def _drop_task(self, task_id: str) -> None:
        kept = self._t.tasks.get(task_id)
        if kept is None:
            return
        if kept.status in ("ready", "leased"):
            self._withdraw(self._t.by_due[kept.kind], (kept.due_at, kept.id))
        self._remove(self._t.tasks, task_id)

    def lease(self, task_id: str, now: str, until: str) -> int | None:
        """Takes a due task; its new attempt number, or None."""
        kept = self._t.tasks.get(task_id)
        if kept is None or kept.due_at > now or not _free(kept, now):
            return None
        self._put(self._t.tasks, task_id,
                  kept._replace(status="leased", attempts=kept.attempts + 1, lease_until=until))  # fmt: skip
        return kept.attempts + 1

    def finish_task(self, task_id: str, status: str = "done") -> None:
        """Ends a task."""
        kept = self._t.tasks.get(task_id)
        if kept is not None:
            self._set_task(kept._replace(status=status, lease_until=None))

    def postpone_task(self, task_id: str, due_at: str) -> None:
        """Frees a leased task to be tried again at ``due_at``."""
        kept = self._t.tasks.get(task_id)
        if kept is not None and kept.status in ("ready", "leased"):
            self._set_task(kept._replace(status="ready", due_at=due_at, lease_until=None))

    def notice_sent(self, rows: Sequence[NoticeRow]) -> None:
        """Keeps notices as handed over; one that was handed over before stays as it is."""
        for row in rows:
            kept = self._t.notices.get(row.id)
            if kept is None:
                raise NotFound("unknown_notice", "there is no such notice on file", claim=row.claim)
            if kept.status == "queued":
                self._put(self._t.notices, row.id, kept._replace(
                    status="handed_over", handed_over_at=row.handed_over_at, channel=row.channel, sha256=row.sha256,
                    subject=row.subject, body=row.body))  # fmt: skip

    def rewrap(self, rows: Sequence[SealedRow]) -> None:
        """Keeps the same values under another epoch; only ``epoch`` and ``wrapped`` are taken from the rows."""
        for row in rows:
            if row.epoch in self._t.closed_epochs:
                raise refusal("sealed_epoch", row.claim)
            kept = self._t.sealed.get((row.claim, row.seq))
            if kept is not None and kept.subject == row.subject:
                self._put(self._t.sealed, (row.claim, row.seq), kept._replace(epoch=row.epoch, wrapped=row.wrapped))

    def close_epochs(self, rows: Sequence[EpochRow]) -> None:
        """From now on nothing is sealed under these epochs."""
        for row in rows:
            if row.epoch in self._t.closed_epochs:
                raise refusal("closed_epoch_new")
            if not two_people(row.asked_by, row.approved_by):
                raise refusal("closed_epoch_two_people")
            self._put(self._t.closed_epochs, row.epoch, row)

    def set_meta(self, name: str, value: str) -> None:
        """Keeps a value of the store itself."""
        self._put(self._t.meta, name, value)

    def put_import_run(self, row: ImportRun, attempt: int | None = None) -> bool:
        """Keeps a run: a new one, or as it stands now while it runs under ``attempt``; whether it did."""
        kept = self._t.import_runs.get(row.id)
        if attempt is None:
            if kept is not None:
                raise refusal("import_run_new")
            self._put(self._t.import_runs, row.id, row)
            return True
        if kept is None or kept.attempt != attempt or kept.status != "running":
            return False
        self._put(self._t.import_runs, row.id, row)
        return True

    def add_control(self, rows: Sequence[ControlRow]) -> None:
        """Adds to the access journal."""
        for row in rows:
            broken = check_control(row, self.control())
            if broken is not None:
                raise refusal(broken)
            self._put(self._t.control, row.seq, row)


def _restore(table: dict[Any, Any], key: Any, value: Any) -> None:
    if value is _ABSENT:
        del table[key]
    else:
        table[key] = value


def _take_out(ordered: list[Any], value: Any) -> None:
    del ordered[bisect_left(ordered, value)]


def _after(ordered: list[str], value: str) -> int:
    place = bisect_left(ordered, value)
    return place + 1 if place < len(ordered) and ordered[place] == value else place


def _free(task: TaskRow, now: str) -> bool:
    return task.status == "ready" or (task.status == "leased" and (task.lease_until or "") <= now)


def _group(row: CaseRow) -> tuple[str, str] | None:
    return None if row.order_id is None or row.incident_on is None else (row.order_id, row.incident_on)


def _sibling(row: CaseRow) -> Sibling:
    return Sibling(row.id, row.state, row.eligible_minor, row.asked_minor, row.paid_minor)
