"""``claimdesk scenario run``: scenario files (given, when, then) on a fake clock; who writes rules can read them."""

from __future__ import annotations

from typing import Any

import click

from ..call import Call
from ..groups import family, page
from ..output import put, put_json


@page(
    "run",
    examples=[
        ("claimdesk scenario run tests/scenarios", "every file of a folder"),
        ("claimdesk scenario run proof.yaml --tag boundary", "only cases with a tag"),
        ("claimdesk scenario run proof.yaml --json", "one object a case"),
    ],
    exits=(0, 1, 2),
    see=("rules show", "schema"),
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--tag", "tags", multiple=True, help="Only cases with this tag; repeat for more.")
@click.pass_obj
def run(call: Call, paths: tuple[str, ...], tags: tuple[str, ...]) -> int:
    """Run scenario files; exit 1 when some fall short, 2 on a bad file."""
    from functools import partial
    from secrets import token_hex

    from ....workflow.scenario import BadCase, read_all
    from ....workflow.scenario import run as run_cases
    from ...desk import ClaimDesk

    cases = read_all(paths, tags)
    if not cases:
        call.note(
            "there is no such case: " + ("none has the tag " + " or ".join(tags) if tags else "the files are empty")
        )
    db = call.db if "db" in call.told else None
    # In a store that outlives the run the cases go under names of their own.
    namespace = f"S{token_hex(4)}" if db is not None else ""
    short, bad = 0, [case.error for case in cases if isinstance(case, BadCase)]
    if bad and len(cases) == 1:
        raise bad[0]
    bad.clear()
    for result in run_cases(cases, partial(ClaimDesk.open, db or "memory:"), namespace=namespace):
        short += not result.ok
        bad += [] if result.error is None else [result.error]
        if call.as_json:
            put_json(result.to_dict())
        elif result.error is not None:
            put(f"BAD CASE    {result.error.message}")
        elif not result.ok:
            put(f"FELL SHORT  {result.file}: {result.name}")
            for difference in result.to_dict()["differences"]:
                put(f"    {_difference(difference)}")
    if not call.as_json:
        put(f"{len(cases)} cases, {len(cases) - short} hold, {short} fall short")
    if bad:
        raise bad[0]  # the others stand in their place above; what could be run has been run
    return 1 if short else 0


def _difference(one: dict[str, Any]) -> str:
    where = "at the end" if one["step"] is None else f"step {one['step']}"
    return f"{where}  {one['key']}: expected {one['expected']}, found {one['actual']}"


command = family(
    "scenario",
    "Run scenario files: given, when, then.",
    run,
    examples=[("claimdesk scenario run tests/scenarios", "every case")],
)
