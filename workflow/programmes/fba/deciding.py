"""What people decide: reimburse, replace or deny, and a contest of the valuation.

SEED 002: a valid claim is replaced with new items of the same FNSKU or reimbursed; a seller who does not agree with the
valuation files a claim within 90 days of the reimbursement, 60 days from 2025-03-31 (domain notes 4.3, conflict L,
reading F4). The account stays normal during the contest (4.1). A contest never lowers what was reimbursed: no sentence
says that it may (R15). Left out: how new items are sent.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ....states.case import Deadline
from ....states.codes import DeadlineKind, ReasonCode, RefusalCode
from ....states.fba import FbaReasonCode
from ....states.money import to_text
from ...patching import merge
from ...plan import Command, Context, Draft, Refusal, decision
from ...reasons import Decision, Reason
from . import intake, payment, valuation
from .eligibility import account, examine


def decide(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """A person reimburses, replaces or denies; what a fact rules out nobody may reimburse."""
    wanted = command.payload["decision"]
    if wanted == "deny":
        intake.deny(
            draft, ctx, "decline", (Reason(ReasonCode.DENIED_BY_PERSON, "decision.reimbursement", None, False),)
        )
        return None
    case = draft.case
    tests = examine(case, ctx)
    valued = valuation.value(case, ctx.rulebook)
    failed = [t for t in tests if t.result is False]
    if failed:
        return draft.refuse(failed[0].code, "a condition is not met", *failed)
    unknown = [t for t in tests if t.result is None]
    if wanted == "reimburse":
        unknown += valued.missing
    if unknown:
        return draft.refuse(RefusalCode.NOT_YET, "a fact the decision needs is not known", *unknown)
    if wanted == "reimburse":
        why = Reason(FbaReasonCode.REIMBURSED_BY_PERSON, "decision.reimbursement", "reimburse")
        intake.reimburse(draft, ctx, "reimburse", (*tests, why), valued)
        return None
    why = Reason(FbaReasonCode.REPLACED_BY_PERSON, "decision.reimbursement", "replace")
    draft.take(
        "replace",
        set={"information": None},
        decision=decision(ctx, Decision("routing", "replaced", (*tests, why))),
        deadlines=draft.all_settled("met"),
        notices=[payment.letter(draft, ctx, "replaced", reasons=[why.to_entry()])],
    )
    return None


def deny(draft: Draft, ctx: Context, command: Command) -> None:
    """A person denies, with a reason; a hold that stands is settled with it."""
    intake.deny(draft, ctx, "deny", (Reason(ReasonCode.DENIED_BY_PERSON, "decision.reimbursement", None, False),))


# -- the contest of a valuation ------------------------------------------------------------------------------------


def contest_valuation(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """The seller does not agree with the value of a unit; ``late`` once the window has ended."""
    case = draft.case
    window = ctx.rulebook.get("contest.window")
    if not case.facts.get("issued_on"):
        code = RefusalCode.NOT_ALLOWED_FROM_STATE if case.state == "closed" else RefusalCode.NOT_YET
        return draft.refuse(code, "nothing was reimbursed yet", Reason(code, "contest.window", "none", False))
    clock = case.deadline(DeadlineKind.VALUATION_CONTEST.value)
    if case.state == "closed" or clock is None or clock.status == "ran_out":
        why = Reason(FbaReasonCode.LATE, "contest.window", case.facts["issued_on"], False, window.shown, ("F4",))
        return draft.refuse(FbaReasonCode.LATE, "the window for a contest has ended", why)
    normal = account(case)
    if normal.result is False:
        return draft.refuse(normal.code, "the account must be in normal status", normal)
    kept = [*case.facts.get("evidence", []), *command.payload.get("evidence", [])]
    draft.take(
        "contest_valuation",
        set={"contest": {"valuation": command.payload.get("valuation") or {}}, "evidence": kept or None},
        deadlines=draft.target(ctx, "contested"),
    )
    return None


def settle_contested(draft: Draft, ctx: Context) -> bool:
    """An account that did not stay normal ends the contest; the valuation stays as it was."""
    why = account(draft.case)
    if why.result is not False:
        return False
    _contest_ends(draft, ctx, "end_contest", why)
    return True


def decide_contest(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """A person values the units anew, or keeps the valuation."""
    case = draft.case
    if command.payload["decision"] == "denied":
        _contest_ends(
            draft, ctx, "deny_contest", Reason(FbaReasonCode.CONTEST_DENIED, "valuation.contest", "denied", False)
        )
        return None
    shown: dict[str, Any] = merge(
        case.facts.get("contest", {}).get("valuation", {}), command.payload.get("valuation", {})
    )
    amounts = merge({k: v for k, v in case.facts["valuation"].items() if k != "set_by_person"}, shown)
    valued = valuation.value(replace(case, facts={**case.facts, "valuation": amounts}), ctx.rulebook)
    if valued.missing:
        return draft.refuse(RefusalCode.NOT_YET, "an amount the valuation needs is not known", *valued.missing)
    why = Reason(FbaReasonCode.CONTEST_UPHELD, "valuation.contest", "upheld")
    revalue(draft, ctx, "uphold_contest", valued, (why, *valued.reasons), amounts)
    return None


def revalue(
    draft: Draft,
    ctx: Context,
    trigger: str,
    valued: valuation.Valued,
    why: tuple[Reason, ...],
    amounts: dict[str, Any],
) -> None:
    """A higher value is credited anew; one that is not higher changes nothing but the record."""
    case = draft.case
    kept = payment.standing(case)
    if (valued.unit or 0) > kept["unit"]:
        payment.correct(draft, ctx, trigger, payment.owed(valued, kept["units"]), why)
        draft.add(set={"valuation": amounts})
        return
    unit = to_text(valued.unit or 0, case.currency)
    same = Reason(
        FbaReasonCode.VALUATION_NOT_LOWERED, "valuation.contest", unit, True, to_text(kept["unit"], case.currency)
    )
    draft.take(
        trigger,
        set={"valuation": amounts, "contest": None, "reimbursed": {**kept, "basis": valued.basis}},
        decision=decision(ctx, Decision("contest", "upheld", (*why, same))),
        deadlines=draft.settled(DeadlineKind.DECIDE, DeadlineKind.INFORMATION),
        notices=[payment.letter(draft, ctx, "contest_kept", amount=kept["amount"], reasons=[same.to_entry()])],
    )


def settle_cost(draft: Draft, ctx: Context) -> bool:
    """The seller gave a cost after Amazon's estimate was credited: the cost takes its place while a contest may run."""
    case = draft.case
    kept = payment.standing(case)
    if kept["basis"] != "amazon_estimate" or not any(body["type"] == "amend" for body in draft.bodies):
        return False
    clock = case.deadline(DeadlineKind.VALUATION_CONTEST.value)
    if not isinstance(case.facts["valuation"].get("sourcing_cost"), int) or clock is None or clock.status == "ran_out":
        return False
    valued = valuation.value(case, ctx.rulebook)
    if valued.unit is None:
        return False
    cost = to_text(valued.unit, case.currency)
    why = Reason(FbaReasonCode.COST_GIVEN, "valuation.before_order", cost, True, to_text(kept["unit"], case.currency))
    revalue(draft, ctx, "value_again", valued, (why, *valued.reasons), dict(case.facts["valuation"]))
    return True


def _contest_ends(draft: Draft, ctx: Context, trigger: str, why: Reason) -> None:
    amount = payment.standing(draft.case)["amount"]
    draft.take(
        trigger,
        set={"contest": None, "information": None},
        decision=decision(ctx, Decision("contest", "denied", (why,))),
        deadlines=draft.settled(DeadlineKind.DECIDE, DeadlineKind.INFORMATION),
        notices=[payment.letter(draft, ctx, "contest_kept", amount=amount, reasons=[why.to_entry()])],
    )


def window_ended(draft: Draft, ctx: Context, clock: Deadline) -> None:
    """The last day for a contest has passed; one that is being decided goes on."""
    if draft.case.state == "reimbursed":
        draft.take("close", deadlines=[clock.op("missed")])
    else:
        draft.mark("clock_missed", deadlines=[clock.op("missed")])
