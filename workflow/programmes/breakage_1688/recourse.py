"""Recourse: the insurer paid and may ask the merchant to reimburse it.

SEED 003: "after the insurance company has paid it has the right of recourse against the merchant"; the details stand in
the contract between the two, which is not published, so there is no date and no withholding here. Money comes back in
parts or in full, never more than was paid; what is given up is written off. Left out: a dispute about the recourse.
"""

from __future__ import annotations

from typing import Any

from ....states import ledger
from ....states.breakage_1688 import BreakageReasonCode
from ....states.case import Case
from ....states.codes import NoticeKind, Party, ReasonCode, RefusalCode
from ....states.ledger import TransferKind
from ....states.money import to_text
from ...plan import Command, Context, Draft, Refusal, decision
from ...reasons import Decision, Reason


def reason(case: Case, amount: int) -> Reason:
    """Why the merchant is asked."""
    return Reason(BreakageReasonCode.RECOURSE, "cover.recourse", to_text(amount, case.currency))


def open_recourse(draft: Draft, ctx: Context) -> None:
    """The merchant is asked for what the insurer paid; the decision to pay says why."""
    case = draft.case
    why = reason(case, case.totals.by_amazon)
    letter = draft.notice(
        ctx, NoticeKind.SELLER_RECOVERY_DUE, Party.SELLER, amount=case.totals.by_amazon, reasons=[why.to_entry()],
        rules=["insurer.name"],
    )  # fmt: skip
    draft.take(
        "open_recourse",
        set={"recovery": {"status": "due", "from": "seller"}},
        notices=[letter],
    )


def record_recovery(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """Money came back from the merchant, in part or in full; never more than is still asked."""
    case = draft.case
    amount, balance = command.payload["amount"], case.totals.by_amazon - case.totals.recovered
    if amount > balance:
        code, currency = RefusalCode.AMOUNT_OVER_BALANCE, case.currency
        why = Reason(code, "recovery.balance", to_text(amount, currency), False, to_text(balance, currency))
        return draft.refuse(code, "more than is still asked", why)
    move = draft.money(
        ctx,
        TransferKind.RECOUP,
        ledger.seller(case.seller),
        ledger.insurer(case.seller),
        amount,
        obligation=case.totals.recoupments + 1,
    )
    if amount < balance:
        draft.take("record_recovery", money=[move])
        return None
    why = Reason(ReasonCode.RECOVERED_IN_FULL, "recovery.balance", to_text(case.totals.by_amazon, case.currency))
    draft.take(
        "complete_recovery",
        money=[move],
        set={"recovery": {"status": "recouped", "from": "seller"}},
        decision=decision(ctx, Decision("recourse", "recouped", (why,))),
    )
    return None


def write_off(draft: Draft, ctx: Context, command: Command) -> None:
    """The insurer gives up what is left: recourse is a right, not a duty."""
    case = draft.case
    rest = case.totals.by_amazon - case.totals.recovered
    why = Reason(ReasonCode.WRITTEN_OFF, "recovery.write_off", to_text(rest, case.currency))
    draft.take(
        "write_off",
        money=[
            draft.money(ctx, TransferKind.WRITE_OFF, ledger.insurer("written_off"), ledger.seller(case.seller), rest)
        ],
        set={"recovery": {"status": "written_off", "from": "seller"}},
        decision=decision(ctx, Decision("recourse", "written_off", (why,))),
        notices=[draft.notice(ctx, NoticeKind.SELLER_INFORMED, Party.SELLER, step="written_off", amount=rest)],
    )


def give_back(draft: Draft, ctx: Context) -> list[dict[str, Any]]:
    """Reversals of every recoupment that stands (the journal keeps which)."""
    insurer = ledger.insurer(draft.case.seller)
    return [
        draft.money(ctx, TransferKind.REVERSE, insurer, paid["account"], paid["amount"], reverses=paid["id"])
        for paid in draft.case.facts.get("recovered", [])
    ]
