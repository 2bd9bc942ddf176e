"""Which encoding a file is in, and how sure that is.

Decision: strict decoding is the test, not statistics: a byte order mark or UTF-8 that holds to the last byte is
certain; GB18030, which takes almost any bytes, is believed only when what it gives is Chinese as people write it. Two
candidates that both fit are refused: a wrong guess would file other words than were told. Authority: UX notes 6.6.
Left out: other encodings are read when they are told, never guessed.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from ...states.errors import InputError
from .problems import ImportCode

#: Names people write, and the codec that reads them.
KNOWN: dict[str, str] = {
    "utf-8": "utf-8-sig", "utf8": "utf-8-sig", "utf-8-sig": "utf-8-sig", "ascii": "utf-8-sig",
    "utf-16": "utf-16", "utf16": "utf-16", "utf-16-le": "utf-16-le", "utf-16le": "utf-16-le",
    "utf-16-be": "utf-16-be", "utf-16be": "utf-16-be",
    "gb18030": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "cp936": "gb18030",
    "big5": "big5hkscs", "shift_jis": "cp932", "cp932": "cp932", "euc-kr": "cp949", "cp949": "cp949",
    "windows-1252": "cp1252", "cp1252": "cp1252", "latin-1": "latin-1", "iso-8859-1": "latin-1",
}  # fmt: skip
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig", "UTF-8"),
    (b"\xff\xfe\x00\x00", "", "UTF-32"),
    (b"\x00\x00\xfe\xff", "", "UTF-32"),
    (b"\xff\xfe", "utf-16", "UTF-16"),
    (b"\xfe\xff", "utf-16", "UTF-16"),
)
_RIVALS = (("big5hkscs", "Big5"), ("cp932", "Shift_JIS"), ("cp949", "EUC-KR"), ("cp1252", "windows-1252"))
_HINT = "say which: --encoding gb18030 (or utf-8, utf-16, big5, windows-1252, …), or save the file as UTF-8"
#: The characters most written in simplified Chinese, and those of a claims desk: half of any ordinary text.
_COMMON = frozenset(
    "的一是了我不人在他有这个上们来到时大地为子中你说生国年着就那和要她出也得里后自以会家可下而过天去能对小多然于心学么之都好看起发当没成只如事把还用第样道想作种开美总从无情己面最女但现前些所同日手又行意动方期它头经长儿回位分爱老因很给名法间斯知世什两次使身者被高已亲其进此话常与活正感"
    "见明问力理尔点文几定本公特做外孩相西果走将月十实向声车全信重三机工物气每并别真打太新比才便夫再书部水像眼等体却加电主界门利海受听表德少克代员许先口由死安写性马光白或住难望教命花结乐色"
    "工单号索赔编报案时间出险日期财产损失人身伤害卖家订金额币种类型原因描述说明证据商品标题名称买家联系方式语言市场站点备注状态理由回复接受拒绝提供信息保险单保单承保生效到期限额免赔被保产品责任"
    "购买客户退款收款付款支付结算回收失败成功月份销售总额平台公司有限电话邮箱地址手机充电器起火爆炸漏电烧割破裂断裂滑倒过敏医疗费用误工申请处理审核通过是否未知美元人民币加元英镑欧"
)  # fmt: skip
#: In UTF-16 each digit, comma and line end has a zero byte; fewer than one byte in 50 is a stray one in another text.
_WIDE = 50
_SHARE, _ENOUGH, _LOOKED_AT = 0.4, 20, 20_000
_PUNCTUATION = range(0x3000, 0x3040)
_FULL_WIDTH = range(0xFF00, 0xFFF0)


@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec of Python, its name for people, and how sure it is: told, certain or likely."""

    codec: str
    label: str
    sure: str
    mark: bool = False  #: it begins with a byte order mark

    @property
    def writes(self) -> str:
        """The codec that writes the same kind of file."""
        return "utf-8" if self.codec == "utf-8-sig" and not self.mark else self.codec

    @property
    def shown(self) -> str:
        """For people: ``GB18030 (likely)``."""
        return f"{self.label} ({self.sure})"


def told(name: str) -> Encoding:
    """The encoding somebody named; InputError for one nobody knows."""
    codec = KNOWN.get(name.strip().casefold().replace("_", "-")) or KNOWN.get(name.strip().casefold())
    if codec is None:
        raise InputError(
            "bad_map", "this encoding is not known", field="encoding",
            hint="auto, utf-8, utf-16, gb18030, big5, shift_jis, euc-kr or windows-1252",
        )  # fmt: skip
    return Encoding(codec, name.upper(), "told")


def settled(found: Encoding, head: bytes) -> Encoding:
    """An encoding that was told, held against how the file begins: UTF-16 without a mark does not say its order."""
    if found.codec != "utf-16" or not head or head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return found
    if head.count(0) * _WIDE > len(head):
        return replace(_wide(head), sure="told")
    raise _unclear("it was told to be UTF-16, and is not")


def detect(chunks: Callable[[], Iterable[bytes]], *, whole: bool = True) -> Encoding:
    """The encoding of a file given in chunks, as often as asked. ``whole``: the last chunk ends the file.

    InputError ``encoding_unclear`` when no candidate is good enough, or when two are too close.
    """
    head = b""
    for chunk in chunks():
        head = bytes(chunk[: 1 << 16])
        break
    for mark, codec, label in _BOMS:
        if head.startswith(mark):
            if not codec:
                raise _unclear(f"{label} is not read here")
            return Encoding(codec, label, "certain", mark=True)
    if head.count(0) * _WIDE > len(head):
        return _wide(head)
    return _utf8(chunks(), whole) or _chinese(chunks, whole)


