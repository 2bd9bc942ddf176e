"""``claimdesk export certificates``: certificates of insurance with their verdicts."""

from __future__ import annotations

import click

from ...call import Call
from ...groups import page
from .common import as_csv, finish, now, seller_files, shared, writer


@page(
    "certificates",
    examples=[
        ("claimdesk export certificates --excel --out certificates.csv", "for a spreadsheet"),
        ("claimdesk export certificates --seller A2EXAMPLE", "of one seller, every fact"),
    ],
    see=("certificate", "export sellers"),
)
@shared
@click.option("--seller", help="A seller's id.")
@click.pass_obj
def command(call: Call, form: str | None, target: str | None, excel: bool, seller: str | None) -> None:
    """Write certificates of insurance with their verdicts."""
    from ....exports.tables import CERTIFICATES, certificate_rows

    csv = as_csv(call, form, excel)
    wanted = {} if seller is None else {"seller": seller}
    with call.desk(reads=True) as desk:
        begun = now(desk)
        with writer(CERTIFICATES, target, csv=csv, excel=excel) as made:
            for file in seller_files(desk, wanted):
                made.rulebooks.add(file.rulebook)
                if csv:
                    for row in certificate_rows(file):
                        made.row(row)
                else:
                    for paper in file.facts.get("certificates", ()):
                        made.line({"seller": file.seller, **paper})
    finish(call, made, target, form="csv" if csv else "jsonl", filters=wanted, as_of=begun)
