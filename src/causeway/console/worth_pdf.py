"""The same page as PDF: A4, drawn from the same blocks and pictures, with text that can be read out."""

import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, time
from io import BytesIO
from itertools import chain

from fpdf import FPDF, Align
from fpdf.enums import TableBordersLayout, VAlign, XPos, YPos
from fpdf.fonts import FontFace

from causeway.assess.worth.amounts import events
from causeway.assess.worth.blocks import Block, Cell, Grid, Items, Pairs, Para, Picture, Title
from causeway.assess.worth.document import document
from causeway.assess.worth.parts import WorthPage
from causeway.console.worth_charts import drawing
from causeway.console.worth_svg import bare_svg

FONT = "Helvetica"
ENCODING = "windows-1252"
SMALL, TEXT, LEAD = 7.5, 9.0, 12.0
COLUMNS = 4
QUIET = (90, 90, 90)
BOLD = FontFace(emphasis="B")
NARROW, BROAD = 9, 44
"""A column is at least and at most as wide as so many letters."""
ROOM = 30.0
"""A heading with less room below it, in mm, begins the next page."""
INSTEAD = str.maketrans(
    {
        "\u2212": "-",
        "\u2264": "<=",
        "\u2265": ">=",
        "\u00a0": " ",
        "\u202f": " ",
        "\u0141": "L",
        "\u0142": "l",
    }
)


def worth_pdf(page: WorthPage) -> bytes:
    """The page, on as many sheets as it takes."""
    sheet = _Sheet(page)
    for block in chain(document(page), sheet.tables()):
        sheet.put(block, page)
    if sheet.lost:
        sheet.put(
            Para("Letters that this paper's font lacks stand as '?'; the HTML page has them.", "quiet"), page
        )
    return bytes(sheet.pdf.output())


