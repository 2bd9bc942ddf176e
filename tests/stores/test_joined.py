"""Many write units as one transaction, on every store: kept or taken back as a whole, each part undone by itself."""

from __future__ import annotations

import pytest

from claimdesk import Conflict
from claimdesk.adapters.joined import TakenBack, one_transaction
from claimdesk.workflow.ports import Store
from imports.files import imported, row, text
from support.desks import make_desk


def test_parts_are_undone_by_themselves_and_the_whole_as_a_whole(store: Store) -> None:
    desk = make_desk(store)
    with one_transaction(desk):
        with desk.store.write() as unit:
            unit.set_meta("a", "kept")
        with pytest.raises(Conflict), desk.store.write() as unit:
            unit.set_meta("a", "undone")
            raise Conflict("x")
        with desk.store.read() as unit:
            assert unit.meta("a") == "kept"
    assert desk.store is store is desk.dispatcher.store
    with one_transaction(desk):
        with desk.store.write() as unit:
            unit.set_meta("b", "gone")
        raise TakenBack
    with pytest.raises(ZeroDivisionError), one_transaction(desk):
        with desk.store.write() as unit:
            unit.set_meta("c", "gone")
        raise ZeroDivisionError
    with store.read() as unit:
        assert [unit.meta(name) for name in "abc"] == ["kept", None, None]


def test_a_plan_is_the_run_on_every_store(store: Store) -> None:
    desk = make_desk(store, plain=False)
    words = text([row(1), row(2), row(1), row(3, Claim_amount="x"), row(1, Claim_amount="5"), row(4)])
    planned: list[str] = []
    with one_transaction(desk):
        planned = [r.status for r in imported(desk, words, "IMP-1")]
        raise TakenBack
    with store.read() as unit:
        assert unit.sources_of("IMP-1") == 0 and unit.totals() == []
    assert planned == [r.status for r in imported(desk, words, "IMP-2")]
    assert planned == ["created", "created", "duplicate", "rejected", "rejected", "created"]
    with store.read() as unit:
        assert unit.sources_of("IMP-2") == 3
