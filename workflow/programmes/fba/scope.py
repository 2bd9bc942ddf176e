"""What says that a filing belongs to this programme, whatever it was filed as: the type of an inventory loss.

SEED 002: units lost or damaged on the way to a fulfilment centre, in it, after a customer's return, or on removal.
Units or an FNSKU without the type are asked about: the type decides the window and the value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from ...signs import Sign, inner, part, told
from .payloads import FileFacts, Item, Order, Type

_RULE = "programme.fba"


def sign(payload: Mapping[str, Any], marketplace: str) -> Sign | None:
    """A type of loss that only inventory has."""
    kind = payload.get("type")
    item = {**part(inner(payload, "order", "item"), Item), **part(payload.get("item"), Item)}
    if not isinstance(kind, str) or kind not in get_args(Type) or kind == "unknown":
        speaks = told(payload.get("units")) or told(item.get("fnsku"))
        return Sign("units", _RULE, missing="type") if speaks else None
    order = part(payload.get("order"), Order)
    given = {**part(payload, FileFacts), **({"item": item} if item else {}), **({"order": order} if order else {})}
    return Sign(f"type: {kind}", _RULE, payload=given)
