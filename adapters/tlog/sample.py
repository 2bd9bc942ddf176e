"""A sample of claims that anybody can draw again: the same seed and the same checkpoint give the same claims.

Decision: the population is every claim with an entry under the checkpoint, each as its entries up to there make it, so
what happens later changes nothing; a claim's rank is SHA-256 over seed, root and id, so the draw hangs on no library
and no order of rows; each stratum gets its share of the sample by largest remainder, and at least one.
Authority: trust notes 6, report 17. Left out: what is looked at in the claims that are drawn, which people decide.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ...states.case import Case, fold
from ...states.money import to_text
from ...workflow import registry
from ...workflow.ports import Store
from .ports import CheckpointRow
from .rows import claim_rows

#: Upper ends of the amount bands, in whole units of the currency; above the last there is one more band.
BANDS: Final = (100, 500, 1000, 5000, 25_000)
#: What a sample may be stratified by.
STRATA: Final = ("outcome", "programme", "amount", "marketplace", "state")
_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Member:
    """A claim of the population as it stood at the checkpoint."""

    claim: str
    programme: str
    marketplace: str
    state: str
    outcome: str
    amount: str  #: eligible, with its currency
    band: str
    entries: int  #: of the claim under the checkpoint

    def stratum(self, by: Sequence[str]) -> str:
        """Its stratum."""
        return " | ".join(self.band if name == "amount" else getattr(self, name) for name in by)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A sample, and all that is needed to draw it again."""

    seed: str
    by: tuple[str, ...]
    checkpoint: CheckpointRow
    population: int
    strata: Mapping[str, tuple[int, int]]  #: stratum to (claims, drawn)
    members: tuple[Member, ...]


def draw(
    store: Store,
    checkpoint: CheckpointRow,
    *,
    count: int,
    seed: str,
    by: Sequence[str] = ("outcome", "programme", "amount"),
    progress: Callable[[int], None] | None = None,
) -> Drawn:
    """Draws ``count`` claims; with more strata than that, one of each."""
    strata: dict[str, list[Member]] = {}
    every = members(store, checkpoint.size, progress)
    for member in every:
        strata.setdefault(member.stratum(by), []).append(member)
    shares = allotted({name: len(found) for name, found in strata.items()}, count)
    chosen: list[Member] = []
    for name in sorted(strata):
        ranked = sorted(strata[name], key=lambda m: rank(seed, checkpoint.root, m.claim))
        chosen += ranked[: shares[name]]
    counts = {name: (len(strata[name]), shares[name]) for name in sorted(strata)}
    return Drawn(seed, tuple(by), checkpoint, len(every), counts, tuple(chosen))


def rank(seed: str, root: bytes, claim: str) -> bytes:
    """Where a claim stands in the draw: SHA-256 of seed, NUL, the root in hex, NUL, the claim's id."""
    return hashlib.sha256(f"{seed}\0{root.hex()}\0{claim}".encode()).digest()


def allotted(sizes: Mapping[str, int], count: int) -> dict[str, int]:
    """How many of each stratum: at least one, the rest in proportion by largest remainder, at most all of it."""
    total = sum(sizes.values())
    if count >= total:
        return dict(sizes)
    found = dict.fromkeys(sizes, 1)
    left = count - len(found)
    if left <= 0:
        return found
    wanted = {name: size * count / total for name, size in sizes.items()}
    for name in sizes:
        found[name] = max(1, int(wanted[name]))
    order = sorted(sizes, key=lambda name: (int(wanted[name]) - wanted[name], name))
    while (missing := count - sum(found.values())) > 0:
        for name in [n for n in order if found[n] < sizes[n]][:missing]:
            found[name] += 1
    while sum(found.values()) > count:  # small strata took more than their share; the largest give it back
        largest = max(found, key=lambda name: (found[name], name))
        if found[largest] == 1:
            break
        found[largest] -= 1
    return found


def members(store: Store, size: int, progress: Callable[[int], None] | None = None) -> list[Member]:
    """Every claim (no seller's file) with an entry among the first ``size`` of the log, as it stood there."""
    found: list[Member] = []
    after = ""
    while True:
        with store.read() as unit:
            page = claim_rows(unit, after, _PAGE)
        for rows in page:
            case: Case | None = None
            for logged in rows.entries:
                if logged.place is None or logged.place >= size:
                    break  # a claim's entries stand in the log in their order
                case = fold(case, json.loads(logged.row.data), logged.row.leaf.hex())
            if case is not None and case.programme != registry.SELLER_FILE:
                found.append(_member(case))
        if progress is not None:
            progress(len(found))
        if len(page) < _PAGE:
            return found
        after = page[-1].claim


def _member(case: Case) -> Member:
    programme = registry.programme(case.programme)
    shown: dict[str, Any] = programme.summary(case)
    minor: int = shown["eligible_minor"]
    return Member(
        case.id, case.programme, case.marketplace, case.state, str(programme.outcome(case) or "none"),
        to_text(minor, case.currency), band(minor, case.currency), case.version,
    )  # fmt: skip


def band(minor: int, currency: str) -> str:
    """The band of an amount: ``0-100 USD``, ``100-500 USD``, ..., ``25000+ USD``; the lower end is in it."""
    low = 0
    for high in BANDS:
        if minor < _minor(high, currency):
            return f"{low}-{high} {currency}"
        low = high
    return f"{low}+ {currency}"


def _minor(units: int, currency: str) -> int:
    text = to_text(1, currency).split()[0]
    return units * 10 ** len(text.partition(".")[2])
