"""The rules of a SAFE-T claim: in time, no A-to-z claim, one claim an order, photos, and a cap."""

from __future__ import annotations

from typing import Any

from claimdesk.states import ledger
from claimdesk.states.case import Case, Deadline
from claimdesk.states.codes import NoticeKind, Outcome, Party, ReasonCode
from claimdesk.states.ledger import TransferKind
from claimdesk.states.money import to_text
from claimdesk.states.times import days_between, local_day, parse_date
from claimdesk.workflow.plan import Command, Context, Draft, decision
from claimdesk.workflow.reasons import Decision, Reason
from claimdesk.workflow.rulebook import resolve

from .lifecycle import SafeTDeadline, SafeTNotice, SafeTReasonCode


def file(draft: Draft, ctx: Context, command: Command) -> None:
    """Opens the claim; the rules run on."""
    facts = dict(command.payload)
    seller = facts.pop("seller", None)
    draft.open(command.claim or ctx.new_id("CLM"), ctx.rulebook, seller, facts)


def send_photos(draft: Draft, ctx: Context, command: Command) -> None:
    """Keeps the photos; the clock is met."""
    draft.take("send_photos", set={"photos": command.payload["photos"]}, deadlines=draft.settled(SafeTDeadline.PHOTOS))


def withdraw(draft: Draft, ctx: Context, command: Command) -> None:
    """Ends the claim."""
    draft.take("withdraw", deadlines=draft.all_settled())


def settle(draft: Draft, ctx: Context) -> bool:
    """One step of the rules."""
    match draft.case.state:
        case "filed":
            _decide(draft, ctx)
            return True
        case "approved":
            return _settle_approved(draft, ctx)
        case _:
            return False


def _tests(case: Case, ctx: Context) -> tuple[Reason, ...]:
    debited, window = case.facts["refund_debited_on"], ctx.rulebook.get("safe_t.window")
    if debited == "unknown":
        timely = Reason(ReasonCode.FACT_UNKNOWN, "safe_t.window", "refund_debited_on", None, window.shown)
    else:
        day = days_between(parse_date(debited), local_day(case.opened, case.zone))
        ok = day <= ctx.rulebook.number("safe_t.window")
        code = SafeTReasonCode.WITHIN_DAYS if ok else SafeTReasonCode.AFTER_DAYS
        timely = Reason(code, "safe_t.window", f"day {day}", ok, window.shown)
    told = case.facts["a_to_z_claim"]
    clean = SafeTReasonCode.ORDER_CLAIM if told is True else SafeTReasonCode.NO_ORDER_CLAIM
    other = (
        Reason(ReasonCode.FACT_UNKNOWN, "safe_t.a_to_z", "a_to_z_claim", None)
        if told == "unknown"
        else Reason(clean, "safe_t.a_to_z", str(told).lower(), told is False)
    )
    order = case.facts["order"]["id"]
    before = [c for c in ctx.others if c.id < case.id and c.facts["order"]["id"] == order and c.state != "denied"]
    first = SafeTReasonCode.SECOND_OF_ORDER if before else SafeTReasonCode.FIRST_OF_ORDER
    return timely, other, Reason(first, "safe_t.once", before[0].id if before else "none", not before)


def _decide(draft: Draft, ctx: Context) -> None:
    case = draft.case
    tests = _tests(case, ctx)
    if any(t.result is False for t in tests):
        draft.take("rule_out", decision=decision(ctx, Decision("eligibility", Outcome.DENY.value, tests)))
        return
    if not case.facts.get("photos"):
        days = ctx.rulebook.number("safe_t.photos_window")
        clock = draft.deadline(
            SafeTDeadline.PHOTOS, days, ctx.today, event="asked", notice=SafeTNotice.PHOTOS_REQUESTED
        )
        letter = draft.notice(ctx, SafeTNotice.PHOTOS_REQUESTED, Party.SELLER, due_on=clock["on"])
        draft.take("ask_photos", deadlines=[clock], notices=[letter])
        return
    seen = Reason(SafeTReasonCode.PHOTOS_SENT, "safe_t.photos_window", str(len(case.facts["photos"])))
    capped = Reason(
        SafeTReasonCode.UP_TO_CAP,
        "safe_t.cap",
        to_text(case.facts["refund"], case.currency),
        True,
        to_text(ctx.rulebook.number("safe_t.cap"), case.currency),
    )
    amount = payable(case)
    made = Decision("routing", Outcome.AUTO_PAY.value, (*tests, seen, capped))
    number = case.totals.obligation + 1
    payee = ledger.seller(case.seller)
    draft.take(
        "approve",
        decision=decision(ctx, made),
        money=[draft.money(ctx, TransferKind.AUTHORIZE, ledger.amazon(), payee, amount, obligation=number)],
    )


def payable(case: Case) -> int:
    """What the claim comes to, in minor units."""
    return min(case.facts["refund"], resolve(case.rulebook).number("safe_t.cap"))


def lapse_photos(draft: Draft, ctx: Context, clock: Deadline) -> None:
    """No photos came: denied."""
    why = Reason(SafeTReasonCode.NO_PHOTOS, "safe_t.photos_window", "none", False)
    made = Decision("eligibility", Outcome.DENY.value, (why,))
    draft.take("lapse_photos", deadlines=[clock.op("missed")], decision=decision(ctx, made))


def _settle_approved(draft: Draft, ctx: Context) -> bool:
    if ctx.payments != "instant" or draft.case.totals.pending is None:
        return False
    post(draft, ctx)
    return True


def post(draft: Draft, ctx: Context) -> None:
    """The payment reached the seller."""
    totals = draft.case.totals
    move = draft.money(
        ctx,
        TransferKind.POST,
        ledger.amazon(),
        ledger.seller(draft.case.seller),
        totals.pending_minor,
        pending=totals.pending,
        obligation=totals.obligation,
    )
    told = draft.notice(ctx, NoticeKind.SELLER_INFORMED, Party.SELLER, amount=totals.pending_minor)
    draft.take("confirm_payment", money=[move], notices=[told])


def confirm_payment(draft: Draft, ctx: Context, command: Command) -> None:
    """The payment reached the seller."""
    post(draft, ctx)


def fail_payment(draft: Draft, ctx: Context, command: Command) -> None:
    """The payment failed; it is tried again under the same obligation."""
    draft.take("fail_payment")


def summary(case: Case) -> dict[str, Any]:
    """The outside view of a claim."""
    nothing = to_text(0, case.currency)
    return {
        "eligible_amount": to_text(payable(case), case.currency),
        "eligible_minor": payable(case),
        "asked_minor": case.facts["refund"],
        "paid_by_amazon": to_text(case.totals.by_amazon, case.currency),
        "paid_by_seller": nothing,
        "paid_by_insurer": nothing,
        "recovery": {"status": "none", "amount": nothing, "from": None},
        "withholding_allowed": False,
        "odr_counted": False,
        "information": None,
        "counts_together": False,
    }


def outcome(case: Case) -> str:
    """What triage came to."""
    if case.holds:
        return Outcome.HOLD.value
    if case.state == "denied":
        return Outcome.DENY.value
    return Outcome.REQUEST_INFORMATION.value if case.state == "awaiting_photos" else Outcome.AUTO_PAY.value
