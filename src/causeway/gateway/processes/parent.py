"""The parent of the processes that answer: forks them, again when they end, more of them when callers wait.

It has no event loop and starts no thread, so that what it forks is whole; its memory stays as it was when the
models were loaded. Whoever is forked later loads by itself what has changed since, before it takes requests.
"""

import os
import select
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from causeway.core.errors import CausewayError
from causeway.gateway.log import print_defect, say, say_error
from causeway.gateway.processes.board import Board, Crew, State
from causeway.gateway.processes.memory import settle
from causeway.gateway.processes.scaling import Limits, Load, Scaled, Scaler
from causeway.gateway.processes.seat import Seat
from causeway.gateway.wire.listening import Listening

__all__ = ["LEAVE", "Limits", "Parent", "Place"]

STOP_SECONDS = 8.0
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 10.0
STEADY_SECONDS = 10.0
LEAVE = signal.SIGUSR1
LEAVE_SECONDS = 3.0
"""How long a process that is not needed any more still takes what was on its way to it."""
LOOK_SECONDS = 1.0
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


class Place(Struct, frozen=True):
    """What a forked process is told: its seat, what to call once it listens, and the pipe from its parent."""

    seat: Seat
    started: Callable[[], None]
    alive: int


class _Taken(Struct):
    """A seat and its process; `pid` is 0 while there is none, and it starts again when it is due."""

    pid: int = 0
    since: float = 0.0
    failures: int = 0
    due: float = 0.0
    leaves_at: float = 0.0
    """When it is told to go, if it is not needed any more."""
    asked: bool = False


