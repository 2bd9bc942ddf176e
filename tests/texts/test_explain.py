"""Reasons on the wire, explanations for auditors, timelines and refusals, from decisions the planner really made."""

from __future__ import annotations

import re

import pytest

from claimdesk.states.errors import InputError
from claimdesk.workflow.catalogue import LANGUAGES, value_words
from claimdesk.workflow.catalogue import tested as said_of
from claimdesk.workflow.engine import raised
from claimdesk.workflow.explain import explain, reason_json, refusal_text, timeline, timeline_text
from claimdesk.workflow.plan import Refusal
from claimdesk.workflow.reasons import Reason
from claimdesk.workflow.rulebook import resolve

from .driver import Drive

US = resolve("pdpi-us@2021-09-01")
VALID = {"verdict": "valid", "by": "adjuster:one"}


def small(**overrides: object) -> Drive:
    """The first half of the demonstration: under the line, insured, closed."""
    made = Drive(**overrides).sell(insurance_required=True).certify("2024-01-05", number="GL-7731")  # type: ignore[arg-type]
    return made.file().do("record_screening", "2024-06-04", **VALID)


def large() -> Drive:
    """Over the line, waiting for the seller."""
    made = Drive().sell(insurance_required=True)
    made.file(losses=[{"head": "property_damage", "amount": "2400.00 USD"}])
    return made.do("record_screening", "2024-06-04", **VALID)


def said(made: Drive, lang: str = "en") -> str:
    assert made.case is not None
    return explain(made.case, made.decisions, lang=lang, version_of=made.version_of)


def test_a_reason_on_the_wire_is_what_the_contract_shows():
    reason = Reason("under_small_claim_limit", "small_claim.limit", "640.00 USD", True, "under 1000.00 USD")
    assert reason_json(reason, US) == {
        "code": "under_small_claim_limit",
        "rule": "small_claim.limit",
        "tested": "eligible amount under 1000.00 USD",
        "value": "640.00 USD",
        "result": True,
        "source": "SEED 000",
    }


def test_readings_stand_on_the_wire_only_where_there_are_some():
    reason = Reason("under_small_claim_limit", "small_claim.limit", "1000.00 USD", True, "at_most 1000.00 USD", ("R1",))
    found = reason_json(reason, US)
    assert found["tested"] == "eligible amount at most 1000.00 USD"
    assert found["readings"] == ["R1"]


def test_a_rule_that_is_no_parameter_has_its_source_in_the_catalogue():
    found = reason_json(Reason("screened_valid", "screening.verdict", "valid"), US)
    assert found["source"].startswith("DOMAIN 1.3")
    assert found["tested"] == "verdict of a person or outside expert"


def test_every_reason_of_real_decisions_goes_on_the_wire():
    for made in (small(), large()):
        for entry in (*made.decisions, *(e for e in made.seller_entries if "decision" in e)):
            version = made.version_of(entry["decision"]["rulebook"])
            for raw in entry["decision"]["reasons"]:
                found = reason_json(Reason.from_entry(raw), version)
                assert {"code", "rule", "tested", "value", "result", "source"} <= found.keys()
                assert found["tested"] and found["source"]


# -- explanations --------------------------------------------------------------------------------------------------


def test_an_explanation_answers_what_why_by_whom_and_what_next():
    text = said(small())
    assert text.startswith("CLM-")
    assert "Outcome   waived: The seller is not asked to reimburse the payment." in text
    assert re.search(r"recovery\.cover_on +pass +accepted certificate on file on 4 June 2024; on file: GL-7731", text)
    assert "[DOMAIN 1.4 step 3; reading]" in text
    assert "Would change it\n  no accepted certificate on file: proof of insurance is asked for" in text
    assert f"digest {US.sha256}" in text
    assert "by the rules, after record_screening by cs:mei." in text
    assert "Earlier decisions (1)\n  Outcome   auto_pay: Amazon pays the customer." in text
    assert "The claim waits for nothing." in text


