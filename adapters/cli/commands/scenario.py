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
    from ....workflow.scenario import run as run_files

    results: list[dict[str, Any]] = run_files(paths, tags=tags, url=call.told.get("db"))
    short = [r for r in results if not r["ok"]]
    for result in results:
        if call.as_json:
            put_json(result)
        elif not result["ok"]:
            put(f"FELL SHORT  {result['file']}: {result['name']}")
            for difference in result["differences"]:
                put(f"    {_difference(difference)}")
    if not call.as_json:
        put(f"{len(results)} cases, {len(results) - len(short)} hold, {len(short)} fall short")
    return 1 if short else 0


command = family("scenario", "Run scenario files: given, when, then.", run,
                 examples=[("claimdesk scenario run tests/scenarios", "every case")])  # fmt: skip


def _difference(one: dict[str, Any]) -> str:
    return f"step {one['step']}  {one['key']}: expected {one['expected']}, found {one['actual']}"
