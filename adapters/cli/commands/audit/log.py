"""``claimdesk audit log``: journal entries in the order they were written, narrowed and page by page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from ...call import Call, checked_id
from ...groups import page
from ...output import columns, put, put_json

if TYPE_CHECKING:
    from .....workflow.ports import EntryRow


@page(
    "log",
    examples=[
        ("claimdesk audit log --actor cs:mei --from 2024-04-01", "what one person did since a day"),
        ("claimdesk audit log --rule small_claim.limit --json", "every decision that rests on a rule"),
        ("claimdesk audit log --verb release_hold --to 2024-07-01", "who released holds before a day"),
        ("claimdesk audit log --after EVT-… --limit 1000", "the next page"),
    ],
    see=("timeline", "explain", "rules show"),
)
@click.option("--actor", metavar="ACTOR", help="Who acted, such as cs:mei or rules.")
@click.option("--claim", metavar="CLAIM", help="Of one claim or seller's file.")
@click.option("--verb", metavar="VERB", help="What was done, such as decide_dispute.")
@click.option("--rule", metavar="RULE", help="With a decision that names this rule.")
@click.option("--from", "start", metavar="WHEN", help="At or after this instant, or this day in UTC.")
@click.option("--to", "end", metavar="WHEN", help="Before this instant, or this day in UTC.")
@click.option("--after", metavar="ENTRY", help="The last entry of the page before.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True, help="Entries a page.")
@click.pass_obj
def command(call: Call, start: str | None, end: str | None, after: str | None, limit: int, **told: str | None) -> None:
    """List journal entries: who did what, when, under which rule."""
    from ....tlog.browse import EntryFilter, entries

    if told["claim"] is not None:
        call.claim = checked_id(told["claim"])
    wanted = EntryFilter(
        **{name: value.replace("-", "_") if name == "verb" and value else value for name, value in told.items()},
        start=_instant(start, "--from"), end=_instant(end, "--to"),
        after=checked_id(after, "entry") if after else "", limit=limit,
    )  # fmt: skip
    with call.desk(there=True) as desk, desk.store.read() as unit:
        found = entries(unit, wanted)
    if call.as_json:
        for row, place in found:
            put_json(_shown(row, place))
        return
    rows = [_line(_shown(row, place)) for row, place in found]
    for text in columns(rows, ("WRITTEN", "CLAIM", "SEQ", "VERB", "STEP", "ACTOR", "DECIDED", "ENTRY") if rows else ()):
        put(text)
    if not found:
        call.note("no entry fits")
    elif len(found) == limit:
        call.note(f"more: --after {found[-1][0].id}")


def _instant(told: str | None, field: str) -> str | None:
    from .....states.times import instant_text, parse_date, parse_instant, start_of_day

    if told is None:
        return None
    return instant_text(start_of_day(parse_date(told, field), "UTC") if len(told) == 10 else parse_instant(told, field))


def _shown(row: EntryRow, place: int | None) -> dict[str, Any]:
    body = json.loads(row.data)
    found: dict[str, Any] = {
        "entry": row.id, "claim": row.claim, "seq": row.seq, "at": row.at, "recorded": body.get("recorded"),
        "actor": row.actor, "second": body.get("second"), "verb": row.verb, "type": row.type,
        "from": body.get("from"), "to": body.get("to"),
    }  # fmt: skip
    if "decision" in body:
        made = body["decision"]
        found["decision"] = {
            "id": made["id"], "kind": made["kind"], "outcome": made["outcome"], "rulebook": made["rulebook"],
            "rules": [r["rule"] for r in made["reasons"]], "codes": [r["code"] for r in made["reasons"]],
        }  # fmt: skip
    found |= {"place": place, "leaf": row.leaf.hex()}
    return {name: value for name, value in found.items() if value is not None or name == "place"}


def _line(shown: dict[str, Any]) -> list[str]:
    made = shown.get("decision")
    decided = f"{made['kind']}: {made['outcome']} ({', '.join(dict.fromkeys(made['rules']))})" if made else "-"
    before, after = shown.get("from"), shown.get("to")
    step = f"{before} -> {after}" if before and before != after else str(after)
    return [shown["at"][:19] + "Z", shown["claim"], str(shown["seq"]), shown["verb"], step, shown["actor"], decided,
            shown["entry"]]  # fmt: skip
