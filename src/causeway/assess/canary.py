"""What the evidence says of a canary: go on, promote, hold, roll back, or not enough yet."""

import math
from datetime import datetime, timedelta

from msgspec import Struct

from causeway.core.canary import (
    FINE,
    GO_ON,
    HARM,
    HOLD,
    NOT_ENOUGH,
    OPEN,
    PROMOTE,
    ROLL_BACK,
    CanaryJudged,
    Criterion,
    KpiTrial,
)
from causeway.core.manifest import DecisionPart, TrialLimits
from causeway.stats.sequential import (
    Bounds,
    Moments,
    chi_square,
    difference_of_means,
    difference_of_shares,
    paired_difference,
    share_bounds,
)
from causeway.views.canary import Canary

QUALITY, KPI = "quality", "kpi"
MEASURES = 4
"""Errors, latency, answers and quality share alpha; worth and the business measure too, where asked for."""
SHORTEST_US, LONGEST_US = 100.0, 60e6
LOG_RANGE = math.log(LONGEST_US / SHORTEST_US)
"""Latencies between a tenth of a millisecond and a minute, as logarithms between 0 and 1."""
MISMATCH_ALPHA = 0.001
SHARES = "Beta(1/2, 1/2) mixture on each arm (Robbins 1970)"
MEANS = "empirical-Bernstein mixture on each arm (Howard et al. 2021)"
PAIRED = "empirical-Bernstein mixture of paired differences (Howard et al. 2021)"
APPROVE = "causeway roll promote"


class Arm(Struct, frozen=True):
    """What one release answered in this step.

    All but requests is of units: a unit is a request, or an entity where that is drawn.
    """

    answered: int = 0
    """Requests that were answered."""
    refused: int = 0
    """Requests that were refused or failed, whatever the reason."""
    latency: Moments = Moments()
    """Of log(microseconds / `SHORTEST_US`) over `LOG_RANGE`."""
    answers: dict[str, Moments] = {}
    """By what is compared of the answers: mean chance, share of a label, share that is flagged."""
    loss: Moments = Moments()
    """Of rows whose outcome is known: 0 is right, 1 as wrong as can be."""
    regret: Moments = Moments()
    """Of the same rows' decisions: 0 is worth most, 1 least."""
    kpi: Moments = Moments()
    """Of units with a value of the business measure: 0 is the best that it can be, 1 the worst."""
    beyond: int = 0
    """How many of these lay beyond what the manifest says that it can be, and count as that."""

    @property
    def requests(self) -> int:
        """All of them."""
        return self.answered + self.refused


class Evidence(Struct, frozen=True):
    """Both releases over the same time, each on its own units; for a shadow, pairs on the same units."""

    canary: Arm = Arm()
    champion: Arm = Arm()
    pairs: dict[str, Moments] = {}
    """Moments of (1 + shadow - champion) / 2, by what is compared; where the canary is a shadow."""
    last_at: datetime | None = None
    assigned: tuple[int, int] = (0, 0)
    """Units that came to the canary and to the live release once every process followed the shares."""


def judge_canary(canary: Canary, evidence: Evidence, *, now: datetime) -> CanaryJudged:
    """The verdict of this moment on this step, with its numbers."""
    criteria = tuple(criteria_of(canary, evidence))
    since = canary.step_at or canary.started_at
    verdict, because = _verdict(canary, evidence, criteria, age=now - since)
    return CanaryJudged(
        release=canary.release,
        verdict=verdict,
        because=because,
        percent=canary.percent,
        minutes=round((now - since).total_seconds() / 60, 2),
        requests=evidence.canary.requests,
        criteria=criteria,
        evidence_at=evidence.last_at,
        assigned=_assigned(canary, evidence),
    )


def criteria_of(canary: Canary, evidence: Evidence) -> list[Criterion]:
    """Each measure that there is evidence on, beside the live release; alpha is split by Bonferroni."""
    limits, new, old = canary.limits, evidence.canary, evidence.champion
    measures = MEASURES + (canary.worth is not None) + (canary.kpi is not None)
    alpha = limits.alpha / (max(len(canary.steps), 1) * measures)
    found: list[Criterion] = []
    if new.requests and old.requests:
        found.append(_errors(new, old, limits.errors, alpha))
    # a shadow gives way to whoever answers callers, so its times tell nothing
    if canary.steps and new.latency.rows and old.latency.rows:
        found.append(_latency(new, old, limits.latency, alpha))
    found += _answers(evidence, limits, alpha)
    if QUALITY in evidence.pairs:
        found.append(_paired(QUALITY, evidence.pairs[QUALITY], evidence, limits.quality, alpha))
    elif new.loss.rows and old.loss.rows:
        found.append(_means(QUALITY, new.loss, old.loss, limits.quality, alpha))
    if canary.worth and new.regret.rows and old.regret.rows:
        found.append(_worth(new.regret, old.regret, canary.worth, limits.quality, alpha))
    if canary.kpi and new.kpi.rows and old.kpi.rows:
        found.append(_kpi(new, old, canary.kpi, alpha))
    return found


