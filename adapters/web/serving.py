"""The server: the application on an address, and what is due done beside it, until it is told to stop.

Decision: uvicorn, one process; SIGTERM and Ctrl-C let what is under way finish. The worker's loop runs in a thread of
its own with a desk of its own: any number of servers and workers may run on one database. Left out: TLS, which a proxy
brings, and more processes, which are more servers.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

import uvicorn

from ...states.errors import ClaimdeskError
from ..desk import ClaimDesk
from ..logs import logger
from ..worker import Round, Worker

if TYPE_CHECKING:
    from starlette.applications import Starlette

#: Seconds that requests under way are given to finish.
GRACE = 30
#: Requests at a time; more are told to come back.
MOST = 256
#: Intervals of the worker before it begins again after a fault that ended it.
PAUSE = 10
_STOPS = (signal.SIGTERM, signal.SIGINT)


class _Server(uvicorn.Server):
    """Says where it listens once it does; a signal ends it, and does nothing else afterwards."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[int], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        for server in self.servers:
            for listening in server.sockets:
                self._ready(int(listening.getsockname()[1]))
                return

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """uvicorn raises what it caught once more at the end; here being told to stop is a good end."""
        if threading.current_thread() is not threading.main_thread():
            yield  # a host that runs this elsewhere ends it its own way
            return

        def stopped(number: int, frame: FrameType | None) -> None:
            self.handle_exit(number, frame)

        before = {number: signal.signal(number, stopped) for number in _STOPS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def server(app: Starlette, host: str, port: int, ready: Callable[[int], None]) -> uvicorn.Server:
    """A server that has not begun; ``ready`` is told the port it listens on."""
    config = uvicorn.Config(
        app, host, port, log_config=None, access_log=False, server_header=False, proxy_headers=False,
        timeout_graceful_shutdown=GRACE, limit_concurrency=MOST, ws="none", lifespan="on",
    )  # fmt: skip
    return _Server(config, ready)


def run(serving: uvicorn.Server) -> bool:
    """Serves until it is told to stop; False when it could not begin (the address is taken)."""
    try:
        asyncio.run(serving.serve())
    except SystemExit:  # how uvicorn says that it cannot listen
        return False
    return serving.started


@contextmanager
def working(open_desk: Callable[[], ClaimDesk], interval: float, told: Callable[[Round], None]) -> Generator[None]:
    """The worker's loop beside, for as long as the block lasts; begun again when a fault has ended it."""
    stop = threading.Event()

    def loop() -> None:
        while not stop.is_set():
            try:
                with open_desk() as desk:
                    Worker(desk, interval=interval, wait=stop.wait).run(told)
            except ClaimdeskError as error:
                told(Round(fault=error))
            except Exception:  # noqa: BLE001  # letters and clocks must not stop in silence while requests are answered
                logger().error("worker fault", exc_info=True)
                told(Round(fault=ClaimdeskError("internal", "internal error", hint="the program's log has it")))
            stop.wait(interval * PAUSE)

    thread = threading.Thread(target=loop, name="worker", daemon=False)
    with ExitStack() as ending:
        ending.callback(thread.join)
        ending.callback(stop.set)
        thread.start()
        yield
