"""One process's place in its gateway: where it counts, and what it knows of the others."""

from collections.abc import Sequence

from causeway.gateway.door.allowance import Allowance
from causeway.gateway.processes.board import Board, State
from causeway.gateway.processes.tallies import Tallies
from causeway.gateway.processes.windows import Allowances, shared_allowances


class Seat:
    """The place of this number; a gateway of one process has only the first."""

    def __init__(self, board: Board | None = None, number: int = 0) -> None:
        self.number = number
        self._board = board
        self.tallies = board.tallies(number) if board else Tallies()
        self.allowances: Allowances = shared_allowances(board) if board else _own
        """Of requests a minute, over all processes."""

    @property
    def shared(self) -> bool:
        """Whether there may be others."""
        return self._board is not None

    def say(self, state: State) -> None:
        """Tells the others how this process is."""
        if self._board:
            self._board.write(self.number, state)

    def states(self, own: State) -> Sequence[State]:
        """How this process is, which knows best itself, and all others that are meant to be there."""
        if self._board is None:
            return [own]
        states = self._board.states()
        states[self.number] = own
        return [states[seat] for seat in sorted({*self._board.crew.seats, self.number})]


def _own(name: str, per_minute: int) -> Allowance:  # noqa: ARG001 - the only process needs no name for it
    return Allowance(per_minute)
