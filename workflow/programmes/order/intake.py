"""Filing, correcting, asking both sides, withdrawing, cancelling the order.

``file`` refuses what comes too soon and opens everything else; what a fact rules out is denied at once and what is
unknown is asked about (contract section 8, R15). A request to the seller runs for the dated answer window (domain notes
3.2, conflict J) and a miss grants the claim; a request to the customer runs for a window of our own and a miss decides
nothing. The pre-claim rule of 72 hours of silence is dated too (3.2, an older page). Left out: reminders.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from ....states.case import Case, Deadline
from ....states.codes import DeadlineKind, NoticeKind, Outcome, Party, RefusalCode
from ....states.order import OrderReasonCode
from ....states.times import instant_text, parse_instant
from ... import overlays, whose
from ...filing import opened
from ...patching import patch
from ...plan import Command, Context, Draft, Refusal, decision, set_holds
from ...reasons import Decision, Reason
from . import granting, too_soon, windows
from .amounts import bought, paid_for_order
from .eligibility import barring, examine, paid_otherwise


def file(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """Opens the claim, unless it comes too soon; what bars it anyway is told before what makes it wait (O9)."""
    opened(draft, ctx, command)
    case = draft.case
    if all(t.result is not False for t in barring(case, ctx)):
        for test in (too_soon.contact, too_soon.delivery, too_soon.returned):
            why = test(case, ctx)
            if why.result is False:
                return _too_soon(case, ctx, why)
    draft.add(
        notices=[draft.notice(ctx, NoticeKind.CUSTOMER_ACKNOWLEDGED, Party.CUSTOMER, claimed=paid_for_order(case))]
    )
    return None


_HINTS = {
    RefusalCode.CONTACT_SELLER_FIRST: "contact the seller, wait for the time of the rule, then file again",
    RefusalCode.TOO_EARLY: "file again from the day named, or once tracking says delivered",
    RefusalCode.RETURN_FIRST: "request the return, or send the item back with tracking, then file again",
}


def _too_soon(case: Case, ctx: Context, why: Reason) -> Refusal:
    code = RefusalCode(why.code)
    again = too_soon.next_filing(case, ctx, why)
    return Refusal(code, code.meaning, None, (why,), (), _HINTS[code], again, ctx.rulebook.ref)


def settle_filed(draft: Draft, ctx: Context) -> bool:
    """One step on from ``filed``: ruled out, held, asked about, granted on silence, or left to a person."""
    case = draft.case
    if case.facts.get("examined"):
        return False
    if ctx.overlays and set_holds(overlays.held(case, ctx, before_anything=True), draft, ctx):
        return True
    tests = examine(case, ctx)
    if any(t.result is False for t in tests):
        granting.deny(draft, ctx, "rule_out", tests, "eligibility")
        return True
    if any(t.result is None for t in tests):
        _ask_customer(draft, ctx, tests)
        return True
    silent = _no_reply(case, ctx)
    if silent is not None:
        granting.grant_on_silence(draft, ctx, silent)
        return True
    waiting = Reason(OrderReasonCode.AWAITING_DECISION, "order.decision", "none", None)
    draft.add(
        set={"examined": True},
        decision=decision(ctx, Decision("eligibility", Outcome.REFER.value, (*tests, waiting))),
        deadlines=draft.target(ctx, "filed"),
    )
    return True


def settle_asked(draft: Draft, ctx: Context) -> bool:
    """Ruled out by what was told meanwhile: the seller's silence must not grant a claim that is none (contract 8)."""
    if draft.case.facts["information"]["back"] != "filed":  # granted or denied before: what is told is for the appeal
        return False
    tests = barring(draft.case, ctx)
    if all(t.result is not False for t in tests):
        return False
    granting.deny(draft, ctx, "rule_out", tests, "eligibility")
    return True


