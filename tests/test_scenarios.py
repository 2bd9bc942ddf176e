"""Every scenario case on every store, and the runner itself: what it reports, what it refuses, what it repeats.

Decision: the cases in ``tests/scenarios`` are the project's reading of its sources and are not edited to follow the
code. Authority: contract sections 4 and 8. Left out: the command line around it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from claimdesk import ClaimDesk, InputError
from claimdesk.adapters.open_store import open_store
from claimdesk.states.codes import HoldReason
from claimdesk.workflow import registry, scenario
from claimdesk.workflow.ports import CaseFilter
from claimdesk.workflow.scenario_load import parse
from claimdesk.workflow.scenario_shape import EXPECT

FOLDER = Path(__file__).parent / "scenarios"
FILES = scenario.find([FOLDER])


@cache
def load(path: Path) -> list[scenario.Scenario]:
    return scenario.load(path)


@cache
def all_cases() -> list[scenario.Scenario]:
    return [case for path in FILES for case in load(path)]


@cache
def pdpi_cases() -> list[scenario.Scenario]:
    return [case for case in all_cases() if case.programme == "pdpi"]


def report(result: scenario.Result) -> str:
    lines = [f"step {d.step or 'end'}: {d.key} expected {d.expected!r}, found {d.actual!r}" for d in result.differences]
    return "\n".join([f"{result.file}: {result.name}", *lines])


def holds(results: Iterable[scenario.Result]) -> None:
    """Every case holds; all that do not are reported, each with its differences."""
    short = [report(result) for result in results if not result.ok]
    assert not short, "\n".join(short)


# ---------------------------------------------------------------- the cases


by_file = pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")


@by_file
def test_file_in_memory(path: Path):
    """Each case in a store of its own."""
    holds([scenario.run_case(case, partial(ClaimDesk.open, "memory:")) for case in load(path)])


@by_file
def test_file_in_sqlite(path: Path, tmp_path: Path):
    """One database a file: the cases share it, each under names of its own."""
    opened = partial(ClaimDesk.open, f"sqlite:///{tmp_path / 'cases.db'}", keys=str(tmp_path / "keys"))
    holds(scenario.run(load(path), opened, namespace="one"))


@pytest.mark.long  # continuous integration runs them in a step of their own
@by_file
def test_file_on_postgresql(path: Path, postgres_database: str, tmp_path: Path):
    """One database a file, as on SQLite."""
    opened = partial(ClaimDesk.open, postgres_database, keys=str(tmp_path / "keys"))
    holds(scenario.run(load(path), opened, namespace="pg"))


def test_a_store_that_outlives_the_run_takes_the_same_cases_again(tmp_path: Path):
    opened = partial(ClaimDesk.open, f"sqlite:///{tmp_path / 'kept.db'}")
    cases = load(FOLDER / "pdpi" / "grouping.yaml")[:8]  # claims of one order or incident: they find each other
    for round_ in ("first", "second"):
        assert [r.name for r in scenario.run(cases, opened, namespace=round_) if not r.ok] == []


# ---------------------------------------------------------------- what does not hold yet


# ---------------------------------------------------------------- what the cases are


def test_there_are_enough_cases_and_each_names_its_source_and_a_theme():
    assert len(pdpi_cases()) >= 150
    for case in all_cases():
        assert case.source, case.name
    for case in pdpi_cases():
        assert case.tags, case.name


def test_every_case_of_a_programme_has_a_name_of_its_own():
    names = [(case.programme, case.name) for case in all_cases()]
    assert len(set(names)) == len(names)


def test_every_state_of_the_programme_is_visited():
    visited = {state for case in pdpi_cases() for state in all_of(case, "visited")} | set(
        texts_of(pdpi_cases(), "state")
    )
    assert {s.name for s in registry.programme("pdpi").lifecycle.states} <= visited


def test_every_denial_is_reached():
    denials = {"not_in_force", "late_filing", "item_scope", "store_scope", "no_compensable_loss"}
    denials |= {"not_product_defect", "screened_out", "dispute_upheld"}
    assert denials <= set(texts_of(pdpi_cases(), "reason"))


def test_every_hold_of_the_contract_is_set():
    named_there = {"other_venue", "minor", "sanctions", "medicare_unknown", "coverage_question", "legal"}
    assert named_there | {"fraud_review", "payment_reversed"} <= set(texts_of(pdpi_cases(), "hold"))
    assert named_there <= {h.value for h in HoldReason}


def test_every_refusal_a_scenario_can_meet_is_met():
    refused = {step.refused for case in pdpi_cases() for step in case.steps}
    assert {
        "stale_version", "not_allowed_from_state", "late_appeal", "on_hold", "needs_reason", "needs_second_person",
        "idempotency_mismatch", "amount_over_balance", "unknown_seller", "unknown_claim",
    } <= refused  # fmt: skip


@pytest.mark.parametrize("key", [k for k in EXPECT if k not in ("reimbursement", "odr_rate", "odr_within_target")])
def test_every_expectation_is_used_at_least_twice(key: str):
    used = sum(key in expect for case in pdpi_cases() for expect in (case.expect, *(s.expect for s in case.steps)))
    assert used >= 2


def test_both_sides_of_every_reading_that_is_a_parameter():
    for name, values in {
        "small_claim.comparator": {"under", "at_most"},
        "recovery.cover_on": {"incident"},
        "recovery.proof_clock": {"notice"},
        "injury.small_claim_path": {"person"},
    }.items():
        written = [case for case in pdpi_cases() if name in case.rulebook]
        assert len(written) >= 2, name
        assert values <= {case.rulebook[name] for case in written}, name


def all_of(case: scenario.Scenario, key: str) -> list[str]:
    return [word for expect in (case.expect, *(s.expect for s in case.steps)) for word in expect.get(key, ())]


def texts_of(cases: list[scenario.Scenario], key: str) -> list[str]:
    found = [expect.get(key) for case in cases for expect in (case.expect, *(s.expect for s in case.steps))]
    return [text for text in found if text is not None]


# ---------------------------------------------------------------- the runner

CASE = """
- name: a small claim
  programme: pdpi
  marketplace: US
  given: {{seller: {{id: A2EXAMPLE, certificates: [valid]}}}}
  steps:
    - {{at: 2024-06-03, do: file, with: {{losses: [{{head: property_damage, amount: 600.00 USD}}]}}}}
    - {{at: 2024-06-04, do: record_screening, with: {{verdict: valid}}{step}}}
  expect: {expect}
