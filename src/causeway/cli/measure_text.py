"""What `causeway measure` prints."""

from textwrap import wrap
from typing import TYPE_CHECKING

from msgspec import structs

from causeway.core.figure import Figure, many, plain

if TYPE_CHECKING:
    from causeway.actions.measure.measure import Measured
    from causeway.core.worth import Benefit

WIDTH = 80
MARGIN = 15


def lines_of(measured: "Measured") -> list[str]:
    """The claim, its numbers, and why it is not worth more."""
    found = measured.benefit
    lines = [*wrap(found.sentence, WIDTH), ""]
    for name, words in _facts(found):
        lines += _told(name, words)
    for head, sentences in (("why not more", found.lapses), ("falsified if", found.falsifies)):
        for number, sentence in enumerate(sentences):
            lines += _told(head if not number else "", sentence)
    if measured.seq:
        lines += ["", f"on record as event {measured.seq} of {measured.product}"]
    return lines


def _told(head: str, words: str) -> list[str]:
    """The words beside their head, in as many lines as they take; none where there are none."""
    told = wrap(words, WIDTH - MARGIN)
    return [f"  {head if not at else '':<12} {line}" for at, line in enumerate(told)]


def _facts(found: "Benefit") -> list[tuple[str, str]]:
    arms = " and ".join(f"{number:,} {name}" for name, number in found.arms.items() if number)
    return [
        ("grade", f"{found.grade}: {found.wording}" if found.grade else ""),
        ("effect", _span(found.effect)),
        ("later half", _span(found.later)),
        ("brought", _span(found.units and structs.replace(found.units, unit=many(found.units.unit)))),
        ("worth", _span(found.money)),
        ("booked", _booked(found)),
        ("hours", _span(found.hours)),
        ("automation", _percent(found.automation)),
        (
            "baseline",
            f"{found.baseline.value:g} {found.baseline.unit}" if found.baseline else "none before launch",
        ),
        ("arms", f"{arms}; {found.pending:.0%} pending" if arms else ""),
        *(
            ("guardrail", f"{each.name} {each.verdict} {_span(each.difference)}".rstrip())
            for each in found.guardrails
        ),
        ("how", found.effect.how if found.effect else ""),
    ]


def _span(figure: Figure | None) -> str:
    if figure is None:
        return ""
    if figure.low is None or figure.high is None:
        return f"{plain(figure.value)} {figure.unit}"
    return (
        f"{plain(figure.low)} to {plain(figure.high)} {figure.unit} (95 %), likeliest {plain(figure.value)}"
    )


def _percent(figure: Figure | None) -> str:
    if figure is None or figure.low is None or figure.high is None:
        return ""
    return f"{figure.low:.0%} to {figure.high:.0%} {figure.unit} (95 %), {figure.how}"


def _booked(found: "Benefit") -> str:
    if found.booked is None:
        return ""
    steps = {"not cash": found.not_cashable, "counted twice": found.overlap, "haircut": found.haircut}
    taken = ", ".join(f"less {amount:,.2f} {name}" for name, amount in steps.items() if amount)
    return f"{found.booked:,.2f} {found.currency}" + (f" ({taken})" if taken else "")
