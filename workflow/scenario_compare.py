"""What a case expects against what stands on file, key by key.

Decision: each key has its own way of being equal, and a difference always shows both sides. Authority: contract
section 4 (each compared exactly) and section 8 (``notices`` means at least these; ``tasks``, ``not_notified`` and
``rejected_for`` compare as sets; a mapping compares only the keys it names). Left out: where a value comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from ..states.errors import ClaimdeskError
from .scenario_shape import money_text


class Difference(NamedTuple):
    """One expectation that does not hold; ``step`` is None for those at the end of the case."""

    step: int | None
    key: str
    expected: Any
    actual: Any

    def to_dict(self) -> dict[str, Any]:
        """The JSON form of the contract."""
        return self._asdict()


def differences(expected: Mapping[str, Any], view: Mapping[str, Any], step: int | None) -> list[Difference]:
    """The expectations that ``view`` does not meet, in the order they are written."""
    found: list[Difference] = []
    for key, wanted in expected.items():
        if key in ("recovery", "certificate"):
            found += _parts(key, wanted, view.get(key), step)
            continue
        look = _KEYS.get(key, _same)
        holds, actual = look(wanted, view.get(_PLACES.get(key, key)))
        if not holds:
            found.append(Difference(step, key, wanted, actual))
    return found


#: Where the view keeps what a key speaks of, when the names differ.
_PLACES = {"not_visited": "visited", "no_deadline": "deadline", "not_notified": "notified", "hold": "holds"}

_Look = Callable[[Any, Any], tuple[bool, Any]]


def _same(wanted: Any, actual: Any) -> tuple[bool, Any]:
    return type(wanted) is type(actual) and wanted == actual, actual


def _money(wanted: Any, actual: Any) -> tuple[bool, Any]:
    try:
        return actual is not None and money_text(wanted) == money_text(actual), actual
    except ClaimdeskError:
        return False, actual


def _visited(wanted: Sequence[str], actual: Any) -> tuple[bool, Any]:
    states: Sequence[str] = actual or ()
    path = iter(states)
    return all(state in path for state in wanted), actual


def _not_visited(wanted: Sequence[str], actual: Any) -> tuple[bool, Any]:
    return not set(wanted) & set(actual or ()), actual


def _at_least(wanted: Sequence[str], actual: Any) -> tuple[bool, Any]:
    return set(wanted) <= set(actual or ()), actual


def _set(wanted: Sequence[str], actual: Any) -> tuple[bool, Any]:
    return actual is not None and set(wanted) == set(actual), actual


def _among(wanted: str, actual: Any) -> tuple[bool, Any]:
    return wanted in (actual or ()), actual


def _hold(wanted: str | None, actual: Any) -> tuple[bool, Any]:
    holds: Sequence[str] = actual or ()
    shown = list(holds) if len(holds) > 1 else next(iter(holds), None)
    return (not holds if wanted is None else wanted in holds), shown


def _deadline(wanted: Mapping[str, Any], actual: Any) -> tuple[bool, Any]:
    open_ones: Iterable[Mapping[str, Any]] = actual or ()
    return any(all(clock.get(k) == v for k, v in wanted.items()) for clock in open_ones), actual


#: Clocks that only wake the rules up: nobody owes anything by then.
_NOBODY_WAITS = ("certificate_end", "duty_review")


def _no_deadline(wanted: bool | str, actual: Any) -> tuple[bool, Any]:
    open_ones: list[str] = [clock["kind"] for clock in actual or ()]
    awaited = [kind for kind in open_ones if kind not in _NOBODY_WAITS]
    return (not awaited if wanted is True else wanted not in open_ones), actual


def _deadlines(wanted: Mapping[str, str], actual: Any) -> tuple[bool, Any]:
    clocks: Mapping[str, str] = actual or {}
    shown = {kind: clocks.get(kind) for kind in wanted}
    return shown == dict(wanted), shown


def _rate(wanted: Any, actual: Any) -> tuple[bool, Any]:
    """Equal as numbers: a file may write ``0.0050``, ``"0.0050"`` or ``0.50%``."""
    try:
        told = str(wanted)
        number = Decimal(told.removesuffix("%")) / (100 if told.endswith("%") else 1)
        return actual is not None and number == Decimal(str(actual)), actual
    except InvalidOperation:
        return False, actual


_KEYS: Mapping[str, _Look] = {
    "eligible_amount": _money,
    "paid_by_amazon": _money,
    "paid_by_seller": _money,
    "paid_by_insurer": _money,
    "reimbursement": _money,
    "visited": _visited,
    "not_visited": _not_visited,
    "notices": _at_least,
    "not_notified": _not_visited,
    "tasks": _set,
    "reason": _among,
    "hold": _hold,
    "deadline": _deadline,
    "no_deadline": _no_deadline,
    "deadlines": _deadlines,
    "odr_rate": _rate,
}


def _parts(key: str, wanted: Mapping[str, Any], actual: Any, step: int | None) -> list[Difference]:
    """Only the named keys of a mapping; each is a difference of its own, so that the report points at it."""
    there: Mapping[str, Any] = actual or {}
    found: list[Difference] = []
    for name, value in wanted.items():
        look = _PARTS.get(name, _same)
        holds, shown = look(value, there.get(name))
        if not holds:
            found.append(Difference(step, f"{key}.{name}", value, shown))
    return found


_PARTS: Mapping[str, _Look] = {"amount": _money, "rejected_for": _set}
