"""Overlays: duties of a jurisdiction or a regulator that a deployment switches on. Off by default.

Amazon states that its process is not insurance; these duties bind insurers, administrators or any payer (domain
notes 6). Each overlay is a rulebook of its own (``rulebooks/overlay-*.toml``) and one of the kinds below; it adds
clocks, holds and tasks and changes nothing a programme decides. A new jurisdiction with fair-claims clocks is a file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ...states.case import Case, Deadline
from ...states.codes import HoldReason
from ...states.errors import InputError
from .. import places
from ..reasons import Reason
from ..rulebook import Version, shipped
from . import fair_claims, medicare, minors, product_safety, sanctions

if TYPE_CHECKING:
    from ..plan import Context, Draft

Held = Sequence[tuple[HoldReason, Reason]]


class Kind(NamedTuple):
    """What an overlay may do: see each step of a case, hold it, and act when one of its clocks runs out."""

    step: Callable[[Draft, Context, Version, Mapping[str, Any]], None]
    held: Callable[[Case, Context, Version], Held]
    fired: Callable[[Draft, Context, Version, Deadline], bool]


_KINDS: Mapping[str, Kind] = {
    "fair_claims": Kind(fair_claims.step, fair_claims.held, fair_claims.fired),
    "medicare": Kind(medicare.step, medicare.held, medicare.fired),
    "sanctions": Kind(sanctions.step, sanctions.held, sanctions.fired),
    "product_safety": Kind(product_safety.step, product_safety.held, product_safety.fired),
    "minors": Kind(minors.step, minors.held, minors.fired),
}


@places.kept
def names() -> tuple[str, ...]:
    """Every overlay there is."""
    return tuple(b.id for b in shipped().values() if b.programme == "overlay")


def checked(wanted: Sequence[str]) -> frozenset[str]:
    """The overlays asked for; InputError names one that does not exist."""
    if not wanted:
        return frozenset()  # nothing is read for a desk without any
    if not set(wanted) <= set(names()):
        from ..registry import load_installed  # noqa: PLC0415  # programmes are built on this package

        load_installed()
    for name in wanted:
        if name not in names():
            raise InputError(
                "unknown_overlay", "there is no such overlay", field="overlays", hint="one of: " + ", ".join(names())
            )
    return frozenset(wanted)


def _switched_on(ctx: Context) -> list[tuple[Kind, Version]]:
    found: list[tuple[Kind, Version]] = []
    for name in sorted(ctx.overlays):
        version = shipped()[name].at(ctx.today)
        holidays = ctx.rulebook.values.get("calendar.holidays")
        if holidays is not None and holidays.value:
            version = version.override({"calendar.holidays": holidays.value})
        found.append((_KINDS[version.text("overlay.kind")], version))
    return found


def step(draft: Draft, ctx: Context, body: Mapping[str, Any]) -> None:
    """Lets every overlay see one step of a case."""
    for kind, version in _switched_on(ctx):
        kind.step(draft, ctx, version, body)


def held(case: Case, ctx: Context, *, before_anything: bool = False) -> list[tuple[HoldReason, Reason]]:
    """The holds the overlays ask for; ``before_anything``: only those that come before any decision (sanctions)."""
    found = [h for kind, version in _switched_on(ctx) for h in kind.held(case, ctx, version)]
    return [h for h in found if h[0] is HoldReason.SANCTIONS] if before_anything else found


def fired(draft: Draft, ctx: Context, clock: Deadline) -> bool:
    """Lets the overlay a clock belongs to act on it; False when none did."""
    return any(kind.fired(draft, ctx, version, clock) for kind, version in _switched_on(ctx))
