"""The data plane under every protocol: rows in, recorded answers out."""

import time
from collections.abc import Mapping, Sequence

from msgspec import Struct

from causeway.core.assignment import HOLDOUT
from causeway.core.features import Problem
from causeway.core.records import Record, Value, frame
from causeway.core.release import Output
from causeway.core.routes import Key
from causeway.gateway.identifiers import following
from causeway.gateway.model import Answers, Predicted
from causeway.gateway.recorder import Recorder
from causeway.gateway.refusals import Invalid, NotReady
from causeway.gateway.routing import Live, Variant
from causeway.gateway.schema import Checked, Row, at

NANOSECONDS = 1_000_000_000


class Asked(Struct, frozen=True):
    """One request for answers, whatever protocol it came by."""

    rows: Sequence[Mapping[str, object]]
    key: Key
    unit: str
    """The name of its first row's prediction, by which its release is drawn."""
    request: str
    """What the caller named the request, or the unit."""
    started: float
    """`time.perf_counter()` when it arrived."""
    entity: str = ""
    entities: Sequence[Value] = ()
    """Whom each row is about, where the release does not take that as an input."""


class Answer(Struct, frozen=True):
    """What goes back, a row each."""

    variant: Variant
    ids: Sequence[str]
    outputs: Answers
    flags: Sequence[tuple[str, ...]]
    request: str
    at_ns: int
    """Nanoseconds since 1970 in UTC."""


async def answer(live: Live, variant: Variant, asked: Asked, *, recorder: Recorder) -> Answer:
    """The recorded answer to these rows, or the reason why there is none."""
    checked = variant.loaded.schema.check(asked.rows)
    made = answered(variant, asked, checked, await variant.loaded.predict(checked.rows))
    await recorded(live, made, checked.rows, asked, recorder=recorder)
    return made


async def recorded(
    live: Live, made: Answer, rows: Sequence[Row], asked: Asked, *, recorder: Recorder
) -> None:
    """Records this answer as the route wants it."""
    if live.route.records == "off":
        return
    frames = frames_of(made, rows, asked)
    if live.route.records == "async":
        recorder.append(live.product, frames)
    elif not await recorder.durable(live.product, frames):
        raise not_kept()


def answered(variant: Variant, asked: Asked, checked: Checked, predicted: Predicted) -> Answer:
    """What was predicted for these rows, each with a name; refused where the release takes no such row."""
    flags = flagged(checked.flags, predicted.problems, variant) if predicted.problems else checked.flags
    ids = following(asked.unit, len(checked.rows))
    return Answer(variant, ids, predicted.answers, flags, asked.request, time.time_ns())


def releases_of(made: Answer) -> list[str]:
    """The release that answered each row, nothing where none did; empty where all are one release's."""
    names = ["" if each.arm == HOLDOUT else each.loaded.version for each in made.variant.by]
    return names if len({*names} - {""}) > 1 else []


def not_kept() -> NotReady:
    """Why there is no answer, where it had to be on the disk first."""
    return NotReady(
        "the answer could not be recorded, so it is not given",
        hint="this product answers only after its record is on the disk; free some space there",
    )


def flagged(
    flags: Sequence[tuple[str, ...]], problems: Sequence[Problem], variant: Variant
) -> Sequence[tuple[str, ...]]:
    """Each row's flags with those of the features' problems; refused where the release does not flag them."""
    schema = variant.loaded.schema
    tolerated = {"missing": schema.flag_missing, "unseen": schema.flag_unseen}
    out = [*flags]
    for problem in problems:
        if problem.refused and not tolerated.get(problem.kind, False):
            raise Invalid(_said(problem), hint=problem.hint)
        flag = f"{problem.kind}:{problem.field}"
        if flag not in out[problem.row]:
            out[problem.row] = (*out[problem.row], flag)
    return out


def _said(problem: Problem) -> str:
    place = at(problem.field, problem.row)
    match problem.kind:
        case "missing":
            return f"{place}: a value is missing"
        case "unseen":
            return f"{place}: {problem.value} was never seen by this release"
        case "unparsable":
            return f"{place}: {problem.value or 'the value'} cannot be read"
        case "unproven":
            return f"{place}: {problem.value} has a character on which this release was never proven"
        case _:
            return f"{place}: {problem.value} is of the wrong type"


def frames_of(made: Answer, rows: Sequence[Row], asked: Asked) -> list[bytes]:
    """The records of these answers, as they lie in the log."""
    loaded, private, by = made.variant.loaded, made.variant.private, made.variant.by
    if asked.entities:
        rows = [row | {asked.entity: who} for row, who in zip(rows, asked.entities, strict=True)]
    request = made.request
    if private is not None:
        rows = private.kept(rows)
        # what a caller names a request may name a person
        request = request if request == asked.unit else private.hashed(request)
    latency_us = int((time.perf_counter() - asked.started) * 1e6)
    kept = kept_outputs(loaded.release.signature.outputs, made)
    return [
        frame(
            Record(
                id=made.ids[i],
                at_ns=made.at_ns,
                product=loaded.release.product,
                release=by[i].loaded.digest if by else loaded.digest,
                arm=by[i].arm if by else made.variant.arm,
                consumer=asked.key.consumer,
                inputs=row,
                outputs=kept[i],
                latency_us=latency_us,
                flags=made.flags[i],
                request=request,
            )
        )
        for i, row in enumerate(rows)
    ]


def kept_outputs(outputs: Sequence[Output], made: Answer) -> list[dict[str, Value]]:
    """Each row's outputs as they are recorded: one probability, of the positive class, where there is one."""
    rows: list[dict[str, Value]] = [{} for _ in made.ids]
    for output in outputs:
        values = made.outputs[output.name]
        if output.kind != "probability":
            for row, value in zip(rows, values, strict=True):
                row[output.name] = value
            continue
        for row, value in zip(rows, values, strict=True):
            row.update(_probabilities(output, value))
    return rows


def _probabilities(output: Output, value: object) -> dict[str, Value]:
    parts = value or [None] * len(output.classes)
    if output.positive:
        return {output.name: parts[output.classes.index(output.positive)]}
    return {f"{output.name}_{name}": part for name, part in zip(output.classes, parts, strict=True)}
