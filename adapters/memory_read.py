"""Reading the store in memory: the same questions as the databases answer."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from ..states.case import Case
from ..states.ledger import MOVING
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
)
from .memory_tables import Tables, free
from .rows import CaseRow, has_word


class MemoryRead:
    """What stands in the store."""

    def __init__(self, tables: Tables) -> None:
        self._t = tables

    @property
    def tables(self) -> Tables:
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
            found += islice((t for t in due if free(t, now)), limit)
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
            if row.kind in MOVING:
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


def _after(ordered: list[str], value: str) -> int:
    place = bisect_left(ordered, value)
    return place + 1 if place < len(ordered) and ordered[place] == value else place


def _sibling(row: CaseRow) -> Sibling:
    return Sibling(row.id, row.state, row.eligible_minor, row.asked_minor, row.paid_minor)
