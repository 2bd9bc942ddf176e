"""Amounts exact to the cent, from text in to text out, against sums made another way (fractions, decimals, no cents).

Every property goes through the desk, in production's manner: nothing is filled in. What an amount hangs on and was not
told is asked for, whatever else is known; zero, one cent and each cap less, at and plus a cent are drawn often.
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from claimdesk import Refused
from support.desks import SELLER, FrozenClock, make_desk, seller

CENT = Decimal("0.01")


def around(*lines: str, most: int = 10**8) -> st.SearchStrategy[Decimal]:
    """Amounts at nothing, at a cent, around each of these lines, and anywhere."""
    edges = [Decimal(0), CENT, *(Decimal(line) + by * CENT for line in lines for by in (-1, 0, 1))]
    return st.one_of(st.sampled_from(edges), st.integers(0, most).map(lambda cents: Decimal(cents) * CENT))


def text(amount: Decimal, currency: str) -> str:
    return f"{amount:.2f} {currency}"


def half_up(exact: Fraction) -> Decimal:
    """To the cent, a half away from nothing; made of whole cents, not by the code under test."""
    cents, rest = divmod(exact * 100, 1)
    return (Decimal(int(cents)) + (1 if rest >= Fraction(1, 2) else 0)) * CENT


# -- inventory -------------------------------------------------------------------------------------------------------

INDICATORS = ("own_price", "own_average_90d", "others_price", "others_average_365d")
PRICES = (
    *INDICATORS, "comparable_price", "discounted_sale_price", "refund", "replacement_price", "sourcing_cost",
    "amazon_estimate",
)  # fmt: skip
CAPS = {"US": "USD", "CA": "CAD", "UK": "GBP", "EU": "EUR"}
PRICE = st.one_of(st.none(), around("5000.00", "5003.50"))
FEE = st.one_of(st.none(), around(most=2000))
FACT = st.sampled_from((True, False, "unknown"))
#: type: the day its window counts from, the day of filing.
DAYS = {"shipment": "2024-06-01", "removal_other": "2025-05-20", "customer_return": "2025-03-01"}


def sale_price(told: dict[str, Decimal | None]) -> Fraction | None:
    """The median of the known indicators (F2), half up; a comparable product's price only without any."""
    known = sorted(p for name in INDICATORS if (p := told[name]) is not None)
    if not known:
        comparable = told["comparable_price"]
        return None if comparable is None else Fraction(comparable)
    middle = [known[(len(known) - 1) // 2], known[len(known) // 2]]
    return Fraction(half_up(Fraction(middle[0] + middle[1]) / 2))


def worth(kind: str, told: dict[str, Decimal | None], facts: dict[str, Any], cost_rule: bool) -> Decimal | None:
    """What a unit is worth by SEED 002 and domain notes 4.3; None where something it hangs on was not told."""

    def less(price: Decimal | Fraction | None, *fees: str) -> Fraction | None:
        gone = [told[name] for name in fees]
        if price is None or None in gone:
            return None
        return max(Fraction(0), Fraction(price) - sum(Fraction(fee) for fee in gone if fee is not None))

    if kind == "customer_return":
        paid = told["refund"] if told["refund"] is not None else told["replacement_price"]
        value = less(paid, "applicable_fees")
    elif cost_rule and facts["lost_before_customer_order"] == "unknown":
        return None
    elif cost_rule and facts["lost_before_customer_order"] is True:
        cost = told["sourcing_cost"] if told["sourcing_cost"] is not None else told["amazon_estimate"]
        value = None if cost is None else Fraction(cost)
    elif kind == "removal_other" and facts["sellable_when_removed"] == "unknown":
        return None
    elif kind == "removal_other" and facts["sellable_when_removed"] is False:
        value = less(told["discounted_sale_price"], "referral_fee", "fulfilment_fee")
    else:
        price = sale_price(told)
        value = None if price is None else less(price, "referral_fee", "fulfilment_fee")
    return None if value is None else min(half_up(value), Decimal("5000.00"))


@given(
    st.sampled_from(sorted(DAYS)),
    st.sampled_from(sorted(CAPS)),
    st.fixed_dictionaries(dict.fromkeys(PRICES, PRICE)),
    st.fixed_dictionaries(dict.fromkeys(("referral_fee", "fulfilment_fee", "applicable_fees"), FEE)),
    st.fixed_dictionaries({"lost_before_customer_order": FACT, "sellable_when_removed": FACT}),
    st.integers(1, 7),
    st.booleans(),
)  # fmt: skip
def test_a_unit_is_worth_what_the_text_says_to_the_cent_or_is_asked_about(
    kind, market, prices, fees, facts, units, later
):
    told, currency = {**prices, **fees}, CAPS[market]
    filed = "2025-06-10" if later or kind != "shipment" else "2024-06-10"
    event_on = "2025-05-20" if filed == "2025-06-10" and kind == "shipment" else DAYS[kind]
    desk = make_desk(plain=False, clock=FrozenClock(f"{filed}T12:00:00-07:00"), payments="instant")
    item = {"registered": True, "compliant": True, "quantities_match_plan": True, "disposal": "none",
            "defective": False, "customer_damaged": False}  # fmt: skip
    claim = desk.file(
        programme="fba", marketplace=market, seller=seller(), type=kind, event_on=event_on, units=units, item=item,
        account_status="normal", already_reimbursed=False, **facts,
        valuation={name: text(amount, currency) for name, amount in told.items() if amount is not None},
    )  # fmt: skip
    unit = worth(kind, told, facts, cost_rule=date.fromisoformat(filed) >= date(2025, 3, 31))
    if unit is None:
        event("asked")
        assert (claim.state, claim.outcome, str(claim.eligible_amount)) == (
            "filed",
            "request_information",
            text(Decimal(0), currency),
        )
        with pytest.raises(Refused) as refused:
            desk.do("decide", claim.id, {"decision": "reimburse"}, reason="as told", approved_by="cs:bo")
        assert refused.value.code == "not_yet" and refused.value.unmet
        return
    event("cap" if unit == 5000 else "nothing" if unit == 0 else "within")
    assert claim.outcome == "refer" and str(claim.eligible_amount) == text(unit * units, currency)
    done = desk.do("decide", claim.id, {"decision": "reimburse"}, reason="as told", approved_by="cs:bo")
    assert desk.view(done.id)["reimbursement"] == text(unit * units, currency)


# -- breakage --------------------------------------------------------------------------------------------------------

PART = st.one_of(st.none(), around("60000.00", "59999.90", "0.10", "0.30", most=7 * 10**6))


@given(st.lists(st.tuples(PART, st.sampled_from(("crack", "water_stain", "tear", "none"))), min_size=1, max_size=4))
@example([(Decimal("0.09"), "crack"), (Decimal("0.10"), "crack"), (Decimal("59999.99"), "tear")])
@example([(Decimal("59999.80"), "crack"), (Decimal("60000.01"), "crack")])
def test_breakage_pays_five_per_cent_of_each_damaged_sub_order_half_up_to_three_thousand(parts):
    desk = make_desk(plain=False, clock=FrozenClock("2024-06-10T12:00:00+08:00"), payments="instant")
    shares = [
        None if amount is None else min((amount * 5 / 100).quantize(CENT, ROUND_HALF_UP), Decimal("3000.00"))
        for amount, damage in parts
        if damage != "none"
    ]
    claim = desk.file(
        programme="breakage_1688", marketplace="CN", seller=seller(), ordered_on="2024-06-01",
        received_on="2024-06-08", enrolled=True, category="kitchenware", evidence_valid=True,
        sub_orders=[{"id": str(n), "damage": damage, **({} if amount is None else {"amount": text(amount, "CNY")})}
                    for n, (amount, damage) in enumerate(parts)],
    )  # fmt: skip
    known = [share for share in shares if share is not None]
    if not shares:
        assert claim.state == "denied" and "peril" in claim.reasons
    elif len(known) < len(shares):
        event("left to a person")
        assert (claim.state, str(claim.paid_by_insurer)) == ("filed", "0.00 CNY")
    else:
        event("paid" if sum(known) else "nothing")
        assert claim.state == ("recourse_open" if sum(known) else "closed")
        assert str(claim.paid_by_insurer) == text(sum(known, Decimal(0)), "CNY")
        assert str(claim.recovery.amount) == text(sum(known, Decimal(0)), "CNY")


# -- orders ----------------------------------------------------------------------------------------------------------


@given(around("2500.00", "2495.00", most=400_000), around("5.00", most=2_000), around(most=300_000), st.booleans())
def test_an_order_is_granted_for_what_is_open_under_the_ceiling_of_its_day(price, shipping, refund, historic):
    day = "2018-06-10" if historic else "2024-06-10"
    desk = make_desk(clock=FrozenClock(f"{day}T12:00:00-07:00"), payments="instant")
    whole = price + shipping
    most = min(whole, Decimal("2500.00")) if historic else whole
    claim = desk.file(
        programme="order", marketplace="US", seller=seller(), ground="not_as_described", return_requested=True,
        order={"id": "1", "price": text(price, "USD"), "shipping": text(shipping, "USD")},
    )  # fmt: skip
    assert str(claim.eligible_amount) == text(most, "USD")
    if Decimal(0) < refund < whole:
        desk.refund(claim.id, by="seller", amount=text(refund, "USD"))
        most = max(Decimal(0), min(most, whole - refund))
    elif refund:
        refund = Decimal(0)
    desk.do("decide", claim.id, {"decision": "grant", "at_fault": "none"}, reason="so", approved_by="cs:bo")
    done = desk.get(claim.id)
    assert str(done.paid_by_amazon) == text(most, "USD")
    assert str(done.paid_by_seller) == text(refund, "USD")


# -- damage ----------------------------------------------------------------------------------------------------------

HEADS = ("purchase_price", "medical", "lost_earnings", "property_damage", "pain_and_suffering", "other")


@given(
    st.lists(
        st.tuples(st.sampled_from(HEADS), around("1000.00", "1000000.00", "500.00", most=10**6)), min_size=1, max_size=5
    )
)
@example([("medical", Decimal("1000.00"))])
@example([("medical", Decimal("999.99")), ("lost_earnings", CENT)])
@example([("medical", Decimal("1000000.00")), ("property_damage", CENT)])
@example([("medical", Decimal("999.98")), ("other", CENT), ("property_damage", CENT)])
def test_a_damage_claim_counts_the_heads_that_count_to_a_million_and_is_small_under_the_line(losses):
    desk = make_desk(payments="instant")
    counted = sum((amount for head, amount in losses if head in HEADS[:4]), Decimal(0))
    claim = desk.file(
        marketplace="US", incident_on="2024-06-01", order={"id": "1"}, seller=seller(certificates=["valid"]),
        losses=[{"head": head, "amount": text(amount, "USD")} for head, amount in losses],
    )  # fmt: skip
    assert str(claim.eligible_amount) == text(min(counted, Decimal("1000000.00")), "USD")
    if counted == 0:
        assert (claim.state, "no_compensable_loss" in claim.reasons) == ("denied", True)
        return
    done = desk.record_screening(claim.id, verdict="valid", by="adjuster:one")
    small = counted < Decimal("1000.00")
    event("small" if small else "large")
    assert done.state == ("closed" if small else "seller_notified")
    assert str(done.paid_by_amazon) == text(counted if small else Decimal(0), "USD")


# -- the rate --------------------------------------------------------------------------------------------------------


@given(st.integers(0, 400), st.integers(1, 40_000))
@example(1, 100)
@example(1, 101)
@example(399, 40_000)
def test_the_defect_rate_is_half_up_to_four_places_and_under_one_per_cent_is_exact(defects, orders):
    defects = min(defects, orders)
    desk = make_desk()
    desk.seller_do("update_seller", SELLER, {"orders_60d": orders, "defective_orders_60d": defects})
    found = desk.measures(SELLER)
    assert found["odr_rate"] == str((Decimal(defects) / orders).quantize(Decimal("0.0001"), ROUND_HALF_UP))
    assert found["odr_within_target"] == (100 * defects < orders)
