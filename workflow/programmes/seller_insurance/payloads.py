"""The payloads of the seller's compliance file, and a seller as claims and scenarios write one inline.

Contract sections 3, 4, 5 and 8. Canonical form: a certificate's money is short text in its own currency
("1000000.00 USD"), dates are ISO text, a fact is true, false or "unknown", and what was not told is left
out. Inside ``insurer`` a rating stays as told, because a rating left out is no rating, while "unknown" is
not. Left out: whether the facts are true; who told them is on the entry.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Any, Literal, NotRequired

from pydantic import BeforeValidator, TypeAdapter, WrapValidator
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from ....states.errors import InputError
from ....states.money import to_text
from ...rulebook import books_of
from ...shapes import GENERIC, listed, without_reason
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
    is_date,
    minor_of,
)
from .findings import folded
from .insurer import NOT_RATED, SCALES
from .testing_template import is_template

_MONTH = re.compile(r"(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])\Z", re.ASCII)
_UNTOLD = (None, "unknown")


@cache
def _adapter(shape: Any) -> TypeAdapter[Any]:
    """The checker of one shape (slow to make, fast to run)."""
    return TypeAdapter(shape)


def _fault(code: str, message: str, hint: str) -> PydanticCustomError:
    return PydanticCustomError("claimdesk", "{message}", {"code": code, "message": message, "hint": hint})


def _untold(value: Any, handler: Callable[[Any], Any]) -> Any:
    return None if value in _UNTOLD else handler(value)


def _rating(agency: str) -> Any:
    scale = (*SCALES[agency], NOT_RATED)

    def look(value: object) -> object:
        if value in _UNTOLD:
            return value
        found = value.strip().upper() if isinstance(value, str) else None
        if found not in scale:
            raise _fault("not_a_rating", "this is not a rating of this agency", "one of: " + ", ".join(scale))
        return found

    return Annotated[Any, BeforeValidator(look)]


def _month(value: object) -> object:
    if isinstance(value, str) and _MONTH.match(value):
        return value
    raise _fault("not_a_month", "this is not a month", "write YYYY-MM, for example 2021-09")


def _days(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 3650:
        raise _fault("not_days", "a whole number of days from 0 to 3650 is expected", "for example 30")
    return value


def _count(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 10**9:
        raise _fault("not_a_count", "a whole number from 0 is expected", "for example 120")
    return value


def _day_or_instant(value: object) -> object:
    # Only the day decides, so a day is enough; an instant keeps its offset until the file's zone is known.
    shape = DateText if is_date(value) or (isinstance(value, str) and len(value) == 10) else InstantText
    return _adapter(shape).validate_python(value)


def _wording(value: object) -> object:
    """The wording itself; ``false`` says that there is none, and "unknown" stays unknown."""
    if value is True:
        raise _fault("not_text", "the wording is expected", "write the additional insured as it stands")
    return "" if value is False else value if value is None else _adapter(Text).validate_python(value)


def _holder(value: object) -> object:
    """The holder as it stands; ``true`` says that it is the marketplace."""
    return value if isinstance(value, bool) or value in _UNTOLD else _adapter(Text).validate_python(value)


def _at_most(count: int) -> Any:
    def look(value: object) -> object:
        if isinstance(value, list | tuple) and len(value) > count:  # pyright: ignore[reportUnknownArgumentType]
            raise _fault("too_many", f"at most {count} entries", "a journal entry is small on purpose")
        return value  # pyright: ignore[reportUnknownVariableType]

    return BeforeValidator(look)


Few, Many = _at_most(24), _at_most(300)
Untold = WrapValidator(_untold)
ToldText = Annotated[Text, Untold]
ToldDate = Annotated[DateText, Untold]
ToldMoney = Annotated[MoneyValue, Untold]
Month = Annotated[str, BeforeValidator(_month)]
Kind = Annotated[Literal["commercial_general", "umbrella", "excess", "other"], Untold]
Basis = Annotated[Literal["occurrence", "claims_made"], Untold]
Part = Literal[
    "products", "products_completed_operations", "bodily_injury", "property_damage", "personal_injury",
    "contractual", "other",
]  # fmt: skip


class Insurer(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    name: NotRequired[ToldText]
    am_best: NotRequired[_rating("am_best")]  # pyright: ignore[reportInvalidTypeForm]
    sp: NotRequired[_rating("sp")]  # pyright: ignore[reportInvalidTypeForm]
    local_equivalent: NotRequired[Fact]
    global_claims_handling: NotRequired[Fact]


class Certificate(TypedDict):
    """A certificate of insurance as the contract names its fields; every one may be left out or unknown."""

    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    number: NotRequired[ToldText]
    type: NotRequired[Kind]
    basis: NotRequired[Basis]
    per_occurrence: NotRequired[ToldMoney]
    aggregate: NotRequired[ToldMoney]
    deductible: NotRequired[ToldMoney]
    deductible_listed: NotRequired[Fact]
    covers: NotRequired[Annotated[list[Part], Few, Untold]]
    all_products: NotRequired[Fact]
    excluded_asins: NotRequired[Annotated[list[Identifier], Many, Untold]]
    covers_usa: NotRequired[Fact]
    additional_insured: NotRequired[Annotated[Text | None, BeforeValidator(_wording)]]
    certificate_holder: NotRequired[Annotated[bool | Text, BeforeValidator(_holder), Untold]]
    insured_name: NotRequired[ToldText]
    insurer: NotRequired[Annotated[Insurer, Untold]]
    cancellation_notice_days: NotRequired[Annotated[int, BeforeValidator(_days), Untold]]
    complete: NotRequired[Fact]
    signed: NotRequired[Fact]
    acord: NotRequired[Fact]
    file_name: NotRequired[ToldText]
    starts_on: NotRequired[ToldDate]
    ends_on: NotRequired[ToldDate]
    submitted_at: NotRequired[Annotated[str, BeforeValidator(_day_or_instant), Untold]]


class Proceeds(TypedDict):
    """A month's gross proceeds; ``crossed_on`` is the day the total passed the line, if it did."""

    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    month: Month
    amount: MoneyValue
    crossed_on: NotRequired[ToldDate]


