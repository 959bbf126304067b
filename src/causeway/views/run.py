"""The runs of one product as its events tell them: which stages are done, by key, and what came of it."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct, structs

from causeway.core.events import (
    Event,
    ProductDeclared,
    ReleaseMade,
    RunFinished,
    RunStarted,
    StageFinished,
)
from causeway.core.figure import Figure


class Done(Struct, frozen=True):
    """A stage that ended: its result lies in the artefact store, and its key never needs doing twice."""

    run: str
    stage: str
    key: str
    result: str
    seconds: float
    peak_bytes: int
    cached: bool
    cost: Figure | None = None
    """What it cost by the rate card; None where nobody estimated."""


class RunSeen(Struct, frozen=True):
    """One run: `status` is `open`, `made`, `tried` or `failed`."""

    run: str
    inputs: str
    started_at: datetime
    status: str = "open"
    release: str = ""
    reason: str = ""
    code: str = ""
    ended_at: datetime | None = None
    ended_seq: int = 0
    stages: tuple[Done, ...] = ()


class Runs(Struct, frozen=True):
    """All runs of a product, oldest first; `done` holds the latest doing of each stage key."""

    runs: dict[str, RunSeen]
    done: dict[str, Done]
    releases: dict[str, ReleaseMade]
    manifest: str = ""
    head: int = 0

    def made_of(self, run: str) -> tuple[Done, ...]:
        """The stages of this run in their order; one that was taken up as it was when it was done."""
        seen = self.runs.get(run)
        stages = seen.stages if seen else ()
        return tuple(
            structs.replace(self.done.get(stage.key, stage), cached=stage.cached) for stage in stages
        )

    def opened(self, inputs: str) -> RunSeen | None:
        """The run of these inputs that somebody began and nobody ended."""
        return next((run for run in self._latest_first(inputs) if run.status == "open"), None)

    def made(self, inputs: str) -> RunSeen | None:
        """The latest run of these inputs that made a release, or put one together to try it."""
        return next((run for run in self._latest_first(inputs) if run.status in ("made", "tried")), None)

    def latest(self, inputs: str) -> RunSeen | None:
        """The latest run of these inputs, whatever came of it."""
        return next(iter(self._latest_first(inputs)), None)

    def left_open(self) -> tuple[RunSeen, ...]:
        """Every run that nobody ended."""
        return tuple(run for run in self.runs.values() if run.status == "open")

    def _latest_first(self, inputs: str) -> Iterable[RunSeen]:
        return (run for run in reversed(self.runs.values()) if run.inputs == inputs)


def fold(events: Iterable[Event]) -> Runs:
    """What these events say about runs."""
    runs: dict[str, RunSeen] = {}
    done: dict[str, Done] = {}
    releases: dict[str, ReleaseMade] = {}
    manifest, head = "", 0
    for event in events:
        head = event.body.seq
        match event.fact:
            case ProductDeclared() as fact:
                manifest = fact.manifest
            case RunStarted() as fact:
                runs[fact.run] = RunSeen(fact.run, fact.inputs, event.body.at)
            case StageFinished() as fact:
                _add_stage(runs, _done(fact))
                # taking a result up takes no time; how long it took to make stays known
                if not fact.cached or fact.key not in done:
                    done[fact.key] = _done(fact)
            case RunFinished() as fact:
                _end(runs, fact, event=event)
            case ReleaseMade() as fact:
                releases[fact.release] = fact
            case _:
                pass
    return Runs(runs, done, releases, manifest, head)


def _done(fact: StageFinished) -> Done:
    cost = cost_of(fact)
    return Done(fact.run, fact.stage, fact.key, fact.result, fact.seconds, fact.peak_bytes, fact.cached, cost)


def cost_of(fact: StageFinished) -> Figure | None:
    """What the stage cost by the rate card, where somebody estimated it."""
    how = f"estimated from the rate card of {fact.rates}"
    return (
        Figure(fact.cost, fact.currency, low=fact.cost_low, high=fact.cost_high, how=how)
        if fact.rates
        else None
    )


def _add_stage(runs: dict[str, RunSeen], done: Done) -> None:
    if run := runs.get(done.run):
        runs[done.run] = structs.replace(run, stages=(*run.stages, done))


def _end(runs: dict[str, RunSeen], fact: RunFinished, *, event: Event) -> None:
    if run := runs.get(fact.run):
        runs[fact.run] = structs.replace(
            run,
            status=fact.status,
            release=fact.release,
            reason=fact.reason,
            code=fact.code,
            ended_at=event.body.at,
            ended_seq=event.body.seq,
        )
