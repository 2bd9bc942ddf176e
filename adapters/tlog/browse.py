"""The journal in the order it was written, narrowed: who, which claim, which verb, when, under which rule.

Decision: pages by the entry's id, which grows with time and is unique, so a page is found again however much is written
meanwhile; the rule is looked for in the entry's exact bytes first and then in its decision, so no index is needed.
Authority: trust notes 6 (population, overrides). Left out: free text, which is sealed and in no entry.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...workflow.ports import EntryRow, ReadUnit
from ..memory import MemoryRead

_COLUMNS = ", ".join(f"e.{name}" for name in EntryRow._fields)


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """What is looked for; None means any. ``start`` and ``end`` are UTC instants (text), the end not included."""

    claim: str | None = None
    actor: str | None = None
    verb: str | None = None
    start: str | None = None
    end: str | None = None
    rule: str | None = None  #: of a reason of the entry's decision
    after: str = ""  #: the last entry of the page before
    limit: int = 100


def entries(unit: ReadUnit, wanted: EntryFilter) -> list[tuple[EntryRow, int | None]]:
    """(entry, its place in the log or None) of the next page."""
    found: list[tuple[EntryRow, int | None]] = []
    for row, place in _rows(unit, wanted):
        if wanted.rule is None or wanted.rule in rules_of(json.loads(row.data)):
            found.append((row, place))
            if len(found) == wanted.limit:
                break
    return found


def rules_of(body: dict[str, Any]) -> list[str]:
    """The rules that an entry's decision names, in order."""
    return [reason["rule"] for reason in body.get("decision", {}).get("reasons", ())]


def _rows(unit: ReadUnit, wanted: EntryFilter) -> Iterator[tuple[EntryRow, int | None]]:
    if isinstance(unit, MemoryRead):
        yield from _memory(unit, wanted)
        return
    connection: Any = getattr(unit, "connection")  # noqa: B009  # every store in a database has one
    sqlite = connection.dialect.name == "sqlite"
    tests: dict[str, Any] = {"e.id > ?": wanted.after}
    columns = {"e.claim = ?": wanted.claim, "e.actor = ?": wanted.actor, "e.verb = ?": wanted.verb,
               "e.at >= ?": wanted.start, "e.at < ?": wanted.end}  # fmt: skip
    tests |= {test: value for test, value in columns.items() if value is not None}
    if wanted.rule is not None:
        needle = json.dumps(wanted.rule, ensure_ascii=False).encode()
        tests["instr(e.data, ?) > 0" if sqlite else "position(?::bytea in e.data) > 0"] = needle
    query = (
        f"SELECT {_COLUMNS}, l.place FROM entry e LEFT JOIN log_leaf l ON l.entry = e.id"  # noqa: S608  # own names
        f" WHERE {' AND '.join(tests)} ORDER BY e.id LIMIT ?"
    )
    values = tuple(tests.values())
    after = wanted.after
    while True:  # page by page: a rule may stand in the bytes and yet not be that of a reason
        page = connection.exec_driver_sql(
            query if sqlite else query.replace("?", "%s"), (after, *values[1:], wanted.limit)
        ).all()
        for *row, place in page:
            yield EntryRow._make((*row[:7], bytes(row[7]), bytes(row[8]))), place
        if len(page) < wanted.limit:
            return
        after = page[-1][0]


def _memory(unit: MemoryRead, wanted: EntryFilter) -> Iterator[tuple[EntryRow, int | None]]:
    every = sorted((row for claim in unit.tables.by_id for row in unit.entries(claim)), key=lambda row: row.id)
    for row in every:
        same = all(told in (None, has) for told, has in (
            (wanted.claim, row.claim), (wanted.actor, row.actor), (wanted.verb, row.verb)))  # fmt: skip
        in_time = (wanted.start or "") <= row.at and (wanted.end is None or row.at < wanted.end)
        if row.id > wanted.after and same and in_time:
            yield row, unit.tables.log_places.get(row.id)
