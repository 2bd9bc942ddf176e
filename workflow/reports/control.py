"""Changes of the rules, erasures and legal holds, and reads of personal data, as far as the journal tells them.

Authority: trust notes 6 (10, 12 and 14). Decision: a register nothing was entered into is shown empty, with its
footer, and never left out: that there was nothing is what the auditor asks. Decisions are held against the rulebooks
here: a digest that is not that of the rulebook it names, or a version that was not in force yet, is a finding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ...states.errors import RulebookError
from ...states.times import local_day
from ..rulebook import Version, resolve, shipped
from .shape import Asked, Dated, Kind, Record, Report, Row, columns, part, per_case


class _RuleChanges:
    """One row for each value that a version changed; decisions are counted under their version."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.decided: Counter[tuple[str, str]] = Counter()
        self.early: Counter[str] = Counter()

    def of(self, record: Record) -> Iterable[Dated]:
        """Counts the decisions of a case; no row of its own."""
        for entry in record.entries:
            made = part(entry, "decision")
            if made and self.asked.dated(entry["at"], record.case.zone):
                self.decided[made["rulebook"], made["rulebook_sha256"]] += 1
                version = _known(made["rulebook"])
                if version is not None and version.since > local_day(record.case.opened, record.case.zone):
                    self.early[made["rulebook"]] += 1
        return ()

    def end(self) -> Iterator[Row]:
        """The versions of every rulebook, then what decisions named beside them."""
        told: set[str] = set()
        for book in shipped().values():
            if self._wanted(book.programme, book.marketplace):
                before: Version | None = None
                for version in book.versions:
                    told.add(version.ref)
                    yield from self._version(version, before)
                    before = version
        for ref in sorted({ref for ref, _ in self.decided} - told):
            version = _known(ref)
            if version is not None:
                yield from self._version(version, resolve(ref.partition("+")[0]))
            else:
                yield self._row(ref, None, "version", None, None, "", "")

    def _wanted(self, programme: str, marketplace: str) -> bool:
        asked = self.asked
        return asked.programme in (None, programme) and asked.marketplace in (None, marketplace)

    def _version(self, version: Version, before: Version | None) -> Iterator[Row]:
        first = f"{len(version.values)} values"
        yield self._row(version.ref, version, "version", None, None if before else first, "", "")
        if before is None:
            return
        for name in sorted({*version.values, *before.values}):
            was, now = before.values.get(name), version.values.get(name)
            if (was.shown if was else None) != (now.shown if now else None):
                yield self._row(
                    version.ref, version, name, was.shown if was else None, now.shown if now else None,
                    now.source if now else "", now.confidence.value if now else "",
                )  # fmt: skip

    def _row(
        self, ref: str, version: Version | None, what: str, was: str | None, now: str | None, source: str, sure: str
    ) -> Row:
        whole = what == "version"
        mine = {sha: n for (name, sha), n in self.decided.items() if name == ref}
        return {
            "rulebook": ref,
            "effective_on": version.since.isoformat() if version else None,
            "rulebook_sha256": version.sha256 if version else None,
            "changed": what,
            "was": was,
            "now": now,
            "source": source,
            "confidence": sure,
            "author": _authors(version) if whole else None,
            "decisions": sum(mine.values()) if whole else None,
            "other_digest": sum(n for sha, n in mine.items() if version is None or sha != version.sha256)
            if whole
            else None,
            "before_effect": self.early[ref] if whole else None,
        }


def _known(ref: str) -> Version | None:
    try:
        return resolve(ref)
    except RulebookError:
        return None


def _authors(version: Version | None) -> str:
    """Who chose its readings; a rulebook that is shipped was changed under the release's own review."""
    return ", ".join(sorted({r.by for r in version.readings.values()})) if version else ""


