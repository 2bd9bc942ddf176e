"""Amounts, days and instants as the two languages write them."""

from __future__ import annotations

from datetime import date

import pytest

from claimdesk.states.times import parse_instant
from claimdesk.workflow.texts.formats import city, day, instant, last_in, last_moment, money, pretty, spaced


@pytest.mark.parametrize(
    ("minor", "currency", "en", "zh"),
    [
        (240000, "USD", "2,400.00 USD", "2,400.00 美元（USD）"),
        (99999, "GBP", "999.99 GBP", "999.99 英镑（GBP）"),
        (0, "EUR", "0.00 EUR", "0.00 欧元（EUR）"),
        (1234567, "JPY", "1,234,567 JPY", "1,234,567 日元（JPY）"),
        (1234567, "BHD", "1,234.567 BHD", "1,234.567 巴林第纳尔（BHD）"),
        (100000000, "CNY", "1,000,000.00 CNY", "1,000,000.00 人民币（CNY）"),
    ],
)
def test_money(minor, currency, en, zh):
    assert money(minor, currency, "en") == en
    assert money(minor, currency, "zh-CN") == zh


def test_a_day_has_its_weekday():
    assert day(date(2024, 6, 17), "en") == "Monday 17 June 2024"
    assert day(date(2024, 6, 17), "zh-CN") == "2024 年 6 月 17 日（星期一）"
    assert day(date(2024, 6, 16), "zh-CN", weekday=False) == "2024 年 6 月 16 日"


@pytest.mark.parametrize(
    ("zone", "en", "zh"),
    [
        (
            "America/Los_Angeles",
            "Monday 17 June 2024, 23:59 Los Angeles time (Tuesday 18 June 2024, 06:59 UTC)",
            (
                "2024 年 6 月 17 日（星期一）23:59（洛杉矶时间），即世界标准时间（UTC）6 月 18 日（星期二）06:59、"
                "北京时间 6 月 18 日（星期二）14:59"
            ),
        ),
        (
            "Europe/Berlin",
            "Monday 17 June 2024, 23:59 Berlin time (Monday 17 June 2024, 21:59 UTC)",
            (
                "2024 年 6 月 17 日（星期一）23:59（柏林时间），即世界标准时间（UTC）6 月 17 日（星期一）21:59、"
                "北京时间 6 月 18 日（星期二）05:59"
            ),
        ),
    ],
)
def test_the_last_moment_of_a_day_stands_in_every_zone_that_matters(zone, en, zh):
    assert last_moment(date(2024, 6, 17), zone, "en") == en
    assert last_moment(date(2024, 6, 17), zone, "zh-CN") == zh


def test_the_last_moment_of_a_day_of_23_hours():
    # 10 March 2024: Los Angeles jumps from 02:00 to 03:00, and the day still ends at its own midnight.
    assert last_moment(date(2024, 3, 10), "America/Los_Angeles", "en").endswith("(Monday 11 March 2024, 06:59 UTC)")
    assert last_in(date(2024, 3, 9), "America/Los_Angeles", "Asia/Shanghai", "en") == "Sunday 10 March 2024, 15:59"


def test_instants_never_stand_without_a_zone():
    at = parse_instant("2024-06-10T09:02:11Z")
    assert instant(at, "en") == "2024-06-10 09:02 UTC"
    assert instant(at, "en", seconds=True) == "2024-06-10 09:02:11 UTC"
    assert instant(at, "zh-CN") == "2024-06-10 09:02 UTC（北京时间 06-10 17:02）"


def test_values_inside_a_text_are_written_for_readers():
    assert pretty("640.00 USD by 2024-06-17", "en") == "640.00 USD by 17 June 2024"
    assert pretty("1000000.00 USD", "zh-CN") == "1,000,000.00 美元（USD）"
    assert pretty("pdpi-us@2021-09-01T00:00", "en") == "pdpi-us@2021-09-01T00:00"
    assert pretty("2024-13-45 and GL-2024-06-17", "en") == "2024-13-45 and GL-2024-06-17"


def test_chinese_keeps_a_space_beside_latin_letters_and_digits():
    assert spaced("索赔CLM-1的金额") == "索赔 CLM-1 的金额"
    assert spaced("事故后 第 154 天") == "事故后第 154 天"
    assert spaced("plain English 12") == "plain English 12"


def test_an_unknown_city_still_has_a_name():
    assert city("Pacific/Pago_Pago", "en") == "Pago Pago"
