"""Reads the catalogues once and looks words up in them.

A programme may keep words of its own beside its rules (``programmes/NAME/texts/*.toml``, the same files with the same
sections); they are added to the shared ones, and neither may say again what the other says. A missing word is a
mistake of ours and raises KeyError naming it; the tests keep that from happening. Nothing is read before it is needed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from .. import places

LANGUAGES = ("en", "zh-CN")


@places.kept
def catalogue(name: str) -> Mapping[str, Any]:
    """One catalogue: the shared file and what the programmes add to it."""
    found = tomllib.loads((files("claimdesk.workflow.texts") / f"{name}.toml").read_text("utf-8"))
    for programme, folder in places.folders():
        own = folder / "texts" / f"{name}.toml"
        if own.is_file():
            _add(found, tomllib.loads(own.read_text("utf-8")), f"{programme}: {name}")
    return found


def _add(found: dict[str, Any], more: Mapping[str, Any], where: str) -> None:
    for key, value in more.items():
        known = found.get(key)
        if isinstance(known, dict) and isinstance(value, dict):
            _add(known, value, f"{where}.{key}")  # pyright: ignore[reportUnknownArgumentType]
        elif isinstance(known, list) and isinstance(value, list):
            known.extend(value)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        elif known is None:
            found[key] = value
        elif known != value:
            raise KeyError(f"{where}.{key} says otherwise what is said already")


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
