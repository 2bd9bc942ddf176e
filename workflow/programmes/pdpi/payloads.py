"""The payloads of the ``pdpi`` verbs, as the contract's section 3 names them.

``validate`` gives (canonical facts, personal values). Claimant, injury and free text are personal: they are
sealed by the desk and never reach a journal entry. Left out of a filing, an item is the plain case (physical,
bought in Amazon's own store, from a seller); the cause and the rest are unknown unless a scenario says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from ....states.codes import HoldReason
from ....states.errors import InputError
from ...shapes import (
    SAYS_SOMETHING,
    Evidence,
    EvidencePayload,
    Hold,
    Nothing,
    Payment,
    Redact,
    Redirect,
    SourceFields,
    listed,
)
from ...validation import (
    STRICT,
    DateText,
    Fact,
    Identifier,
    LongText,
    MoneyValue,
    Text,
    check,
    minor_of,
)

Head = Literal[
    "purchase_price",
    "medical",
    "lost_earnings",
    "property_damage",
    "pain_and_suffering",
    "business_interruption",
    "other",
]
Verdict = Literal["valid", "inconclusive", "unsubstantiated", "frivolous", "fraudulent", "abusive"]


class Item(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    asin: NotRequired[Identifier]
    title: NotRequired[Text]
    kind: NotRequired[Literal["physical", "digital", "service", "stored_value", "unknown"] | None]
    store: NotRequired[Literal["amazon", "linked_store", "unknown"] | None]


class Order(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    id: NotRequired[Identifier]
    sold_by: NotRequired[Literal["seller", "amazon"]]
    item: NotRequired[Item]


class Loss(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    head: Head
    amount: MoneyValue


class Claimant(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    ref: NotRequired[Text]
    name: NotRequired[Text]
    contact: NotRequired[Text]
    age: NotRequired[Annotated[int, Field(ge=0, le=150)] | Literal["unknown"] | None]
    medicare: NotRequired[Fact]
    sanctions: NotRequired[Literal["clear", "possible", "match", "unknown"] | None]


class Injury(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    kind: NotRequired[Literal["trauma", "ingestion", "implantation", "exposure", "unknown"]]
    severity: NotRequired[Text]


class FileFacts(TypedDict):
    """What ``file`` and ``amend`` take."""

    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    incident_on: NotRequired[DateText | Literal["unknown"] | None]
    order: NotRequired[Order]
    losses: NotRequired[list[Loss]]
    cause: NotRequired[Literal["product_defect", "carrier", "other", "unknown"] | None]
    claimant: NotRequired[Claimant]
    injury: NotRequired[Injury | None]
    other_venue: NotRequired[Fact]
    delivered_on: NotRequired[DateText | Literal["unknown"] | None]
    arson_suspected: NotRequired[Fact]
    fraud_indicators: NotRequired[list[Identifier] | int]
    seller_is_reseller: NotRequired[Fact]
    source: NotRequired[Identifier]
    source_id: NotRequired[Identifier]
    source_fields: NotRequired[SourceFields]
    evidence: NotRequired[list[Evidence | Identifier]]
    description: NotRequired[LongText]
    language: NotRequired[Literal["en", "zh-CN"]]


class Screening(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    verdict: Verdict
    by: NotRequired[Identifier]
    findings: NotRequired[LongText]


class Assessment(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    losses: list[Loss]
    method: NotRequired[Text]


class Response(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    position: Literal["accept", "reject", "information"]
    grounds: NotRequired[LongText]
    by: NotRequired[Literal["seller", "insurer"]]


class InsurerResponse(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    position: Literal["accept", "deny", "offer"]
    amount: NotRequired[MoneyValue]
    grounds: NotRequired[LongText]


class Resolution(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    amount: MoneyValue
    by: NotRequired[Literal["seller", "insurer"]]


class Dispute(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    decision: Literal["step_in", "deny"]


class RecoveryDecision(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    decision: Literal["waive", "pursue"]


class Appeal(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    by: NotRequired[Literal["seller", "customer"]]
    grounds: NotRequired[LongText]


class AppealDecision(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    decision: Literal["upheld", "denied"]


RecoveryPayload = TypedDict(
    "RecoveryPayload",
    {"amount": MoneyValue, "from": NotRequired[Literal["seller", "insurer"]], "ref": NotRequired[Identifier]},
)
RecoveryPayload.__pydantic_config__ = STRICT  # pyright: ignore[reportAttributeAccessIssue]


class RequestInsurance(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    on: NotRequired[DateText]


class RequestInformation(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    items: NotRequired[list[Text]]
    kind: NotRequired[Literal["inconsistent_dates", "proof_of_loss", "producer", "other"]]


class Reopen(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    settlement_received: NotRequired[Fact]


class Note(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    text: NotRequired[LongText]
    done: NotRequired[Literal["medicare_report", "cpsc_report", "ofac_report", "refer", "hold_review"]]


class Assign(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    owner: NotRequired[Identifier]
    to: NotRequired[Identifier]


#: The shape of each verb's payload.
SHAPES: Mapping[str, Any] = {
    "file": FileFacts,
    "amend": FileFacts,
    "provide_information": FileFacts,
    "record_screening": Screening,
    "assess": Assessment,
    "respond": Response,
    "insurer_respond": InsurerResponse,
    "resolve": Resolution,
    "decide_dispute": Dispute,
    "decide_recovery": RecoveryDecision,
    "appeal": Appeal,
    "decide_appeal": AppealDecision,
    "record_recovery": RecoveryPayload,
    "request_insurance": RequestInsurance,
    "hold": Hold,
    "release_hold": Hold,
    "redact": Redact,
    "redirect": Redirect,
    "request_information": RequestInformation,
    "note": Annotated[Note, SAYS_SOMETHING],
    "assign": Assign,
    "attach_evidence": EvidencePayload,
    "confirm_payment": Payment,
    "fail_payment": Payment,
    "reverse_payment": Payment,
    "decline_offer": Nothing,
    "write_off": Nothing,
    "withdraw": Nothing,
    "deny": Nothing,
    "reopen": Reopen,
}

_LOSSES_MAX = 50
_FREE_TEXT = ("findings", "grounds", "text", "description", "method", "items", "source_fields")
_REASON_IS_TEXT = frozenset(SHAPES) - {"hold", "release_hold", "request_information"}


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
    given = _split_reason(verb, dict(payload))
    found = check(adapter_of(verb), given)
    personal = {k: found.pop(k) for k in ("claimant", "injury", *_FREE_TEXT) if k in found}
    if personal.get("injury") is None:
        personal.pop("injury", None)
    if "losses" in found:
        found["losses"] = _losses(found["losses"], currency)
    if "amount" in found:
        found["amount"] = minor_of(found["amount"], currency, "amount")
        if verb == "record_recovery" and found["amount"] == 0:
            raise InputError("zero_amount", "nothing came back", field="amount", hint="record what was received")
    for name in ("incident_on", "delivered_on", "cause"):
        if name in found and found[name] is None:
            found[name] = "unknown"
    if "evidence" in found:
        found["evidence"] = listed(found["evidence"])
    if isinstance(found.get("fraud_indicators"), list):
        found["fraud_indicators"] = len(set(found["fraud_indicators"]))
    if verb == "file":
        _complete(found, personal, plain)
    return found, personal


def _losses(told: list[dict[str, Any]], currency: str) -> list[dict[str, Any]]:
    if len(told) > _LOSSES_MAX:
        raise InputError("too_many", f"at most {_LOSSES_MAX} losses", field="losses", hint="sum them by head")
    if not told:
        hint = "leave it out if it is not known yet"
        raise InputError("no_losses", "at least one loss is needed", field="losses", hint=hint)
    return [
        {"head": loss["head"], "amount": minor_of(loss["amount"], currency, f"losses.{i}.amount")}
        for i, loss in enumerate(told)
    ]


def _split_reason(verb: str, given: dict[str, Any]) -> dict[str, Any]:
    """A reason may stand in the payload; for holds and information requests it names the code."""
    if verb in _REASON_IS_TEXT:
        given.pop("reason", None)
        given.pop("approved_by", None)
        return given
    reason = given.pop("reason", None)
    given.pop("approved_by", None)
    if verb == "request_information":
        if reason is not None:
            given.setdefault(
                "kind", reason if reason in ("inconsistent_dates", "proof_of_loss", "producer") else "other"
            )
        return given
    known = {r.value for r in HoldReason}
    if "hold" not in given and isinstance(reason, str):
        if reason in known:
            given["hold"] = reason
        elif verb == "hold":
            given["hold"] = reason if reason.isidentifier() and reason.islower() else HoldReason.OTHER.value
    if verb == "hold":
        given.setdefault("hold", HoldReason.OTHER.value)
    return given


def _complete(found: dict[str, Any], personal: dict[str, Any], plain: bool) -> None:
    order = found.setdefault("order", {})
    if "id" not in order:
        raise InputError(
            "missing_field", "a required field is missing", field="order.id", hint="give the order's number"
        )
    item = order.setdefault("item", {})
    for name, usual in (("kind", "physical"), ("store", "amazon")):
        told = item.setdefault(name, usual)
        if told is None:
            item[name] = "unknown"
    order.setdefault("sold_by", "seller")
    found.setdefault("cause", "product_defect" if plain else "unknown")
    found.setdefault("other_venue", False if plain else "unknown")
    if plain:
        claimant = personal.setdefault("claimant", {})
        claimant.setdefault("medicare", False)
        claimant.setdefault("sanctions", "clear")
