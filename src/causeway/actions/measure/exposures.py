"""`causeway measure import-exposures`: who was assigned to what by another tool, from its log."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, structs

from causeway.actions.decide import product_state
from causeway.actions.label import time_told
from causeway.actions.measure.received import check_moment, recording
from causeway.actions.routes import promise
from causeway.actions.segments import EXPOSURES, new_segment, put_segment, segment_files
from causeway.actions.workspace import Workspace
from causeway.adapters import registry
from causeway.core.errors import Conflict, NotFound, OutsideError, UsageError, remedy
from causeway.core.ids import digest_of
from causeway.core.records import SegmentColumn, SegmentContent
from causeway.core.value import CONTROL, TREATED, ExposuresImported

TRIES = 5


class Names(Struct, frozen=True):
    """What a log calls the unit, the time, the experiment and the variation; nested ones with dots."""

    unit: str
    at: str
    experiment: str
    variation: str


TOOLS = {
    "growthbook": Names("user_id", "timestamp", "experiment_id", "variation_id"),
    "unleash": Names("context.userId", "timestamp", "featureName", "variant"),
    "table": Names("unit", "at", "experiment", "variation"),
}
"""How tools write their exposures."""


class Exposed(Struct, frozen=True):
    """What became of the exposures in a log: `imported`, or `already_imported`."""

    product: str
    status: str
    rows: int
    """Of the experiment; each is one of taken and duplicate."""
    taken: int
    duplicates: int
    others: int
    """Rows of other experiments, which are left out."""
    arms: dict[str, int]
    """How many of the taken ones are of each variation."""
    segment: str = ""


class Experiment(Struct, frozen=True):
    """Which of the log's experiments it is, what stands for `without the product`, and how large that is."""

    name: str
    control: str
    control_share: float
    tool: str = "growthbook"


class _Row(Struct, frozen=True):
    id: str
    unit: str
    at: datetime
    variation: str


def import_exposures(work: Workspace, product: str, file: Path, experiment: Experiment) -> Exposed:
    """Brings the exposures of one experiment in; the same log a second time changes nothing."""
    _check(experiment)
    manifest = promise(work, product_state(work, product))
    recorded = recording(work, product, manifest.serving.entity)
    rows, others = _rows(file, experiment)
    for row in rows:
        check_moment(row.at, now=work.clock.now())
    rows = [structs.replace(row, unit=recorded(row.unit)) for row in rows]
    _expect_both(rows, experiment, file)
    for _ in range(TRIES):
        head = work.ledger.head(product).seq
        fresh = _fresh(work, product, rows)
        arms = dict(sorted(Counter(row.variation for row in fresh).items()))
        done = Exposed(
            product, "already_imported", len(rows), len(fresh), len(rows) - len(fresh), others, arms
        )
        if not fresh:
            return done
        content = _content(fresh, experiment)
        new = new_segment(work, product, EXPOSURES, content, day=f"{work.clock.now():%Y-%m-%d}")
        put_segment(work, new)
        fact = _event(done, experiment, new.fact.segment, rows)
        try:
            work.ledger.append(
                product, [new.fact, fact], actor=work.actor, at=work.clock.now(), expected=head
            )
        except Conflict:
            continue
        return structs.replace(done, status="imported", segment=new.fact.segment)
    raise Conflict(f"others kept writing to {product}", hint="import again; nothing was changed")


def _check(experiment: Experiment) -> None:
    if experiment.tool not in TOOLS:
        raise UsageError(f"no tool {experiment.tool!r} is known", hint=f"one of: {', '.join(TOOLS)}")
    if not 0 < experiment.control_share < 1:
        raise UsageError(
            "the share of the control is between 0 and 1",
            hint="how large it was meant to be, so that the split can be checked: --control-share 0.5",
        )


