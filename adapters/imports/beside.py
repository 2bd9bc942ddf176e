"""What is written beside an import: the rejected rows as they came, and the report of problems.

Decision: the rejects file is written as the source was, in its encoding and with its columns untouched, and three
columns of ours at the end; corrected, it is imported again as it is. Both files are on the disk before a checkpoint
says so, and are cut back to it when a run is taken up again. Authority: UX notes 6.4.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from ...states.errors import InputError
from ...workflow.imports.results import REPORT, Result
from ...workflow.imports.tables import META
from ..outputs import check_output
from ..reports.tables import safe_cell
from .files import Source

_NUMBER = re.compile(r"[-+]?[0-9][0-9.,]*")


class Beside:
    """A file that grows with the run. ``at`` is its length at the last checkpoint; None begins it anew."""

    def __init__(self, place: str, option: str, at: int | None, codec: str, source: str) -> None:
        self.place = place
        path = checked(place, option, source)
        try:
            self._file: IO[bytes] = path.open("r+b" if at else "wb")
            if at:
                self._file.truncate(at)
                self._file.seek(at)
        except OSError as error:
            raise InputError("cannot_write", f"the file cannot be written: {error.strerror}", field=option) from None
        self._through = not path.is_file()  #: a pipe or a device keeps nothing, and has no place to go back to
        self._codec = "utf-16-le" if codec == "utf-16" and at else codec
        self.fresh = not at
        self._begun = bool(at)

    def write(self, text: str) -> None:
        """Adds text."""
        codec = self._codec
        if codec == "utf-16":  # its mark stands at the beginning alone
            codec, text = "utf-16-le", text if self._begun else f"\ufeff{text}"
        elif codec == "utf-8-sig" and self._begun:
            codec = "utf-8"
        self._begun = True
        # Half a character has no bytes of its own in UTF-16; the row is rejected, and whoever mends it sees a mark.
        self._file.write(text.encode(codec, "replace" if codec.startswith("utf-16") else "surrogateescape"))

    def flushed(self) -> int:
        """On the disk; its length."""
        self._file.flush()
        if self._through:
            return 0
        os.fsync(self._file.fileno())
        return self._file.tell()

    def close(self) -> None:
        """Closes it."""
        self._file.close()


def checked(place: str, option: str, source: str) -> Path:
    """The path of a file to write beside an import; InputError ``cannot_write`` where it cannot or must not be."""
    path = check_output(place, option)
    if source != "-" and path.exists() and path.samefile(source):
        raise InputError("cannot_write", "this would replace the file that is read", field=option)
    if not path.parent.is_dir():
        raise InputError("cannot_write", "there is no such folder", field=option, hint="make it first")
    return path


def fits(place: str, at: object) -> bool:
    """Whether the file is still there and at least as long as a checkpoint says."""
    path = Path(place)
    return isinstance(at, int) and path.is_file() and path.stat().st_size >= at


class Rejects:
    """The rejected rows, to be corrected and imported again."""

    def __init__(self, file: Beside, source: Source) -> None:
        self._file, self._source = file, source
        self._header = file.fresh

    def add(self, result: Result) -> None:
        """One rejected row."""
        table, record = self._source.table, result.record
        errors = [p for p in result.problems if p.rejects]
        meta = [
            str(record.line),
            "; ".join(f"{p.column or p.field}: {p.code}" if p.column or p.field else str(p.code) for p in errors),
            "; ".join(dict.fromkeys(p.hint for p in errors if p.hint)),
        ]
        if table.kind == "jsonl":
            if record.cells is None:  # no object, so nothing can be added to it
                self._file.write(_whole(record.raw))
                return
            told = {**record.cells, **dict(zip(META, meta, strict=True))}
            self._file.write(json.dumps(told, ensure_ascii=False) + "\n")
            return
        if self._header:
            self._file.write(self._row([*table.header, *META]))
            self._header = False
        # A record whose cells cannot be told apart goes back as it came: it stays wrong until somebody mends it.
        self._file.write(self._row([*record.row, *meta]) if record.row else _whole(record.raw))

    def _row(self, cells: Sequence[str]) -> str:
        text = io.StringIO()
        csv.writer(text, delimiter=self._source.table.delimiter, lineterminator="\r\n").writerow(cells)
        return text.getvalue()


class Report:
    """One line a problem, as CSV, or as JSON Lines where the name says so."""

    def __init__(self, file: Beside) -> None:
        self._file = file
        self._lines = file.place.lower().endswith((".jsonl", ".ndjson"))
        if file.fresh and not self._lines:
            self._write(dict(zip(REPORT, REPORT, strict=True)))

    def add(self, row: Mapping[str, Any]) -> None:
        """One problem."""
        if self._lines:
            self._file.write(json.dumps(dict(row), ensure_ascii=False) + "\n")
        else:
            self._write({name: _safe(value) if isinstance(value, str) else value for name, value in row.items()})

    def _write(self, row: Mapping[str, Any]) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\r\n").writerow([row[name] for name in REPORT])
        self._file.write(text.getvalue())


def _safe(text: str) -> str:
    """Text that a spreadsheet would take for a formula begins with an apostrophe; numbers are left alone."""
    return text if _NUMBER.fullmatch(text) else safe_cell(text)


def _whole(text: str) -> str:
    return text if text.endswith(("\n", "\r")) else text + "\n"
