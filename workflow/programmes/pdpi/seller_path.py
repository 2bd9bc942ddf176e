"""The path over the line: the seller's answer, silence, rejection, the customer's no, stepping in.

Readings R10 and R11, domain notes 1.5: seven days to answer, silence makes Amazon step in and pay; a rejection by
seller or insurer, a declined offer or thirty days without a resolution go to a person, who steps in or denies.
An answer after the window finds the claim moved on. Answering waives no rights or defences.
"""

from __future__ import annotations

from ....states import ledger
from ....states.case import Deadline
from ....states.codes import DeadlineKind, NoticeKind, Outcome, Party, ReasonCode
from ....states.ledger import TransferKind
from ...plan import Command, Context, Draft, Refusal, decision
from ...reasons import Decision, Reason
from . import payment
from .eligibility import examine
from .routing import approve


def respond(draft: Draft, ctx: Context, command: Command) -> None:
    """The seller's (or the insurer's) position."""
    position, by = command.payload["position"], command.payload.get("by", "seller")
    draft_facts = {"response": {"position": position, "by": by}}
    if position == "information":
        draft.take("give_information", set=draft_facts)
    elif position == "accept":
        _accepted(draft, ctx, "accept_liability" if by == "seller" else "insurer_accepts", by)
    else:
        _disputed(
            draft,
            ctx,
            "reject_liability" if by == "seller" else "insurer_denies",
            ReasonCode.SELLER_REJECTED if by == "seller" else ReasonCode.INSURER_DENIED,
            by,
        )


def insurer_respond(draft: Draft, ctx: Context, command: Command) -> None:
    """The insurer's position; an offer waits for the customer like an acceptance waits for its resolution."""
    position = command.payload["position"]
    if position == "deny":
        _disputed(draft, ctx, "insurer_denies", ReasonCode.INSURER_DENIED, "insurer")
    else:
        _accepted(draft, ctx, "insurer_accepts", "insurer", position, command.payload.get("amount"))


def _accepted(
    draft: Draft, ctx: Context, trigger: str, by: str, position: str = "accept", offer: int | None = None
) -> None:
    clocks = draft.settled(DeadlineKind.SELLER_RESPONSE)
    if draft.case.deadline(DeadlineKind.SELLER_RESOLUTION.value) is None:
        clocks.append(
            draft.deadline(
                DeadlineKind.SELLER_RESOLUTION,
                ctx.rulebook.number("seller.resolution_window"),
                ctx.today,
                event="accepted",
            )
        )
    code = ReasonCode.SELLER_ACCEPTED if by == "seller" else ReasonCode.INSURER_ACCEPTED
    why = Reason(code, "seller.response_window", position)
    response = {"position": position, "by": by} if offer is None else {"position": position, "by": by, "offer": offer}
    draft.take(
        trigger,
        set={"response": response},
        deadlines=clocks,
        decision=decision(ctx, Decision("response", Outcome.REFER, (why,))),
    )


def _disputed(draft: Draft, ctx: Context, trigger: str, code: ReasonCode, by: str) -> None:
    rule = "seller.resolution_window" if code is ReasonCode.RESOLUTION_LAPSED else "seller.response_window"
    target = draft.target(ctx, "disputed")
    facts = {} if trigger in ("decline_offer", "lapse_resolution") else {"response": {"position": "reject", "by": by}}
    draft.take(
        trigger,
        set=facts,
        deadlines=[*draft.all_settled("met"), *target],
        decision=decision(ctx, Decision("response", Outcome.REFER, (Reason(code, rule, by, None, readings=("R11",)),))),
    )


def decline_offer(draft: Draft, ctx: Context, command: Command) -> None:
    """The customer declines what seller or insurer offered."""
    _disputed(draft, ctx, "decline_offer", ReasonCode.OFFER_DECLINED, "customer")


def resolve(draft: Draft, ctx: Context, command: Command) -> None:
    """Seller or insurer settled with the customer, for any amount the customer agreed to."""
    by, amount = command.payload.get("by", "seller"), command.payload["amount"]
    case = draft.case
    payer = ledger.seller(case.seller) if by == "seller" else ledger.insurer(case.seller)
    moves = []
    if amount > 0:
        moves = [draft.money(ctx, TransferKind.SETTLE, payer, ledger.customer(case.id), amount, by=by)]
    why = Reason(ReasonCode.RESOLVED_DIRECTLY, "seller.resolution_window", by)
    draft.take(
        "resolve",
        money=moves,
        deadlines=draft.all_settled("met"),
        decision=decision(ctx, Decision("response", Outcome.REFER, (why,))),
        notices=[
            draft.notice(ctx, NoticeKind.CUSTOMER_RESOLVED, Party.CUSTOMER, amount=amount, by=by),
            draft.notice(ctx, NoticeKind.SELLER_INFORMED, Party.SELLER, step="resolved", amount=amount),
        ],
    )


def silence(draft: Draft, ctx: Context, clock: Deadline) -> None:
    """Seven days without an answer: Amazon steps in and bears the cost; recovery follows (R10)."""
    why = Reason(
        ReasonCode.SELLER_SILENT,
        "seller.response_window",
        f"no answer by {clock.on}",
        True,
        ctx.rulebook.get("seller.response_window").shown,
    )
    approve(draft, ctx, "step_in_on_silence", "over", Outcome.AUTO_PAY, (why,), missed=clock.kind)


def resolution_lapsed(draft: Draft, ctx: Context, clock: Deadline) -> None:
    """Thirty days after acceptance without a resolution: a person decides (R11)."""
    draft.take(
        "lapse_resolution",
        deadlines=[clock.op("missed"), *draft.target(ctx, "resolution lapsed")],
        decision=decision(
            ctx,
            Decision(
                "response",
                Outcome.REFER,
                (
                    Reason(
                        ReasonCode.RESOLUTION_LAPSED,
                        "seller.resolution_window",
                        f"not resolved by {clock.on}",
                        None,
                        ctx.rulebook.get("seller.resolution_window").shown,
                        ("R11",),
                    ),
                ),
            ),
        ),
    )


def decide_dispute(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """A person steps in (default of the sources) or upholds the dispute; the seller keeps the right to appeal.

    What a fact told meanwhile puts outside the programme nobody pays, as everywhere (contract section 8).
    """
    if command.payload["decision"] == "step_in":
        failed = [test for test in examine(draft.case, ctx) if test.result is False]
        if failed:
            message, hint = "a fact puts the claim outside the programme", "deny, or amend the fact"
            return draft.refuse(failed[0].code, message, *failed, hint=hint)
        why = Reason(ReasonCode.STEPPED_IN, "dispute.step_in", "step_in", readings=("R11",))
        approve(draft, ctx, "step_in", "over", Outcome.AUTO_PAY, (why,))
        return None
    why = Reason(ReasonCode.DISPUTE_UPHELD, "dispute.step_in", "deny", False, readings=("R11",))
    draft.take(
        "uphold_dispute",
        deadlines=draft.all_settled("met"),
        money=payment.void(draft, ctx),
        decision=decision(ctx, Decision("dispute", Outcome.DENY, (why,))),
        notices=[
            draft.notice(ctx, NoticeKind.CUSTOMER_DENIED, Party.CUSTOMER, reasons=[why.to_entry()]),
            draft.notice(ctx, NoticeKind.SELLER_INFORMED, Party.SELLER, step="dispute_upheld"),
        ],
    )
    return None
