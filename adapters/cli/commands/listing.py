"""``claimdesk list``: claims that fit, oldest first, a page at a time (``--after`` the last id of the page before)."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection
from typing import Any

import click

from ....states.errors import InputError
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
    checked_words(chosen)
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


def checked_words(wanted: dict[str, str]) -> None:
    """Refuses a word that no claim can have: an empty answer to a misspelt question would mislead."""
    from ....workflow import registry

    if "programme" in wanted:
        registry.programme(wanted["programme"])  # or it is refused
    for name, known in _WORDS.items():
        told = wanted.get(name)
        words: Collection[str] = known(wanted.get("programme")) if told is not None else ()
        if told is not None and told not in words:
            close = difflib.get_close_matches(told, sorted(words), 1)
            raise InputError(
                "not_a_choice",
                f"no claim can have this {name}",
                field=f"--{name}",
                hint=f"did you mean {close[0]}?" if close else "one of: " + ", ".join(sorted(words)),
            )


def _states(programme: str | None) -> Collection[str]:
    """Every programme is loaded for this, unless one is named: only where a state was told."""
    from ....workflow import registry

    names = registry.names() if programme is None else (programme,)
    return {s.name for name in names for s in registry.programme(name).lifecycle.states}


def _outcomes(_programme: str | None) -> Collection[str]:
    from ....states.codes import Outcome

    return {o.value for o in Outcome}


def _recoveries(_programme: str | None) -> Collection[str]:
    return {"none", "pending", "review", "due", "appealed", "waived", "recouped", "written_off"}


_WORDS: dict[str, Callable[[str | None], Collection[str]]] = {
    "state": _states, "outcome": _outcomes, "recovery": _recoveries,
}  # fmt: skip
