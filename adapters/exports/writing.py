"""An export on its way out: JSON Lines or CSV, row by row, and the sidecar that says what was asked and what came.

Decision: CSV is plain UTF-8 with LF by default; for Excel it begins with a byte order mark and ends its lines with
CRLF, because Excel shows plain UTF-8 as garbage on a Chinese Windows. A text cell that a spreadsheet would run as a
formula gets an apostrophe, a number never does. Authority: UX notes 6.6.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...workflow.reports.shape import Column, Kind
from ...workflow.rulebook import resolve
from ..reports.tables import as_line, safe_cell
from .tables import Table

Sink = Callable[[bytes], object]

_NUMBERS = (Kind.COUNT, Kind.MONEY)


@dataclass(slots=True)
class Writer:
    """Takes rows; counts them, and keeps the digest of every byte written."""

    table: Table
    sink: Sink
    excel: bool = False
    rows: int = 0
    rulebooks: set[str] = field(default_factory=set[str])
    _hash: Any = field(default_factory=hashlib.sha256)

    def head(self) -> None:
        """The first line of CSV."""
        if self.excel:
            self._put("\ufeff".encode())
        self._put(self._csv([c.name for c in self.table.columns]))

    def row(self, row: Mapping[str, Any]) -> None:
        """A row as CSV."""
        self.rows += 1
        self._put(self._csv([_cell(c, row.get(c.name)) for c in self.table.columns]))

    def line(self, value: Mapping[str, Any] | bytes) -> None:
        """A line of JSON."""
        self.rows += 1
        self._put(value if isinstance(value, bytes) else as_line(value))

    def sha256(self) -> str:
        """``sha256:`` and the digest of the file."""
        return "sha256:" + self._hash.hexdigest()

    def _csv(self, cells: Sequence[object]) -> bytes:
        text = io.StringIO()
        csv.writer(text, lineterminator="\r\n" if self.excel else "\n").writerow(cells)
        return text.getvalue().encode("utf-8", "backslashreplace")

    def _put(self, data: bytes) -> None:
        self._hash.update(data)
        self.sink(data)


def _cell(column: Column, value: Any) -> str:
    if value is None:
        return ""
    if column.kind in _NUMBERS:
        return str(value)
    if column.kind is Kind.FLAG:
        return "yes" if value else "no"
    return safe_cell(str(value))


def meta(writer: Writer, *, form: str, filters: Mapping[str, Any], as_of: str, **more: Any) -> dict[str, Any]:
    """The sidecar of a finished export."""
    from claimdesk import __version__

    return {
        "export": writer.table.name,
        "form": form,
        "filter": dict(filters),
        "rows": writer.rows,
        "sha256": writer.sha256(),
        "as_of": as_of,
        "rulebooks": {ref: resolve(ref).sha256 for ref in sorted(writer.rulebooks)},
        "made_by": f"claimdesk {__version__}",
        **more,
    }


def described(table: Table) -> dict[str, Any]:
    """The columns of a table, for ``claimdesk schema`` and the sidecar."""
    return {
        "export": table.name,
        "row": table.what,
        "columns": [{"name": c.name, "kind": c.kind.value, "meaning": c.meaning} for c in table.columns],
        "jsonl": table.line,
    }


def sidecar(value: Mapping[str, Any]) -> bytes:
    """The sidecar's bytes."""
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "backslashreplace")
