"""``claimdesk seller``: the compliance file of a seller, its facts, proceeds and requests.

Facts are recorded as told; whether they are true, the desk does not know. Verdicts on certificates come from the rules.
"""

from __future__ import annotations

from typing import Any

import click

from ..call import Call, checked_id
from ..groups import family, page
from ..output import columns, put, put_json
from ..payloads import object_of, read_text, schema_of, with_words

_FACTS = {True: "yes", False: "no", "unknown": "unknown"}


@page(
    "list",
    examples=[("claimdesk seller list", "every seller on file"), ("claimdesk seller list --state overdue --json", "")],
    see=("seller show",),
)
@click.option("--state", help="not_required, required, compliant or overdue.")
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=50, show_default=True, help="At most so many.")
@click.option("--after", help="Only files after this id.")
@click.pass_obj
def listing(call: Call, state: str | None, limit: int, after: str | None) -> None:
    """List the sellers on file."""
    rows: list[list[object]] = []
    last = ""
    with call.desk(reads=True) as desk:
        for one in desk.sellers(state=state, limit=limit, after=after):
            last = one.id
            if call.as_json:
                put_json(one.to_dict())
            else:
                accepted = sum(1 for c in one.certificates if c.get("accepted"))
                rows.append([one.seller, one.state, one.due_on or "", f"{accepted} of {len(one.certificates)}"])
    if call.as_json:
        return
    for line in columns(rows, ("SELLER", "STATE", "DUE ON", "CERTIFICATES ACCEPTED") if rows else ()):
        put(line)
    if not rows:
        call.note("no seller fits")
    elif len(rows) == limit:
        call.note(f"there may be more: --after {last}")


@page(
    "show",
    examples=[
        ("claimdesk seller show A2EXAMPLE", "duty, clock, certificates"),
        ("claimdesk seller show A2EXAMPLE --json", ""),
    ],
    past=True,
    see=("certificate list", "seller set"),
)
@click.argument("seller")
@click.pass_obj
def show(call: Call, seller: str) -> None:
    """Show a seller's compliance file."""
    with call.desk(reads=True) as desk:
        shown = desk.seller(checked_id(seller, "seller"), at=call.past()).to_dict()
    _put(call, shown)


@page(
    "timeline",
    examples=[
        ("claimdesk seller timeline A2EXAMPLE", "when insurance was required, and when it was in force"),
        ("claimdesk seller timeline A2EXAMPLE --on 2024-06-01", "one day, with reasons"),
        ("claimdesk seller timeline A2EXAMPLE --on 2024-06-01 --json", ""),
    ],
    past=True,
    see=("seller show", "certificate list", "timeline"),
)
@click.argument("seller")
@click.option("--on", metavar="DATE", help="Only this day, with the reasons.")
@click.pass_obj
def timeline(call: Call, seller: str, on: str | None) -> None:
    """Was insurance required, and was it in force, on a day."""
    from ....states.times import parse_date

    day = None if on is None else parse_date(on, "--on")
    with call.desk(reads=True) as desk:
        found = desk.seller_timeline(checked_id(seller, "seller"), on=day, at=call.past())
    shown = [stretch.to_dict() for stretch in found]
    if call.as_json:
        for one in shown:
            put_json(one if day is None else {"on": day.isoformat(), **one})
    elif day is not None:
        _put_day(day.isoformat(), shown[0])
    else:
        head = ("FROM", "UNTIL", "REQUIRED", "IN FORCE", "ON FILE", "STATE", "CERTIFICATES")
        for line in columns([_stretch(one) for one in shown], head if shown else ()):
            put(line)
        if not shown:
            call.note("nothing is on file that would tell")


def _stretch(one: dict[str, Any]) -> list[object]:
    state = f"{one['state'] or ''}{', restricted' if one['restricted'] else ''}"
    answers = [_FACTS[one[name]] for name in ("required", "in_force", "on_file")]
    return [one["from"], one["until"] or "", *answers, state, ", ".join(one["certificates"])]


def _put_day(on: str, one: dict[str, Any]) -> None:
    rows: list[tuple[str, object]] = [
        ("on", on),
        ("required", _FACTS[one["required"]]),
        ("required since", one["required_since"]),
        ("to be shown by", one["due_on"]),
        ("in force", _FACTS[one["in_force"]]),
        ("on file by then", _FACTS[one["on_file"]]),
        ("certificates", ", ".join(one["certificates"])),
        ("state", _stretch(one)[5]),
        ("the same", f"{one['from'] or '...'} to {one['until'] or '...'}"),
        ("rulebook", one["rulebook"]),
    ]
    rows += [("because", _because(reason)) for reason in one["reasons"]]
    for line in columns([(name, value) for name, value in rows if value not in (None, "")]):
        put(line)


def _because(reason: dict[str, Any]) -> str:
    said = {True: "yes", False: "no", None: "not known"}[reason["result"]]
    value = f"; on file: {reason['value']}" if reason["value"] is not None else ""
    return f"{reason['rule']}  {said}  {reason['tested']}{value}  [{reason['source']}]"


