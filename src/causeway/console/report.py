"""A page of the console as one file: its style within, nothing from elsewhere, no links that lead nowhere."""

from markupsafe import Markup

from causeway.actions.monitoring import Monitoring
from causeway.assess.worth.parts import WorthPage
from causeway.console.answers import templates
from causeway.console.app import STYLE
from causeway.console.monitoring import MonitoringPage
from causeway.core.printable import harmless


def monitoring_html(seen: Monitoring) -> str:
    """The page of monitors with the same pictures, to be kept, sent or printed."""
    # our own style sheet, which holds no markup
    style = Markup(STYLE.read_text())  # noqa: S704 - nobody else's words are in it
    page = MonitoringPage(seen.product, seen)
    return harmless(templates().get_template("report.html").render(page=page, style=style))


def worth_html(page: WorthPage) -> str:
    """The page about what a product costs and brings, with its pictures, to be kept, sent or printed."""
    # our own style sheet, which holds no markup
    style = Markup(STYLE.read_text())  # noqa: S704 - nobody else's words are in it
    return harmless(templates().get_template("worth_report.html").render(page=page, style=style))
