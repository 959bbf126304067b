"""Each monitor over the product's own recorded history, before anybody is paged."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from causeway.actions.decide import product_state
from causeway.actions.routes import promise
from causeway.actions.watch.gather import alarming_hours, gathered, live_release
from causeway.actions.watch.history import hour_of, time_of
from causeway.actions.watch.watch import chosen
from causeway.actions.workspace import Workspace
from causeway.assess.backtest import backtest
from causeway.assess.backtest_form import Tested

MOST_WINDOWS = 200


class BackTested(Struct, frozen=True):
    """What monitors would have said of one product's records; `not-live`, `not-enough-data` or `tested`."""

    product: str
    status: str
    release: str = ""
    since: datetime | None = None
    """From when on the history was read."""
    monitors: tuple[Tested, ...] = ()


class BackTests(Struct, frozen=True):
    """Several products."""

    products: tuple[BackTested, ...]


def backtest_all(work: Workspace, products: Sequence[str]) -> BackTests:
    """These products, or all of the workspace; nothing is written."""
    return BackTests(tuple(_tested(work, each) for each in chosen(work, products)))


def _tested(work: Workspace, product: str) -> BackTested:
    state = product_state(work, product)
    live = live_release(state)
    if live is None:
        return BackTested(product, "not-live")
    now = work.clock.now()
    facts = gathered(work, state, promise(work, state), now=now, most=MOST_WINDOWS)
    if facts is None or not facts.hours:
        return BackTested(product, "not-enough-data", live[0])
    alarming = alarming_hours(work.ledger.read(product), since=live[1], now=now)

    def quiet(moment: datetime) -> bool:
        return not any(hour_of(moment) in span for span in alarming)

    found = backtest(facts, quiet=quiet)
    return BackTested(product, "tested", live[0], time_of(facts.hours[0].hour), found)
