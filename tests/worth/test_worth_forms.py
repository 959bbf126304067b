"""Every form of the page says the same, can be read without colour and without eyes, and asks nobody."""

import re
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest
import sample
from msgspec import structs

from causeway.assess.worth.document import document
from causeway.assess.worth.document_portfolio import portfolio_document
from causeway.assess.worth.page import worth_page
from causeway.assess.worth.portfolio import portfolio
from causeway.cli.report import _content
from causeway.cli.worth_text import markdown, text, text_of
from causeway.console.charts import ticks
from causeway.console.report import worth_html
from causeway.console.worth_charts import PATTERNS, Bar, drawing, money_tick
from causeway.console.worth_pdf import worth_pdf
from causeway.console.worth_svg import bare_svg, svg
from causeway.core.errors import MissingExtra
from causeway.core.manifest import Manifest, ProductPart

PAGE = worth_page(sample.known())
NOTHING = worth_page(sample.unknown())
CHARTS = ("bridge", "payback", "weeks")
VOID = {"meta", "link", "br"}
QUALITY = re.compile(
    r"accura|precision|recall|\bf1\b|\bauc\b|\brmse\b|\bmae\b|\br2\b|brier|log.?loss|calibrat", re.IGNORECASE
)
EVIL = "<script>alert(1)</script>|*x*"


def named(owner):
    manifest = structs.replace(sample.MANIFEST, product=ProductPart("churn", owner=owner))
    return worth_page(sample.known(manifest=manifest))


def all_forms(page):
    return {"text": text(page), "md": markdown(page), "html": worth_html(page)}


@pytest.mark.parametrize("page", [PAGE, NOTHING], ids=["known", "unknown"])
def test_no_figure_of_the_models_quality_is_on_it(page):
    for form, said in all_forms(page).items():
        body = said.partition("</style>")[2] or said
        assert not QUALITY.search(body), form


@pytest.mark.parametrize("page", [PAGE, NOTHING], ids=["known", "unknown"])
def test_every_form_has_the_sentence_first_and_every_amount(page):
    for form, said in all_forms(page).items():
        flat = " ".join(re.sub(r"<[^>]+>|\*\*", "", said).split())
        assert page.sentence in flat, form
        for step in page.bridge.steps:
            assert f"{abs(step.amount):,.0f}" in flat or f"{abs(step.amount):,.2f}" in flat, (form, step)


@pytest.mark.parametrize("page", [PAGE, NOTHING, named("x" * 200)], ids=["known", "unknown", "long"])
def test_a_terminal_of_eighty_columns_is_wide_enough(page):
    assert max(map(len, text(page).splitlines())) <= 80


class Tags(HTMLParser):
    def __init__(self, said):
        super().__init__()
        self.open, self.seen, self.links, self.ids, self.refers = [], [], [], [], []
        self.feed(said)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        held = dict(attrs)
        self.seen.append(tag)
        self.links += [held[name] for name in ("href", "src") if name in held]
        self.ids += [held["id"]] if "id" in held else []
        self.refers += (held.get("aria-labelledby") or "").split()
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_file_needs_nothing_else_and_holds_nobodys_markup():
    said = worth_html(named(EVIL))
    tags = Tags(said)
    assert not tags.links
    assert "script" not in tags.seen
    assert "default-src 'none'" in said
    assert "&lt;script&gt;" in said


def test_each_picture_has_a_title_words_and_a_table_beside_it():
    tags = Tags(worth_html(PAGE))
    assert tags.seen.count("svg") == tags.seen.count("details") == len(CHARTS)
    assert set(tags.refers) <= set(tags.ids)
    assert len(tags.ids) == len(set(tags.ids))
    for block in document(PAGE):
        if type(block).__name__ == "Picture":
            assert block.words.endswith(".")
            assert block.table.rows


