"""Runs the tests' PostgreSQL server and ends it when the test run is over, however it ended.

Started by postgres.py with the run's folder as its only word. It goes into the background, starts the server,
waits for the lock that the controlling test process holds on the file `alive` (the system frees it even after
a kill), then stops the server and removes the folder.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path


def keep(folder: Path) -> None:
    order = json.loads((folder / "keeper").read_text(encoding="utf-8"))
    user = {"user": order["uid"], "group": order["gid"], "extra_groups": []} if "uid" in order else {}
    with Path(order["log"]).open("wb") as log, (folder / "alive").open("rb") as alive:
        server = subprocess.Popen(
            order["server"],
            cwd=order["cwd"],
            env=order["environment"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            **user,
        )
        fcntl.flock(alive, fcntl.LOCK_EX)
        server.send_signal(signal.SIGQUIT)  # at once: nothing in it is wanted any more
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
    shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    if os.fork():
        os._exit(0)  # the caller goes on; the child is nobody's to wait for
    os.setsid()  # an interrupt at the keyboard is for the tests, not for the server
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    keep(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
