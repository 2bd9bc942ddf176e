"""Desks on every kind of store, with a claim whose personal fields hold marked strings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from claimdesk import ClaimDesk
from claimdesk.adapters.open_store import open_store
from claimdesk.testing import FrozenClock
from support.desks import MONDAY

MARK = "CANARY"


def build(url: str) -> None:
    open_store(url).close()


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(MONDAY)


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "postgres":
        server = request.getfixturevalue("postgres_server")
        with server.database(server.template("claimdesk-privacy", build)) as made:
            yield made
        return
    yield "memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'claims.db'}"


@pytest.fixture
def opened(url: str, clock: FrozenClock, tmp_path: Path) -> Iterator[Callable[..., ClaimDesk]]:
    """Opens the desk, again and again; letters are files, keys stand apart."""
    desks: list[ClaimDesk] = []
    memory = open_store(url) if url == "memory:" else None

    def again(**options: Any) -> ClaimDesk:
        given = {"keys": str(tmp_path / "claims.keys"), "sender": f"files:{tmp_path / 'letters'}", **options}
        made = ClaimDesk.open(url, actor="cs:mei", clock=clock, store=memory, templates=True, **given)
        desks.append(made)
        return made

    yield again
    for one in desks:
        one.close()


@pytest.fixture
def desk(opened: Callable[..., ClaimDesk]) -> ClaimDesk:
    return opened()


def filed(desk: ClaimDesk, order: str = "114-1", **more: Any) -> str:
    """The id of a claim that was paid and whose letters went out; every personal field holds the mark."""
    claim = desk.file(
        marketplace="US", incident_on="2024-06-01", cause="product_defect", seller={"id": "A2EXAMPLE"},
        order={"id": order, "item": {"asin": "B0EXAMPLE1"}}, losses=[{"head": "medical", "amount": "640.00 USD"}],
        claimant={"ref": f"{MARK}-ref", "name": f"{MARK}-name", "contact": f"{MARK}@example.org", "age": 44},
        injury={"kind": "trauma", "severity": f"{MARK}-injury"}, description=f"{MARK}-description",
        **{"other_venue": False, **more},
    )  # fmt: skip
    desk.record_screening(claim.id, verdict="valid", by="adjuster:one", findings=f"{MARK}-findings")
    desk.note(claim.id, text=f"{MARK}-note")
    desk.tick()
    return claim.id