class Parent:
    """Keeps as many processes as are needed; `serve` is what each of them does."""

    def __init__(
        self,
        limits: Limits,
        listening: Listening,
        *,
        serve: Callable[[Place], None],
        started: Callable[[], None],
        notes: bool,
    ) -> None:
        self._limits, self._listening, self._serve = limits, listening, serve
        self._started, self._notes = started, notes
        self._board = Board(limits.most)
        self._scaler = Scaler(msgspec.structs.replace(limits, most=_useful(limits)))
        self._seats: dict[int, _Taken] = {}
        self._steered: tuple[int, ...] = ()
        self._announced = self._stopping = False
        self._look_at = 0.0
        self._alive, self._lifeline = os.pipe()
        self._woken, self._wake = os.pipe()
        for end in (self._woken, self._wake):
            os.set_blocking(end, False)

    def run(self) -> None:
        """Returns when it was told to stop and all processes ended."""
        for signum in SIGNALS:
            signal.signal(signum, self._told)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        settle(alone=False)
        _say_threads()
        self._want(range(self._limits.least))
        self._look_at = time.monotonic() + LOOK_SECONDS
        while not self._stopping:
            self._turn()
            select.select([self._woken], [], [], self._patience())
            with suppress(BlockingIOError):
                os.read(self._woken, 4096)
        self._end()

    def _told(self, signum: int, _frame: object) -> None:
        if signum in (signal.SIGTERM, signal.SIGINT):
            self._stopping = True
        elif signum == signal.SIGHUP:
            self._tell_all(signum)

    def _turn(self) -> None:
        now = time.monotonic()
        self._reap(now)
        for number, taken in self._seats.items():
            if not taken.pid and now >= taken.due:
                self._fork(number, taken)
            elif taken.pid and taken.leaves_at and now >= taken.leaves_at and not taken.asked:
                taken.asked = True
                _tell(taken.pid, signal.SIGTERM)
        self._steer()
        if now >= self._look_at:
            self._look_at = now + LOOK_SECONDS
            self._scale(now)

    def _want(self, numbers: range) -> None:
        """Has these seats taken, and no others."""
        now = time.monotonic()
        for number in numbers:
            taken = self._seats.setdefault(number, _Taken())
            if taken.leaves_at and taken.pid and not taken.asked:
                # it sends its callers away already, so another one takes its seat
                taken.asked = True
                _tell(taken.pid, signal.SIGTERM)
            taken.leaves_at = 0.0
        for number, taken in self._seats.items():
            if number not in numbers and not taken.leaves_at:
                taken.leaves_at = now + LEAVE_SECONDS
                if taken.pid:
                    _tell(taken.pid, LEAVE)
        self._board.crew = Crew(tuple(numbers))

    def _fork(self, number: int, taken: _Taken) -> None:
        taken.since, taken.asked = time.monotonic(), False
        taken.pid = os.fork()
        if not taken.pid:
            self._be(number)

    def _be(self, number: int) -> None:
        """What a forked process does; it never comes back."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for signum in SIGNALS:
                signal.signal(signum, signal.SIG_DFL)
            os.close(self._lifeline)
            # the notes are the parent's, and nobody must wait for us to end them
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            self._serve(Place(Seat(self._board, number), self._listens, self._alive))
            code = 0
        except CausewayError as error:
            say_error(error)
        except BaseException as error:  # noqa: BLE001 - the shell of a process: whatever ends it is said, and nothing else runs
            print_defect(error, "process_failed")
        finally:
            sys.stderr.flush()
            # not as Python ends: what the parent holds is not for us to clean up
            os._exit(code)

    def _listens(self) -> None:
        os.write(self._wake, b"!")

    def _reap(self, now: float) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            for number, taken in list(self._seats.items()):
                if taken.pid == pid:
                    self._ended(number, taken, os.waitstatus_to_exitcode(status), now)

    def _ended(self, number: int, taken: _Taken, code: int, now: float) -> None:
        self._board.write(number, State())
        taken.pid = 0
        if taken.leaves_at or self._stopping:
            del self._seats[number]
            self._listening.hang_up(number)
            return
        if taken.asked:
            # it had been told to go when it was needed again
            taken.due = now
            return
        taken.failures = 0 if now - taken.since > STEADY_SECONDS else taken.failures
        pause = min(FIRST_PAUSE * 2**taken.failures, LONGEST_PAUSE)
        taken.failures = min(taken.failures + 1, 20)
        taken.due = now + pause
        text = f"process {number + 1} ended ({_how(code)}); it starts again in {pause:g} s"
        say("process_ended", text, level="error", process=number + 1, how=_how(code), pause_s=pause)

    def _up(self) -> dict[int, State]:
        """Those that take requests and are to stay."""
        return {
            number: state
            for number, state in enumerate(self._board.states())
            if state.up and number in self._seats and not self._seats[number].leaves_at
        }

    def _steer(self) -> None:
        up = tuple(self._up())
        if up and up != self._steered:
            self._steered = up
            self._listening.steer(up)
        if not self._announced and len(up) == self._limits.least:
            self._announced = True
            self._started()

    def _scale(self, now: float) -> None:
        up = self._up()
        crew = self._board.crew.seats
        for number in range(self._limits.most):
            if number not in self._seats:
                self._listening.hang_up(number)
        if len(up) != len(crew) or any(now - self._seats[each].since < LOOK_SECONDS for each in up):
            return
        states = up.values()
        load = Load(len(up), sum(s.cpu for s in states) / len(up), sum(s.lag_ms for s in states) / len(up))
        if scaled := self._scaler.judge(load):
            self._want(range(scaled.after))
            self._note(scaled)

    def _note(self, scaled: Scaled) -> None:
        text = f"{scaled.after} processes after {scaled.before}: {scaled.why}"
        say("processes_scaled", text, before=scaled.before, after=scaled.after)
        if self._notes:
            # whoever read it may be gone
            with suppress(OSError):
                os.write(1, msgspec.json.encode({"scaled": scaled}) + b"\n")

    def _patience(self) -> float:
        now = time.monotonic()
        dues = [taken.due for taken in self._seats.values() if not taken.pid]
        dues += [taken.leaves_at for taken in self._seats.values() if taken.leaves_at and not taken.asked]
        return max(0.0, min([self._look_at, *dues]) - now)

    def _end(self) -> None:
        self._listening.close()
        self._tell_all(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while self._seats:
            now = time.monotonic()
            self._reap(now)
            if now > deadline:
                self._tell_all(signal.SIGKILL)
            for number in [number for number, taken in self._seats.items() if not taken.pid]:
                del self._seats[number]
            if self._seats:
                select.select([self._woken], [], [], 0.1)
                with suppress(BlockingIOError):
                    os.read(self._woken, 4096)

    def _tell_all(self, signum: int) -> None:
        for taken in self._seats.values():
            if taken.pid:
                _tell(taken.pid, signum)


def _useful(limits: Limits) -> int:
    """As many as there are processors for; more only where that was asked for from the beginning."""
    affinity = getattr(os, "sched_getaffinity", None)
    processors = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(limits.least, min(limits.most, processors))


def _tell(pid: int, signum: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signum)


def _how(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _say_threads() -> None:
    """Says so if a library runs threads, which a fork would not take along."""
    tasks = Path("/proc/self/task")
    count = len(list(tasks.iterdir())) if tasks.exists() else 1
    if count > 1:
        say("threads", f"{count - 1} threads of libraries run before the fork", level="warning")
