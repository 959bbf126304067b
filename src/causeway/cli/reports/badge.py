"""The verdict as a small picture (SVG), for a README: words, not colour alone, and room for every letter."""

import re
from xml.sax.saxutils import escape

from causeway.actions.check import CheckReport
from causeway.cli.reports.findings import AFTER, counted
from causeway.core.printable import harmless

LABEL = "causeway"
FONT_PIXELS = 11
PADDING = 6
HEIGHT = 20
# white letters on each of these have a contrast of at least 4.5 to 1 (WCAG 2.2, AA)
GREY, GREEN, AMBER, RED = "#3d4450", "#1a7337", "#8a5a00", "#b3261e"
# advance widths in thousandths of the letter height, of DejaVu Sans; Verdana's differ by less than 2 %
WIDTHS = {
    **dict.fromkeys("ijl", 278),
    **dict.fromkeys(" ,.", 318),
    **dict.fromkeys("/:;", 337),
    "f": 352, "-": 361, "t": 392, "r": 411, "s": 521, "z": 525, "c": 550, "k": 579,
    **dict.fromkeys("vxy", 592),
    **dict.fromkeys("aeo", 613),
    **dict.fromkeys("Sbdgpqhnu", 635),
    **dict.fromkeys("0123456789", 636),
    "w": 818, "m": 974,
}  # fmt: skip
WIDEST = 1000
_NOT_XML = re.compile("[\\ud800-\\udfff\\ufffe\\uffff]")


def badge(report: CheckReport) -> str:
    """The SVG: at the left who says it, at the right what."""
    verdict = report.verdict
    ready = "ready" if report.ready else "not ready"
    words = f"{ready} {AFTER.get(report.stage, 'for its next stage')}: {counted(verdict)}"
    colour = RED if not report.ready else AMBER if verdict.fixes else GREEN
    return drawn(LABEL, words, colour=colour)


def drawn(label: str, words: str, *, colour: str) -> str:
    """Two fields side by side, each as wide as its text and some room."""
    label, words = _plain(label), _plain(words)
    left, right = width(label), width(words)
    first, whole = left + 2 * PADDING, left + right + 4 * PADDING
    title = escape(f"{label}: {words}", {'"': "&quot;"})
    size = f'width="{whole}" height="{HEIGHT}" viewBox="0 0 {whole} {HEIGHT}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{title}">',
            f"<title>{title}</title>",
            f'<clipPath id="r"><rect width="{whole}" height="{HEIGHT}" rx="3"/></clipPath>',
            '<g clip-path="url(#r)">',
            f'<rect width="{first}" height="{HEIGHT}" fill="{GREY}"/>',
            f'<rect x="{first}" width="{whole - first}" height="{HEIGHT}" fill="{colour}"/>',
            "</g>",
            f'<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="{FONT_PIXELS}">',
            f'<text x="{PADDING}" y="14" textLength="{left}">{escape(label)}</text>',
            f'<text x="{first + PADDING}" y="14" textLength="{right}">{escape(words)}</text>',
            "</g>",
            "</svg>",
            "",
        ]
    )


def _plain(text: str) -> str:
    """The text without what no XML may hold."""
    return _NOT_XML.sub("?", harmless(text))


def width(text: str) -> int:
    """How wide the text is, in whole pixels."""
    return round(sum(WIDTHS.get(letter, WIDEST) for letter in text) * FONT_PIXELS / 1000)
