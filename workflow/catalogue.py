"""Reasons, rules and codes in words, in English and Simplified Chinese.

One source for every surface: explanations, pages, refusals and letters ask here, so that the same reason reads the
same everywhere. What a rule says and where it comes from are read in the pinned rulebook; a rule that is no
parameter of it has its source in ``texts/rules.toml``. Left out: the layout, which belongs to each surface.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..states.codes import Described
from ..states.errors import RulebookError
from . import places
from .reasons import Reason
from .registry import SELLER_FILE
from .rulebook import Confidence, Parameter, Version, book_for
from .texts.formats import pretty, spaced
from .texts.load import LANGUAGES, catalogue, line, words

__all__ = [
    "LANGUAGES",
    "beyond",
    "can_quote",
    "confidence",
    "entry_of",
    "label",
    "reading",
    "reason_part",
    "reason_text",
    "rule_says",
    "source",
    "tested",
    "value_words",
]

#: Rules that stand in the rulebook of the sellers' files, whichever programme speaks of them.
_OF_SELLERS = ("certificate.", "duty.")
#: Words or initials of a name, and no figures.
_QUOTED = re.compile(r"(?=.*(?:\w \w|\w\.))\A\D*\Z")
_IN_BRACKETS = re.compile(r" \([^()]*\{limit\}[^()]*\)|（[^（）]*\{limit\}[^（）]*）")
_BRACES = re.compile(r"\{([a-z_.]+)\}")


def entry_of(code: str) -> Mapping[str, Any]:
    """The words of a reason's code: ``reasons.toml``, a certificate's fault, or a refusal; KeyError without any."""
    found = catalogue("reasons").get(code)
    if found is not None:
        return found
    fault = line("CertificateFault", code)
    if fault is not None:
        return {"text": fault, **{part: said for part, said in fault.items() if part.startswith("tested")}}
    refusal = line("RefusalCode", code)
    if refusal is not None:
        return {"text": refusal}
    raise KeyError(f"no words for the reason {code}")


def label(code: Described, lang: str) -> str:
    """The words of a code of ``states/codes``."""
    return words(type(code).__name__, code.value, lang)


@places.kept
def _patterns(kind: str) -> tuple[tuple[re.Pattern[str], Mapping[str, str]], ...]:
    return tuple((re.compile(p["match"] + r"\Z"), p) for p in catalogue("values")[kind])


@places.kept_up_to(2048)
def value_words(value: str, lang: str, *, plain: bool = False) -> str:
    """A value on file in words; ``plain`` leaves amounts and dates as the wire has them."""
    text = _value(value, lang)
    if plain:
        return text
    text = pretty(text, lang)
    return text if lang == "en" else spaced(text)


def _value(value: str, lang: str) -> str:
    known = catalogue("values")["word"].get(value)
    if known is not None:
        return known[lang]
    for pattern, said in _patterns("pattern"):
        found = pattern.match(value)
        if found is not None:
            return said[lang].format(*(_value(g, lang) for g in found.groups()))
    for separator, joined in (("; ", "；"), (", ", "、")):
        if separator in value:
            parts = value.split(separator)
            said = [_value(part, lang) for part in parts]
            if said == parts and _QUOTED.search(value):
                return value  # somebody's name, as it is written: its commas are no list
            return (separator if lang == "en" else joined).join(said)
    return value


def beyond(limit: str, lang: str) -> str:
    """The other side of a line: ``under 1000.00 USD`` gives ``1,000.00 USD or more``."""
    for pattern, said in _patterns("beyond"):
        found = pattern.match(limit)
        if found is not None:
            return pretty(said[lang].format(*found.groups()), lang)
    return value_words(limit, lang)


@places.kept_up_to(2048)
def reason_part(reason: Reason, part: str, lang: str) -> str | None:
    """One part of a reason's entry with its values filled in; None where there is no such part."""
    entry = entry_of(reason.code)
    said = entry.get(f"{part} {reason.rule}") or entry.get(part)
    if said is None:
        return None
    value = value_words(reason.value or "none", lang)
    limit = value_words(reason.limit or "none", lang)
    text = said[lang].replace("{value}", value).replace("{limit}", limit)
    if "{beyond}" in text:
        text = text.replace("{beyond}", beyond(reason.limit or "none", lang))
    return text if lang == "en" else spaced(text)


def reason_text(reason: Reason, lang: str) -> str:
    """The sentence of a reason."""
    return reason_part(reason, "text", lang) or reason.code


