"""Synthetic claims for measuring: four in five on the path under the line (SEED 000), the rest over it and beside it.

Made up from a seed; no party exists. The mix is fixed so that figures of different days can be compared.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

_CERTIFICATE: dict[str, Any] = {
    "number": "GL-7731",
    "type": "commercial_general",
    "basis": "occurrence",
    "per_occurrence": "1000000.00 USD",
    "aggregate": "2000000.00 USD",
    "deductible": "0.00 USD",
    "deductible_listed": True,
    "covers": ["products", "products_completed_operations", "bodily_injury"],
    "all_products": True,
    "excluded_asins": [],
    "covers_usa": True,
    "additional_insured": "Amazon.com Services LLC and its affiliates and assignees",
    "insured_name": "Lumen Ltd",
    "insurer": {"name": "Acme Mutual", "am_best": "A", "global_claims_handling": True},
    "cancellation_notice_days": 30,
    "complete": True,
    "signed": True,
    "acord": True,
    "file_name": "coi.pdf",
    "starts_on": "2024-01-01",
    "ends_on": "2025-12-31",
}


def lines(count: int, seed: int = 7) -> Iterator[str]:
    """``count`` intake lines."""
    rng = random.Random(seed)  # measured data, not a secret
    for n in range(count):
        yield json.dumps(_line(n, rng), separators=(",", ":"))


def _line(n: int, rng: random.Random) -> dict[str, Any]:
    share = rng.random()
    amount = rng.randint(1500, 99900) if share < 0.82 else rng.randint(100000, 900000)
    day = rng.randint(1, 28)
    seller: dict[str, Any] = {
        "id": f"A{rng.randint(0, 400):06d}",
        "legal_entity": "Lumen Ltd",
        "in_good_standing": True,
        "insurance_required": True,
    }
    if int(seller["id"][1:]) % 3:
        seller["certificates"] = [_CERTIFICATE]
    line: dict[str, Any] = {
        "marketplace": "US",
        "filed_at": f"2024-06-{day:02d}T09:00:00-07:00",
        "incident_on": f"2024-05-{rng.randint(1, 28):02d}",
        "order": {
            "id": f"114-{n:07d}",
            "sold_by": "seller",
            "item": {"asin": f"B0{n % 100000:08d}", "title": "Desk lamp", "kind": "physical", "store": "amazon"},
        },
        "seller": seller,
        "losses": [{"head": "property_damage", "amount": f"{amount // 100}.{amount % 100:02d} USD"}],
        "cause": "product_defect",
        "claimant": {"ref": f"buyer-{n}", "name": "Ada Example", "contact": "ada@example.org"},
        "source": "bench",
        "source_id": f"{n}",
    }
    if share < 0.97:
        line["screening"] = {"verdict": "valid" if share < 0.94 else "unsubstantiated", "by": "adjuster:one"}
    return line
