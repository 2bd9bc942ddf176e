"""Encodings, delimiters, headers and records: what is read, what is refused, and that no record is lost."""

from __future__ import annotations

from itertools import product

import pytest

from claimdesk import InputError
from claimdesk.workflow.imports import encodings, maps
from claimdesk.workflow.imports.columns import COLUMNS, aliases, folded
from claimdesk.workflow.imports.reading import plan
from imports.files import CHINESE, HEADER, ROW, opened, text

DELIMITERS = {"comma": ",", "tab": "\t", "semicolon": ";", "bar": "|"}
CODECS = {
    "utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16", "utf-16-le": "UTF-16-LE", "gb18030": "GB18030",
}  # fmt: skip


def chunks(raw: bytes) -> list[bytes]:
    """A first chunk long enough to look at, and then chunks that break characters apart."""
    return [raw[:64], *(raw[i : i + 7] for i in range(64, len(raw), 7))]


@pytest.mark.parametrize("codec", CODECS)
def test_every_encoding_with_every_delimiter(codec):
    """The same records come out, whatever the file is written in."""
    for (name, char), header in product(DELIMITERS.items(), (HEADER, CHINESE)):
        written = text([[*ROW[:8], "说明, 第一; 行|\n第二行"]], header, char)
        raw = written.encode(codec)
        found = encodings.detect(lambda raw=raw: chunks(raw))
        assert found.label == CODECS[codec]
        read = opened(raw.decode(found.codec))
        assert (read.shown, read.header, read.header_line) == (name, header, 1)
        (record,) = read.records
        assert (record.number, record.line, record.cells and record.cells[header[8]]) == (
            1, 2, "说明, 第一; 行|\n第二行",
        )  # fmt: skip


def test_what_fits_two_encodings_is_refused():
    for words, codec in [
        ("판매자,주문번호\n한국어,텍스트", "euc-kr"),
        ("賣家,訂單編號\n台灣,說明", "big5"),
        ("日本語です,注文番号", "shift_jis"),
        ("Müller Straße,x", "cp1252"),
        ("Zoë,x", "cp1252"),
    ]:
        with pytest.raises(InputError) as caught:
            encodings.detect(lambda words=words, codec=codec: [words.encode(codec)])
        assert caught.value.code == "encoding_unclear" and "--encoding" in caught.value.hint
        assert words.encode(codec).decode(encodings.told(codec).codec) == words  # and told, it is read
    for raw in (b"\xff\xfe\x00\x00a\x00\x00\x00", b"a\x00b\x00\x00c\x00\x00"):
        with pytest.raises(InputError, match="encoding"):
            encodings.detect(lambda raw=raw: [raw])
    with pytest.raises(InputError, match="bad_map"):
        encodings.told("klingon")
    utf16 = encodings.told("utf-16")
    for order in ("utf-16-le", "utf-16-be"):  # told, without a mark: the order of the bytes is still to be found
        assert encodings.settled(utf16, "Ticket ID,工单号\n1,2\n".encode(order)).codec == order
    assert encodings.settled(utf16, "Ticket ID".encode("utf-16")) == encodings.settled(utf16, b"") == utf16
    with pytest.raises(InputError, match="told to be UTF-16"):
        encodings.settled(utf16, b"Ticket ID,Order\n1,2\n")
    assert encodings.detect(lambda: []).label.startswith("UTF-8")


def test_a_few_broken_bytes_reject_their_rows_and_not_the_file():
    good = "买家说明,赔偿\n".encode() * 10
    found = encodings.detect(lambda: [good + b"\xff\n"])
    assert (found.label, found.sure) == ("UTF-8", "likely")
    raw = text([ROW, [*ROW[:8], "\udcff"]])
    records = list(opened(raw).records)
    assert [r.problem and str(r.problem.code) for r in records] == [None, "bad_encoding"]


