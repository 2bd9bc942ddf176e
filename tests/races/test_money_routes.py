"""Ways of money through every programme, one after the other and at the same time, by seed."""

from __future__ import annotations

import random
import threading

import pytest

from claimdesk.adapters.gateways import ManualGateway, SandboxGateway
from claimdesk.adapters.memory import MemoryStore
from claimdesk.adapters.open_store import open_store
from claimdesk.adapters.vault import FileVault
from claimdesk.testing import FrozenClock
from claimdesk.workflow.desk import Desk
from claimdesk.workflow.ports import PaymentGateway
from support.desks import make_desk

from .money_routes import FILINGS, NOW, SELLERS, Provider, World, broken
from .runners import Place

PAYMENTS = ("instant", "manual", "gateway", "gateway")


def begin(seed: int) -> tuple[World, str, PaymentGateway]:
    """The world of a seed, how it pays, and through what."""
    pick = random.Random(seed)
    payments = pick.choice(PAYMENTS)
    provider = Provider(seed) if payments == "gateway" else None
    world = World(FrozenClock(NOW), [None, *sorted(FILINGS)][seed % 5], provider)
    return world, payments, provider or (SandboxGateway() if payments == "instant" else ManualGateway())


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_one_after_the_other():
    for seed in range(300):
        world, payments, gateway = begin(seed)
        desk = make_desk(MemoryStore(), clock=world.clock, payments=payments, gateway=gateway, seed=seed)
        pick, seen = random.Random(seed), dict[str, int]()
        for step in range(60):
            world.act(desk, pick, f"{seed}-{step}")
            if step % 10 == 9:
                assert not (found := broken(desk, world, seen)), (seed, step, found, world.done)


@pytest.mark.long
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("seed", range(40))
def test_at_the_same_time(place: Place, seed: int):
    """Five desks on a few claims; a broken rule at the end is one that held while they took turns."""
    world, payments, gateway = begin(seed)

    def desk_of(number: int) -> Desk:
        store = open_store(place.url, busy_timeout=60.0)
        options = {"clock": world.clock, "payments": payments, "gateway": gateway}
        return make_desk(store, vault=FileVault(place.keys), seed=1000 * seed + number, actor=f"cs:{number}", **options)

    desk, errors = desk_of(0), list[BaseException]()
    for seller in SELLERS:
        desk.seller_do("update_seller", seller, {"insurance_required": True})

    def work(number: int) -> None:
        own = desk_of(number)
        pick = random.Random(1000 * seed + number)
        try:
            for step in range(40):
                world.act(own, pick, f"{number}-{step}", most=7)
        except BaseException as error:  # noqa: BLE001  # raised below, by the thread that may
            errors.append(error)
        finally:
            own.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(1, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert errors == []
    # Who was in another's way planned again; nobody who called heard of it.
    assert not {"refused deadlock", "refused serialization", "refused stale_version"}.intersection(world.done)
    assert not (found := broken(desk, world)), (found, world.done)
    desk.close()
