"""Appeals of both sides, and the two halves of a seller's: the money, and the order defect rate.

Domain notes 3.1 and 3.2: the customer appeals a denial, the seller a grant that was debited, each within thirty
calendar days; one appeal each. Money and metric are separate, so either may be reversed alone (3.3). What Amazon paid
stays with the customer. Left out: the seven days until a reversal shows.
"""

from __future__ import annotations

from typing import Any

from ....states import ledger
from ....states.codes import DeadlineKind, NoticeKind, Party, RefusalCode
from ....states.ledger import TransferKind
from ....states.order import OrderReasonCode
from ...plan import Command, Context, Draft, Refusal, decision
from ...reasons import Decision, Reason
from . import granting

_WHO = {"denied": "customer", "granted_seller_funded": "seller"}
_OUTCOME = {"both": "reversed", "money": "money_reversed", "odr": "odr_reversed", "none": "kept"}
_WINDOW = {"customer": "order.customer_appeal_window", "seller": "order.seller_appeal_window"}


def appeal(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """The customer appeals a denial, the seller a debit."""
    case = draft.case
    who = _WHO[case.state]
    rule = _WINDOW[who]
    if command.payload.get("by", who) != who or who in case.facts.get("appealed", ()):
        return draft.refuse(RefusalCode.NOTHING_TO_APPEAL, "there is no decision this party may appeal",
                        Reason(RefusalCode.NOTHING_TO_APPEAL, rule, command.payload.get("by", who), False))  # fmt: skip
    clock = case.deadline(DeadlineKind.APPEAL.value)
    if clock is None and who == "seller" and not case.facts.get("debited"):
        return draft.refuse(RefusalCode.NOT_YET, "nothing was debited yet",
                        Reason(RefusalCode.NOT_YET, rule, case.state, False))  # fmt: skip
    if clock is None or ctx.today.isoformat() > clock.on:
        last = next((d.on for d in reversed(case.deadlines) if d.kind == DeadlineKind.APPEAL.value), "unknown")
        return draft.refuse(RefusalCode.LATE_APPEAL, f"the appeal window ended on {last}",
                        Reason(RefusalCode.LATE_APPEAL, rule, ctx.today.isoformat(), False, f"by {last}"))  # fmt: skip
    draft.take(
        "appeal",
        set={"appeal_by": who, "appealed": [*case.facts.get("appealed", ()), who], "examined": True},
        deadlines=[*draft.all_settled("met"), *draft.target(ctx, "appealed")],
    )
    return None


def decide_appeal(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """A person decides: the customer's appeal as a whole, the seller's in its two halves."""
    payload = command.payload
    if draft.case.facts["appeal_by"] == "seller":
        _of_seller(draft, ctx, payload["money"] == "reversed", payload["odr"] == "reversed")
        return None
    if payload["decision"] == "upheld":
        why = Reason(OrderReasonCode.DENIAL_REVERSED, "order.customer_appeal_window", "upheld")
        return granting.grant_on_appeal(draft, ctx, payload.get("at_fault", "seller"), (why,))
    why = Reason(OrderReasonCode.DENIAL_KEPT, "order.customer_appeal_window", "denied", False)
    granting.deny(draft, ctx, "keep_denial", (why,), "appeal")
    return None


def _of_seller(draft: Draft, ctx: Context, money: bool, odr: bool) -> None:
    case = draft.case
    debit: dict[str, Any] | None = case.facts.get("debit")
    amount = debit["amount"] if debit else 0
    why = (
        Reason(OrderReasonCode.MONEY_REVERSED if money else OrderReasonCode.MONEY_KEPT, "order.appeal", "money", money),
        Reason(OrderReasonCode.ODR_REVERSED if odr else OrderReasonCode.ODR_KEPT, "order.appeal", "odr", odr),
    )
    back = [
        draft.money(ctx, TransferKind.REVERSE, ledger.amazon(), debit["account"], amount, reverses=debit["id"])
        for debit in ([debit] if debit and money else [])
    ]
    outcome = {(True, True): "both", (True, False): "money", (False, True): "odr", (False, False): "none"}[money, odr]
    counted = bool(case.facts.get("odr_counted")) and not odr
    draft.take(
        "give_money_back" if money else "keep_grant",
        money=back,
        set={
            "odr_counted": counted,
            "funded_by": "amazon" if money else case.facts.get("funded_by"),
            "debit": None if money else debit,
            "appeal_by": None,
        },
        deadlines=draft.all_settled("met"),
        decision=decision(ctx, Decision("appeal", _OUTCOME[outcome], why)),
        notices=[
            draft.notice(ctx, NoticeKind.SELLER_APPEAL_DECIDED, Party.SELLER, decision="upheld" if money else "denied",
                         step=outcome, amount=amount, reasons=[r.to_entry() for r in why])
        ],
    )  # fmt: skip
