"""The ledger's words: accounts and kinds of transfer.

Two-phase transfers, one row each: debit account, credit account, a positive whole number of minor units, a
currency. ``authorize`` is followed by exactly one of ``post`` or ``void``; corrections are new rows.
Authority: domain notes 1.4 and 1.5 (concession, reimbursement), the two-phase form is the field's own.
"""

from __future__ import annotations

from enum import StrEnum


class TransferKind(StrEnum):
    """What a transfer does."""

    AUTHORIZE = "authorize"  #: Amazon owes the customer; money is reserved
    POST = "post"  #: the reserved money reached the customer
    VOID = "void"  #: the reserved money is free again
    REVERSE = "reverse"  #: a posted payment came back, a recoupment was given back, or a settlement never came
    RECOUP = "recoup"  #: money came back from the seller or the insurer
    WRITE_OFF = "write_off"  #: what is left cannot be recovered
    SETTLE = "settle"  #: the seller or insurer paid the customer directly (a memo row, not Amazon's money)


#: The kinds that move money, so that the balances are sums of these; the others only promise it.
MOVING = frozenset(
    {TransferKind.POST, TransferKind.REVERSE, TransferKind.RECOUP, TransferKind.WRITE_OFF, TransferKind.SETTLE}
)


def amazon() -> str:
    """Amazon's own funds for concessions."""
    return "amazon:concessions"


def customer(claim: str) -> str:
    """What a claim's customer is paid on."""
    return f"customer:{claim}"


def seller(ref: str | None) -> str:
    """What a seller owes or has paid."""
    return f"seller:{ref or 'unknown'}"


def insurer(ref: str | None) -> str:
    """What a seller's insurer has paid."""
    return f"insurer:{ref or 'unknown'}"


def losses() -> str:
    """Recoveries given up."""
    return "amazon:written_off"
