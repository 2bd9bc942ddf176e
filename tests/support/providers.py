"""A payment provider that counts what really happened and misbehaves as told, with keys that it forgets after a day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from claimdesk.testing import FrozenClock
from claimdesk.workflow.ports import PaymentOrder, PaymentState


class Crash(BaseException):
    """The process is gone: nothing catches this, nothing more is written."""


class Provider:
    """Keys are honoured for ``key_life``; after that the same reference is a new payment, a second effect.

    Acts: ok; fail (declined, nothing moved); timeout_before, timeout_after (no answer; without or with effect);
    unknown (moved, but it will not say); unknown_before (nothing moved, and it will not say); crash_before,
    crash_after (our own process dies during the call, before or after the effect).
    """

    name = "counting"
    settles_at_once = False
    key_life = timedelta(hours=24)

    def __init__(self, clock: FrozenClock) -> None:
        self.clock = clock
        self.effects: Counter[str] = Counter()
        self.declined: set[str] = set()
        self.keys: dict[str, datetime] = {}
        self.script: list[str] = []
        self.lookups: list[str] = []
        self.calls: list[PaymentOrder] = []
        self.looks_up: Callable[[str], str] = self._known
        self.before: Callable[[PaymentOrder], None] = lambda order: None  #: runs before the effect of each call

    def pay(self, order: PaymentOrder) -> str:
        self.calls.append(order)
        self.before(order)
        act = self.script.pop(0) if self.script else "ok"
        if act == "crash_before":
            raise Crash
        if act == "timeout_before":
            raise TimeoutError("no answer")
        if act == "unknown_before":
            return PaymentState.UNKNOWN
        known = self.keys.get(order.ref)
        fresh = known is None or self.clock() - known > self.key_life
        if act == "fail" and fresh:
            self.declined.add(order.ref)
            return PaymentState.FAILED
        if fresh:
            self.keys[order.ref] = self.clock()
            self.effects[order.ref] += 1
            self.declined.discard(order.ref)
        if act == "crash_after":
            raise Crash
        if act == "timeout_after":
            raise TimeoutError("no answer")
        return PaymentState.UNKNOWN if act == "unknown" else PaymentState.PAID

    def look_up(self, ref: str) -> str:
        self.lookups.append(ref)
        return self.looks_up(ref)

    def _known(self, ref: str) -> str:
        if self.effects[ref]:
            return PaymentState.PAID
        return PaymentState.FAILED if ref in self.declined else PaymentState.ABSENT
