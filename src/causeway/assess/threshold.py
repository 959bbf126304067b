"""What acting by the model is worth, a decision and a month, from the threshold on that its costs ask for."""

from causeway.core.evaluation import DecisionSeen
from causeway.core.figure import Figure, plain
from causeway.core.manifest import DecisionPart, Manifest
from causeway.stats.decision import Worth, break_even

THRESHOLD, VALUE, A_MONTH = "threshold", "expected value", "expected value a month"
ACTING = (THRESHOLD, VALUE, A_MONTH)

Said = tuple[str, str, Figure]
"""What it is of, in words, and its figure."""


def expected(manifest: Manifest, decided: DecisionSeen | None) -> tuple[Said, ...]:
    """The expected value at the threshold where a release was measured, else the threshold that costs set.

    Nothing where `[decision]` does not say what decisions are worth, or where acting never pays.
    """
    worth = worth_of(manifest.decision)
    if worth is None or not worth.acting_can_pay:
        return ()
    at = break_even(worth)
    if decided is None or _is_stale(decided, at, manifest.decision):
        how = "(TN - FP) / (TN - FP + TP - FN) of [decision], where probabilities hold"
        words = f"acting pays from a probability of {at:.3g} on; a run measures what that is worth"
        return ((THRESHOLD, words, Figure(at, "probability", how=how)),)
    return tuple(_measured(manifest, decided))


def worth_of(part: DecisionPart) -> Worth | None:
    """What decisions are worth; None where the manifest does not say it."""
    if part.true_positive is None or part.false_positive is None:
        return None
    four = (part.true_positive, part.false_positive, part.true_negative, part.false_negative)
    return Worth(*map(float, four))


def _measured(manifest: Manifest, seen: DecisionSeen) -> list[Said]:
    unit = seen.currency or "units of [decision]"
    how = f"mean of {seen.rows:,} held-out rows, threshold {seen.how}, 95 % by bootstrap over rows"
    each = Figure(seen.value, unit, "decision", seen.low, seen.high, how)
    words = (
        f"acting from a probability of {seen.at:.3g} on is worth {_money(seen.low)} to {_money(seen.high)} "
        f"{unit} a decision (95 %); {seen.without_name} {_money(seen.without)}"
    )
    found = [(VALUE, words, each)]
    volume = manifest.budget.predictions_per_month
    if volume:
        low, value, high = (
            one * volume for one in (seen.gain_low, seen.value - seen.without, seen.gain_high)
        )
        how = f"the gain over {seen.without_name} of a decision, times {volume:,} predictions a month"
        words = (
            f"over {seen.without_name} that is {plain(low)} to {plain(high)} {unit} a month "
            f"at {volume:,} predictions"
        )
        found.append((A_MONTH, words, Figure(value, unit, "month", low, high, how)))
    return found


def _is_stale(seen: DecisionSeen, at: float, part: DecisionPart) -> bool:
    """Whether the manifest says another worth now than when the release was measured, so far as it shows."""
    return seen.currency != part.currency or (seen.how == "from the costs" and abs(seen.at - at) > 1e-9)


def _money(amount: float) -> str:
    return f"{amount:,.2f}" if abs(amount) < 1000 else f"{amount:,.0f}"
