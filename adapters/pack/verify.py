#!/usr/bin/env python3
"""Checks an audit pack offline: python3 verify.py [PACK.zip | FOLDER] [--key VKEY] [--held CHECKPOINT]

Nothing but Python 3.11 and its standard library; no network, nothing is written. 0: everything checks out, 1: something
does not (each place is named), 2: this is no pack. Read it before you trust it, and take the key (--key, the text of
log.vkey) from somewhere else than the pack: without it, all that is shown is that the pack agrees with itself.

What it checks: every file against the manifest, the signatures of the manifest and of the checkpoint, each journal
entry's hash, its chain and its place under the checkpoint; that steps exist in the lifecycle; that money follows the
rules of a ledger; that letters, timelines, decisions and registers say what the journal says; that rulebooks have the
digests the decisions name; and it decides again: every test with a value and a limit it can compare, and every clock
of calendar days. What it does not check is said at the end.
Authority: RFC 6962, RFC 8032, C2SP signed-note, tlog-checkpoint, tlog-proof.
"""

from __future__ import annotations

import argparse
import base64
import csv
import hashlib
import io
import json
import re
import struct
import sys
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Entry = dict[str, Any]
#: What a damaged archive is met with.
_ZIP = (zipfile.BadZipFile, zlib.error, struct.error)


class Bad(Exception):
    """Something that does not check out: where, and what."""


# -- Ed25519 (RFC 8032 section 5.1.7), in plain numbers ----------------------------------------------------------------

_P, _Q = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
Point = tuple[int, int, int, int]


def _add(a: Point, b: Point) -> Point:
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % _P, (a[1] + a[0]) * (b[1] + b[0]) % _P
    g, h = 2 * a[3] * b[3] * _D % _P, 2 * a[2] * b[2] % _P
    e, g, h, f = f - e, h - g, h + g, f + e
    return e * g % _P, h * f % _P, g * h % _P, e * f % _P


def _times(point: Point, times: int) -> Point:
    found: Point = (0, 1, 1, 0)
    while times:
        if times & 1:
            found = _add(found, point)
        point, times = _add(point, point), times >> 1
    return found


