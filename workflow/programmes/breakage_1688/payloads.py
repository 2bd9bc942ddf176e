"""The payloads of the ``breakage_1688`` verbs, as the contract's section 3 names them.

``validate`` gives (canonical facts, personal values). The buyer and free text are personal: the desk seals them. What
a filing leaves out is unknown, and a person decides; in a scenario it takes the plain case: ordered on the day of
receipt, enrolled, kitchenware that arrived cracked, valid evidence (contract section 8). No amount is ever made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, NotRequired

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from ....states.errors import InputError
from ...shapes import GENERIC, UNKNOWN, Evidence, Nothing, SourceFields, listed, told, without_reason
from ...validation import STRICT, DateText, Fact, Identifier, LongText, MoneyValue, Text, check, minor_of

_PLAIN: Mapping[str, Any] = {"enrolled": True, "category": "kitchenware", "evidence_valid": True}


class SubOrder(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    id: NotRequired[Identifier]
    amount: NotRequired[MoneyValue | Literal["unknown"] | None]
    damage: NotRequired[Literal["crack", "water_stain", "tear", "other_physical", "none", "unknown"] | None]


class Order(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    id: NotRequired[Identifier]


class Claimant(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    ref: NotRequired[Text]
    name: NotRequired[Text]
    contact: NotRequired[Text]
    sanctions: NotRequired[Literal["clear", "possible", "match", "unknown"] | None]


class FileFacts(TypedDict):
    """What ``file`` and ``amend`` take."""

    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    ordered_on: NotRequired[DateText | Literal["unknown"] | None]
    received_on: NotRequired[DateText | Literal["unknown"] | None]
    enrolled: NotRequired[Fact]
    category: NotRequired[Identifier | None]
    sub_orders: NotRequired[list[SubOrder]]
    evidence_valid: NotRequired[Fact]
    order: NotRequired[Order]
    claimant: NotRequired[Claimant]
    source: NotRequired[Identifier]
    source_id: NotRequired[Identifier]
    source_fields: NotRequired[SourceFields]
    evidence: NotRequired[list[Evidence | Identifier]]
    description: NotRequired[LongText]
    language: NotRequired[Literal["en", "zh-CN"]]


class Decide(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    decision: Literal["grant", "deny"]


Recovery = TypedDict(
    "Recovery", {"amount": MoneyValue, "from": NotRequired[Literal["seller"]], "ref": NotRequired[Identifier]}
)
Recovery.__pydantic_config__ = STRICT  # pyright: ignore[reportAttributeAccessIssue]

#: The shape of each verb's payload.
SHAPES: Mapping[str, Any] = {
    "file": FileFacts,
    "amend": FileFacts,
    "decide": Decide,
    "record_recovery": Recovery,
    "write_off": Nothing,
    **GENERIC,
}

_PERSONAL = ("claimant", "text", "description", "source_fields")


@cache
def adapter_of(verb: str) -> TypeAdapter[Any]:
    """The checker of one verb's payload (built on first use: it is slow to make and fast to run)."""
    return TypeAdapter(SHAPES[verb])


def validate(
    verb: str, payload: Mapping[str, Any], currency: str, plain: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(canonical payload, personal values) of a verb; money becomes minor units of ``currency``."""
    if verb not in SHAPES:
        raise InputError("unknown_verb", "this programme has no such verb", hint=", ".join(SHAPES))
    found = check(adapter_of(verb), without_reason(verb, dict(payload)))
    personal = {k: found.pop(k) for k in _PERSONAL if k in found}
    if SHAPES[verb] is FileFacts:
        for name, value in found.items():
            found[name] = told(value)
    if "sub_orders" in found:
        found["sub_orders"] = _sub_orders(found["sub_orders"], currency, plain)
    if "amount" in found:
        found["amount"] = minor_of(found["amount"], currency, "amount")
        if found["amount"] == 0:
            raise InputError("zero_amount", "nothing came back", field="amount", hint="record what was received")
    if "evidence" in found:
        found["evidence"] = listed(found["evidence"])
    if verb == "file":
        if plain:
            for name, usual in _PLAIN.items():
                found.setdefault(name, usual)
            found.setdefault("ordered_on", found.get("received_on", UNKNOWN))
        for name in (*_PLAIN, "ordered_on", "received_on"):
            found.setdefault(name, UNKNOWN)
    return found, personal


def _sub_orders(given: list[dict[str, Any]], currency: str, plain: bool) -> list[dict[str, Any]]:
    if not given:
        raise InputError(
            "missing_field",
            "at least one sub-order is needed",
            field="sub_orders",
            hint="leave it out if not known yet",
        )
    ids = [part["id"] for part in given if "id" in part]
    if len(set(ids)) != len(ids):
        raise InputError("twice", "a sub-order is named twice", field="sub_orders", hint="each sub-order once")
    return [
        {
            **({"id": part["id"]} if "id" in part else {}),
            "amount": UNKNOWN if amount in (None, UNKNOWN) else minor_of(amount, currency, f"sub_orders.{i}.amount"),
            "damage": told(part.get("damage", "crack" if plain else UNKNOWN)),
        }
        for i, part in enumerate(given)
        for amount in (part.get("amount"),)
    ]
