"""``claimdesk odr``: a seller's order defect rate over sixty days, as of a day.

Order defects divided by orders, under 1 %; one order counts once (domain notes 3.3). The claims of this desk are added
to the defects that the seller's facts tell of. Exit code 1 says that the target is not met.
"""

from __future__ import annotations

from typing import Any

import click

from ..call import Call, checked_id
from ..groups import page
from ..output import columns, put, put_json


@page(
    "odr",
    examples=[
        ("claimdesk odr A2EXAMPLE", "as it stands; exit 1 when the target is not met"),
        ("claimdesk odr A2EXAMPLE --as-of 2024-06-30 --json", "as it stood at the end of that day"),
    ],
    exits=(0, 1, 2, 5, 75),
    see=("seller show",),
)
@click.argument("seller")
@click.option("--as-of", metavar="DATE", help="The last day of the sixty. Default: today.")
@click.pass_obj
def command(call: Call, seller: str, as_of: str | None) -> int:
    """Show a seller's order defect rate over sixty days."""
    from ....states.times import parse_date

    day = parse_date(as_of, "--as-of") if as_of is not None else None
    with call.desk(reads=True) as desk:
        desk.seller(checked_id(seller, "seller"))  # refuses a seller who is not on file
        shown: dict[str, Any] = {"seller": seller, "as_of": as_of, **desk.measures(seller, as_of=day)}
    if call.as_json:
        put_json(shown)
    else:
        rate = shown.get("odr_rate")
        within: bool | None = shown.get("odr_within_target")
        rows: list[tuple[str, object]] = [
            ("seller", seller),
            ("as of", as_of or "now"),
            ("orders", shown.get("odr_orders") if shown.get("odr_orders") is not None else "not told"),
            ("order defects", shown.get("odr_defects", 0)),
            ("of these, claims", shown.get("odr_claims", 0)),
            ("rate", rate if rate is not None else "none without orders"),
            ("within target", {True: "yes", False: "NO", None: "not known"}[within]),
        ]
        for line in columns(rows):
            put(line)
        if rate is None:
            call.note("record the seller's orders: claimdesk seller set SELLER orders_60d=N")
    return 1 if shown.get("odr_within_target") is False else 0
