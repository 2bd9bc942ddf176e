"""Granting and what follows in money: the customer is paid, the seller's account debited, in one transaction.

Domain notes 3.2: a grant is seller-funded or Amazon-funded; a missed answer of the seller grants, debits and counts.
Amazon pays the customer under one obligation (authorise, then post); at the seller's cost the same amount is debited in
the next entry, and the thirty days of the appeal begin. A refund in full by the seller closes the claim and counts.
Left out: payments that come back, and money for an order that was cancelled, which the order itself returns.
"""

from __future__ import annotations

from ....states import ledger
from ....states.case import Deadline
from ....states.codes import DeadlineKind, NoticeKind, Outcome, Party, ReasonCode, RefusalCode
from ....states.ledger import TransferKind
from ....states.money import to_text
from ....states.order import OrderReasonCode
from ...paying import failed, other_payment, posting
from ...plan import Command, Context, Draft, Refusal, decision
from ...reasons import Decision, Reason
from . import amounts
from .eligibility import paid_otherwise
from .funding import Funding, at_the_sellers_cost, fund

#: The step of a grant by who pays, for each way that leads to one.
_GRANTED = {"seller": "granted_seller", "amazon": "granted_amazon"}
_BY_PERSON = {"seller": "seller_pays", "amazon": "amazon_pays"}
_ON_SILENCE = {"seller": "seller_pays_on_silence", "amazon": "amazon_pays_on_silence"}
_ON_APPEAL = {"seller": "seller_pays_on_appeal", "amazon": "amazon_pays_on_appeal"}


def _grant(draft: Draft, ctx: Context, trigger: str, funding: Funding, why: tuple[Reason, ...], how: str) -> None:
    case = draft.case
    reasons = (*why, funding.reason, *_ceiling(draft, ctx), *_paid_elsewhere(draft, ctx))
    draft.take(
        trigger,
        set={
            "odr_counted": funding.counted,
            "funded_by": funding.by,
            "granted_for": [r.to_entry() for r in reasons],
            "information": None,
        },
        deadlines=[{**op, "op": how} if op["kind"] == DeadlineKind.INFORMATION.value else op
                   for op in draft.all_settled("met")],
        decision=decision(ctx, Decision("routing", _GRANTED[funding.by], reasons)),
    )  # fmt: skip
    owed = amounts.payable(case, ctx.rulebook, ctx.others)
    if owed:
        _authorize(draft, ctx, owed)
    elif amounts.paid_for_order(case):  # all of it was paid back before: the customer is told so
        letter = draft.notice(ctx, NoticeKind.CUSTOMER_PAID, Party.CUSTOMER, amount=0, rules=["order.amount"])
        draft.add(notices=[letter])


def _authorize(draft: Draft, ctx: Context, amount: int) -> None:
    case = draft.case
    number = case.totals.obligation + 1
    move = draft.money(
        ctx, TransferKind.AUTHORIZE, ledger.amazon(), ledger.customer(case.id), amount, obligation=number
    )
    draft.add(money=[move])


def _ceiling(draft: Draft, ctx: Context) -> tuple[Reason, ...]:
    whole, most = amounts.paid_for_order(draft.case), amounts.ceiling(ctx.rulebook)
    if most is None or whole <= most:
        return ()
    currency = draft.case.currency
    shown = to_text(most, currency)
    return (Reason(ReasonCode.CEILING_APPLIED, "order.refund_ceiling", to_text(whole, currency), True, shown, ("O1",)),)


def _paid_elsewhere(draft: Draft, ctx: Context) -> tuple[Reason, ...]:
    """A note where the same purchase was paid back under another claim."""
    had = amounts.elsewhere(draft.case, ctx.others)
    if had == 0:
        return ()
    return (Reason(ReasonCode.ALREADY_PAID, "order.amount", to_text(had, draft.case.currency), True),)


def settle_granted(draft: Draft, ctx: Context) -> bool:
    """Pays at once where payments are instant, then debits the seller where the grant is at the seller's cost."""
    case = draft.case
    if case.totals.pending is not None:
        if ctx.payments != "instant":
            return False
        _post(draft, ctx)
        return True
    if case.state == "granted_seller_funded" and not case.facts.get("debited"):
        _debit(draft, ctx)
        return True
    return False


def _post(draft: Draft, ctx: Context) -> None:
    case = draft.case
    move = posting(draft, ctx, ledger.amazon(), ledger.customer(case.id))
    paid = case.totals.pending_minor
    letters = [draft.notice(ctx, NoticeKind.CUSTOMER_PAID, Party.CUSTOMER, amount=paid, rules=["order.amount"])]
    if case.state == "granted_amazon_funded":
        letters.append(
            draft.notice(
                ctx,
                NoticeKind.SELLER_INFORMED,
                Party.SELLER,
                step="amazon_funded",
                reasons=case.facts.get("granted_for"),
            )
        )
    draft.take("confirm_payment", money=[move], set={"payment": None}, notices=letters)


