"""A desk with roles on, on every kind of store."""

from __future__ import annotations

from typing import Any

import pytest

from claimdesk.workflow.desk import Desk
from control.office import office
from stores.conftest import Place, database, place, postgres_copy, store

__all__ = ["Place", "database", "place", "postgres_copy", "store"]


@pytest.fixture
def desk(store: Any) -> Desk:
    """A desk on which roles are on: see ``office`` for who is there."""
    return office(store)
