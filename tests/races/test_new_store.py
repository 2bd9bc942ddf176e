"""A store that is opened for the first time by many at once has one name for its journal, and every desk knows it."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import Any

import pytest

from claimdesk.adapters.open_store import open_store
from claimdesk.adapters.sql.units import SqlWrite
from claimdesk.adapters.vault import FileVault
from support.checks import assert_sound
from support.desks import filing, make_desk


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_desks_that_open_a_new_store_at_once_agree_on_its_journal(
    kind: str, request: pytest.FixtureRequest, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = str(tmp_path / "claims.keys")
    FileVault(keys).seal("CLM-0", 1, {"name": "x"})
    url = f"sqlite:///{tmp_path}/claims.db" if kind == "sqlite" else request.getfixturevalue("postgres_database")
    open_store(url).close()
    met, set_meta = threading.Barrier(2), SqlWrite.set_meta

    def slowly(self: Any, name: str, value: str) -> None:
        """Two who do not take turns have both looked before either writes."""
        try:
            met.wait(0.4)
        except threading.BrokenBarrierError:
            met.abort()
        set_meta(self, name, value)

    monkeypatch.setattr(SqlWrite, "set_meta", slowly)
    origins: list[str] = []
    claims: list[str] = []

    def opened(seed: int) -> None:
        with closing(open_store(url, busy_timeout=30.0)) as store:
            desk = make_desk(store, vault=FileVault(keys), seed=seed)
            origins.append(desk.settings.log)
            claims.append(desk.file(**filing(order=f"114-{seed}")).id)

    threads = [threading.Thread(target=opened, args=(seed,)) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(claims) == 2 and len(set(origins)) == 1
    with closing(open_store(url)) as store:
        assert_sound(store)
