"""``claimdesk file``: one claim, from options, ``key=value`` words or a JSON payload.

Personal values (name, contact, injury) belong in a payload file: what is typed on a command line is seen by others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from ....states.errors import InputError, NotFound
from ..call import Call
from ..groups import page
from ..output import put, put_json
from ..payloads import object_of, read_text, schema_of, with_words
from .show import claim_lines

#: What ``file`` takes beside the payload of its programme.
_HEAD = ("programme", "marketplace", "seller", "filed_at")
_OF_THE_CALL = ("actor", "reason", "idempotency_key", "dry_run", "self")
_OPTIONS = {
    "programme": "programme",
    "marketplace": "marketplace",
    "filed_at": "filed_at",
    "incident_on": "incident_on",
    "order": "order.id",
    "asin": "order.item.asin",
    "sold_by": "order.sold_by",
    "item_kind": "order.item.kind",
    "cause": "cause",
    "source": "source",
    "source_id": "source_id",
}


@page(
    "file",
    examples=[
        (
            "claimdesk file --marketplace US --seller A2… --order 114-1 --loss property_damage='640.00 USD'",
            "from options",
        ),
        ("claimdesk file --from claim.json", "the whole payload from a file"),
        ("claimdesk file --from - --idempotency-key helpdesk-88121", "from standard input, once"),
        ("claimdesk file … --dry-run --json", "see what would come out"),
    ],
    writes=True,
    see=("triage", "schema file", "do record_screening"),
)
@click.argument("words", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--from", "payload", metavar="FILE|-", help="The payload as a JSON object; options add to it.")
@click.option("--programme", help="Default: pdpi.")
@click.option("--marketplace", help="Such as US.")
@click.option("--seller", help="The id of a seller on file.")
@click.option("--new-seller", is_flag=True, help="Open a file for the seller when there is none.")
@click.option("--order", help="The order's number.")
@click.option("--asin", help="The item.")
@click.option("--item-kind", help="physical, digital, service or stored_value.")
@click.option("--sold-by", help="seller or amazon.")
@click.option("--incident-on", metavar="DATE", help="The day it happened.")
@click.option(
    "--loss",
    "losses",
    multiple=True,
    metavar="HEAD=AMOUNT",
    help="A loss, such as medical='80.00 USD'; repeat for more.",
)
@click.option("--cause", help="product_defect, carrier, other or unknown.")
@click.option("--source", help="Where it came from, such as a help desk.")
@click.option("--source-id", help="Its number there.")
@click.option("--filed-at", metavar="INSTANT", help="When it was filed. Default: now.")
@click.pass_obj
def command(
    call: Call,
    words: tuple[str, ...],
    payload: str | None,
    seller: str | None,
    new_seller: bool,
    losses: tuple[str, ...],
    **options: str | None,
) -> None:
    """File one claim."""
    given = _given(payload, words, losses, options)
    if seller is not None:
        given["seller"] = {"id": seller} if new_seller else seller
    file(call, given)


def given_by(payload: Mapping[str, Any], words: tuple[str, ...]) -> dict[str, Any]:
    """The filing of a payload and the words added to it; nothing in it stands for an option of the call."""
    return _built(dict(payload), words, (), {})


def file(call: Call, given: dict[str, Any]) -> None:
    """Files what was given, and shows what came of it."""
    if "marketplace" not in given:
        raise InputError("missing_field", "a required field is missing", field="marketplace", hint="--marketplace US")
    with call.desk() as desk:
        try:
            made = desk.file(**given, **_writing(call)).to_dict()
        except NotFound as error:
            if error.code == "unknown_seller":
                error.hint = (
                    "open a file for the seller: claimdesk seller set ID in_good_standing=true, or --new-seller"
                )
            raise
    call.claim = made["claim"]
    if call.as_json:
        put_json(made)
        return
    for line in claim_lines(made, call.lang):
        put(line)
    if call.dry_run:
        call.note("dry run: nothing was written")
    elif made["state"] == "filed":
        call.note(f"next: claimdesk do record_screening {made['claim']} verdict=valid by=adjuster:one")
    else:
        call.note(f"next: claimdesk explain {made['claim']}")


def _writing(call: Call) -> dict[str, Any]:
    told = call.writing()
    for name, flag in (("expected_version", "--expected-version"), ("approved_by", "--approved-by")):
        if name in told:
            raise InputError("not_here", f"{flag} does not apply to a new claim", field=flag)
    return told


def _given(
    payload: str | None, words: tuple[str, ...], losses: tuple[str, ...], options: dict[str, str | None]
) -> dict[str, Any]:
    given = object_of(read_text(payload, "--from"), "--from") if payload is not None else {}
    return _built(given, words, losses, options)


def _built(
    given: dict[str, Any], words: tuple[str, ...], losses: tuple[str, ...], options: Mapping[str, str | None]
) -> dict[str, Any]:
    _no_reserved(given)
    typed = [f"{_OPTIONS[name]}={value}" for name, value in options.items() if value is not None]
    programme = options.get("programme") or given.get("programme") or "pdpi"
    if not isinstance(programme, str):
        raise InputError("not_text", "a programme is text", field="programme", hint="for example pdpi")
    given = with_words(given, [*typed, *words], schema_of(programme, "file") if words or typed else None)
    if losses:
        given["losses"] = [_loss(text) for text in losses]
    _no_reserved(given)
    return given


def _no_reserved(given: dict[str, Any]) -> None:
    for name in _OF_THE_CALL:
        if name in given:
            raise InputError(
                "unknown_field", f"{name} is not a known field", field=name, hint="use the global options for it"
            )


def _loss(text: str) -> dict[str, str]:
    head, equals, amount = text.partition("=")
    if not equals:
        raise InputError(
            "not_key_value", "a loss is HEAD=AMOUNT", field="--loss", hint="for example medical='80.00 USD'"
        )
    return {"head": head, "amount": amount}
