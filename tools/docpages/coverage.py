"""Coverage both ways: each sentence of the founding documents and its rules, each rule and its sentences.

``docs/coverage.toml`` says which sentence became what; this reads it, checks it against the rules, the lifecycles and
the letters there are, and makes the page.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from claimdesk.states.codes import NoticeKind
from claimdesk.workflow import places, registry
from claimdesk.workflow.rulebook import shipped
from claimdesk.workflow.texts.load import catalogue

from .markdown import DOCS, Page, cell, code, codes, linked, page, slug, table
from .rules import names

DATA = DOCS / "coverage.toml"

#: What in the source of a rule leads to a sentence of a page: a section of the notes, a regulation, an address.
_PAGE = re.compile(r"DOMAIN \d|https?://|\b(?:CFR|CCR|NYCRR)\b|Pa\. Code|Oklahoma 365|69O-")
#: A source that says itself that nobody else wrote the rule down.
_OURS = re.compile(r"the desk's own|the record itself|the ledger of the claim", re.IGNORECASE)
_SEED = re.compile(r"SEED \d{3}")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence and what became of it; ``silent`` is why it states no rule."""

    id: str
    says: str
    quote: str = ""
    rules: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    letters: tuple[str, ...] = ()
    not_modelled: str = ""
    silent: str = ""

    @property
    def seed(self) -> str:
        """``SEED 000`` of ``SEED 000 s12``."""
        return self.id.rpartition(" ")[0]

    @property
    def number(self) -> int:
        """12 of ``SEED 000 s12``."""
        return int(self.id.rpartition(" s")[2])


@dataclass(frozen=True, slots=True)
class Coverage:
    """The data file."""

    seeds: tuple[Mapping[str, Any], ...]
    sentences: tuple[Sentence, ...]
    ours: Mapping[str, str]
    pages: tuple[Mapping[str, str], ...]

    def of(self, rule: str) -> list[Sentence]:
        """The sentences a rule follows."""
        return [s for s in self.sentences if rule in s.rules]