def _no_reply(case: Case, ctx: Context) -> Reason | None:
    """No reply to the customer within the hours of the rule, before the claim was filed; told, never guessed."""
    rule = ctx.rulebook.text("order.silent_seller_hours")
    asked, replied = case.facts.get("seller_contacted_at"), case.facts.get("seller_replied_at", "never")
    if rule == "none" or asked in (*too_soon.UNTOLD, "never") or replied == "unknown":
        return None
    until = parse_instant(asked) + timedelta(hours=int(rule))
    silent = case.opened > until if replied == "never" else parse_instant(replied) > until
    if not silent:
        return None
    shown = "none" if replied == "never" else f"replied {replied[:19]}Z"
    return Reason(
        OrderReasonCode.SELLER_DID_NOT_REPLY, "order.silent_seller_hours", shown, True, f"{rule} hours", ("O3",)
    )


# -- asking --------------------------------------------------------------------------------------------------------


def _ask_customer(draft: Draft, ctx: Context, tests: tuple[Reason, ...]) -> None:
    clock, letter = _request(draft, ctx, "customer", reasons=[t.to_entry() for t in tests if t.result is None])
    draft.take(
        "ask_customer",
        set={"information": {"of": "customer", "reason": "other", "back": "filed"}},
        decision=decision(ctx, Decision("screening", Outcome.REQUEST_INFORMATION.value, tests)),
        deadlines=[*draft.all_settled(), clock],
        notices=[letter],
    )


def request_information(draft: Draft, ctx: Context, command: Command) -> None:
    """A person asks the seller (left out: the one who appeals, else the seller) or the customer."""
    case = draft.case
    appealing = case.facts.get("appeal_by") if case.state == "appealed" else None
    of = command.payload.get("from") or appealing or "seller"
    clock, letter = _request(draft, ctx, of, items=command.personal.get("items"))
    draft.take(
        "request_information",
        set={"information": {"of": of, "reason": "other", "back": case.state}},
        deadlines=[*draft.all_settled(), clock],
        notices=[letter],
    )


