"""The evidence box: how it is known, what would show the contrary, why the grade is not higher."""

from collections.abc import Iterator

from causeway.assess.worth.amounts import period, share, spoken
from causeway.assess.worth.blocks import Block, Cell, Grid, Items, Pairs, Para, Picture, Title
from causeway.assess.worth.parts import Evidence
from causeway.assess.worth.sentence import DESIGNS
from causeway.core.figure import Figure


def evidence_blocks(evidence: Evidence) -> Iterator[Block]:
    """The box, and what it brought week by week."""
    yield Title("How we know", "evidence")
    if evidence.sentence:
        yield Para(evidence.sentence, facts=evidence.facts)
    rows = tuple((name, cell) for name, cell in _rows(evidence) if cell.text)
    if rows:
        yield Pairs(rows)
    yield from _weeks(evidence)
    if evidence.guardrails:
        yield _guardrails(evidence)
    if evidence.by_part:
        yield _by_part(evidence)
    for name, lines in (
        ("Why the grade is not higher", evidence.lapses),
        ("What would show it to be wrong", evidence.falsifies),
        ("Changed after the start", evidence.changes),
    ):
        if lines:
            yield Items(name, lines)


def _rows(evidence: Evidence) -> Iterator[tuple[str, Cell]]:
    yield "Business measure", Cell(evidence.kpi)
    if evidence.since and evidence.until:
        yield "Window", Cell(period(evidence.since, evidence.until))
    yield "Design", Cell(DESIGNS.get(evidence.design, evidence.design))
    yield (
        "Units in each arm",
        Cell(", ".join(f"{name} {count:,}" for name, count in sorted(evidence.arms.items()) if count)),
    )
    yield "Exposed", Cell(f"{evidence.exposed:,}" if evidence.exposed else "")
    yield (
        "Outcome not known yet",
        Cell(f"{share(evidence.pending)} of those exposed" if evidence.exposed else ""),
    )
    yield "Effect on one unit", _figure(evidence.effect, evidence)
    yield "Hours", _figure(evidence.hours, evidence)
    yield "Nobody had to touch", _figure(evidence.automation, evidence)
    if evidence.grade or evidence.baseline:
        none = Cell("none was recorded before launch")
        yield "Baseline", _figure(evidence.baseline, evidence) if evidence.baseline else none
    yield "Changed since then, by whatever", _figure(evidence.observed, evidence)


def _figure(figure: Figure | None, evidence: Evidence) -> Cell:
    if figure is None:
        return Cell("")
    how = f"; {figure.how}" if figure.how else ""
    return Cell(f"{spoken(figure)}{how}", evidence.facts)


def _guardrails(evidence: Evidence) -> Grid:
    rows = tuple(
        (
            Cell(rail.name),
            Cell(
                f"not measured: {rail.why}" if rail.why else rail.verdict, strong=rail.verdict == "breached"
            ),
            Cell(spoken(rail.difference) if rail.difference else ""),
            Cell(rail.difference.how if rail.difference else ""),
        )
        for rail in evidence.guardrails
    )
    return Grid(
        "Guardrails: what must not get worse", ("Guardrail", "Verdict", "Difference (interval)", "How"), rows
    )


def _by_part(evidence: Evidence) -> Grid:
    rows = tuple(
        (
            Cell(part.name),
            Cell(f"{part.treated:,} and {part.control:,}"),
            Cell(spoken(part.effect) if part.effect else "too few units"),
            Cell("yes" if part.found else "no"),
        )
        for part in evidence.by_part
    )
    return Grid(
        "By part: told, never booked; corrected for how many parts there are (Holm)",
        ("Part", "Treated and control", "Effect on one unit (interval of all parts together)", "Found"),
        rows,
    )


def _weeks(evidence: Evidence) -> Iterator[Block]:
    if len(evidence.weeks) < 2:
        return
    unit = evidence.effect.unit if evidence.effect else ""
    caption = "Effect by week" + (f", {unit}" if unit else "")
    rows = tuple(
        (
            Cell(str(day)),
            Cell(f"{value:.3g}"),
            Cell("" if low is None else f"{low:.3g}"),
            Cell("" if high is None else f"{high:.3g}"),
        )
        for day, value, low, high in evidence.weeks
    )
    first, last = evidence.weeks[0][1], evidence.weeks[-1][1]
    words = f"{len(evidence.weeks)} weeks, the first {first:.3g}, the last {last:.3g}."
    yield Picture(
        "weeks", caption, words, Grid(caption, ("Week from", "Effect", "Low", "High"), rows, (1, 2, 3))
    )
