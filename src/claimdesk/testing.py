"""For tests of programs that embed claimdesk: a clock that stands still, a valid certificate, the test doubles.

Nothing here is for production; every double passes the contract tests of what it stands for.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from .adapters.gateways import FakeProvider, SandboxGateway
from .states.times import parse_instant

__all__ = ["FakeProvider", "FrozenClock", "SandboxGateway", "programme_faults", "valid_certificate"]


class FrozenClock:
    """A clock that moves only when told: ``clock = FrozenClock("2024-06-03T09:00:00-07:00")``."""

    def __init__(self, start: datetime | str) -> None:
        self.now = parse_instant(start)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> datetime:
        """Moves on by ``days=``, ``hours=``, ... and returns the new instant."""
        self.now += timedelta(**by)
        return self.now

    def set(self, to: datetime | str) -> datetime:
        """Moves to an instant (never back)."""
        self.now = max(self.now, parse_instant(to))
        return self.now


def valid_certificate(**overrides: Any) -> dict[str, Any]:
    """A certificate that passes every test, from 2020-01-01 to 2030-12-31; each override replaces a whole value."""
    from .workflow.programmes.seller_insurance.testing_template import valid_certificate as made  # noqa: PLC0415

    return made(**overrides)


def programme_faults(name: str) -> list[str]:
    """What a programme of yours still lacks (words, letters, shapes of payloads), in plain words; empty when nothing.

    ``name`` is its id; register it first, or install the package that brings it.
    """
    from .workflow.soundness import faults  # noqa: PLC0415

    return faults(name)
