"""``claimdesk redact``: personal data erased, of claims or of a person. Two people, a legal basis, no legal hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ....states.codes import LegalBasis
from ....states.errors import InputError, Refused
from ..call import Call, checked_id
from ..groups import page
from ..output import put, put_json
from ..payloads import read_text

if TYPE_CHECKING:
    from ...desk import ClaimDesk


@page(
    "redact",
    examples=[
        ("claimdesk redact CLM-… --basis gdpr_17 --as privacy:lea --approved-by cs:bo", "one claim"),
        ("claimdesk redact CLM-… --basis gdpr_17 --approved-by cs:bo --dry-run", "what would go, nothing written"),
        ("claimdesk redact --subject c-17 --basis ccpa_1798_105 --approved-by cs:bo", "every claim of a person"),
        ("claimdesk redact --due", "which claims are past the time they are kept; nothing is erased"),
        ("claimdesk redact --due --yes --approved-by cs:bo", "erase those that nothing stands against"),
    ],
    writes=True,
    see=("do hold CLAIM hold=legal", "timeline"),
)
@click.argument("claims", nargs=-1, metavar="[CLAIM]...")
@click.option("--subject", metavar="REF|-", help="Every claim of the person with this reference (- reads it).")
@click.option("--basis", metavar="CODE", help="The legal basis, such as gdpr_17 or ccpa_1798_105.")
@click.option("--due", is_flag=True, help="Claims that are past the time they are kept.")
@click.option("--schedule", "own", metavar="FILE", help="With --due: a retention schedule in the place of ours.")
@click.option("--yes", is_flag=True, help="With --due: erase them; left out, they are only listed.")
@click.pass_obj
def command(
    call: Call, claims: tuple[str, ...], subject: str | None, basis: str | None, due: bool, own: str | None, yes: bool
) -> int:
    """Erase personal data under a legal basis; two people stand for it."""
    if due:
        if claims or subject is not None or basis is not None:
            raise InputError("not_here", "--due finds the claims and their basis itself", field="--due")
        return _due(call, own, yes)
    if own is not None or yes:
        raise InputError("not_here", "--schedule and --yes belong to --due", field="--due")
    if bool(claims) == (subject is not None):
        raise InputError("missing_field", "name claims, or a person with --subject", field="claim")
    if basis is None:
        raise InputError("missing_field", "an erasure needs its legal basis", field="--basis", hint="--basis gdpr_17")
    for claim in claims:
        checked_id(claim)
    refused: list[Refused] = []
    with call.desk() as desk:
        wanted = list(claims) or _claims_of(desk, str(subject))
        for claim in wanted:
            call.claim = claim
            try:
                _show(call, _erased(call, desk, claim, basis))
            except Refused as error:
                if len(wanted) == 1:
                    raise
                # One claim under a legal hold keeps nobody from erasing the others.
                refused.append(error)
                _show(call, {"claim": claim, "error": error.to_dict()})
    if not wanted and not call.as_json:
        call.note("no claim on file is this person's")
    return refused[0].exit_code if refused else 0


def _claims_of(desk: ClaimDesk, subject: str) -> list[str]:
    return desk.claims_of(read_text("-", "--subject").strip() if subject == "-" else subject)


def _erased(call: Call, desk: ClaimDesk, claim: str, basis: str) -> dict[str, Any]:
    done = desk.perform("redact", claim, {"basis": basis}, **call.writing())
    gone: dict[str, Any] = {}
    for body in done.made.bodies if done.made else ():
        gone = body.get("redaction", gone)
    erased: dict[str, Any] = done.case.facts.get("erased") or {}
    return {
        "claim": claim,
        "version": done.case.version,
        "basis": erased.get("basis"),
        "at": erased.get("at"),
        "values": gone.get("values", 0),
        "letters": len(gone.get("letters", ())),
        "changed": bool(gone),
        "dry_run": call.dry_run,
    }


def _show(call: Call, shown: dict[str, Any]) -> None:
    if call.as_json:
        put_json(shown)
    elif "error" in shown:
        put(f"{shown['claim']}  refused: {shown['error']['message']} [{shown['error']['code']}]")
    elif shown["changed"]:
        would = " (dry run, nothing written)" if shown["dry_run"] else ""
        put(f"{shown['claim']}  erased under {shown['basis']}: {shown['values']} sealed values, "
            f"{shown['letters']} letters{would}")  # fmt: skip
    else:
        put(f"{shown['claim']}  nothing left to erase")


def _due(call: Call, own: str | None, yes: bool) -> int:
    """Lists what is past its time and why; with ``yes`` erases what nothing stands against."""
    from ....workflow.retention import schedule, survey

    rules = schedule(None if own is None else read_text(own, "--schedule"))
    act = yes and not call.dry_run
    refused: list[Refused] = []
    erased = 0
    with call.desk() as desk:
        found = survey(desk.store, desk.clock(), rules)
        for one in found.past:
            row: dict[str, Any] = one.to_dict()
            if act and not one.blocked:
                try:
                    row["erased"] = _erased(call, desk, one.claim, LegalBasis.RETENTION_ENDED.value)["changed"]
                    erased += row["erased"]
                except Refused as error:  # a hold was set since we looked, or nobody approved
                    refused.append(error)
                    row["error"] = error.to_dict()
            _show_past(call, row)
    counts = {**found.counts(), "erased": erased}
    if call.as_json:
        put_json({"summary": counts})
    else:
        put(", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items() if name != "blocked_by"))
        if found.due and not act:
            call.note("nothing was erased; add --yes and --approved-by to erase what is due")
    if refused and not erased:
        raise refused[0]
    return refused[0].exit_code if refused else 0


def _show_past(call: Call, row: dict[str, Any]) -> None:
    if call.as_json:
        put_json(row)
        return
    what = "kept: " + ", ".join(row["blocked"]) if row["blocked"] else "due"
    if "error" in row:
        what = f"refused: {row['error']['code']}"
    elif row.get("erased"):
        what = "erased"
    put(f"{row['claim']}  ended {row['ended_on']}, kept to {row['kept_to']} ({row['rule']})  {what}")
