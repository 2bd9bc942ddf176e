"""Every letter in both languages: the twelve things each must hold, and what none may ever say."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date

import pytest
from jinja2 import TemplateSyntaxError, UndefinedError

from claimdesk.states.codes import NoticeKind
from claimdesk.workflow import notices
from claimdesk.workflow.catalogue import LANGUAGES
from claimdesk.workflow.notices import ALLOWED, Rendered, render
from claimdesk.workflow.rulebook import resolve

from .world import Sample, samples

CASES = [pytest.param(s, lang, id=f"{s.name}-{lang}") for s in samples() for lang in LANGUAGES]

DATED = [p for p in CASES if isinstance(p.values[0], Sample) and "due_on" in p.values[0].notice.params]


def written(sample: Sample, lang: str) -> Rendered:
    return render(sample.notice._replace(language=lang), sample.case, sample.version)


def test_every_kind_is_there_in_both_languages():
    assert {s.notice.kind for s in samples()} == {k.value for k in NoticeKind}


HEADINGS = {
    "en": (
        *("What we looked at", "The rule", "What you need to do", "By when", "How to answer", "If you do not answer"),
        "If you disagree",
    ),
    "zh-CN": ("我们依据的事实", "适用规则", "您需要做什么", "截止时间", "如何回复", "如未回复", "如有异议"),
}
STANDING = {
    "en": {"customer": "Your rights", "seller": "Your account", "insurer": "Rights"},
    "zh-CN": {"customer": "您的权利", "seller": "您的账户", "insurer": "权利"},
}


@pytest.mark.parametrize(("sample", "lang"), CASES)
def test_a_letter_holds_the_twelve_things(sample, lang):
    made, of_file = written(sample, lang), sample.case.programme == "seller_insurance"
    body, lines = made.body, made.body.splitlines()
    assert made.subject and "\n" not in made.subject and len(made.subject) < 200
    # 1 what this is, first; 2 claim number, order, product, incident date
    assert sample.case.id in lines[0] or sample.notice.kind == "seller_certificate_rejected"
    assert sample.case.id in body
    if not of_file:
        order = sample.case.facts["order"]
        assert order["id"] in body
        product = "Product: " if lang == "en" else "商品："
        assert product + (f'"{order["item"]["title"]}"' if lang == "en" and "title" in order["item"] else "") in body
        assert re.search(r"Incident: \w+day \d" if lang == "en" else r"事故日期：\d{4} 年 \d+ 月 \d+ 日（星期.）", body)
        # 3 the amount with its currency
        assert re.search(r"\d\.\d\d (USD|GBP|EUR)" if lang == "en" else r"\d\.\d\d \S+（(USD|GBP|EUR)）", body)
    # 4 the facts used; 5 the rule, quoted, with the rulebook; 6 what to do; 7 by when; 8 how to answer;
    # 9 what happens if not; 10 how to disagree: each under its heading, none empty
    for heading in HEADINGS[lang]:
        assert lines[lines.index(heading) + 1].strip(), heading
    assert re.search(r'^- "[^"]+" \([a-z_.]+' if lang == "en" else r"^- “.+”（[a-z_.]+", body, re.MULTILINE)
    assert f"{'Rulebook: ' if lang == 'en' else '规则手册：'}{sample.version.ref}" in lines
    # 11 the effect on the account, or the reader's rights
    standing = lines[lines.index(STANDING[lang][sample.notice.party]) + 1]
    assert standing
    # 12 notice number, date, contact, the other language
    assert f"{'Notice ' if lang == 'en' else '通知编号 '}{sample.notice.id}" in lines[-2]
    assert "reply" in lines[-1] and "请回复" in lines[-1]
    assert body.count("\n\n\n") == 0 and body.endswith("\n")


@pytest.mark.parametrize(("sample", "lang"), CASES)
def test_each_party_is_told_its_standing(sample, lang):
    body = written(sample, lang).body
    match sample.notice.party:
        case "seller":
            assert ("does not affect your order defect rate" if lang == "en" else "不影响您的订单缺陷率") in body
        case "customer":
            assert ("not insurance and not a warranty" if lang == "en" else "本流程不是保险") in body
        case _:
            assert ("waives a right or a defence" if lang == "en" else "不代表任何一方放弃权利或抗辩") in body


@pytest.mark.parametrize(("sample", "lang"), DATED)
def test_a_date_stands_with_weekday_time_zone_and_world_time(sample, lang):
    body = written(sample, lang).body
    if lang == "en":
        assert re.search(r"\w+day \d+ \w+ 2024, 23:59 [\w ]+ time \(\w+day \d+ \w+ 2024, \d\d:59 UTC\)", body) or (
            sample.notice.kind == "customer_decision_delayed"
            and re.search(r"\w+day \d+ \w+ 2024, 23:59 London time", body)
        )
    else:
        assert re.search(r"北京时间 (2024 年 )?\d+ 月 \d+ 日（星期.）\d\d:59", body)


# -- what no letter says -------------------------------------------------------------------------------------------

FORBIDDEN = {
    "en": (
        r"fraud|\bSIU\b|special investigation|suspicio|frivolous|abusive|unsubstantiated|\bscore|indicator|sanction"
        r"|minor\b|medicare|please be advised|in the event that|pursuant to|you failed|apologi[sz]e|hereby|canary"
    ),
    "zh-CN": r"欺诈|特别调查|可疑|草率|滥用|未经证实|指标|制裁|未成年|贵司|务必|后果自负|特此|兹|canary",
}


@pytest.mark.parametrize(("sample", "lang"), CASES)
def test_no_letter_says_what_it_must_not(sample, lang):
    made = written(sample, lang)
    text = made.subject + "\n" + made.body
    for words in FORBIDDEN.values():
        assert re.findall(words, text, re.IGNORECASE) == []
    assert not re.search(r"\b" + "poli" + r"cy\b", text, re.IGNORECASE)
    assert "{" not in text and "None" not in text and "unknown" not in text


@pytest.mark.parametrize(("sample", "lang"), CASES)
def test_nothing_restricted_on_file_reaches_a_letter(sample, lang):
    facts = {
        **sample.case.facts,
        "screening": {"verdict": "CANARY-VERDICT", "by": "CANARY-BY", "score": "CANARY-SCORE"},
        "fraud_indicators": 7,
        "response": {"position": "reject", "by": "seller", "grounds": "CANARY-GROUNDS"},
        "information": {"reason": "CANARY-INFO"},
        "claimant": {"name": "CANARY-NAME", "contact": "CANARY-CONTACT"},
        "injury": {"kind": "CANARY-INJURY"},
        "source_id": "CANARY-SOURCE",
        "assessment_method": "CANARY-METHOD",
        "evidence": [{"id": "CANARY-EVIDENCE", "kind": "CANARY-KIND", "received_at": "CANARY-AT", "sha256": "CANARY"}],
    }
    case = replace(
        sample.case,
        facts=facts,
        owner="CANARY-OWNER",
        holds=("fraud_review",),
        tasks=("refer",),
        codes=("fraud_review",),
    )
    assert "CANARY" not in repr(render(sample.notice._replace(language=lang), case, sample.version))


@pytest.mark.parametrize(("sample", "lang"), CASES)
def test_reasons_of_suspicion_are_left_out_with_their_rules(sample, lang):
    params = json.loads(sample.notice.params)
    hidden = [
        {"code": "fraud_review", "rule": "fraud.indicators", "result": None, "value": "3", "limit": "2"},
        {"code": "not_in_good_standing", "rule": "recovery.good_standing", "result": False, "value": "in breach"},
        {"code": "fact_unknown", "rule": "overlay.medicare", "result": None, "value": "medicare status"},
        {"code": "sanctions_match", "rule": "overlay.sanctions", "result": None},
    ]
    more = sample.notice._replace(
        language=lang, params=json.dumps({**params, "reasons": params.get("reasons", []) + hidden})
    )
    assert render(more, sample.case, sample.version) == written(sample, lang)


def test_a_seller_is_not_told_what_the_loss_was_made_of():
    for sample in samples():
        if sample.notice.party == "seller":
            facts = {**sample.case.facts, "losses": [{"head": "medical", "amount": 5}]}
            made = render(sample.notice, replace(sample.case, facts=facts), sample.version)
            assert "medical" not in made.subject + made.body


# -- how they are written ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sample", samples(), ids=lambda s: s.name)
def test_english_sentences_are_short(sample):
    made = written(sample, "en")
    text = made.subject + "\n" + made.body
    for line in text.splitlines():
        for sentence in re.split(r"(?<=[.?!])\s+(?=[A-Z\"])", line.removeprefix("- ")):
            words = [w for w in sentence.split() if re.search(r"[A-Za-z0-9]", w)]
            assert len(words) <= 25, (len(words), sentence)


@pytest.mark.parametrize("sample", samples(), ids=lambda s: s.name)
def test_chinese_letters_keep_their_spacing_and_punctuation(sample):
    made = written(sample, "zh-CN")
    title = sample.case.facts.get("order", {}).get("item", {}).get("title", "\0")
    own = [
        line.replace(title, "")
        for line in (made.subject + "\n" + made.body).splitlines()
        if "For this notice" not in line
    ]
    text = "\n".join(own)
    cjk = "[\u4e00-\u9fff]"
    assert re.findall(rf"{cjk}[A-Za-z0-9]|[A-Za-z0-9]{cjk}", text) == []
    assert re.findall(rf"{cjk} {cjk}|{cjk}[,;:?!()]|[，。；：（）][ \t]", text) == []
    assert "你" not in text and "，，" not in text and "。。" not in text


def test_a_hostile_title_stays_one_harmless_line():
    sample = next(s for s in samples() if s.name == "seller_notified")
    title = "Lamp\r\nBcc: everybody@example.org\n\n{{ 7*7 }}{% include 'x' %}\u202e " + "x" * 500
    order = {"id": "114\n-1", "item": {"title": title, "asin": "B0"}}
    case = replace(sample.case, facts={**sample.case.facts, "order": order})
    made = render(sample.notice, case, sample.version)
    assert "\n" not in made.subject and "\u202e" not in made.body and "49" not in made.body
    product = next(line for line in made.body.splitlines() if line.startswith("Product: "))
    assert "{{ 7*7 }}" in product and len(product) < 160


def test_a_letter_that_leaves_late_says_the_date_that_then_holds():
    sample = next(s for s in samples() if s.name == "seller_notified")
    on_time = render(sample.notice, sample.case, sample.version, handed_over_on=date(2024, 6, 4))
    late = render(sample.notice, sample.case, sample.version, handed_over_on=date(2024, 6, 6))
    assert on_time == render(sample.notice, sample.case, sample.version)
    assert "By Tuesday 11 June 2024, 23:59 Berlin time" in on_time.body
    assert "By Thursday 13 June 2024, 23:59 Berlin time" in late.body and "Thursday 6 June 2024. Questions" in late.body


def test_a_letter_no_clock_waits_for_keeps_its_day_however_late_it_leaves():
    sample = next(s for s in samples() if s.name == "customer_paid")
    late = render(sample.notice, sample.case, sample.version, handed_over_on=date(2024, 9, 1))
    assert late == render(sample.notice, sample.case, sample.version)


def test_an_unknown_language_is_answered_in_english():
    sample = samples()[0]
    assert render(sample.notice._replace(language="fr"), sample.case, sample.version) == written(sample, "en")


def test_both_languages_say_the_same_dates_amounts_and_rules():
    for sample in samples():
        english, chinese = written(sample, "en").body, written(sample, "zh-CN").body
        for pattern in (r"\d[\d,]*\.\d\d", r"\((certificate\.[a-z_]+|[a-z]+\.[a-z_]+)[,)]", r"NTC-\w+|CLM-\w+|GL-\d+"):
            of_chinese = pattern.replace(r"\(", "（").replace(r"[,)]", "[,）]")
            assert set(re.findall(pattern, english)) == set(re.findall(of_chinese, chinese)), sample.name


def test_templates_are_compiled_once_and_letters_are_quick():
    sample = next(s for s in samples() if s.name == "seller_proof_requested")
    written(sample, "en")
    began = time.perf_counter()
    for _ in range(200):
        written(sample, "en")
    # About a tenth of a millisecond each; compiling every time would take a hundred times as long.
    assert time.perf_counter() - began < 1


def test_the_template_engine_is_loaded_only_where_letters_are_written():
    code = (
        "import sys; import claimdesk.workflow.notices, claimdesk.workflow.explain; sys.exit('jinja2' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(("sample", "lang"), CASES)
def test_another_programme_s_case_renders_too_and_says_its_own_effect_on_the_account(sample, lang):
    other = resolve("seller_insurance-us@2024-01-01")  # a rulebook without the rules of this programme
    for programme, order in (("order", {"id": "114-1", "item": "A lamp"}), ("fba", None), ("breakage_1688", "1688-1")):
        facts = {"order": order, "losses": [{"head": "shipping", "amount": 500}]} if order else {}
        params = {k: v for k, v in json.loads(sample.notice.params).items() if k not in ("reasons", "losses")}
        case = replace(sample.case, programme=programme, facts=facts, deadlines=())
        notice = sample.notice._replace(language=lang, params=json.dumps(params))
        body = render(notice, case, other).body
        if sample.notice.party == "seller":
            no_effect = "does not affect your order defect rate" if lang == "en" else "不影响您的订单缺陷率"
            assert (no_effect in body) is (programme != "order")
        if sample.notice.party == "customer":
            not_insurance = "not insurance" if lang == "en" else "不是保险"
            assert (not_insurance in body) is (programme != "breakage_1688")


# -- the guard -----------------------------------------------------------------------------------------------------


@pytest.fixture
def templates(monkeypatch):
    """Templates of the test's own, with fresh caches around it."""
    own: dict[str, str] = {}
    read = notices._source
    monkeypatch.setattr(notices, "_source", lambda name: own.get(name) or read(name))
    notices._environment.cache_clear()
    notices._template.cache_clear()
    yield own
    notices._environment.cache_clear()
    notices._template.cache_clear()


