"""What the cover is: kind, basis, limits, what it covers and where.

Domain notes 2.2 rows 1 to 4 and 6, read from Amazon's requirement pages, in force in this form from
2021-09-01 and used for earlier certificates too (assumed). Left out: exclusions beyond listed products,
which are not on file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ....states.codes import CertificateFault as Fault
from ....states.money import parse, to_text
from .findings import Finding, Subject, folded, found, known, one_of, yes_or_no


def kind(subject: Subject) -> Finding:
    """Row 1: commercial general, umbrella or excess liability."""
    return one_of(subject, Fault.TYPE, "certificate.types", "type")


def basis(subject: Subject) -> Finding:
    """Row 2: on an occurrence basis; claims-made only for listed product categories (S3)."""
    plain = one_of(subject, Fault.BASIS, "certificate.basis", "basis")
    if plain.reason.result is not False or subject.fact("basis") != "claims_made":
        return plain
    return _claims_made(subject)


def _claims_made(subject: Subject) -> Finding:
    rule = "certificate.claims_made_categories"
    listed = {folded(c).casefold() for c in subject.rulebook.names(rule)}
    limit = ", ".join(subject.rulebook.names(rule)) or "no category"
    if not listed:
        return found(Fault.BASIS, rule, False, value="claims_made", limit=limit)
    told: Sequence[str] = known(subject.seller.get("categories")) or ()
    if not told:
        return found(Fault.BASIS, rule, None, value="claims_made", limit=limit, asks=("categories",))
    on_list = [folded(c).casefold() in listed for c in told]
    readings = ("S3",) if any(on_list) != all(on_list) else ()
    value = "claims_made for " + ", ".join(told)
    return found(Fault.BASIS, rule, all(on_list), value=value, limit=limit, readings=readings)


def per_occurrence(subject: Subject) -> Finding:
    """Row 3: the limit per occurrence."""
    return _at_least(subject, Fault.LIMIT, "certificate.per_occurrence", "per_occurrence")


def aggregate(subject: Subject) -> Finding:
    """Row 3: the limit in aggregate."""
    return _at_least(subject, Fault.AGGREGATE, "certificate.aggregate", "aggregate")


def _at_least(subject: Subject, fault: Fault, rule: str, name: str) -> Finding:
    limits = subject.limits(rule)
    told = subject.fact(name)
    every = ", ".join(subject.rulebook.names(rule))
    if told is None:
        return found(fault, rule, None, limit=every, asks=(name,))
    minor, currency = parse(told, name)
    if currency not in limits:
        # Amounts in two currencies are not compared: the limit is asked for in one the rulebook knows.
        return found(fault, rule, None, value=told, limit=every, asks=(name,))
    limit = limits[currency]
    return found(fault, rule, minor >= limit, value=to_text(minor, currency), limit=to_text(limit, currency))


def coverage(subject: Subject) -> Finding:
    """Row 4: products, products/completed operations and bodily injury."""
    rule = "certificate.covers"
    wanted = subject.rulebook.names(rule)
    told: Sequence[str] | None = subject.fact("covers")
    if told is None:
        return found(Fault.COVERAGE, rule, None, limit=", ".join(wanted), asks=("covers",))
    passes = all(part in told for part in wanted)
    return found(Fault.COVERAGE, rule, passes, value=", ".join(told) or "nothing", limit=", ".join(wanted))


def all_products(subject: Subject) -> Finding:
    """Row 6: every product listed; one that is excluded by name fails the test, whatever else is said."""
    rule = "certificate.all_products"
    excluded: Sequence[str] = known(subject.certificate.get("excluded_asins")) or ()
    if excluded and subject.rulebook.text(rule) == "required":
        value = "excludes " + ", ".join(excluded)
        return found(Fault.PRODUCT_COVERAGE, rule, False, value=value, limit="required")
    told = subject.certificate.get("all_products")
    return yes_or_no(subject, Fault.PRODUCT_COVERAGE, rule, "all_products", told)


def jurisdiction(subject: Subject) -> Finding:
    """Row 6, rejection text: the cover must reach the USA; the sentence names no other country."""
    rule = "certificate.jurisdiction"
    if subject.rulebook.text(rule) == "not_tested":
        return found(Fault.JURISDICTION, rule, True, limit="not_tested")
    return yes_or_no(subject, Fault.JURISDICTION, rule, "covers_usa", subject.certificate.get("covers_usa"))


def in_force_between(certificate: Mapping[str, Any]) -> tuple[str, str] | None:
    """First and last day of the cover as ISO text, or None when one of them was not told."""
    start, end = known(certificate.get("starts_on")), known(certificate.get("ends_on"))
    return None if start is None or end is None else (str(start), str(end))