def _debit(draft: Draft, ctx: Context) -> None:
    """What was paid is debited; the appeal's thirty days run from here (the grant and the debit, domain notes 3.2)."""
    case = draft.case
    amount = case.totals.by_amazon - case.totals.recovered
    clock = draft.deadline(
        DeadlineKind.APPEAL, ctx.rulebook.number("order.seller_appeal_window"), ctx.today, event="granted and debited"
    )
    account = ledger.seller(case.seller)
    move = draft.money(
        ctx, TransferKind.RECOUP, account, ledger.amazon(), amount, obligation=case.totals.recoupments + 1
    )
    step = "debited" if case.facts.get("odr_counted") else "debited_not_counted"
    letter = draft.notice(
        ctx,
        NoticeKind.SELLER_RECOVERY_DUE,
        Party.SELLER,
        amount=amount,
        due_on=clock["on"],
        step=step,
        reasons=case.facts.get("granted_for"),
        rules=["order.seller_appeal_window"],
    )
    draft.take(
        "debit_seller",
        money=[move] if amount else [],
        set={"debited": True, "debit": {"id": move["id"], "amount": amount, "account": account} if amount else None},
        deadlines=[clock],
        notices=[letter],
    )


def confirm_payment(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """The payment reached the customer (a bank or the gateway says so)."""
    if draft.case.totals.pending is None:
        return _not_allowed(draft, "nothing is authorised to be paid", "payment.pending")
    refused = other_payment(draft, command)
    if refused is None:
        _post(draft, ctx)
    return refused


def fail_payment(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """The payment failed; it is tried again under the same obligation."""
    if draft.case.totals.pending is None:
        return _not_allowed(draft, "nothing is authorised to be paid", "payment.pending")
    refused = other_payment(draft, command)
    if refused is None:
        failed(draft)
    return refused


def _not_allowed(draft: Draft, message: str, rule: str) -> Refusal:
    why = Reason(RefusalCode.NOT_ALLOWED_FROM_STATE, rule, draft.case.state, False)
    return draft.refuse(RefusalCode.NOT_ALLOWED_FROM_STATE, message, why)


# -- the ways that lead to a grant ---------------------------------------------------------------------------------


def decide(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """A person grants or denies. What is asked is waited for first, as long as the window is open."""
    case = draft.case
    asked = case.deadline(DeadlineKind.INFORMATION.value)
    if asked is not None:
        return _not_yet(draft, f"the answer asked for is awaited until {asked.on}", Reason(
            RefusalCode.NOT_YET, "order.decision", asked.on, False))  # fmt: skip
    if command.payload["decision"] == "deny":
        why = Reason(OrderReasonCode.NOT_SUBSTANTIATED, "order.decision", "deny", False)
        deny(draft, ctx, "find_unsupported", (why,), "person")
        return None
    found = fundable(draft, ctx, command.payload["at_fault"])
    if isinstance(found, Refusal):
        return found
    _grant(draft, ctx, _BY_PERSON[found.by], found, (), "met")
    return None


def fundable(draft: Draft, ctx: Context, at_fault: str) -> Funding | Refusal:
    """Who pays; a refusal that names the fact it hangs on when that is not known (reading O8)."""
    bars = paid_otherwise(draft.case)
    if bars is not None:
        hint = "deny, or amend the fact where it was told wrong"
        return draft.refuse(bars.code, "the customer has this money already", bars, hint=hint)
    found = fund(draft.case, at_fault)
    if isinstance(found, Reason):
        return _not_yet(draft, f"who pays hangs on {found.value}, which is not known", found,
                        f"amend {found.value}, or say at_fault: none")  # fmt: skip
    order = draft.case.facts["order"]
    for name in ("price", "shipping"):
        if order.get(name) == "unknown":
            why = Reason(ReasonCode.FACT_UNKNOWN, "order.amount", f"order.{name}", None)
            return _not_yet(draft, "what the customer paid is not known", why, f"amend order.{name}")
    return found


def _not_yet(draft: Draft, message: str, why: Reason, hint: str = "") -> Refusal:
    return draft.refuse(RefusalCode.NOT_YET, message, why, hint=hint)


def deny(draft: Draft, ctx: Context, trigger: str, why: tuple[Reason, ...], kind: str) -> None:
    """Denied: the customer may appeal for thirty days from here, once; the claim does not count."""
    window = ctx.rulebook.number("order.customer_appeal_window")
    clocks = [draft.deadline(DeadlineKind.APPEAL, window, ctx.today, event="denied")]
    if kind == "appeal":
        clocks = []
    due_on = clocks[0]["on"] if clocks else None
    failed = [r.to_entry() for r in why if r.result is False]
    letters = [
        draft.notice(
            ctx,
            NoticeKind.CUSTOMER_DENIED,
            Party.CUSTOMER,
            claimed=amounts.paid_for_order(draft.case),
            reasons=failed,
            due_on=due_on,
            rules=["order.customer_appeal_window"] if due_on else [],
        )
    ]
    if any(n.party == Party.SELLER.value for n in draft.case.notices):
        letters.append(draft.notice(ctx, NoticeKind.SELLER_INFORMED, Party.SELLER, step="denied"))
    draft.take(
        trigger,
        set={"odr_counted": False, "information": None},
        decision=decision(ctx, Decision(kind, Outcome.DENY.value, why)),
        deadlines=[*draft.all_settled(), *clocks],
        notices=letters,
    )


def grant_on_silence(draft: Draft, ctx: Context, why: Reason, clock: Deadline | None = None) -> None:
    """The seller was silent: granted. Where a label's protection cannot be told, the silent side bears it (O8)."""
    found = fund(draft.case, "seller")
    funding = at_the_sellers_cost("seller", found.readings) if isinstance(found, Reason) else found
    _grant(draft, ctx, _ON_SILENCE[funding.by], funding, (why,), "met" if clock is None else "missed")


def grant_on_appeal(draft: Draft, ctx: Context, at_fault: str, why: tuple[Reason, ...]) -> Refusal | None:
    """The customer's appeal was upheld."""
    found = fundable(draft, ctx, at_fault)
    if isinstance(found, Refusal):
        return found
    _grant(draft, ctx, _ON_APPEAL[found.by], found, why, "met")
    return None


# -- refunds -------------------------------------------------------------------------------------------------------


def refund(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """The seller (left out) or Amazon refunded; never more than the customer paid and has not back."""
    case = draft.case
    by = command.payload.get("by", "seller")
    left = amounts.open_amount(case, ctx.others if by == "amazon" else ())  # what a seller gave is a fact
    amount = command.payload.get("amount", left)
    unpriced = case.facts["order"].get("price") == "unknown"
    if amount == 0 or (amount > left and not unpriced):
        shown, limit = to_text(amount, case.currency), to_text(left, case.currency)
        why = Reason(RefusalCode.AMOUNT_OVER_BALANCE, "order.amount", shown, False, limit)
        return draft.refuse(RefusalCode.AMOUNT_OVER_BALANCE, "more than the customer paid and is owed", why)
    if by == "amazon":
        return _refund_by_amazon(draft, ctx, command, amount)
    move = draft.money(
        ctx, TransferKind.SETTLE, ledger.seller(case.seller), ledger.customer(case.id), amount, by="seller"
    )
    draft.take("record_refund", money=[move])
    return None


def _refund_by_amazon(draft: Draft, ctx: Context, command: Command, amount: int) -> Refusal | None:
    """Amazon's own refund is a grant at its cost: nothing is asked of the seller, and nothing counts."""
    if not command.lenient and not command.reason.strip():
        why = Reason(RefusalCode.NEEDS_REASON, "control.reason", None, False)
        return draft.refuse(RefusalCode.NEEDS_REASON, "a refund by Amazon needs a reason", why)
    why = Reason(OrderReasonCode.REFUNDED_BY_AMAZON, "order.refund", "amazon")
    draft.take(
        "refund_by_amazon",
        set={"odr_counted": False, "funded_by": "amazon", "information": None},
        deadlines=draft.all_settled("met"),
        decision=decision(ctx, Decision("routing", "granted_amazon", (why,))),
    )
    _authorize(draft, ctx, amount)
    return None


def settle_refunded(draft: Draft, ctx: Context) -> bool:
    """The seller gave back all of it after the claim was filed: closed as refunded, and it counts (3.3)."""
    case = draft.case
    if not amounts.refunded_in_full(case):
        return False
    paid = amounts.refunded(case)
    why = Reason(OrderReasonCode.REFUNDED_IN_FULL, "order.refund", to_text(paid, case.currency))
    draft.take(
        "close_as_refunded",
        set={"odr_counted": True, "information": None},
        deadlines=draft.all_settled("met"),
        decision=decision(ctx, Decision("routing", "refunded_by_seller", (why,))),
        notices=[
            draft.notice(
                ctx, NoticeKind.CUSTOMER_RESOLVED, Party.CUSTOMER, amount=paid, by="seller", rules=["order.refund"]
            ),
            draft.notice(
                ctx, NoticeKind.SELLER_INFORMED, Party.SELLER, step="resolved", amount=paid, rules=["order.refund"]
            ),
        ],
    )
    return True
