"""All products on one page: a line each, and sums within a grade."""

from decimal import Decimal

from causeway.assess.worth.amounts import exact, period
from causeway.assess.worth.blocks import Block, Cell, Grid, Para, Title
from causeway.assess.worth.portfolio import Line, Sum, WorthPortfolio

WHY = (
    "Sums are within one grade and one currency: a claim is no proof, and what was declared is never added "
    "to what was caused."
)


def portfolio_document(held: WorthPortfolio) -> tuple[Block, ...]:
    """The sums, what stands behind them, and what may be counted twice."""
    when = period(held.since, held.until) if held.since else f"since each began, until {held.until}"
    sums = Grid(
        f"By grade and currency, {when}",
        ("Grade", "Products", "Gross", "Booked", "Cost", "Net"),
        tuple(_sum(each) for each in held.sums),
        (2, 3, 4, 5),
    )
    lines = Grid(
        f"Each product, {when}",
        ("Product", "Grade", "Booked", "Cost", "Net", "Business measure"),
        tuple(_line(line) for line in held.lines),
        (2, 3, 4),
    )
    blocks: list[Block] = [Para(held.words, "lead")]
    if held.sums:
        blocks += [Title("Within each grade", "grades"), sums, Para(WHY, "quiet")]
    if held.lines:
        blocks += [Title("Products", "products"), lines]
    if any(line.not_counted and line.cost is not None for line in held.lines):
        blocks.append(
            Para("* Some sorts of cost are not counted; the product's own page names them.", "quiet")
        )
    blocks += [Para(_beyond(line), "quiet") for line in held.lines if line.beyond]
    return tuple(blocks)


def _beyond(line: Line) -> str:
    """What of a product's claim is in no sum."""
    return (
        f"** {exact(line.beyond, line.currency)} of {line.product} is in no sum: together with "
        f"{', '.join(line.overlaps)} it books more than the business measure changed by."
    )


def _sum(each: Sum) -> tuple[Cell, ...]:
    twice = " (a measure is claimed twice)" if each.overlap else ""
    amounts = (each.gross, each.booked, each.cost, each.net)
    return (
        Cell(each.grade or "no claim", strong=True),
        Cell(", ".join(each.products) + twice),
        *(Cell(exact(amount, each.currency), strong=at == 3) for at, amount in enumerate(amounts)),
    )


def _line(line: Line) -> tuple[Cell, ...]:
    measure = line.trouble or line.kpi or "none declared"
    if line.overlaps:
        measure += f" (so does {', '.join(line.overlaps)})"
    return (
        Cell(line.product, strong=True),
        Cell(f"{line.grade}: {line.wording}" if line.grade else "no claim"),
        Cell(_amount(line.booked, line.currency) + ("**" if line.beyond else "")),
        Cell(
            _amount(line.cost, line.cost_currency)
            + ("*" if line.not_counted and line.cost is not None else "")
        ),
        Cell(_amount(line.net, line.currency)),
        Cell(measure),
    )


def _amount(amount: Decimal | None, currency: str) -> str:
    return "not known" if amount is None else exact(amount, currency)
