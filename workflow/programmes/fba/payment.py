"""The credit to the seller's account: authorised once, then posted; valued anew, found, or made in error.

SEED 002: the seller is reimbursed on the account, and Amazon may reverse a credit made in error or for units found. A
correction is new rows, never an edit: the credit that stands is reversed in full and the right one posted. A claim on
its way (authorised, not confirmed) has not been issued, so no window for a contest runs. Left out: the account
itself.
"""

from __future__ import annotations

from typing import Any

from ....states import ledger
from ....states.case import Case
from ....states.codes import DeadlineKind, NoticeKind, Party, RefusalCode
from ....states.fba import FbaReasonCode
from ....states.ledger import TransferKind
from ...paying import failed, other_payment
from ...plan import Command, Context, Draft, Refusal, decision
from ...reasons import Decision, Reason
from .valuation import Valued


def standing(case: Case) -> dict[str, Any]:
    """What is reimbursed now: value of a unit, units, amount, basis; nothing before and after."""
    return case.facts.get("reimbursed") or {"unit": 0, "units": 0, "amount": 0, "basis": ""}


def letter(draft: Draft, ctx: Context, step: str, **params: Any) -> dict[str, Any]:
    """A letter to the seller, who is the claimant here."""
    return draft.notice(ctx, NoticeKind.SELLER_INFORMED, Party.SELLER, step=step, **params)


def owed(valued: Valued, units: int) -> dict[str, Any]:
    """The fact that is kept of a reimbursement."""
    unit = valued.unit or 0
    why = [reason.to_entry() for reason in valued.reasons]
    return {"unit": unit, "units": units, "amount": unit * units, "basis": valued.basis, "why": why}


def authorize(draft: Draft, ctx: Context, amount: int, obligation: int | None = None) -> list[dict[str, Any]]:
    """The authorisation of a credit; none for nothing."""
    case = draft.case
    if amount == 0:
        return []
    return [
        draft.money(
            ctx,
            TransferKind.AUTHORIZE,
            ledger.amazon(),
            ledger.seller(case.seller),
            amount,
            obligation=obligation or case.totals.obligation + 1,
        )
    ]


def undo(draft: Draft, ctx: Context) -> list[dict[str, Any]]:
    """The reversal of the credit that stands, or the void of the one on its way."""
    case = draft.case
    totals, seller = case.totals, ledger.seller(case.seller)
    if totals.pending is not None:
        return [
            draft.money(
                ctx,
                TransferKind.VOID,
                seller,
                ledger.amazon(),
                totals.pending_minor,
                pending=totals.pending,
                obligation=totals.obligation,
            )
        ]
    if totals.posted is None:
        return []
    return [draft.money(ctx, TransferKind.REVERSE, seller, ledger.amazon(), totals.by_amazon, reverses=totals.posted)]


def _posting(draft: Draft, ctx: Context, pending: str | None, amount: int, obligation: int) -> dict[str, Any]:
    return draft.money(
        ctx,
        TransferKind.POST,
        ledger.amazon(),
        ledger.seller(draft.case.seller),
        amount,
        pending=pending,
        obligation=obligation,
    )


def settle_reimbursed(draft: Draft, ctx: Context) -> bool:
    """Confirms at once where the gateway settles at once; closes when no contest is possible any more."""
    case = draft.case
    if case.facts.get("issued_on") is not None:
        if case.deadline(DeadlineKind.VALUATION_CONTEST.value) is None:
            draft.take("close")
            return True
        return False
    if case.totals.pending is None:  # worth nothing: there is nothing to wait for
        draft.add(**_issued(draft, ctx))
        return True
    if ctx.payments == "instant":
        _post(draft, ctx)
        return True
    return False


def _issued(draft: Draft, ctx: Context) -> dict[str, Any]:
    clock = draft.deadline(
        DeadlineKind.VALUATION_CONTEST, ctx.rulebook.number("contest.window"), ctx.today, event="reimbursed"
    )
    kept = standing(draft.case)
    told = letter(
        draft,
        ctx,
        "reimbursed",
        amount=kept["amount"],
        due_on=clock["on"],
        reasons=kept["why"],
        rules=["contest.window"],
    )
    issued = {"issued_on": ctx.today.isoformat(), "payment": None, "sent_before": None}
    return {"set": issued, "deadlines": [clock], "notices": [told]}


