"""What the loop asks of the outside: a training, and a release's answers. Replays bring lighter ones."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from causeway.actions.loop.rows import Labelled
from causeway.actions.run import run
from causeway.actions.stages.site import Given
from causeway.actions.stages.step import Nobody, Watcher
from causeway.actions.workspace import Workspace
from causeway.core.table import Numbers


class Trainer(Protocol):
    """Makes a release of a folder and a table."""

    def train(self, work: Workspace, folder: Path, given: Given, *, tried: bool) -> str:
        """The release's digest; with `tried` the product does not have it."""
        ...


class Judge(Protocol):
    """Asks a release."""

    def answers(self, work: Workspace, release: str, rows: Labelled) -> Numbers:
        """What it answers, as the rows' metric takes it; NaN where it refuses a row."""
        ...


@dataclass(frozen=True, slots=True)
class PipelineTrainer:
    """The proof of concept's own training, by every stage of `causeway run`."""

    watcher: Watcher = field(default_factory=Nobody)

    def train(self, work: Workspace, folder: Path, given: Given, *, tried: bool) -> str:
        """The release that the run made, or took up."""
        return run(work, folder, watcher=self.watcher, given=given, tried=tried).release


class ReleaseJudge:
    """The releases themselves, as the gateway loads them."""

    def answers(self, work: Workspace, release: str, rows: Labelled) -> Numbers:
        """What callers would get."""
        # whoever only ticks need not hold what runs models
        from causeway.actions.loop.asking import answers_of  # noqa: PLC0415 - 20 MB, needed once a training

        return answers_of(work, release, rows)


@dataclass(frozen=True, slots=True)
class Ports:
    """Both of them."""

    trainer: Trainer = field(default_factory=PipelineTrainer)
    judge: Judge = field(default_factory=ReleaseJudge)
