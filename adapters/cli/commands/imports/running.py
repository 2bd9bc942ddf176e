"""What the commands of ``claimdesk import`` share: going through a file, and saying what it came to."""

from __future__ import annotations

import json
import sys
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import SpooledTemporaryFile, TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any

from ...call import Call
from ...output import is_terminal, put, put_json, say
from ...steady import steady

if TYPE_CHECKING:
    from .....workflow.imports.results import Counts, Result
    from .....workflow.imports.runs import Run
    from ....desk import ClaimDesk
    from ....imports.files import Source
    from ....imports.job import Job

_EVERY = 50
#: A file of so many bytes is planned without holding what comes of it in memory: some ten thousand claims.
_LONG = 1 << 20


def go(call: Call, kind: str, place: str, told: dict[str, Any], *, counts: bool = False) -> int:
    """Imports a file, or only says what would come of it; the exit code. ``counts``: a plan, told by its counts."""
    from ....imports.files import open_source
    from ....imports.job import Choices, Job
    from .options import map_of

    plan = counts or call.dry_run
    # Lines that are piped in as JSON are answered in JSON, as those of ``triage`` are.
    as_json = call.as_json or (place == "-" and told.get("form") == "jsonl" and not is_terminal(sys.stdout))
    steady()
    made = map_of(kind, told)
    writing = call.writing()
    choices = Choices(
        plan=plan, atomic=told.get("atomic", False), stop=told.get("on_error") == "stop",
        update=not told.get("no_update", False), batch=told.get("batch", 500),
        rejects=told.get("rejects"), report=told.get("report"),
        show_values=told.get("show_values", False),
        map_file=told["map_file"] if told["map_file"] != "-" else None,
        folder=told.get("folder"), copy_to=None if plan else told.get("copy_to"),
        options={k: v for k, v in writing.items() if k in ("reason", "approved_by")},
    )  # fmt: skip
    with ExitStack() as stack:
        source = stack.enter_context(closing(open_source(place, kind, made, told.get("form", "auto"))))
        desk = stack.enter_context(_tried(call, "-" if source.piped else place) if plan else call.desk())
        if kind == "claims" and not (choices.plan or choices.atomic or choices.stop):
            stack.enter_context(desk.planned_beside(told.get("workers"), sign=call.signs))
        call.note(source.shown())
        job = Job(desk, source, place, made, choices)
        if job.unread:
            call.note(f"not read: {', '.join(job.unread)[:300]}")
        held = stack.enter_context(SpooledTemporaryFile(_LONG)) if choices.atomic and as_json and not plan else None
        watch = _Watch(call, source, lines=as_json and not counts, every=choices.batch, planned=plan, held=held)
        for result in job.results(watch.begun):
            watch.seen(result, job.counts.read)
        watch.end(taken_back=job.taken_back)
    if counts and call.as_json:
        shown = {"file": source.name, "kind": kind, "encoding": source.encoding.shown, "cells": source.table.shown}
        put_json({**shown, **job.counts.to_dict()})
        return 1 if job.counts.rejected else 0
    _finish(call, job, plan, as_json=as_json)
    return 1 if job.counts.rejected else 0


@contextmanager
def _tried(call: Call, place: str) -> Generator[ClaimDesk]:
    """The desk for a plan: the database in force; where there is none yet, memory, or a file for a long backlog.

    The file goes when the plan ends; its keys are in memory alone, so what a crash leaves of it nobody can read.
    """
    if call.database_exists() or (place != "-" and Path(place).stat().st_size <= _LONG):
        with call.desk(tried=True) as desk:
            yield desk
        return
    from ....vault import FileVault

    with (
        TemporaryDirectory(prefix="claimdesk-plan-") as folder,
        call.desk(tried=True, spare=f"sqlite:///{folder}/plan.db", vault=FileVault(None)) as desk,
    ):
        yield desk


class _Watch:
    """Prints results as they come, counts on a terminal, and knows what to say when the run is interrupted."""

    def __init__(
        self, call: Call, source: Source, *, lines: bool, every: int, planned: bool, held: IO[bytes] | None
    ) -> None:
        self._call, self._source, self._lines = call, source, lines
        self._planned, self._held = planned, held
        self._every = min(_EVERY, every)  #: whoever asked for small batches wants to see them
        self._watched = is_terminal(sys.stderr) and not call.quiet
        self._run: Run | None = None

    def begun(self, run: Run) -> None:
        """Says that a run is taken up again."""
        self._run = run
        if run.row.attempt > 1:
            of = f" of {run.row.total:,}" if run.row.total is not None else ""
            again = "continuing" if run.skip else "going through the file again from its beginning"
            self._call.note(f"{run.id} was interrupted after {run.row.done or run.skip:,}{of}; {again}")

    def seen(self, result: Result, done: int) -> None:
        """One more result."""
        if self._run is not None and self._run.kept:
            self._call.kept = f"what was done is kept; the same command again continues {self._run.id}"
        if self._lines and self._held is not None:
            self._held.write(json.dumps(result.to_dict()).encode() + b"\n")
        elif self._lines:
            put_json({**result.to_dict(), "dry_run": True} if self._planned else result.to_dict())
        if done % self._every == 0:
            sys.stdout.flush()
            if self._watched:
                of = f" of {self._source.total:,}" if self._source.total is not None else ""
                sys.stderr.write(f"\r{done:,}{of}")
                sys.stderr.flush()

    def end(self, *, taken_back: bool) -> None:
        """The counter goes; of all or nothing, the results come now that it is known which."""
        if self._held is not None:
            self._held.seek(0)
            for line in self._held:
                put_json({**json.loads(line), "taken_back": True} if taken_back else json.loads(line))
        if self._watched:
            sys.stderr.write("\r\x1b[K")
        self._call.kept = ""


def _finish(call: Call, job: Job, plan: bool, *, as_json: bool) -> None:
    tell = say if as_json else put
    if as_json and call.quiet and not (job.taken_back and not plan):
        return
    tell(summary(job.counts, job.run.id if job.run else "", plan=plan or job.taken_back))
    for line in code_lines(job.counts):
        tell(line)
    if job.taken_back and not plan:
        say("nothing was written: with --atomic, every row is taken or none")
    if job.stopped:
        say("stopped at the first rejected row (--on-error stop); what came before it is kept")
    rejects = job.choices.rejects
    if rejects is not None and job.counts.rejected:
        call.note(f"Rejected rows, with reasons, are in {rejects}. Fix them there, then import that file the same way.")


def summary(counts: Counts, run: str, *, plan: bool) -> str:
    """The counts on one line; nothing is ever lost, and the line shows it."""
    if plan:
        return (
            f"would create {counts.created:,} · update {counts.updated:,} · unchanged {counts.unchanged:,} · "
            f"duplicate {counts.duplicate:,} · reject {counts.rejected:,}   nothing written   ({counts.read:,} read)"
        )
    return (
        f"{run}  {counts.created:,} created · {counts.updated:,} updated · {counts.unchanged:,} unchanged · "
        f"{counts.duplicate:,} duplicate · {counts.rejected:,} rejected   ({counts.read:,} read)"
    )


def code_lines(counts: Counts) -> list[str]:
    """The problems by code and column, each with its count, one place and what would be right."""
    from ...output import columns

    rows = [
        [
            f"{one['count']:,}",
            one["code"] if one["severity"] == "error" else f"{one['code']} (warning)",
            one["column"] or "-",
            f"line {one['line']}",
            one["message"] + (f"  hint: {one['hint']}" if one["hint"] else ""),
        ]
        for one in counts.by_code()
    ]
    return [f" {line}" for line in columns(rows, right=(0,))]
