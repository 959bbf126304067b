"""From gross value to net: each step named, and the last one exactly what the others leave."""

from collections.abc import Iterator
from decimal import Decimal

from causeway.assess.worth.amounts import cents, refs
from causeway.assess.worth.parts import Bridge, Step
from causeway.core.costs import ENTERED
from causeway.core.worth import CATEGORIES, Benefit, Spent, SpentLine

NOTHING = Decimal(0)
LABELS = {
    "compute": "compute",
    "ai services": "managed AI services",
    "peaks": "headroom for peaks",
    "tooling": "tooling and monitoring",
    "storage": "storage and transfer",
    "people": "people",
    "build": "building it, once",
    "licences": "licences",
    "idle": "idle capacity",
}


def bridge(benefit: Benefit | None, spent: Spent | None) -> Bridge:
    """The steps from what it brought to what is left of it."""
    value = tuple(_value_steps(benefit)) if benefit else ()
    currency = _currency(benefit, spent)
    if not value and (spent is None or not spent.lines):
        return Bridge(currency, why="neither what it brings nor what it costs is known yet")
    if not value:
        none = Step("booked", "booked", NOTHING, NOTHING, "no value is proven, so none is booked")
        return Bridge(currency, (none, *_cost_steps(NOTHING, spent)))
    if spent is None or not spent.lines:
        return Bridge(currency, value, why="no net: what it costs is not known yet")
    if benefit and benefit.currency != spent.currency:
        return Bridge(
            currency,
            value,
            why=f"no net: it cost {spent.currency} and brought {benefit.currency}, which are never added",
        )
    return Bridge(currency, (*value, *_cost_steps(value[-1].after, spent)))


def category_costs(lines: tuple[SpentLine, ...]) -> dict[str, Decimal]:
    """What each category cost: billed where an invoice covers it, else metered."""
    found: dict[str, Decimal] = {}
    for line in lines:
        found[line.category] = found.get(line.category, NOTHING) + cost_of(line)
    order = {name: at for at, name in enumerate(CATEGORIES)}
    return dict(sorted(found.items(), key=lambda each: order.get(each[0], len(order))))


def cost_of(line: SpentLine) -> Decimal:
    """The actual amount where an invoice says it, else the estimate."""
    known = line.billed if line.billed is not None else line.metered
    return known if known is not None else NOTHING


def basis_of(line: SpentLine) -> str:
    """What the amount rests on: `billed`, `metered`, or `entered` by a person."""
    if line.billed is not None:
        return "billed"
    return "entered" if line.category in ENTERED else "metered"


def _currency(benefit: Benefit | None, spent: Spent | None) -> str:
    if benefit and benefit.money and benefit.currency:
        return benefit.currency
    if spent and spent.currency:
        return spent.currency
    return benefit.currency if benefit else ""


def _value_steps(benefit: Benefit) -> Iterator[Step]:
    if benefit.money is None or benefit.booked is None:
        return
    gross, booked, facts = cents(benefit.money.value), cents(benefit.booked), refs(benefit.facts)
    low = None if benefit.money.low is None else cents(benefit.money.low)
    high = None if benefit.money.high is None else cents(benefit.money.high)
    yield Step("gross value", "gross", gross, gross, benefit.money.how, low, high, facts)
    sure = _sure(gross, low, high)
    taken = [
        (
            "what is not certain",
            gross - sure,
            "the interval's lower end is booked, the middle is for planning",
        ),
        ("not cashable", cents(benefit.not_cashable), "capacity until finance records what became of it"),
        ("overlap", cents(benefit.overlap), "claimed by another product too"),
        (f"haircut of grade {benefit.grade or '-'}", cents(benefit.haircut), "the policy for this grade"),
    ]
    # whatever is left beyond what is booked was held back for another reason
    held_back = gross - booked - sum((amount for _, amount, _ in taken), NOTHING)
    left = gross
    for what, amount, how in (*taken, _held_back(benefit, held_back)):
        if amount:
            left -= amount
            yield Step(what, "less", -amount, left, how)
    yield Step("booked", "booked", booked, booked, "what may stand in a budget", facts=facts)


def _sure(gross: Decimal, low: Decimal | None, high: Decimal | None) -> Decimal:
    """What may be counted on: nothing as long as it may be nothing."""
    if low is None:
        return gross
    return NOTHING if low <= 0 <= (high or NOTHING) else low


def _held_back(benefit: Benefit, amount: Decimal) -> tuple[str, Decimal, str]:
    if benefit.disputed:
        return "disputed", amount, "a guardrail is breached, so nothing is booked"
    return "not approved", amount, "nobody of finance stands for what one unit is worth"


def _cost_steps(start: Decimal, spent: Spent | None) -> Iterator[Step]:
    if spent is None:
        return
    left, total = start, cents(spent.total)
    costs = [(LABELS.get(name, name), cents(amount)) for name, amount in category_costs(spent.lines).items()]
    rest = total - sum((amount for _, amount in costs), NOTHING)
    for what, amount in (*costs, ("rounding and corrections", rest)):
        if amount:
            left -= amount
            yield Step(what, "cost", -amount, left, _rules(spent, what))
    yield Step(
        "net", "net", left, left, "booked less everything it cost", facts=refs(spent.facts, spent.shared)
    )


def _rules(spent: Spent, what: str) -> str:
    mine = [line for line in spent.lines if LABELS.get(line.category, line.category) == what]
    basis = {basis_of(line) for line in mine}
    words = sorted({line.rule for line in mine if basis_of(line) != "entered"})
    return ", ".join(filter(None, (" and ".join(sorted(basis)), " and ".join(words))))
