"""A month's cost held against its budget, and what follows from that at the gateway."""

from datetime import UTC, date, datetime
from decimal import Decimal

from causeway.core.metering import NEAR, REACHED, WITHIN, BudgetJudged
from causeway.core.routes import OverBudget

NEAR_SHARE = 0.8
REFUSE = "refuse"
MONTHS = 12


def month_of(day: date) -> tuple[date, date]:
    """The first day of its month, and that of the next."""
    first = day.replace(day=1)
    return first, date(first.year + first.month // MONTHS, first.month % MONTHS + 1, 1)


def judged(
    spent: Decimal, budget: Decimal, *, currency: str, day: date, near: float = NEAR_SHARE, enforce: str = ""
) -> BudgetJudged:
    """What the cost of the month so far is to its budget."""
    share = float(spent / budget) if budget else float("inf" if spent > 0 else 0.0)
    verdict = REACHED if share >= 1 else NEAR if share >= near else WITHIN
    first, following = month_of(day)
    because = f"{spent:,.2f} of {budget:,.2f} {currency} are spent ({share:.0%})"
    if budget == 0:
        because = f"{spent:,.2f} {currency} are spent, and nothing was granted"
    refuses = verdict == REACHED and enforce == REFUSE
    if refuses:
        because += f"; callers are refused until {following} 00:00 UTC"
    return BudgetJudged(f"{first:%Y-%m}", verdict, spent, budget, currency, because, refuses)


def is_news(now: BudgetJudged, before: BudgetJudged | None) -> bool:
    """Whether it is to be written: another verdict, or another budget than the one that was judged by."""
    if before is None or before.month != now.month:
        # a month begins within its budget without anybody saying so
        return now.verdict != WITHIN or (before is not None and before.refuses)
    return (now.verdict, now.refuses) != (before.verdict, before.refuses) or (
        now.verdict == REACHED and now.budget != before.budget
    )


def over_budget(last: BudgetJudged | None, now: datetime) -> OverBudget | None:
    """Until when and why nobody is answered; None where everybody is."""
    if last is None or not last.refuses or last.month != f"{now.astimezone(UTC):%Y-%m}":
        return None
    following = month_of(now.astimezone(UTC).date())[1]
    until = datetime(following.year, following.month, following.day, tzinfo=UTC)
    why = (
        f"the budget of {last.month} is spent: {last.spent:,.2f} of {last.budget:,.2f} {last.currency}; "
        f"nobody is answered until {until:%Y-%m-%d %H:%M} UTC"
    )
    return OverBudget(until.timestamp(), why)
