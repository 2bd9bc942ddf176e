"""What the journal costs: processor time a transition, and whether writers of different claims wait for each other.

``python -m benchmarks.journal`` measures, over the entries of real triaged claims, what a transition pays for being in
the journal: its canonical bytes, its hash (which is the link of the chain), and its row with the guards of the
database, a batch of 500 a transaction on SQLite. Sequencing, signing and publishing are not part of a transition.

``--postgres URL`` (an empty database) also measures commands a second of 1, 2, 4 and 8 desks at once, each on a claim
of its own, and of 8 on one and the same claim: the second is what a journal that serialised its writers would come to.
Every commit is made to take 5 ms longer, as with a replica that has to confirm it (``commit_delay``).
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from claimdesk import ClaimDesk
from claimdesk.states.errors import ClaimdeskError
from claimdesk.states.journal import canonical, leaf_hash
from claimdesk.workflow.lines import read_lines
from claimdesk.workflow.triage import triage

from .claims import lines
from .figure import named

_BATCH = 500
_SLOW_COMMIT = "-c commit_delay=5000 -c commit_siblings=0"


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=int, default=2_000)
    parser.add_argument("--postgres", metavar="URL", help="an empty database, as postgresql+psycopg://...")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each measurement on PostgreSQL")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = cost(Path(folder), options.claims)
    if options.postgres:
        figures |= writers(options.postgres, options.seconds)
    if options.json:
        print(json.dumps(figures, indent=2))
        return
    width = max(map(len, figures))
    for name, value in figures.items():
        print(f"{name:<{width}}  {value}")


def figures(*, quick: bool = False) -> dict[str, Any]:
    """The figures of ``cost``."""
    with tempfile.TemporaryDirectory() as folder:
        return named("journal", cost(Path(folder), 200 if quick else 2_000), {"together, us": "at most 60"})


def cost(folder: Path, claims: int) -> dict[str, Any]:
    """Microseconds of processor time an entry."""
    url = f"sqlite:///{folder / 'claims.db'}"
    with ClaimDesk.open(url, actor="system:bench") as desk:
        busy = time.process_time()
        for _ in triage(desk, read_lines(lines(claims)), run_id="bench"):
            pass
        busy = time.process_time() - busy
    with sqlite3.connect(folder / "claims.db") as db:
        columns = [row[1] for row in db.execute("PRAGMA table_info(entry)")]
        rows = db.execute(f"SELECT {', '.join(columns)} FROM entry ORDER BY id").fetchall()  # noqa: S608  # our names
        schema = [s for (s,) in db.execute(
            "SELECT sql FROM sqlite_master WHERE sql NOT NULL AND name NOT LIKE 'sqlite_%'"
            " AND (type = 'table' OR tbl_name = 'entry') ORDER BY type <> 'table'"
        )]  # fmt: skip
    bodies = [json.loads(row[columns.index("data")]) for row in rows]
    texts = [row[columns.index("data")] for row in rows]
    made = [canonical(body) for body in bodies]
    assert made == texts, "the bytes are not those that were written"

    def each(work: Callable[[Any], object], items: list[Any]) -> float:
        best = 9e9
        for _ in range(5):
            started = time.process_time()
            for item in items:
                work(item)
            best = min(best, time.process_time() - started)
        return round(best / len(items) * 1e6, 1)

    written, hashed = each(canonical, bodies), each(lambda data: leaf_hash(data).hex(), texts)
    kept = min(_kept(folder, n, columns, rows, schema) for n in range(3)) / len(rows) * 1e6
    return {
        "transitions": len(rows),
        "bytes an entry": round(sum(map(len, texts)) / len(texts)),
        "canonical bytes, us": written,
        "hash and link, us": hashed,
        "together, us": round(written + hashed, 1),
        "its row and its place in the queue on SQLite, with guards, us": round(kept, 1),
        "all of a transition in triage, us": round(busy / len(rows) * 1e6),
    }


def _kept(folder: Path, number: int, columns: list[str], rows: list[Any], schema: list[str]) -> float:
    """Seconds of processor time to write the entries into a new file; no table but theirs has guards and indexes."""
    db = sqlite3.connect(folder / f"kept-{number}.db", isolation_level=None)
    db.execute("PRAGMA synchronous=EXTRA")
    for statement in schema:
        db.execute(statement)
    db.execute("ATTACH ? AS source", (str(folder / "claims.db"),))
    db.execute('INSERT INTO "case" SELECT * FROM source."case"')
    into = f"INSERT INTO entry ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608  # ours
    started = time.process_time()
    for first in range(0, len(rows), _BATCH):
        db.execute("BEGIN IMMEDIATE")
        db.executemany(into, rows[first : first + _BATCH])
        db.execute("COMMIT")
    seconds = time.process_time() - started
    assert db.execute("SELECT COUNT(*) FROM log_pending").fetchone() == (len(rows),)
    db.close()
    return seconds


def writers(url: str, seconds: float) -> dict[str, Any]:
    """Commands a second of several desks at once."""
    slow = f"{url}{'&' if '?' in url else '?'}options={_SLOW_COMMIT.replace(' ', '%20').replace('=', '%3D')}"
    with ClaimDesk.open(url, actor="cs:bench", payments="manual") as desk:
        claims = [_filed(desk, n) for n in range(8)]
    figures: dict[str, Any] = {}
    for count in (1, 2, 4, 8):
        figures[f"{count} writers, a claim each, commands/s"] = _together(slow, claims[:count], seconds)
    figures["8 writers of one claim, commands/s"] = _together(slow, claims[:1] * 8, seconds)
    return figures


def _filed(desk: ClaimDesk, number: int) -> str:
    return desk.file(
        marketplace="US",
        incident_on="2024-06-01",
        order={"id": f"114-{number}"},
        losses=[{"head": "property_damage", "amount": "600.00 USD"}],
        seller={"id": f"A{number}"},
    ).id


def _together(url: str, claims: list[str], seconds: float) -> int:
    done = [0] * len(claims)
    ready, stop = threading.Barrier(len(claims) + 1), threading.Event()

    def work(place: int, claim: str) -> None:
        with ClaimDesk.open(url, actor=f"cs:bench{place}", payments="manual") as desk:
            desk.get(claim)
            ready.wait()
            while not stop.is_set():
                try:
                    desk.note(claim, text="one more")
                except ClaimdeskError:
                    continue  # others were faster eight times running
                done[place] += 1

    threads = [threading.Thread(target=work, args=(n, claim)) for n, claim in enumerate(claims)]
    for thread in threads:
        thread.start()
    ready.wait()
    time.sleep(seconds)
    stop.set()
    for thread in threads:
        thread.join()
    return round(sum(done) / seconds)


if __name__ == "__main__":
    main()
