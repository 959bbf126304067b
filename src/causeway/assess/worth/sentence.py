"""The one sentence that the page begins with."""

from causeway.assess.value.plan import BY_CHANCE
from causeway.assess.worth.amounts import money, share, span
from causeway.assess.worth.parts import Bridge, PaybackLine
from causeway.core.worth import Benefit, Spent

TIED = 0.995
DESIGNS = {
    "randomised": "randomised holdout",
    "group-sequential": "randomised, looked at on declared days",
    "staggered": "staggered roll-out",
    "switchback": "switched on and off by turns",
    "interrupted-series": "before and after, trend and season taken out",
    "declared": "declared, not measured",
    "before-after": "before and after",
}

# the words of a grade are fixed: what they are said of stands beside them
LAPSES = {
    (design, grade): f" with {words}"
    for design in BY_CHANCE
    for grade, words in {"B": "a lapse", "C": "two lapses", "D": "lapses"}.items()
}


def sentence(
    benefit: Benefit | None, spent: Spent | None, bridge: Bridge, line: PaybackLine, *, head: str
) -> str:
    """What it brought, what of it is booked, what it cost, what is left; what is unknown is said to be so."""
    if (benefit is None or not (benefit.grade or benefit.sentence)) and (spent is None or not spent.lines):
        return f"{head}: neither what it brings nor what it costs is known yet."
    parts = [_claim(benefit), *_booked(benefit, bridge), _cost(spent), *_net(bridge, benefit), *_paid(line)]
    said = "; ".join(parts)
    return f"{head}: {said}."


def _claim(benefit: Benefit | None) -> str:
    if benefit is None or not benefit.grade:
        return _why(benefit)
    if benefit.units is None:
        return _inside(benefit)
    design = DESIGNS.get(benefit.design, benefit.design) + LAPSES.get((benefit.design, benefit.grade), "")
    sure = "95 %, " if benefit.units.low is not None else ""
    return f"{span(benefit.units)} ({sure}{design}, grade {benefit.grade}: {benefit.wording})"


def _why(benefit: Benefit | None) -> str:
    if benefit is None or not benefit.sentence:
        return "what it brings is not known yet"
    return _inside(benefit)


def _inside(benefit: Benefit) -> str:
    """The claim's own sentence, as a part of another."""
    said = benefit.sentence.rstrip(".")
    return said if said.startswith(benefit.product) else said[:1].lower() + said[1:]


def _booked(benefit: Benefit | None, bridge: Bridge) -> list[str]:
    if benefit is None or benefit.booked is None:
        return []
    if not benefit.booked:
        return [f"nothing is booked, {_why_nothing(bridge)}"]
    said = f"{money(benefit.booked, benefit.currency)} booked at the lower bound"
    if benefit.not_cashable:
        said += (
            f", {money(benefit.not_cashable, bridge.currency)} is capacity that nobody has turned into cash"
        )
    return [said]


def _why_nothing(bridge: Bridge) -> str:
    taken = {step.what for step in bridge.steps if step.kind == "less" and step.amount}
    if "disputed" in taken:
        return "as a guardrail is breached"
    if "not approved" in taken:
        return "as nobody of finance stands for what one unit is worth"
    if "not cashable" in taken:
        return "as nobody has turned the capacity into cash"
    return "as the effect may be none"


def _cost(spent: Spent | None) -> str:
    if spent is None or not spent.lines:
        return "what it costs is not known yet"
    tied = tied_out(spent)
    if tied >= TIED:
        basis = "tied out to invoices"
    elif tied > 0:
        basis = f"{share(tied)} of it tied out to invoices"
    else:
        basis = "no invoice yet"
    if spent.not_counted:
        basis += f", {len(spent.not_counted)} sort{'s' * (len(spent.not_counted) != 1)} of cost not counted"
    return f"it cost {money(spent.total, spent.currency)} ({basis})"


def tied_out(spent: Spent) -> float:
    """The share of the total that invoices say."""
    billed = sum((line.billed for line in spent.lines if line.billed is not None), start=spent.total * 0)
    return float(min(1, max(0, billed / spent.total))) if spent.total else 0.0


def _net(bridge: Bridge, benefit: Benefit | None) -> list[str]:
    if bridge.net is None:
        return []
    if benefit is None or benefit.booked is None:
        return [f"net {money(bridge.net, bridge.currency)} as long as nothing is booked"]
    return [f"net {money(bridge.net, bridge.currency)} booked"]


def _paid(line: PaybackLine) -> list[str]:
    return [line.words[0].lower() + line.words[1:].rstrip(".")] if line.words else []
