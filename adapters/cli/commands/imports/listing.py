"""``claimdesk import list``: the imports there were, newest first."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from ...call import Call, checked_id
from ...groups import page
from ...output import columns, put, put_json

if TYPE_CHECKING:
    from .....workflow.ports import ImportRun


@page(
    "list",
    examples=[("claimdesk import list", "newest first"), ("claimdesk import list --json", "")],
    see=("import show",),
)
@click.option("--before", metavar="RUN", help="The last run of the page before.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many.")
@click.pass_obj
def command(call: Call, before: str | None, limit: int) -> None:
    """List imports: what was read, by whom, how far, what it came to."""
    with call.desk() as desk, desk.store.read() as unit:
        found = unit.import_runs(None if before is None else checked_id(before, "import"), limit)
    if call.as_json:
        for run in found:
            put_json(shown(run))
        return
    rows = [
        [r.id, r.started_at[:16] + "Z", r.status, r.kind, r.file, r.actor,
         f"{r.done:,}" + (f" of {r.total:,}" if r.total is not None and r.status != "done" else ""), f"{r.rejected:,}"]
        for r in found
    ]  # fmt: skip
    head = ("IMPORT", "STARTED", "STATUS", "KIND", "FILE", "BY", "RECORDS", "REJECTED")
    for line in columns(rows, head if rows else (), right=(6, 7)):
        put(line)
    if not found:
        call.note("there was no import yet")
    elif len(found) == limit:
        call.note(f"there may be more: --before {found[-1].id}")


def shown(run: ImportRun) -> dict[str, Any]:
    """A run, JSON-ready; problems by code with one place each, and no value."""
    codes: dict[str, Any] = json.loads(run.codes)
    told = {k: v for k, v in run._asdict().items() if k not in ("codes", "places", "id")}
    places = {k: v for k, v in json.loads(run.places).items() if k != "beside"}
    return {"run": run.id, **told, **places, "codes": sorted(codes.values(), key=lambda c: (-c["count"], c["code"]))}
