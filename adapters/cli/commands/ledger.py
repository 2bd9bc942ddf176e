"""``claimdesk ledger``: every transfer of money, and the proof that each currency sums to zero."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from ...shown import transfer_json
from ..call import Call, checked_id
from ..groups import page
from ..output import columns, put, put_json

if TYPE_CHECKING:
    from datetime import datetime

    from ....workflow.ports import TransferRow
    from ...desk import ClaimDesk

_PAGE = 1000


@page(
    "ledger",
    examples=[
        ("claimdesk ledger CLM-…", "the transfers of one claim"),
        ("claimdesk ledger --json", "all of them, one a line"),
        ("claimdesk ledger --balances", "what each account holds; exit 1 unless it sums to zero"),
    ],
    past=True,
    exits=(0, 1, 2, 5, 75),
    see=("timeline",),
)
@click.argument("claim", required=False)
@click.option("--balances", is_flag=True, help="Balances of the accounts instead of transfers.")
@click.pass_obj
def command(call: Call, claim: str | None, balances: bool) -> int:
    """List the transfers of money, or prove that the books balance."""
    from ....states.errors import InputError

    if balances:
        if claim is not None or call.past() is not None:
            raise InputError("not_here", "balances are of all claims, now", field="--balances")
        return _balances(call)
    at = call.past()
    if claim is not None:
        call.claim = checked_id(claim)
    rows: list[list[str]] = []
    with call.desk(reads=True) as desk:
        if claim is not None:
            desk.get(claim, at=at)  # refuses a claim that is not on file
        for row in _transfers(desk, claim, at):
            if call.as_json:
                put_json(transfer_json(row))
            else:
                shown = transfer_json(row)
                rows.append(
                    [
                        shown["at"][:19] + "Z",
                        shown["claim"],
                        shown["kind"],
                        shown["amount"],
                        f"{row.debit} -> {row.credit}",
                    ]
                )
    if call.as_json:
        return 0
    for line in columns(rows, ("AT", "CLAIM", "KIND", "AMOUNT", "FROM -> TO") if rows else (), right=(3,)):
        put(line)
    if not rows:
        call.note("no money has moved")
    return 0


def _transfers(desk: ClaimDesk, claim: str | None, at: datetime | None) -> Iterator[TransferRow]:
    from ....states.times import instant_text

    limit = None if at is None else instant_text(at)
    after: str | None = None
    while True:
        page_of_rows = desk.ledger(claim, after=after, limit=_PAGE)
        yield from (row for row in page_of_rows if limit is None or row.at <= limit)
        if len(page_of_rows) < _PAGE:
            return
        after = page_of_rows[-1].id


def _balances(call: Call) -> int:
    from ....states.money import to_text

    with call.desk(reads=True) as desk:
        accounts = sorted(desk.balances())
    sums: dict[str, int] = {}
    for _, currency, minor in accounts:
        sums[currency] = sums.get(currency, 0) + minor
    good = not any(sums.values())
    if call.as_json:
        put_json(
            {
                "balances": [{"account": a, "currency": c, "balance": to_text(m, c)} for a, c, m in accounts],
                "sums": {currency: to_text(minor, currency) for currency, minor in sorted(sums.items())},
                "ok": good,
            }
        )
    else:
        rows = [[account, to_text(minor, currency)] for account, currency, minor in accounts]
        rows += [["sum", to_text(minor, currency)] for currency, minor in sorted(sums.items())]
        for line in columns(rows, ("ACCOUNT", "BALANCE") if rows else (), right=(1,)):
            put(line)
        call.note("the books balance" if good else "THE BOOKS DO NOT BALANCE")
    return 0 if good else 1
