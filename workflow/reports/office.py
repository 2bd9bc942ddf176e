"""Who may do what, as the reports see it: the access journal up to an instant, and what it comes to.

Decision: instants of grants and acts are compared, not places, because a claim's entry names no place in the access
journal unless a second person comes in; within one instant the reader is given the benefit of the doubt.
Left out: what a role may do, which is the house's parameters.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ...states.roles import Control, Role
from ..control.state import AccessState, Grant
from ..ports import ControlRow


class Told(NamedTuple):
    """An entry of the access journal with the reason that was given for it."""

    row: ControlRow
    reason: str


@dataclass(frozen=True, slots=True)
class Office:
    """The access journal as it stood."""

    access: AccessState = field(default_factory=AccessState)
    journal: tuple[Told, ...] = ()
    apart: frozenset[frozenset[Role]] = frozenset()  #: pairs of roles that one actor should not hold

    @classmethod
    def of(cls, rows: Sequence[ControlRow], apart: Iterable[tuple[Role, Role]], at: str | None = None) -> Office:
        """The journal, or the part of it until an instant (UTC text)."""
        kept = [row for row in rows if at is None or row.at <= at]
        state = AccessState()
        state.take(kept)
        told = tuple(Told(row, str(json.loads(row.data).get("reason", ""))) for row in kept)
        return cls(state, told, frozenset(frozenset(pair) for pair in apart))

    @property
    def roles_since(self) -> str | None:
        """Since when actors need roles; None while they do not."""
        return self.access.on.get(Control.ROLES)

    @property
    def rulebooks_since(self) -> str | None:
        """Since when overrides of the rulebook need approval; None while they do not."""
        return self.access.on.get(Control.RULEBOOKS)

    def roles_at(self, actor: str, at: str) -> frozenset[Role]:
        """The roles an actor held at an instant."""
        return frozenset(
            g.role
            for g in self.access.grants
            if g.actor == actor and g.at <= at and (g.revoked_at is None or at <= g.revoked_at)
        )

    def conflicts_of(self, grant: Grant) -> tuple[list[Role], bool]:
        """(roles of the same actor that stand and should not stand beside this one, whether each was explained).

        Whoever gave the later of the two has to say why.
        """
        if not grant.stands:
            return [], True
        mine = [g for g in self.access.grants if g.actor == grant.actor and g.stands]
        against = [g for g in mine if frozenset((g.role, grant.role)) in self.apart and g.role is not grant.role]
        explained = all(max(g, grant, key=lambda one: one.seq).reason for g in against)
        return sorted(g.role for g in against), explained
