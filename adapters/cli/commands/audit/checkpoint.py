"""``claimdesk audit checkpoint``: the log's signed checkpoint, exactly as it is published."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from .....states.errors import ConfigError
from ...call import Call
from ...groups import page
from ...output import put_json
from ...whole import whole_file
from .opened import checkpoint_of, log_of, read_bytes

if TYPE_CHECKING:
    from ....desk import ClaimDesk
    from ....tlog.sequencer import Sequenced


@page(
    "checkpoint",
    examples=[
        ("claimdesk audit checkpoint > kept-checkpoint", "keep it where the operator cannot write"),
        ("claimdesk audit checkpoint --publish", "first sign and publish what waits"),
        ("claimdesk audit checkpoint --publish --folder-is-lost", "the published folder is gone: write it anew"),
        ("claimdesk audit checkpoint --witness compliance.example/w1 --request request", "what to carry to a witness"),
        ("claimdesk audit checkpoint --witness compliance.example/w1 --cosignature answer", "take its answer in"),
    ],
    exits=(0, 1, 2, 5, 75),
    see=("doctor",),
)
@click.option("--publish", is_flag=True, help="First give waiting entries their places, sign and publish.")
@click.option("--folder-is-lost", is_flag=True, help="Accept that the published folder is gone; once, after a look.")
@click.option("--witness", metavar="NAME", help="A witness of the settings (log_witness).")
@click.option("--request", metavar="FILE", help="Write what to ask the witness.")
@click.option("--old", type=click.IntRange(0), metavar="N", help="The size it remembers, where it said so.")
@click.option("--cosignature", metavar="FILE", help="Take its answer in, and publish it with its checkpoint.")
@click.pass_obj
def command(
    call: Call,
    publish: bool,
    folder_is_lost: bool,
    witness: str | None,
    request: str | None,
    old: int | None,
    cosignature: str | None,
) -> None:
    """Print the log's signed checkpoint; sign and publish what waits; have it cosigned."""
    _fits(witness, request, old, cosignature)
    if folder_is_lost and not publish:
        raise ConfigError("not_here", "--folder-is-lost goes with --publish", field="--folder-is-lost")
    if publish and call.dry_run:
        raise ConfigError("no_dry_run", "publishing has no dry run", field="--dry-run",
                          hint="claimdesk audit checkpoint shows what is signed already")  # fmt: skip
    with call.desk(there=True) as desk:
        done = desk.sequence(relearn=folder_is_lost) if publish else None
        if witness is not None and request is not None:
            _ask(call, desk, witness, request, old)
            return
        if witness is not None and cosignature is not None:
            _take(call, desk, witness, cosignature)
        note, shown = _checkpoint(desk)
    if call.as_json:
        put_json({**shown, **_told(done)})
        return
    sys.stdout.write(note)
    if done is not None:
        call.note(f"{done.added} entries added, {done.size} in the log, {done.files} files written")


def _fits(witness: str | None, request: str | None, old: int | None, cosignature: str | None) -> None:
    if (witness is None) != (request is None and cosignature is None) or (request and cosignature):
        raise ConfigError("not_here", "--witness goes with --request, or with --cosignature", field="--witness")
    if old is not None and request is None:
        raise ConfigError("not_here", "--old goes with --request", field="--old")


def _ask(call: Call, desk: ClaimDesk, witness: str, target: str, old: int | None) -> None:
    """Writes what to carry to a witness."""
    from ....tlog.witnessed import named, request_file

    body, size = request_file(desk.store, named(log_of(desk).witnesses, witness), old)
    with whole_file(target) as file:
        file.write(body)
    if call.as_json:
        put_json({"witness": witness, "size": size, "request": target})
    else:
        call.note(f"a request over {size} entries; carry it to {witness}, and its answer back")


def _take(call: Call, desk: ClaimDesk, witness: str, path: str) -> None:
    """Takes a witness's answer in."""
    from ....tlog.witnessed import named, take_answer

    log = log_of(desk)
    key, data = named(log.witnesses, witness), read_bytes(path, "--cosignature")
    done = take_answer(desk.store, log.publisher, log.signer.key, key, data, log.needed)
    what = "published with it" if done.published else "kept; a later checkpoint, or none yet, is published"
    call.note(f"{witness} cosigned {done.size} entries: {what}" + ("" if done.is_new else " (known before)"))


def _told(done: Sequenced | None) -> dict[str, Any]:
    return {} if done is None else {"added": done.added, "files": done.files, "repaired": done.repaired}


def _checkpoint(desk: ClaimDesk) -> tuple[str, dict[str, Any]]:
    """The note of the last checkpoint with what witnesses added, and what it says."""
    from ....tlog.signing import with_lines
    from ....tlog.units import log_read

    row = checkpoint_of(desk)
    with desk.store.read() as unit:
        log = log_read(unit)
        state, lines = log.state(), log.cosignatures(row.size)
    note = with_lines(row.note, lines).decode()
    return note, {
        "origin": state.origin,
        "size": row.size,
        "root": row.root.hex(),
        "signed_at": row.signed_at,
        "published": state.published,
        "cosignatures": len(lines),
        "checkpoint": note,
    }
