"""What comes next of a release on trial, in words, and which way each measure would do harm."""

from datetime import timedelta

from causeway.assess.canary import KPI, QUALITY
from causeway.core.canary import (
    GO_ON,
    HOLD,
    OPEN,
    PROMOTE,
    ROLL_BACK,
    CanaryJudged,
    Criterion,
    KpiTrial,
)
from causeway.views.canary import Canary

ALL = 100
LOOK = "at the next look"
_UPWARDS = ("errors", "latency", "flagged", QUALITY)


def what_next(canary: Canary, judged: CanaryJudged) -> str:
    """What happens by itself, and when, unless a person decides."""
    if judged.verdict == ROLL_BACK:
        return f"The live release gets everything back {LOOK}: {judged.because}."
    if canary.held:
        return "It keeps its share, as somebody wanted; only harm takes it back."
    if judged.verdict == GO_ON:
        return f"It gets {_following(canary)} % of the traffic {LOOK}."
    if judged.verdict == PROMOTE:
        return f"It gets all of the traffic {LOOK}."
    if judged.verdict == HOLD:
        return f"It waits: {judged.because}."
    return f"It waits: {_open(judged) or judged.because}. {_afterwards(canary)}"


def harmful_sides(each: Criterion, kpi: KpiTrial | None) -> tuple[bool, bool]:
    """Whether a difference below zero does harm, and whether one above does."""
    if each.name in _UPWARDS:
        return False, True
    if each.name == KPI and kpi:
        return kpi.more_is_better, not kpi.more_is_better
    return (True, False) if each.name == "worth" else (True, True)


def _following(canary: Canary) -> int:
    return next((step for step in canary.steps if step > canary.percent), ALL)


def _open(judged: CanaryJudged) -> str:
    """Which measures are not decided, where nothing else is missing."""
    names = [
        "the business measure" if each.name == KPI else each.name
        for each in judged.criteria
        if each.verdict == OPEN
    ]
    if not names or not judged.because.endswith("is open"):
        return ""
    listed = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
    return f"{listed} may still lie beyond {'their limits' if len(names) > 1 else 'its limit'}"


def _afterwards(canary: Canary) -> str:
    """What comes of it once there is enough, and when it is given up."""
    if not canary.steps:
        return "Whatever comes of it, it goes live only when somebody ships it."
    following, limits = _following(canary), canary.limits
    outcomes = " and outcomes are known" if limits.labels == "required" else ""
    if following < ALL:
        then = f"Once every measure lies within its limits it gets {following} %."
    elif limits.promote == "approval":
        then = "Once every measure lies within its limits a person decides."
    else:
        then = f"Once every measure lies within its limits{outcomes} it gets everything."
    until = (canary.step_at or canary.started_at) + timedelta(hours=limits.most_hours)
    becomes = "it is taken back" if limits.too_late == "back" else "it stays as it is"
    return f"{then} Undecided by {until:%Y-%m-%d %H:%M} UTC, {becomes}."
