"""What a cell says: both sides of every limit, and every code."""

from __future__ import annotations

import pytest

from claimdesk.workflow.imports import values
from claimdesk.workflow.imports.problems import WARNINGS, ImportCode, masked
from claimdesk.workflow.imports.values import Habits

PLAIN, COMMA, SPACE = Habits(), Habits(decimal=","), Habits(decimal=",", thousands=" ")
LA, SHANGHAI = Habits(zone="America/Los_Angeles"), Habits(zone="Asia/Shanghai")

#: (cell, habits, currency told beside it, the amount, codes)
AMOUNTS = [
    ("640.00", PLAIN, "USD", "640.00 USD", []),
    ("640", PLAIN, "USD", "640 USD", []),
    ("1,200", PLAIN, "USD", "1200 USD", []),
    ("1,234,567.89", PLAIN, "USD", "1234567.89 USD", []),
    ("1,20", PLAIN, "USD", None, ["amount_unclear"]),
    ("1.200,50", PLAIN, "EUR", None, ["amount_unclear"]),
    ("1.200,50", COMMA, "EUR", "1200.50 EUR", []),
    ("1 200,50", PLAIN, "EUR", None, ["amount_unclear"]),
    ("1 200,50", SPACE, "EUR", "1200.50 EUR", []),
    ("1.200", PLAIN, "USD", None, ["amount_unclear"]),  # one thousand two hundred in half the world
    ("1.200", PLAIN, "BHD", "1.200 BHD", []),  # a currency of three decimals
    ("1200", PLAIN, "JPY", "1200 JPY", []),
    ("1200.5", PLAIN, "JPY", None, ["amount_unclear"]),
    ("1,200", PLAIN, None, None, ["currency_missing"]),
    ("1,200 USD", PLAIN, None, "1200 USD", []),
    ("CNY1200", PLAIN, None, "1200 CNY", []),
    ("US$ 12", PLAIN, None, "12 USD", []),
    ("€12.50", PLAIN, None, "12.50 EUR", []),
    ("12 人民币", PLAIN, None, "12 CNY", []),
    ("¥1200", PLAIN, None, None, ["currency_unclear"]),  # CNY or JPY
    ("￥1200", PLAIN, None, None, ["currency_unclear"]),
    ("¥1200", PLAIN, "CNY", "1200 CNY", []),
    ("¥1200", PLAIN, "USD", None, ["currency_clash"]),
    ("$12", PLAIN, None, None, ["currency_unclear"]),
    ("$12", PLAIN, "CAD", "12 CAD", []),
    ("12元", PLAIN, None, None, ["currency_unclear"]),
    ("12 EUR", PLAIN, "USD", None, ["currency_clash"]),
    ("-5", PLAIN, "USD", None, ["negative_amount"]),
    ("(5.00)", PLAIN, "USD", None, ["negative_amount"]),
    *((cell, PLAIN, "USD", None, ["negative_amount"]) for cell in ("5-", "5.00 -", "–5", "-$5", "$-5", "5−", "USD -5")),
    ("+5.00", PLAIN, "USD", "5.00 USD", []),
    ("5 CR", PLAIN, "USD", None, ["amount_unreadable"]),  # a bank's credit: a sign in words
    ("0.00", PLAIN, "USD", "0.00 USD", []),
    ("twelve", PLAIN, "USD", None, ["amount_unreadable"]),
    ("12 apples", PLAIN, "USD", None, ["amount_unreadable"]),
    ("１,２００", PLAIN, "USD", "1200 USD", ["full_width"]),
]


def codes(found: list[values.Problem]) -> list[str]:
    return [str(p.code) for p in found]


@pytest.mark.parametrize(("cell", "habits", "code", "amount", "wrong"), AMOUNTS, ids=[repr(a[:3:2]) for a in AMOUNTS])
def test_an_amount(cell, habits, code, amount, wrong):
    found, problems = values.amount(cell, habits, (), code)
    assert (found, codes(problems)) == (amount, wrong)
    assert all(p.hint for p in problems if p.rejects), "an error says what would be right"


