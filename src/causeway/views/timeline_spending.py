"""What was spent, told in plain words."""

from causeway.core.costs import (
    BillImported,
    BillWithdrawn,
    CategoriesSet,
    CostEntered,
    CostWithdrawn,
    RateSet,
    Spending,
    Sums,
)
from causeway.core.ids import counted


def spent_words(fact: Spending) -> str:
    """The sentence."""
    match fact:
        case BillImported():
            return _bill(fact)
        case BillWithdrawn():
            return f"The bill of event {fact.bill} counts no more: {fact.because}."
        case RateSet():
            whom = f" for {fact.product}" if fact.product else ""
            return f"The price of {fact.rate} is {fact.price} {fact.currency} from {fact.since}{whom}."
        case CostEntered():
            days = f" for {counted_days(fact)}" if fact.days is not None else ""
            what = f": {fact.what}" if fact.what else ""
            return f"{fact.amount:,.2f} {fact.currency} of {fact.category}{days} were entered{what}."
        case CostWithdrawn():
            return f"The cost of event {fact.entry} counts no more: {fact.because}."
        case CategoriesSet():
            return "Which service belongs to which category was declared."


def counted_days(fact: CostEntered) -> str:
    """How many days of people's time it is."""
    return f"{fact.days} day{'' if fact.days == 1 else 's'}"


def in_words(sums: Sums) -> str:
    """Amounts of several currencies, each to the cent."""
    return ", ".join(f"{amount:,.2f} {currency}" for currency, amount in sorted(sums.items())) or "nothing"


def _bill(fact: BillImported) -> str:
    said = f"The bill of {fact.provider} for {fact.account}, {fact.since} to {fact.until}"
    if not fact.restates:
        return f"{said} came in: {counted(fact.rows, 'row')}, {in_words(fact.billed)}."
    changed = in_words(fact.billed_change) if fact.billed_change else "nothing in its total"
    return f"{said} was restated: {in_words(fact.billed)}, a change of {changed}."
