"""What the exports have in common: their options, where the bytes go, the sidecar beside the file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .....states.errors import InputError
from ...call import Call
from ...whole import straight, whole_file

if TYPE_CHECKING:
    from .....states.case import Case
    from ....desk import ClaimDesk
    from ....exports.tables import Table
    from ....exports.writing import Writer

_FORMATS = ("jsonl", "csv")


def shared(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every export."""
    for option in (
        click.option("--excel", is_flag=True, help="CSV with a byte order mark and CRLF, as Excel wants it."),
        click.option("-o", "--out", "target", metavar="FILE", help="Into a file, with FILE.meta.json beside it."),
        click.option("--format", "form", type=click.Choice(_FORMATS), help="jsonl (default) or csv."),
    ):
        command = option(command)
    return command


def as_csv(call: Call, form: str | None, excel: bool) -> bool:
    """Whether CSV is asked for; words that do not fit together are refused."""
    if (call.as_json or form == "jsonl") and (excel or form == "csv"):
        raise InputError("not_here", "one form at a time: JSON Lines or CSV", field="--format")
    return excel or form == "csv"


@contextmanager
def writer(table: Table, target: str | None, *, csv: bool, excel: bool) -> Generator[Writer]:
    """Takes the rows; a file takes its name when it is whole."""
    from ....exports.writing import Writer

    if target is None:
        made = Writer(table, _stdout(), excel)
        if csv:
            made.head()
        yield made
        return
    with whole_file(target, "--out") as file:
        made = Writer(table, file.write, excel)
        if csv:
            made.head()
        yield made


def _stdout() -> Callable[[bytes], object]:
    raw = getattr(sys.stdout, "buffer", None)
    if raw is None:
        return lambda data: sys.stdout.write(data.decode())
    sys.stdout.flush()
    return raw.write


def finish(call: Call, made: Writer, target: str | None, note: str = "", **told: Any) -> None:
    """The sidecar beside the file, and what came, for whoever watches."""
    from ....exports.writing import described, meta, sidecar

    if target is not None and not straight(Path(target)):  # nothing stands beside a pipe
        found = meta(made, **told)
        found["columns"] = described(made.table)["columns"] if told["form"] == "csv" else found.pop("columns", None)
        with whole_file(f"{target}.meta.json", "--out") as file:
            file.write(sidecar({k: v for k, v in found.items() if v is not None}))
    call.note(f"{made.rows} rows{note}")


def now(desk: ClaimDesk) -> str:
    """The instant an export begins, UTC text."""
    from .....states.times import instant_text

    return instant_text(desk.clock())


def seller_files(desk: ClaimDesk, wanted: Mapping[str, Any]) -> Iterator[Case]:
    """Every seller's file that fits, by id."""
    from .....workflow import registry
    from .....workflow.ports import CaseFilter
    from ....exports.filings import pages

    for page in pages(desk, CaseFilter(programme=registry.SELLER_FILE, **wanted), None):
        yield from page
