"""From records to values: each column of a file found once, each cell read as its column says.

Decision: which header means which column is settled before the first record, from the map, the names and the aliases;
two headers for one column are refused. Every problem of a row is told, not only the first. Authority: UX notes 6.2-6.4.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ...states.errors import InputError
from . import values
from .columns import COLUMNS, ImportKind, aliases, folded, is_path
from .maps import Map, Rule
from .problems import ImportCode, Problem, problem
from .tables import Record

#: Columns that an export of ours adds to what was told, and the column that says it already.
_SAID_BY = {"submitted_on": "submitted_at"}


@dataclass(frozen=True, slots=True)
class Row:
    """What a record says: values by column, dotted facts, what nobody knows, and everything wrong with it."""

    record: Record
    told: Mapping[str, Any]
    paths: Mapping[str, str]
    extra: Mapping[str, str]
    problems: tuple[Problem, ...]
    fields: Mapping[str, str] = field(default_factory=dict[str, str])  #: column of the import to header
    short: bool = True  #: see ``Plan.short``

    @property
    def errors(self) -> list[Problem]:
        """What rejects the row."""
        return [p for p in self.problems if p.rejects]


@dataclass(frozen=True, slots=True)
class Plan:
    """Which header means what in one file."""

    kind: str
    map: Map
    found: Mapping[str, str]  #: column of the import to header
    paths: tuple[str, ...]  #: headers that are dotted names of the contract
    extra: tuple[str, ...]  #: headers nobody knows
    native: bool  #: every header is a name of the contract, and nothing was mapped

    @property
    def short(self) -> bool:
        """Whether the rows are claims of damage or injury in the short names, which say what every row needs."""
        own = [name for name in (*self.map.columns, *self.found) if name not in COLUMNS[self.kind]]
        return self.kind != ImportKind.CLAIMS.value or not (
            self.paths or own or self.map.programme not in (None, "pdpi")
        )

    def missing(self) -> list[str]:
        """Columns a row needs that neither header nor map gives; a row may still have them by another way."""
        if not self.short:
            return []  # a file in the contract's own names: the desk says what is missing
        told = set(self.found) | {name for name, rule in self.map.columns.items() if rule.const is not None}
        return [name for name, column in COLUMNS[self.kind].items() if column.needed and name not in told]


def plan(kind: str, header: Iterable[str], made: Map) -> Plan:
    """The plan for a header; InputError for two headers of one meaning, or a mapped one that is not there."""
    names = list(header)
    found: dict[str, str] = {}
    for column, rule in made.columns.items():
        if rule.source is None:
            continue
        here = rule.source if rule.source in names else _like(rule.source, names)
        if here is None:
            raise InputError(
                ImportCode.MISSING_COLUMN.value,
                "the map names a column that is not in the file",
                field=f"columns.{column}",
                hint="the header has: " + ", ".join(n for n in names if n)[:300],
            )
        found[column] = here
    mapped = set(found.values())
    known = aliases(kind)
    paths: list[str] = []
    extra: list[str] = []
    for name in names:
        if name in mapped:
            continue
        if not name or _SAID_BY.get(name) in names:
            extra.append(name)
            continue
        column = known.get(folded(name))
        if kind == ImportKind.CLAIMS.value and is_path(name) and (column is None or column != name):
            paths.append(name)
            continue
        if column is None:
            extra.append(name)
        elif column in made.columns and made.columns[column].source is not None:
            extra.append(name)  # the map takes this column from elsewhere
        elif column in found:
            raise InputError(
                ImportCode.COLUMN_TWICE.value,
                f"two columns could be {column}: {found[column][:40]} and {name[:40]}",
                field="FILE",
                hint=f'say which in a map: {column} = "…"; the other is then kept as received',
            )
        else:
            found[column] = name
    plain = all(column == header and is_path(header) for column, header in found.items())
    native = (
        kind == ImportKind.CLAIMS.value and plain and not extra and not made.columns and (bool(paths) or bool(found))
    )
    return Plan(kind, made, found, tuple(paths), tuple(extra), native)


def _like(wanted: str, names: list[str]) -> str | None:
    close = [n for n in names if folded(n) == folded(wanted)]
    return close[0] if len(close) == 1 else None


def read(plan_: Plan, record: Record) -> Row:
    """Every cell of a record, read."""
    if record.cells is None:
        fault = record.problem or problem(ImportCode.NOT_CSV, "this record cannot be read")
        return Row(record, {}, {}, {}, (fault,))
    kind, made = plan_.kind, plan_.map
    told: dict[str, Any] = {}
    found: list[Problem] = []
    order = sorted(COLUMNS[kind], key=lambda n: n != "currency")  # an amount needs its currency
    for name in [*order, *(n for n in made.columns if n not in COLUMNS[kind])]:
        rule = made.columns.get(name, Rule())
        header = plan_.found.get(name)
        if header is None and rule.const is None:
            continue
        raw, faults = values.text(record.cells.get(header) if header is not None else None)
        if raw == "" and rule.const is not None:
            raw, faults = rule.const, []
        value, more = _one(kind, name, raw, rule, made, told)
        told_here = [replace(p, column=header or "", field=name) for p in (*faults, *more)]
        found += told_here
        if value is not None:
            told[name] = value
        elif raw == "" and _needed(kind, name) and not told_here and (plan_.short or name == "source_id"):
            found.append(replace(_missing(), column=header or "", field=name))
    for name in plan_.missing():
        found.append(replace(_missing(), column="", field=name))
    paths = {name: cell for name in plan_.paths if (cell := str(record.cells.get(name) or "")) != ""}
    extra = {name: cell for name in plan_.extra if (cell := str(record.cells.get(name) or "")).strip()}
    return Row(record, told, paths, extra, tuple(found), plan_.found, plan_.short)


def _needed(kind: str, name: str) -> bool:
    column = COLUMNS[kind].get(name)
    return column is not None and (column.needed or name == "source_id")


def _missing() -> Problem:
    return problem(
        ImportCode.MISSING_VALUE, "a value that is needed is empty", "fill it in, or map a column that has it"
    )


def _one(kind: str, name: str, raw: str, rule: Rule, made: Map, told: Mapping[str, Any]) -> values.Read:
    if raw == "":
        return None, []
    for part in rule.strip:
        if name != "amount":
            raw = raw.replace(part, "").strip()
    if rule.values is not None:
        known = {folded(k): v for k, v in rule.values.items()}
        if folded(raw) in known:
            raw = known[folded(raw)]
        elif made.unknown_value == "warn" and not _needed(kind, name):
            return None, [
                problem(ImportCode.VALUE_LEFT_OUT, "a value the map does not know was left out", "add it to values")
            ]
        elif COLUMNS[kind].get(name) is None or COLUMNS[kind][name].reads != "choice":
            return None, [problem(ImportCode.UNKNOWN_VALUE, "the map does not know this value", "add it to values")]
    if rule.pattern is not None and not re.fullmatch(rule.pattern, raw):
        return None, [
            problem(ImportCode.PATTERN_MISMATCH, "this does not look as the map says", f"pattern: {rule.pattern[:60]}")
        ]
    value, faults = _typed(kind, name, raw, rule, made, told)
    if value is None and made.unknown_value == "warn" and not _needed(kind, name):
        left = [p for p in faults if p.code == ImportCode.UNKNOWN_VALUE.value]
        if left:
            return None, [problem(ImportCode.VALUE_LEFT_OUT, "a value that is not known was left out", left[0].hint)]
    return value, faults


def _typed(kind: str, name: str, raw: str, rule: Rule, made: Map, told: Mapping[str, Any]) -> values.Read:
    column = COLUMNS[kind].get(name)
    habits = made.habits
    reads = column.reads if column is not None else "text"
    plain = _PLAIN_READERS.get(reads)
    if plain is not None:
        return plain(raw)
    match reads:
        case "date":
            return values.day(raw, habits, rule.form)
        case "instant":
            return values.instant(raw, habits, rule.form)
        case "instant_or_date":
            on, faults = (
                values.day(raw, habits, rule.form) if ":" not in raw else values.instant(raw, habits, rule.form)
            )
            return on, faults
        case "amount":
            code = told.get("currency")
            return values.amount(raw, habits, rule.strip, None if code is None else str(code))
        case "choice":
            return values.choice(raw, (column.choices if column is not None else None) or {})
        case _:
            return raw, []


#: Readers that need nothing but the cell.
_PLAIN_READERS: Mapping[str, Callable[[str], values.Read]] = {
    "id": values.identifier, "month": values.month, "currency": values.currency, "list": values.listed,
    "fact": values.fact, "days": values.days, "digest": values.digest,
    "name": values.name,
}  # fmt: skip
