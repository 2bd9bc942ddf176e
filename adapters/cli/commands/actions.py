"""``claimdesk actions``: what can be done with a claim now, and why not the rest."""

from __future__ import annotations

from typing import Any

import click

from ..call import Call, checked_id
from ..groups import page
from ..labels import clocks, code, codes, label
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
        until = clocks(desk.get(claim).to_dict(), call.lang) if found["next"] and not call.as_json else []
    if call.as_json:
        put_json(found)
        return
    lang = call.lang
    rows = [("claim", found["claim"]), ("state", code("State", found["state"], lang))]
    rows += [("waits for", _waits_for(found, lang))]
    rows += [("hold", code("HoldReason", found["hold"], lang))] if found["hold"] else []
    rows += [("clock", text) for text in until]
    for one in found.get("second_person", ()):
        rows.append(("second", f"{one['id']}  {one['verb']} by {one['author']}: waits for {' or '.join(one['roles'])}"))
    rows.append(("you can", codes("Verb", found["can"], lang)))
    by_reason: dict[str, list[str]] = {}
    for verb, why in found["cannot"].items():
        by_reason.setdefault(why, []).append(verb)
    rows += [("not now", f"{', '.join(verbs)} [{why}]") for why, verbs in sorted(by_reason.items())]
    for line in columns([(label(name, lang), value) for name, value in rows]):
        put(line)


def _waits_for(found: dict[str, Any], lang: str) -> str:
    return found["waits_for"] if lang == "en" else found["waits_for_zh"]
