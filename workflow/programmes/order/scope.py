"""What says that a filing belongs to this programme, whatever it was filed as: one of its three grounds, no damage.

Domain notes 3.1: not received, not as described, returned and not refunded. Damage to property or a person is none of
this programme's, whatever else is told; a filing that speaks of a delivery without a ground is asked for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...signs import Sign, damaged, inner, part, told, whole
from .payloads import Claimant, FileFacts, Item, Order

_RULE = "programme.order"
_GROUNDS = ("not_received", "not_as_described", "return_not_refunded")
_DELIVERY = ("delivered_scan_on", "seller_contacted_at", "return_requested", "returned_with_tracking")


def sign(payload: Mapping[str, Any], marketplace: str) -> Sign | None:
    """One of the three grounds, and no damage."""
    ground = payload.get("ground")
    if damaged(payload) or marketplace == "CN":
        return None
    if ground not in _GROUNDS:
        speaks = any(told(payload.get(name)) for name in _DELIVERY)
        speaks = speaks or told(inner(payload, "order", "max_estimated_delivery_on"))
        return Sign("delivery", _RULE, missing="ground") if speaks else None
    item = {**part(payload.get("item"), Item), **part(inner(payload, "order", "item"), Item)}
    order = part(payload.get("order"), Order)
    given = {**whole(payload, FileFacts, Claimant), "order": {**order, **({"item": item} if told(item) else {})}}
    return Sign(f"ground: {ground}", _RULE, payload=given)
