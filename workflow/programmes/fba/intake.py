"""Filing, asking the seller, correcting, withdrawing, reopening, and what the rules make of a filed claim.

``file`` refuses what comes too early and opens everything else; a condition of SEED 002 that fails denies at once,
what is unknown is asked for, what passes waits for a person (contract section 8, R15). A loss in a fulfilment centre
from the day of the rule on is reimbursed without a person (domain notes 4.3). Left out: customer returns that Amazon
reimburses by itself in most cases, which no source describes closely enough.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ....states.case import Case, Deadline
from ....states.codes import DeadlineKind, Outcome, RefusalCode, TaskKind
from ....states.fba import FbaReasonCode
from ... import moved, whose
from ...filing import opened
from ...patching import patch
from ...plan import Command, Context, Draft, Refusal, decision, refuse, set_holds
from ...reasons import Decision, Reason
from . import duplicates, payment, valuation, windows
from .eligibility import examine, too_early

_HINT = "file again inside the window"


def file(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """Opens the claim, unless it comes too early; what rules it out anyway is told before that."""
    opened(draft, ctx, command)
    why = too_early(examine(draft.case, ctx))
    return None if why is None else _too_early(draft.case, ctx, why)


def _too_early(case: Case, ctx: Context, why: Reason) -> Refusal:
    first, _ = windows.window(case.facts["type"], windows.parse_date(case.facts["event_on"]), ctx.rulebook)
    code = RefusalCode.TOO_EARLY
    return Refusal(code, code.meaning, None, (why,), (), _HINT, first.isoformat(), ctx.rulebook.ref)


def amend(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """Corrects facts of the filing; a filed claim is looked at again."""
    return _told(draft, ctx, command, "amend")


def provide_information(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """The seller answered, with corrections or not."""
    return _told(draft, ctx, command, "take_answer")


def _told(draft: Draft, ctx: Context, command: Command, trigger: str) -> Refusal | None:
    case = draft.case
    refused = whose.refused(draft, command)
    if refused is not None:
        return refused
    found = patch(case.facts, command.payload)
    if trigger == "take_answer" and "evidence" in found:
        found["evidence"] = [*case.facts.get("evidence", []), *found["evidence"]]
    clocks = draft.settled(DeadlineKind.INFORMATION) if trigger == "take_answer" else []
    renamed = _another_loss(draft, found)
    if renamed is not None:
        return renamed
    draft.take(
        trigger,
        set={**found, "examined": None, "information": None},
        deadlines=clocks,
        seller=command.payload.get("seller"),
    )
    if draft.case.state != "filed":
        return None
    why = too_early(examine(draft.case, ctx))
    if why is None:
        return None
    return refuse(draft.programme, case, RefusalCode.TOO_EARLY, RefusalCode.TOO_EARLY.meaning, why, hint=_HINT)


def _another_loss(draft: Draft, found: dict[str, Any]) -> Refusal | None:
    """Which loss was reimbursed stands: under another name it could be claimed, and paid, once more."""
    case = draft.case
    told = replace(case, facts={**case.facts, **found})
    if case.state == "filed" or duplicates.named(told) == duplicates.named(case):
        return None
    code = RefusalCode.NOT_ALLOWED_FROM_STATE
    why = Reason(code, "eligibility.already_reimbursed", case.state, False)
    message = "which loss it is stands with its reimbursement"
    return draft.refuse(code, message, why, hint="reverse_payment first, then reopen and amend")


def settle_filed(draft: Draft, ctx: Context) -> bool:
    """One step on from ``filed``: ruled out, held, asked about, reimbursed without a person, or left to one."""
    case = draft.case
    if case.facts.get("examined"):
        return False
    tests = examine(case, ctx)
    if any(t.result is False for t in tests):
        deny(draft, ctx, "rule_out", tests)
        return True
    if set_holds(duplicates.many(case, ctx), draft, ctx):
        draft.add(tasks=[{"op": "open", "kind": TaskKind.HOLD_REVIEW.value}])
        return True
    valued = valuation.value(case, ctx.rulebook)
    unknown = [t for t in tests if t.result is None] + valued.missing
    if unknown:
        _ask(draft, ctx, (*tests, *valued.missing), unknown)
        return True
    automatic = _automatic(case, ctx)
    again = duplicates.alike(case, ctx) if automatic is not None else None
    if automatic is not None and again is None:
        reimburse(draft, ctx, "reimburse_at_once", (*tests, automatic), valued)
        return True
    waiting = again or Reason(FbaReasonCode.AWAITING_PERSON, "decision.reimbursement", "none", None)
    first = draft.bodies[0]["type"] == "file"
    draft.add(
        set={"examined": True},
        decision=decision(ctx, Decision("eligibility", "waiting", (*tests, *valued.reasons, waiting))),
        deadlines=[*draft.settled(DeadlineKind.INFORMATION), *_target(draft, ctx)],
        notices=[payment.letter(draft, ctx, "filed")] if first else [],
    )
    return True


def _target(draft: Draft, ctx: Context) -> list[dict[str, Any]]:
    return [] if draft.case.deadline(DeadlineKind.DECIDE.value) else draft.target(ctx, "filed")


def _automatic(case: Case, ctx: Context) -> Reason | None:
    """A loss reported in a fulfilment centre from the day of the rule on needs no person (and no claim)."""
    since = ctx.rulebook.text("automatic.since")
    if case.facts["type"] not in ctx.rulebook.names("automatic.types") or case.facts["event_on"] < since:
        return None
    return Reason(FbaReasonCode.AUTOMATIC, "automatic.since", case.facts["event_on"], True, since)


# -- asking --------------------------------------------------------------------------------------------------------


def _ask(draft: Draft, ctx: Context, tests: tuple[Reason, ...], unknown: list[Reason]) -> None:
    clock = draft.deadline(
        DeadlineKind.INFORMATION, ctx.rulebook.number("information.window"), ctx.today, event="information requested"
    )
    told = [r.to_entry() for r in unknown]
    draft.add(
        set={"examined": True, "information": {"reason": "other", "missing": [r.value for r in unknown]}},
        decision=decision(ctx, Decision("eligibility", "asked", tests)),
        deadlines=[*draft.settled(DeadlineKind.INFORMATION, how="cancelled"), clock],
        notices=[payment.letter(draft, ctx, "asked", reasons=told, due_on=clock["on"])],
    )


def request_information(draft: Draft, ctx: Context, command: Command) -> None:
    """A person asks the seller for more; the claim stays where it is."""
    clock = draft.deadline(
        DeadlineKind.INFORMATION, ctx.rulebook.number("information.window"), ctx.today, event="information requested"
    )
    draft.take(
        "ask_claimant",
        set={"information": {"reason": "other"}},
        deadlines=[*draft.settled(DeadlineKind.INFORMATION, how="cancelled"), clock],
        notices=[payment.letter(draft, ctx, "asked", due_on=clock["on"])],
    )


def no_answer(draft: Draft, ctx: Context, clock: Deadline) -> None:
    """No answer in time decides nothing: a person goes on with what there is."""
    draft.mark("clock_missed", deadlines=[clock.op("missed"), *_target(draft, ctx)])


# -- ends ----------------------------------------------------------------------------------------------------------


def deny(draft: Draft, ctx: Context, trigger: str, tests: tuple[Reason, ...]) -> None:
    """Denied for facts, every failed test named."""
    failed = [t.to_entry() for t in tests if t.result is False]
    kind = "eligibility" if trigger == "rule_out" else "person"
    draft.take(
        trigger,
        set={"information": None},
        decision=decision(ctx, Decision(kind, Outcome.DENY.value, tests)),
        deadlines=draft.all_settled(),
        holds=[{"op": "release", "reason": h} for h in draft.case.holds],
        notices=[payment.letter(draft, ctx, "denied", reasons=failed)],
    )


def reimburse(draft: Draft, ctx: Context, trigger: str, why: tuple[Reason, ...], valued: valuation.Valued) -> None:
    """Reimbursed: the value of a unit times the units, authorised for the seller's account."""
    kept = payment.owed(valued, draft.case.facts["units"])
    outcome = "reimbursed_at_once" if trigger == "reimburse_at_once" else "reimbursed"
    draft.take(
        trigger,
        set={"reimbursed": kept, "information": None, "issued_on": None},
        money=payment.authorize(draft, ctx, kept["amount"]),
        decision=decision(ctx, Decision("routing", outcome, (*why, *valued.reasons))),
        deadlines=draft.all_settled("met"),
    )


def withdraw(draft: Draft, ctx: Context, command: Command) -> None:
    """The seller withdraws before anything was decided."""
    draft.take("withdraw", set={"information": None}, deadlines=draft.all_settled())


def reopen(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """New facts: back to ``filed``; the first filing date stands. Looked at again once a fact changes."""
    refused = moved.opened_again(draft)
    if refused is not None:
        return refused
    if draft.case.totals.posted is not None:
        code = RefusalCode.NOT_ALLOWED_FROM_STATE
        why = Reason(code, "payment.posted", draft.case.state, False)
        return draft.refuse(code, "a reimbursement stands", why, hint="contest_valuation or record_found")
    cleared = ("information", "reimbursed", "issued_on", "contest", "payment_failures")
    draft.take(
        "reopen",
        set={**dict.fromkeys(cleared), "examined": True, "reopened": draft.case.facts.get("reopened", 0) + 1},
        deadlines=[*draft.all_settled(), *draft.target(ctx, "reopened")],
    )
    return None
