"""The page about what a product costs and brings, as HTML: in the console, and as one file."""

from threading import Lock

from markupsafe import Markup

from causeway.actions.workspace import Workspace
from causeway.actions.worth.page import current_page
from causeway.actions.worth.portfolio import portfolio_of
from causeway.assess.worth.blocks import Block, Picture
from causeway.assess.worth.parts import WorthPage
from causeway.assess.worth.portfolio import WorthPortfolio
from causeway.console.worth_charts import drawing
from causeway.console.worth_svg import svg


class Worths:
    """Pages for whoever opens one; one at a time, as each reads records, and again only after news."""

    def __init__(self, work: Workspace) -> None:
        self._work, self._lock = work, Lock()
        self._known: dict[str, tuple[object, WorthPage]] = {}

    def page(self, name: str) -> WorthPage:
        """The page of this product, from its first event until today."""
        with self._lock:
            # what runs is metered by the hour, without an event
            stands_for = (f"{self._work.clock.now():%Y-%m-%d %H}", tuple(self._work.ledger.heads()))
            known = self._known.get(name)
            if known is None or known[0] != stands_for:
                known = self._known[name] = (stands_for, current_page(self._work, name))
            return known[1]

    def portfolio(self) -> WorthPortfolio:
        """All products side by side."""
        with self._lock:
            return portfolio_of(self._work)


def kind_of(block: Block) -> str:
    """What the block is, for the template."""
    return type(block).__name__


def picture_of(block: Picture, page: WorthPage) -> Markup:
    """The chart as SVG with its words."""
    return svg(drawing(block.chart, page), name=block.chart, title=block.title, words=block.words)
