"""``claimdesk triage``: a whole file, line by line; one result a line, in order, and nothing is ever lost.

Decision: one JSON object a line unless a person watches; for a person a table by outcome, the rejected lines with what
to put right, and what to type next. The rejects file holds the rejected lines exactly as they came, so that it can be
corrected and given again. Authority: contract section 5; UX notes 5.4 and 6.4.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from ....states.errors import InputError
from ...outputs import check_output
from ..call import Call
from ..groups import page
from ..output import is_terminal, put_line
from ..results import put_next, put_rejected, put_summary
from ..steady import steady

if TYPE_CHECKING:
    from ...desk import ClaimDesk

_LONG = 4_000_000  #: bytes, some three thousand claims
_EVERY = 50  #: lines between two updates of the counter and of what is printed


@page(
    "triage",
    examples=[
        ("claimdesk triage claims.jsonl", "a table by outcome, and what was rejected"),
        ("claimdesk triage claims.csv --rejects rejected.csv", "the rejected lines, to correct and give again"),
        ("cat claims.jsonl | claimdesk triage - --json | jq .outcome", "one result a line"),
        ("claimdesk triage claims.jsonl --dry-run", "what would come out"),
    ],
    journals=True,
    exits=(0, 1, 2, 75, 130),
    see=("list", "explain", "tick"),
)
@click.argument("source", metavar="FILE|-")
@click.option("--rejects", metavar="FILE", help="Write the rejected lines there, as they came.")
@click.option("--batch", type=click.IntRange(1, 10_000), default=500, show_default=True, help="Lines a transaction.")
@click.option(
    "--workers",
    type=click.IntRange(0, 64),
    help="Processes that plan beside the one that writes; 0: none. Left out: as many as there are processors.",
)
@click.pass_obj
def command(call: Call, source: str, rejects: str | None, batch: int, workers: int | None) -> int:
    """File, screen and triage every claim of a file (JSON Lines or CSV)."""
    steady()
    with ExitStack() as stack:
        name = "" if source == "-" else source
        stream = stack.enter_context(opened(source))
        desk = stack.enter_context(call.desk())
        stack.enter_context(desk.planned_beside(workers, sign=call.signs, at_once=is_long(source) and not call.dry_run))
        spoilt = stack.enter_context(_rejects(rejects, source)) if rejects is not None else None
        lines = Kept(stream, name)
        run = Run(call, as_lines=call.as_json or not is_terminal(sys.stdout))
        for result in run.through(desk, lines if spoilt is not None else stream, name, batch):
            if spoilt is not None:
                lines.copy(result, spoilt)
        if spoilt is not None:
            lines.copy(None, spoilt)
    run.finish(rejects)
    return 1 if run.summary.rejected else 0


class Run:
    """One run over a file: prints as it goes, counts, and says at the end what came out."""

    def __init__(self, call: Call, *, as_lines: bool) -> None:
        from ....workflow.triage import Summary

        self.call = call
        self.as_lines = as_lines
        self.summary = Summary()
        self.rejected: list[dict[str, Any]] = []
        self.shown: dict[str, str] = {}  #: outcome or state to the first claim that came to it
        self._watched = is_terminal(sys.stderr) and not call.quiet

    def through(self, desk: ClaimDesk, lines: Iterable[str], name: str, batch: int) -> Iterator[dict[str, Any]]:
        """Every result, printed and counted."""
        from ....workflow.lines import read_lines
        from ....workflow.triage import triage

        run_id = desk.settings.new_id("IMP")
        source = read_lines(lines, name, parse=desk.planners is None)
        for result in triage(desk, source, run_id=run_id, batch=batch, dry_run=self.call.dry_run):
            self.summary.add(result)
            self._keep(result)
            if self.as_lines:
                put_line(result)
            if self.summary.read % min(batch, _EVERY) == 0:
                sys.stdout.flush()  # whoever reads along sees what is kept, also if this ends here
                self._count()
            yield result
        if self._watched:
            sys.stderr.write("\r\x1b[K")
        self.call.kept = ""

    def _count(self) -> None:
        if self._watched:
            sys.stderr.write(f"\r{self.summary.read} lines")
            sys.stderr.flush()

    def _keep(self, result: dict[str, Any]) -> None:
        done = self.summary.read
        self.call.kept = f"{done} lines are done and kept; the same command again goes on where this one stopped"
        if result["status"] == "rejected":
            self.rejected.append(result)
        elif result["status"] != "duplicate":
            self.shown.setdefault(f"{result['outcome']}:{result['state']}", result["claim"])
            self.shown.setdefault(result["outcome"], result["claim"])
            self.shown.setdefault(result["state"], result["claim"])

    def finish(self, rejects: str | None = None, *, next_too: bool = True, table: bool = True) -> None:
        """The table for a person, the rejected lines, what to type next."""
        call = self.call
        if table and not self.as_lines:
            put_summary(self.summary, dry_run=call.dry_run)
        if not call.quiet or not self.as_lines:
            put_rejected(self.rejected)
        if rejects is not None and self.rejected:
            call.note(f"the rejected lines are in {rejects}; correct them there, then: claimdesk triage {rejects}")
        if next_too and not self.as_lines and not call.dry_run:
            put_next(call, self.shown)


class Kept:
    """The lines of a stream, the last ones kept as they came until their results are known."""

    def __init__(self, stream: Iterable[str], name: str) -> None:
        self._lines = enumerate(stream, 1)
        self._name = name
        self._held: dict[int, str] = {}
        self._header = ""
        self._open: int | None = None  #: first line of a rejected record whose end is not known yet

    def __iter__(self) -> Iterator[str]:
        for number, text in self._lines:
            if number == 1 and is_table(self._name, text):
                self._header = text
            self._held[number] = text
            yield text

    def copy(self, result: dict[str, Any] | None, into: IO[str]) -> None:
        """Writes a rejected record as soon as the next one begins; ``None`` at the end of the file."""
        start = max(self._held, default=0) + 1 if result is None else int(result["line"])
        if self._open is not None:
            self._write(into, range(self._open, start))
        for number in [n for n in self._held if n < start]:
            del self._held[number]
        self._open = start if result is not None and result["status"] == "rejected" else None

    def _write(self, into: IO[str], numbers: range) -> None:
        if self._header:
            into.write(_whole(self._header))
            self._header = ""
        texts = [self._held.get(number, "") for number in numbers]
        while texts and not texts[-1].strip():
            texts.pop()
        into.writelines(_whole(text) for text in texts)


def is_table(name: str, head: str) -> bool:
    """Whether a file is CSV, by its name or its first line (as ``workflow.lines`` tells)."""
    head = head.lstrip("\ufeff").lstrip()
    return name.lower().endswith(".csv") or (not head.startswith(("{", "[", '"')) and "," in head and "{" not in head)


def _whole(text: str) -> str:
    return text if text.endswith(("\n", "\r")) else text + "\n"


def is_long(source: str) -> bool:
    """Whether a file is long enough for its planners to start before its first line is read."""
    try:
        return source != "-" and Path(source).stat().st_size > _LONG
    except OSError:
        return False  # the reading says what is wrong


def opened(source: str) -> Any:
    """A text stream over a file or standard input; bytes that are no UTF-8 fail their own line only."""
    import io

    if source == "-":
        wrapped = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="surrogateescape", newline="")
        return _Borrowed(wrapped)
    try:
        return Path(source).open(encoding="utf-8", errors="surrogateescape", newline="")
    except OSError as error:
        raise InputError(
            "cannot_read",
            f"the file cannot be read: {error.strerror}",
            field="FILE",
            hint="give the path of a file, or - for standard input",
        ) from None


class _Borrowed:
    """Standard input, given back and not closed."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __enter__(self) -> Any:
        return self._stream

    def __exit__(self, *_gone: object) -> None:
        self._stream.detach()


def _rejects(path: str, source: str) -> Any:
    if source != "-" and Path(path).exists() and Path(path).samefile(source):
        raise InputError("cannot_write", "the rejected lines would replace the file they come from", field="--rejects")
    try:
        return check_output(path, "--rejects").open("w", encoding="utf-8", errors="surrogateescape", newline="")
    except OSError as error:
        raise InputError("cannot_write", f"the file cannot be written: {error.strerror}", field="--rejects") from None
