"""The compliance file: what is kept, what moves it, and that its journal makes it again."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimdesk import Refused
from claimdesk.states.case import Case, fold
from claimdesk.states.seller_insurance import LIFECYCLE
from claimdesk.states.times import parse_date
from claimdesk.workflow.plan import Command, Context, Plan, Refusal, plan
from claimdesk.workflow.programmes.seller_insurance import PROGRAMME
from claimdesk.workflow.programmes.seller_insurance.clocks import cover_ends, covered
from claimdesk.workflow.programmes.seller_insurance.compliance import duty_of
from support.desks import SELLER, SMALL, filing, make_desk

from seller_insurance.driver import File  # isort: skip

OVER = "10000.01 USD"


def rebuilt(file: File) -> Case:
    """The case its entries make."""
    case: Case | None = None
    for body in file.bodies:
        case = fold(case, body, None)
    assert case is not None
    return case


def facts(file: File) -> dict[str, Any]:
    assert file.case is not None
    return file.case.facts


def test_every_verb_of_the_lifecycle_has_a_handler_or_is_generic():
    generic = {"attach_evidence", "note", "assign", "hold", "release_hold", "redact"}
    assert set(LIFECYCLE.verbs) == set(PROGRAMME.handlers) | generic
    deciding = {"appeal", "decide_appeal", "decide"}  # refused while a hold stands
    assert set(PROGRAMME.records) | {"redact"} == set(LIFECYCLE.verbs) - deciding


def test_the_first_facts_open_the_file():
    file = File({"certificates": ["valid"], "proceeds": {"2022-01": OVER}}).open("2022-02-05")
    assert file.case is not None
    assert (file.case.id, file.case.seller) == ("SLR-A2EXAMPLE", "A2EXAMPLE")
    assert file.case.rulebook == "seller_insurance-us@2021-09-01"
    assert file.path == ("not_required", "compliant")
    assert facts(file)["certificates"][0]["submitted_on"] == "2020-01-01"


def test_without_proceeds_or_requests_nothing_is_known_about_the_duty():
    file = File().open("2022-02-05")
    assert "required" not in facts(file) and file.shown["required"] is False
    file.do("record_proceeds", "2022-02-05", month="2022-01", amount="5.00 USD")
    assert facts(file)["required"] is False


def test_an_update_keeps_only_what_changed():
    file = File({"categories": ["lamps"]}).open("2022-02-05")
    file.do("update_seller", "2022-02-06", legal_entity="Lumen Ltd", categories=["lamps", "toys"])
    assert file.bodies[-1]["set"] == {"categories": ["lamps", "toys"]}


def test_certificates_already_on_file_are_not_judged_again():
    file = File({"certificates": ["valid"]}).open("2022-02-05")
    file.do("update_seller", "2022-02-06", certificates=["valid"])
    assert len(facts(file)["certificates"]) == 1
    file.do("record_certificate", "2022-02-07", certificate="valid")
    assert [c["submitted_on"] for c in facts(file)["certificates"]] == ["2020-01-01", "2022-02-07"]


def test_a_certificate_is_judged_by_the_rulebook_of_the_day_it_was_given():
    file = File().open("2022-01-05")
    file.do("record_certificate", "2023-02-05", certificate={"template": "valid", "deductible": "10000.00 USD"})
    assert file.bodies[-1]["decision"]["rulebook"] == "seller_insurance-us@2022-06-27"
    assert file.shown["certificate"]["unknown"] == ["proceeds_12m"]
    backdated = {"template": "valid", "deductible": "10000.00 USD", "submitted_at": "2022-06-26T23:59:59-07:00"}
    file.do("record_certificate", "2023-02-06", certificate=backdated)
    assert file.bodies[-1]["decision"]["rulebook"] == "seller_insurance-us@2021-09-01"
    assert file.shown["certificate"]["accepted"] is True


def test_a_certificate_of_a_day_to_come_is_refused_and_changes_nothing():
    file = File().open("2022-01-05")
    before = file.case
    file.do("record_certificate", "2022-01-06", certificate={"template": "valid", "submitted_at": "2022-01-07"})
    assert isinstance(file.last, Refusal) and str(file.last.code) == "not_yet"
    assert file.last.unmet and file.last.message
    assert file.case == before


def test_the_local_day_decides_when_a_certificate_was_given():
    late_evening = {"template": "valid", "submitted_at": "2022-06-27T06:30:00Z"}  # 23:30 the day before in the zone
    file = File().do("record_certificate", "2022-07-05", certificate=late_evening)
    assert facts(file)["certificates"][0]["submitted_on"] == "2022-06-26"


def test_a_rejection_is_written_to_the_seller_unless_a_claim_does_so():
    file = File().do("record_certificate", "2024-06-03", certificate={"template": "valid", "signed": False})
    assert file.notices == ["seller_certificate_rejected"]
    file.do("record_certificate", "2024-06-04", certificate={"template": "valid", "signed": "unknown"})
    assert file.notices == ["seller_certificate_rejected"]  # asked about, not rejected
    assert file.case is not None
    command = Command(
        "record_certificate",
        {"certificate": {"signed": False}, "from_claim": "CLM-1"},
        "rules",
        file.instant("2024-06-05"),
        claim=file.case.id,
        lenient=True,
    )
    ctx = Context(command.at, file.version(date(2024, 6, 5)), lambda prefix: prefix + "-1", file.version)
    made = plan(PROGRAMME, file.case, command, ctx)
    assert isinstance(made, Plan) and made.notices == ()


def test_what_was_left_open_is_judged_again_when_it_is_told():
    rules: dict[str, Any] = {"certificate.claims_made_categories": ["lamps"]}
    file = File(**rules)
    file.do("record_certificate", "2024-06-03", certificate={"template": "valid", "basis": "claims_made"})
    assert file.shown["certificate"]["unknown"] == ["categories"]
    file.do("update_seller", "2024-06-10", categories=["lamps"])
    assert file.shown["certificate"] == {"number": "GL-0001", "accepted": True, "rejected_for": [], "unknown": []}
    assert facts(file)["certificates"][0]["submitted_on"] == "2024-06-03"


def test_months_on_file_answer_for_the_twelve_months():
    file = File().do("record_certificate", "2023-02-05", certificate={"template": "valid", "deductible": "9.00 USD"})
    assert file.shown["certificate"]["unknown"] == ["proceeds_12m"]
    file.do("record_proceeds", "2023-02-06", month="2022-12", amount="1000000.01 USD")
    assert file.shown["certificate"]["accepted"] is True


def test_a_rejected_certificate_stays_rejected():
    file = File().do("record_certificate", "2024-06-03", certificate={"template": "valid", "insured_name": "Other"})
    file.do("update_seller", "2024-06-10", legal_entity="Other")
    assert file.shown["certificate"]["rejected_for"] == ["name"]


def test_the_file_shows_a_bounded_number_of_certificates_and_keeps_accepted_ones():
    file = File().do("record_certificate", "2024-06-03", certificate={"template": "valid", "number": "KEEP"})
    for n in range(40):
        file.do(
            "record_certificate", "2024-06-03", certificate={"template": "valid", "signed": False, "number": f"R{n}"}
        )
    kept = [c["number"] for c in facts(file)["certificates"]]
    assert len(kept) == 24 and kept[0] == "KEEP" and kept[-1] == "R39"


def test_an_earlier_month_told_late_moves_the_clock_forward():
    file = File().do("record_proceeds", "2022-03-05", month="2022-02", amount=OVER)
    assert file.clocks == {"insurance_due": "2022-03-30"}
    file.do("record_proceeds", "2022-03-06", month="2022-01", amount=OVER, crossed_on="2022-01-31")
    assert (file.state, file.shown["due_on"], file.clocks) == (
        "overdue", "2022-03-02", {"restriction_appeal": "2022-04-05"},
    )  # fmt: skip


def test_a_month_corrected_downwards_does_not_undo_the_duty():
    file = File().do("record_proceeds", "2022-02-05", month="2022-01", amount=OVER)
    file.do("record_proceeds", "2022-02-06", month="2022-01", amount="1.00 USD")
    assert (file.state, file.shown["required"], file.shown["due_on"]) == ("required", True, "2022-03-02")


def test_the_review_is_set_and_taken_back():
    file = File().do("record_proceeds", "2021-08-05", month="2021-07", amount=OVER)
    assert file.clocks == {"duty_review": "2021-08-31"}
    file.do("record_proceeds", "2021-08-06", month="2021-07", amount="1.00 USD")
    assert file.clocks == {}


def test_a_late_opening_still_names_the_clock_that_was_missed():
    file = File({"proceeds": {"2021-09": OVER}}).open("2022-01-05")
    assert file.path == ("not_required", "required", "overdue")
    assert file.case is not None
    assert [(d.kind, d.on, d.status) for d in file.case.deadlines] == [
        ("insurance_due", "2021-10-30", "missed"), ("restriction_appeal", "2022-02-04", "open"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("spans", "day", "expected"),
    [
        ([("2022-01-01", "2022-06-30")], "2022-03-01", "2022-06-30"),
        ([("2022-01-01", "2022-06-30"), ("2022-07-01", "2022-12-31")], "2022-03-01", "2022-12-31"),
        ([("2022-01-01", "2022-06-30"), ("2022-07-02", "2022-12-31")], "2022-03-01", "2022-06-30"),
        ([("2022-07-01", "2022-12-31"), ("2022-01-01", "2022-06-30")], "2022-03-01", "2022-12-31"),
        ([("2022-01-01", "2022-12-31"), ("2022-02-01", "2022-03-31")], "2022-02-15", "2022-12-31"),
        ([("2021-01-01", "2021-12-31"), ("2022-02-01", "2022-12-31")], "2022-02-15", "2022-12-31"),
        ([("2022-03-02", "2022-12-31")], "2022-03-01", None),
        ([], "2022-03-01", None),
    ],
)
def test_cover_without_a_gap_counts_as_one(spans, day, expected):
    held = [{"template": "valid", "starts_on": a, "ends_on": b, "submitted_at": "2020-06-01"} for a, b in spans]
    file = File({"certificates": held}).open("2020-12-01")
    assert file.case is not None
    found = cover_ends(file.case, date.fromisoformat(day))
    assert (found and found.isoformat()) == expected


# ---------------------------------------------------------------- properties

START = date(2021, 6, 1)
steps = st.lists(
    st.tuples(
        st.integers(0, 120),
        st.one_of(
            st.tuples(st.just("record_proceeds"), st.sampled_from(["1.00 USD", "10000.00 USD", OVER])),
            st.tuples(st.just("request_insurance"), st.just("")),
            st.tuples(st.just("record_certificate"), st.sampled_from(["now", "later", "bad", "open", "short"])),
            st.tuples(st.just("tick"), st.just("")),
        ),
    ),
    min_size=1,
    max_size=8,
)


def payload_of(verb: str, what: str, day: date) -> dict[str, Any]:
    match verb:
        case "record_proceeds":
            return {"month": f"{day:%Y-%m}", "amount": what}
        case "record_certificate":
            more: dict[str, Any] = {"template": "valid", "starts_on": day.isoformat()}
            more["ends_on"] = (day + timedelta(days=400)).isoformat()
            if what == "later":
                more["starts_on"] = (day + timedelta(days=45)).isoformat()
            if what == "short":
                more["ends_on"] = (day + timedelta(days=60)).isoformat()
            if what == "bad":
                more["signed"] = False
            if what == "open":
                more["signed"] = "unknown"
            return {"certificate": more}
        case _:
            return {}


@given(steps)
def test_the_state_says_what_is_so_whatever_happens(taken: list[tuple[int, tuple[str, str]]]):
    file, day = File().open(START.isoformat()), START
    for wait, (verb, what) in taken:
        day += timedelta(days=wait)
        file.do(verb, day.isoformat(), **payload_of(verb, what, day))
        check(file, day)


def check(file: File, day: date) -> None:
    case = file.case
    assert case is not None
    insured, required = covered(case, day), case.facts.get("required") is True
    assert duty_of(case.facts, case.marketplace, day).required <= required
    expected = "not_required"
    if required:
        late = day > parse_date(case.facts["due_on"])
        lapsed = "compliant" in case.path or late
        expected = "compliant" if insured else "overdue" if lapsed else "required"
    assert case.state == expected
    kinds = [d.kind for d in case.deadlines if d.status == "open"]
    assert len(kinds) == len(set(kinds))
    wanted = {"required": "insurance_due", "compliant": "certificate_end"}.get(case.state)
    assert wanted is None or wanted in kinds
    assert all(d.on >= day.isoformat() for d in case.deadlines if d.status == "open")
    again = rebuilt(file)
    assert (again.state, again.facts, again.path, again.deadlines) == (
        case.state,
        case.facts,
        case.path,
        case.deadlines,
    )


def test_cover_that_begins_the_day_after_the_last_day_is_never_overdue():
    file = File().do("request_insurance", "2021-10-10")
    file.do("record_certificate", "2021-10-20", certificate={"template": "valid", "starts_on": "2021-11-10"})
    file.do("tick", "2021-11-10")
    assert file.path == ("not_required", "required", "compliant")
    assert file.clocks == {"certificate_end": "2030-12-31", "certificate_reminder": "2030-11-30"}


def outcome(file: File) -> str:
    assert file.case is not None
    return PROGRAMME.outcome(file.case)


def test_what_a_file_waits_for_in_the_words_of_triage():
    file = File().open("2021-10-10")
    assert (outcome(file), file.shown["certificate"]) == ("none", None)
    file.do("request_insurance", "2021-10-10")
    assert outcome(file) == "notify_seller"
    file.do("record_certificate", "2021-10-11", certificate={"template": "valid", "signed": None})
    assert outcome(file) == "request_information"
    file.do("hold", "2021-10-12", hold="legal")
    assert outcome(file) == "hold"
    file.do("release_hold", "2021-10-13")
    file.do("record_certificate", "2021-10-14", certificate="valid")
    assert (file.state, outcome(file)) == ("compliant", "none")


def test_requests_and_the_elected_country_may_come_with_the_seller_s_facts():
    file = File({"proceeds": {"2022-01": OVER}, "elected_country": "MX"}).open("2022-02-05")
    assert file.shown["required"] is False
    file.do("update_seller", "2022-02-06", requests=["2022-02-01"])
    assert (file.state, file.shown["due_on"]) == ("required", "2022-03-03")
    asked = File({"requests": ["2022-02-01"]}).open("2022-02-06")
    assert (asked.state, asked.codes) == ("required", ("insurance_requested",))


def test_whoever_names_himself_as_the_second_person_is_refused_in_words():
    """A seller's file has no amount from which two decide; its refusal names a rule that stands for every programme."""
    desk = make_desk()
    claim = desk.file(**filing(SMALL)).id
    certificate = {"certificate": "valid"}
    for told in (
        lambda: desk.seller_do("record_certificate", SELLER, certificate, approved_by=desk.actor),
        lambda: desk.do("record_certificate", claim, certificate, approved_by=desk.actor),
    ):
        with pytest.raises(Refused) as refused:
            told()
        (unmet,) = refused.value.unmet
        assert (refused.value.code, unmet["rule"]) == ("needs_second_person", "control.two_people")
        assert unmet["source"] and unmet["tested"] and "amount" not in refused.value.message
