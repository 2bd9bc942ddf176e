"""Logs made by hand: claims with their chains, the tree and its tiles straight from the definitions."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from claimdesk.adapters.tlog.forms import bundle
from claimdesk.adapters.tlog.signing import Signer, signed_checkpoint, trust_file
from claimdesk.adapters.tlog.verifier import Trust, parse_trust
from claimdesk.adapters.tlog.verifier.tree import tile_path

ORIGIN = "claimdesk.local/test"
SIGNER = Signer(ORIGIN, b"\x07" * 32)
STRANGER = Signer(ORIGIN, b"\x08" * 32)


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def leaf(entry: bytes) -> bytes:
    return sha(b"\x00" + entry)


def mth(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word, over leaf hashes."""
    if not leaves:
        return sha(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha(b"\x01" + mth(leaves[:k]) + mth(leaves[k:]))


def path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D[n]) of RFC 6962 section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: Sequence[bytes], whole: bool = True) -> list[bytes]:
    """SUBPROOF(m, D[n], b) of RFC 6962 section 2.1.2."""
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m <= k:
        return [*subproof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def canonical(body: dict[str, Any]) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass
class Story:
    """Entries of several claims, chained as the journal chains them."""

    origin: str = ORIGIN
    entries: list[bytes] = field(default_factory=lambda: [])
    heads: dict[str, tuple[int, str, str]] = field(default_factory=lambda: {})

    def add(self, claim: str = "CLM-1", at: str | None = None, **more: Any) -> bytes:
        seq, prev, before = self.heads.get(claim, (0, None, ""))
        when = at or before or f"2024-06-03T16:00:00.{len(self.entries):06d}Z"
        body = {"actor": {"id": "cs:mei", "kind": "cs"}, "claim": claim, "seq": seq + 1, "prev": prev, "at": when,
                "log": self.origin, "v": 1, "id": f"EVT-{len(self.entries)}", **more}  # fmt: skip
        data = canonical(body)
        self.heads[claim] = (seq + 1, leaf(data).hex(), body["at"])
        self.entries.append(data)
        return data

    def many(self, count: int, seed: int = 1) -> Story:
        """``count`` more entries of the usual kinds."""
        rng = random.Random(seed)
        for _ in range(count):
            claim = f"CLM-{rng.randint(1, max(2, count // 4))}"
            kind = rng.choice(("note", "approve", "notice", "text"))
            amount = rng.randint(1, 500_000)
            more: dict[str, Any] = {
                "note": {"type": "note"},
                "approve": {
                    "type": "approve",
                    "decision": {"id": f"DEC-{amount}", "outcome": "auto_pay", "reasons": [{"code": "in_force"}]},
                    "money": [{"id": f"PAY-{amount}", "amount": amount, "currency": "USD", "kind": "authorize"}],
                },
                "notice": {"type": "note", "notices": [{"id": f"NTC-{amount}", "kind": "customer_paid"}], "flag": True},
                "text": {"type": "note", "set": {"title": f'a "lamp" {amount}\n', "name": "灯 \u2028", "none": None}},
            }[kind]
            self.add(claim, **more)
        return self


def published(entries: Sequence[bytes], signer: Signer = SIGNER, *, root: bytes | None = None) -> dict[str, bytes]:
    """The files of a log, each tile straight from its definition."""
    leaves = [leaf(e) for e in entries]
    files: dict[str, bytes] = {}
    for n in range(0, len(entries), 256):
        part = entries[n : n + 256]
        files[tile_path(None, n // 256, len(part))] = bundle(part)
    level, hashes = 0, leaves
    while hashes:
        for n in range(0, len(hashes), 256):
            row = hashes[n : n + 256]
            files[tile_path(level, n // 256, len(row))] = b"".join(row)
        hashes = [mth(hashes[n : n + 256]) for n in range(0, len(hashes) - 255, 256)]
        level += 1
    files["checkpoint"] = signed_checkpoint(signer, len(entries), mth(leaves) if root is None else root)
    return files


def trust(signer: Signer = SIGNER) -> Trust:
    return parse_trust(trust_file(signer.key))


def flipped(data: bytes, rng: random.Random) -> bytes:
    """The same with one bit changed."""
    place = rng.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << rng.randrange(8)]) + data[place + 1 :]
