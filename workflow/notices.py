"""Letters: a queued notice becomes subject and body in its reader's language.

Every letter holds the twelve things of the notice rules (UX 8.1): what we decided or ask, the claim, the amount, the
facts and the rule with its rulebook version, what to do and by when, how to answer and to disagree, the effect on the
account, and the notice number. Both languages come from the same reason codes and values.
What a reader must not be told never reaches a template: a template that asks for a name outside its party's list does
not compile (tipping-off guard), suspicion has no words here, and free text other than the product's title and what a
person asks the customer for is not read at all. Left out: delivery, which is a sender's job, and sealed values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import TYPE_CHECKING

from ..states.case import Case
from . import places
from .catalogue import LANGUAGES
from .ports import NoticeRow
from .rulebook import Version
from .texts.letter import values

if TYPE_CHECKING:
    from jinja2 import Template
    from jinja2.sandbox import SandboxedEnvironment

_BLANK_LINES = re.compile(r"\n{3,}")

#: What a template may name, by the party it writes to. Nothing else is ever handed to it.
_EVERYBODY = frozenset(
    {
        *("claim", "notice", "today", "filed", "facts", "looked_at", "rules", "book", "evidence"),
        *("amount", "paid_something", "by", "by_short", "number", "appeal_days"),
    }
)
ALLOWED: Mapping[str, frozenset[str]] = {
    "customer": _EVERYBODY
    | {"losses", "asked", "paid", "not_paid", "capped", "count", "helps", "payer", "stands", "rights"},
    "seller": _EVERYBODY | {"step", "path", "producer", "wanted", "withholding", "decision", "faults", "account"},
    "insurer": _EVERYBODY | {"losses", "insured"},
}


@dataclass(frozen=True, slots=True)
class Rendered:
    """A letter as it is handed over."""

    subject: str
    body: str


def render(notice: NoticeRow, case: Case, version: Version, *, handed_over_on: date | None = None) -> Rendered:
    """The letter of ``notice`` in its language.

    ``handed_over_on`` is the local day it leaves: a clock that waits for this letter starts anew when it leaves on a
    later day than it was queued, and the letter then says the new date.
    """
    lang = notice.language if notice.language in LANGUAGES else "en"
    text = _template(notice.kind, lang, case.programme).render(values(notice, case, version, lang, handed_over_on))
    subject, _, body = text.partition("\n\n")
    return Rendered(" ".join(subject.split()), _BLANK_LINES.sub("\n\n", body).strip() + "\n")


# -- templates -----------------------------------------------------------------------------------------------------


def _source(name: str) -> str:
    """The text of a template: a shared one, or ``PROGRAMME/NAME`` for one that a programme keeps beside its rules."""
    programme, _, own = name.rpartition("/")
    if programme:
        return (places.folder_of(programme) / "letters" / own).read_text("utf-8")
    return (files("claimdesk.workflow.texts") / "letters" / name).read_text("utf-8")


def _name(kind: str, lang: str, programme: str) -> str:
    """The programme's own template of this kind, where it has one, else the shared one."""
    own = places.folder_of(programme) / "letters" / f"{kind}.{lang}.j2"
    return f"{programme}/{kind}.{lang}.j2" if own.is_file() else f"{kind}.{lang}.j2"


@places.kept
def _environment() -> SandboxedEnvironment:
    from jinja2 import FunctionLoader, StrictUndefined  # noqa: PLC0415  # loaded only where letters are written
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

    return ImmutableSandboxedEnvironment(
        loader=FunctionLoader(_source),
        undefined=StrictUndefined,
        autoescape=False,  # plain text, never HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        cache_size=-1,
        auto_reload=False,
    )


@places.kept
def _template(kind: str, lang: str, programme: str) -> Template:
    """The compiled template; one that names anything outside its party's list does not compile."""
    environment = _environment()
    first = _name(kind, lang, programme)
    name: str | None = first
    while name is not None:
        name = _checked(environment, name, ALLOWED[kind.partition("_")[0]])
    return environment.get_template(first)


def _checked(environment: SandboxedEnvironment, name: str, allowed: frozenset[str]) -> str | None:
    from jinja2 import TemplateSyntaxError, meta, nodes  # noqa: PLC0415

    tree = environment.parse(_source(name), name)
    strange = meta.find_undeclared_variables(tree) - allowed
    reached = [n.attr for n in tree.find_all(nodes.Getattr)] + [str(n.arg) for n in tree.find_all(nodes.Getitem)]
    if strange or reached:
        raise TemplateSyntaxError(f"a letter may not name {sorted({*strange, *reached})}", 1, name)
    return next((f for f in meta.find_referenced_templates(tree) if f), None)
