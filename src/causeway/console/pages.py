"""What each page says, as values: the HTML and its JSON twin are made of the same."""

from datetime import datetime

import msgspec
from msgspec import Struct

from causeway.actions.bundles import Bundle, describe
from causeway.actions.decide import product_state
from causeway.actions.instance import HOST, PORT, running
from causeway.actions.monitoring import Glance, glance
from causeway.actions.routes import current_routes, promise
from causeway.actions.ship import curl
from causeway.actions.trial_seen import TrialSeen
from causeway.actions.workspace import Workspace
from causeway.assess.shipping import Judgement, judge
from causeway.console.trials import Watch
from causeway.core.errors import CausewayError, NotFound
from causeway.core.events import Event
from causeway.core.features import ColumnMade
from causeway.core.figure import Figure
from causeway.core.ids import DIGEST_PREFIX
from causeway.core.manifest import Manifest
from causeway.core.release import Evaluation, Parity, Release
from causeway.views.product import Outcomes, ProductState, Routing, RunSeen, fold
from causeway.views.run import Done
from causeway.views.run import fold as runs_of
from causeway.views.timeline import Told, tell
from causeway.views.trials import trials_of

PREDICTIONS = "predictions"
TIMELINE_LINES = 12
SANDBOX = "sandbox"


class ProductLine(Struct, frozen=True):
    """A product in the portfolio, in one line; `trouble` says what could not be read."""

    name: str
    stage: str
    shares: dict[str, int]
    evaluation: Evaluation | None
    predictions: int
    outcomes: int
    heard_at: datetime | None
    events: int
    trouble: str = ""
    on_trial: str = ""
    """The release that is tried beside the live one, if any."""
    watched: Glance | None = None
    """What the last look made of it; None where nothing is live."""


class Portfolio(Struct, frozen=True):
    """All products of the workspace."""

    products: tuple[ProductLine, ...]


class KeyLine(Struct, frozen=True):
    """A caller's key, without anything that could open a door."""

    key: str
    consumer: str
    issued_at: datetime
    revoked_at: datetime | None


class Holdout(Struct, frozen=True):
    """That some of those whom rows are about get no answer, or the fallback: beside them its worth shows."""

    percent: int
    entity: str
    withheld: str


class TrialLine(Struct, frozen=True):
    """A trial that ended, in one line."""

    seq: int
    release: str
    started_at: datetime
    ended_at: datetime
    ended: str


class Shown(Struct, frozen=True):
    """A release as the product's page shows it."""

    release: str
    made_at: datetime
    live: bool
    evaluation: Evaluation
    parity: Parity
    judgement: Judgement


class ProductPage(Struct, frozen=True):
    """One product: what it promises, what answers, how good it is, what stands open, what happened."""

    name: str
    stage: str
    purpose: str
    success: str
    owner: str
    sponsor: str
    shares: dict[str, int]
    before: dict[str, int]
    requests_per_minute: int | None
    shown: Shown | None
    releases: tuple[str, ...]
    routings: tuple[Routing, ...]
    keys: tuple[KeyLine, ...]
    predictions: int
    outcomes: Outcomes
    run: RunSeen | None
    timeline: tuple[Told, ...]
    actors: dict[str, str]
    """Opaque ids, and the names that the directory still knows."""
    events: int
    call: str
    trouble: str = ""
    trial: TrialSeen | None = None
    """The release that is tried now."""
    trials: tuple[TrialLine, ...] = ()
    """Those that ended, the newest first."""
    holdout: Holdout | None = None
    watched: Glance | None = None
    """What the last look made of it; None where nothing is live."""


class EventsPage(Struct, frozen=True):
    """Every event of a product, newest first."""

    name: str
    events: tuple[Told, ...]
    actors: dict[str, str]


class ReleasePage(Struct, frozen=True):
    """A release as its signed bundle describes it, and the product that made it."""

    digest: str
    product: str
    live: bool
    made_at: datetime
    run: str
    release: Release
    columns: tuple[ColumnMade, ...]
    """How each column of the model is made."""
    judgement: Judgement
    actors: dict[str, str]
    stages: tuple[Done, ...]
    """What each stage took of the run that made it."""
    cost: Figure | None
    """All of them together; absent where nobody estimated."""
    trial: int = 0
    """The event that began the trial in which it is now, if any."""


def portfolio(work: Workspace) -> Portfolio:
    """Every product in one line."""
    return Portfolio(tuple(_line(work, name) for name in sorted(work.products())))


def product_page(work: Workspace, name: str, watch: Watch) -> ProductPage:
    """Everything about one product that fits a page."""
    events = work.ledger.read(name)
    state = fold(events)
    if not events:
        raise NotFound(f"there is no product {name}", hint="see the products of this workspace at /")
    manifest, said = _promise(work, state)
    bundle, trouble = _bundle_shown(work, state)
    shown, doubt = _shown(work, state, bundle) if bundle else (None, "")
    part = manifest.product if manifest else None
    return ProductPage(
        name=name,
        stage=state.stage,
        purpose=part.purpose if part else "",
        success=part.success if part else "",
        owner=part.owner if part else "",
        sponsor=part.sponsor if part else "",
        shares=state.shares,
        before=state.before,
        requests_per_minute=state.routings[-1].requests_per_minute if state.routings else None,
        shown=shown,
        releases=tuple(reversed(state.releases)),
        routings=tuple(reversed(state.routings)),
        keys=tuple(
            KeyLine(key.key, key.consumer, key.issued_at, key.revoked_at) for key in state.keys.values()
        ),
        predictions=state.rows_sealed(PREDICTIONS),
        outcomes=state.outcomes,
        run=next(reversed(state.runs.values()), None),
        timeline=tuple(tell(event) for event in reversed(events[-TIMELINE_LINES:])),
        actors=_actors(work, events),
        events=len(events),
        call=_call(work, name, bundle) if bundle and state.shares else "",
        trouble=trouble or doubt or said,
        trial=watch.seen(name) if state.canary else None,
        trials=_ended(events),
        holdout=_holdout(work, name),
        watched=glance(work, state) if state.shares else None,
    )


