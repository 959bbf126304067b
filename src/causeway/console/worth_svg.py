"""A drawing as SVG that stands alone: black and white by itself, coloured where a style sheet says so."""

from markupsafe import Markup, escape

from causeway.console.worth_charts import Bar, Drawing, Path, Words

HATCH = 6.0
# what a style sheet may overrule; a printer and a PDF have only this
LOOKS = {
    "zero": 'stroke="#000" stroke-width="1.2"',
    "grid": 'stroke="#ccc" stroke-width="0.7"',
    "tick": 'stroke="#666" stroke-width="1"',
    "step": 'stroke="#666" stroke-width="0.8" stroke-dasharray="2 2"',
    "today": 'stroke="#666" stroke-width="0.8" stroke-dasharray="2 2"',
    "area": 'stroke="none" fill="#eee"',
    "strokes": 'stroke="#999" stroke-width="0.7"',
    "edge": 'stroke="#555" stroke-width="0.9"',
    "expected": 'stroke="#000" stroke-width="1.5" stroke-dasharray="6 3"',
    "promised": 'stroke="#000" stroke-width="2" stroke-dasharray="1.5 4.5"',
    "actual": 'stroke="#000" stroke-width="2.2"',
    "range": 'stroke="#000" stroke-width="1.1"',
    "dot": 'stroke="#000" stroke-width="1" fill="#000"',
}
FILLS = {"full": "#444", "open": "#fff", "rising": "#fff", "falling": "#fff"}
SIZES = {"label": "12", "strong": "12", "number": "11"}


def svg(drawn: Drawing, *, name: str, title: str, words: str) -> Markup:
    """The picture with its title and its description in words."""
    body = Markup("").join(_shape(each) for each in drawn.shapes)
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="worth" viewBox="0 0 {} {}" role="img" '
        'aria-labelledby="{}-title {}-words"><title id="{}-title">{}</title><desc id="{}-words">{}</desc>'
        "{}</svg>"
    ).format(f"{drawn.width:g}", f"{drawn.height:g}", name, name, name, title, name, words, body)


def bare_svg(drawn: Drawing) -> bytes:
    """The same without a word to be read out, for whoever brings title and description along."""
    body = Markup("").join(_shape(each) for each in drawn.shapes)
    size = f'viewBox="0 0 {drawn.width:g} {drawn.height:g}" width="{drawn.width:g}" height="{drawn.height:g}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{body}</svg>'.encode()


def _shape(shape: Bar | Path | Words) -> Markup:
    match shape:
        case Bar():
            return _bar(shape)
        case Path(d=d, kind=kind):
            looks = LOOKS[kind] if "fill=" in LOOKS[kind] else f'fill="none" {LOOKS[kind]}'
            # numbers and letters of ours alone
            return Markup(f'<path class="{kind}" d="{d}" {looks}/>')  # noqa: S704 - nobody else's words
        case Words(x=x, y=y, text=text, anchor=anchor, kind=kind):
            weight = ' font-weight="bold"' if kind == "strong" else ""
            head = (
                f'<text class="{kind}" x="{x:g}" y="{y:g}" text-anchor="{anchor}" '
                f'font-family="Helvetica, sans-serif" font-size="{SIZES[kind]}"{weight} fill="#000">'
            )
            return Markup(head) + escape(text) + Markup("</text>")  # noqa: S704 - its text is escaped


def _bar(bar: Bar) -> Markup:
    box = f'x="{bar.x:g}" y="{bar.y:g}" width="{bar.width:g}" height="{bar.height:g}"'
    looks = f'class="bar {bar.pattern}" fill="{FILLS[bar.pattern]}" stroke="#000" stroke-width="1"'
    strokes = _hatch(bar)
    drawn = (
        f'<path class="hatch" d="{strokes}" fill="none" stroke="#000" stroke-width="0.8"/>' if strokes else ""
    )
    return Markup(f"<rect {box} {looks}/>{drawn}")  # noqa: S704 - numbers of ours alone


def _hatch(bar: Bar) -> str:
    """Slanting strokes that end at the box's edges: no pattern is needed, which not every reader knows."""
    if bar.pattern not in {"rising", "falling"}:
        return ""
    words: list[str] = []
    at = HATCH
    while at < bar.width + bar.height:
        # a stroke of 45 degrees cuts the lower edge at `at` and the left edge at the same height
        x1, y1 = (at, bar.height) if at <= bar.width else (bar.width, bar.height - (at - bar.width))
        x2, y2 = (at - bar.height, 0.0) if at >= bar.height else (0.0, bar.height - at)
        if bar.pattern == "rising":
            x1, x2 = bar.width - x1, bar.width - x2
        words.append(f"M{bar.x + x1:.1f} {bar.y + y1:.1f}L{bar.x + x2:.1f} {bar.y + y2:.1f}")
        at += HATCH
    return "".join(words)
