"""A page a programme: its diagram, its states, its clocks, and every step with its meaning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from claimdesk.states.codes import Described
from claimdesk.states.lifecycle import RULES, Lifecycle, Rest, Row
from claimdesk.workflow import registry
from claimdesk.workflow.catalogue import value_words
from claimdesk.workflow.plan import Programme
from claimdesk.workflow.rulebook import Book, shipped
from claimdesk.workflow.texts.load import line, words

from .markdown import Page, cell, code, codes, fence, page, table
from .observed import clocks
from .sources import kinds_named_in

#: A step with one meaning that leads to one state from this many others is told in words, not drawn.
_SHARED_FROM = 4

REST: Mapping[Rest, tuple[str, str]] = {
    Rest.CLOCK: ("a clock, if nobody acts first", "期限（除非先有人处理）"),
    Rest.OWNER: ("the one it waits for", "由所等待的一方"),
    Rest.PASSING: ("the rules, at once", "由规则立即推进"),
    Rest.END: ("nothing", "无"),
}
_CLASSES: Mapping[Rest, str] = {Rest.CLOCK: "clock", Rest.OWNER: "owner", Rest.PASSING: "passing", Rest.END: "finished"}


def pages() -> Iterator[Page]:
    """One page a programme, and the list of them."""
    programmes = [registry.programme(name) for name in registry.names()]
    yield _index(programmes)
    for programme in programmes:
        yield _programme(programme)


def _index(programmes: Sequence[Programme]) -> Page:
    rows = [
        (code(p.id), f"[{cell(p.title)}]({p.id}.md)", cell(p.title_zh), len(p.lifecycle.states), len(p.lifecycle.rows))
        for p in programmes
    ]
    toc = "```{toctree}\n:hidden:\n\n" + "\n".join(p.id for p in programmes) + "\n```"
    return page(
        "reference/programmes/index.md",
        "Programmes",
        "Each programme is a lifecycle, rules and a rulebook of its own.",
        table(("id", "programme", "中文", "states", "steps"), rows),
        toc,
    )


def _programme(programme: Programme) -> Page:
    life = programme.lifecycle
    return page(
        f"reference/programmes/{programme.id}.md",
        programme.title,
        f"{programme.title_zh}. Programme `{programme.id}`. Opens with the verb `{programme.opening}`.",
        "## Lifecycle",
        drawn(life),
        "## States",
        table(("state", "in words", "中文", "waits for", "等待", "moved on by", "推进", "clock"), _states(programme)),
        "## Clocks",
        _clocks(programme),
        "## Steps that move the claim" if not life.perpetual else "## Steps that move the file",
        f"A step of {code(RULES)} happens by itself; every other one starts with the verb it names.",
        table(("from", "verb", "step", "to", "meaning"), _moves(life)),
        "## Steps that only record",
        table(("verb", "step", "in", "meaning"), _recordings(life)),
        "## Controls",
        _controls(programme),
    )


# -- diagram -----------------------------------------------------------------------------------------------------------


def _shared(life: Lifecycle) -> dict[tuple[str, str, str], list[str]]:
    """Steps with one name, target and meaning that many states have, with those states."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for row in _forward(life):
        found.setdefault((row.trigger, row.to, row.meaning), []).append(row.state)
    many = {step: states for step, states in found.items() if len(states) >= _SHARED_FROM}
    return {step: states for step, states in many.items() if not _only_way(life, *step)}


def _only_way(life: Lifecycle, trigger: str, to: str, _meaning: str) -> bool:
    """Whether some state has no other way on: then the step must be drawn."""
    sources = [row.state for row in life.rows if (row.trigger, row.to) == (trigger, to)]
    on = {row.state for row in _forward(life) if row.trigger != trigger}
    return any(state not in on for state in sources)


def _forward(life: Lifecycle) -> Iterator[Row]:
    return (row for row in life.rows if row.state != row.to and row.trigger not in life.reopening)


def _drawn(life: Lifecycle) -> Iterator[Row]:
    shared = _shared(life)
    return (row for row in _forward(life) if (row.trigger, row.to, row.meaning) not in shared)


def diagram(life: Lifecycle) -> str:
    """The main ways through a lifecycle, as Mermaid text."""
    lines = ["stateDiagram-v2", f"    [*] --> {life.initial}"]
    arrows: dict[tuple[str, str], list[str]] = {}
    for row in _drawn(life):
        names = arrows.setdefault((row.state, row.to), [])
        if row.trigger not in names:
            names.append(row.trigger)
    lines += [f"    {source} --> {target}: {', '.join(names)}" for (source, target), names in arrows.items()]
    lines += [f"    {state.name} --> [*]" for state in life.states if state.rest is Rest.END]
    lines += [
        "    classDef clock stroke-dasharray: 5 3",
        "    classDef owner stroke-width: 3px",
        "    classDef passing opacity: 0.7",
        "    classDef finished font-weight: bold",
    ]
    for rest, name in _CLASSES.items():
        inside = [state.name for state in life.states if state.rest is rest]
        if inside:
            lines.append(f"    class {', '.join(inside)} {name}")
    return "\n".join(lines)


def drawn(life: Lifecycle) -> str:
    """The diagram and what it leaves out."""
    return f"{fence('mermaid', diagram(life))}\n\n{shared_steps(life)}"


