"""A correction that moves a claim into another incident takes turns with whatever is decided there (reading R2)."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

import pytest

from claimdesk.adapters.sql.units import SqlWrite
from support.checks import assert_sound
from support.desks import SMALL, filing, seller

from .runners import Place, in_threads


@pytest.fixture
def meeting(monkeypatch: pytest.MonkeyPatch) -> threading.Barrier:
    """Two who do not take turns have both looked before either writes."""
    met, append = threading.Barrier(2), SqlWrite.append

    def waits(self: Any, *words: Any, **named: Any) -> None:
        with suppress(threading.BrokenBarrierError):
            met.wait(0.4)
        append(self, *words, **named)

    monkeypatch.setattr(SqlWrite, "append", waits)
    met.abort()  # nobody waits until a test says so
    return met


def test_claims_that_come_together_are_over_the_line_together(place: Place, meeting: threading.Barrier) -> None:
    """Each alone is small; together the seller is asked, whichever is first: the correction, or the screening."""
    desk = place.desk(1)
    there = desk.file(**filing(SMALL, incident_on="2024-06-01")).id
    moved = desk.file(**filing(SMALL, incident_on="2024-05-30", seller=seller(id="A2OTHER"))).id
    assert desk.record_screening(moved, verdict="valid", by="adjuster:one").state == "approved"
    screening = ("record_screening", there, {"verdict": "valid", "by": "adjuster:one"}, {})
    beside = {"reason": "told wrong", "approved_by": "cs:bo"}
    meeting.reset()
    found = in_threads(place, [screening, ("amend", moved, {"incident_on": "2024-06-01"}, beside)])
    meeting.abort()
    assert found.codes == {"ok": 2}
    assert [desk.get(claim).state for claim in (there, moved)] == ["seller_notified", "seller_notified"]
    assert_sound(desk.store)
    desk.close()


def test_a_claim_that_was_moved_since_it_was_looked_at_is_decided_where_it_is(place: Place) -> None:
    """The locks are asked for by where it was; those of where it is come before anything is counted."""
    desk, other = place.desk(1), place.desk(2)
    claim = desk.file(**filing(SMALL, incident_on="2024-05-30")).id
    asked: list[list[str]] = []
    permit_on, lock = desk.permit_on, SqlWrite.lock

    def moved_meanwhile(*words: Any) -> Any:
        looked = permit_on(*words)
        other.do("amend", claim, {"incident_on": "2024-06-01"}, reason="told wrong", approved_by="cs:bo")
        return looked

    def told(self: Any, keys: Any, *more: Any) -> None:
        asked.append(list(keys))
        lock(self, keys, *more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(desk, "permit_on", moved_meanwhile)
        patch.setattr(SqlWrite, "lock", told)
        desk.record_screening(claim, verdict="valid", by="adjuster:one")
    assert asked[-1] == ["incident:114-1:2024-06-01"]
    desk.close()
    other.close()
