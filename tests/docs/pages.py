"""Which pages there are, and how to read them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
MADE = "<!-- Made from the code"

#: Everything a reader may open.
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]


def name_of(path: Path) -> str:
    """A page's path from the checkout, for the names of tests."""
    return path.relative_to(ROOT).as_posix()


def is_made(path: Path) -> bool:
    """Whether a page is made from the code."""
    return MADE in path.read_text(encoding="utf-8")


WRITTEN = [path for path in PAGES if not is_made(path)]

_FENCE = re.compile(r"^ *(```+|~~~+)")


def prose(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a page outside its blocks, with their numbers."""
    inside = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if _FENCE.match(line):
            inside = not inside
        elif not inside:
            yield number, line
