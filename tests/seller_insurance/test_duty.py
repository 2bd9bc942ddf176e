"""The duty: which months, which requests, since when, by when, and what a change of the rule brings."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimdesk.states.codes import ReasonCode
from claimdesk.states.errors import RulebookError
from claimdesk.workflow.programmes.seller_insurance.duty import Duty, duty
from claimdesk.workflow.programmes.seller_insurance.proceeds import by_month, last_day, month_before
from claimdesk.workflow.rulebook import book_for

OVER, EXACT, UNDER = "10000.01 USD", "10000.00 USD", "9999.99 USD"


def months(**amounts: Any) -> dict[str, dict[str, Any]]:
    """``m2021_09="10000.01 USD"`` or ``m2021_09=("10000.01 USD", "2021-09-14")``."""
    found: dict[str, dict[str, Any]] = {}
    for name, told in amounts.items():
        amount, crossed_on = told if isinstance(told, tuple) else (told, None)
        found[name[1:].replace("_", "-")] = {"amount": amount, "crossed_on": crossed_on}
    return found


def as_of(
    on: str, proceeds: Any = None, requests: tuple[str, ...] = (), elected: str = "US", store: str = "US"
) -> Duty:
    days = [date.fromisoformat(r) for r in requests]
    return duty(proceeds or {}, days, elected, date.fromisoformat(on), book_for("seller_insurance", store))


def shown(found: Duty) -> tuple[bool, str | None, str | None]:
    return (
        found.required,
        found.since and found.since.isoformat(),
        found.due_on and found.due_on.isoformat(),
    )


CASES: list[tuple[str, Any, str, tuple[bool, str | None, str | None]]] = [
    ("nothing on file", {}, "2024-06-03", (False, None, None)),
    # From 2021-09-01 one month is enough; 10,000.00 exactly is not over (conflict E).
    ("one month exactly at the line", months(m2021_09=EXACT), "2021-10-01", (False, None, None)),
    ("one month a cent over", months(m2021_09=OVER), "2021-10-01", (True, "2021-09-30", "2021-10-30")),
    ("one month a cent under", months(m2021_09=UNDER), "2021-10-01", (False, None, None)),
    (
        "the day the line was passed",
        months(m2021_09=(OVER, "2021-09-14")),
        "2021-10-01",
        (True, "2021-09-14", "2021-10-14"),
    ),
    (
        "passed on the first day of the rule",
        months(m2021_09=(OVER, "2021-09-01")),
        "2021-09-01",
        (True, "2021-09-01", "2021-10-01"),
    ),
    ("the month is still running", months(m2021_09=OVER), "2021-09-20", (True, "2021-09-30", "2021-10-30")),
    # A later month does not move the day; the earliest does.
    ("a later month too", months(m2021_09=OVER, m2021_10=OVER), "2021-12-01", (True, "2021-09-30", "2021-10-30")),
    (
        "a later month under the line",
        months(m2021_09=OVER, m2021_10=UNDER),
        "2021-12-01",
        (True, "2021-09-30", "2021-10-30"),
    ),
    # Before 2021-09-01 three consecutive months.
    ("one month before the change", months(m2021_07=OVER), "2021-08-31", (False, None, None)),
    ("two months before the change", months(m2021_06=OVER, m2021_07=OVER), "2021-08-31", (False, None, None)),
    (
        "three months running",
        months(m2021_05=OVER, m2021_06=OVER, m2021_07=OVER),
        "2021-08-01",
        (True, "2021-07-31", "2021-08-30"),
    ),
    (
        "three months, the third passed on a day",
        months(m2021_05=OVER, m2021_06=OVER, m2021_07=(OVER, "2021-07-12")),
        "2021-08-01",
        (True, "2021-07-12", "2021-08-11"),
    ),
    (
        "three months, the first passed on a day",
        months(m2021_05=(OVER, "2021-05-02"), m2021_06=OVER, m2021_07=OVER),
        "2021-08-01",
        (True, "2021-07-31", "2021-08-30"),
    ),
    ("three months with a gap", months(m2021_04=OVER, m2021_06=OVER, m2021_07=OVER), "2021-08-31", (False, None, None)),
    (
        "three months, one exactly at the line",
        months(m2021_05=OVER, m2021_06=EXACT, m2021_07=OVER),
        "2021-08-31",
        (False, None, None),
    ),
    (
        "three months over a new year",
        months(m2019_11=OVER, m2019_12=OVER, m2020_01=OVER),
        "2020-03-01",
        (True, "2020-01-31", "2020-03-01"),
    ),
    (
        "the third month ends on the last day of the old rule",
        months(m2021_06=OVER, m2021_07=OVER, m2021_08=OVER),
        "2021-08-31",
        (True, "2021-08-31", "2021-09-30"),
    ),
    # Older months count from 2021-09-01 on, and the thirty days run from there (R22).
    (
        "an older month, on the day of the change",
        months(m2021_07=OVER),
        "2021-09-01",
        (True, "2021-09-01", "2021-10-01"),
    ),
    (
        "an older month, long after",
        months(m2019_03=(OVER, "2019-03-05")),
        "2023-01-01",
        (True, "2021-09-01", "2021-10-01"),
    ),
    (
        "an older month and a newer one",
        months(m2020_01=OVER, m2022_05=OVER),
        "2023-01-01",
        (True, "2021-09-01", "2021-10-01"),
    ),
    (
        "three older months keep their own day",
        months(m2020_01=OVER, m2020_02=OVER, m2020_03=OVER),
        "2023-01-01",
        (True, "2020-03-31", "2020-04-30"),
    ),
    ("an older month at the line exactly", months(m2021_07=EXACT), "2021-09-01", (False, None, None)),
]


@pytest.mark.parametrize(("name", "proceeds", "on", "expected"), CASES, ids=[c[0] for c in CASES])
def test_the_duty_in_the_us(name: str, proceeds: Any, on: str, expected: tuple[bool, str | None, str | None]):
    assert shown(as_of(on, proceeds)) == expected


def test_a_month_before_the_change_waits_for_it():
    found = as_of("2021-08-31", months(m2021_07=OVER))
    assert not found.required and found.next_review == date(2021, 9, 1)
    assert [r.code for r in found.reasons] == [ReasonCode.INSURANCE_NOT_REQUIRED]
    after = as_of("2021-09-01", months(m2021_07=OVER))
    assert after.required and after.next_review is None
    assert after.reasons[0].code == ReasonCode.PROCEEDS_OVER_LINE
    assert after.reasons[0].readings == ("R22",)


def test_nothing_waits_where_no_month_is_over():
    assert as_of("2021-08-31", months(m2021_07=EXACT)).next_review is None
    assert as_of("2021-08-31").next_review is None


def test_the_reasons_say_what_was_tested():
    found = as_of("2021-12-01", months(m2021_09=(OVER, "2021-09-14")), ("2021-11-01",))
    first, second = found.reasons
    assert (first.code, first.rule, first.value, first.result, first.limit) == (
        "proceeds_over_line",
        "duty.months",
        "2021-09: 10000.01 USD",
        True,
        "over 10000.00 USD in one month",
    )
    assert (second.code, second.rule, second.value) == ("insurance_requested", "duty.request", "2021-11-01")
    three = as_of("2020-06-01", months(m2020_01=OVER, m2020_02=OVER, m2020_03=OVER)).reasons[0]
    assert three.code == ReasonCode.THREE_MONTHS_OVER_LINE
    assert three.value == "2020-01: 10000.01 USD; 2020-02: 10000.01 USD; 2020-03: 10000.01 USD"


# ---------------------------------------------------------------- requests


@pytest.mark.parametrize(
    ("proceeds", "requests", "on", "expected"),
    [
        ({}, ("2021-10-10",), "2021-10-10", (True, "2021-10-10", "2021-11-09")),  # SEED 004: whatever the sales
        ({}, ("2021-10-10",), "2021-10-09", (False, None, None)),
        (months(m2021_10=UNDER), ("2021-10-10",), "2021-12-01", (True, "2021-10-10", "2021-11-09")),
        ({}, ("2020-03-01",), "2020-03-01", (True, "2020-03-01", "2020-03-31")),  # also before 2021-09-01
        ({}, ("2021-11-01", "2021-10-10"), "2021-12-01", (True, "2021-10-10", "2021-11-09")),
        (months(m2021_09=OVER), ("2021-09-10",), "2021-12-01", (True, "2021-09-10", "2021-10-10")),
        (months(m2021_09=(OVER, "2021-09-05")), ("2021-09-10",), "2021-12-01", (True, "2021-09-05", "2021-10-05")),
        (months(m2020_01=OVER), ("2021-08-20",), "2021-12-01", (True, "2021-08-20", "2021-09-19")),
    ],
)
def test_a_request_counts_from_its_day(proceeds, requests, on, expected):
    assert shown(as_of(on, proceeds, requests)) == expected


# ---------------------------------------------------------------- other countries

CAD, MXN, GBP, EUR = "10000.01 CAD", "100000.01 MXN", "4000.01 GBP", "5000.01 EUR"


@pytest.mark.parametrize(
    ("country", "proceeds", "on", "expected"),
    [
        ("CA", months(m2024_04=CAD), "2024-06-01", (False, None, None)),  # only months from the change on
        ("CA", months(m2024_05=CAD), "2024-06-01", (True, "2024-05-31", "2024-06-30")),
        ("CA", months(m2024_05=(CAD, "2024-05-01")), "2024-05-01", (True, "2024-05-01", "2024-05-31")),
        ("CA", months(m2024_05="10000.00 CAD"), "2024-06-01", (False, None, None)),
        ("CA", months(m2023_01=CAD, m2023_02=CAD, m2023_03=CAD), "2023-04-01", (True, "2023-03-31", "2023-04-30")),
        ("CA", months(m2023_01=CAD, m2023_02=CAD), "2023-04-01", (False, None, None)),
        ("CA", months(m2024_02=CAD, m2024_03=CAD, m2024_04=CAD), "2024-05-01", (True, "2024-04-30", "2024-05-30")),
        ("MX", months(m2025_01=MXN, m2025_02=MXN), "2025-03-01", (False, None, None)),
        ("MX", months(m2025_01=MXN, m2025_02=MXN, m2025_03=MXN), "2025-04-01", (True, "2025-03-31", "2025-04-30")),
        ("MX", months(m2025_01=MXN, m2025_02="100000.00 MXN", m2025_03=MXN), "2025-04-01", (False, None, None)),
        ("UK", months(m2024_04=GBP), "2024-06-01", (False, None, None)),
        ("UK", months(m2024_06=GBP), "2024-07-01", (True, "2024-06-30", "2024-07-30")),
        ("UK", months(m2024_06="4000.00 GBP"), "2024-07-01", (False, None, None)),
        ("EU", months(m2024_05=(EUR, "2024-05-28")), "2024-06-01", (False, None, None)),
        ("EU", months(m2024_05=(EUR, "2024-05-29")), "2024-06-01", (True, "2024-05-29", "2024-06-28")),
        ("EU", months(m2024_06=EUR), "2024-07-01", (True, "2024-06-30", "2024-07-30")),
    ],
)
def test_the_duty_elsewhere(country, proceeds, on, expected):
    assert shown(as_of(on, proceeds, elected=country, store=country)) == expected


@pytest.mark.parametrize(
    ("elected", "proceeds", "expected"),
    [
        ("CA", months(m2022_01=OVER), (False, None, None)),
        ("MX", months(m2022_01=OVER, m2022_02=OVER), (False, None, None)),
        ("MX", months(m2022_01=OVER, m2022_02=OVER, m2022_03=OVER), (True, "2022-03-31", "2022-04-30")),
        ("US", months(m2022_01=OVER), (True, "2022-01-31", "2022-03-02")),
    ],
)
def test_the_months_rule_is_the_elected_country_s(elected, proceeds, expected):
    # Domain notes 2.1: one month if the elected country is the US, three if it is Canada or Mexico.
    assert shown(as_of("2022-06-01", proceeds, elected=elected)) == expected


def test_sums_of_another_store_are_measured_by_its_own_line():
    assert as_of("2022-06-01", months(m2022_01=OVER), store="CA").required
    assert not as_of("2022-06-01", months(m2022_01=EXACT), store="CA").required
    with pytest.raises(RulebookError):
        as_of("2022-06-01", months(m2022_01="10000000 JPY"))


def test_the_line_of_a_country_without_a_book():
    with pytest.raises(RulebookError):
        as_of("2022-06-01", months(m2022_01=OVER), elected="JP")


# ---------------------------------------------------------------- properties

MONTHS = [f"{year}-{month:02d}" for year in range(2019, 2025) for month in range(1, 13)]
histories = st.dictionaries(
    st.sampled_from(MONTHS), st.sampled_from([UNDER, EXACT, OVER, "250000.00 USD"]), max_size=12
).map(lambda found: {m: {"amount": a, "crossed_on": None} for m, a in found.items()})
days = st.dates(date(2019, 1, 1), date(2025, 12, 31))


@given(histories, st.lists(days, max_size=2), st.sampled_from(["US", "CA", "MX"]), days)
def test_the_days_add_up(proceeds, requests, elected, on):
    found = duty(proceeds, requests, elected, on, book_for("seller_insurance", "US"))
    assert found.required is (found.since is not None) is (found.due_on is not None)
    assert found.reasons
    if found.since is not None and found.due_on is not None:
        assert found.due_on - found.since == timedelta(days=30)
        assert found.next_review is None
    elif found.next_review is not None:
        assert found.next_review > on
        assert duty(proceeds, requests, elected, found.next_review, book_for("seller_insurance", "US")).required


@given(histories, st.sampled_from(MONTHS), days)
def test_a_later_month_never_moves_the_day(proceeds, month, on):
    before = duty(proceeds, [], "US", on, book_for("seller_insurance", "US"))
    if before.since is None or last_day(month) <= before.since:
        return
    more = {**proceeds, month: {"amount": OVER, "crossed_on": None}}
    after = duty(more, [], "US", on, book_for("seller_insurance", "US"))
    assert after.since is not None and after.since <= before.since
    if month not in proceeds and last_day(month) >= date(2021, 9, 30):
        assert (after.since, after.due_on) == (before.since, before.due_on)


@given(histories, days, days)
def test_the_duty_never_ends(proceeds, one, other):
    early, late = sorted((one, other))
    book = book_for("seller_insurance", "US")
    if duty(proceeds, [], "US", early, book).required:
        assert duty(proceeds, [], "US", late, book).required


def test_months_as_a_list_or_a_mapping():
    entry = {"month": "2021-09", "amount": OVER}
    assert by_month([entry]) == {"2021-09": entry}
    assert by_month(None) == {}
    assert month_before("2021-01") == "2020-12" and month_before("2021-01", 13) == "2019-12"
    assert last_day("2024-02") == date(2024, 2, 29)
