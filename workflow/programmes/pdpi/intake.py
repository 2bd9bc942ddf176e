"""Filing, correcting, assessing, asking, withdrawing and reopening a claim.

``file`` opens the claim and acknowledges it; eligibility follows at once (contract section 8). ``amend`` merges
mappings key by key and replaces lists; losses stay with ``assess`` once a verdict is on file. ``reopen`` keeps the
first filing date and asks for a new screening. Domain notes 1.3 and 1.7.
"""

from __future__ import annotations

from typing import Any

from ....states.codes import DeadlineKind, NoticeKind, Party, RefusalCode
from ....states.money import to_text
from ... import moved, whose
from ...filing import opened
from ...patching import patch
from ...paying import unsettled
from ...plan import Command, Context, Draft, Refusal, set_holds
from ...reasons import Reason
from . import payment
from .eligibility import dates_told
from .holds import facts_held


def file(draft: Draft, ctx: Context, command: Command) -> None:
    """Opens the claim; the acknowledgement goes out with it."""
    facts = opened(draft, ctx, command)
    clock = draft.deadline(
        DeadlineKind.ACKNOWLEDGE, ctx.rulebook.number("acknowledge.window"), ctx.today, event="filed"
    )
    draft.add(
        deadlines=[clock, {"op": "met", "kind": DeadlineKind.ACKNOWLEDGE.value}],
        notices=[draft.notice(ctx, NoticeKind.CUSTOMER_ACKNOWLEDGED, Party.CUSTOMER, losses=facts.get("losses"))],
    )


