"""Journal entries as events of a process: who did what to which things, in a strict order for each claim.

Decision: several entries of one verb share an instant, and readers of event logs sort by time; an event that would
not come after the one before it is put a microsecond later, and its own instant stands beside it. Things are claims,
sellers, payments, notices and rulebooks; nothing personal is among them. Authority: trust notes 6 (16).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ...states.times import instant_text, parse_instant
from ...workflow.engine import seller_file_id
from ...workflow.reports.shape import Record, part

_TICK = timedelta(microseconds=1)


class Link(NamedTuple):
    """A thing an event is about, and how."""

    id: str
    type: str  #: claim, seller, payment, notice or rulebook
    how: str


@dataclass(frozen=True, slots=True)
class Event:
    """One journal entry. ``time`` is strictly after the event before it in the same claim."""

    id: str
    type: str
    time: str
    at: str
    entry: Mapping[str, Any]
    links: tuple[Link, ...]


def rulebook_id(ref: str) -> str:
    """The name of a rulebook version among the things."""
    return f"rulebook:{ref}"


def seller_id(seller: str) -> str:
    """The name of a seller among the things: that of its compliance file."""
    return seller_file_id(seller)


def events(record: Record) -> Iterator[Event]:
    """The events of one case, in order."""
    last: datetime | None = None
    payments: dict[str, str] = {}
    for entry in record.entries:
        at = parse_instant(entry["at"])
        last = at if last is None or at > last else last + _TICK
        links = tuple(dict.fromkeys(_links(record, entry, payments)))
        yield Event(entry["id"], entry["type"], instant_text(last), entry["at"], entry, links)


def _links(record: Record, entry: Mapping[str, Any], payments: dict[str, str]) -> Iterator[Link]:
    case = record.case
    if case.id.startswith("SLR-"):
        yield Link(case.id, "seller", "file of")
    else:
        yield Link(case.id, "claim", "step of")
        if "opening" in entry and case.seller:
            yield Link(seller_id(case.seller), "seller", "filed against")
    for move in entry.get("money", ()):
        payments[move["id"]] = payment_of(move, payments)
        yield Link(payments[move["id"]], "payment", move["kind"])
    for op in entry.get("notices", ()):
        yield Link(op["id"], "notice", op["op"].replace("_", " "))
    made = part(entry, "decision")
    if made:
        yield Link(rulebook_id(made["rulebook"]), "rulebook", "decided under")
    elif "opening" in entry:
        yield Link(rulebook_id(entry["opening"]["rulebook"]), "rulebook", "pinned to")


def payment_of(move: Mapping[str, Any], payments: Mapping[str, str]) -> str:
    """The payment a transfer belongs to: its authorisation, what it reverses, or itself."""
    first = move.get("pending") or move.get("reverses")
    return payments.get(first, first) if first else move["id"]
