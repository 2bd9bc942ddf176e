"""A first draft of a map: what each column probably is, and how sure that is. It is never applied by itself.

Decision: a guess comes from the header (its name or an alias) and from the values (do they read as what the column
holds?); each line of the draft says both, a guess from values alone is left commented out, and what the file as a whole
tells (zone, form of days, currency) is asked for where it is not clear. Authority: UX notes 6.3.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from . import values
from .claims import flattened
from .columns import COLUMNS, ImportKind, aliases, folded, is_path
from .tables import Record, Table

_SAMPLE = 200
_SURE, _LIKELY, _VALUES_ONLY = 0.95, 0.6, 0.5
#: Headers of columns that often say what kind of claim it is, in words of the desk that wrote them.
_TAGS = frozenset(folded(w) for w in ("tags", "tag", "labels", "category", "type", "reason", "标签", "类别", "分类"))
_FEW = 12
#: Decimal sign and what groups digits, as countries write amounts.
_POINTS = ((",", "."), (".", ","), (",", " "), (",", "\xa0"), (",", "\u202f"), (".", "'"), (".", "’"), (".", " "))
_DAY_FORMS = ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y")


@dataclass(frozen=True, slots=True)
class Guess:
    """What a column may be: 0 to 1 how sure, and why."""

    header: str
    column: str | None
    sure: float
    why: str


def guesses(kind: str, table: Table) -> tuple[list[Guess], dict[str, list[str]]]:
    """(a guess for each column of the file, its first values by header)."""
    sample = list(islice(table.records, _SAMPLE))
    cells = _cells(table, sample)
    found: list[Guess] = []
    taken: set[str] = set()
    for header, seen in cells.items():
        guess = _by_header(kind, header, seen)
        if guess.column is not None and guess.column in taken:
            guess = Guess(header, guess.column, 0.3, f"another column is {guess.column} already")
        elif guess.column is not None and guess.sure >= _LIKELY:
            taken.add(guess.column)
        found.append(guess)
    for n, guess in enumerate(found):
        if guess.column is None:
            found[n] = _by_values(kind, guess.header, cells[guess.header], taken)
    if kind == ImportKind.CLAIMS.value and "kind" not in {g.column for g in found}:
        found = [_by_words(guess, cells[guess.header]) if guess.column is None else guess for guess in found]
    return found, cells


def _by_words(guess: Guess, seen: Sequence[str]) -> Guess:
    """A column of a few short words under a header such as tags: perhaps the kind, whose words a person must tell."""
    words = set(seen)
    few = 0 < len(words) <= _FEW and len(words) < len(seen) and all(len(word) <= 40 for word in words)
    if not few or folded(guess.header) not in _TAGS:
        return guess
    return Guess(guess.header, "kind", 0.3, "a few words again and again; say what they mean")


def _cells(table: Table, sample: Sequence[Record]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {header: [] for header in table.header if header}
    for record in sample:
        told: dict[str, Any] = dict(record.cells or {})
        for header, value in (flattened(told) if table.kind == "jsonl" else told).items():
            if header and str(value).strip():
                found.setdefault(header, []).append(str(value))
    return found


def _by_header(kind: str, header: str, seen: Sequence[str]) -> Guess:
    column = aliases(kind).get(folded(header))
    if column is None and kind == ImportKind.CLAIMS.value and is_path(header):
        return Guess(header, header, 1.0, "a name of the contract")
    if column is None:
        close = difflib.get_close_matches(folded(header), [a for a in aliases(kind) if len(a) > 3], 1, 0.82)
        if not close:
            return Guess(header, None, 0.0, "")
        column = aliases(kind)[close[0]]
        share = _share(kind, column, seen)
        return Guess(header, column, round(0.4 + 0.3 * share, 2), f"the header is nearly one of {column}")
    share = _share(kind, column, seen)
    if not seen:
        return Guess(header, column, 0.7, "by its header; every value is empty")
    why = f"by its header; {share:.0%} of the values read so"
    odd = next((one for one in seen if not _share(kind, column, [one])), None)
    if odd is not None:
        why += f", the first of the others: {_complaint(COLUMNS[kind][column].reads, odd)}"
    return Guess(header, column, round(0.6 + 0.39 * share, 2), why)


def _complaint(reads: str, cell: str) -> str:
    """What is wrong with a value, without the value."""
    raw, _ = values.text(cell)
    match reads:
        case "date" | "instant_or_date":
            wrong = values.day(raw, values.Habits())[1]
        case "instant":
            wrong = values.instant(raw, values.Habits(zone="UTC"))[1]
        case "amount":
            wrong = values.amount(raw, values.Habits(), (), None)[1]
        case _:
            return "another kind of value"
    return next((p.hint or p.message for p in wrong if p.rejects), "another kind of value")


def _by_values(kind: str, header: str, seen: Sequence[str], taken: set[str]) -> Guess:
    telling = ("digest", "date", "instant", "month", "currency", "choice", "amount")
    free = [name for name, column in COLUMNS[kind].items() if name not in taken and column.reads in telling]
    best = max(((_share(kind, name, seen), name) for name in free), default=(0.0, ""))
    if len(seen) >= 3 and best[0] >= 0.8:
        return Guess(header, best[1], round(_VALUES_ONLY * best[0], 2), "by its values alone")
    return Guess(header, None, 0.0, "kept as received")


def _share(kind: str, name: str, seen: Sequence[str]) -> float:
    """How many of the values read as what the column holds; ambiguity of days and zones does not count against it."""
    if not seen:
        return 0.0
    column = COLUMNS[kind][name]
    return sum(_reads(column.reads, column.choices or {}, one) for one in seen) / len(seen)


def _reads(reads: str, choices: Any, cell: str) -> bool:
    raw, _ = values.text(cell)
    habits = values.Habits()
    match reads:
        case "date" | "instant" | "instant_or_date":
            local = values.Habits(zone="UTC")
            whole = values.instant(raw, local) if reads == "instant" else values.day(raw, habits)
            return whole[0] not in (None, "unknown") or any(p.code == "date_unclear" for p in whole[1])
        case "month":
            return values.month(raw)[0] is not None
        case "amount":
            found, wrong = values.amount(raw, habits, (), None)
            codes = {str(p.code) for p in wrong}
            return found is not None or bool(codes & {"currency_missing", "currency_unclear", "amount_unclear"})
        case "currency":
            return values.currency(raw)[0] is not None
        case "choice":
            return values.choice(raw, choices)[0] is not None
        case "digest":
            return values.digest(raw)[0] is not None
        case "fact":
            return values.fact(raw)[0] is not None
        case "id":
            return " " not in raw and len(raw) <= 100
        case _:
            return True


# ---------------------------------------------------------------- the draft as TOML


def draft(kind: str, table: Table, encoding: str) -> tuple[str, list[Guess]]:
    """(the text of a draft, the guesses in it)."""
    found, cells = guesses(kind, table)
    chosen: dict[str, Guess] = {g.column: g for g in found if g.column is not None and g.sure >= _LIKELY}
    lines = [
        "# A draft. Each guess says how sure it is and why; correct it, then: claimdesk import plan FILE --map THIS",
        "",
        "[source]",
        'name = "?"               # where the rows come from, such as helpdesk: with source_id it names a row for good',
        f'encoding = "auto"        # this file: {encoding}',
        f'delimiter = "auto"       # this file: {table.shown}',
    ]
    lines += _settings(kind, chosen, cells)
    lines += ["", "[columns]"]
    width = max((len(str(g.column)) for g in found if g.column), default=0)
    for guess in found:
        lines.append(_line(kind, guess, cells[guess.header], width))
    dotted = any(g.column is not None and "." in g.column for g in found)
    for name, column in COLUMNS[kind].items():
        if column.needed and name not in chosen and not dotted:
            const = f'{name} = {{ const = "…" }}'
            near = any(g.column == name for g in found)
            why = "a column above may be it: take its # away" if near else "no column looks like it; map one"
            lines.append(f"# {name.ljust(width)} = ?    # needed: {why}, or {const}")
    lines += _money(kind, chosen, cells, width, dotted)
    lines += ["", "[rules]", 'unknown_value = "reject"     # or "warn"']
    if "seller_id" in chosen:
        lines.append("# create_sellers = true     # a seller nobody knows gets a file; else the claim is rejected")
    lines.append("")
    return "\n".join(lines), found


def _money(kind: str, chosen: dict[str, Guess], cells: dict[str, list[str]], width: int, dotted: bool) -> Iterable[str]:
    """What is missing of the amounts: a claim without one, and amounts that do not say their currency."""
    if kind == ImportKind.CLAIMS.value and not dotted and not {"amount", "heads"} & set(chosen):
        yield f"# {'amount'.ljust(width)} = ?    # needed: no column looks like it; map one, or heads"
    amounts = [n for n in chosen if n in COLUMNS[kind] and COLUMNS[kind][n].reads == "amount"]
    seen = [c for n in amounts for c in cells[chosen[n].header]]
    habits = (values.Habits(), values.Habits(decimal=","))  # one of them reads the number, and then its currency
    codes = {str(p.code) for c in seen for one in habits for p in values.amount(c, one)[1]}
    told = chosen.get("currency")
    if codes & {"currency_missing", "currency_unclear"} and (told is None or not cells[told.header]):
        header = "" if told is None else f"from = {_quoted(told.header)}, "
        why = "the amounts do not say it; map one" if told is None else "neither the amounts nor their column say it"
        const = f'currency = {{ {header}const = "USD" }}'
        yield f"# {'currency'.ljust(width)} = ?    # needed: {why}, or {const}"


def _line(kind: str, guess: Guess, seen: Sequence[str], width: int) -> str:
    if guess.column is None:
        return f"# {_quoted(guess.header)} is kept as received"
    value = _quoted(guess.header)
    choices = COLUMNS[kind].get(guess.column)
    if choices is not None and choices.choices is not None:
        strange = sorted({one for one in seen if values.choice(one, choices.choices)[0] is None})[:8]
        if strange and all(len(one) <= 40 for one in strange):
            pairs = ", ".join(f'{_quoted(one)} = "?"' for one in strange)
            value = f"{{ from = {value}, values = {{ {pairs} }} }}"
            words = ", ".join(choices.choices)
            return f"# {guess.column.ljust(width)} = {value}    # {guess.sure:.0%}: {guess.why}; one of {words}"
    off = "" if guess.sure >= _LIKELY else "# "
    return f"{off}{guess.column.ljust(width)} = {value}    # {guess.sure:.0%}: {guess.why}"


def _settings(kind: str, chosen: dict[str, Guess], cells: dict[str, list[str]]) -> Iterable[str]:
    """What the file as a whole must tell, where its values need it."""
    days = [c for name in chosen if name in COLUMNS[kind] and COLUMNS[kind][name].reads in ("date", "instant")
            for c in cells[chosen[name].header]]  # fmt: skip
    local = [c for c in days if ":" in c and not re.search(r"([Zz]|[+-][0-9]{2}:?[0-9]{2})$", c.strip())]
    unclear = [c for c in days if any(p.code == "date_unclear" for p in values.day(c, values.Habits())[1])]
    if local:
        yield 'timezone = "?"           # needed: times without an offset, such as Asia/Shanghai'
    if unclear:
        heads = [re.split(r"[ T]", c.strip())[0] for c in days]
        fits = [f for f in _DAY_FORMS if all(values.day(c, values.Habits(date_format=f))[0] for c in heads)]
        yield f'date_format = "?"        # needed: days with two readings; fits all: {", ".join(fits) or "none"}'
    money = [c for name in chosen if name in COLUMNS[kind] and COLUMNS[kind][name].reads == "amount"
             for c in cells[chosen[name].header]]  # fmt: skip
    if any("amount_unclear" in {str(p.code) for p in values.amount(c, values.Habits(), (), "USD")[1]} for c in money):
        yield from _points(money)
    if kind == ImportKind.CLAIMS.value and "marketplace" not in chosen:
        yield 'marketplace = "?"        # needed: whose rules apply, such as US'


def _points(money: Sequence[str]) -> Iterable[str]:
    """How the amounts are to be read, when one way alone reads them all; else it is asked for."""

    def reads(decimal: str, thousands: str) -> bool:
        habits = values.Habits(decimal=decimal, thousands=thousands)
        wrong = {str(p.code) for c in money for p in values.amount(c, habits, (), None)[1] if p.rejects}
        return wrong <= {"currency_missing", "currency_unclear"}

    fits = [pair for pair in _POINTS if reads(*pair)]
    one = fits[0] if len({decimal for decimal, _ in fits}) == 1 else ("?", "?")
    why = "the only way to read them all" if one != ("?", "?") else "no way, or more than one, reads them all"
    yield f"decimal = {_quoted(one[0])}            # needed: amounts that can be read two ways; {why}"
    yield f"thousands = {_quoted(one[1])}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r") + '"'
