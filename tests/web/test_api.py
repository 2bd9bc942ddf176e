"""The HTTP API: the desk's own answers, over a real connection; every answer is held against the API's description."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from claimdesk.adapters.desk import ClaimDesk
from claimdesk.adapters.web import app as web_app
from claimdesk.adapters.web.asking import BODY_MAX
from claimdesk.adapters.web.endpoints import ENDPOINTS
from claimdesk.adapters.web.openapi import claims_programmes, document, verbs_of
from claimdesk.adapters.web.serving import working
from claimdesk.adapters.worker import Round
from claimdesk.states.errors import StorageError
from claimdesk.testing import FrozenClock
from control.office import PEOPLE

from .served import CLAIM, VALID, Api, serving

AT = "2024-06-03T16:00:00+00:00"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """One server for tests that only need a claim of their own."""
    folder = tmp_path_factory.mktemp("api")
    with serving(f"sqlite:///{folder}/c.db", clock=FrozenClock(AT), sender="memory") as found:
        yield found


# ---------------------------------------------------------------- claims


def test_a_claim_from_filing_to_its_payment_and_what_is_said_of_it(api: Api):
    made = api.post("/v1/claims", {**CLAIM, "order": {"id": "way-1"}})
    claim = made.json["claim"]
    assert (made.status, made.json["state"]) == (201, "filed")
    assert made.headers["location"] == f"/v1/claims/{claim}"
    tried = api.post(f"/v1/claims/{claim}/record_screening?dry_run=true", VALID)
    assert (tried.json["state"], tried.json["dry_run"]) == ("proof_requested", True)
    assert api.get(f"/v1/claims/{claim}").json == made.json, "a dry run writes nothing"
    done = api.post(f"/v1/claims/{claim}/record_screening", VALID)
    assert done.json["visited"] == ["filed", "approved", "amazon_paid", "proof_requested"]
    assert done.json == {**api.desk.get(claim).to_dict(), "dry_run": False}, "the library says the same"
    why = api.get(f"/v1/claims/{claim}/explain?lang=zh-CN").json
    assert why["text"] == api.desk.explain(claim, lang="zh-CN")
    assert "under_small_claim_limit" in {r["code"] for d in why["decisions"] for r in d["reasons"]}
    assert api.get(f"/v1/claims/{claim}/timeline").json["timeline"] == api.desk.timeline(claim)
    assert api.get(f"/v1/claims/{claim}/actions").json == api.desk.actions(claim)
    moved = api.get(f"/v1/claims/{claim}/ledger").json["transfers"]
    assert [(t["kind"], t["amount"]) for t in moved] == [("authorize", "640.00 USD"), ("post", "640.00 USD")]
    first = api.get(f"/v1/claims/{claim}/ledger?limit=1").json
    assert api.get(f"/v1/claims/{claim}/ledger?after={first['next']}").json["transfers"] == moved[1:]


def test_a_claim_is_shown_after_a_tick(api: Api):
    claim = api.filed(order={"id": "tick-1"})
    still = api.post(f"/v1/claims/{claim}/tick?dry_run=true")
    assert (still.status, still.json["version"]) == (200, 1)
    ticked = api.post(f"/v1/claims/{claim}/tick")
    assert (ticked.status, ticked.json["version"]) == (200, 2), "its letter was handed over"


def test_a_refusal_says_what_is_unmet_and_what_is_possible(api: Api):
    claim = api.filed(order={"id": "no-1"})
    said = api.post(f"/v1/claims/{claim}/decide_dispute", {"decision": "deny", "reason": "none"})
    assert (said.status, said.code) == (409, "not_allowed_from_state")
    assert said.json["state"] == "filed"
    assert "record_screening" in said.json["allowed"]
    assert said.json["unmet"][0]["rule"] == "lifecycle.pdpi"
    meaning = api.get(said.json["type"]).json
    assert (meaning["code"], bool(meaning["meaning"])) == ("not_allowed_from_state", True)


LOSS_WITHOUT_HEAD = {**CLAIM, "losses": [{"amount": "640.00 USD"}]}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code", "why"),
    [
        ("GET", "/v1/claims/CLM-0", None, 404, "unknown_claim", "no such claim"),
        ("GET", "/v1/sellers/NOBODY", None, 404, "unknown_seller", "no such seller"),
        ("GET", "/v1/claims/CLM-0/nothing", None, 405, "wrong_method", "a verb is posted"),
        ("POST", "/v1/claims/CLM-0/explain", {}, 405, "wrong_method", "what is read is not posted"),
        ("POST", "/v1/sellers/S1/odr", {}, 405, "wrong_method", "what is read is not posted"),
        ("DELETE", "/v1/claims", None, 405, "wrong_method", "nothing is ever deleted"),
        ("GET", "/v2/claims", None, 404, "no_such_page", "no such address"),
        ("GET", "/errors/nothing", None, 404, "no_such_page", "no such code"),
        ("GET", "/v1/claims?statte=filed", None, 422, "unknown_parameter", "a misspelt question is no answer"),
        ("GET", "/v1/claims?state=a&state=b", None, 422, "told_twice", "one of them would be read by nobody"),
        ("GET", "/v1/claims?state=fileed", None, 422, "not_a_choice", "a misspelt word is no answer"),
        ("GET", "/v1/claims?limit=0", None, 422, "out_of_range", "under the least"),
        ("GET", "/v1/claims?limit=1", None, 200, None, "the least"),
        ("GET", "/v1/claims?limit=1000", None, 200, None, "the most"),
        ("GET", "/v1/claims?limit=1001", None, 422, "out_of_range", "over the most"),
        ("GET", "/v1/claims?limit=1e3", None, 422, "out_of_range", "no whole number"),
        ("GET", "/v1/sellers?state=filed", None, 422, "not_a_choice", "a claim's state is no file's"),
        ("POST", "/v1/claims?dry_run=yes", CLAIM, 422, "wrong_type", "neither true nor false"),
        ("POST", "/v1/claims", {}, 422, "missing_field", "no marketplace"),
        ("POST", "/v1/claims", {**CLAIM, "actor": "rules"}, 422, "unknown_field", "who acts is not in the body"),
        ("POST", "/v1/claims", {**CLAIM, "dry_run": True}, 422, "unknown_field", "a trial is asked for beside it"),
        ("POST", "/v1/claims", LOSS_WITHOUT_HEAD, 422, "missing_field", "a loss without a head"),
        ("POST", "/v1/claims", {"marketplace": "XX", "seller": "A"}, 422, "no_rulebook", "no such marketplace"),
        ("POST", "/v1/claims", {"marketplace": "XX", "seller": "A", "ground": "not_received"}, 422, "no_rulebook",
         "nor for the programme it is meant for"),
        ("POST", "/v1/sellers/A1/record_certificate", {}, 422, "missing_field", "nothing is no certificate"),
        ("POST", "/v1/claims/CLM-0/fly", {}, 404, "unknown_claim", "the claim comes first"),
        ("POST", "/v1/claims/CLM-0/file", {}, 404, "unknown_verb", "what is on file is not filed"),
        ("POST", "/v1/claims/CLM-0/tick", {}, 404, "unknown_claim", "no such claim"),
        ("POST", "/v1/claims/CLM-0/tick", {"until": "now"}, 422, "unknown_field", "a tick takes nothing"),
        ("POST", "/v1/claims/CLM-0/personal", {}, 422, "missing_field", "nobody looks without a purpose"),
        ("POST", "/v1/tick?until=2999-01-01T00:00:00Z", {}, 422, "not_here", "no clock runs out before its time"),
        ("POST", "/v1/tick?until=2999-01-01T00:00:00Z&dry_run=true", {}, 200, None, "a look ahead"),
        ("POST", "/v1/claims/CLM-0/proposals/deny", {}, 409, "roles_off", "nothing to propose without roles"),
        ("POST", "/v1/proposals/PRP-0/eat", {}, 404, "no_such_page", "no such answer"),
    ],
)  # fmt: skip
def test_what_is_not_usable_is_told_so(
    api: Api, method: str, path: str, body: Any, status: int, code: str | None, why: str
):
    said = api.ask(method, path, body)
    assert said.status == status, why
    assert code is None or said.code == code, why


def test_an_error_points_into_the_body_and_repeats_nothing(api: Api):
    said = api.post("/v1/claims", {**CLAIM, "losses": [{"head": "Jane Roe", "amount": "640.00 USD"}]})
    assert said.json["errors"] == [{"pointer": "#/losses/0/head", "detail": said.json["detail"]}]
    assert b"Jane" not in said.raw
    assert "errors" not in api.get("/v1/claims?limit=x").json, "a parameter is no place in a body"


@pytest.mark.parametrize(
    ("raw", "kind", "status", "code", "why"),
    [
        (b"{" + b" " * (BODY_MAX - 2) + b"}", "application/json", 422, "missing_field", "as long as a body may be"),
        (b"{" + b" " * (BODY_MAX - 1) + b"}", "application/json", 413, "too_long", "one byte more"),
        (b"{}", "text/plain", 415, "not_json_type", "what a page in a browser may send unasked"),
        (b"{}", "", 415, "not_json_type", "no type at all"),
        (b"{}", "application/json; charset=utf-8", 422, "missing_field", "with its encoding"),
        (b"[" * 100_000, "application/json", 422, None, "too deep"),
        (b'{"a":1,"a":2}', "application/json", 422, None, "two readers would see two claims"),
        (b'{"a":NaN}', "application/json", 422, None, "no number"),
        (b'{"a":"\xff"}', "application/json", 422, "not_utf8", "no text"),
        (b"[]", "application/json", 422, "not_an_object", "a list"),
    ],
)
def test_a_body_is_read_strictly(api: Api, raw: bytes, kind: str, status: int, code: str | None, why: str):
    said = api.ask("POST", "/v1/claims", raw=raw, content_type=kind)
    assert said.status == status, why
    assert code is None or said.code == code, why


def test_a_body_that_never_ends_is_not_waited_for(api: Api, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(web_app, "SLOW", 0.2)
    said = api.ask("POST", "/v1/claims", raw=b"{}", content_length="3")
    assert (said.status, said.code) == (408, "too_slow")


def test_the_list_comes_page_by_page(api: Api):
    made = [api.filed(order={"id": f"page-{n}"}, seller={"id": "APAGES"}) for n in range(5)]
    found: list[str] = []
    path = "/v1/claims?seller=APAGES&limit=2"
    sizes: list[int] = []
    after = ""
    while True:
        page = api.get(path + after).json
        sizes.append(len(page["claims"]))
        found += [one["claim"] for one in page["claims"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert (found, sizes) == (sorted(made), [2, 2, 1])
    assert api.get("/v1/claims?order=page-3").json["claims"][0]["claim"] == made[3]


def test_a_claim_as_it_stood(api: Api):
    claim = api.filed(order={"id": "past-1"})
    assert api.get(f"/v1/claims/{claim}?at=2024-06-03T16:00:00Z").json["state"] == "filed"
    early = api.get(f"/v1/claims/{claim}?at=2024-06-03T15:59:59Z")
    assert (early.status, early.code) == (404, "unknown_claim")
    naive = api.get(f"/v1/claims/{claim}?at=2024-06-03T16:00:00")
    assert naive.status == 422


# ---------------------------------------------------------------- once


def test_the_same_key_files_once_whoever_asks_at_the_same_time(api: Api):
    body = {**CLAIM, "order": {"id": "once-1"}}
    with ThreadPoolExecutor(8) as many:
        said = list(many.map(lambda _: api.post("/v1/claims", body, idempotency_key="help-1"), range(16)))
    assert {one.status for one in said} == {201}
    assert len({one.json["claim"] for one in said}) == 1
    assert len(api.get("/v1/claims?order=once-1").json["claims"]) == 1
    other = api.post("/v1/claims", {**body, "incident_on": "2024-06-02"}, idempotency_key="help-1")
    assert (other.status, other.code) == (422, "idempotency_mismatch")


def test_a_version_that_was_read_is_the_one_that_is_changed(api: Api):
    claim = api.filed(order={"id": "tag-1"})
    tag = api.get(f"/v1/claims/{claim}").headers["etag"]
    assert api.get(f"/v1/claims/{claim}", if_none_match=tag).status == 304
    noted = api.post(f"/v1/claims/{claim}/note", {"text": "called"}, if_match=tag)
    assert (noted.status, noted.headers["etag"] != tag) == (200, True)
    stale = api.post(f"/v1/claims/{claim}/note", {"text": "again"}, if_match=tag)
    assert (stale.status, stale.code) == (412, "stale_version")
    assert api.get(f"/v1/claims/{claim}", if_none_match=tag).status == 200
    odd = api.post(f"/v1/claims/{claim}/note", {"text": "x"}, if_match='W/"1"')
    assert (odd.status, odd.code) == (400, "not_a_version")
    assert api.post("/v1/claims", CLAIM, if_match='"1"').code == "not_here"


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_payment_confirmed_many_times_at_once_is_one_payment(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
):
    url = f"sqlite:///{tmp_path}/c.db" if kind == "sqlite" else str(request.getfixturevalue("postgres_database"))
    parts = {"clock": FrozenClock(AT), "sender": "memory", "payments": "manual", "keys": str(tmp_path / "keys")}
    with serving(url, **parts) as api:
        claim = api.filed()
        assert api.post(f"/v1/claims/{claim}/record_screening", VALID).json["state"] == "approved"
        with ThreadPoolExecutor(8) as many:
            said = list(many.map(lambda n: api.post(f"/v1/claims/{claim}/confirm_payment", {"ref": f"b{n}"}), range(8)))
        assert sorted(one.status for one in said) == [200, *[409] * 7]
        moved = api.get(f"/v1/claims/{claim}/ledger").json["transfers"]
        assert sorted(one["kind"] for one in moved) == ["authorize", "post"]


# ---------------------------------------------------------------- sellers, files, second persons


def test_a_sellers_file_over_http(api: Api):
    set_ = api.post("/v1/sellers/ANEW/update_seller", {"in_good_standing": True, "orders_60d": 200})
    assert (set_.status, set_.json["facts"]["orders_60d"]) == (200, 200)
    told = api.post("/v1/sellers/ANEW/record_proceeds", {"month": "2024-04", "amount": "10000.01 USD"})
    assert told.json["required"] is True
    assert api.get("/v1/sellers/ANEW").json["state"] == told.json["state"]
    assert "ANEW" in {one["seller"] for one in api.get("/v1/sellers?limit=1000").json["sellers"]}
    odr = api.get("/v1/sellers/ANEW/odr?as_of=2024-06-03").json
    assert (odr["odr_orders"], odr["odr_within_target"]) == (200, True)
    moved = api.post("/v1/sellers/ANEW/update_seller?dry_run=true", {"orders_60d": 5})
    assert moved.json["facts"]["orders_60d"] == 5
    assert api.get("/v1/sellers/ANEW").json["facts"]["orders_60d"] == 200


def test_lines_are_triaged_in_order_and_none_is_lost(api: Api):
    good = {**CLAIM, "source": "t", "source_id": "1", "screening": VALID, "order": {"id": "line-1"}}
    raw = b"\n".join([json.dumps(good).encode(), b"broken", json.dumps(good).encode()])
    said = api.ask("POST", "/v1/triage", raw=raw, content_type="application/jsonl")
    rows = [json.loads(line) for line in said.raw.splitlines()]
    assert [row["status"] for row in rows] == ["created", "rejected", "duplicate"]
    again = api.ask("POST", "/v1/triage", raw=raw, content_type="application/x-ndjson")
    assert [json.loads(line)["status"] for line in again.raw.splitlines()] == ["unchanged", "rejected", "unchanged"]


def test_personal_data_only_for_a_purpose_and_on_record(api: Api):
    claim = api.filed(order={"id": "look-1"}, claimant={"name": "Jane Roe", "contact": "jane@example.org"})
    assert b"Jane" not in api.get(f"/v1/claims/{claim}").raw
    shown = api.post(f"/v1/claims/{claim}/personal", {"purpose": "handling"})
    assert shown.json["personal"]["claimant"]["name"] == "Jane Roe"


def test_with_roles_on_the_caller_needs_them_and_two_decide(tmp_path: Path):
    with serving(f"sqlite:///{tmp_path}/c.db", clock=FrozenClock(AT), sender="memory", payments="manual") as api:
        for name, role in PEOPLE.items():
            api.desk.grant(name, role, by="setup")
        api.desk.switch_on("roles", by="it:ana")
        mei, lin, eva = ({"claimdesk_actor": name} for name in ("cs:mei", "lead:lin", "audit:eva"))
        big = {**CLAIM, "losses": [{"head": "medical", "amount": "9000.00 USD"}]}
        claim = api.post("/v1/claims", big, **mei).json["claim"]
        assert api.post(f"/v1/claims/{claim}/record_screening", VALID, **eva).status == 403
        api.post(f"/v1/claims/{claim}/record_screening", VALID, **mei)
        api.post(f"/v1/claims/{claim}/respond", {"position": "reject", "by": "seller"}, **mei)
        step = {"decision": "step_in", "reason": "sound"}
        alone = api.post(f"/v1/claims/{claim}/decide_dispute", step, **mei)
        assert alone.code == "needs_second_person"
        made = api.post(f"/v1/claims/{claim}/proposals/decide_dispute", step, **mei)
        assert made.status == 201
        assert [one["id"] for one in api.get("/v1/proposals").json["proposals"]] == [made.json["id"]]
        own = api.post(f"/v1/proposals/{made.json['id']}/approve", {}, **mei)
        assert (own.status, own.code) == (409, "needs_second_person")
        done = api.post(f"/v1/proposals/{made.json['id']}/approve", {"reason": "agreed"}, **lin)
        assert (done.status, done.json["state"]) == (200, "approved")
        assert api.get(f"/v1/proposals?claim={claim}").json["proposals"] == []


# ---------------------------------------------------------------- the API itself


def test_a_fault_of_ours_is_told_without_its_text(api: Api, monkeypatch: pytest.MonkeyPatch):
    claim = api.filed(order={"id": "fault-1"})

    def broken(*_words: Any, **_named: Any) -> Any:
        raise RuntimeError("Jane Roe, broken arm")

    monkeypatch.setattr("claimdesk.workflow.deskreads.Reads.actions", broken)
    said = api.get(f"/v1/claims/{claim}/actions", x_request_id="REQ-from-the-host")
    assert (said.status, said.code) == (500, "internal")
    assert said.json["request"] == "REQ-from-the-host"
    assert b"Jane" not in said.raw


def test_the_request_id_is_taken_over_only_where_it_is_one(api: Api):
    assert api.get("/healthz", x_request_id="abcdefgh-1").headers["x-request-id"] == "abcdefgh-1"
    assert re.fullmatch(r"REQ-[0-9a-f]{16}", api.get("/healthz", x_request_id="a b").headers["x-request-id"])
    assert api.get("/readyz").json == {"ok": True}


def test_the_description_names_every_endpoint_and_resolves_every_reference():
    told = document()
    paths = told["paths"]
    assert {e.path for e in ENDPOINTS if "{verb}" not in e.path} <= set(paths)
    names = [op["operationId"] for operations in paths.values() for op in operations.values()]
    assert len(names) == len(set(names))
    assert "post" in paths["/v1/claims/{claim}/record_screening"]
    text = json.dumps(told)
    for name in set(re.findall(r'"\$ref": "#/components/schemas/([^"]+)"', text)):
        assert name in told["components"]["schemas"], name
    assert '"#/$defs' not in text


def test_every_verb_of_a_claim_has_an_address():
    paths = document()["paths"]
    for programme in claims_programmes():
        for verb in verbs_of(programme):
            assert f"/v1/claims/{{claim}}/{verb}" in paths, f"{programme} {verb}"


def test_a_worker_that_a_fault_has_ended_begins_again(tmp_path: Path):
    ends = [StorageError("connection_lost", "no line"), RuntimeError("Jane Roe"), None]
    rounds: list[Round] = []
    worked = threading.Event()

    def opened() -> ClaimDesk:
        fault = ends.pop(0) if ends else None
        if fault is not None:
            raise fault
        return ClaimDesk.open(f"sqlite:///{tmp_path}/c.db", actor="system:http", sender="memory")

    def told(done: Round) -> None:
        rounds.append(done)
        if done.tick is not None:
            worked.set()

    with working(opened, 0.01, told):
        assert worked.wait(20)
    assert [one.fault.code for one in rounds[:2] if one.fault] == ["connection_lost", "internal"]
    assert "Jane" not in repr(rounds)
