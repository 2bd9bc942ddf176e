"""A claim filed under the wrong programme is opened under the right one, in one history.

Decision: the redirect happens before anything is on file. The claim gets one id and one journal; its first entry holds
what was filed, its second says under which programme it was told, where it belongs and why; the filing date stands. So
no clock, letter or amount of the wrong programme ever exists. Looked at only when the programme that was told cannot
take the filing: what a programme can read, it decides, and denies with its own reasons. Nothing is lost: the filing as
it was told is sealed beside the entry. Left out: moving a claim that is open, which a person does by ending it there
and filing it anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..states.codes import ReasonCode
from ..states.errors import InputError
from . import registry
from .plan import Programme
from .reasons import Reason
from .signs import Sign


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
