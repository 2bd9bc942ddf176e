"""The verdict on a certificate of insurance: every test, every reason, no first fault that hides the rest.

Authority: domain notes 2.2, fifteen rows of requirement pages, dated in the ``seller_insurance`` rulebooks
and judged by those in force on the day the certificate was given. A certificate with a fact that was not
told is neither accepted nor rejected for it. Left out: whether the paper is genuine, which a person or the
insurer must say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ....states.codes import CertificateFault, ReasonCode
from ...coverage import runs_to
from ...reasons import Reason
from ...rulebook import Version
from . import cover, deductible, insurer, names, paper
from .findings import Subject, Test

#: The tests in the order of ``CertificateFault``; each answers for one code.
TESTS: Mapping[CertificateFault, Test] = {
    CertificateFault.TYPE: cover.kind,
    CertificateFault.BASIS: cover.basis,
    CertificateFault.LIMIT: cover.per_occurrence,
    CertificateFault.AGGREGATE: cover.aggregate,
    CertificateFault.COVERAGE: cover.coverage,
    CertificateFault.DEDUCTIBLE: deductible.deductible,
    CertificateFault.DEDUCTIBLE_UNLISTED: deductible.listed,
    CertificateFault.PRODUCT_COVERAGE: cover.all_products,
    CertificateFault.JURISDICTION: cover.jurisdiction,
    CertificateFault.ADDITIONAL_INSURED: names.additional_insured,
    CertificateFault.NAME: names.insured_name,
    CertificateFault.RATING: insurer.rating,
    CertificateFault.CLAIMS_HANDLING: insurer.claims_handling,
    CertificateFault.NOTICE: paper.cancellation_notice,
    CertificateFault.INCOMPLETE: paper.complete,
    CertificateFault.SIGNATURE: paper.signed,
    CertificateFault.FORM: paper.form,
    CertificateFault.VALIDITY: paper.validity,
    CertificateFault.FILE_TYPE: paper.file_type,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the certificate is accepted, the codes it is rejected for, and the facts it did not tell."""

    accepted: bool
    rejected_for: tuple[str, ...]
    unknown: tuple[str, ...]
    reasons: tuple[Reason, ...]

    @property
    def code(self) -> ReasonCode:
        """The verdict as one code; a known fault outweighs an unknown fact."""
        if self.accepted:
            return ReasonCode.CERTIFICATE_ACCEPTED
        if self.rejected_for:
            return ReasonCode.CERTIFICATE_REJECTED
        return ReasonCode.CERTIFICATE_INCOMPLETELY_KNOWN


def judge(certificate: Mapping[str, Any], seller: Mapping[str, Any], submitted_on: date, rulebook: Version) -> Verdict:
    """All tests of ``certificate`` (canonical) for ``seller``, as of the day it was given."""
    subject = Subject(certificate, seller, submitted_on, rulebook)
    findings = [test(subject) for test in TESTS.values()]
    rejected = tuple(f.fault.value for f in findings if f.reason.result is False)
    unknown = tuple(dict.fromkeys(name for f in findings for name in f.asks))
    return Verdict(not rejected and not unknown, rejected, unknown, tuple(f.reason for f in findings))


def in_force(certificate: Mapping[str, Any], day: date) -> bool:
    """Whether the cover runs on ``day``; the first and the last day both count (R6)."""
    days = cover.in_force_between(certificate)
    return days is not None and days[0] <= day.isoformat() <= runs_to(certificate)
