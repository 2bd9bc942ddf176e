"""What became of each record, and of all of them: counts that always add up, problems by code with one sample each.

Decision: a sample tells where a problem stands and what would be right, never the value. Authority: UX notes 6.4.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...states.codes import Described
from .problems import ImportCode, Problem, masked
from .reading import Row
from .tables import Record


class Status(Described):
    """What became of a record; read is the sum of all five."""

    CREATED = "created", "it was filed, or done, by this import"
    UNCHANGED = "unchanged", "it was on file already with the same content"
    UPDATED = "updated", "it was on file with other content, which was amended"
    DUPLICATE = "duplicate", "it stands in this file a second time"
    REJECTED = "rejected", "it was not taken; its problems say why"


@dataclass(frozen=True, slots=True)
class Result:
    """One record and what became of it. ``body`` is what a program reads: no personal value stands in it."""

    record: Record
    status: str
    problems: tuple[Problem, ...] = ()
    row: Row | None = None
    source_id: str = ""
    claim: str | None = None
    body: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; the keys of a triage result, and the record's own number."""
        body = dict(self.body)
        found: dict[str, Any] = {"line": self.record.line, "record": self.record.number, "status": self.status}
        if self.source_id:
            found["source_id"] = self.source_id
        if self.claim is not None:
            found["claim"] = self.claim
        found.update({k: v for k, v in body.items() if k not in ("line", "status", "error")})
        if self.status == Status.REJECTED.value:
            errors = [p for p in self.problems if p.rejects]
            first = errors[0] if errors else Problem("rejected", "this record was not taken")
            found["error"] = {
                "code": str(first.code), "field": first.field or first.column or None, "message": first.message,
                "hint": first.hint,
            }  # fmt: skip
            if len(errors) > 1:
                found["more_errors"] = [
                    {"code": str(p.code), "field": p.field or p.column or None, "message": p.message}
                    for p in errors[1:]
                ]
        warnings = [p for p in self.problems if not p.rejects]
        if warnings:
            found["warnings"] = [
                {"code": str(p.code), "field": p.field or p.column or None, "message": p.message} for p in warnings
            ]
        return found


@dataclass(slots=True)
class Counts:
    """Records by what became of them, and problems by code."""

    created: int = 0
    unchanged: int = 0
    updated: int = 0
    duplicate: int = 0
    rejected: int = 0
    warnings: int = 0
    codes: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

    @property
    def read(self) -> int:
        """Every record there was."""
        return self.created + self.unchanged + self.updated + self.duplicate + self.rejected

    def add(self, result: Result) -> None:
        """Counts one result."""
        setattr(self, result.status, getattr(self, result.status) + 1)
        self.warnings += any(not p.rejects for p in result.problems)
        for one in _by_place(result.problems):
            column = one.column or one.field
            known = self.codes.get(key := f"{one.code}:{column}")
            if known is None:
                self.codes[key] = {
                    "code": str(one.code), "severity": str(one.severity), "column": column, "count": 1,
                    "line": result.record.line, "record": result.record.number, "message": one.message,
                    "hint": one.hint,
                }  # fmt: skip
            else:
                known["count"] += 1

    def by_code(self) -> list[dict[str, Any]]:
        """The problems by code and column, most frequent first."""
        return sorted(
            self.codes.values(), key=lambda c: (c["severity"] != "error", -c["count"], c["code"], c["column"])
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "read": self.read, "created": self.created, "unchanged": self.unchanged, "updated": self.updated,
            "duplicate": self.duplicate, "rejected": self.rejected, "warnings": self.warnings, "codes": self.by_code(),
        }  # fmt: skip

    def codes_text(self) -> str:
        """The problems by code as JSON text, for a store: in general words, so that no value of a row is kept there."""
        told = {key: {**one, "message": _MEANINGS.get(one["code"], one["message"])} for key, one in self.codes.items()}
        return json.dumps(told, ensure_ascii=False, sort_keys=True)

    @classmethod
    def of(cls, row: Any) -> Counts:
        """The counts a run was kept with."""
        return cls(
            row.created, row.unchanged, row.updated, row.duplicate, row.rejected, row.warnings, json.loads(row.codes)
        )


_MEANINGS = {code.value: code.meaning for code in ImportCode}


def _by_place(problems: Iterable[Problem]) -> list[Problem]:
    """One of each code and column: a row counts once for each."""
    return list({(p.code, p.column or p.field): p for p in problems}.values())


#: The columns of the report, one line a problem.
REPORT = (
    "run",
    "file",
    "sheet",
    "line",
    "record",
    "source_id",
    "column",
    "value",
    "code",
    "severity",
    "message",
    "hint",
    "action",
)


def report_rows(result: Result, *, run: str, file: str, sensitive: Any, show_values: bool) -> Iterable[dict[str, Any]]:
    """The lines of the report for one record. ``sensitive`` says of a column's meaning whether it is masked."""
    for one in result.problems:
        value = _value(result, one)
        yield {
            "run": run, "file": file, "sheet": "", "line": result.record.line, "record": result.record.number,
            "source_id": result.source_id, "column": one.column or one.field,
            "value": value if show_values else masked(value, sensitive=sensitive(one.field or one.column)),
            "code": str(one.code), "severity": str(one.severity), "message": one.message, "hint": one.hint,
            "action": "rejected" if result.status == Status.REJECTED.value else "imported",
        }  # fmt: skip


def _value(result: Result, one: Problem) -> str:
    cells = result.record.cells or {}
    return str(cells.get(one.column, "") or "") if one.column else ""
