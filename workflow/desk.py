"""The desk: the public door. Every write is a command through the one write path; every read is a frozen view.

Verbs are written out, typed, and named as in the contract. Each takes ``actor``, ``reason``, ``idempotency_key``,
``expected_version``, ``approved_by`` and ``dry_run`` and returns the claim after it; a refusal is raised with its code,
what is unmet and what may be done now. A desk is given its store, keys, sender and gateway; finding them by an
address is the adapters' part (``ClaimDesk.open``).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from typing_extensions import Unpack

from ..states.case import Case
from ..states.codes import RefusalCode
from ..states.errors import InputError, NotFound, RulebookError
from ..states.ids import IdFactory
from ..states.times import instant_text, parse_instant
from . import registry
from .again import again
from .control.approvals import Approvals
from .control.state import AccessState
from .deskreads import Reads, shown_id
from .desksellers import Sellers
from .deskverbs import Options, Verbs, checked_options, checked_trial
from .digests import Digests
from .dispatch import Dispatcher, TickReport
from .engine import Done, Session, Settings, group_of, locks_of, seller_file_id, told_group
from .opening import configured, origin_of, spoken_by_party
from .overlays import checked
from .paying import with_paid, with_settled
from .plan import Command, Programme
from .ports import Ahead, NoticeSender, PaymentGateway, Store, Vault
from .privacy import contact_of, look_at, unsealed, with_found
from .redirects import as_filed, meant, with_opening
from .rotation import Rotation, by_two_people, rotate_keys, with_epochs, would_rotate
from .rulebook import Book, book_for
from .told import must_have, reason_of, seller_id_of, visible, whose_seller
from .view import Claim, SellerFile, claim_view, seller_view
from .writing import Writing

if TYPE_CHECKING:
    from .outlook import Outlook
    from .speculate import Planners

#: The verbs whose reason may name what they set, and the field that names it otherwise.
_REASON_NAMES = {"hold": "hold", "release_hold": "hold", "request_information": "kind"}


def _system_millis() -> int:
    return time.time_ns() // 1_000_000


def _system_clock() -> datetime:
    return datetime.now(UTC)


class Desk(Verbs, Reads, Approvals, Sellers):
    """A claim desk on one store. Use as a context manager; one desk per thread of work."""

    #: Whoever plans the batches of a long file beside the writing; None: they are planned one after the other.
    planners: Planners | None = None

    def __init__(
        self,
        store: Store,
        vault: Vault,
        *,
        actor: str,
        sender: NoticeSender,
        gateway: PaymentGateway,
        clock: Callable[[], datetime] | None = None,
        random_bits: Callable[[int], int] | None = None,
        payments: str | None = None,
        overlays: Sequence[str] = (),
        rulebook_overrides: Mapping[str, Any] | None = None,
        plain: bool = False,
        templates: bool = False,
        language: Mapping[str, str] | None = None,
    ) -> None:
        self.store = store
        self.actor = actor
        self.clock = clock or _system_clock
        bits = random_bits or random.SystemRandom().getrandbits
        millis = _system_millis if clock is None else lambda: int(self.clock().timestamp() * 1000)
        new_id = IdFactory(millis, lambda: bits(32))
        mode = payments or (
            "instant" if gateway.settles_at_once else "manual" if gateway.name == "manual" else "gateway"
        )
        origin, digests = origin_of(store, bits)
        self.settings = Settings(
            clock=self.clock,
            new_id=new_id,
            vault=vault,
            log=origin,
            digests=Digests(vault, origin, digests),
            payments=mode,
            overlays=checked(overlays),
            overrides=configured(rulebook_overrides),
            plain=plain,
            templates=templates,
            language={"customer": "en", "seller": "en", "insurer": "en", **spoken_by_party(language)},
        )
        self._access = AccessState()
        self._sellers_told: dict[bytes | str, tuple[dict[str, Any], str]] = {}
        self.dispatcher = Dispatcher(store, self.settings, sender, gateway)
        if self.settings.overrides:  # a misspelt name would be read by nobody, and money would go by another number
            self.known_parameters(self.settings.overrides)

    def close(self) -> None:
        """Gives the connections back; twice is as good as once, and a desk used again opens new ones."""
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- writing -------------------------------------------------------------------------------------------------

    def file(  # the payload of the contract, written out
        self,
        *,
        marketplace: str,
        programme: str = "pdpi",
        seller: Mapping[str, Any] | str | None = None,
        filed_at: datetime | str | None = None,
        actor: str | None = None,
        reason: str | None = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,
        **payload: Any,
    ) -> Claim:
        """Files a claim (FNOL), screens nothing, and lets the rules run on as far as they may.

        ``payload``: the fields of ``file``, as its JSON Schema has them. ``seller``: the id of one on file, or a
        mapping of facts with an ``id``. ``filed_at``: an instant with an offset; left out, it is now. ``dry_run``: the
        claim as it would be, nothing written.
        InputError for a payload that is not usable, NotFound for a seller's id that is not on file, Refused where the
        programme does not take the claim yet, IdempotencyMismatch for a key that came with other content.
        """
        checked_trial(dry_run)
        self.permit(self.who(actor), "file")
        reason = reason_of(reason, {})
        at = parse_instant(filed_at, "filed_at") if filed_at is not None else parse_instant(self.clock(), "clock")
        made = self.file_command(programme, marketplace, payload, seller, at, actor, reason, idempotency_key)
        made = replace(made, told=[seller, None if filed_at is None else instant_text(at)])
        keys = [seller_file_id(str(seller_id_of(seller)))] if seller is not None else []
        ahead = Ahead(group=told_group(made.payload))
        done = self._retried(lambda session: self.file_in(session, made, seller), keys, dry_run, ahead)
        return claim_view(done.case, dry_run=dry_run)

    def file_command(
        self,
        programme: str,
        marketplace: str,
        payload: Mapping[str, Any],
        seller: Mapping[str, Any] | str | None,
        at: datetime,
        actor: str | None = None,
        reason: str = "",
        key: str | None = None,
    ) -> Command:
        """The validated command that files one claim; InputError says what is wrong with it."""
        found = registry.programme(programme)
        if found.id == registry.SELLER_FILE:
            raise InputError(
                "not_a_claim",
                "a seller's compliance file is no claim",
                field="programme",
                hint="record facts about a seller instead: claimdesk seller set ID in_good_standing=true",
            )
        if not isinstance(marketplace, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers are outside
            raise InputError("not_text", "a marketplace is text", field="marketplace", hint="for example US")
        try:
            book = _book_asked_for(programme, marketplace)
            canonical, personal = found.validate(found.opening, payload, book.currency, self.settings.plain)
        except InputError:
            redirect = meant(found, marketplace, payload)
            if redirect is None:
                raise
            found = redirect.programme
            book = _book_asked_for(found.id, marketplace)
            canonical, personal = found.validate(found.opening, redirect.payload, book.currency, self.settings.plain)
            canonical["redirected"] = dict(redirect.kept)
            personal = {**personal, "as_filed": as_filed(payload)}
        seller_id = seller_id_of(seller)
        if seller_id is not None:
            canonical["seller"] = seller_id
        elif canonical.get("order", {}).get("sold_by", "seller") == "seller":
            raise InputError(
                "missing_field",
                "a required field is missing",
                field="seller",
                hint="give the seller, or order.sold_by: amazon",
            )
        return Command(
            found.opening,
            canonical,
            self.who(actor),
            at,
            personal=personal,
            reason=reason,
            key=None if key is None else visible(key, "idempotency_key"),
            programme=found.id,
            marketplace=marketplace,
        )

    def file_in(self, session: Session, command: Command, seller: Mapping[str, Any] | str | None) -> Done:
        """Files within a session: first what the line says about the seller, then the claim."""
        known = session.known(command)
        if known is not None:
            return known
        self._know_seller(session, command, seller)
        return session.do(command)

    def do(
        self, verb: str, claim: str, payload: Mapping[str, Any] | None = None, **options: Unpack[Options]
    ) -> Claim | SellerFile:
        """One verb on one claim or seller's file. The typed methods all come through here.

        InputError for a verb or a payload that is not usable, NotFound for an unknown claim, Refused (with what is
        unmet and what is possible now) where the rules do not allow it, NotPermitted where roles do not, StaleVersion
        and IdempotencyMismatch as their names say.
        """
        done = self.perform(verb, claim, {} if payload is None else payload, **options)
        if done.case.programme == registry.SELLER_FILE:
            return seller_view(done.case)
        return claim_view(done.case, dry_run=options.get("dry_run", False))

    def perform(self, verb: str, claim: str, payload: Mapping[str, Any], **options: Unpack[Options]) -> Done:
        """One verb, with everything it came to."""
        known = None if shown_id(claim) == "?" else claim  # what is no id of ours is not asked of the store
        state, seen = self.permit_on(known, self.who(options.get("actor")), verb)
        case, command = self._prepared(verb, claim, payload, options, seen)
        whose = command.told[0] if verb == "amend" and command.told else None
        if state.roles_on:
            self.no_naming(state, verb, command.second)
            command = replace(command, lenient=False)  # scenarios may leave out a second person, roles may not
        dry_run = options.get("dry_run", False)

        def step(session: Session) -> Done:
            session.lock_more([claim], keys, command.payload)
            if dry_run:
                self.dispatcher.catch_up_in(session, claim, command.at)
            if whose is not None and session.known(command) is None:
                self._know_seller(session, replace(command, marketplace=case.marketplace), whose)
            done = self._does(session, command, state)
            _keep_source(session, done, options)
            return done

        also = [] if whose is None else [seller_file_id(str(command.payload["seller"]))]
        keys = sorted({*locks_of([case], command.payload), *also})
        personal = registry.programme(case.programme).reads_personal
        done = self._retried(step, keys, dry_run, Ahead(case.id if personal else None, group_of(case)))
        if verb == "redact" and not dry_run:
            self.dispatcher.forget(claim)
        return done

    def with_found(self, session: Session, command: Command) -> Command:
        """The command with what its verb acts on and the request does not say."""
        if command.verb == "redact":
            return with_found(session, command)
        if command.verb == "reverse_payment":
            return with_paid(session, command)
        if command.verb == "reopen":
            return with_settled(session, command)
        return with_opening(session, command) if command.verb == "redirect" else command

    def _prepared(
        self, verb: str, claim: str, payload: Mapping[str, Any], options: Options, seen: Case | None = None
    ) -> tuple[Case, Command]:
        """The case a verb is meant for, its clocks caught up, and the checked command. ``seen``: just read."""
        case, programme = self._meant(verb, claim, seen)
        if not isinstance(payload, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InputError("not_an_object", "a payload is a mapping of names to values", field="payload")
        told = reason_of(options.get("reason"), payload)
        if told and verb in _REASON_NAMES and payload.keys().isdisjoint((_REASON_NAMES[verb], "reason")):
            payload = {**payload, "reason": told}  # it may name what is meant, beside the payload as in it
        if told and verb == "note" and payload.keys().isdisjoint(("text", "done")):
            payload = {**payload, "text": told}  # a note that gives its reason says something
        beside = self._beside(options, payload)
        if not options.get("dry_run", False):
            self.dispatcher.catch_up(case, beside["at"])
        whose: Any = None
        if verb == "amend":
            payload, whose = whose_seller(case, payload)
        canonical, personal = self._validated(programme, case, verb, payload)
        if told:
            personal = {**personal, "reason": told}
        if whose is not None:
            canonical["seller"] = seller_id_of(whose)
            beside["told"] = [whose]
        if verb == "redirect":
            beside["told"] = [canonical.pop("facts", {})]  # part of the request, but not of this claim's record
        return case, Command(verb, canonical, claim=claim, personal=personal, reason=told, **beside)

    def _meant(self, verb: str, claim: str, seen: Case | None) -> tuple[Case, Programme]:
        """The case a verb is meant for, and its programme, which must have the verb."""
        if not isinstance(claim, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InputError("not_text", "a claim id is text", field="claim", hint="for example CLM-...")
        case = seen or self.case_of(claim)
        if case is None:
            raise NotFound(
                RefusalCode.UNKNOWN_CLAIM.value,
                "there is no such claim",
                claim=shown_id(claim),
                hint="claimdesk list shows what is on file",
            )
        programme = registry.programme(case.programme)
        must_have(programme, verb)
        return case, programme

    def _beside(self, options: Options, payload: Mapping[str, Any]) -> dict[str, Any]:
        """What stands beside a payload, checked: who, when, who else approved, under which key."""
        checked_options(options)
        at = options.get("at")
        second, key = options.get("approved_by"), options.get("idempotency_key")
        second = payload.get("approved_by") if second is None else second
        return {
            "actor": self.who(options.get("actor")),
            "at": parse_instant(self.clock(), "clock") if at is None else parse_instant(at),
            "second": None if second in (None, "") else visible(second, "approved_by"),
            "key": None if key is None else visible(key, "idempotency_key"),
            "expected_version": options.get("expected_version"),
            "lenient": options.get("lenient", False),
        }

    def _retried(
        self, step: Callable[[Session], Done], keys: Sequence[str], dry_run: bool, ahead: Ahead | None = None
    ) -> Done:
        """One transaction, planned again from the start when another writer of a claim it touches was faster."""

        def planned() -> Done:
            with self.writing(dry_run, keys, ahead) as session:
                return step(session)

        return again(planned)

    # -- personal data -------------------------------------------------------------------------------------------

    def personal(self, claim: str, *, purpose: str | None = None, actor: str | None = None) -> dict[str, Any]:
        """The personal values of a claim that can still be read.

        Without a purpose: how the claimant is reached, nothing else. With one (a code of ``ReadPurpose``, or words of
        one's own, which are sealed): all of it, injury and free texts too, and an entry of the journal says so before
        anything is returned. With roles on that takes a role that may look.
        """
        case = self._case(claim)
        if purpose is None:
            return contact_of(unsealed(self.store, self.settings, claim))
        who = self.who(actor)
        self.permit(who, "reveal")
        values = unsealed(self.store, self.settings, claim, all_of_it=True)
        look = look_at(claim, values, purpose, who, self.clock())
        if look is not None:
            self._retried(lambda session: session.do(look), locks_of([case]), False)
        return values

    def rotate_keys(self, *, approved_by: str, actor: str | None = None, dry_run: bool = False) -> Rotation:
        """Wraps every data key under a new epoch and destroys the epochs before; two people stand for it.

        From then on what was erased cannot be read in any copy of the database, unless a copy of the old key file is
        left somewhere.
        """
        checked_trial(dry_run)
        vault = with_epochs(self.settings.vault)
        who, second = by_two_people(self.who(actor), approved_by)
        if dry_run:
            return would_rotate(self.store, vault)
        at = instant_text(self.clock().astimezone(UTC))
        return rotate_keys(self.store, vault, asked_by=who, approved_by=second, at=at)

    def writing(self, dry_run: bool = False, keys: Sequence[str] = (), ahead: Ahead | None = None) -> Writing:
        """A write unit with its session: flushed at the end of the block, thrown away for a dry run or an exception."""
        return Writing(self.store, self.settings, dry_run, keys, ahead)

    # -- sellers -------------------------------------------------------------------------------------------------

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
        """One verb on a seller's compliance file; opened when the seller is new (unless ``create`` is False)."""
        file_id = seller_file_id(str(seller_id_of(seller)))
        if self.case_of(file_id) is not None:
            return seller_view(self.perform(verb, file_id, payload, **options).case)
        if not create:
            raise NotFound(
                RefusalCode.UNKNOWN_SELLER.value,
                "there is no such seller on file",
                hint="claimdesk seller list shows them",
            )
        self.permit(self.who(options.get("actor")), verb)
        reason = reason_of(options.get("reason"), payload)
        beside = self._beside(options, payload)
        opening, then = self._opening_commands(verb, seller, payload, marketplace, beside, reason)

        def opened(session: Session) -> Done:
            session.execute(opening)
            made = session.do(then)
            _keep_source(session, made, options)
            return made

        return seller_view(self._retried(opened, [file_id], options.get("dry_run", False)).case)

    # -- time ----------------------------------------------------------------------------------------------------

    def tick(
        self, until: datetime | str | None = None, progress: Callable[[TickReport], None] | None = None
    ) -> TickReport:
        """Does what is due: letters, payments, clocks. Safe to run twice, also at the same time."""
        self.permit(self.actor, "tick")
        with self.store.read() as unit:
            self.settings.digests.check(unit)  # a rule that cannot read an age or an injury must not decide
        return self.dispatcher.tick(None if until is None else parse_instant(until, "until"), progress)

    def foresee(self, until: datetime | str | None = None) -> Outlook:
        """What ``tick`` would do by ``until``: letters, payments, clocks, in order. Writes and sends nothing."""
        from .outlook import foresee  # noqa: PLC0415  # read only where it is asked

        return foresee(self.dispatcher, None if until is None else parse_instant(until, "until"))


def _keep_source(session: Session, done: Done, options: Options) -> None:
    """The row of an import is kept with what it did, or not at all; what changed nothing leaves none."""
    row = options.get("row")
    if row is not None and done.case.id in session.unwritten:
        session.keep_source(done.case.id, row._replace(claim=done.case.id))


def _book_asked_for(programme: str, marketplace: str) -> Book:
    """The rulebook a request names; InputError where there is none, which no rulebook is to blame for."""
    try:
        return book_for(programme, marketplace)
    except RulebookError as error:
        raise InputError(error.code, error.message, field=error.field, hint=error.hint) from None
