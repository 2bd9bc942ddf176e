"""Reads the catalogues once and looks words up in them.

A missing word is a mistake of ours and raises KeyError naming it; the tests keep that from happening. Nothing is
read before it is needed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("en", "zh-CN")


@cache
def catalogue(name: str) -> Mapping[str, Any]:
    """One catalogue file."""
    return tomllib.loads((files("claimdesk.workflow.texts") / f"{name}.toml").read_text("utf-8"))


def line(section: str, code: str) -> Mapping[str, Any] | None:
    """The line of a code in ``words.toml``."""
    return catalogue("words").get(section, {}).get(code)


def words(section: str, code: str, lang: str, *, default: str | None = None, part: str = "") -> str:
    """The words of a code; ``part`` names a sub-entry (``then``, ``wrong``)."""
    found = line(section, code)
    if found is not None and part:
        found = found.get(part)
    if found is None or lang not in found:
        if default is not None:
            return default
        raise KeyError(f"{section}.{code}.{part or 'text'} has no words in {lang}")
    return found[lang]
