"""``claimdesk audit sample``: claims drawn for a look, by a draw that anybody can repeat."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from .....states.errors import InputError
from ...call import Call
from ...groups import page
from ...output import columns, put, put_json
from .opened import checkpoint_of, counted

if TYPE_CHECKING:
    from ....tlog.sample import Drawn


@page(
    "sample",
    examples=[
        ("claimdesk audit sample --count 25 --seed 2024Q2", "by outcome, programme and amount band"),
        ("claimdesk audit sample --count 60 --seed 2024Q2 --by outcome --json", "by outcome alone; one claim a line"),
        ("claimdesk audit sample --count 25 --seed 2024Q2 --size 48211", "the same draw later: as of that checkpoint"),
    ],
    exits=(0, 2, 5, 75, 130),
    see=("audit checkpoint", "audit rebuild", "show"),
)
@click.option("--count", type=click.IntRange(1, 1_000_000), default=25, show_default=True, help="Claims to draw.")
@click.option("--seed", required=True, metavar="TEXT", help="What the draw begins with; the auditor's to choose.")
@click.option("--by", default="outcome,programme,amount", show_default=True, metavar="NAMES",
              help="What to stratify by: outcome, programme, amount, marketplace, state; none for none.")  # fmt: skip
@click.option(
    "--size", type=click.IntRange(1), metavar="N", help="As of the checkpoint of N entries. Default: the latest."
)
@click.pass_obj
def command(call: Call, count: int, seed: str, by: str, size: int | None) -> None:
    """Draw a sample of claims that can be drawn again: same seed, same checkpoint, same claims."""
    from ....tlog.sample import STRATA, draw

    names = [] if by == "none" else [name.strip() for name in by.split(",")]
    if any(name not in STRATA for name in names) or len(set(names)) != len(names):
        raise InputError("bad_setting", "this is nothing to stratify by", field="--by", hint=f"of: {', '.join(STRATA)}")
    counter = counted(call, "claims")
    with call.desk(there=True) as desk:
        drawn = draw(desk.store, checkpoint_of(desk, size), count=count, seed=seed, by=names, progress=counter)
    counter.end()
    how = _how(drawn, count)
    if call.as_json:
        put_json({"sample": how})
        for member in drawn.members:
            put_json({**asdict(member), "stratum": member.stratum(drawn.by)})
        return
    rows = [[m.claim, m.programme, m.outcome, m.state, m.amount, m.band] for m in drawn.members]
    for line in columns(
        rows, ("CLAIM", "PROGRAMME", "OUTCOME", "STATE", "ELIGIBLE", "BAND") if rows else (), right=(4,)
    ):
        put(line)
    call.note(f"{len(drawn.members)} of {drawn.population} claims, {len(drawn.strata)} strata, seed {seed}")
    call.note(f"as of checkpoint {how['size']}, root {how['root']}; the same again: --size {how['size']}")


def _how(drawn: Drawn, count: int) -> dict[str, Any]:
    return {
        "seed": drawn.seed,
        "by": list(drawn.by),
        "asked": count,
        "size": drawn.checkpoint.size,
        "root": drawn.checkpoint.root.hex(),
        "signed_at": drawn.checkpoint.signed_at,
        "method": "rank SHA-256(seed NUL root-hex NUL claim); lowest of each stratum; largest remainder, at least 1",
        "population": drawn.population,
        "drawn": len(drawn.members),
        "strata": [{"stratum": s, "claims": n, "drawn": k} for s, (n, k) in drawn.strata.items()],
    }