"""


def case_of(expect: str = "{state: closed}", step: str = "") -> scenario.Scenario:
    return parse(CASE.format(expect=expect, step=step), "case.yaml")[0]


def play(case: scenario.Scenario) -> scenario.Result:
    return scenario.run_case(case, partial(ClaimDesk.open, "memory:"))


def steps(*written: str) -> scenario.Scenario:
    head = "- name: steps\n  programme: pdpi\n  marketplace: US\n  steps:\n"
    return parse(head + "".join(f"    - {line}\n" for line in written), "case.yaml")[0]


FILED = "{at: 2024-06-03, do: file, with: {losses: [{head: property_damage, amount: 600.00 USD}]}}"
VALID = "{at: 2024-06-04, do: record_screening, with: {verdict: valid}}"


def test_what_holds_is_ok_in_the_words_of_the_contract():
    assert play(case_of()).to_dict() == {"name": "a small claim", "file": "case.yaml", "ok": True, "differences": []}


def test_what_does_not_hold_is_reported_with_both_sides():
    found = play(case_of(expect="{state: denied, paid_by_amazon: 600.00 USD, hold: legal}")).to_dict()
    assert not found["ok"]
    assert found["differences"] == [
        {"step": None, "key": "state", "expected": "denied", "actual": "closed"},
        {"step": None, "key": "hold", "expected": "legal", "actual": None},
    ]


@pytest.mark.parametrize(
    ("expect", "key"),
    [
        ("{visited: [approved, filed]}", "visited"),
        ("{visited: [filed, seller_notified]}", "visited"),
        ("{not_visited: [approved]}", "not_visited"),
        ("{eligible_amount: 600.01 USD}", "eligible_amount"),
        ("{eligible_amount: 600.00 CAD}", "eligible_amount"),
        ("{paid_by_amazon: 0.00 USD}", "paid_by_amazon"),
        ("{paid_by_seller: 600.00 USD}", "paid_by_seller"),
        ("{paid_by_insurer: 0.01 USD}", "paid_by_insurer"),
        ("{recovery: {status: due, amount: 0.00 USD}}", "recovery.status"),
        ("{recovery: {amount: 1.00 USD}}", "recovery.amount"),
        ("{recovery: {from: insurer}}", "recovery.from"),
        ("{withholding_allowed: true}", "withholding_allowed"),
        ("{odr_counted: true}", "odr_counted"),
        ("{hold: legal}", "hold"),
        ("{reason: late_filing}", "reason"),
        ("{deadline: {kind: appeal, on: 2024-07-03}}", "deadline"),
        ("{deadlines: {acknowledge: 2024-06-19}}", "deadlines"),
        ("{notices: [customer_denied]}", "notices"),
        ("{not_notified: [seller]}", "not_notified"),
        ("{tasks: [refer]}", "tasks"),
        ("{required: true}", "required"),
        ("{due_on: 2024-07-03}", "due_on"),
        ("{certificate: {accepted: false}}", "certificate.accepted"),
        ("{certificate: {rejected_for: [name]}}", "certificate.rejected_for"),
        ("{reimbursement: 1.00 USD}", "reimbursement"),
        ("{odr_rate: 0.5}", "odr_rate"),
        ("{odr_within_target: false}", "odr_within_target"),
    ],
)
def test_a_false_expectation_of_every_kind_is_reported(expect: str, key: str):
    assert [d.key for d in play(case_of(expect=expect)).differences] == [key]


def test_an_open_clock_is_reported_where_none_was_expected():
    assert play(case_of(expect="{no_deadline: true}")).ok
    large = steps(
        FILED.replace("600.00", "2400.00"),
        VALID,
        "{at: 2024-06-04, do: tick, expect: {no_deadline: true}}",
        "{at: 2024-06-04, do: tick, expect: {no_deadline: seller_response}}",
        "{at: 2024-06-04, do: tick, expect: {no_deadline: appeal}}",
    )
    assert [(d.step, d.actual) for d in play(large).differences] == [
        (step, [{"kind": "seller_response", "on": "2024-06-11"}]) for step in (3, 4)
    ]


def test_a_step_reports_under_its_own_number():
    case = case_of(step=", expect: {state: approved}")
    assert [(d.step, d.key) for d in play(case).differences] == [(2, "state")]


def test_sets_are_compared_without_order_and_mappings_by_the_keys_they_name():
    case = case_of(
        expect="{tasks: [], notices: [seller_informed, customer_paid], recovery: {amount: 0.00 USD},"
        " certificate: {rejected_for: []}, visited: [filed, closed]}"
    )
    assert play(case).ok


def test_a_refusal_that_does_not_come_is_reported():
    found = play(case_of(step=", refused: on_hold")).differences
    assert [(d.step, d.key, d.expected, d.actual) for d in found] == [(2, "refused", "on_hold", "done")]


def test_a_refusal_with_another_code_is_reported():
    case = steps(FILED, "{at: 2024-06-04, do: resolve, with: {amount: 1.00 USD}, refused: on_hold}")
    assert [(d.expected, d.actual) for d in play(case).differences] == [("on_hold", "not_allowed_from_state")]
    other = FILED.replace("USD}]}}", "CAD}]}, refused: late_filing}")  # what does not fit is refused too
    assert [(d.expected, d.actual) for d in play(steps(other)).differences] == [("late_filing", "currency_mismatch")]


def test_a_refusal_nobody_expected_ends_the_case():
    case = steps(
        FILED,
        "{at: 2024-06-04, do: decline_offer}",
        "{at: 2024-06-05, do: withdraw, expect: {state: withdrawn}}",
    )
    found = play(case).differences
    assert [(d.step, d.key, d.expected) for d in found] == [(2, "do", "done")]
    assert "not_allowed_from_state" in found[0].actual


def test_a_refused_step_that_changes_something_is_reported(monkeypatch: pytest.MonkeyPatch):
    """A desk that writes and then refuses: the runner must notice, whatever the code."""

    class Leaky(ClaimDesk):
        def do(self, verb: str, claim: str, payload: Any = None, **options: Any) -> Any:
            if verb == "decline_offer":
                super().do("note", claim, {"text": "left behind"}, at=options["at"])
            return super().do(verb, claim, payload, **options)

    case = steps(FILED, "{at: 2024-06-04, do: decline_offer, refused: not_allowed_from_state}")
    found = scenario.run_case(case, partial(Leaky.open, "memory:")).differences
    assert [(d.key, d.expected) for d in found] == [("refused", "nothing changed")]
    assert "version" in found[0].actual and "journal" in found[0].actual


def test_letters_leave_at_once_and_clocks_fire_at_their_own_instant():
    case = steps(
        FILED.replace("600.00", "2400.00"),
        VALID,
        "{at: 2024-12-01, do: note, with: {text: much later}, expect: {deadlines: {appeal: 2024-07-12}}}",
    )
    assert play(case).ok


def test_a_case_without_expectations_still_says_when_a_step_is_refused():
    assert play(steps(FILED)).ok
    assert not play(steps(FILED, "{at: 2024-06-04, do: decline_offer}")).ok


def test_a_run_repeats_itself_exactly():
    def ids() -> list[str]:
        store = open_store("memory:")
        store.close, close = lambda: None, store.close  # the store is looked at after its desk is closed
        scenario.run_case(case_of(), partial(ClaimDesk.open, "memory:", store=store))
        with store.read() as unit:
            found = [case.id for case in unit.list_cases(CaseFilter())]
        close()
        return found

    assert ids() == ids() != []


def test_an_order_and_a_day_left_out_are_the_plain_ones():
    assert play(case_of(expect="{state: closed, eligible_amount: 600.00 USD}")).ok


def test_tags_choose_cases():
    files = [
        FOLDER / "pdpi" / name for name in ("dates.yaml", "line.yaml")
    ]  # some cases of the first, none of the second
    everything = scenario.load_all(files)
    leap = scenario.load_all(files, ["leap"])
    assert 0 < len(leap) < len(everything)
    assert all("leap" in case.tags for case in leap)


def test_words_of_yaml_1_2_stay_words():
    case = steps(FILED, "{at: 2024-06-04, do: note, with: {text: no}}", "{at: 2024-06-04, do: note, with: {text: on}}")
    assert [step.payload.get("text") for step in case.steps] == [None, "no", "on"]


def test_a_date_is_nine_in_the_morning_of_the_marketplace():
    for marketplace, instant in (
        ("US", "16:00"),
        ("CA", "13:00"),
        ("UK", "08:00"),
        ("EU", "07:00"),
    ):
        written = CASE.format(expect="{state: closed}", step="").replace(
            "marketplace: US", f"marketplace: {marketplace}"
        )
        assert parse(written, "case.yaml")[0].steps[0].at.strftime("%H:%M") == instant


def test_dates_may_come_as_text_or_as_dates():
    assert parse(CASE.format(expect="{deadlines: {acknowledge: '2024-06-18'}}", step=""), "f")[0].expect == (
        parse(CASE.format(expect="{deadlines: {acknowledge: 2024-06-18}}", step=""), "f")[0].expect
    )


# ---------------------------------------------------------------- bad files


def refused(build: Callable[[], object]) -> InputError:
    with pytest.raises(InputError) as caught:
        build()
    return caught.value


@pytest.mark.parametrize("content", [b"", b"\n# nothing\n", b"[]\n"])
def test_an_empty_file_is_refused(content: bytes, tmp_path: Path):
    path = tmp_path / "empty.yaml"
    path.write_bytes(content)
    error = refused(lambda: scenario.load(path))
    assert (error.code, error.exit_code) == ("no_cases", 2)
    assert str(path) in error.message


def test_a_misspelt_expectation_says_where_and_what_is_meant():
    error = refused(lambda: case_of(expect="{sate: closed}"))
    assert error.code == "unknown_key"
    assert error.message == "case.yaml, case 'a small claim', key expect.sate: 'sate' is not a key here"
    assert error.hint.startswith("did you mean state?")


def test_a_misspelt_key_of_a_step_says_which_step():
    error = refused(lambda: case_of(step=", expects: {state: closed}"))
    assert error.message == "case.yaml, case 'a small claim', step 2, key expects: 'expects' is not a key here"
    assert "expect" in error.hint


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("a: [1", "not_yaml"),
        ("- a: 1\n  a: 2", "key_twice"),
        ("a: 1", "not_a_list"),
        ("- text", "not_a_mapping"),
        ("- {programme: pdpi, marketplace: US, steps: []}", "missing_key"),
        ("- {name: x, programme: pdpi, marketplace: US, steps: []}", "no_steps"),
        ("- {name: x, programme: pdip, marketplace: US, steps: []}", "not_a_choice"),
        ("- {name: x, programme: pdpi, marketplace: XX, steps: []}", "no_rulebook"),
        ("- {name: x, programme: pdpi, marketplace: US, stesp: []}", "unknown_key"),
        ("- &a [*a]", "too_deep"),
        ("- !!python/object:os.system {}", "not_yaml"),
    ],
)
def test_a_bad_file_is_refused(written: str, code: str):
    assert refused(lambda: parse(written, "bad.yaml")).code == code


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{at: 2024-06-03, do: fiel}", "not_a_choice"),
        ("{do: file}", "missing_key"),
        ("{at: 2024-06-03}", "missing_key"),
        ("{at: 2024-06-03T09:00:00, do: file}", "naive_instant"),
        ("{at: yesterday, do: file}", "not_an_instant"),
        ("{at: 2024-02-30, do: file}", "not_a_date"),
        ("{at: 2024-06-03, do: file, with: [1]}", "not_a_mapping"),
        ("{at: 2024-06-03, do: file, claim: true}", "not_a_claim"),
        ("{at: 2024-06-03, do: file, reason: 3}", "not_text"),
        ("{at: 2024-06-03, do: tick, expect: {state: paid}}", "not_a_choice"),
        ("{at: 2024-06-03, do: tick, expect: {visited: [filed, paid]}}", "not_a_choice"),
        ("{at: 2024-06-03, do: tick, expect: {eligible_amount: 600.00}}", "not_decimal_text"),
        ("{at: 2024-06-03, do: tick, expect: {odr_counted: yes}}", "not_a_flag"),
        ("{at: 2024-06-03, do: tick, expect: {tasks: [ofac]}}", "not_a_choice"),
        ("{at: 2024-06-03, do: tick, expect: {notices: [paid]}}", "not_a_choice"),
        ("{at: 2024-06-03, do: tick, expect: {deadline: {on: 2024-06-03}}}", "missing_key"),
        ("{at: 2024-06-03, do: tick, expect: {deadline: {kind: proof}}}", "not_a_choice"),
        ("{at: 2024-06-03, do: tick, expect: {deadlines: {appeal: soon}}}", "not_a_date"),
        ("{at: 2024-06-03, do: tick, expect: {no_deadline: false}}", "not_a_choice"),
        ("{at: 2024-06-03, do: tick, expect: {recovery: due}}", "not_a_mapping"),
        ("{at: 2024-06-03, do: tick, expect: {certificate: {fine: true}}}", "unknown_key"),
    ],
)
def test_a_bad_step_is_refused_before_anything_runs(line: str, code: str):
    error = refused(lambda: steps(line))
    assert error.code == code
    assert error.message.startswith("case.yaml, case 'steps', step 1")


def test_steps_stand_in_the_order_of_time():
    error = refused(lambda: steps(VALID, FILED))
    assert (error.code, error.field) == ("not_in_order", "at")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("{selller: {}}", "unknown_key"),
        ("{payments: later}", "not_a_choice"),
        ("{overlays: [medicare]}", "not_a_choice"),
        ("{rulebook: {small_claim.limt: 1}}", "unknown_key"),
        ("[]", "not_a_mapping"),
    ],
)
def test_a_bad_given_is_refused(given: str, code: str):
    written = CASE.format(expect="{state: closed}", step="")
    world = "{seller: {id: A2EXAMPLE, certificates: [valid]}}"
    assert refused(lambda: parse(written.replace(world, given), "case.yaml")).code == code


def test_a_seller_with_an_unknown_field_is_refused():
    written = CASE.format(expect="{state: closed}", step="").replace("certificates: [valid]", "certifcates: [valid]")
    error = refused(lambda: play(parse(written, "case.yaml")[0]))
    assert "key given.seller" in error.message and "certificates" in error.hint


def test_a_payload_with_an_unknown_field_is_refused_with_its_place():
    error = refused(lambda: play(steps(FILED, VALID.replace("verdict", "verdikt").replace("}}", "}, expect: {}}"))))
    assert "step 2" in error.message and "with.verdi" in error.message
    # What is known is what may stand in that place: not the fields of something else, and not the branch of a choice.
    error = refused(lambda: play(steps(FILED.replace("{losses", "{evidence: [{kind: photo, ref: p1}], losses"))))
    assert (error.field, error.hint) == ("with.evidence.0.ref", "known: captured_at, id, kind, received_at, sha256")
    error = refused(lambda: play(steps(FILED, "{at: 2024-06-04, do: withdraw, with: {by: customer}}")))
    assert (error.field, error.hint) == ("with.by", "leave it out")


def test_a_claim_that_was_never_named_is_refused():
    error = refused(
        lambda: play(steps(FILED, "{at: 2024-06-04, do: withdraw, claim: other, expect: {state: withdrawn}}"))
    )
    assert error.code == "no_such_name"
    twice = FILED.replace("{losses", "{order: {id: 114-1}, losses")
    error = refused(lambda: play(steps(twice, twice, "{at: 2024-06-04, do: withdraw, claim: 114-1}")))
    assert error.code == "no_such_name"  # two claims have this order
    error = refused(lambda: steps(FILED, VALID.replace("}}", "}, expected_version: latest}")))
    assert (error.code, error.field) == ("not_a_number", "expected_version")
    error = refused(lambda: play(steps("{at: 2024-06-04, do: withdraw, expect: {state: withdrawn}}")))
    assert error.code == "no_claim"


@pytest.mark.parametrize("told", ['""', "null", "", "CONTRACT 3"])
def test_a_source_may_be_left_empty(told: str):
    written = CASE.format(expect="{state: closed}", step="") + f"  source: {told}\n"
    assert parse(written, "case.yaml")[0].source == (told if told.startswith("C") else "")


def test_two_cases_of_one_name_are_refused():
    written = CASE.format(expect="{state: closed}", step="")
    assert refused(lambda: parse(written + written, "case.yaml")).code == "name_twice"


def test_a_path_that_is_not_there_is_refused(tmp_path: Path):
    assert refused(lambda: scenario.load_all([tmp_path / "none.yaml"])).code == "no_such_file"
    assert refused(lambda: scenario.load_all([tmp_path])).code == "no_scenarios"


def test_bytes_that_are_not_text_are_refused(tmp_path: Path):
    path = tmp_path / "latin.yaml"
    path.write_bytes("- name: Süd".encode("latin-1"))
    assert refused(lambda: scenario.load(path)).code == "not_utf8"
