"""A million claims, once and for real: ``python -m benchmarks.million FOLDER [--claims 1000000]``.

Writes a file of made-up claims, triages it with ``claimdesk triage`` to SQLite (journal, ledger, notices, deadlines and
the signed log on), checks the published log with the verifier that outsiders have, and does the same for a small file
to compare. The folder wants about 40 KB a claim. Triage knows a line again, so a run that was cut off goes on when the
same command is given again; the table then says how many claims stood there before. What a run came to is kept beside
it, so ``--write`` can put the table into ``docs/explanation/performance.md`` later. What the command takes for a file
of one claim (its start, the making of the store) is taken off the cost of a claim, since it would flatter the large
file.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import tempfile
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from claimdesk import ClaimDesk

from . import child
from .__main__ import machine
from .claims import lines
from .figure import progress
from .triage import of_file

PAGE = Path(__file__).resolve().parent.parent / "docs" / "explanation" / "performance.md"
_BEGIN, _END = "<!-- million claims: begin -->", "<!-- million claims: end -->"
_EVERY = 30.0  # seconds between two words of progress


@dataclass(frozen=True, slots=True)
class Run:
    """One file triaged and checked. Times are seconds, sizes are bytes unless they say otherwise."""

    claims: int
    before: int  #: claims that stood there before: the run went on where another was cut off
    triage: child.Ended
    file: int
    database: int
    log: int
    entries: int
    check: child.Ended


def run(folder: Path, claims: int) -> Run:
    """Triages a file of so many claims in ``folder`` and checks the log; goes on where it was cut off."""
    folder.mkdir(parents=True, exist_ok=True)
    result = folder / f"result-{claims}.json"
    if result.exists():
        told = json.loads(result.read_bytes())
        ended = {name: child.Ended(**told[name]) for name in ("triage", "check")}
        return Run(**told | ended)
    source, database = folder / f"claims-{claims}.jsonl", folder / "claims.db"
    if not source.exists():
        half = source.with_suffix(".part")
        with half.open("w", encoding="utf-8") as out:
            out.writelines(line + "\n" for line in lines(claims))
        half.rename(source)
    before = _count(database, "source")
    program = child.claimdesk("triage", str(source), "--json", "--db", f"sqlite:///{database}")
    with _Watched(database, claims):
        ended = child.run(program)
    kept = _count(database, "source")
    if kept != claims:
        raise SystemExit(f"{kept} claims of {claims} are on file")
    with ClaimDesk.open(f"sqlite:///{database}", actor="system:bench") as desk:
        done = desk.sequence()
        trust = folder / "trust"
        trust.write_bytes(desk.log.trust_file())
    log = folder / "claims.db.tlog" / "log"
    report_file = folder / "checked.json"
    checker = [
        sys.executable,
        "-m",
        "claimdesk.adapters.tlog.verifier",
        "log",
        str(log),
        "--trust",
        str(trust),
        "--json",
    ]
    checked = child.run(checker, report_file)
    report = json.loads(report_file.read_bytes())
    if not report["ok"] or done.waiting:
        raise SystemExit(f"the log is not right: {report['fault']}, {done.waiting} entries wait")
    size = sum(path.stat().st_size for path in log.rglob("*") if path.is_file())
    made = Run(claims, before, ended, source.stat().st_size, database.stat().st_size, size, done.size, checked)
    result.write_text(json.dumps(asdict(made), indent=2), encoding="utf-8")
    return made


def _count(database: Path, table: str) -> int:
    if not database.exists():
        return 0
    with sqlite3.connect(database) as db:
        try:
            return db.execute(f'SELECT COUNT(*) FROM "{table}"').fetchone()[0]  # noqa: S608  # our own name
        except sqlite3.OperationalError:
            return 0  # cut off before its tables were made


class _Watched:
    """Says now and then how large the database has become."""

    def __init__(self, database: Path, claims: int) -> None:
        self._database, self._claims, self._over = database, claims, threading.Event()
        self._thread = threading.Thread(target=self._tell, daemon=True)

    def _tell(self) -> None:
        while not self._over.wait(_EVERY):
            size = self._database.stat().st_size if self._database.exists() else 0
            progress(f"triage of {self._claims:,} claims: the database has {size / 1e6:,.0f} MB")

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def table(small: Run, large: Run, start: float, about: dict[str, str]) -> str:
    """Both runs as a table of Markdown; ``start`` is what the command takes for one claim."""

    def cost(one: Run) -> float:
        return (one.triage.seconds - start) / (one.claims - one.before) * 1e6 if one.claims > one.before else 0.0

    rows: list[tuple[str, str, str]] = [("", f"{small.claims:,} claims", f"{large.claims:,} claims")]

    def add(name: str, shown: Any) -> None:
        rows.append((name, shown(small), shown(large)))

    add("triage, by the clock", lambda one: f"{one.triage.seconds - start:,.1f} s")
    add("claims a second", lambda one: f"{1e6 / cost(one):,.0f}" if cost(one) else "all stood there before")
    add("microseconds a claim", lambda one: f"{cost(one):,.0f}")
    add("start of the command, not in the above", lambda one: f"{start:,.1f} s")
    add("processor time", lambda one: f"{one.triage.busy:,.1f} s")
    add("peak memory", lambda one: f"{one.triage.megabytes:,.1f} MB")
    add("the file", lambda one: f"{one.file / 1e6:,.1f} MB")
    add("database", lambda one: f"{one.database / 1e6:,.1f} MB, {one.database / one.claims / 1e3:.1f} KB a claim")
    add("entries in the signed log", lambda one: f"{one.entries:,}")
    add("published log", lambda one: f"{one.log / 1e6:,.1f} MB")
    add("its check from outside (chains)", lambda one: f"{one.check.seconds:,.1f} s, {one.check.megabytes:,.0f} MB")
    if small.before or large.before:
        add("stood there before (cut off and given again)", lambda one: f"{one.before:,}")
    rows.insert(1, ("---", "---:", "---:"))
    growth = cost(large) / cost(small) if cost(small) and cost(large) else float("nan")
    memory = large.triage.megabytes / small.triage.megabytes
    told = [
        f"Cost of a claim at {large.claims:,} over that at {small.claims:,}: {growth:.2f} (aim: at most 1.3).",
        f"Peak memory, the same way: {memory:.2f} (aim: at most 1.1).",
        "Taken on " + ", ".join(f"{key} {value}" for key, value in about.items()) + ".",
    ]
    return "\n".join(["| " + " | ".join(row) + " |" for row in rows] + ["", *told])


def write(text: str, page: Path = PAGE) -> None:
    """Puts the table between its marks on a page."""
    old = page.read_text(encoding="utf-8")
    before, _, rest = old.partition(_BEGIN)
    _, found, after = rest.partition(_END)
    if not found:
        raise SystemExit(f"{page} has no place for the table")
    page.write_text(f"{before}{_BEGIN}\n\n{text}\n\n{_END}{after}", encoding="utf-8")


def main() -> None:
    """Runs both and prints the table, or writes it to the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="kept: give the same one again to go on")
    parser.add_argument("--claims", type=int, default=1_000_000)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    taken_on = options.folder / "machine.json"
    if not taken_on.exists():
        taken_on.write_text(json.dumps(machine(), indent=2), encoding="utf-8")
    progress("the start of the command")
    with tempfile.TemporaryDirectory() as folder:
        start = min(of_file(Path(folder), 1)[0].seconds for _ in range(3))
    small = run(options.folder / f"small-{options.small}", options.small)
    large = run(options.folder / "large", options.claims)
    text = table(small, large, start, json.loads(taken_on.read_bytes()))
    if options.write:
        write(text)
    print(text)


if __name__ == "__main__":
    main()
