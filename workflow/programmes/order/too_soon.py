"""Filing too soon is refused: contact the seller first, wait for the delivery, make the return.

Domain notes 3.1: contact the seller and wait 48 hours; for a parcel that did not arrive three days after the latest
estimated delivery, or once tracking says delivered, whichever is sooner; for an item not as described a requested
return; for a missing refund a return. Nothing else is refused (contract section 8). A fact that is unknown refuses
nothing, it is asked about. Left out: the day itself from which a claim may be filed is told, but nobody is reminded.
"""

from __future__ import annotations

from datetime import date, timedelta

from ....states.case import Case
from ....states.codes import RefusalCode
from ....states.order import OrderReasonCode
from ....states.times import instant_text, local_day, parse_date, parse_instant
from ...plan import Context
from ...reasons import Reason
from . import windows

UNTOLD = (None, "unknown")


def contact(case: Case, ctx: Context) -> Reason:
    """The seller was contacted, and had the time to answer; exactly so much is enough."""
    rule = ctx.rulebook.text("order.contact_wait")
    at = case.facts.get("seller_contacted_at")
    if at == "unknown":
        return Reason("fact_unknown", "order.contact_wait", "seller_contacted_at", None, rule)
    if at is None:
        return Reason(OrderReasonCode.SELLER_CONTACTED, "order.contact_wait", "told as done", True, rule)
    if at == "never":
        return Reason(RefusalCode.CONTACT_SELLER_FIRST, "order.contact_wait", at, False, rule)
    passed = windows.has_passed(rule, parse_instant(at), case.opened, ctx)
    other = windows.has_passed("2b" if rule == "48h" else "48h", parse_instant(at), case.opened, ctx)
    readings = ("O4",) if passed != other else ()
    code = OrderReasonCode.SELLER_CONTACTED if passed else RefusalCode.CONTACT_SELLER_FIRST
    return Reason(code, "order.contact_wait", f"contacted {at[:19]}Z", passed, rule, readings)


def delivery(case: Case, ctx: Context) -> Reason:
    """A parcel that did not arrive: late enough, or tracking says delivered."""
    grace = ctx.rulebook.get("order.delivery_grace")
    ground = case.facts.get("ground")
    if ground != "not_received":
        return Reason(OrderReasonCode.DELIVERY_OVERDUE, "order.delivery_grace", ground, True, grace.shown)
    today = local_day(case.opened, case.zone)
    order = case.facts["order"]
    scan, latest = case.facts.get("delivered_scan_on"), order.get("max_estimated_delivery_on")
    if order.get("tracking") == "delivered" and scan in UNTOLD:
        scan = today.isoformat()
    if scan not in UNTOLD and scan <= today.isoformat():
        return Reason(OrderReasonCode.DELIVERY_OVERDUE, "order.delivery_grace", f"delivered {scan}", True, grace.shown)
    if latest == "unknown":
        return Reason("fact_unknown", "order.delivery_grace", "order.max_estimated_delivery_on", None, grace.shown)
    if latest is None:
        return Reason(OrderReasonCode.DELIVERY_OVERDUE, "order.delivery_grace", "told as passed", True, grace.shown)
    ok = today >= earliest(latest, ctx)
    readings = ("O5",) if ok and today == earliest(latest, ctx) else ()
    code = OrderReasonCode.DELIVERY_OVERDUE if ok else RefusalCode.TOO_EARLY
    return Reason(code, "order.delivery_grace", f"expected by {latest}", ok, grace.shown, readings)


def earliest(latest: str, ctx: Context) -> date:
    """The first day on which a parcel expected by ``latest`` may be claimed."""
    return parse_date(latest) + timedelta(days=ctx.rulebook.number("order.delivery_grace"))


def returned(case: Case, ctx: Context) -> Reason:
    """Not as described: a return was requested. Not refunded: the item went back with tracking."""
    ground = case.facts.get("ground")
    name = {"not_as_described": "return_requested", "return_not_refunded": "returned_with_tracking"}.get(str(ground))
    told = case.facts.get(name) if name else True
    if told == "unknown":
        return Reason("fact_unknown", "order.return", name, None)
    if told is False:
        return Reason(RefusalCode.RETURN_FIRST, "order.return", "no return", False)
    return Reason(OrderReasonCode.RETURN_MADE, "order.return", "told as done" if name else ground, True)


def next_filing(case: Case, ctx: Context, why: Reason) -> str | None:
    """From when on the claim may be filed, as far as time alone decides."""
    code = RefusalCode(why.code)
    if code is RefusalCode.TOO_EARLY:
        return earliest(case.facts["order"]["max_estimated_delivery_on"], ctx).isoformat()
    count, unit = windows.read(ctx.rulebook.text("order.contact_wait"))
    if code is RefusalCode.CONTACT_SELLER_FIRST and unit == "h" and case.facts["seller_contacted_at"] != "never":
        return instant_text(parse_instant(case.facts["seller_contacted_at"]) + timedelta(hours=count))
    return None
