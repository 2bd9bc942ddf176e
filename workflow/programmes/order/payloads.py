"""The payloads of the ``order`` verbs, as the contract's section 3 names them.

``validate`` gives (canonical facts, personal values). The claimant and free text are personal: the desk seals them. In
production what a filing leaves out is unknown and asked about; in a scenario it takes the plain case, which here is a
fact left out altogether (contract section 8). Shipping left out is no shipping, an item left out is a physical one.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal, NotRequired

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from ....states.errors import InputError
from ...shapes import (
    SAYS_SOMETHING,
    UNKNOWN,
    Evidence,
    EvidencePayload,
    Hold,
    Nothing,
    Payment,
    Redact,
    Redirect,
    SourceFields,
    listed,
    without_reason,
)
from ...validation import (
    STRICT,
    DateText,
    Fact,
    Identifier,
    InstantText,
    LongText,
    MoneyValue,
    Text,
    check,
    minor_of,
)

#: Facts a decision hangs on: left out of a filing, they are unknown.
_NEEDED = (
    "ground",
    "seller_contacted_at",
    "seller_replied_at",
    "return_requested",
    "returned_with_tracking",
    "chargeback",
)
_NEEDED_OF_ORDER = ("fulfilled_by", "price", "max_estimated_delivery_on", "tracking")


class Item(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    asin: NotRequired[Identifier]
    title: NotRequired[Text]
    kind: NotRequired[Literal["physical", "digital", "service", "stored_value", "unknown"] | None]


class Label(TypedDict):
    """The shipping label as bought; ``badge`` is what it carried then."""

    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    claims_protected: NotRequired[Fact]
    badge: NotRequired[Literal["claims_protected", "late_delivery_risk", "none", "unknown"] | None]
    first_scan_on: NotRequired[DateText | Literal["never", "unknown"] | None]


class Order(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    id: NotRequired[Identifier]
    sold_by: NotRequired[Literal["seller"]]
    fulfilled_by: NotRequired[Literal["seller", "amazon", "unknown"] | None]
    item: NotRequired[Item]
    price: NotRequired[MoneyValue | Literal["unknown"] | None]
    shipping: NotRequired[MoneyValue | Literal["unknown"] | None]
    max_estimated_delivery_on: NotRequired[DateText | Literal["unknown"] | None]
    ship_by_on: NotRequired[DateText | Literal["unknown"] | None]
    cancelled_by: NotRequired[Literal["seller", "amazon", "customer", "none", "unknown"] | None]
    label: NotRequired[Label | None]
    tracking: NotRequired[Literal["none", "delivered", "undeliverable", "refused", "unknown"] | None]


class Claimant(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    ref: NotRequired[Text]
    name: NotRequired[Text]
    contact: NotRequired[Text]
    age: NotRequired[int | Literal["unknown"] | None]
    sanctions: NotRequired[Literal["clear", "possible", "match", "unknown"] | None]


class FileFacts(TypedDict):
    """What ``file``, ``amend`` and ``provide_information`` take."""

    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    order: NotRequired[Order]
    ground: NotRequired[Literal["not_received", "not_as_described", "return_not_refunded", "unknown"] | None]
    delivered_scan_on: NotRequired[DateText | Literal["unknown"] | None]
    seller_contacted_at: NotRequired[InstantText | Literal["never", "unknown"] | None]
    seller_replied_at: NotRequired[InstantText | Literal["never", "unknown"] | None]
    return_requested: NotRequired[Fact]
    returned_with_tracking: NotRequired[Fact]
    chargeback: NotRequired[Fact]
    refunded_by_seller_on: NotRequired[DateText | Literal["unknown"] | None]
    claimant: NotRequired[Claimant]
    source: NotRequired[Identifier]
    source_id: NotRequired[Identifier]
    source_fields: NotRequired[SourceFields]
    evidence: NotRequired[list[Evidence | Identifier]]
    description: NotRequired[LongText]
    language: NotRequired[Literal["en", "zh-CN"]]


Request = TypedDict(
    "Request",
    {
        "from": NotRequired[Literal["seller", "customer"]],
        "items": NotRequired[list[Text]],
        "kind": NotRequired[Literal["other"]],
    },
)
Request.__pydantic_config__ = STRICT  # pyright: ignore[reportAttributeAccessIssue]


class Refund(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    by: NotRequired[Literal["seller", "amazon"]]
    amount: NotRequired[MoneyValue]


class Decide(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    decision: Literal["grant", "deny"]
    at_fault: NotRequired[Literal["seller", "carrier", "none"]]


class Cancel(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    by: Literal["seller", "amazon", "customer"]


class Appeal(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    by: NotRequired[Literal["seller", "customer"]]
    grounds: NotRequired[LongText]


class AppealDecision(TypedDict):
    """``money`` and ``odr``: the halves of a seller's appeal; ``at_fault`` goes with a customer's that is upheld."""

    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    decision: NotRequired[Literal["upheld", "denied"]]
    money: NotRequired[Literal["reversed", "kept"]]
    odr: NotRequired[Literal["reversed", "kept"]]
    at_fault: NotRequired[Literal["seller", "carrier", "none"]]


class Note(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    text: NotRequired[LongText]
    done: NotRequired[Literal["ofac_report", "refer", "hold_review"]]


class Assign(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    owner: NotRequired[Identifier]


#: The shape of each verb's payload.
SHAPES: Mapping[str, Any] = {
    "file": FileFacts,
    "amend": FileFacts,
    "provide_information": FileFacts,
    "request_information": Request,
    "refund": Refund,
    "decide": Decide,
    "cancel_order": Cancel,
    "withdraw": Nothing,
    "appeal": Appeal,
    "decide_appeal": AppealDecision,
    "confirm_payment": Payment,
    "fail_payment": Payment,
    "attach_evidence": EvidencePayload,
    "note": Annotated[Note, SAYS_SOMETHING],
    "assign": Assign,
    "hold": Hold,
    "release_hold": Hold,
    "redact": Redact,
    "redirect": Redirect,
}

_PERSONAL = ("claimant", "grounds", "text", "description", "items", "source_fields")


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
        _told(found, currency)
    if "amount" in found:
        found["amount"] = minor_of(found["amount"], currency, "amount")
        if found["amount"] == 0:
            raise InputError("zero_amount", "nothing was refunded", field="amount", hint="record what was refunded")
    if "evidence" in found:
        found["evidence"] = listed(found["evidence"])
    if verb == "file":
        _complete(found, plain)
    elif verb == "decide":
        _at_fault(found, plain)
    elif verb == "decide_appeal":
        _halves(found)
    return found, personal


def _told(found: dict[str, Any], currency: str) -> None:
    """Nothing told in the place of a fact is an unknown fact; money in minor units."""
    order: dict[str, Any] = found.get("order") or {}
    label: dict[str, Any] = order.get("label") or {}
    item: dict[str, Any] = order.get("item") or {}
    for part in (found, order, label, item):
        for name, value in part.items():
            if value is None:
                part[name] = UNKNOWN if part is not order or name != "label" else {}
    for name in ("price", "shipping"):
        if isinstance(order.get(name), dict):
            order[name] = minor_of(order[name], currency, f"order.{name}")


def _complete(found: dict[str, Any], plain: bool) -> None:
    order = found.setdefault("order", {})
    if "id" not in order:
        raise InputError(
            "missing_field", "a required field is missing", field="order.id", hint="give the order's number"
        )
    order.setdefault("item", {}).setdefault("kind", "physical")
    order.setdefault("shipping", 0)
    if plain:
        found.setdefault("ground", "not_received")
        order.setdefault("fulfilled_by", "seller")
        order.setdefault("price", 0)
        order.setdefault("tracking", "none")
        if order.get("label"):
            order["label"].setdefault("first_scan_on", "never")
        return
    for name in _NEEDED:
        found.setdefault(name, UNKNOWN)
    for name in _NEEDED_OF_ORDER:
        order.setdefault(name, UNKNOWN)


def _at_fault(found: dict[str, Any], plain: bool) -> None:
    """A grant says who is at fault: nobody is burdened by what was left out."""
    if found["decision"] == "grant" and "at_fault" not in found:
        if not plain:
            raise InputError(
                "missing_field",
                "a required field is missing",
                field="at_fault",
                hint="say who is at fault: seller, carrier or none",
            )
        found["at_fault"] = "seller"


def _halves(found: dict[str, Any]) -> None:
    """Money and order defect rate: each as told; what is not told is kept, or follows the decision told alone."""
    told = [found[k] for k in ("money", "odr") if k in found]
    upheld = found.get("decision")
    if upheld is None and not told:
        raise InputError(
            "missing_field", "a required field is missing", field="decision", hint="decision: upheld or denied"
        )
    if told and upheld is not None and (upheld == "upheld") != ("reversed" in told):
        raise InputError(
            "inconsistent",
            "upheld means that something is reversed, denied that all is kept",
            field="decision",
            hint="money: reversed or kept, odr: reversed or kept",
        )
    found["decision"] = upheld or ("upheld" if "reversed" in told else "denied")
    usual = "kept" if told or upheld == "denied" else "reversed"
    found.setdefault("money", usual)
    found.setdefault("odr", usual)
