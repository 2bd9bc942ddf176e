"""Payment gateways: the sandbox that settles at once, and the fake provider the contract tests use.

The sandbox is the default: it confirms inside the plan and calls nobody, so a demonstration needs no account.
A gateway of the host's own implements ``PaymentGateway`` (two methods) and passes the same contract tests.
"""

from __future__ import annotations

from ..workflow.ports import PaymentOrder, PaymentState


class SandboxGateway:
    """Settles at once and never calls anybody. No money moves: for demonstrations, scenarios and tests."""

    name = "sandbox"
    settles_at_once = True

    def pay(self, order: PaymentOrder) -> str:
        """Paid, always."""
        return PaymentState.PAID

    def look_up(self, ref: str) -> str:
        """Nothing is kept here."""
        return PaymentState.ABSENT


class ManualGateway:
    """A person or another system pays and tells the desk: ``confirm_payment`` and ``fail_payment`` are steps."""

    name = "manual"
    settles_at_once = False

    def pay(self, order: PaymentOrder) -> str:
        """Not known until somebody says so."""
        return PaymentState.UNKNOWN

    def look_up(self, ref: str) -> str:
        """Not known until somebody says so."""
        return PaymentState.UNKNOWN


class FakeProvider:
    """A provider that counts real effects and can be told to misbehave (timeouts before or after, failures)."""

    name = "fake"
    settles_at_once = False

    def __init__(self) -> None:
        self.effects: dict[str, int] = {}
        self.calls = 0
        self.script: list[str] = []  #: what the next calls do: ok, fail, timeout_before, timeout_after, unknown

    def pay(self, order: PaymentOrder) -> str:
        """Pays once per reference, whatever it answers."""
        self.calls += 1
        act = self.script.pop(0) if self.script else "ok"
        if act == "fail":
            return PaymentState.FAILED
        if act == "timeout_before":
            raise TimeoutError("no answer")
        self.effects.setdefault(order.ref, 0)
        if self.effects[order.ref] == 0:
            self.effects[order.ref] += 1
        if act == "timeout_after":
            raise TimeoutError("no answer")
        return PaymentState.UNKNOWN if act == "unknown" else PaymentState.PAID

    def look_up(self, ref: str) -> str:
        """What is known of this reference."""
        return PaymentState.PAID if self.effects.get(ref) else PaymentState.ABSENT
