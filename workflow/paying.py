"""Payments as every programme makes them: what is authorised is posted, and news of another payment changes nothing.

Decision: a confirmation that names a transfer of ours must name the one that is authorised now. A bank may tell twice,
or late, of a payment that was void or reversed since: taken for the one that is under way, it would stand as paid what
nobody was paid. A reference of the bank's own says nothing of that. Left out: who pays whom, which is each programme's.
"""

from __future__ import annotations

from typing import Any

from ..states.codes import RefusalCode
from ..states.ids import is_well_formed
from ..states.ledger import TransferKind
from .plan import Command, Context, Draft, Refusal, next_instant
from .reasons import Reason


def posting(draft: Draft, ctx: Context, payer: str, payee: str) -> dict[str, Any]:
    """The transfer that posts what is authorised."""
    totals = draft.case.totals
    return draft.money(
        ctx,
        TransferKind.POST,
        payer,
        payee,
        totals.pending_minor,
        pending=totals.pending,
        obligation=totals.obligation,
    )


def other_payment(draft: Draft, command: Command) -> Refusal | None:
    """News of a transfer of ours that is not the one authorised now; None for everything else."""
    case, told = draft.case, command.payload.get("ref")
    if told is None or told == case.totals.pending or not is_well_formed(told, "PAY"):
        return None
    why = Reason(RefusalCode.NOT_YET, "payment.pending", told, False, case.totals.pending)
    message = "another payment is authorised now" if case.totals.pending else "nothing is authorised to be paid"
    return Refusal(RefusalCode.NOT_YET, message, case.state, (why,), (), "", next_instant(case))


def failed(draft: Draft) -> None:
    """The payment failed; it is tried again under the same obligation."""
    failures = draft.case.facts.get("payment_failures", 0) + 1
    draft.take("fail_payment", set={"payment_failures": failures, "payment": None})
