"""Screening and routing: from a filed claim to a denial, a question, a payment or the seller's desk.

A verdict comes from a person or an outside expert, never from the rules (R15). A valid claim under the line is
paid by Amazon at once (SEED 000; R1, R2); over it the seller is asked first (R10). Claims of one order and one
incident count together once screened valid; a claim already paid is not routed again (contract section 8).
Sold by Amazon itself: paid whatever the amount, and there is nobody to recover from.
"""

from __future__ import annotations

from typing import Any

from ....states.case import Case
from ....states.codes import DeadlineKind, HoldReason, NoticeKind, Outcome, Party, ReasonCode, TaskKind
from ....states.money import to_text
from ....states.times import parse_date
from ... import coverage, overlays
from ...plan import Context, Draft, decision, set_holds
from ...reasons import Decision, Reason
from . import payment
from .amounts import asked_together, compensable, eligible, had, is_under, together, under_line
from .eligibility import examine
from .holds import facts_held

#: Entries that bring new facts, or let those count that came under a hold.
_NEW_FACTS = frozenset({"amend", "assess", "release_hold"})
_SCREENED_OUT = ("unsubstantiated", "frivolous", "fraudulent", "abusive")


def settle_filed(draft: Draft, ctx: Context) -> bool:
    """One step on from ``filed``, if the facts allow one."""
    case = draft.case
    if case.facts.get("awaiting_facts"):
        return False
    if ctx.overlays and set_holds(overlays.held(case, ctx, before_anything=True), draft, ctx):
        return True
    tests = examine(case, ctx)
    if any(t.result is False for t in tests):
        rule_out(draft, ctx, tests)
        return True
    if set_holds(facts_held(case, ctx), draft, ctx):
        return True
    unknown = [t for t in tests if t.result is None]
    if unknown:
        inconsistent = any(t.rule == "filing.dates" for t in unknown)
        ask_customer(draft, ctx, "inconsistent_dates" if inconsistent else "other", tests)
        return True
    verdict = case.facts.get("screening", {}).get("verdict")
    if verdict is None:
        return False
    if verdict == "inconclusive":
        why = Reason(ReasonCode.SCREENING_INCONCLUSIVE, "screening.verdict", verdict, None)
        ask_customer(draft, ctx, "proof_of_loss", (*tests, why))
    elif verdict in _SCREENED_OUT and case.totals.by_amazon == 0:
        why = Reason(ReasonCode.SCREENED_OUT, "screening.verdict", verdict, False)
        _deny(draft, ctx, "screen_out", (*tests, why))
    elif case.totals.by_amazon > 0 or 0 < eligible(case, ctx.rulebook) <= had(case):
        why = Reason(ReasonCode.ALREADY_PAID, "routing.already_paid", to_text(had(case), case.currency))
        draft.take(
            "close_as_paid",
            deadlines=draft.all_settled("met"),
            decision=decision(ctx, Decision("routing", Outcome.REFER, (why,))),
        )
    else:
        route(draft, ctx, (*tests, Reason(ReasonCode.SCREENED_VALID, "screening.verdict", verdict)))
    return True


def rule_out(draft: Draft, ctx: Context, tests: tuple[Reason, ...]) -> None:
    """Denied for facts outside the programme, every failed test named."""
    _deny(draft, ctx, "rule_out", tests)


def _deny(draft: Draft, ctx: Context, trigger: str, why: tuple[Reason, ...]) -> None:
    told_seller = draft.case.has_notice(NoticeKind.SELLER_NOTIFIED.value)
    failed = [r.to_entry() for r in why if r.result is False]
    notices = [draft.notice(ctx, NoticeKind.CUSTOMER_DENIED, Party.CUSTOMER, reasons=failed)]
    if told_seller:
        notices.append(draft.notice(ctx, NoticeKind.SELLER_INFORMED, Party.SELLER, step="denied"))
    draft.take(
        trigger,
        decision=decision(ctx, Decision("eligibility", Outcome.DENY, why)),
        notices=notices,
        deadlines=draft.all_settled(),
        money=payment.void(draft, ctx),
    )


def ask_customer(draft: Draft, ctx: Context, reason: str, why: tuple[Reason, ...]) -> None:
    """The customer is asked; an inconclusive verdict is used up, a new screening follows the answer."""
    clock = draft.deadline(
        DeadlineKind.INFORMATION,
        ctx.rulebook.number("information.window"),
        ctx.today,
        event="information requested",
        notice=NoticeKind.CUSTOMER_INFORMATION_REQUESTED,
    )
    asked_for = [r.to_entry() for r in why if r.result is None]
    draft.take(
        "ask_customer",
        set={"information": {"reason": reason}, "screening": None},
        decision=decision(ctx, Decision("screening", Outcome.REQUEST_INFORMATION, why)),
        deadlines=[clock],
        notices=[
            draft.notice(
                ctx,
                NoticeKind.CUSTOMER_INFORMATION_REQUESTED,
                Party.CUSTOMER,
                reason=reason,
                reasons=asked_for,
                due_on=clock["on"],
            )
        ],
    )


