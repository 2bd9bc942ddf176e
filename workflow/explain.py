"""Why a claim stands where it stands, in words: reasons, explanations, refusals.

Every decision carries the evaluated tests, so its reasons are generated and never picked from a list afterwards
(UX G2; CFPB circular 2023-03 as a yardstick). The same reason reads the same in the library, on the command line,
on the page and in a letter. Pure: it reads decoded journal entries and the rulebook they were decided under.
Left out: personal data and free text, which are sealed; and the layout of pages.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from ..states.case import Case, Deadline
from ..states.lifecycle import Lifecycle, Rest
from ..states.times import parse_date, parse_instant
from . import registry
from .catalogue import LANGUAGES, confidence, reading, reason_part, source, tested, value_words
from .reasons import Reason
from .rulebook import Confidence, Version
from .texts.faults import hint_in, says
from .texts.formats import day, instant, last_moment, moment, pretty, spaced
from .texts.load import line, words
from .texts.timeline import Row, taken_by, timeline, timeline_text

__all__ = ["LANGUAGES", "Row", "explain", "reason_json", "refusal_text", "timeline", "timeline_text"]

VersionOf = Callable[[str], Version]

#: Kinds of decision the rules take, whoever's verb came before.
_OF_THE_RULES = frozenset({"eligibility", "screening", "routing", "hold"})


def reason_json(reason: Reason, version: Version) -> dict[str, Any]:
    """The wire form of a reason: code, rule, tested, value, result, source, and readings when there are any."""
    found: dict[str, Any] = {
        "code": str(reason.code), "rule": reason.rule, "tested": tested(reason, "en", plain=True),
        "value": reason.value, "result": reason.result, "source": source(reason.rule, version),
    }  # fmt: skip
    if reason.readings:
        found["readings"] = list(reason.readings)
    return found


def explain(case: Case, decisions: Sequence[Mapping[str, Any]], *, lang: str, version_of: VersionOf) -> str:
    """A letter to an auditor about the claim: the last decision in full, the earlier ones, and what is next."""
    lifecycle = registry.programme(case.programme).lifecycle
    parts = [_headline(case, lang)]
    if decisions:
        parts.append(_decision(decisions[-1], lifecycle, lang, version_of))
        parts.append(_readings(decisions, lang, version_of))
    else:
        parts.append(_row("outcome", [_say("no_decision", lang)], lang))
    parts += [_row("history", [text], lang) for text in _elsewhere(case, lang)]
    if "erased" in case.facts:
        parts.append(_row("erased", [_erased(case.facts["erased"], lang)], lang))
    parts.append(_row("next", _next(case, lifecycle, lang), lang))
    parts.append(_assumed(case, decisions, lang, version_of))
    parts.append(_earlier(decisions[:-1], lifecycle, lang, version_of))
    text = "\n".join(p for p in parts if p) + "\n"
    return text if lang == "en" else spaced(text)


def _say(code: str, lang: str, **values: str) -> str:
    text = words("Explain", code, lang)
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text


def _headline(case: Case, lang: str) -> str:
    shown = registry.programme(case.programme).summary(case)
    parts = [case.id, f"{case.programme} {case.marketplace}"]
    if "eligible_amount" in shown:
        parts.append(_say("asked_amount", lang, amount=pretty(shown["eligible_amount"], lang)))
    if case.seller:
        parts.append(_say("seller", lang, seller=case.seller))
    parts.append(f"{words('State', case.state, lang, default=case.state)} ({case.state})")
    return "  ".join(parts)


# -- one decision --------------------------------------------------------------------------------------------------


def _decision(entry: Mapping[str, Any], lifecycle: Lifecycle, lang: str, version_of: VersionOf) -> str:
    made = _made(entry)
    version = version_of(made["rulebook"])
    reasons = _reasons(made)
    lines = [_row("outcome", [_outcome(made, lang)], lang)]
    lines.append(_row("because", _table(reasons, version, lang), lang))
    lines.append(_row("change", _changes(reasons, lang), lang))
    since = _say("in_force", lang, on=day(version.since, lang, weekday=False))
    digest = _say("digest", lang, sha=str(made.get("rulebook_sha256", version.sha256)))
    lines.append(_row("rulebook", [f"{made['rulebook']}; {since}; {digest}", _decided(entry, lifecycle, lang)], lang))
    return "\n".join(lines)


def _made(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    return entry.get("decision", entry)


def _reasons(made: Mapping[str, Any]) -> tuple[Reason, ...]:
    return tuple(Reason.from_entry(r) for r in made["reasons"])


def _outcome(made: Mapping[str, Any], lang: str) -> str:
    kind, outcome = made["kind"], made["outcome"]
    said = words("Decision", f"{kind}.{outcome}", lang, default="") or words("Outcome", outcome, lang, default=outcome)
    exempt = f" {_say('exempt', lang)}" if made.get("exempt") else ""
    return f"{outcome}{_colon(lang)}{said}{exempt}"


def _table(reasons: Sequence[Reason], version: Version, lang: str) -> list[str]:
    results = {True: _say("pass", lang), False: _say("fail", lang), None: _say("unknown", lang)}
    rule = max((len(r.rule) for r in reasons), default=0)
    result = max(_width(text) for text in results.values())
    heads = [f"{r.rule.ljust(rule)}  {_padded(results[r.result], result)}" for r in reasons]
    return [f"{head}  {_test(r, lang)}  [{_founded(r, version, lang)}]" for head, r in zip(heads, reasons, strict=True)]


def _test(reason: Reason, lang: str) -> str:
    what = tested(reason, lang)
    if reason.value is None:
        return what
    return what + _on_file(value_words(reason.value, lang), lang)


def _on_file(value: str, lang: str) -> str:
    said = _say("on_file", lang)
    return f"; {said}: {value}" if lang == "en" else f"；{said}：{value}"


def _founded(reason: Reason, version: Version, lang: str) -> str:
    how = confidence(reason.rule, version)
    if how is Confidence.SOURCED:
        return source(reason.rule, version)
    return f"{source(reason.rule, version)}; {words('Confidence', how.value, lang)}"


def _changes(reasons: Sequence[Reason], lang: str) -> list[str]:
    found = [text for r in reasons if (text := reason_part(r, "change", lang))]
    return found or [_say("no_change", lang)]


def _decided(entry: Mapping[str, Any], lifecycle: Lifecycle, lang: str) -> str:
    at = instant(parse_instant(entry["at"]), lang, seconds=True)
    by = taken_by(entry, lifecycle, lang, rules=_made(entry)["kind"] in _OF_THE_RULES)
    return _say("decided", lang, at=at, who=by) + ("." if lang == "en" else "。")


# -- readings and assumptions --------------------------------------------------------------------------------------


def _readings(decisions: Sequence[Mapping[str, Any]], lang: str, version_of: VersionOf) -> str:
    """Every reading the decisions hang on, the newest first, once for all that says the same."""
    lines: list[str] = []
    seen: set[tuple[str, ...]] = set()
    for entry in reversed(decisions):
        made = _made(entry)
        version = version_of(made["rulebook"])
        for name, result in ((n, r.result) for r in _reasons(made) for n in r.readings):
            said = reading(name, version, lang, result)
            if (name, *said.values()) in seen:
                continue
            seen.add((name, *said.values()))
            lines.append(f"{name}  {said['question']}")
            lines += [
                f"    {_say(part, lang)}{_colon(lang)}{said[part]}"
                for part in ("chosen", "other", "gives")
                if said[part]
            ]
    return _row("readings", lines, lang) if lines else ""


def _assumed(case: Case, decisions: Sequence[Mapping[str, Any]], lang: str, version_of: VersionOf) -> str:
    """Every assumed value the last decision or an open clock hangs on, once, loud."""
    names: dict[str, str] = {}
    if decisions:
        made = _made(decisions[-1])
        version = version_of(made["rulebook"])
        names = {r.rule: _with_value(r.rule, version, lang) for r in _reasons(made)
                 if confidence(r.rule, version) is Confidence.ASSUMED}  # fmt: skip
    pinned = version_of(case.rulebook)
    for clock in (c for c in _open(case) if "overlay" not in c.recipe):
        name = (line("DeadlineKind", clock.kind) or {}).get("parameter")
        if name and pinned.has(name) and pinned.get(name).confidence is Confidence.ASSUMED:
            names[name] = _with_value(name, pinned, lang)
    return _say("assumed", lang, what=", ".join(names.values())) if names else ""


def _with_value(rule: str, version: Version, lang: str) -> str:
    if not version.has(rule):
        return rule
    return f"{rule} = {value_words(version.get(rule).shown or 'none', lang)}"


# -- what is next, and what was ------------------------------------------------------------------------------------


def _elsewhere(case: Case, lang: str) -> list[str]:
    """Where the claim came from and where it went on, when it was moved to another programme."""
    before, after = case.facts.get("redirected", {}), case.facts.get("redirected_to", {})
    found = [_say("went_on_from", lang, claim=before["claim"], programme=before["from"])] if "claim" in before else []
    return found + ([_say("goes_on_as", lang, claim=after["claim"], programme=after["programme"])] if after else [])


def _erased(gone: Mapping[str, str], lang: str) -> str:
    basis = words("LegalBasis", gone["basis"], lang, default=gone["basis"])
    return _say("erased_on", lang, at=instant(parse_instant(gone["at"]), lang), basis=basis)


def _open(case: Case) -> list[Deadline]:
    return sorted((d for d in case.deadlines if d.status in ("open", "ran_out")), key=lambda d: d.due)


def _next(case: Case, lifecycle: Lifecycle, lang: str) -> list[str]:
    state = lifecycle.state_named(case.state)
    lines = [_say("hold", lang, what=words("HoldReason", h, lang, default=h)) for h in case.holds]
    if state.rest is Rest.END:
        lines.append(_say("waits_nothing", lang))
        if "reopen" in lifecycle.verbs_in(case.state):
            lines.append(_say("reopen", lang))
    else:
        lines.append(_say("waits", lang, what=state.waits_for if lang == "en" else state.waits_for_zh))
    for clock in _open(case):
        by = last_moment(parse_date(clock.on), case.zone, lang)
        if "hours" in clock.recipe:  # it ends within the day
            by = moment(parse_instant(clock.due) - timedelta(microseconds=1), case.zone, lang)
        lines.append(_say("deadline", lang, by=by, what=words("DeadlineKind", clock.kind, lang, default=clock.kind)))
        then = words("DeadlineKind", clock.kind, lang, part="then", default="")
        if then:
            lines.append("  " + _say("then", lang, what=then))
    return lines + [_say("task", lang, what=words("TaskKind", t, lang, default=t)) for t in case.tasks]


def _earlier(decisions: Sequence[Mapping[str, Any]], lifecycle: Lifecycle, lang: str, version_of: VersionOf) -> str:
    if not decisions:
        return f"{_say('earlier', lang)}{_colon(lang)}{_say('none', lang)}"
    blocks = [f"{_say('earlier', lang)} ({len(decisions)})"]
    for entry in decisions:
        text = _decision(entry, lifecycle, lang, version_of)
        blocks.append("\n".join("  " + part for part in text.splitlines()))
    return "\n".join(blocks)


def _colon(lang: str) -> str:
    return ": " if lang == "en" else "："


# -- layout --------------------------------------------------------------------------------------------------------


def _row(name: str, lines: Sequence[str], lang: str) -> str:
    head = _say(name, lang)
    if name in ("change", "readings", "next"):
        return "\n".join([head, *("  " + part for part in lines)])
    return "\n".join(("" if i else _padded(head, 10)).ljust(10 if i else 0) + part for i, part in enumerate(lines))


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


# -- refusals ------------------------------------------------------------------------------------------------------


def refusal_text(error: Mapping[str, Any], lang: str) -> str:
    """A refusal (or any error's ``to_dict``) in words: what, where it stands, what is unmet, what can be done."""
    code = str(error["code"])
    message = says(code, str(error.get("message") or ""), lang) or words("RefusalCode", code, lang, default=code)
    of_claim = f" ({error['claim']})" if error.get("claim") else ""
    parts = [("error", f"{message} [{code}]{of_claim}")]
    if error.get("field"):
        parts.append(("field", str(error["field"])))
    if error.get("state"):
        state = str(error["state"])
        parts.append(("state", f"{words('State', state, lang, default=state)} ({state})"))
    parts += [("unmet", _unmet(u, lang)) for u in error.get("unmet", ())]
    if error.get("allowed"):
        parts.append(("you_can", ("、" if lang != "en" else ", ").join(_verbs(error["allowed"], lang))))
    if error.get("next"):
        parts.append(("next_date", pretty(str(error["next"]), lang)))
    hint = hint_in(str(error.get("hint") or ""), lang)
    if hint and not (hint.startswith("you can:") and error.get("allowed")):
        parts.append(("hint", hint))
    lines = [f"{'  ' if i else ''}{_say(name, lang)}{_colon(lang)}{text}" for i, (name, text) in enumerate(parts)]
    return "\n".join(lines)


def _verbs(allowed: Sequence[str], lang: str) -> list[str]:
    if lang == "en":
        return list(allowed)
    return [f"{words('Verb', v, lang, default=v)}（{v}）" for v in allowed]


def _unmet(entry: Mapping[str, Any], lang: str) -> str:
    reason = Reason.from_entry({"result": None, **entry})
    try:
        what = tested(reason, lang)
    except KeyError:
        what = str(entry.get("tested") or reason.code)
    text = f"{reason.rule}{_colon(lang)}{what}"
    if reason.value is None:
        return text
    return text + _on_file(_state_or_value(reason.value, lang), lang)


def _state_or_value(value: str, lang: str) -> str:
    return (
        words("State", value, lang, default="")
        or words("HoldReason", value, lang, default="")
        or value_words(value, lang)
    )