def test_delimiters_that_fit_equally_well_are_refused():
    with pytest.raises(InputError) as caught:
        opened("a;b,c\n1;2,3\n4;5,6\n", any_header=True)
    assert caught.value.code == "delimiter_unclear"
    assert opened("a;b,c\n1;2,3\n", any_header=True, delimiter="semicolon").header == ("a", "b,c")
    assert opened("a;b,c\n1;2,3\n", any_header=True, delimiter=",").header == ("a;b", "c")
    # a known header decides: the comma stands in the values only
    assert opened("Ticket ID;Note\n1;a,b\n2;c,d\n").delimiter == ";"
    for wrong in ("", "ab", '"'):
        with pytest.raises(InputError, match="bad_map"):
            opened("a,b\n", any_header=True, delimiter=wrong)


def test_a_header_may_stand_below_a_title_and_must_mean_something():
    read = opened("Claims of June,,\r\n\r\nTicket ID,Order,Note\r\n1,2,3\r\n")
    assert (read.header_line, [r.line for r in read.records]) == (3, [4])
    for words, code in [("a,b\n1,2\n", "no_known_column"), ("", "no_header"), ("\n\n", "no_header"),
                        ("Ticket ID,Order,Order\n", "column_twice"), ('[{"a": 1}]', "not_a_table")]:  # fmt: skip
        with pytest.raises(InputError) as caught:
            opened(words)
        assert caught.value.code == code, words
    with pytest.raises(InputError) as caught:
        plan("claims", ("Ticket ID", "Case ID"), maps.Map("claims"))
    assert caught.value.code == "column_twice" and "source_id" in caught.value.message


def test_what_a_spreadsheet_adds_to_a_table_is_read_past():
    """Separators after the last cell, empty rows, columns without a name or with one that stands twice."""
    for words in (
        "Ticket ID,Order,,\n1,2,,\n,,,\n3,4\n",  # the header has them, the last row has not
        "Ticket ID,Order\n1,2,,,\n , \n3,4\n",  # the rows have them
    ):
        read = opened(words)
        found = list(read.records)
        assert [(r.number, r.line, r.problem) for r in found] == [(1, 2, None), (2, 4, None)], words
        assert [[c for c in (r.cells or {}).values() if c] for r in found] == [["1", "2"], ["3", "4"]]
    read = opened("Ticket ID,Note,Note,,\n1,a,b,c,d\n1,a,b,c,d,e\n")
    assert read.header == ("Ticket ID", "Note", "Note (2)", "", "- (2)"), "what nobody knows is kept under a number"
    assert [r.problem and str(r.problem.code) for r in read.records] == [None, "wrong_cell_count"]


def test_a_workbook_an_archive_or_a_page_is_told_apart_from_a_table():
    for head, word in [
        (b"PK\x03\x04\x14\x00", "xlsx"), (b"\xd0\xcf\x11\xe0\xa1", "xls"), (b"\x1f\x8b\x08", "gzip"),
        (b"%PDF-1.7", "PDF"), (b"\xef\xbb\xbf \r\n<!DOCTYPE html><table>", "web page"),
        (b"SQLite format 3\x00", "SQLite"),
    ]:  # fmt: skip
        with pytest.raises(InputError) as caught:
            encodings.refuse_other_forms(head + bytes(range(200)))
        assert caught.value.code == "not_a_table" and word in caught.value.message and caught.value.hint
    for plain in (
        b"Ticket ID,Order\n",
        b"PKG,1\n",
        b"<1kg,x\n",
        "工单号".encode("gb18030"),
        b"\xff\xfeP\x00K\x00",
        b"",
    ):
        encodings.refuse_other_forms(plain)
    assert encodings.detect(lambda: [b"Ticket ID,Note\n1,a\x00b\n" + b"2,c\n" * 20]).label == "UTF-8, plain ASCII"


