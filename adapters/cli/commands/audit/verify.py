"""``claimdesk audit verify``: the whole store against its log and its rules; the first bad item is named.

Decision: data on standard output is one object or one line; while a person watches, a counter runs on standard error.
Exit 1 is a finding, everything else about the run itself. Authority: trust notes 2.5; contract section 6.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .....states.errors import InputError
from ...call import Call
from ...groups import page
from ...output import put, put_json
from .opened import counted, log_of, read_bytes, sealed_check, told

if TYPE_CHECKING:
    from ....desk import ClaimDesk
    from ....tlog.audit import Audit


@page(
    "verify",
    examples=[
        ("claimdesk audit verify", "chains, log, tables, ledger, clocks, letters, what is published"),
        ("claimdesk audit verify --held kept-checkpoint", "and that the log continues a checkpoint kept elsewhere"),
        ("claimdesk audit verify --evidence /srv/evidence", "and that each file is the one that was received"),
        ("claimdesk audit verify --replay", "and that the rules make every decision again, byte for byte"),
        ("claimdesk audit verify --sealed", "and that personal values are those committed to; needs the keys"),
    ],
    exits=(0, 1, 2, 75, 130),
    see=("audit rebuild", "audit checkpoint", "db check"),
)
@click.option("--held", metavar="FILE", multiple=True, help="A checkpoint kept from earlier; repeat for more.")
@click.option("--evidence", metavar="FOLDER", help="The files of evidence, named by id or digest.")
@click.option("--sealed", is_flag=True, help="Open personal values and compare them with their commitments.")
@click.option("--replay", is_flag=True, help="Make every decision again from its facts and its pinned rulebook.")
@click.pass_obj
def command(call: Call, held: tuple[str, ...], evidence: str | None, sealed: bool, replay: bool) -> int:
    """Check the whole store against its log and its rules; name the first thing that is wrong."""
    notes = [read_bytes(path, "--held") for path in held]
    folder = None if evidence is None else Path(evidence)
    if folder is not None and not folder.is_dir():
        raise InputError("cannot_read", "there is no such folder", field="--evidence")
    counter = counted(call, "entries")
    with call.desk(there=True) as desk:
        log = log_of(desk)
        found = log.audit(
            held=notes, sealed=sealed_check(desk) if sealed else None, evidence=folder, progress=counter
        )  # fmt: skip
        counter.end()
        if log.borrowed:
            call.note("the log's public key was taken from the published folder: --held CHECKPOINT shows whose it is")
        more = _replayed(call, desk, found) if replay and found.ok else {}
    show(call, found, **more)
    return 0 if found.ok else 1


def _replayed(call: Call, desk: ClaimDesk, found: Audit) -> dict[str, Any]:
    """Makes every decision again; the first that comes out otherwise is the fault of the report."""
    from ....tlog.replays import replay_all

    counter = counted(call, "decisions made again")
    report, found.fault = replay_all(desk.store, desk.settings.vault, progress=counter)
    counter.end()
    skipped = dict(sorted(report.skipped.items()))
    return {"replay": {"plans": report.plans, "decisions": report.decisions, "skipped": skipped}}


def show(call: Call, found: Audit, **more: Any) -> None:
    """The report, for a program or for a person."""
    fault = None if found.fault is None else told(found.fault)
    if call.as_json:
        rate = round(found.entries / found.seconds) if found.seconds else None
        put_json({**found.to_dict(), "fault": fault, "entries_per_second": rate, **more})
        return
    if fault is not None:
        put(f"NOT OK: {fault['where']}: {fault['message']} [{fault['code']}]")
        call.note(
            f"looked at {found.entries} entries of {found.claims} claims before it; what comes after is not known"
        )
        return
    parts = [f"ok: {found.entries} entries of {found.claims} claims", f"log of {found.size}"]
    parts.append(f"{found.checkpoints} checkpoints")
    if found.access:
        parts.append(f"access journal of {found.access}, fixed by entries up to {found.anchored}")
    if found.evidence:
        parts.append(f"{found.evidence} files of evidence")
    again = more.get("replay")
    if again:
        parts.append(f"{again['decisions']} decisions made again, byte for byte the same")
        parts += [f"{count} not made again: {why}" for why, count in again["skipped"].items()]
    if found.waiting:
        parts.append(f"{found.waiting} entries wait for their place")
    put(" · ".join(parts))
    rate = f", {found.entries / found.seconds:,.0f} entries a second" if found.seconds else ""
    call.note(f"{found.seconds:.1f} s{rate}")
