"""``claimdesk rules``: every number with unit, dates, source and confidence, and the ambiguity register.

What nobody could source is marked ASSUMED. With a database at hand the register counts the claims whose decisions hang
on each reading, so that the weight of a choice can be seen before it is changed.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

import click

from ....states.errors import InputError, NotFound
from ..call import Call
from ..groups import family, page
from ..output import columns, put, put_json
from .trying import backtest, diff, values_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ....workflow.rulebook import Book, Parameter, Reading, Version
    from ....workflow.view import Claim
    from ...desk import ClaimDesk

_SHOWN_CLAIMS = 5
_COUNTED_MAX = 1000


@page("list", examples=[("claimdesk rules list", "rulebooks and their versions")], exits=(0, 2), see=("rules show",))
@click.pass_obj
def listing(call: Call) -> None:
    """List the rulebooks and their versions."""
    rows: list[list[str]] = []
    for book in _books().values():
        dates = [d.isoformat() for d in book.dates]
        if call.as_json:
            put_json(
                {
                    "book": book.id,
                    "title": book.title,
                    "programme": book.programme,
                    "marketplace": book.marketplace,
                    "currency": book.currency,
                    "zone": book.zone,
                    "versions": [
                        {"rulebook": v.ref, "since": v.since.isoformat(), "sha256": v.sha256} for v in book.versions
                    ],
                }
            )
        else:
            rows.append([book.id, book.marketplace, ", ".join(dates), book.title])
    for line in columns(rows, ("BOOK", "MARKETPLACE", "VERSIONS SINCE", "TITLE") if rows else ()):
        put(line)


@page(
    "show",
    examples=[
        ("claimdesk rules show pdpi-us", "the version in force today"),
        ("claimdesk rules show pdpi-us@2024-06-01", "the version in force on a day"),
        ("claimdesk rules show pdpi-us --json", "for a program"),
    ],
    past=True,
    see=("rules readings", "explain"),
)
@click.argument("book")
@click.pass_obj
def show(call: Call, book: str) -> None:
    """Show every number of a rulebook with its source, and its ambiguity register."""
    version = version_named(call, book)
    weights = _weights(call, [_book(version.book)])
    shown = [_parameter(p) for p in version.values.values()]
    register = [_reading(r, version.book, weights) for r in version.readings.values()]
    if call.as_json:
        put_json(
            {
                "rulebook": version.ref,
                "sha256": version.sha256,
                "programme": version.programme,
                "marketplace": version.marketplace,
                "currency": version.currency,
                "zone": version.zone,
                "since": version.since.isoformat(),
                "parameters": shown,
                "readings": register,
            }
        )
        return
    put(f"{version.ref}  {version.currency}  {version.zone}  sha256 {version.sha256[:16]}…")
    put()
    rows = [[p["name"], p["shown"], p["unit"], _dates(p), _mark(p["confidence"]), p["source"]] for p in shown]
    for line in columns(rows, ("PARAMETER", "VALUE", "UNIT", "IN FORCE", "CONFIDENCE", "SOURCE")):
        put(line)
    assumed = [p["name"] for p in shown if p["confidence"] == "assumed"]
    if assumed:
        put()
        put(f"ASSUMED, no source: {', '.join(assumed)}")
    put()
    put("Ambiguity register")
    _put_register(register)


@page(
    "readings",
    examples=[
        ("claimdesk rules readings", "every reading of every rulebook"),
        ("claimdesk rules readings pdpi-us", "of one rulebook, with the claims that hang on each"),
    ],
    see=("list --reading R5", "rules show"),
)
@click.argument("book", required=False)
@click.pass_obj
def readings(call: Call, book: str | None) -> None:
    """Show the ambiguity register: where sources disagree, what was chosen, and which claims hang on it."""
    books = [_book(book)] if book is not None else list(_books().values())
    weights = _weights(call, books)
    register = [_reading(r, b.id, weights) for b in books for r in b.readings]
    if call.as_json:
        for one in register:
            put_json(one)
        return
    _put_register(register)


@page(
    "propose",
    examples=[
        (
            "claimdesk rules propose --test-run sha256:… --effective 2026-01-01T00:00:00Z",
            "the [rulebook] of the settings",
        ),
        ("claimdesk rules propose small_claim.comparator=at_most --test-run … --effective …", "written out"),
    ],
    exits=(0, 2, 4, 6, 75),
    see=("rules approve", "rules backtest", "scenario run"),
    trial=False,
)
@click.argument("words", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--test-run", required=True, metavar="DIGEST", help="Digest of the run that tried the change.")
@click.option(
    "--effective", required=True, metavar="INSTANT", help="When it takes effect; approved before, or not at all."
)
@click.pass_obj
def propose(call: Call, words: tuple[str, ...], test_run: str, effective: str) -> None:
    """Propose a change of the rulebook: overrides as a whole, with their test run."""
    values = values_of(call, words)
    with call.desk() as desk:
        made = desk.propose_rulebook(
            values, test_run=test_run, effective_at=effective, reason=call.told.get("reason", "")
        )
        shown = next(c for c in desk.rulebook_register() if c["change"] == made.digest)
    _put_change(call, shown)


@page(
    "approve",
    examples=[("claimdesk rules approve 3f0c11aa2b9d --as rules:tom", "by the head of its digest, never one's own")],
    exits=(0, 2, 4, 6, 75),
    see=("rules changes", "rules propose"),
    trial=False,
)
@click.argument("change")
@click.pass_obj
def approve(call: Call, change: str) -> None:
    """Approve a change of the rulebook that somebody else proposed, before it takes effect."""
    with call.desk() as desk:
        made = desk.approve_rulebook(change, reason=call.told.get("reason", ""))
        shown = next(c for c in desk.rulebook_register() if c["change"] == made.digest)
    _put_change(call, shown)


@page(
    "changes",
    examples=[
        ("claimdesk rules changes", "who proposed, tested and approved what"),
        ("claimdesk rules changes --json", ""),
    ],
    exits=(0, 2, 75),
    see=("rules show",),
)
@click.pass_obj
def changes(call: Call) -> None:
    """List the changes of the rulebook; what comes with the package counts as approved by its release."""
    with call.desk() as desk:
        found, on = desk.rulebook_register(), desk.access().rulebooks_on
    for one in found:
        _put_change(call, one)
    if not found:
        call.note("no change was proposed: the rulebooks are those of the release")
    if not on:
        call.note("not switched on: overrides count at once; switch it on with: claimdesk actor on rulebooks")


def _put_change(call: Call, one: dict[str, Any]) -> None:
    if call.as_json:
        put_json(one)
        return
    put(f"{one['change'].removeprefix('sha256:')[:12]}  {one['status']}  from {one['effective_at'][:19]}Z")
    for name, value in one["values"].items():
        put(f"    {name} = {value}")
    put(f"    by {one['author']}, test run {one['test_run']}; approved by {one['approver'] or 'nobody yet'}")


command = family(
    "rules",
    "Rulebooks: every number with its source, and the ambiguity register.",
    listing,
    show,
    readings,
    diff,
    backtest,
    propose,
    approve,
    changes,
    examples=[
        ("claimdesk rules show pdpi-us", "every number, its source, and what was assumed"),
        ("claimdesk rules backtest small_claim.comparator=at_most", "whom a change would move"),
    ],
)


# ---------------------------------------------------------------- finding


def _books() -> Mapping[str, Book]:
    """Every rulebook, also those of installed programmes."""
    from ....workflow.registry import load_installed
    from ....workflow.rulebook import shipped

    load_installed()
    return shipped()


def _book(name: str) -> Book:
    books = _books()
    found = books.get(name)
    if found is None:
        close = difflib.get_close_matches(name, list(books), 1)
        hint = f"did you mean {close[0]}?" if close else "there is: " + ", ".join(books)
        raise NotFound("unknown_rulebook", "there is no such rulebook", field="book", hint=hint)
    return found


def version_named(call: Call, told: str) -> Version:
    """A version by the name of its book, in force today or on the day after ``@``."""
    from datetime import UTC, datetime

    from ....states.times import local_day, parse_date

    name, at_sign, day = told.partition("@")
    book = _book(name)
    past = call.past()
    if at_sign and past is not None:
        raise InputError("not_here", "the day is given twice", field="--at", hint="use BOOK@DATE or --at")
    on = parse_date(day, "book") if at_sign else local_day(past or datetime.now(UTC), book.zone)
    return book.at(on)


def _weights(call: Call, books: Iterable[Book]) -> dict[tuple[str, str], list[str]]:
    """The claims that hang on each reading of each book, when there is a database; at most a thousand each."""
    from ....states.errors import ClaimdeskError

    try:
        if not call.database_exists():
            return {}
        with call.desk() as desk:
            return {
                (book.id, one.id): [c.id for c in _hanging(desk, book, one)] for book in books for one in book.readings
            }
    except ClaimdeskError as error:
        call.note(f"note: the claims that hang on a reading are not shown: {error.message} [{error.code}]")
        return {}


def _hanging(desk: ClaimDesk, book: Book, one: Reading) -> Iterable[Claim]:
    return desk.list(reading=one.id, programme=book.programme, marketplace=book.marketplace, limit=_COUNTED_MAX)


# ---------------------------------------------------------------- showing


def _parameter(one: Parameter) -> dict[str, Any]:
    return {
        "name": one.name,
        "unit": one.kind,
        "value": list(one.value) if isinstance(one.value, tuple) else one.value,
        "shown": one.shown,
        "from": one.since.isoformat(),
        "to": one.until.isoformat() if one.until else None,
        "source": one.source,
        "confidence": one.confidence.value,
        "note": one.note,
    }


def _reading(one: Reading, book: str, weights: dict[tuple[str, str], list[str]]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "reading": one.id,
        "book": book,
        "question": one.question,
        "chosen": one.chosen,
        "other": one.other,
        "parameter": one.parameter,
        "other_value": one.other_value,
        "by": one.by,
        "on": one.on.isoformat(),
        "sources": list(one.sources),
    }
    claims = weights.get((book, one.id))
    if claims is not None:
        found |= {"claims": len(claims), "more": len(claims) == _COUNTED_MAX, "examples": claims[:_SHOWN_CLAIMS]}
    return found


def _dates(shown: dict[str, Any]) -> str:
    return f"{shown['from']} to {shown['to']}" if shown["to"] else f"since {shown['from']}"


def _mark(confidence: str) -> str:
    return "ASSUMED" if confidence == "assumed" else confidence


def _put_register(register: list[dict[str, Any]]) -> None:
    for one in register:
        put()
        put(f"{one['reading']}  {one['book']}  {one['question']}")
        put(f"    chosen  {one['chosen']}  (by {one['by']}, {one['on']})")
        put(f"    other   {one['other']}")
        if one["parameter"]:
            put(f"    switch  {one['parameter']} = {one['other_value']}")
        if one["sources"]:
            put(f"    source  {'; '.join(one['sources'])}")
        if "claims" in one:
            more = (
                f": {', '.join(one['examples'])}{' …' if one['claims'] > _SHOWN_CLAIMS else ''}"
                if one["claims"]
                else ""
            )
            put(f"    claims  {one['claims']}{' or more' if one['more'] else ''} hang on it{more}")
