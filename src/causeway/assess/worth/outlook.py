"""What is ahead of a product: the fan of its cumulative net, what finance asks for, what hangs on what."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
from msgspec import Struct, structs
from numpy.typing import NDArray

from causeway.assess.worth.amounts import cents, month_end, refs, share
from causeway.assess.worth.lasting import Terms, decay, fades, lost
from causeway.assess.worth.parts import Band, Case, Month, Number, PaybackLine, Ranked
from causeway.core.figure import Figure
from causeway.core.ids import counted
from causeway.core.worth import Assumption, Benefit
from causeway.stats.finance import scenarios
from causeway.stats.finance.information import decide
from causeway.stats.finance.scenarios import Outlook, Uncertain, certain, estimated, simulate
from causeway.stats.finance.sensitivity import tornado
from causeway.stats.finance.worth_now import irr, monthly_rate, npv

EITHER_WAY = 0.1
"""What nobody gave a range for is moved so far up and down, to see what hangs on it."""
HOW_RANKED = (
    "By how far the net present value moves when one number alone goes from its P10 to its P90, "
    "or by 10 % either way where nobody gave a range."
)

Array = NDArray[np.float64]


class Running(Struct, frozen=True):
    """What a month of running will cost: expected, and P10 and P90 as shares of it."""

    a_month: float
    low: float = 1.0
    high: float = 1.0
    how: str = ""

    def figure(self, currency: str) -> Figure:
        """The same with its unit and its interval."""
        low, high = self.a_month * self.low, self.a_month * self.high
        return Figure(self.a_month, currency, "month", low, high, self.how)


class Ahead(Struct, frozen=True):
    """The line with its fan, and the assumptions in the order of what hangs on them."""

    line: PaybackLine
    ranked: tuple[Ranked, ...]


def ahead(
    benefit: Benefit,
    months: tuple[Month, ...],
    running: Running,
    *,
    volume: float,
    case: Case | None,
    terms: Terms | None = None,
) -> Ahead | None:
    """What is to come if volume and cost stay as they are, and the effect lasts as long as can be hoped for.

    None where no effect is known. `volume` is how many units are exposed a month now.
    """
    terms = terms or Terms()
    future = _future(benefit, running, months, volume=volume, terms=terms)
    if future is None:
        return None
    out = simulate(future)
    last = months[-1]
    fan = _fan(out, last.until)
    line = PaybackLine(
        benefit.currency,
        months,
        fan,
        case,
        paid_back(months),
        _words(out, months, case, end=fan[-1].until),
        _how(
            out,
            benefit,
            running,
            future,
            horizon=terms.horizon(last.until),
            why_no_rate=irr(_flows(out, months)).why_not,
        ),
        tuple(_numbers(out, months, running, currency=benefit.currency, a_year=terms.a_year)),
        refs(benefit.facts),
    )
    return Ahead(line, _ranked(benefit, future, out, running, discount=terms.discount))


def paid_back(months: tuple[Month, ...]) -> date | None:
    """The end of the month from which on the net was never below nothing again."""
    found: date | None = None
    for month in months:
        if month.net < 0:
            found = None
        elif found is None and month.booked:
            found = month.until
    return found


def without_fan(months: tuple[Month, ...], case: Case | None, currency: str) -> PaybackLine:
    """What was, and what was promised, where nothing can be said of what will be."""
    day = paid_back(months)
    words = f"Paid back by {day:%B %Y} (month {_month_number(months, day)}){_promised(case)}." if day else ""
    return PaybackLine(currency, months, case=case, paid_back=day, words=words)


def _future(
    benefit: Benefit, running: Running, months: tuple[Month, ...], *, volume: float, terms: Terms
) -> scenarios.Case | None:
    each, value = _gain(benefit), _unit_value(benefit)
    if each is None or value is None or not months:
        return None
    count = terms.months_after(months[-1].until)
    return scenarios.Case(
        effect=each,
        volume=np.full(count, volume),
        running=np.full(count, running.a_month),
        # what is not recovered yet is still to be recovered; what was earned is there
        build=certain(-float(months[-1].net)),
        unit_value=value,
        realised=certain(_realised(benefit)),
        run_factor=Uncertain(running.low, 1.0, running.high, least=0.0),
        decay_a_year=decay(benefit),
        rate=monthly_rate(terms.a_year),
    )


def _gain(benefit: Benefit) -> Uncertain | None:
    """What one exposed unit brings, in units of the measure; of the later half where that is less."""
    units, exposed = benefit.units, benefit.exposed
    if units is None or units.low is None or units.high is None or not exposed:
        return None
    whole = estimated(units.value / exposed, units.low / exposed, units.high / exposed)
    later = _later(benefit)
    return later if later is not None and later.p50 < whole.p50 else whole


def _later(benefit: Benefit) -> Uncertain | None:
    """The same of the later half of the units alone."""
    effect, later, units = benefit.effect, benefit.later, benefit.units
    if effect is None or units is None or later is None or later.low is None or later.high is None:
        return None
    sign = 1.0 if units.value * effect.value >= 0 else -1.0
    low, high = sorted((sign * later.low, sign * later.high))
    return estimated(sign * later.value, low, high)


def _unit_value(benefit: Benefit) -> Uncertain | None:
    named = _assumed(benefit, "unit value")
    if named is not None:
        figure = named.figure
        if figure.low is None and figure.high is None:
            return certain(figure.value)
        ends = [figure.value if each is None else each for each in (figure.low, figure.high)]
        return estimated(figure.value, *ends)
    if benefit.money is None or benefit.units is None or not benefit.units.value:
        return None
    return certain(benefit.money.value / benefit.units.value)


def _realised(benefit: Benefit) -> float:
    """Which share of gross value is booked, were the effect certain: cash, alone, and after the haircut."""
    cash, haircut = (
        _assumed(benefit, "hours that are cash"),
        _assumed(benefit, f"taken off grade {benefit.grade}"),
    )
    part = cash.figure.value / 100 if cash is not None and benefit.family == "hours" else 1.0
    lower = float(benefit.booked or 0) + float(benefit.haircut) + float(benefit.overlap)
    alone = 1 - float(benefit.overlap) / lower if lower > 0 else 1.0
    return part * alone * (1 - (haircut.figure.value / 100 if haircut is not None else 0.0))


def _assumed(benefit: Benefit, name: str) -> Assumption | None:
    return next((each for each in benefit.assumptions if each.name == name), None)


def _fan(out: Outlook, today: date) -> tuple[Band, ...]:
    bands: list[Band] = []
    day = month_end(today + timedelta(days=15))
    for low, middle, high in zip(out.fan.p10, out.fan.p50, out.fan.p90, strict=True):
        bands.append(Band(day, float(low), float(middle), float(high)))
        day = month_end(day + timedelta(days=1))
    return tuple(bands)


def _words(out: Outlook, months: tuple[Month, ...], case: Case | None, *, end: date) -> str:
    day = paid_back(months)
    if day is not None:
        return f"Paid back by {day:%B %Y} (month {_month_number(months, day)}){_promised(case)}."
    never = 1 - out.pays_back
    within = f"by {end:%B %Y}"
    low, middle, high = (_named(each, months[-1].until) for each in out.payback)
    if middle is None:
        return f"Does not pay back {within} in {share(never)} of the scenarios{_promised(case)}."
    late = f"P90 {high}" if high else "P90 later"
    return f"Pays back in {middle} (P10 {low}, {late}; {share(never)} never {within}){_promised(case)}."


def _named(months_ahead: float | None, today: date) -> str | None:
    if months_ahead is None:
        return None
    day = today + timedelta(days=365.25 / 12 * (months_ahead + 1))
    return f"{day:%B %Y}"


def _month_number(months: tuple[Month, ...], day: date) -> int:
    return [month.until for month in months].index(day) + 1


def _promised(case: Case | None) -> str:
    if case is None:
        return ""
    if case.months is None:
        return "; the business case said never within its horizon"
    return f"; the business case said {case.points[case.months][0]:%B %Y} (month {case.months})"


def _how(
    out: Outlook,
    benefit: Benefit,
    running: Running,
    future: scenarios.Case,
    *,
    horizon: str,
    why_no_rate: str,
) -> str:
    later, carried = _later(benefit), _gain(benefit)
    half = "the later half of the units, which brings less" if later == carried else "what was measured"
    approved = _assumed(benefit, "unit value")
    undefined = f"Internal rate of return: {why_no_rate}. " if why_no_rate else ""
    if_approved = (
        "" if approved is None or approved.approver else ", as if finance had approved the unit value"
    )
    if benefit.disputed:
        if_approved += ", as if the guardrail that is breached were none"
    return (
        f"The fan is P10 to P90 of {out.scenarios:,} scenarios: the effect drawn once for each, from {half}"
        f"{fades(benefit)}; {future.volume[0]:,.0f} units exposed a month, as in the last 28 days; "
        f"running cost {running.how}{if_approved}; {horizon}. "
        f"{undefined}Planning counts what is expected, booking only the lower bound."
    )


def _numbers(
    out: Outlook, months: tuple[Month, ...], running: Running, *, currency: str, a_year: float
) -> Iterator[Number]:
    now = float(months[-1].net)
    how = f"the net so far, and what is ahead at its worth today, at {share(a_year)} a year; P10 to P90"
    yield Number(
        f"net present value, {counted(len(out.fan.p50), 'month')} ahead",
        Figure(out.npv.p50, currency, low=out.npv.p10, high=out.npv.p90, how=how),
    )
    how = f"share of {out.scenarios:,} scenarios with a net present value above nothing"
    yield Number("chance that it pays", Figure(100 * out.pays, "%", how=how))
    flows = _flows(out, months)
    rate_of_return = irr(flows)
    if rate_of_return.rate is not None:
        how = "of the months so far and the P50 of those ahead"
        yield Number("internal rate of return", Figure(100 * rate_of_return.rate, "% a year", how=how))
    rate = monthly_rate(a_year)
    cost = float(months[-1].spent) + float(npv(np.full(len(out.fan.p50), running.a_month), rate=rate))
    if cost > 0:
        low, middle, high = (1 + each / cost for each in (out.npv.p10, out.npv.p50, out.npv.p90))
        how = "what it brought and will bring over what it cost and will cost, both at their worth today"
        yield Number("benefit over cost", Figure(middle, "times", low=low, high=high, how=how))
    choice = decide(out.values - now)
    doing = "going on" if choice.goes_on else "stopping"
    how = (
        f"the expected loss of {doing} today, were the effect then known exactly; what is ahead alone counts"
    )
    yield Number("value of more evidence, at most", Figure(choice.loss, currency, how=how))


def _flows(out: Outlook, months: tuple[Month, ...]) -> Array:
    """The net of each month so far, and the P50 of those ahead."""
    return np.diff([0.0, *(float(month.net) for month in months), *out.fan.p50])


def _ranked(
    benefit: Benefit, future: scenarios.Case, out: Outlook, running: Running, *, discount: Assumption
) -> tuple[Ranked, ...]:
    """Every number that the outlook hangs on, with those that only a person stands for."""
    moved = structs.replace(
        future, unit_value=_ranged(future.unit_value), realised=_ranged(future.realised, most=1.0)
    )
    swings = {bar.number: bar.swing for bar in tornado(moved, out)}
    named = {
        "effect": _measured_effect(benefit),
        "unit_value": _assumed(benefit, "unit value"),
        "realised": _assumed(benefit, "hours that are cash"),
        "run_factor": Assumption(
            "running cost",
            running.figure(benefit.currency),
            "forecast",
            "what running cost so far",
        ),
        "decay_a_year": lost(benefit),
    }
    found = [(swings[name], each) for name, each in named.items() if each is not None and name in swings]
    found.sort(key=lambda pair: -pair[0])
    ranked = [
        Ranked(each, at, cents(Decimal(repr(swing))), HOW_RANKED)
        for at, (swing, each) in enumerate(found, start=1)
    ]
    others = (each for each in (*benefit.assumptions, discount) if each not in [one for _, one in found])
    mine = (each for each in others if not of_another_grade(each, benefit.grade))
    return (*ranked, *(Ranked(each, 0) for each in mine))


def _measured_effect(benefit: Benefit) -> Assumption | None:
    if benefit.effect is None:
        return None
    return Assumption("the effect", benefit.effect, "measured", f"{benefit.design}, grade {benefit.grade}")


def of_another_grade(each: Assumption, grade: str) -> bool:
    """Whether this is what would be taken off, had the claim another grade."""
    name = "taken off grade "
    return each.name.startswith(name) and each.name != f"{name}{grade}"


def _ranged(number: Uncertain, *, most: float = np.inf) -> Uncertain:
    if number.p10 != number.p90:
        return number
    return Uncertain(
        number.p50 * (1 - EITHER_WAY), number.p50, min(number.p50 * (1 + EITHER_WAY), most), most=most
    )
