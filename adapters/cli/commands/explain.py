"""``claimdesk explain``: why a claim was decided so; the same sentences as everywhere, or every decision as JSON."""

from __future__ import annotations

import click

from ...shown import decisions_of
from ..call import Call, checked_id
from ..groups import page
from ..output import put, put_json


@page(
    "explain",
    examples=[
        ("claimdesk explain CLM-…", "in words"),
        ("claimdesk explain CLM-… --lang zh-CN", "in Chinese"),
        ("claimdesk explain CLM-… --json", "every decision, reason by reason"),
    ],
    past=True,
    see=("timeline", "rules show"),
)
@click.argument("claim")
@click.pass_obj
def command(call: Call, claim: str) -> None:
    """Say why a claim was decided so, rule by rule."""
    call.claim = checked_id(claim)
    at = call.past()
    with call.desk(reads=True) as desk:
        text = desk.explain(claim, lang=call.lang, at=at)
        if not call.as_json:
            put(text.rstrip("\n"))
            return
        shown = desk.get(claim, at=at)
        decisions = decisions_of(desk.entries(claim), at)
    put_json({"claim": shown.id, "state": shown.state, "outcome": shown.outcome, "decisions": decisions, "text": text})