@pytest.mark.parametrize("chart", CHARTS)
def test_pictures_are_well_formed_and_stay_in_their_box(chart):
    drawn = drawing(chart, PAGE)
    for content in (bare_svg(drawn).decode(), str(svg(drawn, name="x", title="a & b", words="<w>"))):
        root = ET.fromstring(content)  # noqa: S314 - our own
        assert root.tag.endswith("svg")
    for shape in drawn.shapes:
        for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", getattr(shape, "d", "")):
            assert -1 <= float(x) <= drawn.width + 1
            assert -1 <= float(y) <= drawn.height + 1


def test_bars_are_told_apart_without_colour():
    assert PATTERNS["less"] != PATTERNS["cost"] != PATTERNS["gross"] != PATTERNS["booked"]
    content = bare_svg(drawing("bridge", PAGE)).decode()
    colours = set(re.findall(r'(?:fill|stroke)="(#[0-9a-f]+)"', content))
    assert all(len(set(colour[1:])) == 1 for colour in colours), colours
    bars = [each for each in drawing("bridge", PAGE).shapes if isinstance(each, Bar)]
    assert len(bars) == len(PAGE.bridge.steps)


def test_no_area_hides_a_line():
    drawn = [getattr(shape, "kind", "") for shape in drawing("payback", PAGE).shapes]
    assert drawn.index("area") < min(drawn.index(kind) for kind in ("promised", "expected", "actual", "dot"))


def test_a_loss_is_drawn_on_the_other_side_of_nothing():
    page = worth_page(sample.known(benefit=None, line=None))
    bars = [each for each in drawing("bridge", page).shapes if isinstance(each, Bar)]
    assert bars[-1].width > 100
    assert min(bar.x for bar in bars) == bars[-1].x


@pytest.mark.parametrize(("least", "most"), [(0, 0), (-3.2, 8.9), (-1e7, 12), (5, 5), (-2e-12, 3e-12)])
def test_ticks_hold_everything_between_them(least, most):
    found = ticks(least, most, about=5)
    assert found[0] <= least
    assert found[-1] >= most
    assert 2 <= len(set(found)) <= 8


def test_amounts_at_an_axis_are_short():
    assert [money_tick(each) for each in (0.0, 500.0, 2500.0, 20_000.0, -1_500_000.0)] == [
        "0", "500", "2,500", "20 k", "-1.5 m",
    ]  # fmt: skip


def test_a_pdf_is_made_of_the_same_blocks_and_speaks_of_its_pictures():
    content = worth_pdf(PAGE)
    assert content.startswith(b"%PDF-")
    assert content.count(b"/Alt") == len(CHARTS)
    assert b"/Lang (en)" in content
    assert worth_pdf(PAGE) == content
    assert worth_pdf(NOTHING).startswith(b"%PDF-")


def test_a_pdf_says_where_letters_are_missing():
    plain, odd, foreign = (
        worth_pdf(
            worth_page(structs.replace(sample.unknown(), manifest=Manifest(ProductPart("churn", owner=name))))
        )
        for name in ("??", "Łukasz Żak", "\u5c71\u7530")
    )
    assert abs(len(odd) - len(plain)) < 40
    assert len(foreign) > len(plain) + 40


def test_without_its_library_the_extra_is_named(monkeypatch):
    monkeypatch.delitem(sys.modules, "causeway.console.worth_pdf")
    monkeypatch.setitem(sys.modules, "fpdf", None)
    with pytest.raises(MissingExtra) as raised:
        _content(PAGE, "pdf")
    assert "causeway[pdf]" in raised.value.hint


def test_markdown_means_only_what_we_mean():
    said = markdown(named(EVIL))
    assert "<script>" not in said
    for line in said.splitlines():
        if line.startswith("|"):
            assert line.endswith("|")


def test_a_portfolio_is_printed_within_eighty_columns():
    held = portfolio([PAGE, NOTHING], since=None, until=sample.UNTIL)
    said = text_of(portfolio_document(held))
    assert max(map(len, said.splitlines())) <= 80
    assert "1 of grade A, 1 without a claim" in said


def test_nobody_turns_a_figure_round_or_moves_a_terminal_with_a_name():
    page = named("dana\u202e\x1b[2J")
    for form in ("html", "md"):
        said = _content(page, form).decode()
        assert "dana" in said
        assert "\x1b" not in said
        assert "\u202e" not in said
