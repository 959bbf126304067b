"""What production would take, as a person reads it: eight lines at most."""

import textwrap
from collections.abc import Iterator, Sequence

from causeway.assess.effort import Work
from causeway.assess.forecast import VOLUME, Forecast, Wanted
from causeway.assess.payback import Condition
from causeway.assess.running_cost import RunningCost
from causeway.assess.threshold import ACTING
from causeway.core.figure import Figure, plain

WIDTH = 80
GUTTER = 10
HEADING = "What production would take (estimates; --json has every part and its reason)"


def text(told: Forecast) -> str:
    """Work, cost a month, and what must be true for it to pay."""
    lines = [HEADING]
    for label, words in _rows(told):
        lines += textwrap.wrap(
            words,
            WIDTH,
            initial_indent=f"  {label.ljust(GUTTER - 2)}",
            subsequent_indent=" " * GUTTER,
            break_on_hyphens=False,
        )
    return "\n".join(lines)


def markdown(told: Forecast) -> list[str]:
    """The same as a list, with the method of each."""
    lines = [f"- **{label}**: {words}." for label, words in _rows(told)]
    cost = told.cost
    rows = [f"{line.what} {line.cost} ({line.cost.how})" for line in cost.lines]
    method = f"Work: {told.work.by_hand.how}. Cost: {'; '.join(rows)}; {cost.prices}; not counted: "
    return ["### What production would take", "", *lines, "", f"{method}{', '.join(cost.not_counted)}."]


def _rows(told: Forecast) -> Iterator[tuple[str, str]]:
    yield "Work", _work(told.work)
    yield "Cost", _cost(told.cost)
    every = told.payback.conditions
    conditions = [condition for condition in every if condition.what not in ("aim", *ACTING)]
    if conditions:
        yield "Pays", _pays(conditions)
    acting = [condition.words.removeprefix("acting ") for condition in every if condition.what in ACTING]
    if acting:
        yield "Acting", "; ".join(acting)
    if told.run_is_granted:
        yield "Funded", told.funding.words
    if told.wanted:
        yield "Unknown", _unknown(told.wanted)


def _work(work: Work) -> str:
    if not work.findings:
        return "nothing is left to clear"
    told = f"{_days(work.by_hand)} person-days (80 %) to clear {work.findings} findings"
    if not work.mended:
        return told
    return f"{told}; {_days(work.with_tool)} where commands of Causeway do {work.mended} of them"


def _days(days: Figure) -> str:
    low, high = (plain(round(end) if end >= 3 else end) for end in (days.low or 0.0, days.high or 0.0))
    return low if low == high else f"{low} to {high}"


def _cost(cost: RunningCost) -> str:
    told = str(cost.total)
    if cost.predictions and cost.measured:
        return f"{told} for {cost.predictions:,} predictions, without people; {cost.prices.partition(':')[0]}"
    least = f"at least {told}: one server, without people; {cost.prices.partition(':')[0]}"
    return least if cost.measured else f"{least}. Seconds a prediction: measured once it is shipped"


def _pays(conditions: Sequence[Condition]) -> str:
    """The first in full; of the others the word that they share with it is not said again."""
    first, *others = (condition.words for condition in conditions)
    return "; ".join([first.removeprefix("pays "), *(words.removeprefix("pays ") for words in others)])


def _unknown(wanted: Sequence[Wanted]) -> str:
    """What is not known for want of a declaration, and where to write it."""
    names = {want.key for want in wanted}
    what = [
        words
        for there, words in ((VOLUME in names, "its cost at your volume"), (names - {VOLUME}, "when it pays"))
        if there
    ]
    told = ", ".join(_where(want) for want in wanted)
    return f"{' and '.join(what)}; write into causeway.toml: {told}"


def _where(want: Wanted) -> str:
    if want.line is None:
        return want.key
    return f"{want.key} ({'below ' if want.header else ''}line {want.line})"