def test_a_failed_test_stands_out_and_says_what_would_change_it():
    text = said(large())
    assert re.search(r"small_claim\.limit +FAIL +eligible amount under 1,000\.00 USD; on file: 2,400\.00 USD", text)
    assert "under 1,000.00 USD: paid by Amazon at once" in text
    by = "By Tuesday 11 June 2024, 23:59 Los Angeles time (Wednesday 12 June 2024, 06:59 UTC): the seller's answer."
    assert by in text
    assert "If it passes: Amazon steps in and pays the customer." in text
    assert "Earlier decisions: none" in text


def test_exactly_at_the_line_the_reading_and_what_the_other_would_give_are_said():
    made = Drive().sell(insurance_required=True)
    made.file(losses=[{"head": "property_damage", "amount": "1000.00 USD"}]).do(
        "record_screening", "2024-06-04", **VALID
    )
    text = said(made)
    assert "R1  Is exactly 1,000.00 under the line?" in text
    assert "we read: strictly under 1,000.00" in text
    assert "other reading: 1,000.00 or less" in text
    assert "it would give: a small claim: Amazon would pay at once" in text


def test_the_other_comparator_reads_as_such():
    made = Drive(**{"small_claim.comparator": "at_most"}).sell(insurance_required=True)
    made.file(losses=[{"head": "property_damage", "amount": "1000.00 USD"}]).do(
        "record_screening", "2024-06-04", **VALID
    )
    text = said(made)
    assert "eligible amount at most 1,000.00 USD; on file: 1,000.00 USD" in text
    assert "more than 1,000.00 USD: the seller is asked first" in text
    assert "pdpi-us@2021-09-01+small_claim.comparator=at_most" in text


def test_assumed_values_are_loud():
    made = large().do("respond", "2024-06-08", actor="seller", position="reject")
    text = said(made)
    assert "ASSUMED: no source states these values: desk.target = 14 days." in text
    assert "; ASSUMED]" in text
    assert "R11" in text and "it would give: Amazon would have stepped in" in text


def test_a_hold_says_what_it_waits_for():
    made = large().do("hold", "2024-06-05", hold="legal")
    assert "On hold: kept as it is for legal reasons. Nothing automatic happens" in said(made)
    assert "已暂停：因法律原因保全。" in said(made, "zh-CN")


def test_before_any_decision():
    made = Drive().file(losses=[{"head": "property_damage", "amount": "640.00 USD"}])
    assert "Outcome   Nothing is decided yet." in said(made)


def test_chinese_says_the_same_with_chinese_words():
    text = said(large(), "zh-CN")
    assert "结论      notify_seller：先征询卖家。" in text
    assert "可赔金额低于 1,000.00 美元（USD）；记录：2,400.00 美元（USD）  [SEED 000]" in text
    assert "北京时间 6 月 12 日（星期三）14:59 前：卖家回复。" in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_explanation_is_the_same_every_time(lang):
    made = large()
    assert said(made, lang) == said(made, lang)


# -- timelines -----------------------------------------------------------------------------------------------------


def test_a_timeline_says_who_did_what_and_what_was_done_by_hand():
    rows = timeline(large().entries, "en")
    filed, screened, asked = rows[0], rows[2], rows[3]
    assert (filed.what, filed.by, filed.manual) == ("Claim filed", "cs:mei", True)
    assert (screened.what, screened.manual) == ("Screening verdict recorded", True)
    assert asked.what == "Seller asked -> Waiting for the seller"
    assert (asked.by, asked.manual) == ("the rules, after record_screening by cs:mei", False)
    assert "clock started: the seller's answer, to 11 June 2024" in asked.details
    assert asked.to_dict()["details"] == list(asked.details)


def test_scripts_and_rules_are_not_marked_manual():
    made = Drive().file(actor="script:nightly")
    rows = timeline(made.entries, "en")
    assert [r.manual for r in rows] == [False] * len(rows)
    assert rows[0].by == "script nightly"


def test_quiet_gaps_are_one_line_in_the_text_and_nothing_is_lost():
    made = large().do("respond", "2024-06-08", actor="seller", position="reject")
    rows = timeline(made.entries, "en")
    text = timeline_text(rows, "en")
    assert text.count("---- 4 days, nothing happened ----") == 1
    assert len(rows) == len(made.entries) and all(r.id in text for r in rows)
    assert "---- 4 天无事 ----" in timeline_text(timeline(made.entries, "zh-CN"), "zh-CN")


