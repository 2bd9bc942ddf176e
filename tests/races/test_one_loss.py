"""One loss told twice at the same moment, by whatever way it comes in: it is paid once.

A programme whose rules look at a seller's other claims sees one of them before the other only where the two take turns.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import pytest

from claimdesk.adapters.sql.units import SqlWrite
from claimdesk.workflow.desk import Desk
from claimdesk.workflow.lines import Line
from claimdesk.workflow.triage import _settle, plan_ahead, triage  # pyright: ignore[reportPrivateUsage]
from support.checks import assert_sound
from support.desks import SELLER, lost_unit, seller

from .runners import Place


def lines(number: int) -> list[Line]:
    return [Line(1, {**lost_unit(), "source": "feed", "source_id": f"loss-{number}"}, None, "")]


def filed(desk: Desk, number: int) -> None:
    desk.file(**lost_unit())


def in_a_file(desk: Desk, number: int) -> None:
    list(triage(desk, lines(number), run_id=f"IMP-{number}"))


def planned_elsewhere(desk: Desk, number: int) -> None:
    told = lines(number)
    _settle(desk, told, plan_ahead(desk, told, f"IMP-{number}"), f"IMP-{number}")


@pytest.mark.parametrize(
    "ways",
    [(filed, in_a_file), (in_a_file, in_a_file), (planned_elsewhere, filed), (planned_elsewhere, in_a_file)],
    ids=lambda ways: " and ".join(way.__name__ for way in ways),
)
@pytest.mark.parametrize("first", [0, 1])  # whose clock is behind
def test_a_loss_is_paid_once(
    place: Place, ways: Sequence[Callable[[Desk, int], None]], first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.now, place.payments = "2024-11-03T12:00:00-07:00", "instant"
    desk = place.desk(1)
    desk.seller_do("update_seller", SELLER, {k: v for k, v in seller().items() if k != "id"})
    met = threading.Barrier(2)
    append = SqlWrite.append

    def meeting(self: Any, *words: Any, **named: Any) -> None:
        """Where they do not take turns, both have looked before either writes."""
        with suppress(threading.BrokenBarrierError):
            met.wait(0.4)
        append(self, *words, **named)

    monkeypatch.setattr(SqlWrite, "append", meeting)
    failed: list[BaseException] = []

    def run(number: int) -> None:
        mine = place.desk(100 + (number ^ first))
        try:
            ways[number](mine, number)
        except BaseException as error:  # noqa: BLE001  # reported below, by the thread that may raise
            failed.append(error)
        finally:
            mine.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    claims = list(desk.list())
    assert sorted((c.state, str(c.paid_by_amazon)) for c in claims) == [
        ("denied", "0.00 USD"), ("reimbursed", "23.00 USD"),
    ]  # fmt: skip
    assert_sound(desk.store)
    desk.close()
