"""Looks at a product that runs: seals what is due, has everything judged, and writes what is news."""

from collections.abc import Sequence

from msgspec import Struct

from causeway.actions.decide import decide, product_state
from causeway.actions.routes import promise
from causeway.actions.seal import log_folder, seal
from causeway.actions.watch.blocks import blocks_of_product
from causeway.actions.watch.gather import gathered, live_release
from causeway.actions.watch.judges import JUDGES
from causeway.actions.watch.kept import Kept, keep
from causeway.actions.watch.service import forget_minutes
from causeway.actions.workspace import Workspace
from causeway.assess.watching import alarms_of, is_news, summed, weighed
from causeway.core.errors import NotFound
from causeway.core.events import AnyFact
from causeway.core.ids import digest_of_value
from causeway.core.triggers import Decision
from causeway.core.watching import OK, Alarm, Sight, WatchJudged
from causeway.views.product import ProductState

NOT_LIVE = "not-live"


class News(Struct, frozen=True):
    """An alarm that was written, and its verdict before."""

    alarm: Alarm
    before: str = ""


class Watched(Struct, frozen=True):
    """What one look saw; `verdict` is the worst alarm's, `ok`, `not-enough-data` or `not-live`."""

    product: str
    verdict: str
    release: str = ""
    compared_with: str = ""
    alarms: tuple[Alarm, ...] = ()
    """Those that are on now."""
    news: tuple[News, ...] = ()
    """What was written, or with a dry run would be."""
    sights: tuple[Sight, ...] = ()
    """Everything that was looked at, fine or not."""
    dry_run: bool = False
    triggers: tuple[Decision, ...] = ()
    """Whether each fires now, or exactly why not; only where somebody asks why."""


def watch(work: Workspace, product: str, *, dry_run: bool = False, sealing: bool = True) -> Watched:
    """One look at the product; with `dry_run` nothing is sealed and nothing is written."""
    if sealing and not dry_run:
        seal(work, product)
    state = product_state(work, product)
    if live_release(state) is None:
        return Watched(product, NOT_LIVE, dry_run=dry_run)
    facts = gathered(work, state, promise(work, state), now=work.clock.now())
    if facts is None:
        return Watched(product, NOT_LIVE, dry_run=dry_run)
    sights = weighed([sight for judge in JUDGES for sight in judge(facts)], facts)
    alarms = alarms_of(facts, sights)
    news = _news(alarms, state) if dry_run else _written(work, product, alarms)
    if not dry_run:
        last = Kept(facts.now, seen_of(state), facts.going.release, tuple(sights))
        keep(work.state, product, last)
        blocks_of_product(work, state).forget()
        forget_minutes(log_folder(work, product), now=facts.now)
    on = tuple(each for each in alarms if each.verdict != OK)
    kept = tuple(each for cause, each in state.alarms.items() if cause not in {one.cause for one in alarms})
    return Watched(
        product=product,
        verdict=summed(sights, (*on, *kept)),
        release=facts.going.release,
        compared_with=facts.windows[-1].with_what if facts.windows else "",
        alarms=(*on, *kept),
        news=news,
        sights=tuple(sights),
        dry_run=dry_run,
    )


def seen_of(state: ProductState) -> str:
    """What a look depends on, but for the time."""
    segments = [each.segment for each in state.segments]
    budget = [state.budget.month, state.budget.verdict] if state.budget else []
    odd = str(state.unusual.day) if state.unusual else ""
    return digest_of_value(
        [segments, state.manifest, live_release(state), state.outcomes.joined, budget, odd]
    )


class Looks(Struct, frozen=True):
    """One look at each of several products."""

    products: tuple[Watched, ...]


def watch_all(work: Workspace, products: Sequence[str], *, dry_run: bool = False) -> Looks:
    """One look at each of these products, or at all of the workspace."""
    return Looks(tuple(watch(work, name, dry_run=dry_run) for name in chosen(work, products)))


def chosen(work: Workspace, products: Sequence[str]) -> Sequence[str]:
    """These products, which must be here; all of the workspace where none is named."""
    known = work.products()
    for name in products:
        if name not in known:
            there = f"there are: {', '.join(known) or 'none'}"
            raise NotFound(f"there is no product {name} here", hint=there)
    return products or known


def _news(alarms: Sequence[Alarm], state: ProductState) -> tuple[News, ...]:
    found: list[News] = []
    for alarm in alarms:
        before = state.alarms.get(alarm.cause)
        if is_news(alarm, before):
            found.append(News(alarm, before.verdict if before else ""))
    return tuple(found)


def _written(work: Workspace, product: str, alarms: Sequence[Alarm]) -> tuple[News, ...]:
    """Writes what is new; whoever looks at the same time writes nothing twice."""
    news: tuple[News, ...] = ()

    def facts_of(state: ProductState) -> Sequence[AnyFact]:
        nonlocal news
        news = _news(alarms, state)
        return [WatchJudged(each.alarm, each.before) for each in news]

    decide(work, product, facts_of)
    return news