def amounts(worth: DecisionPart) -> tuple[float, float]:
    """The least and the most that a decision may be worth."""
    each = (worth.true_positive, worth.false_positive, worth.true_negative, worth.false_negative)
    known = [float(amount) for amount in each if amount is not None]
    return min(known), max(known)


def _verdict(
    canary: Canary, evidence: Evidence, criteria: tuple[Criterion, ...], *, age: timedelta
) -> tuple[str, str]:
    limits = canary.limits
    if harmful := [each for each in criteria if each.verdict == HARM]:
        return ROLL_BACK, "; ".join(map(said, harmful))
    if mismatch := _mismatch(canary, evidence):
        return HOLD, mismatch
    if waits := _waits(limits, evidence, criteria, age):
        if age < timedelta(hours=limits.most_hours):
            return NOT_ENOUGH, waits
        late = f"after {limits.most_hours:g} hours not decided: {waits}"
        # who holds it wants it to stay, however long that takes
        return (ROLL_BACK if limits.too_late == "back" and not canary.held else HOLD), late
    if canary.steps and canary.percent < max(canary.steps):
        return GO_ON, "every measure lies within its limits"
    return _promotion(canary, criteria)


def _promotion(canary: Canary, criteria: tuple[Criterion, ...]) -> tuple[str, str]:
    limits, fine = canary.limits, "every measure lies within its limits"
    if not canary.steps:
        return HOLD, f"{fine}; it answers in the shadow until somebody ships it"
    if limits.promote == "approval":
        return HOLD, f"{fine}; it waits for a person: {APPROVE}"
    known = {each.name for each in criteria}
    if limits.labels == "required" and QUALITY not in known:
        return HOLD, f"{fine}, but no outcome is known; it waits for outcomes or a person: {APPROVE}"
    if limits.labels == "required" and canary.kpi and KPI not in known:
        unknown = "no value of the business measure is known"
        return HOLD, f"{fine}, but {unknown}; it waits for these or a person: {APPROVE}"
    return PROMOTE, fine


def _waits(limits: TrialLimits, evidence: Evidence, criteria: tuple[Criterion, ...], age: timedelta) -> str:
    """What there is not enough of yet; empty when all is there and within its limits."""
    rows = evidence.canary.requests
    if not rows:
        return "no request came to the canary"
    if rows < limits.least_rows:
        return f"{rows:,} of {limits.least_rows:,} requests"
    if age < timedelta(minutes=limits.least_minutes):
        return f"{age.total_seconds() / 60:.1f} of {limits.least_minutes:g} minutes"
    if not evidence.champion.requests:
        return "no request came to the live release"
    mine, live = evidence.canary.answers, evidence.champion.answers
    if untold := [name for name, seen in live.items() if seen.rows and not mine.get(name, Moments()).rows]:
        return f"the canary's answers say nothing of {', '.join(untold)}, as the live release's do"
    return ", ".join(f"{each.name} is open" for each in criteria if each.verdict == OPEN)


def said(each: Criterion) -> str:
    """A criterion in one line: what was seen, its interval, its limit."""
    if each.name == "latency":
        seen = f"{each.canary:.3g} ms against {each.champion:.3g} ms"
        return (
            f"{seen}, {each.difference:.2f} times ({each.low:.2f} to {each.high:.2f}, limit {each.margin:g})"
        )
    seen = f"{each.name} {each.canary:.3f} against {each.champion:.3f}"
    return f"{seen}, {each.difference:+.3f} ({each.low:+.3f} to {each.high:+.3f}, limit {each.margin:g})"


def _errors(new: Arm, old: Arm, margin: float, alpha: float) -> Criterion:
    bounds = difference_of_shares((new.refused, new.requests), (old.refused, old.requests), alpha=alpha)
    values = new.refused / new.requests, old.refused / old.requests
    return _criterion(
        "errors",
        bounds,
        values=values,
        margin=margin,
        units=(new.requests, old.requests),
        alpha=alpha,
        method=SHARES,
    )


def _latency(new: Arm, old: Arm, margin: float, alpha: float) -> Criterion:
    bounds = difference_of_means(new.latency, old.latency, alpha=alpha)
    low, high = math.exp(LOG_RANGE * bounds.low), math.exp(LOG_RANGE * bounds.high)
    mine, other = (
        SHORTEST_US * math.exp(LOG_RANGE * seen.mean) / 1000 for seen in (new.latency, old.latency)
    )
    return Criterion(
        "latency",
        _placed(low, high, margin),
        mine,
        other,
        mine / other,
        low,
        high,
        margin,
        new.latency.rows,
        old.latency.rows,
        alpha,
        f"{MEANS}, of logarithms",
    )


