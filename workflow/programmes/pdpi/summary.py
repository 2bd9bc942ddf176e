"""What a claim shows to the outside: the keys of triage output, ``show --json`` and scenario expectations.

``paid_by_*`` is what each has paid the customer and not had back, be it reversed or recovered; ``recovery.amount`` is
what is still asked, nothing unless the recovery is due or appealed (contract section 8). No PDPI claim counts towards
the order defect rate (R18).
"""

from __future__ import annotations

from typing import Any

from ....states.case import Case
from ....states.codes import Outcome
from ....states.money import to_text
from ...rulebook import resolve
from .amounts import asked, eligible


def summary(case: Case) -> dict[str, Any]:
    """The outside view of a claim (no personal data)."""
    currency, totals = case.currency, case.totals
    amount = eligible(case, resolve(case.rulebook))
    return {
        "eligible_amount": to_text(amount, currency),
        "eligible_minor": amount,
        "paid_by_amazon": to_text(totals.by_amazon - totals.recovered, currency),
        "paid_by_seller": to_text(totals.by_seller, currency),
        "paid_by_insurer": to_text(totals.by_insurer, currency),
        "recovery": recovery(case),
        "withholding_allowed": bool(case.facts.get("recovery", {}).get("withholding", False)),
        "odr_counted": False,
        "certificate": case.facts.get("certificate"),
        "information": case.facts.get("information"),
        "counts_together": counts_together(case),
        "asked_minor": asked(case),
    }


def counts_together(case: Case) -> bool:
    """Whether the claim counts with others of its order and incident: valid, and not denied, withdrawn or moved."""
    valid = case.facts.get("screening", {}).get("verdict") == "valid" or case.totals.by_amazon > 0
    return valid and case.state not in ("denied", "withdrawn") and "redirected_to" not in case.facts


def counts(case: Case) -> tuple[int, int] | None:
    """The minor units (eligible, asked) it counts with among those; None where it does not."""
    return (eligible(case, resolve(case.rulebook)), asked(case)) if counts_together(case) else None


def recovery(case: Case) -> dict[str, Any]:
    """Status, amount still asked and from whom."""
    kept = case.facts.get("recovery")
    if not kept:
        return {"status": "none", "amount": to_text(0, case.currency), "from": None}
    open_amount = case.totals.by_amazon - case.totals.recovered if kept["status"] in ("due", "appealed") else 0
    return {"status": kept["status"], "amount": to_text(open_amount, case.currency), "from": kept.get("from")}


def outcome(case: Case) -> str:
    """What triage came to."""
    if case.holds:
        return Outcome.HOLD.value
    if case.state == "denied":
        return Outcome.DENY.value
    if case.state == "information_requested":
        return Outcome.REQUEST_INFORMATION.value
    if case.facts.get("route") in ("under", "amazon"):
        return Outcome.AUTO_PAY.value
    if case.state in ("seller_notified", "responded"):
        return Outcome.NOTIFY_SELLER.value
    return Outcome.REFER.value