@page(
    "set",
    examples=[
        ("claimdesk seller set A2EXAMPLE in_good_standing=true legal_entity='Lumen Ltd'", "facts, as told"),
        ("claimdesk seller set A2EXAMPLE --from seller.json", "from a file"),
    ],
    writes=True,
    see=("seller show", "schema update_seller --programme seller_insurance"),
)
@click.argument("seller")
@click.argument("words", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--from", "payload", metavar="FILE|-", help="Facts as a JSON object.")
@click.option("--marketplace", default="US", show_default=True, help="Whose rules a new seller falls under.")
@click.pass_obj
def set_(call: Call, seller: str, words: tuple[str, ...], payload: str | None, marketplace: str) -> None:
    """Record facts about a seller; a new seller gets a file."""
    given = object_of(read_text(payload, "--from"), "--from") if payload is not None else {}
    facts = with_words(given, words, schema_of("seller_insurance", "update_seller") if words else None)
    _do(call, "update_seller", seller, facts, marketplace)


@page(
    "proceeds",
    examples=[
        ("claimdesk seller proceeds A2EXAMPLE --month 2024-05 --amount '12000.00 USD' --crossed-on 2024-05-28", "")
    ],
    writes=True,
    see=("seller show",),
)
@click.argument("seller")
@click.option("--month", required=True, metavar="YYYY-MM", help="The month.")
@click.option("--amount", required=True, metavar="MONEY", help="Gross proceeds of the month, such as '12000.00 USD'.")
@click.option("--crossed-on", metavar="DATE", help="The day the month's total passed the line, if it did.")
@click.option("--marketplace", default="US", show_default=True, help="Whose rules a new seller falls under.")
@click.pass_obj
def proceeds(call: Call, seller: str, month: str, amount: str, crossed_on: str | None, marketplace: str) -> None:
    """Record a month's gross proceeds."""
    payload = {"month": month, "amount": amount, **({"crossed_on": crossed_on} if crossed_on is not None else {})}
    _do(call, "record_proceeds", seller, payload, marketplace)


@page(
    "request-insurance",
    examples=[("claimdesk seller request-insurance A2EXAMPLE --on 2024-06-03", "the duty begins")],
    writes=True,
    see=("certificate record",),
)
@click.argument("seller")
@click.option("--on", metavar="DATE", help="The day of the request. Default: today.")
@click.option("--marketplace", default="US", show_default=True, help="Whose rules a new seller falls under.")
@click.pass_obj
def request_insurance(call: Call, seller: str, on: str | None, marketplace: str) -> None:
    """Record that a seller was asked for insurance."""
    _do(call, "request_insurance", seller, {"on": on} if on is not None else {}, marketplace)


command = family(
    "seller",
    "Sellers' compliance files: duty, proceeds, requests.",
    listing,
    show,
    timeline,
    set_,
    proceeds,
    request_insurance,
    examples=[
        ("claimdesk seller show A2EXAMPLE", "one file"),
        ("claimdesk seller list --state overdue", "who is late"),
    ],
)


def _do(call: Call, verb: str, seller: str, payload: dict[str, Any], marketplace: str) -> None:
    with call.desk() as desk:
        file = desk.seller_do(verb, checked_id(seller, "seller"), payload, marketplace=marketplace, **call.writing())
    _put(call, file.to_dict())
    if call.dry_run:
        call.note("dry run: nothing was written")


def _put(call: Call, shown: dict[str, Any]) -> None:
    if call.as_json:
        put_json(shown)
        return
    facts = shown["facts"]
    rows: list[tuple[str, object]] = [
        ("seller", shown["seller"]),
        ("state", shown["state"]),
        ("required", "yes" if shown["required"] else "no"),
        ("due on", shown["due_on"]),
        ("legal entity", facts.get("legal_entity")),
        ("good standing", _FACTS.get(facts.get("in_good_standing"))),
        ("rulebook", shown["rulebook"]),
    ]
    rows += [("clock", f"{d['kind']} until {d['on']}") for d in shown["deadlines"] if d["status"] == "open"]
    rows += [("certificate", certificate_line(c)) for c in shown["certificates"]]
    for line in columns([(name, value) for name, value in rows if value not in (None, "")]):
        put(line)


def certificate_line(one: dict[str, Any]) -> str:
    """A certificate and its verdict on one line."""
    number = one.get("number") or "(no number)"
    span = f"{one.get('starts_on', '?')} to {one.get('ends_on', '?')}"
    if one.get("ended_on"):
        span += f", ended early on {one['ended_on']}"
    faults = [*one.get("rejected_for", ()), *(f"{name} not known" for name in one.get("unknown", ()))]
    return f"{number}  {span}  {'accepted' if one.get('accepted') else 'not accepted: ' + ', '.join(faults)}"
