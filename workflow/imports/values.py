"""What one cell says: amounts, days, instants, choices. Nothing is guessed where two readings are possible.

Decision: every reader gives (value, problems); a value with an error is None. Full-width digits, a formula that only
holds text and a local time that happened twice are read, with a warning. Authority: UX notes 6.2 and 6.4.
Left out: amounts in words, days of other calendars.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from ...states.errors import InputError
from ...states.money import CURRENCY_DIGITS
from ...states.times import instant_text, parse_instant, zone_of
from .columns import folded
from .problems import ImportCode, Problem, problem

Read = tuple[Any, list[Problem]]

_SPACES = " \t\u3000\xa0\u2009\u202f"
_DIGIT = re.compile(r"[0-9]")
_MINUS = frozenset("-−–")
_FORMULA = re.compile(r'="([^"]*)"\Z')
_DAMAGED = re.compile(r"[0-9]([.,][0-9]+)?E\+[0-9]+\Z", re.IGNORECASE)
#: Where an apostrophe keeps a cell text: before what would be a formula, and before digits.
_GUARDED = re.compile(r"'(?=[=+\-@|%]|[0-9][^']*\Z)")
#: Signs that mean one currency, and signs that several use.
_SIGNS: Mapping[str, str] = {
    "US$": "USD",
    "CA$": "CAD",
    "C$": "CAD",
    "MX$": "MXN",
    "A$": "AUD",
    "£": "GBP",
    "€": "EUR",
    "RMB": "CNY",
    "CN¥": "CNY",
    "人民币": "CNY",
    "美元": "USD",
    "加元": "CAD",
    "英镑": "GBP",
    "欧元": "EUR",
    "日元": "JPY",
    "円": "JPY",
    "₹": "INR",
}
#: Signs that several currencies use, and which.
_UNCLEAR: Mapping[str, tuple[str, ...]] = {
    "¥": ("CNY", "JPY"),
    "$": ("USD", "CAD", "MXN", "AUD", "SGD"),
    "元": ("CNY", "JPY"),
    "kr": ("SEK",),
}
_NAMES = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip
_MONTHS = {form: n for n, name in enumerate(_NAMES, 1) for form in (name.casefold(), name[:3].casefold())} | {"sept": 9}
_YEAR_FIRST = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?\Z")
_COMPACT = re.compile(r"((?:19|20|21)[0-9]{2})([0-9]{2})([0-9]{2})\Z")
_SLASHED = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})\Z")
_SHORT_YEAR = re.compile(r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2}\Z")
_NAMED = re.compile(
    r"(?:([0-9]{1,2})[ -]([A-Za-z]{3,9})\.?,?[ -]([0-9]{4})|([A-Za-z]{3,9})\.? ([0-9]{1,2}),? ([0-9]{4}))\Z"
)
_SERIAL = re.compile(r"[2-6][0-9]{4}(\.[0-9]+)?\Z")
_DAY_AND_TIME = re.compile(
    r"(?P<day>.*?)(?:[Tt]|,? +)"
    r"(?P<hour>[01]?[0-9]|2[0-3]):(?P<minute>[0-5][0-9])(?::(?P<second>[0-5][0-9])(?:\.[0-9]{1,6})?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)? ?(?P<offset>[Zz]|[+-][0-9]{2}:?[0-9]{2}|UTC|GMT)?\Z"
)
_MONTH = re.compile(r"((?:19|20|21)[0-9]{2})[-/.年]?([0-9]{1,2})月?\Z")
_MONTH_FIRST = re.compile(r"(?:([0-9]{1,2})[/.-]|([A-Za-z]{3,9})\.?[ -])((?:19|20|21)[0-9]{2})\Z")
_YES = frozenset(folded(w) for w in ("true", "yes", "y", "1", "是", "有"))
_NO = frozenset(folded(w) for w in ("false", "no", "n", "0", "否", "无"))
_NOT_KNOWN = frozenset(folded(w) for w in ("unknown", "n/a", "?", "未知", "不详"))


@dataclass(frozen=True, slots=True)
class Habits:
    """How a file writes things: zone of local times, form of days, point and comma of numbers."""

    zone: str | None = None
    date_format: str | None = None
    decimal: str | None = None
    thousands: str | None = None


def text(cell: object) -> tuple[str, list[Problem]]:
    """A cell as text: outer spaces gone, what a spreadsheet marks text with taken away; digits stay as they are."""
    if isinstance(cell, bool):
        return ("true" if cell else "false"), []
    found = ("" if cell is None else cell if isinstance(cell, str) else str(cell)).strip(_SPACES + "\r\n\ufeff")
    if found.startswith("'") and _GUARDED.match(unicodedata.normalize("NFKC", found[:2]) + found[2:]):
        return found[1:], [problem(ImportCode.SPREADSHEET_TEXT, "an apostrophe that marks text was taken away")]
    if found.startswith('="'):
        inner = _FORMULA.match(found)
        if inner:
            return inner[1].strip(_SPACES), [
                problem(ImportCode.SPREADSHEET_TEXT, "a formula that only holds text was opened")
            ]
    return found, []


def narrow(found: str) -> tuple[str, list[Problem]]:
    """Full-width digits, letters and signs as ordinary ones, with a warning."""
    if found.isascii() or not any("\uff01" <= c <= "\uff5e" for c in found):
        return found, []
    plain = "".join(unicodedata.normalize("NFKC", c) if "\uff01" <= c <= "\uff5e" else c for c in found)
    shown = f" as {plain}" if re.fullmatch(r"[0-9.,:/ -]{1,30}", plain) else ""
    return plain, [problem(ImportCode.FULL_WIDTH, f"full-width characters read{shown}")]


def identifier(found: str) -> Read:
    """An id, kept as text: leading zeros and ``1E5`` stay."""
    plain, told = narrow(found)
    if _DAMAGED.match(plain):
        return None, [
            *told,
            problem(
                ImportCode.SPREADSHEET_NUMBER,
                "a spreadsheet made a number of this id: digits are lost",
                "export it again with the column as text",
            ),
        ]
    return plain, told


def choice(found: str, choices: Mapping[str, Sequence[str]]) -> Read:
    """One of the words of a column, or how people write it."""
    plain = folded(found)
    for value, others in choices.items():
        if plain == folded(value) or any(plain == folded(o) for o in others):
            return value, []
    return None, [
        problem(
            ImportCode.UNKNOWN_VALUE,
            "this value is not known",
            f"one of: {', '.join(choices)}, or map it: values = {{...}}",
        )
    ]


def fact(found: str) -> Read:
    """True, false or unknown."""
    plain = folded(found)
    if plain in _NOT_KNOWN:
        return "unknown", []
    if plain in _YES or plain in _NO:
        return plain in _YES, []
    return None, [problem(ImportCode.UNKNOWN_VALUE, "this is neither yes nor no", "true, false or unknown")]


def days(found: str) -> Read:
    """A whole number."""
    plain, told = narrow(found)
    if plain.isascii() and plain.isdigit() and len(plain) < 10:
        return int(plain), told
    return None, [*told, problem(ImportCode.UNKNOWN_VALUE, "a whole number is expected", "for example 30")]


def digest(found: str) -> Read:
    """A SHA-256 in hex, also as ``sha256:…`` and in capitals."""
    plain, told = narrow(found)
    plain = plain.casefold().removeprefix("sha256:").strip(_SPACES)
    if re.fullmatch(r"[0-9a-f]{64}", plain, re.ASCII):
        return plain, told
    return None, [*told, problem(ImportCode.DIGEST_UNREADABLE, "this is not a SHA-256", "64 digits from 0 to f")]


def name(found: str) -> Read:
    """Who somebody is. Registers say ``Y`` there: that there is one is no name, so the name stays unknown."""
    if folded(found) in _YES:
        return None, [
            problem(
                ImportCode.NAME_UNKNOWN, "yes stands where a name does: the name stays unknown", "look at the paper"
            )
        ]
    return found, []


def listed(found: str) -> Read:
    """Parts between semicolons."""
    return [part.strip(_SPACES) for part in re.split(r"[;；\n]", found) if part.strip(_SPACES)], []


# ---------------------------------------------------------------- amounts


def currency(found: str) -> Read:
    """An ISO 4217 code, or a sign or word that means one currency alone."""
    plain, told = narrow(found)
    code = plain.upper()
    if code in CURRENCY_DIGITS:
        return code, told
    if plain in _SIGNS or code in _SIGNS:
        return _SIGNS.get(plain) or _SIGNS[code], told
    if plain in _UNCLEAR:
        return None, [*told, _unclear(plain)]
    return None, [
        *told,
        problem(
            ImportCode.UNKNOWN_VALUE,
            "this currency is not known",
            "an ISO 4217 code: " + ", ".join(sorted(CURRENCY_DIGITS)),
        ),
    ]


def amount(found: str, habits: Habits, strip: Sequence[str] = (), code: str | None = None) -> Read:
    """``"1,200.50"`` as ``"1200.50 USD"``. ``code`` is the currency told beside it, if any."""
    plain, told = narrow(found)
    for part in sorted(strip, key=len, reverse=True):
        plain = plain.replace(part, "").strip(_SPACES)
    if not _DIGIT.search(plain):
        return None, [*told, _no_amount()]
    if plain.startswith("+"):
        plain = plain[1:].lstrip(_SPACES)
    number, inside, fault = _without_currency(plain.replace("￥", "¥"), code)
    if fault is not None:
        return None, [*told, fault]
    if inside is not None and code is not None and inside != code:
        return None, [
            *told,
            problem(
                ImportCode.CURRENCY_CLASH, f"the amount is in {inside}, its column says {code}", "put one of them right"
            ),
        ]
    digits, fault = _digits(number, habits)
    if fault is not None:
        return None, [*told, fault]
    whole = inside or code
    if whole is None:
        return None, [
            *told,
            problem(
                ImportCode.CURRENCY_MISSING,
                "an amount without a currency",
                "add --default currency=USD, or map a column",
            ),
        ]
    point, size = digits.partition(".")[2], CURRENCY_DIGITS.get(whole, 2)
    if len(point) > size:
        # 1.200 with two decimals is one thousand two hundred in half the world.
        return None, [
            *told,
            problem(
                ImportCode.AMOUNT_UNCLEAR,
                f"{len(point)} digits after the point, and {whole} has {size}",
                'set decimal and thousands, for example decimal = ",", thousands = "."',
            ),
        ]
    return f"{digits} {whole}", told


def _without_currency(plain: str, code: str | None) -> tuple[str, str | None, Problem | None]:
    """(number, currency found beside it, what is wrong)."""
    found = re.match(r"([^0-9(\-.,]*)[ \u3000\xa0]?(.*?)[ \u3000\xa0]?([^0-9).,]*)\Z", plain, re.DOTALL)
    if found is None:
        return plain, None, None
    signs = [s.strip(_SPACES) for s in (found[1], found[3]) if s.strip(_SPACES)]
    number = found[2].strip(_SPACES)
    inside: str | None = None
    if any(sign in _MINUS for sign in signs):
        return number, None, _negative()
    for sign in signs:
        read = (
            _SIGNS.get(sign) or _SIGNS.get(sign.upper()) or (sign.upper() if sign.upper() in CURRENCY_DIGITS else None)
        )
        if read is None and sign in _UNCLEAR:
            if code is None and len(signs) == 1:
                return number, None, _unclear(sign)
            if code is not None and code not in _UNCLEAR[sign]:
                return (
                    number,
                    None,
                    problem(ImportCode.CURRENCY_CLASH, f"{sign} is no sign of {code}", "put one of them right"),
                )
            continue  # the column, or a code on the other side, says which
        if read is None:
            return (
                number,
                None,
                problem(
                    ImportCode.AMOUNT_UNREADABLE,
                    "there are words beside the number",
                    "strip them in the map: strip = [...]",
                ),
            )
        if inside is not None and inside != read:
            return number, None, problem(ImportCode.CURRENCY_CLASH, "two currencies stand beside the number")
        inside = read
    return number, inside, None


def _no_amount() -> Problem:
    return problem(ImportCode.AMOUNT_UNREADABLE, "this is not an amount", "digits with a point, for example 640.00")


def _negative() -> Problem:
    return problem(
        ImportCode.NEGATIVE_AMOUNT, "an amount cannot be below zero", "write what was claimed or paid, without a sign"
    )


def _unclear(sign: str) -> Problem:
    return problem(
        ImportCode.CURRENCY_UNCLEAR,
        f"{sign} alone does not say which currency: {', '.join(_UNCLEAR[sign])}, …",
        "map a currency column, or add --default currency=…",
    )


def _digits(number: str, habits: Habits) -> tuple[str, Problem | None]:
    """Plain digits with a point."""
    if re.match(r"\(.*\)\Z|-|−", number) or number.endswith("-"):
        return "", _negative()
    point, comma = (
        habits.decimal or ".",
        habits.thousands if habits.thousands is not None else ("." if habits.decimal == "," else ","),
    )
    told = habits.decimal is not None or habits.thousands is not None
    grouped = re.escape(comma) if comma else "(?!)"
    if re.fullmatch(
        rf"[0-9]{{1,3}}(?:{grouped}[0-9]{{3}})+(?:{re.escape(point)}[0-9]+)?|[0-9]+(?:{re.escape(point)}[0-9]+)?",
        number,
        re.ASCII,
    ):
        plain = number.replace(comma, "") if comma else number
        return plain.replace(point, "."), None
    if re.fullmatch(r"[0-9][0-9.,'’ \u00a0\u2009\u202f]*", number) and not told:
        return "", problem(
            ImportCode.AMOUNT_UNCLEAR,
            "point and comma stand where they could mean two things",
            'set decimal and thousands, for example decimal = ",", thousands = "."',
        )
    return "", _no_amount()


# ---------------------------------------------------------------- days and instants


def day(found: str, habits: Habits, form: str | None = None) -> Read:
    """A date as ``YYYY-MM-DD``; "unknown" stays."""
    plain, told = narrow(found)
    if folded(plain) in _NOT_KNOWN:
        return "unknown", told
    wanted = form or habits.date_format
    if wanted:
        made = _formatted(plain, wanted)
        if made is not None:
            return made.date().isoformat(), told
        if not wanted.startswith("%Y") and _SLASHED.match(plain):  # to turn round what was told would be a guess
            return None, [
                *told,
                problem(ImportCode.DATE_UNREADABLE, "this does not fit the form of days that was told", f"as {wanted}"),
            ]
    if len(plain) > 10 and ":" in plain:
        return _day_of_instant(plain, habits, told)
    return _day_alone(plain, told)


def _day_of_instant(plain: str, habits: Habits, told: list[Problem]) -> Read:
    """The day of an instant in the zone of the file; without a zone, the day as it is written."""
    if habits.zone is None:
        seen = _DAY_AND_TIME.match(plain)
        return _day_alone(seen["day"] if seen else plain, told)
    if _DAY_AND_TIME.match(plain) is None:
        return _day_alone(plain, told)  # no time of day that can be read: nothing for ``instant`` to look at again
    at, faults = instant(plain, habits)
    if at is None:
        return None, [*told, *faults]
    return parse_instant(at).astimezone(zone_of(habits.zone)).date().isoformat(), told


def _day_alone(plain: str, told: list[Problem]) -> Read:
    year_first = _YEAR_FIRST.match(plain) or _COMPACT.match(plain)
    if year_first:
        return _real(int(year_first[1]), int(year_first[2]), int(year_first[3]), told)
    named = _NAMED.match(plain)
    if named:
        number = _MONTHS.get((named[2] or named[4]).casefold())
        if number is not None:
            return _real(int(named[3] or named[6]), number, int(named[1] or named[5]), told)
    slashed = _SLASHED.match(plain)
    if slashed:
        one, two, year = int(slashed[1]), int(slashed[2]), int(slashed[3])
        if one > 12 >= two:
            return _real(year, two, one, told)
        if two > 12 >= one or one == two:
            return _real(year, one, two, told)
        if one <= 12 and two <= 12:
            return None, [*told, _either(one, two)]
    if _SHORT_YEAR.match(plain):
        return None, [
            *told,
            problem(
                ImportCode.DATE_UNCLEAR,
                "the century is missing",
                'set date_format, for example date_format = "%d/%m/%y"',
            ),
        ]
    hint = "write YYYY-MM-DD, or set date_format"
    if _SERIAL.match(plain):
        hint = "a spreadsheet's number of a day: export the column as YYYY-MM-DD"
    return None, [*told, problem(ImportCode.DATE_UNREADABLE, "this is not a date", hint)]


def _either(one: int, two: int) -> Problem:
    both = f"{one} {_NAMES[two - 1]} or {two} {_NAMES[one - 1]}"
    return problem(
        ImportCode.DATE_UNCLEAR,
        f"the date is ambiguous: {both}",
        'set date_format, for example date_format = "%m/%d/%Y"',
    )


def _real(year: int, month: int, number: int, told: list[Problem]) -> Read:
    try:
        return date(year, month, number).isoformat(), told
    except ValueError:
        return None, [*told, problem(ImportCode.DATE_UNREADABLE, "there is no such day", "write YYYY-MM-DD")]


def month(found: str) -> Read:
    """A month as ``YYYY-MM``."""
    plain, told = narrow(found)
    seen = _MONTH.match(plain)
    if seen and 1 <= int(seen[2]) <= 12:
        return f"{seen[1]}-{int(seen[2]):02d}", told
    turned = _MONTH_FIRST.match(plain)
    if turned:
        number = int(turned[1]) if turned[1] else _MONTHS.get(turned[2].casefold(), 0)
        if 1 <= number <= 12:
            return f"{turned[3]}-{number:02d}", told
    return None, [
        *told,
        problem(ImportCode.DATE_UNREADABLE, "this is not a month", "write YYYY-MM, for example 2024-05"),
    ]


def instant(found: str, habits: Habits, form: str | None = None) -> Read:
    """An instant as RFC 3339 text; a local time needs the zone of the file."""
    plain, told = narrow(found)
    try:
        parse_instant(plain)
        return plain, told  # exactly as it stands: the desk reads it
    except InputError:
        pass
    if form:
        made = _formatted(plain, form)
        if made is None:
            return None, [*told, problem(ImportCode.INSTANT_UNREADABLE, "this does not fit the format", f"as {form}")]
        return _zoned(made, habits, told) if made.tzinfo is None else (instant_text(made), told)
    seen = _DAY_AND_TIME.match(plain)
    if seen is None:
        on, _ = day(plain, replace(habits, zone=None))
        if on not in (None, "unknown"):
            return None, [
                *told,
                problem(
                    ImportCode.INSTANT_UNREADABLE,
                    "a day alone is no instant",
                    "add the time of day, or map a column that has it",
                ),
            ]
        return None, [
            *told,
            problem(
                ImportCode.INSTANT_UNREADABLE,
                "this is not an instant",
                "write 2024-06-03T09:00:00-07:00, or a local time and set timezone",
            ),
        ]
    on, faults = day(seen["day"], habits)
    if on is None or on == "unknown":
        return None, [*told, *(faults or [problem(ImportCode.INSTANT_UNREADABLE, "an instant is needed")])]
    hour, half = int(seen["hour"]), seen["half"]
    if half:
        if not 1 <= hour <= 12:
            return None, [
                *told,
                problem(ImportCode.INSTANT_UNREADABLE, "there is no such hour", "write 15:30, or 3:30 PM"),
            ]
        hour = hour % 12 + (12 if half in "pP" else 0)
    made = datetime.fromisoformat(on).replace(hour=hour, minute=int(seen["minute"]), second=int(seen["second"] or 0))
    if seen["offset"]:
        suffix = "Z" if seen["offset"].upper() in ("Z", "UTC", "GMT") else seen["offset"]
        try:
            return instant_text(parse_instant(made.isoformat() + suffix)), told
        except InputError as error:
            return None, [*told, problem(ImportCode.INSTANT_UNREADABLE, error.message, error.hint)]
    return _zoned(made, habits, told)


def _formatted(plain: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(plain, form)  # noqa: DTZ007  # the zone of the file comes after
    except ValueError:
        return None


def _zoned(made: datetime, habits: Habits, told: list[Problem]) -> Read:
    if habits.zone is None:
        return None, [
            *told,
            problem(
                ImportCode.NO_TIME_ZONE,
                "a local time, and no zone was told",
                'set timezone = "Asia/Shanghai", or --timezone',
            ),
        ]
    zone = zone_of(habits.zone)
    first, second = made.replace(tzinfo=zone, fold=0), made.replace(tzinfo=zone, fold=1)
    if first.utcoffset() != second.utcoffset():
        # A gap lies later by the first reading than by the second; an hour that came twice the other way round.
        if (first.utcoffset() or timedelta()) < (second.utcoffset() or timedelta()):
            return None, [
                *told,
                problem(
                    ImportCode.TIME_SKIPPED, "clocks skipped this time that day", "put it right, or add the offset"
                ),
            ]
        told = [*told, problem(ImportCode.TIME_TWICE, "this local time happened twice; the earlier one was taken")]
    return instant_text(first.astimezone(UTC)), told
