"""Who may do what and who did, what changed in that, and who looked at personal data and why.

Authority: trust notes 5.4 and 6 (11 and 12). Decision: the register lists every grant there ever was, and beside it
whoever acted without one, so that it serves as the sheet of a quarterly review; while roles are off nobody needs one,
and the column says so. What an entry of the access journal says beyond its columns (the values of a change) stands in
the report of rule changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ..control.state import Grant
from .shape import Asked, Dated, Kind, Record, Report, Row, columns, part, per_case

#: Whoever acts under these names needs no grant: the rules themselves.
_RULES = "rules"


@dataclass(slots=True)
class _Acts:
    """What an actor did in the period."""

    entries: int = 0
    last: str = ""
    without: int = 0  #: of them, when roles were on and the actor held none


class _Access:
    """One row for each grant, and for each actor who acted without any."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.acts: dict[str, _Acts] = {}

    def of(self, record: Record) -> Iterable[Dated]:
        """Counts who acted; no row of its own."""
        for entry in record.entries:
            if self.asked.dated(entry["at"], record.case.zone):
                self._count(entry["actor"]["id"], entry.get("recorded", entry["at"]))
        return ()

    def _count(self, actor: str, at: str) -> None:
        acts = self.acts.setdefault(actor, _Acts())
        acts.entries += 1
        acts.last = max(acts.last, at)
        since = self.asked.office.roles_since
        if since is not None and at > since and actor != _RULES and not self.asked.office.roles_at(actor, at):
            acts.without += 1

    def end(self) -> Iterator[Row]:
        """The register."""
        office = self.asked.office
        for grant in office.access.grants:
            yield self._grant(grant)
        known = {grant.actor for grant in office.access.grants}
        for actor in sorted(self.acts.keys() - known - {_RULES}):
            yield self._row(actor)

    def _grant(self, grant: Grant) -> Row:
        office = self.asked.office
        against, explained = office.conflicts_of(grant)
        return {
            **self._row(grant.actor),
            "role": grant.role.value,
            "meaning": grant.role.meaning,
            "granted_at": grant.at,
            "granted_by": grant.by,
            "reason": grant.reason,
            "stands": grant.stands,
            "revoked_at": grant.revoked_at,
            "revoked_by": grant.revoked_by,
            "conflicts": " ".join(role.value for role in against),
            "not_explained": bool(against) and not explained,
            "self_granted": grant.actor == grant.by,
        }

    def _row(self, actor: str) -> dict[str, Any]:
        acts = self.acts.get(actor, _Acts())
        return {
            "actor": actor,
            "acts": acts.entries,
            "last_act": acts.last or None,
            "without_role": acts.without,
            "roles_on_since": self.asked.office.roles_since,
        }


ACCESS = Report(
    "access",
    11,
    "Who holds or held which role, who acted, and which roles should not be held together?",
    "the day of an act, for the counts; every grant is listed",
    columns(
        ("actor", "who"),
        ("role", "role; empty: acted without any grant"),
        ("meaning", "what the role is for"),
        ("granted_at", "since", Kind.INSTANT),
        ("granted_by", "who gave it"),
        ("reason", "why, as told then"),
        ("stands", "it is held now", Kind.FLAG),
        ("revoked_at", "until", Kind.INSTANT),
        ("revoked_by", "who took it back"),
        ("conflicts", "roles of the same actor that should not be held beside it"),
        ("not_explained", "and no reason was given", Kind.FLAG),
        ("self_granted", "given to oneself: never", Kind.FLAG),
        ("acts", "entries of this actor", Kind.COUNT),
        ("last_act", "the last of them", Kind.INSTANT),
        ("without_role", "of them, while roles were on and this actor held none: never", Kind.COUNT),
        ("roles_on_since", "roles bind since; empty: they are off", Kind.INSTANT),
    ),
    _Access,
    finds=lambda row: bool(row.get("not_explained") or row.get("self_granted") or row["without_role"]),
    finding="conflicts nobody explained, roles given to oneself, or acts without a role",
)


class _Changes:
    """One row for each entry of the access journal."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked

    def of(self, record: Record) -> Iterable[Dated]:
        """No row of its own."""
        return ()

    def end(self) -> Iterator[Row]:
        """The journal, as far as it lies in the period."""
        for entry in self.asked.office.journal:
            row = entry.row
            if self.asked.dated(row.at, "UTC"):
                yield {
                    "seq": row.seq,
                    "at": row.at,
                    "kind": row.kind,
                    "actor": row.actor,
                    "subject": row.subject,
                    "role": row.role,
                    "currency": row.currency,
                    "amount": row.amount,
                    "effective_at": row.effective_at,
                    "test_run": row.evidence,
                    "reason": entry.reason,
                    "hash": row.leaf.hex(),
                }


ROLE_CHANGES = Report(
    "role-changes",
    11,
    "What was changed in who may do what, entry by entry of the access journal?",
    "the day of the change, UTC",
    columns(
        ("seq", "place in the access journal", Kind.COUNT),
        ("at", "when", Kind.INSTANT),
        ("kind", "grant, revoke, on, band, rulebook_proposed, rulebook_approved"),
        ("actor", "who did it"),
        ("subject", "the actor, control, programme or change it is about"),
        ("role", "the role; of a band, the type of step"),
        ("currency", "currency of a band"),
        ("amount", "from this amount on the step takes two people", Kind.MONEY),
        ("effective_at", "when a change of the rulebook is to take effect", Kind.INSTANT),
        ("test_run", "digest of its test run"),
        ("reason", "why, as told then"),
        ("hash", "hash of the entry, which the next one names"),
    ),
    _Changes,
)


# -- personal data -----------------------------------------------------------------------------------------------------


def _reads(record: Record, asked: Asked) -> Iterator[Dated]:
    for entry in record.entries:
        if entry["type"] != "reveal":
            continue
        told, actor, at = part(entry, "access"), entry["actor"]["id"], entry.get("recorded", entry["at"])
        purpose, fields = told.get("purpose"), told.get("fields", ())
        held = sorted(role.value for role in asked.office.roles_at(actor, at))
        since = asked.office.roles_since
        yield (
            entry["at"],
            {
                "claim": record.case.id,
                "entry": entry["id"],
                "at": entry["at"],
                "actor": actor,
                "roles": " ".join(held),
                "purpose": purpose,
                "purpose_sealed": bool(entry.get("pii")),
                "fields": " ".join(map(str, fields)),
                "injury": any(str(name).startswith("injury") for name in fields),
                "without_purpose": not purpose,
                "without_role": since is not None and at > since and not held,
            },
        )


SENSITIVE_READS = Report(
    "sensitive-reads",
    12,
    "Who looked at personal or injury data, and for what purpose?",
    "the day of the look",
    columns(
        ("claim", "claim"),
        ("entry", "journal entry of the look"),
        ("at", "when", Kind.INSTANT),
        ("actor", "who"),
        ("roles", "roles held then"),
        ("purpose", "what for"),
        ("purpose_sealed", "the purpose was told in words, which are sealed", Kind.FLAG),
        ("fields", "which fields could be seen; their names only"),
        ("injury", "injury data was among them", Kind.FLAG),
        ("without_purpose", "no purpose was given: never", Kind.FLAG),
        ("without_role", "roles were on, and the reader held none: never", Kind.FLAG),
    ),
    per_case(_reads),
    finds=lambda row: bool(row["without_purpose"] or row["without_role"]),
    finding="looks at personal data without a purpose or a role",
)
