"""The payloads of the ``fba`` verbs, as the contract's section 3 names them.

``validate`` gives (canonical facts, personal values). Free text is personal and sealed by the desk. What a filing
leaves out is unknown and asked about; in a scenario it takes the plain case: one registered, compliant unit without
fees, a normal account (contract section 8). Amounts are per unit, in minor units of the claim's currency. No price is
ever made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from ....states.errors import InputError
from ...shapes import GENERIC, UNKNOWN, Evidence, SourceFields, listed, told, without_reason
from ...validation import STRICT, DateText, Fact, Identifier, LongText, MoneyValue, Text, check, minor_of

UNITS_MAX = 1_000_000
Amount = MoneyValue | Literal["unknown"] | None
Units = Annotated[int, Field(ge=1, le=UNITS_MAX)]
Type = Literal["shipment", "fulfilment_centre", "customer_return", "removal_lost", "removal_other"]

#: Conditions and what the plain case makes of each.
_PLAIN: Mapping[str, Any] = {
    "type": "shipment",
    "units": 1,
    "account_status": "normal",
    "already_reimbursed": False,
    "lost_before_customer_order": False,
    "sellable_when_removed": True,
}
_PLAIN_ITEM: Mapping[str, Any] = {
    "registered": True,
    "compliant": True,
    "quantities_match_plan": True,
    "disposal": "none",
    "defective": False,
    "customer_damaged": False,
}
_PLAIN_FEES = ("referral_fee", "fulfilment_fee", "applicable_fees")


class Item(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    fnsku: NotRequired[Identifier]
    asin: NotRequired[Identifier]
    title: NotRequired[Text]
    registered: NotRequired[Fact]
    compliant: NotRequired[Fact]
    quantities_match_plan: NotRequired[Fact]
    disposal: NotRequired[Literal["none", "pending", "done", "unknown"] | None]
    defective: NotRequired[Fact]
    customer_damaged: NotRequired[Fact]


class Valuation(TypedDict):
    """What a unit may be valued by; every amount is of one unit."""

    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    own_price: NotRequired[Amount]
    own_average_90d: NotRequired[Amount]
    others_price: NotRequired[Amount]
    others_average_365d: NotRequired[Amount]
    comparable_price: NotRequired[Amount]
    sourcing_cost: NotRequired[Amount]
    amazon_estimate: NotRequired[Amount]
    referral_fee: NotRequired[Amount]
    fulfilment_fee: NotRequired[Amount]
    discounted_sale_price: NotRequired[Amount]
    refund: NotRequired[Amount]
    replacement_price: NotRequired[Amount]
    applicable_fees: NotRequired[Amount]


class Order(TypedDict):
    """The shipment, removal or customer order the units belong to."""

    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    id: NotRequired[Identifier]


class FileFacts(TypedDict):
    """What ``file``, ``amend`` and ``provide_information`` take."""

    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    type: NotRequired[Type]
    event_on: NotRequired[DateText | Literal["unknown"] | None]
    lost_before_customer_order: NotRequired[Fact]
    units: NotRequired[Units]
    item: NotRequired[Item]
    account_status: NotRequired[Identifier | None]
    valuation: NotRequired[Valuation]
    sellable_when_removed: NotRequired[Fact]
    already_reimbursed: NotRequired[Fact]
    order: NotRequired[Order]
    source: NotRequired[Identifier]
    source_id: NotRequired[Identifier]
    source_fields: NotRequired[SourceFields]
    evidence: NotRequired[list[Evidence | Identifier]]
    description: NotRequired[LongText]


class Decide(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    decision: Literal["reimburse", "replace", "deny"]


class Contest(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    grounds: NotRequired[LongText]
    valuation: NotRequired[Valuation]
    evidence: NotRequired[list[Evidence | Identifier]]


class DecideContest(TypedDict):
    """``valuation``: what the seller showed, by its names; or one amount, the value of a unit as the person set it."""

    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    decision: Literal["upheld", "denied"]
    valuation: NotRequired[Valuation | MoneyValue]


class Found(TypedDict):
    """``units`` left out: all of them."""

    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    units: NotRequired[Units]
    on: NotRequired[DateText]


class Request(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    items: NotRequired[list[Text]]


#: The shape of each verb's payload.
SHAPES: Mapping[str, Any] = {
    "file": FileFacts,
    "amend": FileFacts,
    "provide_information": FileFacts,
    "request_information": Request,
    "decide": Decide,
    "contest_valuation": Contest,
    "decide_contest": DecideContest,
    "record_found": Found,
    **GENERIC,
}

_PERSONAL = ("grounds", "text", "description", "items", "source_fields")


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
    given = without_reason(verb, dict(payload))
    if verb == "decide_contest":
        given = _one_amount(given)
    found = check(adapter_of(verb), given)
    personal = {k: found.pop(k) for k in _PERSONAL if k in found}
    if SHAPES[verb] is FileFacts:
        for name, value in found.items():
            found[name] = told(value)
        found["item"] = {k: told(v) for k, v in found["item"].items()} if "item" in found else {}
    if "valuation" in found:
        found["valuation"] = _amounts(found["valuation"], currency)
    if "evidence" in found:
        found["evidence"] = listed(found["evidence"])
    if verb == "file":
        _complete(found, plain)
    elif not found.get("item", True):
        del found["item"]
    return found, personal


def _one_amount(given: dict[str, Any]) -> dict[str, Any]:
    """A bare amount in the place of a valuation is the value of a unit."""
    value = given.get("valuation")
    if isinstance(value, Mapping) and not {"amount", "currency"} & set(value):  # pyright: ignore[reportUnknownArgumentType]
        return {**given, "valuation": dict(value)}  # pyright: ignore[reportUnknownArgumentType]
    return given


def _amounts(valuation: Mapping[str, Any], currency: str) -> Any:
    if set(valuation) == {"minor", "currency"}:
        return {"set_by_person": minor_of(valuation, currency, "valuation")}
    return {
        name: minor_of(value, currency, f"valuation.{name}") if isinstance(value, dict) else UNKNOWN  # pyright: ignore[reportUnknownArgumentType]
        for name, value in valuation.items()
    }


def _complete(found: dict[str, Any], plain: bool) -> None:
    item = found.setdefault("item", {})
    valuation = found.setdefault("valuation", {})
    if plain:
        if "sourcing_cost" in valuation or "amazon_estimate" in valuation:  # told of units nobody had ordered
            found.setdefault("lost_before_customer_order", True)
        for name, usual in _PLAIN.items():
            found.setdefault(name, usual)
        for name, usual in _PLAIN_ITEM.items():
            item.setdefault(name, usual)
        for name in _PLAIN_FEES:
            valuation.setdefault(name, 0)
        return
    for name in ("type", "units"):
        if name not in found:
            raise InputError("missing_field", "a required field is missing", field=name, hint="add it")
    for name in (*_PLAIN, "event_on"):
        found.setdefault(name, UNKNOWN)
    for name in _PLAIN_ITEM:
        item.setdefault(name, UNKNOWN)
