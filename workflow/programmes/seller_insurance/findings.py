"""What one test of a certificate looks at and what it answers.

A test is a small pure function from a ``Subject`` to a ``Finding``; it cites its row of domain notes 2.2. A
fact that was not told (missing, null or "unknown") is never read as false: the test then names the fact it
needs.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ....states.codes import CertificateFault
from ....states.money import parse
from ...reasons import Reason
from ...rulebook import Version


@dataclass(frozen=True, slots=True)
class Subject:
    """The certificate, the seller's facts, the day it was given and the rulebook in force on that day."""

    certificate: Mapping[str, Any]
    seller: Mapping[str, Any]
    submitted_on: date
    rulebook: Version

    def fact(self, name: str) -> Any:
        """A fact of the certificate, or None when it was not told."""
        return known(self.certificate.get(name))

    def of_insurer(self, name: str) -> Any:
        """A fact about the insurer as it stands, "unknown" when nothing about the insurer was told."""
        insurer = self.fact("insurer")
        return insurer.get(name) if isinstance(insurer, Mapping) else "unknown"  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]

    def limits(self, parameter: str) -> dict[str, int]:
        """A limit in minor units by currency; a rulebook may state one a currency."""
        return {currency: minor for minor, currency in map(parse, self.rulebook.names(parameter))}


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer of one test. ``asks`` names the facts without which there is none."""

    fault: CertificateFault
    reason: Reason
    asks: tuple[str, ...] = ()


Test = Callable[[Subject], Finding]


def known(value: Any) -> Any:
    """``value``, or None for a fact that was not told."""
    return None if value is None or value == "unknown" else value


def folded(text: str) -> str:
    """``text`` with runs of white space as one space, and composed characters composed."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def found(
    fault: CertificateFault,
    rule: str,
    result: bool | None,
    *,
    value: str | None = None,
    limit: str | None = None,
    readings: tuple[str, ...] = (),
    asks: tuple[str, ...] = (),
) -> Finding:
    """A finding of the test behind ``fault``; the code of its reason is the fault's own."""
    return Finding(fault, Reason(fault.value, rule, value, result, limit, readings), asks)


def yes_or_no(subject: Subject, fault: CertificateFault, rule: str, name: str, told: Any) -> Finding:
    """A test that asks for one true fact, where the rulebook requires it."""
    asked = subject.rulebook.text(rule)
    if asked == "not_required":
        return found(fault, rule, True, limit=asked)
    told = known(told)
    if told is None:
        return found(fault, rule, None, limit=asked, asks=(name,))
    return found(fault, rule, told is True, value="true" if told is True else "false", limit=asked)


def one_of(subject: Subject, fault: CertificateFault, rule: str, name: str) -> Finding:
    """A test that asks for one of the rulebook's words."""
    accepted = subject.rulebook.names(rule)
    told = subject.fact(name)
    if told is None:
        return found(fault, rule, None, limit=", ".join(accepted), asks=(name,))
    return found(fault, rule, told in accepted, value=str(told), limit=", ".join(accepted))
