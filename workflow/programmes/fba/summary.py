"""What a reimbursement shows to the outside: the keys of triage output, ``show --json`` and scenario expectations.

``reimbursement`` is the total over the units that stand reimbursed (contract section 8), ``eligible_amount`` what they
are worth as far as the amounts are known. Nothing is ever asked back from anybody here: a reversal is booked at once.
"""

from __future__ import annotations

from typing import Any

from ....states.case import Case
from ....states.codes import Outcome
from ....states.money import to_text
from ...rulebook import resolve
from .payment import standing
from .valuation import total


def summary(case: Case) -> dict[str, Any]:
    """The outside view of a claim (no personal data)."""
    currency = case.currency
    reimbursed = standing(case)["amount"]
    amount = reimbursed or total(case, resolve(case.rulebook)) or 0
    return {
        "eligible_amount": to_text(amount, currency),
        "eligible_minor": amount,
        "paid_by_amazon": to_text(case.totals.by_amazon, currency),
        "paid_by_seller": to_text(0, currency),
        "paid_by_insurer": to_text(0, currency),
        "reimbursement": to_text(reimbursed, currency),
        "recovery": {"status": "none", "amount": to_text(0, currency), "from": None},
        "withholding_allowed": False,
        "odr_counted": False,
        "information": case.facts.get("information"),
        "counts_together": False,
        "asked_minor": 0,
    }


def outcome(case: Case) -> str:
    """What triage came to."""
    if case.holds:
        return Outcome.HOLD.value
    if case.state == "denied":
        return Outcome.DENY.value
    if case.state == "reimbursed":
        return Outcome.AUTO_PAY.value
    if case.state == "filed" and case.facts.get("information"):
        return Outcome.REQUEST_INFORMATION.value
    return Outcome.REFER.value
