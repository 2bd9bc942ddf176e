"""``claimdesk audit proof CLAIM``: what shows to anybody, without us, that a claim's entries stand in the log."""

from __future__ import annotations

import sys

import click

from .....states.errors import InputError, NotFound
from ....outputs import check_output
from ...call import Call, checked_id
from ...groups import page
from ...output import put_json
from .opened import log_of


@page(
    "proof",
    examples=[
        ("claimdesk audit proof CLM-… > claim.tlog-proof", "that its latest entry, and so its chain, is in the log"),
        ("claimdesk audit proof CLM-… --entry 1 --out first", "of one entry: first.tlog-proof and first.json"),
        ("claimdesk audit proof CLM-… --json", "every entry of the claim with its proof, and the log's key"),
    ],
    exits=(0, 1, 2, 5, 75),
    see=("audit checkpoint", "audit verify"),
)
@click.argument("claim")
@click.option("--entry", type=click.IntRange(1), metavar="N", help="Its N-th entry. Default: the latest.")
@click.option("--out", metavar="NAME", help="Write NAME.tlog-proof and the entry's bytes as NAME.json.")
@click.pass_obj
def command(call: Call, claim: str, entry: int | None, out: str | None) -> None:
    """Prove that a claim's entries stand in the published log."""
    call.claim = checked_id(claim)
    with call.desk(there=True) as desk:
        with desk.store.read() as unit:
            rows = unit.entries(claim)
        if not rows:
            raise NotFound("unknown_claim", "there is no such claim", claim=claim,
                           hint="claimdesk list shows what is on file")  # fmt: skip
        if entry is not None and entry > len(rows):
            raise NotFound("unknown_entry", f"the claim has {len(rows)} entries", claim=claim, field="--entry")
        chosen = rows[(entry or len(rows)) - 1]
        log = log_of(desk)
        if call.as_json:
            wanted = rows if entry is None else [chosen]
            put_json({
                "claim": claim,
                "origin": log.signer.key.name,
                "vkey": str(log.signer.key),
                "entries": [
                    {"seq": r.seq, "entry": r.data.decode(), "leaf": r.leaf.hex(), "proof": log.prove(r.id).decode()}
                    for r in wanted
                ],
            })  # fmt: skip
            return
        proof = log.prove(chosen.id)
    if out is None:
        sys.stdout.write(proof.decode())
        return
    for name, data in ((f"{out}.tlog-proof", proof), (f"{out}.json", chosen.data)):
        try:
            check_output(name, "--out").write_bytes(data)
        except OSError as error:
            raise InputError("cannot_write", f"the file cannot be written: {error.strerror}", field="--out") from None
    call.note(f"python -m claimdesk.adapters.tlog.verifier proof {out}.tlog-proof {out}.json --trust TRUST checks it")
