"""``claimdesk audit witness``: being a witness to somebody's log, with files carried there and back.

Decision: it needs no database and no log of one's own; it keeps one checkpoint for each log in its folder, beside its
key, and cosigns only what continues it. Run it as somebody else, on another machine than the log.
Authority: C2SP tlog-witness; trust notes 2.5.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .....states.errors import ConfigError, InputError
from ...call import Call
from ...groups import page
from ...output import put, put_json
from .opened import read_bytes

if TYPE_CHECKING:
    from ....tlog.verifier.notes import Vkey


@page(
    "witness",
    examples=[
        ("claimdesk audit witness --folder w --name compliance.example/w1", "make its key, and print the public half"),
        ("claimdesk audit witness request --folder w --log log.vkey > answer", "cosign what continues what was seen"),
    ],
    exits=(0, 1, 2, 75),
    see=("audit checkpoint",),
)
@click.argument("request", required=False)
@click.option("--folder", required=True, metavar="FOLDER", help="Where it keeps its key and what it has seen.")
@click.option("--name", metavar="NAME", help="Its name, when its key is made.")
@click.option("--log", "logs", multiple=True, metavar="VKEY|FILE", help="Public key of a log it watches.")
@click.pass_obj
def command(call: Call, request: str | None, folder: str, name: str | None, logs: tuple[str, ...]) -> int:
    """Answer a request of a log: cosign it when it continues what was seen before."""
    from ....tlog.cosign import OK
    from ....tlog.keys import cosigner_from
    from ....tlog.witness import Witness

    place = Path(folder)
    cosigner = cosigner_from(place / "witness.key", name, os.urandom)
    if request is None:
        if call.as_json:
            put_json({"name": cosigner.key.name, "vkey": str(cosigner.key)})
        else:
            put(str(cosigner.key))
        return 0
    if not logs:
        raise ConfigError("missing_field", "name the logs that are watched", field="--log",
                          hint="the log's vkey stands beside what it publishes")  # fmt: skip
    body = sys.stdin.buffer.read() if request == "-" else read_bytes(request, "REQUEST")
    answer = Witness(place, cosigner, [_vkey(text) for text in logs]).submit(body)
    if call.as_json:
        put_json({"status": answer.status, "answer": answer.body.decode()})
    else:
        sys.stdout.write(answer.body.decode())
    if answer.status != OK:
        call.note(f"not cosigned: {answer.status}")
        return 1
    return 0


def _vkey(text: str) -> Vkey:
    from ....tlog.verifier.notes import Vkey

    told = Path(text).read_text().strip() if Path(text).is_file() else text
    try:
        return Vkey.parse(told)
    except ValueError:
        raise InputError("bad_key", "this is no public key of a log", field="--log") from None
