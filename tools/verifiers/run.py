"""Asks verifiers that we did not write about our checkpoints, proofs and published logs, right ones and tampered ones.

``.venv/bin/python tools/verifiers/run.py`` from the root of the checkout. Each verifier has to accept every case that
is right and to refuse every case that is not. A verifier that is not on the machine is said to be "not run";
``--install`` installs what is missing: Debian packages where that is allowed, Python packages into an environment that
is thrown away. Exit 0: all that ran is right; 1: a verifier disagrees, or could have been installed and was not; with
``--all`` also when any was not run.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cases import made

HERE = Path(__file__).parent
GO_PATH = Path("/usr/share/gocode")  # where Debian keeps the sources of Go packages
PROVES = ("checkpoint", "inclusion", "consistency", "log")
Ask = Callable[[list[dict[str, Any]]], dict[str, tuple[bool, str]]]  #: name of a case -> accepted, and why not


class NotRun(Exception):
    """A verifier is not here. ``excused``: and cannot be had on this machine."""

    def __init__(self, why: str, *, excused: bool) -> None:
        super().__init__(why)
        self.excused = excused


def told(command: list[str], limit: float = 60, **more: Any) -> subprocess.CompletedProcess[str]:
    """A program's run with what it said."""
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=limit, **more)


def debian(install: bool, *packages: str) -> None:
    """Installs Debian packages; NotRun when that cannot be done."""
    if not install:
        raise NotRun(f"needs the Debian packages {' '.join(packages)}; --install installs them", excused=True)
    if os.name != "posix" or os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise NotRun(f"needs {' '.join(packages)}, and only root on Debian can install them", excused=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if told(["apt-get", "update", "-qq"], env=environment).returncode:
        raise NotRun("no index of Debian packages can be reached", excused=True)
    done = told(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], 90, env=environment)
    if done.returncode:
        raise NotRun(f"{' '.join(packages)} could not be installed: {done.stderr[-300:]}", excused=False)


def with_go(scratch: Path, install: bool) -> Ask:
    """The Go team's own note and tlog packages."""
    if shutil.which("go") is None or not (GO_PATH / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        debian(install, "golang-go", "golang-golang-x-mod-dev")
    program = scratch / "with-go"
    environment = {**os.environ, "GO111MODULE": "off", "GOPATH": str(GO_PATH), "GOFLAGS": ""}
    environment.setdefault("GOCACHE", str(scratch / "go-cache"))
    done = told(["go", "build", "-o", str(program), "."], 90, cwd=HERE / "go", env=environment)
    if done.returncode:
        raise NotRun(f"it could not be built: {done.stderr[-500:]}", excused=False)
    return lambda cases: asked([str(program)], cases)


def python_package(scratch: Path, install: bool, package: str, script: str, *options: str) -> Ask:
    """A package of the Python index, in an environment of its own."""
    if not install:
        raise NotRun(f"needs {package} from the Python index; --install takes it", excused=True)
    folder = scratch / script
    done = told([sys.executable, "-m", "venv", str(folder)])
    if done.returncode:
        raise NotRun("no environment can be made for it", excused=False)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *options, package]
    done = told(command, 80, env=environment)
    if done.returncode:
        away = any(sign in done.stderr for sign in ("NewConnection", "Max retries", "Temporary failure", "timed out"))
        raise NotRun(f"{package} could not be installed: {done.stderr[-300:]}", excused=away)
    return lambda cases: asked([str(python), "-I", str(HERE / f"{script}.py")], cases)


def asked(program: list[str], cases: list[dict[str, Any]]) -> dict[str, tuple[bool, str]]:
    """The answers of a program that reads cases and writes answers, line by line."""
    done = told(program, input="".join(json.dumps(case) + "\n" for case in cases))
    if done.returncode:
        raise SystemExit(f"{program[-1]} ended with {done.returncode}: {done.stderr[-500:]}")
    answers = (json.loads(line) for line in done.stdout.splitlines())
    return {answer["name"]: (answer["accepted"], answer["why"]) for answer in answers}


