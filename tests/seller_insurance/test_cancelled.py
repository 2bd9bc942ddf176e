"""A certificate that its insurer ended early: the last day counts, the day after not; the same paper is no proof."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from claimdesk import Refused
from claimdesk.states.times import parse_instant
from claimdesk.testing import valid_certificate
from claimdesk.workflow.plan import Refusal
from claimdesk.workflow.programmes.seller_insurance.history import Day, history
from support.checks import assert_sound
from support.desks import SELLER, Drive, filing, seller

from seller_insurance.driver import File  # isort: skip

GIVEN = {"template": "valid", "number": "GL-1", "starts_on": "2024-01-01", "ends_on": "2024-12-31"}


def insured(*more: dict[str, Any]) -> File:
    file = File({"requests": ["2024-01-02"]}).do("record_certificate", "2024-01-10", certificate=GIVEN)
    for given in more:
        file.do("record_certificate", "2024-01-10", certificate={**GIVEN, **given})
    return file


def ended(file: File, at: str, on: str, number: str = "GL-1") -> File:
    return file.do("cancel_certificate", at, number=number, ended_on=on)


def on(file: File, day: str) -> Day:
    assert file.case is not None
    return history(file.case, file.bodies).day(date.fromisoformat(day))


@pytest.mark.parametrize(
    ("told", "day", "state", "clock"),
    [
        ("2024-05-01", "2024-05-31", "compliant", "2024-05-31"),  # told with notice: the clock moves
        ("2024-05-31", "2024-05-31", "compliant", "2024-05-31"),  # told on the last day, which still counts
        ("2024-06-01", "2024-05-31", "overdue", None),  # told the day after
        ("2024-06-01", "2024-01-01", "overdue", None),  # from its first day on
        ("2024-06-01", "2024-12-31", "compliant", "2024-12-31"),  # its own last day: as it was
    ],
)
def test_the_file_follows_the_day_on_which_the_cover_ended(told, day, state, clock):
    file = ended(insured(), told, day)
    assert (file.state, file.clocks.get("certificate_end")) == (state, clock)
    file.do("tick", "2024-06-01")
    assert (file.state == "overdue") == (day < "2024-06-01")
    assert ("seller_insurance_overdue" in file.notices) == (file.state == "overdue")


def test_the_timeline_says_when_it_ran_and_why_no_longer():
    file = ended(insured(), "2024-07-01", "2024-05-31")
    assert [on(file, d).in_force for d in ("2023-12-31", "2024-01-01", "2024-05-31", "2024-06-01", "2024-12-31")] == [
        False, True, True, False, False,
    ]  # fmt: skip
    assert [str(r.code) for r in on(file, "2024-06-01").reasons[-2:]] == ["not_in_force_on_day", "ended_early"]
    assert on(file, "2024-06-01").reasons[-1].limit == "2024-05-31"
    assert [str(r.code) for r in on(file, "2025-01-01").reasons[-1:]] == ["not_in_force_on_day"]
    turns = [str(s.since) for s in history(file.case, file.bodies).stretches()]  # type: ignore[arg-type]
    assert "2024-06-01" in turns and "2025-01-01" not in turns


def test_a_second_certificate_goes_on_without_a_gap_or_with_one():
    file = ended(
        insured({"number": "GL-2", "starts_on": "2024-06-01", "ends_on": "2025-05-31"}), "2024-05-01", "2024-05-31"
    )
    assert (file.state, file.clocks["certificate_end"]) == ("compliant", "2025-05-31")
    gap = ended(
        insured({"number": "GL-2", "starts_on": "2024-06-02", "ends_on": "2025-05-31"}), "2024-05-01", "2024-05-31"
    )
    assert gap.do("tick", "2024-06-01").state == "overdue"
    assert gap.do("tick", "2024-06-02").state == "compliant"


def test_the_same_paper_again_brings_nothing_back_but_the_insurer_may():
    file = ended(insured(), "2024-06-10", "2024-05-31")
    file.do("record_certificate", "2024-06-11", certificate=GIVEN)
    assert file.state == "overdue"
    assert [c["ended_on"] for c in file.case.facts["certificates"]] == ["2024-05-31"] * 2  # type: ignore[union-attr]
    ended(file, "2024-06-12", "2024-12-31")
    assert file.state == "compliant"


@pytest.mark.parametrize(("number", "day"), [("GL-9", "2024-05-31"), ("GL-1", "2023-12-31"), ("GL-1", "2025-01-01")])
def test_what_is_not_on_file_is_refused(number, day):
    file = ended(insured(), "2024-06-01", day, number)
    assert isinstance(file.last, Refusal) and file.last.code == "no_such_certificate"
    assert file.last.unmet[0].rule == "certificate.cancelled"


def drive() -> Drive:
    made = Drive.start(payments="instant")
    paper = {**valid_certificate(), "number": "GL-1", "insured_name": "Lumen Ltd"}
    made.desk.seller_do("update_seller", SELLER, seller(insurance_required=True, certificates=[paper]))
    return made


def test_no_exemption_on_a_day_after_it_and_what_was_decided_stays():
    made = drive()
    before = made.desk.record_screening(made.file().id, verdict="valid", by="adjuster:one")
    assert (before.state, before.recovery.status) == ("closed", "waived")
    made.desk.seller_do("cancel_certificate", SELLER, {"number": "GL-1", "ended_on": "2024-06-02"})
    assert made.desk.get(before.id).recovery.status == "waived"  # decided when the cover was thought to run
    after = made.desk.record_screening(made.file().id, verdict="valid", by="adjuster:one")  # Monday 2024-06-03
    assert after.state == "recovery_review"
    made.desk.seller_do("cancel_certificate", SELLER, {"number": "GL-1", "ended_on": "2024-06-03"})
    last = made.desk.record_screening(made.file().id, verdict="valid", by="adjuster:one")
    assert last.recovery.status == "waived"  # the last day itself is covered (R6)
    assert_sound(made.desk.store)


def test_a_line_that_tells_the_certificate_as_before_changes_nothing():
    made = drive()
    made.desk.seller_do("cancel_certificate", SELLER, {"number": "GL-1", "ended_on": "2024-06-02"})
    file = made.desk.seller(SELLER)
    paper = {**valid_certificate(), "number": "GL-1", "insured_name": "Lumen Ltd"}
    made.desk.file(**{**filing(order="114-77"), "seller": seller(insurance_required=True, certificates=[paper])})
    assert made.desk.seller(SELLER).version == file.version
    with pytest.raises(Refused, match="no_such_certificate"):
        made.desk.seller_do("cancel_certificate", SELLER, {"number": "GL-1", "ended_on": "2031-01-01"})
    made.clock.now = parse_instant("2024-06-03T23:00:00-07:00")
    (day,) = made.desk.seller_timeline(SELLER, on="2024-06-03")
    assert "The insurer ended certificate GL-1" in str(day.to_dict()["reasons"]) or day.day.in_force is False
