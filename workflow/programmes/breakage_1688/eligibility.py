"""Whether the cover answers: in force, enrolled, category, evidence, peril; and what only a person may decide.

SEED 003, domain notes 5. The order date is tested (reading R21). A condition that fails denies at once and is named
(facts, not judgement: R15). Unknown facts, dates that do not fit, more than 90 days since receipt (ASSUMED: no filing
window is published) and a sub-order claimed before are left to a person, never denied. Left out: the list of evidence
and the insurer's own terms, which are not published.
"""

from __future__ import annotations

from typing import Any

from ....states.breakage_1688 import BreakageReasonCode
from ....states.case import Case
from ....states.codes import ReasonCode
from ....states.times import local_day, parse_date
from ...paying import has_money
from ...plan import Context
from ...reasons import Reason
from .benefit import damaged

_UNKNOWN = (None, "unknown")
_Code = BreakageReasonCode


def examine(case: Case, ctx: Context) -> tuple[Reason, ...]:
    """Every test in order; ``result`` False denies, None leaves the claim to a person."""
    return (
        _in_force(case, ctx),
        _flag(case, "enrolled", "cover.enrolment", _Code.ENROLLED, _Code.NOT_ENROLLED),
        _category(case, ctx),
        _flag(case, "evidence_valid", "cover.evidence", _Code.EVIDENCE_VALID, _Code.EVIDENCE),
        _peril(case, ctx),
        _amounts(case, ctx),
        _receipt(case, ctx),
        _before(case, ctx),
    )


def _in_force(case: Case, ctx: Context) -> Reason:
    since, ordered = ctx.rulebook.text("cover.in_force_on"), case.facts.get("ordered_on")
    if ordered in _UNKNOWN:
        return Reason(ReasonCode.FACT_UNKNOWN, "cover.in_force_on", "ordered_on", None, since)
    filed = local_day(case.opened, case.zone).isoformat()
    ok = ordered >= since
    code = ReasonCode.IN_FORCE if ok else ReasonCode.NOT_IN_FORCE
    return Reason(code, "cover.in_force_on", ordered, ok, since, ("R21",) if (filed >= since) != ok else ())


def _flag(case: Case, name: str, rule: str, yes: str, no: str) -> Reason:
    told = case.facts.get(name)
    if told in _UNKNOWN:
        return Reason(ReasonCode.FACT_UNKNOWN, rule, name, None)
    return Reason(yes if told is True else no, rule, str(told).lower(), told is True)


def _category(case: Case, ctx: Context) -> Reason:
    told, allowed = case.facts.get("category"), ctx.rulebook.get("cover.categories")
    if told in _UNKNOWN:
        return Reason(ReasonCode.FACT_UNKNOWN, "cover.categories", "category", None, allowed.shown)
    ok = told in ctx.rulebook.names("cover.categories")
    return Reason(_Code.CATEGORY_COVERED if ok else _Code.CATEGORY, "cover.categories", told, ok, allowed.shown)


def _peril(case: Case, ctx: Context) -> Reason:
    """All undamaged denies; one that is not known leaves the claim to a person, whatever the others are."""
    parts: list[dict[str, Any]] = case.facts.get("sub_orders") or []
    perils = ctx.rulebook.get("cover.perils")
    if not parts or any(p["damage"] == "unknown" for p in parts):
        return Reason(ReasonCode.FACT_UNKNOWN, "cover.perils", "sub_orders.damage", None, perils.shown)
    found = sorted({p["damage"] for p in parts})
    ok = bool(damaged(case, ctx.rulebook))
    return Reason(_Code.PERIL_COVERED if ok else _Code.PERIL, "cover.perils", ", ".join(found), ok, perils.shown)


def _amounts(case: Case, ctx: Context) -> Reason:
    parts = damaged(case, ctx.rulebook)
    if any(not isinstance(p["amount"], int) for p in parts):
        return Reason(ReasonCode.FACT_UNKNOWN, "cover.share_percent", "sub_orders.amount", None)
    return Reason(_Code.AMOUNT_TOLD, "cover.share_percent", str(len(parts)))


def _receipt(case: Case, ctx: Context) -> Reason:
    ordered, received = case.facts.get("ordered_on"), case.facts.get("received_on")
    window = ctx.rulebook.get("cover.receipt_window")
    if received in _UNKNOWN:
        return Reason(ReasonCode.FACT_UNKNOWN, "cover.receipt_window", "received_on", None, window.shown)
    filed = local_day(case.opened, case.zone)
    if received > filed.isoformat() or (ordered not in _UNKNOWN and received < ordered):
        return Reason(_Code.DATES_UNFIT, "cover.dates", f"received {received}", None, f"filed {filed}")
    days = (filed - parse_date(received)).days
    ok = days <= ctx.rulebook.number("cover.receipt_window")
    code = _Code.RECEIPT_RECENT if ok else _Code.RECEIPT_LONG_AGO
    return Reason(
        code, "cover.receipt_window", f"day {days}", True if ok else None, window.shown, () if ok else ("R21",)
    )


def _before(case: Case, ctx: Context) -> Reason:
    """No text says whether a sub-order may be claimed twice: a person decides when another claim names it."""
    for other in ctx.others:
        if not (has_money(other) or other.id < case.id) or other.state == "denied" or "redirected_to" in other.facts:
            continue
        if _named(case) & _named(other) or _alike(case, other):
            return Reason(_Code.CLAIMED_BEFORE, "cover.once", other.id, None)
    return Reason(_Code.NOT_CLAIMED_BEFORE, "cover.once", "none")


def _named(case: Case) -> set[tuple[str, str]]:
    number = _order(case)
    return {(number, p["id"]) for p in _parts(case) if number is not None and "id" in p}


def _alike(case: Case, other: Case) -> bool:
    """Whether nothing told tells a sub-order of the one from one of the other: no two orders, days, ids or amounts."""
    if None not in (_order(case), _order(other)) and all("id" in p for p in (*_parts(case), *_parts(other))):
        return False
    if _order(case) != _order(other) and None not in (_order(case), _order(other)):
        return False
    days = [(c.facts.get("ordered_on"), c.facts.get("received_on")) for c in (case, other)]
    same = [p for p in _parts(case) for q in _parts(other) if _told(p) == _told(q)]
    return days[0] == days[1] and bool(same)


def _told(part: dict[str, Any]) -> tuple[Any, ...]:
    return part.get("id"), part["amount"]  # a damage told in another word makes no other sub-order


def _parts(case: Case) -> list[dict[str, Any]]:
    return case.facts.get("sub_orders") or []


def _order(case: Case) -> str | None:
    order: dict[str, Any] = case.facts.get("order") or {}
    return order.get("id")
