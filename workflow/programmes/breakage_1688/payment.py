"""The insurer's payment to the buyer.

SEED 003: the insurer pays what was verified. Two phases, one obligation, as everywhere in the ledger; the debit account
is the insurer's, so what the claim's totals hold as paid is the insurer's money, not Amazon's. A payment that came back
leads to ``filed`` under a hold: a person releases it to pay again, or denies. Left out: the insurer's own books.
"""

from __future__ import annotations

from typing import Any

from ....states import ledger
from ....states.codes import HoldReason, NoticeKind, Party, RefusalCode, TaskKind
from ....states.ledger import TransferKind
from ...paying import failed, other_payment, posting
from ...plan import Command, Context, Draft, Refusal
from ...reasons import Reason
from . import recourse


def authorize(draft: Draft, ctx: Context, amount: int) -> list[dict[str, Any]]:
    """The authorisation of the benefit; none for nothing."""
    case = draft.case
    if amount == 0:
        return []
    payer, payee = ledger.insurer(case.seller), ledger.customer(case.id)
    number = case.totals.obligation + 1
    return [draft.money(ctx, TransferKind.AUTHORIZE, payer, payee, amount, obligation=number)]


def settle_paid(draft: Draft, ctx: Context) -> bool:
    """Confirms at once where the gateway settles at once, then opens the recourse; nothing to pay closes the claim."""
    case = draft.case
    if case.totals.pending is not None:
        if ctx.payments != "instant":
            return False
        _post(draft, ctx)
        return True
    if case.totals.posted is None:
        told = draft.notice(ctx, NoticeKind.CUSTOMER_PAID, Party.CUSTOMER, amount=0, rules=["cover.share_percent"])
        draft.take("close", notices=[told])
        return True
    recourse.open_recourse(draft, ctx)
    return True


def _post(draft: Draft, ctx: Context) -> None:
    case = draft.case
    move = posting(draft, ctx, ledger.insurer(case.seller), ledger.customer(case.id))
    rules = ["cover.share_percent", "cover.cap", "insurer.name"]
    paid = case.totals.pending_minor
    told = draft.notice(ctx, NoticeKind.CUSTOMER_PAID, Party.CUSTOMER, amount=paid, rules=rules)
    draft.take("confirm_payment", money=[move], set={"payment": None}, notices=[told])


def confirm_payment(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """The insurer's payment reached the buyer."""
    refused = other_payment(draft, command)
    if refused is None:
        _post(draft, ctx)
    return refused


def fail_payment(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """The payment failed; it is tried again under the same obligation."""
    refused = other_payment(draft, command)
    if refused is None:
        failed(draft)
    return refused


def reverse_payment(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """The payment came back or was made in error: everything is undone, a person releases it to pay again."""
    case = draft.case
    totals = case.totals
    if totals.posted is None:
        why = Reason(RefusalCode.NOT_ALLOWED_FROM_STATE, "payment.posted", "0", False)
        return draft.refuse(RefusalCode.NOT_ALLOWED_FROM_STATE, "no payment of the insurer's stands", why)
    payer, payee = ledger.insurer(case.seller), ledger.customer(case.id)
    back = draft.money(ctx, TransferKind.REVERSE, payee, payer, totals.by_amazon, reverses=totals.posted)
    draft.take(
        "reverse_payment",
        money=[back, *recourse.give_back(draft, ctx)],
        holds=[{"op": "set", "reason": HoldReason.PAYMENT_REVERSED.value}],
        tasks=[{"op": "open", "kind": TaskKind.HOLD_REVIEW.value}],
        set={"recovery": None, "benefit": None, "examined": None},
        deadlines=draft.all_settled(),
    )
    return None
