"""Quality before outcomes are known: estimates beside their own errors so far, and silence where they fail.

An estimate never clears an alarm and never acts alone: it says when outcomes are worth waiting or paying for.
It is silent where scores could not be made honest, where rows are of kinds that were never seen, and where
outcomes contradict it, for then the relation itself has changed.
"""

import math
from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from causeway.assess.label_watch import at
from causeway.assess.quality_promise import RELATIVE, QualityPromise, QualityRules
from causeway.core.metrics import spoken
from causeway.core.watching import NOT_ENOUGH_DATA, OK, SILENT, WARN, Sight
from causeway.stats.binned_metrics import Measured, accuracy, metric_of
from causeway.stats.estimated import (
    Calibrator,
    Estimate,
    calibrator_of,
    estimate_of,
    halves,
    miscalibration,
    realised,
)
from causeway.stats.proportion import Z
from causeway.stats.quality_form import HOUR_US, QualityWindow
from causeway.stats.quality_window import grouped, merged_windows

ESTIMATE = "estimate"
MOST_BEYOND = 0.1
"""A larger share of rows of kinds that were never seen makes the estimate silent."""
DISHONEST = 0.05
"""Calibrated chances that lie farther off than this, and than chance explains, promise nothing."""
_QUANTILE = {0.001: 3.2905, 0.01: 2.5758, 0.05: 1.96}


class Method(Struct, frozen=True):
    """One way to estimate one metric."""

    metric: str
    name: str
    higher_is_better: bool
    estimate: Callable[[QualityWindow, bool], Estimate | None]
    """Of a window, over all rows or only those whose outcome is known."""
    realised: Callable[[QualityWindow], Measured | None]
    reference: float
    dishonest: str = ""
    """Why it promises nothing here; empty where it does."""


class Backtest(Struct, frozen=True):
    """How far estimates lay from what came, on windows whose outcomes are known."""

    windows: int
    error: float
    """Mean absolute error, in the metric's unit."""
    constant: float
    """The same of whoever assumes what was measured at release."""
    contradicted: bool
    """Whether outcomes of the last windows lie where the estimate says they cannot."""
    estimated: float
    came: float
    """Over the last windows together."""


def estimates_of(
    windows: Sequence[QualityWindow],
    *,
    mature: Sequence[QualityWindow],
    promise: QualityPromise,
    reference: QualityWindow | None,
    rules: QualityRules,
    first: Sequence[QualityWindow] = (),
) -> tuple[Sight, ...]:
    """The last day's estimated quality; windows of all rows, oldest first, and those whose outcomes came.

    `first` are the release's first ones of these, for where its held-out rows are not here.
    """
    if not windows:
        return ()
    known = reference or _from_history(first or mature, rules)
    method = _method(known, promise) if known is not None else None
    about = Sight(
        monitor=ESTIMATE,
        watches=ESTIMATE,
        about=method.metric if method else promise.metric,
        verdict=NOT_ENOUGH_DATA,
        since=at(windows[0].since_us),
        until=at(windows[-1].until_us),
        why="There are too few rows with a known outcome to learn from what the answers promise.",
        unit=method.metric if method else promise.metric,
        method=method.name if method else "",
        breach=True,
    )
    if method is None:
        return (about,)
    span = rules.window_hours * HOUR_US
    last = merged_windows([each for each in windows if each.until_us > windows[-1].until_us - span])
    found = method.estimate(last, False) if last else None
    if last is None or found is None or found.rows < rules.least_rows:
        return (replace(about, why=f"The last {rules.window_hours} hours have too few rows."),)
    tested = backtest_of(mature, method, rules=rules)
    threshold = method.reference - (1 if method.higher_is_better else -1) * _tolerance(method, rules)
    about = replace(
        about,
        since=at(last.since_us),
        until=at(last.until_us),
        reference=method.reference,
        threshold=threshold,
        rows=found.rows,
    )
    if silence := _silence(found, tested, method):
        return (replace(about, verdict=SILENT, why=silence),)
    return (_said(about, found, tested, method=method, threshold=threshold),)


def backtest_of(mature: Sequence[QualityWindow], method: Method, *, rules: QualityRules) -> Backtest | None:
    """Estimates of past windows beside what came of the same rows; None where nothing came yet."""
    errors: list[float] = []
    constants: list[float] = []
    groups = grouped(mature, hours=rules.window_hours, least=rules.least_rows)
    used = [group for group in groups if group.labelled >= rules.least_rows]
    for group in used:
        estimate, came = method.estimate(group, True), method.realised(group)
        if estimate is not None and came is not None:
            errors.append(abs(estimate.value - came.value))
            constants.append(abs(method.reference - came.value))
    lately = merged_windows(used[-3:])
    estimate = method.estimate(lately, True) if lately else None
    came = method.realised(lately) if lately else None
    if not errors or estimate is None or came is None:
        return None
    spread = math.hypot((estimate.high - estimate.low) / (2 * Z), (came.high - came.low) / (2 * Z))
    apart = abs(estimate.value - came.value)
    beyond = apart > _QUANTILE.get(rules.estimate_alpha, 3.2905) * spread
    return Backtest(
        windows=len(errors),
        error=sum(errors) / len(errors),
        constant=sum(constants) / len(constants),
        contradicted=beyond and apart > _tolerance(method, rules) / 2,
        estimated=estimate.value,
        came=came.value,
    )


