"""Corrections of facts: mappings merge key by key, lists and values are replaced (contract section 8, ``amend``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def merge(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """``old`` with ``new`` in it."""
    found = dict(old)
    for name, value in new.items():
        known = found.get(name)
        found[name] = merge(known, value) if isinstance(known, Mapping) and isinstance(value, Mapping) else value  # pyright: ignore[reportUnknownArgumentType]
    return found


def patch(facts: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """The facts that ``told`` changes, as they then are; whose claim it is, is not a fact of it."""
    wanted = {k: v for k, v in told.items() if k != "seller"}
    return merge({k: facts[k] for k in wanted if k in facts}, wanted)
