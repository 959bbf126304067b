"""The month's cost beside its budget, and days that cost what nobody could expect."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

from causeway.assess.cost.budget import month_of
from causeway.assess.cost.words import sentence
from causeway.assess.watch_facts import Facts
from causeway.core.metering import NEAR, REACHED, BudgetJudged, CostUnusual
from causeway.core.watching import ACT, OK, WARN, Sight

TOLD = timedelta(days=2)
"""For so long after its end an odd day is an alarm."""
_VERDICTS = {REACHED: ACT, NEAR: WARN}


def cost(facts: Facts) -> tuple[Sight, ...]:
    """What was judged of the cost since the month began, as it stands in the ledger."""
    return (*_budget(facts), *_unusual(facts))


def _budget(facts: Facts) -> Iterator[Sight]:
    declared, last = facts.manifest.budget, facts.budget
    if declared.run_per_month is None and last is None:
        return
    first = month_of(facts.now.astimezone(UTC).date())[0]
    since = datetime.combine(first, time(), UTC)
    current = last if last is not None and last.month == f"{first:%Y-%m}" else None
    if current is None and declared.run_per_month is not None:
        budget = f"{declared.run_per_month:,.2f} {declared.currency}"
        why = f"of this month's {budget} less is spent than was to be told of"
        yield Sight(facts.monitor("cost").name, "cost", OK, since, facts.now, why, about="budget")
    elif current is not None:
        yield _judged(facts, current, since)


def _judged(facts: Facts, last: BudgetJudged, since: datetime) -> Sight:
    return Sight(
        monitor=facts.monitor("cost").name,
        watches="cost",
        verdict=_VERDICTS.get(last.verdict, OK),
        since=since,
        until=facts.now,
        why=last.because,
        about="budget",
        value=float(last.spent),
        threshold=float(last.budget),
        unit=last.currency,
        method="what was recorded since the month began, at the prices of the rate card, or as it was billed",
    )


def _unusual(facts: Facts) -> Iterator[Sight]:
    last = facts.unusual
    if last is None:
        return
    since = datetime.combine(last.day, time(), UTC)
    until = min(since + timedelta(days=1), facts.now)
    if facts.now - until > TOLD:
        why = f"no day since {last.day} cost what nobody could expect"
        yield Sight(facts.monitor("cost").name, "cost", OK, until, facts.now, why, about="one day")
    else:
        yield _odd(facts, last, since, until)


def _odd(facts: Facts, last: CostUnusual, since: datetime, until: datetime) -> Sight:
    owner = f"; {last.owner} is to know" if last.owner else ""
    return Sight(
        monitor=facts.monitor("cost").name,
        watches="cost",
        verdict=WARN,
        since=since,
        until=until,
        why=f"{sentence(last)}{owner}",
        about="one day",
        value=float(last.actual),
        low=float(last.low),
        high=float(last.high),
        reference=float(last.expected),
        unit=last.currency,
        method="the forecast of the day before, beyond its 99 % interval and by more than the floor in money",
        lasting=True,
    )