RULE_CHANGES = Report(
    "rule-changes",
    10,
    "Which values did each version of each rulebook change, and was it in force when it decided?",
    "the day of a decision, for the counts",
    columns(
        ("rulebook", "rulebook version"),
        ("effective_on", "in force from", Kind.DAY),
        ("rulebook_sha256", "its digest"),
        ("changed", "the value that changed, or version"),
        ("was", "before"),
        ("now", "from then on"),
        ("source", "where the value comes from"),
        ("confidence", "sourced, reading or assumed"),
        ("author", "who chose its readings"),
        ("decisions", "decisions under it", Kind.COUNT),
        ("other_digest", "decisions that name it with another digest: never", Kind.COUNT),
        ("before_effect", "decisions on claims filed before it was in force: never", Kind.COUNT),
    ),
    _RuleChanges,
    finds=lambda row: bool(row["other_digest"] or row["before_effect"]),
    finding="versions that decided with another digest or before they were in force",
)


# -- personal data -----------------------------------------------------------------------------------------------------


def _listed(value: Any) -> int:
    return len(value) if isinstance(value, list) else 0  # pyright: ignore[reportUnknownArgumentType]


def _base(record: Record, entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "claim": record.case.id,
        "entry": entry["id"],
        "at": entry["at"],
        "actor": entry["actor"]["id"],
        "second": entry.get("second"),
    }


def _erasures(record: Record, asked: Asked) -> Iterator[Dated]:
    held = False
    for entry in record.entries:
        gone = part(entry, "redaction")
        for op in entry.get("holds", ()):
            if op["reason"] == "legal":
                held = op["op"] == "set"
                yield entry["at"], {**_base(record, entry), "what": f"legal_hold_{op['op']}", "under_hold": False}
        if gone or entry["type"] in ("redact", "purge"):
            yield (
                entry["at"],
                {
                    **_base(record, entry),
                    "what": entry["type"],
                    "basis": gone.get("basis"),
                    "subjects": _listed(gone.get("subjects")),
                    "keys": " ".join(gone.get("epochs", ())),
                    "letters": _listed(gone.get("letters")),
                    "under_hold": held,
                },
            )


_WHO = (
    ("claim", "claim, or seller's file"),
    ("entry", "journal entry"),
    ("at", "when", Kind.INSTANT),
    ("actor", "who"),
    ("second", "the second person"),
)

ERASURES = Report(
    "erasures",
    14,
    "Whose data was erased, on what legal basis, and what was held against erasure?",
    "the day of the step",
    columns(
        *_WHO,
        ("what", "legal_hold_set, legal_hold_release, redact or purge"),
        ("basis", "legal basis"),
        ("subjects", "subjects erased", Kind.COUNT),
        ("keys", "epochs whose keys wrapped it"),
        ("letters", "letters blanked", Kind.COUNT),
        ("under_hold", "erased while a legal hold stood: never", Kind.FLAG),
    ),
    per_case(_erasures),
    finds=lambda row: bool(row["under_hold"]),
    finding="erasures under a legal hold",
)

#: What an entry that records a look at personal data may be called.
_LOOKS = frozenset({"read_personal", "personal_read", "reveal"})


def _reads(record: Record, asked: Asked) -> Iterator[Dated]:
    for entry in record.entries:
        if entry["type"] in _LOOKS:
            told = part(entry, "read")
            purpose = told.get("purpose") or entry.get("purpose")
            yield (
                entry["at"],
                {
                    **_base(record, entry),
                    "purpose": purpose,
                    "fields": " ".join(map(str, told.get("fields", ()))),
                    "without_purpose": not purpose,
                },
            )


SENSITIVE_READS = Report(
    "sensitive-reads",
    12,
    "Who looked at personal or injury data, and for what purpose?",
    "the day of the look",
    columns(
        *_WHO,
        ("purpose", "what for"),
        ("fields", "which fields"),
        ("without_purpose", "no purpose was given: never", Kind.FLAG),
    ),
    per_case(_reads),
    finds=lambda row: bool(row["without_purpose"]),
    finding="looks at personal data without a purpose",
)
