"""Payments through a provider: whatever goes wrong between us and it, the customer is paid once, and we know it."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from claimdesk import Claim, Refused
from claimdesk.adapters.open_store import open_store
from claimdesk.workflow.ports import PaymentOrder, PaymentState, Store, TaskRow
from support.checks import assert_sound
from support.desks import BIG, SMALL, Drive, filing, make_desk, stored, tasks
from support.providers import Crash, Provider

LEASE = timedelta(minutes=5)
SILENCE = timedelta(hours=20)


def start(store: Store | None = None) -> tuple[Drive, Provider]:
    """A desk that pays through the provider; its monotonic clock is the clock on the wall."""
    drive = Drive.start(store, payments="gateway", gateway=Provider(None))  # type: ignore[arg-type]
    provider: Any = drive.desk.dispatcher.gateway
    provider.clock = drive.clock
    drive.desk.dispatcher.monotonic = lambda: drive.clock().timestamp()
    return drive, provider


def second_worker(drive: Drive, provider: Provider) -> Any:
    """Another desk on the same store, as another process would have it."""
    desk = make_desk(drive.desk.store, vault=drive.desk.settings.vault, clock=drive.clock, payments="gateway",
                     gateway=provider, seed=2)  # fmt: skip
    desk.dispatcher.monotonic = lambda: drive.clock().timestamp()
    return desk


def work(drive: Drive, claim: Claim) -> TaskRow | None:
    return next((t for t in tasks(drive.desk.store, claim.id) if t.kind == "payment"), None)


def drain(drive: Drive, hours: int = 30) -> None:
    for _ in range(hours * 2):
        drive.clock.advance(minutes=30)
        drive.desk.tick()


def paid_once(drive: Drive, provider: Provider, claim: Claim, amount: str = SMALL) -> None:
    found = drive.desk.get(claim.id)
    assert str(found.paid_by_amazon) == amount, found.state
    posted = [t.pending for t in drive.desk.ledger(claim.id) if t.kind == "post"]
    assert len(posted) == 1
    assert provider.effects == {posted[0]: 1}
    assert work(drive, claim) is None
    assert_sound(drive.desk.store)


# ---------------------------------------------------------------- misbehaviour, one kind at a time


@pytest.mark.parametrize(
    "script",
    [
        [], ["fail"], ["fail", "fail", "fail"], ["timeout_before"], ["timeout_after"], ["unknown"], ["unknown_before"],
        ["timeout_before"] * 5, ["fail", "timeout_after"], ["timeout_before", "fail", "unknown"],
    ],
    ids="-".join,
)  # fmt: skip
def test_the_customer_is_paid_once_whatever_the_provider_does(script):
    drive, provider = start()
    provider.script = list(script)
    claim = drive.valid(SMALL)
    drive.desk.tick()
    drain(drive)
    paid_once(drive, provider, claim)


@pytest.mark.parametrize(
    "act", ["timeout_before", "timeout_after", "unknown", "unknown_before", "crash_after", "crash_before"]
)
def test_no_answer_is_never_read_as_not_paid(act):
    """Until the provider says so the payment is under way: nobody withdraws, denies, assesses or routes it again."""
    drive, provider = start()
    provider.script = [act]
    claim = drive.valid(SMALL)
    with suppress(Crash):
        drive.desk.tick()
    assert drive.desk.get(claim.id).state == "approved"
    assert (
        stored(drive.desk.store, claim.id).facts["payment"]["ref"] == stored(drive.desk.store, claim.id).totals.pending
    )
    for verb, payload in (
        ("withdraw", {}),
        ("deny", {}),
        ("assess", {"losses": [{"head": "property_damage", "amount": "1.00 USD"}]}),
    ):
        with pytest.raises(Refused) as refused:
            drive.do(claim, verb, **payload)
        assert refused.value.code == "payment_under_way"
    drain(drive)
    paid_once(drive, provider, claim)


def test_a_sibling_does_not_reroute_a_payment_under_way():
    """Reading R2 looks again before a payment; once the call has left, it is too late to void it."""
    drive, provider = start()
    first = drive.desk.file(**filing(SMALL, "114-9"))
    first = drive.desk.record_screening(first.id, verdict="valid", by="adjuster:one")
    provider.script = ["unknown"]
    drive.desk.tick()
    second = drive.desk.file(**filing(SMALL, "114-9"))
    second = drive.desk.record_screening(second.id, verdict="valid", by="adjuster:one")
    assert second.state == "seller_notified"
    assert drive.desk.get(first.id).state == "approved"
    drain(drive, 5)
    paid_once(drive, provider, first)


def test_a_payment_that_failed_is_routed_again_before_it_is_tried_again():
    drive, provider = start()
    first = drive.desk.file(**filing(SMALL, "114-9"))
    first = drive.desk.record_screening(first.id, verdict="valid", by="adjuster:one")
    provider.script = ["unknown_before", "unknown_before"]
    drive.desk.tick()
    second = drive.desk.file(**filing(SMALL, "114-9"))
    drive.desk.record_screening(second.id, verdict="valid", by="adjuster:one")
    provider.script = ["fail"]
    drain(drive, 2)
    assert drive.desk.get(first.id).state == "seller_notified"
    assert not provider.effects
    assert_sound(drive.desk.store)


def test_an_amendment_does_not_reroute_a_payment_under_way():
    drive, provider = start()
    claim = drive.valid(SMALL)
    provider.script = ["unknown"]
    drive.desk.tick()
    drive.do(claim, "amend", order={"item": {"kind": "digital"}}, incident_on="2024-05-30")
    drain(drive, 5)
    paid_once(drive, provider, claim)


# ---------------------------------------------------------------- the record before the call


def test_the_attempt_is_on_record_before_the_call_leaves(tmp_path):
    """Guard 3: another process, reading the file during the call, sees the lease, the attempt and the journal entry."""
    url = f"sqlite:///{tmp_path}/claims.db"
    drive, provider = start(open_store(url))
    claim = drive.valid(SMALL)
    seen: list[tuple[Any, ...]] = []

    def look(order: PaymentOrder) -> None:
        elsewhere = open_store(url)
        (row,) = [t for t in tasks(elsewhere, claim.id) if t.kind == "payment"]
        case = stored(elsewhere, claim.id)
        seen.append(
            (row.status, row.attempts, case.facts["payment"]["attempt"], case.facts["payment"]["ref"], order.ref)
        )
        elsewhere.close()

    provider.before = look
    provider.script = ["timeout_before", "timeout_after"]
    for _ in range(3):
        drive.desk.tick()
        drive.clock.advance(hours=1)
    ref = stored(drive.desk.store, claim.id).totals.posted
    posted = next(t for t in drive.desk.ledger(claim.id) if t.id == ref)
    assert seen == [("leased", n, n, posted.pending, posted.pending) for n in (1, 2)]
    paid_once(drive, provider, claim)
    drive.desk.close()


def test_the_key_of_a_payment_is_its_transfer_for_ever():
    """Guard 2: every call of one obligation carries the same reference, the id of the authorised transfer."""
    drive, provider = start()
    provider.script = ["timeout_before"] * 6
    claim = drive.valid(SMALL)
    pending = stored(drive.desk.store, claim.id).totals.pending
    drain(drive, 19)
    assert len(provider.calls) == 7
    assert {order.ref for order in provider.calls} == {pending}
    assert [order.attempt for order in provider.calls] == [1, 2, 3, 4, 5, 6, 7]
    assert {(order.amount_minor, order.currency, order.claim) for order in provider.calls} == {(60000, "USD", claim.id)}


def test_nothing_is_sent_again_before_it_was_looked_up():
    """Guard 4: the first call asks nothing; every later one asks first, and an effect found is not sent again."""
    drive, provider = start()
    provider.script = ["timeout_before", "timeout_after"]
    claim = drive.valid(SMALL)
    drive.desk.tick()
    assert (len(provider.calls), provider.lookups) == (1, [])
    drain(drive, 5)
    assert (len(provider.calls), len(provider.lookups)) == (2, 2)
    paid_once(drive, provider, claim)


@pytest.mark.parametrize(
    "answer", [PaymentState.UNKNOWN, TimeoutError("no answer"), "what"], ids=["unknown", "timeout", "odd"]
)
def test_a_look_up_without_an_answer_sends_nothing(answer):
    drive, provider = start()

    def no_answer(ref: str) -> str:
        if isinstance(answer, Exception):
            raise answer
        return answer

    provider.script = ["timeout_after"]
    provider.looks_up = no_answer
    claim = drive.valid(SMALL)
    drive.desk.tick()
    drain(drive, 10)
    assert len(provider.calls) == 1
    assert drive.desk.get(claim.id).state == "approved"
    provider.looks_up = provider._known
    drain(drive, 6)
    paid_once(drive, provider, claim)


# ---------------------------------------------------------------- a worker that is gone, and one that is late


@pytest.mark.parametrize("act", ["crash_before", "crash_after"])
def test_a_worker_that_dies_during_the_call_is_followed_by_another(act):
    drive, provider = start()
    provider.script = [act]
    claim = drive.valid(SMALL)
    with pytest.raises(Crash):
        drive.desk.tick()
    other = second_worker(drive, provider)
    other.tick()
    assert drive.desk.get(claim.id).state == "approved", "the lease of the dead still stands"
    drive.clock.now += LEASE
    other.tick()
    paid_once(drive, provider, claim)


def test_while_a_worker_calls_no_other_does():
    """The lease: a second worker that ticks during the call finds nothing to do."""
    drive, provider = start()
    claim = drive.valid(SMALL)
    other = second_worker(drive, provider)
    provider.before = lambda order: None if len(provider.calls) > 1 else other.tick() and None
    drive.desk.tick()
    assert len(provider.calls) == 1
    paid_once(drive, provider, claim)


def stolen(drive: Drive, provider: Provider, pause: timedelta) -> None:
    """The worker stalls before its look-up or call for ``pause``; meanwhile its lease runs out and another pays."""
    other = second_worker(drive, provider)
    known = provider._known

    def stalls(ref: str) -> str:
        answer = known(ref)
        provider.looks_up = known
        drive.clock.now += LEASE
        other.tick()
        drive.clock.now += pause
        return answer

    provider.looks_up = stalls


@pytest.mark.parametrize("pause", [timedelta(minutes=1), timedelta(hours=25), timedelta(days=30)], ids=str)
def test_a_worker_that_woke_up_too_late_does_not_call(pause):
    """Guard 5: right before the call it looks at its own monotonic clock; without a lease its look-up is old news."""
    drive, provider = start()
    provider.script = ["timeout_before"]
    claim = drive.valid(SMALL)
    drive.desk.tick()
    drive.clock.advance(hours=1)
    stolen(drive, provider, pause)
    drive.desk.tick()
    drain(drive, 2)
    assert provider.effects.total() == 1
    paid_once(drive, provider, claim)


def test_a_long_tick_leases_each_payment_when_it_comes_to_it():
    """Twenty slow calls take longer than one lease; the last of them must not look abandoned to another worker."""
    drive, provider = start()
    claims = [drive.valid(SMALL) for _ in range(20)]
    other = second_worker(drive, provider)

    def slow(order: PaymentOrder) -> None:
        drive.clock.now += timedelta(minutes=1)
        if len(provider.calls) <= len(claims):
            other.dispatcher.tick()

    provider.before = slow
    drive.desk.tick()
    drain(drive, 2)
    per_transfer = [n for n in provider.effects.values() if n != 1]
    assert per_transfer == []
    assert len(provider.effects) == len(claims)
    assert all(str(drive.desk.get(c.id).paid_by_amazon) == SMALL for c in claims)


# ---------------------------------------------------------------- twenty hours of silence


def silent(drive: Drive, provider: Provider, act: str = "timeout_after") -> Claim:
    provider.script = [act]
    provider.looks_up = lambda ref: PaymentState.UNKNOWN
    claim = drive.valid(SMALL)
    drive.desk.tick()
    return claim


def test_after_twenty_hours_without_an_answer_a_person_must_look():
    """Guard 5: the provider's key lives a day; beyond twenty hours nothing is sent any more by itself."""
    drive, provider = start()
    claim = silent(drive, provider)
    drain(drive, 19)
    assert work(drive, claim) is not None
    drain(drive, 6)
    assert work(drive, claim) is None
    asked = len(provider.lookups)
    provider.looks_up = provider._known
    drain(drive, 48)
    assert (len(provider.lookups), len(provider.calls)) == (asked, 1)
    assert drive.desk.get(claim.id).state == "approved"
    assert stored(drive.desk.store, claim.id).facts["payment"]
    assert_sound(drive.desk.store)


