"""Writing the store in memory: each change leaves the step that undoes it, so that a failed unit leaves nothing."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any

from ..states.errors import NotFound, StorageError
from ..workflow.ports import (
    Ahead,
    ControlRow,
    DecisionRow,
    EntryRow,
    EpochRow,
    ErasureRow,
    ImportRun,
    NoticeRow,
    SealedRow,
    TaskRow,
    TransferRow,
    WriteSet,
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
from .memory_read import MemoryRead
from .memory_tables import Tables, free, group_of_row
from .rows import case_row, one_set_a_case, ready_again, stale, without_words

_ABSENT: Any = object()


class MemoryWrite(MemoryRead):
    """A write unit: every change leaves its undo step behind."""

    def __init__(self, tables: Tables) -> None:
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

    def lock(self, keys: Sequence[str], ahead: Ahead | None = None) -> None:
        """Nothing to do: there is one writer at a time."""

    def append_ready(self, sets: Sequence[Any]) -> None:
        """Writes every set that ``ready`` made."""
        self.append(sets)

    def append(self, sets: Sequence[WriteSet], *, last: bool = False) -> None:
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
                self._set_task(task if kept is None else ready_again(kept, task))
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
        self._index(self._t.by_group, group_of_row(kept) if kept else None, group_of_row(row), row.id)

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
        if kept is None or kept.due_at > now or not free(kept, now):
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