def events_page(work: Workspace, name: str) -> EventsPage:
    """The product's whole history."""
    events = work.ledger.read(name)
    if not events:
        raise NotFound(f"there is no product {name}", hint="see the products of this workspace at /")
    return EventsPage(name, tuple(tell(event) for event in reversed(events)), _actors(work, events))


def release_page(work: Workspace, digest: str) -> ReleasePage:
    """One release, whoever of the workspace's products made it."""
    name = DIGEST_PREFIX + digest.removeprefix(DIGEST_PREFIX)
    for product in sorted(work.products()):
        events = work.ledger.read(product)
        state = fold(events)
        if name in state.releases:
            bundle = describe(work, name)
            stages = runs_of(events).made_of(state.releases[name].run)
            return ReleasePage(
                digest=name,
                product=product,
                live=name in state.shares,
                made_at=state.releases[name].at,
                run=state.releases[name].run,
                release=bundle.release,
                columns=bundle.columns,
                judgement=_judged(work, state, bundle),
                actors=_actors(work, events),
                stages=stages,
                cost=_together(stages),
                trial=state.canary.seq if state.canary and state.canary.release == name else 0,
            )
    raise NotFound(f"there is no release {digest}", hint="see the products of this workspace at /")


def _together(stages: tuple[Done, ...]) -> Figure | None:
    """What all stages cost, where each was estimated in one currency."""
    costs = [stage.cost for stage in stages if stage.cost is not None]
    if len(costs) < len(stages) or len({(cost.unit, cost.how) for cost in costs}) != 1:
        return None
    return Figure(
        sum(cost.value for cost in costs),
        costs[0].unit,
        low=sum(cost.low or 0.0 for cost in costs),
        high=sum(cost.high or 0.0 for cost in costs),
        how=costs[0].how,
    )


def _line(work: Workspace, name: str) -> ProductLine:
    state = product_state(work, name)
    bundle, trouble = _bundle_shown(work, state)
    return ProductLine(
        name=name,
        stage=state.stage,
        shares=state.shares,
        evaluation=bundle.release.evaluation if bundle else None,
        predictions=state.rows_sealed(PREDICTIONS),
        outcomes=state.outcomes.known,
        heard_at=state.at,
        events=state.seq,
        trouble=trouble,
        on_trial=state.canary.release if state.canary else "",
        watched=glance(work, state) if state.shares else None,
    )


def _ended(events: list[Event]) -> tuple[TrialLine, ...]:
    return tuple(
        TrialLine(trial.seq, trial.release, trial.started_at, trial.ended_at, trial.ended)
        for trial in reversed(trials_of(events))
        if trial.ended_at
    )


def _holdout(work: Workspace, name: str) -> Holdout | None:
    """What the gateway was told, which is what holds."""
    try:
        routes = current_routes(work)
    except CausewayError:
        # told of where the routes are made
        return None
    for route in routes.routes if routes else ():
        if route.product == name and route.holdout_percent:
            return Holdout(route.holdout_percent, route.entity, route.withheld)
    return None


def _actors(work: Workspace, events: list[Event]) -> dict[str, str]:
    known = {actor: work.ledger.resolve(actor) for actor in {event.body.actor for event in events}}
    return {actor: found.name if found else "" for actor, found in known.items()}


def _bundle_shown(work: Workspace, state: ProductState) -> tuple[Bundle | None, str]:
    """The bundle with the largest share, else the latest; or why it cannot be shown."""
    digest = max(state.shares, key=lambda release: state.shares[release], default=None)
    if digest is None:
        if state.latest is None:
            return None, ""
        digest = state.latest.release
    try:
        return describe(work, digest), ""
    except CausewayError as error:
        return None, error.message


def _promise(work: Workspace, state: ProductState) -> tuple[Manifest | None, str]:
    if not state.manifest:
        return None, ""
    try:
        return promise(work, state), ""
    except CausewayError as error:
        return None, error.message


def _shown(work: Workspace, state: ProductState, bundle: Bundle) -> tuple[Shown | None, str]:
    try:
        judgement = _judged(work, state, bundle)
    except CausewayError as error:
        return None, error.message
    shown = Shown(
        release=bundle.digest,
        made_at=state.releases[bundle.digest].at,
        live=bundle.digest in state.shares,
        evaluation=bundle.release.evaluation,
        parity=bundle.release.parity,
        judgement=judgement,
    )
    return shown, ""


def _judged(work: Workspace, state: ProductState, bundle: Bundle) -> Judgement:
    """What was known when it went live, if it is live; else what its bundle says now."""
    routing = state.routings[-1] if state.routings else None
    if routing and routing.judgement and bundle.digest in routing.shares:
        return msgspec.json.decode(work.artifacts.get(routing.judgement), type=Judgement)
    waivers = state.waivers_for(bundle.digest, at=work.clock.now())
    return judge(bundle.release, bundle.findings, waivers=waivers, stage=state.stage or SANDBOX)


def _call(work: Workspace, name: str, bundle: Bundle) -> str:
    instance = running(work)
    root = instance.address if instance else f"http://{HOST}:{PORT}"
    return curl(f"{root}/products/{name}/invocations", bundle.example, token="")
