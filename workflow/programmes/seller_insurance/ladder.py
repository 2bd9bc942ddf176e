"""What follows when a seller is overdue: a notice, a way to appeal, and a restriction that a person decides.

Domain notes 2.1: categories are restricted or the account suspended until proof is given, "notice and a way to appeal
first". No length for that appeal is published: the rulebook's is assumed, and counts from the day the notice was handed
over. The rules never restrict anybody (R15): when the window has passed, or an appeal was denied, the file waits for a
person. An accepted certificate in force ends all of it by itself. Left out: what is restricted, which is the
marketplace's own step.

``restriction`` on the file: ``{"status": warned | appealed | review | spared | restricted, "since": day}``.
"""

from __future__ import annotations

from typing import Any

from ....states.case import Case, Deadline
from ....states.codes import DeadlineKind, NoticeKind, Party, ReasonCode, RefusalCode
from ....states.seller_insurance import SellerReasonCode
from ...plan import Command, Context, Draft, Refusal, decision
from ...reasons import Decision, Reason

_WINDOW, _APPEAL, _RULE = "overdue.appeal_window", "overdue.appeal", "overdue.restriction"
_CLOCKS = (DeadlineKind.RESTRICTION_APPEAL, DeadlineKind.DECIDE)


def status(case: Case) -> str:
    """Where the ladder stands; "none" for a file that is not on it."""
    found: dict[str, Any] = case.facts.get("restriction") or {}
    return str(found.get("status", "none"))


def warn(draft: Draft, ctx: Context) -> None:
    """The file has just become overdue: the seller is told, and may appeal what may follow."""
    restricts = ctx.rulebook.text(_RULE) != "none"
    opened: list[dict[str, Any]] = []
    if restricts:
        window = ctx.rulebook.number(_WINDOW)
        kind, notice = DeadlineKind.RESTRICTION_APPEAL, NoticeKind.SELLER_INSURANCE_OVERDUE
        opened = [draft.deadline(kind, window, ctx.today, event="overdue notice", notice=notice)]
    params = {"due_on": opened[0]["on"], "rules": [_RULE, _WINDOW]} if opened else {"rules": ["duty.grace"]}
    letter = draft.notice(ctx, NoticeKind.SELLER_INSURANCE_OVERDUE, Party.SELLER, **params)
    draft.add(set=_now(ctx, "warned") if restricts else None, deadlines=opened, notices=[letter])


def ended(draft: Draft, ctx: Context) -> dict[str, Any]:
    """The parts of the step that makes a file compliant again: the ladder ends, a restriction with it."""
    if "restriction" not in draft.case.facts:
        return {}
    restricted = status(draft.case) == "restricted"
    letter = draft.notice(ctx, NoticeKind.SELLER_RESTRICTION_ENDED, Party.SELLER, rules=[_RULE]) if restricted else None
    return {
        "set": {"restriction": None},
        "deadlines": draft.settled(*_CLOCKS),
        "notices": [letter] if letter else [],
    }


def window_ended(draft: Draft, ctx: Context, clock: Deadline) -> None:
    """Nobody appealed in time: a person decides."""
    closing = [clock.op("missed"), *draft.target(ctx, "nobody appealed")]
    draft.take("end_appeal_window", set=_now(ctx, "review"), deadlines=closing)