def test_days_months_and_what_is_neither():
    for cell, habits, day, wrong in [
        ("2024-06-01", PLAIN, "2024-06-01", []),
        ("2024/6/1", PLAIN, "2024-06-01", []),
        ("2024年6月1日", PLAIN, "2024-06-01", []),
        ("20240601", PLAIN, "2024-06-01", []),
        ("3 Apr 2024", PLAIN, "2024-04-03", []),
        ("April 3, 2024", PLAIN, "2024-04-03", []),
        ("03/04/2024", PLAIN, None, ["date_unclear"]),
        ("12/12/2024", PLAIN, "2024-12-12", []),  # the same either way
        ("13/04/2024", PLAIN, "2024-04-13", []),
        ("04/13/2024", PLAIN, "2024-04-13", []),
        ("13/13/2024", PLAIN, None, ["date_unreadable"]),
        ("03/04/2024", Habits(date_format="%m/%d/%Y"), "2024-03-04", []),
        ("03/04/2024", Habits(date_format="%d/%m/%Y"), "2024-04-03", []),
        ("13/04/2024", Habits(date_format="%m/%d/%Y"), None, ["date_unreadable"]),  # not turned round in silence
        ("2024-04-13", Habits(date_format="%m/%d/%Y"), "2024-04-13", []),
        ("2024-06-01 09:00 EST", SHANGHAI, None, ["date_unreadable"]),
        ("03/04/24", PLAIN, None, ["date_unclear"]),
        ("03/04/24", Habits(date_format="%d/%m/%y"), "2024-04-03", []),
        ("2024-02-29", PLAIN, "2024-02-29", []),
        ("2023-02-29", PLAIN, None, ["date_unreadable"]),
        ("45443", PLAIN, None, ["date_unreadable"]),  # a spreadsheet's number of a day
        ("2024-06-01 00:00:00", PLAIN, "2024-06-01", []),
        ("2024-06-01T20:00:00Z", PLAIN, "2024-06-01", []),  # as written: no zone was told
        ("2024-06-01T20:00:00Z", SHANGHAI, "2024-06-02", []),
        ("２０２４-06-01", PLAIN, "2024-06-01", ["full_width"]),
        ("未知", PLAIN, "unknown", []),
        ("soon", PLAIN, None, ["date_unreadable"]),
    ]:
        found, problems = values.day(cell, habits)
        assert (found, codes(problems)) == (day, wrong), cell
    for cell, month in [("2024-05", "2024-05"), ("2024年5月", "2024-05"), ("202405", "2024-05"), ("2024-13", None),
                        ("05/2024", "2024-05"), ("May 2024", "2024-05"), ("13/2024", None),
                        ("Mai 2024", None)]:  # fmt: skip
        assert values.month(cell)[0] == month, cell


