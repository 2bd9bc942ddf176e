"""What can be wrong with a file or a row: a code, where it stands, what would be right.

Decision: a problem never holds the value itself; the report shows it only where its column is not personal and it looks
like what belongs there, or when a person asks for values. Authority: UX notes 6.4.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...states.codes import Described
from ...states.errors import InputError


class Severity(Described):
    """What a problem does to its row."""

    ERROR = "error", "the row is rejected"
    WARNING = "warning", "the row is taken, read as the message says"


class ImportCode(Described):
    """What can be wrong with a file or a row, before the desk sees it."""

    ENCODING_UNCLEAR = "encoding_unclear", "the bytes fit no encoding, or more than one"
    NOT_A_TABLE = "not_a_table", "a workbook, an archive, a picture or a page, not CSV or JSON Lines"
    DELIMITER_UNCLEAR = "delimiter_unclear", "two characters could separate the cells"
    NO_HEADER = "no_header", "no line holds the names of columns"
    NO_KNOWN_COLUMN = "no_known_column", "no column of the header is known, and no map names one"
    COLUMN_TWICE = "column_twice", "a column stands twice, or two columns mean the same"
    MISSING_COLUMN = "missing_column", "a column that a map names, or that is needed, is not in the header"
    BAD_MAP = "bad_map", "the map is not usable"
    BAD_ENCODING = "bad_encoding", "bytes of a row are not text in the encoding of the file"
    NOT_CSV = "not_csv", "a record is not CSV"
    NOT_JSON = "not_json", "a line is not a JSON object"
    WRONG_CELL_COUNT = "wrong_cell_count", "a record has more or fewer cells than the header"
    MISSING_VALUE = "missing_value", "a value that is needed is empty"
    UNKNOWN_VALUE = "unknown_value", "a value that the map or the column does not know"
    PATTERN_MISMATCH = "pattern_mismatch", "a value does not look as the map says"
    CURRENCY_MISSING = "currency_missing", "an amount without a currency"
    CURRENCY_UNCLEAR = "currency_unclear", "a sign that several currencies use"
    CURRENCY_CLASH = "currency_clash", "the amount says another currency than its column"
    AMOUNT_UNREADABLE = "amount_unreadable", "not an amount"
    AMOUNT_UNCLEAR = "amount_unclear", "a point or comma that could mean two things"
    NEGATIVE_AMOUNT = "negative_amount", "an amount below zero"
    DATE_UNREADABLE = "date_unreadable", "not a date"
    DATE_UNCLEAR = "date_unclear", "day and month could be the other way round, or the century is missing"
    INSTANT_UNREADABLE = "instant_unreadable", "not an instant"
    NO_TIME_ZONE = "no_time_zone", "a local time, and no zone was told"
    TIME_SKIPPED = "time_skipped", "a local time that clocks skipped that day"
    HEADS_NEEDED = "heads_needed", "an amount that must be split by head of loss"
    HEADS_CLASH = "heads_clash", "the heads of loss do not sum to the amount"
    SEVERAL_CLAIMS = "several_claims", "more than one claim fits the row"
    AMOUNT_CLASH = "amount_clash", "the amount is not the one that waits to be paid"
    DIGEST_UNREADABLE = "digest_unreadable", "not a SHA-256 of 64 digits"
    DIGEST_CLASH = "digest_clash", "the file does not have the digest the manifest says"
    FILE_MISSING = "file_missing", "the folder has no such file, or it cannot be read"
    FILE_OUTSIDE = "file_outside", "a name that leads out of the folder of the files"
    FILE_EMPTY = "file_empty", "a file without content"
    PAYMENT_KNOWN = "payment_known", "the payment's reference is on file for this claim already"
    ROW_TWICE = "row_twice", "the same source id stands in the file twice, with different content"
    CHANGED_HERE = "changed_here", "a person changed this since the row was filed"
    NAME_UNKNOWN = "name_unknown", "yes stands where a name does: the name stays unknown"
    FILE_NOT_SEEN = "file_not_seen", "no file was looked at: its digest was taken as it was told"
    SELLER_NEW = "seller_new", "nobody knew this seller: a file was made for it"
    FULL_WIDTH = "full_width", "full-width characters were read as ordinary ones"
    SPREADSHEET_TEXT = "spreadsheet_text", "what a spreadsheet marks as text was read as that text"
    SPREADSHEET_NUMBER = "spreadsheet_number", "a spreadsheet made a number of it: digits are lost"
    TIME_TWICE = "time_twice", "a local time that happened twice; the earlier one was taken"
    VALUE_LEFT_OUT = "value_left_out", "a value nobody knows was left out, as the map says"
    NOT_TAKEN_BACK = "not_taken_back", "a value that is empty now stays as it was filed"
    FILING_STANDS = "filing_stands", "what was filed first stands: it cannot be amended"


WARNINGS = frozenset(
    {
        ImportCode.NAME_UNKNOWN,
        ImportCode.FILE_NOT_SEEN,
        ImportCode.SELLER_NEW,
        ImportCode.FULL_WIDTH,
        ImportCode.SPREADSHEET_TEXT,
        ImportCode.TIME_TWICE,
        ImportCode.VALUE_LEFT_OUT,
        ImportCode.NOT_TAKEN_BACK,
        ImportCode.FILING_STANDS,
    }
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing about one row. ``column`` is the header as it stands in the file, ``field`` what it means."""

    code: str
    message: str
    hint: str = ""
    column: str = ""
    field: str = ""

    @property
    def severity(self) -> Severity:
        """Whether the row is taken."""
        return Severity.ERROR if self.rejects else Severity.WARNING

    @property
    def rejects(self) -> bool:
        """Whether it rejects its row."""
        return self.code not in WARNINGS

    def to_error(self) -> InputError:
        """The same for the one pipeline, which speaks in errors."""
        return InputError(str(self.code), self.message, field=self.field or self.column or None, hint=self.hint)


def problem(code: ImportCode, message: str, hint: str = "") -> Problem:
    """A problem whose place is filled in by whoever knows the column."""
    return Problem(code.value, message, hint)


#: What an amount, a date, a code or an id is made of; a sentence or a name does not get through.
_PLAIN = re.compile(r"[\w.,:;/+\-#$¥€£￥()'年月日]{1,40}( [\w.,:/+\-()]{1,20}){0,2}\Z")
_LETTERS_MAX = 14
#: A telephone number, also behind a name: no amount and no day is written so.
_CALLED = re.compile(r"(?<!\d)\d{3}[- .]\d{4}(?!\d)|\d{3}[-. ]\d{2,3}[-. ]\d{4}")


def masked(value: str, *, sensitive: bool) -> str:
    """A value as a report may show it: itself where that tells nothing of a person, else its kind and length."""
    if not value:
        return ""
    plain = _PLAIN.match(value) and not _CALLED.search(value)
    if not sensitive and plain and sum(c.isalpha() for c in value) <= _LETTERS_MAX:
        return value
    kind = "number" if value.strip().isdigit() else "text"
    return f"<{kind}, {len(value)} characters>"
