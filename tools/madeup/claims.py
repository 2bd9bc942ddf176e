"""A claim on one of the paths it may go, told by an invented customer about an invented seller."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from .market import LAST, MARKETS, local, money, weighted
from .sellers import Seller, sellers
from .stories import FAMILY, FIRST, PRODUCTS, Product

#: How a claim may run, and how many of a hundred do (the rest take the plain small path).
PATHS: tuple[tuple[str, int], ...] = (
    ("plain", 50),
    ("large", 9),
    ("unscreened", 6),
    ("screened_out", 6),
    ("inconclusive", 3),
    ("late", 3),
    ("out_of_scope", 3),
    ("linked_store", 1),
    ("not_compensable", 2),
    ("carrier", 2),
    ("unknown_cause", 3),
    ("odd_dates", 2),
    ("other_venue", 2),
    ("indicators", 2),
    ("sold_by_amazon", 4),
    ("at_the_line", 2),
)


#: How many days after the incident a claim is filed, and of a hundred how many.
DAYS_BEFORE = ((0, 4), (1, 10), (2, 16), (4, 20), (9, 20), (20, 16), (45, 10), (88, 4))


def small_amount(dice: Random) -> int:
    """Cents of a small claim: many small ones, few near the line, as losses are."""
    bands = ((15, 80, 22), (80, 200, 30), (200, 400, 24), (400, 700, 16), (700, 999, 8))
    low, high = weighted(dice, [((low, high), weight) for low, high, weight in bands])
    minor = dice.randrange(low * 100, high * 100)
    return minor - minor % 100 if dice.randrange(4) == 0 else minor


def large_amount(dice: Random) -> int:
    bands = ((1000, 2500, 52), (2500, 6000, 27), (6000, 20000, 14), (20000, 90000, 5), (90000, 400000, 2))
    low, high = weighted(dice, [((low, high), weight) for low, high, weight in bands])
    return dice.randrange(low * 100 + 1, high * 100)


def losses(dice: Random, product: Product, total: int, currency: str) -> list[dict[str, str]]:
    """The heads of loss of a product's story, adding up to ``total``."""
    heads = product.heads if total > 6000 else product.heads[:1]
    parts = [total * dice.randrange(20, 60) // 100 for _ in heads[1:]]
    amounts = [total - sum(parts), *parts] if sum(parts) < total else [total, *[0 for _ in parts]]
    return [{"head": h, "amount": money(a, currency)} for h, a in zip(heads, amounts, strict=True) if a]


class Maker:
    """Makes lines one after the other; every number it hands out is used once."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)
        self.sellers = sellers(self.dice)
        self.told: set[str] = set()
        self.number = 0

    def claim(self, path: str, marketplace: str, filed: date) -> dict[str, Any]:
        """A line on one path, filed on a day."""
        dice, market = self.dice, MARKETS[marketplace]
        self.number += 1
        product = dice.choice(PRODUCTS)
        total = small_amount(dice)
        seller = dice.choice([s for s in self.sellers if s.marketplace == marketplace])
        incident = filed - timedelta(days=weighted(dice, DAYS_BEFORE))
        item: dict[str, Any] = {"asin": f"B0EXMP{dice.randrange(10**4):04d}", "title": product.title}
        order: dict[str, Any] = {
            "id": f"{market.orders}-{8800000 + self.number}-{dice.randrange(10**6):06d}",
            "item": item,
        }
        line: dict[str, Any] = {
            "source": "helpdesk",
            "source_id": f"HD-{880000 + self.number}",
            "programme": "pdpi",
            "marketplace": marketplace,
            "filed_at": local(filed, 7 * 60 + dice.randrange(14 * 60), market.zone),
            "incident_on": incident.isoformat(),
            "delivered_on": (incident - timedelta(days=dice.randrange(0, 200))).isoformat(),
            "order": order,
            "losses": [],
            "cause": "product_defect",
            "claimant": self.claimant(product),
            "other_venue": False,
            "description": product.story,
            "language": "zh-CN" if any("\u4e00" <= c <= "\u9fff" for c in product.title) else "en",
        }  # fmt: skip
        if dice.randrange(3):
            line["evidence"] = [f"EVD-{880000 + self.number}-{i + 1}" for i in range(dice.randrange(1, 4))]
        if product.injury:
            severity = dice.choice(("no treatment", "first aid", "seen by a doctor", "emergency department"))
            line["injury"] = {"kind": product.injury, "severity": severity}
        total = self.bend(line, path, total, filed)
        line["losses"] = line["losses"] or losses(dice, product, total, market.currency)
        if path != "unscreened" and not (path == "sold_by_amazon" and dice.randrange(2)):
            by = f"adjuster:{dice.choice(('north', 'south', 'east'))}"
            line.setdefault("screening", {"verdict": "valid", "by": by})
        if path != "sold_by_amazon":
            line["seller"] = self.tell(seller, filed)
        return line

    def claimant(self, product: Product) -> dict[str, Any]:
        dice = self.dice
        first, family = dice.choice(FIRST), dice.choice(FAMILY)
        found: dict[str, Any] = {"ref": f"CUST-{dice.randrange(10**6):06d}", "name": f"{first} {family}"}
        found["contact"] = f"customer{dice.randrange(10**5):05d}@example.com"
        if product.injury:
            found["age"] = dice.randrange(16, 84)
            found["medicare"] = weighted(dice, [(False, 7), (True, 2), ("unknown", 1)])
        found["sanctions"] = "clear"
        return found

    def tell(self, seller: Seller, day: date) -> Any:
        """The seller written out, or only by id when an earlier line has told of them."""
        if seller.id in self.told and self.dice.randrange(5) < 2:
            return seller.id
        self.told.add(seller.id)
        return seller.on(day)

    def bend(self, line: dict[str, Any], path: str, total: int, filed: date) -> int:
        """What makes a path that path; the amount the claim then asks for."""
        dice = self.dice
        line.update(self.facts_of(path, total, filed, MARKETS[line["marketplace"]].currency))
        item = line["order"]["item"]
        if path == "out_of_scope":
            item["kind"], item["title"] = dice.choice(
                (
                    ("digital", "Recipes for one pot (e-book)"),
                    ("service", "Furniture assembly"),
                    ("stored_value", "Gift card"),
                )
            )
        elif path == "linked_store":
            item["store"] = "linked_store"
        elif path == "at_the_line":
            return dice.choice((99999, 100000, 100001))
        elif path == "sold_by_amazon":
            line["order"]["sold_by"] = "amazon"
        if path == "large" or (path == "sold_by_amazon" and dice.randrange(4) == 0):
            return large_amount(dice)
        return total

    def facts_of(self, path: str, total: int, filed: date, currency: str) -> dict[str, Any]:
        """The facts of a path that stand in the line itself."""
        dice = self.dice
        late = filed - timedelta(days=dice.choice((91, 91, 95, 120, 400)))
        verdict = dice.choice(("unsubstantiated", "unsubstantiated", "frivolous", "fraudulent", "abusive"))
        head = dice.choice(("pain_and_suffering", "business_interruption"))
        facts: dict[str, dict[str, Any]] = {
            "large": {"seller_is_reseller": True} if dice.randrange(6) == 0 else {},
            "screened_out": {
                "screening": {"verdict": verdict, "by": "adjuster:north", "findings": "See the adjuster's file."}
            },
            "inconclusive": {"screening": {"verdict": "inconclusive", "by": "adjuster:south"}},
            "late": {
                "incident_on": late.isoformat(),
                "delivered_on": (late - timedelta(days=30)).isoformat(),
            },
            "not_compensable": {"losses": [{"head": head, "amount": money(total, currency)}]},
            "carrier": {"cause": "carrier"},
            "unknown_cause": {"cause": "unknown"},
            "odd_dates": {"incident_on": (filed + timedelta(days=dice.randrange(1, 20))).isoformat()},
            "other_venue": {"other_venue": True},
            "indicators": {"fraud_indicators": ["pushy_for_quick_settlement", "no_original_receipts"]},
        }
        return facts.get(path, {})

    def day(self, marketplace: str) -> date:
        begins = MARKETS[marketplace].begins
        return begins + timedelta(days=self.dice.randrange((LAST - begins).days))