def test_instants_and_the_hours_that_clocks_skip_or_repeat():
    for cell, habits, instant, wrong in [
        ("2024-06-01T10:00:00-07:00", PLAIN, "2024-06-01T10:00:00-07:00", []),  # as it stands
        ("2024-06-01 10:00", PLAIN, None, ["no_time_zone"]),
        ("2024-06-01 10:00", LA, "2024-06-01T17:00:00.000000Z", []),
        ("2024/6/1 10:00:05", SHANGHAI, "2024-06-01T02:00:05.000000Z", []),
        ("2024年6月1日 10:00", SHANGHAI, "2024-06-01T02:00:00.000000Z", []),
        ("06/13/2024 3:15 PM", LA, "2024-06-13T22:15:00.000000Z", []),
        ("06/13/2024 12:15 AM", LA, "2024-06-13T07:15:00.000000Z", []),
        ("06/13/2024 13:15 PM", LA, None, ["instant_unreadable"]),
        ("3 Apr 2024, 10:00", LA, "2024-04-03T17:00:00.000000Z", []),
        ("2024-06-01 10:00 UTC", LA, "2024-06-01T10:00:00.000000Z", []),
        ("2024-06-01 10:00:00 +0800", LA, "2024-06-01T02:00:00.000000Z", []),
        ("2024-06-01 10:00:00 +99:00", LA, None, ["instant_unreadable"]),
        ("03/04/2024 10:00", LA, None, ["date_unclear"]),
        ("2024-06-01", LA, None, ["instant_unreadable"]),  # a day is no instant
        ("2024-03-10 01:59", LA, "2024-03-10T09:59:00.000000Z", []),
        ("2024-03-10 02:30", LA, None, ["time_skipped"]),
        ("2024-03-10 03:00", LA, "2024-03-10T10:00:00.000000Z", []),
        ("2024-11-03 01:30", LA, "2024-11-03T08:30:00.000000Z", ["time_twice"]),
        ("2024-11-03 02:00", LA, "2024-11-03T10:00:00.000000Z", []),
        ("soon", LA, None, ["instant_unreadable"]),
        # what once went round in circles: long, with a colon, and no time of day that can be read
        ("2024-06-01 09:00 EST", LA, None, ["instant_unreadable"]),
        ("2024-06-01T24:00:00", LA, None, ["instant_unreadable"]),
        ("2024-06-01 09:00:60", LA, None, ["instant_unreadable"]),
        ("2024-06-01 上午9:00", LA, None, ["instant_unreadable"]),
    ]:
        found, problems = values.instant(cell, habits)
        assert (found, codes(problems)) == (instant, wrong), cell
    assert values.instant("01.06.2024 10.00", LA, "%d.%m.%Y %H.%M")[0] == "2024-06-01T17:00:00.000000Z"
    assert codes(values.instant("x", LA, "%d.%m.%Y %H.%M")[1]) == ["instant_unreadable"]


def test_ids_stay_text_and_words_are_known_in_two_languages():
    assert values.identifier("00114") == ("00114", []) and values.identifier("1E5") == ("1E5", [])
    assert all(codes(values.identifier(n)[1]) == ["spreadsheet_number"] for n in ("1.14E+14", "1E+14"))
    assert values.text('="00114"')[0] == "00114" and codes(values.text('="00114"')[1]) == ["spreadsheet_text"]
    assert values.text(" \u3000x\xa0") == ("x", [])
    # a register's "additional insured: Y" is no name to hold against the one that is asked for; N is none, and fails
    assert [values.name(cell)[0] for cell in ("Y", "是", "N", "Amazon.com")] == [None, None, "N", "Amazon.com"]
    assert codes(values.name("yes")[1]) == ["name_unknown"]
    assert values.identifier("Ａ２")[0] == "A2"
    kinds = {"property_damage": ("财产损失",)}
    assert values.choice("财产损失", kinds)[0] == values.choice("Property Damage", kinds)[0] == "property_damage"
    assert codes(values.choice("theft", kinds)[1]) == ["unknown_value"]
    assert [values.fact(w)[0] for w in ("是", "No", "n/a")] == [True, False, "unknown"]
    assert codes(values.fact("maybe")[1]) == codes(values.days("soon")[1]) == ["unknown_value"]
    assert values.days("30")[0] == 30 and values.listed("a; b；c")[0] == ["a", "b", "c"]
    assert [values.currency(w)[0] for w in ("usd", "RMB", "¥", "XXX")] == ["USD", "CNY", None, None]


def test_a_report_shows_no_value_that_could_be_a_person():
    for value, sensitive, shown in [
        ("1,200", False, "1,200"), ("03/04/2024", False, "03/04/2024"), ("114-1", False, "114-1"),
        ("Greta Nobody of Example Street", False, "<text, 30 characters>"), ("1,200", True, "<text, 5 characters>"),
        ("13800001111", True, "<number, 11 characters>"), ("greta@example.com", False, "<text, 17 characters>"),
        ("", True, ""),
    ]:  # fmt: skip
        assert masked(value, sensitive=sensitive) == shown
    assert {c.value for c in WARNINGS} < {c.value for c in ImportCode}
