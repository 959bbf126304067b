"""Whether a release that was trained anew may replace the live one, and whether training is of any use."""

import numpy as np
from msgspec import Struct

from causeway.core.comparison import Comparison
from causeway.core.ids import counted
from causeway.core.metrics import spoken
from causeway.core.table import Numbers
from causeway.stats.paired import delong, mcnemar
from causeway.stats.quality import score_of
from causeway.views.acting import Acting

BETTER, NO_WORSE = "better", "no-worse"
FEWEST = 30
"""Fewer rows compare nothing."""
FEWEST_OF_A_CLASS = 10
"""With two or three one release in eight passed that was no better, instead of one in forty."""
MOST_REFUSED = 0.01
"""Of the rows that are answered today, a new release may refuse this share."""
WORSE_THAN_CHANCE = 0.4
"""A ROC AUC surely below it is no loss of skill: outcomes are the other way round."""
_SCALED = frozenset({"mae", "rmse"})


class Gate(Struct, frozen=True):
    """Whether the new release passes, and why in one sentence."""

    passes: bool
    why: str
    comparison: Comparison


def refuses(truth: Numbers, *, new: Numbers, old: Numbers) -> str:
    """Why the new release cannot take the live one's place: it refuses rows that are answered today."""
    known = ~(np.isnan(truth) | np.isnan(old))
    rows, refused = int(known.sum()), int((known & np.isnan(new)).sum())
    if refused <= MOST_REFUSED * rows:
        return ""
    return f"it refuses {refused:,} of {counted(rows, 'row')} that what is live answers"


def compared(live: str, metric: str, truth: Numbers, *, new: Numbers, old: Numbers) -> Comparison:
    """Both releases on the rows that both answer; rows without an outcome or an answer are left out."""
    both = ~(np.isnan(truth) | np.isnan(new) | np.isnan(old))
    refused = int((~np.isnan(truth) & np.isnan(old)).sum())
    truth, new, old = truth[both], new[both], old[both]
    if len(truth) < FEWEST:
        return Comparison(live, metric, why_not=f"only {counted(len(truth), 'row')} could be compared")
    few = min(truth.sum(), len(truth) - truth.sum()) if metric == "roc_auc" else FEWEST_OF_A_CLASS
    if few < FEWEST_OF_A_CLASS:
        rows = counted(int(few), "row")
        why_not = f"only {rows} of one of the classes came, {FEWEST_OF_A_CLASS} are needed"
        return Comparison(live, metric, why_not=why_not)
    score = score_of(metric, truth, new, old)
    test = {"roc_auc": delong, "accuracy": mcnemar}.get(metric)
    tested = test(truth, new, old) if test else None
    return Comparison(
        live,
        metric,
        score.rows,
        score.value,
        score.baseline,
        score.gain,
        score.gain_low,
        score.gain_high,
        tested.p if tested else None,
        tested.method if tested else "",
        refused,
    )


def gate(seen: Comparison, *, rule: str = BETTER, margin: float = 0.02) -> Gate:
    """Whether the new release is better beyond chance, or surely not worse by more than the margin."""
    if seen.why_not:
        return Gate(False, f"it cannot be compared with what is live: {seen.why_not}", seen)
    interval = f"95 % interval of the difference {seen.low:+.3f} to {seen.high:+.3f}"
    told = (
        f"{spoken(seen.metric)} {seen.value:.3f} against {seen.live_value:.3f} of what is live on the same "
        f"{seen.rows:,} rows, {interval}"
    )
    if seen.is_better:
        return Gate(True, f"it is better: {told}", seen)
    if seen.is_worse:
        return Gate(False, f"it is worse: {told}", seen)
    # an error in units of its own has no scale on which a margin would mean the same
    fine = rule == NO_WORSE and seen.metric not in _SCALED and seen.low >= -margin
    if fine:
        return Gate(True, f"it is no worse by more than {margin:g}: {told}", seen)
    return Gate(False, f"it is not better beyond chance: {told}", seen)


def stops(acting: Acting, *, after: int) -> str:
    """Why training anew stops, as long as no person resumes it; empty where it goes on."""
    if acting.stopped or acting.fruitless < after:
        return ""
    last = next((each.ended for each in reversed(acting.loops) if each.ended), None)
    latest = f"; the last: {last.because}" if last else ""
    return f"{counted(acting.fruitless, 'training')} in a row did not better it{latest}"


def inverted(metric: str, truth: Numbers, old: Numbers) -> str:
    """Why the newest outcomes are not to be trusted: what is live does worse than chance on them."""
    known = ~(np.isnan(truth) | np.isnan(old))
    truth, old = truth[known], old[known]
    if metric == "accuracy" and set(truth.tolist()) == set(old.tolist()) and len(set(truth.tolist())) == 2:
        # of two labels the higher is the one that is asked for, and an answer is a chance of 0 or 1
        truth, old, metric = (truth == truth.max()) * 1.0, (old == old.max()) * 1.0, "roc_auc"
    if metric != "roc_auc" or len(truth) < FEWEST or not 2 <= truth.sum() <= len(truth) - 2:
        return ""
    score = score_of(metric, truth, old, np.zeros(len(old)), count=200)
    if score.high >= WORSE_THAN_CHANCE:
        return ""
    return (
        f"what is live is right less often than chance on the newest {counted(len(truth), 'row')} "
        f"({spoken(metric)} {score.value:.3f}): their outcomes may be swapped, so nothing is learnt from them"
    )
