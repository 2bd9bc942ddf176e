"""``claimdesk export sellers``: sellers' compliance files."""

from __future__ import annotations

import click

from ...call import Call
from ...groups import page
from .common import as_csv, finish, now, seller_files, shared, writer


@page(
    "sellers",
    examples=[
        ("claimdesk export sellers --state overdue --excel --out overdue.csv", "who is late, for a spreadsheet"),
        ("claimdesk export sellers", "every fact, a line each"),
    ],
    see=("seller list", "export certificates"),
)
@shared
@click.option("--state", help="A state of the file, such as overdue.")
@click.pass_obj
def command(call: Call, form: str | None, target: str | None, excel: bool, state: str | None) -> None:
    """Write sellers' compliance files."""
    from .....workflow.view import seller_view
    from ....exports.tables import SELLERS, seller_row
    from ....words import checked_words

    csv = as_csv(call, form, excel)
    wanted = {} if state is None else {"state": state}
    checked_words({**wanted, "programme": "seller_insurance"}, "--")
    with call.desk(reads=True) as desk:
        begun = now(desk)
        with writer(SELLERS, target, csv=csv, excel=excel) as made:
            for file in seller_files(desk, wanted):
                made.rulebooks.add(file.rulebook)
                if csv:
                    made.row(seller_row(file))
                else:
                    made.line(seller_view(file).to_dict())
    finish(call, made, target, form="csv" if csv else "jsonl", filters=wanted, as_of=begun)
