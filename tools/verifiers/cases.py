"""Cases for verifiers that are not ours: a log that a desk filled, its checkpoints and proofs, and each tampered with.

The log is made as in use: claims filed with a desk on SQLite, sequenced and published in steps, a checkpoint kept at
every step. A case says what an outsider should answer; see ``README.md`` for the kinds.
"""

from __future__ import annotations

import base64
import random
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from claimdesk import ClaimDesk
from claimdesk.adapters.tlog.forms import bundle
from claimdesk.adapters.tlog.log import TransparencyLog
from claimdesk.adapters.tlog.prove import Tree
from claimdesk.adapters.tlog.publish import Publisher
from claimdesk.adapters.tlog.signing import Cosigner, Signer, signed_checkpoint, with_lines
from claimdesk.adapters.tlog.units import log_read
from claimdesk.adapters.tlog.verifier import parse_checkpoint
from claimdesk.adapters.tlog.verifier.log import bundle_entries
from claimdesk.adapters.tlog.verifier.proof import parse_proof
from claimdesk.testing import FrozenClock

#: Sizes at which a checkpoint is kept: around powers of two, around full tiles, and the end.
SIZES = (1, 2, 3, 6, 7, 8, 255, 256, 257, 300, 511, 512, 600)
CLAIMS = 150  #: filed with the desk; four entries each


def text(data: bytes) -> str:
    """Bytes as a case holds them."""
    return base64.b64encode(data).decode()


@dataclass
class Cases:
    """The log, and the cases made of it."""

    folder: Path
    vkey: str = ""
    notes: dict[int, bytes] = field(default_factory=dict)
    entries: list[bytes] = field(default_factory=list)
    cases: list[dict[str, Any]] = field(default_factory=list)

    def add(self, kind: str, name: str, *, accept: bool, **more: Any) -> None:
        """One more case."""
        self.cases.append({"name": f"{kind}: {name}", "kind": kind, "accept": accept, "vkey": self.vkey, **more})

    def note(self, size: int) -> str:
        """The checkpoint of a size."""
        return self.notes[size].decode()


def made(folder: Path) -> Cases:
    """All cases; what they need as files lies in ``folder``."""
    found = Cases(folder)
    url = f"sqlite:///{folder / 'claims.db'}"
    with ClaimDesk.open(url, actor="cs:mei", clock=FrozenClock("2024-06-03T09:00:00-07:00")) as desk:
        for number in range(CLAIMS):
            claim = desk.file(
                marketplace="US",
                incident_on="2024-06-01",
                cause="product_defect",
                order={"id": f"114-{number}", "item": {"asin": "B0EXAMPLE1", "kind": "physical", "store": "amazon"}},
                losses=[{"head": "property_damage", "amount": f"{100 + number}.50 USD"}],
                seller={"id": "A2EXAMPLE", "in_good_standing": True, "insurance_required": False},
            )
            desk.record_screening(claim.id, verdict="valid", by="adjuster:one")
            desk.note(claim.id, text=f'a note with "quotes", 灯 and \u2028, number {number}')
        with desk.store.read() as unit:
            origin = str(unit.meta("origin"))
        signer = Signer(origin, random.Random(5).randbytes(32))  # a key of this run only
        log = TransparencyLog(desk.store, signer, Publisher(folder / "published"), clock=lambda: datetime.now(UTC))
        found.vkey = str(signer.key)
        before = 0
        for size in SIZES:
            log.sequence(most=size - before)
            before = size
            found.notes[size] = (folder / "published/log/checkpoint").read_bytes()
            if parse_checkpoint(found.notes[size]).size != size:
                raise SystemExit(f"the log has not grown to {size}: are there too few claims?")
        with desk.store.read() as unit:
            tiles = log_read(unit)
            found.entries = [leaf.data for leaf in tiles.leaves(0, size)]
            tree = Tree(size, tiles.tile)
            _checkpoints(found, signer)
            _inclusion(found, tree, log, [leaf.entry for leaf in tiles.leaves(0, size)])
            _consistency(found, tree, signer)
    _logs(found, folder / "published/log")
    return found


def _checkpoints(found: Cases, signer: Signer) -> None:
    for size in SIZES:
        found.add("checkpoint", f"of {size} entries", accept=True, note=found.note(size))
    size = SIZES[-1]
    note = found.note(size)
    root = parse_checkpoint(found.notes[size]).root
    wrong = {
        "its size edited": note.replace(f"\n{size}\n", f"\n{size - 1}\n"),
        "its root edited": note.replace(text(root), text(bytes([root[0] ^ 1]) + root[1:])),
        "its origin edited": note.replace(signer.key.name, signer.key.name + "x"),
        "a signature of another checkpoint": note.split("\n\n")[0] + "\n\n" + found.note(512).split("\n\n")[1],
        "signed again by a stranger": signed_checkpoint(Signer(signer.key.name, b"\x66" * 32), size, root).decode(),
        "not signed": note.split("\n\n")[0] + "\n\n",
    }
    lines = note.split("\n")
    blob = bytearray(base64.b64decode(lines[4].split(" ")[2]))
    blob[40] ^= 4
    wrong["a bit of its signature"] = note.replace(lines[4].split(" ")[2], text(bytes(blob)))
    for name, changed in wrong.items():
        assert changed != note, name
        found.add("checkpoint", name, accept=False, note=changed)
    witness, at = Cosigner("witness.example", b"\x31" * 32), 1_700_000_000
    checkpoint = parse_checkpoint(found.notes[size])
    cosigned = with_lines(found.notes[size], [witness.line(checkpoint.text, at)])
    later = with_lines(found.notes[size], [witness.line(parse_checkpoint(found.notes[512]).text, at)])
    more = {"witness": str(witness.key)}
    found.add("cosignature", "of the checkpoint", accept=True, note=cosigned.decode(), **more)
    found.add("cosignature", "of another checkpoint", accept=False, note=later.decode(), **more)
    found.add("cosignature", "missing", accept=False, note=note, **more)


