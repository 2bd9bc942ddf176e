"""What a store holds of some claims, all of it, read in bulk for the audit: rows as they stand, not as they should.

Decision: everything of a claim is written in one transaction, so what one reading transaction shows of it belongs
together, and a whole store can be read page by page while others write. Authority: ports. Left out: work to do, keys
of commands and filed lines, which are no record of a claim.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy.engine import Connection

from ...states.case import Case
from ...workflow.ports import (
    AnswerRow,
    ApprovalRow,
    DecisionRow,
    EntryRow,
    ErasureRow,
    NoticeRow,
    ProposalRow,
    ReadUnit,
    SealedRow,
    TransferRow,
)
from ..memory import MemoryRead
from ..rows import CaseRow
from .verifier.fault import Untrue, safe


class Logged(NamedTuple):
    """A journal entry with its place in the log, or the fact that it waits for one."""

    row: EntryRow
    place: int | None
    hash: bytes | None
    waits: bool


@dataclass(slots=True)
class ClaimRows:
    """All rows of one claim. ``kept`` is its case as a store keeps it: one in memory, or its text as JSON."""

    claim: str
    kept: Case | dict[str, Any] | None  #: None where its text cannot be read
    row: CaseRow
    entries: list[Logged] = field(default_factory=lambda: [])
    transfers: list[TransferRow] = field(default_factory=lambda: [])
    decisions: list[DecisionRow] = field(default_factory=lambda: [])
    notices: list[NoticeRow] = field(default_factory=lambda: [])
    sealed: list[SealedRow] = field(default_factory=lambda: [])
    erasures: list[ErasureRow] = field(default_factory=lambda: [])
    proposals: list[ProposalRow] = field(default_factory=lambda: [])
    answers: list[AnswerRow] = field(default_factory=lambda: [])
    approvals: list[ApprovalRow] = field(default_factory=lambda: [])
    #: Of the work of each clock, by its id: what runs out, when, and whether it waits.
    clocks: dict[str, tuple[str, str, str]] = field(default_factory=lambda: {})


def is_kept(kept: Case | dict[str, Any] | None, case: Case) -> bool:
    """Whether a store keeps exactly this case."""
    if not isinstance(kept, dict):
        return kept == case
    from ..sql.codec import decode, is_of

    return is_of(kept, case) or _decoded(decode, json.dumps(kept)) == case


def case_of(kept: Case | dict[str, Any] | None) -> Case | None:
    """The case that a store keeps, None where it cannot be read."""
    if not isinstance(kept, dict):
        return kept
    from ..sql.codec import decode

    return _decoded(decode, json.dumps(kept))


def _connection(unit: ReadUnit) -> Any:
    """SQLAlchemy's connection of a unit; every store in a database has one."""
    known: Any = unit
    return known.connection


def claim_rows(unit: ReadUnit, after: str, limit: int) -> list[ClaimRows]:
    """A page of claims, by id."""
    if isinstance(unit, MemoryRead):
        return _memory(unit, [c for c in unit.tables.by_id if c > after][:limit])
    connection = _connection(unit)
    return _sql(connection, _CASES, after, limit)


def claim_ids(unit: ReadUnit, after: str, limit: int) -> list[str]:
    """A page of the ids of all claims and sellers' files."""
    if isinstance(unit, MemoryRead):
        return [c for c in unit.tables.by_id if c > after][:limit]
    connection = _connection(unit)
    query = 'SELECT id FROM "case" WHERE id > ? ORDER BY id LIMIT ?'
    sqlite = connection.dialect.name == "sqlite"
    found = connection.exec_driver_sql(query if sqlite else query.replace("?", "%s"), (after, limit))
    return [row[0] for row in found]


def rows_of(unit: ReadUnit, claims: Sequence[str]) -> list[ClaimRows]:
    """The rows of these claims, by id; one that is not there is left out."""
    if isinstance(unit, MemoryRead):
        return _memory(unit, sorted(c for c in claims if c in unit.tables.cases))
    connection = _connection(unit)
    ids: Any = json.dumps(list(claims)) if connection.dialect.name == "sqlite" else list(claims)
    return _sql(connection, _THESE.format(_among(connection)), ids)


