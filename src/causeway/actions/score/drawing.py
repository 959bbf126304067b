"""Which rows of a part each release answers, and which get no answer: drawn as the gateway draws."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from causeway.adapters.ports import PartRows
from causeway.core.assignment import HOLDOUT, unit_of
from causeway.core.release import Output
from causeway.core.score import Part
from causeway.gateway.answers.fallback import fallback_answers
from causeway.gateway.routes.routing import Live, Variant

Mask = NDArray[np.bool_]


def arms_of(live: Live, rows: PartRows, part: Part, *, unit: str) -> list[tuple[Variant, Mask]]:
    """Each release with the rows that it answers, and with those that are withheld from it.

    A row whose `unit` names nobody is drawn by its number.
    """
    lots = live.lots
    if lots is None or (len(live.variants) == 1 and not lots.holdout_percent):
        return [(live.variants[0], np.ones(len(rows), np.bool_))]
    units = _units(rows, part, unit)
    places = np.array([lots.release(each) for each in units], np.int64)
    held = np.array([lots.held_out(each) for each in units], np.bool_)
    answered = [(variant, (places == place) & ~held) for place, variant in enumerate(live.variants)]
    withheld = [
        (structs.replace(variant, arm=HOLDOUT), (places == place) & held)
        for place, variant in enumerate(live.variants)
    ]
    return [*answered, *(each for each in withheld if each[1].any())]


def withheld_answer(live: Live, variant: Variant, outputs: Sequence[Output]) -> Mapping[str, Any]:
    """What a row of the holdout gets."""
    if live.route.withheld != "fallback":
        return {output.name: None for output in outputs}
    return fallback_answers(variant.loaded.release, live.route.fallback, outputs)


def _units(rows: PartRows, part: Part, unit: str) -> list[str]:
    numbers = [str(part.first + i + 1) for i in range(len(rows))]
    if not unit:
        return numbers
    named = rows.rows(range(len(rows)), [unit])
    return [unit_of(row[unit]) or number for row, number in zip(named, numbers, strict=True)]
