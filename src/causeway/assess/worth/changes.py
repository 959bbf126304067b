"""What is not as it was in the last report, number by number."""

from collections.abc import Iterator
from datetime import date

from causeway.assess.worth.amounts import money, period, spoken
from causeway.assess.worth.parts import Changed, Changes, WorthPage


def changes(before: WorthPage, now: WorthPage, *, written: date, fact: str) -> Changes:
    """Each number that is another now, as it was and as it is."""
    old, new = dict(_told(before)), dict(_told(now))
    names = dict.fromkeys([*old, *new])
    lines = tuple(
        Changed(name, old.get(name, "not there"), new.get(name, "gone"))
        for name in names
        if old.get(name) != new.get(name)
    )
    return Changes(written, fact, lines)


def _told(page: WorthPage) -> Iterator[tuple[str, str]]:
    header = page.header
    yield "period", period(header.since, header.until)
    yield "evidence grade", header.grade or "none"
    for step in page.bridge.steps:
        yield step.what, money(step.amount if step.kind != "net" else step.after, page.bridge.currency)
    for number in (*page.units, *page.payback.numbers):
        yield number.what, spoken(number.figure)
    for each in page.assumptions:
        yield f"assumed: {each.assumption.name}", spoken(each.assumption.figure)
        yield f"approver of: {each.assumption.name}", each.assumption.approver or "nobody"
    for rail in page.evidence.guardrails:
        yield f"guardrail {rail.name}", rail.verdict
    if page.cost.year_end:
        yield "cost to the end of the year", spoken(page.cost.year_end)
    yield "not counted", ", ".join(page.cost.not_counted) or "nothing"
