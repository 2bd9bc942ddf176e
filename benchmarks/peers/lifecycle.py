"""What all peers share: the claims of ``benchmarks.claims``, the states, the path of each claim.

A peer is given claims and walks each along its path; its machine has to agree to every step. Afterwards it tells what
stands in its database, and that must be what ``expected`` says. Two kinds of run: **bare**, where a step is its trigger
and its two states; and **full**, where each step also carries, as one JSON text, what this engine's journal says of it
(facts, decision with every reason, money, clocks, letters), decided by the hand-written rules of ``benchmarks.bare``,
and where decisions, transfers, letters and clocks are rows as well for those peers that have tables of their own
(somebody has to find what is due). The first is what such a library is usually measured by; the second comes near to
the same work.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .. import bare
from ..claims import lines

LIMIT_MINOR = 100_000
INITIAL = "filed"
STATES = (
    "filed", "denied", "approved", "amazon_paid", "proof_requested", "recovery_waived", "closed", "seller_notified",
    "responded", "disputed",
)  # fmt: skip
#: trigger, from, to
TRANSITIONS = (
    ("record_screening", "filed", "filed"),
    ("screen_out", "filed", "denied"),
    ("approve", "filed", "approved"),
    ("notify_seller", "filed", "seller_notified"),
    ("confirm_payment", "approved", "amazon_paid"),
    ("request_proof", "amazon_paid", "proof_requested"),
    ("waive_recovery", "amazon_paid", "recovery_waived"),
    ("close", "recovery_waived", "closed"),
    ("accept", "seller_notified", "responded"),
    ("reject", "seller_notified", "disputed"),
    ("approve", "responded", "approved"),
)
NEXT = {(trigger, source): target for trigger, source, target in TRANSITIONS}


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim as a peer sees it."""

    id: str
    order: str
    seller: str
    minor: int
    at: str
    verdict: str | None  #: valid, unsubstantiated, or not screened yet
    insured: bool
    payload: dict[str, Any]  #: the facts as the journal tells them
    seller_facts: dict[str, Any]

    @property
    def instant(self) -> datetime:
        """When it was filed."""
        return datetime.fromisoformat(self.at).astimezone(UTC)


def claims(count: int) -> Iterator[Claim]:
    """The first ``count`` claims."""
    for n, text in enumerate(lines(count)):
        told = json.loads(text)
        amount = int(told["losses"][0]["amount"].partition(" ")[0].replace(".", ""))
        payload = {name: told[name] for name in ("incident_on", "order", "cause", "source", "source_id")}
        payload |= {"losses": [{"head": "property_damage", "amount": amount}], "other_venue": "unknown"}
        payload["seller"] = told["seller"]["id"]
        yield Claim(
            f"CLM-{n:010d}", told["order"]["id"], told["seller"]["id"], amount, told["filed_at"],
            told.get("screening", {}).get("verdict"), bool(told["seller"].get("certificates")), payload, told["seller"],
        )  # fmt: skip


Steps = list[tuple[str, str | None]]
#: Table to columns of what stands beside the steps in a full run.
BESIDE = {
    "decision": ("id", "claim", "kind", "outcome", "reasons"),
    "transfer": ("id", "claim", "kind", "debit", "credit", "amount"),
    "notice": ("id", "claim", "kind", "party", "params"),
    "clock": ("id", "claim", "kind", "due"),
}


@dataclass(frozen=True, slots=True)
class Walk:
    """Every trigger that a claim goes through, the filing first, each with its record; and the rows beside them."""

    steps: Steps
    rows: dict[str, list[dict[str, Any]]]


def walk(claim: Claim, full: bool) -> Walk:
    """The way of a claim; without records and rows unless ``full``."""
    if not full:
        return Walk([(trigger, None) for trigger in ("file", *_path(claim))], {})
    made = bare.file(claim.instant, claim.payload, "0" * 64)
    if claim.verdict is not None:
        bare.screen(made, {"verdict": claim.verdict, "by": "adjuster:one"}, claim.seller_facts, 1)
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in BESIDE}
    for seq, body in enumerate(made.bodies, 1):
        if "decision" in body:
            told = body["decision"]
            rows["decision"].append({"id": told["id"], "claim": claim.id, "kind": told["kind"],
                                     "outcome": told["outcome"], "reasons": json.dumps(told["reasons"])})  # fmt: skip
        for moved in body.get("money", ()):
            kept = ("id", "kind", "debit", "credit", "amount")
            rows["transfer"].append({"claim": claim.id, **{name: moved[name] for name in kept}})
        for clock in body.get("deadlines", ()):
            if clock["op"] == "open":
                rows["clock"].append({"id": f"{claim.id}/{seq}", "claim": claim.id, "kind": clock["kind"],
                                      "due": clock["due"]})  # fmt: skip
    for letter in made.notices:
        rows["notice"].append({"id": letter["id"], "claim": claim.id, "kind": letter["kind"], "party": letter["party"],
                               "params": json.dumps(letter["params"])})  # fmt: skip
    return Walk([(body["type"], json.dumps(body)) for body in made.bodies], rows)


def _path(claim: Claim) -> tuple[str, ...]:
    if claim.verdict is None:
        return ()
    if claim.verdict != "valid":
        return ("record_screening", "screen_out")
    if claim.minor >= LIMIT_MINOR:
        return ("record_screening", "notify_seller")
    paid = ("record_screening", "approve", "confirm_payment")
    return (*paid, "waive_recovery", "close") if claim.insured else (*paid, "request_proof")


@dataclass(frozen=True, slots=True)
class Left:
    """What a peer left behind: claims by state, and how many steps are on record (the filing is one)."""

    states: dict[str, int]
    steps: int


def expected(count: int) -> Left:
    """What has to be left behind."""
    states: Counter[str] = Counter()
    steps = 0
    for claim in claims(count):
        state = INITIAL
        for trigger in _path(claim):
            state = NEXT[trigger, state]
        states[state] += 1
        steps += 1 + len(_path(claim))
    return Left(dict(states), steps)
