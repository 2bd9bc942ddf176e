"""Filing windows by type of loss, marketplace and date: opens so long after the day of the event, closes so long after.

Domain notes 4.2: until 2024-10-22 months, from 2024-10-23 mostly days (announcement of October 2024); EU and UK with
variants of their own. The version in force on the day of filing rules (reading F1). Both ends are good days (R3); a
month ends on the same day of the month, or on its last. Left out: that two events may count at once (the last
movement and the day of leaving, until 2024-10-22): the filing names one day.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta

from ....states.case import Case
from ....states.codes import ReasonCode, RefusalCode
from ....states.errors import RulebookError
from ....states.fba import FbaReasonCode
from ....states.times import local_day, parse_date
from ...plan import Context
from ...reasons import Reason
from ...rulebook import Version

_WRITTEN = re.compile(r"([0-9]{1,4}) (days|months)\Z", re.ASCII)


def after(day: date, written: str) -> date:
    """The day so long after ``day``; a window is written like ``60 days`` or ``9 months``."""
    found = _WRITTEN.match(written)
    if found is None:
        raise RulebookError("wrong_kind", "a window is written like 60 days or 9 months", field="rulebook")
    count = int(found[1])
    if found[2] == "days":
        return day + timedelta(days=count)
    month = day.month - 1 + count
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def window(kind: str, event: date, rulebook: Version) -> tuple[date, date]:
    """(first, last) good day of filing for an event of that type."""
    opens, closes = rulebook.text(f"window.{kind}_opens"), rulebook.text(f"window.{kind}_closes")
    return after(event, opens), after(event, closes)


def tested(case: Case, ctx: Context) -> Reason:
    """Whether the claim was filed inside its window; the code ``too_early`` is a refusal, never a denial."""
    kind, event = case.facts["type"], case.facts.get("event_on")
    closes = ctx.rulebook.get(f"window.{kind}_closes")
    if event in (None, "unknown"):
        return Reason(ReasonCode.FACT_UNKNOWN, f"window.{kind}_closes", "event_on", None, closes.shown)
    first, last = window(kind, parse_date(event), ctx.rulebook)
    filed = local_day(case.opened, case.zone)
    shown = f"{event}, filed {filed}"
    if filed < first:
        opens = ctx.rulebook.get(f"window.{kind}_opens")
        return Reason(RefusalCode.TOO_EARLY, f"window.{kind}_opens", shown, False, opens.shown)
    if filed > last:
        return Reason(
            FbaReasonCode.LATE, f"window.{kind}_closes", shown, False, closes.shown, _readings(kind, case, ctx)
        )
    return Reason(FbaReasonCode.WINDOW_OPEN, f"window.{kind}_closes", shown, True, closes.shown)


def _readings(kind: str, case: Case, ctx: Context) -> tuple[str, ...]:
    """F1 where the window of the day of the event would have been open still."""
    event = parse_date(case.facts["event_on"])
    other = ctx.version_at(event)
    return ("F1",) if local_day(case.opened, case.zone) <= window(kind, event, other)[1] else ()