def astray(unit: ReadUnit) -> list[tuple[str, str]]:
    """Rows that belong to nothing: (what it is, which one), the first of each kind."""
    if isinstance(unit, MemoryRead):
        return []
    connection = _connection(unit)
    found: list[tuple[str, str]] = []
    for what, query in _ASTRAY:
        row = connection.exec_driver_sql(query).first()
        if row is not None:
            found.append((what, str(row[0])))
    return found


def same_rows(kind: str, claim: str, told: Sequence[Any], kept: Sequence[Any], key: str = "id") -> None:
    """Untrue unless the rows of a table are exactly those the entries tell."""
    if not told and not kept:
        return
    wanted = {getattr(row, key): row for row in told}
    for row in kept:
        name = getattr(row, key)
        expected = wanted.pop(name, None)
        if expected == row:
            continue
        where = f"claim {claim}, {kind} {safe(name)}"
        if expected is None:
            raise Untrue("row_not_told", where, "no entry speaks of it")
        names = [n for n, a, b in zip(expected._fields, expected, row, strict=True) if a != b]
        raise Untrue("row_differs", where, f"it is not what its entry says: {', '.join(names)}")
    for missing in wanted:
        raise Untrue("row_missing", f"claim {claim}, {kind} {missing}", "it is not in its table any more")


_ASTRAY = (
    ("entry without a claim,",
     'SELECT e.id FROM entry e WHERE NOT EXISTS (SELECT 1 FROM "case" c WHERE c.id = e.claim) LIMIT 1'),
    ("place in the log without an entry,",
     "SELECT l.place FROM log_leaf l WHERE NOT EXISTS (SELECT 1 FROM entry e WHERE e.id = l.entry) LIMIT 1"),
    ("waiting for an entry that is not there,",
     "SELECT p.entry FROM log_pending p WHERE NOT EXISTS (SELECT 1 FROM entry e WHERE e.id = p.entry) LIMIT 1"),
    *((f"{table} without a claim,",
       f'SELECT t.id FROM {table} t WHERE NOT EXISTS (SELECT 1 FROM "case" c WHERE c.id = t.claim) LIMIT 1')  # noqa: S608
      for table in ("transfer", "decision", "notice", "proposal")),
    *((f"{table} without a claim,",
       f'SELECT t.{key} FROM {table} t WHERE NOT EXISTS (SELECT 1 FROM "case" c WHERE c.id = t.claim) LIMIT 1')  # noqa: S608
      for table, key in (("answer", "proposal"), ("approval", "entry"))),
)  # fmt: skip


# -- memory ----------------------------------------------------------------------------------------------------------


def _memory(unit: MemoryRead, claims: Sequence[str]) -> list[ClaimRows]:
    tables = unit.tables
    found: list[ClaimRows] = []
    clocks: dict[str, dict[str, tuple[str, str, str]]] = {}
    for task in tables.tasks.values():
        if task.kind == "deadline":
            clocks.setdefault(task.claim, {})[task.id] = (task.name, task.due_at, task.status)
    for claim in claims:
        row = tables.cases[claim]
        entries: list[Logged] = []
        for entry in unit.entries(claim):
            place = tables.log_places.get(entry.id)
            hashed = None if place is None else tables.log_leaves[place][1]
            entries.append(Logged(entry, place, hashed, entry.id in tables.log_waiting))
        found.append(
            ClaimRows(
                claim, row.body, row._replace(body=None), entries, unit.transfers(claim, limit=1_000_000),
                unit.decisions(claim), unit.notices(claim), unit.sealed(claim), unit.erasures(claim),
                [r for _, r in sorted(tables.proposals.items()) if r.claim == claim],
                [r for _, r in sorted(tables.answers.items()) if r.claim == claim],
                unit.approvals(claim, limit=1_000_000), clocks.get(claim, {}),
            )
        )  # fmt: skip
    return found


# -- SQL -------------------------------------------------------------------------------------------------------------

