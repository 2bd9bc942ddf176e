"""Was insurance required, and was it in force, on this day: both sides of every day at which an answer changes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from claimdesk import NotFound
from claimdesk.states.times import parse_instant
from claimdesk.workflow.programmes.seller_insurance.history import Day, history
from support.checks import assert_sound
from support.desks import SELLER, Drive

from seller_insurance.driver import File  # isort: skip

OVER = "10000.01 USD"


def on(file: File, day: str) -> Day:
    assert file.case is not None
    return history(file.case, file.bodies).day(date.fromisoformat(day))


def spans(file: File) -> list[tuple[Any, ...]]:
    assert file.case is not None
    return [
        (str(s.since), s.until and str(s.until), s.day.required, s.day.in_force, s.day.on_file, s.day.state)
        for s in history(file.case, file.bodies).stretches()
    ]


def test_the_duty_begins_on_the_day_the_line_was_passed():
    file = File().do("record_proceeds", "2022-02-05", month="2022-01", amount=OVER, crossed_on="2022-01-20")
    assert (on(file, "2022-01-19").required, on(file, "2022-01-20").required) == (False, True)
    assert (on(file, "2021-12-31").required, on(file, "2022-01-01").required) == ("unknown", False)
    day = on(file, "2022-01-20")
    assert (str(day.required_since), str(day.due_on), day.state) == ("2022-01-20", "2022-02-19", None)
    assert day.reasons[0].code == "proceeds_over_line"
    assert on(file, "2022-01-19").reasons[0].code == "insurance_not_required"


def test_an_older_month_counts_from_the_day_of_the_rule():
    """SEED 004: from 2021-09-01 one month anywhere in the seller's history is enough (R22)."""
    file = File().do("record_proceeds", "2021-10-05", month="2020-05", amount=OVER)
    assert (on(file, "2021-08-31").required, on(file, "2021-09-01").required) == (False, True)


def test_without_proceeds_or_requests_the_duty_is_not_known():
    file = File({"certificates": ["valid"]}).open("2022-02-05")
    day = on(file, "2022-02-05")
    assert (day.required, day.in_force, day.reasons[0].code) == ("unknown", True, "fact_unknown")


def test_cover_counts_from_its_first_to_its_last_day_and_on_file_from_the_day_it_was_given():
    file = File({"requests": ["2021-10-10"]}).open("2021-10-10")
    given = {"template": "valid", "number": "GL-1", "starts_on": "2021-10-01", "ends_on": "2022-06-30"}
    file.do("record_certificate", "2021-10-20", certificate=given)
    found = {
        day: (on(file, day).in_force, on(file, day).on_file, on(file, day).certificates)
        for day in ("2021-09-30", "2021-10-01", "2021-10-19", "2021-10-20", "2022-06-30", "2022-07-01")
    }
    assert found == {
        "2021-09-30": (False, False, ()),
        "2021-10-01": (True, False, ("GL-1",)),
        "2021-10-19": (True, False, ("GL-1",)),
        "2021-10-20": (True, True, ("GL-1",)),
        "2022-06-30": (True, True, ("GL-1",)),
        "2022-07-01": (False, False, ()),
    }
    assert [r.code for r in on(file, "2021-10-19").reasons][1:] == ["in_force_on_day", "given_later"]


def test_overlapping_certificates_and_a_renewal_make_one_cover():
    file = File({"requests": ["2022-01-05"]}).open("2022-01-05")
    for number, starts, ends in (
        ("GL-1", "2022-01-01", "2022-06-30"),
        ("GL-2", "2022-05-01", "2022-12-31"),
        ("GL-3", "2023-01-01", "2023-12-31"),
    ):
        certificate = {"template": "valid", "number": number, "starts_on": starts, "ends_on": ends}
        file.do("record_certificate", "2022-01-06", certificate=certificate)
    assert file.clocks["certificate_end"] == "2023-12-31"
    assert on(file, "2022-06-30").certificates == ("GL-1", "GL-2")
    assert on(file, "2022-07-01").certificates == ("GL-2",)
    file.do("tick", "2024-01-01")
    assert file.path == ("not_required", "required", "compliant", "overdue")
    assert spans(file) == [
        ("2022-01-01", "2022-01-04", "unknown", True, False, None),
        ("2022-01-05", "2022-01-05", True, True, False, "required"),
        *[("2022-01-06", "2022-04-30", True, True, True, "compliant")],
        ("2022-05-01", "2022-06-30", True, True, True, "compliant"),
        ("2022-07-01", "2022-12-31", True, True, True, "compliant"),
        ("2023-01-01", "2023-12-31", True, True, True, "compliant"),
        ("2024-01-01", None, True, False, False, "overdue"),
    ]


