"""Profiles of the hottest paths as short texts: ``python -m benchmarks.profile bulk|decide|command [--write]``.

``bulk`` is triage of typed claims to SQLite, ``decide`` the planner alone, ``command`` one durable command at a time
(``file``, then ``record_screening``) on SQLite. With ``--write`` the text goes to ``benchmarks/profiles/NAME.txt``;
what stands there under "What was tried" is written by people and stays. A profiler makes calls look dearer than they
are: the time without it is measured first and stands on top, the table says where to look. It sees one thread.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import itertools
import json
import pstats
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from claimdesk import ClaimDesk
from claimdesk.workflow.lines import Line
from claimdesk.workflow.triage import triage

from .__main__ import busy, machine
from .claims import lines
from .decide import kept, planned
from .figure import taking
from .stages import stages

FOLDER = Path(__file__).with_name("profiles")
TRIED = "What was tried, and what it gained"
_TOP = 30
_ROOT = str(Path(__file__).resolve().parent.parent)
Work = Callable[[], Any]
Prepare = Callable[[], Work]


@contextmanager
def bulk(count: int) -> Iterator[Prepare]:
    """Triage of typed claims to SQLite."""
    with _stores() as opened:

        def prepare() -> Work:
            ready = [Line(n, json.loads(text), None, "") for n, text in enumerate(lines(count), 1)]
            desk = opened()
            return lambda: deque(triage(desk, ready, run_id="bench"), maxlen=0)

        yield prepare


@contextmanager
def decide(count: int) -> Iterator[Prepare]:
    """The planner alone."""
    asked = kept(count)
    gc.collect()
    gc.disable()  # as ``decide`` does: all that is made is kept, so a collection finds nothing
    try:
        yield lambda: lambda: planned(asked)
    finally:
        gc.enable()


@contextmanager
def command(count: int) -> Iterator[Prepare]:
    """One durable command at a time on SQLite."""
    with _stores() as opened:

        def prepare() -> Work:
            ready = [json.loads(text) for text in lines(count)]
            desk = opened()

            def work() -> None:
                for told in ready:
                    verdict = told.pop("screening", None)
                    claim = desk.file(**told)
                    if verdict is not None:
                        desk.record_screening(claim.id, **verdict)

            return work

        yield prepare


@contextmanager
def _stores() -> Iterator[Callable[[], ClaimDesk]]:
    """Desks on new stores, opened before anything is timed."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        turns = itertools.count()

        def opened() -> ClaimDesk:
            desk = ClaimDesk.open(f"sqlite:///{folder}/{next(turns)}.db", actor="system:bench")
            return stack.enter_context(desk)

        yield opened


PATHS: dict[str, tuple[Any, int]] = {"bulk": (bulk, 4_000), "decide": (decide, 4_000), "command": (command, 400)}


def profiled(name: str, claims: int | None = None) -> str:
    """The text of one profile, without what was tried."""
    path, usual = PATHS[name]
    count = claims or usual
    profiler = cProfile.Profile()
    with path(count) as prepare:
        prepare()()  # what is loaded once is loaded
        work = prepare()
        with taking() as took:
            work()
        profiler.runcall(prepare())
    head = [f"{name}: {path.__doc__}", ""]
    head += [f"{key}: {value}" for key, value in machine().items()]
    if warning := busy():
        head.append(warning)
    clock, processor = (spent / count * 1e6 for spent in (took.seconds, took.busy))
    head += [
        "",
        f"{count} claims, {clock:,.0f} us a claim without the profiler, {processor:,.0f} of them of a processor",
    ]
    head += [""]
    if name == "bulk":
        head += [*stages(count), ""]
    return "\n".join([*head, *_rows(profiler, count)]) + "\n"


def _rows(profiler: cProfile.Profile, count: int) -> list[str]:
    found: dict[Any, Any] = pstats.Stats(profiler).stats  # type: ignore[attr-defined]  # no other way to the numbers
    total = sum(own for _, _, own, _, _ in found.values())
    dearest = sorted(found.items(), key=lambda item: -item[1][2])[:_TOP]
    table = [" own, %  own, us a claim  with what it calls  calls a claim  function"]
    for place, (_, calls, own, whole, _) in dearest:
        table.append(
            f"{own / total:8.1%}  {own / count * 1e6:15,.1f}  {whole / count * 1e6:18,.1f}  {calls / count:13,.1f}  "
            f"{_named(place)}"
        )
    return table


def _named(place: tuple[str, int, str]) -> str:
    file, line, function = place
    if file == "~":
        return function
    short = file.removeprefix(_ROOT + "/")
    if short == file or "site-packages" in short:  # a library's: its package and module say enough
        short = "/".join(Path(file).parts[-2:])
    return f"{short}:{line} {function}"


def keep(name: str, text: str, folder: Path = FOLDER) -> Path:
    """Writes a profile; what people wrote under "What was tried" stays."""
    target = folder / f"{name}.txt"
    old = target.read_text(encoding="utf-8") if target.exists() else ""
    tried = old[old.index(TRIED) :] if TRIED in old else f"{TRIED}\n\n(nothing yet)\n"
    target.write_text(f"{text}\n{tried}", encoding="utf-8")
    return target


def main() -> None:
    """Prints a profile or keeps it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=[*PATHS, "all"])
    parser.add_argument("--claims", type=int)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    for name in list(PATHS) if options.name == "all" else [options.name]:
        text = profiled(name, options.claims)
        if options.write:
            print(keep(name, text))
        else:
            print(text)


if __name__ == "__main__":
    main()
