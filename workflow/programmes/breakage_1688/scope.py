"""What says that a filing belongs to this programme, whatever it was filed as: 1688 goods that arrived damaged.

SEED 003: cracks, water stains, tears or other damage of what was received, by sub-order. Sub-orders without their
damage, or from another marketplace, are asked about.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...signs import Sign, inner, part, told, whole
from .payloads import Claimant, FileFacts, Order

_RULE = "programme.breakage_1688"
_OWN = ("enrolled", "evidence_valid", "ordered_on", "received_on")


def sign(payload: Mapping[str, Any], marketplace: str) -> Sign | None:
    """Sub-orders of the Chinese marketplace, with what happened to them."""
    parts: Any = payload.get("sub_orders")
    if not isinstance(parts, list | tuple) or not parts:
        speaks = marketplace == "CN" and any(told(payload.get(name)) for name in _OWN)
        return Sign("1688 order", _RULE, missing="sub_orders") if speaks else None
    if marketplace != "CN":
        return Sign("sub_orders", _RULE, missing="marketplace")
    found = [inner(one, "damage") for one in parts]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if not any(told(damage) for damage in found):
        return Sign("sub_orders", _RULE, missing="sub_orders.damage")
    order = part(payload.get("order"), Order)
    return Sign(
        "sub_orders", _RULE, payload={**whole(payload, FileFacts, Claimant), **({"order": order} if order else {})}
    )
