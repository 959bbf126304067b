"""Whether a model does as well as the manifest asks: as a whole, in its parts, in money, for each group."""

from collections.abc import Iterator

from causeway.core.comparison import Comparison
from causeway.core.evaluation import CalibrationSeen, DecisionSeen, FairnessSeen, SliceSeen
from causeway.core.finding import Evidence, Finding, Remedy, Severity
from causeway.core.metrics import spoken
from causeway.core.release import Evaluation

LARGE_ERROR = 0.05
"""A calibration error that is worth a word where the manifest names no ceiling."""


def judge(seen: Evaluation) -> tuple[Finding, ...]:
    """What the measured quality says against shipping."""
    return (
        *_whole(seen),
        *(finding for part in seen.slices for finding in _slice(part, spoken(seen.metric))),
        *_calibration(seen.calibration, seen.calibration_ceiling),
        *_decision(seen.decision),
        *(finding for each in seen.fairness for finding in _fairness(each)),
    )


def _whole(seen: Evaluation) -> Iterator[Finding]:
    name = spoken(seen.metric)
    if seen.floor is None or seen.low >= seen.floor:
        return
    measured = f"{name} {seen.value:.3f} (95 % {seen.low:.3f} to {seen.high:.3f}) on {seen.rows:,} rows"
    if seen.value < seen.floor:
        yield _blocker(
            "FLOOR-MISSED",
            f"{name} is {seen.value:.3f}; at least {seen.floor:g} is asked.",
            "Better the model, or agree on another floor: [evaluation] floor in causeway.toml.",
            measured,
        )
    else:
        yield _unsure(f"{name} may lie below the {seen.floor:g} that is asked.", measured)


def _slice(part: SliceSeen, name: str) -> Iterator[Finding]:
    if part.floor is None:
        return
    if part.value is None or part.low is None or part.high is None:
        yield _unsure(
            f"On {part.name} there are too few rows to measure {name}.", f"{part.rows:,} rows held out"
        )
        return
    measured = f"{name} {part.value:.3f} (95 % {part.low:.3f} to {part.high:.3f}) on {part.rows:,} rows"
    if part.value < part.floor:
        yield _blocker(
            "SLICE-BELOW-FLOOR",
            f"On {part.name} {name} is {part.value:.3f}; at least {part.floor:g} is asked.",
            "Better the model there, keep it from answering there, or agree on another floor: [[slices]].",
            measured,
        )
    elif part.low < part.floor:
        yield _unsure(f"On {part.name} {name} may lie below the {part.floor:g} that is asked.", measured)


def _calibration(seen: CalibrationSeen | None, ceiling: float | None) -> Iterator[Finding]:
    if seen is None or not seen.is_off:
        return
    measured = (
        f"they lie {seen.error:.3f} from what came, on average over {len(seen.bins)} bins of {seen.rows:,} "
        f"rows; chance alone stays below {seen.by_chance:.3f} in 95 of 100 cases"
    )
    what = "Probabilities do" if seen.of == "probability" else "The confidence in a label does"
    calibrate = "Calibrate it on rows of its own: scikit-learn's CalibratedClassifierCV does that."
    if ceiling is not None and seen.error > ceiling:
        yield _blocker(
            "CALIBRATION-OFF",
            f"{what} not mean what they say: {seen.error:.3f} off, at most {ceiling:g} is asked.",
            calibrate,
            measured,
        )
    elif ceiling is None and seen.error > LARGE_ERROR:
        yield Finding(
            code="CALIBRATION-OFF",
            severity=Severity.FIX,
            title=f"{what} not mean what they say.",
            remedy=Remedy(calibrate),
            evidence=(Evidence(text=measured),),
            damage=0.4,
        )


def _decision(seen: DecisionSeen | None) -> Iterator[Finding]:
    if seen is None or seen.gain_low > 0:
        return
    unit = f" {seen.currency}" if seen.currency else ""
    yield _blocker(
        "NOT-WORTH-ACTING",
        f"Acting on its probabilities is not worth more than {seen.without_name}, beyond chance.",
        "Better the model, or see whether the amounts in [decision] are right.",
        f"{seen.value:.3g}{unit} a decision against {seen.without:.3g}{unit}; 95 % interval of the gain "
        f"{seen.gain_low:.3g} to {seen.gain_high:.3g}{unit} on {seen.rows:,} rows",
    )


def _fairness(seen: FairnessSeen) -> Iterator[Finding]:
    if seen.ratio >= seen.floor:
        return
    shares = {group.name: group.chosen for group in seen.groups}
    least, most = shares[seen.least], shares[seen.most]
    measured = (
        f"{seen.least}: {least.hits:,} of {least.rows:,} chosen, {seen.most}: {most.hits:,} of "
        f"{most.rows:,}; ratio {seen.ratio:.2f} (95 % {seen.low:.2f} to {seen.high:.2f})"
    )
    title = f"By {seen.column}, {seen.least} is chosen {seen.ratio:.2f} times as often as {seen.most}."
    if seen.high >= 1:
        yield _unsure(title, measured)
        return
    yield _blocker(
        "FAIRNESS-GAP",
        title,
        f"See why, with somebody who knows the people; at least {seen.floor:g} is asked by "
        "[evaluation] fairness_ratio.",
        measured,
    )


def beside_live(seen: Comparison | None) -> tuple[Finding, ...]:
    """Whether the release is worse than the one it would replace."""
    if seen is None or not seen.is_worse:
        return ()
    return (
        _blocker(
            "WORSE-THAN-LIVE",
            f"It is worse than what is live: {spoken(seen.metric)} {seen.value:.3f} "
            f"against {seen.live_value:.3f}.",
            "Keep what is live, or find out what changed.",
            f"on the same {seen.rows:,} rows, 95 % interval of the difference "
            f"{seen.low:.3f} to {seen.high:.3f}" + (f"; p {seen.p:.2g} ({seen.test})" if seen.test else ""),
        ),
    )


def _blocker(code: str, title: str, remedy: str, measured: str) -> Finding:
    return Finding(
        code=code,
        severity=Severity.BLOCKER,
        title=title,
        remedy=Remedy(remedy),
        evidence=(Evidence(text=measured),),
        damage=0.9,
        blocks_ship=True,
    )


def _unsure(title: str, measured: str) -> Finding:
    return Finding(
        code="TOO-FEW-ROWS",
        severity=Severity.FIX,
        title=title,
        remedy=Remedy("Hold more rows out before relying on it."),
        evidence=(Evidence(text=measured),),
        damage=0.5,
    )
