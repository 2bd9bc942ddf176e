"""A case as JSON text and back.

Decision: the whole case is kept as text in one column beside the few columns that lists filter by, so that a case
is one row to read and one to write. Fields go by name, so an older text without a newer field still loads.
Left out: compression; the database page is the unit of cost and most cases fit one.
"""

from __future__ import annotations

import json
from dataclasses import fields
from operator import attrgetter
from typing import Any

from ...states.case import Case, Deadline, NoticeRef, Totals
from ...workflow.jsontext import json_text

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


def encode(case: Case) -> str:
    """The JSON text of a case."""
    body: dict[str, Any] = dict(zip(_CASE, _case(case), strict=True))
    body["deadlines"] = [dict(zip(_DEADLINE, _deadline(d), strict=True)) for d in case.deadlines]
    body["notices"] = [dict(zip(_NOTICE, _notice(n), strict=True)) for n in case.notices]
    body["totals"] = {} if case.totals == _NO_TOTALS else dict(zip(_TOTALS, _totals(case.totals), strict=True))
    return json_text(body)


def decode(text: str) -> Case:
    """The case of a JSON text."""
    body: dict[str, Any] = json.loads(text)
    for name in _TUPLES:
        body[name] = tuple(body.get(name, ()))
    body["deadlines"] = tuple([Deadline(**d) for d in body["deadlines"]])
    body["notices"] = tuple([NoticeRef(**n) for n in body["notices"]])
    body["totals"] = Totals(**body["totals"]) if body["totals"] else _NO_TOTALS
    return Case(**body)
