"""Payments as every programme makes them: what is authorised is posted, and news of another payment changes nothing.

Decision: a confirmation, or the news that a payment came back, that names a transfer of ours must name the one it is
about now. A bank may tell twice, or late, of a payment that was void or reversed since: taken for the one that is under
way or stands, it would stand as paid what nobody was paid, or be paid a second time. A reference of the bank's own says
nothing of that. What a seller or insurer was said to have paid and the customer never had is reversed as it was
recorded. Left out: who pays whom, which is each programme's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..states import ledger
from ..states.case import Case
from ..states.codes import RefusalCode
from ..states.ids import is_well_formed
from ..states.ledger import TransferKind
from .plan import Command, Context, Draft, Refusal, next_instant
from .reasons import Reason

if TYPE_CHECKING:
    from .engine import Session


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


def to_send(case: Case) -> int:
    """What is to leave the house for the open authorisation: less what was sent before, where it was valued anew."""
    return case.totals.pending_minor - case.facts.get("sent_before", 0)


def has_money(case: Case) -> bool:
    """Whether a payment stands on a claim or is about to: of two claims for one loss it counts as the earlier one.

    By their ids alone the later could seem the earlier: of two clocks one is behind, and a claim may be corrected into
    the loss of another.
    """
    return case.totals.pending is not None or case.totals.posted is not None


def other_payment(draft: Draft, command: Command) -> Refusal | None:
    """News of a transfer of ours that is not the one authorised now; None for everything else."""
    case, told = draft.case, command.payload.get("ref")
    if told is None or told == case.totals.pending or not is_well_formed(told, "PAY"):
        return None
    why = Reason(RefusalCode.NOT_YET, "payment.pending", told, False, case.totals.pending)
    message = "another payment is authorised now" if case.totals.pending else "nothing is authorised to be paid"
    return Refusal(RefusalCode.NOT_YET, message, case.state, (why,), (), "", next_instant(case))


def other_reversed(draft: Draft, command: Command) -> Refusal | None:
    """News that a transfer of ours came back which is not the one that stands; None for everything else.

    ``found`` names the authorisation behind the payment that stands: the reference its provider knows it by.
    """
    case, told, found = draft.case, command.payload.get("ref"), command.found or {}
    if told is None or "paid" not in found or told in (case.totals.posted, found["paid"]):
        return None
    why = Reason(RefusalCode.NOT_YET, "payment.posted", told, False, found["paid"])
    return Refusal(RefusalCode.NOT_YET, "another payment stands", case.state, (why,), (), "", next_instant(case))


def with_paid(session: Session, command: Command) -> Command:
    """A ``reverse_payment`` that names a transfer of ours, with the authorisation of the payment that stands."""
    case = session.case(str(command.claim))
    if case is None or case.totals.posted is None or not is_well_formed(command.payload.get("ref") or "", "PAY"):
        return command
    moves = session.unit.transfers(case.id)
    paid = next((t.pending for t in moves if t.id == case.totals.posted), None)
    return replace(command, found={"paid": paid})


def with_settled(session: Session, command: Command) -> Command:
    """A ``reopen`` that says a settlement was not received, with those that stand."""
    if command.payload.get("settlement_received") is not False:
        return command
    return replace(command, found=settlements(t._asdict() for t in session.unit.transfers(str(command.claim))))


def settlements(moves: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What a ``reopen`` takes back, of transfers as the ledger or the entries of the claim hold them."""
    told = list(moves)
    undone = {move.get("reverses") for move in told}
    stands = [move for move in told if move["kind"] == TransferKind.SETTLE.value and move["id"] not in undone]
    return {
        "settled": [
            {"id": m["id"], "amount": m["amount"], "payer": m["debit"], "by": m["debit"].partition(":")[0]}
            for m in stands
        ]
    }


def unsettled(draft: Draft, ctx: Context, command: Command) -> list[dict[str, Any]]:
    """The reversals of the settlements that stand, where the command says they were not received: each whole, once."""
    if command.payload.get("settlement_received") is not False:
        return []
    customer = ledger.customer(draft.case.id)
    return [
        draft.money(
            ctx,
            TransferKind.REVERSE,
            customer,
            told["payer"],
            told["amount"],
            reverses=told["id"],
            by=told["by"],
        )
        for told in (command.found or {}).get("settled", ())
    ]


def failed(draft: Draft) -> None:
    """The payment failed; it is tried again under the same obligation."""
    failures = draft.case.facts.get("payment_failures", 0) + 1
    draft.take("fail_payment", set={"payment_failures": failures, "payment": None})
