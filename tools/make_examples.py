"""Made-up claims for a first look: examples/claims.jsonl and examples/claims.csv.

    python3 tools/make_examples.py --write    write both files anew
    python3 tools/make_examples.py --check    exit 1 when they are not what this program makes

Decision: one seed, whole numbers only and no wall clock, so that every machine writes the same bytes. Authority:
contract section 5 for the lines; SEED 000 for the share of small claims (more than 80 of 100 are under the line).
Left out: real people, real sellers, real orders. Every party, product and number here is invented.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

FOLDER = Path(__file__).resolve().parent.parent / "examples"
SEED = 20210901
LINES = 500
REPEATED = 6
RETOLD = 2

T = TypeVar("T")

ADDITIONAL_INSURED = "Amazon.com Services LLC and its affiliates and assignees"


class Market(NamedTuple):
    """A marketplace: its money, its clock, the prefix of its order numbers, when its claims begin."""

    currency: str
    zone: str
    orders: str
    begins: date


MARKETS: Mapping[str, Market] = {
    "US": Market("USD", "America/Los_Angeles", "114", date(2023, 9, 1)),
    "CA": Market("CAD", "America/Toronto", "701", date(2024, 5, 13)),
    "UK": Market("GBP", "Europe/London", "202", date(2024, 5, 13)),
    "EU": Market("EUR", "Europe/Berlin", "302", date(2024, 5, 13)),
}
LAST = date(2025, 6, 27)


class Product(NamedTuple):
    """What was bought, which losses its story makes, how it hurt (or not), and the story."""

    title: str
    heads: tuple[str, ...]
    injury: str
    story: str


#: title | heads of loss | kind of injury | story
STORIES = """
USB-C charger, 65 W, two ports | property_damage | | It melted on the desk and left a burn mark.
Power bank 20000 mAh | property_damage | | It swelled in a drawer and scorched the wood.
Ceramic space heater 1500 W | property_damage medical | trauma | The plug overheated and charred the socket.
Glass baking dish with lid, 3 l | purchase_price medical | trauma | It burst when taken out of the oven.
Pressure cooker, 6 quarts | property_damage medical | trauma | The lid opened under pressure.
Folding step ladder, 5 steps | medical lost_earnings | trauma | A rivet gave way on the third step.
Wall shelf set, oak, 3 pieces | property_damage | | The bracket broke; the shelf fell onto the television.
Braided washing machine hose, 1.5 m | property_damage | | The fitting split and flooded the laundry room.
Under-sink water filter | property_damage | | The housing cracked; cabinet and floor were soaked.
Electric kettle, 1.7 l | property_damage | | It did not cut out and burnt into the worktop.
Hair straightener, ceramic | medical | trauma | The cord sparked at the handle.
Scented candle in glass, 3 wicks | property_damage | | The glass cracked and hot wax ran over the piano.
LED strip lights, 10 m | property_damage | | The adapter smoked and stained wallpaper and curtain.
Television wall mount, up to 75 inch | property_damage | | The arm bent and the television came down.
Bicycle child seat | medical | trauma | A strap buckle broke during a ride.
Vitamin D3 drops, 30 ml | medical lost_earnings | ingestion | Nausea for two days after the first dose.
Nail glue, 5 g | medical | exposure | The skin of two fingers blistered.
Face cream with retinol, 50 ml | medical | exposure | A rash that needed a doctor.
Garden hose reel, 30 m | property_damage | | The coupling burst and flooded the cellar.
Aquarium heater 300 W | property_damage | | It kept heating until the glass cracked.
Electric bicycle battery 48 V | property_damage medical | trauma | It caught fire while charging in the garage.
Hoverboard with lights | property_damage | | The battery smoked in the hall.
Robot vacuum with dock | property_damage | | The dock short-circuited and burnt the carpet.
Baby gate, extra wide | medical | trauma | The latch opened by itself; a fall down four stairs.
Office chair, mesh, black | medical lost_earnings | trauma | The gas lift collapsed.
Blender, 2 l glass jar | property_damage medical | trauma | The jar shattered while running.
Humidifier, 4 l | property_damage | | It leaked over night into the floor boards.
桌面加湿器（静音） | property_damage | | 漏水，书桌和笔记本电脑受损。
儿童护眼台灯 LED | property_damage | | 灯座过热，桌面烧焦。
陶瓷炖锅 3L「家用」 | property_damage | | 加热时锅底开裂，灶台进水。
Wasserkocher mit Temperaturwahl, 1,7 l | property_damage medical | trauma | Der Deckel sprang auf.
Lampe à pince « Céleste » | property_damage | | La douille a fondu sur l'étagère.
Tostapane a due fette | property_damage | | Si è incendiato e ha annerito il pensile.
加熱式アイマスク | medical | trauma | 低温やけどで通院した。
Szklany czajnik z podświetleniem | property_damage medical | trauma | Szkło pękło przy wrzeniu.
"""


def products() -> tuple[Product, ...]:
    """The table above, read."""
    rows = [[cell.strip() for cell in row.split("|")] for row in STORIES.strip().splitlines()]
    return tuple(Product(title, tuple(heads.split()), injury, story) for title, heads, injury, story in rows)


PRODUCTS = products()

FIRST = (
    "Alma", "Bao", "Carla", "Dmitri", "Elif", "Femi", "Greta", "Hana", "Imran", "Jonas", "Kaia", "Luis", "Mei", "Nils",
    "Oona", "Priya", "Quentin", "Rosa", "Søren", "Tomás", "Uma", "Vera", "Wanda", "Ximena", "Yusuf", "Zoë", "晓雨",
    "志强",
)  # fmt: skip
FAMILY = ("Example", "Sample", "Muster", "Placeholder", "Doe", "Nobody", "示例", "Specimen")

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


class Seller(NamedTuple):
    """An invented seller, and the facts a line tells of them."""

    marketplace: str
    facts: dict[str, Any]

    @property
    def id(self) -> str:
        return self.facts["id"]


# ---------------------------------------------------------------- sellers


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
            "insurance_required": number % 5 != 0,
            "elected_country": marketplace,
        }
        if number % 4 != 2:
            facts["certificates"] = [certificate(dice, number, legal, MARKETS[marketplace])]
        else:
            facts["certificates"] = []
        found.append(Seller(marketplace, facts))
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


# ---------------------------------------------------------------- a claim


def local(day: date, minute: int, zone: str) -> str:
    """An instant of a local day, written with its offset."""
    at = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=ZoneInfo(zone))
    return at.isoformat(timespec="seconds")


def money(minor: int, currency: str) -> str:
    return f"{minor // 100}.{minor % 100:02d} {currency}"


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


def weighted(dice: Random, choices: Sequence[tuple[T, int]]) -> T:
    """One of the choices, as often as its weight says. Whole numbers only: the same on every machine."""
    left = dice.randrange(sum(weight for _, weight in choices))
    for choice, weight in choices:
        left -= weight
        if left < 0:
            return choice
    raise AssertionError("unreachable")


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
            line["seller"] = self.tell(seller)
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

    def tell(self, seller: Seller) -> Any:
        """The seller written out, or only by id when an earlier line has told of them."""
        if seller.id in self.told and self.dice.randrange(5) < 2:
            return seller.id
        self.told.add(seller.id)
        return seller.facts

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


# ---------------------------------------------------------------- lines that are not as they should be


def broken(maker: Maker) -> list[str]:
    """Lines a reader must reject, each with a reason of its own, and carry on."""
    day = date(2025, 3, 3)

    def line(**changes: Any) -> dict[str, Any]:
        made = maker.claim("plain", "US", day)
        made["seller"] = next(s.facts for s in maker.sellers if s.marketplace == "US")
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


# ---------------------------------------------------------------- the files


class Lines(NamedTuple):
    """The lines of claims.jsonl, and which of them no reader may take."""

    all: list[str]
    broken: frozenset[str]


def claims() -> Lines:
    """The lines of claims.jsonl."""
    maker = Maker(SEED)
    odd = [*early(maker), *incidents(maker)]
    wrong = broken(maker)
    made = list(odd)
    for _ in range(LINES - len(odd) - len(wrong) - REPEATED - RETOLD):
        marketplace = weighted(maker.dice, [("US", 76), ("CA", 6), ("UK", 9), ("EU", 9)])
        path = weighted(maker.dice, PATHS)
        made.append(maker.claim(path, marketplace, maker.day(marketplace)))
    made.sort(key=lambda line: (datetime.fromisoformat(line["filed_at"]), line["source_id"]))
    lines = [text(line) for line in _sellers_before_ids(made, maker)]
    # The same line again is the same claim; the same source id with other content is refused.
    for position in sorted(maker.dice.sample(range(40, len(lines)), REPEATED), reverse=True):
        lines.insert(min(len(lines), position + maker.dice.randrange(1, 30)), lines[position])
    for position in sorted(maker.dice.sample(range(60, 300), RETOLD), reverse=True):
        wrong.append(text({**json.loads(lines[position]), "description": "Told again, in other words."}))
        lines.insert(position + 25, wrong[-1])
    for each in wrong[:-RETOLD]:
        lines.insert(maker.dice.randrange(20, len(lines)), each)
    return Lines(lines, frozenset(wrong))


def _sellers_before_ids(made: list[dict[str, Any]], maker: Maker) -> list[dict[str, Any]]:
    """The first line in time that names a seller tells of them in full."""
    facts = {s.id: s.facts for s in maker.sellers}
    told: set[str] = set()
    for line in made:
        seller = line.get("seller")
        if isinstance(seller, str) and seller not in told:
            line["seller"] = facts[seller]
        if seller is not None:
            told.add(seller if isinstance(seller, str) else seller["id"])
    return made


def flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Nested values as dotted names; the entries of a list are counted."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from flat(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from flat(inner, f"{name}.{i}")
    else:
        yield name, str(value).lower() if isinstance(value, bool) else str(value)


def table(lines: Lines) -> str:
    """The CSV twin: every sixth good line, where nothing needs an empty list, which no cell can say."""
    rows: list[dict[str, str]] = []
    told: set[str] = set()
    good = [json.loads(line) for line in dict.fromkeys(lines.all) if line not in lines.broken]
    for line in good[::6]:
        seller = line.get("seller")
        if isinstance(seller, str) and seller not in told:
            continue  # a seller is written out where the file first names them
        if isinstance(seller, dict) and not seller["certificates"]:
            continue
        if isinstance(seller, dict):
            told.add(seller["id"])
        rows.append(dict(flat(line)))
    header = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, header, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def files() -> dict[str, str]:
    """Every file this program makes, by name."""
    lines = claims()
    return {"claims.jsonl": "".join(f"{line}\n" for line in lines.all), "claims.csv": table(lines)}


def main(words: list[str]) -> int:
    made = files()
    if words == ["--write"]:
        FOLDER.mkdir(exist_ok=True)
        for name, content in made.items():
            (FOLDER / name).write_bytes(content.encode())
            print(f"wrote examples/{name}: {content.count(chr(10))} lines")
        return 0
    if words == ["--check"]:
        stale = [n for n, c in made.items() if not (FOLDER / n).is_file() or (FOLDER / n).read_bytes() != c.encode()]
        for name in stale:
            print(f"examples/{name} is not what tools/make_examples.py makes; run it with --write")
        return 1 if stale else 0
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