def amend(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """Corrects facts of the filing; eligibility and holds are looked at again."""
    case = draft.case
    refused = whose.refused(draft, command)
    if refused is not None:
        return refused
    if "losses" in command.payload and (
        case.facts.get("screening") or case.state not in ("filed", "information_requested")
    ):
        return draft.refuse(
            RefusalCode.NOT_ALLOWED_FROM_STATE,
            "once screened, losses change by assess only",
            Reason("not_allowed_from_state", "amend.losses", case.state, False),
            hint="use assess",
        )
    told: dict[str, Any] = command.payload.get("order") or {}
    sold_by = case.facts["order"].get("sold_by")
    if case.facts.get("payment") and told.get("sold_by", sold_by) != sold_by:
        message = "a payment is under way; who answers for it cannot change before its outcome"
        return draft.refuse(RefusalCode.PAYMENT_UNDER_WAY, message)
    draft.take(
        "amend",
        set={**patch(case.facts, command.payload), "awaiting_facts": None},
        seller=command.payload.get("seller"),
    )
    if case.state != "filed" or case.holds:
        set_holds(facts_held(draft.case, ctx), draft, ctx)
    return None


def provide_information(draft: Draft, ctx: Context, command: Command) -> None:
    """The customer answered, with corrections or not: back to ``filed`` for a new screening.

    Dates that were asked about are not asked about again as they stand then: who screens the claim anew has the answer.
    """
    told = patch(draft.case.facts, command.payload)
    kept = [*draft.case.facts.get("evidence", []), *told.pop("evidence", [])]
    asked: dict[str, Any] = draft.case.facts.get("information") or {}
    if asked.get("reason") == "inconsistent_dates":
        told["dates_answered"] = dates_told({**draft.case.facts, **told})
    draft.take(
        "provide_information",
        set={**told, "evidence": kept or None, "information": None, "screening": None},
        deadlines=draft.settled(DeadlineKind.INFORMATION),
    )


def request_information(draft: Draft, ctx: Context, command: Command) -> None:
    """A person asks the customer for more."""
    reason = command.payload.get("kind", "other")
    clock = draft.deadline(
        DeadlineKind.INFORMATION,
        ctx.rulebook.number("information.window"),
        ctx.today,
        event="information requested",
        notice=NoticeKind.CUSTOMER_INFORMATION_REQUESTED,
    )
    draft.take(
        "request_information",
        set={"information": {"reason": reason}, "screening": None},
        deadlines=[*draft.all_settled(), clock],
        notices=[
            draft.notice(
                ctx,
                NoticeKind.CUSTOMER_INFORMATION_REQUESTED,
                Party.CUSTOMER,
                reason=reason,
                items=command.personal.get("items"),
                due_on=clock["on"],
            )
        ],
    )


def record_screening(draft: Draft, ctx: Context, command: Command) -> None:
    """Keeps the verdict of a person or an outside expert."""
    screening = {"verdict": command.payload["verdict"], "by": command.payload.get("by", command.actor)}
    draft.take("record_screening", set={"screening": screening, "awaiting_facts": None})


def assess(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """The amounts supported replace the amounts claimed."""
    if draft.case.facts.get("payment"):
        return draft.refuse(RefusalCode.PAYMENT_UNDER_WAY, "a payment is under way")
    # How it was assessed is free text: sealed, never journalled.
    draft.take("assess", set={"assessed": command.payload["losses"], "awaiting_facts": None})
    return None


def record_certificate(draft: Draft, ctx: Context, command: Command) -> None:
    """The certificate was judged on the seller's file; the claim keeps the verdict."""
    kept: list[dict[str, Any]] = (ctx.seller.facts.get("certificates") or []) if ctx.seller else []
    last: dict[str, Any] = kept[-1] if kept else {}
    verdict: dict[str, Any] = {
        "number": last.get("number"),
        "accepted": last.get("accepted"),
        "rejected_for": last.get("rejected_for", []),
    }
    notices: list[dict[str, Any]] = []
    if verdict["rejected_for"]:
        notices.append(
            draft.notice(
                ctx,
                NoticeKind.SELLER_CERTIFICATE_REJECTED,
                Party.SELLER,
                rejected_for=verdict["rejected_for"],
                number=verdict["number"],
            )
        )
    draft.take("record_certificate", set={"certificate": verdict}, notices=notices)


def withdraw(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """The customer withdraws, any time before the payment (domain notes 1.7)."""
    case = draft.case
    if case.facts.get("payment"):
        return draft.refuse(RefusalCode.PAYMENT_UNDER_WAY, "a payment is under way; wait for its outcome")
    notices = [draft.notice(ctx, NoticeKind.CUSTOMER_WITHDRAWN, Party.CUSTOMER)]
    if any(n.party == Party.SELLER.value for n in case.notices):
        notices.append(draft.notice(ctx, NoticeKind.SELLER_CLAIM_WITHDRAWN, Party.SELLER))
    draft.take("withdraw", deadlines=draft.all_settled(), notices=notices, money=payment.void(draft, ctx))
    return None


def reopen(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """New facts: back to ``filed`` for a new screening; the first filing date stands.

    Eligibility is not looked at again before a fact changes or a verdict comes: what was denied for a fact that is now
    known better could otherwise never be corrected. What was decided about money that was paid stands with it. What was
    settled and never received is taken back, so that the seller is asked again and Amazon may step in (R10, R11).
    """
    refused = moved.opened_again(draft) or _nothing_settled(draft, command)
    if refused is not None:
        return refused
    cleared = ("screening", "information", "payment_failures")
    if draft.case.totals.by_amazon == 0:
        cleared += ("response", "recovery", "review", "appealed", "route", "notice_on", "insurance_requested_on")
    draft.take(
        "reopen",
        set={**dict.fromkeys(cleared), "awaiting_facts": True, "reopened": draft.case.facts.get("reopened", 0) + 1},
        deadlines=draft.all_settled(),
        money=unsettled(draft, ctx, command),
    )
    return None


def _nothing_settled(draft: Draft, command: Command) -> Refusal | None:
    """What was never settled was not received either; None for every other reopening."""
    case = draft.case
    if command.payload.get("settlement_received") is not False or case.totals.by_seller + case.totals.by_insurer > 0:
        return None
    why = Reason("not_allowed_from_state", "settlement.recorded", to_text(0, case.currency), False)
    message, hint = "no settlement of a seller or insurer stands", "leave settlement_received out"
    return draft.refuse(RefusalCode.NOT_ALLOWED_FROM_STATE, message, why, hint=hint)
