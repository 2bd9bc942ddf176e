"""Rule coverage: every rule id, what it says, which module reads it, and where it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from claimdesk.workflow.catalogue import rule_says
from claimdesk.workflow.rulebook import Book, Confidence, Parameter, Version, shipped
from claimdesk.workflow.texts.load import catalogue

from .markdown import ROOT, Page, cell, code, linked, page, table
from .rulebooks import SHOWN
from .sources import relative, rules_of_reasons, texts_in, trees

#: A rule quoted in a letter.
_QUOTED = re.compile(r"['\"]([a-z][a-z0-9_.]+)['\"]")
_NO_RULES = ("workflow/catalogue.py", "workflow/explain.py", "workflow/texts/")
_LOUDEST = (Confidence.ASSUMED, Confidence.READING, Confidence.SOURCED)


def pages() -> Iterator[Page]:
    """One page, in the order of the rulebooks and then of the texts."""
    rows = [_row(name) for name in names()]
    unread = [name for name in names() if not modules(name)]
    silent = [name for name in names() if name not in catalogue("rules") and not _family(name)]
    parts = [
        """Each rule has an id, and a reason names it.
So this page leads from any decision to the code that took it and to its source.""",
        """A rule that is a parameter has its value and its dates in the [rulebooks](rulebooks/index.md).
The confidence shown is the weakest of all rulebooks that hold it.""",
        table(("rule", "what it says", "read in", "confidence", "source"), rows),
    ]
    if unread:
        parts += ["## Read by no module", ", ".join(code(name) for name in unread)]
    if silent:
        parts += ["## Without words yet", ", ".join(code(name) for name in silent)]
    yield page("reference/rules.md", "Rules", *parts)


@cache
def names() -> tuple[str, ...]:
    """Every rule id: parameters in the order of the rulebooks, then rules that are no parameter."""
    found = dict.fromkeys(p.name for book in shipped().values() for p in book.parameters)
    found.update(dict.fromkeys(name for name in catalogue("rules") if not name.startswith("_")))
    return tuple(found)


def _family(name: str) -> Mapping[str, str] | None:
    return catalogue("rules").get(name.partition(".")[0] + ".*")


@cache
def _texts() -> Mapping[str, frozenset[str]]:
    """What each module that decides names, and what each letter quotes."""
    found = {path: frozenset(texts_in(path)) for path in trees() if not path.startswith(_NO_RULES)}
    for letter in sorted((ROOT / "workflow" / "texts").rglob("*.j2")):
        found[relative(letter)] = frozenset(_QUOTED.findall(letter.read_text(encoding="utf-8")))
    return found


@cache
def modules(name: str) -> tuple[str, ...]:
    """The modules and letters that name a rule, in order."""
    found = [path for path, texts in _texts().items() if any(_names(text, name) for text in texts)]
    if "." in name:
        return tuple(found)
    # A rule whose name is one plain word is looked for only where a reason names it.
    return tuple(path for path in found if path.endswith(".j2") or name in rules_of_reasons(path))


def _names(text: str, rule: str) -> bool:
    """Whether a text of a module names a rule; either may be a family (``hold.*``) or have a gap at its end."""
    if rule.endswith("*"):
        return text.startswith(rule[:-1])
    if text.endswith("*") and "." in text:
        return rule.startswith(text[:-1])
    return text == rule


def _holders(name: str) -> list[tuple[Book, Parameter]]:
    return [(book, p) for book in shipped().values() for p in book.parameters if p.name == name]


def _row(name: str) -> tuple[str, ...]:
    held = _holders(name)
    read = "<br>".join(code(path) for path in modules(name)) or "(none)"
    return code(name), cell(_says(name, held)), read, *_founded(name, held)


def _says(name: str, held: list[tuple[Book, Parameter]]) -> str:
    known = catalogue("rules").get(name) or _family(name)
    if known is None:
        return ""
    if not held:
        return _filled(name, known)
    book = next((book for book, _parameter in held if book.marketplace == "US"), held[0][0])
    return rule_says(name, book.versions[-1], "en")


def _filled(name: str, known: Mapping[str, str]) -> str:
    """A rule that is no parameter may speak of parameters: the values of the first rulebook that has them all."""
    if "{" not in known["en"]:
        return known["en"]
    for version in _newest():
        try:
            return rule_says(name, version, "en")
        except KeyError:
            continue
    return known["en"]


def _newest() -> list[Version]:
    books = sorted(shipped().values(), key=lambda book: (book.marketplace != "US", book.id))
    return [book.versions[-1] for book in books]


def _founded(name: str, held: list[tuple[Book, Parameter]]) -> tuple[str, str]:
    if not held:
        known = catalogue("rules").get(name, {})
        confidence = Confidence(known["confidence"]) if "confidence" in known else None
        return SHOWN[confidence] if confidence else "", linked(known.get("source", ""), "../")
    loudest = next(c for c in _LOUDEST if any(p.confidence is c for _book, p in held))
    ours = [p.source for book, p in held if book.marketplace == "US"] or [held[0][1].source]
    return SHOWN[loudest], linked("; ".join(dict.fromkeys(ours)), "../")
