"""Instants and days: naive refused, days counted on the wall of the marketplace, the last microsecond in time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimdesk import InputError
from claimdesk.states.times import (
    days_between,
    end_of_window,
    instant_text,
    local_day,
    parse_date,
    parse_instant,
    start_of_day,
)

#: The zones of the programmes (reading R4).
ZONES = ("America/Los_Angeles", "America/Toronto", "Europe/London", "Europe/Berlin", "Asia/Shanghai")
DAYS = st.dates(date(1990, 1, 1), date(2100, 12, 31))
INSTANTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
MICROSECOND = timedelta(microseconds=1)

NAIVE = ["2024-06-03T09:00:00", "2024-06-03T09:00", "2024-06-03 09:00:00.5", datetime(2024, 6, 3, 9)]  # noqa: DTZ001

NOT_INSTANTS = [
    "", "now", "2024-06-03", "2024-6-3T09:00:00Z", "2024-06-03T25:00:00Z", "2024-06-03T09:60:00Z",
    "2024-13-03T09:00:00Z", "2024-02-30T09:00:00Z", "2024-06-03T09:00:00+25:00", "2024-06-03T09:00:00+0",
    "20240603T090000Z", "2024-W23-1T09:00:00Z", "2024-06-03T09:00:00Z\n", " 2024-06-03T09:00:00Z",
    "\u0662\u0660\u0662\u0664-06-03T09:00:00Z", "2024-06-03T09:00:00.Z", "0000-06-03T09:00:00Z",
    0, 1717405200, 1717405200.0, True, None, b"2024-06-03T09:00:00Z", date(2024, 6, 3), [], {},
]  # fmt: skip

NOT_DATES = [
    "", "2024-06-31", "2023-02-29", "2024-6-1", "24-06-01", "2024/06/01", "20240601", "2024-06-01T00:00:00Z",
    "2024-06-01 ", "\u0662\u0660\u0662\u0664-06-01", "0000-01-01", "0001-01-01", "9999-12-31", "10000-01-01",
    20240601, 1.5, None, True, b"2024-06-01", datetime(2024, 6, 1, tzinfo=UTC), [],
]  # fmt: skip


@pytest.mark.parametrize("value", NAIVE, ids=str)
def test_a_naive_instant_is_refused(value):
    with pytest.raises(InputError) as refused:
        parse_instant(value)
    assert refused.value.code == "naive_instant"
    assert "offset" in refused.value.hint


@pytest.mark.parametrize("value", NOT_INSTANTS, ids=repr)
def test_what_is_no_instant_is_refused(value):
    with pytest.raises(InputError) as refused:
        parse_instant(value)
    assert refused.value.code == "not_an_instant"


class Silent(tzinfo):
    """A zone that does not say its offset: a datetime with it is naive."""

    def utcoffset(self, dt):
        return None


def test_a_zone_without_an_offset_is_naive():
    with pytest.raises(InputError) as refused:
        parse_instant(datetime(2024, 6, 3, tzinfo=Silent()))
    assert refused.value.code == "naive_instant"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2024-06-03T09:00:00-07:00", "2024-06-03T16:00:00.000000Z"),
        ("2024-06-03T16:00:00Z", "2024-06-03T16:00:00.000000Z"),
        ("2024-06-03t16:00:00z", "2024-06-03T16:00:00.000000Z"),
        ("2024-06-03 16:00:00+00:00", "2024-06-03T16:00:00.000000Z"),
        ("2024-06-03T16:00:00.123456789Z", "2024-06-03T16:00:00.123456Z"),
        ("2024-06-03T16:00Z", "2024-06-03T16:00:00.000000Z"),
        ("2024-06-03T23:59:59.999999-07:00", "2024-06-04T06:59:59.999999Z"),
        (datetime(2024, 6, 3, 9, tzinfo=ZoneInfo("America/Los_Angeles")), "2024-06-03T16:00:00.000000Z"),
    ],
    ids=str,
)
def test_an_instant_with_an_offset_is_read(value, text):
    found = parse_instant(value)
    assert found.tzinfo is UTC
    assert instant_text(found) == text


@given(INSTANTS, st.integers(-1439, 1439))
def test_an_instant_survives_text_in_any_offset(instant, minutes):
    elsewhere = instant.astimezone(timezone(timedelta(minutes=minutes)))
    assert parse_instant(elsewhere.isoformat()) == instant
    assert instant_text(elsewhere) == instant_text(instant)
    assert parse_instant(instant_text(instant)) == instant


@given(INSTANTS, INSTANTS)
def test_the_order_of_texts_is_the_order_of_instants(one, other):
    assert (instant_text(one) < instant_text(other)) == (one < other)


@given(st.datetimes(timezones=st.timezones() | st.just(UTC)))
def test_any_aware_datetime_is_an_instant_with_a_local_day_or_refused(value):
    """What is accepted has a day in every marketplace, and days may be counted from it."""
    try:
        instant = parse_instant(value)
    except InputError as refused:
        assert refused.code == "not_an_instant"
        return
    for zone in ZONES:
        day = local_day(instant, zone)
        assert end_of_window(day, 400, zone)[1] > instant


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"])
def test_an_instant_at_the_end_of_the_calendar_is_refused(text):
    """Days cannot be counted there, so it is no instant of a claim."""
    with pytest.raises(InputError) as refused:
        parse_instant(text)
    assert refused.value.code == "not_an_instant"


@pytest.mark.parametrize("value", NOT_DATES, ids=repr)
def test_what_is_no_date_is_refused(value):
    with pytest.raises(InputError) as refused:
        parse_date(value)
    assert refused.value.code == "not_a_date"


@pytest.mark.parametrize("value", [date.min, date.max, date(1899, 12, 31), date(9001, 1, 1)])
def test_a_date_object_at_the_ends_of_the_calendar_is_refused_like_its_text(value):
    with pytest.raises(InputError) as refused:
        parse_date(value)
    assert refused.value.code == "not_a_date"


@given(st.dates())
def test_any_accepted_date_may_be_counted_from(value):
    try:
        day = parse_date(value)
    except InputError:
        return
    assert parse_date(day.isoformat()) == day
    for zone in ZONES:
        end_of_window(day, 366, zone)


@given(DAYS, st.integers(0, 400), st.sampled_from(ZONES))
def test_day_n_is_good_until_its_last_microsecond(start, days, zone):
    """Reading R3: day 0 is the day of the event, the clock runs out at 00:00 of the day after day N."""
    last, due = end_of_window(start, days, zone)
    assert days_between(start, last) == days
    assert local_day(due - MICROSECOND, zone) == last
    assert local_day(due, zone) == last + timedelta(days=1)
    wall = due.astimezone(ZoneInfo(zone))
    assert (wall.hour, wall.minute, wall.second, wall.microsecond) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("zone", "start", "days", "due"),
    [
        ("America/Los_Angeles", date(2024, 3, 8), 7, "2024-03-16T07:00:00.000000Z"),  # summer time begins inside
        ("America/Los_Angeles", date(2024, 3, 2), 7, "2024-03-10T08:00:00.000000Z"),  # ends the day it begins
        ("America/Los_Angeles", date(2024, 10, 30), 7, "2024-11-07T08:00:00.000000Z"),  # summer time ends inside
        ("Europe/Berlin", date(2024, 3, 25), 7, "2024-04-01T22:00:00.000000Z"),
        ("Europe/London", date(2024, 10, 24), 7, "2024-11-01T00:00:00.000000Z"),
        ("Asia/Shanghai", date(2024, 2, 22), 7, "2024-02-29T16:00:00.000000Z"),  # a leap day, no summer time
        ("America/Toronto", date(2023, 12, 28), 7, "2024-01-05T05:00:00.000000Z"),  # over the year's end
        ("America/Los_Angeles", date(2024, 6, 3), 0, "2024-06-04T07:00:00.000000Z"),  # day 0 is a whole day
    ],
)
def test_a_window_is_counted_in_days_of_the_wall_not_in_hours(zone, start, days, due):
    assert instant_text(end_of_window(start, days, zone)[1]) == due


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2024, 3, 10), 23), (date(2024, 11, 3), 25), (date(2024, 6, 3), 24)],
)
def test_a_day_of_summer_time_has_23_or_25_hours(day, hours):
    zone = "America/Los_Angeles"
    assert start_of_day(day + timedelta(days=1), zone) - start_of_day(day, zone) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("day", "zone"), [(date(2018, 11, 4), "America/Sao_Paulo"), (date(2011, 12, 30), "Pacific/Apia")]
)
def test_a_midnight_that_does_not_exist_is_still_before_the_next_day(day, zone):
    """Some zones of the world skip midnight, or a whole day: the window still ends after it began."""
    assert start_of_day(day, zone) <= start_of_day(day + timedelta(days=1), zone)
    assert datetime.combine(day, time(12), ZoneInfo(zone)).astimezone(UTC) >= start_of_day(day, zone)
