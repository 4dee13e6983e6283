"""A bulletin as an editable DOCX: the same blocks as the HTML file, laid out by GB/T 9704, its charts Word's own.

Sizes follow the design guide: A4 with margins of 37, 35, 28 and 26 mm, body 仿宋 16 pt on lines of 28.95 pt, a first
line of two characters more, headings 黑体, title 小标宋 22 pt, the page number between dashes. Fonts are named and not
carried: Word on a machine without them takes another.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document
from docx.document import Document as Doc
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import qn
from docx.shared import Emu, Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph as DocParagraph
from lxml import etree

from warehouse import bulletin_text
from warehouse.bulletin import BANDS
from warehouse.bulletin_chart import BAND_LABELS, SEVERE, by_day
from warehouse.bulletin_file import dated
from warehouse.bulletin_text import Figure, Heading, Paragraph, Table, Words

_SONG, _FANG, _HEI, _LATIN = "方正小标宋简体", "仿宋", "黑体", "Times New Roman"
_RED, _INK, _BLUE, _RUST = "CC0000", "42526A", "17509E", "B4431A"
_CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_CHART_TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
_WIDTH, _HEIGHT = Mm(156), Mm(62)


def docx(told: Mapping[str, Any], lang: str, signed: Mapping[str, Any] | None = None) -> bytes:
    """The file of a tree in one language; the same figures give the same bytes."""
    w = Words(lang)
    document = Document()
    _page(document, w)
    _line(document, w("head"), _SONG, 30 if lang == "zh" else 22, WD_ALIGN_PARAGRAPH.CENTER, colour=_RED, bold=True)
    _rule(_line(document, bulletin_text.issue(told, w), _FANG, 16, WD_ALIGN_PARAGRAPH.CENTER))
    if not signed:
        state = f"{w('draft')}{w('colon')}{w('unsigned')}"
        _line(document, state, _FANG, 11, WD_ALIGN_PARAGRAPH.CENTER, colour="8A5A00")
    title = document.add_heading(level=1)
    _write(title, bulletin_text.title(told, w), _SONG, 22 if lang == "zh" else 16, bold=True)
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.paragraph_format.space_before, title.paragraph_format.space_after = Pt(18), Pt(14)
    _line(document, w("to"), _FANG, 16 if lang == "zh" else 12)
    for block in bulletin_text.blocks(told, lang):
        _lay(document, block, told, w)
    for at, text in enumerate((w("organisation"), dated(told, w))):
        line = _line(document, text, _FANG, 16 if lang == "zh" else 12, WD_ALIGN_PARAGRAPH.RIGHT)
        line.paragraph_format.keep_with_next = not at
        line.paragraph_format.space_before = Pt(0 if at else 24)
    notes = [bulletin_text.cut(told, w)]
    if signed:
        notes.append(w("signed", by=signed["by"], at=signed["at"]))
    for note in notes:
        _line(document, note, _FANG, 9.5, colour=_INK)
    _properties(document, bulletin_text.title(told, w), lang, told)
    return _bytes(document)


def _lay(document: Doc, block: Any, told: Mapping[str, Any], w: Words) -> None:
    size = 16 if w.lang == "zh" else 12
    if isinstance(block, Heading):
        heading = document.add_heading(level=2)
        _write(heading, block.text, _HEI, size if w.lang == "zh" else 13)
        _spaced(heading, w, indent=w.lang == "zh")
    elif isinstance(block, Paragraph):
        body = _line(document, block.text, _FANG, size)
        if w.lang == "zh":
            body.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
        _spaced(body, w, indent=w.lang == "zh")
    elif isinstance(block, Figure):
        picture = document.add_paragraph()
        picture.alignment = WD_ALIGN_PARAGRAPH.CENTER
        picture.paragraph_format.keep_with_next = True
        _insert_chart(document, picture, _chart(block.chart, told, w), block.caption)
        caption = _line(document, block.caption, _HEI, 11, WD_ALIGN_PARAGRAPH.CENTER)
        caption.paragraph_format.keep_with_next = bool(block.reading)
        if block.reading:
            _line(document, block.reading, _FANG, 9.5, WD_ALIGN_PARAGRAPH.CENTER, colour=_INK)
    elif isinstance(block, Table):
        caption = _line(document, block.caption, _HEI, 11, WD_ALIGN_PARAGRAPH.CENTER)
        caption.paragraph_format.keep_with_next = True
        _table(document, block)


# --- text --------------------------------------------------------------------------------------------------
def _write(paragraph: DocParagraph, text: str, font: str, size: float, *, colour: str = "", bold: bool = False) -> None:
    run = paragraph.add_run(text)
    run.font.size, run.font.bold = Pt(size), bold
    run.font.color.rgb = RGBColor.from_string(colour or "000000")
    run.font.name = _LATIN
    fonts = run._element.get_or_add_rPr().get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), font)
    fonts.set(qn("w:cs"), _LATIN)


def _line(
    document: Doc, text: str, font: str, size: float, align: WD_ALIGN_PARAGRAPH | None = None, *, colour: str = "",
    bold: bool = False,
) -> DocParagraph:  # fmt: skip
    paragraph = document.add_paragraph()
    _write(paragraph, text, font, size, colour=colour, bold=bold)
    if align is not None:
        paragraph.alignment = align
    paragraph.paragraph_format.space_after = Pt(0)
    return paragraph


def _spaced(paragraph: DocParagraph, w: Words, *, indent: bool) -> None:
    form = paragraph.paragraph_format
    form.space_before = form.space_after = Pt(0 if w.lang == "zh" else 4)
    if w.lang == "zh":
        form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(28.95)
    if indent:
        spacing = paragraph._element.get_or_add_pPr().get_or_add_ind()
        spacing.set(qn("w:firstLineChars"), "200")  # two characters, whatever their size
        spacing.set(qn("w:firstLine"), "640")  # for readers that know no characters: twice 16 pt


def _rule(paragraph: DocParagraph) -> None:
    """The red line under the head."""
    edges = OxmlElement("w:pBdr")
    bottom = OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "12"), ("space", "6"), ("color", _RED)):
        bottom.set(qn(f"w:{name}"), value)
    edges.append(bottom)
    of = paragraph._element.get_or_add_pPr()
    of.insert_element_before(edges, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr", "w:sectPr")


def _table(document: Doc, block: Table) -> None:
    table = document.add_table(rows=1, cols=len(block.heads), style="Table Grid")
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    widths = _widths(block)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for row in (block.heads, *block.rows):
        cells = table.rows[0].cells if row is block.heads else table.add_row().cells
        for at, (cell, text) in enumerate(zip(cells, row, strict=True)):
            paragraph = cell.paragraphs[0]
            _write(paragraph, text, _HEI if row is block.heads else "宋体", 10.5)
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT if at in block.numbers else WD_ALIGN_PARAGRAPH.LEFT
            paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(1.5)
            cell.width = widths[at]
    repeated = OxmlElement("w:tblHeader")  # the heading again on every page
    table.rows[0]._tr.get_or_add_trPr().append(repeated)
    for each in table.rows:
        each._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    after = document.add_paragraph()
    after.paragraph_format.space_after = Pt(0)


def _widths(block: Table) -> list[Emu]:
    """Of the columns: by their longest text, a Chinese sign as two letters, none below nine letters or above forty."""
    longest = []
    for column in zip(block.heads, *block.rows, strict=True):
        letters = max(sum(2 if ord(sign) > 0x2E80 else 1 for sign in text) for text in column)
        longest.append(min(max(letters + 2, 9), 40))
    return [Emu(int(_WIDTH * one / sum(longest))) for one in longest]


def _page(document: Doc, w: Words) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = map(Mm, (37, 35, 28, 26))
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = _LATIN, Pt(16 if w.lang == "zh" else 12)
    normal.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), _FANG)
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _write(footer, "— ", _FANG, 14)
    field = footer.add_run()
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        if kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
        else:
            mark = OxmlElement("w:instrText")
            mark.text = text
        field._element.append(mark)
    field.font.size = Pt(14)
    _write(footer, " —", _FANG, 14)


def _properties(document: Doc, title: str, lang: str, told: Mapping[str, Any]) -> None:
    """Who and when would differ in every copy of one bulletin: the day is that of its knowledge."""
    of = document.core_properties
    of.title, of.language, of.author, of.last_modified_by = title, "zh-CN" if lang == "zh" else "en", "Heng", "Heng"
    of.comments = ""
    when = date.fromisoformat(told["night"])
    of.created = of.modified = datetime(when.year, when.month, when.day)
    of.revision = 1


def _bytes(document: Doc) -> bytes:
    saved = io.BytesIO()
    document.save(saved)
    fixed = io.BytesIO()
    with ZipFile(saved) as source, ZipFile(fixed, "w", ZIP_DEFLATED) as target:
        for name in sorted(source.namelist()):
            target.writestr(ZipInfo(name), source.read(name), ZIP_DEFLATED)  # no clock in the entries
    return fixed.getvalue()


# --- charts ------------------------------------------------------------------------------------------------
def _insert_chart(document: Doc, paragraph: DocParagraph, xml: bytes, says: str) -> None:
    package = document.part.package
    number = sum(1 for part in package.iter_parts() if part.content_type == _CHART_TYPE) + 1
    part = Part(PackURI(f"/word/charts/chart{number}.xml"), _CHART_TYPE, xml, package)
    link = document.part.relate_to(part, RELATIONSHIP_TYPE.CHART)
    inline = parse_xml(
        f'<w:drawing xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:wp='
        f'"http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"><wp:inline distT="0" distB="0" '
        f'distL="0" distR="0"><wp:extent cx="{Emu(_WIDTH)}" cy="{Emu(_HEIGHT)}"/><wp:docPr id="{number}" '
        f'name="chart {number}"/><wp:cNvGraphicFramePr/><a:graphic xmlns:a="{_DRAWING}"><a:graphicData uri="{_CHART}">'
        f'<c:chart xmlns:c="{_CHART}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
        f'r:id="{link}"/></a:graphicData></a:graphic></wp:inline></w:drawing>'
    )
    inline.find(f".//{qn('wp:docPr')}").set("descr", says)
    paragraph.add_run()._element.append(inline)


def _c(name: str, *children: etree._Element, **attributes: str) -> etree._Element:
    prefix, _, local = name.rpartition(":")
    made = etree.Element(f"{{{_DRAWING if prefix == 'a' else _CHART}}}{local}", nsmap={"c": _CHART, "a": _DRAWING})
    for key, value in attributes.items():
        made.set(key, value)
    made.extend(children)
    return made


def _v(name: str, text: object) -> etree._Element:
    made = _c(name)
    made.text = str(text)
    return made


def _literal(name: str, kind: str, values: Sequence[object]) -> etree._Element:
    """Values inside the chart itself; a missing one has no point."""
    points = [_c("pt", _v("v", value), idx=str(at)) for at, value in enumerate(values) if value is not None]
    form = [_v("formatCode", "General")] if kind == "numLit" else []
    return _c(name, _c(kind, *form, _c("ptCount", val=str(len(values))), *points))


def _fill(colour: str) -> etree._Element:
    return _c("a:solidFill", _c("a:srgbClr", val=colour))


def _named(text: str) -> etree._Element:
    return _c("tx", _v("v", text))


def _type(**direction: str) -> etree._Element:
    return _c("txPr", _c("a:bodyPr", **direction), _c("a:p", _c("a:pPr", _c("a:defRPr", _fill(_INK), sz="900"))))


def _chart(chart: str, told: Mapping[str, Any], w: Words) -> bytes:
    plot = _lines(told, w) if chart == "days" else _columns(told)
    axes = [
        _c("catAx", _c("axId", val="1"), _c("scaling", _c("orientation", val="minMax")), _c("delete", val="0"),
           _c("axPos", val="b"), _c("majorTickMark", val="out"), _c("minorTickMark", val="none"),
           _c("tickLblPos", val="nextTo"), _type(rot="0", vert="horz"), _c("crossAx", val="2"),
           _c("crosses", val="autoZero"),
           *([_c("tickLblSkip", val="1")] if chart == "days" else [])),
        _c("valAx", _c("axId", val="2"), _c("scaling", _c("orientation", val="minMax"), _c("min", val="0")),
           _c("delete", val="0"), _c("axPos", val="l"),
           _c("majorGridlines", _c("spPr", _c("a:ln", _fill("D5DCE5"), w="6350"))), _c("numFmt", formatCode="#,##0",
           sourceLinked="0"), _c("majorTickMark", val="none"), _c("minorTickMark", val="none"),
           _c("tickLblPos", val="nextTo"), _c("crossAx", val="1"), _c("crosses", val="autoZero")),
    ]  # fmt: skip
    area = _c("plotArea", _c("layout"), plot, *axes)
    legend = [_c("legend", _c("legendPos", val="t"), _c("overlay", val="0"))] if chart == "days" else []
    space = _c(
        "chartSpace", _c("roundedCorners", val="0"),
        _c("chart", _c("autoTitleDeleted", val="1"), area, *legend, _c("plotVisOnly", val="1"),
           _c("dispBlanksAs", val="gap")),
        _c("spPr", _c("a:noFill"), _c("a:ln", _c("a:noFill"))),
        _type(),
    )  # fmt: skip
    return etree.tostring(space, xml_declaration=True, encoding="UTF-8", standalone=True)


def _lines(told: Mapping[str, Any], w: Words) -> etree._Element:
    lines = by_day(told)
    first = date.fromisoformat(told["spans"]["now"]["first"]).toordinal()
    # One label a week: not every reader leaves out what has no room.
    days = ["" if at % 7 else w.short_day(date.fromordinal(first + at).isoformat()) for at in range(len(lines["now"]))]
    forms = {"now": (_BLUE, "28575", "solid"), "before": (_INK, "15875", "dash"), "year": (_INK, "15875", "sysDot")}
    series: Iterable[etree._Element] = (
        _c("ser", _c("idx", val=str(at)), _c("order", val=str(at)), _named(w(f"c.{name}")),
           _c("spPr", _c("a:ln", _fill(colour), _c("a:prstDash", val=dash), w=width)),
           _c("marker", _c("symbol", val="none")), _literal("cat", "strLit", days),
           _literal("val", "numLit", lines[name]), _c("smooth", val="0"))
        for at, (name, (colour, width, dash)) in enumerate(forms.items())
    )  # fmt: skip
    return _c("lineChart", _c("grouping", val="standard"), _c("varyColors", val="0"), *series, _c("marker", val="1"),
              _c("axId", val="1"), _c("axId", val="2"))  # fmt: skip


def _columns(told: Mapping[str, Any]) -> etree._Element:
    counts = [told["bands"][band] for band in BANDS]
    points = [
        _c("dPt", _c("idx", val=str(at)), _c("invertIfNegative", val="0"),
           _c("spPr", _fill(_RUST if band in SEVERE else _BLUE)))
        for at, band in enumerate(BANDS)
    ]  # fmt: skip
    labels = _c("dLbls", *(_c(name, val=val) for name, val in (
        ("showLegendKey", "0"), ("showVal", "1"), ("showCatName", "0"), ("showSerName", "0"), ("showPercent", "0"),
        ("showBubbleSize", "0"),
    )))  # fmt: skip
    series = _c("ser", _c("idx", val="0"), _c("order", val="0"), _c("spPr", _fill(_BLUE)),
                _c("invertIfNegative", val="0"), *points, labels,
                _literal("cat", "strLit", [BAND_LABELS[band] for band in BANDS]),
                _literal("val", "numLit", counts))  # fmt: skip
    return _c("barChart", _c("barDir", val="col"), _c("grouping", val="clustered"), _c("varyColors", val="0"), series,
              _c("gapWidth", val="60"), _c("axId", val="1"), _c("axId", val="2"))  # fmt: skip
