"""Money and figures as a person reads them."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from causeway.core.costs import BILLS_CHAIN
from causeway.core.figure import Figure, many, plain

CENT = Decimal("0.01")
WHOLE_FROM = 1000
EVENTS_NAMED = 5


def cents(amount: Decimal | float) -> Decimal:
    """The amount to the cent."""
    return Decimal(str(amount)).quantize(CENT, ROUND_HALF_UP)


def exact(amount: Decimal, currency: str) -> str:
    """To the cent, so that a column adds up."""
    return f"{cents(amount):,.2f} {currency}".rstrip()


def money(amount: Decimal | float, currency: str) -> str:
    """As short as it is still true: whole from a thousand on, else to the cent."""
    size = abs(amount)
    text = f"{amount:,.0f}" if size >= WHOLE_FROM else f"{amount:,.2f}"
    return f"{text} {currency}".rstrip()


def spoken(figure: Figure) -> str:
    """The figure with its interval behind it, its unit and its period."""
    per = f" per {figure.period}" if figure.period else ""
    said = f"{short(figure.value)} {figure.unit}{per}".strip()
    if figure.low is None or figure.high is None:
        return said
    return f"{said} ({short(figure.low)} to {short(figure.high)})"


def span(figure: Figure) -> str:
    """Only the interval where there is one, as a sentence says it."""
    if figure.low is None or figure.high is None:
        return f"{short(figure.value)} {figure.unit if figure.value == 1 else many(figure.unit)}".strip()
    return f"{short(figure.low)} to {short(figure.high)} {many(figure.unit)}".strip()


def short(number: float) -> str:
    """Three figures that mean something."""
    size = abs(number)
    if size >= WHOLE_FROM:
        return f"{number:,.0f}"
    if size >= 1:
        return f"{number:.3g}"
    return plain(number)


def share(part: float) -> str:
    """A share in percent; never all where a little is missing."""
    if 0.995 <= part < 1:
        return "more than 99 %"
    return f"{part:.0%}".replace("%", " %")


def period(since: date, until: date) -> str:
    """A quarter, a month or a year by its name, else both days."""
    after = until + timedelta(days=1)
    if since.day == after.day == 1:
        months = (after.year - since.year) * 12 + after.month - since.month
        if months == 12 and since.month == 1:
            return f"{since.year}"
        if months == 3 and since.month % 3 == 1:
            return f"Q{since.month // 3 + 1} {since.year}"
        if months == 1:
            return f"{since:%B %Y}"
    return f"{since}" if since == until else f"{since} to {until}"


def month_ends(since: date, until: date) -> list[date]:
    """The last day of each month that was begun, the last one being `until`."""
    ends: list[date] = []
    day = month_end(since)
    while day < until:
        ends.append(day)
        day = month_end(day + timedelta(days=1))
    return [*ends, until]


def month_end(day: date) -> date:
    """The last day of this day's month."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def months_between(since: date, until: date) -> float:
    """How many months of average length lie between, both days included."""
    return ((until - since).days + 1) / (365.25 / 12)


def refs(own: Iterable[int], shared: Iterable[int] = ()) -> tuple[str, ...]:
    """The names of these events, as the page has them."""
    return (*(str(each) for each in own if each), *(f"{BILLS_CHAIN}/{each}" for each in shared if each))


def events(facts: Sequence[str]) -> str:
    """The events by their names, the first few of many."""
    if not facts:
        return ""
    named = ", ".join(facts[:EVENTS_NAMED])
    more = f" and {len(facts) - EVENTS_NAMED} more" if len(facts) > EVENTS_NAMED else ""
    return f"event{'s' if len(facts) > 1 else ''} {named}{more}"
