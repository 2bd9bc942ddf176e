"""What came of claims of several programmes, for a person: outcomes side by side, money, and the sellers' files.

Decision: one column a programme, so that five programmes fit where one had a table of its own. Left out: the lines
that were rejected and what to type next, which ``results`` shows for any file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .output import console

if TYPE_CHECKING:
    from ...workflow.triage import Summary
    from ...workflow.view import SellerFile
    from ..desk import ClaimDesk


class Overview:
    """Counts results by programme and outcome; adds the money of each up, by currency."""

    def __init__(self) -> None:
        self.outcomes: dict[str, Counter[str]] = {}
        self.eligible: dict[str, Counter[str]] = {}
        self.paid: dict[str, Counter[str]] = {}
        self.recovery: Counter[str] = Counter()
        self._claims: set[str] = set()

    def add(self, result: Mapping[str, Any]) -> None:
        """Counts one result of triage; a line that is rejected or stands twice is counted elsewhere."""
        from ...states.money import parse
        from ...workflow.rulebook import resolve

        if result["status"] not in ("created", "unchanged"):
            return
        name = resolve(result["rulebook"]).programme
        self.outcomes.setdefault(name, Counter())[result["outcome"]] += 1
        self.recovery[result["recovery"]["status"]] += 1
        self._claims.add(result["claim"])
        for sums, key in ((self.eligible, "eligible_amount"), (self.paid, "paid_by_amazon")):
            minor, currency = parse(result[key])
            sums.setdefault(name, Counter())[str(currency)] += minor

    def add_insurers(self, desk: ClaimDesk) -> None:
        """Adds what insurers paid, which a result of triage does not say."""
        for claim in desk.list():
            if claim.id in self._claims and claim.paid_by_insurer.minor:
                self.paid[claim.programme][claim.paid_by_insurer.currency] += claim.paid_by_insurer.minor

    def put(self, summary: Summary, sellers: Sequence[SellerFile], *, dry_run: bool = False) -> None:
        """The tables, the sum that shows that no line was lost, and the sellers' files by state."""
        out = console()
        if self.outcomes:
            out.print(self._counted())
            out.print(self._money())
        parts = [f"{getattr(summary, name)} {name}" for name in ("created", "unchanged", "duplicate", "rejected")]
        would = " (dry run, nothing written)" if dry_run else ""
        out.print(f"{summary.read} lines read = {' + '.join(parts)}{would}")
        if self.recovery["waived"]:
            out.print(f"{self.recovery['waived']} paid with nothing asked back: small claims of insured sellers")
        if summary.read and not summary.created and summary.unchanged:
            out.print("Nothing was created twice: every claim was on file already.")
        if sellers:
            judged = Counter(bool(c["accepted"]) for file in sellers for c in file.certificates)
            states = ", ".join(f"{count} {state}" for state, count in sorted(Counter(f.state for f in sellers).items()))
            out.print(f"{len(sellers)} sellers' files (seller_insurance): {states}")
            out.print(f"{judged.total()} certificates: {judged[True]} accepted, {judged[False]} not")

    def _counted(self) -> Any:
        names = sorted({outcome for counts in self.outcomes.values() for outcome in counts})
        table = _table("outcome", self.outcomes)
        for outcome in names:
            table.add_row(
                outcome, *(str(counts[outcome]) if counts[outcome] else "-" for counts in self.outcomes.values())
            )
        return table

    def _money(self) -> Any:
        currencies = sorted({c for sums in self.eligible.values() for c in sums})
        table = _table("money", currencies)
        for programme in self.outcomes:
            for what, sums in (("eligible", self.eligible), ("paid", self.paid)):
                table.add_row(f"{programme} {what}", *(_amount(sums[programme], c) for c in currencies))
        return table


def _amount(sums: Counter[str], currency: str) -> str:
    from ...states.money import to_decimal_text

    return to_decimal_text(sums[currency], currency) if currency in sums else "-"


def _table(first: str, others: Iterable[str]) -> Any:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, safe_box=True)
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table
