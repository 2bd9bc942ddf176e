"""``claimdesk list``: claims that fit, oldest first, a page at a time (``--after`` the last id of the page before)."""

from __future__ import annotations

from typing import Any

import click

from ...words import checked_words
from ..call import Call
from ..groups import page
from ..narrowed import narrowed
from ..output import columns, put, put_json

_SHOWN = ("claim", "state", "outcome", "eligible_amount", "paid_by_amazon", "recovery", "hold", "seller")
_HEAD = ("CLAIM", "STATE", "OUTCOME", "ELIGIBLE", "PAID", "RECOVERY", "HOLD", "SELLER")


@page(
    "list",
    examples=[
        ("claimdesk list", "the first fifty"),
        ("claimdesk list --state recovery_review", "what waits for a person"),
        ("claimdesk list --reading R5 --json", "claims with a decision that hangs on a reading"),
        ("claimdesk list --after CLM-… --limit 200", "the next page"),
    ],
    see=("show", "rules readings"),
)
@narrowed
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=50, show_default=True, help="At most so many.")
@click.option("--after", help="Only claims after this id.")
@click.pass_obj
def command(call: Call, limit: int, **wanted: str | None) -> None:
    """List claims."""
    chosen = {k: v for k, v in wanted.items() if v is not None}
    checked_words(chosen, "--")
    shown = 0
    rows: list[list[str]] = []
    last = ""
    with call.desk(reads=True) as desk:
        files = chosen.get("programme") == "seller_insurance"
        if files:
            del chosen["programme"]
        for claim in desk.sellers(**chosen, limit=limit) if files else desk.list(**chosen, limit=limit):
            shown, last = shown + 1, claim.id
            if call.as_json:
                put_json(claim.to_dict())
            else:
                rows.append(_row(claim.to_dict()))
    if call.as_json:
        return
    for line in columns(rows, _HEAD if rows and len(rows[0]) == len(_HEAD) else (), right=(3, 4)):
        put(line)
    if not shown:
        call.note("no claim fits")
    elif shown == limit:
        call.note(f"there may be more: --after {last}")


def _row(shown: dict[str, Any]) -> list[str]:
    if "recovery" not in shown:
        return [
            shown["seller"],
            shown["state"],
            "required" if shown["required"] else "",
            str(shown["due_on"] or ""),
            "",
        ]
    status = shown["recovery"]["status"]
    flat = {**shown, "recovery": "" if status == "none" else status}
    return [str(flat[name] or "") for name in _SHOWN]
