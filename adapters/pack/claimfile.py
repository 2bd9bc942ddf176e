"""A claim file: what happens next, why, clocks, money, evidence, letters, path, timeline and record, ready to be shown.

Decision: one value for the page and the PDF, so that they cannot say different things; the order is that of the
claim page (UX notes 7.3). Every sentence comes from where the desk takes it. Left out: personal values and free text,
which are sealed and stand in a file of their own where they were asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...states.money import to_text
from ...states.times import parse_instant
from ...workflow import registry
from ...workflow.explain import explain, reason_json, timeline
from ...workflow.reasons import Reason
from ...workflow.reports.claims import TIMELINESS
from ...workflow.reports.money import effects
from ...workflow.reports.shape import Asked, Record, part
from ...workflow.rulebook import resolve
from ...workflow.texts.formats import instant
from ...workflow.texts.load import words

_SAID: Mapping[str, tuple[str, str]] = {
    "title": ("Claim file", "索赔卷宗"),
    "facts": ("The claim", "索赔"),
    "why": ("What happens next, and why", "下一步与理由"),
    "decisions": ("Decisions, test by test", "决定与各项检验"),
    "deadlines": ("Deadlines", "期限"),
    "money": ("Money", "款项"),
    "evidence": ("Evidence", "证据"),
    "notices": ("Letters", "通知"),
    "letter": ("Letter as sent", "已发通知原文"),
    "path": ("Path taken", "经过的状态"),
    "timeline": ("Timeline, oldest first", "时间线（由早到晚）"),
    "record": ("Record", "记录"),
    "none": ("none", "无"),
    "erased": ("its text was erased", "内容已删除"),
    "sealed": ("sealed; its digest is in the journal", "已封存；摘要在日志中"),
    "pages": ("If this count is wrong, the print is incomplete", "若数目不符，则打印不完整"),
}


def said(code: str, lang: str) -> str:
    """A heading or a word of the claim file."""
    return _SAID[code][0 if lang == "en" else 1]


@dataclass(frozen=True, slots=True)
class Section:
    """One part: a table with a head, or text kept as it is."""

    title: str
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class ClaimFile:
    """Everything a claim file shows."""

    claim: str
    heading: str
    lang: str
    sections: tuple[Section, ...]
    footing: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the entries of the claim stand in the log."""

    origin: str | None
    size: int | None
    root: str | None
    covered: int  #: entries under the checkpoint


def claim_file(record: Record, standing: Standing, as_of: str, lang: str = "en") -> ClaimFile:
    """The claim file of one record, clocks looked at ``as_of``."""
    case = record.case
    state = words("State", case.state, lang, default=case.state)
    sections = (
        Section(said("facts", lang), rows=tuple(_facts(record, lang))),
        Section(said("why", lang), text=_why(record, lang)),
        *_decisions(record, lang),
        _deadlines(record, as_of, lang),
        _money(record, lang),
        _evidence(record, lang),
        *_letters(record, lang),
        Section(said("path", lang), text=" > ".join(words("State", s, lang, default=s) for s in case.path)),
        _timeline(record, lang),
        _record(record, standing, lang),
    )
    heading = f"{said('title', lang)} {case.id}: {state}"
    return ClaimFile(case.id, heading, lang, sections, f"{case.id} | {case.rulebook} | {case.head}")


def _facts(record: Record, lang: str) -> Iterator[tuple[str, str]]:
    case = record.case
    programme = registry.programme(case.programme)
    shown = programme.summary(case)
    order = part(case.facts, "order")
    item = part(order, "item")
    recovery = part(shown, "recovery")
    told: tuple[tuple[str, Any], ...] = (
        ("programme", f"{case.programme} {case.marketplace}"),
        ("state", case.state),
        ("outcome", programme.outcome(case)),
        ("filed", instant(case.opened, lang, seconds=True)),
        ("seller", case.seller),
        ("order", order.get("id")),
        ("product", " ".join(str(v) for v in (item.get("title"), item.get("asin")) if v)),
        ("incident", case.facts.get("incident_on")),
        ("eligible", shown.get("eligible_amount")),
        ("paid by Amazon", shown.get("paid_by_amazon")),
        ("paid by seller", shown.get("paid_by_seller")),
        ("paid by insurer", shown.get("paid_by_insurer")),
        ("recovery", " ".join(str(v) for v in recovery.values() if v)),
        ("holds", ", ".join(case.holds)),
        ("open for a person", ", ".join(case.tasks)),
        ("owner", case.owner),
        ("rulebook", case.rulebook),
    )
    for name, value in told:
        if value not in (None, ""):
            yield name, str(value)


def _why(record: Record, lang: str) -> str:
    made = [e for e in record.entries if "decision" in e]
    return explain(record.case, made, lang=lang, version_of=resolve).rstrip("\n")


def _decisions(record: Record, lang: str) -> Iterator[Section]:
    """A table a decision: rule, test, value on file, result, source."""
    results = {True: "pass", False: "FAIL", None: "unknown"}
    for shown in decisions_of(record.entries):
        rows = tuple(
            (r["rule"], r["tested"], r["value"] or "", results[r["result"]], r["source"]) for r in shown["reasons"]
        )
        title = f"{said('decisions', lang)}: {shown['decision']}, {shown['kind']}.{shown['outcome']}, {shown['at']}"
        yield Section(title, ("rule", "tested", "on file", "result", "source"), rows)


