"""Windows as the rulebook writes them: ``7d`` calendar days, ``48h`` elapsed hours, ``2b`` business days.

The sources wrote the seller's window in days and in hours at different times (domain notes 3.2, conflict J), so the
unit is part of the value. Day N is the last good day, exactly N hours is in time (R3).
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from ....states.codes import DeadlineKind, NoticeKind
from ....states.errors import RulebookError
from ....states.times import local_day
from ...calendars import business_days_after, provenance
from ...plan import Context, Draft

_WRITTEN = re.compile(r"([0-9]{1,4})([dhb])\Z", re.ASCII)


def read(written: str) -> tuple[int, str]:
    """(count, unit: d, h or b); RulebookError says how it is written."""
    found = _WRITTEN.match(written)
    if found is None:
        raise RulebookError("wrong_kind", "a window is written like 7d, 48h or 2b", field="rulebook")
    return int(found[1]), found[2]


def opened(
    draft: Draft, written: str, ctx: Context, kind: DeadlineKind, *, event: str, notice: NoticeKind
) -> dict[str, object]:
    """A clock of this window from now on."""
    count, unit = read(written)
    if unit == "h":
        return draft.deadline_hours(kind, count, event=event, notice=notice)
    if unit == "b":
        holidays = ctx.rulebook.names("calendar.holidays")
        last = business_days_after(ctx.today, count, holidays)
        made = draft.deadline(kind, (last - ctx.today).days, ctx.today, event=event, notice=notice)
        return {**made, "recipe": {**made["recipe"], **provenance(ctx.today, last, holidays)}}
    return draft.deadline(kind, count, ctx.today, event=event, notice=notice)


def has_passed(written: str, since: datetime, now: datetime, ctx: Context) -> bool:
    """Whether the time that must be waited since ``since`` is over: exactly so much is enough."""
    count, unit = read(written)
    zone = ctx.rulebook.zone
    if unit == "h":
        return now - since >= timedelta(hours=count)
    start, today = local_day(since, zone), local_day(now, zone)
    if unit == "d":
        return (today - start).days >= count
    return today >= business_days_after(start, count, ctx.rulebook.names("calendar.holidays"))
