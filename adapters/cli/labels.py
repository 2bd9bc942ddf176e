"""How a page of one claim reads: its labels, its codes and its clocks, in English or Chinese.

Decision: English shows names as a script knows them, and reads no catalogue; Chinese shows the words of the catalogue
with the name beside them, so that whoever reads either can type it. A clock is never a bare day: it shows the last
good minute in the marketplace's zone and in world time, and what it was counted from, so that anybody can count again.
Authority: UX notes G7, G9, C20 and lesson 16.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import Any


def label(name: str, lang: str) -> str:
    """A label of a page, such as ``paid by Amazon``."""
    if lang == "en":
        return name
    from ...workflow.texts.load import words

    return words("Screen", name, lang)


def code(section: str, value: str | None, lang: str) -> str:
    """A code; in Chinese after its words."""
    if lang == "en" or not value:
        return value or ""
    from ...workflow.texts.load import words

    said = words(section, value, lang, default="")
    return f"{said}（{value}）" if said else value


def codes(section: str, values: list[str], lang: str) -> str:
    """Several codes."""
    return ("、" if lang != "en" else ", ").join(code(section, value, lang) for value in values)


def clock(deadline: Mapping[str, Any], lang: str) -> str:
    """An open clock: which, and its last good minute by the marketplace's clock and in world time."""
    from ...states.times import parse_instant, zone_of

    last = parse_instant(deadline["due"]) - timedelta(microseconds=1)
    zone = deadline["recipe"].get("zone", "UTC")
    if lang != "en":
        from ...workflow.texts.formats import moment

        told = f"{code('DeadlineKind', deadline['kind'], lang)}，截至 {moment(last, zone, lang)}"
        return told + _counted(deadline["recipe"], lang)
    local = last.astimezone(zone_of(zone))
    until = f"{local:%Y-%m-%d %H:%M} {zone} ({last.astimezone(UTC):%Y-%m-%d %H:%M} UTC)"
    return f"{deadline['kind']} until {until}{_counted(deadline['recipe'], lang)}"


#: How a length of time reads: singular, plural, Chinese.
_LENGTHS = {"calendar": ("day", "days", "天"), "business": ("business day", "business days", "个工作日"),
            "hours": ("hour", "hours", "小时")}  # fmt: skip


def _counted(recipe: Mapping[str, Any], lang: str) -> str:
    """What a clock was counted from: its length, its first instant and why then; nothing for a date that was given."""
    length, many = _LENGTHS.get(recipe.get("type", "")), recipe.get("days", recipe.get("hours"))
    if length is None or many is None or "from" not in recipe:
        return ""
    start, paused = str(recipe["from"])[:16].replace("T", " "), recipe.get("paused_days")
    start += " UTC" if ":" in start else ""
    if lang != "en":
        return f"；自 {start} 起 {many} {length[2]}" + (f"，暂停 {paused} 天" if paused else "")
    event = f", {recipe['event']}" if recipe.get("event") else ""
    stopped = f", paused for {paused} days" if paused else ""
    return f"; {many} {length[many != 1]} from {start}{event}{stopped}"


def clocks(shown: Mapping[str, Any], lang: str) -> list[str]:
    """The open clocks of a claim, the nearest first."""
    found = [d for d in shown["deadlines"] if d["status"] == "open"]
    return [clock(one, lang) for one in sorted(found, key=lambda one: one["due"])]
