"""The certificate as a paper: notice of cancellation, completeness, signature, form, validity and file.

Domain notes 2.2 rows 10 to 14. Conflict H: 60 days of validity (a notice of March 2021 said 90), the
sixtieth day included. The ACORD form stands in Chinese copies of the requirements only, a reading. Left
out: the traceable code or other means of verification, which is the insurer's to answer.
"""

from __future__ import annotations

from datetime import timedelta

from ....states.codes import CertificateFault as Fault
from ....states.times import parse_date
from .cover import in_force_between
from .findings import Finding, Subject, found, yes_or_no

#: The days a notice of March 2021 named; a result between the two hangs on the reading.
_OTHER_READING_OF_H = 90


def cancellation_notice(subject: Subject) -> Finding:
    """Row 10: the days of notice of cancellation, modification or non-renewal."""
    rule = "certificate.cancellation_notice"
    wanted = subject.rulebook.number(rule)
    told = subject.fact("cancellation_notice_days")
    limit = f"{wanted} days"
    if told is None:
        return found(Fault.NOTICE, rule, None, limit=limit, asks=("cancellation_notice_days",))
    return found(Fault.NOTICE, rule, told >= wanted, value=f"{told} days", limit=limit)


def complete(subject: Subject) -> Finding:
    """Row 11: completed in its entirety."""
    told = subject.certificate.get("complete")
    return yes_or_no(subject, Fault.INCOMPLETE, "certificate.complete", "complete", told)


def signed(subject: Subject) -> Finding:
    """Row 11: signed."""
    return yes_or_no(subject, Fault.SIGNATURE, "certificate.signed", "signed", subject.certificate.get("signed"))


def form(subject: Subject) -> Finding:
    """Row 12: on an ACORD form."""
    return yes_or_no(subject, Fault.FORM, "certificate.acord", "acord", subject.certificate.get("acord"))


def validity(subject: Subject) -> Finding:
    """Row 13: valid long enough after the day it was given; cover that begins later may still be accepted."""
    rule = "certificate.validity"
    last = subject.submitted_on + timedelta(days=subject.rulebook.number(rule))
    limit = f"to {last} or longer"
    days = in_force_between(subject.certificate)
    if days is None:
        asks = tuple(n for n in ("starts_on", "ends_on") if subject.fact(n) is None)
        return found(Fault.VALIDITY, rule, None, limit=limit, asks=asks)
    ends_on = parse_date(days[1], "ends_on")
    other = subject.submitted_on + timedelta(days=_OTHER_READING_OF_H)
    readings = ("H",) if last <= ends_on < other else ()
    return found(Fault.VALIDITY, rule, ends_on >= last, value=f"to {ends_on}", limit=limit, readings=readings)


def file_type(subject: Subject) -> Finding:
    """Row 14: a PDF or Word file, told by its name."""
    rule = "certificate.file_types"
    accepted = subject.rulebook.names(rule)
    told = subject.fact("file_name")
    if told is None:
        return found(Fault.FILE_TYPE, rule, None, limit=", ".join(accepted), asks=("file_name",))
    _, dot, ending = str(told).rpartition(".")
    ending = ending.strip().casefold() if dot else ""
    return found(Fault.FILE_TYPE, rule, ending in accepted, value=ending or "no ending", limit=", ".join(accepted))
