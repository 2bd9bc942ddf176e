"""Every letter: queued, handed over, by which channel, with the digest of what was sent.

Authority: trust notes 6 (15). Decision: a hand-over is what the journal says; a letter that waits is shown as it is.
Left out: what a carrier did with it later, which no channel tells us yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...states.times import parse_instant
from .shape import Asked, Dated, Kind, Record, Report, columns, per_case

#: A letter that was not handed over after this many hours needs somebody to look.
LATE_HOURS = 24


_NOTHING: dict[str, Any] = {}


def _hours(since: str, until: str) -> int:
    return int((parse_instant(until) - parse_instant(since)).total_seconds() // 3600)


def _notices(record: Record, asked: Asked) -> Iterator[Dated]:
    case = record.case
    given: dict[str, tuple[str, dict[str, Any]]] = {}
    queued: list[tuple[str, dict[str, Any]]] = []
    for entry in record.entries:
        for op in entry.get("notices", ()):
            if op["op"] == "queued":
                queued.append((entry["at"], {**op, "entry": entry["id"]}))
            elif op["op"] == "handed_over":
                given[op["id"]] = (entry["id"], op)
    languages = {row.id: row.language for row in record.notices}
    for at, op in queued:
        proof, sent = given.get(op["id"], (None, _NOTHING))
        until = sent.get("at") or asked.as_of or case.updated_at
        hours = max(0, _hours(at, until))
        yield (
            at,
            {
                "notice": op["id"],
                "claim": case.id,
                "kind": op["kind"],
                "party": op["party"],
                "language": languages.get(op["id"]),
                "queued_at": at,
                "queued_by": op["entry"],
                "status": "handed_over" if sent else "waiting",
                "handed_over_at": sent.get("at"),
                "channel": sent.get("channel"),
                "sha256": sent.get("sha256"),
                "proof": proof,
                "hours": hours,
                "late": not sent and hours >= LATE_HOURS,
            },
        )


NOTICES = Report(
    "notices",
    15,
    "Was every letter handed over, when, and what exactly was in it?",
    "the day a letter was queued",
    columns(
        ("notice", "notice number"),
        ("claim", "claim, or seller's file"),
        ("kind", "kind of letter"),
        ("party", "customer, seller or insurer"),
        ("language", "language it is written in"),
        ("queued_at", "queued", Kind.INSTANT),
        ("queued_by", "journal entry that queued it"),
        ("status", "waiting or handed_over"),
        ("handed_over_at", "handed over", Kind.INSTANT),
        ("channel", "by which channel"),
        ("sha256", "digest of the text as sent"),
        ("proof", "journal entry that says so"),
        ("hours", "whole hours from queued to handed over, or until now", Kind.COUNT),
        ("late", "waiting for a day or longer", Kind.FLAG),
    ),
    per_case(_notices),
    finds=lambda row: bool(row["late"]),
    finding="letters that wait for a day or longer",
)
