"""A published log of any size, for measuring: entries as a desk wrote them, under ids and chains of their own.

A desk in memory triages a few hundred claims; their entries are then told again and again of other claims, so that
every entry has the canonical bytes, the length and the mix of real ones. Only the ids and ``prev`` are new. Many claims
are open side by side, as in a real log. Written bundle by bundle: memory does not grow with the log.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from claimdesk import ClaimDesk
from claimdesk.adapters.tlog.edge import Edge
from claimdesk.adapters.tlog.forms import bundle
from claimdesk.adapters.tlog.signing import Signer, signed_checkpoint, trust_file
from claimdesk.adapters.tlog.verifier.tree import WIDTH, leaf_hash, tile_path
from claimdesk.workflow.lines import read_lines
from claimdesk.workflow.triage import triage

from .claims import lines

_KEY: Final = b"\x2a" * 32
_CLAIMS: Final = 400  # told by the desk
_OPEN: Final = 5_000  # claims side by side
_ID: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def told() -> tuple[str, list[list[bytes]]]:
    """The origin of a desk's log, and the entries of each claim that the desk triaged."""
    with ClaimDesk.open("memory:", actor="system:bench") as desk:
        for result in triage(desk, read_lines(lines(_CLAIMS)), run_id="bench"):
            if result["status"] != "created":
                raise SystemExit(f"a line was not taken: {result}")
        with desk.store.read() as unit:
            origin = unit.meta("origin")
            found = [[row.data for row in unit.entries(claim.id)] for claim in desk.list(limit=_CLAIMS)]
    return str(origin), found


class _Claim:
    """One more claim that goes the way of a told one."""

    def __init__(self, entries: list[bytes], number: int) -> None:
        self.entries = iter(entries)
        body = json.loads(entries[0])
        self.own = body["claim"].encode()
        # The same length, another number: ids end in 17 characters of Crockford's alphabet.
        text = "".join(_ID[number >> shift & 31] for shift in range(80, -5, -5))
        self.name = body["claim"][: -len(text)].encode() + text.encode()
        self.head = b"null"

    def step(self) -> bytes | None:
        """Its next entry."""
        told = next(self.entries, None)
        if told is None:
            return None
        before, _, rest = told.replace(self.own, self.name).partition(b'"prev":')
        end = 4 if rest.startswith(b"null") else 66
        made = before + b'"prev":' + self.head + rest[end:]
        self.head = b'"' + leaf_hash(made).hex().encode() + b'"'
        return made


def entries(stories: list[list[bytes]], seed: int = 11) -> Iterator[bytes]:
    """Entries without end, of many claims side by side."""
    rng = random.Random(seed)  # measured data, not a secret
    number = 0

    def another() -> _Claim:
        nonlocal number
        number += 1
        return _Claim(rng.choice(stories), number)

    running = [another() for _ in range(_OPEN)]
    while True:
        place = rng.randrange(_OPEN)
        made = running[place].step()
        if made is None:
            running[place] = another()
        else:
            yield made


def write_log(folder: Path, count: int) -> tuple[int, Path]:
    """Publishes a log of ``count`` entries in ``folder/log``; its bytes of entries and its trust file."""
    origin, stories = told()
    signer, source, edge, length = Signer(origin, _KEY), entries(stories), Edge(), 0
    rows: dict[int, bytes] = {}
    log = folder / "log"

    def put(level: int | None, number: int, width: int, data: bytes) -> None:
        path = log / tile_path(level, number, width)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    for first in range(0, count, WIDTH):
        part = list(islice(source, min(WIDTH, count - first)))
        length += sum(map(len, part))
        put(None, first // WIDTH, len(part), bundle(part))
        for level, fresh in edge.add([leaf_hash(data) for data in part]).items():
            rows[level] = rows.get(level, b"") + b"".join(fresh)
            while len(rows[level]) >= 32 * WIDTH:
                put(level, (edge.size >> 8 * (level + 1)) - 1, WIDTH, rows[level][: 32 * WIDTH])
                rows[level] = rows[level][32 * WIDTH :]
    for level, hashes in rows.items():
        if hashes:
            put(level, edge.size >> 8 * (level + 1), len(hashes) // 32, hashes)
    (log / "checkpoint").write_bytes(signed_checkpoint(signer, edge.size, edge.root()))
    trust = folder / "trust"
    trust.write_bytes(trust_file(signer.key))
    return length, trust
