"""The cost beside its invoices, the assumptions by what hangs on them, and what changed since."""

from collections.abc import Iterator
from decimal import Decimal

from causeway.assess.worth.amounts import cents, exact, money, share, spoken
from causeway.assess.worth.blocks import Block, Cell, Grid, Items, Para, Title
from causeway.assess.worth.bridge import LABELS, basis_of, cost_of
from causeway.assess.worth.parts import Changes, Cost, Ranked
from causeway.core.figure import Figure
from causeway.core.worth import Assumption


def cost_blocks(cost: Cost) -> Iterator[Block]:
    """What it cost, how far invoices say so too, what it will cost, what is not in it."""
    yield Title("What it cost", "cost")
    if cost.lines:
        yield _lines(cost)
        yield Para(_tied_out(cost), facts=cost.facts)
    else:
        yield Para("Nothing was spent yet.", "quiet")
    rows = tuple((Cell(name), Cell(spoken(each)), Cell(each.how)) for name, each in _foretold(cost) if each)
    if rows:
        yield Grid("What it will cost", ("Forecast", "Figure (interval)", "How"), rows)
    if not cost.lines:
        return
    if cost.before:
        yield Items("How far earlier forecasts were off", cost.before)
    known = f"{share(cost.completeness)} of the sorts of cost are known of"
    if cost.not_counted:
        names = ", ".join(LABELS.get(name, name) for name in cost.not_counted)
        yield Para(f"Not counted, because nothing is known of it: {names}; {known}.", "alarm")
    else:
        yield Para(f"{known[0].upper()}{known[1:]}; nothing is left out.", "quiet")


def _foretold(cost: Cost) -> Iterator[tuple[str, Figure | None]]:
    yield "running it, as it goes", cost.running
    yield "infrastructure of a month", cost.a_month
    yield "budget for running it", cost.budget
    yield "whole calendar year", cost.year_end
    yield "dearest day of the coming 28", cost.peak


def _lines(cost: Cost) -> Grid:
    rows = [
        (
            Cell(LABELS.get(line.category, line.category) + (f": {line.what}" if line.what else "")),
            Cell(_amount(line.metered, cost.currency)),
            Cell(_amount(line.billed, cost.currency)),
            Cell(exact(cost_of(line), cost.currency)),
            Cell(line.rule if basis_of(line) != "entered" else "entered"),
        )
        for line in cost.lines
    ]
    total = (
        Cell("all of it", cost.facts, strong=True),
        Cell(exact(cost.metered, cost.currency)),
        Cell(_amount(cost.billed, cost.currency)),
        Cell(exact(cost.total, cost.currency), strong=True),
        Cell(""),
    )
    head = ("What", "Metered or entered", "Billed (actual)", "Counted", "How it came here")
    return Grid(f"Cost, {cost.currency}", head, (*rows, total), (1, 2, 3))


def _amount(amount: Decimal | None, currency: str) -> str:
    return "" if amount is None else exact(amount, currency)


def _tied_out(cost: Cost) -> str:
    said = (
        f"{share(cost.tied_out)} of it is tied out to invoices" if cost.tied_out else "No invoice covers it"
    )
    for basis, how in (
        ("metered", "metered, at the prices of the rate card"),
        ("entered", "entered by people"),
    ):
        amount = sum((cost_of(line) for line in cost.lines if basis_of(line) == basis), Decimal(0))
        said += f"; {exact(amount, cost.currency)} was {how}" if amount else ""
    if cost.invoiced is not None and cents(cost.invoiced) != cents(cost.billed or 0):
        said += f"; the invoices ask {exact(cost.invoiced, cost.currency)} for what is billed, before "
        said += "commitments and prepayments are spread over their time"
    if cost.variance is not None:
        said += f"; billed less metered of what both cover: {exact(cost.variance, cost.currency)}"
    if cost.unallocated:
        said += (
            f"; {exact(cost.unallocated, cost.currency)} of this workspace's invoices belong to no product, "
            "and are in nobody's cost"
        )
    for currency, amount in sorted(cost.elsewhere.items()):
        said += f"; {exact(amount, currency)} besides, in another currency, is in no sum"
    if cost.apart:
        said += (
            f"; {exact(cost.apart, cost.currency)} was metered of what those bills ask for, and is in no sum"
        )
    if cost.once:
        said += f"; {exact(cost.once, cost.currency)} of it was for building it, once"
    return f"{said}."


def assumptions_blocks(ranked: tuple[Ranked, ...], currency: str) -> Iterator[Block]:
    """Every number that nobody measured here: who stands for it, and what hangs on it."""
    yield Title("What is assumed", "assumptions")
    rows = tuple(
        (
            Cell(str(each.rank) if each.rank else ""),
            Cell(each.assumption.name, (str(each.assumption.fact),) if each.assumption.fact else ()),
            Cell(spoken(each.assumption.figure)),
            Cell(_by(each.assumption), strong=not each.assumption.approver),
            Cell(each.assumption.source or each.assumption.figure.how),
            Cell(money(each.swing, currency) if each.swing is not None else ""),
        )
        for each in ranked
    )
    head = ("Rank", "Assumption", "Figure", "Approved by", "Source", "Net moves by")
    yield Grid("Assumptions, by what hangs on them", head, rows, (5,))
    how = next((each.how for each in ranked if each.how), "")
    if how:
        yield Para(how, "quiet")


def _by(assumption: Assumption) -> str:
    """Who approved it, and whether that is their own word or somebody else's of them."""
    if not assumption.approver:
        return "nobody"
    return assumption.approver if assumption.own else f"{assumption.approver} (typed, not signed)"


def changes_blocks(changes: Changes) -> Iterator[Block]:
    """What is not as it was in the last report."""
    yield Title("Since the last report", "changes")
    if changes.since is None:
        yield Para("This is the first.", "quiet")
        return
    facts = (changes.fact,) if changes.fact else ()
    if not changes.lines:
        yield Para(f"Nothing changed since the report of {changes.since}.", "quiet", facts)
        return
    yield Para(f"The last one was written on {changes.since}.", "quiet", facts)
    rows = tuple((Cell(line.what), Cell(line.before), Cell(line.after)) for line in changes.lines)
    yield Grid("Changed since", ("What", "Then", "Now"), rows)
