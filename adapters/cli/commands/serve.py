"""``claimdesk serve``: the HTTP API, and what is due done beside it.

Decision: keys open it (``claimdesk actor key``), on this machine alone unless another address is named; ``--open`` is
for trying things out, and never for another address. Authority: contract section 6; trust notes 5.3.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from ....states.errors import ConfigError, InputError
from ..call import Call
from ..groups import page
from ..output import say

if TYPE_CHECKING:
    from ...desk import ClaimDesk
    from ...web.callers import Callers
    from ...worker import Round

_HERE = ("127.0.0.1", "localhost", "::1")


@page(
    "serve",
    examples=[
        ("claimdesk serve", "on http://127.0.0.1:8400, for whoever has a key"),
        ("claimdesk actor key script:helpdesk --acts-for cs:", "make such a key"),
        ("claimdesk serve --open --as cs:mei", "without keys, this machine alone: to try it out"),
        (
            "claimdesk serve --host 0.0.0.0 --port 8400 --no-worker",
            "behind a proxy that brings TLS; a worker elsewhere",
        ),
    ],
    exits=(0, 2, 75),
    see=("worker", "actor key", "schema"),
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65_535), default=8400, show_default=True, help="The port; 0: any.")
@click.option(
    "--open",
    "is_open",
    is_flag=True,
    help="No keys: whoever is on this machine acts as --as says, or as whom they name.",
)
@click.option("--worker/--no-worker", default=True, help="Also do what is due, as claimdesk worker does.")
@click.option("--threads", type=click.IntRange(1, 64), default=4, show_default=True, help="Requests done at a time.")
@click.pass_obj
def command(call: Call, host: str, port: int, is_open: bool, worker: bool, threads: int) -> int:
    """Serve the HTTP API; do what is due beside it."""
    if call.dry_run:
        raise InputError("no_dry_run", "a server has no dry run", field="--dry-run", hint="?dry_run=true on a request")
    if is_open and host not in _HERE:
        raise InputError(
            "not_here", "without keys only this machine is answered", field="--open", hint="--host 127.0.0.1"
        )
    from ...open_store import default_keys

    serving, web = _parts()
    in_memory = default_keys(call.db) is None
    opened = _opened(call)
    with ExitStack() as stack:
        app = web.application(opened, _callers(call, is_open), width=1 if in_memory else threads)

        def ready(at: int) -> None:
            shown = f"[{host}]" if ":" in host else host
            call.note(f"serving http://{shown}:{at}; GET /openapi.json says what; SIGTERM or Ctrl-C ends it")

        if worker and not in_memory:
            stack.enter_context(serving.working(opened, 1.0, _Faults().told))
        if not serving.run(serving.server(app, host, port, ready)):
            raise ConfigError(
                "cannot_listen",
                "this address cannot be listened on",
                field="--port",
                hint="another --port, or 0 for any",
            )
    call.note("stopped; everything done is kept")
    return 0


def _parts() -> tuple[Any, Any]:
    try:
        from ...web import app, serving
    except ImportError as missing:
        raise ConfigError(
            "not_installed", f"serving takes a package that is not installed: {missing.name}",
            hint='pip install "claimdesk[web]"',
        ) from None  # fmt: skip
    return serving, app


def _opened(call: Call) -> Callable[[], ClaimDesk]:
    """How a thread opens its desk; tried once, so that a server that cannot work does not begin."""
    from ...desk import ClaimDesk

    told = call.config.desk()
    url = call.db

    def open_desk() -> ClaimDesk:
        return ClaimDesk.open(url, **told)

    with call.desk():
        pass
    return open_desk


def _callers(call: Call, is_open: bool) -> Callers:
    from ...web.callers import AnyoneHere, ByKey
    from ...web.keys import KeyFile

    if is_open:
        call.note(f"open: whoever is on this machine acts as {call.config.text('actor')}, or as whom they name")
        return AnyoneHere(call.config.text("actor"))
    keys = KeyFile(call.config.api_keys())
    if not keys.every():
        call.note("nobody has a key yet; make one with: claimdesk actor key ACTOR")
    return ByKey(keys)


class _Faults:
    """Says each fault of the worker when it begins and when it ends."""

    def __init__(self) -> None:
        self.last: str | None = None

    def told(self, done: Round) -> None:
        """One round."""
        fault = done.fault or done.log_fault
        code = fault.code if fault else None
        if code != self.last:
            say(f"worker: {fault.message} [{fault.code}]" if fault else "worker: well again")
            self.last = code
