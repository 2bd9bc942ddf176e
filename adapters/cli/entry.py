"""The console entry. ``version`` answers before anything else is loaded: it is what scripts ask most.

Decision: nothing heavy is imported at module level anywhere in this package. Authority: contract section 6.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Runs the command line and ends the process with its exit code."""
    words = sys.argv[1:]
    try:
        if words in (["version"], ["--version"]) and _said_version():
            sys.exit(0)
        from .app import run

        code = run(words)
    except KeyboardInterrupt:  # while the program itself was still being loaded, or was ending
        code = 130
    sys.exit(code)


def _said_version() -> bool:
    """Whether the version was printed; a stream that does not take it is a matter for the whole program."""
    from claimdesk import __version__

    try:
        sys.stdout.write(f"claimdesk {__version__}\n")
        sys.stdout.flush()
    except (OSError, AttributeError):
        return False
    return True


if __name__ == "__main__":
    main()
