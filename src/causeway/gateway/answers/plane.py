"""The data plane under every protocol: rows in, recorded answers out."""

import time
from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import cast

from msgspec import Raw, Struct

from causeway.core.assignment import HOLDOUT
from causeway.core.features import Problem
from causeway.core.records import Many, Value, framed
from causeway.core.release import Output, Release
from causeway.core.routes import Key
from causeway.core.typed_rows import TypedRows
from causeway.gateway.models.model import Answers, Predicted
from causeway.gateway.records.identifiers import following
from causeway.gateway.records.recorder import Recorder
from causeway.gateway.refusals import Invalid, NotReady
from causeway.gateway.routes.routing import Live, Variant
from causeway.gateway.rows.plain_answers import PlainAnswers
from causeway.gateway.rows.schema import Checked, Row, at

NANOSECONDS = 1_000_000_000


class Asked(Struct, frozen=True, gc=False):
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


class Answer(Struct, frozen=True, gc=False):
    """What goes back, a row each."""

    variant: Variant
    ids: Sequence[str]
    outputs: Answers
    flags: Sequence[tuple[str, ...]]
    request: str
    at_ns: int
    """Nanoseconds since 1970 in UTC."""
    kept: Answers | None = None
    """What is recorded, where that is not what goes back."""


async def recorded(
    live: Live, made: Answer, rows: Sequence[Row], asked: Asked, *, recorder: Recorder
) -> None:
    """Records this answer as the route wants it."""
    if live.route.records == "off":
        return
    frames = frames_of(made, rows, asked)
    if live.route.records == "async" and not (live.stops and live.product in recorder.failures):
        recorder.append(live.product, frames)
    elif not await recorder.durable(live.product, frames):
        raise not_kept()


def answered(variant: Variant, asked: Asked, checked: Checked, predicted: Predicted) -> Answer:
    """What was predicted for these rows, each with a name; refused where the release takes no such row."""
    flags = flagged(checked.flags, predicted.problems, variant) if predicted.problems else checked.flags
    ids = following(asked.unit, len(checked.rows))
    made = Answer(variant, ids, predicted.answers, flags, asked.request, time.time_ns(), predicted.kept)
    if variant.shadow is not None:
        variant.shadow.take(made, asked)
    return made


def releases_of(made: Answer) -> Sequence[str]:
    """The release that answered each row, nothing where none did; empty where all are one release's."""
    if not made.variant.by:
        return ()
    names = ["" if each.arm == HOLDOUT else each.loaded.version for each in made.variant.by]
    return names if len({*names} - {""}) > 1 else ()


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
    if isinstance(rows, TypedRows) and len(rows) > 1 and loaded.plain and not by:
        return _in_one(made, rows, loaded.plain, asked.key.consumer, latency_us=latency_us, request=request)
    said = loaded.plain.kept(made.outputs) if loaded.plain else kept_outputs(loaded.release, made)
    sent = rows.sent if isinstance(rows, TypedRows) else rows
    at_ns, product, consumer = made.at_ns, loaded.release.product, asked.key.consumer
    releases = [each.loaded.digest for each in by] if by else repeat(loaded.digest)
    arms = [each.arm for each in by] if by else repeat(made.variant.arm)
    each_row = zip(made.ids, releases, arms, sent, said, made.flags, strict=False)
    return [
        framed((id_, at_ns, product, release, arm, consumer, row, out, latency_us, flags, request))
        for id_, release, arm, row, out, flags in each_row
    ]


def _in_one(
    made: Answer, rows: TypedRows, plain: PlainAnswers, consumer: str, *, latency_us: int, request: str
) -> list[bytes]:
    many = Many(
        ids=made.ids,
        at_ns=made.at_ns,
        product=made.variant.loaded.release.product,
        release=made.variant.loaded.digest,
        arm=made.variant.arm,
        consumer=consumer,
        fields=rows.kind.names,
        # written already
        inputs=cast("Sequence[tuple[Value, ...]]", Raw(rows.packed())),
        outputs=plain.columns(made.outputs),
        latency_us=latency_us,
        flags={row: said for row, said in enumerate(made.flags) if said} if any(made.flags) else {},
        request=request,
    )
    # whoever counts records counts frames: the first is that of all rows, the others are empty
    return [framed(many), *[b""] * (len(rows) - 1)]


def kept_outputs(release: Release, made: Answer) -> list[dict[str, Value]]:
    """Each row's outputs as they are recorded: one probability, of the positive class, where there is one."""
    rows: list[dict[str, Value]] = [{} for _ in made.ids]
    outputs = made.outputs if made.kept is None else made.kept
    for output in release.signature.outputs:
        values = outputs[output.name]
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
