"""Hostile payloads for every verb and for intake lines: a refusal by name, or a sound write; never anything else.

Whatever comes in, only errors of ours come out, none of them repeats a personal value, and nothing is half-written.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from claimdesk import ClaimdeskError, Money
from claimdesk.adapters.open_store import open_store
from claimdesk.workflow.lines import Line
from claimdesk.workflow.ports import CaseFilter, Store
from claimdesk.workflow.triage import triage
from support.checks import faults
from support.desks import PAYLOADS, ROADS, Drive, filing, seller, snapshot

CANARY = "Zilpha-Quimby-canary"

#: What a payload may hold that nobody thought of.
ODD: list[Any] = [
    None, True, False, 0, -1, 1, 2**31, 2**53, 2**63, 10**30, -(10**30), 1.5, -0.0, float("nan"), float("inf"),
    "", " ", "\x00", "a\x00b", "\ud800", "ok \udfff", "\u202etxt", "\u200b", "\ufeff", "\U0001f600", "\n", "x" * 501,
    "x" * 20_001, "x" * 200_000, "0001-01-01", "9999-12-31", "2024-02-30", "10000-01-01", "-1.00 USD", "1e3 USD",
    "999999999999999.99 USD", "1.00 XXX", "600.00 CAD", "unknown", "valid", b"bytes", Decimal("1.5"), Decimal("NaN"),
    date.min, date.max, datetime(2024, 6, 1),  # noqa: DTZ001
    datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC),
    [], [None], [[]], {}, {"": 1}, {1: 2}, {None: None}, {"a": {"b": {"c": {}}}}, (), {1, 2}, object,
    Money("1.00", "USD"),
]  # fmt: skip


EVERY_CHECK: Any = list(HealthCheck)  # pyright: ignore[reportArgumentType]


def nested(depth: int) -> Any:
    found: Any = "x"
    for _ in range(depth):
        found = [found]
    return found


def mapped(depth: int) -> Any:
    found: Any = "x"
    for _ in range(depth):
        found = {"a": found}
    return found


VALUES = st.recursive(
    st.sampled_from(ODD) | st.text(max_size=8) | st.integers() | st.floats() | st.dates() | st.just(CANARY),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
) | st.sampled_from([nested(50), nested(900), mapped(50), mapped(900)])  # fmt: skip
NAMES = sorted(
    {name for payload in PAYLOADS.values() for name in payload}
    | {"incident_on", "order", "claimant", "injury", "cause", "other_venue", "fraud_indicators", "source", "source_id",
       "description", "language", "reason", "approved_by", "grounds", "findings", "by", "ref", "on", "items", "done",
       "pause_clocks", "seller_is_reseller", "arson_suspected", "marketplace"}
)  # fmt: skip
FREE = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=6), VALUES, max_size=4)


def mutated(payload: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """The good payload with some of its values replaced, or with things added."""
    return FREE.map(lambda extra: {**payload, **extra})


def rows(store: Store) -> dict[str, Any]:
    with store.read() as unit:
        ids = [c.id for c in unit.list_cases(CaseFilter(limit=1000))]
    return snapshot(store, *ids)


def tried(drive: Drive, act: Any) -> None:
    """Done, or refused by an error of ours; a refusal changes nothing and says nothing personal."""
    before = rows(drive.desk.store)
    try:
        act()
    except ClaimdeskError as error:
        assert error.code
        assert CANARY not in f"{error} {error.to_dict()} {error!r}"
        assert rows(drive.desk.store) == before
    found = faults(drive.desk.store)
    assert not found, found


@cache
def taking(verb: str) -> list[str]:
    """The states that take a verb."""
    drive = Drive.start()
    return [state for state in ROADS if verb in drive.desk.actions(drive.to(state).id)["can"]] or ["filed"]


@pytest.mark.parametrize("verb", sorted(PAYLOADS))
@settings(max_examples=12, suppress_health_check=EVERY_CHECK)
@given(st.data())
def test_a_hostile_payload_of_a_verb(verb, data):
    """In a state that takes the verb, so that what passes the checks is really written."""
    drive = Drive.start(plain=data.draw(st.booleans()))
    drive.to("closed")  # another claim beside it, which must stay as it is
    claim = drive.to(data.draw(st.sampled_from(taking(verb))))
    payload = data.draw(mutated(PAYLOADS[verb]))
    tried(drive, lambda: drive.desk.do(verb, claim.id, payload, reason=f"so {CANARY}", approved_by="cs:bo"))


@settings(max_examples=120, suppress_health_check=EVERY_CHECK)
@example({**filing(), "losses": [{"head": [], "amount": "1.00 USD"}]})
@given(mutated(filing()))
def test_a_hostile_filing(payload):
    drive = Drive.start(plain=False)
    marketplace: Any = payload.pop("marketplace", "US")
    named = {k: v for k, v in payload.items() if isinstance(k, str) and k not in ("reason", "self")}
    tried(drive, lambda: drive.desk.file(marketplace=marketplace, **named))


@settings(max_examples=80, suppress_health_check=EVERY_CHECK)
@given(
    st.dictionaries(st.sampled_from(["id", "certificates", "proceeds", "requests", "language", "trade_names"]), VALUES)
    | VALUES
)
def test_a_hostile_seller(told):
    drive = Drive.start(plain=False)
    given_seller = {**seller(), **told} if isinstance(told, dict) else told
    tried(drive, lambda: drive.desk.file(**{**filing(), "seller": given_seller}))


@settings(max_examples=60, suppress_health_check=EVERY_CHECK)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "actor": VALUES, "reason": VALUES, "at": VALUES, "approved_by": VALUES,
            "idempotency_key": VALUES, "expected_version": VALUES,
        },
    )
)  # fmt: skip
def test_hostile_things_beside_a_payload(beside):
    drive = Drive.start()
    claim = drive.to("recovery_due")
    tried(drive, lambda: drive.desk.do("record_recovery", claim.id, {"amount": "1.00 USD"}, **beside))


@pytest.mark.parametrize("odd", ODD, ids=lambda value: ascii(value)[:24])
def test_a_hostile_claim_id(odd):
    drive = Drive.start()
    drive.to("filed")
    tried(drive, lambda: drive.desk.note(odd, text="x"))
    tried(drive, lambda: drive.desk.get(odd))
    tried(drive, lambda: list(drive.desk.list(after=odd)))


@pytest.mark.parametrize(
    ("verb", "payload"),
    [
        ("file", {"claimant": {"name": CANARY, "age": CANARY}}),
        ("file", {"claimant": {CANARY: 1}}),
        ("file", {"injury": {"kind": CANARY}}),
        ("file", {"description": CANARY + "\x00"}),
        ("file", {"claimant": {"contact": [CANARY]}}),
        ("record_screening", {"verdict": "valid", "findings": [CANARY]}),
        ("note", {"text": {"x": CANARY}}),
        ("respond", {"position": CANARY, "grounds": CANARY}),
    ],
)
def test_a_refusal_never_repeats_what_was_personal(verb, payload):
    drive = Drive.start()
    claim = drive.to("seller_notified" if verb == "respond" else "filed")
    with pytest.raises(ClaimdeskError) as refused:
        if verb == "file":
            drive.desk.file(**{**filing(), **payload})
        else:
            drive.desk.do(verb, claim.id, payload)
    assert CANARY not in f"{refused.value} {refused.value.to_dict()}"


LINES = st.dictionaries(
    st.sampled_from([*NAMES, "programme", "filed_at", "screening", "seller", "losses"]) | st.text(max_size=5),
    VALUES,
    max_size=5,
)


@settings(max_examples=60, suppress_health_check=EVERY_CHECK)
@example([{"losses": [{"head": {}, "amount": "1.00 USD"}]}], 3)
@given(st.lists(LINES, min_size=1, max_size=4), st.integers(1, 3))
def test_hostile_lines_never_stop_the_file(hostile, batch):
    """Good lines before, between and after are filed: read = created + unchanged + duplicate + rejected."""
    drive = Drive.start(payments="instant", plain=False)
    fields: list[dict[str, Any]] = []
    for n, line in enumerate(hostile):
        fields += [{**filing(order=f"good-{n}"), "source_id": f"good-{n}"}, {**filing(order=f"bad-{n}"), **line}]
    source = [Line(n, dict(f), None, "") for n, f in enumerate(fields, 1)]
    results = list(triage(drive.desk, source, run_id="IMP-1", batch=batch))
    assert [r["line"] for r in results] == [line.number for line in source]
    assert {r["status"] for r in results} <= {"created", "duplicate", "unchanged", "rejected"}
    assert all(r["status"] == "created" for r in results[::2])
    for result in results:
        if result["status"] == "rejected":
            assert result["error"]["code"] and result["error"]["message"]
            assert CANARY not in str(result)
    found = faults(drive.desk.store)
    assert not found, found


def test_a_refused_line_leaves_nothing_of_its_seller_behind():
    """The line before named the same seller: what the refused line said about it is forgotten too."""
    drive = Drive.start(payments="instant", plain=False)
    too_much = [{"head": "property_damage", "amount": "1.00 USD"}] * 3000
    good = {**filing(order="114-1"), "source_id": "1"}
    bad = {**filing(order="114-2", seller=seller(insurance_required=True)), "source_id": "2", "losses": too_much}
    results = list(triage(drive.desk, [Line(1, good, None, ""), Line(2, bad, None, "")], run_id="IMP-1"))
    assert [r["status"] for r in results] == ["created", "rejected"]
    assert drive.desk.seller("A2EXAMPLE").facts["insurance_required"] is False
    assert not faults(drive.desk.store)


@pytest.mark.parametrize("count", [51, 3000])
def test_a_list_without_end_is_refused_where_it_comes_in(count):
    """A journal entry is small on purpose: too many losses are refused with their field, not by the journal."""
    drive = Drive.start()
    with pytest.raises(ClaimdeskError) as refused:
        drive.file(losses=[{"head": "property_damage", "amount": "1.00 USD"}] * count)
    assert (refused.value.code, refused.value.field) == ("too_many", "losses")


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_hostile_text_reaches_no_driver(store, tmp_path, request):
    """What a database driver cannot take (NUL, lone surrogates) is refused before it, on the real databases too."""
    url = f"sqlite:///{tmp_path}/c.db" if store == "sqlite" else request.getfixturevalue("postgres_database")
    drive = Drive.start(open_store(url))
    claim = drive.to("filed")
    for odd in ("\x00", "a\x00b", "\ud800", "ok \udfff"):
        tried(drive, lambda odd=odd: drive.desk.note(odd, text="x"))
        tried(drive, lambda odd=odd: drive.desk.get(odd))
        tried(drive, lambda odd=odd: drive.desk.note(claim.id, text=odd))
        tried(drive, lambda odd=odd: drive.desk.note(claim.id, text="x", actor=odd))
        tried(drive, lambda odd=odd: drive.desk.note(claim.id, text="x", idempotency_key=odd))
        tried(drive, lambda odd=odd: drive.desk.seller(odd))
        tried(drive, lambda odd=odd: list(drive.desk.list(seller=odd)))
        tried(drive, lambda odd=odd: drive.desk.file(**filing(order=odd)))
    drive.desk.close()
