"""What callers say beside the facts of a claim, checked: who the seller is, an actor, a key, a reason.

Callers are outside: nothing here trusts a type, and no value is repeated in an error.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import orjson

from ..states.case import Case
from ..states.errors import InputError
from . import registry
from .plan import Programme
from .rulebook import Book, book_for, home_book

_keyed = json.JSONEncoder(sort_keys=True, default=str).encode


def told_key(marketplace: str, seller: Mapping[str, Any]) -> bytes | str:
    """What a desk knows an inline seller by."""
    try:
        return bytes(memoryview(orjson.dumps([marketplace, seller], option=orjson.OPT_SORT_KEYS)))  # without spare room
    except TypeError:
        return _keyed([marketplace, seller])


def seller_id_of(seller: Mapping[str, Any] | str | None) -> str | None:
    """The id of a seller told as an id or as a mapping; None where none is told."""
    if seller is None:
        return None
    if not isinstance(seller, str | Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers are outside
        raise InputError("not_an_object", "a seller is an id or a mapping", field="seller", hint="seller: {id: ...}")
    found: Any = seller if isinstance(seller, str) else seller.get("id")
    # The one space that counts as printable is the plain one.
    if not isinstance(found, str) or not found or len(found) > 60 or not found.isprintable() or " " in found:
        raise InputError("not_an_identifier", "a seller's id is 1 to 60 visible characters", field="seller.id")
    return found


def whose_seller(case: Case, payload: Mapping[str, Any]) -> tuple[Mapping[str, Any], Any]:
    """What ``amend`` says apart from the seller, and the seller it names (None: none); a seller's claim has one."""
    whose = payload.get("seller")
    order: Any = payload.get("order")
    sold_by: Any = order.get("sold_by") if isinstance(order, Mapping) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if (whose is None and "seller" in payload) or (sold_by == "seller" and whose is None and case.seller is None):
        raise InputError(
            "missing_field", "a required field is missing", field="seller", hint="give the seller: an id, or {id: ...}"
        )
    seller_id_of(whose)
    return {k: v for k, v in payload.items() if k != "seller"}, whose


def known_names(told: Mapping[str, object], known: type[Any]) -> None:
    """InputError for a name that a typed dictionary does not have: a misspelt one would be read by nobody."""
    for name in told:
        if name not in known.__annotations__:
            names = sorted(known.__annotations__)
            close = get_close_matches(name, names, 1)
            hint = f"did you mean {close[0]}?" if close else "one of: " + ", ".join(names)
            raise InputError("unknown_field", f"{name} is not known here", field=name, hint=hint)


def must_have(programme: Programme, verb: str) -> None:
    """InputError for a verb that the programme does not know."""
    if verb not in programme.lifecycle.verbs:
        raise InputError(
            "unknown_verb",
            "this programme has no such verb",
            field="verb",
            hint="verbs: " + ", ".join(programme.lifecycle.verbs),
        )


def sellers_book(elected: Any, marketplace: str) -> Book:
    """The rulebook of a seller's file: of the country elected, else of the marketplace."""
    return book_for(registry.SELLER_FILE, str(elected)) if elected else home_book(registry.SELLER_FILE, marketplace)


def visible(value: object, field: str) -> str:
    """The name of an actor or of a key: 1 to 255 visible characters, so that it reads the same in every store."""
    if isinstance(value, str) and 0 < len(value) <= 255 and value == value.strip() and value.isprintable():
        return value
    raise InputError("not_an_identifier", "1 to 255 visible characters without space around them", field=field)


def reason_of(told: str | None, payload: Mapping[str, Any]) -> str:
    """The reason of a write: given beside the payload, or in it."""
    found: Any = told if told is not None else payload.get("reason") or ""
    if not isinstance(found, str) or len(found) > 5000:
        raise InputError("not_text", "a reason is text of at most 5000 characters", field="reason")
    return found


def new_certificates(known: Case, given: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a certificate is told that is not on the file as it was told before."""
    held = [
        {k: v for k, v in c.items() if k not in ("accepted", "rejected_for", "unknown", "submitted_on", "ended_on")}
        for c in known.facts.get("certificates", ())
    ]
    return any({k: v for k, v in c.items() if k != "submitted_on"} not in held for c in given)
