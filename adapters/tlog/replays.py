"""Every decision of a store made again: claim by claim, with the sellers' files and siblings as they stood then."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

from ...states.case import Case, fold
from ...workflow.ports import ReadUnit, SealedRow, Store, Vault
from ...workflow.replay import Replayed, replay
from .rows import claim_ids, rows_of
from .verifier.fault import Fault

_PAGE: Final = 200
_KEPT: Final = 64  #: cases of which every version is kept at hand


class Past:
    """Cases as they stood at a version, made from their entries; the last ones asked for are kept."""

    def __init__(self) -> None:
        self.unit: ReadUnit | None = None
        self._kept: OrderedDict[str, list[Case]] = OrderedDict()

    def __call__(self, case_id: str, version: int) -> Case:
        """The case at a version; LookupError when it never stood there."""
        found = self._kept.get(case_id)
        if found is None or len(found) < version:
            found = self._kept[case_id] = self._versions(case_id)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(case_id)
        if not 0 < version <= len(found):
            raise LookupError("there was no such version")
        return found[version - 1]

    def _versions(self, case_id: str) -> list[Case]:
        if self.unit is None:
            raise LookupError("nothing is open")
        found: list[Case] = []
        case: Case | None = None
        for row in self.unit.entries(case_id):
            case = fold(case, json.loads(row.data), row.leaf.hex())
            found.append(case)
        return found


def replay_all(
    store: Store, vault: Vault, *, claims: Sequence[str] | None = None, progress: Callable[[int], None] | None = None
) -> tuple[Replayed, Fault | None]:
    """Makes every plan of these claims (of all, when left out) again; the first that comes out otherwise, or None."""
    report, past, done, after = Replayed(), Past(), 0, ""

    def unseal(rows: Sequence[SealedRow]) -> dict[str, object]:
        return vault.unseal(rows) if rows else {}

    while True:
        with store.read() as unit:
            past.unit = unit
            page = claim_ids(unit, after, _PAGE) if claims is None else list(claims[done : done + _PAGE])
            for rows in rows_of(unit, page):
                found = replay([logged.row for logged in rows.entries], rows.sealed, past, unseal)
                report.add(found)
                if found.fault is not None:
                    seq, what = found.fault
                    return report, Fault("replay_differs", f"claim {rows.claim}, entry {seq}", what)
        done += len(page)
        if progress is not None:
            progress(report.decisions)
        if len(page) < _PAGE:
            return report, None
        after = page[-1]
