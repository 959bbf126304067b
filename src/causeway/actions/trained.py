"""What a run took and what it left, for the price of doing it again."""

from collections.abc import Sequence
from pathlib import Path

from causeway.assess.running_cost import Trained
from causeway.core.events import Event, StageFinished


def trained(events: Sequence[Event], run: str, bundle: Path) -> Trained | None:
    """The seconds of every stage of this run and the bytes of its bundle; None where nobody measured.

    A stage that was taken from an earlier run counts with what it took then.
    """
    done = [event.fact for event in events if isinstance(event.fact, StageFinished)]
    first = {stage.key: stage.seconds for stage in reversed(done) if not stage.cached}
    mine = {stage.stage: first.get(stage.key, stage.seconds) for stage in done if stage.run == run}
    size = sum(file.stat().st_size for file in bundle.rglob("*") if file.is_file() and not file.is_symlink())
    return Trained(sum(mine.values()), size) if mine else None
