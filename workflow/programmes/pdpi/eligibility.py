"""Eligibility: whether a claim belongs to the programme at all, before anybody screens it.

Tested at ``file`` and after every change of a fact while the claim is filed: in force (R17), filing window (R16),
item, store, heads of loss, cause; domain notes 1.1 and 1.7, SEED 000. Facts, not judgement, so a denial may be
automatic (R15) and names every test that failed. A fact that was not told is asked about, never denied; so are
dates that do not fit together, until the customer has answered. The first filing date stands for the window and the
in-force test.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from ....states.case import Case
from ....states.codes import ReasonCode
from ....states.money import to_text
from ....states.times import local_day, parse_date
from ...plan import Context
from ...reasons import Reason
from .amounts import compensable, losses_of

_UNKNOWN = (None, "unknown")


#: The latest facts examined and what came of them: a claim that is filed and screened at once is examined twice.
_latest: tuple[tuple[object, ...], tuple[Reason, ...]] = ((), ())


def examine(case: Case, ctx: Context) -> tuple[Reason, ...]:
    """Every test in order of precedence; ``result`` False rules the claim out, None asks."""
    global _latest  # noqa: PLW0603  # one value, replaced as a whole
    facts = case.facts
    seen = (ctx.rulebook, case.opened_at, case.zone, *map(facts.get, _EXAMINED))
    known = _latest
    if seen != known[0]:
        _latest = known = seen, _examined(case, ctx)
    return known[1]


#: The facts that the tests below read.
_EXAMINED = ("incident_on", "delivered_on", "dates_answered", "order", "losses", "assessed", "cause")


def _examined(case: Case, ctx: Context) -> tuple[Reason, ...]:
    return (
        _in_force(case, ctx),
        _dates(case, ctx),
        _filing_window(case, ctx),
        _one_of(case, ctx, "kind", "scope.item_kinds", ReasonCode.ITEM_IN_SCOPE, ReasonCode.ITEM_SCOPE),
        _one_of(case, ctx, "store", "scope.stores", ReasonCode.STORE_IN_SCOPE, ReasonCode.STORE_SCOPE),
        _losses(case, ctx),
        _cause(case, ctx),
    )


def filed_on(case: Case) -> date:
    """The local day of the first filing."""
    return local_day(case.opened, case.zone)


def _in_force(case: Case, ctx: Context) -> Reason:
    since, day = ctx.rulebook.text("programme.in_force_on"), filed_on(case).isoformat()
    ok = day >= since
    incident = case.facts.get("incident_on")
    differs = ("R17",) if incident not in _UNKNOWN and (incident >= since) != ok else ()
    code = ReasonCode.IN_FORCE if ok else ReasonCode.NOT_IN_FORCE
    return Reason(code, "programme.in_force_on", day, ok, since, differs)


def _filing_window(case: Case, ctx: Context) -> Reason:
    window = ctx.rulebook.get("filing.window")
    incident = case.facts.get("incident_on")
    if incident in _UNKNOWN:
        return Reason(ReasonCode.FACT_UNKNOWN, "filing.window", "incident_on", None, window.shown)
    days = (filed_on(case) - parse_date(incident)).days
    ok = days <= ctx.rulebook.number("filing.window")
    return Reason(
        ReasonCode.FILED_IN_TIME if ok else ReasonCode.LATE_FILING, "filing.window", f"day {days}", ok, window.shown
    )


def dates_told(facts: Mapping[str, Any]) -> list[str | None]:
    """The dates that must fit together."""
    return [facts.get("incident_on"), facts.get("delivered_on")]


def _dates(case: Case, ctx: Context) -> Reason:
    """An incident after the filing, or a delivery after the incident, is asked about once (contract section 8)."""
    incident, delivered = dates_told(case.facts)
    if case.facts.get("dates_answered") == [incident, delivered]:
        return Reason(ReasonCode.FILED_IN_TIME, "filing.dates", f"{incident}, as the customer answered", True)
    if incident not in _UNKNOWN and incident > filed_on(case).isoformat():
        return Reason(
            ReasonCode.INCONSISTENT_DATES, "filing.dates", f"incident {incident}", None, f"filed {filed_on(case)}"
        )
    if incident not in _UNKNOWN and delivered not in _UNKNOWN and delivered > incident:
        return Reason(
            ReasonCode.INCONSISTENT_DATES, "filing.dates", f"delivered {delivered}", None, f"incident {incident}"
        )
    return Reason(ReasonCode.FILED_IN_TIME, "filing.dates", str(incident), True)


def _one_of(case: Case, ctx: Context, fact: str, rule: str, yes: ReasonCode, no: ReasonCode) -> Reason:
    told = case.facts.get("order", {}).get("item", {}).get(fact)
    allowed = ctx.rulebook.get(rule)
    if told in _UNKNOWN:
        return Reason(ReasonCode.FACT_UNKNOWN, rule, f"order.item.{fact}", None, allowed.shown)
    ok = told in ctx.rulebook.names(rule)
    return Reason(yes if ok else no, rule, told, ok, allowed.shown)


def _losses(case: Case, ctx: Context) -> Reason:
    rule = ctx.rulebook.get("losses.compensable")
    heads = ", ".join(sorted({str(loss["head"]) for loss in losses_of(case)}))
    if case.facts.get("losses") is None:
        return Reason(ReasonCode.FACT_UNKNOWN, "losses.compensable", "losses", None, rule.shown)
    ok = compensable(case, ctx.rulebook) > 0
    code = ReasonCode.COMPENSABLE_LOSS if ok else ReasonCode.NO_COMPENSABLE_LOSS
    if not ok and any(loss["head"] in ctx.rulebook.names("losses.compensable") for loss in losses_of(case)):
        heads = to_text(0, case.currency)  # of a head that counts, but nothing
    return Reason(code, "losses.compensable", heads or "none", ok, rule.shown)


def _cause(case: Case, ctx: Context) -> Reason:
    told = case.facts.get("cause") or "unknown"
    ok = told in ctx.rulebook.names("cause.accepted")
    code = ReasonCode.CAUSE_ACCEPTED if ok else ReasonCode.NOT_PRODUCT_DEFECT
    return Reason(code, "cause.accepted", told, ok, ctx.rulebook.get("cause.accepted").shown)
