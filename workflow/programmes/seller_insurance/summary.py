"""What a compliance file shows to the outside: required, by when, and the verdict on the last certificate.

Contract sections 3 and 4. No money moves on a compliance file, so the keys every case shows for money stand
at nothing and none of it counts anywhere.
"""

from __future__ import annotations

from typing import Any

from ....states.case import Case
from ....states.codes import Outcome
from ....states.money import to_text
from .ladder import status


def summary(case: Case) -> dict[str, Any]:
    """The outside view of a seller's file."""
    nothing = to_text(0, case.currency)
    return {
        "required": case.facts.get("required") is True,
        "required_since": case.facts.get("required_since"),
        "due_on": case.facts.get("due_on"),
        "certificate": last_certificate(case),
        "restriction": status(case),
        "eligible_amount": nothing,
        "eligible_minor": 0,
        "paid_by_amazon": nothing,
        "paid_by_seller": nothing,
        "paid_by_insurer": nothing,
        "recovery": {"status": "none", "amount": nothing, "from": None},
        "withholding_allowed": False,
        "odr_counted": False,
        "counts_together": False,
        "asked_minor": 0,
    }


def last_certificate(case: Case) -> dict[str, Any] | None:
    """The verdict on the certificate given last, or None when none was given."""
    on_file = case.facts.get("certificates") or ()
    if not on_file:
        return None
    last = on_file[-1]
    return {
        "number": last.get("number"),
        "accepted": last["accepted"],
        "rejected_for": list(last["rejected_for"]),
        "unknown": list(last["unknown"]),
    }


def outcome(case: Case) -> str:
    """What the file waits for, in the words of triage."""
    last = last_certificate(case)
    if case.holds:
        return Outcome.HOLD.value
    if last is not None and last["unknown"] and not last["rejected_for"]:
        return Outcome.REQUEST_INFORMATION.value
    if case.state in ("required", "overdue"):
        return Outcome.NOTIFY_SELLER.value
    return "none"
