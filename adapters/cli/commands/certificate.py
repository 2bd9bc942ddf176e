"""``claimdesk certificate``: certificates of insurance, judged by the rules and kept with their verdict."""

from __future__ import annotations

from typing import Any

import click

from ....states.errors import InputError
from ..call import Call, checked_id
from ..groups import family, page
from ..output import put, put_json
from ..payloads import object_of, read_text
from .seller import certificate_line


@page(
    "record",
    examples=[
        ("claimdesk certificate record A2EXAMPLE --from certificate.json", "on the seller's file"),
        ("claimdesk certificate record CLM-… --from -", "as the proof a claim waits for"),
    ],
    writes=True,
    exits=(0, 1, 2, 3, 4, 5, 6, 75),
    see=("certificate list", "schema record_certificate"),
)
@click.argument("whose", metavar="SELLER|CLAIM")
@click.option("--from", "payload", required=True, metavar="FILE|-", help="The certificate as a JSON object.")
@click.option("--marketplace", default="US", show_default=True, help="Whose rules a new seller falls under.")
@click.pass_obj
def record(call: Call, whose: str, payload: str, marketplace: str) -> int:
    """Judge a certificate and keep it with its verdict; exit 1 when it is not accepted."""
    whose = checked_id(whose, "seller")
    paper = object_of(read_text(payload, "--from"), "--from")
    given = paper if "certificate" in paper else {"certificate": paper}
    with call.desk() as desk:
        if whose.startswith("CLM-"):
            call.claim = whose
            claim = desk.do("record_certificate", whose, given, **call.writing()).to_dict()
            seller = claim["seller"]
            if seller is None:
                raise InputError("no_seller", "this claim has no seller", field="claim")
            certificates = list(desk.seller(seller).certificates)
            shown: dict[str, Any] = {"claim": whose, "state": claim["state"], "seller": seller}
        else:
            file = desk.seller_do("record_certificate", whose, given, marketplace=marketplace, **call.writing())
            certificates = list(file.certificates)
            shown = {"seller": file.seller, "state": file.state}
    last = certificates[-1] if certificates else {}
    accepted = bool(last.get("accepted"))
    if call.as_json:
        put_json({**shown, "certificate": last, "dry_run": call.dry_run})
    elif call.dry_run and "claim" in shown:
        put(f"{whose}  would be {shown['state']}")
    else:
        put(f"{shown['seller']}  {certificate_line(last)}")
        put(f"{whose if 'claim' in shown else shown['seller']}  {shown['state']}")
    if call.dry_run:
        call.note("dry run: nothing was written")
        return 0
    return 0 if accepted else 1


@page(
    "list",
    examples=[
        ("claimdesk certificate list A2EXAMPLE", "with their verdicts"),
        ("claimdesk certificate list A2EXAMPLE --json", ""),
    ],
    past=True,
    see=("seller show",),
)
@click.argument("seller")
@click.pass_obj
def listing(call: Call, seller: str) -> None:
    """List a seller's certificates with their verdicts."""
    with call.desk(reads=True) as desk:
        file = desk.seller(checked_id(seller, "seller"), at=call.past())
    for one in file.certificates:
        if call.as_json:
            put_json(one)
        else:
            put(certificate_line(one))
    if not file.certificates and not call.as_json:
        call.note("no certificate is on file")


@page(
    "cancel",
    examples=[("claimdesk certificate cancel A2EXAMPLE --number GL-7731 --on 2024-05-31", "its last day")],
    writes=True,
    see=("certificate list", "seller timeline"),
)
@click.argument("seller")
@click.option("--number", required=True, help="The number of the certificate, as it stands on file.")
@click.option("--on", required=True, metavar="DATE", help="The last day the cover runs, this day included.")
@click.pass_obj
def cancel(call: Call, seller: str, number: str, on: str) -> None:
    """Record that the insurer ended a certificate before its last day."""
    given = {"number": number, "ended_on": on}
    with call.desk() as desk:
        file = desk.seller_do("cancel_certificate", checked_id(seller, "seller"), given, create=False, **call.writing())
    ended = [c for c in file.certificates if c.get("number") == number]
    if call.as_json:
        put_json({"seller": file.seller, "state": file.state, "certificates": ended, "dry_run": call.dry_run})
    else:
        for one in ended:
            put(f"{file.seller}  {certificate_line(one)}")
        put(f"{file.seller}  {file.state}")
    if call.dry_run:
        call.note("dry run: nothing was written")


command = family(
    "certificate",
    "Certificates of insurance and their verdicts.",
    record,
    cancel,
    listing,
    examples=[("claimdesk certificate record A2EXAMPLE --from certificate.json", "judge one and keep it")],
)
