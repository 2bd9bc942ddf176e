"""Forty-eight invented sellers: what they sell, whether they need insurance, and the certificates they hold."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any, NamedTuple

from .market import MARKETS, Market, local, money

ADDITIONAL_INSURED = "Amazon.com Services LLC and its affiliates and assignees"


#: From which month's proceeds on insurance is needed, in cents of the marketplace's own money.
LINE = {"US": 1_000_000, "CA": 1_000_000, "UK": 400_000, "EU": 500_000}
#: Sellers without a certificate who pass the line in the last days: they still have time to show one.
LATE = {18: date(2025, 6, 9), 34: date(2025, 6, 10), 38: date(2025, 6, 1)}


class Seller(NamedTuple):
    """An invented seller, and the facts that stay the same whenever a line tells of them."""

    marketplace: str
    number: int
    facts: dict[str, Any]

    @property
    def id(self) -> str:
        return self.facts["id"]

    def on(self, day: date) -> dict[str, Any]:
        """What a line of this day tells of the seller: months that were over by then, or past the line."""
        crossed = self.crossed_on()
        now = crossed is not None and crossed <= day
        told = {k: v for k, v in self.facts.items() if k != "certificates"}
        certificates = self.facts["certificates"]
        return {**told, "insurance_required": now, "proceeds": self._months(crossed if now else None),
                "certificates": certificates}  # fmt: skip

    def crossed_on(self) -> date | None:
        """The day on which a month's proceeds passed the line; None for who never sells as much."""
        if self.number % 5 == 0:
            return None
        if self.number in LATE:
            return LATE[self.number]
        if self.marketplace == "US":
            return date(2023, 3 + self.number % 4, 5 + self.number % 20)
        return date(2024, 6, 3 + self.number % 20)

    def _months(self, crossed: date | None) -> list[dict[str, Any]]:
        """A month under the line (or on it, which is not over), and the one that passed it, where it did."""
        line, currency = LINE[self.marketplace], MARKETS[self.marketplace].currency
        under = line if self.number % 10 == 0 else line * (55 + self.number % 40) // 100 + self.number
        months: list[dict[str, Any]] = [{"month": "2023-02", "amount": money(under, currency)}]
        if crossed is not None:
            over = line + (1 if self.number % 11 == 0 else 1000 * self.number + 37)
            month = crossed.isoformat()[:7]
            months.append({"month": month, "amount": money(over, currency), "crossed_on": crossed.isoformat()})
        return months


def sellers(dice: Random) -> list[Seller]:
    """Forty-eight sellers: most of them insured, some not, some not obliged to be, a few out of good standing."""
    kinds = (
        "{} Home Ltd",
        "{} Trading Co., Ltd",
        "{} GmbH",
        "深圳市{}科技有限公司",
        "{} Living LLC",
        "{} & Daughters Inc",
    )
    names = (
        "Lumen",
        "Tern",
        "Kestrel",
        "Moss",
        "Birch",
        "Quarry",
        "Ember",
        "Juniper",
        "示例",
        "Ostrich",
        "Paprika",
        "Cobalt",
    )
    found: list[Seller] = []
    for number in range(48):
        marketplace = ("US", "US", "US", "US", "US", "CA", "UK", "EU")[number % 8]
        legal = dice.choice(kinds).format(f"{dice.choice(names)} Example")
        facts: dict[str, Any] = {
            "id": f"AEXAMPLE{number:04d}",
            "legal_entity": legal,
            "in_good_standing": number % 16 != 7,
            "elected_country": marketplace,
        }
        if number % 4 != 2:
            facts["certificates"] = [certificate(dice, number, legal, MARKETS[marketplace])]
        else:
            facts["certificates"] = []
        found.append(Seller(marketplace, number, facts))
    return found


def certificate(dice: Random, number: int, legal: str, market: Market) -> dict[str, Any]:
    """A certificate written out in full. Every seventh has a fault, every ninth has ended."""
    starts = date(2023, 1, 1) + timedelta(days=dice.randrange(240))
    ends = date(2023, 12, 31) if number % 9 == 4 else date(2026, 12, 31)
    written: dict[str, Any] = {
        "number": f"GL-{7000 + number}",
        "type": dice.choice(("commercial_general", "commercial_general", "umbrella", "excess")),
        "basis": "occurrence",
        "per_occurrence": "1000000.00 USD",
        "aggregate": f"{dice.choice((1, 2, 2, 5))}000000.00 USD",
        "deductible": "0.00 USD",
        "deductible_listed": True,
        "covers": ["products", "products_completed_operations", "bodily_injury"],
        "all_products": True,
        "covers_usa": True,
        "additional_insured": ADDITIONAL_INSURED,
        "insured_name": legal,
        "insurer": {
            "name": "Example Mutual",
            "am_best": dice.choice(("A++", "A+", "A", "A-")),
            "global_claims_handling": True,
        },
        "cancellation_notice_days": 30,
        "complete": True,
        "signed": True,
        "acord": True,
        "file_name": f"certificate-{number}.pdf",
        "starts_on": starts.isoformat(),
        "ends_on": ends.isoformat(),
        "submitted_at": local(starts, 9 * 60, market.zone),
    }
    faults: tuple[dict[str, Any], ...] = (
        {"signed": False},
        {"per_occurrence": "500000.00 USD"},
        {"additional_insured": False, "certificate_holder": ADDITIONAL_INSURED},
        {"basis": "claims_made"},
        {"file_name": f"certificate-{number}.jpg"},
    )
    return {**written, **(faults[number // 7 % len(faults)] if number % 7 == 3 else {})}
