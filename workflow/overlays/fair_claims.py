"""Fair-claims clocks: acknowledge, investigate, decide, pay, and a status letter while a decision is late.

California 10 CCR 2695.5 and 2695.7, New York 11 NYCRR 216, and others as rulebook files (domain notes 6.1).
``acknowledge`` counts from the filing (New York's days to start and list are its acknowledge), ``decide`` and
``investigation`` from the day the documents are complete, ``pay`` from the approval (contract section 8). An
investigation has started when somebody is named, something is asked, or a verdict or an assessment is on file.
Left out: first-party rules, and the answers to letters, which the desk does not receive.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ...states.case import Case, Deadline
from ...states.codes import DeadlineKind, HoldReason, NoticeKind, Party
from ..reasons import Reason
from ..rulebook import Version
from .clocks import closed, opened

if TYPE_CHECKING:
    from ..plan import Context, Draft

_DECIDED = ("approve", "step_in", "step_in_on_silence", "rule_out", "screen_out", "uphold_dispute", "deny", "resolve")
_STARTED = ("assign", "record_screening", "assess", "request_information", "ask_customer")
_WAITING = (DeadlineKind.DECIDE, DeadlineKind.STATUS_LETTER)


def step(draft: Draft, ctx: Context, version: Version, body: Mapping[str, Any]) -> None:
    """Opens and closes the clocks as the claim moves."""
    trigger, case = body["type"], draft.case
    if trigger in (*_STARTED, *_DECIDED):
        draft.add(deadlines=closed(case, "met", DeadlineKind.INVESTIGATION))
        case = draft.case
    if trigger in ("file", "provide_information", "reopen") and case.state == "filed":
        ops = [*_complete(draft, ctx, version)]
        if trigger == "file" and version.has("acknowledge.window"):
            ops.append(opened(draft, version, DeadlineKind.ACKNOWLEDGE, "acknowledge.window", ctx.today, "filed"))
            ops.append({"op": "met", "kind": DeadlineKind.ACKNOWLEDGE.value})
        draft.add(deadlines=ops)
    elif trigger in ("ask_customer", "request_information", "withdraw", "send_on"):
        kinds = (*_WAITING, DeadlineKind.PAY, DeadlineKind.INVESTIGATION)
        draft.add(deadlines=closed(case, "cancelled", *kinds))
    elif trigger == "confirm_payment":
        draft.add(deadlines=closed(case, "met", DeadlineKind.PAY))
    elif trigger in _DECIDED:
        ops = closed(case, "met", *_WAITING)
        if case.state == "approved" and version.has("pay.window"):
            ops.append(opened(draft, version, DeadlineKind.PAY, "pay.window", ctx.today, "approved"))
        draft.add(deadlines=ops)


def _complete(draft: Draft, ctx: Context, version: Version) -> Iterator[dict[str, Any]]:
    """The documents are complete: the days to decide, and to start the investigation, begin."""
    begun = any(d.kind == DeadlineKind.INVESTIGATION.value for d in draft.case.deadlines)
    if version.has("investigate.window") and not begun:
        window = "investigate.window"
        yield opened(draft, version, DeadlineKind.INVESTIGATION, window, ctx.today, "documents complete")
    if version.has("decide.window"):
        arson = draft.case.facts.get("arson_suspected") is True and version.has("decide.window_arson")
        window = "decide.window_arson" if arson else "decide.window"
        yield opened(draft, version, DeadlineKind.DECIDE, window, ctx.today, "documents complete")


def held(case: Case, ctx: Context, version: Version) -> list[tuple[HoldReason, Reason]]:
    """These clocks hold nothing."""
    return []


def fired(draft: Draft, ctx: Context, version: Version, clock: Deadline) -> bool:
    """A late decision: the customer is told why it takes longer, and again; the first wait may differ."""
    if clock.recipe.get("overlay") != version.book or clock.kind not in {k.value for k in _WAITING}:
        return False
    ops: list[dict[str, Any]] = [clock.op("missed")]
    first = clock.kind == DeadlineKind.DECIDE.value and version.has("status.first")
    again = "status.first" if first else "status.every"
    if version.has(again):
        ops.append(opened(draft, version, DeadlineKind.STATUS_LETTER, again, ctx.today, "decision late"))
    letter = draft.notice(ctx, NoticeKind.CUSTOMER_DECISION_DELAYED, Party.CUSTOMER, due_on=ops[-1].get("on"))
    draft.mark("clock_missed", deadlines=ops, notices=[letter])
    return True
