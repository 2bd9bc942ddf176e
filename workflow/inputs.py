"""What a plan was made from, as far as its entries do not say it already, so that it can be made again.

The first entry of every plan carries ``input``: the command's canonical payload, and what the rules saw beside the case
(which version of the seller's file, siblings, other claims, overlays, how payments are made). A value that the entry's
own ``set`` holds is not written twice. Personal values are in neither: they are sealed under the same entry. A text
that could be anybody's words and stands in no entry of the plan is left out and named in ``left_out``; nothing that is
decided may hang on it. Authority: trust notes 2.2 (``inputs``); architecture notes (one write path).
Left out: erasures, which decide nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..states.times import instant_text
from .plan import Command, Context

#: Words of a code, an id, a date or a number; never a sentence.
_PLAIN: Final = re.compile(r"[^\s]{0,100}\Z")
_NONE: Final[dict[str, Any]] = {}
#: The verb that keeps what was handed over; its payload stands in the entry's own notices.
_HANDED: Final = "hand_over"


def inputs(bodies: Sequence[Mapping[str, Any]], command: Command, ctx: Context) -> dict[str, Any]:
    """The ``input`` of a plan with these bodies."""
    body = bodies[0]
    found: dict[str, Any] = _payload(bodies, command)
    seen: dict[str, Any] = {}
    if ctx.seller is not None:
        seen["seller"] = ctx.seller.version
    if ctx.siblings:
        seen["siblings"] = [[s.id, s.state, s.eligible_minor, s.asked_minor, s.paid_minor] for s in ctx.siblings]
    if ctx.others:
        seen["others"] = [[c.id, c.version] for c in ctx.others]
    if ctx.overlays:
        seen["overlays"] = sorted(ctx.overlays)
    if ctx.payments != "instant":
        seen["payments"] = ctx.payments
    if ctx.overrides:
        seen["overrides"] = ctx.overrides
    if seen:
        found["seen"] = seen
    now = instant_text(ctx.now)
    if now != body["at"]:
        found["now"] = now
    return found


def _payload(bodies: Sequence[Mapping[str, Any]], command: Command) -> dict[str, Any]:
    if command.verb == "redact":
        return {}
    if command.verb == _HANDED:
        late = [g["id"] for g in command.payload["notices"] if g.get("late")]
        return {"late": late} if late else {}
    kept: Mapping[str, Any] = bodies[0].get("set") or _NONE
    found: dict[str, Any] = {}
    told: dict[str, Any] = {}
    left: list[str] = []
    words: set[str] | None = None
    for name, value in command.payload.items():
        if name in kept and kept[name] == value:
            continue
        if not _is_plain(value):
            strange = [t for t in _texts(value) if not _PLAIN.match(t)]
            if strange:
                words = set(_texts(bodies)) if words is None else words
                if not words.issuperset(strange):
                    left.append(name)
                    continue
        told[name] = value
    own = [name for name in kept if name not in command.payload]
    if told:
        found["with"] = told
    if own:
        found["own"] = own
    if left:
        found["left_out"] = left
    return found


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, bool | int) or (isinstance(value, str) and bool(_PLAIN.match(value)))


def _texts(value: Any) -> list[str]:
    """Every text inside a value."""
    found: list[str] = []
    left: list[Any] = [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            found.append(one)
        elif isinstance(one, dict):
            left += one.values()  # pyright: ignore[reportUnknownArgumentType]
        elif isinstance(one, list | tuple):
            left += one
        elif isinstance(one, Mapping):
            left += one.values()  # pyright: ignore[reportUnknownArgumentType]
    return found


def payload_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The payload that the first entry of a plan was made from."""
    told: Mapping[str, Any] = entry["input"]
    if entry["verb"] == _HANDED:
        late = set(told.get("late", ()))
        handed = (op for op in entry.get("notices", ()) if op["op"] == "handed_over")
        return {
            "notices": [
                {"id": o["id"], "at": o["at"], "channel": o["channel"], "sha256": o["sha256"], "late": o["id"] in late}
                for o in handed
            ]
        }
    own = set(told.get("own", ()))
    kept = {name: value for name, value in (entry.get("set") or _NONE).items() if name not in own}
    return {**kept, **told.get("with", {})}