class Seller(TypedDict):
    """A seller as told: inline beside a claim, in a scenario's ``given``, or by ``update_seller``."""

    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    id: NotRequired[Identifier]
    legal_entity: NotRequired[ToldText]
    entity_type: NotRequired[Annotated[Literal["corporation", "single_member_llc"], Untold]]
    trade_names: NotRequired[Annotated[list[Text], Few, Untold]]
    in_good_standing: NotRequired[Fact]
    insurance_required: NotRequired[Fact]
    elected_country: NotRequired[Annotated[Literal["US", "CA", "MX", "UK", "EU"], Untold]]
    categories: NotRequired[Annotated[list[Text], Few, Untold]]
    language: NotRequired[Literal["en", "zh-CN"]]
    orders_60d: NotRequired[Annotated[int, BeforeValidator(_count), Untold]]
    defective_orders_60d: NotRequired[Annotated[int, BeforeValidator(_count), Untold]]
    proceeds_12m: NotRequired[ToldMoney]
    proceeds: NotRequired[Annotated[list[Proceeds], Many]]
    proceeds_complete: NotRequired[Fact]  # whether months that are not on record had none
    requests: NotRequired[Annotated[list[DateText], Many]]
    certificates: NotRequired[Annotated[list[Any], Few]]


class Request(TypedDict):
    """When the seller was asked for insurance; left out, it is the day of the command."""

    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    on: NotRequired[DateText]


class Cancelled(TypedDict):
    """The insurer ended a certificate early; ``ended_on`` is the last day the cover runs, as ``ends_on`` is."""

    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    number: Text
    ended_on: DateText