def line_reason(case: Case, ctx: Context) -> Reason:
    """Which side of the line the claim falls on, with the readings the answer hangs on."""
    rulebook = ctx.rulebook
    limit, comparator = rulebook.number("small_claim.limit"), rulebook.text("small_claim.comparator")
    amount = together(case, ctx)
    under = is_under(amount, limit, comparator)
    readings: list[str] = []
    if is_under(amount, limit, "under") != is_under(amount, limit, "at_most"):
        readings.append("R1")
    others = asked_together(case, ctx), eligible(case, rulebook)
    if any(is_under(other, limit, comparator) != under for other in others):
        readings.append("R2")
    code = ReasonCode.UNDER_SMALL_CLAIM_LIMIT if under else ReasonCode.NOT_UNDER_SMALL_CLAIM_LIMIT
    return Reason(
        code,
        "small_claim.limit",
        to_text(amount, case.currency),
        under,
        f"{comparator} {to_text(limit, case.currency)}",
        tuple(readings),
    )


def amount_reasons(case: Case, ctx: Context) -> tuple[Reason, ...]:
    """A note where the ceiling cut the amount."""
    if compensable(case, ctx.rulebook) <= ctx.rulebook.number("claim.ceiling"):
        return ()
    return (
        Reason(
            ReasonCode.CEILING_APPLIED,
            "claim.ceiling",
            to_text(compensable(case, ctx.rulebook), case.currency),
            True,
            ctx.rulebook.get("claim.ceiling").shown,
        ),
    )


def route(draft: Draft, ctx: Context, why: tuple[Reason, ...]) -> None:
    """A valid claim: paid by Amazon, held for a person, or sent to the seller."""
    case = draft.case
    why = (*why, *amount_reasons(case, ctx))
    if case.facts["order"].get("sold_by") == "amazon":
        reason = Reason(ReasonCode.SOLD_BY_AMAZON, "routing.sold_by", "amazon")
        approve(draft, ctx, "approve", "amazon", Outcome.AUTO_PAY, (*why, reason))
        return
    line = line_reason(case, ctx)
    if not line.result:
        notify_seller(draft, ctx, (*why, line))
    elif _injury_to_person(case, ctx):
        reason = Reason(ReasonCode.INJURY_TO_PERSON, "injury.small_claim_path", "person", None, readings=("R13",))
        draft.add(
            holds=[{"op": "set", "reason": HoldReason.INJURY_REVIEW.value}],
            tasks=[{"op": "open", "kind": TaskKind.HOLD_REVIEW.value}],
            decision=decision(ctx, Decision("routing", Outcome.HOLD, (*why, line, reason))),
        )
    else:
        approve(draft, ctx, "approve", "under", Outcome.AUTO_PAY, (*why, line))


def _injury_to_person(case: Case, ctx: Context) -> bool:
    return (
        ctx.rulebook.text("injury.small_claim_path") == "person"
        and bool(ctx.personal.get("injury"))
        and HoldReason.INJURY_REVIEW.value not in case.released
    )


def approve(
    draft: Draft,
    ctx: Context,
    trigger: str,
    path: str,
    outcome: str,
    why: tuple[Reason, ...],
    missed: str | None = None,
) -> None:
    """Approved; under the line the seller gets the claim's details now, which is the claim notice (R5, R6)."""
    case = draft.case
    facts: dict[str, object] = {"route": path}
    notices: list[dict[str, object]] = []
    if path != "amazon":
        if case.facts.get("notice_on") is None:
            facts["notice_on"] = ctx.today.isoformat()
        notices.append(_informed(draft, ctx, path, why[-1]))
    clocks = [{**op, "op": "missed"} if op["kind"] == missed else op for op in draft.all_settled("met")]
    draft.take(
        trigger,
        set=facts,
        deadlines=clocks,
        notices=notices,
        decision=decision(ctx, Decision("routing", outcome, why, inputs=_inputs(ctx))),
    )


def _informed(draft: Draft, ctx: Context, path: str, why: Reason) -> dict[str, Any]:
    """The seller is told that the claim was approved, by which path, and for how much."""
    return draft.notice(
        ctx,
        NoticeKind.SELLER_INFORMED,
        Party.SELLER,
        step="approved",
        path=path,
        amount=eligible(draft.case, ctx.rulebook),
        reasons=[why.to_entry()],
    )