def appeal(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """The seller appeals before anything is restricted."""
    case = draft.case
    clock = case.deadline(DeadlineKind.RESTRICTION_APPEAL.value)
    if status(case) == "warned" and clock is not None and ctx.today.isoformat() <= clock.on:
        closing = [*draft.settled(DeadlineKind.RESTRICTION_APPEAL), *draft.target(ctx, "appealed")]
        draft.take("appeal", set=_now(ctx, "appealed"), deadlines=closing)
        return None
    last = next((d.on for d in reversed(case.deadlines) if d.kind == DeadlineKind.RESTRICTION_APPEAL.value), None)
    if status(case) == "review" and last is not None and not _decided(case):
        code = RefusalCode.LATE_APPEAL
        why = Reason(code, _WINDOW, ctx.today.isoformat(), False, f"by {last}")
        return draft.refuse(code, f"the appeal window ended on {last}", why, hint="record_certificate ends it at once")
    code = RefusalCode.NOTHING_TO_APPEAL
    why = Reason(code, _APPEAL, status(case), False)
    return draft.refuse(code, "there is nothing to appeal now", why, hint="record_certificate ends it at once")


def decide_appeal(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """A person decides the appeal: upheld spares the seller, denied leaves the restriction to be decided."""
    case = draft.case
    if status(case) != "appealed":
        code = RefusalCode.NOTHING_TO_APPEAL
        return draft.refuse(code, "no appeal is open", Reason(code, _APPEAL, status(case), False))
    upheld = command.payload["decision"] == "upheld"
    code = ReasonCode.APPEAL_UPHELD if upheld else ReasonCode.APPEAL_DENIED
    why = Reason(code, _APPEAL, command.payload["decision"], upheld)
    letter = draft.notice(
        ctx,
        NoticeKind.SELLER_APPEAL_DECIDED,
        Party.SELLER,
        decision=command.payload["decision"],
        reasons=[why.to_entry()],
        rules=[_RULE],
    )
    closing = draft.settled(DeadlineKind.DECIDE)
    draft.take(
        "uphold_appeal" if upheld else "deny_appeal",
        set={"restriction": {**_now(ctx, "spared" if upheld else "review")["restriction"], "appeal": "decided"}},
        deadlines=closing,
        notices=[letter],
        decision=decision(ctx, Decision("restriction", "spared" if upheld else "appeal_denied", (why,))),
    )
    if not upheld:
        draft.add(deadlines=draft.target(ctx, "appeal denied"))
    return None


def decide(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """A person restricts the seller, or spares them, also one who is restricted already."""
    case, wanted = draft.case, command.payload["decision"]
    if wanted == "restrict" and status(case) != "review":
        return _too_early(draft, ctx)
    restricted = wanted == "restrict"
    code = SellerReasonCode.RESTRICTED_BY_PERSON if restricted else SellerReasonCode.SPARED_BY_PERSON
    why = Reason(code, _RULE, wanted, True)
    kind = NoticeKind.SELLER_RESTRICTED if restricted else NoticeKind.SELLER_RESTRICTION_ENDED
    tells = restricted or status(case) == "restricted"
    letter = draft.notice(ctx, kind, Party.SELLER, reasons=[why.to_entry()]) if tells else None
    draft.take(
        "restrict" if restricted else "spare",
        set=_now(ctx, "restricted" if restricted else "spared"),
        deadlines=draft.settled(*_CLOCKS),
        notices=[letter] if letter else [],
        decision=decision(ctx, Decision("restriction", "restricted" if restricted else "spared", (why,))),
    )
    return None


def _too_early(draft: Draft, ctx: Context) -> Refusal:
    """Restricting comes after the notice and the way to appeal, and once."""
    case = draft.case
    clock = case.deadline(DeadlineKind.RESTRICTION_APPEAL.value)
    if clock is not None:
        why = Reason(RefusalCode.NOT_YET, _WINDOW, ctx.today.isoformat(), False, f"after {clock.on}")
        return draft.refuse(RefusalCode.NOT_YET, f"the seller may appeal until {clock.on}", why, hint="spare, or wait")
    why = Reason(RefusalCode.NOT_YET, _RULE, status(case), False, "review")
    said = {"appealed": "the appeal is decided first", "restricted": "the seller is restricted already"}
    message = said.get(status(case), "nothing is left to decide")
    return draft.refuse(RefusalCode.NOT_YET, message, why, hint="decide_appeal" if status(case) == "appealed" else "")


def _decided(case: Case) -> bool:
    found: dict[str, Any] = case.facts.get("restriction") or {}
    return "appeal" in found


def _now(ctx: Context, found: str) -> dict[str, Any]:
    return {"restriction": {"status": found, "since": ctx.today.isoformat()}}
