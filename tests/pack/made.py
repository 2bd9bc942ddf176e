"""Packs made of a busy desk, taken apart and put together again as somebody who forges one would."""

from __future__ import annotations

import hashlib
import io
import json
import random
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from claimdesk import ClaimDesk
from claimdesk.adapters.pack.build import Asking, build
from claimdesk.adapters.pack.verify import Pack, check
from claimdesk.adapters.vault import FileVault
from claimdesk.testing import FrozenClock
from support.desks import MONDAY, Drive, KeptLetters

CANARY = "Zilpha Quimby"
Files = dict[str, bytes]
Change = Callable[[Files], None]


def world() -> Drive:
    """Claims on several roads, letters sent, personal values told, one entry written after the checkpoint."""
    clock, letters = FrozenClock(MONDAY), KeptLetters()
    desk = ClaimDesk.open(
        "memory:", actor="cs:mei", clock=clock, sender=letters, payments="manual", vault=FileVault(None), plain=True,
        templates=True, random_bits=random.Random(1).getrandbits,
    )  # fmt: skip
    drive = Drive(desk, clock, letters=letters)
    for state in ("closed", "recovery_due", "denied", "proof_requested"):
        drive.to(state)
    back = drive.to("recovery_due")
    drive.do(back, "record_recovery", amount="400.00 USD", **{"from": "seller"})
    drive.do(back, "write_off")
    returned = drive.to("recovery_due")
    drive.do(returned, "write_off")
    drive.do(returned, "reverse_payment")
    undone = drive.to("recovery_due")
    drive.do(undone, "reverse_payment")
    told = drive.file(claimant={"name": CANARY, "contact": f"{CANARY}@example.com"}, description=f"{CANARY} fell")
    drive.do(told, "attach_evidence", evidence=["photo-1"])
    clock.advance(days=9)
    desk.tick()
    desk.sequence()
    return drive


def desk_of(drive: Drive) -> ClaimDesk:
    assert isinstance(drive.desk, ClaimDesk)
    return drive.desk


def made(drive: Drive, claims: Sequence[str] | None = None, **more: Any) -> bytes:
    """A pack of all claims, or of some."""
    desk = desk_of(drive)
    wanted = [c.id for c in desk.list()] if claims is None else list(claims)
    target = io.BytesIO()
    build(desk, Asking(wanted, "auditor:chen", {"claims": len(wanted)}, **more), target)
    return target.getvalue()


def unpacked(data: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: Files, place: Path) -> Path:
    with zipfile.ZipFile(place, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return place


def mended(files: Files) -> None:
    """The manifest made anew over changed files, as somebody would who has no key."""
    manifest = json.loads(files["manifest.json"])
    names = set(files) - {"manifest.json", "manifest.note"}
    manifest["files"] = {n: {"sha256": hashlib.sha256(files[n]).hexdigest(), "size": len(files[n])} for n in names}
    for claim, known in manifest["claims"].items():
        lines = files.get(f"claims/{known['folder']}/events.jsonl", b"").splitlines()
        if lines:
            manifest["claims"][claim] |= {
                "entries": len(lines), "head": hashlib.sha256(b"\x00" + lines[-1]).hexdigest(),
            }  # fmt: skip
    files["manifest.json"] = json.dumps(manifest).encode()


def unsigned(files: Files) -> None:
    """Without the manifest's signature, and a manifest that says there is none."""
    del files["manifest.note"]
    manifest = json.loads(files["manifest.json"])
    manifest["signed"] = False
    files["manifest.json"] = json.dumps(manifest).encode()


def faults(files: Files, place: Path, key: str | None) -> list[str]:
    """What the pack's own check finds."""
    pack = Pack(packed(files, place))
    list(check(pack, key))
    return pack.faults
