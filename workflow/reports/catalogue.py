"""Which reports there are, by name."""

from __future__ import annotations

from .access import ACCESS, ROLE_CHANGES, SENSITIVE_READS
from .claims import CLAIMS, TIMELINESS
from .closeness import BOUNDARIES, DENIALS
from .control import ERASURES, RULE_CHANGES
from .decisions import AUTO_PAY, EXEMPTIONS, OVERRIDES
from .money import BREAKS, PAYMENTS, RECOVERIES, TRIAL_BALANCE
from .notices import NOTICES
from .shape import Report

REPORTS: dict[str, Report] = {
    r.id: r
    for r in (
        CLAIMS, TIMELINESS, PAYMENTS, TRIAL_BALANCE, BREAKS, AUTO_PAY, EXEMPTIONS, RECOVERIES, OVERRIDES,
        RULE_CHANGES, ACCESS, ROLE_CHANGES, SENSITIVE_READS, ERASURES, NOTICES, DENIALS, BOUNDARIES,
    )
}  # fmt: skip
