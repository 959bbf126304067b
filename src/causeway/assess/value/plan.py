"""What was agreed before the start: the measure, whom chance assigns, and how long one waits."""

from datetime import date
from decimal import Decimal

from msgspec import Struct

from causeway.core.errors import Refused
from causeway.core.manifest import GuardrailPart, Manifest, SlicePart
from causeway.core.value import MINUTES

RANDOMISED, GROUP_SEQUENTIAL, STAGGERED = "randomised", "group-sequential", "staggered"
SWITCHBACK, INTERRUPTED, DECLARED = "switchback", "interrupted-series", "declared"
BY_CHANCE = (RANDOMISED, GROUP_SEQUENTIAL)
OF_PANELS = (STAGGERED, SWITCHBACK, INTERRUPTED)
UNITS, ROWS = "units", "rows"
HOURS, MARGIN = "hours", "margin"
UNPLANNED = 5000
"""Units that a sequence is narrowest at where nobody planned a number."""


class WrongUnit(Refused):
    """Values would be compared by another unit than chance assigned."""

    code = "wrong_unit"


class Plan(Struct, frozen=True, omit_defaults=True):
    """The terms of a claim; every change of one of them after the start costs a grade."""

    kpi: str = ""
    family: str = ""
    design: str = DECLARED
    unit_of_measure: str = ""
    more: bool | None = None
    """Whether more of it is better; None where nobody said."""
    unit: str = ""
    """The input that names whom chance assigns; empty where each request is drawn for itself."""
    per: str = "mean"
    counts: str = UNITS
    horizon_days: float = 30.0
    lag_days: float = 0.0
    start: date | None = None
    end: date | None = None
    planned: int | None = None
    cap: float | None = None
    covariate: str = ""
    control_share: float = 0.0
    unit_value: Decimal | None = None
    currency: str = ""
    washout: int = 0
    haircuts: dict[str, int] = {}
    guardrails: tuple[GuardrailPart, ...] = ()
    slices: tuple[SlicePart, ...] = ()
    """Parts of the units of which the effect is told besides."""
    target: float | None = None

    @property
    def expected(self) -> float:
        """Units at which the interval is narrowest."""
        return float(self.planned or UNPLANNED)

    @property
    def sign(self) -> float:
        """By which a better measure is a larger one; 0 where nobody knows what is better."""
        return 0.0 if self.more is None else 1.0 if self.more else -1.0


TERMS = {
    "kpi": "the measure",
    "family": "its family",
    "design": "the design",
    "unit_of_measure": "the measure's unit",
    "more": "what is better",
    "unit": "whom chance assigns",
    "per": "what a unit's values come to",
    "counts": "what the effect is counted on",
    "horizon_days": "the horizon",
    "lag_days": "how long outcomes take",
    "start": "the start",
    "end": "the registered end",
    "planned": "the planned number",
    "cap": "the cap",
    "covariate": "the covariate",
    "control_share": "the share of the holdout",
    "guardrails": "the guardrails",
    "unit_value": "the unit value",
    "currency": "the currency",
    "washout": "the washout",
    "haircuts": "what a grade takes off",
}
"""What must not change after the start, in words."""


def plan_of(manifest: Manifest) -> Plan:
    """The plan in this manifest; refused where it compares by another unit than the gateway draws."""
    kpi, value, serving = manifest.kpi, manifest.value, manifest.serving
    design = kpi.design or (RANDOMISED if serving.holdout_percent else DECLARED)
    if design in BY_CHANCE and value.unit and value.unit != serving.entity:
        assigned = f"`{serving.entity}`" if serving.entity else "each request"
        raise WrongUnit(
            f"[value] unit is `{value.unit}`, and chance assigns {assigned}: rows of one unit are alike, and "
            "compared as if they were not they would show effects that are none",
            where="causeway.toml",
            hint="leave [value] unit out, or make it [serving] entity, so that it is what is assigned",
        )
    return Plan(
        kpi=kpi.name,
        family=kpi.family,
        design=design,
        unit_of_measure=kpi.unit,
        more=_more(manifest),
        unit=serving.entity,
        per=value.per,
        counts=value.counts or (ROWS if kpi.family == HOURS else UNITS),
        horizon_days=value.horizon_days,
        lag_days=value.lag_days,
        start=value.start,
        end=value.end,
        planned=value.units,
        cap=value.cap,
        covariate=value.covariate,
        control_share=serving.holdout_percent / 100,
        unit_value=kpi.unit_value,
        currency=kpi.currency,
        washout=value.washout,
        haircuts=value.haircut_percents,
        guardrails=manifest.guardrails,
        slices=manifest.slices,
        target=kpi.target,
    )


def changed_terms(before: Plan, after: Plan) -> tuple[str, ...]:
    """What of the plan is another than before, in words."""
    # a currency that nobody had named comes with the unit value, which is a change already
    named = [name for name in TERMS if name != "currency" or before.currency]
    return tuple(TERMS[name] for name in named if getattr(before, name) != getattr(after, name))


def names_of(plan: Plan) -> tuple[str, ...]:
    """The measures whose values are read, beside the business measure."""
    return (MINUTES, *(each.name for each in plan.guardrails))


def _more(manifest: Manifest) -> bool | None:
    """As the target lies beside the baseline; else by the family; None where nobody can tell."""
    kpi = manifest.kpi
    if kpi.target is not None and kpi.baseline is not None and kpi.target != kpi.baseline:
        return kpi.target > kpi.baseline
    return True if kpi.family in (HOURS, MARGIN) else None
