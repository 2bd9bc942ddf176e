"""Business days by configured days and calendars: both sides of each limit, and what a recipe keeps of them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from holidays.version import __version__

from claimdesk import ClaimDesk
from claimdesk.states.errors import RulebookError
from claimdesk.testing import FrozenClock
from claimdesk.workflow import calendars

LA = "America/Los_Angeles"


@pytest.mark.parametrize(
    ("start", "count", "listed", "last", "why"),
    [
        ("2024-06-14", 3, (), "2024-06-19", "a weekend and no holiday"),
        ("2024-06-14", 3, ("US",), "2024-06-20", "Juneteenth, a Wednesday"),
        ("2024-06-14", 2, ("US",), "2024-06-18", "the day before it is not touched"),
        ("2024-06-18", 1, ("US",), "2024-06-20", "the day after the day before it"),
        ("2024-06-19", 0, ("US",), "2024-06-19", "day 0 may be a holiday"),
        ("2022-06-17", 1, ("US",), "2022-06-21", "a Sunday's holiday is kept on Monday"),
        ("2021-12-23", 1, ("US",), "2021-12-27", "a Saturday's holiday is kept on Friday"),
        ("2024-02-09", 1, ("US",), "2024-02-12", "Lincoln's Birthday is no holiday of the country"),
        ("2024-02-09", 1, ("US-NY",), "2024-02-13", "but one of New York"),
        ("2024-03-28", 1, ("XNYS",), "2024-04-01", "the exchange is closed on Good Friday"),
        ("2024-03-28", 1, ("US",), "2024-03-29", "the country is not"),
        ("2024-06-18", 1, ("US", "2024-06-20"), "2024-06-21", "a calendar and a day written out"),
        ("2024-12-31", 1, ("US",), "2025-01-02", "over the end of the year"),
    ],
)
def test_business_days(start, count, listed, last, why):
    assert calendars.business_days_after(date.fromisoformat(start), count, listed) == date.fromisoformat(last), why


def test_business_hours_leave_a_holiday_out():
    start = datetime(2024, 7, 3, 17, tzinfo=UTC)  # ten o'clock in the morning there
    assert calendars.business_hours_window(start, 24, LA, ())[0] == date(2024, 7, 4)
    last, due = calendars.business_hours_window(start, 24, LA, ("US",))
    assert (last, due.isoformat()) == (date(2024, 7, 5), "2024-07-05T17:00:00.000001+00:00")


@pytest.mark.parametrize("entry", ["XX", "US-ZZ", "NOPE", "2024-13-01", "2024-6-19", "us", "US-NY ", "Christmas"])
def test_an_entry_that_is_neither_a_day_nor_a_calendar_is_refused_before_anything_counts(entry):
    with pytest.raises(RulebookError) as refused:
        ClaimDesk.open("memory:", actor="cs:mei", rulebook_overrides={"calendar.holidays": ["2024-06-19", entry]})
    assert refused.value.field == "calendar.holidays" and refused.value.hint


def filed(listed: list[str]):
    clock = FrozenClock("2024-06-03T09:00:00-07:00")
    overrides = {"calendar.holidays": listed}
    with ClaimDesk.open("memory:", actor="cs:mei", clock=clock, overlays=["us_ny_reg64"], rulebook_overrides=overrides,
                        ) as desk:  # fmt: skip
        claim = desk.file(
            marketplace="US",
            incident_on="2024-06-01",
            order={"id": "114-1"},
            seller={"id": "A2EXAMPLE"},
            losses=[{"head": "property_damage", "amount": "600.00 USD"}],
        )
        return claim, next(d for d in claim.deadlines if d.kind == "decide")


def test_a_deadline_keeps_calendars_library_and_days_left_out():
    claim, clock = filed(["US-NY", "2024-06-20"])
    assert clock.on == "2024-06-26"
    assert clock.recipe["calendars"] == ["US-NY"]
    assert clock.recipe["library"] == f"holidays {__version__}"
    assert clock.recipe["left_out"] == ["2024-06-19", "2024-06-20"]
    assert claim.rulebook.endswith("+calendar.holidays=US-NY, 2024-06-20")


def test_without_a_calendar_a_recipe_is_as_it_was():
    _claim, clock = filed([])
    assert set(clock.recipe) == {"from", "days", "type", "zone", "event", "overlay"}
    _claim, clock = filed(["2024-06-19"])
    assert clock.recipe["left_out"] == ["2024-06-19"] and "library" not in clock.recipe