def test_a_gap_of_one_day_is_seen():
    file = File({"requests": ["2022-01-05"]}).open("2022-01-05")
    for starts, ends in (("2022-01-01", "2022-06-30"), ("2022-07-02", "2022-12-31")):
        file.do(
            "record_certificate", "2022-01-06", certificate={"template": "valid", "starts_on": starts, "ends_on": ends}
        )
    file.do("tick", "2022-07-03")
    assert file.path == ("not_required", "required", "compliant", "overdue", "compliant")
    held = [(day, on(file, day).in_force, on(file, day).state) for day in ("2022-06-30", "2022-07-01", "2022-07-02")]
    assert held == [
        ("2022-06-30", True, "compliant"), ("2022-07-01", False, "overdue"), ("2022-07-02", True, "compliant"),
    ]  # fmt: skip


def test_a_certificate_without_a_verdict_is_neither_yes_nor_no():
    file = File().open("2022-02-05")
    file.do("record_certificate", "2022-02-05", certificate={"template": "valid", "signed": "unknown"})
    day = on(file, "2022-02-05")
    assert (day.in_force, day.on_file, day.reasons[1].value) == ("unknown", "unknown", "signed")
    file.do("record_certificate", "2022-02-06", certificate={"template": "valid", "signed": False})
    assert on(file, "2022-02-06").in_force == "unknown"  # a rejected one adds nothing, the open one stays open


def test_a_restriction_stands_on_its_days():
    file = File({"requests": ["2022-01-05"]}).open("2022-01-05")
    file.do("tick", "2022-03-08").do("decide", "2022-03-08", decision="restrict")
    file.do("record_certificate", "2022-03-20", certificate={"template": "valid", "starts_on": "2022-01-01"})
    held = [on(file, day).restricted for day in ("2022-03-07", "2022-03-08", "2022-03-19", "2022-03-20")]
    assert held == [False, True, True, False]


def test_the_desk_answers_and_a_past_view_knows_no_more_than_it_did(tmp_path):
    drive = Drive.start()
    desk, clock = drive.desk, drive.clock
    with pytest.raises(NotFound):
        desk.seller_timeline(SELLER)
    desk.seller_do("request_insurance", SELLER, {"on": "2024-06-01"})
    asked = clock()
    clock.now = parse_instant("2024-06-10T09:00:00-07:00")
    desk.seller_do("record_certificate", SELLER, {"certificate": "valid"})
    (now,) = desk.seller_timeline(SELLER, on="2024-06-02")
    (then,) = desk.seller_timeline(SELLER, on=date(2024, 6, 2), at=asked)
    assert (now.day.in_force, now.day.on_file) == (True, False)
    assert (then.day.in_force, then.day.on_file) == (False, False)
    assert (str(now.since), str(now.until)) == ("2024-06-01", "2024-06-02")
    shown = now.to_dict()
    assert (shown["required"], shown["required_since"], shown["due_on"]) == (True, "2024-06-01", "2024-07-01")
    assert all(r["source"] and r["tested"] for r in shown["reasons"])
    (before,) = desk.seller_timeline(SELLER, on="2001-01-01")
    assert (before.since, before.day.required, before.day.in_force) == (None, "unknown", False)
    assert [s.day.state for s in desk.seller_timeline(SELLER)][-1] is not None
    assert_sound(desk.store)
