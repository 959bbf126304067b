"""The page of one product, in the order in which finance reads it."""

from collections.abc import Iterator

from causeway.assess.worth.amounts import exact, money, period, short, spoken
from causeway.assess.worth.blocks import Block, Cell, Grid, Pairs, Para, Picture, Title
from causeway.assess.worth.document_cost import assumptions_blocks, changes_blocks, cost_blocks
from causeway.assess.worth.document_evidence import evidence_blocks
from causeway.assess.worth.parts import Bridge, Header, Missing, Number, PaybackLine, WorthPage

MOST_ROWS = 24
CAPTION_BRIDGE = "From gross value to net"


def document(page: WorthPage) -> tuple[Block, ...]:
    """Every block of the page; a part of which nothing is known is left out, and what is missing says so."""
    little = not page.header.grade or not page.cost.lines
    missing = tuple(_missing(page.missing))
    parts = (
        tuple(_bridge(page.bridge, page.header)) if page.bridge.steps else (),
        tuple(_payback(page.payback)) if page.payback.actual or page.payback.case else (),
        tuple(_units(page.units)) if page.units else (),
        tuple(evidence_blocks(page.evidence)) if page.evidence.kpi or page.evidence.sentence else (),
        tuple(cost_blocks(page.cost)) if page.cost.lines or page.cost.a_month else (),
        tuple(assumptions_blocks(page.assumptions, page.header.currency)) if page.assumptions else (),
        () if little else missing,
        tuple(changes_blocks(page.changes)) if page.changes.since or not little else (),
    )
    said = (block for part in parts for block in part)
    return (_header(page.header), Para(page.sentence, "lead"), *(missing if little else ()), *said)


def _header(header: Header) -> Pairs:
    grade = f"{header.grade}: {header.wording}" if header.grade else "none yet: nothing is claimed"
    rows = [
        ("Product", Cell(header.product, strong=True)),
        ("Period", Cell(period(header.since, header.until))),
        ("Currency", Cell(header.currency or "none declared")),
        ("Evidence grade", Cell(grade, strong=True)),
        ("Owner", Cell(header.owner or "nobody yet")),
        ("Sponsor", Cell(header.sponsor or "nobody yet")),
        ("Finance", _signature(header)),
        (
            "Ledger",
            Cell(header.ledger[:19] or "nothing in it yet", (str(header.seq),) if header.seq else ()),
        ),
    ]
    return Pairs(tuple(rows))


def _signature(header: Header) -> Cell:
    signed = header.signed
    if signed is None:
        return Cell("not signed")
    same = "" if signed.same else "; numbers have changed since"
    return Cell(f"{signed.name}, {signed.at}{same}", (signed.fact,) if signed.fact else ())


def _missing(missing: tuple[Missing, ...]) -> Iterator[Block]:
    if not missing:
        return
    yield Title("What is missing, and what brings it", "missing")
    rows = tuple(
        (Cell(each.what, strong=True), Cell(each.why), Cell(f"`{each.command}`")) for each in missing
    )
    yield Grid("What is missing", ("Missing", "Why it matters", "What brings it"), rows)


def _bridge(bridge: Bridge, header: Header) -> Iterator[Block]:
    yield Title("From value to net", "bridge")
    if bridge.steps:
        rows = tuple(
            (
                Cell(step.what, step.facts, strong=step.kind in {"booked", "net"}),
                Cell(exact(step.after if step.kind in {"booked", "net"} else step.amount, bridge.currency)),
                Cell(exact(step.after, bridge.currency)),
                Cell(step.how),
            )
            for step in bridge.steps
        )
        head = ("Step", "Amount", "Left", "How")
        caption = f"{CAPTION_BRIDGE}, {bridge.currency}, {period(header.since, header.until)}"
        yield Picture("bridge", caption, _told(bridge), Grid(caption, head, rows, (1, 2)))
        gross = next((step for step in bridge.steps if step.kind == "gross" and step.low is not None), None)
        if gross and gross.low is not None and gross.high is not None:
            low, high = money(gross.low, bridge.currency), money(gross.high, bridge.currency)
            yield Para(
                f"Gross value lies between {low} and {high} (95 %); {gross.how}.", "quiet", gross.facts
            )
    if bridge.why:
        yield Para(f"{bridge.why[0].upper()}{bridge.why[1:]}.", "alarm" if bridge.steps else "quiet")