def test_after_twenty_hours_an_empty_look_up_sends_nothing():
    """The provider may have paid long ago and show it late: an old key would pay twice."""
    drive, provider = start()
    provider.script = ["timeout_after"]
    claim = drive.valid(SMALL)
    drive.desk.tick()
    provider.looks_up = lambda ref: PaymentState.ABSENT
    drive.clock.advance(hours=26)
    drive.desk.tick()
    drain(drive, 4)
    assert len(provider.calls) == 1
    assert provider.effects.total() == 1
    assert work(drive, claim) is None


def test_after_twenty_hours_a_look_up_that_finds_the_payment_still_counts():
    drive, provider = start()
    provider.script = ["timeout_after"]
    claim = drive.valid(SMALL)
    drive.desk.tick()
    drive.clock.advance(hours=26)
    drive.desk.tick()
    paid_once(drive, provider, claim)


def test_a_payment_that_nobody_tried_for_days_is_simply_tried():
    """Silence counts from the first call, not from the approval: a desk that was closed for a week pays afterwards."""
    drive, provider = start()
    provider.script = ["unknown"]
    claim = drive.valid(SMALL)
    drive.clock.advance(days=7)
    drive.desk.tick()
    assert work(drive, claim) is not None
    drain(drive, 2)
    paid_once(drive, provider, claim)


