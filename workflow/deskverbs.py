"""The verbs of the desk, written out and typed: what an editor completes and a type checker sees.

Names and payloads are the contract's, section 3. Each method is the same short step to ``do``; nothing is decided here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from typing_extensions import TypedDict, Unpack

from ..states.errors import InputError
from ..states.money import Money
from .engine import seller_file_id
from .ports import SourceRow
from .told import known_names
from .view import Claim, SellerFile


class Options(TypedDict, total=False):
    """What every write takes beside its payload."""

    actor: str | None  #: who does it (the desk's own actor when left out)
    reason: str | None  #: required for human overrides and money
    at: datetime | str | None  #: when it happened (now when left out)
    idempotency_key: str | None  #: same key and content from the same actor: the first result again
    expected_version: int | None  #: refused as stale when the claim has changed since
    approved_by: str | None  #: a second person, where one is needed
    dry_run: bool  #: what would happen, nothing is written
    lenient: bool  #: scenario steps: neither a reason nor a second person is asked for
    row: SourceRow  #: the row of an import this came from, kept in the same transaction


def checked_options(options: Options) -> None:
    """A misspelt option would be read by nobody, and a step that was to be tried would be done; InputError names it."""
    known_names(options, Options)
    version: object = options.get("expected_version")
    if version is not None and type(version) is not int:
        raise InputError("wrong_type", "a whole number is expected", field="expected_version", hint="claim.version")
    checked_trial(options.get("dry_run", False))


def checked_trial(dry_run: object) -> None:
    """What is neither True nor False was meant as one of them, and the other would be done; InputError."""
    if not isinstance(dry_run, bool):
        raise InputError("wrong_type", "true or false is expected", field="dry_run", hint="dry_run=True writes nothing")


def _not_a_claim() -> InputError:
    return InputError("not_a_claim", "this is a seller's file, not a claim", field="claim", hint="use seller_do")


def _listed(values: Sequence[Any] | None) -> Sequence[Any] | None:
    """A payload has lists; any other sequence of a caller's is as good as one."""
    return list(values) if isinstance(values, tuple) else values