def shared_steps(life: Lifecycle) -> str:
    """What the diagram leaves out, in words."""
    legend = "Dashed states have a clock, thick ones wait for somebody, pale ones pass on at once, bold ones are ends."
    lines = [
        f"- {code(trigger)} leads to {code(to)} from {codes(states)}: {meaning}."
        for (trigger, to, meaning), states in _shared(life).items()
    ]
    again: dict[tuple[str, str, str], list[str]] = {}
    for row in life.rows:
        if row.trigger in life.reopening:
            again.setdefault((row.trigger, row.to, row.meaning), []).append(row.state)
    lines += [
        f"- {code(trigger)} leads back to {code(to)} from {codes(states)}: {meaning}."
        for (trigger, to, meaning), states in again.items()
    ]
    if not lines:
        return legend
    return "\n".join([legend, "Not drawn, because many states have them:", "", *lines])


# -- tables ------------------------------------------------------------------------------------------------------------


def _states(programme: Programme) -> Iterator[tuple[str, ...]]:
    for state in programme.lifecycle.states:
        english, chinese = REST[state.rest]
        name = code(state.name) + (" (start)" if state.initial else "")
        yield (
            name,
            words("State", state.name, "en", default=""),
            words("State", state.name, "zh-CN", default=""),
            cell(state.waits_for),
            cell(state.waits_for_zh),
            english,
            chinese,
            codes(clocks(programme.id).get(state.name, ())),
        )


def _moves(life: Lifecycle) -> Iterator[tuple[str, ...]]:
    for row in life.rows:
        if row.state != row.to:
            yield code(row.state), code(row.verb), code(row.trigger), code(row.to), cell(row.meaning)


def _recordings(life: Lifecycle) -> Iterator[tuple[str, ...]]:
    found: dict[tuple[str, str, str], list[str]] = {}
    for row in life.rows:
        if row.state == row.to:
            found.setdefault((row.verb, row.trigger, row.meaning), []).append(row.state)
    every = [state.name for state in life.states]
    for (verb, trigger, meaning), states in found.items():
        yield code(verb), code(trigger), "every state" if states == every else codes(states), cell(meaning)


def _clocks(programme: Programme) -> str:
    books = [book for book in shipped().values() if book.programme == programme.id]
    rows = [_clock(kind, books) for kind in kinds_named_in(programme)]
    if not rows:
        return "This programme has no clocks."
    return table(("clock", "of", "中文", "length", "when it runs out", "届满时"), rows)


def _clock(kind: Described, books: Sequence[Book]) -> tuple[str, ...]:
    said = line("DeadlineKind", kind.value) or {}
    then = said.get("then", {})
    parameter = said.get("parameter")
    return (
        code(kind.value),
        said.get("en", kind.meaning),
        said.get("zh-CN", ""),
        _length(str(parameter), books) if parameter else "",
        then.get("en", ""),
        then.get("zh-CN", ""),
    )


def _length(parameter: str, books: Sequence[Book]) -> str:
    """The newest value of each rulebook, told once where all agree."""
    found: dict[str, list[str]] = {}
    for book in books:
        newest = book.versions[-1]
        if newest.has(parameter):
            found.setdefault(value_words(newest.get(parameter).shown, "en"), []).append(book.marketplace)
    if not found:
        return ""
    if len(found) == 1:
        return f"{next(iter(found))} ({code(parameter)})"
    return "; ".join(f"{value} in {', '.join(places)}" for value, places in found.items()) + f" ({code(parameter)})"


def _controls(programme: Programme) -> str:
    said = {
        "Need a reason of the person who does it": programme.reasoned,
        "Allowed while a hold stands": programme.records,
        "Done on the seller's file first, then here": programme.seller_first,
        "Looked at again when the seller's file changes": programme.waits_on_seller,
        "Looked at again when a claim of the same order and incident changes": programme.waits_on_siblings,
    }
    return "\n".join(f"- {text}: {codes(sorted(names))}." for text, names in said.items() if names)


# -- for written pages -----------------------------------------------------------------------------------------------


def _programmes() -> list[Programme]:
    return [registry.programme(name) for name in registry.names()]


def list_of_programmes(docs: str) -> str:
    """Every programme with the markets its rulebooks are for; ``docs`` leads to the folder docs."""
    rows: list[tuple[str, ...]] = []
    for programme in _programmes():
        markets = sorted(book.marketplace for book in shipped().values() if book.programme == programme.id)
        page_of = f"{docs}reference/programmes/{programme.id}.md"
        rows.append(
            (f"[`{programme.id}`]({page_of})", cell(programme.title), cell(programme.title_zh), ", ".join(markets))
        )
    return table(("programme", "what it is", "中文", "markets"), rows)


def glossary_of_states() -> str:
    """Every state of every programme in both languages, with what it waits for."""
    found: dict[tuple[str, ...], list[str]] = {}
    for programme in _programmes():
        for state in programme.lifecycle.states:
            english, chinese = (words("State", state.name, lang, default="") for lang in ("en", "zh-CN"))
            row = (code(state.name), english, chinese, cell(state.waits_for), cell(state.waits_for_zh))
            found.setdefault(row, []).append(code(programme.id))
    rows = [(*row, ", ".join(names)) for row, names in found.items()]
    return table(("in code", "English", "中文", "waits for", "等待", "programme"), rows)


def glossary_of_verbs() -> str:
    """Every verb of every programme in both languages."""
    found: dict[str, list[str]] = {}
    for programme in _programmes():
        for verb in dict.fromkeys([programme.opening, *programme.lifecycle.verbs]):
            found.setdefault(verb, []).append(code(programme.id))
    rows = [
        (code(verb), words("Verb", verb, "en", default=""), words("Verb", verb, "zh-CN", default=""), ", ".join(names))
        for verb, names in found.items()
    ]
    return table(("in code", "English", "中文", "programme"), rows)
