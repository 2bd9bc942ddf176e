"""Reasons and decisions: what was tested, the value on file, the result, and under which rulebook.

A reason keeps the rule's id, the code, the value and the limit; its sentence, what was tested and its source are
looked up in the pinned rulebook and the texts, so the same reason reads the same everywhere and for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Reason:
    """One test. ``result`` is True, False or None (unknown); ``readings`` names the readings the result hangs on."""

    code: str
    rule: str
    value: str | None = None
    result: bool | None = True
    limit: str | None = None
    readings: tuple[str, ...] = ()

    def to_entry(self) -> dict[str, Any]:
        """The compact form that is journalled."""
        found: dict[str, Any] = {"code": str(self.code), "rule": self.rule, "result": self.result}
        if self.value is not None:
            found["value"] = self.value
        if self.limit is not None:
            found["limit"] = self.limit
        if self.readings:
            found["readings"] = list(self.readings)
        return found

    @classmethod
    def from_entry(cls, entry: dict[str, Any]) -> Reason:
        """The reason a journal entry holds."""
        return cls(
            entry["code"],
            entry["rule"],
            entry.get("value"),
            entry["result"],
            entry.get("limit"),
            tuple(entry.get("readings", ())),
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided and why. ``exempt`` is True only where recovery from the seller was given up."""

    kind: str
    outcome: str
    reasons: tuple[Reason, ...]
    exempt: bool = False
    inputs: dict[str, Any] | None = None
