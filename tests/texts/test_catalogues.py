"""Every code has words in both languages, every reason a sentence, every rule id a source."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from claimdesk import states
from claimdesk.states import codes
from claimdesk.states.codes import CertificateFault, Described, ReasonCode
from claimdesk.states.ledger import TransferKind
from claimdesk.states.money import CURRENCY_DIGITS
from claimdesk.workflow import registry
from claimdesk.workflow.catalogue import LANGUAGES, entry_of, label, reason_part, reason_text, rule_says, source
from claimdesk.workflow.catalogue import tested as what_was_tested
from claimdesk.workflow.reasons import Reason
from claimdesk.workflow.rulebook import Confidence, Version, shipped
from claimdesk.workflow.texts.faults import hint_in, meanings
from claimdesk.workflow.texts.load import catalogue, line, words

ROOT = Path(__file__).resolve().parents[2]
#: The shared codes, and those that a programme keeps beside its lifecycle.
MODULES = [codes, *(import_module(f"{states.__name__}.{m.name}") for m in iter_modules(states.__path__))]
ENUMS = list(
    dict.fromkeys(
        kind
        for module in MODULES
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, Described) and kind is not Described
    )
)
MEMBERS = [member for kind in ENUMS for member in kind]
VERSIONS = [version for book in shipped().values() for version in book.versions]
LIFECYCLES = [registry.programme(name).lifecycle for name in registry.names()]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("member", MEMBERS, ids=lambda m: f"{type(m).__name__}.{m.value}")
def test_every_code_has_words(member, lang):
    if type(member).__name__.endswith("ReasonCode"):
        entry = catalogue("reasons")[member.value]
        assert entry["text"][lang] and entry["tested"][lang]
    else:
        assert label(member, lang)
    if isinstance(member, CertificateFault):
        for part in ("wrong", "right", "tested"):
            assert words("CertificateFault", member.value, lang, part=part)


def test_nothing_is_said_of_codes_that_are_gone():
    assert set(catalogue("reasons")) <= set(ReasonCode) | _own_reason_codes()
    for kind in ENUMS:
        if not kind.__name__.endswith("ReasonCode"):
            assert set(catalogue("words")[kind.__name__]) == {m.value for m in kind}


def _own_reason_codes() -> set[str]:
    """Codes of programmes that keep their own enum of reasons."""
    return {m.value for kind in ENUMS if kind.__name__.endswith("Code") for m in kind}


@pytest.mark.parametrize("name", ["words", "reasons", "rules", "readings", "values"])
def test_both_languages_stand_side_by_side(name):
    one_sided = [path for path, found in _leaves(catalogue(name)) if found not in (set(LANGUAGES), {"zh-CN"})]
    assert one_sided == []


def _leaves(node: object, path: str = "") -> Iterator[tuple[str, set[str]]]:
    if isinstance(node, dict):
        langs = {k for k in node if k in LANGUAGES}
        if langs:
            yield path, langs
        for key, value in node.items():
            yield from _leaves(value, f"{path}.{key}")
    elif isinstance(node, list):
        for i, value in enumerate(node):
            yield from _leaves(value, f"{path}[{i}]")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_states_verbs_steps_and_transfers_have_words(lang):
    for life in LIFECYCLES:
        for state in life.states:
            assert words("State", state.name, lang)
        for verb in life.verbs:
            assert words("Verb", verb, lang)
        for row in life.rows:
            assert words("Step", row.trigger, lang)
    for kind in TransferKind:
        assert "{amount}" in words("Transfer", kind.value, lang)
    for confidence in Confidence:
        assert words("Confidence", confidence.value, lang)
    for status in ("open", "met", "missed", "cancelled", "ran_out", "moved"):
        assert words("Clock", status, lang)


def test_every_currency_and_zone_has_a_name():
    assert set(catalogue("words")["Currency"]) == set(CURRENCY_DIGITS)
    for version in VERSIONS:
        assert line("City", version.zone), version.zone


def test_a_deadline_names_a_parameter_that_exists():
    known = {p.name for book in shipped().values() for p in book.parameters}
    for entry in catalogue("words")["DeadlineKind"].values():
        assert "parameter" not in entry or entry["parameter"] in known


# -- what the workflow's own code says ------------------------------------------------------------------------------


def _calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    for path in sorted((ROOT / "workflow").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id
            if called == name:
                assert isinstance(node, ast.Call)
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def _texts(node: ast.expr) -> Iterator[str]:
    """The string constants an expression may be; the head of an f-string counts with a star."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
    elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
        yield str(node.values[0].value) + "*"


def _reason_calls() -> Iterator[tuple[str, ast.expr, ast.expr]]:
    for where, call in _calls("Reason"):
        given = [*call.args, *(k.value for k in call.keywords if k.arg in ("code", "rule"))]
        yield where, given[0], given[1]


def test_every_reason_made_anywhere_has_a_sentence():
    missing: list[str] = []
    for where, code, _ in _reason_calls():
        for text in _texts(code):
            try:
                entry_of(text)
            except KeyError:
                missing.append(f"{where}: {text}")
    assert missing == []


