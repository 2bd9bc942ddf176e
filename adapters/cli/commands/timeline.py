"""``claimdesk timeline``: what happened to a claim, when and by whom. Letters and money are named, free text is not."""

from __future__ import annotations

from typing import Any

import click

from ..call import Call, checked_id
from ..groups import page
from ..output import put, put_json


@page(
    "timeline",
    examples=[
        ("claimdesk timeline CLM-…", "oldest first"),
        ("claimdesk timeline CLM-… --json", "one entry a line"),
    ],
    past=True,
    see=("explain", "show"),
)
@click.argument("claim")
@click.pass_obj
def command(call: Call, claim: str) -> None:
    """Say what happened to a claim, when and by whom."""
    from ....states.times import instant_text
    from ....workflow.explain import Row, timeline_text

    call.claim = checked_id(claim)
    at = call.past()
    limit = None if at is None else instant_text(at)
    with call.desk(reads=True) as desk:
        if at is not None:
            desk.get(claim, at=at)  # refuses a claim that was not on file then
        rows: list[Any] = [r for r in desk.timeline(claim, lang=call.lang) if limit is None or r["at"] <= limit]
    if call.as_json:
        for row in rows:
            put_json(row)
        return
    shown: list[Row] = []
    for row in rows:
        row["details"] = tuple(row["details"])
        shown.append(Row(**row))
    put(timeline_text(shown, call.lang).rstrip("\n"))
