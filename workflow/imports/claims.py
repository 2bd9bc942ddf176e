"""From a row to the line of an intake file: the payload of ``file`` as the contract names it.

Decision: a row in the contract's own names is passed on as it is, so that an import and a triage of one file know each
other's lines; other rows are put together from their columns, and what no column means goes into ``source_fields``,
which is sealed. An amount belongs to one head of loss by its kind; two kinds need their heads. Authority: UX notes 6.2.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from ...states.errors import InputError
from ..lines import unflatten
from ..registry import names
from . import values
from .columns import COLUMNS, ImportKind, aliases, filing_names, folded, kinds_at
from .maps import Map
from .problems import ImportCode, Problem, problem
from .reading import Plan, Row, plan, read
from .tables import Record

#: Which head of loss an amount is, by the kind of claim (the other kind needs its heads written out).
HEADS: Mapping[str, str] = {"property_damage": "property_damage", "personal_injury": "medical"}
_HEAD_NAMES: Mapping[str, tuple[str, ...]] = {
    "property_damage": ("property", "property damage", "damage", "财产损失", "财产"),
    "medical": ("medical expenses", "injury", "医疗费", "医疗"),
    "lost_earnings": ("earnings", "lost wages", "wages", "误工费", "误工"),
    "purchase_price": ("purchase", "price", "item", "货款"),
    "pain_and_suffering": ("pain", "精神损害"),
    "business_interruption": ("business", "营业中断"),
    "other": ("其他",),
}
_DIRECT = ("programme", "marketplace", "filed_at", "incident_on", "delivered_on", "source", "source_id", "description",
           "language", "evidence")  # fmt: skip
_PLACES = {"order_id": ("order", "id"), "claimant_ref": ("claimant", "ref")}
_ITEM = {"asin": "asin", "product_title": "title"}
_LANGUAGES = {
    "zh": "zh-CN",
    "zhcn": "zh-CN",
    "zhhans": "zh-CN",
    "中文": "zh-CN",
    "en": "en",
    "enus": "en",
    "engb": "en",
    "英文": "en",
}


def payload(row: Row, made: Map) -> tuple[dict[str, Any] | None, list[Problem]]:
    """(the line's fields, everything wrong with the row); None when something is."""
    found = list(row.problems)
    told = row.told
    fields = _of_paths(row, found, made.programme)
    fields.update({name: told[name] for name in _DIRECT if name in told})
    extra = {**row.extra, **_language(row, fields)}
    _nested(told, fields)
    if "seller_id" in told:
        fields["seller"] = {"id": told["seller_id"]} if made.create_sellers else told["seller_id"]
    losses = _losses(row, found, made.habits)
    if losses is not None:
        fields["losses"] = losses
    if told.get("kind") in ("personal_injury", "both"):
        fields.setdefault("injury", {}).setdefault("kind", "unknown")
    for name, usual in (("marketplace", made.marketplace), ("programme", made.programme)):
        if usual is not None:
            fields.setdefault(name, usual)
    if "source_id" in fields and made.name is not None:
        fields.setdefault("source", made.name)
    if extra:
        fields["source_fields"] = {k or "-": v for k, v in extra.items()}
    return (None if any(p.rejects for p in found) else fields), found


def _language(row: Row, fields: dict[str, Any]) -> dict[str, str]:
    """Letters go out in English or Chinese: another language is kept as received, and given back here."""
    if "language" not in fields:
        return {}
    told = str(fields.pop("language"))
    known = _LANGUAGES.get(folded(told))
    if known is None:
        return {row.fields.get("language", "language"): told}
    fields["language"] = known
    return {}


def _nested(told: Mapping[str, Any], fields: dict[str, Any]) -> None:
    for name, (group, key) in _PLACES.items():
        if name in told:
            fields.setdefault(group, {})[key] = told[name]
    item = {key: told[name] for name, key in _ITEM.items() if name in told}
    if item:
        fields.setdefault("order", {}).setdefault("item", {}).update(item)


def _typed(programme: str, path: str, value: Any) -> Any:
    """A value of a dotted column as the payload has it: a text that stands where a number or a fact does is one."""
    if isinstance(value, dict):
        inner: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
        return {name: _typed(programme, f"{path}.{name}", one) for name, one in inner.items()}
    if isinstance(value, list):
        return [_typed(programme, f"{path}.{n}", one) for n, one in enumerate(value)]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if not isinstance(value, str) or path.partition(".")[0] in ("seller", "screening") or programme not in names():
        return value
    kinds = kinds_at(programme, path)
    if "boolean" in kinds and value.casefold() in ("true", "false"):
        return value.casefold() == "true"
    return int(value) if "integer" in kinds and value.isascii() and value.isdigit() and len(value) < 16 else value


def _of_paths(row: Row, found: list[Problem], usual: str | None) -> dict[str, Any]:
    mapped = {name: str(value) for name, value in row.told.items() if name not in COLUMNS[ImportKind.CLAIMS]}
    paths = {**row.paths, **mapped}
    if not paths:
        return {}
    programme = str(row.told.get("programme") or paths.get("programme") or usual or "pdpi")
    try:
        fields = unflatten(list(paths), list(paths.values()))
        return {name: _typed(programme, name, value) for name, value in fields.items()}
    except InputError as error:
        found.append(Problem(error.code, error.message, error.hint, column=error.field or "", field=error.field or ""))
        return {}


def _losses(row: Row, found: list[Problem], habits: values.Habits) -> list[dict[str, str]] | None:
    told = row.told
    amount, kind, heads = told.get("amount"), told.get("kind"), told.get("heads")
    if heads is not None:
        return _heads(row, str(heads), amount, found, habits)
    if amount is None:
        if row.short and not any(p.field == "amount" for p in found):
            fault = problem(ImportCode.MISSING_VALUE, "a value that is needed is empty", "fill in what was claimed")
            found.append(replace(fault, column=row.fields.get("amount", ""), field="amount"))
        return None
    head = HEADS.get(str(kind))
    if head is None and kind is not None:
        fault = problem(
            ImportCode.HEADS_NEEDED, "an amount for both kinds must be split", 'heads = "property:500;medical:140"'
        )
        found.append(replace(fault, column=row.fields.get("heads", row.fields.get("amount", "")), field="heads"))
        return None
    return None if head is None else [{"head": head, "amount": str(amount)}]


def _heads(
    row: Row, text: str, amount: Any, found: list[Problem], habits: values.Habits
) -> list[dict[str, str]] | None:
    """``property:500;medical:140``, or the same as JSON; the parts sum to the amount where there is one."""
    if text.lstrip().startswith(("{", "[")):
        habits = values.Habits()  # a number of JSON has a point in every country
    column = row.fields.get("heads", "")
    code = str(amount).rpartition(" ")[2] if amount is not None else row.told.get("currency")
    losses: list[dict[str, str]] = []
    total = Decimal(0)
    for name, worth in _parts(text):
        head, faults = values.choice(name, _HEAD_NAMES)
        told, more = values.amount(worth, habits, (), code) if head is not None else (None, [])
        if head is None or told is None:
            found += [replace(p, column=column, field="heads") for p in (*faults, *more)]
            return None
        losses.append({"head": head, "amount": told})
        total += Decimal(told.partition(" ")[0])
    if not losses:  # an amount beside it must not get lost with it
        fault = problem(ImportCode.HEADS_NEEDED, "no head of loss is named", 'heads = "property:500;medical:140"')
        found.append(replace(fault, column=column, field="heads"))
        return None
    if amount is not None and Decimal(str(amount).partition(" ")[0]) != total:
        fault = problem(ImportCode.HEADS_CLASH, "the heads of loss do not sum to the amount", "put one of them right")
        found.append(replace(fault, column=column, field="heads"))
        return None
    return losses


def _parts(text: str) -> list[tuple[str, str]]:
    if text.lstrip().startswith(("{", "[")):
        try:
            told: Any = json.loads(text, parse_float=str, parse_int=str)
        except ValueError:
            return [(text, "")]
        if isinstance(told, dict):
            return [(str(k), str(v)) for k, v in told.items()]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        return [
            (str(one.get("head", "")), str(one.get("amount", ""))) if isinstance(one, dict) else (str(one), "")  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
            for one in told
        ]
    parts: list[tuple[str, str]] = []
    for part in (p for p in text.replace("；", ";").split(";") if p.strip()):
        name, _, worth = part.replace("：", ":").partition(":")
        parts.append((name.strip(), worth.strip()))
    return parts


# ---------------------------------------------------------------- whole records


class ClaimReader:
    """Reads the records of one file into lines."""

    def __init__(self, made: Map, header: tuple[str, ...] | None) -> None:
        self.map = made
        self._plan = None if header is None else plan(ImportKind.CLAIMS, header, made)
        self._objects: dict[frozenset[str], Plan] = {}

    @property
    def plan(self) -> Plan | None:
        """The plan of the header; None for JSON Lines, where every record has its own names."""
        return self._plan

    def read(self, record: Record) -> tuple[dict[str, Any] | None, list[Problem], Row | None]:
        """(the line's fields or None, problems, the row for reports)."""
        if record.cells is None:
            fault = record.problem or problem(ImportCode.NOT_JSON, "this record cannot be read")
            return None, [fault], None
        if self._plan is not None and self._plan.native:
            return self._native(record)
        if self._plan is None and self._as_told(record.cells):
            return self._filled(dict(record.cells)), [], None
        row = read(self._plan or self._of_object(record), record if self._plan else _flat(record))
        fields, found = payload(row, self.map)
        return fields, found, row

    def _native(self, record: Record) -> tuple[dict[str, Any] | None, list[Problem], Row | None]:
        try:
            fields = unflatten(list(record.cells or ()), [str(c) for c in (record.cells or {}).values()])
        except InputError as error:
            field = error.field or ""
            return None, [Problem(error.code, error.message, error.hint, column=field, field=field)], None
        return self._filled(fields), [], None

    def _filled(self, fields: dict[str, Any]) -> dict[str, Any]:
        made = self.map
        for name, usual in (("marketplace", made.marketplace), ("programme", made.programme)):
            if usual is not None:
                fields.setdefault(name, usual)
        if made.name is not None and "source_id" in fields:
            fields.setdefault("source", made.name)
        if made.create_sellers and isinstance(fields.get("seller"), str):
            fields["seller"] = {"id": fields["seller"]}
        return fields

    def _as_told(self, cells: Mapping[str, Any]) -> bool:
        """Whether an object is a line of the contract: nothing mapped, and no name of another program in it."""
        if self.map.columns:
            return False
        strange = [name for name in cells if name not in filing_names()]
        return not strange or not any(folded(name) in aliases(ImportKind.CLAIMS) for name in strange)

    def _of_object(self, record: Record) -> Plan:
        names = frozenset(_flat(record).cells or ()) | self.map.names()
        if names not in self._objects:
            if len(self._objects) > 100:
                self._objects.clear()
            self._objects[names] = plan(ImportKind.CLAIMS, sorted(names), self.map)
        return self._objects[names]


def _flat(record: Record) -> Record:
    return replace(record, cells=flattened(record.cells or {}))


def amount_of(value: Any) -> str | None:
    """Money as the contract writes it at length, ``{"amount": "640.00", "currency": "USD"}``, as one cell."""
    if not isinstance(value, dict):
        return None
    told: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
    amount, code = told.get("amount"), told.get("currency")
    return f"{amount} {code}" if len(told) == 2 and isinstance(amount, str) and isinstance(code, str) else None


def flattened(value: Mapping[str, Any], before: str = "") -> dict[str, str]:
    """Nested objects as dotted names, lists counted, as the CSV of the contract writes them."""
    found: dict[str, str] = {}
    for key, inner in value.items():
        name = f"{before}{key}"
        money = amount_of(inner)
        if money is not None:
            found[name] = money
        elif isinstance(inner, dict):
            found.update(flattened(inner, f"{name}."))  # pyright: ignore[reportUnknownArgumentType]
        elif isinstance(inner, list):
            found.update(flattened({str(i): one for i, one in enumerate(inner)}, f"{name}."))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        elif inner is not None:
            found[name] = ("true" if inner else "false") if isinstance(inner, bool) else str(inner)
    return found
