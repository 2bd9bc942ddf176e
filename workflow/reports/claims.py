"""The claims register and the timeliness of every clock.

Authority: 10 CCR 2695.3(b) (fields of the register: number, line, dates of loss, payment, acceptance, denial, closing
without payment), trust notes 6 (2 and 3). Decision: every date is read from the journal, none from a table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from ...states.case import Deadline
from ...states.times import days_between, local_day, parse_date, parse_instant
from .. import registry
from .shape import Asked, Dated, Kind, Record, Report, columns, per_case


def _first(record: Record, wanted: str, *, kinds: tuple[str, ...] = ()) -> str | None:
    """The instant of the first entry that has ``wanted``: a kind of transfer, or a letter handed over."""
    for entry in record.entries:
        if any(move["kind"] == wanted for move in entry.get("money", ())):
            return entry["at"]
        if kinds and any(op["op"] == wanted and op["id"] in kinds for op in entry.get("notices", ())):
            return entry["at"]
    return None


def _handed_over(record: Record, *kinds: str) -> str | None:
    """When the first letter of these kinds left."""
    return min((n.handed_over for n in record.case.notices if n.kind in kinds and n.handed_over), default=None)


def _losses(facts: Mapping[str, Any]) -> int:
    return sum(loss["amount"] for loss in facts.get("losses") or () if isinstance(loss.get("amount"), int))


def _claimed(record: Record) -> int | None:
    """What the filing asked for, before anybody assessed it; None where the programme tells no losses."""
    first = record.entries[0].get("set", {})
    return _losses(first) if first.get("losses") else None


def _register(record: Record, asked: Asked) -> Iterator[Dated]:
    case = record.case
    if case.programme == registry.SELLER_FILE:
        return
    programme = registry.programme(case.programme)
    ends = programme.lifecycle.ends
    decisions = [e for e in record.entries if "decision" in e]
    closed = None
    for entry in record.entries:
        if entry["to"] not in ends:
            closed = None
        elif closed is None:
            closed = entry["at"]
    paid = _first(record, "post")
    shown = programme.summary(case)
    last: dict[str, Any] = decisions[-1]["decision"] if decisions else {}
    order: Any = case.facts.get("order") or {}
    yield case.opened_at, {
        "claim": case.id,
        "programme": case.programme,
        "marketplace": case.marketplace,
        "laws": " ".join(sorted({d.recipe["overlay"] for d in case.deadlines if "overlay" in d.recipe})),
        "seller": case.seller,
        "order": order.get("id") if isinstance(order, dict) else None,  # pyright: ignore[reportUnknownMemberType]
        "loss_on": case.facts.get("incident_on"),
        "received_at": case.opened_at,
        "acknowledged_at": _handed_over(record, "customer_acknowledged"),
        "seller_notified_at": _handed_over(record, "seller_notified", "seller_informed"),
        "first_decision_at": decisions[0]["at"] if decisions else None,
        "last_decision_at": decisions[-1]["at"] if decisions else None,
        "last_decision": f"{last['kind']}.{last['outcome']}" if last else None,
        "reasons": " ".join(dict.fromkeys(r["code"] for r in last.get("reasons", ()))),
        "state": case.state,
        "outcome": programme.outcome(case),
        "holds": " ".join(case.holds),
        "paid_at": paid,
        "closed_at": closed,
        "closed_without_payment": closed is not None and not case.totals.by_amazon and not case.totals.by_seller
        and not case.totals.by_insurer,
        "currency": case.currency,
        "claimed": _claimed(record),
        "eligible": shown["eligible_minor"],
        "posted": case.totals.by_amazon,
        "authorised": case.totals.pending_minor,
        "settled_by_seller": case.totals.by_seller,
        "settled_by_insurer": case.totals.by_insurer,
        "recovered": case.totals.recovered,
        "written_off": case.totals.written_off,
        "rulebook": case.rulebook,
        "entries": case.version,
        "head": case.head,
    }  # fmt: skip


CLAIMS = Report(
    "claims",
    2,
    "Which claims were received, and what became of each?",
    "the day a claim was received",
    columns(
        ("claim", "claim number"),
        ("programme", "line"),
        ("marketplace", "marketplace"),
        ("laws", "laws beside the programme whose clocks ran"),
        ("seller", "seller"),
        ("order", "order"),
        ("loss_on", "date of loss as told", Kind.DAY),
        ("received_at", "received", Kind.INSTANT),
        ("acknowledged_at", "acknowledgement handed over", Kind.INSTANT),
        ("seller_notified_at", "first letter to the seller handed over", Kind.INSTANT),
        ("first_decision_at", "first decision", Kind.INSTANT),
        ("last_decision_at", "last decision", Kind.INSTANT),
        ("last_decision", "what the last decision was"),
        ("reasons", "reason codes of the last decision"),
        ("state", "state now"),
        ("outcome", "what triage came to"),
        ("holds", "holds that stand"),
        ("paid_at", "first payment confirmed", Kind.INSTANT),
        ("closed_at", "closed, denied or withdrawn for the last time", Kind.INSTANT),
        ("closed_without_payment", "closed and nobody has paid", Kind.FLAG),
        ("currency", "currency of the amounts"),
        ("claimed", "asked for at the filing", Kind.MONEY),
        ("eligible", "what counts", Kind.MONEY),
        ("posted", "paid to the claimant by the programme and not reversed", Kind.MONEY),
        ("authorised", "authorised, neither paid nor void", Kind.MONEY),
        ("settled_by_seller", "paid to the customer by the seller itself", Kind.MONEY),
        ("settled_by_insurer", "paid to the customer by the insurer itself", Kind.MONEY),
        ("recovered", "had back and not returned", Kind.MONEY),
        ("written_off", "given up", Kind.MONEY),
        ("rulebook", "rulebook version the claim is pinned to"),
        ("entries", "journal entries", Kind.COUNT),
        ("head", "hash of the last entry"),
    ),
    per_case(_register),
)


# -- timeliness --------------------------------------------------------------------------------------------------------


class _Clock:
    """One clock, followed through the journal."""

    def __init__(self, op: Mapping[str, Any], at: str) -> None:
        self.now = Deadline(op["kind"], op["on"], op["due"], op["recipe"], "open", op.get("notice"))
        self.opened_at = at
        self.ended_at: str | None = None
        self.moved = 0

    def take(self, op: Mapping[str, Any], at: str) -> None:
        """The op that is about this clock."""
        kind, on, due, recipe = self.now.kind, self.now.on, self.now.due, self.now.recipe
        if op["op"] == "moved":
            self.now = Deadline(kind, op["on"], op["due"], op["recipe"], "open", self.now.notice)
            self.moved += 1
            return
        self.now = Deadline(kind, on, due, recipe, op["op"], self.now.notice)
        if op["op"] != "ran_out":
            self.ended_at = at


def _clocks(record: Record) -> list[_Clock]:
    found: list[_Clock] = []
    for entry in record.entries:
        for op in entry.get("deadlines", ()):
            if op["op"] == "open":
                found.append(_Clock(op, entry["at"]))
                continue
            for clock in found:
                if clock.now.is_meant(op):
                    clock.take(op, entry["at"])
    return found


def _result(clock: _Clock, as_of: str) -> str:
    """met, late, missed, cancelled, open or overdue."""
    status = clock.now.status
    if status == "met":
        return "late" if str(clock.ended_at) >= clock.now.due else "met"
    if status in ("open", "ran_out"):
        return "overdue" if as_of and as_of >= clock.now.due else "open"
    return status


def _timeliness(record: Record, asked: Asked) -> Iterator[Dated]:
    case = record.case
    for clock in _clocks(record):
        law = str(clock.now.recipe.get("overlay", "programme"))
        if asked.jurisdiction not in (None, case.marketplace, law):
            continue
        result = _result(clock, asked.as_of)
        until = clock.ended_at if result == "late" else asked.as_of if result == "overdue" else None
        late = None
        if until is not None:
            late = max(1, days_between(parse_date(clock.now.on), local_day(parse_instant(until), case.zone)))
        last_moment = (parse_instant(clock.now.due) - timedelta(microseconds=1)).isoformat()
        yield (
            last_moment,
            {
                "claim": case.id,
                "programme": case.programme,
                "marketplace": case.marketplace,
                "law": law,
                "clock": clock.now.kind,
                "opened_at": clock.opened_at,
                "counted_from": clock.now.recipe.get("from"),
                "length": clock.now.recipe.get("days", clock.now.recipe.get("hours")),
                "counted_in": clock.now.recipe.get("type"),
                "zone": clock.now.recipe.get("zone", case.zone),
                "last_good_day": clock.now.on,
                "due": clock.now.due,
                "moved": clock.moved,
                "result": result,
                "ended_at": clock.ended_at,
                "days_late": late,
            },
        )


TIMELINESS = Report(
    "timeliness",
    3,
    "Was every clock kept, and if not, by how much was it missed?",
    "the last good day of a clock",
    columns(
        ("claim", "claim, or seller's file"),
        ("programme", "programme"),
        ("marketplace", "marketplace"),
        ("law", "the law that set the clock, or programme"),
        ("clock", "kind of clock"),
        ("opened_at", "clock started", Kind.INSTANT),
        ("counted_from", "day 0", Kind.DAY),
        ("length", "how long", Kind.COUNT),
        ("counted_in", "calendar days, business days, hours or a fixed date"),
        ("zone", "time zone of the days"),
        ("last_good_day", "last good day", Kind.DAY),
        ("due", "first instant too late", Kind.INSTANT),
        ("moved", "how often it was moved", Kind.COUNT),
        ("result", "met; late: met after it was due; missed: ran out and acted; cancelled; open; overdue"),
        ("ended_at", "met, missed or cancelled at", Kind.INSTANT),
        ("days_late", "days after the last good day", Kind.COUNT),
    ),
    per_case(_timeliness),
)
