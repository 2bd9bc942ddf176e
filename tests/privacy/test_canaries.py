"""Marked strings in every personal field: none where it does not belong, and none anywhere once they are erased."""

from __future__ import annotations

import base64
import json
import logging
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from claimdesk import ClaimDesk, ClaimdeskError, Refused
from claimdesk.adapters.reports.exports import EXPORTS
from claimdesk.adapters.senders.webhook import WebhookSender
from claimdesk.adapters.tlog.log import TransparencyLog
from claimdesk.testing import FrozenClock
from claimdesk.workflow import desk as desks
from claimdesk.workflow.ports import Letter, PaymentOrder
from claimdesk.workflow.reports.catalogue import REPORTS
from cli.conftest import invoke
from support.checks import assert_sound
from support.commandline import Outcome

MONDAY = "2024-06-03T09:00:00-07:00"
TWO = ("--basis", "gdpr_17", "--as", "privacy:lea", "--approved-by", "cs:bo")


class Planted:
    """Strings that occur nowhere else, each given out once."""

    def __init__(self) -> None:
        self.all: list[str] = []

    def __call__(self, field: str) -> str:
        self.all.append(f"zq{len(self.all):04d}{field.replace('_', '')}qz")
        return self.all[-1]

    def within(self, text: str | bytes) -> list[str]:
        """Those that stand in a text."""
        data = text.encode("utf-8", "replace") if isinstance(text, str) else text
        return [one for one in self.all if one.encode() in data] if b"zq" in data else []


class Failing:
    """A gateway and a sender that fail, and say everything they know in their errors."""

    name = "failing"
    settles_at_once = False
    needs_address = True

    def __init__(self, plant: Planted) -> None:
        self.plant = plant

    def pay(self, order: PaymentOrder) -> str:
        raise RuntimeError(f"{order} {self.plant('gateway')}")

    def look_up(self, ref: str) -> str:
        raise RuntimeError(self.plant("gateway"))

    def send(self, letter: Letter) -> None:
        raise RuntimeError(f"{letter} {self.plant('sender')}")


class Hook(WebhookSender):
    """A webhook whose receiver says yes to everything; what was posted is kept."""

    def __init__(self) -> None:
        super().__init__("https://hooks.example/claims", keys=[f"whsec_{base64.b64encode(bytes(range(32))).decode()}"])
        self.posted: list[bytes] = []

    def _post(self, body: bytes, signed: dict[str, str]) -> int:
        self.posted.append(body + json.dumps(signed).encode())
        return 200


def packed(run: Callable[..., Outcome], made: list[str], *more: str) -> dict[str, bytes]:
    """The files of a pack of all claims, unpacked: an archive hides what stands in it."""
    done = run("audit", "pack", *made, "--no-pdf", "-o", "pack.zip", *more)
    assert done.code == 0, done.err
    with zipfile.ZipFile("pack.zip") as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    Path("pack.zip").unlink()
    return found


def outputs(run: Callable[..., Outcome]) -> None:
    """Every report and export there is, and what is shown of sellers and certificates."""
    for name in [*REPORTS, *EXPORTS, "integrity"]:
        assert run("report", name).code in (0, 1), name
    for words in (("seller", "show"), ("certificate", "list"), ("odr",)):
        assert run(*words, "A2EXAMPLE", "--json").code == 0, words
    for what in ("claims", "sellers", "certificates", "ledger"):
        assert run("export", what).code == 0, what
    for words in (("ledger",), ("list",), ("actor", "list", "--all"), ("audit", "log")):
        assert run(*words, "--json").code == 0, words


def line(plant: Planted, number: int) -> dict[str, Any]:
    claimant = {name: plant(name) for name in ("ref", "name")} | {"contact": f"{plant('contact')}@example.org"}
    return {
        "marketplace": "US", "incident_on": "2024-06-01", "cause": "product_defect", "filed_at": MONDAY,
        "seller": {"id": "A2EXAMPLE"}, "order": {"id": f"114-{number}", "item": {"asin": "B0EXAMPLE1"}},
        "losses": [{"head": "medical", "amount": "1200.00 USD" if number % 2 else "640.00 USD"}],
        "claimant": claimant, "injury": {"kind": "trauma", "severity": plant("severity")}, "other_venue": False,
        "description": plant("description"),
        "screening": {"verdict": "valid", "by": "adjuster:one", "findings": plant("findings")},
    }  # fmt: skip


def wrong_lines(plant: Planted) -> Iterator[str]:
    yield json.dumps({**line(plant, 1), "claimant": {"name": plant("name"), "age": plant("age")}})
    yield json.dumps({**line(plant, 1), "injury": {"kind": plant("kind")}})
    yield json.dumps({**line(plant, 1), "losses": [{"head": plant("head"), "amount": plant("amount")}]})
    yield '{"claimant": {"name": "' + plant("broken")


def work(desk: ClaimDesk, plant: Planted, claim: str) -> list[str]:
    """Every verb that takes free text, and verbs that are refused; the texts of the errors."""
    steps: list[tuple[str, dict[str, Any]]] = [
        ("note", {"text": plant("text")}),
        ("assess", {"losses": [{"head": "medical", "amount": "1300.00 USD"}], "method": plant("method")}),
        ("respond", {"position": "reject", "grounds": plant("grounds")}),
        ("request_information", {"items": [plant("items")]}),
        ("provide_information", {"claimant": {"name": plant("name")}, "description": plant("description")}),
        ("record_screening", {"verdict": "valid", "findings": plant("findings")}),
        ("respond", {"position": plant("position")}),
        ("decide_dispute", {"decision": "step_in"}),
        ("decide_recovery", {"decision": "waive"}),
        ("appeal", {"by": "seller", "grounds": plant("grounds")}),
        ("hold", {"hold": "other"}),
        ("release_hold", {"hold": plant("hold")}),
        ("release_hold", {}),
        ("amend", {"injury": {"severity": plant("severity")}}),
        (plant("verb"), {}),
    ]
    errors: list[str] = []
    for verb, payload in steps:
        try:
            desk.do(verb, claim, payload, reason=plant("reason"), approved_by="cs:bo")
        except ClaimdeskError as error:
            errors.append(str(error) + repr(error) + json.dumps(error.to_dict()))
    desk.personal(claim, purpose=plant("purpose"))
    return errors


