"""What was metered, told in plain words."""

from causeway.core.ids import counted, short
from causeway.core.metering import (
    BudgetJudged,
    CostForecast,
    CostUnusual,
    Metering,
    ServingMetered,
    UsageMetered,
)


def metered_words(fact: Metering) -> str:
    """The sentence."""
    match fact:
        case UsageMetered():
            rows = sum(each.rows for each in fact.usage)
            return f"{counted(rows, 'row')} of segment {short(fact.segment)} were metered."
        case ServingMetered():
            cpu = f", {fact.cpu_seconds:,.1f} CPU-seconds" if fact.cpu_seconds is not None else ""
            return f"On {fact.day} the gateway was up for {fact.up_seconds / 3600:.1f} hours{cpu}."
        case BudgetJudged():
            return f"The budget of {fact.month}: {fact.because}."
        case CostUnusual():
            between = f"{fact.low:,.2f} to {fact.high:,.2f} were expected"
            return f"{fact.day} cost {fact.actual:,.2f} {fact.currency}; {between}."
        case CostForecast():
            total = f"{fact.total:,.2f} {fact.currency} ({fact.low:,.2f} to {fact.high:,.2f})"
            return f"The next {counted(fact.days, 'day')} were forecast to cost {total}."
