"""What a breakage claim shows to the outside: the keys of triage output, ``show --json`` and scenario expectations.

The payer is the insurer: ``paid_by_insurer`` is what it has paid the buyer and not had back, ``recovery.amount`` what
the merchant is still asked for (contract section 8). Amazon has no part in it.
"""

from __future__ import annotations

from typing import Any

from ....states.case import Case
from ....states.codes import Outcome
from ....states.money import to_text
from ...rulebook import resolve
from .benefit import not_ruled_out, sub_orders, total


def summary(case: Case) -> dict[str, Any]:
    """The outside view of a claim (no personal data)."""
    currency, totals = case.currency, case.totals
    amount = case.facts.get("benefit")
    if amount is None:
        amount = total(not_ruled_out(case), resolve(case.rulebook)) or 0
    return {
        "eligible_amount": to_text(amount, currency),
        "eligible_minor": amount,
        "paid_by_amazon": to_text(0, currency),
        "paid_by_seller": to_text(0, currency),
        "paid_by_insurer": to_text(totals.by_amazon - totals.recovered, currency),
        "recovery": recovery(case),
        "withholding_allowed": False,
        "odr_counted": False,
        "information": None,
        "counts_together": False,
        "asked_minor": sum(p["amount"] for p in sub_orders(case) if isinstance(p["amount"], int)),
    }


def recovery(case: Case) -> dict[str, Any]:
    """Status, amount still asked and from whom."""
    kept = case.facts.get("recovery")
    if not kept:
        return {"status": "none", "amount": to_text(0, case.currency), "from": None}
    left = case.totals.by_amazon - case.totals.recovered if kept["status"] == "due" else 0
    return {"status": kept["status"], "amount": to_text(left, case.currency), "from": kept["from"]}


def outcome(case: Case) -> str:
    """What triage came to."""
    if case.holds:
        return Outcome.HOLD.value
    if case.state == "denied":
        return Outcome.DENY.value
    if case.state == "filed" or case.facts.get("benefit") is None:
        return Outcome.REFER.value
    return Outcome.AUTO_PAY.value
