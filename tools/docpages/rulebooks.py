"""A page a rulebook: every parameter with its dates, source and confidence, and the ambiguity register."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby

from claimdesk.workflow import registry
from claimdesk.workflow.catalogue import rule_says
from claimdesk.workflow.rulebook import Book, Confidence, Parameter, Reading, shipped
from claimdesk.workflow.texts.load import catalogue

from .markdown import Page, cell, code, codes, linked, page, slug, table

#: How a confidence is shown; an assumption is loud.
SHOWN: Mapping[Confidence, str] = {
    Confidence.SOURCED: "sourced",
    Confidence.READING: "reading",
    Confidence.ASSUMED: "**ASSUMED**",
}
_UP = "../../"

LEGEND = """A rulebook holds the dated parameters of one programme in one marketplace, or of an overlay.
Confidence says how well a value is founded.

- *sourced*: a source states it.
- *reading*: sources disagree or are silent on a detail; we chose, and the register of the rulebook says how.
- **ASSUMED**: no source was found; somebody had to put a number there, and you should look at it first."""


def pages() -> Iterator[Page]:
    """One page a rulebook, the list of them, and the readings of all of them."""
    books = list(shipped().values())
    yield _index(books)
    for book in books:
        yield _book(book)
    yield _readings(books)


def _index(books: Sequence[Book]) -> Page:
    rows = [
        (
            f"[{book.id}]({book.id}.md)",
            cell(book.title),
            code(book.programme),
            book.marketplace,
            book.currency,
            cell(book.zone),
            len({p.name for p in book.parameters}),
            len(book.readings),
            len(_assumed(book)),
        )
        for book in books
    ]
    head = ("id", "rulebook", "programme", "market", "currency", "zone", "parameters", "readings", "assumed")
    toc = "```{toctree}\n:hidden:\n\n" + "\n".join(book.id for book in books) + "\n```"
    return page("reference/rulebooks/index.md", "Rulebooks", LEGEND, table(head, rows), toc)


def _assumed(book: Book) -> list[str]:
    return sorted({p.name for p in book.parameters if p.confidence is Confidence.ASSUMED})


def _book(book: Book) -> Page:
    newest = book.versions[-1]
    facts = table(
        ("programme", "market", "currency", "zone"),
        [(_programme(book), book.marketplace, book.currency, cell(book.zone))],
    )
    versions = table(("version", "in force from", "digest (SHA-256)"),
                     [(code(v.ref), v.since.isoformat(), code(v.sha256)) for v in book.versions])  # fmt: skip
    assumed = _assumed(book)
    loud = "No parameter of this rulebook rests on an assumption."
    if assumed:
        share = f"{len(assumed)} of {len(newest.values)} parameters"
        loud = f"**{share} rest on an assumption**, now or at some time: {codes(assumed)}."
    says = [(code(name), _says(name, book, "en"), _says(name, book, "zh-CN")) for name in newest.values]
    return page(
        f"reference/rulebooks/{book.id}.md",
        book.title,
        facts,
        "## Versions",
        "A version is the set of values in force from one day on.\nA claim keeps the version it started with.",
        versions,
        "## Parameters",
        loud,
        _parameters(book),
        "## What the rules say",
        f"With the values of {code(newest.ref)}.",
        table(("rule", "in words", "中文"), [row for row in says if row[1] or row[2]]),
        "## Ambiguity register",
        "Where the sources disagree or are silent, this is what was chosen, and what would be chosen otherwise.",
        _register(book),
    )


def _programme(book: Book) -> str:
    if book.programme in registry.names():
        return f"[{book.programme}](../programmes/{book.programme}.md)"
    return code(book.programme)


def _says(name: str, book: Book, lang: str) -> str:
    if name not in catalogue("rules"):
        return ""
    return cell(rule_says(name, book.versions[-1], lang))


def _parameters(book: Book) -> str:
    rows: list[tuple[str, ...]] = []
    for name, group in groupby(book.parameters, key=lambda p: p.name):
        for place, parameter in enumerate(group):
            rows.append((code(name) if place == 0 else "", *_value(parameter)))
    return table(("parameter", "value", "unit", "from", "to", "confidence", "source"), rows)


def _value(parameter: Parameter) -> tuple[str, ...]:
    source = linked(parameter.source, _UP)
    if parameter.note:
        source = f"{source}. *{cell(parameter.note)}*"
    unit = "amount" if parameter.kind == "money" else parameter.kind.replace("_", " ")
    shown = parameter.shown.removesuffix(f" {unit}") or "(none)"
    until = parameter.until.isoformat() if parameter.until else ""
    return cell(shown), unit, parameter.since.isoformat(), until, SHOWN[parameter.confidence], source


def _register(book: Book) -> str:
    rows = [
        (
            f"[{reading.id}](../readings.md#{slug(reading.id)})",
            cell(reading.question),
            cell(reading.chosen),
            cell(reading.other),
            _switch(reading),
            linked("; ".join(reading.sources), _UP),
            f"{cell(reading.by)}, {reading.on.isoformat()}",
        )
        for reading in book.readings
    ]
    return table(("reading", "question", "chosen", "other reading", "switched by", "sources", "chosen by"), rows)


def _switch(reading: Reading) -> str:
    if reading.parameter is None:
        return "not switchable"
    return code(f"{reading.parameter} = {reading.other_value}")


# -- readings ----------------------------------------------------------------------------------------------------------


def order(reading: str) -> tuple[int, int, str]:
    """R1, R2, ... R22, then the lettered ones."""
    number = reading[1:]
    return (0, int(number), "") if reading.startswith("R") and number.isdigit() else (1, 0, reading)


@cache
def held() -> Mapping[str, tuple[tuple[Book, Reading], ...]]:
    """Every reading with the rulebooks that hold it, in order."""
    found: dict[str, list[tuple[Book, Reading]]] = {}
    for book in shipped().values():
        for reading in book.readings:
            found.setdefault(reading.id, []).append((book, reading))
    return {name: tuple(found[name]) for name in sorted(found, key=order)}


def _readings(books: Sequence[Book]) -> Page:
    names = list(held())
    numbers = [order(name)[1] for name in names if order(name)[0] == 0]
    missing = [f"R{n}" for n in range(1, 23) if n not in numbers]
    parts = [
        "A reading is a choice between texts that disagree, or about a detail on which they are silent.",
        """R1 to R22 are readings of the whole project; a rulebook holds those that touch it.