def _wide(head: bytes) -> Encoding:
    """UTF-16 without a mark: the zero bytes of digits, commas and line ends stand all on one side."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    codec = "utf-16-le" if odd > 4 * even else "utf-16-be" if even > 4 * odd else ""
    if not codec or not _holds(codec, [head[: len(head) & ~1]], whole=False):
        raise _unclear("there are zero bytes in it, and it is not UTF-16")
    return Encoding(codec, codec.upper(), "likely")


def _utf8(chunks: Iterable[bytes], whole: bool) -> Encoding | None:
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    good = bad = 0
    plain = True
    for chunk in chunks:
        if plain and chunk.isascii():
            continue
        plain = False
        good, bad = _counted(decoder.decode(chunk), good, bad)
    if whole and not plain:
        good, bad = _counted(decoder.decode(b"", True), good, bad)
    if plain:
        return Encoding("utf-8-sig", "UTF-8, plain ASCII", "certain")
    if not bad:
        return Encoding("utf-8-sig", "UTF-8", "certain")
    # A few broken bytes in a text that is UTF-8 everywhere else: those rows are rejected, not the file.
    return Encoding("utf-8-sig", "UTF-8", "likely") if good >= _ENOUGH and bad * 50 <= good else None


def _counted(text: str, good: int, bad: int) -> tuple[int, int]:
    if text.isascii():
        return good, bad
    wrong = sum(1 for c in text if "\udc80" <= c <= "\udcff")
    return good + sum(1 for c in text if c > "\x7f") - wrong, bad + wrong


def _chinese(chunks: Callable[[], Iterable[bytes]], whole: bool) -> Encoding:
    rivals = [label for codec, label in _RIVALS if _holds(codec, chunks(), whole)]
    also = f"; it could be {' or '.join(rivals)}" if rivals else ""
    common = seen = 0
    try:
        for text in _decoded("gb18030", chunks(), whole):
            if seen < _LOOKED_AT and not text.isascii():
                words = [c for c in text if c > "\x7f" and ord(c) not in _PUNCTUATION and ord(c) not in _FULL_WIDTH]
                seen += len(words)
                common += sum(1 for c in words if c in _COMMON)
    except UnicodeDecodeError:
        raise _unclear(f"it is neither UTF-8 nor UTF-16 nor GB18030{also}") from None
    if not seen or common < _SHARE * seen:
        raise _unclear(f"its bytes could be GB18030, but what they say is not Chinese{also}")
    return Encoding("gb18030", "GB18030", "certain" if common >= _ENOUGH and 2 * common >= seen else "likely")


def _holds(codec: str, chunks: Iterable[bytes], whole: bool) -> bool:
    try:
        for _ in _decoded(codec, chunks, whole):
            pass
    except UnicodeDecodeError:
        return False
    return True


def _decoded(codec: str, chunks: Iterable[bytes], whole: bool) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(codec)("strict")
    for chunk in chunks:
        yield decoder.decode(chunk)
    yield decoder.decode(b"", whole)


#: How files begin that hold a table in another form, or none; what to do with them.
_BEGINNINGS: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "a workbook (.xlsx, .ods) or another zip archive", "{sheet}; take files out of an archive first"),
    (b"PK\x05\x06", "an empty zip archive", "take the file out of the archive it came in"),
    (b"\xd0\xcf\x11\xe0", "an old workbook (.xls) or another Office file", "{sheet}"),
    (b"\x1f\x8b", "compressed (gzip)", "gunzip it first, or: gunzip -c FILE | claimdesk import ... -"),
    (b"BZh", "compressed (bzip2)", "unpack it first"),
    (b"\xfd7zXZ\x00", "compressed (xz)", "unpack it first"),
    (b"7z\xbc\xaf", "a 7z archive", "unpack it first"),
    (b"Rar!", "a RAR archive", "unpack it first"),
    (b"%PDF-", "a PDF", "ask for the table as CSV"),
    (b"\x89PNG", "a picture", "give a table, as CSV or JSON Lines"),
    (b"\xff\xd8\xff", "a picture", "give a table, as CSV or JSON Lines"),
    (b"SQLite format 3\x00", "a SQLite database", "a store is the database: --db; its claims: claimdesk export claims"),
    (b"PAR1", "a Parquet file", "write it as CSV or JSON Lines first"),
)
_SHEET = "save the sheet as CSV UTF-8 (Excel: Save As, CSV UTF-8; LibreOffice: Save As, Text CSV)"


def refuse_other_forms(head: bytes) -> None:
    """InputError ``not_a_table`` when a file begins as a workbook, an archive, a picture or a page does."""
    for beginning, what, hint in _BEGINNINGS:
        if head.startswith(beginning):
            raise _not_a_table(what, hint.format(sheet=_SHEET))
    text = head[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype", b"<html", b"<?xml", b"<table")):  # many an ".xls" of a web page is one
        raise _not_a_table("a web page or XML", f"open it in a spreadsheet and {_SHEET}")


def _not_a_table(what: str, hint: str) -> InputError:
    return InputError(
        ImportCode.NOT_A_TABLE.value, f"this file is {what}, not CSV or JSON Lines", field="FILE", hint=hint
    )


def _unclear(what: str) -> InputError:
    return InputError(
        ImportCode.ENCODING_UNCLEAR.value, f"the encoding of the file is not clear: {what}", field="FILE", hint=_HINT
    )