def decisions_of(entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every decision, oldest first, its reasons with their sources."""
    found: list[dict[str, Any]] = []
    for entry in entries:
        made = part(entry, "decision")
        if not made:
            continue
        version = resolve(made["rulebook"])
        found.append({
            "decision": made["id"], "entry": entry["id"], "at": entry["at"], "kind": made["kind"],
            "outcome": made["outcome"], "exempt": bool(made.get("exempt")), "inputs": made.get("inputs"),
            "by": entry["actor"]["id"], "verb": entry["verb"], "second": entry.get("second"),
            "reasons": [{**r, **reason_json(Reason.from_entry(r), version)} for r in made["reasons"]],
            "rulebook": made["rulebook"], "rulebook_sha256": made["rulebook_sha256"],
        })  # fmt: skip
    return found


def _deadlines(record: Record, as_of: str, lang: str) -> Section:
    asked = Asked(as_of=as_of)
    found = [row for _, row in TIMELINESS.collector(asked).of(record)]
    rows = tuple((r["clock"], r["last_good_day"], r["due"], r["result"], _recipe(r), r["law"]) for r in found)
    return Section(said("deadlines", lang), ("clock", "last good day", "due", "result", "recipe", "law"), rows)


def _recipe(row: Mapping[str, Any]) -> str:
    length = "" if row["length"] is None else f" + {row['length']}"
    return f"{row['counted_from'] or ''}{length} {row['counted_in'] or ''}".strip()


def _money(record: Record, lang: str) -> Section:
    rows: list[tuple[str, ...]] = []
    paid = 0
    for made in effects(record.transfers):
        row, paid = made.row, paid + made.paid - made.recovered
        rows.append((row.at, row.kind, to_text(row.amount, row.currency), f"{row.debit} -> {row.credit}", row.id))
    rows.append(("", "balance", to_text(paid, record.case.currency), "paid less had back", ""))
    return Section(said("money", lang), ("at", "kind", "amount", "from -> to", "transfer"), tuple(rows))


def _evidence(record: Record, lang: str) -> Section:
    rows: list[tuple[str, ...]] = []
    for name, digest, at in evidence_of(record):
        rows.append((name, digest or said("sealed", lang), at))
    return Section(said("evidence", lang), ("evidence", "digest", "received"), tuple(rows), "" if rows else _none(lang))


def evidence_of(record: Record) -> Iterator[tuple[str, str, str]]:
    """(reference, digest, received) of every piece of evidence, and of every sealed value as its commitment."""
    seen: set[str] = set()
    for entry in record.entries:
        kept: Any = part(entry, "set").get("evidence")
        for piece in kept if isinstance(kept, list) else ():  # pyright: ignore[reportUnknownVariableType]
            told: dict[str, Any] = piece if isinstance(piece, dict) else {"id": str(piece)}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            name = str(told.get("id"))
            if name not in seen:
                seen.add(name)
                yield name, str(told.get("sha256") or ""), entry["at"]
        for sealed in entry.get("pii", ()):
            yield f"sealed: {sealed['field']}", sealed["commit"], entry["at"]


def _none(lang: str) -> str:
    return said("none", lang)


def _letters(record: Record, lang: str) -> Iterator[Section]:
    rows = tuple(
        (n.id, n.kind, n.party, n.language, n.at, n.handed_over_at or "", n.channel or "", n.sha256 or "")
        for n in record.notices
    )
    head = ("notice", "kind", "to", "language", "queued", "handed over", "channel", "sha256")
    yield Section(said("notices", lang), head, rows, "" if rows else _none(lang))
    for row in record.notices:
        if row.status == "handed_over":
            text = f"{row.subject or ''}\n\n{row.body}" if row.body else said("erased", lang)
            yield Section(f"{said('letter', lang)} {row.id}", text=text)


def _timeline(record: Record, lang: str) -> Section:
    rows = tuple(
        (instant(parse_instant(r.at), lang, seconds=True), "\n".join([r.what, *r.details]),
         r.by + (" (MANUAL)" if r.manual else ""), r.id)
        for r in timeline(record.entries, lang)
    )  # fmt: skip
    return Section(f"{said('timeline', lang)} ({len(rows)})", ("at", "what", "by", "entry"), rows)


def _record(record: Record, standing: Standing, lang: str) -> Section:
    where = "not sequenced" if standing.size is None else f"{standing.size} entries, root {standing.root}"
    rows = (
        ("entries", str(len(record.entries))),
        ("chain head", str(record.case.head)),
        ("log", str(standing.origin)),
        ("checkpoint", where),
        ("under the checkpoint", f"{standing.covered} of {len(record.entries)}"),
        ("", said("pages", lang)),
    )
    return Section(said("record", lang), rows=rows)


def json_bytes(value: Any) -> bytes:
    """JSON as it stands in a pack: sorted, indented, with a newline at the end."""
    return (json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode("utf-8", "backslashreplace")