def _point(data: bytes) -> Point | None:
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * pow(2, (_P - 1) // 4, _P) % _P
    if y >= _P or (x * x - square) % _P or (x == 0 and sign):
        return None
    x = _P - x if x & 1 != sign else x
    return x, y, 1, x * y % _P


def signed(key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether ``signature`` is an Ed25519 signature of ``message``."""
    if len(key) != 32 or len(signature) != 64:
        return False
    public, scalar = _point(key), int.from_bytes(signature[32:], "little")
    base = _point((4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little"))
    if public is None or base is None or scalar >= _Q:
        return False
    times = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % _Q
    x, y, z, _ = _add(_times(base, scalar), _times((_P - public[0], public[1], 1, _P - public[3]), times))
    inverse = pow(z, _P - 2, _P)
    x, y = x * inverse % _P, y * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


# -- signed notes, checkpoints, proofs ---------------------------------------------------------------------------------


def parse_key(text: str) -> tuple[str, bytes, bytes]:
    """(name, id, public key) of a vkey: ``name+id+base64(1 || key)``."""
    name, number, blob = text.strip().split("+", 2)
    data = base64.b64decode(blob, validate=True)
    wanted = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
    if len(data) != 33 or data[0] != 1 or bytes.fromhex(number) != wanted:
        raise ValueError("no vkey")
    return name, wanted, data[1:]


def decoded(text: str) -> bytes:
    """The bytes of a base64 text; ValueError unless it is written as only one text is."""
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("no base64")
    return data


def opened(note: bytes, key: tuple[str, bytes, bytes], where: str, *, alone: bool = False) -> list[str]:
    """The lines of a signed note; Bad unless this key signed it. ``alone``: and nobody else."""
    text, blank, rest = note.decode().rpartition("\n\n")
    name, number, public = key
    *lines, end = rest.split("\n") if blank else [""]
    if end or (alone and len(lines) != 1):
        raise Bad(where, "it is no signed note")
    for line in lines:
        dash, signer, blob = line.split(" ")
        data = decoded(blob)
        if (dash, signer, data[:4]) == ("\u2014", name, number):
            if signed(public, data[4:], (text + "\n").encode()):
                return text.split("\n")
            raise Bad(where, "the signature does not fit its text")
    raise Bad(where, "the key did not sign it")


def leaf(entry: bytes) -> bytes:
    """SHA-256(0x00 || entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def root_of(index: int, size: int, found: bytes, path: list[bytes]) -> bytes | None:
    """The root an inclusion proof leads to (RFC 9162 section 2.1.3.2)."""
    first, last = index, size - 1
    for item in path:
        if last == 0:
            return None
        if first & 1 or first == last:
            found = hashlib.sha256(b"\x01" + item + found).digest()
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            found = hashlib.sha256(b"\x01" + found + item).digest()
        first, last = first >> 1, last >> 1
    return found if last == 0 and 0 <= index < size else None


# -- the pack ----------------------------------------------------------------------------------------------------------


class Pack:
    """A pack in a zip file or a folder, and what was found wrong with it."""

    def __init__(self, place: Path) -> None:
        self.faults: list[str] = []
        self.notes: list[str] = []
        self.count: Counter[str] = Counter()
        self.left: Counter[str] = Counter()  #: rules whose tests were not decided again
        if place.is_dir():
            names = [p.relative_to(place).as_posix() for p in place.rglob("*") if p.is_file()]
            self._read: Callable[[str], bytes] = lambda name: (place / name).read_bytes()
        else:
            with place.open("rb") as file:
                archive = zipfile.ZipFile(io.BytesIO(file.read()))
            names = [n for n in archive.namelist() if not n.endswith("/")]
            self._read = archive.read
        self.names = sorted(n for n in names if "__pycache__" not in n)
        if len(set(self.names)) != len(self.names):
            self.bad("manifest.json", "a file stands in the pack twice")
        self.manifest: dict[str, Any] = json.loads(self.read("manifest.json"))

    def bad(self, where: str, what: str) -> None:
        """Notes a fault."""
        self.faults.append(f"{where}: {what}")

    def read(self, name: str) -> bytes:
        """A file; Bad when it is not there."""
        try:
            return self._read(name)
        except (OSError, KeyError):
            raise Bad(name, "it is missing") from None

    def rows(self, name: str) -> list[dict[str, str]]:
        """The rows of a table, without its footer."""
        lines = [line for line in self.read(name).decode().split("\r\n") if not line.startswith("# ")]
        return list(csv.DictReader(io.StringIO("\r\n".join(lines), newline="")))

    def each(self, where: str, work: Callable[..., object], *args: Any) -> None:
        """Does a part of the work; whatever it cannot read is a fault of the pack and not of this program."""
        try:
            work(*args)
        except Bad as error:
            self.bad(*error.args)
        except (ValueError, LookupError, TypeError, AttributeError, RuntimeError, EOFError, *_ZIP) as error:
            self.bad(where, f"it cannot be read ({type(error).__name__})")


def files(pack: Pack) -> None:
    """Every file is the one the manifest names, and there is no other."""
    told: dict[str, Any] = pack.manifest["files"]
    for name in sorted(set(pack.names) - told.keys() - {"manifest.json", "manifest.note"}):
        pack.bad(name, "the manifest does not name it")
    for name, known in told.items():
        if name not in pack.names:
            pack.bad(name, "it is missing")
        elif hashlib.sha256(pack.read(name)).hexdigest() != known["sha256"]:
            pack.bad(name, "it is not the file the manifest names")
        pack.count["files"] += 1


def signature(pack: Pack, key: tuple[str, bytes, bytes] | None) -> None:
    """The manifest is the one that was signed."""
    if "manifest.note" not in pack.names or key is None:
        if pack.manifest.get("signed"):
            raise Bad("manifest.note", "the manifest says that it is signed, and its signature is missing")
        pack.notes.append("the manifest is not signed: pages and registers are as good as whoever gave you the pack")
        return
    digest = hashlib.sha256(pack.read("manifest.json")).hexdigest()
    if opened(pack.read("manifest.note"), key, "manifest.note", alone=True) != [
        "claimdesk audit pack v1",
        key[0],
        digest,
    ]:
        raise Bad("manifest.json", "it is not the manifest that was signed")


class Checkpoint:
    """The signed state of the log."""

    def __init__(self, pack: Pack, key: tuple[str, bytes, bytes]) -> None:
        origin, size, root = opened(pack.read("checkpoint"), key, "checkpoint")[:3]
        if origin != key[0]:
            raise Bad("checkpoint", "it belongs to another log")
        self.origin, self.size, self.root = origin, int(size), decoded(root)

    def holds(self, proof: bytes, entry: bytes, name: str, where: str) -> int:
        """The entry's place; Bad unless the proof leads from the entry to this checkpoint."""
        head, _, _ = proof.decode().partition("\n\n")
        lines = head.split("\n")
        if lines[0] != "c2sp.org/tlog-proof@v1" or not lines[1].startswith("index "):
            raise Bad(name, "this is no proof")
        index = int(lines[1].removeprefix("index "))
        if root_of(index, self.size, leaf(entry), [decoded(x) for x in lines[2:]]) != self.root:
            raise Bad(where, f"{name} does not lead from it to the signed root")
        return index


# -- one claim ---------------------------------------------------------------------------------------------------------


class Claim:
    """A claim, or a seller's file, from its journal alone."""

    def __init__(self, pack: Pack, name: str, folder: str) -> None:
        self.pack, self.name, self.folder = pack, name, f"claims/{folder}"
        self.data = pack.read(f"{self.folder}/events.jsonl").splitlines()
        self.entries: list[Entry] = [json.loads(line) for line in self.data]
        self.state = ""
        self.moves: list[Entry] = []
        self.letters: dict[str, Entry] = {}
        self.erased: set[str] = set()

    def chain(self, log: Checkpoint | None) -> None:
        """Each entry has its hash, follows the one before, and stands under the checkpoint."""
        head, at, place = None, "", -1
        for seq, (data, entry) in enumerate(zip(self.data, self.entries, strict=True), 1):
            where = f"{self.folder}/events.jsonl, entry {seq}"
            form = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
            if form != data:
                raise Bad(where, "it is not in canonical form")
            if (entry["claim"], entry["seq"], entry["prev"]) != (self.name, seq, head):
                raise Bad(where, "it does not follow the entry before")
            if entry["at"] < at:
                raise Bad(where, "time goes back")
            if log is not None and entry["log"] != log.origin:
                raise Bad(where, "it belongs to another log")
            head, at = leaf(data).hex(), entry["at"]
            proof = f"{self.folder}/proofs/{seq:04d}.tlog-proof"
            if log is not None and proof in self.pack.names:
                found = log.holds(self.pack.read(proof), data, proof, where)
                if found <= place:
                    raise Bad(proof, "it stands in the log before an earlier entry")
                place = found
                self.pack.count["proofs"] += 1
            elif log is not None and seq not in self.pack.manifest["waiting"].get(self.name, ()):
                raise Bad(proof, "it is missing")
            else:
                self.pack.count["without a proof"] += 1
        told = self.pack.manifest["claims"][self.name]
        if (told["entries"], told["head"]) != (len(self.entries), head):
            raise Bad(f"{self.folder}/events.jsonl", "it does not end where the manifest says")
        self.pack.count["entries"] += len(self.entries)

    def steps(self) -> None:
        """Every step exists in the lifecycle."""
        opening = self.entries[0]["opening"]
        table = json.loads(self.pack.read(f"lifecycles/{opening['programme']}.json"))
        rows = {(r["state"], r["trigger"]): r["to"] for r in table["rows"]}
        self.state = table["initial"]
        for seq, entry in enumerate(self.entries, 1):
            where = f"{self.folder}/events.jsonl, entry {seq}"
            known = rows.get((self.state, entry["type"]))
            if seq > 1 and entry.get("from") != self.state:
                raise Bad(where, f"the claim was in {self.state}")
            if seq > 1 and entry["to"] != (self.state if known is None else known):
                raise Bad(where, f"there is no such step from {self.state}")
            self.state = entry["to"]
            self._tells(entry)

    def _tells(self, entry: Entry) -> None:
        for move in entry.get("money", ()):
            self.moves.append({**move, "entry": entry["id"], "at": entry["at"]})
        for op in entry.get("notices", ()):
            self.letters.setdefault(op["id"], {}).update(op)
        self.erased |= {*entry.get("redaction", {}).get("letters", ())}

    def money(self) -> dict[str, int]:
        """The rules of the ledger hold; what the claim comes to."""
        owed: dict[int, str] = {}
        by: dict[str, Entry] = {}
        found = {"posted": 0, "recovered": 0, "written_off": 0}
        where = f"{self.folder}/events.jsonl"
        for move in self.moves:
            kind, amount, of = move["kind"], move["amount"], by.get(move.get("pending") or move.get("reverses") or "")
            if amount <= 0 or move["debit"] == move["credit"] or move["id"] in by:
                raise Bad(where, f"{move['id']} is no transfer")
            if kind == "authorize" and owed.setdefault(move["obligation"], move["id"]) != move["id"]:
                raise Bad(where, f"{move['id']} authorises an obligation a second time")
            if kind in ("post", "void"):
                if of is None or of["kind"] != "authorize" or amount > of["amount"] or of.get("done"):
                    raise Bad(where, f"{move['id']} resolves no open authorisation")
                of["done"] = True
            if kind == "reverse" and (
                of is None or of["kind"] not in ("post", "recoup", "write_off", "settle") or of.get("undone")
            ):
                raise Bad(where, f"{move['id']} reverses nothing that stands")
            if kind == "reverse" and of is not None:
                of["undone"] = True
            sign = -1 if kind == "reverse" else 1
            name = {"post": "posted", "recoup": "recovered", "write_off": "written_off"}
            side = name.get(of["kind"] if kind == "reverse" and of is not None else kind)
            if side:
                found[side] += sign * amount
            if sign < 0 and side == "posted":
                found["written_off"] = 0  # what was given up of a payment goes with it
            by[move["id"]] = dict(move)
        if found["recovered"] > found["posted"] or min(found.values()) < 0:
            raise Bad(where, "more came back than was paid")
        self.pack.count["transfers"] += len(self.moves)
        return found

    def papers(self) -> None:
        """Timeline, ledger, decisions and letters say what the journal says."""
        pack = self.pack
        timeline = pack.rows(f"{self.folder}/timeline.csv")
        if [(r["entry"], r["at"]) for r in timeline] != [(e["id"], e["at"]) for e in self.entries]:
            raise Bad(f"{self.folder}/timeline.csv", "it is not the journal's")
        ledger = [
            (r["transfer"], r["kind"], r["debit"], r["credit"], r["entry"])
            for r in pack.rows(f"{self.folder}/ledger.csv")
        ]
        if ledger != [(m["id"], m["kind"], m["debit"], m["credit"], m["entry"]) for m in self.moves]:
            raise Bad(f"{self.folder}/ledger.csv", "it is not the journal's")
        amounts = [(r["amount_minor"], r["currency"]) for r in pack.rows(f"{self.folder}/ledger.csv")]
        if amounts != [(str(m["amount"]), m["currency"]) for m in self.moves]:
            raise Bad(f"{self.folder}/ledger.csv", "its amounts are not the journal's")
        made = [e["decision"] for e in self.entries if "decision" in e]
        shown = json.loads(pack.read(f"{self.folder}/decisions.json"))
        if [(d["decision"], d["outcome"], d["rulebook_sha256"]) for d in shown] != [
            (d["id"], d["outcome"], d["rulebook_sha256"]) for d in made
        ]:
            raise Bad(f"{self.folder}/decisions.json", "it is not the journal's")
        for number, letter in self.letters.items():
            name = f"{self.folder}/notices/{number}.txt"
            if letter["op"] != "handed_over":
                continue
            if number in self.erased:
                pack.count["letters erased"] += 1
            elif name not in pack.names:
                raise Bad(name, "the letter is missing")
            elif "sha256:" + hashlib.sha256(pack.read(name)).hexdigest() != letter["sha256"]:
                raise Bad(name, "it is not the letter that was handed over")
            pack.count["letters"] += 1

    def decide(self) -> None:
        """Rulebooks have the digests that decisions name, and tests come out as they were recorded."""
        for seq, entry in enumerate(self.entries, 1):
            where = f"{self.folder}/events.jsonl, entry {seq}"
            for op in entry.get("deadlines", ()):
                if op["op"] in ("open", "moved"):
                    self._clock(op, where)
            made = entry.get("decision")
            if made is None:
                continue
            name = f"rulebooks/{_file(made['rulebook'])}.json"
            book = json.loads(self.pack.read(name))
            body = [book["ref"], book["currency"], book["zone"], *book["values"]]
            digest = hashlib.sha256(json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()
            if (book["ref"], digest) != (made["rulebook"], made["rulebook_sha256"]):
                raise Bad(where, f"{name} is not the rulebook it was decided under")
            values = {v[0]: v for v in book["values"]}
            for reason in made["reasons"]:
                self._test(reason, values.get(reason["rule"]), where)
            if made["outcome"] == "auto_pay" and any(r["result"] is not True for r in made["reasons"]):
                raise Bad(where, "paid by the rules, and a test did not pass")
            self.pack.count["decisions"] += 1

    def _test(self, reason: Entry, value: list[Any] | None, where: str) -> None:
        again = redone(reason["rule"], reason.get("value"), reason.get("limit"))
        if again is None or reason["result"] is None:  # None: the rules left it to a person
            self.pack.left[reason["rule"]] += 1
            return
        self.pack.count["tests decided again"] += 1
        if again != reason["result"]:
            raise Bad(where, f"{reason['rule']}: {reason.get('value')} against {reason.get('limit')} is {again}")
        if value is not None and not stands(value, reason.get("limit") or ""):
            raise Bad(where, f"{reason['rule']}: the rulebook says {value[2]}, the decision {reason.get('limit')}")

    def _clock(self, op: Entry, where: str) -> None:
        recipe = op["recipe"]
        if recipe.get("type") != "calendar":
            self.pack.left[f"clocks in {recipe.get('type')}"] += 1
            return
        last = date.fromisoformat(recipe["from"]) + timedelta(days=recipe["days"])
        try:
            zone = ZoneInfo(recipe["zone"])
        except ZoneInfoNotFoundError:
            self.pack.left[f"clocks in {recipe['zone']}, a zone this machine does not know"] += 1
            return
        due = datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC)
        if (op["on"], op["due"]) != (last.isoformat(), due.isoformat(timespec="microseconds")[:26] + "Z"):
            raise Bad(where, f"the clock {op['kind']} is not {recipe['days']} days after {recipe['from']}")
        self.pack.count["clocks decided again"] += 1


def _file(ref: str) -> str:
    return re.sub(r"[^A-Za-z0-9@._-]", "_", ref)[:120]


_MONEY = re.compile(r"(?:(under|at most) )?([0-9]+)(?:\.([0-9]+))? ([A-Z]{3})\Z")
_LISTS = ("scope.item_kinds", "scope.stores", "cause.accepted")


def redone(rule: str, value: str | None, limit: str | None) -> bool | None:
    """A test decided again from its value and its limit; None where this program does not know how."""
    if value is None or limit is None or value == "unknown":
        return None
    one, other = _MONEY.match(value), _MONEY.match(limit)
    if one and other and other[1] and one[4] == other[4]:
        left, right = (int(m[2]) * 10**6 + int((m[3] or "").ljust(6, "0")) for m in (one, other))
        return left < right if other[1] == "under" else left <= right
    day, days = re.fullmatch(r"day (-?[0-9]+)", value), re.fullmatch(r"([0-9]+) days", limit)
    if day and days:
        return int(day[1]) <= int(days[1])
    if rule == "programme.in_force_on":
        return value >= limit
    if rule in _LISTS:
        return value in limit.split(", ")
    if rule == "losses.compensable":
        return any(head in limit.split(", ") for head in value.split(", "))
    if limit == "required" and value in ("true", "false"):
        return value == "true"
    return None


def stands(value: list[Any], limit: str) -> bool:
    """Whether a limit is the value of the rulebook: [name, kind, value, since, source, confidence]."""
    kind, known = value[1], value[2]
    found = _MONEY.match(limit)
    if kind == "money" and found:
        return int(found[2]) * 10 ** len(found[3] or "") + int(found[3] or 0) == known
    if kind == "days":
        return limit == f"{known} days"
    if kind == "list":
        return limit == ", ".join(known)
    return value[0] != "programme.in_force_on" or limit == known


# -- registers ---------------------------------------------------------------------------------------------------------


def registers(pack: Pack, claims: list[Claim], sums: dict[str, dict[str, int]]) -> None:
    """The registers list exactly what the journals tell."""
    for name in [n for n in pack.names if n.startswith("registers/") and n.endswith(".csv")]:
        data = pack.read(name)
        cut = data.index(b"# report,")
        foot = {r[0].removeprefix("# "): r[1] for r in csv.reader(io.StringIO(data[cut:].decode(), newline="")) if r}
        if foot["body_sha256"] != "sha256:" + hashlib.sha256(data[:cut]).hexdigest():
            raise Bad(name, "its footer is not of this table")
        pack.count["registers"] += 1
    told = [(m["id"], m["kind"], m["at"]) for c in claims for m in c.moves]
    if sorted((r["transfer"], r["kind"], r["at"]) for r in pack.rows("registers/payments.csv")) != sorted(told):
        raise Bad("registers/payments.csv", "it does not list the transfers of the journals")
    letters = sorted((n, x["op"] == "handed_over") for c in claims for n, x in c.letters.items())
    if sorted((r["notice"], r["status"] == "handed_over") for r in pack.rows("registers/notices.csv")) != letters:
        raise Bad("registers/notices.csv", "it does not list the letters of the journals")
    rows = {r["claim"]: r for r in pack.rows("registers/claims.csv")}
    if set(rows) != {c.name for c in claims if not c.name.startswith("SLR-")}:
        raise Bad("registers/claims.csv", "it does not list the claims of the pack")
    for claim in claims:
        row = rows.get(claim.name)
        if row is None:
            continue
        kept = {k: int(row[k].replace(".", "")) for k in ("posted", "recovered", "written_off")}
        head = leaf(claim.data[-1]).hex()
        if (kept, row["state"], row["head"]) != (sums[claim.name], claim.state, head):
            raise Bad(f"registers/claims.csv, {claim.name}", "it is not what the journal comes to")


def check(pack: Pack, key_text: str | None, held: bytes | None = None) -> Iterator[str]:
    """Does all of it; what there is to say beside the faults."""
    key = None if key_text is None else parse_key(key_text)
    if key is None and "log.vkey" in pack.names:
        found: list[tuple[str, bytes, bytes]] = []
        pack.each("log.vkey", lambda: found.append(parse_key(pack.read("log.vkey").decode())))
        key = found[0] if found else None
    if key_text is None and key is not None:
        pack.notes.append(
            "the key was taken from the pack itself: this shows that it agrees with itself, not whose it is"
        )
    pack.each("manifest.json", files, pack)
    pack.each("manifest.note", signature, pack, key)
    logs: list[Checkpoint] = []
    if key is not None and "checkpoint" in pack.names:
        pack.each("checkpoint", lambda: logs.append(Checkpoint(pack, key)))
    elif pack.manifest["log"].get("checkpoint") != "not sequenced":
        pack.bad("checkpoint", "it is missing, or there is no key to check it with")
    else:
        pack.notes.append("the journal was not sequenced: its chains are checked, not that nothing was left out")
    log = logs[0] if logs else None
    if held is not None and log is not None and key is not None:
        pack.each("checkpoint", older, held, key, log)
    claims: list[Claim] = []
    sums: dict[str, dict[str, int]] = {}
    for name, known in pack.manifest["claims"].items():
        pack.each(f"claims/{known['folder']}", one, pack, name, known["folder"], log, claims, sums)
    if not pack.faults:
        pack.each("registers", registers, pack, claims, sums)
    yield from pack.notes


def older(held: bytes, key: tuple[str, bytes, bytes], log: Checkpoint) -> None:
    """A checkpoint kept from earlier: of the same size it must be the same, and never larger."""
    _, size, root = opened(held, key, "held checkpoint")[:3]
    if int(size) > log.size or (int(size) == log.size and base64.b64decode(root) != log.root):
        raise Bad("checkpoint", "it does not continue the checkpoint you hold")


def one(
    pack: Pack,
    name: str,
    folder: str,
    log: Checkpoint | None,
    claims: list[Claim],
    sums: dict[str, dict[str, int]],
) -> None:
    """One claim; the first thing wrong with it ends it."""
    claim = Claim(pack, name, folder)
    claim.chain(log)
    claim.steps()
    sums[name] = claim.money()
    claim.papers()
    claim.decide()
    claims.append(claim)


UNCHECKED = """not checked at all: what pages and PDFs say, beyond their digests in the manifest; amounts added up from
losses and from other claims of one incident; sealed personal values; what stands in no entry
"""


def main(words: list[str] | None = None) -> int:
    """0: everything checks out, 1: something does not, 2: this is no pack."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("pack", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument(
        "--key", help="the log's public key (vkey), from somewhere else than the pack; or a file with it"
    )
    parser.add_argument("--held", type=Path, help="a checkpoint kept from earlier")
    given = parser.parse_args(words)
    try:
        key = Path(given.key).read_text() if given.key and Path(given.key).is_file() else given.key
        pack = Pack(given.pack)
        notes = list(check(pack, key, given.held.read_bytes() if given.held else None))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError, EOFError, Bad, *_ZIP) as error:
        sys.stderr.write(f"error: this is no pack that can be read: {error}\n")
        return 2
    for note in notes:
        sys.stdout.write(f"note: {note}\n")
    for fault in pack.faults:
        sys.stdout.write(f"BAD: {fault}\n")
    counted = ", ".join(f"{n} {what}" for what, n in sorted(pack.count.items()))
    left = ", ".join(f"{rule} ({n})" for rule, n in sorted(pack.left.items()))
    sys.stdout.write(f"checked: {len(pack.manifest['claims'])} claims, {counted}\n")
    sys.stdout.write(f"not decided again, only shown to be what was recorded: {left or 'nothing'}\n")
    sys.stdout.write(UNCHECKED)
    sys.stdout.write("ok\n" if not pack.faults else f"{len(pack.faults)} FAULTS\n")
    return 0 if not pack.faults else 1


if __name__ == "__main__":
    sys.exit(main())
