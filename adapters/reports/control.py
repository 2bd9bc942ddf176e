"""The control of a report that adds up the whole ledger: the database's own sums, taken before and after.

Decision: a report is read page by page while others write, so its sums are held against the ledger only where the
ledger did not move meanwhile; it says which of the two it was. Authority: trust notes 1 (row 23) and 6.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...states.money import to_decimal_text
from ...workflow.ports import Store
from ...workflow.reports.money import control_account
from ...workflow.reports.shape import Row

Balances = Mapping[tuple[str, str], int]


def ledger_balances(store: Store) -> dict[tuple[str, str], int]:
    """(currency, control account) to balance, as the database adds it up itself."""
    found: dict[tuple[str, str], int] = {}
    with store.read() as unit:
        for account, currency, minor in unit.balances():
            key = currency, control_account(account)
            found[key] = found.get(key, 0) + minor
    return found


@dataclass(slots=True)
class LedgerControl:
    """Holds the rows of a trial balance against the ledger."""

    store: Store
    before: Balances = field(init=False)
    rows: dict[tuple[str, str], int] = field(default_factory=lambda: {})

    def __post_init__(self) -> None:
        self.before = ledger_balances(self.store)

    def take(self, row: Row) -> None:
        """A row of the report."""
        self.rows[row["currency"], row["account"]] = row["balance"]

    def result(self) -> tuple[dict[str, Any], int]:
        """(what the footer says, how many accounts differ)."""
        after = ledger_balances(self.store)
        if after != self.before:
            return {"control": "not held against the ledger: it moved while the report was made"}, 0
        wrong = [key for key in {*after, *self.rows} if after.get(key, 0) != self.rows.get(key, 0)]
        sums: dict[str, int] = {}
        for (currency, _), minor in after.items():
            sums[currency] = sums.get(currency, 0) + minor
        told = {currency: to_decimal_text(minor, currency) for currency, minor in sorted(sums.items())}
        said = f"{len(wrong)} accounts differ from the ledger" if wrong else "every account equals the ledger"
        return {"control": said, "ledger_sum": told}, len(wrong) + sum(minor != 0 for minor in sums.values())
