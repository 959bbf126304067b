"""What somebody is told when a trigger fires: a few words, a picture, what to run; no row, no person."""

from collections.abc import Sequence
from math import isfinite

from msgspec import Struct

from causeway.core.ids import digest_of_value

BARS = "▁▂▃▄▅▆▇█"


class Notice(Struct, frozen=True, omit_defaults=True):
    """One message, the same for everybody who gets it."""

    product: str
    trigger: str
    do: str
    at: str
    """RFC 3339, in UTC."""
    title: str
    words: str
    verdict: str = ""
    cause: str = ""
    likely: str = ""
    """Which segment, source or release changed, as far as it shows."""
    command: str = ""
    link: str = ""
    """The product's page in the console, where one runs."""
    measure: str = ""
    """What the picture shows."""
    series: tuple[float, ...] = ()
    threshold: float | None = None

    @property
    def id(self) -> str:
        """The same for the same message, whoever sends it again and whatever its picture shows by then."""
        return digest_of_value([self.product, self.trigger, self.do, self.cause, self.at, self.title])


def sparkline(series: Sequence[float], *, threshold: float | None = None) -> str:
    """The series as bars of text, scaled from nought to its largest value or the threshold."""
    series, most = _drawable(series, threshold)
    if most <= 0:
        return ""
    return "".join(BARS[min(len(BARS) - 1, int(max(0.0, value) / most * len(BARS)))] for value in series)


def chart(notice: Notice) -> str:
    """The same as a picture: SVG with the threshold as a line; empty without numbers."""
    series, most = _drawable(notice.series, notice.threshold)
    if not series or most <= 0:
        return ""
    width, height, bar = 320, 80, 320 / len(series)
    bars = "".join(
        f'<rect x="{i * bar + 1:.1f}" y="{height - tall:.1f}" width="{max(1.0, bar - 2):.1f}" '
        f'height="{tall:.1f}" fill="#4a6fa5"/>'
        for i, tall in enumerate(height * max(0.0, value) / most for value in series)
    )
    line = ""
    if notice.threshold is not None and isfinite(notice.threshold):
        y = height - height * notice.threshold / most
        line = f'<line x1="0" x2="{width}" y1="{y:.1f}" y2="{y:.1f}" stroke="#b3261e"/>'
    title = escaped(notice.measure or notice.title)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" role="img">'
        f"<title>{title}</title>{bars}{line}</svg>"
    )


def _drawable(series: Sequence[float], threshold: float | None) -> tuple[list[float], float]:
    """The series with nought for what is no number, and the most that is drawn."""
    drawn = [value if isfinite(value) else 0.0 for value in series]
    limit = threshold if threshold is not None and isfinite(threshold) else 0.0
    return drawn, max((*drawn, limit), default=0.0)


def escaped(text: str) -> str:
    """The text as XML and Slack want it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
