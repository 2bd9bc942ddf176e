"""Runs one peer, in the environment of the peers: ``python -m benchmarks.peers.one NAME CLAIMS FOLDER full|bare``.

Prints JSON: seconds of the work (imports, the making of tables and of the claims are not counted), what was left
behind, versions. Nothing of the engine is imported.
"""

from __future__ import annotations

import gc
import importlib
import json
import logging
import platform
import sys
import time
from dataclasses import asdict
from importlib.metadata import distributions
from pathlib import Path

from .lifecycle import claims


def main(name: str, count: str, folder: str, kind: str) -> None:
    """One run."""
    logging.disable(logging.WARNING)
    peer = importlib.import_module(f"{__package__}.{name}").Peer(Path(folder), kind == "full")
    ready = list(claims(int(count)))
    gc.collect()
    gc.freeze()
    started = time.perf_counter()
    peer.run(ready)
    seconds = time.perf_counter() - started
    left = asdict(peer.left())
    peer.close()
    versions = {d.metadata["Name"]: d.version for d in distributions()}
    print(json.dumps({"seconds": seconds, "left": left, "python": platform.python_version(), "versions": versions}))


if __name__ == "__main__":
    main(*sys.argv[1:])
