"""``claimdesk export ledger``: every transfer of money, by id, which is the order of time."""

from __future__ import annotations

import click

from ...call import Call, checked_id
from ...groups import page
from .common import as_csv, finish, now, shared, writer

_PAGE = 1000


@page(
    "ledger",
    examples=[
        ("claimdesk export ledger --format csv --out ledger.csv", "a row a transfer"),
        ("claimdesk export ledger --claim CLM-…", "of one claim"),
    ],
    see=("ledger", "report"),
)
@shared
@click.option("--claim", help="One claim's transfers.")
@click.pass_obj
def command(call: Call, form: str | None, target: str | None, excel: bool, claim: str | None) -> None:
    """Write the transfers of money."""
    from ....exports.tables import LEDGER, transfer_row

    csv = as_csv(call, form, excel)
    wanted = {} if claim is None else {"claim": checked_id(claim)}
    with call.desk(reads=True) as desk:
        if claim is not None:
            desk.get(claim)  # refuses a claim that is not on file
        begun, after = now(desk), None
        with writer(LEDGER, target, csv=csv, excel=excel) as made:
            while True:
                rows = desk.ledger(claim, after=after, limit=_PAGE)
                for row in rows:
                    if csv:
                        made.row(transfer_row(row))
                    else:
                        made.line(transfer_row(row))
                if len(rows) < _PAGE:
                    break
                after = rows[-1].id
    finish(call, made, target, form="csv" if csv else "jsonl", filters=wanted, as_of=begun)
