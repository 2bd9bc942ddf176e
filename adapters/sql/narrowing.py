"""What a list of cases is narrowed by, so that each filter finds its page by an index and none walks the whole table.

Decision: SQLite, which counts nothing beforehand, is led to the index of the filter that fits fewest claims; the other
filters are hidden from its choice by a plus, which changes nothing of what they mean. PostgreSQL knows its rows and
chooses itself. A second filter is answered by the same index, so a page that two common filters leave nearly empty
walks the index of one of them, not its claims. Left out: such a page of three, of which one is a hold or a reading.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import literal, literal_column, select, text
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from ...workflow.ports import CaseFilter
from .tables import RECOVERY_ASKED, case, decision

#: Filters by a column's value, those that fit fewest claims first; the two between them are told by their name.
_RAREST: Final = ("order_id", "seller", "hold", "reading", "state", "recovery", "outcome", "programme", "marketplace")
_COLUMNS: Final = {"recovery": case.c.recovery_status}


def narrowed(wanted: CaseFilter, *, sqlite: bool) -> list[Any]:
    """The conditions of a list."""
    told = [name for name in _RAREST if getattr(wanted, name) is not None]
    found: list[Any] = []
    for name in told:
        leads = not sqlite or name == told[0]
        found += _one(name, str(getattr(wanted, name)), leads)
    if wanted.after is not None:
        found.append(case.c.id > wanted.after)
    return found


def _one(name: str, value: str, leads: bool) -> list[Any]:
    if name == "hold":
        held = [case.c.hold.is_not(None)]
        return held if value == "any" else [*held, _has_word(case.c.hold, value)]
    if name == "reading":
        d = decision.c
        read = d.readings != literal_column("''")  # as the index has it: most decisions hang on none
        return [_shown(case.c.id, leads).in_(select(d.claim).where(read, _has_word(d.readings, value)))]
    column = _COLUMNS.get(name, case.c.get(name))
    found: list[Any] = [_shown(column, leads) == value]
    if name == "recovery" and value not in ("none", "waived"):
        found.append(text(RECOVERY_ASKED))  # it follows from the status, but no database would find that out
    return found


_plus: custom_op[Any] = custom_op("+")


def _shown(column: Any, leads: bool) -> Any:
    return column if leads else UnaryExpression(column, operator=_plus, type_=column.type)


def _has_word(column: ColumnElement[Any], word: str) -> ColumnElement[bool]:
    return (literal(" ") + column + literal(" ")).contains(f" {word} ", autoescape=True)
