#!/usr/bin/env python3
"""Everyday commands of this checkout; needs only Python 3.11 or newer and git.

    python3 dev.py demo      the demonstration
    python3 dev.py test      the tests; further words go to pytest
    python3 dev.py check     everything a change is judged by

Each command first makes `.venv` and installs exactly what requirements.lock names, when that is not done yet.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
STAMP = VENV / ".claimdesk-stamp"
LOCK = ROOT / "requirements.lock"
SUPPORTED = (3, 11)


class SetupError(Exception):
    """Something the person at the keyboard has to put right; its text says how."""


# ---------------------------------------------------------------- the environment


def wanted_stamp() -> str:
    """A digest of all that decides what must be installed and for which interpreter."""
    digest = hashlib.sha256(f"{sys.version_info[:3]} {sys.base_prefix} {ROOT}\n".encode())
    for path in (LOCK, ROOT / "pyproject.toml"):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def current_stamp() -> str:
    return STAMP.read_text(encoding="ascii") if STAMP.exists() else ""


@contextmanager
def only_one_at_a_time() -> Iterator[None]:
    """Hold the checkout's install lock; the system lets go of it when the process ends, however it ends."""
    with (ROOT / ".venv.lock").open("a+b") as handle:
        if os.name == "nt":
            import msvcrt

            while True:
                try:
                    handle.seek(0)
                    msvcrt.locking(handle.fileno(), msvcrt.LK_LOCK, 1)
                    break
                except OSError:  # gives up after ten tries of a second; the other install may take longer
                    continue
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def make_venv() -> None:
    try:
        import ensurepip  # noqa: F401 - Debian's python3 can lack it, and then venv leaves half an environment
        import venv
    except ImportError as missing:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise SetupError(
            f"this Python has no module {missing.name!r}; on Debian and Ubuntu: apt-get install python{version}-venv"
        ) from missing
    print(f"making {VENV} with Python {sys.version.split()[0]}", flush=True)
    venv.create(VENV, with_pip=True, clear=VENV.exists(), symlinks=os.name != "nt")


def same_interpreter() -> bool:
    """Whether .venv was made by the Python that runs now (else it is made anew, not patched)."""
    config = VENV / "pyvenv.cfg"
    if not (config.exists() and PYTHON.exists()):
        return False
    version = ".".join(str(part) for part in sys.version_info[:3])
    return f"version = {version}" in config.read_text(encoding="utf-8").splitlines()


def pip(*words: str) -> None:
    command = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", *words]
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
        raise SetupError("pip could not install; its message stands above. Is a package index reachable?")


