"""Small pieces of Markdown: headings, tables, links to sources. The same input always gives the same text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

MADE = "<!-- Made from the code by tools/docs.py. Change the code, then run: python3 tools/docs.py --write -->"

#: A section of the domain notes in a source, for example "DOMAIN 1.4 step 3".
_DOMAIN = re.compile(r"(?:DOMAIN|domain notes) (\d+(?:\.\d+)?)")
_SEED = re.compile(r"SEED (\d{3})")
_URL = re.compile(r"https?://[^\s;,)|]+")


class Page(NamedTuple):
    """A page to write: its path under docs and its text."""

    path: str
    text: str


def page(path: str, title: str, *parts: str) -> Page:
    """A page with its title, its note that nobody edits it, and its parts with one empty line between them."""
    text = "\n\n".join([f"# {title}", MADE, *(part.strip("\n") for part in parts if part.strip())])
    return Page(path, text + "\n")


def cell(value: object) -> str:
    """A value that cannot break a table."""
    text = "" if value is None else str(value)
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ").replace("<", "&lt;").strip()


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table of cells that are Markdown already (``cell`` makes them safe); nothing when there are no rows."""
    lines = [f"| {' | '.join('' if c is None else str(c) for c in row)} |" for row in rows]
    if not lines:
        return ""
    return "\n".join([f"| {' | '.join(head)} |", f"|{'|'.join(' --- ' for _ in head)}|", *lines])


def code(text: object) -> str:
    """Text in code letters; nothing for nothing."""
    return f"`{text}`" if text not in (None, "") else ""


def codes(texts: Iterable[object]) -> str:
    """Several texts in code letters."""
    return ", ".join(code(text) for text in texts)


def slug(heading: str) -> str:
    """The anchor of a heading, as GitHub and MyST make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower().replace(" ", "-"))


@cache
def _notes() -> Mapping[str, str]:
    """The sections of the domain notes: DOMAIN 1.4 or SEED 000, and the anchor of its heading."""
    text = (DOCS / "explanation" / "sources.md").read_text(encoding="utf-8")
    headings = re.findall(r"^#+ ((?:DOMAIN|SEED) [\d.]+)(.*)$", text, re.MULTILINE)
    return {name: slug(name + rest) for name, rest in headings}


def _noted(name: str, shown: str, up: str) -> str:
    anchor = _notes().get(name)
    return shown if anchor is None else f"[{shown}]({up}explanation/sources.md#{anchor})"


def linked(text: str, up: str = "../") -> str:
    """A source with its sections of the domain notes, its founding documents and addresses as links.

    ``up`` leads from the page's folder to the folder docs.
    """
    text = cell(text)
    text = _URL.sub(lambda m: f"<{m[0]}>", text)
    text = _DOMAIN.sub(lambda m: _noted(f"DOMAIN {m[1]}", m[0], up), text)
    return _SEED.sub(lambda m: _noted(m[0], m[0], up), text)


def fence(lang: str, text: str) -> str:
    """A fenced block."""
    return f"```{lang}\n{text.rstrip()}\n```"
