"""``claimdesk audit checkpoint``: the log's signed checkpoint, exactly as it is published."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from .....states.errors import ConfigError
from ...call import Call
from ...groups import page
from ...output import put_json
from .opened import checkpoint_of

if TYPE_CHECKING:
    from ....desk import ClaimDesk
    from ....tlog.sequencer import Sequenced


@page(
    "checkpoint",
    examples=[
        ("claimdesk audit checkpoint > kept-checkpoint", "keep it where the operator cannot write"),
        ("claimdesk audit checkpoint --publish", "first sign and publish what waits"),
        ("claimdesk audit checkpoint --publish --folder-is-lost", "the published folder is gone: write it anew"),
    ],
    exits=(0, 1, 2, 5, 75),
    see=("doctor",),
)
@click.option("--publish", is_flag=True, help="First give waiting entries their places, sign and publish.")
@click.option("--folder-is-lost", is_flag=True, help="Accept that the published folder is gone; once, after a look.")
@click.pass_obj
def command(call: Call, publish: bool, folder_is_lost: bool) -> None:
    """Print the log's signed checkpoint; sign and publish what waits."""
    if folder_is_lost and not publish:
        raise ConfigError("not_here", "--folder-is-lost goes with --publish", field="--folder-is-lost")
    if publish and call.dry_run:
        raise ConfigError("no_dry_run", "publishing has no dry run", field="--dry-run",
                          hint="claimdesk audit checkpoint shows what is signed already")  # fmt: skip
    with call.desk() as desk:
        done = desk.sequence(relearn=folder_is_lost) if publish else None
        note, shown = _checkpoint(desk)
    if call.as_json:
        put_json({**shown, **_told(done)})
        return
    sys.stdout.write(note)
    if done is not None:
        call.note(f"{done.added} entries added, {done.size} in the log, {done.files} files written")


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
