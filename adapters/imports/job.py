"""One import from beginning to end: the file, the run, what is written beside it, one transaction or many.

Decision: a plan and a run go through the same lines of code; a plan is one transaction that is taken back at its end.
Everything beside the store is on the disk before a checkpoint counts it, and a run that was interrupted goes on where
its last checkpoint stands, or from the beginning where a file beside it is gone. Authority: UX notes 6.4 and 6.5.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from ...states.errors import InputError, StorageError
from ...workflow.desk import Desk
from ...workflow.imports.claimruns import ClaimRun
from ...workflow.imports.claims import ClaimReader
from ...workflow.imports.columns import ImportKind, is_personal
from ...workflow.imports.maps import Map
from ...workflow.imports.results import Counts, Result, Status, report_rows
from ...workflow.imports.rows import RowRun, unread
from ...workflow.imports.runs import Origin, Run, begin
from ...workflow.imports.tables import Record
from ..joined import TakenBack, one_transaction
from .beside import Beside, Rejects, Report, checked, fits
from .files import Source
from .folder import Folder

#: What whoever imports must be allowed to do.
_VERBS = {
    ImportKind.CLAIMS.value: ("file", "record_screening"),
    ImportKind.CERTIFICATES.value: ("record_certificate",),
    ImportKind.PROCEEDS.value: ("record_proceeds",),
    ImportKind.RESPONSES.value: ("respond",),
    ImportKind.PAYMENTS.value: ("confirm_payment",),
    ImportKind.EVIDENCE.value: ("attach_evidence",),
}


@dataclass(frozen=True, slots=True)
class Choices:
    """What was asked for. ``plan``: nothing is kept. ``atomic``: all of it is, or nothing."""

    plan: bool = False
    atomic: bool = False
    stop: bool = False
    update: bool = True
    batch: int = 500
    rejects: str | None = None
    report: str | None = None
    show_values: bool = False
    map_file: str | None = None  #: the file of the map, which nothing is written over
    folder: str | None = None  #: of the files a manifest names; None: beside it
    copy_to: str | None = None  #: where copies of them go
    options: dict[str, Any] = field(default_factory=dict[str, Any])  #: for the verbs: reason, approved_by


class Job:
    """An import under way: go through ``results`` to its end, then look at ``counts``."""

    def __init__(self, desk: Desk, source: Source, place: str, made: Map, choices: Choices) -> None:
        self.desk, self.source, self.map, self.choices = desk, source, made, choices
        self.place = "-" if source.piped else place
        self.run: Run | None = None
        self.taken_back = False
        self.stopped = False
        self._kept: Result | None = None  #: the last one that was counted with what it did
        self._folder: Folder | None = None
        self._beside: list[tuple[str, Beside, Any]] = []

    @property
    def counts(self) -> Counts:
        """What it came to."""
        return self.run.counts if self.run is not None else Counts()

    @property
    def unread(self) -> list[str]:
        """Columns that this kind of file does not keep; of claims every column is kept."""
        table = self.source.table
        return unread(self.map.kind, table.header, self.map) if table.kind == "csv" else []

    def results(self, begun: Callable[[Run], object] = lambda _: None) -> Iterator[Result]:
        """Every result, counted and written; ``begun`` is told the run before the first record."""
        choices = self.choices
        whole = choices.plan or choices.atomic
        with one_transaction(self.desk) if whole else nullcontext():
            yield from self._all(begun)
            if choices.plan or (choices.atomic and self.counts.rejected):
                self.taken_back = True
                raise TakenBack

    def _all(self, begun: Callable[[Run], object]) -> Iterator[Result]:
        choices, source = self.choices, self.source
        self.desk.permit(self.desk.actor, *_VERBS[self.map.kind])  # before anything is kept, also the run
        self._places()
        self._folder = self._files()
        digest = f"{self.map.digest}{'' if choices.update else ':no-update'}"
        origin = Origin(
            self.map.kind, source.name[:255], source.sha256, digest, source.total,
            {"encoding": source.encoding.label, "delimiter": source.table.shown},
        )  # fmt: skip
        run = self.run = begin(self.desk, origin, kept=not choices.plan)
        batch = 1 if choices.stop else choices.batch
        with self._writing(run):
            begun(run)
            records: Iterable[Record] = islice(self.source.records, run.skip, None)
            since = 0
            for result in self._source_of(run, batch).results(records):
                if result is not self._kept:
                    run.count(result)
                    self._write(run, result)
                since += 1
                if since >= choices.batch or choices.stop:
                    run.checkpoint(**self._lengths())
                    since = 0
                yield result
                if choices.stop and result.status == Status.REJECTED.value:
                    self.stopped = True
                    break
            try:
                sha256 = None if self.stopped else source.finished()
            except StorageError:  # the rows stand as they were read; the digest of the run is not theirs
                run.finish("stopped", **self._lengths())
                raise
            run.finish("stopped" if self.stopped else "done", file_sha256=sha256, **self._lengths())

    def _source_of(self, run: Run, batch: int) -> Any:
        choices = self.choices
        header = None if self.source.table.kind == "jsonl" else self.source.table.header
        if self.map.kind == ImportKind.CLAIMS.value:
            reader = ClaimReader(self.map, header)
            return ClaimRun(
                self.desk, reader, run.id, batch=batch, update=choices.update, show_values=choices.show_values,
                file_sha256=self.source.sha256, settle=partial(self._settle, run),
            )  # fmt: skip
        return RowRun(
            self.desk, self.map, header, run.id, update=choices.update, file_sha256=self.source.sha256,
            options=choices.options, files=self._folder, settle=partial(self._settle, run),
            together=partial(self._together, run),
        )  # fmt: skip

    def _settle(self, run: Run) -> None:
        """A checkpoint between two of them: what follows would change what the rows before it come to."""
        run.checkpoint(**self._lengths())

    @contextmanager
    def _together(self, run: Run) -> Generator[Callable[[Result], object]]:
        """One transaction for what a row does and for its being counted."""

        def keep(result: Result) -> None:
            run.count(result)
            self._write(run, result)
            self._settle(run)
            self._kept = result

        with nullcontext() if self.choices.plan or self.choices.atomic else one_transaction(self.desk):
            yield keep

    def _files(self) -> Folder | None:
        """The files of a manifest of evidence; None when nobody said where they are, as of one that is piped in."""
        choices = self.choices
        if self.map.kind != ImportKind.EVIDENCE.value:
            return None
        if choices.folder is None and self.place == "-":
            return None
        root = Path(choices.folder) if choices.folder is not None else Path(self.place).parent
        return Folder(root, None if choices.copy_to is None else Path(choices.copy_to))

    # -- beside the store ------------------------------------------------------------------------------------------

    def _places(self) -> None:
        """What is to be written beside is looked at before the run is kept: a wrong name leaves no run behind."""
        choices = self.choices
        for place, option in ((choices.rejects, "--rejects"), (choices.report, "--report")):
            if place is not None:
                path = checked(place, option, self.place)
                if choices.map_file is not None and path.exists() and path.samefile(choices.map_file):
                    raise InputError("cannot_write", "this would replace the map that is used", field=option)
        if choices.rejects and choices.report and Path(choices.rejects).resolve() == Path(choices.report).resolve():
            raise InputError("cannot_write", "rejects and report are two files", field="--report")

    @contextmanager
    def _writing(self, run: Run) -> Generator[None]:
        choices = self.choices
        wanted = [(name, place) for name, place in (("rejects", choices.rejects), ("report", choices.report)) if place]
        kept = run.places.get("beside", {})
        if run.skip and not all(fits(place, kept.get(f"{name}:{place}")) for name, place in wanted):
            run.start_over()
        try:
            for name, place in wanted:
                at = kept.get(f"{name}:{place}") if run.skip else None
                codec = self.source.encoding.writes if name == "rejects" else "utf-8"
                file = Beside(place, f"--{name}", at, codec, self.place)
                self._beside.append((name, file, Rejects(file, self.source) if name == "rejects" else Report(file)))
            yield
        finally:
            for _, file, _ in self._beside:
                file.close()

    def _write(self, run: Run, result: Result) -> None:
        for name, _, writer in self._beside:
            if name == "rejects":
                if result.status == Status.REJECTED.value:
                    writer.add(result)
                continue
            for row in report_rows(
                result, run=run.id, file=self.source.name, show_values=self.choices.show_values,
                sensitive=partial(is_personal, self.map.kind),
            ):  # fmt: skip
                writer.add(row)

    def _lengths(self) -> dict[str, Any]:
        if not self._beside:
            return {}
        return {"beside": {f"{name}:{file.place}": file.flushed() for name, file, _ in self._beside}}
