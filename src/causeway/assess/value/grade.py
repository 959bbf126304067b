"""How good the evidence is, A to D, and every reason why it is not better."""

from collections.abc import Sequence

from msgspec import Struct

from causeway.assess.value.plan import (
    BY_CHANCE,
    DECLARED,
    GROUP_SEQUENTIAL,
    INTERRUPTED,
    STAGGERED,
    SWITCHBACK,
)
from causeway.core.value import GRADES
from causeway.core.worth import Guardrail
from causeway.stats.effects.guardrail import BREACHED

CYCLE_DAYS, CYCLES = 7, 2
"""A business goes by weeks; an effect of fewer than two of them may be that of a weekday."""
MOST_MISSING = 0.1
MOST_CROSSED = 0.01
BEST = {STAGGERED: "B", SWITCHBACK: "B", INTERRUPTED: "C", DECLARED: "D"}


class Evidence(Struct, frozen=True):
    """What a claim rests on."""

    design: str
    days: float = 0.0
    registered: bool = True
    """Whether measure, unit and horizon were declared before the first unit was assigned."""
    split_is_off: bool = False
    split_p: float | None = None
    lasting: bool | None = True
    missing: float = 0.0
    lost: bool = False
    crossed: float = 0.0
    """Share of the units that were in both arms."""
    guardrails: tuple[Guardrail, ...] = ()
    changes: tuple[str, ...] = ()
    has_unit: bool = True
    """Whether somebody is assigned, and not each request."""
    has_end: bool = True
    has_plan: bool = True
    parallel: bool | None = None
    """Whether the placebo and what was before the start are as they should be; None where nobody looked."""
    compared: bool = True
    """Whether anything was compared at all, and not only declared."""


def grade_of(seen: Evidence) -> tuple[str, tuple[str, ...]]:
    """The grade, and why it is not higher, a sentence each."""
    if seen.split_is_off:
        p = f" (p = {seen.split_p:.1g})" if seen.split_p is not None else ""
        return "D", (f"The arms are not as large as they were meant to be{p}: something loses units of one.",)
    if seen.design not in BY_CHANCE:
        return _of_panels(seen)
    lapses = [*_lapses(seen), *_changes(seen.changes)]
    return GRADES[min(len(lapses), len(GRADES) - 1)], tuple(lapses)


def is_disputed(guardrails: Sequence[Guardrail]) -> bool:
    """Whether something that must not get worse did."""
    return any(each.verdict == BREACHED for each in guardrails)


def _lapses(seen: Evidence) -> list[str]:
    held = [each.name for each in seen.guardrails if each.verdict != "held"]
    weeks = seen.days / CYCLE_DAYS
    said = {
        "The measure, its unit or its horizon were not declared before the start.": not seen.registered,
        f"It covers {max(weeks, 0):.1f} weeks of mature units, and an effect is proven over two.": (
            weeks < CYCLES
        ),
        "The later half shows another effect than the earlier; only that of the later may be carried on.": (
            seen.lasting is False
        ),
        f"Nothing came of {seen.missing:.0%} of the mature units.": seen.missing > MOST_MISSING,
        "Outcomes of one arm are missing more often than the other's.": seen.lost,
        f"{seen.crossed:.1%} of the units were in both arms.": seen.crossed > MOST_CROSSED,
        f"It is not shown that {', '.join(held)} got no worse.": bool(held),
        "Each request is assigned for itself, so that one customer may be in both arms.": not seen.has_unit,
        "No end and number of units are registered, which this design goes by.": (
            seen.design == GROUP_SEQUENTIAL and not (seen.has_end and seen.has_plan)
        ),
    }
    return [words for words, is_so in said.items() if is_so]


def _of_panels(seen: Evidence) -> tuple[str, tuple[str, ...]]:
    best = BEST.get(seen.design, "D")
    if not seen.compared:
        return "D", ("Nobody compared anything: this is what was declared.",)
    lapses: list[str] = []
    if best == "D":
        return "D", ("Before and after differ in more than the product.",)
    if seen.parallel is False:
        lapses.append(
            "A placebo shows an effect where there can be none, or trends differed before the start."
        )
        if seen.design == INTERRUPTED:
            return "D", (*lapses, *_changes(seen.changes))
    if seen.parallel is None:
        lapses.append("There are too few periods before the start to try a placebo.")
    lapses += [_not_held(each) for each in seen.guardrails if each.verdict != "held"]
    lapses += _changes(seen.changes)
    reached = min(GRADES.index(best) + len(lapses), len(GRADES) - 1)
    first = {
        STAGGERED: "Who began when was not left to chance: both would have gone alike without it.",
        SWITCHBACK: "Blocks of time were compared, and what carries over to the next is assumed gone.",
        INTERRUPTED: "Nothing else was compared with: whatever else began then is in it.",
    }
    return GRADES[reached], (first[seen.design], *lapses)


def _not_held(rail: Guardrail) -> str:
    if rail.why:
        return f"Guardrail {rail.name} not measured: {rail.why}."
    return f"It is not shown that {rail.name} got no worse."


def _changes(changes: Sequence[str]) -> list[str]:
    return [f"After the start: {each}." for each in changes]