def _told(bridge: Bridge) -> str:
    def said(kind: str) -> list[str]:
        return [
            f"{step.what} {money(abs(step.amount), bridge.currency)}"
            for step in bridge.steps
            if step.kind == kind
        ]

    parts = [*said("gross")]
    parts += ["less " + ", ".join(said("less"))] if said("less") else []
    parts += [f"booked {money(bridge.booked, bridge.currency)}"] if bridge.booked is not None else []
    parts += ["less " + ", ".join(said("cost"))] if said("cost") else []
    parts += [f"net {money(bridge.net, bridge.currency)}"] if bridge.net is not None else []
    return "; ".join(parts) + "."


def _payback(line: PaybackLine) -> Iterator[Block]:
    yield Title("When it pays back", "payback")
    if line.words:
        yield Para(line.words)
    if len(line.actual) + len(line.fan) > 1 or line.case:
        caption = f"Cumulative net since it began, {line.currency}, at the end of each month"
        yield Picture("payback", caption, _line_told(line), _line_table(line, caption))
    if line.how:
        yield Para(line.how, "quiet", line.facts)
    if line.case:
        case = line.case
        facts = (case.fact,) if case.fact else ()
        yield Para(f"Dotted: the business case as declared on {case.declared}: {case.how}.", "quiet", facts)
    if line.numbers:
        yield _numbers("What finance asks for", line.numbers)


def _line_told(line: PaybackLine) -> str:
    parts: list[str] = []
    if line.actual:
        last = line.actual[-1]
        parts.append(f"{money(last.net, line.currency)} on {last.until}")
    if line.fan:
        end = line.fan[-1]
        low, high = short(end.low), short(end.high)
        parts.append(f"{short(end.middle)} {line.currency} expected on {end.until}, P10 {low}, P90 {high}")
    if line.case and line.case.points:
        day, net = line.case.points[-1]
        parts.append(f"the business case said {money(net, line.currency)} on {day}")
    return "; ".join(parts) + "."


def _line_table(line: PaybackLine, caption: str) -> Grid:
    """A row for each month so far and each quarter ahead; a column that holds nothing is left out."""
    case = dict(line.case.points) if line.case else {}
    actual = {month.until: money(month.net, "") for month in line.actual}
    fan = {band.until: (short(band.low), short(band.middle), short(band.high)) for band in line.fan}
    days = sorted({*actual, *fan, *case})
    if len(days) > MOST_ROWS:
        days = [day for day in days if day in actual or day.month % 3 == 0 or day in (days[0], days[-1])]
    rows = [
        (
            str(day),
            actual.get(day, ""),
            *fan.get(day, ("", "", "")),
            money(case[day], "") if day in case else "",
        )
        for day in days
    ]
    head = ("Until", "Actual", "P10", "P50", "P90", "Business case")
    used = [at for at in range(len(head)) if any(row[at] for row in rows)]
    cells = tuple(tuple(Cell(row[at]) for at in used) for row in rows)
    return Grid(caption, tuple(head[at] for at in used), cells, tuple(range(1, len(used))))


def _units(numbers: tuple[Number, ...]) -> Iterator[Block]:
    yield Title("What one answer and one success cost", "units")
    yield _numbers("Unit economics", numbers)


def _numbers(caption: str, numbers: tuple[Number, ...]) -> Grid:
    rows = tuple(
        (Cell(each.what, each.facts), Cell(spoken(each.figure)), Cell(each.figure.how)) for each in numbers
    )
    return Grid(caption, ("What", "Figure (interval)", "How"), rows)
