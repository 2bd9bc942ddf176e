"""What must hold inside one claim beyond its chain: the ledger's rules, its clocks, the evidence it names.

Decision: the ledger is walked again transfer by transfer with the rules that guard every store, so a row that was put
in behind the guards is named with the rule it breaks; a clock must say what its recipe makes, and one that runs must
have its work in the table, or it would never run out. Authority: trust notes 3.1, domain notes (R3), ``guards``.
Left out: whether a payment was owed at all, which ``replay`` derives again from the facts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from ...states.case import Case, Deadline
from ...states.times import end_of_hours, end_of_window, instant_text, local_day, parse_instant
from ...workflow.ports import DecisionRow, TransferRow
from ..guards import GUARDS, Posted, check_transfer, ledger_order, on_recovery
from .rows import ClaimRows
from .verifier.fault import Untrue, safe

_BLOCK: Final = 1 << 20
_MICROSECOND: Final = timedelta(microseconds=1)


def check_ledger(rows: ClaimRows, case: Case, transfers: Sequence[TransferRow], seqs: dict[str, int]) -> None:
    """Untrue at the first transfer that breaks a rule of the ledger; ``seqs``: place of each entry in the claim."""
    if not transfers:
        return
    recovery = [(seqs[d.entry], d) for d in rows.decisions if d.entry in seqs and on_recovery(d)]
    filed: list[Posted] = []
    for row in ledger_order(transfers):
        seq = seqs[row.entry]
        broken = check_transfer(row, seq, case.currency, filed, _exempt(recovery, seq))
        if broken is not None:
            where = f"claim {rows.claim}, transfer {safe(row.id)}"
            raise Untrue("ledger_rule", where, f"it breaks {broken}: {GUARDS[broken]}")
        filed.append(Posted(seq, row))


def _exempt(recovery: Sequence[tuple[int, DecisionRow]], seq: int) -> bool:
    """Whether the recovery decision in force before an entry gave the recovery up."""
    before = [(at, d) for at, d in recovery if at < seq]
    return bool(before) and max(before, key=lambda found: found[0])[1].exempt


def check_clocks(rows: ClaimRows, case: Case) -> None:
    """Untrue at the first clock that is not what its recipe makes, or that runs without its work in the table."""
    for clock in case.deadlines:
        if _last_day(clock.due, case.zone) != clock.on:
            raise Untrue("deadline_differs", _clock(rows, clock), "its day is not that of its last good moment")
        made = _made(clock)
        if made is not None and made != (clock.on, clock.due):
            raise Untrue("deadline_differs", _clock(rows, clock), f"its recipe makes {made[0]}")
        if clock.status == "open":
            name, due, status = rows.clocks.get(f"{case.id}:{clock.kind}:{clock.due}", ("", "", "not in the table"))
            if status not in ("ready", "leased"):
                raise Untrue("deadline_lost", _clock(rows, clock), f"it runs, but its work is {safe(status)}")
            if (name, due) != (clock.kind, clock.due):
                raise Untrue(
                    "deadline_lost", _clock(rows, clock), f"it runs, but its work is {safe(name)} at {safe(due)}"
                )


def _clock(rows: ClaimRows, clock: Deadline) -> str:
    return f"claim {rows.claim}, deadline {safe(clock.kind)} of {safe(clock.on)}"


@lru_cache(maxsize=65_536)
def _last_day(due: str, zone: str) -> str:
    """The local day of the last good moment before ``due``."""
    return local_day(parse_instant(due) - _MICROSECOND, zone).isoformat()


def _made(clock: Deadline) -> tuple[str, str] | None:
    """(day, instant) that a recipe of calendar days or elapsed hours makes; None where a calendar of holidays did."""
    recipe = clock.recipe
    try:
        if recipe["type"] == "calendar":
            return _window(recipe["from"], recipe["days"] + recipe.get("paused_days", 0), recipe["zone"])
        if recipe["type"] == "hours" and "hours" in recipe and not recipe.get("paused_days"):
            return _hours(recipe["from"], recipe["hours"], recipe["zone"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return None


@lru_cache(maxsize=65_536)
def _window(start: str, days: int, zone: str) -> tuple[str, str]:
    last, due = end_of_window(date.fromisoformat(start), days, zone)
    return last.isoformat(), instant_text(due)


@lru_cache(maxsize=65_536)
def _hours(start: str, hours: int, zone: str) -> tuple[str, str]:
    last, due = end_of_hours(parse_instant(start), hours, zone)
    return last.isoformat(), instant_text(due)


def check_evidence(rows: ClaimRows, case: Case, folder: Path) -> int:
    """Untrue at the first piece of evidence whose file is gone or is not the one received; how many were looked at.

    A file is named by the evidence's id or by its digest. What was received without a digest cannot be checked.
    """
    kept: list[dict[str, Any]] = case.facts.get("evidence") or []
    looked = 0
    for piece in kept:
        told = str(piece.get("sha256") or "").removeprefix("sha256:").lower()
        if not told:
            continue
        name = str(piece.get("id") or told)
        where = f"claim {rows.claim}, evidence {safe(name)}"
        found = next((p for n in (name, told) if _plain(n) and (p := folder / n).is_file()), None)
        if found is None:
            raise Untrue("evidence_missing", where, "there is no such file in the folder of evidence")
        if _digest(found) != told:
            raise Untrue("evidence_differs", where, "its file does not have the digest it was received with")
        looked += 1
    return looked


def _plain(name: str) -> bool:
    """Whether a name stays inside its folder."""
    return name not in ("", ".", "..") and not set(name) & {"/", "\\", "\0"}


def _digest(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found.update(block)
    return found.hexdigest()
