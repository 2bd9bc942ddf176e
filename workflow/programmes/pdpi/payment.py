"""Payment: one obligation, authorised once, then posted or void.

Two phases (domain notes 1.4: Amazon settles by concession): ``authorize`` when the claim is approved, exactly one
of ``post`` or ``void`` after. A failed payment is tried again under the same obligation; a reversed one opens a
new obligation only after a person released the hold. The database refuses what these rules would never ask.
"""

from __future__ import annotations

from typing import Any

from ....states import ledger
from ....states.codes import HoldReason, NoticeKind, Party, ReasonCode, RefusalCode
from ....states.ledger import TransferKind
from ...paying import failed, other_payment, other_reversed, posting
from ...plan import Command, Context, Draft, Refusal, decision
from ...reasons import Decision, Reason
from .amounts import payable


def settle_approved(draft: Draft, ctx: Context) -> bool:
    """Authorises what is owed, and confirms at once where the gateway settles at once."""
    case = draft.case
    if case.facts.get("payment"):
        return False
    owed = payable(case, ctx)
    if case.totals.pending is not None and case.totals.pending_minor != owed:
        draft.add(money=void(draft, ctx))
    if draft.case.totals.pending is None:
        if owed == 0:
            return False
        _authorize(draft, ctx, owed)
    if ctx.payments != "instant":
        return False
    _post(draft, ctx)
    return True


def _authorize(draft: Draft, ctx: Context, amount: int) -> None:
    move = draft.money(
        ctx,
        TransferKind.AUTHORIZE,
        ledger.amazon(),
        ledger.customer(draft.case.id),
        amount,
        obligation=draft.case.totals.obligation + 1,
    )
    draft.add(money=[move])


def void(draft: Draft, ctx: Context) -> list[dict[str, Any]]:
    """The void of the open authorisation, if there is one."""
    totals = draft.case.totals
    if totals.pending is None:
        return []
    return [
        draft.money(
            ctx,
            TransferKind.VOID,
            ledger.customer(draft.case.id),
            ledger.amazon(),
            totals.pending_minor,
            pending=totals.pending,
            obligation=totals.obligation,
        )
    ]


def _post(draft: Draft, ctx: Context) -> None:
    case = draft.case
    totals = case.totals
    move = posting(draft, ctx, ledger.amazon(), ledger.customer(case.id))
    draft.take(
        "confirm_payment",
        money=[move],
        deadlines=draft.all_settled("met"),
        set={"payment": None},
        notices=[
            draft.notice(
                ctx,
                NoticeKind.CUSTOMER_PAID,
                Party.CUSTOMER,
                amount=totals.pending_minor,
                losses=case.facts.get("assessed") or case.facts.get("losses"),
            )
        ],
    )


def confirm_payment(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """The payment reached the customer (a bank or the gateway says so)."""
    refusal = _none_such(draft, command)
    if refusal is None:
        _post(draft, ctx)
    return refusal


def _none_such(draft: Draft, command: Command) -> Refusal | None:
    """Nothing is authorised, or it is news of another payment."""
    if draft.case.totals.pending is None:
        return Refusal(RefusalCode.NOT_YET, "nothing is authorised to be paid", draft.case.state)
    return other_payment(draft, command)


def fail_payment(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """The payment failed; it is tried again under the same obligation."""
    refusal = _none_such(draft, command)
    if refusal is not None:
        return refusal
    failed(draft)
    return None


def reverse_payment(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """The payment came back or was made in error: everything is undone, a person must release it to pay again."""
    case = draft.case
    totals = case.totals
    if totals.posted is None or totals.by_amazon <= 0:
        return draft.refuse(
            RefusalCode.NOT_ALLOWED_FROM_STATE,
            "no payment of Amazon's stands",
            Reason("not_allowed_from_state", "payment.posted", "0", False),
        )
    refused = other_reversed(draft, command)
    if refused is not None:
        return refused
    moves = [
        draft.money(
            ctx,
            TransferKind.REVERSE,
            ledger.customer(case.id),
            ledger.amazon(),
            totals.by_amazon,
            reverses=totals.posted,
        )
    ]
    moves += give_back(draft, ctx)
    draft.take(
        "reverse_payment",
        money=moves,
        holds=[{"op": "set", "reason": HoldReason.PAYMENT_REVERSED.value}],
        set={"recovery": None, "review": None, "appealed": None},  # another demand may be appealed like the first
        deadlines=draft.all_settled(),
    )
    return None


def give_back(draft: Draft, ctx: Context) -> list[dict[str, Any]]:
    """Reversals of every recoupment that stands."""
    return [
        draft.money(ctx, TransferKind.REVERSE, ledger.amazon(), paid["account"], paid["amount"], reverses=paid["id"])
        for paid in draft.case.facts.get("recovered", [])
    ]


def deny_by_person(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """A person denies: the reason is sealed, the code says that a person did."""
    case = draft.case
    if case.facts.get("payment"):
        return draft.refuse(RefusalCode.PAYMENT_UNDER_WAY, "a payment is under way; wait for its outcome")
    why = Reason(ReasonCode.DENIED_BY_PERSON, "decision.person", None, False)
    notices = [draft.notice(ctx, NoticeKind.CUSTOMER_DENIED, Party.CUSTOMER, reasons=[why.to_entry()])]
    if any(n.party == Party.SELLER.value for n in case.notices):
        notices.append(draft.notice(ctx, NoticeKind.SELLER_INFORMED, Party.SELLER, step="denied"))
    holds = [{"op": "release", "reason": h} for h in case.holds]
    draft.take(
        "deny",
        set={"clocks_paused_at": None} if case.facts.get("clocks_paused_at") else None,
        decision=decision(ctx, Decision("person", "deny", (why,))),
        money=void(draft, ctx),
        holds=holds,
        notices=notices,
        deadlines=draft.all_settled(),
    )
    return None
