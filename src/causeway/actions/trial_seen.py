"""A trial as people look at it: what is tried, what is known now, what happens next. Writes nothing."""

from datetime import datetime
from pathlib import Path

from msgspec import Struct

from causeway.actions.canary import Lookout
from causeway.actions.decide import existing_workspace, product_name
from causeway.actions.instance import running
from causeway.actions.workspace import Workspace
from causeway.assess.canary_next import what_next
from causeway.core.canary import CanaryJudged
from causeway.core.errors import NotFound
from causeway.views.product import fold
from causeway.views.trials import Trial, trials_of


class TrialSeen(Struct, frozen=True):
    """One trial; `now` is what the evidence says at this moment, or was said last."""

    product: str
    trial: Trial
    now: CanaryJudged | None
    looked_at: datetime | None
    """When `now` was so."""
    next: str = ""
    """What happens by itself; empty once it ended."""
    watched: bool = False
    """Whether somebody looks at it all the time: a running `causeway up`."""
    trouble: str = ""
    """Why the evidence could not be read just now."""

    @property
    def minutes(self) -> float:
        """How long this step has lasted, or the whole trial once it ended."""
        begun = self.trial.started_at if self.trial.ended_at else self.trial.step_at or self.trial.started_at
        until = self.trial.ended_at or self.looked_at or begun
        return (until - begun).total_seconds() / 60


def trial_seen(
    work: Workspace, product: str, lookout: Lookout, *, seq: int | None = None
) -> TrialSeen | None:
    """The trial that began with this event, or the one that runs; None where none runs."""
    events = work.ledger.read(product)
    trials = {trial.seq: trial for trial in trials_of(events)}
    canary = fold(events).canary
    wanted = seq if seq is not None else canary.seq if canary else None
    if wanted is None:
        return None
    if wanted not in trials:
        raise NotFound(f"no trial of {product} began with event {wanted}", hint="see its events")
    trial = trials[wanted]
    last = trial.judged[-1] if trial.judged else None
    if canary is None or canary.seq != wanted:
        return TrialSeen(product, trial, last.said if last else None, last.at if last else None)
    looked = lookout.peek(product)
    if looked is None or looked.judged is None:
        told = looked.trouble if looked else ""
        said, at = (last.said, last.at) if last else (None, None)
        return TrialSeen(product, trial, said, at, watched=running(work) is not None, trouble=told)
    return TrialSeen(
        product,
        trial,
        looked.judged,
        work.clock.now(),
        next=what_next(canary, looked.judged),
        watched=running(work) is not None,
    )


class LookedAt(Struct, frozen=True):
    """A product, and the trial that runs, if any."""

    product: str
    trial: TrialSeen | None


def look_at(folder: Path) -> LookedAt:
    """What is known now of the running trial of this folder's product."""
    work = existing_workspace(folder)
    product = product_name(work, folder)
    lookout = Lookout(work)
    try:
        return LookedAt(product, trial_seen(work, product, lookout))
    finally:
        lookout.close()