class Verbs(ABC):
    """The verbs of a claim.

    Amounts are ``Money`` or text with a currency (``"640.00 USD"``), in the currency of the claim; days are ``date`` or
    ``YYYY-MM-DD``, instants have an offset. Each verb writes one step, lets the rules run on, and gives the claim as it
    then stands; ``**options`` is ``Options``.

    Every verb may raise NotFound (``unknown_claim``), StaleVersion, IdempotencyMismatch, InputError (the payload, with
    its field), NotPermitted (where roles are on), StorageError (retryable), and Refused: ``not_allowed_from_state``,
    ``on_hold``, ``needs_reason`` or ``needs_second_person``; a refusal says what is unmet and what can be done now.
    Authority: the contract's section 3.
    """

    @abstractmethod
    def do(
        self, verb: str, claim: str, payload: Mapping[str, Any] | None = None, **options: Unpack[Options]
    ) -> Claim | SellerFile:
        """One verb on one claim."""

    @abstractmethod
    def seller_do(
        self,
        verb: str,
        seller: str,
        payload: Mapping[str, Any],
        *,
        marketplace: str = "US",
        create: bool = True,
        **options: Unpack[Options],
    ) -> SellerFile:
        """One verb on a seller's compliance file."""

    def _claim(self, verb: str, claim: str, payload: Mapping[str, Any], options: Options) -> Claim:
        if not isinstance(payload, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers are outside
            raise InputError(
                "not_an_object", "facts are a mapping of names to values", field="facts", hint="{name: value}"
            )
        known: Any = claim  # callers are outside: what is no text is refused further on
        if isinstance(known, str) and known.startswith(seller_file_id("")):  # said before anything is written
            raise _not_a_claim()
        found = self.do(verb, claim, {k: v for k, v in payload.items() if v is not None}, **options)
        if not isinstance(found, Claim):
            raise _not_a_claim()
        return found

    def amend(self, claim: str, *, facts: Mapping[str, Any], **options: Unpack[Options]) -> Claim:
        """Corrects facts of the filing, also its ``seller``; mappings merge key by key, lists are replaced."""
        return self._claim("amend", claim, facts, options)

    def provide_information(
        self, claim: str, *, facts: Mapping[str, Any] | None = None, **options: Unpack[Options]
    ) -> Claim:
        """The customer answered, with corrections or not."""
        return self._claim("provide_information", claim, {} if facts is None else facts, options)

    def record_screening(
        self,
        claim: str,
        *,
        verdict: str,
        by: str | None = None,
        findings: str | None = None,
        **options: Unpack[Options],
    ) -> Claim:
        """Keeps the verdict of a person or outside expert (valid, inconclusive, unsubstantiated, ...).

        ``valid`` lets the rules triage, pay or ask the seller at once; ``inconclusive`` asks the customer;
        ``unsubstantiated``, ``frivolous``, ``fraudulent`` and ``abusive`` deny. ``by``: who judged; ``findings`` are
        sealed.
        """
        return self._claim("record_screening", claim, {"verdict": verdict, "by": by, "findings": findings}, options)

    def assess(
        self, claim: str, *, losses: Sequence[Mapping[str, Any]], method: str | None = None, **options: Unpack[Options]
    ) -> Claim:
        """Replaces the amounts claimed by the amounts supported.

        ``losses``: ``[{"head": ..., "amount": ...}]``, one entry a head. Before a payment the claim is routed again.
        InputError: ``no_losses``, ``currency_mismatch``, ``too_many_decimals``.
        """
        return self._claim("assess", claim, {"losses": _listed(losses), "method": method}, options)

    def respond(
        self,
        claim: str,
        *,
        position: str,
        grounds: str | None = None,
        by: str | None = None,
        **options: Unpack[Options],
    ) -> Claim:
        """The seller's position: accept, reject or information (``by``: seller or insurer).

        Within ``seller.response_window`` of the rulebook. After it the clock has moved the claim on, and the answer is
        refused ``not_allowed_from_state``. ``grounds`` are sealed.
        """
        return self._claim("respond", claim, {"position": position, "grounds": grounds, "by": by}, options)

    def insurer_respond(
        self, claim: str, *, position: str, amount: Money | str | None = None, **options: Unpack[Options]
    ) -> Claim:
        """The insurer's position: accept, deny or offer (with an amount).

        ``accept`` and ``offer`` wait for ``resolve``; ``deny`` leaves the claim to a person.
        """
        return self._claim("insurer_respond", claim, {"position": position, "amount": amount}, options)

    def decline_offer(self, claim: str, **options: Unpack[Options]) -> Claim:
        """The customer declines what seller or insurer offered."""
        return self._claim("decline_offer", claim, {}, options)

    def resolve(self, claim: str, *, amount: Money | str, by: str | None = None, **options: Unpack[Options]) -> Claim:
        """Seller or insurer settled with the customer.

        ``amount``: what the customer agreed to, which need not be what was claimed. It is no money of Amazon's.
        """
        return self._claim("resolve", claim, {"amount": amount, "by": by}, options)

    def decide_dispute(self, claim: str, *, decision: str, **options: Unpack[Options]) -> Claim:
        """A person steps in (step_in) or upholds the dispute (deny); needs a reason.

        Stepping in approves the payment; from ``approval.second_person_from`` on it takes ``approved_by``.
        """
        return self._claim("decide_dispute", claim, {"decision": decision}, options)

    def confirm_payment(self, claim: str, *, ref: str | None = None, **options: Unpack[Options]) -> Claim:
        """The payment reached the customer.

        ``ref``: the provider's own number. A claim is paid once: a second confirmation is refused
        ``not_allowed_from_state``.
        """
        return self._claim("confirm_payment", claim, {"ref": ref}, options)

    def fail_payment(self, claim: str, *, ref: str | None = None, **options: Unpack[Options]) -> Claim:
        """The payment failed; it is tried again under the same obligation."""
        return self._claim("fail_payment", claim, {"ref": ref}, options)

    def reverse_payment(self, claim: str, **options: Unpack[Options]) -> Claim:
        """The payment came back or was made in error; needs a reason.

        Leads back to ``approved`` under the hold ``payment_reversed``; what was paid and what is asked back are 0.00
        again. From ``approval.second_person_from`` on it takes ``approved_by``.
        """
        return self._claim("reverse_payment", claim, {}, options)

    def record_certificate(self, claim: str, *, certificate: Mapping[str, Any], **options: Unpack[Options]) -> Claim:
        """Judges a certificate of insurance and keeps it with its verdict.

        ``certificate``: a mapping of what the paper says; a fact it does not tell is unknown, never false. The verdict
        names every fault. Proof in time ends the recovery of a small claim (``recovery.proof_window``).
        """
        return self._claim("record_certificate", claim, {"certificate": certificate}, options)

    def request_insurance(self, claim: str, *, on: date | str | None = None, **options: Unpack[Options]) -> Claim:
        """Asks the seller for insurance.

        ``on``: the day of the request, today when left out. A claim in ``recovery_review`` then waits seven days for
        proof.
        """
        return self._claim("request_insurance", claim, {"on": on}, options)

    def decide_recovery(self, claim: str, *, decision: str, **options: Unpack[Options]) -> Claim:
        """A person waives or pursues the recovery; needs a reason.

        ``decision``: waive or pursue; from ``approval.second_person_from`` on it takes ``approved_by``.
        """
        return self._claim("decide_recovery", claim, {"decision": decision}, options)

    def appeal(
        self, claim: str, *, by: str | None = None, grounds: str | None = None, **options: Unpack[Options]
    ) -> Claim:
        """The seller appeals the recovery.

        Within ``recovery.appeal_window`` of the recovery notice; after it refused ``late_appeal``. ``grounds`` are
        sealed.
        """
        return self._claim("appeal", claim, {"by": by, "grounds": grounds}, options)

    def decide_appeal(
        self,
        claim: str,
        *,
        decision: str | None = None,
        money: str | None = None,
        odr: str | None = None,
        **options: Unpack[Options],
    ) -> Claim:
        """A person decides the appeal: upheld or denied (``money``, ``odr``: reversed or kept); needs a reason."""
        return self._claim("decide_appeal", claim, {"decision": decision, "money": money, "odr": odr}, options)

    def decide(self, claim: str, *, decision: str, at_fault: str | None = None, **options: Unpack[Options]) -> Claim:
        """A person decides where a programme leaves it to one; needs a reason.

        ``order``: grant or deny, with ``at_fault`` (seller, carrier or none); ``fba``: reimburse, replace or deny;
        ``breakage_1688``: grant or deny.
        """
        return self._claim("decide", claim, {"decision": decision, "at_fault": at_fault}, options)

    def contest_valuation(
        self,
        claim: str,
        *,
        grounds: str | None = None,
        valuation: Mapping[str, Any] | None = None,
        evidence: Sequence[Mapping[str, Any] | str] | None = None,
        **options: Unpack[Options],
    ) -> Claim:
        """The seller contests what a unit was taken to be worth (``fba``)."""
        told = {"grounds": grounds, "valuation": valuation, "evidence": _listed(evidence)}
        return self._claim("contest_valuation", claim, told, options)

    def decide_contest(
        self,
        claim: str,
        *,
        decision: str,
        valuation: Mapping[str, Any] | Money | str | None = None,
        **options: Unpack[Options],
    ) -> Claim:
        """A person decides the contest: upheld, with the new ``valuation``, or denied (``fba``); needs a reason."""
        return self._claim("decide_contest", claim, {"decision": decision, "valuation": valuation}, options)

    def record_found(
        self, claim: str, *, units: int | None = None, on: date | str | None = None, **options: Unpack[Options]
    ) -> Claim:
        """Units that were paid for turned up (left out, all of them): the reimbursement is reversed (``fba``)."""
        return self._claim("record_found", claim, {"units": units, "on": on}, options)

    def record_proceeds(
        self,
        seller: str,
        *,
        month: str,
        amount: Money | str,
        crossed_on: date | str | None = None,
        marketplace: str = "US",
        **options: Unpack[Options],
    ) -> SellerFile:
        """A seller's gross proceeds of a ``month`` (2021-09); ``crossed_on``: the day they passed the line, if told."""
        told: dict[str, Any] = {"month": month, "amount": amount}
        if crossed_on is not None:
            told["crossed_on"] = crossed_on
        return self.seller_do("record_proceeds", seller, told, marketplace=marketplace, **options)

    def refund(
        self, claim: str, *, by: str | None = None, amount: Money | str | None = None, **options: Unpack[Options]
    ) -> Claim:
        """The seller or Amazon refunded the customer (``by``; left out, the seller; all that is open)."""
        return self._claim("refund", claim, {"by": by, "amount": amount}, options)

    def cancel_order(self, claim: str, *, by: str, **options: Unpack[Options]) -> Claim:
        """The order was cancelled (``by``: seller, amazon or customer)."""
        return self._claim("cancel_order", claim, {"by": by}, options)

    def record_recovery(
        self, claim: str, *, amount: Money | str, source: str | None = None, **options: Unpack[Options]
    ) -> Claim:
        """Money came back (``source``: seller or insurer).

        In parts if need be. Refused ``amount_over_balance`` beyond what is still asked; InputError ``zero_amount``.
        """
        return self._claim("record_recovery", claim, {"amount": amount, "from": source}, options)

    def write_off(self, claim: str, **options: Unpack[Options]) -> Claim:
        """Gives up what is left of a recovery; needs a reason.

        From ``approval.second_person_from`` on it takes ``approved_by``.
        """
        return self._claim("write_off", claim, {}, options)

    def withdraw(self, claim: str, **options: Unpack[Options]) -> Claim:
        """The customer withdraws."""
        return self._claim("withdraw", claim, {}, options)

    def deny(self, claim: str, **options: Unpack[Options]) -> Claim:
        """A person denies the claim; needs a reason.

        Before a payment only; one that was made is taken back with ``reverse_payment``.
        """
        return self._claim("deny", claim, {}, options)

    def hold(
        self, claim: str, *, hold: str | None = None, pause_clocks: bool | None = None, **options: Unpack[Options]
    ) -> Claim:
        """Sets a hold: nothing automatic happens and no money moves. A ``reason`` may name it."""
        return self._claim("hold", claim, {"hold": hold, "pause_clocks": pause_clocks}, options)

    def release_hold(self, claim: str, *, hold: str | None = None, **options: Unpack[Options]) -> Claim:
        """Settles the fact behind a hold for good; needs a reason."""
        return self._claim("release_hold", claim, {"hold": hold}, options)

    def redact(self, claim: str, *, basis: str, **options: Unpack[Options]) -> Claim:
        """Erases the personal data of a claim under a legal basis; needs ``approved_by``, and no legal hold.

        The record stays: what is erased cannot be read any more, everything else can be proved as before. Where
        nothing is left to erase, nothing is written.
        """
        return self._claim("redact", claim, {"basis": basis}, options)

    def redirect(
        self,
        claim: str,
        *,
        to: str,
        facts: Mapping[str, Any] | None = None,
        marketplace: str | None = None,
        **options: Unpack[Options],
    ) -> Claim:
        """Moves an open claim to the programme it belongs to; needs a reason.

        ``facts``: what was learnt, as ``to`` takes them in ``file``; what both read (order, item, evidence, claimant)
        comes from the claim. It ends here and goes on there, on its first filing date, as ``continued_as``; refused
        while money is under way or has moved.
        """
        return self._claim("redirect", claim, {"to": to, "facts": facts, "marketplace": marketplace}, options)

    def reopen(self, claim: str, *, settlement_received: bool | str | None = None, **options: Unpack[Options]) -> Claim:
        """New facts: back to screening; needs a reason.

        ``settlement_received``: False where what a seller or insurer settled (``resolve``) never came to the customer;
        it is then taken back, and the claim takes its way again (``pdpi``).
        """
        return self._claim("reopen", claim, {"settlement_received": settlement_received}, options)

    def note(
        self, claim: str, *, text: str | None = None, done: str | None = None, **options: Unpack[Options]
    ) -> Claim:
        """Keeps a file note (sealed, never edited); ``done`` is the task this finishes, such as ``medicare_report``."""
        return self._claim("note", claim, {"text": text, "done": done}, options)

    def assign(self, claim: str, *, owner: str, **options: Unpack[Options]) -> Claim:
        """Names the owner."""
        return self._claim("assign", claim, {"owner": owner}, options)

    def attach_evidence(
        self, claim: str, *, evidence: Sequence[Mapping[str, Any] | str], **options: Unpack[Options]
    ) -> Claim:
        """Keeps references to evidence.

        ``evidence``: ids, or ``{"id", "kind", "sha256", "received_at", "captured_at"}``. The files stay with the host.
        """
        return self._claim("attach_evidence", claim, {"evidence": _listed(evidence)}, options)

    def request_information(
        self, claim: str, *, items: Sequence[str] | None = None, kind: str | None = None, **options: Unpack[Options]
    ) -> Claim:
        """Asks the customer for more.

        ``items``: what is asked for, in the words of the letter. The customer has ``information.window`` to answer.
        """
        return self._claim("request_information", claim, {"items": _listed(items), "kind": kind}, options)
