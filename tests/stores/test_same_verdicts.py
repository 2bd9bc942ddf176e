"""Random stories of money: every store gives the same verdict on every step, and what stands always adds up.

The rules are written three times (Python, SQLite, PostgreSQL); this is what keeps them one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claimdesk import Conflict
from claimdesk.adapters.open_store import open_store
from claimdesk.workflow.ports import DecisionRow, Store, TransferRow
from stores.world import AMAZON, Book, write

AMOUNTS = st.sampled_from([100, 100, 100, 60, 40, 1, 0])
KINDS = st.sampled_from([
    "authorize", "post", "void", "reverse", "reverse", "recoup", "recoup", "recoup", "write_off", "settle", "waive",
    "pursue", "note",
])  # fmt: skip


@dataclass(frozen=True)
class Move:
    """One wish: what, about which earlier transfer, how much, and a twist that is mostly none."""

    kind: str
    about: int
    amount: int
    number: int
    twist: str


MOVES = st.builds(
    Move, KINDS, st.integers(0, 30), AMOUNTS, st.integers(1, 3),
    st.sampled_from(["", "", "", "", "", "", "swap", "currency", "stranger", "amount"]),
)  # fmt: skip
_OPENINGS = [[], ["authorize"], ["authorize", "post"], ["authorize", "post", "recoup"], ["authorize", "post", "waive"]]
_PLAIN = [[[Move(kind, 0, 60 if kind == "recoup" else 100, 1, "")] for kind in kinds] for kinds in _OPENINGS]
STEPS = st.builds(
    lambda opening, rest: [*opening, *rest],
    st.sampled_from(_PLAIN),
    st.lists(st.lists(MOVES, min_size=1, max_size=3), min_size=1, max_size=12),
)


def row(book: Book, move: Move, filed: list[TransferRow]) -> TransferRow | DecisionRow | None:
    wanted = {"post": ("authorize",), "void": ("authorize",), "reverse": ("post", "recoup", "settle", "reverse")}.get(
        move.kind, ()
    )
    near = [t for t in filed if t.kind in wanted] or filed
    about = near[-1 - move.about % min(len(near), 3)] if near else book.authorize(move.amount)
    made: dict[str, Any] = {
        "authorize": lambda: book.authorize(move.amount, move.number), "post": lambda: book.post(about),
        "void": lambda: book.void(about), "reverse": lambda: book.reverse(about),
        "recoup": lambda: book.recoup(move.amount, move.number), "write_off": lambda: book.write_off(move.amount),
        "settle": lambda: book.settle(move.amount), "waive": lambda: book.decision(exempt=True),
        "pursue": book.decision, "note": lambda: None,
    }  # fmt: skip
    found = made[move.kind]()
    if isinstance(found, TransferRow):
        match move.twist:
            case "swap":
                return found._replace(debit=found.credit, credit=found.debit)
            case "currency":
                return found._replace(currency="EUR")
            case "stranger":
                return found._replace(entry="EVT-NONE")
            case "amount":
                return found._replace(amount=found.amount + 1)
    return found


def verdict(store: Store, book: Book, rows: list[Any]) -> str:
    made = replace(book).step(
        *[r for r in rows if isinstance(r, TransferRow)], decisions=[r for r in rows if isinstance(r, DecisionRow)]
    )
    try:
        write(store, made)
    except Conflict as refused:
        return f"{type(refused).__name__} {refused.field}"
    return "done"


def adds_up(store: Store, claim: str) -> None:
    with store.read() as unit:
        rows, decisions = unit.transfers(claim), unit.decisions(claim)
        entries = {e.id: e.seq for e in unit.entries(claim)}
    undone = {r.reverses for r in rows if r.kind == "reverse"}
    posts = [r for r in rows if r.kind == "post" and r.id not in undone]
    recoups = [r for r in rows if r.kind == "recoup" and r.id not in undone]
    assert len(posts) <= 1
    resolved = [r.pending for r in rows if r.pending]
    assert len(resolved) == len(set(resolved))
    assert len([r for r in rows if r.kind == "authorize" and r.id not in resolved]) <= 1
    paid = sum(r.amount for r in posts)
    since = [r for r in rows if r.kind == "write_off" and posts and entries[r.entry] > entries[posts[0].entry]]
    assert sum(r.amount for r in recoups) + sum(r.amount for r in since) <= paid
    on_recovery = [d for d in decisions if d.kind == "recovery" or d.exempt]
    assert not (on_recovery and on_recovery[-1].exempt and recoups)
    out = sum(r.amount for r in rows if r.debit == AMAZON and r.kind == "post")
    assert out <= sum(r.amount for r in rows if r.kind == "authorize")


def play(stores: list[Store], steps: list[list[Move]]) -> None:
    book = Book()
    for store in stores:
        write(store, replace(book).step())
    book.step()
    filed: list[TransferRow] = []
    for moves in steps:
        rows: list[Any] = []
        for move in moves:
            made = row(book, move, [*filed, *[r for r in rows if isinstance(r, TransferRow)]])
            # An entry has one decision; a second would only be refused for that.
            if made is not None and not (
                isinstance(made, DecisionRow) and any(isinstance(r, DecisionRow) for r in rows)
            ):
                rows.append(made)
        told = [verdict(store, book, rows) for store in stores]
        assert len(set(told)) == 1, (told, rows)
        if told[0] == "done":
            book.step()
            filed += [r for r in rows if isinstance(r, TransferRow)]
    for store in stores:
        adds_up(store, book.id)


@pytest.fixture(scope="module")
def beside_memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Store]]:
    path: Path = tmp_path_factory.mktemp("verdicts") / "claims.db"
    with closing(open_store("memory:")) as memory, closing(open_store(path)) as file:
        yield [memory, file]


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
def test_memory_and_sqlite_agree(beside_memory: list[Store], steps: list[list[Move]]) -> None:
    play(beside_memory, steps)


@pytest.fixture(scope="module")
def beside_server(postgres_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Store]]:
    with (
        postgres_server.database() as url,
        closing(open_store("memory:")) as memory,
        closing(open_store(url)) as server,
    ):
        yield [memory, server]


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
def test_memory_and_postgres_agree(beside_server: list[Store], steps: list[list[Move]]) -> None:
    play(beside_server, steps)


def test_the_stories_reach_every_ending(beside_memory: list[Store]) -> None:
    """The random stories are worth nothing if they are all refused at the first step."""
    seen: set[str] = set()

    @settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
    @given(steps=STEPS)
    def collect(steps: list[list[Move]]) -> None:
        book, filed = Book(), []
        write(beside_memory[0], book.step())
        for moves in steps:
            rows = [r for r in (row(book, m, filed) for m in moves[:1]) if r is not None]
            told = verdict(beside_memory[0], book, rows)
            seen.add(told if told != "done" or not rows else f"done {getattr(rows[0], 'kind', '')}")
            if told == "done":
                book.step()
                filed += [r for r in rows if isinstance(r, TransferRow)]

    collect()
    assert {f"done {k}" for k in ("authorize", "post", "void", "reverse", "recoup", "write_off", "settle")} <= seen
    assert {f"Conflict {g}" for g in (
        "authorize_once", "authorize_open", "post_authorized", "resolved_once", "reverse_names", "reversed_once",
        "recoup_paid", "recoup_exempt", "recoup_sum", "transfer_shape", "transfer_currency", "transfer_entry",
    )} <= seen  # fmt: skip
