"""Where data came from, as pages: the walk back from a prediction, a release or a dataset."""

from msgspec import Struct

from causeway.actions.decide import product_state
from causeway.actions.lineage_walk import Lineage, Walked, datasets_known
from causeway.actions.workspace import Workspace
from causeway.console.answers import address
from causeway.core.errors import CausewayError

MAX_LISTED = 500


class DatasetLine(Struct, frozen=True):
    """A dataset in the list; `jobs` made or read it."""

    namespace: str
    name: str
    jobs: int


class ReleaseLine(Struct, frozen=True):
    """A release in the list."""

    product: str
    release: str


class LineageIndex(Struct, frozen=True):
    """Everything from which one can walk back."""

    releases: tuple[ReleaseLine, ...]
    datasets: tuple[DatasetLine, ...]
    left_out: int = 0


class LineagePage(Struct, frozen=True):
    """The way back from one thing."""

    walked: Walked
    address: str
    """Where this page lies."""


def lineage_index(work: Workspace, lineage: Lineage) -> LineageIndex:
    """Every dataset that is known, and the releases of every product."""
    datasets = [DatasetLine(*key, jobs) for key, jobs in datasets_known(lineage.graph())]
    releases = [
        ReleaseLine(product, release) for product in work.products() for release in _releases(work, product)
    ]
    return LineageIndex(tuple(releases), tuple(datasets[:MAX_LISTED]), max(0, len(datasets) - MAX_LISTED))


def lineage_page(lineage: Lineage, target: str, column: str) -> LineagePage:
    """The walk from what the address names; a name that ends in .json has a slash behind it."""
    wanted = target.removesuffix("/")
    return LineagePage(lineage.walk(wanted, column=column), address(wanted))


def _releases(work: Workspace, product: str) -> list[str]:
    try:
        return list(reversed(product_state(work, product).releases))
    except CausewayError:
        # a broken chain is told of elsewhere; the others are shown all the same
        return []
