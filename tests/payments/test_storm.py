"""Any number of things going wrong, in any order, with two workers: one effect a transfer, and nothing forgotten."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from claimdesk import ClaimdeskError
from claimdesk.workflow.ports import PaymentState
from support.checks import faults
from support.desks import SMALL, Drive, filing, make_desk, stored
from support.providers import Crash, Provider

ACTS = ["ok", "fail", "timeout_before", "timeout_after", "unknown", "unknown_before", "crash_before", "crash_after"]
MEDDLING = {
    "hold": {"hold": "legal"},
    "release_hold": {},
    "deny": {},
    "withdraw": {},
    "assess": {"losses": [{"head": "property_damage", "amount": "500.00 USD"}]},
    "amend": {"delivered_on": "2024-05-20"},
}


class Storm(RuleBasedStateMachine):
    """Two workers, three claims of which two belong together, one provider."""

    @initialize()
    def open(self) -> None:
        self.drive = Drive.start(payments="gateway", gateway=Provider(None))  # type: ignore[arg-type]
        provider: Any = self.drive.desk.dispatcher.gateway
        provider.clock = self.drive.clock
        self.provider: Provider = provider
        store, vault = self.drive.desk.store, self.drive.desk.settings.vault
        other = make_desk(store, clock=self.drive.clock, payments="gateway", gateway=provider, seed=2, vault=vault)
        self.workers = [self.drive.desk, other]
        for desk in self.workers:
            desk.dispatcher.monotonic = lambda: self.drive.clock().timestamp()
        self.claims = []
        for order in ("114-1", "114-1", "114-2"):
            self.claims.append(self.drive.desk.file(**filing("400.00 USD", order)).id)
        self.checked: dict[str, int] = {}

    @rule(number=st.integers(0, 2))
    def screen(self, number: int) -> None:
        with suppress(ClaimdeskError):
            self.drive.desk.record_screening(self.claims[number], verdict="valid", by="adjuster:one")

    @rule(script=st.lists(st.sampled_from(ACTS), min_size=1, max_size=4))
    def misbehave(self, script: list[str]) -> None:
        self.provider.script = script

    @rule(worker=st.integers(0, 1), minutes=st.sampled_from([0, 1, 5, 6, 60, 240, 60 * 21, 60 * 30]))
    def tick(self, worker: int, minutes: int) -> None:
        self.drive.clock.now += timedelta(minutes=minutes)
        with suppress(Crash):
            self.workers[worker].tick()

    @rule(minutes=st.sampled_from([0, 4, 5, 6, 60 * 25]), after=st.sampled_from([0, 1, 60 * 25]), looking=st.booleans())
    def steal_the_lease(self, minutes: int, after: int, looking: bool) -> None:
        """The first worker stalls in its call or look-up; the clock runs; the second one works; the first wakes up."""

        def stall() -> None:
            self.provider.before = lambda order: None
            self.provider.looks_up = self.provider._known
            self.drive.clock.now += timedelta(minutes=minutes)
            with suppress(Crash):
                self.workers[1].tick()
            self.drive.clock.now += timedelta(minutes=after)

        def stalled_look_up(ref: str) -> str:
            answer = self.provider._known(ref)
            stall()
            return answer

        if looking:
            self.provider.looks_up = stalled_look_up
        else:
            # The HTTP call itself ends within its own time-out, well inside the provider's key life.
            minutes, after = min(minutes, 6), min(after, 1)
            self.provider.before = lambda order: stall()
        with suppress(Crash):
            self.workers[0].tick()
        self.provider.before = lambda order: None
        self.provider.looks_up = self.provider._known

    @rule(number=st.integers(0, 2), verb=st.sampled_from(sorted(MEDDLING)), during=st.booleans())
    def meddle(self, number: int, verb: str, during: bool) -> None:
        """Somebody acts on a claim, between ticks or while a call is out."""

        def act() -> None:
            with suppress(ClaimdeskError):
                self.drive.do(self.drive.desk.get(self.claims[number]), verb, **MEDDLING[verb])

        if not during:
            act()
            return
        self.provider.before = lambda order: act()
        with suppress(Crash):
            self.workers[0].tick()
        self.provider.before = lambda order: None

    # -- what must hold ------------------------------------------------------------------------------------------

    @invariant()
    def every_case_is_sound(self) -> None:
        if hasattr(self, "checked"):
            found = faults(self.drive.desk.store, seen=self.checked)
            assert not found, "\n".join(found)

    @invariant()
    def each_transfer_has_at_most_one_effect(self) -> None:
        if hasattr(self, "checked"):
            assert all(count <= 1 for count in self.provider.effects.values()), self.provider.effects

    @invariant()
    def no_effect_is_void_and_none_is_booked_without_one(self) -> None:
        if not hasattr(self, "checked"):
            return
        for claim in self.claims:
            moves = self.drive.desk.ledger(claim)
            assert not [m for m in moves if m.kind == "void" and self.provider.effects[m.pending or ""]], (
                "paid, and void"
            )
            assert all(self.provider.effects[m.pending or ""] for m in moves if m.kind == "post"), (
                "booked, and not paid"
            )

    def teardown(self) -> None:
        """When the storm is over every effect is booked, or a person is asked to look."""
        if not hasattr(self, "checked"):
            return
        self.provider.script = []
        for claim in self.claims:
            with suppress(ClaimdeskError):
                self.drive.do(self.drive.desk.get(claim), "release_hold")
        for _ in range(60):
            self.drive.clock.now += timedelta(minutes=30)
            self.workers[0].tick()
        self.every_case_is_sound()
        self.each_transfer_has_at_most_one_effect()
        self.no_effect_is_void_and_none_is_booked_without_one()
        for claim in self.claims:
            case = stored(self.drive.desk.store, claim)
            booked = {m.pending for m in self.drive.desk.ledger(claim) if m.kind == "post"}
            made = {m.id for m in self.drive.desk.ledger(claim) if self.provider.effects[m.id]}
            assert made == booked or (case.facts.get("payment") and case.totals.pending in made), (made, booked)


def run(examples: int, steps: int, **more: Any) -> None:
    run_state_machine_as_test(
        Storm,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, print_blob=True,
            suppress_health_check=list(HealthCheck),  # pyright: ignore[reportArgumentType]
            **more,
        ),
    )  # fmt: skip


def test_a_short_storm():
    run(25, 20)


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_a_long_storm():
    run(2000, 50, derandomize=False)


def test_the_double_can_show_a_double_payment():
    """Negative control: called twice with a forgotten key it pays twice, so the tests above would see it."""
    drive = Drive.start(payments="gateway", gateway=Provider(None))  # type: ignore[arg-type]
    provider: Any = drive.desk.dispatcher.gateway
    provider.clock = drive.clock
    drive.desk.dispatcher.monotonic = lambda: drive.clock().timestamp()
    provider.script = ["timeout_after"]
    claim = drive.valid(SMALL)
    drive.desk.tick()
    provider.looks_up = lambda ref: PaymentState.ABSENT
    # Without the guard of the twenty hours the second call leaves when the key is forgotten.
    drive.desk.dispatcher._ask_provider = lambda order, doubted, may_send: provider.pay(order)
    drive.clock.advance(hours=25)
    drive.desk.tick()
    assert provider.effects.total() == 2
    assert drive.desk.get(claim.id).paid_by_amazon.minor == 60000
