"""Every code a caller may meet, by kind: its meaning and its words in English and Simplified Chinese."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module

from claimdesk.states.codes import Described
from claimdesk.workflow import places, registry
from claimdesk.workflow.texts.load import catalogue, line

from .markdown import Page, cell, code, page, table
from .sources import module_name, trees

#: What each kind of code is for, where its name alone does not say it.
TITLES = {
    "ReasonCode": "Reasons",
    "RefusalCode": "Refusals",
    "HoldReason": "Holds",
    "TaskKind": "Tasks for a person",
    "DeadlineKind": "Deadlines",
    "NoticeKind": "Notices",
    "Party": "Parties",
    "Outcome": "Outcomes",
    "CertificateFault": "Faults of a certificate",
    "LegalBasis": "Legal bases of an erasure",
    "ReadPurpose": "Purposes of a look at sensitive data",
}


def kinds() -> list[type[Described]]:
    """Every kind of code, in the order they are written down; programmes may bring their own."""
    for name in registry.names():
        registry.programme(name)
    for path, tree in trees().items():
        if path.startswith("states/") or _has_kinds(tree):
            import_module(f"claimdesk.{module_name(path)}")
    own = {kind for name in places.added() for kind in registry.programme(name).codes.values()}
    found = [k for k in Described.__subclasses__() if k.__module__.startswith("claimdesk.") or k in own]
    paths = list(trees())
    return sorted(found, key=lambda kind: (kind.__module__ != "claimdesk.states.codes", _place(kind, paths)))


def _has_kinds(tree: ast.Module) -> bool:
    """Whether a module brings kinds of codes."""
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    return any(isinstance(base, ast.Name) and base.id == Described.__name__ for c in classes for base in c.bases)


def _place(kind: type[Described], paths: list[str]) -> tuple[int, int]:
    path = kind.__module__.removeprefix("claimdesk.").replace(".", "/") + ".py"
    names = list(import_module(kind.__module__).__dict__)
    return (paths.index(path) if path in paths else len(paths), names.index(kind.__name__))


def title(kind: type[Described]) -> str:
    """The heading of a kind."""
    return TITLES.get(kind.__name__, kind.__name__)


def pages() -> Iterator[Page]:
    """One page with all of them."""
    parts = [
        "A code is a name that never changes its meaning and is never used again for something else.",
        """The sentences are those of letters, explanations and pages.
In them, {value} is what stands on file and {limit} what the rulebook says.""",
    ]
    for kind in kinds():
        parts += [f"## {title(kind)}", f"{_doc(kind)} (`{kind.__name__}`)"]
        parts.append(table(("code", "meaning", "in words", "中文"), [_row(kind, member) for member in kind]))
    yield page("reference/codes.md", "Codes", *parts)


def _doc(kind: type[Described]) -> str:
    return cell((kind.__doc__ or "").strip().splitlines()[0])


def _row(kind: type[Described], member: Described) -> tuple[str, ...]:
    said = words_of(kind, member)
    return code(member.value), cell(member.meaning), *(said.get(lang, "") for lang in ("en", "zh-CN"))


def _section(kind: type[Described]) -> str:
    """Where the words of a kind stand: those of a programme's own stand with the kind they add to."""
    for name in places.added():
        for shared, own in registry.programme(name).codes.items():
            if own is kind:
                return shared.__name__
    return kind.__name__


def words_of(kind: type[Described], member: Described) -> dict[str, str]:
    """The words of a code in each language; nothing where there are none."""
    found = line(_section(kind), member.value)
    if found is None:
        found = catalogue("reasons").get(member.value, {}).get("text")
    if found is None:
        return {}
    return {lang: cell(found.get(lang) or found.get("label", {}).get(lang, "")) for lang in ("en", "zh-CN")}