def with_openssl(scratch: Path, install: bool) -> Ask:
    """OpenSSL's command line: the Ed25519 signature over the text of a checkpoint, and nothing else."""
    if shutil.which("openssl") is None:
        debian(install, "openssl")

    def ask(cases: list[dict[str, Any]]) -> dict[str, tuple[bool, str]]:
        return {case["name"]: _openssl(scratch, case) for case in cases}

    return ask


def _openssl(scratch: Path, case: dict[str, Any]) -> tuple[bool, str]:
    text, _, lines = case["note"].rpartition("\n\n")
    name, number, key = case["vkey"].split("+", 2)
    files = {part: scratch / f"openssl.{part}" for part in ("text", "signature", "key")}
    # RFC 8410: what stands before the 32 bytes of an Ed25519 key.
    files["key"].write_bytes(bytes.fromhex("302a300506032b6570032100") + base64.b64decode(key)[1:])
    files["text"].write_bytes(f"{text}\n".encode())
    for line in lines.splitlines():
        _, signer, blob = line.split(" ")
        data = base64.b64decode(blob)
        if (signer, data[:4].hex()) != (name, number):
            continue
        files["signature"].write_bytes(data[4:])
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", str(files["key"]), "-rawin"]
        done = told([*command, "-in", str(files["text"]), "-sigfile", str(files["signature"])])
        return done.returncode == 0, (done.stdout + done.stderr).strip()
    return False, "no signature of this key"


VERIFIERS: dict[str, tuple[tuple[str, ...], Callable[[Path, bool], Ask]]] = {
    "golang.org/x/mod (Go)": (PROVES, with_go),
    "tlog-scales (Python)": (
        (*PROVES, "cosignature"),
        lambda scratch, install: python_package(scratch, install, "tlog-scales==0.0.3", "with_scales"),
    ),
    "aics-tlog (Python)": (
        (*PROVES, "cosignature"),
        # It asks for Python 3.12, and runs on 3.11 all the same.
        lambda scratch, install: python_package(
            scratch, install, "aics-tlog==0.2.1", "with_aics", "--ignore-requires-python"
        ),
    ),
    "OpenSSL (C)": (("checkpoint",), with_openssl),
}


def compare(kinds: tuple[str, ...], ask: Ask, cases: list[dict[str, Any]]) -> tuple[str, bool]:
    """What a verifier's answers come to, and whether all are as they should be."""
    mine = [case for case in cases if case["kind"] in kinds]
    answers = ask(mine)
    wrong: list[str] = []
    for case in mine:
        accepted, why = answers.get(case["name"], (None, "no answer"))
        if accepted is not case["accept"]:
            wrong.append(f"  {case['name']}: should be {'accepted' if case['accept'] else 'refused'} ({why})")
    right = sum(case["accept"] for case in mine)
    counts = ", ".join(f"{sum(c['kind'] == kind for c in mine)} of {kind}" for kind in kinds)
    said = f"{right} right ones and {len(mine) - right} tampered ones ({counts})"
    return (f"agrees on {said}", True) if not wrong else (f"DISAGREES on {said}\n" + "\n".join(wrong), False)


def main() -> int:
    """0: all that ran is right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--install", action="store_true", help="install what is missing")
    parser.add_argument("--all", action="store_true", help="not good when any verifier was not run")
    options = parser.parse_args()
    good, ran, began = True, 0, time.monotonic()
    with tempfile.TemporaryDirectory(prefix="verifiers-") as folder:
        scratch = Path(folder)
        cases = made(scratch).cases
        assert len({case["name"] for case in cases}) == len(cases), "answers are known by the names of cases"
        print(f"{len(cases)} cases, {sum(c['accept'] for c in cases)} of them right")
        for name, (kinds, prepare) in VERIFIERS.items():
            try:
                ask = prepare(scratch, options.install)
            except (NotRun, subprocess.TimeoutExpired) as missing:
                excused = isinstance(missing, subprocess.TimeoutExpired) or missing.excused
                good = good and excused and not options.all
                print(f"{name}: NOT RUN: {missing}")
                continue
            said, agrees = compare(kinds, ask, cases)
            ran, good = ran + 1, good and agrees
            print(f"{name}: {said}")
    print(f"{ran} of {len(VERIFIERS)} verifiers were run, in {time.monotonic() - began:.0f} s")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
