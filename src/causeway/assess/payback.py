"""What must be true for a product to pay: exact sums over what its manifest declares, and nothing else."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from msgspec import Struct

from causeway.assess.threshold import expected
from causeway.core.evaluation import DecisionSeen
from causeway.core.figure import Figure, plain
from causeway.core.manifest import Manifest

DAYS_A_MONTH = 365.25 / 12


class Condition(Struct, frozen=True, omit_defaults=True):
    """Something that must hold, as a sentence, with its figure and the sum behind it."""

    what: str
    """`running`, `running and building`, `decisions`, `aim`; of acting see `causeway.assess.threshold`."""
    words: str
    figure: Figure


class Payback(Struct, frozen=True):
    """The conditions that follow from what is declared, and the keys without which more cannot be said."""

    conditions: tuple[Condition, ...]
    missing: tuple[str, ...]


NEEDED = ("kpi.unit_value", "budget.run_per_month")


def payback(manifest: Manifest | None, *, today: date, decided: DecisionSeen | None = None) -> Payback:
    """What must be true for it to pay, from today on; `decided` is what its release was measured to bring."""
    if manifest is None:
        return Payback((), NEEDED)
    missing = tuple(_missing(manifest))
    found = [*_decisions(manifest)]
    if not missing:
        found = [*_volumes(manifest, today=today), *found, *_aim(manifest)]
    found += [Condition(*each) for each in expected(manifest, decided)]
    return Payback(tuple(found), missing)


def _missing(manifest: Manifest) -> Iterator[str]:
    if not manifest.kpi.unit_value:
        yield "kpi.unit_value"
    if manifest.budget.run_per_month is None:
        yield "budget.run_per_month"
    if manifest.kpi.currency != manifest.budget.currency:
        # amounts are never added across currencies, and a rate would be ours, not theirs
        yield "budget.currency" if manifest.kpi.currency else "kpi.currency"


def _volumes(manifest: Manifest, *, today: date) -> Iterator[Condition]:
    """How many units of the measure a month pay for running it, and for building it too."""
    run, worth = manifest.budget.run_per_month or Decimal(0), manifest.kpi.unit_value or Decimal(1)
    unit, money = manifest.kpi.unit or "units", manifest.budget.currency or "of the declared currency"
    needed = float(run / worth)
    sum_ = f"{run:,f} / {worth:,f} {money}"
    yield Condition(
        "running",
        f"pays its running from {_told(needed)} {unit} a month on{_share(needed, manifest)}",
        Figure(needed, unit, "month", how=sum_),
    )
    build, until = manifest.budget.build, manifest.budget.until
    if build and until and until > today:
        months = (until - today).days / DAYS_A_MONTH
        both = float((run + build / Decimal(months)) / worth)
        yield Condition(
            "running and building",
            f"pays its building too, by {until}, from {_told(both)} {unit} a month on",
            Figure(
                both, unit, "month", how=f"({run:,f} + {build:,f} / {months:.1f} months) / {worth:,f} {money}"
            ),
        )


def _share(needed: float, manifest: Manifest) -> str:
    predictions = manifest.budget.predictions_per_month
    return f" ({_percent(needed / predictions)} of the predictions)" if predictions else ""


def _decisions(manifest: Manifest) -> Iterator[Condition]:
    """The share of decisions that must be right, where both sorts have a worth."""
    gain, loss = manifest.kpi.right_decision, manifest.kpi.wrong_decision
    if gain is None or loss is None or not gain + loss:
        return
    run, predictions = manifest.budget.run_per_month, manifest.budget.predictions_per_month
    same = manifest.kpi.currency == manifest.budget.currency
    each = run / predictions if run and predictions and same else Decimal(0)
    share = float((loss + each) / (gain + loss))
    cost = f" + {each:.4f} a prediction for running" if each else ""
    words = (
        f"a decision pays when more than {_percent(share)} of them are right"
        if share < 1
        else "no share of right decisions pays: a wrong one and running cost more than a right one brings"
    )
    how = f"({loss:,f}{cost}) / ({gain:,f} + {loss:,f}) {manifest.kpi.currency}".rstrip()
    yield Condition("decisions", words, Figure(share, "share of decisions", how=how))


def _aim(manifest: Manifest) -> Iterator[Condition]:
    """What the declared aim would bring, where the measure is that of one case and each prediction is one."""
    kpi, predictions = manifest.kpi, manifest.budget.predictions_per_month
    if not kpi.family or kpi.baseline is None or kpi.target is None or not predictions:
        return
    is_share = kpi.family == "conversion"
    if is_share and not (0 <= kpi.baseline <= 1 and 0 <= kpi.target <= 1):
        return
    cases = abs(kpi.target - kpi.baseline) * predictions
    money = cases * float(kpi.unit_value or 0)
    spoken, each = (_percent, "") if is_share else (plain, " a case")
    aim = f"{spoken(kpi.baseline)} to {spoken(kpi.target)}{each}"
    brought = f"{plain(cases)} {kpi.unit or 'units'}, {plain(money)} {kpi.currency} a month"
    yield Condition(
        "aim",
        f"the aim ({aim}) would bring {brought}, if each prediction is one case",
        Figure(cases, kpi.unit or "units", "month", how="the declared change times the declared predictions"),
    )


def _told(needed: float) -> str:
    """A count that is enough: rounded up, so that it pays."""
    return plain(needed) if needed < 1 else f"{-int(-needed // 1):,}"


def _percent(share: float) -> str:
    return f"{plain(100 * share)} %" if share < 0.1 else f"{100 * share:.1f} %".replace(".0 %", " %")
