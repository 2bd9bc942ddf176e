"""The shipped rulebooks: complete, dated without holes, founded, and switchable where the register says so."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from claimdesk.states.errors import RulebookError
from claimdesk.workflow import rulebook
from claimdesk.workflow.rulebook import Book, Confidence, book_for, books_of, home_book, parse_book, shipped

ONE_DAY = timedelta(days=1)
BOOKS = [b for b in shipped().values() if b.programme in ("pdpi", "seller_insurance")]
ZONES = {
    "US": ("America/Los_Angeles", "USD"),
    "CA": ("America/Toronto", "CAD"),
    "UK": ("Europe/London", "GBP"),
    "EU": ("Europe/Berlin", "EUR"),
    "MX": ("America/Mexico_City", "MXN"),
}  # reading R4; Mexico's zone is assumed


def ids(book: Book) -> str:
    return book.id


def values_of(book: Book, name: str):
    return sorted((p for p in book.parameters if p.name == name), key=lambda p: p.since)


def test_the_books_of_both_programmes_are_there():
    assert {b.id for b in BOOKS} == {
        "pdpi-us",
        "pdpi-ca",
        "pdpi-uk",
        "pdpi-eu",
        "seller_insurance-us",
        "seller_insurance-ca",
        "seller_insurance-mx",
        "seller_insurance-uk",
        "seller_insurance-eu",
    }


@pytest.mark.parametrize("book", BOOKS, ids=ids)
def test_a_book_keeps_its_marketplace_zone_and_currency(book: Book):
    assert (book.zone, book.currency) == ZONES[book.marketplace]
    assert book.id == f"{book.programme}-{book.marketplace.lower()}"
    for p in book.parameters:
        if p.kind == "money":
            assert p.shown.endswith(f" {book.currency}"), p.name


@pytest.mark.parametrize("book", BOOKS, ids=ids)
def test_every_parameter_has_exactly_one_value_on_every_day(book: Book):
    start = book.dates[0]
    for name in {p.name for p in book.parameters}:
        dated = values_of(book, name)
        assert dated[0].since == start, f"{name} has no value on the first day"
        for earlier, later in pairwise(dated):
            assert earlier.until == later.since - ONE_DAY, f"{name} at {later.since}"
        assert dated[-1].until is None, name
    for version in book.versions:
        assert set(version.values) == {p.name for p in book.parameters}


@pytest.mark.parametrize("programme", ["pdpi", "seller_insurance"])
def test_all_books_of_a_programme_hold_the_same_parameters(programme: str):
    names = {b.id: {(p.name, p.kind) for p in b.parameters} for b in BOOKS if b.programme == programme}
    assert len({frozenset(n) for n in names.values()}) == 1, names


@pytest.mark.parametrize("book", BOOKS, ids=ids)
def test_every_value_says_where_it_comes_from(book: Book):
    for p in book.parameters:
        assert p.source, p.name
        if p.confidence is Confidence.SOURCED:
            assert "SEED" in p.source or "DOMAIN" in p.source or "http" in p.source, f"{p.name}: {p.source}"
            assert "no text for this marketplace" not in p.source, p.name


def test_certificates_and_duty_stand_in_books_of_their_own():
    # A claim's rulebook reference must not move when a certificate test changes (contract section 5).
    for book in BOOKS:
        own = {p.name.split(".")[0] for p in book.parameters}
        assert (own & {"certificate", "duty"} == set()) is (book.programme == "pdpi"), book.id
    assert book_for("pdpi", "US").at(date(2024, 6, 3)).ref == "pdpi-us@2021-09-01"


@pytest.mark.parametrize("marketplace", ["CA", "UK", "EU"])
def test_the_later_marketplaces_begin_in_may_2024(marketplace: str):
    book = book_for("pdpi", marketplace)
    version = book.at(date(2025, 1, 1))
    assert version.ref == f"pdpi-{marketplace.lower()}@2024-05-01"
    assert version.text("programme.in_force_on") == "2024-05-01"
    assert version.number("small_claim.limit") == 100_000
    assert version.text("small_claim.comparator") == "under"


@pytest.mark.parametrize("book", BOOKS, ids=ids)
def test_the_register_names_switches_that_exist(book: Book):
    names = {p.name for p in book.parameters}
    assert len({r.id for r in book.readings}) == len(book.readings)
    for r in book.readings:
        assert r.question and r.chosen and r.other and r.by, r.id
        assert (r.parameter is None) == (r.other_value is None), r.id
        if r.parameter is not None:
            assert r.parameter in names, f"{r.id}: {r.parameter}"


@pytest.mark.parametrize("book", BOOKS, ids=ids)
def test_the_other_reading_can_be_switched_on(book: Book):
    version = book.versions[-1]
    for r in book.readings:
        if r.parameter is None or version.get(r.parameter).kind == "list":
            continue
        other = version.override({r.parameter: r.other_value})
        assert other.get(r.parameter).value != version.get(r.parameter).value, r.id


@pytest.mark.parametrize("book", [b for b in BOOKS if b.programme == "pdpi"], ids=ids)
def test_the_readings_of_claims_are_all_registered(book: Book):
    assert {f"R{n}" for n in range(1, 20)} <= {r.id for r in book.readings}


def test_the_readings_of_the_duty_are_registered():
    assert {"R3", "R4", "R19", "R20", "R22", "E", "H"} <= {r.id for r in book_for("seller_insurance", "US").readings}
    for country in ("CA", "MX", "UK", "EU"):
        assert {"R22", "E", "H"} <= {r.id for r in book_for("seller_insurance", country).readings}


@pytest.mark.parametrize(
    ("country", "day", "expected"),
    [
        ("US", "2021-08-31", "three_months"),  # SEED 000: until then three months running
        ("US", "2021-09-01", "any_month"),
        ("CA", "2024-04-30", "three_months"),
        ("CA", "2024-05-01", "any_month"),
        ("MX", "2026-01-01", "three_months"),
        ("UK", "2024-05-28", "none"),
        ("UK", "2024-05-29", "any_month"),
        ("EU", "2024-05-28", "none"),
        ("EU", "2024-05-29", "any_month"),
    ],
)
def test_the_months_rule_by_country_and_day(country: str, day: str, expected: str):
    assert book_for("seller_insurance", country).at(date.fromisoformat(day)).text("duty.months") == expected


@pytest.mark.parametrize(
    ("country", "line"),
    [
        ("US", "10000.00 USD"),
        ("CA", "10000.00 CAD"),
        ("MX", "100000.00 MXN"),
        ("UK", "4000.00 GBP"),
        ("EU", "5000.00 EUR"),
    ],
)
def test_the_proceeds_line_by_country(country: str, line: str):
    assert book_for("seller_insurance", country).versions[-1].get("duty.proceeds_line").shown == line


@pytest.mark.parametrize(
    ("day", "rule", "confidence"),
    [
        ("2021-08-31", "at_most", "assumed"),
        ("2021-09-01", "at_most", "sourced"),
        ("2022-06-26", "at_most", "sourced"),
        ("2022-06-27", "large_sellers", "sourced"),
        ("2023-12-31", "large_sellers", "sourced"),
        ("2024-01-01", "at_most", "assumed"),  # R20: the day of the last change is assumed
    ],
)
def test_the_deductible_regimes_by_day(day: str, rule: str, confidence: str):
    found = book_for("seller_insurance", "US").at(date.fromisoformat(day)).get("certificate.deductible_rule")
    assert (found.value, found.confidence.value) == (rule, confidence)


def test_a_case_may_override_the_claims_made_categories():
    version = book_for("seller_insurance", "US").at(date(2024, 1, 1))
    assert version.names("certificate.claims_made_categories") == ()
    changed = version.override({"certificate.claims_made_categories": ["dietary_supplements"]})
    assert changed.names("certificate.claims_made_categories") == ("dietary_supplements",)
    assert changed.sha256 != version.sha256


def test_a_book_that_cannot_be_read_says_which_entry():
    text = '[book]\nid = "x"\n'
    with pytest.raises(RulebookError, match="rulebook_invalid"):
        parse_book(text, "x.toml")


def test_a_marketplace_without_a_book_is_refused_with_what_there_is():
    with pytest.raises(RulebookError) as caught:
        book_for("seller_insurance", "JP")
    assert "US" in caught.value.hint


def test_every_book_is_found_by_its_place_and_by_its_programme():
    """The file's name is only where to look first: what stands in the file counts."""
    for book in shipped().values():
        if book.programme != "overlay":
            assert book_for(book.programme, book.marketplace) is book is home_book(book.programme, book.marketplace)
    for programme in {b.programme for b in shipped().values()}:
        assert list(books_of(programme)) == [b for b in shipped().values() if b.programme == programme]


@pytest.mark.parametrize("marketplace", ["us", "U/S", "../pdpi-us", "", 5, None])
def test_what_is_no_marketplace_has_no_book(marketplace: object):
    with pytest.raises(RulebookError):
        book_for("pdpi", marketplace)  # type: ignore[arg-type]


def test_who_files_a_claim_reads_no_book_of_another(monkeypatch: pytest.MonkeyPatch):
    read: list[str] = []
    monkeypatch.setattr(rulebook, "_read", lambda name: read.append(name) or parse_book(_text(name), name))
    rulebook._own.cache_clear()  # type: ignore[attr-defined]
    book_for("pdpi", "US")
    home_book("seller_insurance", "US")
    rulebook._own.cache_clear()  # type: ignore[attr-defined]
    assert read == ["pdpi-us.toml", "seller_insurance-us.toml"]


def _text(name: str) -> str:
    return (rulebook._own_folder() / name).read_text("utf-8")
