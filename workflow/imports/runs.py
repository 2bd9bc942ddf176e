"""An import as a run: begun, kept after each batch, taken up again after a kill, ended with counts that add up.

Decision: rows are known by their keys, so doing one twice does nothing; a checkpoint only saves time and says how far
the run came. After a run was taken up again, what an earlier attempt wrote and did not count is told from rows that
stand twice by counting what the run wrote. Authority: UX notes 6.5.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from ...states.errors import Conflict, NotFound
from ...states.times import instant_text
from ..desk import Desk
from ..ports import ImportRun
from .results import Counts, Result
from .updates import AMENDING


class TakenUp(Conflict):
    """Another process carries on the run: this one stops. Never a fault of a row."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What is imported: kind of file, its name, its digest (None for what is piped in), how many records it has."""

    kind: str
    file: str
    file_sha256: str | None
    map_sha256: str
    total: int | None = None
    places: Mapping[str, Any] = field(default_factory=dict[str, Any])


class Run:
    """One import. ``skip``: so many records were done before, by an attempt that was interrupted."""

    def __init__(self, desk: Desk, row: ImportRun, counts: Counts, *, kept: bool) -> None:
        self._desk = desk
        self.row = row
        self.counts = counts
        self.skip = row.done
        self.kept = kept

    @property
    def id(self) -> str:
        """Its identifier."""
        return self.row.id

    @property
    def places(self) -> dict[str, Any]:
        """How the file is written, and how long what was written beside it is."""
        return json.loads(self.row.places)

    def count(self, result: Result) -> None:
        """Counts one result."""
        self.counts.add(result)

    def checkpoint(self, **places: Any) -> None:
        """Keeps how far the run came; TakenUp when another process has taken it up."""
        self._keep("running", None, places)

    def start_over(self) -> None:
        """Goes through the file from its first record: what is on file is found there and written once."""
        self.counts, self.skip = Counts(), 0
        self._keep("running", None, {})

    def finish(self, status: str = "done", *, file_sha256: str | None = None, **places: Any) -> None:
        """Ends the run (done or stopped)."""
        if self.row.attempt > 1:
            self._tell_apart()
        if file_sha256 is not None:
            self.row = self.row._replace(file_sha256=file_sha256)
        self._keep(status, self._now(), places)

    def _tell_apart(self) -> None:
        counts = self.counts
        together = counts.created + counts.updated + counts.duplicate
        with self._desk.store.read() as unit:
            counts.created, counts.updated = unit.sources_of(self.id), unit.sources_of(self.id + AMENDING)
        counts.duplicate = together - counts.created - counts.updated

    def _keep(self, status: str, ended: str | None, places: Mapping[str, Any]) -> None:
        counts = self.counts
        self.row = self.row._replace(
            status=status, done=counts.read, created=counts.created, unchanged=counts.unchanged,
            updated=counts.updated, duplicate=counts.duplicate, rejected=counts.rejected, warnings=counts.warnings,
            codes=counts.codes_text(), places=json.dumps({**self.places, **places}, sort_keys=True),
            updated_at=self._now(), ended_at=ended,
        )  # fmt: skip
        if not self.kept:
            return
        with self._desk.store.write() as unit:
            if not unit.put_import_run(self.row, attempt=self.row.attempt):
                raise _taken_up(self.id)

    def _now(self) -> str:
        return instant_text(self._desk.clock().astimezone(UTC))


def begin(desk: Desk, origin: Origin, *, kept: bool = True) -> Run:
    """A new run, or the one over the same file and map that was interrupted; ``kept`` False: nothing is written."""
    now = instant_text(desk.clock().astimezone(UTC))
    new = ImportRun(
        desk.settings.new_id("IMP"), origin.kind, origin.file, origin.file_sha256, origin.map_sha256, desk.actor,
        "running", 1, origin.total, 0, 0, 0, 0, 0, 0, 0, "{}", json.dumps(dict(origin.places), sort_keys=True), now,
        now, None,
    )  # fmt: skip
    if not kept:
        return Run(desk, new, Counts(), kept=False)
    with desk.store.write() as unit:
        old = None
        if origin.file_sha256 is not None:
            old = unit.unfinished_import(origin.kind, origin.file_sha256, origin.map_sha256)
        if old is None:
            unit.put_import_run(new)
            return Run(desk, new, Counts(), kept=True)
        again = old._replace(attempt=old.attempt + 1, actor=desk.actor, file=origin.file, updated_at=now)
        if not unit.put_import_run(again, attempt=old.attempt):
            raise _taken_up(old.id)
    return Run(desk, again, Counts.of(again), kept=True)


def _taken_up(run_id: str) -> TakenUp:
    return TakenUp(
        "import_taken_up",
        f"another process carries on {run_id}",
        hint=f"what this one did is kept; claimdesk import show {run_id} says how far it is",
    )


def find(desk: Desk, run_id: str) -> ImportRun:
    """A run by its id."""
    with desk.store.read() as unit:
        found = unit.import_run(run_id)
    if found is None:
        raise NotFound("unknown_import", "there is no such import", hint="claimdesk import list shows them")
    return found
