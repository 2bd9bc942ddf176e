"""A certificate that passes every test, for scenarios and tests (contract section 3).

The literal ``valid``, or ``{template: valid, ...overrides}``, stands for it where a caller allows
templates: never in an intake file and never over HTTP. An override replaces the whole value, ``insurer``
included; a rating left out is then no rating. It is insured in the name of the seller's legal entity, runs
from 2020-01-01 to 2030-12-31, has no deductible (one above zero fails for most sellers from 2022-06-27 to
2023-12-31), and states its limits in US dollars, which every rulebook knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....states.errors import InputError
from .findings import known

TEMPLATE = "valid"
_HINT = "certificate: valid, or {template: valid, signed: false}"


def valid_certificate(**overrides: Any) -> dict[str, Any]:
    """The template as it would be written out in full, with ``overrides``."""
    return template(overrides, {})


def template(overrides: Mapping[str, Any], seller: Mapping[str, Any]) -> dict[str, Any]:
    """A certificate of ``seller`` that passes every test, each override replacing a whole value."""
    found: dict[str, Any] = {
        "number": "GL-0001",
        "type": "commercial_general",
        "basis": "occurrence",
        "per_occurrence": "1000000.00 USD",
        "aggregate": "2000000.00 USD",
        "deductible": "0.00 USD",
        "deductible_listed": True,
        "covers": ["products", "products_completed_operations", "bodily_injury"],
        "all_products": True,
        "excluded_asins": [],
        "covers_usa": True,
        "additional_insured": "Amazon.com Services LLC and its affiliates and assignees",
        "insured_name": known(seller.get("legal_entity")) or "Example Trading Ltd",
        "insurer": {
            "name": "Example Mutual",
            "am_best": "A",
            "sp": "A+",
            "local_equivalent": False,
            "global_claims_handling": True,
        },
        "cancellation_notice_days": 30,
        "complete": True,
        "signed": True,
        "acord": True,
        "file_name": "certificate.pdf",
        "starts_on": "2020-01-01",
        "ends_on": "2030-12-31",
    }
    return {**found, **overrides}


def is_template(value: Any) -> bool:
    """Whether ``value`` stands for the template, with overrides or without."""
    return value == TEMPLATE or (isinstance(value, Mapping) and "template" in value)


def expand(value: Any, seller: Mapping[str, Any], where: str = "certificate") -> Any:
    """``value`` with the template written out; anything else as it is."""
    if value == TEMPLATE:
        return template({}, seller)
    if not is_template(value):
        return value
    overrides: dict[str, Any] = dict(value)
    if overrides.pop("template") != TEMPLATE:
        raise InputError("unknown_template", "there is no such template", field=f"{where}.template", hint=_HINT)
    return template(overrides, seller)
