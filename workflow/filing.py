"""The first step of every claim: opened under its number, with the facts told and the seller they name."""

from __future__ import annotations

from typing import Any

from .plan import Command, Context, Draft


def opened(draft: Draft, ctx: Context, command: Command) -> dict[str, Any]:
    """Opens the claim; its facts, without the seller."""
    facts = dict(command.payload)
    seller = facts.pop("seller", None)
    draft.open(command.claim or ctx.new_id("CLM"), ctx.rulebook, seller, facts)
    return facts
