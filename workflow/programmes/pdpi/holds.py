"""The holds that follow from facts: another venue, fraud indicators.

Customer terms forbid a claim in another venue until the decision (domain notes 1.7); indicators of fraud are never
proof and only ever send a claim to a person (6.5, R15). Set when the claim is filed or when the fact arrives, unless
a person has settled that fact for good. Left out: holds a jurisdiction's overlay adds.
"""

from __future__ import annotations

from collections.abc import Sequence

from ....states.case import Case
from ....states.codes import HoldReason, ReasonCode
from ...plan import Context
from ...reasons import Reason


def facts_held(case: Case, ctx: Context) -> Sequence[tuple[HoldReason, Reason]]:
    """The holds that follow from facts on file."""
    found: list[tuple[HoldReason, Reason]] = []
    if case.facts.get("other_venue") is True:
        found.append((HoldReason.OTHER_VENUE, Reason(ReasonCode.OTHER_VENUE, "hold.other_venue", "true", None)))
    count = case.facts.get("fraud_indicators", 0)
    if count >= ctx.rulebook.number("fraud.indicators"):
        limit = ctx.rulebook.get("fraud.indicators").shown
        found.append(
            (HoldReason.FRAUD_REVIEW, Reason(ReasonCode.FRAUD_REVIEW, "fraud.indicators", str(count), None, limit))
        )
    return found
