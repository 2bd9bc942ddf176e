"""What the seller's compliance file says about insurance, for the programmes that read it.

The file is a case of its own (the seller's insurance duty and certificates); a claim reads it as facts known at
decision time. Reading R6 decides which certificate counts for a claim; the tests of a certificate are not here.
Keys read: ``certificates`` (each with ``accepted``, ``starts_on``, ``ends_on``, ``ended_on``, ``submitted_on``,
``basis``),
``insurance_required`` (told), ``required`` (computed duty), ``requests`` (dates), ``in_good_standing``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from ..states.case import Case


def accepted(seller: Case | None, today: date) -> Iterator[dict[str, Any]]:
    """The accepted certificates submitted by ``today``: what a backlog knows by now was not known then."""
    if seller is None:
        return iter(())
    known, day = seller.facts.get("certificates", ()), today.isoformat()
    return iter([c for c in known if c.get("accepted") is True and c["submitted_on"] <= day])


def runs_to(certificate: Mapping[str, Any]) -> str:
    """The last day of the cover as ISO text: as written, or the earlier one on which the insurer ended it."""
    ended: str = certificate.get("ended_on") or certificate["ends_on"]
    return min(ended, certificate["ends_on"])


def in_force(certificate: dict[str, Any], day: date) -> bool:
    """Whether the cover runs on ``day``; both ends count (R6)."""
    return certificate["starts_on"] <= day.isoformat() <= runs_to(certificate)


def on_file(seller: Case | None, day: date) -> dict[str, Any] | None:
    """An accepted certificate submitted by ``day`` whose cover runs on ``day``, or None."""
    return next((c for c in accepted(seller, day) if in_force(c, day)), None)


def given_between(seller: Case | None, after: date, until: date | None, today: date) -> dict[str, Any] | None:
    """An accepted certificate given after ``after`` and by ``until`` (None: no end yet), in force when given."""
    for found in accepted(seller, today):
        submitted = found["submitted_on"]
        in_window = submitted > after.isoformat() and (until is None or submitted <= until.isoformat())
        if in_window and in_force(found, date.fromisoformat(submitted)):
            return found
    return None


def covering(seller: Case | None, day: date, today: date) -> dict[str, Any] | None:
    """An accepted certificate whose cover ran on ``day``, submitted on whatever day until ``today``."""
    return next((c for c in accepted(seller, today) if in_force(c, day)), None)


def ended_occurrence_cover(seller: Case | None, incident: date, today: date) -> dict[str, Any] | None:
    """An accepted occurrence certificate that has ended since but covered the incident day."""
    for found in accepted(seller, today):
        if found.get("basis") == "occurrence" and in_force(found, incident) and runs_to(found) < today.isoformat():
            return found
    return None


def required(seller: Case | None) -> bool | None:
    """Whether the seller must hold insurance or was asked to: told, computed from proceeds, or requested."""
    if seller is None:
        return None
    facts = seller.facts
    if facts.get("requests") or facts.get("required") is True:
        return True
    told = facts.get("insurance_required")
    if isinstance(told, bool):
        return told
    return None if told == "unknown" else facts.get("required")


def good_standing(seller: Case | None) -> bool | None:
    """Whether the seller keeps the selling rules; not told is the plain case, an explicit unknown stays unknown."""
    told: Any = True if seller is None else seller.facts.get("in_good_standing", True)
    return told if isinstance(told, bool) else None
