"""A claim filed under the wrong programme is opened under the right one, in one history.

Decision: the redirect happens before anything is on file. The claim gets one id and one journal; its first entry holds
what was filed, its second says under which programme it was told, where it belongs and why; the filing date stands. So
no clock, letter or amount of the wrong programme ever exists. Looked at only when the programme that was told cannot
take the filing: what a programme can read, it decides, and denies with its own reasons. Nothing is lost: the filing as
it was told is sealed beside the entry. A claim that is open already is moved by a person (``redirect``, in ``moved``):
here stands what is then filed under the other programme.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..states.case import Case
from ..states.codes import ReasonCode
from ..states.errors import InputError
from . import registry
from .engine import Session
from .patching import merge
from .plan import Command, Programme
from .reasons import Reason
from .rulebook import book_for
from .signs import Sign

#: What filings of any programme have in common; everything else is told anew, and amounts never carry over.
_SHARED = ("order", "item", "evidence", "language", "source", "source_id")
_SHARED_PERSONAL = ("claimant", "injury", "description")


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where a filing belongs: the programme, its payload, and what the claim keeps about it."""

    programme: Programme
    payload: Mapping[str, Any]
    kept: Mapping[str, Any]


def meant(told: Programme, marketplace: str, payload: Mapping[str, Any]) -> Redirect | None:
    """Where a filing belongs that ``told`` cannot take, or None when nothing says so.

    InputError ``programme_unclear`` when a fact is missing, or when the facts are those of several programmes.
    """
    own = _sign(told, marketplace, payload)
    if own is not None and own.missing is None:
        return None
    found: dict[str, Sign] = {}
    for name in registry.names():
        sign = None if name == told.id else _sign(registry.programme(name), marketplace, payload)
        if sign is not None:
            found[name] = sign
    if not found:
        return None
    certain = {name: sign for name, sign in found.items() if sign.missing is None}
    if own is not None or len(certain) > 1:
        raise _unclear(told.id, [told.id, *found] if own is not None else list(certain), own.missing if own else None)
    if not certain:
        raise _unclear(told.id, list(found), next(iter(found.values())).missing)
    ((name, sign),) = certain.items()
    why = Reason(ReasonCode.BELONGS_ELSEWHERE, sign.rule, sign.told, True, told.id)
    return Redirect(registry.programme(name), sign.payload, {"from": told.id, "reason": why.to_entry()})


def with_opening(session: Session, command: Command) -> Command:
    """A ``redirect`` with what it opens under the other programme: what is on file here, and the facts told with it.

    InputError when those facts do not say that the claim belongs there, or are not such as that programme takes.
    """
    case = session.case(str(command.claim))
    if case is None:
        return command  # the session says that there is no such claim
    try:
        opening = _opening(session, case, command)
    except InputError:
        if "redirect" in registry.programme(case.programme).lifecycle.verbs_in(case.state):
            raise
        return command  # the session says that the claim is not moved from here, whatever the facts
    why = opening.payload["redirected"]["reason"]
    return replace(command, payload={**command.payload, "why": why}, found={"opening": opening})


def _opening(session: Session, case: Case, command: Command) -> Command:
    to = str(command.payload["to"])
    target = registry.programme(to)
    marketplace: str = command.payload.get("marketplace", case.marketplace)
    told: Mapping[str, Any] = merge(_on_file(case, session.personal(case.id)), command.told[0])
    sign = _sign(target, marketplace, told) if to != case.programme else None
    if sign is None or sign.missing is not None:
        raise InputError(
            "programme_unclear",
            "the facts told are not those of a claim of that programme",
            field="facts" if sign is None else f"facts.{sign.missing}",
            hint="tell the facts that belong there" if sign is None else f"tell facts.{sign.missing}",
        )
    why = Reason(ReasonCode.BELONGS_ELSEWHERE, sign.rule, sign.told, True, case.programme)
    book = book_for(to, marketplace)
    try:
        facts, personal = target.validate(target.opening, sign.payload, book.currency, session.settings.plain)
    except InputError as error:
        raise InputError(error.code, error.message, field=f"facts.{error.field}", hint=error.hint) from error
    facts["redirected"] = {"from": case.programme, "claim": case.id, "reason": why.to_entry()}
    if case.seller is not None:
        facts["seller"] = case.seller
    return Command(
        target.opening, facts, command.actor, command.at, personal=personal, programme=to, marketplace=marketplace
    )


def _on_file(case: Case, personal: Mapping[str, Any]) -> dict[str, Any]:
    facts = {name: case.facts[name] for name in _SHARED if name in case.facts}
    return {**facts, **{name: personal[name] for name in _SHARED_PERSONAL if name in personal}}


def as_filed(payload: Mapping[str, Any]) -> str:
    """The filing as it was told, as text: sealed, so that a fact which the right programme does not read is kept."""
    return json.dumps(payload, sort_keys=True, ensure_ascii=False, default=str)


def _sign(programme: Programme, marketplace: str, payload: Mapping[str, Any]) -> Sign | None:
    return None if programme.recognises is None else programme.recognises(payload, marketplace)


def _unclear(told: str, names: list[str], missing: str | None) -> InputError:
    places = " or ".join(names)
    hint = f"tell {missing}" if missing else "tell the facts of one of them, or file two claims"
    return InputError(
        "programme_unclear",
        f"filed as {told}, but it may belong to {places}" if names != [told] else f"this is not yet a claim of {told}",
        field=missing,
        hint=f"{hint}, or file it under the programme it belongs to",
    )
