"""The contract, put to each store."""

from __future__ import annotations

from stores.contract import Contract


class TestContract(Contract):
    """Memory, SQLite and PostgreSQL alike (see the fixture ``store``)."""