def _inclusion(found: Cases, tree: Tree, log: TransparencyLog, ids: list[str]) -> None:
    end = SIZES[-1]

    def case(
        name: str,
        index: int,
        hashes: list[bytes],
        *,
        size: int = end,
        entry: bytes | None = None,
        accept: bool = False,
    ) -> None:
        data = found.entries[index] if entry is None else entry
        given = {"note": found.note(size), "index": index, "entry": text(data), "hashes": [text(h) for h in hashes]}
        found.add("inclusion", name, accept=accept, **given)

    rng = random.Random(1)
    for size in SIZES:
        for index in sorted({0, size // 2, size - 1, *(rng.randrange(size) for _ in range(3))}):
            case(f"entry {index} of {size}", index, tree.inclusion(index, size), size=size, accept=True)
    for index in (0, 1, 127, 255, 256, 511, 512, 599):  # the proof files that are handed out
        proof = parse_proof(log.prove(ids[index]))
        assert proof.checkpoint.text == parse_checkpoint(found.notes[end]).text
        case(f"proof file of entry {index}", index, list(proof.hashes), accept=True)
    for index in (0, 256, 599):
        right = tree.inclusion(index)
        case(f"entry {index}, a bit of its bytes", index, right, entry=_flipped(found.entries[index]))
        case(f"entry {index}, another entry", index, right, entry=found.entries[index ^ 1])
        case(f"entry {index}, said to be its neighbour", index ^ 1, right, entry=found.entries[index])
        case(f"entry {index}, a bit of a hash", index, [*right[:-1], _flipped(right[-1])])
        case(f"entry {index}, a hash too few", index, right[:-1])
        case(f"entry {index}, a hash too many", index, [*right, right[0]])
        case(f"entry {index}, two hashes swapped", index, [right[1], right[0], *right[2:]])
        case(f"entry {index}, no hashes", index, [])
    case("under an older checkpoint", 100, tree.inclusion(100), size=512)
    case("past the end", 599, tree.inclusion(599), size=300)


def _consistency(found: Cases, tree: Tree, signer: Signer) -> None:
    def case(name: str, old: str, new: str, hashes: list[bytes], *, accept: bool = False) -> None:
        found.add("consistency", name, accept=accept, old=old, note=new, hashes=[text(h) for h in hashes])

    for i, old in enumerate(SIZES):
        for new in SIZES[i:]:
            case(f"{old} to {new}", found.note(old), found.note(new), tree.consistency(old, new), accept=True)
    for old, new in ((7, 600), (256, 600), (300, 512)):
        right, name = tree.consistency(old, new), f"{old} to {new}"
        one, other = found.note(old), found.note(new)
        case(f"{name}, a bit of a hash", one, other, [_flipped(right[0]), *right[1:]])
        case(f"{name}, a hash too few", one, other, right[:-1])
        case(f"{name}, a hash too many", one, other, [*right, right[-1]])
        case(f"{name}, no hashes", one, other, [])
        case(f"{name}, of another size", found.note(3), other, right)
        case(f"{name}, backwards", other, one, right)
        # The same key signs two histories: the one that was seen, and one in which the first entry was another.
        fork = signed_checkpoint(signer, old, bytes(32)).decode()
        case(f"{name}, a fork", fork, other, right)
    case("two roots of one size", signed_checkpoint(signer, 600, bytes(32)).decode(), found.note(600), [])


def _logs(found: Cases, published: Path) -> None:
    found.add("log", "as it was published", accept=True, folder=str(published))

    def tampered(name: str, path: str, change: Any) -> None:
        copy = found.folder / "tampered" / name.replace(" ", "-")
        shutil.copytree(published, copy)
        target = copy / path
        before = target.read_bytes()
        target.write_bytes(change(before))
        assert target.read_bytes() != before, name
        found.add("log", name, accept=False, folder=str(copy))

    def edited(data: bytes) -> bytes:
        entries = list(bundle_entries(data))
        entries[5] = entries[5].replace(b'"seq":', b'"seq":1', 1)
        return bundle(entries)

    def swapped(data: bytes) -> bytes:
        entries = list(bundle_entries(data))
        entries[3], entries[4] = entries[4], entries[3]
        return bundle(entries)

    tampered("an entry edited", "tile/entries/001", edited)
    tampered("two entries swapped", "tile/entries/000", swapped)
    tampered("an entry cut off", "tile/entries/002.p/88", lambda d: bundle(list(bundle_entries(d))[:-1]))
    tampered("a leaf hash edited", "tile/0/001", _flipped)
    tampered("a hash of the level above edited", "tile/1/000.p/2", _flipped)
    tampered("the size edited", "checkpoint", lambda d: d.replace(b"\n600\n", b"\n512\n"))


def _flipped(data: bytes) -> bytes:
    place = len(data) // 2
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
