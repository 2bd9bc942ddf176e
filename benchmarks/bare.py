"""The floor of deciding: the rules of one marketplace written by hand, as a plain Python table and a list of tests.

It decides the claims of ``claims.py`` (programme pdpi, United States, mid-2024) and keeps the same record as the
engine: every entry with its step, facts, money, clocks, notices, and every reason with its value and limit, equal to
the last key but for the ids. ``decide.py`` asserts that, so the floor cannot leave out work. What it lacks is
everything else: other programmes and marketplaces, dated rulebooks, holds, overlays, siblings, an unchangeable case, a
checked lifecycle.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

_ZONE_NAME, _RULEBOOK = "America/Los_Angeles", "pdpi-us@2021-09-01"
_ZONE = ZoneInfo(_ZONE_NAME)
_IN_FORCE, _WINDOW, _LIMIT_MINOR = date(2021, 9, 1), 90, 100_000
_HEADS = ("purchase_price", "medical", "lost_earnings", "property_damage")
_CAUSES = ("product_defect", "unknown")

TABLE: dict[tuple[str, str], str] = {
    ("filed", "record_screening"): "filed",
    ("filed", "approve"): "approved",
    ("filed", "notify_seller"): "seller_notified",
    ("filed", "screen_out"): "denied",
    ("approved", "confirm_payment"): "amazon_paid",
    ("amazon_paid", "request_proof"): "proof_requested",
    ("amazon_paid", "waive_recovery"): "recovery_waived",
    ("amazon_paid", "review_recovery"): "recovery_review",
    ("recovery_waived", "close"): "closed",
}

_numbers = count(1)


class Claim:
    """A claim being decided: where it stands, and what was done to it."""

    __slots__ = ("at", "bodies", "day", "facts", "id", "instant", "minor", "notices", "sha256", "state")

    def __init__(self, at: datetime, facts: dict[str, Any], sha256: str) -> None:
        self.id = f"CLM-{next(_numbers)}"
        self.instant = at
        self.at = at.isoformat(timespec="microseconds")[:26] + "Z"
        self.day = at.astimezone(_ZONE).date()
        self.facts = facts
        self.sha256 = sha256
        self.minor = sum(loss["amount"] for loss in facts["losses"])
        self.state = "filed"
        self.bodies: list[dict[str, Any]] = []
        self.notices: list[dict[str, Any]] = []

    def step(self, trigger: str, **parts: Any) -> None:
        """One step of the table, with what its entry holds."""
        to = TABLE[self.state, trigger]
        self.bodies.append({"claim": self.id, "type": trigger, "at": self.at, "from": self.state, "to": to, **parts})
        self.state = to

    def notice(self, kind: str, party: str, **params: Any) -> dict[str, Any]:
        """A letter in the queue."""
        made = f"NTC-{next(_numbers)}"
        self.notices.append(
            {"id": made, "claim": self.id, "kind": kind, "party": party, "at": self.at, "params": params}
        )
        return {"op": "queued", "id": made, "kind": kind, "party": party}

    def clock(self, kind: str, days: int, event: str, notice: str | None = None) -> dict[str, Any]:
        """A clock of so many days that starts now."""
        on, due = _window(self.day, days)
        recipe = {"from": self.day.isoformat(), "days": days, "type": "calendar", "zone": _ZONE_NAME, "event": event}
        return {"op": "open", "kind": kind, "on": on, "due": due, "recipe": recipe, "notice": notice}

    def decision(self, kind: str, outcome: str, reasons: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        """A decision with its reasons."""
        made = {"id": f"DEC-{next(_numbers)}", "kind": kind, "outcome": outcome, "reasons": reasons}
        return {**made, "rulebook": _RULEBOOK, "rulebook_sha256": self.sha256, **more}

    def money(self, kind: str, **more: Any) -> dict[str, Any]:
        """A transfer to the customer."""
        return {
            "id": f"PAY-{next(_numbers)}", "kind": kind, "debit": "amazon:concessions",
            "credit": f"customer:{self.id}", "amount": self.minor, "currency": "USD", **more,
        }  # fmt: skip


@lru_cache(maxsize=4096)
def _window(start: date, days: int) -> tuple[str, str]:
    last = start + timedelta(days=days)
    due = datetime.combine(last + timedelta(days=1), time(), _ZONE).astimezone(UTC)
    return last.isoformat(), due.isoformat(timespec="microseconds")[:26] + "Z"


def _shown(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d} USD"


def _reason(code: str, rule: str, result: bool, value: str, limit: str | None = None) -> dict[str, Any]:
    made = {"code": code, "rule": rule, "result": result, "value": value}
    if limit is not None:
        made["limit"] = limit
    return made


def _in_force(claim: Claim) -> dict[str, Any]:
    good = claim.day >= _IN_FORCE
    return _reason("in_force" if good else "not_in_force", "programme.in_force_on", good, claim.day.isoformat(),
                   _IN_FORCE.isoformat())  # fmt: skip


def _dates(claim: Claim) -> dict[str, Any]:
    told = claim.facts["incident_on"]
    good = date.fromisoformat(told) <= claim.day
    return _reason("filed_in_time" if good else "inconsistent_dates", "filing.dates", good, told)


def _in_time(claim: Claim) -> dict[str, Any]:
    days = (claim.day - date.fromisoformat(claim.facts["incident_on"])).days
    good = days <= _WINDOW
    return _reason("filed_in_time" if good else "late_filing", "filing.window", good, f"day {days}", f"{_WINDOW} days")


def _kind(claim: Claim) -> dict[str, Any]:
    told = claim.facts["order"]["item"]["kind"]
    return _reason("item_in_scope" if told == "physical" else "item_scope", "scope.item_kinds", told == "physical",
                   told, "physical")  # fmt: skip


def _store(claim: Claim) -> dict[str, Any]:
    told = claim.facts["order"]["item"]["store"]
    good = told == "amazon"
    return _reason("store_in_scope" if good else "store_scope", "scope.stores", good, told, "amazon")


def _losses(claim: Claim) -> dict[str, Any]:
    heads = [loss["head"] for loss in claim.facts["losses"]]
    good = any(head in _HEADS for head in heads)
    return _reason("compensable_loss" if good else "no_compensable_loss", "losses.compensable", good,
                   ", ".join(heads), ", ".join(_HEADS))  # fmt: skip


def _cause(claim: Claim) -> dict[str, Any]:
    told = claim.facts["cause"]
    good = told in _CAUSES
    return _reason("cause_accepted" if good else "not_product_defect", "cause.accepted", good, told, ", ".join(_CAUSES))


TESTS: tuple[Callable[[Claim], dict[str, Any]], ...] = (_in_force, _dates, _in_time, _kind, _store, _losses, _cause)


def file(at: datetime, payload: Mapping[str, Any], sha256: str) -> Claim:
    """A new claim with its first entry."""
    facts = dict(payload)
    seller = facts.pop("seller")
    claim = Claim(at, facts, sha256)
    opening = {
        "programme": "pdpi", "marketplace": "US", "currency": "USD", "zone": _ZONE_NAME, "rulebook": _RULEBOOK,
        "seller": seller,
    }  # fmt: skip
    claim.bodies.append({
        "claim": claim.id, "type": "file", "at": claim.at, "to": "filed", "set": facts, "opening": opening,
        "deadlines": [claim.clock("acknowledge", 15, "filed"), {"op": "met", "kind": "acknowledge"}],
        "notices": [claim.notice("customer_acknowledged", "customer", losses=facts["losses"])],
    })  # fmt: skip
    return claim


def screen(claim: Claim, told: Mapping[str, Any], seller: Mapping[str, Any], seller_version: int) -> None:
    """The verdict, and everything that follows from it."""
    claim.step("record_screening", set={"screening": dict(told), "awaiting_facts": None})
    reasons = [test(claim) for test in TESTS]
    good = told["verdict"] == "valid"
    reasons.append(_reason("screened_valid" if good else "screened_out", "screening.verdict", good, told["verdict"]))
    if not good:
        claim.step(
            "screen_out",
            decision=claim.decision("eligibility", "deny", reasons),
            notices=[claim.notice("customer_denied", "customer", reasons=[r for r in reasons if not r["result"]])],
        )
        return
    under = claim.minor < _LIMIT_MINOR
    line = _reason("under_small_claim_limit" if under else "not_under_small_claim_limit", "small_claim.limit", under,
                   _shown(claim.minor), f"under {_shown(_LIMIT_MINOR)}")  # fmt: skip
    reasons.append(line)
    if under:
        _pay(claim, reasons, line, seller, seller_version)
    else:
        clock = claim.clock("seller_response", 7, "seller notified", "seller_notified")
        letter = claim.notice("seller_notified", "seller", amount=claim.minor, due_on=clock["on"], due=clock["due"],
                              producer=False, reasons=[line])  # fmt: skip
        letters = [letter]
        cover = _cover(seller, claim.facts["incident_on"])
        if cover is not None:
            letters.append(claim.notice("insurer_tendered", "insurer", amount=claim.minor, certificate=cover["number"],
                                        insured=cover["insured_name"], due_on=clock["on"]))  # fmt: skip
        claim.step("notify_seller", set={"route": "over", "notice_on": claim.day.isoformat()}, deadlines=[clock],
                   notices=letters, decision=claim.decision("routing", "notify_seller", reasons))  # fmt: skip


def _cover(seller: Mapping[str, Any], day: str) -> Any:
    return next((c for c in seller.get("certificates", ()) if c["starts_on"] <= day <= c["ends_on"]), None)


def _pay(
    claim: Claim, reasons: list[dict[str, Any]], line: dict[str, Any], seller: Mapping[str, Any], seller_version: int
) -> None:
    day = claim.day.isoformat()
    held = claim.money("authorize", obligation=1)
    letter = claim.notice("seller_informed", "seller", step="approved", path="under", amount=claim.minor,
                          reasons=[line])  # fmt: skip
    claim.step("approve", set={"route": "under", "notice_on": day}, notices=[letter],
               decision=claim.decision("routing", "auto_pay", reasons), money=[held])  # fmt: skip
    claim.step("confirm_payment", money=[claim.money("post", pending=held["id"], obligation=1)], set={"payment": None},
               notices=[claim.notice("customer_paid", "customer", amount=claim.minor,
                                     losses=claim.facts["losses"])])  # fmt: skip
    cover = _cover(seller, day)
    if cover is not None:
        shown = f"{cover['number']}, {cover['starts_on']} to {cover['ends_on']}"
        why = [_reason("insured_on_notice_day", "recovery.cover_on", True, shown, day),
               _reason("good_standing", "recovery.good_standing", True, "nothing against it")]  # fmt: skip
        made = claim.decision("recovery", "waived", why, exempt=True, inputs={"seller_file_version": seller_version})
        letter = claim.notice("seller_paid_no_recovery", "seller", amount=claim.minor, reasons=why)
        claim.step("waive_recovery", set={"recovery": {"status": "waived", "withholding": False}, "review": None},
                   decision=made, notices=[letter])  # fmt: skip
        claim.step("close")
        return
    why = [_reason("no_proof_on_file", "recovery.cover_on", False, "none", day),
           _reason("insurance_required", "recovery.duty", True, "required")]  # fmt: skip
    clock = claim.clock("proof_of_insurance", 7, "proof requested", "seller_proof_requested")
    letter = claim.notice("seller_proof_requested", "seller", due_on=clock["on"], due=clock["due"], amount=claim.minor,
                          reasons=why)  # fmt: skip
    facts = {"recovery": {"status": "pending", "withholding": False}, "review": None, "insurance_requested_on": day}
    made = claim.decision("recovery", "proof_requested", why)
    claim.step("request_proof", set=facts, deadlines=[clock], decision=made, notices=[letter])
