"""Whether a release may be tried beside the live one, and on which shares of the traffic."""

from typing import Protocol

from causeway.core.canary import KpiTrial
from causeway.core.errors import Conflict, UsageError
from causeway.core.ids import short
from causeway.core.manifest import KpiPart, Manifest
from causeway.views.product import ProductState

MOST_PERCENT = 50
"""A canary with more would be the one that most callers get."""


class Wish(Protocol):
    """How somebody wants it tried."""

    @property
    def percent(self) -> int | None:
        """The first share, where not the manifest's."""
        ...

    @property
    def shadow(self) -> bool:
        """Whether it is only asked beside."""
        ...


def tried(
    state: ProductState, manifest: Manifest, release: str, wish: Wish
) -> tuple[tuple[int, ...], dict[str, int]]:
    """The steps of the trial, and the shares of its first; refused where there is nothing to compare with."""
    champion = _champion(state, manifest, release)
    if manifest.serving.records == "off":
        raise UsageError(
            "without records nobody can tell how a release does",
            hint='write records = "async" under [serving], or ship it at once: causeway ship',
        )
    if wish.shadow:
        return (), {champion: 100}
    steps = steps_from(manifest.canary.percents, wish.percent)
    return steps, {champion: 100 - steps[0], release: steps[0]}


def steps_from(steps: tuple[int, ...], percent: int | None) -> tuple[int, ...]:
    """The steps in their order, from this share on."""
    ordered = sorted(set(steps))
    if percent is None:
        return tuple(ordered)
    if not 1 <= percent <= MOST_PERCENT:
        raise UsageError(
            f"a canary gets 1 to {MOST_PERCENT} percent, not {percent}",
            hint="name a smaller share, or ship it at once: causeway ship",
        )
    return (percent, *(step for step in ordered if step > percent))


def kpi_trial(manifest: Manifest) -> KpiTrial | None:
    """The business measure as a trial compares it; None where `[canary] kpi` does not ask for that."""
    canary, kpi = manifest.canary, manifest.kpi
    if canary.kpi is None:
        return None
    conversion = kpi.family == "conversion"
    least = 0.0 if canary.kpi_least is None and conversion else canary.kpi_least
    most = 1.0 if canary.kpi_most is None and conversion else canary.kpi_most
    if least is None or most is None or least >= most:
        raise UsageError(
            "the business measure cannot be compared: nobody said between what one value of it lies",
            hint="write both under [canary], the smaller first: kpi_least = 0.0 and kpi_most = 1.0",
        )
    return KpiTrial(kpi.name or "business measure", canary.kpi, least, most, _more_is_better(kpi), kpi.unit)


def _more_is_better(kpi: KpiPart) -> bool:
    if kpi.baseline is not None and kpi.target is not None and kpi.baseline != kpi.target:
        return kpi.target > kpi.baseline
    if kpi.family in ("hours", "margin"):
        return True
    # churn is a conversion too
    raise UsageError(
        "the business measure cannot be compared: nobody said whether more of it is better",
        hint="write baseline and target under [kpi]",
    )


def _champion(state: ProductState, manifest: Manifest, release: str) -> str:
    product = manifest.product.name
    if state.canary:
        raise Conflict(
            f"{short(state.canary.release)} of {product} is on trial already",
            hint="end that first: causeway roll promote, or causeway roll back",
        )
    if not state.shares:
        raise UsageError(
            f"nothing of {product} is live that a release could be tried beside",
            hint="ship the first one at once: causeway ship",
        )
    if release in state.shares:
        raise UsageError(
            f"{short(release)} is what is live",
            hint="make another release: causeway run; or name one: --release DIGITS",
        )
    return max(state.shares, key=lambda each: state.shares[each])
