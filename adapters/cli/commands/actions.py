"""``claimdesk actions``: what can be done with a claim now, and why not the rest."""

from __future__ import annotations

import click

from ..call import Call, checked_id
from ..groups import page
from ..output import columns, put, put_json


@page(
    "actions",
    examples=[("claimdesk actions CLM-…", "what can be done"), ("claimdesk actions CLM-… --json", "for a program")],
    see=("do", "schema VERB"),
)
@click.argument("claim")
@click.pass_obj
def command(call: Call, claim: str) -> None:
    """Say what can be done with a claim now, and why not the rest."""
    call.claim = checked_id(claim)
    with call.desk(reads=True) as desk:
        found = desk.actions(claim)
    if call.as_json:
        put_json(found)
        return
    rows = [("claim", found["claim"]), ("state", found["state"]), ("waits for", found["waits_for"])]
    rows += [("hold", found["hold"])] if found["hold"] else []
    rows += [("next", found["next"])] if found["next"] else []
    for one in found.get("second_person", ()):
        rows.append(("second", f"{one['id']}  {one['verb']} by {one['author']}: waits for {' or '.join(one['roles'])}"))
    rows.append(("you can", ", ".join(found["can"])))
    by_reason: dict[str, list[str]] = {}
    for verb, why in found["cannot"].items():
        by_reason.setdefault(why, []).append(verb)
    rows += [("not now", f"{', '.join(verbs)} [{why}]") for why, verbs in sorted(by_reason.items())]
    for line in columns(rows):
        put(line)
