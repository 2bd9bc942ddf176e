"""The shape of a scenario: which keys there are, what each may hold, and errors that say where a file is wrong.

Decision: everything that can be checked without running is checked before anything runs, so that a misspelt key is
never an expectation nobody tests. Authority: contract section 4 and its fine print in section 8. Left out: the
payloads under ``with``; the verb itself checks those, and says the same kind of thing.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from ..states.codes import DeadlineKind, Described, NoticeKind, Party, TaskKind
from ..states.errors import ClaimdeskError, InputError
from ..states.money import Money, parse
from ..states.times import parse_date
from . import registry
from .rulebook import shipped

CASE_KEYS = ("name", "programme", "marketplace", "source", "tags", "given", "steps", "expect")
GIVEN_KEYS = ("seller", "payments", "overlays", "rulebook")
STEP_KEYS = ("at", "do", "with", "as", "reason", "claim", "idempotency_key", "expected_version", "expect", "refused")
PAYMENTS = ("instant", "manual")
RECOVERY_STATUSES = ("none", "pending", "review", "due", "appealed", "waived", "recouped", "written_off")


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a scenario file, for errors: file, case, step, key; and which programmes' words are known there."""

    file: str
    case: str = ""
    step: int | None = None
    key: str = ""
    programmes: tuple[str, ...] = ()

    def codes(self, kind: type[Described]) -> tuple[str, ...]:
        """The codes of a kind that may stand here: the shared ones and those of the programmes."""
        found = dict.fromkeys(code for name in self.programmes for code in registry.codes_of(name, kind))
        return tuple(found) if self.programmes else tuple(kind)

    def at(self, key: str | int) -> Where:
        """One key deeper."""
        return replace(self, key=f"{self.key}.{key}" if self.key else str(key))

    def __str__(self) -> str:
        parts = [self.file]
        if self.case:
            parts.append(f"case {self.case!r}")
        if self.step is not None:
            parts.append(f"step {self.step}")
        if self.key:
            parts.append(f"key {self.key}")
        return ", ".join(parts)

    def wrong(self, code: str, message: str, hint: str = "") -> InputError:
        """The error of this place; raise it."""
        return InputError(code, f"{self}: {message}", field=self.key or None, hint=hint)


def mapping(value: Any, where: Where) -> dict[str, Any]:
    """``value`` as a mapping with text keys."""
    if not isinstance(value, Mapping):
        raise where.wrong("not_a_mapping", f"names with values are expected, not {_kind(value)}")
    found = cast("Mapping[Any, Any]", value)
    for key in found:
        if not isinstance(key, str):
            raise where.wrong("not_text", f"a key is text, not {_kind(key)}", "put it in quotes")
    return dict(found)


def sequence(value: Any, where: Where) -> list[Any]:
    """``value`` as a list."""
    if not isinstance(value, list):
        raise where.wrong("not_a_list", f"a list is expected, not {_kind(value)}", "write [one, two]")
    return cast("list[Any]", value)


def text(value: Any, where: Where) -> str:
    """``value`` as text that says something."""
    if not isinstance(value, str) or not value.strip():
        raise where.wrong("not_text", f"text is expected, not {_kind(value)}", "put it in quotes")
    return value


def known(value: Any, allowed: Iterable[str], where: Where) -> str:
    """``value`` when it is one of the allowed words."""
    words = tuple(allowed)
    if not isinstance(value, str) or value not in words:
        shown = repr(value) if isinstance(value, str) else _kind(value)
        raise where.wrong("not_a_choice", f"{shown} is not one of the choices", _meant(value, words))
    return value


def only(keys: Iterable[str], allowed: tuple[str, ...], where: Where) -> None:
    """Refuses a key that is not known here; a misspelt one would say nothing and test nothing."""
    for key in keys:
        if key not in allowed:
            raise where.at(key).wrong("unknown_key", f"{key!r} is not a key here", _meant(key, allowed))


_KINDS: Mapping[str, str] = {
    "NoneType": "nothing",
    "bool": "true or false",
    "int": "a number",
    "float": "a number",
    "str": "text",
    "list": "a list",
    "dict": "a mapping",
}


