"""A durable step: done once for its inputs, whoever asks and however often."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

import msgspec
from msgspec import Struct

from causeway.actions.lease import Lease
from causeway.actions.source import digest_own_code
from causeway.actions.stages.memory import PeakMemory
from causeway.actions.workspace import Workspace
from causeway.assess.stage_cost import ServerRate
from causeway.core.events import StageFinished
from causeway.core.figure import Figure
from causeway.core.ids import canonical_json, digest_of_value
from causeway.views.run import Done, cost_of


class Made(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What every stage leaves: one plain fact for people, and the files it kept, by path and digest."""

    fact: str
    files: dict[str, str] = {}
    peak_bytes: int = 0


AnyMade = TypeVar("AnyMade", bound=Made)


class StageEnded(Struct, frozen=True):
    """A stage as it is shown; where an earlier result was taken up (`cached`), what making that took."""

    stage: str
    seconds: float
    fact: str
    cached: bool
    peak_bytes: int = 0
    cost: Figure | None = None


def as_ended(done: Done, fact: str) -> StageEnded:
    """A stage that was done before, as it is shown."""
    return StageEnded(done.stage, done.seconds, fact, cached=True, peak_bytes=done.peak_bytes, cost=done.cost)


class Watcher(Protocol):
    """Somebody who follows a run."""

    def began(self, stage: str) -> None:
        """A stage starts now."""
        ...

    def said(self, text: str) -> None:
        """Something is going on inside the stage."""
        ...

    def ended(self, stage: StageEnded) -> None:
        """A stage is done."""
        ...


class Nobody:
    """A watcher that looks away."""

    def began(self, stage: str) -> None:
        """Looks away."""

    def said(self, text: str) -> None:
        """Looks away."""

    def ended(self, stage: StageEnded) -> None:
        """Looks away."""


@dataclass
class Steps:
    """The steps of one run: what is known already, and who is told."""

    work: Workspace
    product: str
    run: str
    known: dict[str, Done]
    seen: frozenset[str]
    """Keys of the stages that this run has recorded already."""
    lease: Lease
    watcher: Watcher
    ended: list[StageEnded]
    rate: ServerRate

    def take(
        self,
        stage: str,
        inputs: Mapping[str, object],
        *,
        result: type[AnyMade],
        do: Callable[[], AnyMade],
        stands: Callable[[AnyMade], bool] = lambda _: True,
    ) -> AnyMade:
        """The result of this stage for these inputs: an earlier one that still `stands`, or done now."""
        key = digest_of_value({"stage": stage, "by": digest_own_code(), "inputs": inputs})
        self.watcher.began(stage)
        made = self._taken_up(stage, key, result=result, stands=stands)
        return made or self._done_now(stage, key, do=do)

    def _taken_up(
        self, stage: str, key: str, *, result: type[AnyMade], stands: Callable[[AnyMade], bool]
    ) -> AnyMade | None:
        done = self.known.get(key)
        if done is None or not self.work.artifacts.has(done.result):
            return None
        made = msgspec.json.decode(self.work.artifacts.get(done.result), type=result)
        if not all(map(self.work.artifacts.has, made.files.values())) or not stands(made):
            return None
        if key not in self.seen:
            self._record(StageFinished(self.run, stage, key, done.result, 0.0, cached=True))
        self._tell(as_ended(done, made.fact))
        return made

    def _done_now(self, stage: str, key: str, *, do: Callable[[], AnyMade]) -> AnyMade:
        start = time.perf_counter()
        with PeakMemory() as memory:
            made = do()
        seconds = round(time.perf_counter() - start, 3)
        cost = self.rate.total([seconds])
        finished = StageFinished(
            self.run,
            stage,
            key,
            self.work.artifacts.put(canonical_json(made)),
            seconds,
            max(made.peak_bytes, memory.bytes),
            cost=cost.value,
            cost_low=cost.low or 0.0,
            cost_high=cost.high or 0.0,
            currency=cost.unit,
            rates=self.rate.version,
        )
        self._record(finished)
        self._tell(
            StageEnded(
                stage,
                seconds,
                made.fact,
                cached=False,
                peak_bytes=finished.peak_bytes,
                cost=cost_of(finished),
            )
        )
        return made

    def _record(self, fact: StageFinished) -> None:
        self.lease.check()
        self.work.ledger.append(self.product, [fact], actor=self.work.actor, at=self.work.clock.now())

    def _tell(self, stage: StageEnded) -> None:
        self.ended.append(stage)
        self.watcher.ended(stage)