def _rows(file: Path, experiment: Experiment) -> tuple[list[_Row], int]:
    names = TOOLS[experiment.tool]
    found: list[_Row] = []
    others = 0
    for number, row in enumerate(_read(file, names), start=1):
        if row[2] != experiment.name:
            others += 1
            continue
        unit, at, _, variation = row
        moment = time_told(at, number, file)
        if not unit or moment is None or not variation:
            raise UsageError(
                f"row {number} lacks its unit, time or variation",
                where=str(file),
                hint=f"needed are {names.unit}, {names.at}, {names.variation}",
            )
        id_ = digest_of(f"{experiment.name}\n{unit}\n{moment.isoformat()}\n{variation}".encode())
        found.append(_Row(id_.removeprefix("sha256:")[:32], unit, moment, variation))
    return [*{row.id: row for row in found}.values()], others


def _read(file: Path, names: Names) -> Iterator[tuple[str, str, str, str]]:
    wanted = structs.astuple(names)
    if file.suffix.lower() in (".jsonl", ".ndjson", ".json"):
        for row in _lines(file):
            yield tuple(_at(row, name) for name in wanted)  # pyright: ignore[reportReturnType]
        return
    texts = registry.segment_files().read_texts(file, wanted)
    missing = [name for name in wanted if name not in texts]
    if missing:
        raise UsageError(f"{file.name} has no column {missing[0]!r}", where=str(file), hint="see --tool")
    for row in zip(*(texts[name] for name in wanted), strict=True):
        yield tuple((value or "").strip() for value in row)  # pyright: ignore[reportReturnType]


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    try:
        content = file.read_bytes().strip()
    except FileNotFoundError:
        raise NotFound(f"there is no file {file}", hint="name a file that exists") from None
    except OSError as error:
        raise OutsideError(f"cannot read {file}: {error.strerror}", hint=remedy(error)) from error
    try:
        if content[:1] == b"[":
            yield from msgspec.json.decode(content, type=list[dict[str, Any]])
            return
        for line in content.splitlines():
            if line.strip():
                yield msgspec.json.decode(line, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as error:
        raise UsageError(
            f"{file.name} is no JSON: {error}", where=str(file), hint="an object a line"
        ) from error


def _at(row: Mapping[str, Any], name: str) -> str:
    value: Any = row
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if isinstance(value, dict):
        # Unleash says a variant as an object where it has a payload
        value = value.get("name")
    return "" if value is None else str(value).strip()


def _expect_both(rows: Sequence[_Row], experiment: Experiment, file: Path) -> None:
    variations = sorted({row.variation for row in rows})
    if experiment.control not in variations or len(variations) < 2:
        raise UsageError(
            f"{file.name} has {', '.join(variations) or 'nothing'} of {experiment.name}, which is no "
            f"{experiment.control} and something beside it",
            where=str(file),
            hint="name the experiment and its control: --experiment, --control",
        )


def _fresh(work: Workspace, product: str, rows: Sequence[_Row]) -> list[_Row]:
    before = segment_files(work, product, EXPOSURES)
    if not before:
        return list(rows)
    found = registry.segment_files().matching(before, {row.id for row in rows}, columns=["id"])
    known = set(found.columns["id"].values)
    return [row for row in rows if row.id not in known]


def _content(rows: Sequence[_Row], experiment: Experiment) -> SegmentContent:
    times = [round(row.at.timestamp() * 1e6) for row in rows]
    arms = [CONTROL if row.variation == experiment.control else TREATED for row in rows]
    columns = {
        "id": SegmentColumn("text", [row.id for row in rows]),
        "unit": SegmentColumn("text", [row.unit for row in rows]),
        "at": SegmentColumn("time", times),
        "arm": SegmentColumn("text", arms),
        "variation": SegmentColumn("text", [row.variation for row in rows]),
        "experiment": SegmentColumn("text", [experiment.name] * len(rows)),
    }
    content = registry.segment_files().encode(columns)
    return SegmentContent(content, len(rows), min(times), max(times))


def _event(done: Exposed, experiment: Experiment, segment: str, rows: Sequence[_Row]) -> ExposuresImported:
    treated = sorted({row.variation for row in rows} - {experiment.control})
    return ExposuresImported(
        segment=segment,
        rows=done.rows,
        taken=done.taken,
        duplicates=done.duplicates,
        experiment=experiment.name,
        control=experiment.control,
        treated=tuple(treated),
        tool=experiment.tool,
        control_share=experiment.control_share,
    )
