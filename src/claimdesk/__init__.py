"""claimdesk: an embeddable A-to-z claim triage workflow engine.

Names are loaded on first use, so that importing the package costs nothing a caller does not need.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_PLACES = {
    "ClaimDesk": ".adapters.desk",
    "Claim": ".workflow.view",
    "SellerFile": ".workflow.view",
    "Money": ".states.money",
    "ClaimdeskError": ".states.errors",
    "InputError": ".states.errors",
    "NotFound": ".states.errors",
    "Refused": ".states.errors",
    "NotPermitted": ".states.errors",
    "Conflict": ".states.errors",
    "StaleVersion": ".states.errors",
    "IdempotencyMismatch": ".states.errors",
    "StorageError": ".states.errors",
    "DatabaseBusy": ".states.errors",
    "ConfigError": ".states.errors",
    "RulebookError": ".states.errors",
    "IntegrityFailure": ".states.errors",
    "SchemaMismatch": ".states.errors",
}

if TYPE_CHECKING:
    from .adapters.desk import ClaimDesk
    from .states.errors import (
        ClaimdeskError,
        ConfigError,
        Conflict,
        DatabaseBusy,
        IdempotencyMismatch,
        InputError,
        IntegrityFailure,
        NotFound,
        NotPermitted,
        Refused,
        RulebookError,
        SchemaMismatch,
        StaleVersion,
        StorageError,
    )
    from .states.money import Money
    from .workflow.view import Claim, SellerFile

__all__ = [
    "Claim",
    "ClaimDesk",
    "ClaimdeskError",
    "ConfigError",
    "Conflict",
    "DatabaseBusy",
    "IdempotencyMismatch",
    "InputError",
    "IntegrityFailure",
    "Money",
    "NotFound",
    "NotPermitted",
    "Refused",
    "RulebookError",
    "SchemaMismatch",
    "SellerFile",
    "StaleVersion",
    "StorageError",
    "__version__",
]


def __getattr__(name: str) -> Any:
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(place, __name__), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PLACES])
