"""Verbs every programme has: notes, evidence, owners, holds, and the engine's own steps.

A hold is a flag with a reason beside the state. While it stands nothing automatic happens and no money moves;
clocks keep running unless the hold pauses them, and one that ran out meanwhile acts at the release
(contract section 8). Free text (notes, reasons) is sealed by the desk, never journalled in clear.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ..states.case import Case, Deadline
from ..states.codes import HoldReason, RefusalCode, TaskKind
from ..states.times import end_of_hours, end_of_window, instant_text, local_day, parse_date, parse_instant, zone_of
from . import moved, overlays
from .control.steps import answer, wait
from .plan import Command, Context, Draft, Handler, Programme, Refusal
from .reasons import Reason

_OPEN = ("open", "ran_out")
#: Subjects an erasure names one by one; an entry has its limit of bytes.
_SUBJECTS_MAX = 500


def carried_out(programme: Programme) -> list[str]:
    """The verbs a programme carries out, its own and the generic ones, in the order of its lifecycle."""
    return [v for v in programme.lifecycle.verbs if v in programme.handlers or v in GENERIC]


def note(draft: Draft, ctx: Context, command: Command) -> None:
    """Keeps a file note (its text is sealed); ``done`` closes a task and its clock."""
    done = command.payload.get("done")
    if done is None:
        draft.take("note")
        return
    closing = [{"op": "met", "kind": done}] if draft.case.deadline(done) else []
    draft.take("note", tasks=[{"op": "done", "kind": done}], deadlines=closing)


def assign(draft: Draft, ctx: Context, command: Command) -> None:
    """Names the owner."""
    draft.take("assign", owner=command.payload.get("owner") or command.actor)


def attach_evidence(draft: Draft, ctx: Context, command: Command) -> None:
    """Keeps references to evidence; the content stays with the host, its digest with us."""
    kept = [*draft.case.facts.get("evidence", []), *command.payload.get("evidence", [])]
    draft.take("attach_evidence", set={"evidence": kept})


def hold(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """Sets a hold; setting one that stands changes nothing but is on record."""
    payload, paused = command.payload, draft.case.facts.get("clocks_paused_at")
    draft.take(
        "hold",
        holds=[{"op": "set", "reason": payload["hold"]}],
        set={"clocks_paused_at": instant_text(draft.now)} if payload.get("pause_clocks") and not paused else None,
    )
    return None


def release_hold(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """Settles the fact behind a hold for good; paused clocks move on by the pause, run-out ones act now."""
    case = draft.case
    wanted = command.payload.get("hold")
    if not case.holds or (wanted is not None and wanted not in case.holds):
        return draft.refuse(
            RefusalCode.NO_SUCH_HOLD,
            "this hold does not stand",
            Reason("no_such_hold", "hold", ", ".join(case.holds) or "none", False, _known_hold(wanted)),
        )
    if wanted is None and len(case.holds) > 1:
        return draft.refuse(
            RefusalCode.NO_SUCH_HOLD,
            "several holds stand; name the one to release",
            Reason("no_such_hold", "hold", ", ".join(case.holds), False),
            hint="hold: " + " or ".join(case.holds),
        )
    chosen: str = wanted or next(iter(case.holds))
    last = len(case.holds) == 1
    tasks = [{"op": "done", "kind": k} for k in _tasks_of(chosen) if k in case.tasks]
    paused = case.facts.get("clocks_paused_at") if last else None
    clocks = _later(draft, case, paused) if paused else []
    draft.take(
        "release_hold",
        holds=[{"op": "release", "reason": chosen}],
        tasks=tasks,
        deadlines=clocks,
        set={"clocks_paused_at": None} if paused else None,
    )
    return None


def _known_hold(name: str | None) -> str | None:
    """The name of a hold, unless it is somebody's own word: an error repeats no value."""
    return name if name in {reason.value for reason in HoldReason} else None


def _tasks_of(hold: str) -> tuple[str, ...]:
    return (TaskKind.REFER.value,) if hold == HoldReason.FRAUD_REVIEW.value else (TaskKind.HOLD_REVIEW.value,)


def _later(draft: Draft, case: Case, paused: str) -> list[dict[str, Any]]:
    """The clocks that run, as many days later as they stood still."""
    days = max(0, (local_day(draft.now, case.zone) - local_day(parse_instant(paused), case.zone)).days)
    found: list[dict[str, Any]] = []
    for clock in case.deadlines:
        if clock.status not in _OPEN or not days:
            continue
        on = parse_date(clock.on) + timedelta(days=days)
        # Days of the wall: a change of summer time between leaves the clock at its hour.
        due = parse_instant(clock.due).astimezone(zone_of(case.zone)) + timedelta(days=days)
        recipe = {**clock.recipe, "paused_days": days + clock.recipe.get("paused_days", 0)}
        found.append(clock.op("moved", on=on.isoformat(), due=instant_text(due), recipe=recipe))
    return found


def redact(draft: Draft, ctx: Context, command: Command) -> None:
    """Personal data is erased: what and under which basis is on record, never what it said.

    The desk tells what there is to erase (``found``); where there is nothing, nothing is written.
    """
    found = command.found or {}
    if not found.get("subjects") and not found.get("letters"):
        return
    basis: str = command.payload["basis"]
    draft.take(
        "redact",
        set={"erased": {"at": instant_text(draft.now), "basis": basis}},
        redaction={
            "basis": basis,
            "values": len(found["subjects"]),
            "subjects": found["subjects"][:_SUBJECTS_MAX],
            "epochs": found["epochs"],
            "letters": found["letters"],
        },
    )


