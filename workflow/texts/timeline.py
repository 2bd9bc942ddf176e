"""The history of a case in words: one row an entry, with what changed, by whom, and whether by hand.

Rows come in the order of the record. In the text form long quiet gaps are compressed to one line; nothing is left
out of the rows themselves. Left out: personal data and free text, which are not in the journal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ...states.lifecycle import RULES, Lifecycle
from ...states.money import to_text
from ...states.times import parse_instant
from .. import registry
from .formats import instant, pretty, spaced
from .load import words

_QUIET = timedelta(days=2)

#: Parts of an entry: its key, how the step reads, which field names the thing, and where that has its words.
_OPS = (
    ("holds", "HoldStep", "reason", "HoldReason"),
    ("deadlines", "Clock", "kind", "DeadlineKind"),
    ("tasks", "TaskStep", "kind", "TaskKind"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a timeline. ``at`` is world time; ``manual`` marks what neither rules nor a script did."""

    seq: int
    id: str
    at: str
    what: str
    details: tuple[str, ...]
    by: str
    manual: bool
    claim: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {"seq": self.seq, "id": self.id, "at": self.at, "what": self.what, "details": list(self.details),
                "by": self.by, "manual": self.manual, "claim": self.claim}  # fmt: skip


def actor_id(actor: Any) -> str:
    """The name of an actor, from an entry's mapping or as text."""
    if isinstance(actor, Mapping):
        return str(actor.get("id", ""))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    return str(actor or "")


def who(actor: Any, lang: str) -> str:
    """An actor in words: people by their names, roles by their words."""
    name = actor_id(actor)
    kind, colon, rest = name.partition(":")
    said = words("Actor", kind, lang, default="")
    if not said or (colon and kind != "script"):
        return name
    return said.replace("{name}", rest)


def is_manual(actor: Any) -> bool:
    """Whether somebody other than the rules or a script did it."""
    name = actor_id(actor)
    return name != "rules" and not name.startswith("script:")


def by_rules(entry: Mapping[str, Any], lifecycle: Lifecycle) -> bool:
    """Whether the rules took this step by themselves, on after somebody's verb."""
    state, trigger, verb = entry.get("from"), entry.get("type"), entry.get("verb")
    for row in lifecycle.rows:
        if (row.state, row.trigger) == (state, trigger):
            return row.verb == RULES or (row.verb != verb and verb not in lifecycle.verbs_in(row.state))
    return False


def taken_by(entry: Mapping[str, Any], lifecycle: Lifecycle | None, lang: str, *, rules: bool = False) -> str:
    """By whom; where the rules took the step, by them, after whatever somebody did."""
    name = who(entry.get("actor"), lang)
    if not rules and (lifecycle is None or not by_rules(entry, lifecycle)):
        return name
    verb, the_rules = str(entry.get("verb", "")), words("Actor", "rules", lang)
    if name == the_rules or not verb:
        return the_rules
    said = verb if lang == "en" else words("Verb", verb, lang, default=verb)
    return _filled("Explain", "rules_after", lang, verb=said, who=name)


def timeline(entries: Sequence[Mapping[str, Any]], lang: str) -> list[Row]:
    """One row an entry, in the order of the record."""
    rows: list[Row] = []
    currency = "USD"
    letters: dict[str, str] = {}
    lifecycle: Lifecycle | None = None
    for entry in entries:
        opening = entry.get("opening")
        if opening:
            currency = opening["currency"]
            lifecycle = registry.programme(opening["programme"]).lifecycle
        letters.update({op["id"]: op["kind"] for op in entry.get("notices", ()) if op["op"] == "queued"})
        details = tuple(_details(entry, currency, letters, lang))
        alone = lifecycle is not None and by_rules(entry, lifecycle)
        manual = is_manual(entry.get("actor")) and not alone
        number, name = int(entry.get("seq", len(rows) + 1)), str(entry.get("id", ""))
        by = taken_by(entry, lifecycle, lang)
        of = str(entry.get("claim", ""))
        rows.append(Row(number, name, entry["at"], _what(entry, lang), details, by, manual, of))
    return rows


def _what(entry: Mapping[str, Any], lang: str) -> str:
    kind = str(entry["type"])
    if kind == "file" and entry.get("opening", {}).get("programme") == "seller_insurance":
        kind = "opened"
    step = words("Step", kind, lang, default=kind.replace("_", " "))
    before, after = entry.get("from"), entry.get("to")
    if after is None or before in (None, after):
        return step
    state = words("State", str(after), lang, default=str(after))
    return step if step == state else f"{step} -> {state}"


def _filled(section: str, code: str, lang: str, **values: str) -> str:
    text = words(section, code, lang, default=code)
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text if lang == "en" else spaced(text)


def _details(entry: Mapping[str, Any], currency: str, letters: Mapping[str, str], lang: str) -> list[str]:
    found: list[str] = []
    made = entry.get("decision")
    if made:
        said = words("Decision", f"{made['kind']}.{made['outcome']}", lang, default="")
        said = said or words("Outcome", made["outcome"], lang, default=made["outcome"])
        found.append(_filled("Explain", "decision", lang, what=said.rstrip(".。")))
    for move in entry.get("money", ()):
        amount = pretty(to_text(move["amount"], move.get("currency", currency)), lang)
        found.append(_filled("Transfer", move["kind"], lang, amount=amount))
    for section, key, name, said in _OPS:
        for op in entry.get(section, ()):
            what = words(said, op[name], lang, default=op[name])
            found.append(_filled(key, op["op"], lang, what=what, on=pretty(str(op.get("on", "")), lang)))
    gone = entry.get("redaction")
    if gone:
        basis = words("LegalBasis", gone["basis"], lang, default=gone["basis"])
        many = {"values": str(gone["values"]), "letters": str(len(gone["letters"]))}
        found.append(
            _filled("RedactStep", "done", lang, basis=basis, who=who(entry.get("second"), lang) or "-", **many)
        )
    seen = entry.get("access")
    if seen:
        purpose = words("ReadPurpose", seen["purpose"], lang, default=seen["purpose"])
        found.append(_filled("ReadStep", "done", lang, purpose=purpose, fields=", ".join(seen["fields"])))
    for op in entry.get("notices", ()):
        kind = op.get("kind") or letters.get(op["id"], "")
        what = f"{words('NoticeKind', kind, lang, default=kind)} ({op['id']})"
        found.append(_filled("NoticeStep", op["op"], lang, what=what, channel=str(op.get("channel", ""))))
    return found


def timeline_text(rows: Sequence[Row], lang: str) -> str:
    """The rows as text, oldest first, with quiet gaps of two days and more compressed."""
    lines: list[str] = []
    last = None
    several = len({row.claim for row in rows}) > 1
    of = ""
    for row in rows:
        if several and row.claim != of:
            of, last = row.claim, None
            lines.append(of)
        at = parse_instant(row.at)
        if last is not None and at - last >= _QUIET:
            lines.append("    " + _filled("Explain", "quiet", lang, days=str((at - last).days)))
        last = at
        mark = f"  {words('Explain', 'manual', lang)}" if row.manual else ""
        by = _filled("Explain", "by", lang, who=row.by)
        lines.append(f"{instant(at, lang)}  {row.what}{mark}  {by}  {row.id}".rstrip())
        lines += [f"    {detail}" for detail in row.details]
    return "\n".join(lines) + ("\n" if lines else "")
