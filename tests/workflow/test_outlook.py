"""A dry run of a tick: what it says is what the tick then does, and nothing is written or sent by saying it."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from claimdesk.adapters.memory import MemoryStore
from claimdesk.states.times import parse_instant
from claimdesk.testing import FrozenClock
from support.checks import assert_sound
from support.desks import BIG, MONDAY, SMALL, Drive, seller
from support.providers import Provider

LATE = parse_instant("2024-07-31T09:00:00-07:00")


def record(drive: Drive) -> list[object]:
    return [
        (c.id, c.version, len(drive.desk.entries(c.id)), [n.status for n in drive.desk.notices(c.id)])
        for c in drive.desk.list()
    ]


def test_it_says_what_the_tick_then_does():
    drive = Drive.start(MemoryStore(), payments="instant")
    drive.valid(BIG)
    drive.valid(SMALL, seller=seller(id="A2REQUIRED", insurance_required=True))
    drive.desk.seller_do("request_insurance", "A2LATE", {"on": "2024-06-03"})
    drive.desk.tick()  # the letters of the day leave, so the clocks run
    sent = len(drive.letters.letters)
    before = record(drive)
    said = drive.desk.foresee(LATE)
    assert record(drive) == before and len(drive.letters.letters) == sent
    assert drive.desk.foresee(LATE) == said  # asking changes nothing
    drive.clock.now = LATE
    done = drive.desk.tick()
    shown = said.to_dict()
    assert (shown["fired"], shown["letters"], shown["waiting"]) == (done.fired, done.letters, done.waiting)
    told = Counter((letter.claim, letter.kind) for letter in drive.letters.letters[sent:])
    assert told == Counter((s.claim, s.kind) for s in said.steps if s.what == "letter")
    moves = {s.kind: s.detail for s in said.steps if s.what == "clock"}
    assert moves["seller_response"] == "seller_notified -> approved -> amazon_paid -> recovery_due"
    assert moves["proof_of_insurance"].startswith("proof_requested -> recovery_due")
    assert moves["insurance_due"] == "required -> overdue"
    assert_sound(drive.desk.store)


def test_nothing_is_due():
    drive = Drive.start()
    drive.file()
    drive.desk.tick()
    said = drive.desk.foresee(drive.clock() + timedelta(seconds=1))
    assert (said.steps, said.waiting) == ([], 0)


def test_letters_that_leave_late_start_their_clocks_late():
    """The seller's seven days begin with the letter, also in what is foreseen."""
    drive = Drive.start()
    drive.valid(BIG)
    said = drive.desk.foresee(LATE)
    assert (said.count("clock"), said.count("letter")) == (0, 2)


def test_a_payment_is_named_and_nothing_is_concluded_from_it():
    drive = Drive.start(payments="gateway", gateway=Provider(FrozenClock(MONDAY)))
    claim = drive.valid(SMALL)
    said = drive.desk.foresee(drive.clock())
    assert [(s.claim, s.detail) for s in said.steps if s.what == "payment"] == [(claim.id, SMALL)]
    assert drive.desk.get(claim.id).state == "approved"
    drive.do(claim, "hold", hold="legal")
    held = drive.desk.foresee(drive.clock())
    assert (held.count("payment"), held.waiting) == (0, 1)


def test_a_hold_keeps_a_clock_back():
    drive = Drive.start()
    claim = drive.do(drive.valid(BIG), "hold", hold="legal", pause_clocks=True)
    drive.desk.tick()
    said = drive.desk.foresee(LATE)
    assert said.waiting == 1 and said.count("clock") == 0
    assert drive.desk.get(claim.id).state == "seller_notified"
