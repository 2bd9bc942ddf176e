"""Whether questions stay fast as a store grows: the same ones of a small and of a large store on SQLite.

``python -m benchmarks.queries --small 10000 --large 1000000``. The stores are grown (``grown.py`` says how and what is
not real about it). Each question is asked of one claim, order, seller or page after another, drawn from a seed, the
pages from all over the store; so a page is seldom the one before. The ratio is the large store's time over the small
one's, medians and ninety-ninth percentiles. ``--keep FOLDER`` leaves the stores there and takes them up again.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from claimdesk import ClaimDesk
from claimdesk.workflow.ports import CaseFilter

from .figure import Figures, figure, progress
from .grown import grown
from .table import show

_ASKED = 300  # times of each question
_KINDS = ("deadline", "notice", "payment")
#: Their answer grows with the claims of one seller, so no aim is set for them.
_OF_SELLER = ("list by seller", "claims that wait for a seller")
Ask = Callable[[Any, str, str], object]


def _page(**wanted: Any) -> Ask:
    return lambda desk, claim, seller: _listed(desk, CaseFilter(after=claim, limit=50, **wanted))


def _listed(desk: Any, wanted: CaseFilter) -> object:
    with desk.store.read() as unit:
        return unit.list_cases(wanted)


def _of_seller(desk: Any, claim: str, seller: str) -> object:
    return _listed(desk, CaseFilter(after=claim, limit=50, seller=seller))


def _queue(desk: Any, claim: str, seller: str) -> object:
    with desk.store.read() as unit:
        return unit.due_tasks("2026-06-01T00:00:00.000000Z", _KINDS, 100)


def _waiting(desk: Any, claim: str, seller: str) -> object:
    with desk.store.read() as unit:
        return unit.waiting_on_seller(seller, ["proof_requested", "recovery_review"])


QUESTIONS: dict[str, Ask] = {
    "show a claim": lambda desk, claim, seller: desk.get(claim).to_dict(),
    "timeline of a claim": lambda desk, claim, seller: desk.timeline(claim),
    "actions on a claim": lambda desk, claim, seller: desk.actions(claim),
    "list, a page of 50": _page(),
    "list by state, a page of a rare one": _page(state="disputed"),
    "list by state, a page of a common one": _page(state="closed"),
    "list by outcome": _page(outcome="deny"),
    "list by recovery": _page(recovery="review"),
    "list of held claims (none)": _page(hold="any"),
    "list by reading (none)": _page(reading="R5"),
    "list by seller": _of_seller,
    "queue: the first 100 due": _queue,
    "claims that wait for a seller": _waiting,
    "ledger of a claim": lambda desk, claim, seller: desk.ledger(claim),
}


def figures(
    *, quick: bool = False, small: int | None = None, large: int | None = None, keep: Path | None = None
) -> Figures:
    """Milliseconds of each question in the large store, beside the small one."""
    small, large = small or (500 if quick else 10_000), large or (2_000 if quick else 100_000)
    times: list[dict[str, list[float]]] = []
    sizes: list[int] = []
    for size in (small, large):
        with _store(size, keep) as (path, made):
            progress(f"queries: {made:,} claims, {path.stat().st_size / 1e6:,.0f} MB")
            sizes.append(made)
            times.append(_ask_all(path, 50 if quick else _ASKED))
    found: Figures = {}
    for name in QUESTIONS:
        few, many = (sorted(told[name]) for told in times)
        for which, at in (("p50", 0.5), ("p99", 0.99)):
            floor, value = _at(few, at), _at(many, at)
            found[f"{name}, {which}, {sizes[1]:,} claims beside {sizes[0]:,}"] = figure(
                value,
                "ms",
                floor=floor,
                ratio=value / floor,
                aim="at most 1.3" if which == "p50" and name not in _OF_SELLER else "",
            )
    return found


def _at(times: list[float], share: float) -> float:
    return statistics.median(times) if share == 0.5 else times[min(len(times) - 1, int(len(times) * share))]


@contextmanager
def _store(size: int, keep: Path | None) -> Iterator[tuple[Path, int]]:
    if keep is not None:
        path = keep / f"grown-{size}.db"
        yield path, size if path.exists() else grown(path, size)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "grown.db"
        yield path, grown(path, size)


def _ask_all(path: Path, times: int) -> dict[str, list[float]]:
    """Milliseconds of each question, each time."""
    rng = random.Random(5)  # which claims are asked for, no secret
    found: dict[str, list[float]] = {name: [] for name in QUESTIONS}
    with ClaimDesk.open(f"sqlite:///{path}", actor="system:bench") as desk:
        claims, sellers = _some(desk, times, rng)
        for warm in (True, False):
            for claim, seller in zip(claims[:5] if warm else claims, sellers, strict=False):
                for name, ask in QUESTIONS.items():
                    started = time.perf_counter()
                    ask(desk, claim, seller)
                    if not warm:
                        found[name].append((time.perf_counter() - started) * 1e3)
    return found


def _some(desk: Any, count: int, rng: random.Random) -> tuple[list[str], list[str]]:
    """Claims and sellers from all over the store."""
    with desk.store.read() as unit:
        ids = [row[0] for row in unit.connection.exec_driver_sql(
            'SELECT id FROM "case" WHERE id < \'CLM-~\' ORDER BY id')]  # fmt: skip
        sellers = [row[0] for row in unit.connection.exec_driver_sql(
            "SELECT substr(id, 5) FROM \"case\" WHERE id >= 'SLR-' ORDER BY id")]  # fmt: skip
    # The last pages are left out: they are shorter.
    chosen = rng.sample(ids[: max(count, len(ids) * 9 // 10)], count)
    return chosen, rng.choices(sellers, k=count)


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--large", type=int, default=100_000)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave the stores there, and use them again")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.keep is not None:
        options.keep.mkdir(parents=True, exist_ok=True)
    show(figures(small=options.small, large=options.large, keep=options.keep), as_json=options.json)


if __name__ == "__main__":
    main()
