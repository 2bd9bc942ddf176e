"""The columns a store keeps of a case, beside its text: what lists filter by and sums add up.

Decision: one place derives them, so that every store narrows a list by the same values. They are a projection; the
journal is the record. Authority: ports (``WriteSet.columns``). Left out: anything a list is not narrowed by.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ..states.case import Case
from ..states.errors import ClaimdeskError
from ..workflow.ports import TaskRow, WriteSet
from ..workflow.sealing import copied, joined
from .guards import refusal


class CaseRow(NamedTuple):
    """One case as a row. ``hold`` holds every reason that stands, the first one first, with spaces between."""

    id: str
    programme: str
    marketplace: str
    state: str
    version: int
    head: str | None
    opened_at: str
    updated_at: str
    seller: str | None
    order_id: str | None
    incident_on: str | None
    currency: str
    rulebook: str
    outcome: str | None
    hold: str | None
    recovery_status: str
    counts_together: bool
    eligible_minor: int
    asked_minor: int
    paid_minor: int
    recovered_minor: int
    owner: str | None
    body: Any


def without_words(params: str) -> str:
    """The parameters of a letter that waits, without what a person wrote in them."""
    if '"items"' not in params:
        return params
    return json.dumps({k: v for k, v in json.loads(params).items() if k != "items"}, separators=(",", ":"))


def case_row(case: Case, columns: Mapping[str, Any], body: Any) -> CaseRow:
    """The row of a case; ``columns`` is its outside view."""
    facts = case.facts
    order, incident = facts.get("order"), facts.get("incident_on")
    recovery: Any = columns.get("recovery")
    return CaseRow(
        case.id, case.programme, case.marketplace, case.state, case.version, case.head, case.opened_at, case.updated_at,
        case.seller, order.get("id") if isinstance(order, dict) else None,  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        incident if isinstance(incident, str) and incident != "unknown" else None,
        case.currency, case.rulebook, columns.get("outcome"), " ".join(case.holds) or None,
        recovery["status"] if recovery else "none", bool(columns.get("counts_together")),
        columns.get("eligible_minor") or 0, columns.get("asked_minor") or 0,
        case.totals.by_amazon, case.totals.recovered, case.owner, body,
    )  # fmt: skip


def has_word(text: str | None, word: str) -> bool:
    """Whether ``word`` stands among the space-separated words of ``text``."""
    return text is not None and word in text.split(" ")


def one_set_a_case(sets: Sequence[WriteSet]) -> Sequence[WriteSet]:
    """Several sets of one case, in order, as one; StaleVersion when they do not follow each other."""
    if len({s.case.id for s in sets}) == len(sets):
        return sets
    found: dict[str, WriteSet] = {}
    for given in sets:
        known = found.get(given.case.id)
        found[given.case.id] = given if known is None else _joined(known, given)
    return list(found.values())


def _joined(first: WriteSet, second: WriteSet) -> WriteSet:
    if second.before != first.case.version:
        raise stale(second.case.id)
    made = joined(copied(first), second)  # what was given stays as it is
    made.columns = second.columns
    return made


def stale(claim: str | None) -> ClaimdeskError:
    """The error of a case that is not at the version it was planned on."""
    return refusal("case_version", claim)


def ready_again(kept: TaskRow, row: TaskRow) -> TaskRow:
    """A task written a second time is ready again; its attempts are never forgotten."""
    return row._replace(attempts=max(kept.attempts, row.attempts))


def ordered_words(words: Iterable[str]) -> list[str]:
    """Each word once, in order."""
    return sorted(set(words))