The lettered ones are a rulebook's own.""",
        table(("reading", "question", "switched by", "rulebooks"), [_line(name) for name in names]),
    ]
    if missing:
        parts.append(f"No rulebook holds {', '.join(missing)}.")
    parts += [part for name in names for part in _reading(name)]
    return page("reference/readings.md", "Readings", *parts)


def _line(name: str) -> tuple[str, ...]:
    entries = held()[name]
    switches = dict.fromkeys(_switch(reading) for _book, reading in entries)
    questions = dict.fromkeys(reading.question for _book, reading in entries)
    return f"[{name}](#{slug(name)})", cell(next(iter(questions))), "<br>".join(switches), _places(entries)


def _places(entries: Iterable[tuple[Book, Reading]]) -> str:
    found: dict[str, list[str]] = {}
    for book, _reading in entries:
        found.setdefault(book.programme, []).append(book.marketplace)
    return "; ".join(f"{code(programme)}: {', '.join(markets)}" for programme, markets in found.items())


def _books(entries: Iterable[tuple[Book, Reading]]) -> str:
    return ", ".join(f"[{book.id}](rulebooks/{book.id}.md#ambiguity-register)" for book, _reading in entries)


def _reading(name: str) -> Iterator[str]:
    yield f"## {name}"
    ours = catalogue("readings").get(name, {})
    if ours.get("question"):
        yield f"{ours['question']}\n所选释义：{ours.get('chosen', '')}。\n其他释义：{ours.get('other', '')}。"
    variants: dict[tuple[str, ...], list[tuple[Book, Reading]]] = {}
    for book, reading in held()[name]:
        key = (reading.question, reading.chosen, reading.other, _switch(reading))
        variants.setdefault(key, []).append((book, reading))
    rows = [
        (_books(entries), *(cell(part) for part in key[:3]), key[3], linked("; ".join(entries[0][1].sources), "../"))
        for key, entries in variants.items()
    ]
    yield table(("rulebooks", "question", "chosen", "other reading", "switched by", "sources"), rows)
    gives = [ours[key] for key in ("gives", "gives_true", "gives_false") if key in ours]
    if gives:
        yield "The other reading would give: " + "; or ".join(cell(g["en"]) for g in gives) + "."
