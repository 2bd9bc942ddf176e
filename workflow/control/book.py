"""The house's own parameters: which role may do which verb, up to which amount, and what takes two people.

Written like a rulebook (dated values, source, confidence) and changed like one, but of no programme. Where a name is
not in the file, the default row of its family counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from ...states.money import parse as parse_money
from ...states.roles import Role
from ..rulebook import Book, Version, parse_book


@cache
def house_book() -> Book:
    """The file that comes with the package."""
    return parse_book((files(__package__ or "") / "house.toml").read_text("utf-8"), "house.toml")


class House:
    """The parameters in force on a day, with a desk's overrides."""

    def __init__(self, version: Version) -> None:
        self.version = version

    @classmethod
    def at(cls, day: date, overrides: Mapping[str, Any]) -> House:
        """The parameters in force on ``day``."""
        return cls(house_book().at(day).override(overrides))

    def _roles(self, family: str, name: str) -> frozenset[Role]:
        found = f"{family}.{name}" if self.version.has(f"{family}.{name}") else f"{family}.default"
        return frozenset(Role(word) for word in self.version.names(found))

    def may_do(self, verb: str) -> frozenset[Role]:
        """Whoever holds one of these roles may do the verb."""
        return self._roles("verb", verb)

    def verbs(self) -> dict[str, frozenset[Role]]:
        """Every verb that is named, with its roles."""
        names = [n.removeprefix("verb.") for n in self.version.values if n.startswith("verb.")]
        return {name: self.may_do(name) for name in sorted(names) if name != "default"}

    def may_approve(self, verb: str) -> frozenset[Role]:
        """Whoever holds one of these roles may be the second person of the verb."""
        return self._roles("approve", verb)

    def may_break_glass(self) -> frozenset[Role]:
        """Whoever holds one of these roles may act in an emergency."""
        return self._roles("glass", "roles")

    def may_review(self) -> frozenset[Role]:
        """Whoever holds one of these roles may review what was done in an emergency."""
        return self._roles("glass", "reviewers")

    def authority(self, role: Role, currency: str) -> int | None:
        """Below this amount (minor units) the role decides alone; None: at any amount."""
        name = f"authority.{role}"
        if not self.version.has(name):
            return None
        limits = [parse_money(text, name) for text in self.version.names(name)]
        return next((minor for minor, of in limits if of == currency), 0)

    def second_types(self, programme: str) -> tuple[str, ...]:
        """Types of entries that give money away, in a programme; none where the file does not know it."""
        name = f"second.{programme}"
        return self.version.names(name) if self.version.has(name) else ()

    def conflicts(self) -> tuple[tuple[Role, Role], ...]:
        """Pairs of roles that one actor should not hold together."""
        found: list[tuple[Role, Role]] = []
        for name in self.version.values:
            if name.startswith("conflict."):
                found += [(Role(name.removeprefix("conflict.")), Role(r)) for r in self.version.names(name)]
        return tuple(sorted(found))