def test_money_holds_and_letters_stand_in_the_timeline():
    text = timeline_text(timeline(small().entries, "en"), "en")
    assert "640.00 USD authorised" in text and "640.00 USD paid to the customer" in text
    assert re.search(r"letter to the seller: paid, nothing is asked back \(NTC-\w+\), handed over \(memory\)", text)


def test_an_empty_timeline_is_empty():
    assert timeline([], "en") == [] and timeline_text([], "en") == ""


# -- refusals ------------------------------------------------------------------------------------------------------


def test_a_refusal_teaches():
    made = large().do("resolve", "2024-06-05", amount="10.00 USD")
    assert isinstance(made.last, Refusal) and made.case is not None
    error = raised(made.last, made.case.id).to_dict()
    text = refusal_text(error, "en")
    assert text.startswith("error: resolve is not possible while the claim is seller_notified [not_allowed_from_state]")
    assert "  state: Waiting for the seller (seller_notified)" in text
    assert "  unmet: lifecycle.pdpi: " in text and "  you can: respond" in text and "  next: 11 June 2024" in text
    chinese = refusal_text(error, "zh-CN")
    assert chinese.startswith("错误：索赔在当前状态下没有这一步骤。 [not_allowed_from_state]")
    assert "卖家回复（respond）" in chinese


def test_a_bad_value_names_its_field_in_both_languages():
    error = InputError(
        "negative_amount", "an amount cannot be negative", field="amount", hint="write 1.00 USD"
    ).to_dict()
    assert refusal_text(error, "en").splitlines()[1:] == ["  field: amount", "  hint: write 1.00 USD"]
    assert refusal_text(error, "zh-CN").splitlines()[0] == "错误：金额不能为负。 [negative_amount]"


def test_unmet_conditions_on_the_wire_read_too():
    wire = reason_json(Reason("late_appeal", "recovery.appeal_window", "2024-07-15", False, "by 2024-07-12"), US)
    text = refusal_text({"code": "late_appeal", "message": "the appeal window ended", "unmet": [wire]}, "en")
    assert "unmet: recovery.appeal_window: The appeal window has ended; on file: 15 July 2024" in text


def test_an_unknown_code_still_says_something():
    assert refusal_text({"code": "own_code"}, "zh-CN") == "错误：own_code [own_code]"


def test_a_name_with_commas_is_no_list():
    old = "Amazon.com, Inc., its affiliates and assignees"
    for name in (old, "Lumen, Inc.", f"Amazon.com Services LLC and its affiliates and assignees / {old}"):
        assert value_words(name, "zh-CN") == value_words(name, "en") == name
    assert value_words("pdf, doc, docx", "zh-CN") == "pdf、doc、docx"
    assert value_words("10.00 USD, 20.00 CAD", "zh-CN") == "10.00 美元（USD）、20.00 加元（CAD）"


def test_a_deductible_that_only_large_sellers_may_have_says_so():
    line, limit = "certificate.deductible_proceeds_line", "over 1000000.00 USD in twelve months"
    why = Reason("deductible", line, "5000.00 USD, with proceeds of 0.00 USD", False, limit)
    assert said_of(why, "en") == "no deductible, or proceeds over 1,000,000.00 USD in twelve months"
    assert said_of(why, "zh-CN") == "无免赔额，或销售额在十二个月内超过 1,000,000.00 美元（USD）"
    within = Reason("deductible", "certificate.deductible_limit", "5000.00 USD", True, "10000.00 USD")
    assert said_of(within, "en") == "deductible within 10,000.00 USD"


def test_what_was_tested_does_not_contradict_its_result():
    silent = Reason("seller_silent", "seller.response_window", "no answer by 2024-06-10", True, "7 days")
    assert said_of(silent) == "no answer of the seller within 7 days"
    cut = Reason("ceiling_applied", "claim.ceiling", "1000000.01 USD", True, "1000000.00 USD")
    assert said_of(cut) == "losses over 1,000,000.00 USD"
    assert (
        said_of(Reason("insurance_required", "recovery.duty", "required"))
        == "seller required or asked to hold insurance"
    )
    assert said_of(Reason("proof_in_time", "recovery.proof_window", "GL-1"), "zh-CN") == "按时提交合格的保险证明"
