"""``claimdesk import show``: one import: its file, its counts, its problems by code."""

from __future__ import annotations

import click

from ...call import Call, checked_id
from ...groups import page
from ...output import columns, put, put_json
from .listing import shown
from .running import code_lines, summary


@page(
    "show",
    examples=[("claimdesk import show IMP-…", "counts and problems"), ("claimdesk import show IMP-… --json", "")],
    see=("import list",),
)
@click.argument("run")
@click.pass_obj
def command(call: Call, run: str) -> None:
    """Show one import: its file, how far it came, its counts, its problems by code."""
    from .....workflow.imports.results import Counts
    from .....workflow.imports.runs import find

    with call.desk() as desk:
        found = find(desk, checked_id(run, "import"))
    told = shown(found)
    if call.as_json:
        put_json(told)
        return
    counts = Counts.of(found)
    of = f" of {found.total:,}" if found.total is not None else ""
    rows: list[tuple[str, object]] = [
        ("file", found.file), ("sha256", found.file_sha256), ("map", found.map_sha256), ("kind", found.kind),
        ("encoding", told.get("encoding")), ("cells", told.get("delimiter")), ("by", found.actor),
        ("status", f"{found.status}, {found.done:,}{of} records"
                   + (f", taken up {found.attempt - 1} times" if found.attempt > 1 else "")),
        ("started", found.started_at), ("ended", found.ended_at),
    ]  # fmt: skip
    for line in columns([(name, value) for name, value in rows if value not in (None, "")]):
        put(line)
    put(summary(counts, found.id, plan=False))
    for line in code_lines(counts):
        put(line)
