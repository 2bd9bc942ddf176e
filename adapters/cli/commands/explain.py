"""``claimdesk explain``: why a claim was decided so; the same sentences as everywhere, or every decision as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import click

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


def decisions_of(entries: Iterable[dict[str, Any]], at: datetime | None) -> list[dict[str, Any]]:
    """Every decision up to ``at``, oldest first, its reasons as the wire shows them."""
    from ....states.times import instant_text
    from ....workflow.explain import reason_json
    from ....workflow.reasons import Reason
    from ....workflow.rulebook import resolve

    limit = None if at is None else instant_text(at)
    found: list[dict[str, Any]] = []
    for entry in entries:
        made = entry.get("decision")
        if made is None or (limit is not None and entry["at"] > limit):
            continue
        version = resolve(made["rulebook"])
        found.append(
            {
                "decision": made["id"],
                "at": entry["at"],
                "kind": made["kind"],
                "outcome": made["outcome"],
                "state": entry["to"],
                "reasons": [reason_json(Reason.from_entry(r), version) for r in made["reasons"]],
                "rulebook": made["rulebook"],
                "rulebook_sha256": made["rulebook_sha256"],
            }
        )
    return found
