"""Every case of a store, one after the other, as the reports see it; now, or as it stood at an instant.

Decision: cases are read page by page, each page in a transaction of its own, so that a long report holds up no
writer and needs the memory of one page. Everything of a case is written together, so each record is one state of its
case; cases of later pages may be newer than those of earlier ones, which the footer says. Left out: sealed values.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ...states.case import Case, fold
from ...states.errors import IntegrityFailure
from ...states.times import parse_instant
from ...workflow.control.book import House
from ...workflow.ports import Store
from ...workflow.reports.office import Office
from ...workflow.reports.shape import Asked, Record
from ..tlog.rows import ClaimRows, claim_rows

_PAGE = 200


def with_office(store: Store, asked: Asked, *, at: str | None = None) -> Asked:
    """The same question, by one who knows who may do what: the access journal, now or as it stood at an instant."""
    house = House.at(parse_instant(asked.as_of).date(), {})
    with store.read() as unit:
        return replace(asked, office=Office.of(unit.control(), house.conflicts(), at))


def records(store: Store, asked: Asked, *, at: str | None = None) -> Iterator[Record]:
    """The records of the population, by id. ``at``: the past view, UTC text."""
    after = ""
    while True:
        with store.read() as unit:
            page = claim_rows(unit, after, _PAGE)
        for rows in page:
            if asked.claims is not None and rows.claim not in asked.claims:
                continue
            found = record_of(rows, at)
            if found is not None and asked.wants(found.case):
                yield found
        if len(page) < _PAGE:
            return
        after = page[-1].claim


def record_of(rows: ClaimRows, at: str | None = None) -> Record | None:
    """The record of one case, its totals folded from its journal; None when it was not on file yet."""
    case: Case | None = None
    entries: list[dict[str, Any]] = []
    heads: list[str] = []
    for logged in rows.entries:
        if at is not None and logged.row.at > at:
            break
        try:
            entries.append(json.loads(logged.row.data))
            heads.append(logged.row.leaf.hex())
            case = fold(case, entries[-1], heads[-1])
        except (KeyError, TypeError, ValueError, AttributeError):
            raise IntegrityFailure("entry_meaningless", "a journal entry cannot be read", claim=rows.claim,
                                   hint="claimdesk audit says what else is wrong") from None  # fmt: skip
    if case is None:
        return None
    # In the order of the journal: ids of one millisecond say nothing about what came first.
    told = [move["id"] for entry in entries for move in entry.get("money", ())]
    place = {name: i for i, name in enumerate(told)}
    moved = [row for row in rows.transfers if at is None or row.at <= at]
    moved.sort(key=lambda row: place.get(row.id, len(place)))
    letters = [row for row in rows.notices if at is None or row.at <= at]
    proposed = tuple(row for row in rows.proposals if at is None or row.at <= at)
    answered = tuple(row for row in rows.answers if at is None or row.at <= at)
    approved = tuple(row for row in rows.approvals if at is None or row.at <= at)
    return Record(case, tuple(entries), tuple(heads), tuple(moved), tuple(letters), proposed, answered, approved)
