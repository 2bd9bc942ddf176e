"""Which exports there are beside the reports, by name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ...workflow.ports import Store
from ...workflow.reports.shape import Asked, Record
from .footer import Made
from .tables import Came, Sink


class Export(NamedTuple):
    """An export. ``footed``: its footer stands in the file itself, behind the marks of its format."""

    id: str
    what: str
    form: str
    footed: bool


EXPORTS: dict[str, Export] = {
    e.id: e
    for e in (
        Export("ledger", "The ledger for an accounting tool.", "beancount", True),
        Export("ocel", "An object-centric event log for process mining.", "OCEL 2.0 JSON", False),
        Export("xes", "A classic event log for process mining.", "XES XML", True),
    )
}


def write_export(
    name: str, store: Store, asked: Asked, population: Iterable[Record], made: Made, sink: Sink, *, past: bool
) -> Came:
    """One of them. ``past``: the population is a past view, which the ledger's own sums say nothing about."""
    if name == "ledger":
        from .beancount import write_beancount
        from .control import ledger_balances

        whole = asked.is_everything and not past
        return write_beancount(asked, population, made, sink, ledger_balances(store) if whole else None)
    if name == "ocel":
        from .ocel import write_ocel

        return write_ocel(asked, population, made, sink)
    from .xes import write_xes

    return write_xes(asked, population, made, sink)