def _request(draft: Draft, ctx: Context, of: str, **params: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    rulebook, appealed = ctx.rulebook, draft.case.state == "appealed"
    if of == "customer":
        kind, party = NoticeKind.CUSTOMER_INFORMATION_REQUESTED, Party.CUSTOMER
        rule = "order.customer_answer_window"
        window = f"{rulebook.number(rule)}d"
    else:
        kind, party = NoticeKind.SELLER_NOTIFIED, Party.SELLER
        rule = "order.appeal_answer_window" if appealed else "order.answer_window"
        window = f"{rulebook.number(rule)}h" if appealed else rulebook.text(rule)
    clock: dict[str, Any] = windows.opened(
        draft, window, ctx, DeadlineKind.INFORMATION, event="information requested", notice=kind
    )
    if clock["recipe"]["type"] == "hours":
        last = draft.now + timedelta(hours=clock["recipe"]["hours"])
        params["due_at"] = instant_text(last)
    step = "appealed" if appealed else "asked"
    letter = draft.notice(
        ctx,
        kind,
        party,
        due_on=clock["on"],
        reason="other",
        step=step,
        amount=paid_for_order(draft.case),
        rules=[rule],
        **params,
    )
    return clock, letter


def provide_information(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """The answer, with corrections or not: back to where it was asked."""
    case = draft.case
    told = patch(case.facts, command.payload)
    renamed = _another_purchase(draft, told)
    if renamed is not None:
        return renamed
    kept = [*case.facts.get("evidence", []), *told.pop("evidence", [])]
    appealed = case.facts["information"]["back"] == "appealed"
    closing = draft.settled(DeadlineKind.INFORMATION)
    draft.take(
        "answer_appeal" if appealed else "provide_information",
        set={**told, "evidence": kept or None, "information": None, "examined": None},
        deadlines=[*closing, *draft.target(ctx, "answered")] if appealed else closing,
    )
    return None


def _another_purchase(draft: Draft, told: dict[str, Any]) -> Refusal | None:
    """Which purchase was paid back stands: under another name it could be claimed, and paid back, once more."""
    case = draft.case
    if case.totals.by_amazon == 0 or bought(replace(case, facts={**case.facts, **told})) == bought(case):
        return None
    code = RefusalCode.NOT_ALLOWED_FROM_STATE
    why = Reason(code, "order.amount", case.state, False)
    return draft.refuse(code, "order, item and price stand with what was paid for them", why)


def answer_missed(draft: Draft, ctx: Context, clock: Deadline) -> None:
    """Nobody answered in time: the seller's miss grants; during an appeal, or with the customer, a person decides."""
    asked = draft.case.facts["information"]
    if asked["back"] == "appealed":
        draft.take(
            "resume_appeal",
            set={"information": None},
            deadlines=[clock.op("missed"), *draft.target(ctx, "not answered")],
        )
    elif asked["of"] == "customer":
        draft.mark("clock_missed", deadlines=[clock.op("missed")])
    elif paid_otherwise(draft.case) is not None:  # told while the seller was asked: silence does not pay it twice
        draft.mark("clock_missed", deadlines=[clock.op("missed"), *draft.target(ctx, "not answered")])
    else:
        rule = ctx.rulebook.get("order.answer_window")
        why = Reason(
            OrderReasonCode.ANSWER_MISSED, "order.answer_window", f"no answer by {clock.on}", True, rule.shown, ("O2",)
        )
        granting.grant_on_silence(draft, ctx, why, clock)


# -- corrections and ends ------------------------------------------------------------------------------------------


def amend(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """Corrects facts of the filing; a claim that waits for a person is looked at again."""
    refused = whose.refused(draft, command)
    if refused is not None:
        return refused
    facts = {**patch(draft.case.facts, command.payload), "examined": None}
    refused = _another_purchase(draft, facts)
    if refused is not None:
        return refused
    draft.take("amend", set=facts, seller=command.payload.get("seller"))
    return None


def withdraw(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """The customer withdraws, any time before the customer was paid; a withdrawn claim never counts (3.3)."""
    refused = _paid_already(draft, "withdraw")
    if refused is not None:
        return refused
    letters = [draft.notice(ctx, NoticeKind.CUSTOMER_WITHDRAWN, Party.CUSTOMER)]
    if any(n.party == Party.SELLER.value for n in draft.case.notices):
        letters.append(draft.notice(ctx, NoticeKind.SELLER_CLAIM_WITHDRAWN, Party.SELLER))
    draft.take(
        "withdraw",
        set={"odr_counted": False, "information": None},
        deadlines=draft.all_settled(),
        notices=letters,
    )
    return None


def cancel_order(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """The order is cancelled while the claim is open: closed; it counts unless the customer cancelled (3.3, O12)."""
    refused = _paid_already(draft, "cancel_order")
    if refused is not None:
        return refused
    by = command.payload["by"]
    why = Reason(OrderReasonCode.ORDER_CANCELLED, "order.cancellation", by, readings=("O12",))
    order = {**draft.case.facts["order"], "cancelled_by": by}
    draft.take(
        "cancel_order",
        set={"order": order, "odr_counted": by != "customer", "information": None},
        deadlines=draft.all_settled(),
        decision=decision(ctx, Decision("routing", "cancelled", (why,))),
    )
    return None


def _paid_already(draft: Draft, verb: str) -> Refusal | None:
    case = draft.case
    if case.totals.by_amazon == 0 and case.totals.pending is None and case.facts.get("appeal_by") != "seller":
        return None
    why = Reason(RefusalCode.NOT_ALLOWED_FROM_STATE, "order.decision", case.state, False)
    return draft.refuse(RefusalCode.NOT_ALLOWED_FROM_STATE, f"{verb} is not possible once the claim was granted", why)
