"""Made-up claims of two programmes: examples/fba.jsonl (60 lines) and examples/breakage_1688.jsonl (40 lines).

    python3 tools/make_fba_examples.py --write    write both files anew
    python3 tools/make_fba_examples.py --check    exit 1 when they are not what this program makes

Decision: one seed, whole numbers only and no wall clock, so that every machine writes the same bytes. Authority:
contract sections 3 and 5 for the lines; SEED 002 and 003 for what is claimed. Left out: real sellers, items and orders.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PACKAGED = 24  #: lines that come with the package, for its demonstration
SEED = 20241023
FBA_LINES, BREAKAGE_LINES = 60, 40

#: Currency and morning hour with its offset, summer time left aside on purpose: an instant is an instant.
MARKETS = {"US": ("USD", "-08:00"), "CA": ("CAD", "-05:00"), "UK": ("GBP", "+00:00"), "EU": ("EUR", "+01:00")}
ITEMS = ("Desk lamp", "Water bottle", "Yoga mat", "Bluetooth speaker", "Baby monitor", "Kitchen scale")
TYPES = ("shipment", "fulfilment_centre", "customer_return", "removal_lost", "removal_other")
CATEGORIES = ("packaging", "lighting", "building_materials", "kitchenware", "office", "stationery_culture")
DAMAGES = ("crack", "water_stain", "tear", "other_physical")
#: What goes wrong in every so many lines: a condition of SEED 002 each.
FAULTS: tuple[Mapping[str, Any], ...] = (
    {"item": {"registered": False}},
    {"item": {"compliant": False}},
    {"item": {"quantities_match_plan": False}},
    {"item": {"disposal": "pending"}},
    {"item": {"defective": True}},
    {"item": {"customer_damaged": True}},
    {"account_status": "suspended"},
    {"already_reimbursed": True},
    {"item": {"registered": "unknown"}},
)


def money(cents: int, currency: str) -> str:
    """``1999`` as ``19.99 USD``."""
    return f"{cents // 100}.{cents % 100:02d} {currency}"


def valuation(random: Random, kind: str, currency: str, number: int) -> dict[str, str]:
    """Prices, fees and costs as the type of loss needs them; a few lines sit at the cap or miss an amount."""
    price = {0: 499_999, 1: 500_000, 2: 500_001}.get(number % 20, random.randrange(800, 20_000))
    if number % 20 == 3:
        return {}
    told = {
        "own_price": price,
        "own_average_90d": price - random.randrange(0, 300),
        "others_price": price + random.randrange(0, 300),
    }
    if number % 20 <= 2:
        return {"own_price": money(price, currency), **no_fees(currency)}
    found = {name: money(cents, currency) for name, cents in told.items()}
    found |= {"referral_fee": money(price * 15 // 100, currency), "fulfilment_fee": money(322, currency)}
    if kind == "customer_return":
        found |= {"refund": money(price, currency), "applicable_fees": money(price // 10, currency)}
    if kind in ("removal_lost", "removal_other"):
        found["discounted_sale_price"] = money(price * 4 // 10, currency)
    found["amazon_estimate"] = money(price * 3 // 10, currency)
    return found


def no_fees(currency: str) -> dict[str, str]:
    """Fees and deductions of nothing, for the lines that sit at the cap."""
    nothing = money(0, currency)
    return {"referral_fee": nothing, "fulfilment_fee": nothing, "applicable_fees": nothing}


def fba() -> list[dict[str, Any]]:
    """The lines of the first file."""
    random = Random(SEED)
    found: list[dict[str, Any]] = []
    for number in range(FBA_LINES):
        marketplace = ("US", "US", "US", "CA", "UK", "EU")[number % 6]
        currency, offset = MARKETS[marketplace]
        kind = TYPES[number % len(TYPES)]
        filed = date(2024, 8, 1) + timedelta(days=number * 5)
        wait = {"customer_return": 70, "removal_lost": 20}.get(kind, 12)
        if number % 11 == 5:
            wait = 10 if kind == "customer_return" else 600  # too early, or long past
        line: dict[str, Any] = {
            "programme": "fba",
            "marketplace": marketplace,
            "filed_at": f"{filed}T09:00:00{offset}",
            "source": "example",
            "source_id": f"FBA-{number + 1:03d}",
            "seller": {"id": f"AEXAMPLE{number % 9}"},
            "order": {"id": f"FBAEX{number + 1:04d}"},
            "type": kind,
            "event_on": (filed - timedelta(days=wait)).isoformat(),
            "units": 1 + number % 4,
            "item": {
                "fnsku": f"X00EX{number + 1:04d}",
                "title": random.choice(ITEMS),
                "registered": True,
                "compliant": True,
                "quantities_match_plan": True,
                "disposal": "none",
                "defective": False,
                "customer_damaged": False,
            },
            "account_status": "normal",
            "already_reimbursed": False,
            "lost_before_customer_order": kind != "customer_return",
            "sellable_when_removed": number % 3 != 0,
            "valuation": valuation(random, kind, currency, number),
        }
        if number % 6 == 4:
            fault = FAULTS[number // 6 % len(FAULTS)]
            line["item"] |= fault.get("item", {})
            line |= {k: v for k, v in fault.items() if k != "item"}
        found.append(line)
    return found


def breakage() -> list[dict[str, Any]]:
    """The lines of the second file."""
    random = Random(SEED + 1)
    edges = (1, 9, 10, 5_999_999, 6_000_000, 6_000_001)
    found: list[dict[str, Any]] = []
    for number in range(BREAKAGE_LINES):
        ordered = date(2024, 3, 28) + timedelta(days=number * 6)
        received = ordered + timedelta(days=4)
        filed = received + timedelta(days=100 if number % 13 == 7 else 3)
        amounts = (
            [edges[number]]
            if number < len(edges)
            else [random.randrange(5_000, 900_000) for _ in range(1 + number % 3)]
        )
        line: dict[str, Any] = {
            "programme": "breakage_1688",
            "marketplace": "CN",
            "filed_at": f"{filed}T10:00:00+08:00",
            "source": "example",
            "source_id": f"BRK-{number + 1:03d}",
            "seller": {"id": f"MEXAMPLE{number % 7}"},
            "order": {"id": f"1688EX{number + 1:05d}"},
            "ordered_on": ordered.isoformat(),
            "received_on": received.isoformat(),
            "enrolled": number % 10 != 8,
            "category": "toys" if number % 12 == 9 else CATEGORIES[number % len(CATEGORIES)],
            "evidence_valid": "unknown" if number % 15 == 11 else number % 14 != 10,
            "sub_orders": [
                {
                    "id": f"{number + 1}-{place + 1}",
                    "amount": money(cents, "CNY"),
                    "damage": "none" if number % 16 == 12 else random.choice(DAMAGES),
                }
                for place, cents in enumerate(amounts)
            ],
        }
        found.append(line)
    return found


MADE: Mapping[str, Callable[[], list[dict[str, Any]]]] = {"fba.jsonl": fba, "breakage_1688.jsonl": breakage}


def files() -> dict[str, str]:
    """Every file this program makes, by its path: each whole, and the part of it that comes with the package."""
    found: dict[str, str] = {}
    for name, make in MADE.items():
        lines = [json.dumps(line, ensure_ascii=False) + "\n" for line in make()]
        found[f"examples/{name}"] = "".join(lines)
        found[f"adapters/cli/data/{name}"] = "".join(lines[:PACKAGED])
    return found


def main(words: list[str]) -> int:
    """Writes or compares the files."""
    made = files()
    different = [name for name, text in made.items() if _read(ROOT / name) != text]
    if "--write" in words:
        for name, text in made.items():
            (ROOT / name).write_text(text, encoding="utf-8", newline="\n")
        print("written: " + ", ".join(made))
        return 0
    print("different: " + ", ".join(different) if different else "as this program makes them: " + ", ".join(made))
    return 1 if different else 0


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8") if path.is_file() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