def sync() -> None:
    """Make the environment equal to the lock; costs nothing when it already is."""
    if current_stamp() == wanted_stamp() and PYTHON.exists():
        return
    with only_one_at_a_time():
        stamp = wanted_stamp()
        if current_stamp() == stamp and PYTHON.exists():  # another process has just done it
            return
        began = time.monotonic()
        if not same_interpreter():
            make_venv()
        STAMP.unlink(missing_ok=True)
        pip("install", "-qq", "--require-hashes", "--requirement", str(LOCK))
        # The build backend is in the lock too, so nothing unlocked is fetched for the project itself.
        pip("install", "-qq", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
        STAMP.write_text(stamp, encoding="ascii")
        print(f"environment ready in {time.monotonic() - began:.0f} s", flush=True)


# ---------------------------------------------------------------- the jobs


def tool(name: str, *words: str) -> int:
    """Run a program of the environment in the checkout and hand back its exit code."""
    program = BIN / (f"{name}.exe" if os.name == "nt" else name)
    environment = dict(os.environ)
    environment["PATH"] = f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"
    environment["VIRTUAL_ENV"] = str(VENV)
    environment.pop("PYTHONHOME", None)
    environment["PYTHONUTF8"] = "1"  # the same text everywhere, Windows consoles included
    if not program.exists():
        raise SetupError(f"{program} is not there; delete .venv and try again")
    try:
        return subprocess.run([str(program), *words], cwd=ROOT, env=environment, check=False).returncode
    except KeyboardInterrupt:
        return 130


def python(*words: str) -> int:
    return tool("python", *words)


def first_failure(*runs: Callable[[], int]) -> int:
    """Run all, so that one report shows everything that is wrong; the first bad code is the answer."""
    codes = [run() for run in runs]
    return next((code for code in codes if code), 0)


def demo(*words: str) -> int:
    # The checkout's own claims of every programme, unless something else is asked for.
    examples = sorted((ROOT / "examples").glob("*.jsonl"), key=lambda path: (path.stem != "claims", path.name))
    return tool("claimdesk", "demo", *(words or map(str, examples)))


def test(*words: str) -> int:
    chosen = any(word.startswith(("-n", "--numprocesses")) for word in words)
    workers = () if chosen else ("-n", "2", "--dist", "worksteal")
    return python("-m", "pytest", *workers, *words)


def lint(*words: str) -> int:
    return first_failure(
        lambda: tool("ruff", "check", *(words or (".",))),
        lambda: tool("ruff", "format", "--check", *(words or (".",))),
    )


def format_(*words: str) -> int:
    return first_failure(
        lambda: tool("ruff", "check", "--fix", *(words or (".",))),
        lambda: tool("ruff", "format", *(words or (".",))),
    )


def types(*words: str) -> int:
    return tool("pyright", *words)


def imports(*words: str) -> int:
    return tool("lint-imports", *words)


def packages(*words: str) -> int:
    return python("tools/packages.py", *(words or ("--check",)))


def wheel(*words: str) -> int:
    return python("tools/wheel.py", *words)


def lock(*words: str) -> int:
    return python("tools/lock.py", *words)


def docs(*words: str) -> int:
    """Generated pages must equal what the code says now; then the pages must build without a warning."""
    build = ("-W", "--keep-going", "-q", "-b", "html", "docs", "build/docs")
    runs: list[Callable[[], int]] = []
    if (ROOT / "tools" / "docs.py").exists():
        runs.append(lambda: python("tools/docs.py", "--check"))
    if (ROOT / "docs" / "conf.py").exists():
        runs.append(lambda: tool("sphinx-build", *build, *words))
    if not runs:
        print("no documentation to check yet")
    return first_failure(*runs)


def check(*_words: str) -> int:
    """What CI runs, step by step, in one table at the end."""
    results: list[tuple[str, int, float]] = []
    for name in ("lint", "types", "imports", "packages", "test", "docs", "wheel"):
        print(f"\n=== {name}", flush=True)
        began = time.monotonic()
        results.append((name, JOBS[name](), time.monotonic() - began))
    print("\n=== summary")
    for name, code, seconds in results:
        print(f"{'ok  ' if code == 0 else 'FAIL'}  {name:<10} {seconds:6.1f} s")
    return first_failure(*[lambda code=code: code for _name, code, _seconds in results])


def sync_only(*_words: str) -> int:
    return 0


JOBS: dict[str, Callable[..., int]] = {
    "demo": demo,
    "test": test,
    "check": check,
    "lint": lint,
    "format": format_,
    "types": types,
    "imports": imports,
    "packages": packages,
    "docs": docs,
    "wheel": wheel,
    "lock": lock,
    "sync": sync_only,
}


def main(words: list[str]) -> int:
    if sys.version_info < SUPPORTED:
        needed = ".".join(map(str, SUPPORTED))
        raise SetupError(f"Python {needed} or newer is needed, this is {sys.version.split()[0]}")
    if not words or words[0] not in JOBS:
        print(__doc__)
        print("commands:", ", ".join(JOBS))
        return 0 if words and words[0] in {"-h", "--help", "help"} else 2
    sync()
    return JOBS[words[0]](*words[1:])


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except SetupError as trouble:
        sys.exit(f"dev.py: {trouble}")