def _post(draft: Draft, ctx: Context) -> None:
    totals = draft.case.totals
    move = _posting(draft, ctx, totals.pending, totals.pending_minor, totals.obligation)
    draft.take("confirm_payment", money=[move], **_issued(draft, ctx))


def confirm_payment(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """The credit reached the seller's account; from now on the valuation may be contested."""
    if draft.case.totals.pending is None:
        return _refused(draft, RefusalCode.NOT_ALLOWED_FROM_STATE, "no credit is on its way", "payment.pending")
    refused = other_payment(draft, command)
    if refused is None:
        _post(draft, ctx)
    return refused


def fail_payment(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """The credit failed; it is tried again under the same obligation."""
    refused = other_payment(draft, command)
    if refused is None:
        failed(draft)
    return refused


def reverse_payment(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """The reimbursement was made in error, or the credit came back (SEED 002: Amazon may reverse it)."""
    case = draft.case
    if case.totals.posted is None:
        return _refused(draft, RefusalCode.NOT_ALLOWED_FROM_STATE, "no reimbursement stands", "payment.posted")
    why = Reason(FbaReasonCode.REIMBURSED_IN_ERROR, "reversal.error", None, True)
    amount = standing(case)["amount"]
    draft.take(
        "reverse_payment",
        money=undo(draft, ctx),
        set={"reimbursed": None, "contest": None},
        deadlines=draft.all_settled(),
        decision=decision(ctx, Decision("reversal", "reversed", (why,))),
        notices=[letter(draft, ctx, "reversed", amount=amount, reasons=[why.to_entry()])],
    )
    return None


def correct(draft: Draft, ctx: Context, trigger: str, kept: dict[str, Any], why: tuple[Reason, ...]) -> None:
    """A higher value: what stands is undone, the right amount authorised; a new window begins when it is issued.

    Undone on the books alone: nobody takes the first credit back, so only the difference is sent (``sent_before``).
    """
    money = [*undo(draft, ctx), *authorize(draft, ctx, kept["amount"])]
    draft.take(
        trigger,
        set={
            "reimbursed": kept,
            "contest": None,
            "issued_on": None,
            "sent_before": draft.case.totals.by_amazon or None,
        },
        money=money,
        deadlines=draft.all_settled("met"),
        decision=decision(ctx, Decision("contest", "upheld", why)),
    )


def record_found(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """Units were found and returned to the inventory: their part of the credit is reversed."""
    case = draft.case
    kept = standing(case)
    units = command.payload.get("units", kept["units"])
    if kept["units"] == 0:
        return _refused(draft, RefusalCode.NOT_ALLOWED_FROM_STATE, "nothing is reimbursed", "payment.posted")
    if units > kept["units"]:
        return _refused(draft, RefusalCode.AMOUNT_OVER_BALANCE, "more than was reimbursed", "reversal.found")
    left = {**kept, "units": kept["units"] - units, "amount": kept["unit"] * (kept["units"] - units)}
    if case.facts.get("payment"):
        return _refused(draft, RefusalCode.PAYMENT_UNDER_WAY, "the credit's call has left", "payment.pending")
    if left["units"] and case.totals.pending is not None:
        return _refused(draft, RefusalCode.NOT_YET, "the credit is still on its way", "payment.pending")
    why = Reason(FbaReasonCode.UNITS_FOUND, "reversal.found", str(units), True, str(kept["units"]))
    back = kept["amount"] - left["amount"]
    money = undo(draft, ctx)
    if left["units"]:
        # Money only comes back here: what is left is booked at once, whoever confirms payments otherwise.
        number = case.totals.obligation + 1
        again = authorize(draft, ctx, left["amount"], number)
        money += [*again, *(_posting(draft, ctx, a["id"], left["amount"], number) for a in again)]
    draft.take(
        "reverse_part" if left["units"] else "reverse_found",
        money=money,
        set={"reimbursed": left} if left["units"] else {"reimbursed": None, "contest": None, "sent_before": None},
        deadlines=[] if left["units"] else draft.all_settled(),
        decision=decision(ctx, Decision("reversal", "reversed", (why,))),
        notices=[letter(draft, ctx, "reversed", amount=back, reasons=[why.to_entry()])],
    )
    return None


def _refused(draft: Draft, code: RefusalCode, message: str, rule: str) -> Refusal:
    return draft.refuse(code, message, Reason(code, rule, str(standing(draft.case)["units"]), False))
