"""The integrity of the record: the log's range and root, and what the whole check of the store against it came to.

Authority: trust notes 6 (13). Decision: it is made by the same check as ``claimdesk audit``; a record without a
checkpoint is said to have none, and nothing is signed, sequenced or made for a report. Left out: what only outsiders
can see, such as another history shown elsewhere; keep checkpoints for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ...workflow.reports.shape import Asked, Dated, Kind, Record, Report, Row, columns
from .footer import as_of

if TYPE_CHECKING:
    from ..desk import ClaimDesk


class _Nothing:
    def of(self, record: Record) -> Iterable[Dated]:
        """No row of its own."""
        return ()

    def end(self) -> Iterable[Row]:
        """None."""
        return ()


class _Check(_Nothing):
    def __init__(self, desk: ClaimDesk) -> None:
        self.desk = desk

    def end(self) -> Iterator[Row]:
        """One row: the whole check."""
        log = as_of(self.desk.store)
        shown: dict[str, object] = {"origin": log.origin, "size": log.size, "root": log.root, "waiting": log.waiting}
        if log.size is None:
            yield {**shown, "result": "not sequenced", "code": None, "where": None, "intact": None}
            return
        found = self.desk.log.audit()
        fault = found.fault
        yield {
            **shown,
            "result": "intact" if fault is None else fault.message,
            "code": None if fault is None else fault.code,
            "where": None if fault is None else fault.where,
            "intact": fault is None,
            "entries": found.entries,
            "claims": found.claims,
            "checkpoints": found.checkpoints,
        }


INTEGRITY = Report(
    "integrity",
    13,
    "Is the record intact: every entry, the log over them, and what the tables tell?",
    "the instant it was checked",
    columns(
        ("origin", "whose log it is"),
        ("size", "entries under the last checkpoint", Kind.COUNT),
        ("root", "root of the tree"),
        ("waiting", "entries that wait for their place", Kind.COUNT),
        ("result", "intact, not sequenced, or the first bad item"),
        ("code", "what is wrong"),
        ("where", "where"),
        ("intact", "everything checks out", Kind.FLAG),
        ("entries", "entries looked at", Kind.COUNT),
        ("claims", "claims looked at", Kind.COUNT),
        ("checkpoints", "checkpoints looked at", Kind.COUNT),
    ),
    lambda asked: _Nothing(),
    finds=lambda row: row["intact"] is not True,
    finding="records that are not shown to be intact",
)


def integrity(desk: ClaimDesk) -> Report:
    """The report on one desk's record."""

    def collector(asked: Asked) -> _Check:
        return _Check(desk)

    return replace(INTEGRITY, collector=collector)
