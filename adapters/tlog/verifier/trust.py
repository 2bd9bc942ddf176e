"""The trust file: which logs and witnesses are believed, and how many witnesses it takes.

Authority: c2sp.org/tlog-policy. It must come from somewhere else than the log. Left out: addresses, which are ignored.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field

from .fault import Untrue
from .notes import COSIGNATURE, ED25519, Checkpoint, Vkey


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom to believe: logs, witnesses and how many of them must have cosigned (c2sp.org/tlog-policy)."""

    logs: tuple[Vkey, ...]
    witnesses: dict[str, Vkey] = field(default_factory=lambda: {})
    groups: dict[str, tuple[int, tuple[str, ...]]] = field(default_factory=lambda: {})
    quorum: str = "none"

    def enough(self, name: str, cosigned: set[str]) -> bool:
        """Whether ``name`` (a witness, a group or ``none``) has witnessed what these witnesses cosigned."""
        if name in self.groups:
            needed, members = self.groups[name]
            return sum(self.enough(m, cosigned) for m in members) >= needed
        return name == "none" or name in cosigned

    def check(self, found: Checkpoint, where: str = "checkpoint") -> tuple[str, ...]:
        """The names of the witnesses that cosigned; Untrue unless a trusted log signed it and the quorum is there."""
        known = [k for k in self.logs if k.name == found.origin]
        if not known:
            raise Untrue("unknown_log", where, "its origin is not a log of the trust file")
        signed = [(k, s) for k in known for s in found.signatures if (s.name, s.key_id) == (k.name, k.key_id)]
        if not signed:
            raise Untrue("unknown_key", where, "no key of the trust file signed it")
        cosigned: set[str] = set()
        for name, key in self.witnesses.items():
            lines = [s for s in found.signatures if (s.name, s.key_id) == (key.name, key.key_id)]
            signed += [(key, s) for s in lines if key.kind in (ED25519, COSIGNATURE)]
            if lines and key.kind == COSIGNATURE:
                cosigned.add(name)
        if not all(key.signed(found.text, s.payload) for key, s in signed):
            raise Untrue("bad_signature", where, "a signature does not fit its text")
        if not self.enough(self.quorum, cosigned):
            raise Untrue("no_quorum", where, "too few witnesses cosigned it")
        return tuple(sorted(cosigned))


class _TrustReader:
    """Reads a trust file line by line."""

    def __init__(self) -> None:
        self.logs: list[Vkey] = []
        self.witnesses: dict[str, Vkey] = {}
        self.groups: dict[str, tuple[int, tuple[str, ...]]] = {}
        self.member_of: set[str] = set()
        self.quorum: str | None = None

    def line(self, words: list[str]) -> None:
        """Takes one line; ValueError when it is not right."""
        kind, rest = words[0], words[1:]
        if kind == "log" and len(rest) in (1, 2):
            self.logs.append(self._new_key(rest[0], [k.key for k in self.logs]))
        elif kind == "witness" and len(rest) in (2, 3):
            self._new_name(rest[0])
            self.witnesses[rest[0]] = self._new_key(rest[1], [k.key for k in self.witnesses.values()])
        elif kind == "group" and len(rest) > 2:
            self._group(rest[0], rest[1], rest[2:])
        elif kind == "quorum" and len(rest) == 1 and self.quorum is None:
            if rest[0] not in {"none", *self.witnesses, *self.groups}:
                raise ValueError("its quorum is not defined")
            self.quorum = rest[0]
        else:
            raise ValueError("a line it should not have")

    def _new_key(self, text: str, known: list[bytes]) -> Vkey:
        key = Vkey.parse(text)
        if key.key in known:
            raise ValueError("a key stands there twice")
        return key

    def _new_name(self, name: str) -> None:
        if name == "none" or name in self.witnesses or name in self.groups:
            raise ValueError("a name stands there twice")

    def _group(self, name: str, needed: str, members: list[str]) -> None:
        self._new_name(name)
        if len(set(members)) != len(members) or not {*members} <= {*self.witnesses, *self.groups} - self.member_of:
            raise ValueError("a member of a group is not defined before it, or counted twice")
        every = {"all": len(members), "any": 1}
        if needed not in every and not re.fullmatch(r"[1-9][0-9]{0,5}", needed, re.ASCII):
            raise ValueError("a group needs a number")
        count = every.get(needed) or int(needed)
        if count > len(members):
            raise ValueError("a group needs more members than it has")
        self.member_of.update(members)
        self.groups[name] = (count, tuple(members))


def parse_trust(data: bytes) -> Trust:
    """A trust file (tlog-policy) from its bytes; Untrue when it is none."""
    reader = _TrustReader()
    try:
        if re.search(rb"[^\t\n\x20-\x7e\x80-\xff]", data):
            raise ValueError("control characters")
        text = data.decode("utf-8", "surrogateescape")
        for line in text.split("\n"):
            words = re.split(r"[ \t]+", line.strip(" \t"))
            if words != [""] and not words[0].startswith("#"):
                reader.line(words)
        if reader.quorum is None:
            raise ValueError("no quorum line")
    except (ValueError, binascii.Error) as error:
        raise Untrue("bad_trust_file", "trust file", f"it cannot be used: {error}") from None
    return Trust(tuple(reader.logs), reader.witnesses, reader.groups, reader.quorum)
