"""Recovery: what is asked back from the seller or insurer, and when it is given up.

Paying the customer and exempting the seller are two decisions at two times (R14). Under the line an accepted
certificate on file on the notice day, or proof inside seven days, ends it (R5, R6; domain notes 1.4, SEED 000);
a seller neither required nor asked to hold insurance, or one that breaks the selling rules, goes to a person
(R7, R8); late proof does not waive (R9). Over the line recovery is due even from an insured seller (R12).
Money may be withheld only where a source says so: required or asked, and no proof in time.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from ....states import ledger
from ....states.case import Deadline
from ....states.codes import DeadlineKind, HoldReason, NoticeKind, Outcome, Party, ReasonCode, RefusalCode
from ....states.ledger import TransferKind
from ....states.money import to_text
from ....states.times import parse_date
from ... import coverage
from ...plan import Command, Context, Draft, Refusal, decision
from ...reasons import Decision, Reason
from .payment import give_back


def settle_paid(draft: Draft, ctx: Context) -> bool:
    """The recovery decision, right after the payment."""
    path = draft.case.facts.get("route")
    if path == "amazon":
        why = Reason(ReasonCode.SOLD_BY_AMAZON, "routing.sold_by", "amazon")
        draft.take("close", deadlines=draft.all_settled(), decision=decision(ctx, Decision("recovery", "none", (why,))))
    elif path == "over":
        why = Reason(ReasonCode.OVER_LINE_RECOVERY, "recovery.over_line", "over")
        demand(draft, ctx, "demand_recovery", (why,), withholding=False)
    else:
        _under_line(draft, ctx)
    return True


def _under_line(draft: Draft, ctx: Context) -> None:
    proof = proof_on_file(draft, ctx)
    if proof is not None:
        waive_or_refer(draft, ctx, proof)
        return
    duty = _duty(draft, ctx)
    if duty.result:
        request_proof(draft, ctx, "request_proof", (_no_proof(draft, ctx), duty), ctx.today)
    else:
        refer(draft, ctx, (_no_proof(draft, ctx), duty), "not_required")


def proof_on_file(draft: Draft, ctx: Context, until: date | None = None) -> Reason | None:
    """The certificate that counts (R6), or None; says when the other reading would answer otherwise."""
    facts = draft.case.facts
    notice_on = parse_date(facts["notice_on"])
    incident = parse_date(facts["incident_on"])
    at_incident = coverage.covering(ctx.seller, incident, ctx.today)
    on_notice = coverage.on_file(ctx.seller, notice_on)
    in_time = on_notice or coverage.given_between(ctx.seller, notice_on, until, ctx.today)
    differs = ("R6",) if (at_incident is None) != (in_time is None) else ()
    if ctx.rulebook.text("recovery.cover_on") == "incident":
        if at_incident is None:
            return None
        return Reason(
            ReasonCode.INSURED_ON_INCIDENT_DAY, "recovery.cover_on", _shown(at_incident), True, str(incident), differs
        )
    if in_time is None:
        return None
    if on_notice is not None:
        return Reason(
            ReasonCode.INSURED_ON_NOTICE_DAY, "recovery.cover_on", _shown(on_notice), True, str(notice_on), differs
        )
    return Reason(
        ReasonCode.PROOF_IN_TIME,
        "recovery.proof_window",
        _shown(in_time),
        True,
        f"by {until}" if until else None,
        differs,
    )


def _shown(certificate: dict[str, Any]) -> str:
    return f"{certificate.get('number', 'certificate')}, {certificate['starts_on']} to {coverage.runs_to(certificate)}"


def _no_proof(draft: Draft, ctx: Context) -> Reason:
    incident = parse_date(draft.case.facts["incident_on"])
    differs = ("R6",) if coverage.covering(ctx.seller, incident, ctx.today) else ()
    return Reason(
        ReasonCode.NO_PROOF_ON_FILE, "recovery.cover_on", "none", False, draft.case.facts["notice_on"], differs
    )


def _duty(draft: Draft, ctx: Context) -> Reason:
    asked = draft.case.facts.get("insurance_requested_on")
    known = True if asked else coverage.required(ctx.seller)
    if known:
        return Reason(
            ReasonCode.INSURANCE_REQUIRED, "recovery.duty", f"asked on {asked}" if asked else "required", True
        )
    value = "unknown" if known is None else "not required, not asked"
    return Reason(
        ReasonCode.INSURANCE_NOT_REQUIRED, "recovery.duty", value, None if known is None else False, readings=("R7",)
    )


def waive_or_refer(draft: Draft, ctx: Context, proof: Reason) -> None:
    """Proof is there: waived for a seller in good standing, a person decides otherwise (R8)."""
    standing = coverage.good_standing(ctx.seller)
    if standing:
        good = Reason(ReasonCode.GOOD_STANDING, "recovery.good_standing", "nothing against it", True)
        waive(draft, ctx, "waive_recovery", (proof, good))
        return
    why = Reason(
        ReasonCode.NOT_IN_GOOD_STANDING,
        "recovery.good_standing",
        "unknown" if standing is None else "in breach",
        standing,
        readings=("R8",),
    )
    refer(draft, ctx, (proof, why), "standing")


def waive(draft: Draft, ctx: Context, trigger: str, why: tuple[Reason, ...]) -> None:
    """Recovery is given up; what had come back is returned."""
    moves = give_back(draft, ctx)
    draft.take(
        trigger,
        set={"recovery": {"status": "waived", "withholding": False}, "review": None},
        deadlines=draft.all_settled("met"),
        money=moves,
        decision=decision(ctx, Decision("recovery", "waived", why, exempt=True, inputs=_inputs(ctx))),
        notices=[
            draft.notice(
                ctx,
                NoticeKind.SELLER_PAID_NO_RECOVERY,
                Party.SELLER,
                amount=draft.case.totals.by_amazon,
                reasons=[r.to_entry() for r in why],
            )
        ],
    )


def request_proof(draft: Draft, ctx: Context, trigger: str, why: tuple[Reason, ...], asked_on: date) -> None:
    """Seven days from the later of the claim notice and the request (R5)."""
    notice_on = parse_date(draft.case.facts["notice_on"])
    start = notice_on if ctx.rulebook.text("recovery.proof_clock") == "notice" else max(notice_on, asked_on)
    if trigger == "request_insurance":
        start = asked_on
    clock = draft.deadline(
        DeadlineKind.PROOF_OF_INSURANCE,
        ctx.rulebook.number("recovery.proof_window"),
        start,
        event="proof requested",
        notice=NoticeKind.SELLER_PROOF_REQUESTED,
    )
    draft.take(
        trigger,
        set={
            "recovery": {"status": "pending", "withholding": False},
            "review": None,
            "insurance_requested_on": asked_on.isoformat(),
        },
        deadlines=[*draft.all_settled("met"), clock],
        decision=decision(ctx, Decision("recovery", "proof_requested", why)),
        notices=[
            draft.notice(
                ctx,
                NoticeKind.SELLER_PROOF_REQUESTED,
                Party.SELLER,
                due_on=clock["on"],
                due=clock["due"],
                amount=draft.case.totals.by_amazon,
                reasons=[r.to_entry() for r in why],
            )
        ],
    )


def refer(draft: Draft, ctx: Context, why: tuple[Reason, ...], cause: str) -> None:
    """A person waives or pursues (R7, R8)."""
    target = draft.target(ctx, "recovery review")
    draft.take(
        "refer_recovery",
        set={"recovery": {"status": "review", "withholding": False}, "review": cause},
        deadlines=[*draft.all_settled("met"), *target],
        decision=decision(ctx, Decision("recovery", "review", why, inputs=_inputs(ctx))),
    )


def demand(
    draft: Draft, ctx: Context, trigger: str, why: tuple[Reason, ...], *, withholding: bool, missed: str | None = None
) -> None:
    """Recovery is due; the seller may appeal for thirty days from this notice (R9)."""
    case = draft.case
    source = "insurer" if case.facts.get("response", {}).get("by") == "insurer" else "seller"
    clock = draft.deadline(
        DeadlineKind.APPEAL,
        ctx.rulebook.number("recovery.appeal_window"),
        ctx.today,
        event="recovery notice",
        notice=NoticeKind.SELLER_RECOVERY_DUE,
    )
    amount = case.totals.by_amazon - case.totals.recovered
    closing = [{**op, "op": "missed"} if op["kind"] == missed else op for op in draft.all_settled("met")]
    draft.take(
        trigger,
        set={"recovery": {"status": "due", "from": source, "withholding": withholding}, "review": None},
        deadlines=[*closing, clock],
        decision=decision(ctx, Decision("recovery", "due", why, inputs=_inputs(ctx))),
        notices=[
            draft.notice(
                ctx,
                NoticeKind.SELLER_RECOVERY_DUE,
                Party.SELLER,
                amount=amount,
                due_on=clock["on"],
                due=clock["due"],
                withholding=withholding,
                reasons=[r.to_entry() for r in why],
            )
        ],
    )


def _inputs(ctx: Context) -> dict[str, Any] | None:
    return None if ctx.seller is None else {"seller_file_version": ctx.seller.version}


def settle_proof(draft: Draft, ctx: Context) -> bool:
    """In ``proof_requested``: an accepted certificate given inside the window decides at once."""
    clock = draft.case.deadline(DeadlineKind.PROOF_OF_INSURANCE.value)
    proof = proof_on_file(draft, ctx, parse_date(clock.on) if clock else None)
    if proof is None:
        return False
    waive_or_refer(draft, ctx, proof)
    return True


def settle_review(draft: Draft, ctx: Context) -> bool:
    """In ``recovery_review`` for want of a duty: proof given within the window still waives (R6)."""
    if draft.case.facts.get("review") != "not_required" or coverage.good_standing(ctx.seller) is not True:
        return False
    window = ctx.rulebook.number("recovery.proof_window")
    until = date.fromordinal(parse_date(draft.case.facts["notice_on"]).toordinal() + window)
    proof = proof_on_file(draft, ctx, until)
    if proof is None:
        return False
    waive_or_refer(draft, ctx, proof)
    return True


def proof_lapsed(draft: Draft, ctx: Context, clock: Deadline) -> None:
    """Seven days without proof (R9): recovery is due, unless ended cover may have covered the incident day."""
    given = proof_on_file(draft, ctx, parse_date(clock.on))
    if given is not None:
        waive_or_refer(draft, ctx, given)  # recorded ahead of its day, so nothing looked again when the day came
        return
    case = draft.case
    why = Reason(
        ReasonCode.NO_PROOF_IN_TIME,
        "recovery.proof_window",
        f"none by {clock.on}",
        False,
        ctx.rulebook.get("recovery.proof_window").shown,
    )
    incident = parse_date(case.facts["incident_on"])
    ended = coverage.ended_occurrence_cover(ctx.seller, incident, ctx.today)
    if ended is not None and HoldReason.COVERAGE_QUESTION.value not in case.released:
        draft.take(
            "hold",
            holds=[{"op": "set", "reason": HoldReason.COVERAGE_QUESTION.value}],
            tasks=[{"op": "open", "kind": "hold_review"}],
            deadlines=[clock.op("ran_out")],
            decision=decision(
                ctx,
                Decision(
                    "hold",
                    Outcome.HOLD,
                    (
                        why,
                        Reason(ReasonCode.INSURED_ON_INCIDENT_DAY, "recovery.coverage_question", _shown(ended), None),
                    ),
                ),
            ),
        )
        return
    demand(draft, ctx, "demand_recovery", (why,), withholding=True, missed=clock.kind)


def decide_recovery(draft: Draft, ctx: Context, command: Command) -> None:
    """A person waives or pursues. No source lets funds be withheld from a seller without a duty."""
    if command.payload["decision"] == "waive":
        why = Reason(ReasonCode.RECOVERY_WAIVED_BY_PERSON, "recovery.review", "waive")
        waive(draft, ctx, "waive_by_decision", (why,))
    else:
        why = Reason(ReasonCode.RECOVERY_PURSUED_BY_PERSON, "recovery.review", "pursue")
        demand(draft, ctx, "pursue_by_decision", (why,), withholding=False)


def request_insurance(draft: Draft, ctx: Context, command: Command) -> None:
    """The seller is asked for insurance: in the review this starts the proof window, elsewhere it is on record."""
    asked_on = parse_date(command.payload.get("on") or ctx.today.isoformat())
    if draft.case.state == "recovery_review":
        why = Reason(ReasonCode.INSURANCE_REQUIRED, "recovery.duty", f"asked on {asked_on}")
        request_proof(draft, ctx, "request_insurance", (why,), asked_on)
    else:
        draft.take("request_insurance", set={"insurance_requested_on": asked_on.isoformat()})


def appeal(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """The seller appeals the recovery inside the window."""
    case = draft.case
    if command.payload.get("by", "seller") != "seller" or case.facts.get("appealed"):
        return draft.refuse(
            RefusalCode.NOTHING_TO_APPEAL,
            "there is no decision this party may appeal",
            Reason("nothing_to_appeal", "recovery.appeal_window", command.payload.get("by", "seller"), False),
        )
    clock = case.deadline(DeadlineKind.APPEAL.value)
    if clock is None or ctx.today.isoformat() > clock.on:
        last = next((d.on for d in reversed(case.deadlines) if d.kind == DeadlineKind.APPEAL.value), "unknown")
        return draft.refuse(
            RefusalCode.LATE_APPEAL,
            f"the appeal window ended on {last}",
            Reason("late_appeal", "recovery.appeal_window", ctx.today.isoformat(), False, f"by {last}"),
        )
    target = draft.target(ctx, "appealed")
    draft.take(
        "appeal",
        set={"appealed": True, "recovery": {**case.facts["recovery"], "status": "appealed"}},
        deadlines=[*draft.all_settled("met"), *target],
    )
    return None


def decide_appeal(draft: Draft, ctx: Context, command: Command) -> None:
    """A person decides the appeal; upheld waives the recovery."""
    case = draft.case
    upheld = command.payload["decision"] == "upheld"
    code = ReasonCode.APPEAL_UPHELD if upheld else ReasonCode.APPEAL_DENIED
    why = Reason(code, "recovery.appeal", command.payload["decision"], upheld)
    told = draft.notice(
        ctx,
        NoticeKind.SELLER_APPEAL_DECIDED,
        Party.SELLER,
        decision=command.payload["decision"],
        amount=case.totals.by_amazon - case.totals.recovered,
        reasons=[why.to_entry()],
    )
    if upheld:
        waive(draft, ctx, "uphold_appeal", (why,))
        draft.add(notices=[told])
        return
    draft.take(
        "deny_appeal",
        set={"recovery": {**case.facts["recovery"], "status": "due"}},
        notices=[told],
        deadlines=draft.all_settled("met"),
        decision=decision(ctx, Decision("appeal", "due", (why,))),
    )


def record_recovery(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """Money came back, in part or in full; never more than is still asked."""
    case = draft.case
    amount, source = (
        command.payload["amount"],
        command.payload.get("from") or case.facts["recovery"].get("from", "seller"),
    )
    balance = case.totals.by_amazon - case.totals.recovered
    if amount > balance:
        return draft.refuse(
            RefusalCode.AMOUNT_OVER_BALANCE,
            "more than is still asked",
            Reason(
                "amount_over_balance",
                "recovery.balance",
                to_text(amount, case.currency),
                False,
                to_text(balance, case.currency),
            ),
        )
    account = ledger.seller(case.seller) if source == "seller" else ledger.insurer(case.seller)
    move = draft.money(
        ctx, TransferKind.RECOUP, account, ledger.amazon(), amount, obligation=case.totals.recoupments + 1
    )
    if amount < balance:
        draft.take(
            "record_recovery",
            money=[move],
            set={"recovery": {**case.facts["recovery"], "from": source}},
        )
        return None
    why = Reason(ReasonCode.RECOVERED_IN_FULL, "recovery.balance", to_text(case.totals.by_amazon, case.currency))
    trigger = "complete_recovery" if case.state == "recovery_due" else "record_recovery"
    status = "recouped" if trigger == "complete_recovery" else case.facts["recovery"]["status"]
    draft.take(
        trigger,
        money=[move],
        deadlines=draft.all_settled("met") if status == "recouped" else None,
        set={"recovery": {**case.facts["recovery"], "status": status, "from": source, "withholding": False}},
        decision=decision(ctx, Decision("recovery", "recouped", (why,))),
    )
    return None


def settle_due(draft: Draft, ctx: Context) -> bool:
    """All of it came back while an appeal was open: nothing is left to ask for."""
    case = draft.case
    if case.totals.recovered < case.totals.by_amazon:
        return False
    why = Reason(ReasonCode.RECOVERED_IN_FULL, "recovery.balance", to_text(case.totals.by_amazon, case.currency))
    draft.take(
        "complete_recovery",
        deadlines=draft.all_settled("met"),
        set={"recovery": {**case.facts["recovery"], "status": "recouped", "withholding": False}},
        decision=decision(ctx, Decision("recovery", "recouped", (why,))),
    )
    return True


def write_off(draft: Draft, ctx: Context, command: Command) -> None:
    """What is left cannot be recovered."""
    case = draft.case
    rest = case.totals.by_amazon - case.totals.recovered
    why = Reason(ReasonCode.WRITTEN_OFF, "recovery.write_off", to_text(rest, case.currency))
    draft.take(
        "write_off",
        money=[draft.money(ctx, TransferKind.WRITE_OFF, ledger.losses(), ledger.seller(case.seller), rest)],
        set={"recovery": {**case.facts["recovery"], "status": "written_off", "withholding": False}},
        deadlines=draft.all_settled("met"),
        decision=decision(ctx, Decision("recovery", "written_off", (why,))),
        notices=[draft.notice(ctx, NoticeKind.SELLER_INFORMED, Party.SELLER, step="written_off", amount=rest)],
    )


def settle_closed(draft: Draft, ctx: Context) -> bool:
    """Closes by itself: no clock, hold, balance or appeal is open."""
    draft.take("close", deadlines=draft.all_settled())
    return True
