"""Correcting which seller a claim is about (contract section 8: ``amend`` takes any part of ``file``).

Only before anybody was burdened: while the claim waits to be decided, or for its customer, and no money of it stands.
Later the seller on file was told of the claim, its clocks ran against them, or they were asked for money; a person ends
that first (denies, or the customer withdraws) and the reopened claim can be corrected. Left out: a claim without a
seller, which is one sold by Amazon itself.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..states.case import Totals
from ..states.codes import RefusalCode
from .plan import Command, Draft, Refusal
from .reasons import Reason


def refused(draft: Draft, command: Command) -> Refusal | None:
    """Why the seller cannot be another one now, or None; the same seller again is no change."""
    case, initial = draft.case, draft.lifecycle.initial
    told = command.payload.get("seller")
    if told is None or told == case.seller:
        return None
    asked: dict[str, Any] = case.facts.get("information") or {}
    of_customer = case.state == "information_requested" and asked.get("of") != "seller"
    waits = of_customer or case.state == initial
    standing = replace(case.totals, obligation=0, recoupments=0) != Totals() or case.facts.get("payment")
    if waits and not standing:
        return None
    code = RefusalCode.NOT_ALLOWED_FROM_STATE
    value = "money stands" if standing else case.state
    why = Reason(code, "amend.seller", value, False, initial)
    hint = "end the claim (deny, withdraw), reopen it where that is possible, then amend the seller; or file it anew"
    return draft.refuse(code, "the seller on file is already part of what was decided", why, hint=hint)
