"""What says that a filing belongs to this programme, whatever it was filed as: damage by a defective product.

SEED 000: property damage or personal injury "caused by defective products" sold through the store. Damage whose cause
was not told is asked about; damage with another cause is none of this programme's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...signs import Sign, damaged, inner, part, told, whole
from .payloads import Claimant, FileFacts, Item, Order

_RULE = "programme.pdpi"


def sign(payload: Mapping[str, Any], marketplace: str) -> Sign | None:
    """Damage to property or a person, by a defect of the product."""
    cause = payload.get("cause")
    if not damaged(payload) or marketplace == "CN" or cause in ("carrier", "other"):
        return None
    if cause != "product_defect":
        return Sign("losses", _RULE, missing="cause")
    item = {**part(payload.get("item"), Item), **part(inner(payload, "order", "item"), Item)}
    order = part(payload.get("order"), Order)
    given = {**whole(payload, FileFacts, Claimant), "order": {**order, **({"item": item} if told(item) else {})}}
    return Sign("cause: product_defect", _RULE, payload=given)
