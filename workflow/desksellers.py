"""What callers tell of a seller: beside a claim or alone, checked, and taken in before what hangs on it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..states.case import Case
from ..states.codes import RefusalCode
from ..states.errors import InputError, NotFound
from . import registry
from .engine import Session, Settings, seller_file_id
from .plan import Command
from .told import must_have, new_certificates, seller_id_of, sellers_book, told_key

_REMEMBERED = 1024


class Sellers:
    """The part of a desk that takes in what is told of sellers."""

    settings: Settings
    _sellers_told: dict[bytes | str, tuple[dict[str, Any], str]]

    def case_of(self, claim: str, at: datetime | str | None = None) -> Case | None:
        """The case behind a claim."""
        raise NotImplementedError

    def _know_seller(self, session: Session, command: Command, seller: Mapping[str, Any] | str | None) -> None:
        """Takes in what a claim says of its seller; NotFound for an id alone that is not on file."""
        if seller is None:
            return
        seller_id = str(seller_id_of(seller))
        file_id = seller_file_id(seller_id)
        known = session.case(file_id)
        if isinstance(seller, str):
            if known is None:
                raise NotFound(
                    RefusalCode.UNKNOWN_SELLER.value,
                    "there is no such seller on file",
                    field="seller",
                    hint="give the seller as a mapping: seller: {id: ...}",
                )
            return
        facts, country = self._told_facts(seller, str(command.marketplace))
        held = None if known is None else known.facts
        if held is not None and all(held.get(k) == v for k, v in facts.items() if k not in ("id", "certificates")):
            facts = {k: v for k, v in facts.items() if k in ("id", "certificates")}
            if known is not None and not new_certificates(known, facts.get("certificates", ())):
                return
        updating = Command(
            "update_seller",
            {**facts, "seller": seller_id},
            command.actor,
            command.at,
            claim=file_id,
            programme=registry.SELLER_FILE,
            marketplace=country,
            lenient=True,
        )
        session.do(updating)

    def _told_facts(self, seller: Mapping[str, Any], marketplace: str) -> tuple[dict[str, Any], str]:
        """(canonical facts, country) of an inline seller; a bulk file tells the same seller many times."""
        try:
            key = told_key(marketplace, seller)
        except (TypeError, ValueError, RecursionError):
            raise InputError(
                "not_an_object", "a seller is a mapping of names to plain values", field="seller"
            ) from None
        if key not in self._sellers_told:
            if len(self._sellers_told) >= _REMEMBERED:
                self._sellers_told.clear()
            book = sellers_book(seller.get("elected_country"), marketplace)
            told = self._expanded("update_seller", seller, seller)
            programme = registry.programme(registry.SELLER_FILE)
            try:
                facts, _ = programme.validate("update_seller", told, book.currency, self.settings.plain)
            except InputError as error:
                within = (error.field or "").removeprefix("seller.")
                error.field = ".".join(part for part in ("seller", within) if part)
                raise
            self._sellers_told[key] = facts, book.marketplace
        return self._sellers_told[key]

    def _opening_commands(
        self,
        verb: str,
        seller: str,
        payload: Mapping[str, Any],
        marketplace: str,
        beside: Mapping[str, Any],
        reason: str,
    ) -> tuple[Command, Command]:
        """What opens a new seller's file, and then the verb itself: both in one transaction."""
        programme = registry.programme(registry.SELLER_FILE)
        must_have(programme, verb)
        country = payload.get("elected_country") if verb == "update_seller" else None
        book = sellers_book(country, marketplace)
        file_id = seller_file_id(seller)
        opening = Command(
            "update_seller",
            {"id": seller, "seller": seller},
            beside["actor"],
            beside["at"],
            claim=file_id,
            programme=programme.id,
            marketplace=book.marketplace,
            lenient=True,
        )
        told = self._expanded(verb, payload, payload if verb == "update_seller" else {})
        facts, personal = programme.validate(verb, told, book.currency, self.settings.plain)
        then = Command(
            verb,
            facts,
            claim=file_id,
            personal={**personal, "reason": reason} if reason else personal,
            reason=reason,
            **beside,
        )
        return opening, then

    def _validated(
        self, programme: Any, case: Case, verb: str, payload: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """(canonical payload, personal values), in the currency and the words of whose file it goes to."""
        if verb in programme.seller_first or programme.id == registry.SELLER_FILE:
            seller_programme = registry.programme(registry.SELLER_FILE)
            file = self.case_of(seller_file_id(case.seller)) if case.seller else None
            currency = file.currency if file else case.currency
            given = self._expanded(verb, payload, file.facts if file else {})
            return seller_programme.validate(verb, given, currency, self.settings.plain)
        return programme.validate(verb, payload, case.currency, self.settings.plain)

    def _expanded(self, verb: str, payload: Mapping[str, Any], seller: Mapping[str, Any]) -> Mapping[str, Any]:
        """Certificates written out in full where they stand as a template (scenarios and tests only)."""
        if not self.settings.templates:
            return payload
        from .programmes.seller_insurance.testing_template import expand  # noqa: PLC0415  # scenarios and tests only

        if verb == "record_certificate" and "template" in payload:  # the payload itself is the certificate
            return expand(payload, seller)
        if verb == "record_certificate":
            return {**payload, "certificate": expand(payload.get("certificate"), seller)}
        if isinstance(payload.get("certificates"), list):
            return {
                **payload,
                "certificates": [expand(c, seller, f"certificates.{i}") for i, c in enumerate(payload["certificates"])],
            }
        return payload