def tested(reason: Reason, lang: str = "en", *, plain: bool = False) -> str:
    """What was tested. ``plain`` is the wire's form: ``eligible amount under 1000.00 USD``."""
    said = _test_line(reason.code, reason.rule, lang)
    value = reason.value if "{value}" in said else None  # one line for all values, unless it speaks of the value
    return _tested(said, value, reason.limit, lang, plain)


@places.kept_up_to(2048)
def _test_line(code: str, rule: str, lang: str) -> str:
    entry = entry_of(code)
    said: Mapping[str, str] = entry.get(f"tested {rule}") or entry.get("tested") or entry["text"]
    return said[lang]


@places.kept_up_to(2048)
def _tested(said: str, value: str | None, limit: str | None, lang: str, plain: bool) -> str:
    if limit is None:
        said = _IN_BRACKETS.sub("", said)  # a limit told beside the test, where there is none to tell
    text = said.replace("{limit}", value_words(limit or "none", lang, plain=plain))
    text = text.replace("{value}", value_words(value or "none", lang, plain=plain))
    text = text.removesuffix("." if lang == "en" else "。")
    return text if lang == "en" else spaced(text)


# -- rules ---------------------------------------------------------------------------------------------------------


def _rule_line(rule: str) -> Mapping[str, Any] | None:
    rules = catalogue("rules")
    return rules.get(rule) or rules.get(rule.partition(".")[0] + ".*")


def parameter(rule: str, version: Version) -> Parameter | None:
    """The parameter a rule id names, in the pinned rulebook or in the one of the sellers' files beside it."""
    if version.has(rule):
        return version.get(rule)
    if not rule.startswith(_OF_SELLERS) or version.programme == SELLER_FILE:
        return None
    try:
        found = book_for(SELLER_FILE, version.marketplace).at(version.since)
    except RulebookError:
        return None
    return found.get(rule) if found.has(rule) else None


def can_quote(rule: str, version: Version) -> bool:
    """Whether the rule stands in this rulebook, or is none of its parameters and has words of its own."""
    return parameter(rule, version) is not None or "source" in (_rule_line(rule) or {})


def _founded(rule: str, version: Version) -> tuple[str, Confidence]:
    found = parameter(rule, version)
    if found is not None:
        return found.source, found.confidence
    known = _rule_line(rule)
    if known is None or "source" not in known:
        raise KeyError(f"the rule {rule} has neither a parameter in {version.ref} nor a source")
    return known["source"], Confidence(known["confidence"])


def source(rule: str, version: Version) -> str:
    """Where the rule comes from."""
    return _founded(rule, version)[0]


def confidence(rule: str, version: Version) -> Confidence:
    """How well it is founded."""
    return _founded(rule, version)[1]


#: Rules in words, by rule, rulebook reference and language: a reference names its values exactly.
_said: dict[tuple[str, str, str], str] = {}


def _says(rule: str, version: Version, lang: str) -> str:
    known = _rule_line(rule)
    if known is None:
        raise KeyError(f"the rule {rule} has no words")
    its = parameter(rule, version)
    if its is not None and isinstance(its.value, str):
        known = known.get(its.value, known)

    def filled(match: re.Match[str]) -> str:
        name = rule if match[1] == "it" else match[1]
        found = parameter(name, version)
        if found is None:
            raise KeyError(f"the rule {rule} speaks of {name}, which {version.ref} does not have")
        return value_words(found.shown or "none", lang)

    text = _BRACES.sub(filled, known[lang])
    return text if lang == "en" else spaced(text)


def rule_says(rule: str, version: Version, lang: str) -> str:
    """What the rule says, with the values of the pinned rulebook."""
    key = (rule, version.ref, lang)
    found = _said.get(key)
    if found is None:
        if len(_said) > 8192:
            _said.clear()
        found = _said[key] = _says(rule, version, lang)
    return found


def reading(reading_id: str, version: Version, lang: str, result: bool | None) -> dict[str, str]:
    """A reading in words: question, what we chose, the other reading and what it would give."""
    kept = version.readings.get(reading_id)
    ours = catalogue("readings").get(reading_id, {})
    found: dict[str, str] = {"id": reading_id}
    for part in ("question", "chosen", "other"):
        english = getattr(kept, part) if kept is not None else ""
        found[part] = english if lang == "en" else ours.get(part, english)
    by_result = "" if result is None else "gives_true" if result else "gives_false"
    gives = ours.get(by_result) or ours.get("gives") or ours.get("gives_true")
    if found["other"] in ("none known", "未见其他释义"):
        found["other"] = words("Explain", "other_none", lang)
        gives = None
    found["gives"] = gives[lang] if gives else ""
    return found
