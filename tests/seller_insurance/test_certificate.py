"""Every test of a certificate, on both sides of its limit and of its dates, with the reason."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimdesk.states.codes import CertificateFault, ReasonCode
from claimdesk.workflow.programmes.seller_insurance import payloads
from claimdesk.workflow.programmes.seller_insurance.certificate import (
    TESTS,
    Verdict,
    in_force,
    judge,
)
from claimdesk.workflow.programmes.seller_insurance.testing_template import template, valid_certificate
from claimdesk.workflow.rulebook import book_for

SELLER = {"legal_entity": "Lumen Ltd"}
OLD_WORDING = "Amazon.com, Inc., its affiliates and assignees"
NEW_WORDING = "Amazon.com Services LLC and its affiliates and assignees"
FULL_INSURER = {"name": "Example Mutual", "am_best": "A", "global_claims_handling": True}
LIST = {"certificate.claims_made_categories": ["Dietary supplements"]}


def certificate(**overrides: Any) -> dict[str, Any]:
    return payloads.certificate(template(overrides, SELLER))


def verdict(
    on: str = "2024-06-03", seller: dict[str, Any] | None = None, country: str = "US", **overrides: Any
) -> Verdict:
    rules = overrides.pop("rules", {})
    day = date.fromisoformat(on)
    version = book_for("seller_insurance", country).at(day).override(rules)
    return judge(certificate(**overrides), SELLER if seller is None else seller, day, version)


def reason_of(found: Verdict, fault: str):
    return next(r for r in found.reasons if r.code == fault)


# ---------------------------------------------------------------- all together


def test_one_test_a_code_in_the_order_of_the_codes():
    assert tuple(TESTS) == tuple(CertificateFault)


@pytest.mark.parametrize("country", ["US", "CA", "MX", "UK", "EU"])
@pytest.mark.parametrize(
    "day",
    ["2020-01-01", "2021-08-31", "2021-09-01", "2022-06-26", "2022-06-27", "2023-12-31", "2024-01-01", "2030-11-01"],
)
def test_the_template_passes_every_test_everywhere_at_all_times(country: str, day: str):
    found = verdict(day, country=country)
    assert found.accepted and found.rejected_for == () and found.unknown == ()
    assert found.code is ReasonCode.CERTIFICATE_ACCEPTED
    assert [r.result for r in found.reasons] == [True] * len(TESTS)


def test_every_fault_is_named_at_once_in_order():
    found = verdict(signed=False, type="other", ends_on="2024-06-10", insurer={"name": "x"})
    assert found.rejected_for == ("type", "rating", "signature", "validity")
    assert found.unknown == ("insurer.global_claims_handling",)
    assert found.code is ReasonCode.CERTIFICATE_REJECTED  # a known fault outweighs an unknown fact


# Field, a value that fails, the code it is rejected for.
FAILING = [
    ("type", "other", "type"),
    ("basis", "claims_made", "basis"),
    ("per_occurrence", "999999.99 USD", "limit"),
    ("per_occurrence", "0.00 USD", "limit"),
    ("aggregate", "999999.99 USD", "aggregate"),
    ("covers", ["products", "products_completed_operations"], "coverage"),
    ("covers", ["products", "bodily_injury"], "coverage"),
    ("covers", ["products_completed_operations", "bodily_injury"], "coverage"),
    ("covers", [], "coverage"),
    ("deductible", "10000.01 USD", "deductible"),
    ("all_products", False, "product_coverage"),
    ("excluded_asins", ["B0EXAMPLE1"], "product_coverage"),
    ("covers_usa", False, "jurisdiction"),
    ("additional_insured", OLD_WORDING, "additional_insured"),
    ("additional_insured", "Amazon.com Services LLC", "additional_insured"),
    ("additional_insured", NEW_WORDING.upper(), "additional_insured"),
    ("additional_insured", NEW_WORDING + ".", "additional_insured"),
    ("additional_insured", "", "additional_insured"),
    ("insured_name", "Lumen Limited", "name"),
    ("insured_name", "lumen ltd", "name"),
    ("insurer", {**FULL_INSURER, "am_best": "B++"}, "rating"),
    ("insurer", {"name": "x", "global_claims_handling": True}, "rating"),
    ("insurer", {**FULL_INSURER, "am_best": None}, "rating"),
    ("insurer", {**FULL_INSURER, "am_best": "NR"}, "rating"),
    ("insurer", {**FULL_INSURER, "global_claims_handling": False}, "claims_handling"),
    ("cancellation_notice_days", 29, "notice"),
    ("cancellation_notice_days", 0, "notice"),
    ("complete", False, "incomplete"),
    ("signed", False, "signature"),
    ("acord", False, "form"),
    ("ends_on", "2024-08-01", "validity"),
    ("file_name", "certificate.jpg", "file_type"),
    ("file_name", "certificate", "file_type"),
    ("file_name", "certificate.pdf.exe", "file_type"),
]


@pytest.mark.parametrize(("field", "value", "code"), FAILING)
def test_a_fault_is_rejected_for_its_code_alone(field: str, value: Any, code: str):
    found = verdict(**{field: value})
    assert (found.accepted, found.rejected_for, found.unknown) == (False, (code,), ())
    assert found.code is ReasonCode.CERTIFICATE_REJECTED
    why = reason_of(found, code)
    assert why.result is False
    assert why.rule.startswith("certificate.") and why.value is not None and why.limit is not None


def test_every_code_has_a_failing_case():
    unlisted = {"deductible_unlisted"}  # needs two fields, below
    assert {code for _, _, code in FAILING} | unlisted == {f.value for f in CertificateFault}


# The last value that passes, beside the first that fails above.
PASSING = [
    ("type", "umbrella"),
    ("type", "excess"),
    ("per_occurrence", "1000000.00 USD"),
    ("aggregate", "1000000.00 USD"),
    ("covers", ["bodily_injury", "products", "products_completed_operations", "property_damage"]),
    ("deductible", "10000.00 USD"),
    ("deductible", "0.00 USD"),
    ("excluded_asins", []),
    ("excluded_asins", None),
    ("additional_insured", "  Amazon.com Services LLC  and its\taffiliates\nand assignees "),
    ("insured_name", " Lumen   Ltd "),
    ("insurer", {**FULL_INSURER, "am_best": "A-"}),
    ("insurer", {**FULL_INSURER, "am_best": None, "sp": "A-"}),
    ("insurer", {**FULL_INSURER, "am_best": "B", "sp": "A-"}),
    ("insurer", {**FULL_INSURER, "am_best": None, "local_equivalent": True}),
    ("insurer", {**FULL_INSURER, "am_best": "a++ "}),
    ("insurer", {**FULL_INSURER, "am_best": "unknown", "sp": "AAA"}),
    ("cancellation_notice_days", 30),
    ("ends_on", "2024-08-02"),
    ("file_name", "COI.PDF"),
    ("file_name", "coi 2024.docx"),
    ("file_name", "coi.doc"),
    ("number", None),
    ("certificate_holder", None),
]


@pytest.mark.parametrize(("field", "value"), PASSING)
def test_the_other_side_of_the_limit_is_accepted(field: str, value: Any):
    found = verdict(**{field: value})
    assert found.accepted, found


# ---------------------------------------------------------------- facts that were not told

UNTOLD = [
    ("type", "type"),
    ("basis", "basis"),
    ("per_occurrence", "per_occurrence"),
    ("aggregate", "aggregate"),
    ("covers", "covers"),
    ("deductible", "deductible"),
    ("all_products", "all_products"),
    ("covers_usa", "covers_usa"),
    ("additional_insured", "additional_insured"),
    ("insured_name", "insured_name"),
    ("insurer", "insurer"),
    ("cancellation_notice_days", "cancellation_notice_days"),
    ("complete", "complete"),
    ("signed", "signed"),
    ("acord", "acord"),
    ("starts_on", "starts_on"),
    ("ends_on", "ends_on"),
    ("file_name", "file_name"),
]


@pytest.mark.parametrize("as_told", [None, "unknown"])
@pytest.mark.parametrize(("field", "asked"), UNTOLD)
def test_a_fact_not_told_is_asked_about_and_never_a_no(field: str, asked: str, as_told: Any):
    found = verdict(**{field: as_told})
    assert (found.accepted, found.rejected_for, found.unknown) == (False, (), (asked,))
    assert found.code is ReasonCode.CERTIFICATE_INCOMPLETELY_KNOWN


@pytest.mark.parametrize(("field", "asked"), UNTOLD)
def test_a_field_left_out_is_a_fact_not_told(field: str, asked: str):
    told = {k: v for k, v in certificate().items() if k != field}
    found = judge(told, SELLER, date(2024, 6, 3), book_for("seller_insurance", "US").at(date(2024, 6, 3)))
    assert (found.rejected_for, found.unknown) == ((), (asked,))


@pytest.mark.parametrize(
    ("insurer", "rejected", "asked"),
    [
        ({"am_best": "A"}, (), ("insurer.global_claims_handling",)),
        ({"am_best": "unknown", "global_claims_handling": True}, (), ("insurer.am_best",)),
        ({"am_best": "B", "sp": "unknown", "global_claims_handling": True}, (), ("insurer.sp",)),
        ({"local_equivalent": "unknown", "global_claims_handling": True}, (), ("insurer.local_equivalent",)),
        # A local equivalent stands in where no agency rates the insurer, not for a rating under the floor (S4).
        ({"am_best": "B", "local_equivalent": True, "global_claims_handling": True}, ("rating",), ()),
        ({}, ("rating",), ("insurer.global_claims_handling",)),
    ],
)
def test_ratings_left_out_are_no_rating_but_unknown_ones_are_asked_about(insurer, rejected, asked):
    found = verdict(insurer=insurer)
    assert (found.rejected_for, found.unknown) == (rejected, asked)


@pytest.mark.parametrize(
    ("am_best", "accepted"), [("A++", True), ("A+", True), ("A", True), ("A-", True), ("B++", False), ("F", False)]
)
def test_the_am_best_scale_around_the_floor(am_best: str, accepted: bool):
    assert verdict(insurer={**FULL_INSURER, "am_best": am_best}).accepted is accepted


@pytest.mark.parametrize(
    ("sp", "accepted"), [("AAA", True), ("A+", True), ("A", True), ("A-", True), ("BBB+", False), ("D", False)]
)
def test_the_sp_scale_around_the_floor(sp: str, accepted: bool):
    assert verdict(insurer={**FULL_INSURER, "am_best": None, "sp": sp}).accepted is accepted


def test_a_limit_in_another_currency_is_not_compared():
    found = verdict(per_occurrence="1000000.00 EUR")
    assert (found.rejected_for, found.unknown) == ((), ("per_occurrence",))
    assert verdict(country="EU", per_occurrence="500000.00 EUR", aggregate="500000.00 EUR").accepted
    assert verdict(country="EU", per_occurrence="499999.99 EUR").rejected_for == ("limit",)
    assert verdict(country="UK", per_occurrence="400000.00 GBP", aggregate="399999.99 GBP").rejected_for == (
        "aggregate",
    )


# ---------------------------------------------------------------- names


def test_only_the_certificate_holder_is_not_insured():
    holder = "Amazon.com Services LLC, P.O. Box 81226, Seattle"
    found = verdict(additional_insured=None, certificate_holder=holder)
    assert found.rejected_for == ("additional_insured",)
    assert reason_of(found, "additional_insured").value == "certificate holder only"


@pytest.mark.parametrize(
    ("told", "holder", "rejected", "asked"),
    [
        (False, None, ("additional_insured",), ()),  # none, in plain words
        (None, True, ("additional_insured",), ()),
        ("unknown", True, (), ("additional_insured",)),  # unknown is never read as none
        ("unknown", "Amazon.com Services LLC", (), ("additional_insured",)),
        (None, False, (), ("additional_insured",)),
        (NEW_WORDING, "Amazon.com Services LLC", (), ()),
    ],
)
def test_additional_insured_and_holder_together(told, holder, rejected, asked):
    found = verdict(additional_insured=told, certificate_holder=holder)
    assert (found.rejected_for, found.unknown) == (rejected, asked)


def test_nobody_told_about_is_asked_about():
    found = verdict(additional_insured=None, certificate_holder="The landlord")
    assert (found.rejected_for, found.unknown) == ((), ("additional_insured",))


@pytest.mark.parametrize(
    ("on", "wording", "accepted"),
    [
        ("2021-08-31", OLD_WORDING, True),
        ("2021-09-01", OLD_WORDING, False),
        ("2021-08-31", "Amazon.com, Inc., and its affiliates and assignees", True),
        ("2021-08-31", NEW_WORDING, True),
        ("2021-09-01", NEW_WORDING, True),
    ],
)
def test_the_wording_changes_on_a_day(on: str, wording: str, accepted: bool):
    assert verdict(on, additional_insured=wording).accepted is accepted


def test_without_a_legal_entity_on_file_the_name_is_taken_as_told():
    found = verdict(seller={}, insured_name="Anybody Ltd")
    assert found.accepted
    assert reason_of(found, "name").result is None


LLC = {"legal_entity": "Jane Roe", "entity_type": "single_member_llc", "trade_names": ["Roe's Lamps"]}


@pytest.mark.parametrize(
    ("on", "seller", "insured", "rejected", "asked"),
    [
        ("2022-06-26", LLC, "Roe's Lamps", ("name",), ()),
        ("2022-06-27", LLC, "Roe's Lamps", (), ()),
        ("2022-06-27", LLC, "Roe's  Lamps", (), ()),
        ("2022-06-27", LLC, "Jane Roe", (), ()),
        ("2022-06-27", LLC, "Other Lamps", ("name",), ()),
        ("2022-06-27", {**LLC, "entity_type": "corporation"}, "Roe's Lamps", ("name",), ()),
        ("2022-06-27", {**LLC, "entity_type": None}, "Roe's Lamps", (), ("entity_type",)),
        ("2022-06-27", {**LLC, "trade_names": []}, "Roe's Lamps", ("name",), ()),
    ],
)
def test_the_trade_name_of_a_single_member_llc(on: str, seller, insured: str, rejected, asked):
    found = verdict(on, seller=seller, insured_name=insured)
    assert (found.rejected_for, found.unknown) == (rejected, asked)


# ---------------------------------------------------------------- claims-made


@pytest.mark.parametrize(
    ("categories", "rules", "rejected", "asked"),
    [
        (["Dietary supplements"], {}, ("basis",), ()),  # the list is empty until somebody fills it
        (["Dietary supplements"], LIST, (), ()),
        (["dietary  SUPPLEMENTS"], LIST, (), ()),
        (["Dietary supplements", "Lamps"], LIST, ("basis",), ()),
        (["Lamps"], LIST, ("basis",), ()),
        ([], LIST, (), ("categories",)),
        (None, LIST, (), ("categories",)),
    ],
)
def test_claims_made_passes_for_listed_categories_only(categories, rules, rejected, asked):
    found = verdict(seller={**SELLER, "categories": categories}, basis="claims_made", rules=rules)
    assert (found.rejected_for, found.unknown) == (rejected, asked)


def test_a_mixed_range_hangs_on_the_reading():
    found = verdict(seller={**SELLER, "categories": ["Dietary supplements", "Lamps"]}, basis="claims_made", rules=LIST)
    assert reason_of(found, "basis").readings == ("S3",)


# ---------------------------------------------------------------- deductible: three regimes

BIG = {"proceeds_12m": "1000000.01 USD"}
EDGE = {"proceeds_12m": "1000000.00 USD"}


@pytest.mark.parametrize(
    ("on", "amount", "seller", "rejected", "asked"),
    [
        # (a) at most 10,000
        ("2021-08-31", "10000.00 USD", {}, (), ()),
        ("2021-09-01", "10000.00 USD", {}, (), ()),
        ("2021-09-01", "10000.01 USD", {}, ("deductible",), ()),
        ("2022-06-26", "10000.00 USD", {}, (), ()),
        ("2022-06-26", "10000.01 USD", BIG, ("deductible",), ()),
        # (b) any amount, for a seller over 1,000,000 in twelve months
        ("2022-06-27", "0.01 USD", EDGE, ("deductible",), ()),
        ("2022-06-27", "10000.00 USD", EDGE, ("deductible",), ()),
        ("2022-06-27", "0.01 USD", BIG, (), ()),
        ("2022-06-27", "250000.00 USD", BIG, (), ()),
        ("2022-06-27", "0.00 USD", EDGE, (), ()),
        ("2022-06-27", "0.00 USD", {}, (), ()),
        ("2022-06-27", "10000.00 USD", {}, (), ("proceeds_12m",)),
        ("2023-12-31", "250000.00 USD", BIG, (), ()),
        ("2023-12-31", "0.01 USD", EDGE, ("deductible",), ()),
        # (c) at most 10,000 again
        ("2024-01-01", "10000.00 USD", {}, (), ()),
        ("2024-01-01", "10000.01 USD", BIG, ("deductible",), ()),
        ("2024-01-01", "0.00 USD", {}, (), ()),
    ],
)
def test_the_deductible_by_regime(on: str, amount: str, seller, rejected, asked):
    found = verdict(on, seller={**SELLER, **seller}, deductible=amount)
    assert (found.rejected_for, found.unknown) == (rejected, asked)


def months(count: int, amount: str, last: str = "2023-02") -> list[dict[str, str]]:
    year, month = int(last[:4]), int(last[5:])
    found = []
    for _ in range(count):
        found.append({"month": f"{year:04d}-{month:02d}", "amount": amount})
        year, month = (year - 1, 12) if month == 1 else (year, month - 1)
    return found


@pytest.mark.parametrize(
    ("proceeds", "rejected", "asked"),
    [
        (months(12, "83333.33 USD"), ("deductible",), ()),  # 999,999.96
        (months(12, "83333.34 USD"), (), ()),  # 1,000,000.08
        (months(11, "83333.33 USD"), (), ("proceeds_12m",)),  # a month is missing
        (months(1, "1000000.01 USD"), (), ()),  # one month alone is over, whatever the others were
        (months(1, "1000000.00 USD"), (), ("proceeds_12m",)),
        (months(12, "90000.00 USD", last="2023-03"), (), ("proceeds_12m",)),  # the present month does not count
        (months(1, "2000000.00 USD", last="2022-02"), (), ("proceeds_12m",)),  # long ago, nothing told since
        (months(13, "76923.07 USD", last="2023-02"), ("deductible",), ()),  # nor does the thirteenth
        ([], (), ("proceeds_12m",)),
        (None, (), ("proceeds_12m",)),
    ],
)
def test_the_last_twelve_months_are_the_full_ones_before(proceeds, rejected, asked):
    found = verdict("2023-03-15", seller={**SELLER, "proceeds": proceeds}, deductible="5000.00 USD")
    assert (found.rejected_for, found.unknown) == (rejected, asked)


@pytest.mark.parametrize(
    ("proceeds", "complete", "rejected"),
    [
        ([], True, ("deductible",)),  # told that there were none
        (months(11, "83333.33 USD"), True, ("deductible",)),
        (months(1, "1000000.00 USD"), True, ("deductible",)),
        (months(1, "1000000.01 USD"), True, ()),
        (months(11, "83333.33 USD"), False, ()),  # told that some are missing
        (months(11, "83333.33 USD"), "unknown", ()),
    ],
)
def test_months_without_a_record_count_nothing_only_where_that_is_told(proceeds, complete, rejected):
    seller = {**SELLER, "proceeds": proceeds, "proceeds_complete": complete}
    found = verdict("2023-03-15", seller=seller, deductible="5000.00 USD")
    assert found.rejected_for == rejected


def test_another_currency_is_not_compared():
    assert verdict("2024-06-03", deductible="5000.00 CNY").unknown == ("deductible",)
    assert verdict("2024-06-03", deductible="0.00 CNY").accepted
    told = {**SELLER, "proceeds_12m": "2000000.00 CAD"}
    assert verdict("2023-03-15", seller=told, deductible="5000.00 USD").unknown == ("proceeds_12m",)
    elsewhere = {**SELLER, "proceeds": months(12, "200000.00 CAD")}
    assert verdict("2023-03-15", seller=elsewhere, deductible="5000.00 USD").unknown == ("proceeds_12m",)


def test_a_told_sum_wins_over_the_months_on_file():
    seller = {**SELLER, "proceeds": months(12, "90000.00 USD"), "proceeds_12m": "5.00 USD"}
    assert verdict("2023-03-15", seller=seller, deductible="5000.00 USD").rejected_for == ("deductible",)


@pytest.mark.parametrize(
    ("amount", "listed", "rejected", "asked"),
    [
        ("5000.00 USD", True, (), ()),
        ("5000.00 USD", False, ("deductible_unlisted",), ()),
        ("5000.00 USD", "unknown", (), ("deductible_listed",)),
        ("0.00 USD", False, (), ()),  # any deductible amount must be listed, and zero is none (S1)
        ("0.00 USD", "unknown", (), ()),
        (None, False, (), ("deductible",)),
        (None, True, (), ("deductible",)),
        ("0.01 USD", False, ("deductible_unlisted",), ()),
        ("10000.01 USD", False, ("deductible", "deductible_unlisted"), ()),
    ],
)
def test_the_deductible_must_be_shown(amount, listed, rejected, asked):
    found = verdict(deductible=amount, deductible_listed=listed)
    assert (found.rejected_for, found.unknown) == (rejected, asked)


def test_the_other_reading_shows_a_deductible_of_zero_too():
    rules = {"certificate.deductible_listed": "always"}
    assert verdict(deductible_listed=False, rules=rules).rejected_for == ("deductible_unlisted",)
    plain = verdict(deductible_listed=False)
    assert plain.accepted and reason_of(plain, "deductible_unlisted").readings == ("S1",)


# ---------------------------------------------------------------- validity


@pytest.mark.parametrize(
    ("ends_on", "accepted", "readings"),
    [
        ("2024-06-02", False, ()),  # ended before it was given
        ("2024-08-01", False, ()),  # 59 days
        ("2024-08-02", True, ("H",)),  # 60
        ("2024-08-31", True, ("H",)),  # 89
        ("2024-09-01", True, ()),  # 90: both readings agree
    ],
)
def test_sixty_days_of_validity(ends_on: str, accepted: bool, readings: tuple[str, ...]):
    found = verdict("2024-06-03", ends_on=ends_on)
    assert found.accepted is accepted
    assert reason_of(found, "validity").readings == readings


def test_the_other_reading_of_conflict_h():
    rules = {"certificate.validity": "90"}
    assert verdict("2024-06-03", ends_on="2024-08-31", rules=rules).rejected_for == ("validity",)
    assert verdict("2024-06-03", ends_on="2024-09-01", rules=rules).accepted


def test_cover_that_begins_later_may_be_accepted_now():
    assert verdict("2024-06-03", starts_on="2024-07-01", ends_on="2025-06-30").accepted


def test_only_a_us_store_asks_for_the_us_form_and_jurisdiction():
    for country in ("CA", "MX", "UK", "EU"):
        assert verdict(country=country, acord=False, covers_usa=False).accepted


# ---------------------------------------------------------------- days of cover


@pytest.mark.parametrize(
    ("day", "expected"),
    [("2023-12-31", False), ("2024-01-01", True), ("2024-12-31", True), ("2025-01-01", False)],
)
def test_both_ends_of_the_cover_count(day: str, expected: bool):
    held = certificate(starts_on="2024-01-01", ends_on="2024-12-31")
    assert in_force(held, date.fromisoformat(day)) is expected


def test_without_its_days_no_cover_is_in_force():
    assert not in_force({"ends_on": "2030-12-31"}, date(2024, 6, 1))
    assert not in_force({"starts_on": "2020-01-01", "ends_on": "unknown"}, date(2024, 6, 1))


# ---------------------------------------------------------------- properties

FIELDS = sorted(set(valid_certificate()) - {"number", "certificate_holder", "excluded_asins"})


@given(
    st.sets(st.sampled_from(FIELDS), min_size=1),
    st.sampled_from(["US", "CA", "UK"]),
    st.dates(date(2020, 1, 1), date(2030, 10, 1)),
)
def test_silence_never_rejects_and_never_accepts(left_out: set[str], country: str, day: date):
    told = {k: v for k, v in certificate(deductible="500.00 USD").items() if k not in left_out}
    version = book_for("seller_insurance", country).at(day)
    found = judge(told, {**SELLER, **BIG}, day, version)
    assert found.rejected_for == ()
    tested = left_out - ({"acord", "covers_usa"} if country != "US" else set())
    assert found.accepted is (tested == set())


@given(st.sampled_from(FAILING), st.sets(st.sampled_from(FIELDS)))
def test_a_known_fault_stays_a_fault_whatever_else_is_unknown(failing: tuple[str, Any, str], left_out: set[str]):
    field, value, code = failing
    told = {k: v for k, v in certificate(**{field: value}).items() if k == field or k not in left_out}
    version = book_for("seller_insurance", "US").at(date(2024, 6, 3))
    found = judge(told, SELLER, date(2024, 6, 3), version)
    # Days of cover are one fact of two fields.
    expected = () if field == "ends_on" and "starts_on" in left_out else (code,)
    assert found.rejected_for == expected and not found.accepted
