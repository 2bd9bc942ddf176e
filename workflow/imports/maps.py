"""Maps: which column of a file means what, and how its values are written, as TOML that people can read and keep.

Decision: a map is checked as a whole before a file is opened, and an error names the key and what would be right; what
a map says and what the command line adds make one map, whose digest tells two imports apart. Authority: UX notes 6.3.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfoNotFoundError

from ...states.errors import InputError
from ...states.times import zone_of
from . import encodings
from .columns import COLUMNS, ImportKind, is_path
from .problems import ImportCode
from .values import Habits

_SOURCE_KEYS: Final = (
    "name", "encoding", "delimiter", "timezone", "date_format", "decimal", "thousands", "marketplace", "programme",
)  # fmt: skip
_COLUMN_KEYS: Final = ("from", "const", "strip", "values", "pattern", "format")
_RULE_KEYS: Final = ("unknown_value", "create_sellers")
_HINT = "claimdesk import map FILE writes a draft"


@dataclass(frozen=True, slots=True)
class Rule:
    """Where one value comes from: a column, or the same words in every row."""

    source: str | None = None
    const: str | None = None
    strip: tuple[str, ...] = ()
    values: Mapping[str, str] | None = None
    pattern: str | None = None
    form: str | None = None


@dataclass(frozen=True, slots=True)
class Map:
    """A checked map. Without one, columns are known by their names and aliases."""

    kind: str
    name: str | None = None
    encoding: str = "auto"
    delimiter: str = "auto"
    zone: str | None = None
    date_format: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    marketplace: str | None = None
    programme: str | None = None
    columns: Mapping[str, Rule] = field(default_factory=dict[str, Rule])
    unknown_value: str = "reject"
    create_sellers: bool = False

    @property
    def habits(self) -> Habits:
        """How the file writes things."""
        return Habits(self.zone, self.date_format, self.decimal, self.thousands)

    @property
    def digest(self) -> str:
        """SHA-256 of everything that decides what a row means."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def names(self) -> frozenset[str]:
        """The headers this map names."""
        return frozenset(rule.source for rule in self.columns.values() if rule.source is not None)


