"""What the access journal comes to: who holds what, what is switched on, which changes of the rulebook are approved.

The journal is a chain of exact bytes like a claim's: each entry names the hash of the one before, so that a grant
cannot be slipped in, changed or taken out afterwards. Steps of claims that a second person approved, or that were done
in an emergency, name its head; they stand in the transparency log, which fixes the access journal from outside.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from ...states.journal import canonical, leaf_hash
from ...states.roles import Control, ControlKind, Role
from ...states.times import local_day, parse_instant
from ..ports import ControlRow

_COLUMNS = ("seq", "at", "actor", "kind", "subject", "role", "currency", "amount", "effective_at", "evidence")


@dataclass(frozen=True, slots=True)
class Grant:
    """A role an actor holds or held."""

    actor: str
    role: Role
    at: str
    by: str
    reason: str
    seq: int
    revoked_at: str | None = None
    revoked_by: str | None = None
    revoked_for: str = ""

    @property
    def stands(self) -> bool:
        """Whether it is held now."""
        return self.revoked_at is None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        found: dict[str, Any] = {"actor": self.actor, "role": self.role.value, "at": self.at, "by": self.by}
        found |= {"reason": self.reason, "stands": self.stands, "revoked_at": self.revoked_at}
        return found | {"revoked_by": self.revoked_by, "revoked_for": self.revoked_for}


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the rulebook: its digest, the values, who proposed and approved it, its test run."""

    digest: str
    values: Mapping[str, Any]
    author: str
    proposed_at: str
    effective_at: str
    test_run: str
    reason: str
    approver: str | None = None
    approved_at: str | None = None

    def status(self, now: str) -> str:
        """waiting, lapsed (not approved in time), approved, or effective."""
        if self.approved_at is None:
            return "waiting" if now <= self.effective_at else "lapsed"
        return "effective" if now >= self.effective_at else "approved"

    def to_dict(self, now: str) -> dict[str, Any]:
        """JSON-ready values."""
        return {
            "change": self.digest,
            "status": self.status(now),
            "values": dict(self.values),
            "author": self.author,
            "proposed_at": self.proposed_at,
            "approver": self.approver,
            "approved_at": self.approved_at,
            "effective_at": self.effective_at,
            "test_run": self.test_run,
            "reason": self.reason,
        }


@dataclass(slots=True)
class AccessState:
    """The fold of the access journal."""

    seq: int = 0
    head: str | None = None
    on: dict[Control, str] = field(default_factory=lambda: {})
    grants: list[Grant] = field(default_factory=lambda: [])
    bands: dict[tuple[str, str, str], int] = field(default_factory=lambda: {})
    changes: dict[str, Change] = field(default_factory=lambda: {})

    @property
    def roles_on(self) -> bool:
        """Whether actors need roles."""
        return Control.ROLES in self.on

    @property
    def rulebooks_on(self) -> bool:
        """Whether overrides of the rulebook need approval."""
        return Control.RULEBOOKS in self.on

    def roles_of(self, actor: str) -> frozenset[Role]:
        """The roles an actor holds."""
        return frozenset(g.role for g in self.grants if g.actor == actor and g.stands)

    def holders(self, roles: frozenset[Role] | set[Role]) -> list[str]:
        """The actors who hold one of the roles."""
        return sorted({g.actor for g in self.grants if g.stands and g.role in roles})

    def in_force(self, now: str) -> Change | None:
        """The change of the rulebook that took effect last."""
        effective = [c for c in self.changes.values() if c.status(now) == "effective"]
        return max(effective, key=lambda c: (c.effective_at, c.approved_at or ""), default=None)

    def take(self, rows: Sequence[ControlRow]) -> None:
        """Takes further entries of the journal in."""
        for row in rows:
            self._take(row, json.loads(row.data))
            self.seq, self.head = row.seq, row.leaf.hex()

    def _take(self, row: ControlRow, body: Mapping[str, Any]) -> None:
        why = str(body.get("reason", ""))
        match row.kind:
            case ControlKind.GRANT:
                if Role(str(row.role)) not in self.roles_of(row.subject):
                    self.grants.append(Grant(row.subject, Role(str(row.role)), row.at, row.actor, why, row.seq))
            case ControlKind.REVOKE:
                for i, g in enumerate(self.grants):
                    if g.stands and (g.actor, g.role.value) == (row.subject, row.role):
                        self.grants[i] = replace(g, revoked_at=row.at, revoked_by=row.actor, revoked_for=why)
            case ControlKind.ON:
                self.on.setdefault(Control(row.subject), row.at)
            case ControlKind.BAND:
                self.bands[row.subject, str(row.role), str(row.currency)] = row.amount or 0
            case ControlKind.RULEBOOK_PROPOSED:
                self.changes[row.subject] = Change(
                    row.subject, body["values"], row.actor, row.at, str(row.effective_at), str(row.evidence), why
                )
            case ControlKind.RULEBOOK_APPROVED:
                known = self.changes.get(row.subject)
                if known is not None:
                    self.changes[row.subject] = replace(known, approver=row.actor, approved_at=row.at)
            case _:
                pass


def review_day(at: str) -> str:
    """The day by which an emergency is to be reviewed: the next one that is no Saturday or Sunday."""
    day = local_day(parse_instant(at), "UTC") + timedelta(days=1)
    while day.weekday() > 4:
        day += timedelta(days=1)
    return day.isoformat()


def entry(
    log: str, state: AccessState, at: str, actor: str, kind: ControlKind, subject: str, *,
    role: str | None = None, currency: str | None = None, amount: int | None = None, effective_at: str | None = None,
    evidence: str | None = None, reason: str = "", **more: Any,
) -> ControlRow:  # fmt: skip
    """The next entry of the journal, chained to the state's head."""
    columns = (state.seq + 1, at, actor, kind.value, subject, role, currency, amount, effective_at, evidence)
    body = {name: value for name, value in zip(_COLUMNS, columns, strict=True) if value is not None}
    body |= {"v": 1, "log": log, "prev": state.head, **more}
    if reason:
        body["reason"] = reason
    data = canonical(body)
    return ControlRow(*columns, data, leaf_hash(data))


def faults(rows: Sequence[ControlRow], log: str) -> list[str]:
    """Where the journal is not the chain it must be; empty when it is whole."""
    found: list[str] = []
    head: str | None = None
    for place, row in enumerate(rows, 1):
        body: dict[str, Any] = {}
        with suppress(ValueError):
            body = json.loads(row.data)
        told = tuple(body.get(name) for name in _COLUMNS)
        if row.seq != place or told != tuple(row[: len(_COLUMNS)]):
            found.append(f"entry {place}: its columns are not what its bytes say")
        elif leaf_hash(row.data) != row.leaf:
            found.append(f"entry {place}: its hash is not that of its bytes")
        elif body.get("prev") != head or body.get("log") != log:
            found.append(f"entry {place}: it does not follow the entry before")
        head = row.leaf.hex()
    return found
