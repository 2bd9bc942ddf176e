"""``python -m benchmarks.peers``: this engine beside what people would use instead (see the package).

``--setup`` makes the environment of the peers first, in ``.venv-peers`` or in the folder it names; ``CLAIMDESK_PEERS``
names that folder to later runs.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from ..table import show
from .compare import PEERS, environment, figures, set_up


def main() -> int:
    """Makes the environment, or measures and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--setup", metavar="FOLDER", nargs="?", const="", help="make the environment, and end")
    parser.add_argument("--only", action="append", choices=list(PEERS))
    parser.add_argument("--claims", type=int, default=20_000, help="of this engine; each peer has a number of its own")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.setup is not None:
        folder = Path(options.setup) if options.setup else environment()
        set_up(folder)
        print(f"the peers live in {folder}")
        if folder != environment():
            print(f"name it to the benchmarks: export CLAIMDESK_PEERS={folder.resolve()}")
        return 0
    try:
        found = figures(quick=options.quick, repeat=options.repeat, only=options.only,
                        claims=None if options.quick else options.claims)  # fmt: skip
    except LookupError as error:
        print(error.args[0], file=sys.stderr)
        return os.EX_UNAVAILABLE if hasattr(os, "EX_UNAVAILABLE") else 69
    show(found, as_json=options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
