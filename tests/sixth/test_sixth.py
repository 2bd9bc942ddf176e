"""A sixth programme in a package of its own (``safe_t`` beside this file), which nothing in the project names.

It is registered the public way, once in the process and once as an installed package with an entry point, and then its
diagram, pages, JSON Schema, commands, import and scenarios must be there at once - and gone again afterwards.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from claimdesk import ClaimDesk
from claimdesk.adapters.cli.app import run
from claimdesk.states.codes import DeadlineKind, Described, ReasonCode
from claimdesk.states.errors import ConfigError, InputError
from claimdesk.states.lifecycle import Lifecycle
from claimdesk.states.times import local_day
from claimdesk.testing import programme_faults
from claimdesk.workflow import places, registry
from claimdesk.workflow.rulebook import resolve, shipped
from claimdesk.workflow.scenario import load, run_case
from claimdesk.workflow.scenario import run as run_all

from .safe_t import PROGRAMME
from .safe_t.lifecycle import LIFECYCLE, SafeTNotice, SafeTReasonCode

HERE = Path(__file__).parent
PACKAGE = PROGRAMME.settle.__module__.removesuffix(".rules")
SCENARIOS = HERE / "safe_t" / "scenarios"


@pytest.fixture
def sixth() -> Iterator[None]:
    """The programme registered, and taken out again."""
    registry.register(PROGRAMME, PACKAGE)
    yield
    registry.forget("safe_t")


def claimdesk(capsys, *words: str, db: Path, code: int = 0) -> str:
    assert run([*words, "--db", f"sqlite:///{db}"]) == code, capsys.readouterr()
    return capsys.readouterr().out


# -- registered by the host ------------------------------------------------------------------------------------------


def test_nobody_knows_it_before_and_after(sixth):
    registry.forget("safe_t")
    assert "safe_t" not in registry.names()
    with pytest.raises(InputError, match="no programme safe_t"):
        registry.programme("safe_t")
    assert not [b for b in shipped() if b.startswith("safe_t")]
    registry.register(PROGRAMME, PACKAGE)
    assert "safe_t" in registry.names() and resolve("safe_t-us@2020-01-01").number("safe_t.window") == 60


def test_it_lacks_nothing_and_neither_do_the_shipped_ones(sixth):
    assert {name: programme_faults(name) for name in registry.names()} == {name: [] for name in registry.names()}


@pytest.mark.parametrize("place", ["memory:", "sqlite:"])
def test_its_scenarios_hold(sixth, place, tmp_path):
    url = place if place == "memory:" else f"sqlite:///{tmp_path}/claims.db"
    results = [
        run_case(one, lambda **given: ClaimDesk.open(url, **given), namespace=str(number))
        for number, one in enumerate(load(SCENARIOS / "safe_t.yaml"))
    ]
    assert len(results) == 9
    assert [d for result in results for d in result.differences] == []


@pytest.mark.long
def test_its_scenarios_hold_on_postgresql(sixth, postgres_database, tmp_path):
    opened = partial(ClaimDesk.open, postgres_database, keys=str(tmp_path / "keys"))
    results = list(run_all(load(SCENARIOS / "safe_t.yaml"), opened, namespace="pg"))
    assert len(results) == 9
    assert [d for result in results for d in result.differences] == []


def test_a_scenario_that_is_wrong_falls_short(sixth, tmp_path, capsys):
    text = (SCENARIOS / "safe_t.yaml").read_text("utf-8").replace('"4999.99 USD"}\n', '"4999.98 USD"}\n')
    assert text.count("4999.98") == 1
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(text, "utf-8")
    assert run(["scenario", "run", str(wrong), "--json"]) == 1
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [r["name"] for r in found if not r["ok"]] == ["one cent under the cap"]


def test_its_commands_work(sixth, tmp_path, capsys):
    db = tmp_path / "claims.db"
    schema = json.loads(claimdesk(capsys, "schema", "file", "--programme", "safe_t", db=db))
    assert schema["$id"] == "claimdesk:safe_t/file" and "refund_debited_on" in schema["properties"]
    assert "send_photos" in claimdesk(capsys, "schema", "--programme", "safe_t", db=db).split()
    filing = ("file", "--programme", "safe_t", "--marketplace", "US", "--seller", "A9", "--new-seller")
    debited = local_day(datetime.now(UTC), "America/Los_Angeles") - timedelta(days=10)
    facts = ("order.id=114-1", "refund=80.00 USD", f"refund_debited_on={debited}", "a_to_z_claim=false")
    made = json.loads(claimdesk(capsys, *filing, *facts, "--json", db=db))
    claim = made["claim"]
    assert made["state"] == "awaiting_photos"
    shown = claimdesk(capsys, "show", claim, db=db)
    assert "awaiting_photos" in shown and "photos" in shown
    assert "send_photos" in claimdesk(capsys, "actions", claim, db=db)
    asked = claimdesk(capsys, "explain", claim, db=db)
    assert "the seller's photos" in asked and "the claim is denied." in asked
    assert "filed -> " not in claimdesk(capsys, "do", "note", claim, "text=looked at", db=db)
    done = claimdesk(capsys, "do", "send-photos", claim, "photos=P1", db=db)
    assert done == f"{claim}  send_photos: awaiting_photos -> closed\n"
    with ClaimDesk.open(f"sqlite:///{db}", actor="cs:mei") as desk:
        assert str(desk.get(claim).paid_by_amazon) == "80.00 USD"
    said = claimdesk(capsys, "explain", claim, db=db)
    assert "filed within 60 days of the refund debit; on file: day 10  [DOMAIN 3.4" in said
    assert "照片已提交" in claimdesk(capsys, "explain", claim, "--lang", "zh-CN", db=db)
    assert "Photos received" in claimdesk(capsys, "timeline", claim, db=db)
    assert claim in claimdesk(capsys, "list", "--programme", "safe_t", db=db)
    assert "safe_t-us" in claimdesk(capsys, "rules", "list", db=db)


def test_its_claims_are_imported_beside_the_others(sixth, tmp_path, capsys):
    common = {"marketplace": "US", "filed_at": "2024-06-03T09:00:00-07:00", "seller": {"id": "A9"}}
    ours = {**common, "programme": "safe_t", "refund": "80.00 USD", "photos": ["P1"], "a_to_z_claim": False}
    lines = [
        {**ours, "order": {"id": "1"}, "refund_debited_on": "2024-04-04"},
        {**ours, "order": {"id": "2"}, "refund_debited_on": "2024-04-03"},
        {**ours, "order": {"id": "3"}, "refund_debited_on": "2024-04-04", "photos": []},
        {**ours, "order": {"id": "4"}, "refund": 80},
        {**common, "order": {"id": "5"}, "losses": [{"head": "medical", "amount": "1.00 USD"}]},
    ]
    file = tmp_path / "lines.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    out = claimdesk(capsys, "triage", str(file), "--json", db=tmp_path / "claims.db", code=1)
    found = [json.loads(line) for line in out.splitlines()]
    assert [f.get("outcome", "rejected") for f in found[:4]] == ["auto_pay", "deny", "request_information", "rejected"]
    assert found[0]["paid_by_amazon"] == "80.00 USD" and found[0]["rulebook"] == "safe_t-us@2020-01-01"
    assert found[1]["reasons"][0]["code"] == "after_days_of_debit"
    assert found[4]["rulebook"].startswith("pdpi-us@")


def test_its_pages_and_its_diagram_are_made(sixth):
    from docs.conftest import tool  # noqa: PLC0415  # the tools, as the tests of the pages load them

    page = tool("docpages.lifecycles")._programme(PROGRAMME).text
    assert "awaiting_photos --> denied: lapse_photos" in page
    assert "| `photos` | the seller's photos | 卖家照片 | 7 days (`safe_t.photos_window`) |" in page
    row = next(line for line in page.splitlines() if line.startswith("| `awaiting_photos` |"))
    assert row.endswith("| `photos` |")  # seen in its own scenarios
    payloads = tool("docpages.payloads")._programme(PROGRAMME).text
    assert "| `refund_debited_on` |" in payloads
    words_of = tool("docpages.codes").words_of
    assert words_of(SafeTReasonCode, SafeTReasonCode.PHOTOS_SENT)["zh-CN"] == "照片已提交（{value}）。"
    assert words_of(SafeTNotice, SafeTNotice.PHOTOS_REQUESTED)["zh-CN"] == "致卖家：请提交照片"
    books = {page.path for page in tool("docpages.rulebooks").pages()}
    assert "reference/rulebooks/safe_t-us.md" in books
    assert "awaiting_photos --> filed: send_photos" in LIFECYCLE.mermaid()


# -- what is refused -------------------------------------------------------------------------------------------------


class Again(Described):
    """A code that says again what the shared kind has."""

    APPEAL = "appeal", "said twice"


UNSOUND = {
    "a shipped id": (replace(PROGRAMME, id="pdpi"), PACKAGE, "there is a programme of this id already"),
    "not a name": (replace(PROGRAMME, id="Safe-T"), PACKAGE, "lower-case letters"),
    "another lifecycle": (
        replace(PROGRAMME, lifecycle=Lifecycle("other", LIFECYCLE.states, LIFECYCLE.rows)),
        PACKAGE,
        "its lifecycle is called 'other'",
    ),
    "a verb nobody handles": (
        replace(PROGRAMME, handlers={k: v for k, v in PROGRAMME.handlers.items() if k != "send_photos"}),
        PACKAGE,
        "nothing handles the verb send_photos",
    ),
    "a verb without a row": (
        replace(PROGRAMME, handlers={**PROGRAMME.handlers, "deny": PROGRAMME.handlers["withdraw"]}),
        PACKAGE,
        "deny is handled, but no row",
    ),
    "a code said twice": (replace(PROGRAMME, codes={DeadlineKind: Again}), PACKAGE, "says again what DeadlineKind has"),
    "no files": (PROGRAMME, "json", "there is no rulebook of it"),
}


@pytest.mark.parametrize(("programme", "package", "said"), UNSOUND.values(), ids=UNSOUND)
def test_an_unsound_programme_is_refused_with_every_fault_and_leaves_nothing(programme, package, said):
    before = registry.names(), places.added(), len(shipped())
    with pytest.raises(ConfigError, match="programme_unsound|" + said) as refused:
        registry.register(programme, package)
    assert said in refused.value.message and refused.value.exit_code == 2
    assert (registry.names(), places.added(), len(shipped())) == before
    assert registry.programme("pdpi").codes.get(ReasonCode) is None


def test_what_a_programme_lacks_is_said(sixth):
    registry.forget("safe_t")
    short = replace(PROGRAMME, codes={**PROGRAMME.codes, ReasonCode: Again})
    registry.register(short, PACKAGE)
    assert programme_faults("safe_t") == ["reasons.toml has no words for appeal"]


# -- installed -------------------------------------------------------------------------------------------------------


def install(folder: Path, module: str) -> Path:
    """What pip leaves of a package that names its programme: its metadata with an entry point."""
    info = folder / "safe_t_claims-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: safe-t-claims\nVersion: 1.0\n", "utf-8")
    (info / "entry_points.txt").write_text(f"[{registry.GROUP}]\nsafe_t = {module}\n", "utf-8")
    return folder


def claimdesk_apart(folders: list[Path], *words: str) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own, with these folders installed."""
    code = f"import sys; sys.path[:0] = {[str(f) for f in folders]!r}; from claimdesk.adapters.cli.app import run; "
    return subprocess.run(
        [sys.executable, "-c", f"{code}sys.exit(run({list(words)!r}))"], capture_output=True, text=True, check=False
    )


def test_an_installed_package_is_found_by_its_entry_point(tmp_path):
    install(tmp_path, "safe_t")
    done = claimdesk_apart([tmp_path, HERE], "scenario", "run", str(SCENARIOS), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert [json.loads(line)["ok"] for line in done.stdout.splitlines()] == [True] * 9
    assert claimdesk_apart([tmp_path, HERE], "rules", "show", "safe_t-us").stdout.startswith("safe_t-us@2020-01-01")


def test_a_broken_package_is_named_and_a_shipped_programme_still_answers(tmp_path):
    install(tmp_path, "no_such_module_at_all")
    done = claimdesk_apart([tmp_path], "schema", "file", "--programme", "safe_t")
    assert done.returncode == 2 and "programme_broken" in done.stderr and "no_such_module_at_all" in done.stderr
    assert claimdesk_apart([tmp_path], "schema", "file", "--programme", "pdpi").returncode == 0