def read(path: Path = DATA) -> Coverage:
    """The data as it is written."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    told = [
        Sentence(
            s["id"],
            s["says"],
            s.get("quote", ""),
            tuple(s.get("rules", ())),
            tuple(s.get("rows", ())),
            tuple(s.get("letters", ())),
            s.get("not_modelled", ""),
        )
        for s in data["sentence"]
    ]
    silent = [Sentence(name, "", silent=group["why"]) for group in data["silent"] for name in group["sentences"]]
    return Coverage(
        tuple(data["seed"]),
        tuple(sorted((*told, *silent), key=lambda s: (s.seed, s.number))),
        {rule: group["why"] for group in data["ours"] for rule in group["rules"]},
        tuple(data["page"]),
    )


@cache
def sources(rule: str) -> tuple[str, ...]:
    """Where a rule says it comes from: its parameters in every rulebook, or its own line."""
    found = [p.source for book in shipped().values() for p in book.parameters if p.name == rule]
    if not found:
        found = [catalogue("rules").get(rule, {}).get("source", "")]
    return tuple(dict.fromkeys(found))


def rules() -> list[str]:
    """Every rule of the shipped programmes."""
    added = {p.name for book in shipped().values() if book.programme in places.added() for p in book.parameters}
    return [name for name in names() if name not in added]


def faults(coverage: Coverage) -> Iterator[str]:
    """Everything that is not covered, or cites what is not there, in plain words."""
    yield from _numbers(coverage)
    known = set(names())
    rows = {
        f"{name}: {row.state}, {row.trigger}"
        for name in registry.names()
        for row in registry.programme(name).lifecycle.rows
    }
    for sentence in coverage.sentences:
        yield from (f"{sentence.id} names the rule {r}, which is not there" for r in sentence.rules if r not in known)
        yield from (f"{sentence.id} names the step {r!r}, which is not there" for r in sentence.rows if r not in rows)
        letters = set(sentence.letters) - set(NoticeKind)
        yield from (f"{sentence.id} names the letter {kind}, which is not there" for kind in sorted(letters))
        if not (sentence.rules or sentence.rows or sentence.letters or sentence.not_modelled or sentence.silent):
            yield f"{sentence.id} has neither a rule nor a reason why it has none"
    yield from (f"{rule} is told to be ours, but is not there" for rule in coverage.ours if rule not in known)
    for rule in rules():
        yield from _uncited(coverage, rule)


def _numbers(coverage: Coverage) -> Iterator[str]:
    for seed in coverage.seeds:
        found = [s.number for s in coverage.sentences if s.seed == seed["id"]]
        wanted = range(1, seed["sentences"] + 1)
        yield from (f"{seed['id']} s{n} stands nowhere" for n in wanted if n not in found)
        yield from (f"{seed['id']} s{n} stands twice" for n in sorted(set(found)) if found.count(n) > 1)
        yield from (f"{seed['id']} has no sentence s{n}" for n in found if n not in wanted)
    seeds = {seed["id"] for seed in coverage.seeds}
    yield from (f"{s.id} is of no document" for s in coverage.sentences if s.seed not in seeds)


def _uncited(coverage: Coverage, rule: str) -> Iterator[str]:
    cited = {name for text in sources(rule) for name in _SEED.findall(text)}
    followed = {s.seed for s in coverage.of(rule)}
    yield from (f"{rule} cites {seed}, but no sentence of it leads to the rule" for seed in sorted(cited - followed))
    if not followed and not ours(coverage, rule) and not any(_PAGE.search(text) for text in sources(rule)):
        yield f"{rule} follows no sentence: name one in docs/coverage.toml, or say why it is ours"
    if rule in coverage.ours and followed:
        yield f"{rule} is told to be ours, but {coverage.of(rule)[0].id} leads to it"


def ours(coverage: Coverage, rule: str) -> str:
    """Why a rule that follows no sentence is there: told in the data, or by its own source."""
    own = [text for text in sources(rule) if _OURS.search(text)]
    return coverage.ours.get(rule) or ("" if coverage.of(rule) else "; ".join(own))


# -- the page ----------------------------------------------------------------------------------------------------------

_SOURCES = "../explanation/sources.md"
_HEAD = (
    f"Every sentence of the [founding documents]({_SOURCES}#the-founding-documents) became a rule, a step or a letter, "
    "or it says here why not.\n"
    f"And every rule follows a sentence: one of these, or one of the public pages in the [domain notes]({_SOURCES}), "
    "or it says here that it is ours.\n\n"
    "The documents themselves are not part of this project; a sentence has its number, what it says in short, "
    "and a few of its words where they matter."
)


def pages() -> Iterator[Page]:
    """One page."""
    coverage = read()
    parts = [_HEAD, _summary(coverage)]
    for seed in coverage.seeds:
        parts += [
            f"## {seed['id']}",
            f"{seed['title']}.",
            _sentences(coverage, seed["id"]),
            _silent(coverage, seed["id"]),
        ]
    parts += ["## Rules and their sentences", _rules(coverage)]
    parts += [
        "## Sentences of the domain notes that no rule follows",
        table(("where", "says", "not modelled, because"), [_of_page(told) for told in coverage.pages]),
    ]
    yield page("reference/coverage.md", "Coverage", *parts)


def _of_page(told: Mapping[str, str]) -> tuple[str, ...]:
    return linked(told["id"], "../"), cell(told["says"]), cell(told["not_modelled"])


def _summary(coverage: Coverage) -> str:
    rows: list[tuple[object, ...]] = []
    for seed in coverage.seeds:
        mine = [s for s in coverage.sentences if s.seed == seed["id"]]
        stating = [s for s in mine if not s.silent]
        modelled = [s for s in stating if s.rules or s.rows or s.letters]
        rows.append((f"[{seed['id']}](#{slug(seed['id'])})", len(mine), len(stating), len(modelled),
                     sum(bool(s.not_modelled) for s in modelled), len(stating) - len(modelled)))  # fmt: skip
    head = ("document", "sentences", "state a rule", "modelled", "of these in part", "not modelled, with the reason")
    return table(head, rows)


def _sentences(coverage: Coverage, seed: str) -> str:
    rows = [
        (s.id.rpartition(" ")[2], _said(s), _became(s), cell(s.not_modelled))
        for s in coverage.sentences
        if s.seed == seed and not s.silent
    ]
    return table(("sentence", "says", "became", "not modelled, because"), rows)


def _said(sentence: Sentence) -> str:
    return cell(sentence.says) + (f" *{cell(sentence.quote)}*" if sentence.quote else "")


def _became(sentence: Sentence) -> str:
    parts = [codes(sentence.rules), *(f"{code(row.partition(': ')[0])} step {_step(row)}" for row in sentence.rows)]
    if sentence.letters:
        parts.append(f"letters {codes(sentence.letters)}")
    return "<br>".join(part for part in parts if part)


def _step(row: str) -> str:
    state, _, trigger = row.partition(": ")[2].partition(", ")
    return f"{code(trigger)} from {code(state)}"


def _silent(coverage: Coverage, seed: str) -> str:
    groups: dict[str, list[int]] = {}
    for sentence in coverage.sentences:
        if sentence.seed == seed and sentence.silent:
            groups.setdefault(sentence.silent, []).append(sentence.number)
    lines = [f"- {', '.join(f's{n}' for n in numbers)}: {why}." for why, numbers in groups.items()]
    return "\n".join(["Sentences that state no rule:", "", *lines])


def _rules(coverage: Coverage) -> str:
    rows: list[Sequence[str]] = []
    for rule in rules():
        followed = coverage.of(rule)
        by = ", ".join(f"{s.seed} s{s.number}" for s in followed)
        pages = [text for text in sources(rule) if _PAGE.search(text)]
        rows.append((code(rule), by, linked("; ".join(pages), "../"), cell(ours(coverage, rule))))
    return table(("rule", "sentences", "pages", "ours, because"), rows)