class _Sheet:
    """Where the blocks go, from the top down."""

    def __init__(self, page: WorthPage) -> None:
        header = page.header
        self.lost = False
        self._tables: list[Grid] = []
        self.pdf = pdf = _Paper(f"{header.product}, {header.since} to {header.until}")
        pdf.set_title(f"What {header.product} costs and what it brings, {header.since} to {header.until}")
        pdf.set_lang("en")
        pdf.set_subject(self._plain(page.sentence))
        pdf.set_creator("Causeway")
        # the same numbers make the same file
        pdf.set_creation_date(datetime.combine(header.until, time(), UTC))
        pdf.add_page()
        pdf.set_font(FONT, "B", 16)
        pdf.write(8, f"{header.product} ")
        pdf.set_font(FONT, "", 16)
        pdf.write(8, "what it costs and what it brings")
        pdf.ln(11)

    def put(self, block: Block, page: WorthPage) -> None:
        """The block, below the ones before."""
        match block:
            case Title():
                self._title(block)
            case Para():
                self._para(block)
            case Pairs():
                self._pairs(block)
            case Grid():
                self._grid(block)
            case Items():
                self._items(block)
            case Picture():
                self._picture(block, page)

    def tables(self) -> Iterator[Block]:
        """What the pictures show, as numbers; called for when they are drawn."""
        if self._tables:
            yield Title("The pictures as tables", "tables")
        yield from self._tables

    def _title(self, block: Title) -> None:
        pdf = self.pdf
        if pdf.will_page_break(ROOM):
            pdf.add_page()
        pdf.ln(3)
        pdf.set_font(FONT, "B", 11)
        pdf.start_section(self._plain(block.text))
        self._write(block.text, 6)

    def _para(self, block: Para) -> None:
        size = LEAD if block.tone == "lead" else TEXT
        self.pdf.set_font(FONT, "B" if block.tone == "alarm" else "", size)
        self._write(_with_events(Cell(block.text, block.facts)), size * 0.47)
        self.pdf.ln(1.5)

    def _pairs(self, block: Pairs) -> None:
        pdf, quiet = self.pdf, FontFace(color=QUIET, size_pt=SMALL)
        pdf.set_font(FONT, "", TEXT)
        rows = [block.rows[at : at + COLUMNS] for at in range(0, len(block.rows), COLUMNS)]
        with pdf.table(
            borders_layout=TableBordersLayout.NONE,
            first_row_as_headings=False,
            text_align=Align.L,
            v_align=VAlign.T,
            line_height=4.2,
        ) as table:
            for some in rows:
                filled = (*some, *[("", Cell(""))] * (COLUMNS - len(some)))
                names, values = table.row(), table.row()
                for name, cell in filled:
                    names.cell(self._plain(name), style=quiet)
                    values.cell(self._plain(_with_events(cell)), style=BOLD if cell.strong else None)
        pdf.ln(2)

    def _grid(self, block: Grid) -> None:
        pdf = self.pdf
        pdf.set_font(FONT, "", SMALL)
        if pdf.will_page_break(18):
            pdf.add_page()
        self._write(block.caption, 4)
        widths = [_width(block, at) for at in range(len(block.head))]
        aligns = [Align.R if at in block.numbers else Align.L for at in range(len(block.head))]
        with pdf.table(
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            col_widths=tuple(widths),
            text_align=tuple(aligns),
            v_align=VAlign.T,
            line_height=3.6,
            padding=(0.6, 1.2),
            headings_style=FontFace(emphasis="", color=QUIET),
        ) as table:
            head = table.row()
            for name in block.head:
                head.cell(self._plain(name))
            for cells in block.rows:
                row = table.row()
                for cell in cells:
                    row.cell(self._plain(_with_events(cell)), style=BOLD if cell.strong else None)
        pdf.ln(2)

    def _items(self, block: Items) -> None:
        self.pdf.set_font(FONT, "B", TEXT)
        self._write(block.name, 4.5)
        self.pdf.set_font(FONT, "", TEXT)
        for line in block.lines:
            self._write(f"-  {line}", 4.5)
        self.pdf.ln(1)

    def _picture(self, block: Picture, page: WorthPage) -> None:
        pdf = self.pdf
        drawn = drawing(block.chart, page)
        height = pdf.epw * drawn.height / drawn.width
        if pdf.will_page_break(height + 6):
            pdf.add_page()
        pdf.set_font(FONT, "", SMALL)
        self._write(block.title, 4)
        said = self._plain(f"{block.title}. {block.words}")
        pdf.image(BytesIO(bare_svg(drawn)), w=pdf.epw, title=self._plain(block.title), alt_text=said)
        pdf.ln(1)
        self._tables.append(block.table)

    def _write(self, text: str, height: float) -> None:
        self.pdf.multi_cell(0, height, self._plain(text), align=Align.L, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _plain(self, text: str) -> str:
        """The text in the letters that the font has."""
        text = text.translate(INSTEAD).replace("`", "")
        found = "".join(_letter(each) for each in text)
        self.lost = self.lost or found.count("?") > text.count("?")
        return found


class _Paper(FPDF):
    """A4 with the page's number below."""

    def __init__(self, about: str) -> None:
        super().__init__(format="A4")
        self._about = about
        self.core_fonts_encoding = ENCODING
        self.set_margins(16, 14)
        self.set_draw_color(170)
        self.set_line_width(0.15)
        self.set_auto_page_break(auto=True, margin=16)
        self.alias_nb_pages()

    def footer(self) -> None:
        """What and which page this is."""
        self.set_y(-11)
        self.set_font(FONT, "", SMALL)
        self.cell(0, 5, f"{self._about}    {self.page_no()} / {{nb}}", align=Align.R)


def _letter(letter: str) -> str:
    """The letter, without its marks where the font has it only so."""
    for text in (letter, "".join(each for each in unicodedata.normalize("NFKD", letter) if each.isascii())):
        try:
            text.encode(ENCODING)
        except UnicodeEncodeError:
            continue
        if text:
            return text
    return "?"


def _with_events(cell: Cell) -> str:
    named = events(cell.facts)
    return f"{cell.text} ({named})" if named else cell.text


def _width(block: Grid, at: int) -> int:
    """As wide as its longest entry, within bounds."""
    texts = [block.head[at], *(_with_events(row[at]) for row in block.rows)]
    most = max(map(len, texts)) + 1
    # an amount is never broken
    return max(NARROW, most + 2 if at in block.numbers else min(BROAD, most))
