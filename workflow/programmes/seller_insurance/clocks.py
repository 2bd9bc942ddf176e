"""How a compliance file moves: with certificates, and with the days.

Contract section 8: when the only accepted certificate ends the file is overdue the next day; domain notes
2.1: thirty days, then overdue. Cover counts from its first day, and certificates that follow one another
without a gap count as one. Clocks: ``insurance_due``, ``certificate_end``, ``certificate_reminder`` (a letter some days
before the cover ends, each once: renewals are taken from thirty days before), and ``duty_review``, the day before
something on file begins to count (a change of the rule, or cover that begins later).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from ....states.case import Case, Deadline
from ....states.codes import DeadlineKind, NoticeKind, Party
from ....states.times import parse_date
from ...coverage import runs_to
from ...plan import Context, Draft
from . import ladder
from .certificate import in_force
from .compliance import decided, duty_facts, duty_of

_ONE_DAY = timedelta(days=1)
_DUE, _END, _REVIEW = DeadlineKind.INSURANCE_DUE, DeadlineKind.CERTIFICATE_END, DeadlineKind.DUTY_REVIEW
_REMINDER = DeadlineKind.CERTIFICATE_REMINDER


def settle(draft: Draft, ctx: Context) -> bool:
    """One step of the rules; at rest the clocks are set to what the file says."""
    step = _step(draft.case, ctx.today)
    if step is None:
        _set_clocks(draft, ctx)
        return False
    how = "met" if step == "comply" else "missed"
    clocks = draft.settled(_DUE, how=how) if step != "require" else [_due_clock(draft, ctx)]
    parts = ladder.ended(draft, ctx) if step == "comply" else {}
    clocks = [*clocks, *draft.settled(_END, how=how), *parts.pop("deadlines", ())]
    if step == "require" and draft.case.facts["due_on"] >= ctx.today.isoformat():
        parts["notices"] = [_required(draft, ctx)]
    draft.take(step, deadlines=clocks, **parts)
    if step == "lapse":
        ladder.warn(draft, ctx)
    return True


def _required(draft: Draft, ctx: Context) -> dict[str, Any]:
    """The letter that says since when insurance is needed, and by when it is to be shown."""
    found = duty_of(draft.case.facts, draft.case.marketplace, ctx.today)
    reasons = [r.to_entry() for r in found.reasons]
    due_on = draft.case.facts["due_on"]
    return draft.notice(ctx, NoticeKind.SELLER_INSURANCE_REQUIRED, Party.SELLER, due_on=due_on, reasons=reasons)


def remind(draft: Draft, ctx: Context, clock: Deadline) -> None:
    """The cover ends soon: the seller is told, with the day."""
    ends = cover_ends(draft.case, ctx.today)
    closing = [{"op": "met", "kind": clock.kind}]
    # A clock that ran out under a hold acts at the release; renewed meanwhile, there is nothing to remind of.
    if ends is None or ends - ctx.today > timedelta(days=ctx.rulebook.number("renewal.window")):
        draft.take("remind", deadlines=closing)
        return
    number = next((c.get("number") for c in _accepted(draft.case) if runs_to(c) == ends.isoformat()), None)
    letter = draft.notice(
        ctx, NoticeKind.SELLER_CERTIFICATE_ENDING, Party.SELLER, due_on=ends.isoformat(), number=number
    )
    draft.take("remind", deadlines=closing, notices=[letter])


def lapse(draft: Draft, ctx: Context, clock: Deadline) -> None:
    """The days to show insurance, or the cover itself, ran out; a certificate in force by now counts."""
    if covered(draft.case, ctx.today):
        trigger = "update_seller" if draft.case.state == "compliant" else "comply"
    else:
        trigger = "lapse"
    how = "missed" if trigger == "lapse" else "met"
    draft.take(trigger, deadlines=[{"op": how, "kind": clock.kind}])
    if trigger == "lapse":
        ladder.warn(draft, ctx)


def review(draft: Draft, ctx: Context, clock: Deadline) -> None:
    """A rule changed or cover begins: the duty is computed anew."""
    found = duty_of(draft.case.facts, draft.case.marketplace, ctx.today)
    draft.take(
        "update_seller",
        set=duty_facts(draft.case, found),
        decision=decided(ctx, found),
        deadlines=[{"op": "met", "kind": clock.kind}],
    )


def covered(case: Case, day: date) -> bool:
    """Whether an accepted certificate given by ``day`` is in force on it."""
    return any(in_force(c, day) and c["submitted_on"] <= day.isoformat() for c in _accepted(case))


def cover_ends(case: Case, day: date) -> date | None:
    """The last day of the cover that is in force on ``day``, over certificates without a gap between them."""
    last: date | None = None
    for certificate in sorted(_accepted(case), key=lambda c: c["starts_on"]):
        starts, ends = parse_date(certificate["starts_on"]), parse_date(runs_to(certificate))
        if ends >= day and starts <= (day if last is None else last + _ONE_DAY):
            last = ends if last is None else max(last, ends)
    return last


def _step(case: Case, today: date) -> str | None:
    insured = covered(case, today)
    late = today.isoformat() > case.facts.get("due_on", "9999")
    match case.state:
        case "not_required":
            if case.facts.get("required") is not True:
                return None
            return "comply" if insured else "require"
        case "required":
            return "comply" if insured else "lapse" if late else None
        case "compliant":
            return None if insured else "lapse"
        case _:
            return "comply" if insured else None


def _due_clock(draft: Draft, ctx: Context) -> dict[str, Any]:
    since = parse_date(draft.case.facts["required_since"])
    days = (parse_date(draft.case.facts["due_on"]) - since).days
    return draft.deadline(_DUE, days, since, event="duty began")


def _set_clocks(draft: Draft, ctx: Context) -> None:
    changes = [change for kind, on in _wanted(draft.case, ctx).items() for change in _change(draft, kind, on)]
    if changes:
        draft.add(deadlines=changes)


def _wanted(case: Case, ctx: Context) -> dict[DeadlineKind, date | None]:
    found: dict[DeadlineKind, date | None] = {_DUE: None, _END: None, _REMINDER: None, _REVIEW: None}
    begins = min((d for d in _later_cover(case, ctx.today)), default=None)
    match case.state:
        case "not_required":
            begins = duty_of(case.facts, case.marketplace, ctx.today).next_review
        case "required":
            found[_DUE] = parse_date(case.facts["due_on"])
        case "compliant":
            found[_END], begins = cover_ends(case, ctx.today), None
            found[_REMINDER] = _next_reminder(found[_END], ctx)
        case _:
            pass
    if begins is not None:
        found[_REVIEW] = begins - _ONE_DAY
    return found


def _next_reminder(ends: date | None, ctx: Context) -> date | None:
    """The day before the next reminder; one whose day has passed is not made up for."""
    if ends is None:
        return None
    days = [ctx.rulebook.number("renewal.window"), *map(int, ctx.rulebook.names("renewal.reminders"))]
    later = [day for n in days if (day := ends - timedelta(days=n)) > ctx.today]
    return min(later) - _ONE_DAY if later else None


def _later_cover(case: Case, today: date) -> Iterator[date]:
    for certificate in _accepted(case):
        counts_from = max(parse_date(certificate["starts_on"]), parse_date(certificate["submitted_on"]))
        if counts_from > today and parse_date(runs_to(certificate)) >= counts_from:
            yield counts_from


def _change(draft: Draft, kind: DeadlineKind, on: date | None) -> list[dict[str, Any]]:
    known = draft.case.deadline(kind.value)
    if on is None:
        return draft.settled(kind, how="cancelled")
    if known is not None and (known.on == on.isoformat() or known.status == "ran_out"):
        return []  # one that ran out under a hold acts first
    made = draft.deadline(kind, 0, on, event=kind.meaning)
    return [made if known is None else {**made, "op": "moved"}]


def _accepted(case: Case) -> Iterator[dict[str, Any]]:
    return (c for c in case.facts.get("certificates", ()) if c["accepted"])
