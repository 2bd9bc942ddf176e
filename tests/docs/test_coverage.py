"""Coverage both ways: sentences of the founding documents to rules, and rules to sentences."""

from __future__ import annotations

from dataclasses import replace

import pytest

from .conftest import tool

coverage = tool("docpages.coverage")


def test_every_sentence_has_a_rule_or_a_reason_and_every_rule_a_sentence():
    assert list(coverage.faults(coverage.read())) == []


def changed(name: str, **parts: object):
    found = coverage.read()
    assert any(s.id == name for s in found.sentences)
    return replace(found, sentences=tuple(replace(s, **parts) if s.id == name else s for s in found.sentences))


WRONG = {
    "a rule that is not there": (
        lambda: changed("SEED 000 s6", rules=("small_claim.limits",)),
        "SEED 000 s6 names the rule small_claim.limits, which is not there",
    ),
    "a step that is not there": (
        lambda: changed("SEED 000 s15", rows=("pdpi: seller_notified, step_out",)),
        "SEED 000 s15 names the step 'pdpi: seller_notified, step_out', which is not there",
    ),
    "a letter that is not there": (
        lambda: changed("SEED 000 s28", letters=("seller_told",)),
        "SEED 000 s28 names the letter seller_told, which is not there",
    ),
    "neither rule nor reason": (
        lambda: changed("SEED 002 s16", not_modelled=""),
        "SEED 002 s16 has neither a rule nor a reason why it has none",
    ),
    "a rule whose only sentence is gone": (
        lambda: changed("SEED 002 s21", rules=()),
        "valuation.cap cites SEED 002, but no sentence of it leads to the rule",
    ),
    "a sentence of no document": (
        lambda: changed("SEED 002 s21", id="SEED 009 s1"),
        "SEED 009 s1 is of no document",
    ),
    "a number twice": (lambda: changed("SEED 002 s21", id="SEED 002 s20"), "SEED 002 s20 stands twice"),
    "a number that is missing": (lambda: changed("SEED 002 s21", id="SEED 002 s20"), "SEED 002 s21 stands nowhere"),
    "a rule of ours without its reason": (
        lambda: replace(coverage.read(), ours={}),
        "hold follows no sentence: name one in docs/coverage.toml, or say why it is ours",
    ),
}


@pytest.mark.parametrize(("made", "said"), WRONG.values(), ids=WRONG)
def test_what_is_not_covered_is_named(made, said):
    assert said in list(coverage.faults(made()))


def test_quotations_are_short():
    assert all(len(s.quote) <= 60 for s in coverage.read().sentences)
