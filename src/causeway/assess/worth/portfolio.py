"""All products of a workspace: summed within a grade and a currency, and never across either."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from msgspec import Struct, structs

from causeway.assess.worth.amounts import CENT, exact
from causeway.assess.worth.parts import WorthPage

NOTHING = Decimal(0)
UNPROVEN = ""
GRADES = ("A", "B", "C", "D", UNPROVEN)


class Line(Struct, frozen=True, omit_defaults=True):
    """One product in one line; amounts that nobody knows are None."""

    product: str
    grade: str
    wording: str
    currency: str
    kpi: str
    gross: Decimal | None
    booked: Decimal | None
    cost: Decimal | None
    cost_currency: str
    net: Decimal | None
    not_counted: int = 0
    """Sorts of cost of which nothing is known."""
    overlaps: tuple[str, ...] = ()
    """Other products that claim the same business measure."""
    ceiling: Decimal | None = None
    """What the measure itself changed by, in money, at least; None where nobody knows."""
    beyond: Decimal = NOTHING
    """What it books beyond that together with the others, which is in no sum."""
    trouble: str = ""
    """Why nothing can be said of it, if so."""


class Sum(Struct, frozen=True):
    """Products of one grade in one currency together."""

    grade: str
    currency: str
    products: tuple[str, ...]
    gross: Decimal
    booked: Decimal
    cost: Decimal
    net: Decimal
    overlap: bool
    """Whether two of its products, or one of them and another, claim the same measure."""


class Shared(Struct, frozen=True):
    """A business measure that several products claim in one currency."""

    products: tuple[str, ...]
    currency: str
    booked: Decimal
    """By all of them together."""
    ceiling: Decimal | None
    """The most that any of them saw it change by, at least; None where nobody recorded a baseline."""
    beyond: Decimal
    """What of it is in no sum."""


class WorthPortfolio(Struct, frozen=True):
    """Every product, and what those of one grade and currency come to."""

    since: date | None
    until: date
    lines: tuple[Line, ...]
    sums: tuple[Sum, ...]
    words: str
    shared: tuple[Shared, ...] = ()


def portfolio(
    pages: Iterable[WorthPage], *, since: date | None, until: date, troubles: dict[str, str] | None = None
) -> WorthPortfolio:
    """These pages side by side."""
    lines = [_line(page) for page in pages]
    named = Counter(_measure(line) for line in lines if _measure(line))
    flagged = [_flagged(line, lines) if named[_measure(line)] > 1 else line for line in lines]
    seen, shared = _capped(flagged)
    lost = tuple(
        Line(name, UNPROVEN, "", "", "", None, None, None, "", None, trouble=why)
        for name, why in (troubles or {}).items()
    )
    every = (*seen, *lost)
    ranked = tuple(sorted(every, key=lambda line: (GRADES.index(line.grade), line.product)))
    return WorthPortfolio(since, until, ranked, tuple(_sums(seen)), _words(every, shared), shared)


def _line(page: WorthPage) -> Line:
    header, cost = page.header, page.cost
    gross = next((step.amount for step in page.bridge.steps if step.kind == "gross"), None)
    return Line(
        product=header.product,
        grade=header.grade if header.grade in GRADES else UNPROVEN,
        wording=header.wording,
        currency=header.currency,
        kpi=page.evidence.kpi,
        gross=gross,
        booked=page.bridge.booked if gross is not None else None,
        cost=cost.total if cost.lines else None,
        cost_currency=cost.currency,
        net=page.bridge.net,
        not_counted=len(cost.not_counted),
        ceiling=page.evidence.ceiling,
    )


def _measure(line: Line) -> str:
    return " ".join(line.kpi.split()).casefold() if line.gross is not None else ""


def _flagged(line: Line, lines: Sequence[Line]) -> Line:
    same = (other.product for other in lines if other is not line and _measure(other) == _measure(line))
    return structs.replace(line, overlaps=tuple(same))


def _capped(lines: Sequence[Line]) -> tuple[tuple[Line, ...], tuple[Shared, ...]]:
    """The lines with what they book beyond the change of a measure that they share, and these measures."""
    groups: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        if line.overlaps:
            groups.setdefault((_measure(line), line.currency), []).append(line)
    shared: list[Shared] = []
    beyond: dict[str, Decimal] = {}
    for (_, currency), mine in groups.items():
        booked = sum((line.booked or NOTHING for line in mine), NOTHING)
        known = [line.ceiling for line in mine if line.ceiling is not None]
        ceiling = max(known) if known else None
        over = NOTHING if ceiling is None or len(mine) < 2 else max(NOTHING, booked - ceiling)
        beyond |= _taken_off(mine, over)
        shared.append(Shared(tuple(line.product for line in mine), currency, booked, ceiling, over))
    capped = tuple(structs.replace(line, beyond=beyond.get(line.product, NOTHING)) for line in lines)
    return capped, tuple(each for each in shared if len(each.products) > 1)


def _taken_off(lines: Sequence[Line], over: Decimal) -> dict[str, Decimal]:
    """How much of each claim is beyond: of the weakest evidence first, of one grade each in proportion."""
    taken: dict[str, Decimal] = {}
    for grade in reversed(GRADES):
        mine = [line for line in lines if line.grade == grade and (line.booked or NOTHING) > 0]
        whole = sum((line.booked or NOTHING for line in mine), NOTHING)
        left = min(over, whole)
        over -= left
        for line in mine:
            booked = line.booked or NOTHING
            # what rounding leaves falls to the last one, whose share is all that is left
            part = (left * booked / whole).quantize(CENT) if whole else NOTHING
            taken[line.product] = part
            left, whole = left - part, whole - booked
    return taken


def _sums(lines: Sequence[Line]) -> Iterable[Sum]:
    """One for each grade and currency; of a product with cost and value in two currencies, one for each."""
    for grade in GRADES:
        mine = [line for line in lines if line.grade == grade]
        for currency in sorted(
            {each for line in mine for each in (line.currency, line.cost_currency) if each}
        ):
            held = [line for line in mine if currency in (line.currency, line.cost_currency)]
            value = [line for line in held if line.currency == currency]
            if all(line.gross is None and line.cost is None for line in held):
                continue
            gross = sum((line.gross or NOTHING for line in value), NOTHING)
            booked = sum(((line.booked or NOTHING) - line.beyond for line in value), NOTHING)
            cost = sum((line.cost or NOTHING for line in held if line.cost_currency == currency), NOTHING)
            yield Sum(
                grade,
                currency,
                tuple(line.product for line in held),
                gross,
                booked,
                cost,
                booked - cost,
                any(line.overlaps for line in value),
            )


def _words(lines: Sequence[Line], shared: Sequence[Shared]) -> str:
    graded = Counter(line.grade for line in lines)
    parts = [f"{graded[grade]} of grade {grade}" for grade in GRADES if grade and graded[grade]]
    parts += [f"{graded[UNPROVEN]} without a claim"] if graded[UNPROVEN] else []
    count = f"{len(lines)} product{'' if len(lines) == 1 else 's'}"
    said = f"{count}: {', '.join(parts)}." if lines else "There is no product here yet."
    told = {name for each in shared for name in each.products}
    abroad = [line.product for line in lines if line.overlaps and line.product not in told]
    if abroad:
        said += f" {', '.join(abroad)} claim the same business measure: their sums may count it twice."
    return " ".join([said, *map(_claimed, shared)])


def _claimed(shared: Shared) -> str:
    """What becomes of a measure that several products claim, in one line."""
    said = f"{', '.join(shared.products)} claim the same business measure"
    if shared.ceiling is None:
        return (
            f"{said}: their sums may count it twice, as nobody recorded what it was before, so that nobody "
            "knows how far it changed."
        )
    booked, ceiling = exact(shared.booked, shared.currency), exact(shared.ceiling, shared.currency)
    if not shared.beyond:
        return f"{said}: they book {booked} together, no more than the {ceiling} that it changed by at least."
    return (
        f"{said}: they book {booked} together, it changed by {ceiling} at least, and no more is in the sums."
    )
