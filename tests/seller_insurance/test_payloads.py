"""Payloads of the compliance file: canonical forms, and errors that teach without repeating a value."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from claimdesk.states.errors import InputError
from claimdesk.states.money import Money
from claimdesk.workflow.programmes.seller_insurance import payloads
from claimdesk.workflow.programmes.seller_insurance.testing_template import expand, template, valid_certificate

SECRET = "Sensitive-Value-4711"


def refused(call: Any) -> InputError:
    with pytest.raises(InputError) as caught:
        call()
    error = caught.value
    assert error.code and error.message
    assert SECRET not in str(error) and SECRET not in str(error.to_dict())
    return error


# ---------------------------------------------------------------- certificates


def test_a_certificate_comes_out_canonical():
    found = payloads.certificate(
        {
            "per_occurrence": {"amount": "1000000", "currency": "USD"},
            "aggregate": Money("2000000.00", "USD"),
            "deductible": "0.00 USD",
            "starts_on": date(2024, 1, 1),
            "ends_on": "2024-12-31",
            "submitted_at": "2024-01-02T00:30:00+09:00",
            "signed": None,
            "covers_usa": True,
            "number": "unknown",
            "insurer": {"am_best": "a- ", "sp": None, "local_equivalent": "unknown"},
        }
    )
    assert found == {
        "per_occurrence": "1000000.00 USD",
        "aggregate": "2000000.00 USD",
        "deductible": "0.00 USD",
        "starts_on": "2024-01-01",
        "ends_on": "2024-12-31",
        "submitted_at": "2024-01-01T15:30:00.000000Z",
        "signed": "unknown",
        "covers_usa": True,
        "insurer": {"am_best": "A-", "local_equivalent": "unknown"},
    }


def test_canonical_form_is_a_fixed_point():
    once = payloads.certificate(valid_certificate())
    assert payloads.certificate(once) == once


@pytest.mark.parametrize(
    ("told", "code", "field"),
    [
        ({"typ": "umbrella"}, "unknown_field", "certificate.typ"),
        ({"type": SECRET}, "not_a_choice", "certificate.type"),
        ({"basis": SECRET}, "not_a_choice", "certificate.basis"),
        ({"per_occurrence": 1000000.0}, "not_decimal_text", "certificate.per_occurrence"),
        ({"per_occurrence": 1000000}, "not_decimal_text", "certificate.per_occurrence"),
        ({"per_occurrence": "-5.00 USD"}, "negative_amount", "certificate.per_occurrence"),
        ({"aggregate": "5.001 USD"}, "too_many_decimals", "certificate.aggregate"),
        ({"aggregate": "5.00 XXX"}, "unknown_currency", "certificate.aggregate"),
        ({"deductible": SECRET}, "not_an_amount", "certificate.deductible"),
        ({"deductible_listed": "yes"}, "not_a_fact", "certificate.deductible_listed"),
        ({"signed": 1}, "not_a_fact", "certificate.signed"),
        ({"covers": "products"}, "wrong_type", "certificate.covers"),
        ({"covers": [SECRET]}, "not_a_choice", "certificate.covers.0"),
        ({"excluded_asins": [""]}, "not_an_identifier", "certificate.excluded_asins.0"),
        ({"excluded_asins": ["A"] * 301}, "too_many", "certificate.excluded_asins"),
        ({"insurer": SECRET}, "wrong_type", "certificate.insurer"),
        ({"insurer": {"am_best": SECRET}}, "not_a_rating", "certificate.insurer.am_best"),
        ({"insurer": {"sp": "A++"}}, "not_a_rating", "certificate.insurer.sp"),
        ({"insurer": {"moodys": "A"}}, "unknown_field", "certificate.insurer.moodys"),
        ({"cancellation_notice_days": "30"}, "not_days", "certificate.cancellation_notice_days"),
        ({"cancellation_notice_days": True}, "not_days", "certificate.cancellation_notice_days"),
        ({"cancellation_notice_days": -1}, "not_days", "certificate.cancellation_notice_days"),
        ({"starts_on": "01/02/2024"}, "not_a_date", "certificate.starts_on"),
        ({"starts_on": "2024-02-30"}, "not_a_date", "certificate.starts_on"),
        ({"starts_on": "2024-06-02", "ends_on": "2024-06-01"}, "ends_before_start", "certificate.ends_on"),
        ({"submitted_at": "2024-06-01T09:00:00"}, "naive_instant", "certificate.submitted_at"),
        ({"submitted_at": SECRET}, "not_an_instant", "certificate.submitted_at"),
        ({"additional_insured": True}, "not_text", "certificate.additional_insured"),
        ({"additional_insured": 5}, "not_text", "certificate.additional_insured"),
        ({"certificate_holder": [SECRET]}, "not_text", "certificate.certificate_holder"),
        ({"insured_name": SECRET + "\x00"}, "bad_character", "certificate.insured_name"),
        ({"file_name": "a" * 501}, "too_long", "certificate.file_name"),
        ("valid", "template_not_allowed", "certificate"),
        ({"template": "valid"}, "template_not_allowed", "certificate"),
        (["valid"], "not_an_object", "certificate"),
        (None, "not_an_object", "certificate"),
    ],
)
def test_a_certificate_that_is_no_certificate(told: Any, code: str, field: str):
    error = refused(lambda: payloads.certificate(told))
    assert (error.code, error.field) == (code, field)


def test_a_misspelt_field_is_pointed_out():
    assert refused(lambda: payloads.certificate({"signd": True})).hint == "did you mean signed?"


# ---------------------------------------------------------------- the template


def test_an_override_replaces_the_whole_value():
    found = template({"insurer": {"name": "Other"}}, {"legal_entity": "Lumen Ltd"})
    assert found["insurer"] == {"name": "Other"}
    assert found["insured_name"] == "Lumen Ltd"
    assert template({}, {})["insured_name"]
    assert valid_certificate(signed=False)["signed"] is False


def test_expanding_leaves_what_is_written_out_alone():
    told = {"number": "GL-7"}
    assert expand(told, {}) is told
    assert expand("valid", {}) == valid_certificate()
    assert expand({"template": "valid", "number": "GL-7"}, {})["number"] == "GL-7"
    assert refused(lambda: expand({"template": SECRET}, {})).code == "unknown_template"


def test_an_unknown_override_is_refused_like_any_other_field():
    told = expand({"template": "valid", "sigend": True}, {})
    error = refused(lambda: payloads.seller({"certificates": [told]}, "USD"))
    assert (error.field, error.hint) == ("seller.certificates.0.sigend", "did you mean signed?")


# ---------------------------------------------------------------- sellers


def test_a_seller_comes_out_canonical():
    found = payloads.seller(
        {
            "id": "A2EXAMPLE",
            "legal_entity": "Lumen  Ltd",
            "entity_type": None,
            "trade_names": [" Lumen  Lamps "],
            "in_good_standing": None,
            "insurance_required": True,
            "elected_country": "US",
            "categories": ["Lamps"],
            "language": "zh-CN",
            "orders_60d": 100,
            "defective_orders_60d": 1,
            "proceeds_12m": "1000000.01 USD",
            "proceeds": {
                "2021-10": "9.00 USD",
                "2021-09": {"amount": "10000.01 USD", "crossed_on": "2021-09-14"},
                "2021-11": {"amount": "1.00", "currency": "USD"},
            },
            "requests": ["2021-11-01", "2021-10-10", "2021-10-10"],
            "certificates": [{"number": "GL-1", "signed": None}, {"number": "GL-2"}],
        },
        "USD",
    )
    assert found.pop("certificates") == [{"number": "GL-1", "signed": "unknown"}, {"number": "GL-2"}]
    assert found == {
        "id": "A2EXAMPLE",
        "legal_entity": "Lumen  Ltd",
        "trade_names": ["Lumen Lamps"],
        "in_good_standing": "unknown",
        "insurance_required": True,
        "elected_country": "US",
        "categories": ["Lamps"],
        "language": "zh-CN",
        "orders_60d": 100,
        "defective_orders_60d": 1,
        "proceeds_12m": "1000000.01 USD",
        "proceeds": [
            {"month": "2021-09", "amount": "10000.01 USD", "crossed_on": "2021-09-14"},
            {"month": "2021-10", "amount": "9.00 USD"},
            {"month": "2021-11", "amount": "1.00 USD"},
        ],
        "requests": ["2021-10-10", "2021-11-01"],
    }


def test_what_is_left_out_stays_left_out():
    assert payloads.seller({"id": "A2EXAMPLE"}, "USD") == {"id": "A2EXAMPLE"}
    assert payloads.seller({}, "USD") == {}


@pytest.mark.parametrize(
    ("told", "code", "field"),
    [
        ({"proceed": []}, "unknown_field", "seller.proceed"),
        ({"id": "A 2"}, "bad_character", "seller.id"),
        ({"legal_entity": 5}, "not_text", "seller.legal_entity"),
        ({"entity_type": SECRET}, "not_a_choice", "seller.entity_type"),
        ({"trade_names": SECRET}, "wrong_type", "seller.trade_names"),
        ({"trade_names": ["x"] * 25}, "too_many", "seller.trade_names"),
        ({"in_good_standing": "true"}, "not_a_fact", "seller.in_good_standing"),
        ({"elected_country": SECRET}, "not_a_choice", "seller.elected_country"),
        ({"language": SECRET}, "not_a_choice", "seller.language"),
        ({"orders_60d": 1.5}, "not_a_count", "seller.orders_60d"),
        ({"orders_60d": 1, "defective_orders_60d": 2}, "more_defective_than_orders", "seller.defective_orders_60d"),
        ({"proceeds_12m": 5}, "not_decimal_text", "seller.proceeds_12m"),
        ({"proceeds_12m": "5.00 CNY"}, "currency_mismatch", "seller.proceeds_12m"),
        ({"proceeds": {SECRET: "5.00 USD"}}, "not_a_month", "seller.proceeds.0.month"),
        ({"proceeds": {"2021-00": "5.00 USD"}}, "not_a_month", "seller.proceeds.0.month"),
        ({"proceeds": {"2021-09": {"amuont": "5.00 USD"}}}, "missing_field", "seller.proceeds.0.amount"),
        ({"proceeds": {"2021-09": "5.00 JPY"}}, "too_many_decimals", "seller.proceeds.0.amount"),
        ({"proceeds": {"2021-09": "5.00 CNY"}}, "currency_mismatch", "seller.proceeds.0.amount"),
        ({"proceeds": [{"month": "2021-09", "amount": "5.00 USD"}] * 2}, "month_twice", "seller.proceeds"),
        (
            {"proceeds": {"2021-09": {"amount": "5.00 USD", "crossed_on": "2021-10-01"}}},
            "crossed_outside_month",
            "seller.proceeds.0.crossed_on",
        ),
        ({"proceeds": SECRET}, "wrong_type", "seller.proceeds"),
        ({"requests": [SECRET]}, "not_a_date", "seller.requests.0"),
        ({"certificates": "valid"}, "wrong_type", "seller.certificates"),
        ({"certificates": [{"signed": SECRET}]}, "not_a_fact", "seller.certificates.0.signed"),
        ({"certificates": ["valid"]}, "template_not_allowed", "seller.certificates.0"),
        (SECRET, "not_an_object", "seller"),
    ],
)
def test_a_seller_that_is_no_seller(told: Any, code: str, field: str):
    error = refused(lambda: payloads.seller(told, "USD"))
    assert (error.code, error.field) == (code, field)


# ---------------------------------------------------------------- verbs


@pytest.mark.parametrize(
    ("verb", "payload", "expected"),
    [
        (
            "record_proceeds",
            {"month": "2021-09", "amount": "10000.01 USD"},
            {"month": "2021-09", "amount": "10000.01 USD"},
        ),
        (
            "record_proceeds",
            {"month": "2021-09", "amount": "1.00 USD", "crossed_on": None},
            {"month": "2021-09", "amount": "1.00 USD"},
        ),
        (
            "record_proceeds",
            {"month": "2021-09", "amount": "1.00 CAD", "reason": "told"},
            {"month": "2021-09", "amount": "1.00 CAD"},
        ),
        ("request_insurance", {}, {}),
        ("request_insurance", {"on": "2021-10-10"}, {"on": "2021-10-10"}),
        ("update_seller", {"legal_entity": "Lumen Ltd"}, {"legal_entity": "Lumen Ltd"}),
        ("record_certificate", {"certificate": {"signed": True}}, {"certificate": {"signed": True}}),
        ("record_certificate", {"signed": True}, {"certificate": {"signed": True}}),
        ("hold", {"reason": "legal"}, {"hold": "legal"}),
        ("hold", {"reason": "because"}, {"hold": "other"}),
        ("hold", {"hold": "legal", "reason": "because"}, {"hold": "legal"}),
        ("release_hold", {"reason": "settled"}, {}),
        ("assign", {"owner": "cs:mei"}, {"owner": "cs:mei"}),
        ("attach_evidence", {"evidence": ["E-1"]}, {"evidence": [{"id": "E-1"}]}),
    ],
)
def test_a_verb_s_payload_comes_out_canonical(verb: str, payload: Any, expected: Any):
    assert payloads.validate(verb, payload, "USD", False) == (expected, {})


def test_a_note_is_personal():
    assert payloads.validate("note", {"text": "called them"}, "USD", False) == ({}, {"text": "called them"})


@pytest.mark.parametrize("told", ["valid", {"template": "valid"}])
def test_a_verb_takes_no_template(told: Any):
    for payload in ({"certificate": told}, told if isinstance(told, dict) else {"template": told}):
        error = refused(lambda payload=payload: payloads.validate("record_certificate", payload, "USD", True))
        assert error.code == "template_not_allowed"


@pytest.mark.parametrize(
    ("verb", "payload", "code", "field"),
    [
        ("record_proceeds", {"month": "2021-09"}, "missing_field", "amount"),
        ("record_proceeds", {"amount": "1.00 USD"}, "missing_field", "month"),
        ("record_proceeds", {"month": "2021-9", "amount": "1.00 USD"}, "not_a_month", "month"),
        ("record_proceeds", {"month": "2021-09", "amount": 10000.01}, "not_decimal_text", "amount"),
        ("record_proceeds", {"month": "2021-09", "amount": "1.00 CNY"}, "currency_mismatch", "amount"),
        (
            "record_proceeds",
            {"month": "2021-09", "amount": "1.00 USD", "crossed": "2021-09-01"},
            "unknown_field",
            "crossed",
        ),
        (
            "record_proceeds",
            {"month": "2021-09", "amount": "1.00 USD", "crossed_on": "2021-08-31"},
            "crossed_outside_month",
            "crossed_on",
        ),
        ("request_insurance", {"on": SECRET}, "not_a_date", "on"),
        ("request_insurance", {"at": "2021-10-10"}, "unknown_field", "at"),
        ("record_certificate", {"certificate": {"signed": True}, "sigend": True}, "unknown_field", "sigend"),
        ("record_certificate", {}, "missing_field", "certificate"),
        ("record_certificate", {"certificate": {}}, None, None),
        ("pay", {}, "unknown_verb", None),
        ("update_seller", {"lega_entity": SECRET}, "unknown_field", "lega_entity"),
    ],
)
def test_a_verb_s_payload_that_does_not_fit(verb: str, payload: Any, code: str | None, field: str | None):
    if code is None:  # a certificate of which nothing is known is a certificate still
        assert payloads.validate(verb, payload, "USD", False) == ({"certificate": {}}, {})
        return
    error = refused(lambda: payloads.validate(verb, payload, "USD", False))
    assert (error.code, error.field) == (code, field)
