"""``claimdesk export claims``: as they were filed (JSON Lines), as they stand (CSV), or with their whole history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .....states.errors import InputError
from ....words import checked_words
from ...call import Call
from ...groups import page
from ...narrowed import narrowed
from .common import as_csv, finish, now, shared, writer

if TYPE_CHECKING:
    from ....desk import ClaimDesk
    from ....exports.filings import Filings
    from ....exports.writing import Writer


@page(
    "claims",
    examples=[
        ("claimdesk export claims > claims.jsonl", "what was filed, a line each"),
        ("claimdesk export claims | claimdesk import claims - --db other.db", "the same claims in another store"),
        ("claimdesk export claims --excel --out claims.csv", "as they stand, for a spreadsheet"),
        ("claimdesk export claims --history --out journal.jsonl", "with every entry of their journals"),
        ("claimdesk export claims --personal --purpose audit --out all.jsonl", "personal values too; on record"),
    ],
    exits=(0, 1, 2, 5, 75),
    see=("list", "import claims", "report"),
)
@shared
@click.option("--history", is_flag=True, help="Each claim with every entry of its journal.")
@click.option("--personal", is_flag=True, help="With personal values; needs --purpose, and leaves an entry a claim.")
@click.option("--purpose", metavar="CODE|TEXT", help="Why, such as handling, appeal or audit.")
@narrowed
@click.option("--after", help="Only claims after this id.")
@click.option("--limit", type=click.IntRange(1), help="At most so many; all of them when left out.")
@click.pass_obj
def command(
    call: Call,
    form: str | None,
    target: str | None,
    excel: bool,
    history: bool,
    personal: bool,
    purpose: str | None,
    limit: int | None,
    **wanted: str | None,
) -> int:
    """Write claims: as they were filed, as they stand, or with their history."""
    from .....workflow.ports import CaseFilter
    from ....exports.filings import Filings
    from ....exports.tables import CLAIMS

    csv = as_csv(call, form, excel)
    _fits(call, csv, history, personal, purpose)
    chosen: dict[str, Any] = {k: v for k, v in wanted.items() if v is not None}
    if chosen.get("programme") == "seller_insurance":
        raise InputError(
            "not_here", "a seller's file is no claim", field="--programme", hint="claimdesk export sellers"
        )
    checked_words(chosen, "--")
    call.journals = personal
    kind = "csv" if csv else "history" if history else "filed"
    with call.desk(reads=True) as desk:
        begun, filings = now(desk), Filings(desk, purpose)
        with writer(CLAIMS, target, csv=csv, excel=excel) as made:
            _write(desk, made, filings, kind, CaseFilter(**chosen), limit)
    note, told = _told(filings, kind, personal, purpose)
    filters = chosen | ({} if limit is None else {"limit": limit})
    finish(call, made, target, note, form=kind, filters=filters, as_of=begun, **told)
    return 1 if filings.not_the_same else 0


def _fits(call: Call, csv: bool, history: bool, personal: bool, purpose: str | None) -> None:
    if personal != (purpose is not None):
        raise InputError(
            "missing_field", "personal values are given out with --personal and --purpose, both",
            field="--purpose" if personal else "--personal", hint="for example --personal --purpose handling",
        )  # fmt: skip
    if csv and (history or personal):
        raise InputError("not_here", "a table holds claims as they stand, and no personal values", field="--format")
    if history and personal:
        raise InputError("not_here", "a journal holds no personal values", field="--personal")
    if personal and call.dry_run:
        raise InputError("not_here", "who looks at personal values is on record; that cannot be tried", field="-n")


def _write(desk: ClaimDesk, made: Writer, filings: Filings, kind: str, wanted: Any, limit: int | None) -> None:
    from ....exports.filings import claims, history
    from ....exports.tables import claim_row

    for found in claims(desk, wanted, limit):
        made.rulebooks.update(case.rulebook for case in found)
        if kind == "csv":
            for case in found:
                made.row(claim_row(case))
        elif kind == "filed":
            for line in filings.lines(found):
                made.line(line)
        else:
            with desk.store.read() as unit:
                for case in found:
                    made.line(history(unit, case))


def _told(filings: Filings, kind: str, personal: bool, purpose: str | None) -> tuple[str, dict[str, Any]]:
    """What is said at the end, and what the sidecar says of personal values and of lines that are not faithful."""
    told: dict[str, Any] = {"personal": "with their purpose on record" if personal else "left out"}
    notes: list[str] = []
    if purpose is not None:
        told["purpose"] = purpose
    if kind == "filed":
        told["claims_without_personal_values"] = filings.left_out
        told["claims_an_intake_refuses"] = filings.held_back
        told["claims_that_go_on_from_another"] = filings.continued
        told["not_the_same_facts"] = filings.not_the_same
    if filings.left_out:
        notes.append(f"personal values of {filings.left_out} claims are left out (--personal --purpose CODE)")
    if filings.held_back:
        notes.append(f"{filings.held_back} of them cannot be filed again without these")
    if filings.not_the_same:
        notes.append(f"{len(filings.not_the_same)} lines DO NOT READ BACK as the facts on file: "
                     + ", ".join(filings.not_the_same[:10]))  # fmt: skip
    return "".join(f"; {note}" for note in notes), told