def _worth(new: Moments, old: Moments, worth: DecisionPart, share: float, alpha: float) -> Criterion:
    """Harm where a decision is worth less by more than this share of the span from the worst to the best."""
    least, most = amounts(worth)
    span = most - least
    bounds = difference_of_means(new, old, alpha=alpha)
    mine, other = most - span * new.mean, most - span * old.mean
    verdict = _placed(bounds.low, bounds.high, share)
    low, high, margin = -span * bounds.high, -span * bounds.low, span * share
    units = (new.rows, old.rows)
    return Criterion("worth", verdict, mine, other, mine - other, low, high, margin, *units, alpha, MEANS)


def _kpi(new: Arm, old: Arm, kpi: KpiTrial, alpha: float) -> Criterion:
    """Harm where the mean is worse by more than the limit, towards whichever side is worse."""
    bounds = difference_of_means(new.kpi, old.kpi, alpha=alpha)
    span = kpi.most - kpi.least
    best, worse = (kpi.most, -span) if kpi.more_is_better else (kpi.least, span)
    mine, other = best + worse * new.kpi.mean, best + worse * old.kpi.mean
    low, high = sorted((worse * bounds.low, worse * bounds.high))
    cut = f"; {new.beyond + old.beyond:,} beyond count as these" if new.beyond + old.beyond else ""
    return Criterion(
        KPI,
        _placed(span * bounds.low, span * bounds.high, kpi.limit),
        mine,
        other,
        mine - other,
        low,
        high,
        kpi.limit,
        new.kpi.rows,
        old.kpi.rows,
        alpha,
        f"{MEANS}, of values from {kpi.least:g} to {kpi.most:g}{cut}",
    )


def _answers(evidence: Evidence, limits: TrialLimits, alpha: float) -> list[Criterion]:
    """How far the answers lie apart, either way; for flags, how many more there are."""
    pairs = {name: seen for name, seen in evidence.pairs.items() if name != QUALITY}
    if pairs:
        each = alpha / len(pairs)
        return [_paired(name, seen, evidence, limits.shift, each) for name, seen in pairs.items()]
    new, old = evidence.canary.answers, evidence.champion.answers
    names = [name for name in new if name in old and new[name].rows and old[name].rows]
    each = alpha / max(len(names), 1)
    return [
        _means(name, new[name], old[name], limits.shift, each, either_way=name != "flagged") for name in names
    ]


def _paired(name: str, seen: Moments, evidence: Evidence, margin: float, alpha: float) -> Criterion:
    bounds = paired_difference(seen, alpha=alpha)
    arms = (evidence.canary, evidence.champion)
    new, old = ((arm.loss if name == QUALITY else arm.answers.get(name, Moments())).mean for arm in arms)
    low, high = (bounds.low, bounds.high) if name == QUALITY else _magnitude(bounds)
    verdict = _placed(low, high, margin)
    units = (seen.rows, seen.rows)
    return Criterion(
        name, verdict, new, old, 2 * seen.mean - 1, bounds.low, bounds.high, margin, *units, alpha, PAIRED
    )


def _means(
    name: str, new: Moments, old: Moments, margin: float, alpha: float, *, either_way: bool = False
) -> Criterion:
    bounds = difference_of_means(new, old, alpha=alpha)
    return _criterion(
        name,
        bounds,
        values=(new.mean, old.mean),
        margin=margin,
        units=(new.rows, old.rows),
        alpha=alpha,
        method=MEANS,
        either_way=either_way,
    )


def _criterion(
    name: str,
    bounds: Bounds,
    *,
    values: tuple[float, float],
    margin: float,
    units: tuple[int, int],
    alpha: float,
    method: str,
    either_way: bool = False,
) -> Criterion:
    low, high = _magnitude(bounds) if either_way else (bounds.low, bounds.high)
    return Criterion(
        name,
        _placed(low, high, margin),
        *values,
        values[0] - values[1],
        bounds.low,
        bounds.high,
        margin,
        *units,
        alpha,
        method,
    )


def _magnitude(bounds: Bounds) -> tuple[float, float]:
    """Between what the size of the difference lies, whatever its sign."""
    low = 0.0 if bounds.low <= 0 <= bounds.high else min(abs(bounds.low), abs(bounds.high))
    return low, max(abs(bounds.low), abs(bounds.high))


def _placed(low: float, high: float, margin: float) -> str:
    return HARM if low > margin else FINE if high < margin else OPEN


def _assigned(canary: Canary, evidence: Evidence) -> float | None:
    if not canary.steps or not sum(evidence.assigned):
        return None
    return chi_square(*evidence.assigned, canary.percent / 100)


def _mismatch(canary: Canary, evidence: Evidence) -> str:
    """That the canary gets another share than it was given, beyond chance at every look; or nothing."""
    new, old = evidence.assigned
    if not canary.steps or not new + old:
        return ""
    bounds = share_bounds(new, new + old, alpha=MISMATCH_ALPHA)
    if bounds.low <= canary.percent / 100 <= bounds.high:
        return ""
    return (
        f"it got {new:,} of {new + old:,} requests, which is not {canary.percent} % "
        f"({100 * bounds.low:.1f} to {100 * bounds.high:.1f} %): the two are not compared on equal terms"
    )
