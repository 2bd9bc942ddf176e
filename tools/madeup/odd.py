"""Lines that are not as they should be, and claims that stand on a line: broken, together, early, over the ceiling."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from .claims import Maker
from .market import MARKETS, money


def broken(maker: Maker) -> list[str]:
    """Lines a reader must reject, each with a reason of its own, and carry on."""
    day = date(2025, 3, 3)

    def line(**changes: Any) -> dict[str, Any]:
        made = maker.claim("plain", "US", day)
        made["seller"] = next(s.on(day) for s in maker.sellers if s.marketplace == "US")
        made.update(changes)
        return {k: v for k, v in made.items() if v is not None}

    def asks(amount: Any) -> dict[str, Any]:
        return line(losses=[{"head": "property_damage", "amount": amount}])

    twice = text(line())
    titled = line()
    titled["order"]["item"]["title"] = "Lamp \u202egpj.exe"
    template = {"id": "AEXAMPLE9001", "certificates": ["valid"]}
    objects = [
        asks(640.5),
        asks(640),
        asks({"amount": 640.5, "currency": "USD"}),
        asks("640.00"),
        asks("-640.00 USD"),
        asks("640.005 USD"),
        asks("99999999999999999.00 USD"),
        asks("640.00 EUR"),
        line(losses=[{"head": "property_damage", "amount": "10.00 USD"}, {"head": "medical", "amount": "10.00 CAD"}]),
        line(losses=[{"head": "feelings", "amount": "10.00 USD"}]),
        line(losses=[]),
        line(filed_at="2025-03-03T09:00:00"),
        line(incident_on="2025-02-30"),
        line(incident_on="03/01/2025"),
        line(order=None),
        line(seller=None),
        line(seller="AEXAMPLE9999"),
        line(seller=template),
        line(marketplace="JP"),
        line(colour="blue"),
        line(screening={"verdict": "fine", "by": "adjuster:north"}),
        titled,
    ]
    return [
        *(text(found) for found in objects),
        twice[: len(twice) // 2],
        twice.replace('"cause": "product_defect"', '"cause": "product_defect", "cause": "carrier"'),
        twice.replace('"other_venue": false', '"other_venue": NaN'),
        '["a list", "is not a claim"]',
    ]


def text(line: Mapping[str, Any]) -> str:
    return json.dumps(line, ensure_ascii=False)


def incidents(maker: Maker) -> Iterator[dict[str, Any]]:
    """Several claims of one order and one day: small each, over the line together, or not."""
    for filed, marketplace, amounts in (
        (date(2024, 7, 8), "US", (60000, 60000)),
        (date(2024, 9, 16), "US", (50000, 49999)),
        (date(2024, 11, 4), "UK", (50000, 50000)),
        (date(2025, 1, 20), "EU", (40000, 40000, 20000)),
        (date(2025, 4, 7), "CA", (30000, 25000)),
    ):
        first = maker.claim("plain", marketplace, filed)
        for number, amount in enumerate(amounts):
            line = maker.claim("plain", marketplace, filed + timedelta(days=number))
            line |= {k: first[k] for k in ("order", "incident_on", "delivered_on", "cause")}
            line["seller"] = first["seller"]
            line["losses"] = [{"head": "property_damage", "amount": money(amount, MARKETS[marketplace].currency)}]
            yield line


def early(maker: Maker) -> Iterator[dict[str, Any]]:
    """Claims of the first days in the US, on both sides of 2021-09-01, and one over the ceiling."""
    for filed in (date(2021, 8, 31), date(2021, 9, 1), date(2021, 9, 2), date(2021, 11, 15), date(2022, 7, 4)):
        yield maker.claim("plain", "US", filed)
    yield maker.claim("plain", "EU", date(2024, 4, 30))
    yield maker.claim("plain", "EU", date(2024, 5, 1))
    over = maker.claim("large", "US", date(2025, 5, 5))
    over["losses"] = [{"head": "property_damage", "amount": "1250000.00 USD"}]
    yield over
