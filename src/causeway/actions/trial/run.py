"""What the parts of a trial are handed."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from causeway.actions.trial.place import Place
from causeway.adapters.ports import Cage
from causeway.core.environment import Environment, Limits
from causeway.core.manifest import Manifest
from causeway.core.poc import DataFile, Poc
from causeway.core.trial import Bench

MOST_DATA = 8


@dataclass(frozen=True, slots=True)
class Try:
    """What is asked of a trial: minutes for the training, rows for the app, and who is told."""

    minutes: float = 10.0
    rows: int = 100
    say: Callable[[str], None] = lambda _text: None


@dataclass(frozen=True, slots=True)
class TrialRun:
    """One trial's surroundings."""

    asked: Try
    folder: Path
    poc: Poc
    manifest: Manifest
    place: Place
    environment: Environment
    limits: Limits
    cage: Cage

    @property
    def target(self) -> str:
        """The column to predict, as far as it is known."""
        stated = self.manifest.data[0].target if self.manifest.data else ""
        return stated or self.poc.target.value

    def data(self) -> tuple[DataFile, ...]:
        """The data files, that of the training first."""
        first = self.poc.training_file()
        rest = [file for file in self.poc.data if file is not first and file.columns]
        return tuple(([first] if first else []) + rest)[:MOST_DATA]

    def bench(self, environment: Environment | None = None) -> Bench:
        """Where saved models and the app are tried; in another environment where one is given."""
        return Bench(
            environment or self.environment,
            root=str(self.place.fresh),
            trace=str(self.place.trace),
            data=self.data(),
            features=self.poc.features,
            target=self.target,
        )
