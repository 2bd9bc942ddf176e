"""A claim file as a PDF, made by ReportLab (BSD licence), which is an optional package: ``claimdesk[pdf]``.

Decision: the same input gives the same bytes (no date, no random identifier). Latin text stands in Helvetica; Chinese
text in STSong-Light, one of the fonts every PDF reader with Asian support brings along: it is named, not embedded, so
a pack needs no font file and no licence for one. With a TrueType file all text is set in it, and embedded.
Left out: tagged PDF; the page (HTML) is the accessible form. Authority: UX notes 9.2, ISO 32000 (CIDFont).
"""

from __future__ import annotations

import io
import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from ...states.errors import ConfigError
from .claimfile import ClaimFile, Section

_WIDE = re.compile(r"[^\x20-\x7e\xa0-\xff\n]+")
_CID = "STSong-Light"
_A4, _SIDE, _TOP, _BOTTOM = (595.2756, 841.8898), 40, 45, 51  # in points


def can_make_pdf() -> bool:
    """Whether the package that makes PDFs is there."""
    return find_spec("reportlab") is not None


def _lib(name: str) -> Any:
    """A module of ReportLab, which has no types to check against."""
    return import_module(f"reportlab.{name}")


class Press:
    """Sets claim files. ``font``: a TrueType file (``.ttf``) that everything is set in, else the standard fonts."""

    def __init__(self, font: Path | None = None) -> None:
        styles, pdfmetrics = _lib("lib.styles"), _lib("pdfbase.pdfmetrics")
        self.own = font is not None
        if font is None:
            name = "Helvetica"
            pdfmetrics.registerFont(_lib("pdfbase.cidfonts").UnicodeCIDFont(_CID))
        else:
            ttfonts = _lib("pdfbase.ttfonts")
            name = "ClaimFile"
            try:
                pdfmetrics.registerFont(ttfonts.TTFont(name, str(font)))
            except (ttfonts.TTFError, OSError):
                raise ConfigError("bad_font", f"{font.name} is no TrueType font that can be embedded", field="--font",
                                  hint="a .ttf file; leave it out for the standard fonts") from None  # fmt: skip
        style = styles.ParagraphStyle
        self.body = style("body", fontName=name, fontSize=8, leading=10.5, wordWrap="CJK", splitLongWords=1)
        self.title = style("title", parent=self.body, fontSize=14, leading=18, spaceAfter=6)
        self.head = style(
            "head", parent=self.body, fontSize=10, leading=13, spaceBefore=8, spaceAfter=3, keepWithNext=1
        )
        self.name = name

    def text(self, value: str) -> str:
        """Text as ReportLab's markup; characters outside Latin-1 in a font that has them."""
        shown = "".join(c if c.isprintable() or c == "\n" else " " for c in value)
        marked = escape(shown)
        if not self.own:
            marked = _WIDE.sub(lambda m: f'<font name="{_CID}">{m[0]}</font>', marked)
        return marked.replace("\n", "<br/>")

    def claim_pdf(self, file: ClaimFile) -> bytes:
        """The PDF of a claim file."""
        platypus, made = _lib("platypus"), io.BytesIO()
        document = platypus.SimpleDocTemplate(
            made, pagesize=_A4, leftMargin=_SIDE, rightMargin=_SIDE, topMargin=_TOP, bottomMargin=_BOTTOM,
            title=file.heading, author="claimdesk", invariant=1, lang=file.lang,
        )  # fmt: skip
        parts: list[Any] = [platypus.Paragraph(self.text(file.heading), self.title)]
        for section in file.sections:
            parts += self._section(section, document.width)
        document.build(parts, canvasmaker=_numbered(file.footing, self.name))
        return made.getvalue()

    def _section(self, section: Section, width: float) -> list[Any]:
        platypus = _lib("platypus")
        paragraph, grey = platypus.Paragraph, _lib("lib.colors").grey
        found: list[Any] = [paragraph(self.text(section.title), self.head)]
        if section.rows:
            rows = [section.head, *section.rows] if section.head else list(section.rows)
            cells = [[paragraph(self.text(cell), self.body) for cell in row] for row in rows]
            look = [("GRID", (0, 0), (-1, -1), 0.4, grey), ("VALIGN", (0, 0), (-1, -1), "TOP"),
                    ("LEFTPADDING", (0, 0), (-1, -1), 3), ("RIGHTPADDING", (0, 0), (-1, -1), 3),
                    ("TOPPADDING", (0, 0), (-1, -1), 1.5), ("BOTTOMPADDING", (0, 0), (-1, -1), 2)]  # fmt: skip
            table = platypus.LongTable(
                cells, colWidths=_widths(rows, width), repeatRows=1 if section.head else 0, splitInRow=1
            )
            table.setStyle(platypus.TableStyle(look))
            found.append(table)
        # One paragraph a line: a letter is longer than a page, and a paragraph of a table cell could not be split.
        found += [paragraph(self.text(line) or "&nbsp;", self.body) for line in section.text.splitlines()]
        return found


def _widths(rows: list[tuple[str, ...]], width: float) -> list[float]:
    """Column widths by the longest line of each, within limits."""
    longest = [max(max((len(x) for x in r[i].splitlines()), default=1) for r in rows) for i in range(len(rows[0]))]
    weights = [min(max(n, 8), 42) for n in longest]
    return [width * w / sum(weights) for w in weights]


def _numbered(footing: str, font: str) -> Any:
    """A canvas that knows how many pages there are; claim, rulebook and chain head stand under each."""
    base: Any = _lib("pdfgen.canvas").Canvas

    class Numbered(base):
        def __init__(self, *args: Any, **more: Any) -> None:
            base.__init__(self, *args, **{**more, "invariant": 1})
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802  # the library's name
            self._pages.append(dict(self.__dict__))
            getattr(self, "_startPage")()  # noqa: B009  # the way its own documentation does it

        def save(self) -> None:
            for number, page in enumerate(self._pages, 1):
                self.__dict__.update(page)
                self.setFont(font, 6.5)
                self.drawString(40, 28, footing.encode("latin-1", "replace").decode("latin-1"))
                self.drawRightString(555, 28, f"{number} / {len(self._pages)}")
                base.showPage(self)
            base.save(self)

    return Numbered
