"""What a product may come to: many scenarios, each with one effect, one price, one cost for all months."""

from statistics import NormalDist

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.stats.finance.worth_now import discounts, paybacks

SCENARIOS = 10_000
SEED = 7
Z90 = NormalDist().inv_cdf(0.9)
P10, P50, P90 = 0.1, 0.5, 0.9

Array = NDArray[np.float64]


class Uncertain(Struct, frozen=True):
    """A number that is not known: its P10, P50 and P90; all alike where it is.

    Between and beyond them it is normal on either side of the P50; `least` and `most` are never passed.
    """

    p10: float
    p50: float
    p90: float
    least: float = -np.inf
    most: float = np.inf

    def at(self, z: Array) -> Array:
        """The number at so many standard deviations of a normal one."""
        side = np.where(z < 0, self.p50 - self.p10, self.p90 - self.p50) / Z90
        return np.clip(self.p50 + side * z, self.least, self.most)


def certain(value: float) -> Uncertain:
    """A number that is known."""
    return Uncertain(value, value, value)


def estimated(value: float, low: float, high: float, *, level: float = 0.95) -> Uncertain:
    """A number from its estimate and its interval at this level."""
    times = Z90 / NormalDist().inv_cdf((1 + level) / 2)
    return Uncertain(value - (value - low) * times, value, value + (high - value) * times)


class Case(Struct, frozen=True):
    """What is assumed of one product over a horizon; the first month is month 0, today.

    A month brings `effect` (on one unit) x `volume` (units of the month, fully adopted) x `unit_value` x
    `realised`, times how far it is adopted, times what is left of the effect; it costs `running` times
    `run_factor`, and in month 0 `build` besides. `effect` is drawn once for a scenario: being wrong about it
    does not average out over months.
    """

    effect: Uncertain
    volume: Array
    running: Array
    build: Uncertain
    unit_value: Uncertain
    realised: Uncertain = certain(1.0)
    """Which share of the value becomes money."""
    volume_factor: Uncertain = certain(1.0)
    run_factor: Uncertain = certain(1.0)
    adopted_after: Uncertain = certain(0.0)
    """Months until everybody uses it, along a straight line."""
    decay_a_year: Uncertain = certain(0.0)
    """The share of the effect that a year takes."""
    rate: float = 0.0
    """A month's discount rate."""


class Drawn(Struct, frozen=True):
    """The uncertain numbers of each scenario, by name."""

    numbers: dict[str, Array]


class Fan(Struct, frozen=True):
    """Cumulative net money by month: P10, P50 and P90 of all scenarios."""

    p10: Array
    p50: Array
    p90: Array


class Outlook(Struct, frozen=True):
    """What all scenarios together say."""

    scenarios: int
    seed: int
    npv: Uncertain
    mean: float
    pays: float
    """The share of scenarios with an NPV above nought."""
    pays_back: float
    """The share of scenarios that pay back within the horizon, undiscounted."""
    payback: tuple[float | None, float | None, float | None]
    """P10, P50 and P90 in months over all scenarios; None: not within the horizon."""
    fan: Fan
    values: Array
    """The NPV of each scenario."""
    drawn: Drawn


NAMES = (
    "effect",
    "unit_value",
    "realised",
    "volume_factor",
    "run_factor",
    "build",
    "adopted_after",
    "decay_a_year",
)


def simulate(case: Case, *, scenarios: int = SCENARIOS, seed: int = SEED) -> Outlook:
    """The outlook of a case; the same seed gives the same scenarios."""
    rng = np.random.default_rng(seed)
    z = {name: rng.standard_normal(scenarios) for name in NAMES}
    numbers = {name: getattr(case, name).at(z[name]) for name in NAMES}
    flows = net_flows(case, numbers)
    values = flows @ discounts(flows.shape[1], rate=case.rate)
    months = paybacks(flows)
    fan = np.quantile(np.cumsum(flows, axis=1), [P10, P50, P90], axis=0)
    return Outlook(
        scenarios=scenarios,
        seed=seed,
        npv=Uncertain(*(float(each) for each in np.quantile(values, [P10, P50, P90]))),
        mean=float(values.mean()),
        pays=float((values > 0).mean()),
        pays_back=float(np.isfinite(months).mean()),
        payback=_months(months),
        fan=Fan(fan[0], fan[1], fan[2]),
        values=values,
        drawn=Drawn(numbers),
    )


def net_flows(case: Case, numbers: dict[str, Array]) -> Array:
    """What each month brings less what it costs, a row a scenario."""
    months = np.arange(len(case.volume), dtype=np.float64)
    ramp = numbers["adopted_after"][:, None]
    adopted = np.where(ramp > 0, np.minimum((months + 1) / np.maximum(ramp, 1e-9), 1.0), 1.0)
    left = np.clip(1 - numbers["decay_a_year"][:, None], 0.0, None) ** (months / 12)
    each = numbers["effect"] * numbers["unit_value"] * numbers["realised"] * numbers["volume_factor"]
    flows = each[:, None] * case.volume * adopted * left - numbers["run_factor"][:, None] * case.running
    flows[:, 0] -= numbers["build"]
    return flows


def _months(months: Array) -> tuple[float | None, float | None, float | None]:
    """Quantiles in which a scenario that never pays back is later than all others."""
    ordered = np.sort(np.where(np.isfinite(months), months, np.inf))
    found = [float(ordered[min(int(share * len(ordered)), len(ordered) - 1)]) for share in (P10, P50, P90)]
    first, second, third = (None if np.isinf(each) else each for each in found)
    return first, second, third
