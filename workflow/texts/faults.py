"""Errors in words: what a code means, and what a message or a hint says in another language.

Decision: an error is written in English where it is raised; the Chinese stands in ``errors.toml`` under the English,
with ``{}`` for what is filled in, and a test fails while one is missing. Whatever has no Chinese is shown as it is.
Authority: UX notes 10 (error hints in Chinese; every code explains itself without a network).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from .load import catalogue, words

#: Sections of ``words.toml`` whose codes people meet, and what a code of each is.
SECTIONS: Mapping[str, tuple[str, str]] = {
    "RefusalCode": ("refusal", "拒绝代码"), "InputCode": ("error", "错误代码"), "State": ("state", "状态"),
    "Verb": ("verb", "动作"), "Outcome": ("outcome", "分流结果"), "HoldReason": ("hold", "暂停原因"),
    "DeadlineKind": ("clock", "期限"), "NoticeKind": ("letter", "通知"), "TaskKind": ("task", "待办"),
    "CertificateFault": ("fault of a certificate", "保险证明问题"), "Role": ("role", "角色"),
    "LegalBasis": ("legal basis", "法律依据"), "ReadPurpose": ("purpose", "查阅用途"),
}  # fmt: skip


def known() -> Mapping[str, Any]:
    """The catalogue of errors."""
    return catalogue("errors")


def says(code: str, message: str, lang: str) -> str:
    """The message of an error in ``lang``; what was filled in is kept where a reader needs it."""
    if lang == "en":
        return message
    said = words("RefusalCode", code, lang, default="") or words("InputCode", code, lang, default="")
    if said:
        return said
    told = translated("messages", message, lang)
    if told != message:
        return told
    entry: Mapping[str, Any] = known()["codes"].get(code, {})
    said = str(entry.get(lang, ""))
    if not said:
        return message
    return f"{said.rstrip('。')}：{message}" if entry.get("detail") and message else said


def hint_in(hint: str, lang: str) -> str:
    """A hint in ``lang``; of a hint in several parts each."""
    if lang == "en":
        return hint
    told = translated("hints", hint, lang)
    if told == hint and "; " in hint:
        parts = hint.split("; ")
        said = [translated("hints", part, lang) for part in parts]
        same = known()["same"]["hints"]
        if all(new != old or old in same or old.endswith("--help") for new, old in zip(said, parts, strict=True)):
            told = "；".join(said)
    return told


def translated(section: str, text: str, lang: str) -> str:
    """A text of one section of the catalogue, whole or with something filled in; as it is when it has no words."""
    if lang == "en":
        return text
    whole = known()[section].get(text)
    if whole is not None:
        return str(whole)
    for pattern, said in _patterns(section):
        match = pattern.fullmatch(text)
        if match:
            parts = said.split("{}")
            filled = [*match.groups(), *[""] * len(parts)]
            return "".join(part + value for part, value in zip(parts, filled, strict=False)).rstrip()
    return text


@cache
def _patterns(section: str) -> list[tuple[re.Pattern[str], str]]:
    """The forms with something to fill in, the most telling first."""
    forms = sorted((form for form in known()[section] if "{}" in form), key=lambda form: (form.count("{}"), -len(form)))
    return [
        (re.compile("([^;]+)".join(re.escape(part) for part in form.split("{}")), re.DOTALL), known()[section][form])
        for form in forms
    ]


def meanings(code: str) -> Iterator[tuple[str, str, str]]:
    """Everything a code means: what it is, and its words, in English and Chinese side by side as they stand."""
    for section, (en, zh) in SECTIONS.items():
        entry = catalogue("words").get(section, {}).get(code)
        if entry:
            said: Mapping[str, str] = entry if "en" in entry else entry.get("wrong") or entry.get("tested") or {}
            yield f"{en} {zh}", str(said.get("en", "")), str(said.get("zh-CN", ""))
    entry = known()["codes"].get(code)
    if entry:
        yield "error 错误代码", entry["en"], entry["zh-CN"]
    entry = catalogue("reasons").get(code)
    if entry:
        yield "reason 理由代码", *(entry["tested"][lang].replace("{limit}", "…") for lang in ("en", "zh-CN"))


def codes() -> list[str]:
    """Every code there are words for, for a near miss."""
    found = {code for section in SECTIONS for code in catalogue("words").get(section, {})}
    return sorted(found | set(known()["codes"]) | set(catalogue("reasons")))
