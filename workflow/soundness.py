"""What a programme still lacks: words, letters and shapes, for people who write one.

``registry.register`` refuses what could not run; this names what would run and then say nothing. The shipped
programmes are held to it too. Left out: whether the rules are right, which only scenarios show.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from ..states.codes import Described, NoticeKind, ReasonCode
from . import places, registry
from .catalogue import LANGUAGES, entry_of, rule_says
from .plan import Programme
from .rulebook import shipped
from .texts.load import line


def faults(name: str) -> list[str]:
    """Everything the programme ``name`` lacks, in plain words; empty when it lacks nothing."""
    programme = registry.programme(name)
    return [*_words(programme), *_codes(programme), *_rules(programme), *_shapes(programme)]


def _words(programme: Programme) -> Iterator[str]:
    life = programme.lifecycle
    wanted = [
        *(("State", state.name) for state in life.states),
        *(("Verb", verb) for verb in dict.fromkeys((programme.opening, *life.verbs))),
        *(("Step", trigger) for trigger in dict.fromkeys(row.trigger for row in life.rows)),
    ]
    for section, word in wanted:
        yield from _said(section, word, line(section, word))


def _said(section: str, word: str, found: Mapping[str, Any] | None) -> Iterator[str]:
    for lang in LANGUAGES:
        if not (found or {}).get(lang):
            yield f"words.toml has no {lang} words for {section}.{word}"


def _codes(programme: Programme) -> Iterator[str]:
    for kind, own in programme.codes.items():
        for code in own:
            if kind is ReasonCode:
                yield from _reason(code)
            else:
                yield from _said(kind.__name__, code.value, line(kind.__name__, code.value))
            if kind is NoticeKind:
                yield from _letters(programme, code)


def _reason(code: Described) -> Iterator[str]:
    try:
        found = entry_of(code.value)
    except KeyError:
        yield f"reasons.toml has no words for {code.value}"
        return
    for part in ("text", "tested"):
        told = [said for name, said in found.items() if name == part or name.startswith(f"{part} ")]
        if not told or not all(said.get(lang) for said in told for lang in LANGUAGES):
            yield f"reasons.toml does not say the {part} of {code.value} in both languages"


def _letters(programme: Programme, code: Described) -> Iterator[str]:
    for lang in LANGUAGES:
        name = f"{code.value}.{lang}.j2"
        if not (places.folder_of(programme.id) / "letters" / name).is_file():
            yield f"there is no letter {name}"


def _rules(programme: Programme) -> Iterator[str]:
    for book in shipped().values():
        if book.programme == programme.id:
            for version in book.versions:
                for rule in version.values:
                    for lang in LANGUAGES:
                        try:
                            rule_says(rule, version, lang)
                        except KeyError as error:
                            yield f"rules.toml: {version.ref}, {lang}: {error.args[0]}"


def _shapes(programme: Programme) -> Iterator[str]:
    payloads = import_module(f"{places.package_of(programme.id)}.payloads")
    for verb in dict.fromkeys((programme.opening, *programme.lifecycle.verbs)):
        if verb in programme.seller_first:
            continue
        try:
            payloads.adapter_of(verb).json_schema()
        except KeyError:
            yield f"payloads.adapter_of does not know the verb {verb}"
