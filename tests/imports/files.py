"""Files as other programs write them, for tests."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from claimdesk.workflow.desk import Desk
from claimdesk.workflow.imports import columns, maps
from claimdesk.workflow.imports.claimruns import ClaimRun
from claimdesk.workflow.imports.claims import ClaimReader
from claimdesk.workflow.imports.results import Result
from claimdesk.workflow.imports.tables import Table, table

HEADER = (
    "Ticket ID",
    "Created at",
    "Date of Loss",
    "Claim type",
    "Seller",
    "Order",
    "Claim amount",
    "Currency",
    "Note",
)
CHINESE = ("工单号", "报案时间", "出险日期", "类型", "卖家编号", "订单号", "金额", "币种", "备注")
ROW = ("1", "2024-06-02T10:00:00Z", "2024-06-01", "property damage", "A2EXAMPLE", "0114-1", "1,200.00", "USD", "glass")
MAP = maps.Map("claims", name="helpdesk", marketplace="US", create_sellers=True)


def row(number: int = 1, **other: str) -> list[str]:
    """A good row; other values by header."""
    told = dict(zip(HEADER, ROW, strict=True)) | {"Ticket ID": str(number), "Order": f"0114-{number}"}
    told.update({name.replace("_", " "): value for name, value in other.items()})
    return list(told.values())


def text(rows: Iterable[Sequence[str]], header: Sequence[str] = HEADER, delimiter: str = ",") -> str:
    """The text of a table."""
    import csv  # noqa: PLC0415

    into = io.StringIO()
    csv.writer(into, delimiter=delimiter, lineterminator="\r\n").writerows([header, *rows])
    return into.getvalue()


def opened(text_: str, kind: str = "claims", **options: Any) -> Table:
    """The records of a text."""
    return table(io.StringIO(text_, newline=""), known=partial(columns.known, kind), **options)


def imported(desk: Desk, text_: str, run: str, made: maps.Map = MAP, **options: Any) -> list[Result]:
    """A text of claims, imported."""
    found = opened(text_)
    reader = ClaimReader(made, found.header if found.kind == "csv" else None)
    return list(ClaimRun(desk, reader, run, **{"batch": 2, **options}).results(found.records))
