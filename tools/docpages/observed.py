"""Which clocks run while a claim rests in a state: seen in the project's own scenarios, not told twice.

The lifecycle table says that a state has a clock; which one it is, the rules decide when they move a claim. So every
case of tests/scenarios without overlays is run once, and its journal is read; a programme of another package has its
cases beside it, in ``scenarios``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, ClassVar

from claimdesk import ClaimDesk, InputError
from claimdesk.states.case import Case, fold
from claimdesk.states.lifecycle import Rest
from claimdesk.workflow import places, registry
from claimdesk.workflow.scenario import find, load, run_case

from .markdown import ROOT

#: A clock is a state's own when it runs in at least this share of its visits.
_SHARE = 0.5


def clocks(programme: str) -> Mapping[str, tuple[str, ...]]:
    """The clocks of each state of a programme in which a claim rests."""
    added = programme in places.added()
    folder = Path(str(places.folder_of(programme))) / "scenarios" if added else ROOT / "tests" / "scenarios"
    return {state: kinds for (name, state), kinds in _clocks(folder).items() if name == programme}


@cache
def _clocks(folder: Path) -> Mapping[tuple[str, str], tuple[str, ...]]:
    visits: Counter[tuple[str, str]] = Counter()
    running: Counter[tuple[str, str, str]] = Counter()
    for case in _rests(folder):
        place = (case.programme, case.state)
        visits[place] += 1
        running.update((*place, clock.kind) for clock in case.deadlines if clock.status == "open")
    found: dict[tuple[str, str], list[str]] = {}
    for (programme, state, kind), times in sorted(running.items()):
        if times >= _SHARE * visits[programme, state]:
            found.setdefault((programme, state), []).append(kind)
    return {place: tuple(kinds) for place, kinds in found.items()}


class _Watched(ClaimDesk):
    """A desk that hands its journal over when it is closed."""

    journals: ClassVar[list[list[dict[str, Any]]]] = []

    def close(self) -> None:
        """Reads every journal first."""
        names = [claim.id for claim in self.list()] + [file.id for file in self.sellers()]
        self.journals.extend(self.entries(name) for name in names)
        super().close()


def _rests(folder: Path) -> Iterator[Case]:
    """Every case as it stood when it came to rest somewhere."""
    for path in find([folder]):
        try:
            cases = load(path)
        except InputError:  # a file that cannot be read is the scenarios' own tests' affair
            continue
        for case in cases:
            if not case.overlays:
                _Watched.journals.clear()
                run_case(case, partial(_Watched.open, "memory:"))
                for entries in _Watched.journals:
                    yield from _rested(entries)


def _rested(entries: list[dict[str, Any]]) -> Iterator[Case]:
    case: Case | None = None
    for place, entry in enumerate(entries):
        case = fold(case, entry, None)
        last = place + 1 == len(entries) or entries[place + 1]["to"] != entry["to"]
        life = registry.programme(case.programme).lifecycle
        if last and life.state_named(case.state).rest in (Rest.CLOCK, Rest.OWNER):
            yield case
