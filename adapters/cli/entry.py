"""The console entry. ``version`` answers before anything else is loaded: it is what scripts ask most.

Decision: nothing heavy is imported at module level anywhere in this package. Authority: contract section 6.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Runs the command line and ends the process with its exit code."""
    words = sys.argv[1:]
    if words in (["version"], ["--version"]):
        from claimdesk import __version__

        sys.exit(_say(f"claimdesk {__version__}\n"))
    from .app import run

    sys.exit(run(words))


def _say(text: str) -> int:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        from .output import forget_stdout

        forget_stdout()
    return 0


if __name__ == "__main__":
    main()
