"""Changes of the rules with who approved them, erasures and legal holds, as far as the journals tell them.

Authority: trust notes 6 (10 and 14). Decision: a register nothing was entered into is shown empty, with its
footer, and never left out: that there was nothing is what the auditor asks. Decisions are held against the rulebooks
here: a digest that is not that of the rulebook it names, or a version that was not in force yet, is a finding. A
change a deployment makes is a change of parameters by two people (``claimdesk rules propose``, ``rules approve``); a
decision under overrides that were not approved when it was made is a finding once approval is switched on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ...states.case import Case
from ...states.errors import RulebookError
from ...states.roles import same_person
from ...states.times import local_day
from ..control.state import Change
from ..registry import SELLER_FILE
from ..rulebook import Version, book_named, resolve, shipped
from .shape import Asked, Dated, Kind, Record, Report, Row, columns, part, per_case


class _RuleChanges:
    """One row for each value that a version changed; decisions are counted under their version."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.decided: Counter[tuple[str, str]] = Counter()
        self.early: Counter[str] = Counter()
        self.unapproved: Counter[str] = Counter()
        self._of_change: dict[str, Counter[str]] = {}  # of a version: how many decisions, by change that makes it
        self._makers: dict[tuple[str, str], list[Change]] = {}

    def of(self, record: Record) -> Iterable[Dated]:
        """Counts the decisions of a case; no row of its own."""
        for entry in record.entries:
            made = part(entry, "decision")
            if made and self.asked.dated(entry["at"], record.case.zone):
                self.decided[made["rulebook"], made["rulebook_sha256"]] += 1
                if _early(made["rulebook"], record.case):
                    self.early[made["rulebook"]] += 1
                if "+" in made["rulebook"]:
                    self._under_overrides(made, entry.get("recorded", entry["at"]))
        return ()

    def _under_overrides(self, made: Mapping[str, Any], at: str) -> None:
        ref, office = made["rulebook"], self.asked.office
        makers = self._changes(ref, made["rulebook_sha256"])
        good = [c for c in makers if c.approved_at is not None and c.effective_at <= at]
        for change in good:
            self._of_change.setdefault(change.digest, Counter())[ref] += 1
        if not good and office.rulebooks_since is not None and at > office.rulebooks_since:
            self.unapproved[ref] += 1

    def _changes(self, ref: str, sha256: str) -> list[Change]:
        """The changes on record whose values make this version."""
        key = ref, sha256
        if key not in self._makers:
            version = _known(ref.partition("+")[0])
            made = (
                [(c, version.override(c.values)) for c in self.asked.office.access.changes.values()] if version else []
            )
            self._makers[key] = [c for c, v in made if (v.ref, v.sha256) == key]
        return self._makers[key]

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
        for change in self.asked.office.access.changes.values():
            yield from self._change(change)

    def _change(self, change: Change) -> Iterator[Row]:
        """A change of parameters: one row for it, and one for each value."""
        status = change.status(self.asked.as_of)
        late = change.approved_at is not None and change.approved_at > change.effective_at
        yield {
            "rulebook": change.digest,
            "effective_on": change.effective_at[:10],
            "rulebook_sha256": change.digest,
            "changed": "change",
            "was": None,
            "now": f"{len(change.values)} values",
            "source": change.reason,
            "confidence": "",
            "author": change.author,
            "approver": change.approver,
            "proposed_at": change.proposed_at,
            "approved_at": change.approved_at,
            "test_run": change.test_run,
            "status": status,
            "self_approved": change.approver is not None and same_person(change.approver, change.author),
            "approved_late": late,
            "decisions": sum(self._of_change.get(change.digest, Counter()).values()),
        }
        for name, value in sorted(change.values.items()):
            yield {"rulebook": change.digest, "changed": name, "was": None, "now": _plain(value), "source": "override",
                   "confidence": ""}  # fmt: skip

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
            "unapproved": self.unapproved[ref] if whole else None,
        }


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def _known(ref: str) -> Version | None:
    try:
        return resolve(ref)
    except RulebookError:
        return None


def _early(ref: str, case: Case) -> bool:
    """Whether a version was not in force yet when a claim was filed, and another was.

    Before a rulebook's first day its first version says that nothing is covered. A seller's file is no claim: what is
    told of a seller goes by the version of the day it is about.
    """
    version, book = _known(ref), book_named(ref.partition("@")[0])
    if version is None or book is None or case.programme == SELLER_FILE:
        return False
    return max(local_day(case.opened, case.zone), book.dates[0]) < version.since


def _authors(version: Version | None) -> str:
    """Who chose its readings; a rulebook that is shipped was changed under the release's own review."""
    return ", ".join(sorted({r.by for r in version.readings.values()})) if version else ""


_NEVER = ("other_digest", "before_effect", "unapproved", "self_approved", "approved_late")

RULE_CHANGES = Report(
    "rule-changes",
    10,
    "Which values did each version or change of a rulebook change, who approved it, and was it in force by then?",
    "the day of a decision, for the counts",
    columns(
        ("rulebook", "rulebook version, or the digest of a change of parameters"),
        ("effective_on", "in force from", Kind.DAY),
        ("rulebook_sha256", "its digest"),
        ("changed", "the value that changed; version or change: the whole of it"),
        ("was", "before"),
        ("now", "from then on"),
        ("source", "where the value comes from; of a change, why it was proposed"),
        ("confidence", "sourced, reading or assumed"),
        ("author", "who chose its readings, or proposed the change"),
        ("approver", "who approved the change"),
        ("proposed_at", "proposed", Kind.INSTANT),
        ("approved_at", "approved", Kind.INSTANT),
        ("test_run", "digest of the run that tried it"),
        ("status", "waiting, lapsed, approved, effective"),
        ("self_approved", "approved by its author: never", Kind.FLAG),
        ("approved_late", "approved after it was to take effect: never", Kind.FLAG),
        ("decisions", "decisions under it", Kind.COUNT),
        ("other_digest", "decisions that name it with another digest: never", Kind.COUNT),
        ("before_effect", "decisions on claims filed before it was in force, when another was: never", Kind.COUNT),
        ("unapproved", "decisions under overrides that nobody had approved: never, once approval is on", Kind.COUNT),
    ),
    _RuleChanges,
    finds=lambda row: any(row.get(name) for name in _NEVER),
    finding="versions that decided with another digest, before they were in force or without approval",
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
