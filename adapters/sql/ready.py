"""Sets laid out as the rows of each table: what a unit writes, and what a planner in another process hands over.

Decision: plain tuples by table, because they go through a pipe ten times as fast as the objects they are made from.
Authority: ``units`` (the order of the steps), ``workflow.speculate``. Left out: what a filed line never brings (keys of
commands, erasures, second persons); a set with any of it is not handed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ...workflow.ports import WriteSet
from ..guards import ledger_order
from ..rows import CaseRow, case_row, stale
from .codec import encode

Rows = list[tuple[Any, ...]]


class Ready(NamedTuple):
    """The rows of one case's set, by table, in the values' order of the statements."""

    case: str
    before: int
    version: int
    row: tuple[Any, ...]
    entries: Rows
    sealed: Rows
    decided: Rows
    transfers: Rows
    exempted: Rows
    notices: Rows
    dropped: Rows
    tasks: Rows
    sources: Rows


def row_of(rows: WriteSet) -> CaseRow:
    """The case of a set as it is kept here."""
    return case_row(rows.case, rows.columns, encode(rows.case))


def ready(rows: WriteSet) -> Ready:
    """A set to be handed over; ValueError when it holds what a filed line never brings."""
    if rows.idempotency or rows.erasures or rows.proposals or rows.answers or rows.approvals:
        raise ValueError("only filed lines are handed over")
    return Ready(
        rows.case.id, rows.before, rows.case.version, tuple(row_of(rows)),
        _plain(rows.entries), _plain(rows.sealed), _plain(d for d in rows.decisions if not d.exempt),
        _plain(ledger_order(rows.transfers)), _plain(d for d in rows.decisions if d.exempt), _plain(rows.notices),
        [(task,) for task in rows.dropped_tasks], _plain(rows.tasks), _plain(rows.sources),
    )  # fmt: skip


def _plain(rows: Iterable[tuple[Any, ...]]) -> Rows:
    return list(map(tuple, rows))


def one_a_case(sets: Sequence[Ready]) -> Sequence[Ready]:
    """Several sets of one case, in order, as one; StaleVersion when they do not follow each other."""
    if len({s.case for s in sets}) == len(sets):
        return sets
    found: dict[str, Ready] = {}
    for given in sets:
        known = found.get(given.case)
        found[given.case] = given if known is None else _joined(known, given)
    return list(found.values())


def _joined(first: Ready, second: Ready) -> Ready:
    if second.before != first.version:
        raise stale(second.case)
    gone = {task for (task,) in second.dropped}
    return Ready(
        first.case, first.before, second.version, second.row,
        first.entries + second.entries, first.sealed + second.sealed,
        first.decided + second.decided, first.transfers + second.transfers, first.exempted + second.exempted,
        first.notices + second.notices, first.dropped + second.dropped,
        [t for t in first.tasks if t[0] not in gone] + second.tasks, first.sources + second.sources,
    )  # fmt: skip
