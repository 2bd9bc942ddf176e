"""``claimdesk audit rebuild``: claims made again from their journal entries alone, compared with the tables."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import click

from .....states.errors import InputError, NotFound
from ...call import Call, checked_id
from ...groups import page
from ...output import put, put_json
from .opened import counted, log_of, told

if TYPE_CHECKING:
    from ....desk import ClaimDesk
    from ....tlog.rows import ClaimRows

_PAGE = 200


@page(
    "rebuild",
    examples=[
        ("claimdesk audit rebuild", "every claim"),
        ("claimdesk audit rebuild --sample 200 --seed 2024Q2", "200 of them, the same ones for the same seed"),
        ("claimdesk audit rebuild CLM-… --json", "one claim"),
    ],
    exits=(0, 1, 2, 5, 75, 130),
    see=("audit verify", "audit sample"),
)
@click.argument("claims", nargs=-1, metavar="[CLAIM]...")
@click.option("--sample", type=click.IntRange(1), metavar="N", help="Only so many, drawn at random.")
@click.option("--seed", default="0", show_default=True, metavar="TEXT", help="What the draw begins with.")
@click.pass_obj
def command(call: Call, claims: tuple[str, ...], sample: int | None, seed: str) -> int:
    """Rebuild claims from the journal alone and compare them with the tables."""
    if claims and sample is not None:
        raise InputError("not_here", "name claims or draw them, not both", field="--sample")
    wanted = [checked_id(claim) for claim in claims]
    counter = counted(call, "claims")
    with call.desk(there=True) as desk:
        if not wanted:
            wanted = _ids(desk)
            if sample is not None:
                # Of the ids in order, so that the same store and seed always give the same claims.
                drawn = random.Random(seed).sample(wanted, min(sample, len(wanted)))  # noqa: S311  # not a secret
                wanted = sorted(drawn)
        bad = _rebuild(call, desk, wanted, counter)
        counter.end()
    if not call.as_json and not bad:
        put(f"ok: {len(wanted)} claims rebuilt from their entries, all equal to the tables")
    return 1 if bad else 0


def _ids(desk: ClaimDesk) -> list[str]:
    from ....tlog.rows import claim_ids

    found: list[str] = []
    while True:
        with desk.store.read() as unit:
            page_of_ids = claim_ids(unit, found[-1] if found else "", 10_000)
        found += page_of_ids
        if len(page_of_ids) < 10_000:
            return found


def _rebuild(call: Call, desk: ClaimDesk, wanted: list[str], counter: Any) -> int:
    from ....tlog.accesschecks import AccessJournal
    from ....tlog.audit import Audit, ClaimAudit
    from ....tlog.rows import rows_of
    from ....tlog.verifier.fault import Untrue

    origin, bad, done = log_of(desk).signer.key.name, 0, 0
    access = AccessJournal(desk.store, origin)
    for start in range(0, len(wanted), _PAGE):
        chosen = wanted[start : start + _PAGE]
        with desk.store.read() as unit:
            found = {rows.claim: rows for rows in rows_of(unit, chosen)}
        for claim in chosen:
            if claim not in found:
                raise NotFound("unknown_claim", "there is no such claim", claim=claim)
            try:
                ClaimAudit(origin, Audit(), access).check(found[claim])
                fault = None
            except Untrue as error:
                fault = error.fault
                bad += 1
            _show(call, found[claim], None if fault is None else told(fault))
        done += len(chosen)
        counter(done)
    return bad


def _show(call: Call, rows: ClaimRows, fault: dict[str, Any] | None) -> None:
    if call.as_json:
        head = rows.entries[-1].row.leaf.hex() if rows.entries else None
        put_json({"claim": rows.claim, "equal": fault is None, "entries": len(rows.entries), "head": head,
                  **({"fault": fault} if fault else {})})  # fmt: skip
    elif fault is not None:
        put(f"NOT EQUAL: {fault['where']}: {fault['message']} [{fault['code']}]")