def test_a_stray_quote_says_how_far_it_goes_and_a_long_cell_is_a_cell():
    for rows, wanted in [
        # what follows is no row by itself: it may be the rest of a long cell
        ('1,"never closed\nand\nmore', {2: "lines 2 to 4"}),
        # what follows are rows: they are read, wherever the quote is found out
        ('1,"never closed\n2,b\n3,c', {2: "never closed", 3: None, 4: None}),
        ('1,"never closed\n2,b\n3,"c"\n4,d', {2: "expected", 3: None, 4: None, 5: None}),
        ('1,a\n2,"never closed\n3,"two\nlines"\n4,d', {2: None, 3: "lines 3 to 4", 5: "1 cells", 6: None}),
        ("1,a\n" * 12 + '2,"never closed\n3,c', {**dict.fromkeys(range(2, 14)), 14: "never closed", 15: None}),
    ]:
        found = {r.line: r.problem and r.problem.message for r in opened(f"Ticket ID,Note\n{rows}\n").records}
        assert list(found) == list(wanted), rows
        assert all(
            told is None if part is None else part in str(told)
            for part, told in zip(wanted.values(), found.values(), strict=True)
        ), found
    long = "x" * 200_000
    (record,) = opened(f'Ticket ID,Note\n1,"{long}"\n').records
    assert record.cells is not None and record.cells["Note"] == long


def test_a_row_of_a_rejects_file_may_be_without_our_columns():
    """A record that was no CSV goes back as it came; once it is mended it has its own cells and none of ours."""
    head = "Ticket ID,Order,Note,Kind,_line,_errors,_hints\n"
    rows = (
        '1,2,"a 19"" rack",x\n'  # mended: four cells
        "2,3,b,x,7,Order: missing_value,fill it in\n"
        "3,8,wrong_cell_count,quote cells\n"  # one cell of its own and ours: four too, and still wrong
    )
    found = list(opened(head + rows).records)
    assert [r.problem and str(r.problem.code) for r in found] == [None, None, "wrong_cell_count"]
    assert [(r.cells or {}).get("Note") for r in found] == ['a 19" rack', "b", None]


def test_records_keep_their_number_and_line_also_over_quoted_line_breaks_and_faults():
    words = 'Ticket ID,Note\n1,"a\nb"\n2\n\n3,"x"y\n4,d\n5,"never closed\n6,f\n'
    found = [(r.number, r.line, r.problem and str(r.problem.code)) for r in opened(words).records]
    assert found == [
        (1, 2, None), (2, 4, "wrong_cell_count"), (3, 6, "not_csv"), (4, 7, None), (5, 8, "not_csv"), (6, 9, None),
    ]  # fmt: skip
    raw = "".join(r.raw for r in opened(words).records)
    assert raw.replace("\n", "") in words.replace("\n", "").partition("Note")[2], "what was read can be given back"


def test_json_lines_are_records_too():
    words = '{"source_id": "1"}\n\nnot json\n[1]\n{"a": 1, "a": 2}\n{"source_id": "2", "_line": "9"}\n'
    read = opened(words)
    found = [(r.number, r.line, r.problem and str(r.problem.code)) for r in read.records]
    assert found == [(1, 1, None), (2, 3, "not_json"), (3, 4, "not_json"), (4, 5, "duplicate_key"), (5, 6, None)]
    assert [r.cells for r in opened(words).records][-1] == {"source_id": "2"}
    assert opened('{"a": 1}', name="x.csv", any_header=True).kind == "csv"


def test_aliases_name_one_column_each():
    for kind, known in COLUMNS.items():
        for name, column in known.items():
            for alias in (name, *column.aliases):
                assert aliases(kind)[folded(alias)] in known
            assert aliases(kind)[folded(name)] == name, "a column's own name is no other column's alias"
    wanted = {
        "source_id": ("工单号", "索赔编号", "ticket_id", "case id"),
        "filed_at": ("报案时间", "created_at", "Claim Date"),
        "incident_on": ("出险日期", "DOL", "date of loss"), "seller_id": ("卖家编号", "Merchant Token"),
        "order_id": ("订单号",), "amount": ("索赔金额", "claim amount"), "claimant_ref": ("buyer id",),
    }  # fmt: skip
    for name, headers in wanted.items():
        assert {aliases("claims").get(folded(header)) for header in headers} == {name}
