"""``claimdesk show``: a claim as it stands, or stood at an instant.

No personal data, unless ``--reveal`` asks for it. That needs a purpose, and is on record before anything is shown.
"""

from __future__ import annotations

from typing import Any

import click

from ....states.errors import InputError
from ..call import Call, checked_id, sqlite_path
from ..groups import page
from ..labels import clocks, code, codes, label
from ..output import columns, put, put_json


@page(
    "show",
    examples=[
        ("claimdesk show CLM-…", "as it stands"),
        ("claimdesk show CLM-… --at 2024-06-03T09:00:00-07:00", "as it stood"),
        ("claimdesk show CLM-… --json", "every field"),
        ("claimdesk show CLM-… --reveal --purpose handling --as cs:mei", "personal data too; the look is on record"),
    ],
    past=True,
    see=("explain", "timeline", "actions"),
)
@click.argument("claim")
@click.option("--reveal", is_flag=True, help="Show personal data too; needs --purpose, and leaves an entry.")
@click.option("--purpose", metavar="CODE|TEXT", help="Why, such as handling, appeal or audit.")
@click.pass_obj
def command(call: Call, claim: str, reveal: bool, purpose: str | None) -> None:
    """Show a claim as it stands, or stood."""
    call.claim = checked_id(claim)
    at = call.past()
    if reveal != (purpose is not None):
        missing = "--purpose" if reveal else "--reveal"
        raise InputError(
            "missing_field", "personal data is shown with --reveal and --purpose, both", field=missing,
            hint="for example --reveal --purpose handling; claimdesk show --help lists the purposes",
        )  # fmt: skip
    if reveal and at is not None:
        raise InputError("not_here", "personal data has no past view", field="--at")
    personal: dict[str, Any] = {}
    shown = None if reveal or at is not None else _at_a_glance(call, claim)
    if shown is None:
        with call.desk(reads=True) as desk:
            if reveal:
                personal = desk.personal(claim, purpose=purpose)
            shown = desk.get(claim, at=at).to_dict()
    if call.as_json:
        put_json({**shown, "personal": personal} if reveal else shown)
        return
    for line in claim_lines(shown, call.lang):
        put(line)
    if reveal:
        put("")
        for line in columns([(name, value) for name, value in _flat(personal)]) or ["no personal data can be read"]:
            put(line)


def _at_a_glance(call: Call, claim: str) -> dict[str, Any] | None:
    """The claim without opening a store; None where only the store can say."""
    path = sqlite_path(call.db)
    if path is None or "?" in call.db:
        return None
    from ....workflow.view import claim_view
    from ...sql.glance import case_at_a_glance

    case = case_at_a_glance(path, claim)
    return None if case is None else claim_view(case).to_dict()


def _flat(values: dict[str, Any], head: str = "") -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for name, value in sorted(values.items()):
        if isinstance(value, dict):
            found += _flat(value, f"{head}{name}.")  # pyright: ignore[reportUnknownArgumentType]
        else:
            found.append((head + name, value))
    return found


def claim_lines(shown: dict[str, Any], lang: str = "en") -> list[str]:
    """A claim for people: one fact a line, only what there is."""
    rows: list[tuple[str, object]] = [
        ("claim", shown["claim"]),
        ("programme", f"{shown['programme']} {shown['marketplace']}"),
        ("state", code("State", shown["state"], lang)),
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
        ("holds", codes("HoldReason", shown["holds"], lang)),
        ("reasons", ", ".join(dict.fromkeys(shown["reasons"]))),
        ("tasks", codes("TaskKind", shown["tasks"], lang)),
        ("owner", shown["owner"]),
        ("visited", " > ".join(shown["visited"])),
        ("goes on from", shown.get("continues")),
        ("goes on as", shown.get("continued_as")),
        ("rulebook", shown["rulebook"]),
        ("personal", _erased(shown.get("erased"))),
    ]
    rows += [("clock", text) for text in clocks(shown, lang)]
    return columns([(label(name, lang), value) for name, value in rows if value not in (None, "")])


def _unless_nothing(amount: str) -> str:
    return amount if any(c in "123456789" for c in amount) else ""


def _erased(gone: dict[str, str] | None) -> str:
    return f"erased on {gone['at'][:10]} under {gone['basis']}" if gone else ""


def _recovery(recovery: dict[str, Any]) -> str:
    source = f" from {recovery['from']}" if recovery["from"] else ""
    return recovery["status"] if recovery["status"] == "none" else f"{recovery['status']}, {recovery['amount']}{source}"
