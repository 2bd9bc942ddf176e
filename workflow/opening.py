"""What a desk is opened with, checked before anything counts; and the journal its store belongs to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..states.errors import ConfigError
from . import calendars
from .digests import KEYED, KIND
from .ports import Store
from .texts.load import LANGUAGES

_PARTIES = ("customer", "seller", "insurer")


def origin_of(store: Store, bits: Callable[[int], int]) -> tuple[str, str | None]:
    """(whose journal this is, how its store digests); a new store is given a name, once."""
    with store.read() as unit:
        known, kind = unit.meta("origin"), unit.meta(KIND)
    if known is None:
        with store.write() as unit:
            unit.lock(["origin"])  # two desks that open a new store at once: the first one names the journal
            known, kind = unit.meta("origin"), unit.meta(KIND)
            if known is None:
                known, kind = f"claimdesk.local/{bits(64):016x}", KEYED
                unit.set_meta("origin", known)
                unit.set_meta(KIND, kind)
    return known, kind


def configured(overrides: Mapping[str, Any] | None) -> dict[str, Any]:
    """Parameters a deployment or a scenario overrides; a calendar nobody knows is refused before anything counts."""
    if overrides is None:
        return {}
    if not isinstance(overrides, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers are outside
        raise ConfigError("bad_setting", "a mapping of parameters to values is expected", field="rulebook_overrides")
    calendars.checked(overrides.get("calendar.holidays"))
    return dict(overrides)


def spoken_by_party(language: Mapping[str, str] | None) -> Mapping[str, str]:
    """The languages of letters, by party; one without words would first be missed when a letter is due."""
    if language is None:
        return {}
    if not isinstance(language, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers are outside
        raise ConfigError("bad_setting", "a mapping of parties to languages is expected", field="language")
    for party, spoken in language.items():
        if party not in _PARTIES:
            raise ConfigError(
                "not_a_choice",
                "no letter goes to this party",
                field=f"language.{party}",
                hint=f"one of: {', '.join(_PARTIES)}",
            )
        if spoken not in LANGUAGES:
            raise ConfigError(
                "not_a_choice",
                "there are no words in this language",
                field=f"language.{party}",
                hint=f"one of: {', '.join(LANGUAGES)}",
            )
    return language
