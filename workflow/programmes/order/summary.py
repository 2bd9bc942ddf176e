"""What an order claim shows to the outside: the keys of triage output, ``show --json`` and scenario expectations.

``paid_by_seller`` is what the seller was debited or refunded, ``paid_by_amazon`` what Amazon paid and had not back
(contract section 8). A debit is a recovery that was made at once, so nothing of it is ever still asked.
"""

from __future__ import annotations

from typing import Any

from ....states.case import Case
from ....states.codes import Outcome
from ....states.money import to_text
from ...rulebook import resolve
from .amounts import eligible, paid_for_order
from .counting import counted


def summary(case: Case) -> dict[str, Any]:
    """The outside view of a claim (no personal data)."""
    currency, totals = case.currency, case.totals
    amount = eligible(case, resolve(case.rulebook))
    debited = totals.recovered > 0
    return {
        "eligible_amount": to_text(amount, currency),
        "eligible_minor": amount,
        "paid_by_amazon": to_text(totals.by_amazon - totals.recovered, currency),
        "paid_by_seller": to_text(totals.by_seller + totals.recovered, currency),
        "paid_by_insurer": to_text(totals.by_insurer, currency),
        "recovery": {
            "status": "recouped" if debited else "none",
            "amount": to_text(0, currency),
            "from": "seller" if debited else None,
        },
        "withholding_allowed": False,
        "odr_counted": counted(case),
        "information": case.facts.get("information"),
        "counts_together": False,
        "asked_minor": paid_for_order(case),
    }


def outcome(case: Case) -> str:
    """What triage came to."""
    if case.holds:
        return Outcome.HOLD.value
    if case.state == "denied":
        return Outcome.DENY.value
    if case.state == "information_requested":
        asked = case.facts.get("information", {}).get("of")
        return Outcome.NOTIFY_SELLER.value if asked == "seller" else Outcome.REQUEST_INFORMATION.value
    if case.state in ("granted_seller_funded", "granted_amazon_funded"):
        return Outcome.AUTO_PAY.value
    return Outcome.REFER.value