def notify_seller(draft: Draft, ctx: Context, why: tuple[Reason, ...]) -> None:
    """Over the line: the seller has seven days (R10); the insurer on file is told too."""
    case = draft.case
    clock = draft.deadline(
        DeadlineKind.SELLER_RESPONSE,
        ctx.rulebook.number("seller.response_window"),
        ctx.today,
        event="seller notified",
        notice=NoticeKind.SELLER_NOTIFIED,
    )
    amount = eligible(case, ctx.rulebook)
    notices = [
        draft.notice(
            ctx,
            NoticeKind.SELLER_NOTIFIED,
            Party.SELLER,
            amount=amount,
            due_on=clock["on"],
            due=clock["due"],
            producer=case.facts.get("seller_is_reseller") is True,
            reasons=[why[-1].to_entry()],
        )
    ]
    incident = parse_date(case.facts["incident_on"])
    cover = coverage.covering(ctx.seller, incident, ctx.today)
    if cover is not None:
        notices.append(
            draft.notice(
                ctx,
                NoticeKind.INSURER_TENDERED,
                Party.INSURER,
                amount=amount,
                certificate=cover.get("number"),
                insured=cover.get("insured_name"),
                due_on=clock["on"],
            )
        )
    draft.take(
        "notify_seller",
        set={"route": "over", "notice_on": case.facts.get("notice_on") or ctx.today.isoformat()},
        deadlines=[*draft.all_settled(), clock],
        notices=notices,
        money=payment.void(draft, ctx),
        decision=decision(ctx, Decision("routing", Outcome.NOTIFY_SELLER, why, inputs=_inputs(ctx))),
    )


def _inputs(ctx: Context) -> dict[str, object] | None:
    if not ctx.siblings:
        return None
    return {"siblings": [{"claim": s.id, "eligible": s.eligible_minor, "asked": s.asked_minor} for s in ctx.siblings]}


def _ruled_out_since(draft: Draft, ctx: Context) -> bool:
    """Eligibility is tested after every new fact, also once the claim was routed (contract section 8)."""
    case = draft.case
    if case.facts.get("payment") or not any(body["type"] in _NEW_FACTS for body in draft.bodies):
        return False
    tests = examine(case, ctx)
    if all(test.result is not False for test in tests):
        return False
    rule_out(draft, ctx, tests)
    return True


def _not_the_sellers(draft: Draft, ctx: Context) -> bool:
    """Known by now to be sold by Amazon itself: nobody else answers for it, and nobody is asked to pay it back."""
    if draft.case.facts.get("route") == "amazon":
        return False
    if draft.case.state == "approved":
        draft.add(set={"route": "amazon"})
        return False
    why = Reason(ReasonCode.SOLD_BY_AMAZON, "routing.sold_by", "amazon")
    approve(draft, ctx, "approve", "amazon", Outcome.AUTO_PAY, (*amount_reasons(draft.case, ctx), why))
    return True


def _the_sellers(draft: Draft, ctx: Context, under: bool) -> None:
    """Approved as sold by Amazon, and a seller's by what is known now: it goes the seller's way before it is paid."""
    case = draft.case
    line = line_reason(case, ctx)
    if not under:
        notify_seller(draft, ctx, (*amount_reasons(case, ctx), line))
        return
    told_on = case.facts.get("notice_on") or ctx.today.isoformat()
    draft.add(set={"route": "under", "notice_on": told_on}, notices=[_informed(draft, ctx, "under", line)])


def reroute(draft: Draft, ctx: Context) -> bool:
    """Routing again before a payment, after an assessment or a change in a sibling (contract section 8)."""
    case = draft.case
    if case.facts.get("payment"):
        return False  # the call has left: what it came to decides what is next
    if case.totals.by_amazon > 0:
        return False
    if _ruled_out_since(draft, ctx):
        return True
    if case.facts["order"].get("sold_by") == "amazon":
        return _not_the_sellers(draft, ctx)
    if eligible(case, ctx.rulebook) == 0:
        rule_out(draft, ctx, examine(case, ctx))
        return True
    under = under_line(together(case, ctx), ctx.rulebook)
    if case.state == "seller_notified" and under:
        why = *amount_reasons(case, ctx), line_reason(case, ctx)
        approve(draft, ctx, "approve", "under", Outcome.AUTO_PAY, why)
        return True
    if case.state == "approved" and case.facts.get("route") == "amazon":
        _the_sellers(draft, ctx, under)
        return True
    if case.state == "approved" and not under and case.facts.get("route") == "under":
        notify_seller(draft, ctx, (*amount_reasons(case, ctx), line_reason(case, ctx)))
        return True
    if case.state == "approved" and under and case.facts.get("route") == "over":
        draft.add(set={"route": "under"})
    return False
