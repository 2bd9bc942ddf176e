"""``claimdesk show``: a claim as it stands, or stood at an instant. No personal data: the desk's view has none."""

from __future__ import annotations

from typing import Any

import click

from ..call import Call, checked_id
from ..groups import page
from ..output import columns, put, put_json


@page(
    "show",
    examples=[
        ("claimdesk show CLM-…", "as it stands"),
        ("claimdesk show CLM-… --at 2024-06-03T09:00:00-07:00", "as it stood"),
        ("claimdesk show CLM-… --json", "every field"),
    ],
    past=True,
    see=("explain", "timeline", "actions"),
)
@click.argument("claim")
@click.pass_obj
def command(call: Call, claim: str) -> None:
    """Show a claim as it stands, or stood."""
    call.claim = checked_id(claim)
    at = call.past()
    with call.desk() as desk:
        shown = desk.get(claim, at=at).to_dict()
    if call.as_json:
        put_json(shown)
        return
    for line in claim_lines(shown):
        put(line)


def claim_lines(shown: dict[str, Any]) -> list[str]:
    """A claim for people: one fact a line, only what there is."""
    rows: list[tuple[str, object]] = [
        ("claim", shown["claim"]),
        ("programme", f"{shown['programme']} {shown['marketplace']}"),
        ("state", shown["state"]),
        ("outcome", shown["outcome"]),
        ("filed", shown["filed_at"]),
        ("changed", f"{shown['updated_at']} (version {shown['version']})"),
        ("seller", shown["seller"]),
        ("order", shown["order"]),
        ("incident", shown["incident_on"]),
        ("eligible", shown["eligible_amount"]),
        ("paid by Amazon", shown["paid_by_amazon"]),
        ("paid by seller", _unless_nothing(shown["paid_by_seller"])),
        ("paid by insurer", _unless_nothing(shown["paid_by_insurer"])),
        ("recovery", _recovery(shown["recovery"])),
        ("holds", ", ".join(shown["holds"])),
        ("reasons", ", ".join(shown["reasons"])),
        ("tasks", ", ".join(shown["tasks"])),
        ("owner", shown["owner"]),
        ("visited", " > ".join(shown["visited"])),
        ("rulebook", shown["rulebook"]),
        ("personal", _erased(shown.get("erased"))),
    ]
    rows += [("clock", f"{d['kind']} until {d['on']}") for d in shown["deadlines"] if d["status"] == "open"]
    return columns([(name, value) for name, value in rows if value not in (None, "")])


def _unless_nothing(amount: str) -> str:
    return amount if any(c in "123456789" for c in amount) else ""


def _erased(gone: dict[str, str] | None) -> str:
    return f"erased on {gone['at'][:10]} under {gone['basis']}" if gone else ""


def _recovery(recovery: dict[str, Any]) -> str:
    source = f" from {recovery['from']}" if recovery["from"] else ""
    return recovery["status"] if recovery["status"] == "none" else f"{recovery['status']}, {recovery['amount']}{source}"