def test_every_rule_id_used_anywhere_has_a_source_and_words():
    parameters = {p.name for book in shipped().values() for p in book.parameters}
    missing: list[str] = []
    for where, _, rule in _reason_calls():
        for text in _texts(rule):
            known = catalogue("rules").get(text)
            if text not in parameters and (known is None or "source" not in known):
                missing.append(f"{where}: {text}")
    assert missing == []


def test_every_outcome_of_a_decision_reads_as_a_sentence():
    known = catalogue("words")["Decision"]
    missing: list[str] = []
    for where, call in _calls("Decision"):
        kinds, outcomes = list(_texts(call.args[0])), list(_texts(call.args[1]))
        missing += [f"{where}: {k}.{o}" for k in kinds for o in outcomes if f"{k}.{o}" not in known]
    assert [m for m in missing if not m.endswith((".deny", ".hold"))] == []


@pytest.mark.parametrize("version", VERSIONS, ids=lambda v: v.ref)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_parameter_can_be_quoted_with_its_source(version: Version, lang):
    for name in version.values:
        said = rule_says(name, version, lang)
        assert said.endswith("." if lang == "en" else "。") and "{" not in said
        assert source(name, version)


def test_every_reading_of_every_rulebook_has_chinese_words_and_says_what_it_would_give():
    ours = catalogue("readings")
    for version in VERSIONS:
        for name in version.readings:
            assert {"question", "chosen", "other"} <= ours[name].keys(), name
            assert ours[name].get("gives") or (ours[name]["gives_true"] and ours[name]["gives_false"])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_sentence_keeps_a_brace(lang):
    for code in catalogue("reasons"):
        reason = Reason(code, "small_claim.limit", "640.00 USD", True, "under 1000.00 USD")
        said = [reason_text(reason, lang), what_was_tested(reason, lang)]
        said += [reason_part(reason, part, lang) or "" for part in ("change", "letter", "helps")]
        assert not any("{" in text or "}" in text for text in said), code


def test_no_catalogue_says_the_ambiguous_word():
    word = re.compile("poli" + "cy", re.IGNORECASE)
    for name in ("words", "reasons", "rules", "readings", "values"):
        text = (ROOT / "workflow" / "texts" / f"{name}.toml").read_text("utf-8")
        assert word.findall(text) == []


# -- errors ----------------------------------------------------------------------------------------------------------


def _forms(node: ast.AST | None) -> list[str]:
    """What an expression of a text can come to, with {} for what is filled in."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=parts):
            found = [""]
            for part in parts:
                inner = part.value if isinstance(part, ast.FormattedValue) else part
                more = _forms(inner) if isinstance(inner, ast.IfExp | ast.Constant) else ["{}"]
                found = [head + tail for head in found for tail in more]
            return found
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return [head + tail for head in _forms(left) for tail in _forms(right)]
        case ast.IfExp(body=one, orelse=other):
            return [*_forms(one), *_forms(other)]
        case ast.BoolOp(values=values):
            return [text for value in values for text in _forms(value)]
        case _:
            return ["{}"]


def _hints(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        told: list[ast.AST] = []
        if isinstance(node, ast.Call):
            told += [word.value for word in node.keywords if word.arg == "hint"]
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            told += node.args[2:3] if name in ("_fault", "wrong") else []
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                name = str(getattr(target, "attr", getattr(target, "id", "")))
                told += [node.value] if name.lower().strip("_") == "hint" else []
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = zip(target.elts, node.value.elts, strict=False)
                    told += [value for part, value in pairs if getattr(part, "id", "") == "hint"]
        yield from (text for value in told for text in _forms(value) if text.strip("{} ,;"))


#: So many of a hundred may still wait for their words: they are shown in English meanwhile.
WAITING = 2


@pytest.mark.long  # it reads every module
def test_the_hints_of_errors_have_chinese_words():
    same = set(catalogue("errors")["same"]["hints"])
    found = {
        text
        for folder in ("states", "workflow", "adapters")
        for path in (ROOT / folder).rglob("*.py")
        for text in _hints(ast.parse(path.read_text("utf-8")))
        if text not in same
    }
    missing = {text for text in found if hint_in(text, "zh-CN") == text}
    assert len(found) > 200 and len(missing) * 100 <= WAITING * len(found), f"add to errors.toml, [hints]: {missing}"


def test_the_codes_of_errors_have_words():
    """The page of errors is read from the source: what stands there explains itself offline too."""
    page = (ROOT / "docs" / "reference" / "errors.md").read_text("utf-8").partition("## Codes of refusals")[2]
    found = set(re.findall(r"^\| `([a-z0-9_]+)` \|", page, re.MULTILINE))
    missing = {code for code in found if not list(meanings(code))}
    assert len(found) > 150 and len(missing) * 100 <= WAITING * len(found), f"add to errors.toml, [codes]: {missing}"


FILLED = [
    ("did you mean reopen?", "是否想输入 reopen？"),
    ("one of: a, b", "可选：a, b"),
    ("one of: a; one of your own must be installed or registered", "可选：a；自有的须先安装或注册"),
    ("for example 114-1", "例如 114-1"),
    ("a host's own words", "a host's own words"),
]


@pytest.mark.parametrize(("english", "chinese"), FILLED)
def test_what_is_filled_into_a_hint_stays(english, chinese):
    assert hint_in(english, "zh-CN") == chinese and hint_in(english, "en") == english
