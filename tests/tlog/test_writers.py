"""The journal has no lock of its own: whoever writes of one claim does not wait for who writes of another."""

from __future__ import annotations

import threading

import pytest

from claimdesk.adapters.open_store import open_store
from stores.world import Book, write


@pytest.mark.postgres
def test_only_writers_of_the_same_claim_wait_for_each_other(postgres_copy: str):
    one, other = open_store(postgres_copy), open_store(postgres_copy)
    here, there = Book(id="CLM-HERE"), Book(id="CLM-THERE")
    write(one, here.step(), there.step())

    def beside(book: Book) -> threading.Thread:
        def work() -> None:
            with other.write() as unit:
                unit.lock([book.id])  # as the engine does
                unit.append([book.step()])

        made = threading.Thread(target=work)
        made.start()
        return made

    with one.write() as unit:
        unit.lock([here.id])
        unit.append([here.step()])
        free = beside(there)
        free.join(timeout=30)
        assert not free.is_alive()  # it has committed, while the first has not
        waits = beside(here)
        waits.join(timeout=0.3)
        assert waits.is_alive()  # otherwise nothing above says anything
    waits.join(timeout=30)
    assert not waits.is_alive()
    with one.read() as unit:
        assert [len(unit.entries(claim)) for claim in ("CLM-HERE", "CLM-THERE")] == [3, 2]
    one.close()
    other.close()
