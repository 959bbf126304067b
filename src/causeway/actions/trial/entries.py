"""Runs the training of a trial, and says how far it came."""

import time
from dataclasses import dataclass
from pathlib import Path

from causeway.actions.trial.run import TrialRun
from causeway.adapters import registry
from causeway.assess.failures import Known, explained
from causeway.core.errors import OutsideError
from causeway.core.trace import Trace, TraceError
from causeway.core.trial import Entry


@dataclass(frozen=True, slots=True)
class Ran:
    """A training that was run; without a trace where it was killed before it could write one."""

    entry: Entry
    trace: Trace | None
    folder: Path


def train(run: TrialRun, script: str) -> Ran:
    """The training, watched in the cage."""
    began = time.monotonic()
    try:
        trace = registry.watch_training(
            run.environment, run.folder, script, run.place.trace, limits=run.limits
        )
    except OutsideError as error:
        # what it printed is no remedy
        printed = error.hint.startswith("it printed last")
        entry = Entry(
            "train",
            script,
            ended=False,
            where=error.where,
            error=error.message,
            what=f"{error.message}; {' '.join(error.hint.split())}" if printed else error.message,
            remedy="" if printed else error.hint,
            seconds=round(time.monotonic() - began, 1),
        )
        return Ran(entry, None, run.place.trace)
    return Ran(entry_of(run, trace), trace, run.place.trace)


def entry_of(run: TrialRun, trace: Trace) -> Entry:
    """How far a watched training came, and the first line that failed."""
    fitted = tuple(
        dict.fromkeys(one.estimator for one in trace.captured if one.kind != "sampler" and one.instead_of < 0)
    )
    plain = Entry(
        "train",
        trace.script,
        ended=not trace.stopped and not trace.errors,
        done=trace.begun,
        statements=trace.statements,
        seconds=round(trace.seconds, 1),
        stopped=trace.stopped,
        fitted=fitted,
    )
    if not trace.errors:
        return plain
    first = trace.errors[0]
    return failed(run, plain, first, done=first.after, more=len(trace.errors))


def failed(run: TrialRun, entry: Entry, error: TraceError, *, done: int = 0, more: int = 1) -> Entry:
    """The entry with its first failure in plain words."""
    known = Known(run.poc, run.environment.problems, run.environment.pins, run.asked.minutes)
    what, remedy = explained(error, known)
    return Entry(
        entry.role,
        entry.path,
        ended=False,
        done=done,
        statements=entry.statements,
        failed=more,
        where=error.where,
        error=error.error,
        what=what,
        remedy=remedy,
        seconds=entry.seconds,
        stopped=entry.stopped,
        fitted=entry.fitted,
    )
