"""Many jobs at once, each in a process of its own with a time limit: one that breaks down stops no other."""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess

from msgspec import Struct

GRACE_SECONDS = 0.5

Job = tuple[str, ...]
Do = Callable[[Job], bytes]


class Answer(Struct, frozen=True):
    """What a job gave back; where it gave nothing, why."""

    job: Job
    content: bytes = b""
    problem: str = ""


class _Running(Struct):
    """A job at work, and when its time is up."""

    job: Job
    process: BaseProcess
    until: float


def side_by_side(jobs: Sequence[Job], do: Do, *, seconds: float, preload: str) -> Iterator[Answer]:
    """The answers as they come, from no more processes at once than there are cores.

    `do` is a function of a module; `preload` names the module that the processes begin with. Whoever stops
    asking stops them all.
    """
    context = _context(preload)
    waiting = deque(jobs)
    running: dict[Connection, _Running] = {}
    try:
        while waiting or running:
            while waiting and len(running) < _cores():
                end, one = _started(context, waiting.popleft(), do, seconds=seconds)
                running[end] = one
            soonest = min(one.until for one in running.values())
            told = set(wait(list(running), timeout=max(soonest - time.monotonic(), 0)))
            now = time.monotonic()
            for end in [end for end, one in running.items() if end in told or one.until <= now]:
                yield _answer(end, running.pop(end), late=end not in told, seconds=seconds)
    finally:
        for end, one in running.items():
            one.process.kill()
            _stop(end, one)


def _started(context: BaseContext, job: Job, do: Do, *, seconds: float) -> tuple[Connection, _Running]:
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(there, do, job), daemon=True)
    process.start()
    there.close()
    return here, _Running(job, process, time.monotonic() + seconds)


def _work(end: Connection, do: Do, job: Job) -> None:
    # Ctrl-C is the parent's to answer; it stops us
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # what breaks down in here is told by whoever asked, once
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    content = do(job)
    # whoever asked may have gone
    with contextlib.suppress(BrokenPipeError):
        end.send_bytes(content)
    end.close()


def _answer(end: Connection, one: _Running, *, late: bool, seconds: float) -> Answer:
    content = b"" if late else _received(end)
    if late:
        one.process.kill()
    _stop(end, one)
    if content:
        return Answer(one.job, content)
    broken = f"it broke down (exit code {one.process.exitcode})"
    return Answer(one.job, problem=f"not done within {seconds:g} seconds" if late else broken)


def _received(end: Connection) -> bytes:
    try:
        return end.recv_bytes()
    except (EOFError, OSError):
        # it ended without an answer: killed, or out of memory
        return b""


def _stop(end: Connection, one: _Running) -> None:
    one.process.join(GRACE_SECONDS)
    if one.process.is_alive():
        one.process.kill()
        one.process.join()
    end.close()


def _context(preload: str) -> BaseContext:
    """A clean process each time; where the system can, forked from one that has loaded this module only."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([preload])
    if threading.current_thread() is threading.main_thread():
        # what it forks begins deaf to Ctrl-C, as it does itself
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            forkserver.ensure_running()
        finally:
            signal.signal(signal.SIGINT, before)
    return context


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
