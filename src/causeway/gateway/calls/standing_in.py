"""Who answers where a model failed on a good request: the release before, or what the manifest declares."""

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import structs

from causeway.core.assignment import HOLDOUT
from causeway.core.errors import CausewayError
from causeway.core.records import Value
from causeway.gateway.answers.fallback import fallback_answers
from causeway.gateway.answers.plane import Answer, Asked, answered, recorded
from causeway.gateway.answers.together import UNNAMED, taken_off
from causeway.gateway.calls.asking import Opened
from causeway.gateway.calls.deadlines import check
from causeway.gateway.metering.measures import Measures
from causeway.gateway.models.model import Predicted
from causeway.gateway.records.recorder import Recorder
from causeway.gateway.refusals import FAILURES, NoNumber, reason_of
from causeway.gateway.routes.routing import Variant
from causeway.gateway.rows.schema import Checked
from causeway.gateway.wire.http import Reply

PREVIOUS, DECLARED = "previous", "answer"
HEADER = "causeway-fallback"
LARGEST = 3.4028234663852886e38
"""What a model takes at most, as its numbers have 32 bits."""


class House(Protocol):
    """What the application holds."""

    recorder: Recorder
    measures: Measures


def stands_in(call: Opened, checked: Checked, error: Exception) -> bool:
    """Whether something else may answer: the model failed, and the manifest says so."""
    # where rows have releases of their own there is none that could answer for all of them
    backed = call.live.route.on_failure != "refuse" and _is_of_one(call.variant)
    return backed and is_failure(error, checked.rows)


def _is_of_one(variant: Variant) -> bool:
    """Whether one release answers all rows, as it does where only their entity is missing."""
    by = variant.by
    return not by or (
        all(each.arm != HOLDOUT for each in by) and len({each.loaded.digest for each in by}) == 1
    )


def is_failure(error: Exception, rows: Sequence[Mapping[str, Value]]) -> bool:
    """Whether this is the fault of the model, not of whoever asked it."""
    if isinstance(error, NoNumber):
        # of a number that is none to the model, it cannot make one
        return all(_is_finite(value) for row in rows for value in row.values())
    return isinstance(error, FAILURES) or not isinstance(error, CausewayError)


async def stand_in(
    call: Opened, body: bytes, asked: Asked, checked: Checked, error: Exception, *, house: House
) -> Reply:
    """The reply of whoever answers in place of the model that failed; else its own error."""
    live, kind, failed = call.live, call.live.route.on_failure, call.variant.loaded.version
    try:
        check(call.until)
        if kind == PREVIOUS:
            call, asked, checked, made = await _previous(call, body, asked, checked.flags)
        else:
            made = _declared(call, asked, checked)
        await recorded(live, made, checked.rows, asked, recorder=house.recorder)
    except CausewayError:
        # its callers are told, and so it counts as refused
        house.measures.failures.add(live.product, failed, reason_of(error))
        raise error from None
    house.measures.failed(live.product, failed, reason_of(error))
    house.measures.stood_in(live.product, kind, rows=len(made.ids))
    reply = call.replied(call.spoken(body)[1](made), made.ids[0])
    return structs.replace(reply, headers=(*reply.headers, (HEADER, kind)))


async def _previous(
    call: Opened, body: bytes, asked: Asked, said: Sequence[tuple[str, ...]]
) -> tuple[Opened, Asked, Checked, Answer]:
    """The answer of the release before, to the request as that release reads it."""
    previous = call.live.stand_in(call.variant)
    if previous is None:
        raise NoNumber("there is no release before")
    unnamed = bool(call.variant.by)
    call = structs.replace(call, variant=previous)
    asked = structs.replace(asked, rows=call.spoken(body)[0])
    if call.live.by_row:
        asked = taken_off(asked, previous, call.live.route.entity)
    checked = previous.loaded.schema.check(asked.rows)
    if unnamed:
        checked = _told_unnamed(checked, said)
    checked = _flagged(checked, PREVIOUS)
    with previous.loaded.held():
        predicted = await previous.loaded.predict(checked.rows)
    return call, asked, checked, answered(previous, asked, checked, predicted)


def _declared(call: Opened, asked: Asked, checked: Checked) -> Answer:
    """What the manifest declares, for every row."""
    release = call.variant.loaded.release
    one = fallback_answers(release, call.live.route.fallback, release.signature.outputs)
    predicted = Predicted({name: [value] * len(checked.rows) for name, value in one.items()}, ())
    return answered(call.variant, asked, _flagged(checked, DECLARED), predicted)


def _flagged(checked: Checked, kind: str) -> Checked:
    return Checked(checked.rows, [(*flags, f"fallback:{kind}") for flags in checked.flags])


def _told_unnamed(checked: Checked, said: Sequence[tuple[str, ...]]) -> Checked:
    """The rows with what was said of them before the release was asked: that they name nobody."""
    known = [[flag for flag in flags if flag.startswith(f"{UNNAMED}:")] for flags in said]
    pairs = zip(checked.flags, known, strict=True)
    return Checked(checked.rows, [(*flags, *more) for flags, more in pairs])


def _is_finite(value: Value) -> bool:
    if isinstance(value, float):
        return math.isfinite(value) and abs(value) <= LARGEST
    return not isinstance(value, int) or abs(value) <= LARGEST
