"""What a host tells wrong is refused with our own errors, before anything is done: never guessed, never passed over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from claimdesk import ClaimDesk, ClaimdeskError, InputError
from claimdesk.testing import FrozenClock

UNSET: Any = None
NAIVE = datetime(2024, 6, 3)  # noqa: DTZ001  # that is the point


def opened(**more: Any) -> ClaimDesk:
    return ClaimDesk.open("memory:", actor="cs:mei", clock=FrozenClock("2024-06-03T09:00:00-07:00"), **more)


def filed(desk: ClaimDesk, **more: Any) -> str:
    told: dict[str, Any] = {
        "marketplace": "US",
        "incident_on": date(2024, 6, 1),
        "order": {"id": "114-1"},
        "seller": {"id": "A1"},
        "losses": [{"head": "medical", "amount": "640.00 USD"}],
    }
    return desk.file(**{**told, **more}).id


def overridden(name: str, value: Any) -> ClaimDesk:
    return opened(rulebook_overrides={f"small_claim.{name}": value})


WRONG: list[tuple[Callable[[Any, str], object], str, str | None]] = [
    (lambda d, c: d.record_screening(c, verdict="valid", dryrun=True), "unknown_field", "dryrun"),
    (lambda d, c: d.note(c, text="x", idempotency="k"), "unknown_field", "idempotency"),
    (lambda d, c: d.seller_do("note", "A1", {"text": "x"}, dryrun=True), "unknown_field", "dryrun"),
    (lambda d, c: d.note(c, text="x", expected_version="1"), "wrong_type", "expected_version"),
    (lambda d, c: d.note(c, text="x", expected_version=True), "wrong_type", "expected_version"),
    (lambda d, c: filed(d, reason=5), "not_text", "reason"),
    (lambda d, c: filed(d, programme=None), "not_text", "programme"),
    (lambda d, c: filed(d, programme=["pdpi"]), "not_text", "programme"),
    (lambda d, c: d.get(c, at=NAIVE), "naive_instant", "at"),
    (lambda d, c: d.get(c, at="yesterday"), "not_an_instant", "at"),
    (lambda d, c: d.explain(c, at=NAIVE), "naive_instant", "at"),
    (lambda d, c: d.explain(c, lang="fr"), "not_a_choice", "lang"),
    (lambda d, c: d.tick(NAIVE), "naive_instant", "until"),
    (lambda d, c: d.foresee("tomorrow"), "not_an_instant", "until"),
    (lambda d, c: overridden("limitt", "5.00 USD"), "unknown_parameter", "small_claim.limitt"),
    (lambda d, c: overridden("comparator", "up_to"), "not_a_choice", "rulebook.small_claim.comparator"),
    (lambda d, c: overridden("limit", 5.5), "not_decimal_text", "rulebook.small_claim.limit"),
    (lambda d, c: ClaimDesk.open("memory:", actor=""), "not_an_identifier", "actor"),
    # Nobody is named: the step must not stand under the name the desk was opened with.
    (lambda d, c: filed(d, actor=""), "not_an_identifier", "actor"),
    (lambda d, c: d.note(c, text="x", actor=""), "not_an_identifier", "actor"),
    (lambda d, c: d.note(c, text="x", actor=0), "not_an_identifier", "actor"),
    (lambda d, c: d.seller_do("note", "A1", {"text": "x"}, actor=""), "not_an_identifier", "actor"),
    (lambda d, c: d.personal(c, purpose="erasure_request", actor=""), "not_an_identifier", "actor"),
    (lambda d, c: d.deny(c, reason="x", approved_by=[]), "not_an_identifier", "approved_by"),
    # Neither a trial taken for a step nor a step taken for a trial.
    (lambda d, c: filed(d, dry_run=None), "wrong_type", "dry_run"),
    (lambda d, c: filed(d, dry_run="no"), "wrong_type", "dry_run"),
    (lambda d, c: d.note(c, text="x", dry_run=0), "wrong_type", "dry_run"),
    # A note that says nothing, whoever may read it later.
    (lambda d, c: d.note(c), "missing_field", "text"),
    (lambda d, c: d.note(c, text=" \n"), "missing_field", "text"),
    (lambda d, c: d.do("note", c), "missing_field", "text"),
    (lambda d, c: d.seller_do("note", "A1", {}), "missing_field", "text"),
    (lambda d, c: d.note(c, done="nothing"), "not_a_choice", "done"),
    (lambda d, c: d.rotate_keys(approved_by="cs:li", dry_run=""), "wrong_type", "dry_run"),
    (lambda d, c: d.do("note", c, ""), "not_an_object", "payload"),
    (lambda d, c: d.amend(c, facts=None), "not_an_object", "facts"),
    (lambda d, c: d.amend(c, facts="cause"), "not_an_object", "facts"),
    (lambda d, c: d.provide_information(c, facts=5), "not_an_object", "facts"),
    (lambda d, c: d.timeline(c, lang="fr"), "not_a_choice", "lang"),
    (lambda d, c: d.seller_timeline("A1", on=20240603), "not_a_date", "on"),
    (lambda d, c: d.measures("A1", as_of=20240603), "not_a_date", "as_of"),
    (lambda d, c: d.list(state=["filed"]), "not_text", "state"),
    (lambda d, c: d.list(limit=0), "wrong_type", "limit"),
    (lambda d, c: d.list(limit="10"), "wrong_type", "limit"),
    (lambda d, c: d.sellers(limit=True), "wrong_type", "limit"),
    (lambda d, c: d.list(stat="filed"), "unknown_field", "stat"),
    (lambda d, c: d.sellers(programme="pdpi"), "unknown_field", "programme"),
    (lambda d, c: d.ledger("CLM-06H0NOTHERE"), "unknown_claim", None),
    (lambda d, c: d.ledger(limit=None), "wrong_type", "limit"),
    (lambda d, c: d.proposal(None), "unknown_proposal", None),
    (lambda d, c: d.grant("cs:li", ["payer"], by="cs:mei"), "unknown_role", "role"),
    (lambda d, c: filed(d, marketplace="us"), "no_rulebook", "marketplace"),
    (lambda d, c: filed(d, marketplace="U" * 5000), "no_rulebook", "marketplace"),
    (lambda d, c: ClaimDesk.open(UNSET, actor="cs:mei"), "no_database", None),  # a variable that is not set
    (lambda d, c: opened(language={"seller": "fr"}), "not_a_choice", "language.seller"),
    (lambda d, c: opened(language={"buyer": "en"}), "not_a_choice", "language.buyer"),
    (lambda d, c: opened(language="en"), "bad_setting", "language"),
    (lambda d, c: opened(sender=5), "bad_setting", "sender"),
    (lambda d, c: opened(gateway=5), "bad_setting", "gateway"),
    (lambda d, c: opened(rulebook_overrides=["small_claim.limit"]), "bad_setting", "rulebook_overrides"),
    (lambda d, c: filed(ClaimDesk.open("memory:", actor="x", clock=lambda: NAIVE)), "naive_instant", "clock"),
]  # fmt: skip


@pytest.mark.parametrize(("told", "code", "field"), WRONG)
def test_it_is_refused_and_nothing_is_written(told, code, field):
    with opened() as desk:
        claim = filed(desk)
        before = [c.to_dict() for c in desk.list()]
        with pytest.raises(ClaimdeskError) as refused:
            told(desk, claim)
        assert (refused.value.code, refused.value.field) == (code, field)
        assert [c.to_dict() for c in desk.list()] == before


def test_what_the_types_promise_is_taken():
    with opened() as desk:
        claim = filed(desk, actor=None, idempotency_key=None, dry_run=False)
        noted = desk.note(claim, text="x", actor=None, reason=None, idempotency_key=None, approved_by=None)
        supported = ({"head": "medical", "amount": "500.00 USD"},)  # a sequence, not a list
        assert str(desk.assess(noted.id, losses=supported).eligible_amount) == "500.00 USD"
        assert [c.id for c in desk.list(limit=None, seller=None)] == [claim]
        assert len({desk.get(claim), desk.get(claim), desk.seller("A1"), desk.seller("A1")}) == 2  # frozen, so hashable
        clocks = (desk.get(claim).to_dict()["deadlines"], desk.request_insurance(claim).to_dict()["deadlines"])
        file = desk.seller("A1").to_dict()
        assert {frozenset(d) for d in (*clocks[0], *clocks[1], *file["deadlines"])} == {frozenset(clocks[0][0])}
        assert file["deadlines"] and [s.id for s in desk.sellers(after="SLR-")] == [file["file"]]


def test_a_marketplace_nobody_knows_is_a_fault_of_the_request():
    with opened() as desk, pytest.raises(InputError, match="CA, EU, UK, US") as refused:
        filed(desk, marketplace="us")
    assert refused.value.http_status == 422


def test_a_near_miss_of_an_option_is_suggested():
    with opened() as desk, pytest.raises(InputError, match="did you mean dry_run"):
        desk.note(filed(desk), text="x", dryrun=True)  # type: ignore[arg-type]


def test_an_instant_may_be_text_and_a_database_a_path(tmp_path: Path):
    with ClaimDesk.open(tmp_path / "claims.db", actor="cs:mei", sender="memory") as desk:
        claim = filed(desk, filed_at="2024-06-03T09:00:00-07:00")
        assert desk.get(claim, at="2024-06-03T16:00:00Z").id == claim
        assert "Filed" in desk.explain(claim, at="2024-06-03T16:00:00Z")
    assert (tmp_path / "claims.db").exists()


def test_a_hold_that_two_rules_ask_for_is_set_once():
    with opened(overlays=["ofac", "minors"]) as desk:
        claim = filed(desk, claimant={"age": 12, "sanctions": "possible"})
        assert desk.get(claim).holds == ("sanctions", "minor")
        made = [e["decision"] for e in desk.entries(claim) if "decision" in e]
        assert [r["rule"] for r in made[0]["reasons"]] == ["overlay.sanctions", "overlay.minors"]
