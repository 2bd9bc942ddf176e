"""One figure of a benchmark: its value, the floor it is held against, the aim; and medians of several runs.

A module with figures has ``figures(quick=..., repeat=...) -> dict[str, Any]``: a name to a plain number, or to the
mapping that ``figure`` makes. ``quick`` asks for a small run, ``repeat`` for the median of so many runs.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

Figures = dict[str, dict[str, Any]]


@dataclass(slots=True)
class Took:
    """What a piece of work took: seconds by the clock, seconds of processor time (ended children with it)."""

    seconds: float = 0.0
    busy: float = 0.0


@contextmanager
def taking() -> Iterator[Took]:
    """Times the block."""
    took = Took()
    busy, started = sum(os.times()[:4]), time.perf_counter()
    yield took
    took.seconds, took.busy = time.perf_counter() - started, sum(os.times()[:4]) - busy


def figure(
    value: float, unit: str, *, floor: float | None = None, ratio: float | None = None, aim: str = ""
) -> dict[str, Any]:
    """A figure; ``floor`` in the unit of ``value``; ``aim`` as ``at least 0.75`` or ``at most 1.3``.

    The aim is for the ratio where there is one, else for the value. The ratio of rates is ours over the floor's,
    so more is better; that of times, sizes and costs is too, so less is better: the aim says which.
    """
    return {"value": value, "unit": unit, "floor": floor, "ratio": ratio, "aim": aim}


def rate(count: float, seconds: float, floor_seconds: float, aim: str = "", unit: str = "claims/s") -> dict[str, Any]:
    """How many a second, beside what the floor does in its time."""
    return figure(count / seconds, unit, floor=count / floor_seconds, ratio=floor_seconds / seconds, aim=aim)


_UNITS = frozenset({"us", "ms", "s", "MB", "MB/s", "entries/s", "commands/s"})


def named(prefix: str, told: Mapping[str, Any], aims: Mapping[str, str] | None = None) -> Figures:
    """Figures of plain numbers whose names end in their unit; ``aims`` by name as it stands there."""
    found: Figures = {}
    for name, value in told.items():
        short, _, unit = name.rpartition(", ")
        known = short and unit in _UNITS
        title = short if known and f"{prefix}: {short}" not in found else name
        found[f"{prefix}: {title}"] = figure(value, unit if known else "", aim=(aims or {}).get(name, ""))
    return found


def medians(run: Callable[[], Mapping[str, Any]], repeat: int, what: str = "") -> Figures:
    """The median of each number over ``repeat`` runs; a ratio's is the median of the ratios, each of one run."""
    runs: list[Figures] = []
    for turn in range(max(repeat, 1)):
        if what:
            progress(f"{what}: run {turn + 1} of {repeat}")
        runs.append({name: whole(told) for name, told in run().items()})
    found: Figures = {}
    for name, first in runs[0].items():
        found[name] = dict(first)
        for key in ("value", "floor", "ratio"):
            numbers = [told[name][key] for told in runs if isinstance(told[name].get(key), int | float)]
            if numbers:
                found[name][key] = statistics.median(numbers)
    return found


def whole(told: Any) -> dict[str, Any]:
    """A figure as a mapping with every key; also of a time in ``ms`` or ``us`` with a ``goal``."""
    bare = {"value": None, "unit": "", "floor": None, "ratio": None, "aim": ""}
    if not isinstance(told, Mapping):
        return bare | {"value": told}
    found = bare | dict(told)
    for unit in ("ms", "us"):
        if unit in found:
            found |= {"value": found.pop(unit), "unit": unit}
    if "goal" in found:
        found["aim"] = f"at most {found.pop('goal')}"
    if found["floor"] is None and found["ratio"] and found["unit"] in ("ms", "us"):
        found["floor"] = found["value"] / found["ratio"]  # of times the ratio is ours over the floor's
    return found


def met(told: Mapping[str, Any]) -> bool | None:
    """Whether the aim is met; None without an aim."""
    words = str(told.get("aim") or "").split()
    if len(words) != 3 or words[:2] not in (["at", "least"], ["at", "most"]):
        return None
    number = told["ratio"] if isinstance(told.get("ratio"), int | float) else told.get("value")
    if not isinstance(number, int | float):
        return None
    return number >= float(words[2]) if words[1] == "least" else number <= float(words[2])


def progress(text: str) -> None:
    """A word for whoever waits."""
    sys.stderr.write(f"  {text}\n")
    sys.stderr.flush()
