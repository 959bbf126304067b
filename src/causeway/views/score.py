"""What a product's events tell of one scoring."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from causeway.core.events import Event, ScoreFinished, ScorePartFinished, ScoreStarted


class Scoring(Struct):
    """How far a scoring is; `at` is when it was started."""

    name: str
    records: str
    at: datetime | None = None
    started: ScoreStarted | None = None
    parts: dict[int, ScorePartFinished] = {}
    recorded: set[int] = set()
    """Parts whose answers are on record, by this scoring or by one of the same rows into another place."""
    finished: ScoreFinished | None = None
    names: set[str] = set()

    def begin(self, events: Iterable[Event]) -> None:
        """Takes in what these events tell."""
        for event in events:
            match event.fact:
                case ScoreStarted() as fact:
                    self._started(fact, event.body.at)
                case ScorePartFinished(score=score) as fact if score in self.names:
                    self.recorded.add(fact.part)
                    if score == self.name:
                        self.parts[fact.part] = fact
                case ScoreFinished(score=score) as fact if score == self.name:
                    self.finished = fact
                case _:
                    pass

    def _started(self, fact: ScoreStarted, at: datetime) -> None:
        if fact.records == self.records:
            self.names.add(fact.score)
        if fact.score == self.name and self.started is None:
            self.started, self.at = fact, at


def scoring(events: Iterable[Event], name: str, records: str) -> Scoring:
    """The scoring of this name, which records its answers under `records`."""
    seen = Scoring(name, records)
    seen.begin(events)
    return seen
