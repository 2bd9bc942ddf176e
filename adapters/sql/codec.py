"""A case as JSON text and back.

Decision: the whole case is kept as text in one column beside the few columns that lists filter by, so that a case
is one row to read and one to write. Fields go by name, so an older text without a newer field still loads.
Left out: compression; the database page is the unit of cost and most cases fit one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from operator import attrgetter, itemgetter
from typing import Any, cast

import orjson

from ...states.case import Case, Deadline, NoticeRef, Totals
from ...workflow.jsontext import json_text, json_value

_CASE = tuple(f.name for f in fields(Case))
_DEADLINE = tuple(f.name for f in fields(Deadline))
_NOTICE = tuple(f.name for f in fields(NoticeRef))
_TOTALS = tuple(f.name for f in fields(Totals))
_TUPLES = tuple(f.name for f in fields(Case) if str(f.type).startswith("tuple[str"))
_case, _deadline, _notice, _totals = (
    attrgetter(*_CASE),
    attrgetter(*_DEADLINE),
    attrgetter(*_NOTICE),
    attrgetter(*_TOTALS),
)
_NO_TOTALS = Totals()
_Cut = Callable[[Mapping[str, Any]], Sequence[Any]]
_of_case = cast(_Cut, itemgetter(*_CASE))
_of_deadline = cast(_Cut, itemgetter(*_DEADLINE))
_of_notice = cast(_Cut, itemgetter(*_NOTICE))
_LISTS = tuple(_CASE.index(name) for name in _TUPLES)
_CLOCKS, _LETTERS, _MONEY = _CASE.index("deadlines"), _CASE.index("notices"), _CASE.index("totals")


def encode(case: Case) -> str:
    """The JSON text of a case."""
    body: dict[str, Any] = dict(zip(_CASE, _case(case), strict=True))
    body["deadlines"] = [dict(zip(_DEADLINE, _deadline(d), strict=True)) for d in case.deadlines]
    body["notices"] = [dict(zip(_NOTICE, _notice(n), strict=True)) for n in case.notices]
    body["totals"] = {} if case.totals == _NO_TOTALS else dict(zip(_TOTALS, _totals(case.totals), strict=True))
    return json_text(body)


def decode(text: str) -> Case:
    """The case of a JSON text."""
    body: dict[str, Any] = json_value(text)
    for name in _TUPLES:
        body[name] = tuple(body.get(name, ()))
    body["deadlines"] = tuple([Deadline(**d) for d in body["deadlines"]])
    body["notices"] = tuple([NoticeRef(**n) for n in body["notices"]])
    body["totals"] = Totals(**body["totals"]) if body["totals"] else _NO_TOTALS
    return Case(**body)


def parse(text: str) -> dict[str, Any]:
    """The text of a case as JSON, for ``is_of``; ValueError when it is none."""
    body: Any = orjson.loads(text)
    if not isinstance(body, dict):
        raise ValueError("no object")
    return body  # pyright: ignore[reportUnknownVariableType]


def is_of(body: dict[str, Any], case: Case) -> bool:
    """Whether a parsed text says exactly what ``case`` does; quicker than making a case of it. False may also mean that
    it is an older text without a newer field: then ``decode`` tells."""
    clocks, letters = body.get("deadlines", ()), body.get("notices", ())
    if len(body) != len(_CASE) or any(len(d) != len(_DEADLINE) for d in clocks):
        return False  # something is told beside what a case has
    if any(len(n) != len(_NOTICE) for n in letters):
        return False
    try:
        told = list(_of_case(body))
        told[_CLOCKS] = [_of_deadline(d) for d in told[_CLOCKS]]
        told[_LETTERS] = [_of_notice(n) for n in told[_LETTERS]]
    except (KeyError, TypeError):
        return False
    mine: list[Any] = list(_case(case))
    for place in _LISTS:
        mine[place] = list(mine[place])
    mine[_CLOCKS] = [_deadline(d) for d in case.deadlines]
    mine[_LETTERS] = [_notice(n) for n in case.notices]
    mine[_MONEY] = {} if case.totals == _NO_TOTALS else dict(zip(_TOTALS, _totals(case.totals), strict=True))
    return told == mine
