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
    return found, cells


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
    return Guess(header, column, round(0.6 + 0.39 * share, 2), f"by its header; {share:.0%} of the values read so")


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
            lines.append(f"# {name.ljust(width)} = ?    # needed: no column looks like it; map one, or {const}")
    lines += _money(kind, chosen, cells, width, dotted)
    lines += ["", "[rules]", 'unknown_value = "reject"     # or "warn"', ""]
    return "\n".join(lines), found


def _money(kind: str, chosen: dict[str, Guess], cells: dict[str, list[str]], width: int, dotted: bool) -> Iterable[str]:
    """What is missing of the amounts: a claim without one, and amounts that do not say their currency."""
    if kind == ImportKind.CLAIMS.value and not dotted and not {"amount", "heads"} & set(chosen):
        yield f"# {'amount'.ljust(width)} = ?    # needed: no column looks like it; map one, or heads"
    amounts = [n for n in chosen if n in COLUMNS[kind] and COLUMNS[kind][n].reads == "amount"]
    seen = [c for n in amounts for c in cells[chosen[n].header]]
    habits = (values.Habits(), values.Habits(decimal=","))  # one of them reads the number, and then its currency
    codes = {str(p.code) for c in seen for one in habits for p in values.amount(c, one)[1]}
    if "currency" not in chosen and codes & {"currency_missing", "currency_unclear"}:
        why = 'needed: the amounts do not say it; map one, or currency = { const = "USD" }'
        yield f"# {'currency'.ljust(width)} = ?    # {why}"


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
        yield 'decimal = ","            # needed: amounts that can be read two ways'
        yield 'thousands = "."'
    if kind == ImportKind.CLAIMS.value and "marketplace" not in chosen:
        yield 'marketplace = "?"        # needed: whose rules apply, such as US'


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r") + '"'
