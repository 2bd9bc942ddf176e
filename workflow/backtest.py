"""Back-tests: which decisions on record would come out otherwise under other values of the rulebook.

Every plan of a journal is made again from the facts it was made of (``replay``), once with the changed values in its
rulebook, and the decisions are compared in their order. The first that differs is told and the claim is left there:
what would have followed depends on what people would have done, which no program knows. Nothing is written.
Authority: UX notes G10 (no rule change without seeing who it moves). Left out: what the changed values do to clocks
and letters alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from ..states.case import Case, fold
from ..states.errors import ClaimdeskError
from ..states.times import local_day, parse_instant
from . import registry
from .plan import Refusal, plan
from .ports import EntryRow, SealedRow
from .replay import Look, Unseal, again
from .rulebook import Version


@dataclass(frozen=True, slots=True)
class Moved:
    """A claim, its first decision that would come out otherwise, and its amounts as they stand."""

    claim: str
    programme: str
    marketplace: str
    kind: str
    before: str
    after: str
    eligible_amount: str | None
    paid_by_amazon: str | None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {"claim": self.claim, "programme": self.programme, "marketplace": self.marketplace,
                "decision": self.kind, "before": self.before, "after": self.after,
                "eligible_amount": self.eligible_amount, "paid_by_amazon": self.paid_by_amazon}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """Which claims are tried: of a programme, a marketplace, filed from a local day to another; None means any."""

    programme: str | None = None
    marketplace: str | None = None
    start: date | None = None
    end: date | None = None

    def holds(self, opening: Mapping[str, Any], at: str) -> bool:
        """Whether a claim with this opening entry, made at ``at``, belongs to it."""
        day = local_day(parse_instant(at), opening["zone"])
        return (
            self.programme in (None, opening["programme"])
            and self.marketplace in (None, opening["marketplace"])
            and (self.start is None or self.start <= day)
            and (self.end is None or day <= self.end)
        )


@dataclass(slots=True)
class BackTest:
    """What trying other values came to. ``skipped``: claims that could not be decided again, by reason."""

    values: Mapping[str, Any]
    span: Span = field(default_factory=Span)
    claims: int = 0
    decisions: int = 0
    moved: list[Moved] = field(default_factory=lambda: [])
    skipped: dict[str, int] = field(default_factory=lambda: {})

    def to_dict(self) -> dict[str, Any]:
        """What was tried, and on how much: with the moved claims it is the whole test run."""
        span = self.span
        return {"tried": dict(self.values), "programme": span.programme, "marketplace": span.marketplace,
                "from": None if span.start is None else span.start.isoformat(),
                "to": None if span.end is None else span.end.isoformat(), "claims": self.claims,
                "decisions": self.decisions, "moved": len(self.moved),
                "skipped": dict(sorted(self.skipped.items()))}  # fmt: skip

    def skip(self, why: str) -> None:
        """One claim that could not be decided again."""
        self.skipped[why] = self.skipped.get(why, 0) + 1


def back_test(
    report: BackTest, rows: Sequence[EntryRow], sealed: Sequence[SealedRow], look: Look, unseal: Unseal
) -> None:
    """Tries the values of ``report`` on one claim and adds what it came to."""
    entries: list[dict[str, Any]] = [json.loads(row.data) for row in rows]
    opening: Mapping[str, Any] = entries[0].get("opening", {}) if entries else {}
    if not opening or not report.span.holds(opening, entries[0]["at"]):
        return
    report.claims += opening["programme"] != registry.SELLER_FILE
    cases: list[Case] = []
    for entry, row in zip(entries, rows, strict=True):
        cases.append(fold(cases[-1] if cases else None, entry, row.leaf.hex()))
    starts = [i for i, entry in enumerate(entries) if "input" in entry]
    for start, end in zip(starts, [*starts[1:], len(entries)], strict=True):
        group = entries[start:end]
        if group[0]["verb"] == "redact":
            continue
        past = (entries[:start], cases[start - 1] if start else None)
        made = _outcomes(group, past, sealed, look, unseal, {})
        tried = _outcomes(group, past, sealed, look, unseal, report.values)
        if made is None or tried is None or made != _on_record(group):
            report.skip("personal values are erased, or it cannot be made again")
            return
        report.decisions += len(made)
        if made != tried:
            report.moved.append(_moved(cases[-1], made, tried))
            return


def _outcomes(
    group: Sequence[dict[str, Any]],
    past: tuple[Sequence[Mapping[str, Any]], Case | None],
    sealed: Sequence[SealedRow],
    look: Look,
    unseal: Unseal,
    values: Mapping[str, Any],
) -> list[tuple[str, str]] | None:
    """The decisions of one plan under other values; None where its facts cannot be put together again."""
    try:
        command, ctx, programme = again(group, *past, sealed, look, unseal)
        if values:
            told: dict[str, Any] = {**(json.loads(ctx.overrides) if ctx.overrides else {}), **values}
            at = ctx.version_at

            def version_at(day: date) -> Version:
                return at(day).override(values)

            overrides = json.dumps(told, sort_keys=True)
            ctx = replace(ctx, rulebook=ctx.rulebook.override(values), version_at=version_at, overrides=overrides)
        made = plan(programme, past[1], command, ctx)
    except (ClaimdeskError, AssertionError, KeyError, TypeError, ValueError, AttributeError, LookupError):
        return None
    if isinstance(made, Refusal):
        return [("refused", str(made.code))]
    return _on_record(made.bodies)


def _on_record(bodies: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    return [(str(b["decision"]["kind"]), str(b["decision"]["outcome"])) for b in bodies if "decision" in b]


def _moved(case: Case, made: Sequence[tuple[str, str]], tried: Sequence[tuple[str, str]]) -> Moved:
    longest = max(len(made), len(tried))
    padded = [[*found, *[("", "none")] * (longest - len(found))] for found in (made, tried)]
    old, new = next((a, b) for a, b in zip(*padded, strict=True) if a != b)
    shown = registry.programme(case.programme).summary(case)
    amounts = [shown.get(name) for name in ("eligible_amount", "paid_by_amazon")]
    return Moved(case.id, case.programme, case.marketplace, old[0] or new[0], old[1], new[1], *amounts)
