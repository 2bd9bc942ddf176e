"""``claimdesk rules diff`` and ``rules backtest``: what a change of the rulebook is, and whom it would move.

Decision: both only read. A back-test decides every claim on record again with the changed values and names the claims
whose first decision would differ; the digest of what it prints with ``--json`` is the test run that ``rules propose``
asks for. Authority: UX notes G10 and 5.4.
"""

from __future__ import annotations

import hashlib
import sys
from typing import TYPE_CHECKING, Any

import click

from ....states.errors import InputError
from ..call import Call
from ..groups import page
from ..output import as_json, columns, is_terminal, put, put_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ....workflow.backtest import BackTest, Moved
    from ....workflow.rulebook import Version

_NAMED = 5  #: claims shown by id of those that move the same way


def values_of(call: Call, words: Sequence[str]) -> dict[str, Any]:
    """The changed values: those written out, else the ``[rulebook]`` of the settings."""
    if not words:
        return dict(call.config.value("rulebook") or {})
    found: dict[str, Any] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or not name:
            raise InputError(
                "not_key_value", "a changed value is NAME=VALUE", field="NAME=VALUE",
                hint="for example small_claim.comparator=at_most",
            )  # fmt: skip
        # The command line has texts only; a rulebook counts days and claims in whole numbers.
        found[name] = int(value) if value.isascii() and value.isdigit() and len(value) < 10 else value
    return found


@page(
    "diff",
    examples=[
        ("claimdesk rules diff pdpi-us pdpi-uk", "two rulebooks"),
        ("claimdesk rules diff fba-us@2024-01-01 fba-us@2025-06-01", "one rulebook on two days"),
        ("claimdesk rules diff pdpi-us small_claim.comparator=at_most", "a rulebook, and the same with a change"),
    ],
    exits=(0, 2, 5),
    see=("rules show", "rules backtest"),
)
@click.argument("book")
@click.argument("other", nargs=-1, metavar="[BOOK|NAME=VALUE...]")
@click.pass_obj
def diff(call: Call, book: str, other: tuple[str, ...]) -> None:
    """Compare two rulebooks, one on two days, or one with a change."""
    from .rules import version_named

    old = version_named(call, book)
    if len(other) == 1 and "=" not in other[0]:
        new = version_named(call, other[0])
    else:
        new = changed(old, values_of(call, other))
    rows = [_differing(name, old, new) for name in dict.fromkeys([*old.values, *new.values])]
    found = [row for row in rows if row is not None]
    if call.as_json:
        for row in found:
            put_json(row)
        return
    put(f"{old.ref} -> {new.ref}")
    for line in columns(
        [(f" {r['name']}", f"{r['before'] or '-'} -> {r['after'] or '-'}", r["source"]) for r in found]
    ):
        put(line)
    put(f" unchanged: {len(rows) - len(found)} parameters")


def changed(version: Version, values: Mapping[str, Any]) -> Version:
    """A version with changed values; InputError for a parameter it does not have."""
    import difflib

    if not values:
        raise InputError(
            "nothing_changed", "there is nothing to compare it with", field="BOOK",
            hint="another rulebook, a change such as small_claim.comparator=at_most, or [rulebook] in claimdesk.toml",
        )  # fmt: skip
    unknown = next((name for name in values if name not in version.values), None)
    if unknown is not None:
        close = difflib.get_close_matches(unknown, list(version.values), 1)
        raise InputError(
            "unknown_parameter", "this rulebook has no such parameter", field=unknown[:60],
            hint=f"did you mean {close[0]}?" if close else "claimdesk rules show BOOK lists them",
        )  # fmt: skip
    return version.override(values)


def _differing(name: str, old: Version, new: Version) -> dict[str, Any] | None:
    before, after = old.values.get(name), new.values.get(name)
    if before is not None and after is not None and before.value == after.value:
        return None
    source = (after or before).source  # pyright: ignore[reportOptionalMemberAccess]  # one of the two has it
    return {
        "name": name,
        "before": before.shown if before else None,
        "after": after.shown if after else None,
        "source": source,
    }