def recheck(draft: Draft, ctx: Context, command: Command) -> None:
    """Nothing of its own: the rules look again because another case changed (a sibling, a certificate)."""


def hand_over(draft: Draft, ctx: Context, command: Command) -> None:
    """Notices were handed over to their senders; clocks that wait for one start with a late hand-over."""
    case = draft.case
    given = command.payload["notices"]
    kinds = {n.id: n.kind for n in case.notices}
    late = {kinds.get(g["id"]) for g in given if g.get("late")}
    restarted = [
        clock.op("moved", **_restarted(draft, clock))
        for clock in case.deadlines
        if clock.status in _OPEN and clock.notice is not None and clock.notice in late
    ]
    ops = [
        {"op": "handed_over", "id": g["id"], "at": g["at"], "channel": g["channel"], "sha256": g["sha256"]}
        for g in given
    ]
    draft.mark("hand_over", notices=ops, deadlines=restarted)


def reveal(draft: Draft, ctx: Context, command: Command) -> None:
    """Somebody looks at sensitive data: who, when, what kind and why is on record before it is shown."""
    draft.mark("reveal", access={"purpose": command.payload["purpose"], "fields": command.payload["fields"]})


def send_payment(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """A payment call is about to leave: on record before it does, so that nobody withdraws or re-routes meanwhile."""
    case = draft.case
    if case.totals.pending is None or case.totals.pending != command.payload["ref"]:
        return draft.refuse(
            RefusalCode.NOT_YET,
            "this payment is not authorised any more",
            Reason("not_yet", "payment.pending", None, False),
        )
    if case.holds:
        return draft.refuse(
            RefusalCode.ON_HOLD,
            "no money moves while a hold stands",
            Reason("on_hold", f"hold.{case.holds[0]}", case.holds[0], False),
        )
    ref: str = command.payload["ref"]
    known: Mapping[str, Any] = case.facts.get("payment") or {}
    since: str = known["since"] if known.get("ref") == ref else instant_text(draft.now)
    draft.mark("send_payment", set={"payment": {"ref": ref, "attempt": command.payload["attempt"], "since": since}})
    return None


def _restarted(draft: Draft, clock: Deadline) -> dict[str, Any]:
    zone = draft.case.zone
    start = local_day(draft.now, zone)
    if "hours" in clock.recipe:
        last, due = end_of_hours(draft.now, clock.recipe["hours"], zone)
        began = instant_text(draft.now)
    else:
        last, due = end_of_window(start, clock.recipe["days"], zone)
        began = start.isoformat()
    return {
        "on": last.isoformat(),
        "due": instant_text(due),
        "recipe": {**clock.recipe, "from": began, "event": "notice handed over"},
    }


def fire_with(programme: Programme) -> Handler:
    """The handler of ``fire``: a clock ran out. Under a hold it only remembers that it did."""

    def fire(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
        kind, due = command.payload["kind"], command.payload.get("due")
        running = [d for d in draft.case.deadlines if (d.kind, d.status) == (kind, "open") and due in (None, d.due)]
        clock = min(running, key=lambda d: d.due, default=None)
        if clock is None:
            return draft.refuse(
                RefusalCode.NOT_YET,
                f"no open clock {kind}",
                Reason("not_yet", f"deadline.{kind}", None, False),
            )
        if parse_instant(clock.due) > draft.now:
            return draft.refuse(
                RefusalCode.NOT_YET,
                f"{kind} runs until {clock.on}",
                Reason("not_yet", f"deadline.{kind}", clock.on, False),
            )
        if draft.case.holds:
            if draft.case.facts.get("clocks_paused_at"):
                return draft.refuse(
                    RefusalCode.ON_HOLD,
                    "the clocks are paused",
                    Reason("on_hold", f"hold.{draft.case.holds[0]}", draft.case.holds[0], False),
                )
            draft.mark("ran_out", deadlines=[clock.op("ran_out")])
            return None
        if clock.notice is not None and not _handed_over(draft.case, clock.notice):
            return draft.refuse(
                RefusalCode.NOTICE_NOT_HANDED_OVER,
                f"{kind} waits for {clock.notice} to be handed over",
                Reason("notice_not_handed_over", f"deadline.{kind}", clock.notice, False),
            )
        _fire(programme, draft, ctx, clock)
        return None

    return fire


def _handed_over(case: Case, kind: str) -> bool:
    found = [n for n in case.notices if n.kind == kind]
    return bool(found) and found[-1].handed_over is not None


def _fire(programme: Programme, draft: Draft, ctx: Context, clock: Deadline) -> None:
    if ctx.overlays and overlays.fired(draft, ctx, clock):
        return
    handler = programme.fires.get(clock.kind)
    if handler is None or "overlay" in clock.recipe:
        draft.mark("clock_missed", deadlines=[clock.op("missed")])
    else:
        handler(draft, ctx, clock)


def fire_run_out(programme: Programme, draft: Draft, ctx: Context) -> bool:
    """After a release: the oldest clock that ran out under the hold acts now. False when there is none."""
    waiting = [d for d in draft.case.deadlines if d.status == "ran_out"]
    waiting.sort(key=lambda d: d.due)
    for clock in waiting:
        if clock.notice is None or _handed_over(draft.case, clock.notice):
            _fire(programme, draft, ctx, clock)
            return True
    return False


GENERIC: Mapping[str, Handler] = {
    "note": note,
    "assign": assign,
    "attach_evidence": attach_evidence,
    "hold": hold,
    "release_hold": release_hold,
    "redact": redact,
    "redirect": moved.redirect,
    "recheck": recheck,
    "hand_over": hand_over,
    "send_payment": send_payment,
    "reveal": reveal,
    "wait": wait,
    "answer": answer,
}