@pytest.mark.parametrize("verb", ["confirm_payment", "fail_payment"])
def test_a_person_who_knows_better_settles_a_dead_payment(verb):
    """Contract section 8: a failed one is tried again under the same obligation, also when the machine had given up."""
    drive, provider = start()
    claim = silent(drive, provider, "timeout_after" if verb == "confirm_payment" else "timeout_before")
    drain(drive, 26)
    assert work(drive, claim) is None
    obligation = stored(drive.desk.store, claim.id).totals.obligation
    drive.do(claim, verb)
    provider.looks_up = provider._known
    drain(drive, 26)
    assert stored(drive.desk.store, claim.id).totals.obligation == obligation
    paid_once(drive, provider, claim)


# ---------------------------------------------------------------- holds


def test_a_hold_stops_a_payment_before_it_leaves():
    drive, provider = start()
    claim = drive.do(drive.valid(SMALL), "hold", hold="legal")
    drain(drive, 5)
    assert provider.calls == []
    drive.do(claim, "release_hold")
    drain(drive, 2)
    paid_once(drive, provider, claim)


@pytest.mark.parametrize("act", ["ok", "unknown", "timeout_after", "timeout_before"])
def test_a_hold_set_while_the_call_is_out_loses_no_payment(act):
    """The money has moved; the desk takes the news in as soon as the hold is released, and sends nothing twice."""
    drive, provider = start()
    claim = drive.valid(SMALL)
    provider.script = [act]
    provider.before = lambda order: drive.do(claim, "hold", hold="legal") and None
    report = drive.desk.tick()
    provider.before = lambda order: None
    assert report.paid == 0
    assert drive.desk.get(claim.id).state == "approved"
    drain(drive, 12)
    drive.do(claim, "release_hold")
    drain(drive, 6)
    paid_once(drive, provider, claim)


