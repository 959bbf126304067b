"""The forecast of a folder: its manifest, its rate card, and what its gateway measured."""

import os
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from causeway.actions.measured import measured
from causeway.actions.promise import Promise
from causeway.actions.workspace import STATE
from causeway.assess.forecast import Forecast, forecast
from causeway.assess.rates import RateCard, bundled_rates, read_rates
from causeway.assess.running_cost import Measured, Trained
from causeway.core.errors import UsageError, outside
from causeway.core.evaluation import DecisionSeen
from causeway.core.finding import Finding
from causeway.core.manifest import Manifest
from causeway.views.proofs import Probed

MAX_CARD_BYTES = 1 << 20
RATES = "CAUSEWAY_RATES"
"""Environment variable that names a rate card for all products."""


def forecast_of(
    folder: Path,
    promise: Promise,
    findings: Iterable[Finding],
    *,
    runnable: bool,
    today: date,
    probed: Probed | None = None,
    trained: Trained | None = None,
    decided: DecisionSeen | None = None,
) -> Forecast:
    """What production would take, cost and need; `runnable` says whether `causeway run` works here."""
    manifest = promise.manifest
    return forecast(
        findings,
        manifest,
        rates=rates_of(folder, manifest),
        measured=_measured(folder, manifest) or _as_probed(probed),
        today=today,
        runnable=runnable,
        text=promise.text,
        trained=trained,
        decided=decided,
    )


def rates_of(folder: Path, manifest: Manifest | None) -> RateCard:
    """The product's own card, else the house's, else the bundled one."""
    if manifest is not None and manifest.budget.rates:
        return _card(_inside(folder, manifest.budget.rates))
    house = os.environ.get(RATES)
    return _card(Path(house)) if house else bundled_rates()


def _inside(folder: Path, name: str) -> Path:
    """A file of the folder: a check reads nothing else, whatever a manifest says."""
    path = folder / name
    if path.resolve().is_relative_to(folder.resolve()) and (path.is_file() or not path.exists()):
        return path
    raise UsageError(
        "the rate card is no file in this folder",
        where=str(path),
        hint=f"put it beside causeway.toml, or name one for all products in {RATES}",
    )


def _card(path: Path) -> RateCard:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_CARD_BYTES).decode()
    except UnicodeDecodeError as error:
        raise UsageError(
            "the rate card is not UTF-8 text", where=str(path), hint="save the file as UTF-8"
        ) from error
    except OSError as error:
        raise outside(error) from error
    return read_rates(content, where=str(path))


def _as_probed(probed: Probed | None) -> Measured | None:
    """What a probe measured, where no caller was there to measure by."""
    if probed is None or not probed.fact.mean:
        return None
    fact = probed.fact
    source = f"a probe on {probed.at:%Y-%m-%d}"
    return Measured(fact.asked, fact.median, fact.mean, fact.p95, fact.record_bytes, source)


def _measured(folder: Path, manifest: Manifest | None) -> Measured | None:
    if manifest is None:
        return None
    place = folder.resolve()
    home = next((above for above in (place, *place.parents) if (above / STATE).is_dir()), None)
    return measured(home / STATE, manifest.product.name) if home else None
