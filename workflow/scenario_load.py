"""Scenario files read: YAML 1.2 into checked, frozen cases.

Decision: a file is text to a person, so dates and instants stay text until the case says which zone they mean, and
``on``, ``off``, ``yes`` and ``no`` are words. Authority: contract sections 4 and 8. Left out: running them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError, SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from ..states.errors import ClaimdeskError, InputError
from ..states.times import parse_instant, zone_of
from . import registry
from .overlays import names as overlay_names
from .rulebook import book_for
from .scenario_shape import (
    CASE_KEYS,
    GIVEN_KEYS,
    PAYMENTS,
    STEP_KEYS,
    Where,
    check_expect,
    check_rulebook,
    known,
    mapping,
    only,
    sequence,
    text,
)

_ENDINGS = (".yaml", ".yml")
_DEPTH_MAX = 40
_BESIDE = ("idempotency_key", "expected_version")
_MORNING = time(9)
#: Keys whose value is a name: a number there is the text it is written as.
_NAMES = frozenset({"id", "asin", "fnsku", "number", "ref", "source_id"})


@dataclass(frozen=True, slots=True)
class Step:
    """One step: when, which verb, with what, and what must be true after it."""

    number: int
    at: datetime
    verb: str
    payload: dict[str, Any]
    actor: str | None
    reason: str | None
    claim: str | int | None
    key: str | None
    version: int | None
    expect: dict[str, Any]
    refused: str | None
    where: Where


@dataclass(frozen=True, slots=True)
class Scenario:
    """One case of a scenario file."""

    name: str
    file: str
    programme: str
    marketplace: str
    seller: dict[str, Any]
    payments: str
    overlays: tuple[str, ...]
    rulebook: dict[str, Any]
    steps: tuple[Step, ...]
    expect: dict[str, Any]
    tags: tuple[str, ...]
    source: str
    where: Where


class _Words(SafeConstructor):
    """Dates and instants stay the text they were written as."""


def _as_written(loader: SafeConstructor, node: Any) -> Any:
    return cast("Any", loader).construct_scalar(node)


cast("Any", _Words).add_constructor("tag:yaml.org,2002:timestamp", _as_written)


def find(paths: Iterable[str | Path]) -> list[Path]:
    """The scenario files meant by files and folders, in order; a folder means every YAML file below it."""
    found: list[Path] = []
    for given in paths:
        path = Path(given)
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.suffix in _ENDINGS and p.is_file())
            if not inside:
                raise Where(str(path)).wrong("no_scenarios", "no scenario file in this folder", "*.yaml or *.yml")
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            raise Where(str(path)).wrong("no_such_file", "there is no such file or folder")
    return list(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class BadCase:
    """A case, or a whole file, that cannot be run, and why; the cases beside it can."""

    name: str  #: empty where the file itself is bad, or the case has no name
    file: str
    error: InputError
    tags: tuple[str, ...] = ()


def load(path: str | Path) -> list[Scenario]:
    """The cases of one file; InputError says file, case, step and key, and what is allowed there."""
    return good(read(path))


def parse(written: str, file: str) -> list[Scenario]:
    """The cases in the text of a file; the first fault of any of them is raised."""
    return good(_parsed(written, file))


def read(path: str | Path) -> Iterator[Scenario | BadCase]:
    """The cases of one file, and beside them those that are bad: one fault hides no other case."""
    where = Where(str(path))
    try:
        yield from _parsed(_written(path, where), str(path))
    except InputError as error:
        yield BadCase("", str(path), error)


def good(cases: Iterable[Scenario | BadCase]) -> list[Scenario]:
    """The cases, when all can be run; else the first fault is raised."""
    found: list[Scenario] = []
    for case in cases:
        if isinstance(case, BadCase):
            raise case.error
        found.append(case)
    return found


def _written(path: str | Path, where: Where) -> str:
    try:
        return Path(path).read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise where.wrong("not_readable", f"this file cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise where.wrong("not_utf8", "this file is not UTF-8 text", "save it as UTF-8") from None


def _parsed(written: str, file: str) -> Iterator[Scenario | BadCase]:
    where = Where(file)
    cases = sequence(_plain(_read(written, where), where), where)
    if not cases:
        raise where.wrong("no_cases", "there is no case in this file", "a scenario file is one list of cases")
    names: set[str] = set()
    for number, written_case in enumerate(cases, 1):
        try:
            case = _case(written_case, number, file)
            if case.name in names:
                raise case.where.wrong("name_twice", "two cases of this file have this name", "give each its own")
        except InputError as error:
            yield _bad(written_case, file, error)
        else:
            names.add(case.name)
            yield case


def _bad(written: Any, file: str, error: InputError) -> BadCase:
    told = cast("dict[Any, Any]", written) if isinstance(written, dict) else {}
    name, tags = told.get("name"), told.get("tags")
    texts = [t for t in cast("list[Any]", tags) if isinstance(t, str)] if isinstance(tags, list) else []
    return BadCase(name if isinstance(name, str) else "", file, error, tuple(texts))


def _read(written: str, where: Where) -> Any:
    reader = YAML(typ="safe", pure=True)
    reader.version = (1, 2)
    reader.Constructor = _Words
    try:
        found: Any = cast("Any", reader).load(written)
    except DuplicateKeyError as error:
        raise where.wrong("key_twice", f"a key is written twice{_line(error)}", "keep one of the two") from None
    except MarkedYAMLError as error:
        said = str(cast("Any", error).problem or "this is not YAML").rstrip(".")
        raise where.wrong("not_yaml", f"{said}{_line(error)}", "a scenario file is YAML 1.2") from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise where.wrong("not_yaml", f"this is not YAML: {type(error).__name__}") from None
    if found is None:
        raise where.wrong("no_cases", "there is no case in this file", "a scenario file is one list of cases")
    return found


def _line(marked: MarkedYAMLError) -> str:
    error: Any = marked  # its attributes have no types
    mark: Any = error.problem_mark or error.context_mark
    return f" (line {mark.line + 1})" if mark is not None else ""


def _plain(value: Any, where: Where, depth: int = 0) -> Any:
    """Dates, instants and names as text, whatever YAML made of them; no value nested without end."""
    if depth > _DEPTH_MAX:
        raise where.wrong("too_deep", "this is nested too deeply")
    if isinstance(value, dict):
        found = cast("dict[Any, Any]", value)
        return {_plain(k, where, depth + 1): _plain(_name(k, v), where, depth + 1) for k, v in found.items()}
    if isinstance(value, list | tuple):
        return [_plain(v, where, depth + 1) for v in cast("Sequence[Any]", value)]
    return value.isoformat() if isinstance(value, date) else value  # an instant is a date too


def _name(key: Any, value: Any) -> Any:
    return str(value) if type(value) is int and key in _NAMES else value


# -- a case ------------------------------------------------------------------------------------------------------


def _case(value: Any, number: int, file: str) -> Scenario:
    where = Where(file, f"number {number}")
    case = mapping(value, where)
    if "name" in case:
        where = Where(file, text(case["name"], where.at("name")))
    only(case, CASE_KEYS, where)
    for key in ("name", "programme", "marketplace", "steps"):
        if key not in case:
            raise where.wrong("missing_key", f"{key} is missing", "a case needs name, programme, marketplace, steps")
    programme = known(case["programme"], registry.names(), where.at("programme"))
    marketplace = text(case["marketplace"], where.at("marketplace"))
    try:
        zone = book_for(programme, marketplace).zone
    except ClaimdeskError as error:
        raise where.at("marketplace").wrong(error.code, error.message, error.hint) from None
    programmes = (programme, *_moved_to(case["steps"]))
    where = replace(where, programmes=programmes)
    states = tuple(dict.fromkeys(s.name for p in programmes for s in registry.programme(p).lifecycle.states))
    given = _given(case.get("given"), programme, where.at("given"))
    return Scenario(
        name=case["name"],
        file=file,
        programme=programme,
        marketplace=marketplace,
        **given,
        steps=tuple(_steps(case["steps"], zone, states, where)),
        expect=check_expect(case.get("expect", {}), states, where.at("expect")),
        tags=tuple(text(t, where.at("tags")) for t in sequence(case.get("tags", []), where.at("tags"))),
        source=text(case["source"], where.at("source")) if case.get("source") else "",
        where=where,
    )


def _moved_to(steps: Any) -> Iterator[str]:
    """The programmes an open claim is moved to; their states, verbs and codes are known in the case too."""
    for step in cast("list[Any]", steps) if isinstance(steps, list) else []:
        written = cast("dict[Any, Any]", step) if isinstance(step, dict) else {}
        told: Any = written.get("with") if written.get("do") == "redirect" else None
        to = cast("dict[Any, Any]", told).get("to") if isinstance(told, dict) else None
        if to in registry.names():
            yield str(to)


def _given(value: Any, programme: str, where: Where) -> dict[str, Any]:
    given = mapping(value, where) if value is not None else {}
    only(given, GIVEN_KEYS, where)
    overlays = sequence(given.get("overlays", []), where.at("overlays"))
    return {
        "seller": mapping(given.get("seller", {}), where.at("seller")),
        "payments": known(given.get("payments", "instant"), PAYMENTS, where.at("payments")),
        "overlays": tuple(known(o, overlay_names(), where.at("overlays").at(i)) for i, o in enumerate(overlays)),
        "rulebook": check_rulebook(given.get("rulebook", {}), programme, where.at("rulebook")),
    }


def _steps(value: Any, zone: str, states: tuple[str, ...], where: Where) -> Iterator[Step]:
    steps = sequence(value, where.at("steps"))
    if not steps:
        raise where.at("steps").wrong("no_steps", "there is no step in this case")
    before: datetime | None = None
    for number, written in enumerate(steps, 1):
        step = _step(written, zone, states, replace(where, step=number))
        if before is not None and step.at < before:
            raise step.where.at("at").wrong(
                "not_in_order", "this step is before the one above it", "steps stand in the order of time"
            )
        before = step.at
        yield step


def verbs_of(*programmes: str) -> tuple[str, ...]:
    """Every verb a step may do: the programmes' own, their opening ones, those of the seller's file, and tick."""
    seller = registry.programme(registry.SELLER_FILE)
    found = [v for name in programmes for v in _own_verbs(name)]
    found += [*seller.lifecycle.verbs, seller.opening, "tick"]
    return tuple(dict.fromkeys(v for v in found if v != "rules"))


def _own_verbs(name: str) -> tuple[str, ...]:
    own = registry.programme(name)
    return own.lifecycle.verbs if name == registry.SELLER_FILE else (own.opening, *own.lifecycle.verbs)


def _step(value: Any, zone: str, states: tuple[str, ...], where: Where) -> Step:
    step = mapping(value, where)
    only(step, STEP_KEYS, where)
    for key in ("at", "do"):
        if key not in step:
            raise where.wrong("missing_key", f"{key} is missing", "a step needs at and do")
    claim = step.get("claim")
    if claim is not None and (isinstance(claim, bool) or not isinstance(claim, str | int) or claim == ""):
        raise where.at("claim").wrong("not_a_claim", "a name, or a number by order of filing, is expected")
    payload = mapping(step["with"], where.at("with")) if step.get("with") is not None else {}
    # What every write takes beside its payload may be written in it too, as a reason may.
    step |= {k: payload.pop(k) for k in _BESIDE if k in payload and k not in step}
    version = step.get("expected_version")
    if version is not None and type(version) is not int:
        raise where.at("expected_version").wrong("not_a_number", "a version is a whole number")
    return Step(
        number=where.step or 0,
        at=instant(step["at"], zone, where.at("at")),
        verb=known(step["do"], verbs_of(*where.programmes), where.at("do")),
        payload=payload,
        actor=text(step["as"], where.at("as")) if "as" in step else None,
        reason=_reason(step, where),
        claim=claim,
        key=text(step["idempotency_key"], where.at("idempotency_key")) if "idempotency_key" in step else None,
        version=version,
        expect=check_expect(step.get("expect", {}), states, where.at("expect")),
        refused=text(step["refused"], where.at("refused")) if "refused" in step else None,
        where=where,
    )


def _reason(step: dict[str, Any], where: Where) -> str | None:
    """The reason beside ``with``; an empty one is kept, it says that none was given."""
    if "reason" not in step:
        return None
    found = step["reason"]
    if found is None:
        return ""
    if not isinstance(found, str):
        raise where.at("reason").wrong("not_text", "a reason is text", "put it in quotes")
    return found


def instant(value: Any, zone: str, where: Where) -> datetime:
    """The instant of ``at``: written out with an offset, or a date, which means 09:00 in the marketplace's zone."""
    if isinstance(value, date):
        value = value.isoformat()
    try:
        if isinstance(value, str) and len(value) == len("2024-06-03"):
            return datetime.combine(date.fromisoformat(value), _MORNING, zone_of(zone)).astimezone(UTC)
        return parse_instant(value)
    except ClaimdeskError as error:
        raise where.wrong(error.code, error.message, error.hint) from None
    except ValueError:
        raise where.wrong("not_a_date", "this is not a date", "write YYYY-MM-DD, for example 2024-06-03") from None