@pytest.mark.parametrize("claims", [1, pytest.param(25, marks=pytest.mark.long)])
def test_none_where_it_does_not_belong_and_none_at_all_once_erased(  # noqa: PLR0915  # one story from filing to erasure
    claims: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    clock = FrozenClock(MONDAY)
    monkeypatch.setattr(desks, "_system_clock", clock)
    caplog.set_level(logging.DEBUG)
    plant, told = Planted(), []
    url = f"sqlite:///{tmp_path / 'claimdesk.db'}"

    def run(*words: str, stdin: str | None = None) -> Outcome:
        done = invoke((*words, "--db", url, "-vv"), stdin)
        told.append(done.out + done.err)
        return done

    lines = [line(plant, n) for n in range(claims)]
    text = "".join(json.dumps(one) + "\n" for one in lines) + "\n".join(wrong_lines(plant)) + "\n"
    made = [r["claim"] for r in run("triage", "-", "--json", stdin=text).lines if "claim" in r]
    assert len(made) == claims
    run("triage", "-", stdin=text)
    for claim in made:
        run("do", "note", claim, f"text={plant('text')}", "--reason", plant("reason"))
        run("do", "respond", claim, f"position={plant('position')}", f"grounds={plant('grounds')}", "--json")
        run("show", plant("id"))
    failing = Failing(plant)
    with ClaimDesk.open(url, actor="cs:mei", sender=failing, gateway=failing, payments="gateway") as desk:
        for claim in made:
            told += work(desk, plant, claim)
        desk.tick()
        clock.advance(days=1)
        desk.tick()
    run("tick")
    for words in (("explain",), ("timeline", "--json"), ("actions",), ("show", "--json")):
        run(words[0], made[0], *words[1:])
    hook = Hook()
    with ClaimDesk.open(url, actor="cs:mei", sender=hook) as desk:
        clock.advance(days=1)
        desk.tick()
    assert hook.posted
    assert plant.within(b"".join(hook.posted)) == []
    outputs(run)
    clear = packed(run, made)
    assert [one for data in clear.values() for one in plant.within(data) if "items" not in one] == []
    asked = packed(run, made, "--personal", "--purpose", plant("purpose"))
    holding = {n.rpartition("/")[2] for n, data in asked.items() for one in plant.within(data) if "items" not in one}
    assert holding == {"personal.json"}
    run("report", "claims", "-o", "claims.csv")
    run("report", "ocel", "-o", "claims.ocel.json")
    run("doctor")
    if claims > 1:
        assert len(plant.all) >= 500

    # Neither outputs, logs, errors, entries nor names of files hold any of them.
    assert [plant.within(one) for one in told if plant.within(one)] == []
    assert plant.within(caplog.text) == []
    assert [file for file in tmp_path.rglob("*") if plant.within(file.name)] == []
    with ClaimDesk.open(url, actor="cs:mei") as desk:
        assert_sound(desk.store, plant.all)
        log = TransparencyLog.open(desk.store, url)
        log.sequence()
    # In clear they stand in letters only, where a person asked the customer for something.
    shown = {one for file in tmp_path.rglob("*") if file.is_file() for one in plant.within(file.read_bytes())}
    assert [one for one in shown if "items" not in one] == []

    # A legal hold keeps one of them as it is; everything else is erased, and then the keys are changed.
    kept = made[0]
    run("do", "hold", kept, "hold=legal", "--reason", "a suit")
    with ClaimDesk.open(url, actor="cs:mei") as desk, pytest.raises(Refused):
        desk.redact(kept, basis="gdpr_17", approved_by="cs:bo")
    for claim in made[1:]:
        assert run("redact", claim, *TWO).code == 0
    with ClaimDesk.open(url, actor="cs:mei") as desk:
        assert plant.within(json.dumps(desk.personal(kept, purpose="audit")))
    assert run("do", "release_hold", kept, "hold=legal", "--reason", "ended", "--approved-by", "cs:bo").code == 0
    run("tick")
    assert run("redact", kept, *TWO).code == 0
    assert run("db", "rotate-keys", "--as", "ops:kim", "--approved-by", "cs:bo").code == 0
    for claim in made:
        run("show", claim)
        run("explain", claim)
    run("report", "claims", "-o", "after.csv")
    outputs(run)
    erased = packed(run, made, "--personal", "--purpose", "audit")
    assert [name for name, data in erased.items() if plant.within(data)] == []
    with ClaimDesk.open(url, actor="cs:mei") as desk:
        log = TransparencyLog.open(desk.store, url)
        log.sequence()
        vault: Any = desk.settings.vault
        found = log.audit(sealed=vault.faults)
        assert found.ok, found.fault
        assert_sound(desk.store, plant.all)
        assert [desk.personal(claim) for claim in made] == [{}] * claims
    assert [plant.within(one) for one in told if plant.within(one)] == []
    left = {str(f): plant.within(f.read_bytes()) for f in tmp_path.rglob("*") if f.is_file()}
    assert {name: found for name, found in left.items() if found} == {}
    assert (tmp_path / "claimdesk.db.tlog").is_dir()
