"""The payloads of the SAFE-T verbs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, NotRequired

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from claimdesk.workflow.shapes import GENERIC, UNKNOWN, Evidence, listed, told, without_reason
from claimdesk.workflow.validation import STRICT, DateText, Fact, Identifier, MoneyValue, check, minor_of


class Order(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    id: Identifier


class FileFacts(TypedDict):
    """What ``file`` takes."""

    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    order: Order
    refund: MoneyValue
    refund_debited_on: NotRequired[DateText | Literal["unknown"] | None]
    a_to_z_claim: NotRequired[Fact]
    photos: NotRequired[list[Evidence | Identifier]]
    source: NotRequired[Identifier]
    source_id: NotRequired[Identifier]


class Photos(TypedDict):
    """What ``send_photos`` takes."""

    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    photos: list[Evidence | Identifier]


SHAPES: Mapping[str, Any] = {"file": FileFacts, "send_photos": Photos, **GENERIC}


@cache
def adapter_of(verb: str) -> TypeAdapter[Any]:
    """The checker of one verb's payload."""
    return TypeAdapter(SHAPES[verb])


def validate(
    verb: str, payload: Mapping[str, Any], currency: str, plain: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(canonical payload, personal values) of a verb."""
    found = check(adapter_of(verb), without_reason(verb, dict(payload)))
    personal = {k: found.pop(k) for k in ("text",) if k in found}
    if verb == "file":
        found["refund"] = minor_of(found["refund"], currency, "refund")
        found["refund_debited_on"] = told(found.get("refund_debited_on"))
        found.setdefault("a_to_z_claim", False if plain else UNKNOWN)
    if "photos" in found:
        found["photos"] = listed(found["photos"])
    return found, personal
