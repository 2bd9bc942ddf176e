"""Made-up order claims for a first look: examples/order.jsonl, and the first of them for the package.

    python3 tools/make_order_examples.py --write    write both files anew
    python3 tools/make_order_examples.py --check    exit 1 when they are not what this program makes

Decision: one seed, whole numbers only and no wall clock, so that every machine writes the same bytes; each kind of line
comes equally often, so that every answer of the programme is seen. Authority: contract sections 3 and 5 for the lines,
domain notes 3 for the kinds. Left out: real people, real sellers, real orders. Every party and number is invented.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parent.parent
PACKAGED = 24  #: lines that come with the package, for its demonstration
SEED = 20240610
LINES = 60
FIRST = date(2024, 6, 10)


class Market(NamedTuple):
    """A marketplace: its money, its clock, the prefix of its order numbers."""

    currency: str
    zone: str
    orders: str


MARKETS: Mapping[str, Market] = {
    "US": Market("USD", "America/Los_Angeles", "114"),
    "CA": Market("CAD", "America/Toronto", "701"),
    "UK": Market("GBP", "Europe/London", "202"),
    "EU": Market("EUR", "Europe/Berlin", "302"),
}
ITEMS = (
    "Desk lamp",
    "Kettle",
    "Rain jacket",
    "Board game",
    "Bicycle pump",
    "Picture frame",
    "Garden hose",
    "Wall clock",
)
SELLERS: Mapping[str, Mapping[str, Any]] = {
    "A2HARBOR": {"id": "A2HARBOR", "legal_entity": "Harbor Goods Ltd", "orders_60d": 1200, "defective_orders_60d": 4},
    "A2MEADOW": {"id": "A2MEADOW", "legal_entity": "Meadow Trading LLC", "orders_60d": 240, "defective_orders_60d": 1},
    "A2QUARRY": {"id": "A2QUARRY", "legal_entity": "Quarry Home GmbH", "orders_60d": 90, "defective_orders_60d": 0},
}

Line = dict[str, Any]


def _day(line: Line) -> date:
    return datetime.fromisoformat(line["filed_at"]).date()


def _ago(line: Line, days: int) -> str:
    return (_day(line) - timedelta(days=days)).isoformat()


def _contacted(line: Line, hours: int) -> str:
    return (datetime.fromisoformat(line["filed_at"]) - timedelta(hours=hours)).isoformat()


def not_received(line: Line, random: Random) -> None:
    """Nothing arrived and enough time has passed: a person decides."""
    line["order"]["max_estimated_delivery_on"] = _ago(line, random.randint(3, 30))


def not_as_described(line: Line, random: Random) -> None:
    """A return was requested."""
    line.update(ground="not_as_described", return_requested=True)
    line["order"]["tracking"] = "delivered"


def not_refunded(line: Line, random: Random) -> None:
    """The item went back with tracking, the money did not."""
    line.update(ground="return_not_refunded", return_requested=True, returned_with_tracking=True)
    line["order"]["tracking"] = "delivered"


def protected(line: Line, random: Random) -> None:
    """A protected label, scanned in time."""
    order = line["order"]
    order["ship_by_on"], scanned = _ago(line, 20), _ago(line, random.choice((20, 21)))
    order["label"] = {"claims_protected": True, "badge": "claims_protected", "first_scan_on": scanned}


def late(line: Line, random: Random) -> None:
    """More than 90 days after the latest estimated delivery."""
    line["order"]["max_estimated_delivery_on"] = _ago(line, random.randint(91, 120))


def by_amazon(line: Line, random: Random) -> None:
    """Fulfilled by Amazon."""
    line["order"]["fulfilled_by"] = "amazon"


def digital(line: Line, random: Random) -> None:
    """Not a physical item."""
    line["order"]["item"] = {"title": "Gift code", "kind": random.choice(("digital", "stored_value"))}


def chargeback(line: Line, random: Random) -> None:
    """The customer went to the bank."""
    line["chargeback"] = True


def unknown(line: Line, random: Random) -> None:
    """A fact was not told and is asked about."""
    del line[random.choice(("seller_contacted_at", "chargeback", "ground"))]


def too_soon(line: Line, random: Random) -> None:
    """Refused: the seller had no time, or the parcel may still come."""
    if random.choice((True, False)):
        line["seller_contacted_at"] = _contacted(line, random.randint(1, 47))
    else:
        line["order"]["max_estimated_delivery_on"] = _ago(line, random.randint(0, 2))


KINDS: tuple[Callable[[Line, Random], None], ...] = (
    not_received,
    not_as_described,
    not_refunded,
    protected,
    not_received,
    late,
    by_amazon,
    digital,
    chargeback,
    unknown,
    not_received,
    too_soon,
)


def made() -> list[Line]:
    """Every line, in the order of the days."""
    random = Random(SEED)
    found: list[Line] = []
    for number in range(1, LINES + 1):
        name = random.choice(tuple(MARKETS)) if number % 3 == 0 else "US"
        market = MARKETS[name]
        at = datetime(FIRST.year, FIRST.month, FIRST.day, 8, random.randint(0, 59), tzinfo=ZoneInfo(market.zone))
        at += timedelta(days=number // 4)
        cents = random.randint(799, 24999)
        line: Line = {
            "source": "example",
            "source_id": f"OR-{number:03}",
            "programme": "order",
            "marketplace": name,
            "filed_at": at.isoformat(),
            "ground": "not_received",
            "seller": dict(SELLERS[random.choice(tuple(SELLERS))]),
            "order": {
                "id": f"{market.orders}-{random.randint(1000000, 9999999)}-{random.randint(1000000, 9999999)}",
                "fulfilled_by": "seller",
                "item": {"title": random.choice(ITEMS), "kind": "physical"},
                "price": f"{cents // 100}.{cents % 100:02} {market.currency}",
                "shipping": f"{random.choice((0, 3, 5))}.99 {market.currency}",
                "tracking": "none",
            },
            "chargeback": False,
            "claimant": {"ref": f"C-{number:03}"},
        }
        line["order"]["max_estimated_delivery_on"] = _ago(line, 12)
        line["seller_contacted_at"] = _contacted(line, random.randint(48, 200))
        KINDS[(number - 1) % len(KINDS)](line, random)
        found.append(line)
    return found


def files() -> dict[str, str]:
    """Every file this program makes, by its path: the whole of it, and the part that comes with the package."""
    lines = [json.dumps(line, ensure_ascii=False) + "\n" for line in made()]
    return {"examples/order.jsonl": "".join(lines), "adapters/cli/data/order.jsonl": "".join(lines[:PACKAGED])}


def main(words: list[str]) -> int:
    """Writes or checks the files."""
    if words == ["--write"]:
        for name, text in files().items():
            (ROOT / name).write_text(text, encoding="utf-8", newline="\n")
        return 0
    if words == ["--check"]:
        stale = [n for n, text in files().items() if not (ROOT / n).exists() or (ROOT / n).read_text("utf-8") != text]
        for name in stale:
            print(f"{name} is not what {Path(__file__).name} makes; run it with --write", file=sys.stderr)
        return 1 if stale else 0
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
