"""Clocks of overlays: opened from a parameter in days, business days or business hours, and closed again.

An overlay's clock carries its overlay in the recipe, so the programme never settles it by accident.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from ...states.case import Case
from ...states.codes import DeadlineKind
from ...states.times import end_of_window, instant_text, local_day
from ..calendars import business_hours_window, business_window, provenance
from ..rulebook import Version

if TYPE_CHECKING:
    from ..plan import Context, Draft


def opened(
    draft: Draft, version: Version, kind: DeadlineKind, parameter: str, start: date | datetime, event: str
) -> dict[str, Any]:
    """The op that opens a clock; ``start`` is a day, or an instant for hours."""
    found = version.get(parameter)
    count, zone = version.number(parameter), draft.case.zone
    holidays = version.names("calendar.holidays") if version.has("calendar.holidays") else ()
    if isinstance(start, datetime):
        last, due = business_hours_window(start, count, zone, holidays)
        shown = instant_text(start)
    elif found.kind == "business_days":
        last, due = business_window(start, count, zone, holidays)
        shown = start.isoformat()
    else:
        last, due = end_of_window(start, count, zone)
        shown = start.isoformat()
    recipe = {
        "from": shown,
        "days": count,
        "type": {"business_days": "business", "hours": "hours"}.get(found.kind, "calendar"),
        "zone": zone,
        "event": event,
        "overlay": version.book,
    }
    if found.kind in ("business_days", "hours"):
        recipe |= provenance(local_day(start, zone) if isinstance(start, datetime) else start, last, holidays)
    return {
        "op": "open",
        "kind": kind.value,
        "on": last.isoformat(),
        "due": instant_text(due),
        "recipe": recipe,
        "notice": None,
    }


def closed(case: Case, how: str, *kinds: DeadlineKind) -> list[dict[str, Any]]:
    """Closing ops for those of ``kinds`` that an overlay opened and that still run."""
    wanted = {k.value for k in kinds}
    return [
        d.op(how)
        for d in case.deadlines
        if d.kind in wanted and d.status in ("open", "ran_out") and d.recipe.get("overlay")
    ]


def today(ctx: Context) -> date:
    """The plan's local day."""
    return ctx.today
