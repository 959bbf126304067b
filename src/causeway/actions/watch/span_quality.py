"""How the answers of a span fared against what came of them, with the interval of all its outcomes."""

from msgspec import Struct, structs

from causeway.actions.outcome_bins import quality_windows
from causeway.actions.watch.gather import answered
from causeway.actions.watch.history import time_of
from causeway.actions.workspace import Workspace
from causeway.assess.holdout import untouched
from causeway.assess.label_watch import maturity_of, said_hours
from causeway.assess.quality_promise import QualityPromise, QualityRules, promise_of
from causeway.assess.quality_watch import Held, held_of
from causeway.assess.watch_facts import Facts
from causeway.core.ids import counted
from causeway.core.metrics import spoken
from causeway.core.release import Release
from causeway.core.watching import NOT_ENOUGH_DATA, OK
from causeway.stats.binned_metrics import Measured, metric_of
from causeway.stats.quality_form import QualityWindow
from causeway.stats.quality_window import by_slice, merged_windows

WORSE = "worse"
"""Than it was measured, beyond chance and what is tolerated, or than the floor."""


class QualitySpanned(Struct, frozen=True, omit_defaults=True):
    """The promised metric over the span: `worse`, `ok` or `not-enough-data`."""

    metric: str
    verdict: str
    why: str
    slice: str = ""
    """Empty of all rows."""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    """The interval of 95 %."""
    reference: float | None = None
    """What was measured when the release was made."""
    rows: int = 0
    """Answers whose outcome is known."""
    answered: int = 0
    """All of the days that are old enough for their outcomes to have come."""
    waiting: int = 0
    """Answers of days that are not."""
    is_of_holdout: bool = False
    """Whether these are the rows of whom no answer reached."""
    method: str = ""


def quality_of_span(work: Workspace, facts: Facts, *, days: range) -> tuple[QualitySpanned, ...]:
    """Of the release's own answers, all rows first, then each slice; nothing where no outcome ever came."""
    described = facts.going.described
    if described is None:
        return ()
    since, until = time_of(days.start * 24), time_of(days.stop * 24)
    windows = quality_windows(work, facts.product, since=since, until=until, hours=24)
    own = tuple(each for each in windows if each.release == facts.going.release)
    apart = untouched(own) if facts.manifest.serving.holdout_percent else ()
    slices = by_slice(apart or answered(own))
    every = slices.get("", [])
    if not any(each.labelled for each in every):
        return ()
    promise = _promised(described, facts)
    now_us = round(facts.now.timestamp() * 1e6)
    maturity = maturity_of(every, promise=promise, now_us=now_us)
    found: list[QualitySpanned] = []
    for name, held in held_of(promise):
        mature = [each for each in slices.get(name, []) if maturity.is_mature(each, now_us)]
        rows = sum(each.answered for each in slices.get(name, []))
        merged = merged_windows(mature)
        waiting = rows - (merged.answered if merged else 0)
        seen = _measured(merged, held)
        why = _why(seen, held) or _why_not(merged, waiting, maturity.hours)
        found.append(
            QualitySpanned(
                metric=held.metric,
                verdict=_verdict(seen, held),
                why=why,
                slice=name,
                value=seen.value if seen else None,
                low=seen.low if seen else None,
                high=seen.high if seen else None,
                reference=held.value,
                rows=merged.labelled if merged else 0,
                answered=merged.answered if merged else 0,
                waiting=waiting,
                is_of_holdout=bool(apart),
                method=seen.method if seen else "",
            )
        )
    return tuple(found)


def _promised(described: Release, facts: Facts) -> QualityPromise:
    """With the floor that a monitor of the manifest names."""
    promise = promise_of(described, facts.manifest.evaluation)
    floor = facts.monitor("quality").threshold
    return promise if floor is None else structs.replace(promise, floor=floor)


def _measured(merged: QualityWindow | None, held: Held) -> Measured | None:
    return metric_of(merged, held.metric) if merged is not None else None


def _verdict(seen: Measured | None, held: Held) -> str:
    rules = QualityRules()
    if seen is None or seen.rows < rules.least_rows:
        return NOT_ENOUGH_DATA
    return WORSE if held.decayed(seen, rules) or held.below_floor(seen) else OK


def _why(seen: Measured | None, held: Held) -> str:
    if seen is None:
        return ""
    name = spoken(held.metric)
    of = f" of {held.slice}" if held.slice else ""
    said = f"{name[0].upper()}{name[1:]}{of} is {seen.value:.3f} ({seen.low:.3f} to {seen.high:.3f})"
    said += f" on {counted(seen.rows, 'row')}"
    if held.value is not None:
        said += f"; it was measured as {held.value:.3f}"
    rules = QualityRules()
    if seen.rows < rules.least_rows:
        return f"{said}; {rules.least_rows} are needed to tell"
    if held.below_floor(seen):
        return f"{said}: below the floor {held.floor:g}"
    return f"{said}: worse beyond chance" if held.decayed(seen, rules) else said


def _why_not(merged: QualityWindow | None, waiting: int, hours: float | None) -> str:
    if hours is None:
        return "Too few outcomes came to know how long they take; [evaluation] outcome_days says it"
    if merged is None and waiting:
        return f"{counted(waiting, 'answer')} wait for outcomes, which take {said_hours(hours)}"
    return "Too few outcomes came, or none of one class"
