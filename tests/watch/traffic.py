"""Simulated traffic of a product: sealed hours of rows, with what a test plants in them."""

from datetime import UTC, datetime, timedelta

import numpy as np
from msgspec import structs

import shipyard
from causeway.actions.label import label
from causeway.actions.segments import PREDICTIONS, new_segment, put_segment, segment_files
from causeway.actions.ship import ship
from causeway.actions.stages.reference import REFERENCE
from causeway.adapters import registry
from causeway.core.records import SegmentColumn, SegmentContent
from causeway.core.release import Field, Output, Signature
from causeway.stats.profile import number_profile, text_profile
from causeway.stats.release_profile import ReleaseProfile, write_release_profile

CONTRACTS = ("Month-to-month", "One year", "Two year")
SHARES = (0.55, 0.25, 0.2)
SIGNATURE = Signature(
    (*shipyard.RELEASE.signature.inputs, Field("charge", "number"), Field("shoe", "number")),
    tuple(Output(name, name, ("No", "Yes"), "Yes") for name in ("label", "probability")),
)
EVALUATION = structs.replace(
    shipyard.RELEASE.evaluation, metric="roc_auc", value=0.78, low=0.76, high=0.8, baseline=0.5, rows=5000
)
IMPORTANCE = {"tenure": 0.5, "Contract": 0.3, "charge": 0.2, "shoe": 0.0}


def rows_of(generator, count, *, shift=0.0, shoe=0.0):
    """Inputs and answers of so many rows; `shift` is in standard deviations of tenure."""
    tenure = np.clip(np.round(generator.normal(30 + 12 * shift, 12, count)), 0, 72)
    contract = generator.choice(3, count, p=SHARES)
    chance = 1 / (1 + np.exp(0.08 * (tenure - 30) + 0.5 * contract - generator.normal(0, 0.2, count)))
    return {
        "in_tenure": tenure,
        "in_Contract": contract,
        "in_charge": np.round(generator.normal(60, 20, count), 2),
        "in_shoe": np.round(generator.normal(40 + 3 * shoe, 3, count), 1),
        "out_probability": chance,
    }


def reference(seed=1, count=5000, **how):
    """The release's own profile."""
    made = rows_of(np.random.default_rng(seed), count, **how)
    contract, chance = made.pop("in_Contract").astype(np.int64), made["out_probability"]
    columns = {name: number_profile(values) for name, values in made.items()}
    columns["in_Contract"] = text_profile(contract, CONTRACTS)
    columns["out_label"] = text_profile((chance >= 0.5).astype(np.int64), ("No", "Yes"))
    return write_release_profile(ReleaseProfile(count, columns, importance=IMPORTANCE))


def live(folder, *, more="", profiled=True, at=None):
    """A product with a release that answers; its digest."""
    shipyard.poc(folder, more=more)
    files = {REFERENCE: reference()} if profiled else {}
    made = shipyard.release(folder, files=files, signature=SIGNATURE, evaluation=EVALUATION)
    ship(shipyard.workspace(folder, at=at or shipyard.NOON), folder, agree=lambda _: True)
    return made


def hours(folder, release, *, hours, rows=250, seed=0, arm="champion", **changes):
    """Seals rows for each of these hours after noon, by day; `changes` may be functions of the hour."""
    work = shipyard.workspace(folder)
    generator = np.random.default_rng(seed + hours[0])
    for day in sorted({hour // 24 for hour in hours}):
        columns = {}
        for hour in (each for each in hours if each // 24 == day):
            count = rows(hour) if callable(rows) else rows
            how = {name: value(hour) if callable(value) else value for name, value in changes.items()}
            for name, values in _columns(generator, count, hour, release, arm, **how).items():
                columns.setdefault(name, []).append(values)
        _seal(work, {name: np.concatenate(parts) for name, parts in columns.items()})
    work.ledger.close()


def later(folder, hour):
    """The workspace so many hours after noon."""
    return shipyard.workspace(folder, at=shipyard.NOON + timedelta(hours=hour))


def _columns(generator, count, hour, release, arm, *, without="", gaps=0.0, consumer="web", **how):
    made = rows_of(generator, count, **how)
    made["in_charge"] = np.where(generator.random(count) < gaps, np.nan, made["in_charge"])
    made.pop(without, None)
    start = round(shipyard.NOON.timestamp() * 1e6) + hour * 3_600_000_000
    made["in_Contract"] = np.array(CONTRACTS)[made["in_Contract"].astype(int)]
    return {
        "id": np.array([f"{arm}-{hour}-{row}" for row in range(count)]),
        "at": start + np.sort(generator.integers(0, 3_599_000_000, count)),
        "release": np.full(count, release),
        "arm": np.full(count, arm),
        "consumer": np.full(count, consumer),
        "latency_us": generator.integers(800, 4000, count),
        **made,
        "out_label": np.where(made["out_probability"] >= 0.5, "Yes", "No"),
    }


def _seal(work, columns):
    kinds = {"U": "text", "i": "integer", "f": "number"}
    segment = {
        name: SegmentColumn("time" if name == "at" else kinds[values.dtype.kind], values.tolist())
        for name, values in columns.items()
    }
    content = registry.segment_files().encode(segment)
    at = columns["at"]
    day = f"{shipyard.NOON + timedelta(microseconds=float(at[0]) - shipyard.NOON.timestamp() * 1e6):%Y-%m-%d}"
    made = new_segment(
        work, "churn", PREDICTIONS, SegmentContent(content, len(at), int(at.min()), int(at.max())), day=day
    )
    put_segment(work, made)
    work.ledger.append("churn", [made.fact], actor="a1", at=shipyard.NOON)


def outcomes(folder, *, hours, flip=0.0, seed=9, after=0.5):
    """Labels the rows of these hours by the chance that was answered, so many of them turned round."""
    work = later(folder, hours[-1] + 1)
    generator = np.random.default_rng(seed + hours[0])
    first, last = (
        round(shipyard.NOON.timestamp() * 1e6) + hour * 3_600_000_000 for hour in (hours[0], hours[-1] + 1)
    )
    table = registry.segment_files().read(segment_files(work, "churn", PREDICTIONS)).columns
    at, chance, names = table["at"].values, table["out_probability"].values, table["id"].values
    lines = ["id,outcome,at"]
    for place in np.flatnonzero((at >= first) & (at < last)).tolist():
        come = generator.random() < chance[place]
        come = come != (generator.random() < flip)
        known = datetime.fromtimestamp(at[place] / 1e6 + after * 3600, UTC)
        lines.append(f"{names[place]},{'Yes' if come else 'No'},{known.isoformat()}")
    file = folder / f"outcomes-{hours[0]}.csv"
    file.write_text("\n".join(lines))
    label(work, "churn", file)
    work.ledger.close()
