"""Exports: in the form the standards have, complete, in strict order, and with nothing personal in them.

The tests marked ``long`` read them back with programs of others, each in an environment of its own: ``bean-check``
(GPL-2.0) and ``pm4py`` (AGPL-3.0) are no dependencies of ours.
"""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from claimdesk.adapters.reports.beancount import account_name, quoted
from claimdesk.adapters.reports.control import ledger_balances
from claimdesk.adapters.reports.exports import write_export
from claimdesk.adapters.reports.reading import records
from claimdesk.states.times import parse_instant
from claimdesk.workflow.ports import Store
from claimdesk.workflow.reports.shape import Asked
from support.desks import Drive

from .made import NOW, made
from .test_reports import CANARY, busy_desk

XES = "{http://www.xes-standard.org/}"


@pytest.fixture(scope="module")
def drive() -> Drive:
    return busy_desk()


def export(store: Store, name: str, **narrow: Any) -> str:
    asked = Asked(as_of=NOW, **narrow)
    parts: list[bytes] = []
    came = write_export(name, store, asked, records(store, asked), made(store), parts.append, past=False)
    assert came.foot["rows"] > 0
    return b"".join(parts).decode()


def entries_of(store: Store) -> dict[str, list[dict[str, Any]]]:
    return {r.case.id: list(r.entries) for r in records(store, Asked(as_of=NOW))}


# -- process mining ----------------------------------------------------------------------------------------------------


def test_the_object_centric_log_has_the_shape_of_the_standard(drive):
    log = json.loads(export(drive.desk.store, "ocel"))
    assert set(log) == {"events", "objects", "eventTypes", "objectTypes"}
    kinds = {t["name"]: {a["name"]: a["type"] for a in t["attributes"]} for t in log["eventTypes"]}
    things = {t["name"]: {a["name"]: a["type"] for a in t["attributes"]} for t in log["objectTypes"]}
    assert set(things) == {"claim", "seller", "payment", "notice", "rulebook"}
    known = {o["id"]: o["type"] for o in log["objects"]}
    assert len(known) == len(log["objects"]), "an object stands there once"
    assert {e["id"] for e in log["events"]} == {e["id"] for es in entries_of(drive.desk.store).values() for e in es}
    for one, types in [(e, kinds) for e in log["events"]] + [(o, things) for o in log["objects"]]:
        assert {a["name"] for a in one["attributes"]} <= types[one["type"]].keys()
        for attribute in one["attributes"]:
            assert isinstance(attribute["value"], str)
            if types[one["type"]][attribute["name"]] == "integer":
                int(attribute["value"])
        for link in one.get("relationships", ()):
            assert link["objectId"] in known
            assert link["qualifier"]
    used = {link["objectId"] for e in log["events"] for link in e["relationships"]}
    assert {known[o] for o in used} == set(things)


def test_events_of_a_claim_are_in_strict_order_and_keep_their_own_instant(drive):
    log = json.loads(export(drive.desk.store, "ocel"))
    told = entries_of(drive.desk.store)
    seen: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for event in log["events"]:
        for link in event["relationships"]:
            if link["qualifier"] in ("step of", "file of"):
                seen[link["objectId"]].append(event)
    assert set(seen) == set(told)
    for claim, events in seen.items():
        times = [parse_instant(e["time"]) for e in events]
        assert all(a < b for a, b in itertools.pairwise(times))
        assert [e["id"] for e in events] == [e["id"] for e in told[claim]]
        own = [next(a["value"] for a in e["attributes"] if a["name"] == "told_at") for e in events]
        assert own == [e["at"] for e in told[claim]]


def test_a_payment_is_one_thing_from_authorisation_to_reversal(drive):
    log = json.loads(export(drive.desk.store, "ocel"))
    steps: dict[str, list[str]] = defaultdict(list)
    for event in log["events"]:
        for link in event["relationships"]:
            if link["objectId"].startswith("PAY-"):
                steps[link["objectId"]].append(link["qualifier"])
    assert ["authorize", "post"] in steps.values()
    assert ["authorize", "post", "reverse"] in steps.values()


def test_the_classic_log_has_a_trace_for_each_claim(drive):
    text = export(drive.desk.store, "xes")
    log = ET.fromstring(text)  # noqa: S314  # our own text
    assert [e.attrib["prefix"] for e in log.findall(f"{XES}extension")] == ["concept", "time", "lifecycle", "org"]
    assert re.fullmatch(r"[0-9]+\.[0-9]+", log.attrib["xes.version"])
    told = {c: es for c, es in entries_of(drive.desk.store).items() if not c.startswith("SLR-")}
    traces = {_text(t, "concept:name"): t for t in log.findall(f"{XES}trace")}
    assert set(traces) == set(told)
    for claim, trace in traces.items():
        events = trace.findall(f"{XES}event")
        assert [_text(e, "concept:name") for e in events] == [e["type"] for e in told[claim]]
        times = [parse_instant(_text(e, "time:timestamp", "date")) for e in events]
        assert all(a < b for a, b in itertools.pairwise(times))
        assert {_text(e, "lifecycle:transition") for e in events} == {"complete"}
        assert all(_text(e, "org:resource") for e in events)
        order = [child.tag.removeprefix(XES) for child in trace]
        assert order == sorted(order, key=lambda tag: tag == "event"), "attributes stand before events"


def _text(element: ET.Element, key: str, kind: str = "string") -> str:
    return next(child.attrib["value"] for child in element.findall(f"{XES}{kind}") if child.attrib["key"] == key)


