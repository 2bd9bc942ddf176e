"""Eligibility: every condition of SEED 002, and the filing window.

All must be true: registered when lost or damaged, meets the requirements, exactly the items and quantities of the plan,
neither waiting for disposal nor disposed of, not defective, not damaged by a customer, account in normal status, not
reimbursed before. Facts, not judgement, so a denial may be automatic (R15) and names every test that failed; what is
unknown is asked about. Left out: that a cancelled or deleted shipment is not eligible (a later text; no fact for it).
"""

from __future__ import annotations

from ....states.case import Case
from ....states.codes import ReasonCode, RefusalCode
from ....states.fba import FbaReasonCode
from ...plan import Context
from ...reasons import Reason
from . import duplicates, windows

_Code = FbaReasonCode


def examine(case: Case, ctx: Context) -> tuple[Reason, ...]:
    """Every test in the order of SEED 002; ``result`` False rules the claim out, None asks."""
    facts = case.facts
    item = facts.get("item", {})
    return (
        windows.tested(case, ctx),
        _fact(item, "registered", True, _Code.REGISTERED, _Code.NOT_REGISTERED),
        _fact(item, "compliant", True, _Code.COMPLIANT, _Code.NOT_COMPLIANT),
        _fact(item, "quantities_match_plan", True, _Code.QUANTITY_MATCHES, _Code.QUANTITY_MISMATCH),
        _fact(item, "disposal", "none", _Code.NOT_DISPOSED, _Code.DISPOSAL),
        _fact(item, "defective", False, _Code.NOT_DEFECTIVE, _Code.DEFECTIVE),
        _fact(item, "customer_damaged", False, _Code.NOT_CUSTOMER_DAMAGED, _Code.CUSTOMER_DAMAGED),
        account(case),
        duplicates.tested(case, ctx),
    )


def too_early(tests: tuple[Reason, ...]) -> Reason | None:
    """The test that refuses a filing, when that is all that fails."""
    failed = [t for t in tests if t.result is False]
    return failed[0] if len(failed) == 1 and failed[0].code == RefusalCode.TOO_EARLY.value else None


def account(case: Case) -> Reason:
    """Normal when the claim is filed, while it is looked at, and during a contest (domain notes 4.1)."""
    return _fact(case.facts, "account_status", "normal", _Code.ACCOUNT_NORMAL, _Code.ACCOUNT_STATUS)


def _fact(facts: dict[str, object], name: str, wanted: object, yes: str, no: str) -> Reason:
    told = facts.get(name)
    if told in (None, "unknown"):
        return Reason(ReasonCode.FACT_UNKNOWN, f"eligibility.{name}", name, None)
    shown = str(told).lower() if isinstance(told, bool) else str(told)
    return Reason(yes if told == wanted else no, f"eligibility.{name}", shown, told == wanted)
