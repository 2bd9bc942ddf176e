"""Figures as a table for people or as JSON, and a module of figures as a program."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from typing import Any

from .figure import Figures, met, whole

_HEAD = ("figure", "value", "unit", "floor", "ratio", "aim", "met")


def show(figures: Mapping[str, Any], *, as_json: bool = False) -> None:
    """Prints figures."""
    told = {name: whole(found) for name, found in figures.items()}
    if as_json:
        print(json.dumps({name: {**found, "met": met(found)} for name, found in told.items()}, indent=2))
    else:
        print("\n".join(rows(told)))


def rows(figures: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A table of plain text, numbers to the right."""
    table = [_HEAD, *(_cells(name, found) for name, found in figures.items())]
    widths = [max(len(row[i]) for row in table) for i in range(len(_HEAD))]
    right = {1, 3, 4}
    return [
        "  ".join(c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True)))
        .rstrip() for row in table
    ]  # fmt: skip


def markdown(figures: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The same as a table of Markdown."""
    ruler = ("---", "---:", "---", "---:", "---:", "---", "---")
    table = [_HEAD, ruler, *(_cells(name, whole(found)) for name, found in figures.items())]
    return ["| " + " | ".join(row) + " |" for row in table]


def _cells(name: str, found: Mapping[str, Any]) -> tuple[str, ...]:
    answer = {True: "yes", False: "NO", None: ""}[met(found)]
    numbers = [number(found.get(key)) for key in ("value", "floor", "ratio")]
    return name, numbers[0], str(found.get("unit") or ""), numbers[1], numbers[2], str(found.get("aim") or ""), answer


def number(value: Any) -> str:
    """Three figures that count, large numbers whole."""
    if value is None:
        return ""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return str(value)
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def alone(figures: Callable[..., Figures], about: str | None, **sizes: int) -> None:
    """One module as a program: an option for each of ``sizes`` with its usual value, and ``--json``."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, usual in sizes.items():
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--json", action="store_true")
    told = vars(parser.parse_args())
    as_json = told.pop("json")
    show(figures(**told), as_json=as_json)