def test_a_payment_told_by_a_person_during_the_call_is_not_told_twice():
    drive, provider = start()
    claim = drive.valid(SMALL)
    provider.before = lambda order: drive.do(claim, "confirm_payment") and None
    drive.desk.tick()
    drain(drive, 2)
    paid_once(drive, provider, claim)


# ---------------------------------------------------------------- everything that is due


def test_one_tick_tries_every_payment_that_is_due():
    """One that fails, waits or is on hold does not keep the next from being paid."""
    drive, provider = start()
    claims = [drive.valid(SMALL) for _ in range(6)]
    drive.do(claims[0], "hold", hold="legal")
    drive.desk.dispatcher.letters(drive.clock())
    provider.script = ["timeout_before", "fail", "unknown"]
    report = drive.desk.tick()
    assert (report.paid, report.payments_failed, report.payments_unknown) == (2, 1, 2)
    assert len(provider.calls) == 5


def test_large_and_small_amounts_go_out_exactly():
    drive, provider = start()
    claim = drive.do(drive.valid(BIG), "respond", position="reject")
    drive.do(claim, "decide_dispute", decision="step_in")
    drive.desk.tick()
    assert [(o.amount_minor, o.currency) for o in provider.calls] == [(120000, "USD")]
    paid_once(drive, provider, claim, BIG)
