"""What a filing says about where it belongs, as each programme reads it.

A claim is often filed under the wrong programme: a late parcel as damage, a lost FBA unit as an order claim. Each
programme may say of the facts of a filing whether they are its own (a ``Sign``), and nothing else names it. Only facts
that were told count; one that is missing is named, so that it is asked for and never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: Heads of loss that only a damage claim has; the price of the item is asked for in an order claim too.
DAMAGE = frozenset({"medical", "lost_earnings", "property_damage"})


@dataclass(frozen=True, slots=True)
class Sign:
    """The facts of a filing are those of a programme.

    ``told``: the fact that says so, never a personal one; ``rule``: what says that such claims belong there;
    ``missing``: a fact without which nobody can say, or None; ``payload``: the facts as that programme takes them.
    """

    told: str
    rule: str
    missing: str | None = None
    payload: Mapping[str, Any] = field(default_factory=lambda: {})


def part(value: Any, shape: Any) -> dict[str, Any]:
    """The fields of ``value`` that ``shape`` (a typed dictionary) has; nothing of what is no mapping."""
    names = shape.__annotations__
    return {k: v for k, v in value.items() if k in names} if isinstance(value, Mapping) else {}  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]


def whole(payload: Mapping[str, Any], shape: Any, claimant: Any) -> dict[str, Any]:
    """The fields of a filing that ``shape`` has; of a claimant, only what ``claimant`` has."""
    found = part(payload, shape)
    if isinstance(found.get("claimant"), Mapping):
        found["claimant"] = part(found["claimant"], claimant)
    return found


def inner(payload: Mapping[str, Any], *names: str) -> Any:
    """The value at a path, or None."""
    found: Any = payload
    for name in names:
        found = found.get(name) if isinstance(found, Mapping) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    return found  # pyright: ignore[reportUnknownVariableType]


def told(value: Any) -> bool:
    """Whether a fact was told: neither left out nor unknown, and not empty."""
    return value not in (None, "unknown", "", [], {})


def damaged(payload: Mapping[str, Any]) -> bool:
    """Whether damage to property or a person is told: a head of loss beyond the item's price, or an injury."""
    losses = payload.get("losses")
    heads = [inner(loss, "head") for loss in losses] if isinstance(losses, list | tuple) else list[Any]()  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return bool(DAMAGE & {h for h in heads if isinstance(h, str)}) or told(payload.get("injury"))
