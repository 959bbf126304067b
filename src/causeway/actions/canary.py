"""A release on trial: looked at whenever somebody ticks, and what follows is written and routed at once.

Waiting is a state in the ledger. Whoever looks next goes on from there; two at once write nothing twice.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from causeway.actions.bundles import open_bundle
from causeway.actions.canary_evidence import Gatherer
from causeway.actions.decide import decide, existing_workspace, product_name, product_state
from causeway.actions.homes import home_of
from causeway.actions.lease import holding
from causeway.actions.measures import still_in_force
from causeway.actions.routes import publish
from causeway.actions.workspace import Workspace, load_product
from causeway.assess.canary import judge_canary
from causeway.assess.under_way import quiet_until
from causeway.core.canary import GO_ON, HOLD, NOT_ENOUGH, PROMOTE, ROLL_BACK, CanaryJudged
from causeway.core.errors import CausewayError, UsageError, outside
from causeway.core.events import AnyFact, TrafficRouted
from causeway.core.ids import short
from causeway.core.loop import SHIP
from causeway.ledger import Head
from causeway.views.canary import Canary
from causeway.views.product import ProductState
from causeway.views.turned import turned


class Looked(Struct, frozen=True):
    """What one look at a canary said, and whether it was written because it was news."""

    product: str
    judged: CanaryJudged | None
    """None where the evidence could not be read, or the release is not there: `trouble` says why."""
    written: bool = False
    trouble: str = ""
    """What keeps the evidence from being read, or the running gateway from following, if anything does."""
    quiet_until: datetime | None = None
    """Until when it goes no further, since what was trained by itself goes live in no quiet hour."""


class Steered(Struct, frozen=True):
    """What a person decided about a canary: `promoted` or `held`, or `already_held`."""

    product: str
    status: str
    release: str
    before: dict[str, int]
    live: dict[str, int]
    trouble: str = ""


class Lookout:
    """Watches every canary of a workspace; what it has read it does not read again."""

    def __init__(self, work: Workspace, *, state_of: Callable[[str], ProductState] | None = None) -> None:
        self._work = work
        self._known = state_of
        self._gatherers: dict[str, Gatherer] = {}
        self._heads: list[Head] = []

    def look(self) -> list[Looked]:
        """One look at every canary; no product stops another."""
        heads = self._work.ledger.heads()
        if heads == self._heads and not self._gatherers:
            return []
        self._heads = heads
        on_trial = {product: state.canary for product, state in self._states() if state.canary}
        for product in [each for each in self._gatherers if each not in on_trial]:
            self._gatherers.pop(product).close()
        return [self._one(product, canary) for product, canary in on_trial.items()]

    def peek(self, product: str) -> Looked | None:
        """What a look would say of this product's canary; writes nothing. None where there is none."""
        canary = self._state_of(product).canary
        if canary is None:
            if gatherer := self._gatherers.pop(product, None):
                gatherer.close()
            return None
        try:
            evidence = self._gatherer(product, canary).look(lambda: self._state_of(product))
        except CausewayError as error:
            return Looked(product, None, trouble=error.message)
        except OSError as error:
            return Looked(product, None, trouble=outside(error).message)
        return Looked(product, judge_canary(canary, evidence, now=self._work.clock.now()))

    def close(self) -> None:
        """Lets go of all files."""
        for gatherer in self._gatherers.values():
            gatherer.close()

    def _state_of(self, product: str) -> ProductState:
        return self._known(product) if self._known else product_state(self._work, product)

    def _states(self) -> list[tuple[str, ProductState]]:
        found: list[tuple[str, ProductState]] = []
        for product in self._work.products():
            try:
                found.append((product, self._state_of(product)))
            except CausewayError:
                # its routes' trouble tells of it
                continue
        return found

    def _one(self, product: str, canary: Canary) -> Looked:
        try:
            evidence = self._gatherer(product, canary).look(lambda: self._state_of(product))
            judged = judge_canary(canary, evidence, now=self._work.clock.now())
            if not _is_news(canary, judged):
                return Looked(product, judged)
            if judged.verdict in (GO_ON, PROMOTE):
                # what is gone must not get more of the traffic
                open_bundle(self._work, canary.release)
                if until := self._quiet_until(product, canary):
                    return Looked(product, judged, quiet_until=until)
            with holding(self._work, f"canary:{product}") as lease:
                # somebody else who looks now writes the same
                return _written(self._work, product, canary, judged) if lease else Looked(product, judged)
        except CausewayError as error:
            trouble = error.message
        except OSError as error:
            trouble = outside(error).message
        # no event says when it is over
        self._heads = []
        return Looked(product, None, trouble=trouble)

    def _quiet_until(self, product: str, canary: Canary) -> datetime | None:
        """When the quiet hours end of whatever had this release trained by itself."""
        loop = self._state_of(product).acting.loop
        shipped = loop.move(SHIP) if loop else None
        home = home_of(self._work, product) if shipped and shipped.release == canary.release else None
        if loop is None or home is None:
            return None
        return quiet_until(loop, load_product(self._work, home)[0], self._work.clock.now())

    def _gatherer(self, product: str, canary: Canary) -> Gatherer:
        known = self._gatherers.get(product)
        if known and (known.canary.seq, known.canary.step_at) == (canary.seq, canary.step_at):
            return known
        if known:
            known.close()
        self._gatherers[product] = Gatherer(self._work, product, canary)
        return self._gatherers[product]


