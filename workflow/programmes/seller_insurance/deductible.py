"""The deductible of a certificate: how high it may be, and whether it is shown.

Domain notes 2.2 row 5, conflict G, reading R20. Three regimes: (a) from 2021-09-01 at most 10,000; (b) from
2022-06-27 any amount, but only for a seller whose gross proceeds of the last twelve months exceed
1,000,000; (c) at most 10,000 again, from 2024-01-01 (the day is assumed). A retention of the insured's own
counts as a deductible (S5). A deductible of zero never fails. Months nobody told of are asked for, unless it was told
that the record is complete (``proceeds_complete``): nothing is rejected for what is not known.
"""

from __future__ import annotations

from ....states.codes import CertificateFault as Fault
from ....states.money import parse, to_text
from ...rulebook import Confidence
from .findings import Finding, Subject, found, known
from .proceeds import last_twelve

_RULE = "certificate.deductible_rule"
_LINE = "certificate.deductible_proceeds_line"
_LISTED = "certificate.deductible_listed"


def deductible(subject: Subject) -> Finding:
    """Whether the amount is allowed under the regime in force when the certificate was given."""
    told = subject.fact("deductible")
    if told is None:
        return found(Fault.DEDUCTIBLE, _RULE, None, asks=("deductible",))
    minor, currency = parse(told, "deductible")
    if minor == 0:
        none = ", ".join(subject.rulebook.names("certificate.deductible_limit"))
        return found(Fault.DEDUCTIBLE, _RULE, True, value=told, limit=none)
    if subject.rulebook.text(_RULE) == "large_sellers":
        return _large_sellers(subject, told)
    rule = "certificate.deductible_limit"
    limits = subject.limits(rule)
    if currency not in limits:
        every = ", ".join(subject.rulebook.names(rule))
        return found(Fault.DEDUCTIBLE, rule, None, value=told, limit=every, asks=("deductible",))
    limit = to_text(limits[currency], currency)
    # The result hangs on the reading only where the regime's own days are not sourced.
    sourced = subject.rulebook.get(_RULE).confidence is Confidence.SOURCED
    readings = () if sourced else ("R20",)
    return found(Fault.DEDUCTIBLE, rule, minor <= limits[currency], value=told, limit=limit, readings=readings)


def _large_sellers(subject: Subject, told: str) -> Finding:
    line, (minor, currency) = subject.rulebook.get(_LINE), parse(subject.rulebook.get(_LINE).shown)
    readings: tuple[str, ...] = ()
    total: int | None = None
    asks: tuple[str, ...] = ()
    sum_told = known(subject.seller.get("proceeds_12m"))
    if sum_told is not None:
        amount, its_currency = parse(sum_told, "proceeds_12m")
        total = amount if its_currency == currency else None
    else:
        amount, whole = last_twelve(subject.seller.get("proceeds"), subject.submitted_on, currency)
        settled = whole or amount > minor
        total = amount if settled or subject.seller.get("proceeds_complete") is True else None
        readings = ("S2",)
        # A month that is told later may still lift the sum over the line: the certificate is judged again then.
        asks = () if settled else ("proceeds_12m",)
    limit = f"over {line.shown} in twelve months"
    if total is None:
        asks = ("proceeds_12m",)
        return found(Fault.DEDUCTIBLE, _LINE, None, value=told, limit=limit, readings=readings, asks=asks)
    value = f"{told}, with proceeds of {to_text(total, currency)}"
    return found(Fault.DEDUCTIBLE, _LINE, total > minor, value=value, limit=limit, readings=readings, asks=asks)


def listed(subject: Subject) -> Finding:
    """Whether the deductible is shown: any deductible amount must be listed, and zero is none (S1)."""
    always = subject.rulebook.text(_LISTED) == "always"
    shown, told = subject.fact("deductible_listed"), subject.fact("deductible")
    if shown is True:
        return _listed(subject, True, "shown")
    if not always and told is not None and parse(told, "deductible")[0] == 0:
        return _listed(subject, True, "nothing to show", readings=() if shown is None else ("S1",))
    if shown is None:
        return _listed(subject, None, None, "deductible_listed")
    if told is None and not always:
        return _listed(subject, None, "not shown", "deductible")  # there may be none: the amount decides
    return _listed(subject, False, "not shown")


def _listed(
    subject: Subject, result: bool | None, value: str | None, *asks: str, readings: tuple[str, ...] = ()
) -> Finding:
    limit = subject.rulebook.text(_LISTED)
    fault = Fault.DEDUCTIBLE_UNLISTED
    return found(fault, _LISTED, result, value=value, limit=limit, readings=readings, asks=asks)