def read_map(text: str, kind: str) -> Map:
    """The map of a TOML text; InputError ``bad_map`` names the key and what would be right."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _bad(f"the map is not TOML: {error}", None, 'one key a line: name = "helpdesk"') from None
    _names(found, ("source", "columns", "rules"), "")
    source, columns, rules = (_section(found, name) for name in ("source", "columns", "rules"))
    _names(source, _SOURCE_KEYS, "source.")
    _names(rules, _RULE_KEYS, "rules.")
    words = {key: _text(value, f"source.{key}") for key, value in source.items()}
    for key, value in words.items():
        if value in ("?", "") and key != "thousands":
            raise _bad("a draft leaves this to you", f"source.{key}", "fill it in, or take the line out")
    made = Map(
        kind,
        name=words.get("name"),
        encoding=words.get("encoding", "auto"),
        delimiter=words.get("delimiter", "auto"),
        zone=words.get("timezone"),
        date_format=words.get("date_format"),
        decimal=words.get("decimal"),
        thousands=words.get("thousands"),
        marketplace=words.get("marketplace"),
        programme=words.get("programme"),
        columns={name: _rule(kind, name, value) for name, value in columns.items()},
        unknown_value=_word(rules, "unknown_value", ("reject", "warn"), "reject"),
        create_sellers=_yes(rules, "create_sellers"),
    )
    return checked(made)


def checked(made: Map) -> Map:
    """``made``, if every setting in it can be used."""
    if made.encoding != "auto":
        encodings.told(made.encoding)
    if made.zone is not None:
        try:
            zone_of(made.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise _bad("this time zone is not known", "source.timezone", "an IANA name such as Asia/Shanghai") from None
    if made.date_format is not None:
        _form(made.date_format, "source.date_format")
    if made.decimal not in (None, ".", ","):
        raise _bad("decimal is a point or a comma", "source.decimal", 'decimal = "."')
    if made.thousands is not None and (len(made.thousands) > 1 or made.thousands.isalnum()):
        raise _bad("thousands is one sign, or nothing", "source.thousands", 'thousands = ","')
    if made.thousands is not None and made.thousands == (made.decimal or "."):
        raise _bad("decimal and thousands are the same sign", "source.thousands", 'decimal = ".", thousands = ","')
    return made


def added(made: Map, constants: Mapping[str, str], **settings: Any) -> Map:
    """``made`` with what a command line says: constants for columns it has no rule for, and other settings."""
    columns = dict(made.columns)
    for name, value in constants.items():
        rule = _rule(made.kind, name, {"const": value})
        old = columns.get(name)
        columns[name] = rule if old is None or old.source is None else replace(old, const=value)
    known = {name: value for name, value in settings.items() if value is not None}
    return checked(replace(made, columns=columns, **known))


def _rule(kind: str, name: str, value: Any) -> Rule:
    _target(kind, name)
    where = f"columns.{name}"
    if isinstance(value, str):
        return Rule(source=_text(value, where))
    if not isinstance(value, dict):
        raise _bad("a column is a header, or a table", where, f'{name} = "Ticket ID", or {name} = {{ from = "…" }}')
    told: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
    _names(told, _COLUMN_KEYS, f"{where}.")
    if not {"from", "const"} & set(told):
        raise _bad("it says neither where the value comes from nor what it is", where, "add from or const")
    pattern = _text(told["pattern"], f"{where}.pattern") if "pattern" in told else None
    if pattern is not None:
        try:
            re.compile(pattern)
        except re.error as error:
            raise _bad(
                f"the pattern is not a regular expression: {error}", f"{where}.pattern", "for example A[0-9A-Z]{9,13}"
            ) from None
    form = _text(told["format"], f"{where}.format") if "format" in told else None
    if form is not None:
        _form(form, f"{where}.format")
    return Rule(
        source=_text(told["from"], f"{where}.from") if "from" in told else None,
        const=_text(told["const"], f"{where}.const") if "const" in told else None,
        strip=_texts(told.get("strip", []), f"{where}.strip"),
        values=_values(told["values"], f"{where}.values") if "values" in told else None,
        pattern=pattern,
        form=form,
    )


def _target(kind: str, name: str) -> None:
    if name in COLUMNS[kind] or (kind == ImportKind.CLAIMS.value and is_path(name)):
        return
    close = difflib.get_close_matches(name, list(COLUMNS[kind]), 1, 0.5)
    hint = f"did you mean {close[0]}?" if close else "one of: " + ", ".join(COLUMNS[kind])
    raise _bad("this is no column of an import", f"columns.{name}"[:80], hint)


def _form(form: str, where: str) -> None:
    try:
        again = datetime(2024, 12, 31, 13, 5).strftime(form)  # noqa: DTZ001  # only whether the form can be read
        datetime.strptime(again, form)  # noqa: DTZ007  # as above
        ok = "%" in form
    except ValueError:
        ok = False
    if not ok:
        raise _bad("this is not a form of days", where, "for example %Y-%m-%d, %d/%m/%Y or %d.%m.%Y %H:%M")


def _section(found: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = found.get(name, {})
    if not isinstance(value, dict):
        raise _bad("this is a section", name, f"[{name}]")
    return value  # pyright: ignore[reportUnknownVariableType]


def _names(told: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for key in told:
        if key not in known:
            close = difflib.get_close_matches(key, known, 1, 0.5)
            hint = f"did you mean {close[0]}?" if close else "one of: " + ", ".join(known)
            raise _bad("this key is not known", f"{where}{key}"[:80], hint)


def _text(value: Any, where: str) -> str:
    if isinstance(value, str) and len(value) <= 500:
        return value
    raise _bad("text is expected", where, "put it in quotes")


def _texts(value: Any, where: str) -> tuple[str, ...]:
    told = [value] if isinstance(value, str) else value
    if not isinstance(told, list):
        raise _bad("a list of texts is expected", where, 'strip = ["USD", "$"]')
    return tuple(_text(one, where) for one in told)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _values(value: Any, where: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise _bad("a table of values is expected", where, 'values = { "pd" = "property_damage" }')
    told = {str(k): _text(v, f"{where}.{k}"[:80]) for k, v in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    for key, word in told.items():
        if word == "?":
            raise _bad("a draft leaves this to you", f"{where}.{key}"[:80], "say what the word means")
    return told


def _word(told: Mapping[str, Any], key: str, words: Sequence[str], usual: str) -> str:
    value = told.get(key, usual)
    if value not in words:
        raise _bad("this is not one of the words", f"rules.{key}", "one of: " + ", ".join(words))
    return str(value)


def _yes(told: Mapping[str, Any], key: str) -> bool:
    value = told.get(key, False)
    if not isinstance(value, bool):
        raise _bad("true or false is expected", f"rules.{key}", f"{key} = true")
    return value


def _bad(message: str, where: str | None, hint: str) -> InputError:
    return InputError(ImportCode.BAD_MAP.value, message, field=where, hint=hint or _HINT)
