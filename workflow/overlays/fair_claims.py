"""Fair-claims clocks: acknowledge, decide, pay, and a status letter while a decision is late.

California 10 CCR 2695.5 and 2695.7, New York 11 NYCRR 216, and others as rulebook files (domain notes 6.1).
``acknowledge`` counts from the filing (New York's days to start and list are its acknowledge), ``decide`` from the day
the documents are complete, ``pay`` from the approval (contract section 8). Left out: first-party rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...states.case import Case, Deadline
from ...states.codes import DeadlineKind, HoldReason, NoticeKind, Party
from ..reasons import Reason
from ..rulebook import Version
from .clocks import closed, opened

if TYPE_CHECKING:
    from ..plan import Context, Draft

_DECIDED = ("approve", "step_in", "step_in_on_silence", "rule_out", "screen_out", "uphold_dispute", "deny", "resolve")
_WAITING = (DeadlineKind.DECIDE, DeadlineKind.STATUS_LETTER)


def step(draft: Draft, ctx: Context, version: Version, body: Mapping[str, Any]) -> None:
    """Opens and closes the clocks as the claim moves."""
    trigger, case = body["type"], draft.case
    if trigger in ("file", "provide_information", "reopen") and case.state == "filed":
        ops = [_decide(draft, ctx, version)]
        if trigger == "file" and version.has("acknowledge.window"):
            ops.append(opened(draft, version, DeadlineKind.ACKNOWLEDGE, "acknowledge.window", ctx.today, "filed"))
            ops.append({"op": "met", "kind": DeadlineKind.ACKNOWLEDGE.value})
        draft.add(deadlines=ops)
    elif trigger in ("ask_customer", "request_information", "withdraw"):
        draft.add(deadlines=closed(case, "cancelled", *_WAITING, DeadlineKind.PAY))
    elif trigger == "confirm_payment":
        draft.add(deadlines=closed(case, "met", DeadlineKind.PAY))
    elif trigger in _DECIDED:
        ops = closed(case, "met", *_WAITING)
        if case.state == "approved" and version.has("pay.window"):
            ops.append(opened(draft, version, DeadlineKind.PAY, "pay.window", ctx.today, "approved"))
        draft.add(deadlines=ops)


def _decide(draft: Draft, ctx: Context, version: Version) -> dict[str, Any]:
    arson = draft.case.facts.get("arson_suspected") is True and version.has("decide.window_arson")
    parameter = "decide.window_arson" if arson else "decide.window"
    return opened(draft, version, DeadlineKind.DECIDE, parameter, ctx.today, "documents complete")


def held(case: Case, ctx: Context, version: Version) -> list[tuple[HoldReason, Reason]]:
    """These clocks hold nothing."""
    return []


def fired(draft: Draft, ctx: Context, version: Version, clock: Deadline) -> bool:
    """A late decision: the customer is told why it takes longer, and again every so many days."""
    if clock.recipe.get("overlay") != version.book or clock.kind not in {k.value for k in _WAITING}:
        return False
    ops: list[dict[str, Any]] = [clock.op("missed")]
    if version.has("status.every"):
        ops.append(opened(draft, version, DeadlineKind.STATUS_LETTER, "status.every", ctx.today, "decision late"))
    letter = draft.notice(ctx, NoticeKind.CUSTOMER_DECISION_DELAYED, Party.CUSTOMER, due_on=ops[-1].get("on"))
    draft.mark("clock_missed", deadlines=ops, notices=[letter])
    return True
