"""Words of scoring: all rows of a table, answered in parts by what is released."""

import hashlib
from collections.abc import Sequence

from msgspec import Struct

from causeway.core.ids import digest_of_value, short
from causeway.core.release import Output

PART_ROWS = 50_000
REHEARSAL = "rehearsal"
"""Who asks where nobody does: rows whose outcome is known already are answered to try the way out."""
OURS = ("prediction_id", "row", "release", "arm", "flags")
"""The columns of what is answered, before the release's outputs."""
ROW, RULES = "causeway.row", "causeway.rules"
"""The columns of what is set apart, before the source's own."""
_VERSION, _VARIANT = "8", "8"


class Staged(Struct, frozen=True):
    """A file of the source as parts are read of it; `textual` where every value is text."""

    path: str
    rows: int
    columns: tuple[str, ...]
    textual: bool


class Part(Struct, frozen=True):
    """Some rows of one staged file; `first` is the number of the first in the whole source, from 0."""

    number: int
    file: int
    offset: int
    rows: int
    first: int


class PartDone(Struct, frozen=True):
    """What became of a part; `segment` is the digest of its records' file, empty where there is none."""

    number: int
    scored: int
    set_apart: int
    arms: dict[str, int]
    segment: str
    rules: dict[str, int] = {}
    """How many rows broke each rule."""
    unchecked: tuple[str, ...] = ()


def parts_of(staged: Sequence[Staged], part_rows: int) -> list[Part]:
    """All parts, in the order of their rows."""
    parts: list[Part] = []
    first = 0
    for place, file in enumerate(staged):
        for offset in range(0, file.rows, part_rows):
            rows = min(part_rows, file.rows - offset)
            parts.append(Part(len(parts), place, offset, rows, first + offset))
        first += file.rows
    return parts


def outputs_of(releases: Sequence[Sequence[Output]]) -> tuple[Output, ...]:
    """The outputs of several releases by name; a probability has the classes that any of them knows."""
    found: dict[str, Output] = {}
    for output in (each for outputs in releases for each in outputs):
        before = found.get(output.name, output)
        if output.kind == before.kind == "probability":
            classes = tuple(dict.fromkeys((*before.classes, *output.classes)))
            positive = output.positive if output.positive == before.positive else ""
            found[output.name] = Output(output.name, output.kind, classes, positive)
        else:
            found[output.name] = output
    return tuple(found.values())


def answer_columns(outputs: Sequence[Output]) -> tuple[str, ...]:
    """The columns of what is answered, whatever is kept beside them."""
    made: list[str] = [*OURS]
    for output in outputs:
        chances = [f"{output.name}_{each}" for each in output.classes]
        made += chances if output.kind == "probability" else [output.name]
    return tuple(made)


def score_name(*of: object) -> str:
    """The name of a scoring: made of the same releases, source and target it is the same."""
    return f"score-{short(digest_of_value(of))}"


def prediction_ids(release: str, source: str, rows: Sequence[int]) -> list[str]:
    """A name for each row's answer (UUIDv8), the same whenever this release scores this source."""
    made = hashlib.sha256(f"{release}\n{source}".encode()).hexdigest()
    head = f"{made[:8]}-{made[8:12]}-{_VERSION}{made[12:15]}-{_VARIANT}{made[15:18]}-"
    return [f"{head}{row:012x}" for row in rows]