@pytest.mark.parametrize("name", ["ledger", "ocel", "xes"])
def test_nothing_personal_leaves_with_an_export(drive, name):
    assert CANARY not in export(drive.desk.store, name)


def test_hostile_names_do_not_break_out_of_a_form():
    hostile = 'x"]}--><script>\\'
    own = Drive.start()
    own.desk.file(marketplace="US", incident_on="2024-06-01", order={"id": hostile}, seller={"id": "A2<&>"},
                  losses=[{"head": "medical", "amount": "10.00 USD"}])  # fmt: skip
    own.desk.tick()
    json.loads(export(own.desk.store, "ocel"))
    log = ET.fromstring(export(own.desk.store, "xes"))  # noqa: S314  # our own text
    assert _text(log.findall(f"{XES}trace")[0], "order") == hostile


# -- the ledger --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("account", "name"),
    [
        ("amazon:concessions", "Expenses:Amazon:Concessions"),
        ("customer:CLM-06H0", "Liabilities:Customers:CLM-06H0"),
        ("seller:A2EXAMPLE", "Assets:Sellers:A2EXAMPLE"),
        ("seller:a2", "Assets:Sellers:Q-6132"),
        ("seller:Q-6132", "Assets:Sellers:Q-512d36313332"),
        ("seller:A 2", "Assets:Sellers:Q-412032"),
        ("insurer:\u4fdd", "Assets:Insurers:Q-e4bf9d"),
        ("bank:X", "Equity:Other:Q-62616e6b:X"),
    ],
)
def test_an_account_has_a_name_of_its_own(account, name):
    assert account_name(account) == name


def test_a_string_of_the_ledger_stays_in_its_quotes():
    assert quoted('a"b\\c\nd') == '"a\\"b\\\\c d"'


def test_the_ledger_adds_up_to_what_the_database_adds_up(drive):
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for line in export(drive.desk.store, "ledger").splitlines():
        found = re.fullmatch(r"  ([A-Z][A-Za-z]+(?::[A-Za-z0-9-]+)+)  (-?[0-9.]+) ([A-Z]{3})", line)
        if found:
            sums[":".join(found[1].split(":")[:2]), found[3]] += Decimal(found[2])
    names = {"customers": "Liabilities:Customers", "sellers": "Assets:Sellers", "insurers": "Assets:Insurers"}
    told: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for (currency, account), minor in ledger_balances(drive.desk.store).items():
        told[names.get(account, "Expenses:Amazon"), currency] -= Decimal(minor) / 100
    assert {k: v for k, v in sums.items() if v} == {k: v for k, v in told.items() if v}


# -- programs of others ------------------------------------------------------------------------------------------------


def environment(folder: Path, *packages: str) -> Path:
    """A throw-away environment with these packages; skips where no index is reachable."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    words = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no package index is reachable, or it does not have {', '.join(packages)}")
    return python


@pytest.mark.long
@pytest.mark.timeout(900)
def test_bean_check_accepts_the_ledger_and_finds_a_changed_cent(drive, tmp_path):
    python = environment(tmp_path / "env", "beancount>=3,<4")
    text = export(drive.desk.store, "ledger")

    def faults(book: str) -> int:
        (tmp_path / "claims.beancount").write_text(book)
        code = "import sys; from beancount import loader; print(len(loader.load_file(sys.argv[1])[1]))"
        done = subprocess.run(
            [str(python), "-c", code, str(tmp_path / "claims.beancount")], capture_output=True, text=True, check=True
        )
        return int(done.stdout)

    assert faults(text) == 0
    assert (
        subprocess.run([str(python.parent / "bean-check"), str(tmp_path / "claims.beancount")], check=False).returncode
        == 0
    )
    first = re.search(r"  (Expenses:Amazon:Concessions)  ([0-9.]+) USD\n  (\S+)  -[0-9.]+ USD", text)
    assert first is not None
    less = f"  {first[1]}  0.01 USD\n  {first[3]}  -0.01 USD"
    assert faults(text.replace(first[0], less, 1)) > 0, "the assertions hold the balances"


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_process_mining_tool_reads_both_logs_with_equal_counts(drive, tmp_path):
    python = environment(tmp_path / "env", "pm4py", "jsonschema")
    store = drive.desk.store
    (tmp_path / "claims.json").write_text(export(store, "ocel"))
    (tmp_path / "claims.xes").write_text(export(store, "xes"))
    code = """
import json, sys, warnings
warnings.filterwarnings("ignore")
import pm4py
log = pm4py.read_ocel2_json(sys.argv[1] + "/claims.json")
frame = pm4py.read_xes(sys.argv[1] + "/claims.xes", return_legacy_log_object=False)
print(json.dumps({"events": len(log.events), "objects": len(log.objects), "relations": len(log.relations),
                  "rows": len(frame), "traces": int(frame["case:concept:name"].nunique()),
                  "zone": str(frame["time:timestamp"].dt.tz)}))
"""
    done = subprocess.run([str(python), "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    read = json.loads(done.stdout.splitlines()[-1])
    ours = json.loads((tmp_path / "claims.json").read_text())
    told = entries_of(store)
    claims = {c: es for c, es in told.items() if not c.startswith("SLR-")}
    assert read == {
        "events": sum(map(len, told.values())),
        "objects": len(ours["objects"]),
        "relations": sum(len(e["relationships"]) for e in ours["events"]),
        "rows": sum(map(len, claims.values())),
        "traces": len(claims),
        "zone": "UTC",
    }
