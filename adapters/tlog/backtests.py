"""A whole store decided again under other values of the rulebook, claim by claim; nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ...workflow.backtest import BackTest, Span, back_test
from ...workflow.ports import SealedRow, Store, Vault
from .replays import Past
from .rows import claim_ids, rows_of

_PAGE: Final = 200


def back_test_all(
    store: Store,
    vault: Vault,
    values: Mapping[str, Any],
    span: Span | None = None,
    progress: Callable[[int], None] | None = None,
) -> BackTest:
    """Tries ``values`` on every claim and seller's file of the store, or on those of ``span``."""
    report, past, after = BackTest(values, span or Span()), Past(), ""

    def unseal(rows: Sequence[SealedRow]) -> dict[str, object]:
        return vault.unseal(rows) if rows else {}

    while True:
        with store.read() as unit:
            past.unit = unit
            page = claim_ids(unit, after, _PAGE)
            for rows in rows_of(unit, page):
                back_test(report, [logged.row for logged in rows.entries], rows.sealed, past, unseal)
        if progress is not None:
            progress(report.claims)
        if len(page) < _PAGE:
            return report
        after = page[-1]