_CASE = ", ".join(f"c.{name}" for name in CaseRow._fields)
_CASES = f'SELECT {_CASE} FROM "case" c WHERE c.id > ? ORDER BY c.id LIMIT ?'  # noqa: S608  # names of our own
_THESE = f'SELECT {_CASE} FROM "case" c WHERE c.id IN {{}} ORDER BY c.id'  # noqa: S608
# A clock's id begins with its claim's: a stretch of the key each, where nothing else is ordered by claim.
_CLOCKS = """SELECT t.claim, t.id, t.name, t.due_at, t.status FROM {} JOIN task t
ON t.id > g.value || ':' AND t.id < g.value || ';' WHERE t.kind = 'deadline'"""
_ENTRIES = """SELECT e.id, e.claim, e.seq, e.at, e.actor, e.verb, e.type, e.data, e.leaf, l.place, l.hash, p.n
FROM entry e LEFT JOIN log_leaf l ON l.entry = e.id LEFT JOIN log_pending p ON p.entry = e.id
WHERE e.claim IN {} ORDER BY e.claim, e.seq"""
_BESIDE = {
    "transfers": ("transfer", TransferRow, "id"),
    "decisions": ("decision", DecisionRow, "id"),
    "notices": ("notice", NoticeRow, "id"),
    "sealed": ("sealed", SealedRow, "seq"),
    "erasures": ("erasure", ErasureRow, "seq"),
    "proposals": ("proposal", ProposalRow, "id"),
    "answers": ("answer", AnswerRow, "proposal"),
    "approvals": ("approval", ApprovalRow, "entry"),
}


def _given(connection: Connection) -> str:
    """The list of ids as a table ``g`` with one column, ``value``."""
    return "json_each(?) AS g" if connection.dialect.name == "sqlite" else "unnest(?::text[]) AS g (value)"


def _among(connection: Connection) -> str:
    return "(SELECT value FROM json_each(?))" if connection.dialect.name == "sqlite" else "(SELECT unnest(?::text[]))"


def _sql(connection: Connection, cases: str, *wanted: Any) -> list[ClaimRows]:
    sqlite = connection.dialect.name == "sqlite"

    cursor: Any = connection.connection.cursor()  # plain tuples: a page is many rows, each looked at once

    def run(sql: str, *values: Any) -> list[Any]:
        cursor.execute(sql if sqlite else sql.replace("?", "%s"), values)
        return cursor.fetchall()

    found: dict[str, ClaimRows] = {}
    for row in run(cases, *wanted):
        kept = CaseRow(*row)
        told = _parsed(kept.body)
        found[kept.id] = ClaimRows(kept.id, told, kept._replace(body=None), [], [], [], [], [], [], [], [], [], {})
    ids: Any = json.dumps(list(found)) if sqlite else list(found)
    among = _among(connection)
    claim, entries = "", list[Logged]()
    rows: list[tuple[Any, ...]] = run(_ENTRIES.format(among), ids)
    if not sqlite:
        rows = [(*row[:7], bytes(row[7]), bytes(row[8]), row[9], row[10] and bytes(row[10]), row[11]) for row in rows]
    new: Any = getattr(tuple, "__new__")  # noqa: B009  # what the classes do themselves, in one step less: there are many
    for row in rows:
        if row[1] != claim:
            claim, entries = row[1], found[row[1]].entries
        entries.append(new(Logged, (new(EntryRow, row[:9]), row[9], row[10], row[11] is not None)))
    for name, (table, kind, order) in _BESIDE.items():
        columns = ", ".join(kind._fields)
        query = f"SELECT {columns} FROM {table} WHERE claim IN {among} ORDER BY claim, {order}"  # noqa: S608
        place = kind._fields.index("claim")
        for row in run(query, ids):
            getattr(found[row[place]], name).append(kind._make(row))
    for claim, task, name, due, status in run(_CLOCKS.format(_given(connection)), ids):
        if task.startswith(f"{claim}:") and claim in found:
            found[claim].clocks[task] = (name, due, status)
    cursor.close()
    return list(found.values())


def _parsed(text: Any) -> dict[str, Any] | None:
    from ..sql.codec import parse

    try:
        return parse(text)
    except (ValueError, TypeError, RecursionError):
        return None


def _decoded(decode: Any, body: str) -> Case | None:
    try:
        return decode(body)
    except (ValueError, TypeError, KeyError, LookupError, AttributeError):
        return None
