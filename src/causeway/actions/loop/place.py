"""Everything that a step of the loop is handed."""

from dataclasses import dataclass
from pathlib import Path

from causeway.actions.loop.ports import Ports
from causeway.actions.workspace import Workspace
from causeway.core.errors import Refused
from causeway.core.loop import LoopEnded, LoopMoved
from causeway.core.manifest import DataPart, LoopPart, Manifest
from causeway.core.release import Release
from causeway.views.acting import Loop
from causeway.views.product import ProductState


@dataclass(frozen=True, slots=True)
class Place:
    """One loop, its product as it is now, and where its tables lie."""

    work: Workspace
    folder: Path
    manifest: Manifest
    state: ProductState
    loop: Loop
    live: Release
    """The one that was live when it began."""
    scratch: Path
    ports: Ports

    @property
    def rules(self) -> LoopPart:
        """What the manifest says of training anew."""
        return self.manifest.loop

    @property
    def part(self) -> DataPart:
        """The source that the training reads."""
        if not self.manifest.data:
            raise Refused(
                "the manifest names no data, so nobody knows what the training reads",
                where=str(self.folder / "causeway.toml"),
                hint='name the file: [[data]] name = "...", path = "...", target = "..."',
            )
        return self.manifest.data[0]

    def done(self, state: str) -> LoopMoved:
        """What was written when this state was done."""
        move = self.loop.move(state)
        if move is None:
            raise LookupError(state)
        return move

    def moved(self, state: str, words: str) -> LoopMoved:
        """That this state is done."""
        return LoopMoved(self.loop.loop, state, words)

    def ended(self, outcome: str, because: str, *, release: str = "") -> LoopEnded:
        """That all of it is over."""
        return LoopEnded(self.loop.loop, outcome, because, release)