def _said(
    about: Sight, found: Estimate, tested: Backtest | None, *, method: Method, threshold: float
) -> Sight:
    sign = 1 if method.higher_is_better else -1
    best = found.high if method.higher_is_better else found.low
    fell = sign * (best - threshold) < 0
    told = (
        f"{_capital(method.metric)} is estimated at {found.value:.3f} ({found.low:.3f} to {found.high:.3f})"
    )
    proof = "; nothing came yet to prove it by"
    if tested is not None:
        proof = (
            f"; on {tested.windows} past windows it was {tested.error:.3f} off, "
            f"assuming no change {tested.constant:.3f}"
        )
    ending = " It assumes that answers mean what they meant."
    return replace(
        about,
        verdict=WARN if fell else OK,
        value=found.value,
        low=found.low,
        high=found.high,
        why=f"{told}, {method.reference:.3f} was measured{proof}.{ending}",
    )


def _silence(found: Estimate, tested: Backtest | None, method: Method) -> str:
    """Why nothing is estimated; empty where it is."""
    if method.dishonest:
        return method.dishonest
    if found.beyond > MOST_BEYOND:
        return f"{found.beyond:.0%} of the rows are of kinds that were never measured; nothing is estimated."
    if tested is not None and tested.contradicted:
        return (
            f"Outcomes say {tested.came:.3f} where the estimate said {tested.estimated:.3f}: the relation "
            "itself has changed, and nothing is estimated until it is learnt anew."
        )
    return ""


def _method(reference: QualityWindow, promise: QualityPromise) -> Method | None:
    if reference.scores is not None:
        calibrator = calibrator_of(reference.scores)
        return _by_scores(reference, calibrator, promise) if calibrator else None
    return _by_errors(reference) if reference.numbers is not None else None


def _by_scores(reference: QualityWindow, calibrator: Calibrator, promise: QualityPromise) -> Method | None:
    metric = "roc_auc" if promise.task == "binary" else "accuracy"
    inner = metric if metric == "roc_auc" else "confidence"

    def estimate(window: QualityWindow, only_known: bool) -> Estimate | None:  # noqa: FBT001 - as the type says
        return estimate_of(inner, window.scores, calibrator, only_known=only_known) if window.scores else None

    def came(window: QualityWindow) -> Measured | None:
        if metric == "roc_auc":
            return realised(metric, window.scores) if window.scores else None
        return accuracy(window.labels) if window.labels and window.labels.known else None

    measured = promise.value if promise.metric == metric else None
    found = came(reference)
    if measured is None and found is None:
        return None
    return Method(
        metric,
        "CBPE",
        True,
        estimate,
        came,
        measured if measured is not None else found.value if found else 0.0,
        _dishonest(reference),
    )


def _dishonest(reference: QualityWindow) -> str:
    """Half of the reference is calibrated on, the other half tells whether that helped."""
    if reference.scores is None:
        return ""
    first, second = halves(reference.scores)
    calibrator = calibrator_of(first)
    if calibrator is None:
        return ""
    error, by_chance = miscalibration(second, calibrator)
    # what was calibrated on is a sample too
    if error <= max(math.sqrt(2) * by_chance, DISHONEST):
        return ""
    return (
        f"A higher score does not mean more: even calibrated they lie {error:.3f} from what came; "
        "nothing can be estimated from them."
    )


def _by_errors(reference: QualityWindow) -> Method | None:
    expected, numbers = reference.expected, reference.numbers
    came = metric_of(reference, "rmse")
    if expected is None or numbers is None or came is None or not expected.known_rows:
        return None
    spread = float(numbers.errors[4]) / numbers.known / (came.value**4) - 1 if came.value else 0.0

    def estimate(window: QualityWindow, only_known: bool) -> Estimate | None:  # noqa: FBT001 - as the type says
        seen = window.expected
        rows = 0 if seen is None else seen.known_rows if only_known else seen.rows
        if seen is None or not rows:
            return None
        value = math.sqrt((seen.known_squared if only_known else seen.squared) / rows)
        half = Z / 2 * math.sqrt(max(0.0, spread) * (1 / rows + 1 / numbers.known))
        return Estimate(
            "rmse", value, value * math.exp(-half), value * math.exp(half), rows, seen.beyond / seen.rows
        )

    return Method("rmse", "DLE", False, estimate, lambda window: metric_of(window, "rmse"), came.value)


def _from_history(first: Sequence[QualityWindow], rules: QualityRules) -> QualityWindow | None:
    groups = grouped(first, hours=rules.window_hours, least=rules.least_rows)
    return merged_windows(groups[: rules.horizon]) if len(groups) > rules.horizon else None


def _tolerance(method: Method, rules: QualityRules) -> float:
    return rules.tolerance * (method.reference if method.metric in RELATIVE else 1.0)


def _capital(metric: str) -> str:
    name = spoken(metric)
    return name[0].upper() + name[1:]
