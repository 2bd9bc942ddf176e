"""A claim file as a page to print: no script, nothing loaded from elsewhere, everything escaped.

Authority: UX notes 7.9, trust notes 5.5. Left out: the look of the console; a printed file is read in black and white.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from .claimfile import ClaimFile


@cache
def _template(name: str) -> Any:
    from jinja2 import Environment, StrictUndefined

    made = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return made.from_string((files("claimdesk.adapters.pack") / "templates" / name).read_text("utf-8"))


def claim_page(file: ClaimFile) -> bytes:
    """The page of a claim file."""
    return _template("claim.html.j2").render(file=file).encode("utf-8", "backslashreplace")


def columns_page(registers: Sequence[Mapping[str, Any]]) -> bytes:
    """What each register asks and each of its columns means, so that the pack needs nothing beside it."""
    return _template("registers.html.j2").render(registers=registers).encode("utf-8", "backslashreplace")


def cover_page(**told: Any) -> bytes:
    """The first page of a pack."""
    known: Mapping[str, Any] = told
    return _template("index.html.j2").render(**known).encode("utf-8", "backslashreplace")