def _meant(value: object, words: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(value, words, 1) if isinstance(value, str) else []
    return (f"did you mean {close[0]}? " if close else "") + "one of: " + ", ".join(words)


def _kind(value: object) -> str:
    return _KINDS.get(type(value).__name__, type(value).__name__)


# -- expectations ------------------------------------------------------------------------------------------------


def _flag(value: Any, where: Where) -> None:
    if not isinstance(value, bool):
        raise where.wrong("not_a_flag", f"true or false is expected, not {_kind(value)}")


def _money(value: Any, where: Where) -> None:
    try:
        parse(value)
    except ClaimdeskError as error:
        raise where.wrong(error.code, error.message, error.hint) from None


def _day(value: Any, where: Where) -> None:
    try:
        parse_date(value)
    except ClaimdeskError as error:
        raise where.wrong(error.code, error.message, error.hint) from None


def _words(kind: type[Described] | None) -> Callable[[Any, Where], None]:
    def look(value: Any, where: Where) -> None:
        for i, word in enumerate(sequence(value, where)):
            if kind is None:
                text(word, where.at(i))
            else:
                known(word, where.codes(kind), where.at(i))

    return look


def _optional_text(value: Any, where: Where) -> None:
    if value is not None:
        text(value, where)


def _optional_day(value: Any, where: Where) -> None:
    if value is not None:
        _day(value, where)


def _recovery(value: Any, where: Where) -> None:
    found = mapping(value, where)
    only(found, ("status", "amount", "from"), where)
    if "status" in found:
        known(found["status"], RECOVERY_STATUSES, where.at("status"))
    if "amount" in found:
        _money(found["amount"], where.at("amount"))
    if found.get("from") is not None:
        known(found["from"], ("seller", "insurer"), where.at("from"))


def _deadline(value: Any, where: Where) -> None:
    found = mapping(value, where)
    only(found, ("kind", "on"), where)
    if "kind" not in found:
        raise where.wrong("missing_key", "kind is missing", "write {kind: proof_of_insurance, on: 2024-06-10}")
    known(found["kind"], where.codes(DeadlineKind), where.at("kind"))
    if "on" in found:
        _day(found["on"], where.at("on"))


def _deadlines(value: Any, where: Where) -> None:
    for kind, on in mapping(value, where).items():
        known(kind, where.codes(DeadlineKind), where)
        _day(on, where.at(kind))


def _no_deadline(value: Any, where: Where) -> None:
    if value is not True:
        known(value, where.codes(DeadlineKind), where)


def _certificate(value: Any, where: Where) -> None:
    found = mapping(value, where)
    only(found, ("accepted", "rejected_for"), where)
    if "accepted" in found:
        _flag(found["accepted"], where.at("accepted"))
    if "rejected_for" in found:
        _words(None)(found["rejected_for"], where.at("rejected_for"))


def _rate(value: Any, where: Where) -> None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise where.wrong("not_a_rate", f"a rate is expected, not {_kind(value)}", 'write "0.0050"')


#: Every key of ``expect`` and what it may hold (contract section 4).
EXPECT: Mapping[str, Callable[[Any, Where], object]] = {
    "programme": text,
    "state": text,
    "visited": _words(None),
    "not_visited": _words(None),
    "eligible_amount": _money,
    "paid_by_amazon": _money,
    "paid_by_seller": _money,
    "paid_by_insurer": _money,
    "recovery": _recovery,
    "withholding_allowed": _flag,
    "odr_counted": _flag,
    "hold": _optional_text,
    "reason": text,
    "deadline": _deadline,
    "no_deadline": _no_deadline,
    "notices": _words(NoticeKind),
    "not_notified": _words(Party),
    "tasks": _words(TaskKind),
    "deadlines": _deadlines,
    "required": _flag,
    "due_on": _optional_day,
    "certificate": _certificate,
    "reimbursement": _money,
    "odr_rate": _rate,
    "odr_within_target": _flag,
}


def check_expect(value: Any, states: tuple[str, ...], where: Where) -> dict[str, Any]:
    """The expectations, each of the right kind; states are those of the programme."""
    found = mapping(value, where)
    only(found, tuple(EXPECT), where)
    for key, wanted in found.items():
        EXPECT[key](wanted, where.at(key))
    if "state" in found:
        known(found["state"], states, where.at("state"))
    for key in ("visited", "not_visited"):
        for i, state in enumerate(found.get(key, ())):
            known(state, states, where.at(key).at(i))
    return found


# -- given -------------------------------------------------------------------------------------------------------


def check_rulebook(value: Any, programme: str, where: Where) -> dict[str, Any]:
    """Overrides by dotted name: names of the programme's rulebooks, or of the sellers' insurance."""
    found = mapping(value, where)
    books = [b for b in shipped().values() if b.programme in (programme, registry.SELLER_FILE, "overlay")]
    names = tuple(sorted({p.name for b in books for p in b.parameters}))
    only(found, names, where)
    return found


def money_text(value: Any) -> str:
    """Money of any accepted form as ``"640.00 USD"``."""
    return str(Money.of_minor(*parse(value)))