@page(
    "backtest",
    examples=[
        ("claimdesk rules backtest small_claim.comparator=at_most", "whom a change would move"),
        ("claimdesk rules backtest --from 2024-04-01 --to 2024-06-30", "the [rulebook] of the settings, one quarter"),
        (
            "claimdesk rules backtest small_claim.limit='1500.00 USD' --json",
            "a moved claim a line, last what was tried",
        ),
    ],
    exits=(0, 2, 5, 75, 130),
    see=("rules diff", "rules propose", "list --reading R1"),
)
@click.argument("words", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--programme", help="Only claims of this programme.")
@click.option("--marketplace", help="Only claims of this marketplace.")
@click.option("--from", "start", metavar="DATE", help="Only claims filed from this day on.")
@click.option("--to", "end", metavar="DATE", help="Only claims filed up to this day.")
@click.pass_obj
def backtest(
    call: Call,
    words: tuple[str, ...],
    programme: str | None,
    marketplace: str | None,
    start: str | None,
    end: str | None,
) -> None:
    """Decide the claims on record again with changed values, and say whom that would move; nothing is written."""
    from ....states.times import parse_date
    from ....workflow.backtest import Span
    from ...tlog.backtests import back_test_all

    values = values_of(call, words)
    days = [None if told is None else parse_date(told, name) for told, name in ((start, "--from"), (end, "--to"))]
    watched = is_terminal(sys.stderr) and not call.quiet

    def counter(done: int) -> None:
        if watched:
            sys.stderr.write(f"\r{done} claims")
            sys.stderr.flush()

    # Opened without overrides: what stands on record was decided under its own.
    with call.desk(there=True, rulebook_overrides=None) as desk:
        desk.known_parameters(values)
        found = back_test_all(
            desk.store, desk.settings.vault, values, Span(programme, marketplace, days[0], days[1]), counter
        )
    if watched:
        sys.stderr.write("\r\x1b[K")
    # Last what was tried: a run that moves nobody is another run under other values, or over fewer claims.
    lines = [*(as_json(one.to_dict()) for one in found.moved), as_json(found.to_dict())]
    if call.as_json:
        for line in lines:
            sys.stdout.write(line + "\n")
    else:
        _put(found, "".join(f"{line}\n" for line in lines))
    for why, count in sorted(found.skipped.items()):
        call.note(f"not tried: {count} ({why})")


def _put(found: BackTest, printed: str) -> None:
    told = ", ".join(f"{name}={value}" for name, value in found.values.items())
    share = f" ({100 * len(found.moved) / found.claims:.1f} %)" if found.claims else ""
    put(f"{found.claims:,} claims tried with {told}: {len(found.moved):,} would change{share}; nothing written")
    ways: dict[tuple[str, str, str], list[Moved]] = {}
    for one in found.moved:
        ways.setdefault((one.kind, one.before, one.after), []).append(one)
    for (kind, before, after), ones in sorted(ways.items(), key=lambda way: -len(way[1])):
        put(f" {kind}  {before} -> {after}  {len(ones):,}  {_amounts(ones)}".rstrip())
        more = f" and {len(ones) - _NAMED:,} more" if len(ones) > _NAMED else ""
        put(f"    {', '.join(one.claim for one in ones[:_NAMED])}{more}")
    put(f"test run  sha256:{hashlib.sha256(printed.encode()).hexdigest()}  (of what --json prints)")


def _amounts(ones: Sequence[Moved]) -> str:
    """What the claims come to, by currency."""
    from ....states.money import parse, to_text

    sums: dict[str, int] = {}
    for one in ones:
        if one.eligible_amount is not None:
            minor, currency = parse(one.eligible_amount)
            sums[str(currency)] = sums.get(str(currency), 0) + minor
    return ", ".join(to_text(minor, currency) for currency, minor in sorted(sums.items()))