class Recorded(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    certificate: Any


#: The verbs every file of the desk has.
_DESK: Mapping[str, Any] = {
    verb: GENERIC[verb] for verb in ("attach_evidence", "note", "assign", "hold", "release_hold", "redact")
}


class Appeal(TypedDict):
    """The seller's appeal against a restriction that may follow."""

    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    by: NotRequired[Literal["seller"]]
    grounds: NotRequired[LongText]


class AppealDecision(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    decision: Literal["upheld", "denied"]


class Decide(TypedDict):
    """What a person decides about a seller who stays overdue."""

    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    decision: Literal["restrict", "spare"]


#: The verbs of the ladder that follows when a seller is overdue.
_LADDER: Mapping[str, Any] = {"appeal": Appeal, "decide_appeal": AppealDecision, "decide": Decide}


class RecordedCertificate(TypedDict):
    """What ``record_certificate`` takes."""

    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    certificate: Certificate


#: The shape of each verb's payload, for schemas.
_SHAPES: Mapping[str, Any] = {
    "update_seller": Seller, "record_certificate": RecordedCertificate, "record_proceeds": Proceeds,
    "request_insurance": Request, "cancel_certificate": Cancelled, **_LADDER, **_DESK,
}  # fmt: skip


def adapter_of(verb: str) -> TypeAdapter[Any]:
    """The shape of one verb's payload; KeyError for a verb that has none."""
    return _adapter(_SHAPES[verb])


def certificate(raw: Any, where: str = "certificate") -> dict[str, Any]:
    """A certificate in canonical form; a template must have been written out before."""
    if is_template(raw):
        raise InputError(
            "template_not_allowed",
            "a template stands for a certificate in scenarios and tests only",
            field=where,
            hint="write the certificate's fields",
        )
    found = _told(check(_adapter(Certificate), raw, where))
    for name in ("per_occurrence", "aggregate", "deductible"):
        if name in found:
            found[name] = to_text(found[name]["minor"], found[name]["currency"])
    if "insurer" in found:
        found["insurer"] = _told(found["insurer"])
    if "starts_on" in found and "ends_on" in found and found["ends_on"] < found["starts_on"]:
        raise InputError(
            "ends_before_start",
            "the cover ends before it begins",
            field=_at(where, "ends_on"),
            hint="check starts_on and ends_on",
        )
    return found


def seller(raw: Any, currency: str, *, where: str = "seller") -> dict[str, Any]:
    """A seller's facts in canonical form; templates among its certificates must have been written out before."""
    found = _told(check(_adapter(Seller), _with_months(raw), where))
    if "proceeds_12m" in found:
        found["proceeds_12m"] = _amount(found["proceeds_12m"], currency, _at(where, "proceeds_12m"))
    if "proceeds" in found:
        at = _at(where, "proceeds")
        months = [_proceeds(entry, currency, f"{at}.{i}") for i, entry in enumerate(found["proceeds"])]
        if len({entry["month"] for entry in months}) < len(months):
            raise InputError("month_twice", "a month is given twice", field=at, hint="one entry a month")
        found["proceeds"] = sorted(months, key=lambda entry: entry["month"])
    if "certificates" in found:
        at = _at(where, "certificates")
        found["certificates"] = [certificate(c, f"{at}.{i}") for i, c in enumerate(found["certificates"])]
    for name in ("trade_names", "categories"):
        if name in found:
            found[name] = [folded(text) for text in found[name]]
    if "requests" in found:
        found["requests"] = sorted(set(found["requests"]))
    if found.get("defective_orders_60d", 0) > found.get("orders_60d", float("inf")):
        raise InputError(
            "more_defective_than_orders",
            "more defective orders than orders",
            field=_at(where, "defective_orders_60d"),
            hint="one order counts once",
        )
    return found


def validate(
    verb: str,
    payload: Mapping[str, Any],
    currency: str,
    plain: bool,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(canonical payload, personal values) of a verb. Nothing left out here has a ``plain`` case."""
    given = {k: v for k, v in payload.items() if k not in ("reason", "approved_by")}
    match verb:
        case "update_seller":
            return seller(given, currency, where=""), {}
        case "record_certificate":
            return {"certificate": _one_certificate(given)}, {}
        case "record_proceeds":
            return _proceeds(check(_adapter(Proceeds), given), currency, ""), {}
        case "request_insurance":
            return check(_adapter(Request), given), {}
        case "cancel_certificate":
            return check(_adapter(Cancelled), given), {}
        case "appeal" | "decide_appeal" | "decide":
            found = check(_adapter(_LADDER[verb]), given)
            return found, {"grounds": found.pop("grounds")} if "grounds" in found else {}
        case _:
            return _desk_verb(verb, payload)


def _desk_verb(verb: str, payload: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    if verb not in _DESK:
        raise InputError("unknown_verb", "this programme has no such verb", hint="one of: " + ", ".join(_SHAPES))
    found = check(_adapter(_DESK[verb]), without_reason(verb, dict(payload)))
    if "evidence" in found:
        found["evidence"] = listed(found["evidence"])
    return found, {"text": found.pop("text")} if "text" in found else {}


def _one_certificate(given: Mapping[str, Any]) -> dict[str, Any]:
    """The certificate under its name, or its fields alone."""
    if not given.keys() - {"certificate"} and given.get("certificate") is None:
        raise InputError(
            "missing_field", "a required field is missing", field="certificate", hint="the certificate's fields"
        )
    if given.get("certificate") is None:
        return certificate({k: v for k, v in given.items() if k != "certificate"}, "")
    if len(given) > 1:
        check(_adapter(Recorded), given)
    return certificate(given["certificate"])


def _proceeds(found: Mapping[str, Any], currency: str, where: str) -> dict[str, Any]:
    month, crossed_on = found["month"], found.get("crossed_on")
    if crossed_on is not None and crossed_on[:7] != month:
        raise InputError(
            "crossed_outside_month",
            "the line was passed on a day of another month",
            field=_at(where, "crossed_on"),
            hint="name the day within the month on which its total passed the line",
        )
    amount = _amount(found["amount"], currency, _at(where, "amount"))
    return _told({"month": month, "amount": amount, "crossed_on": crossed_on})


def _with_months(raw: Any) -> Any:
    """``proceeds`` as a list; a mapping from month to amount, or to amount and day, is accepted too."""
    if not isinstance(raw, Mapping):
        return raw  # pyright: ignore[reportUnknownVariableType]
    given: dict[str, Any] = dict(raw)  # pyright: ignore[reportUnknownArgumentType]
    months: Any = given.get("proceeds")
    if isinstance(months, Mapping):
        entries: list[tuple[Any, Any]] = list(months.items())  # pyright: ignore[reportUnknownArgumentType]
        given["proceeds"] = [{"month": month, **_month_parts(entry)} for month, entry in entries]
    return given


def _month_parts(entry: Any) -> dict[str, Any]:
    parts: dict[str, Any] = dict(entry) if isinstance(entry, Mapping) else {}  # pyright: ignore[reportUnknownArgumentType]
    # {"amount": "640.00", "currency": "USD"} is an amount; a month has no currency of its own.
    return {"amount": entry} if "currency" in parts or not parts else parts


def _amount(value: Mapping[str, Any], currency: str, field: str) -> str:
    """The amount in the file's currency, or in that of another store with a line of its own."""
    if value["currency"] in {b.currency for b in books_of("seller_insurance")}:
        currency = value["currency"]
    return to_text(minor_of(value, currency, field), currency)


def _at(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _told(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if value is not None}