@pytest.mark.parametrize(
    "line", ["{{ verdict }}", "{{ claimant }}", "{{ facts.verdict }}", "{{ facts[0] }}", "{{ losses }}", "{{ case }}"]
)
def test_a_template_that_names_a_restricted_field_does_not_compile(templates, line):
    templates["seller_claim_withdrawn.en.j2"] = '{% extends "seller.en.j2" %}{% block lead %}' + line + "{% endblock %}"
    sample = next(s for s in samples() if s.name == "seller_claim_withdrawn")
    with pytest.raises(TemplateSyntaxError, match="may not name"):
        render(sample.notice, sample.case, sample.version)


def test_a_parent_template_is_held_to_the_same_list(templates):
    templates["seller.en.j2"] = '{% extends "letter.en.j2" %}{% block standing %}{{ helps }}{% endblock %}'
    sample = next(s for s in samples() if s.name == "seller_claim_withdrawn")
    with pytest.raises(TemplateSyntaxError, match="helps"):
        render(sample.notice, sample.case, sample.version)


def test_a_name_without_a_value_is_an_error_and_not_a_gap(templates):
    templates["seller_claim_withdrawn.en.j2"] = "{{ amount }}"
    with pytest.raises(UndefinedError, match="amount"):
        notices._template("seller_claim_withdrawn", "en", "pdpi").render({})


def test_no_party_may_name_what_is_sealed_or_suspected():
    for names in ALLOWED.values():
        assert not names & {"claimant", "injury", "screening", "verdict", "holds", "fraud_indicators", "note", "reason"}
    assert "losses" not in ALLOWED["seller"]
