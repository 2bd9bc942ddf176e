"""Filing and correcting a breakage claim, what the rules make of it, and what people decide.

``file`` decides: denied for a condition that is not met, paid when all are, left to a person where the facts do not
decide (contract section 8, R15). A person grants or denies; what a condition rules out nobody may grant. Left out:
asking the buyer by the desk itself: no window for an answer is published.
"""

from __future__ import annotations

from ....states.breakage_1688 import BreakageReasonCode
from ....states.codes import NoticeKind, Outcome, Party, ReasonCode, RefusalCode
from ....states.money import to_text
from ... import moved, whose
from ...filing import opened
from ...patching import patch
from ...plan import Command, Context, Draft, Refusal, decision, set_holds
from ...reasons import Decision, Reason
from . import benefit, payment, recourse
from .eligibility import examine


def file(draft: Draft, ctx: Context, command: Command) -> None:
    """Opens the claim; the rules decide at once."""
    opened(draft, ctx, command)


def amend(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """Corrects facts of the filing; the rules decide anew."""
    refused = whose.refused(draft, command)
    if refused is not None:
        return refused
    facts = {**patch(draft.case.facts, command.payload), "examined": None}
    draft.take("amend", set=facts, seller=command.payload.get("seller"))
    return None


def settle_filed(draft: Draft, ctx: Context) -> bool:
    """One step on from ``filed``: denied, paid, or left to a person."""
    case = draft.case
    if case.facts.get("examined"):
        return False
    tests = examine(case, ctx)
    if any(t.result is False for t in tests):
        _deny(draft, ctx, "rule_out", tests)
        return True
    if set_holds((), draft, ctx):
        return True
    owed = benefit.total(benefit.damaged(case, ctx.rulebook), ctx.rulebook)
    if owed is None or any(t.result is None for t in tests):
        _wait(draft, ctx, tests)
        return True
    pay(draft, ctx, "pay", owed, tests)
    return True


def _wait(draft: Draft, ctx: Context, tests: tuple[Reason, ...]) -> None:
    open_ones = [t.to_entry() for t in tests if t.result is None]
    waiting = Reason(BreakageReasonCode.AWAITING_GRANT, "decision.breakage", "none", None)
    first = draft.bodies[0]["type"] == "file"
    letter = draft.notice(ctx, NoticeKind.CUSTOMER_ACKNOWLEDGED, Party.CUSTOMER, reasons=open_ones) if first else None
    draft.add(
        set={"examined": True},
        decision=decision(ctx, Decision("eligibility", "to_person", (*tests, waiting))),
        deadlines=[] if draft.case.deadline("decide") else draft.target(ctx, "filed"),
        notices=[letter] if letter else [],
    )


def pay(draft: Draft, ctx: Context, trigger: str, owed: int, why: tuple[Reason, ...]) -> None:
    """Granted: the insurer owes the benefit."""
    rulebook = ctx.rulebook
    limit = f"{rulebook.get('cover.share_percent').shown} %, {rulebook.get('cover.cap').shown}"
    amount = Reason(
        BreakageReasonCode.BENEFIT, "cover.share_percent", to_text(owed, draft.case.currency), True, limit, ("R21",)
    )
    asked = (recourse.reason(draft.case, owed),) if owed else ()
    draft.take(
        trigger,
        set={"benefit": owed},
        money=payment.authorize(draft, ctx, owed),
        decision=decision(ctx, Decision("routing", "insurer_pays", (*why, amount, *asked))),
        deadlines=draft.all_settled("met"),
    )


def _deny(draft: Draft, ctx: Context, trigger: str, tests: tuple[Reason, ...]) -> None:
    failed = [t.to_entry() for t in tests if t.result is False]
    draft.take(
        trigger,
        decision=decision(
            ctx, Decision("eligibility" if trigger == "rule_out" else "person", Outcome.DENY.value, tests)
        ),
        deadlines=draft.all_settled(),
        holds=[{"op": "release", "reason": h} for h in draft.case.holds],
        notices=[draft.notice(ctx, NoticeKind.CUSTOMER_DENIED, Party.CUSTOMER, reasons=failed)],
    )


# -- people --------------------------------------------------------------------------------------------------------


def decide(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """A person grants, on every sub-order that is not told to be undamaged, or denies."""
    case = draft.case
    if command.payload["decision"] == "deny":
        _by_person(draft, ctx, "decline")
        return None
    tests = examine(case, ctx)
    failed = [t for t in tests if t.result is False]
    if failed:
        return draft.refuse(failed[0].code, "a condition of the cover is not met", *failed)
    owed = benefit.total(benefit.not_ruled_out(case), ctx.rulebook)
    if owed is None:
        why = Reason(ReasonCode.FACT_UNKNOWN, "cover.share_percent", "sub_orders.amount", None)
        return draft.refuse(RefusalCode.NOT_YET, "the amount of a sub-order is not known", why)
    granted = Reason(BreakageReasonCode.GRANTED_BY_PERSON, "decision.breakage", "grant")
    pay(draft, ctx, "grant", owed, (*tests, granted))
    return None


def deny(draft: Draft, ctx: Context, command: Command) -> None:
    """A person denies, with a reason; a hold that stands is settled with it."""
    _by_person(draft, ctx, "deny")


def _by_person(draft: Draft, ctx: Context, trigger: str) -> None:
    _deny(draft, ctx, trigger, (Reason(ReasonCode.DENIED_BY_PERSON, "decision.breakage", None, False),))


def withdraw(draft: Draft, ctx: Context, command: Command) -> None:
    """The buyer withdraws before anything was paid."""
    letter = draft.notice(ctx, NoticeKind.CUSTOMER_WITHDRAWN, Party.CUSTOMER)
    draft.take("withdraw", deadlines=draft.all_settled(), notices=[letter])


def reopen(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """New facts: back to ``filed``; the rules look again once a fact changes."""
    refused = moved.opened_again(draft)
    if refused is not None:
        return refused
    if draft.case.totals.posted is not None:
        code = RefusalCode.NOT_ALLOWED_FROM_STATE
        return draft.refuse(code, "the claim was paid", Reason(code, "payment.posted", draft.case.state, False))
    draft.take(
        "reopen",
        set={"examined": True, "benefit": None, "recovery": None, "reopened": draft.case.facts.get("reopened", 0) + 1},
        deadlines=[*draft.all_settled(), *draft.target(ctx, "reopened")],
    )
    return None