def words_of(looked: Looked) -> str:
    """A look at a canary in one line."""
    judged = looked.judged
    if judged is None:
        return f"the canary cannot be judged: {looked.trouble}"
    trouble = f"; the gateway does not follow: {looked.trouble}" if looked.trouble else ""
    if looked.quiet_until:
        trouble = f"; it waits for the end of quiet hours, {looked.quiet_until:%Y-%m-%d %H:%M} UTC"
    share = f"at {judged.percent} %" if judged.percent else "in the shadow"
    return f"canary {short(judged.release)} {share}: {judged.verdict} ({judged.because}){trouble}"


def _written(work: Workspace, product: str, canary: Canary, judged: CanaryJudged) -> Looked:
    """Writes the verdict, with the change of traffic that follows from it, if it says anything new."""
    written = False

    def facts_of(state: ProductState) -> Sequence[AnyFact]:
        nonlocal written
        now = state.canary
        same = now and (now.seq, now.step_at) == (canary.seq, canary.step_at)
        written = bool(now and same and _is_news(now, judged))
        return [judged, *routed_by(state, now, judged)] if now and written else []

    decide(work, product, facts_of)
    trouble = publish(work, product) if written else ""
    return Looked(product, judged, written, trouble)


def _is_news(canary: Canary, judged: CanaryJudged) -> bool:
    """Whether this verdict changes anything; that there is not enough yet is said once a step."""
    if judged.verdict == canary.verdict or (judged.verdict == NOT_ENOUGH and canary.verdict):
        return False
    return judged.verdict == ROLL_BACK or not canary.held


def routed_by(state: ProductState, canary: Canary, judged: CanaryJudged) -> list[TrafficRouted]:
    """The change of traffic that a verdict brings; none for those that wait."""
    match judged.verdict:
        case verdict if verdict == GO_ON:
            percent = next(step for step in canary.steps if step > canary.percent)
            shares = {canary.champion: 100 - percent, canary.release: percent}
            changed = _forward(state, canary, shares, f"canary, {percent} %")
        case verdict if verdict == PROMOTE:
            changed = _forward(state, canary, {canary.release: 100}, "canary promoted")
        case verdict if verdict == ROLL_BACK:
            changed = taken_back(state, canary, f"canary rolled back: {judged.because}")
        case _:
            return []
    return [changed, *still_in_force(state, changed)]


def taken_back(state: ProductState, canary: Canary, reason: str) -> TrafficRouted:
    """The traffic as it was before the trial."""
    before = [step for step in state.routings if step.seq < canary.routed][-1:]
    return TrafficRouted(
        shares={canary.champion: 100},
        reason=reason,
        stage=before[0].stage if before else state.stage,
        requests_per_minute=before[0].requests_per_minute if before else None,
        undoes=canary.routed,
        judgement=before[0].judgement if before else "",
        workers=before[0].workers if before else 0,
    )


def _forward(state: ProductState, canary: Canary, shares: dict[str, int], reason: str) -> TrafficRouted:
    # as it was before anything let less of it in
    last = turned(state) or state.routings[-1]
    return TrafficRouted(
        shares=shares,
        reason=reason,
        stage=last.stage,
        requests_per_minute=last.requests_per_minute,
        judgement=last.judgement,
        continues=canary.routed,
    )


def promote(folder: Path) -> Steered:
    """All traffic to the canary, because somebody said so."""
    return _steered(folder, PROMOTE, "promoted")


def hold(folder: Path, *, work: Workspace | None = None) -> Steered:
    """The canary kept at its share, whatever the evidence says in its favour; harm still takes it back."""
    return _steered(folder, HOLD, "held", work=work)


def _steered(folder: Path, verdict: str, status: str, *, work: Workspace | None = None) -> Steered:
    work = work or existing_workspace(folder)
    product = product_name(work, folder)
    before: dict[str, int] = {}
    release = ""
    said = status

    def facts_of(state: ProductState) -> Sequence[AnyFact]:
        nonlocal before, release, said
        canary = state.canary
        if canary is None:
            raise UsageError(
                f"{product} has no release on trial", hint="start one: causeway ship --canary or --shadow"
            )
        before, release, said = state.shares, canary.release, status
        if verdict == HOLD and canary.held:
            said = "already_held"
            return []
        open_bundle(work, canary.release)
        judged = CanaryJudged(
            release=canary.release,
            verdict=verdict,
            because="somebody said so",
            percent=canary.percent,
            minutes=round((work.clock.now() - (canary.step_at or canary.started_at)).total_seconds() / 60, 2),
            requests=0,
            by_hand=True,
        )
        return [judged, *routed_by(state, canary, judged)]

    state = decide(work, product, facts_of)
    return Steered(product, said, release, before, state.shares, trouble=publish(work, product))
