"""Planning ahead: a batch planned without the right to write, and taken over later as far as nothing has changed.

Decision: planning is most of the work of a bulk run and needs no lock, so it may happen in other processes while one
writer writes; every line remembers what it was planned from (versions of cases, claims of an incident, lines known
before), and the writer looks at all of that again inside its transaction. A line whose ground has moved is planned anew
there, and so is every later line that looked at the same things; what comes out is what planning line by line gives.
Authority: architecture notes (one write path; what happens to a plan differs, the plan does not). Left out: processes,
which are an adapter's; lines whose rules read a seller's other claims, which the writer plans itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from ..states.case import Case
from .engine import Session, seller_file_id
from .lines import Line
from .plan import Command, Sibling
from .ports import EntryRow, ReadUnit, SealedRow, SourceRow

if TYPE_CHECKING:
    from .desk import Desk

Group = tuple[str, str]


@dataclass(slots=True)
class AheadLine:
    """What one line came to, and the names of everything it looked at or wrote."""

    result: dict[str, Any]
    sets: list[Any]  #: as the store's ``ready`` makes them
    keys: frozenset[str]
    unsure: bool  #: planned from more than can be looked at again


@dataclass(slots=True)
class Ahead:
    """A batch planned ahead, with what was found when it was planned."""

    lines: list[AheadLine]
    versions: dict[str, int]  #: case id to version, 0 for one that was not there
    groups: dict[Group, tuple[Sibling, ...]]
    sources: dict[str, SourceRow]
    asked: list[str]  #: the lines (natural keys) that were looked for

    def sellers(self) -> set[str]:
        """The files of the sellers whose other claims some line looked at: it is planned anew with nobody beside it."""
        looked = set[str]().union(*[was.keys for was in self.lines if was.unsure])
        return {c for c in self.versions if c.startswith(seller_file_id("")) and case_key(c) in looked}

    def moved(self, unit: ReadUnit) -> set[str]:
        """The names of what is no longer as it was found."""
        versions = unit.versions(list(self.versions))
        found = {case_key(c) for c, version in self.versions.items() if versions.get(c, 0) != version}
        groups = unit.siblings(list(self.groups))
        for key, known in self.groups.items():
            if {s.id: s for s in groups.get(key, ())} != {s.id: s for s in known}:
                found.add(group_key(key))
        sources = unit.sources(self.asked)
        found.update(source_key(k) for k in self.asked if sources.get(k) != self.sources.get(k))
        return found


class Planning(Protocol):
    """A batch being planned elsewhere."""

    def result(self) -> Ahead:
        """The batch; any exception means that it has to be planned here."""
        ...


class Planners(Protocol):
    """Whoever plans batches elsewhere. ``width``: how many batches are worth having under way;
    ``started``: whether they are at work, or starting."""

    width: int

    @property
    def started(self) -> bool: ...

    def start(self) -> None:
        """Makes ready what takes its time, without waiting for it."""
        ...

    def submit(self, lines: Sequence[Line], run_id: str) -> Planning: ...
    def written(self) -> None:
        """A batch that was submitted has been written."""
        ...


def case_key(case_id: str) -> str:
    """The name of a case among what lines look at."""
    return f"case {case_id}"


def group_key(group: Group) -> str:
    """The name of an incident of an order."""
    return f"incident {group[0]} {group[1]}"


def source_key(key: str) -> str:
    """The name of a filed line."""
    return f"line {key}"


class ShortReads:
    """A read unit whose every question is a transaction of its own, so that no writer waits for a planner."""

    def __init__(self, open_read: Any) -> None:
        self._read = open_read

    def __getattr__(self, name: str) -> Any:
        def asked(*words: Any, **named: Any) -> Any:
            opened: AbstractContextManager[ReadUnit] = self._read()
            with opened as unit:
                return getattr(unit, name)(*words, **named)

        return asked


@dataclass(slots=True)
class _Seen:
    keys: set[str] = field(default_factory=set[str])
    unsure: bool = False


class Watched(Session):
    """A session that remembers what it looked at and hands its changes out line by line."""

    def __init__(self, desk: Desk) -> None:
        unit: Any = ShortReads(desk.store.read)
        super().__init__(unit, desk.settings)
        self._ready = desk.store.ready
        self.versions: dict[str, int] = {}
        self.groups: dict[Group, tuple[Sibling, ...]] = {}
        self._line = _Seen()
        self._own: set[str] = set()
        self._sealed: dict[str, list[SealedRow]] = {}
        self._entries: dict[str, list[EntryRow]] = {}

    def begin(self) -> None:
        """A new line."""
        self._line = _Seen()

    def taken(self, *keys: str) -> tuple[list[Any], frozenset[str], bool]:
        """The changes of this line, the names of what it looked at, and whether it looked at more than that."""
        sets: list[Any] = []
        for rows in self._staged.values():
            rows.columns = self.shown(rows.case)
            self._own.add(rows.case.id)
            self._line.keys.add(case_key(rows.case.id))
            if rows.sealed:
                self._sealed.setdefault(rows.case.id, []).extend(rows.sealed)
            self._entries.setdefault(rows.case.id, []).extend(rows.entries)
            sets.append(self._ready(rows))
        self._staged = {}
        self._mark = None
        return sets, frozenset(self._line.keys.union(keys)), self._line.unsure

    # -- what is looked at -----------------------------------------------------------------------------------------

    def case(self, case_id: str) -> Case | None:
        """The case, remembered with its version the first time; its own changes are no finding."""
        found = super().case(case_id)
        self._line.keys.add(case_key(case_id))
        if case_id not in self.versions and case_id not in self._own and case_id not in self._staged:
            self.versions[case_id] = 0 if found is None else found.version
        return found

    def prefetch(self, case_ids: Any, groups: Any) -> None:
        """As ever; the claims of an incident are remembered as they were found."""
        known = set(self._siblings)
        super().prefetch(case_ids, groups)
        for key in self._siblings.keys() - known:
            self.groups[key] = tuple(self._siblings[key])

    def _alike(self, key: Group, programme: str, marketplace: str, but: str | None) -> tuple[Sibling, ...]:
        self._line.keys.add(group_key(key))
        if key not in self._siblings:
            self.prefetch((), [key])
        return super()._alike(key, programme, marketplace, but)

    def others(self, programme: str, seller: str, but: str | None, order: str | None = None) -> tuple[Case, ...]:
        """More than can be looked at again."""
        self._line.unsure = True
        return super().others(programme, seller, but, order)

    def _recheck_waiting(self, seller_file: Case, command: Command) -> None:
        self._line.unsure = True
        super()._recheck_waiting(seller_file, command)

    def entries(self, case_id: str) -> list[EntryRow]:
        """With what earlier lines of the batch add."""
        staged = self._staged.get(case_id)
        return [*self.unit.entries(case_id), *self._entries.get(case_id, ()), *(staged.entries if staged else ())]

    def personal(self, case_id: str) -> dict[str, Any]:
        """With the values that earlier lines of the batch told."""
        if case_id not in self._personal and case_id in self._sealed:
            staged = self._staged.get(case_id)
            rows = [*self.unit.sealed(case_id), *self._sealed[case_id], *(staged.sealed if staged else ())]
            self._personal[case_id] = self.settings.vault.unseal(rows)
        return super().personal(case_id)
