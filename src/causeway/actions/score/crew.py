"""Parts answered side by side, by processes that keep their releases loaded from part to part."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.context import BaseContext

import msgspec

from causeway.actions.score.answering import Setup, answer_here, answer_part
from causeway.core.errors import OutsideError
from causeway.core.score import Part, PartDone

THREADS = ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "RAYON_NUM_THREADS")


def answered(setup: Setup, parts: Sequence[Part]) -> Iterator[PartDone]:
    """The parts as they get done, on all cores; whoever stops asking stops the processes."""
    if not parts:
        return
    if len(parts) == 1:
        # not worth a process of its own
        yield answer_here(setup, parts[0])
        return
    told = msgspec.json.encode(setup)
    processes = min(_cores(), len(parts))
    pool = ProcessPoolExecutor(processes, mp_context=_context(), initializer=_begin)
    try:
        jobs = [pool.submit(answer_part, told, msgspec.json.encode(part)) for part in parts]
        for job in as_completed(jobs):
            yield msgspec.json.decode(_result(job), type=PartDone)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _result(job: Future[bytes]) -> bytes:
    try:
        return job.result()
    except BrokenProcessPool as error:
        raise OutsideError(
            "a process that answered rows was ended from outside",
            hint="perhaps for want of memory; score again: what was done is kept",
        ) from error


def _begin() -> None:
    # Ctrl-C is the parent's to answer; it stops us
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A process that nobody waits for any more ends, however its parent did."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(0)


def _context() -> BaseContext:
    # each process has one core to itself; what starts them hands these variables on
    for name in THREADS:
        os.environ.setdefault(name, "1")
    kind = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    return multiprocessing.get_context(kind)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
