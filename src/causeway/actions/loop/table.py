"""The table that a training gets: what its source holds, then what was recorded and labelled since."""

import csv
import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from msgspec import Struct

from causeway.actions.loop.rows import Labelled, value_at
from causeway.actions.source import digest_file
from causeway.actions.stages.site import Given
from causeway.assess.windows import Window
from causeway.core.dates import moments_of
from causeway.core.errors import OutsideError, Refused, remedy
from causeway.core.ids import counted
from causeway.core.manifest import DataPart, LoopPart
from causeway.core.records import Value
from causeway.core.release import Release
from causeway.core.table import Text

RECORDED_ONLY = "recorded"
DELIMITERS = ",;\t|"
MOST_LABELS = 50
"""A target with more values is no list of classes."""
TORN = 0.01
"""Of the source's rows, so many may have another number of fields: they are left out."""
NEVER = 1 << 62
"""The time of rows that no window holds."""
EPOCH_SECONDS = (1e8, 1e11)
_TRUTHS = {True: ("True", "true", "TRUE", "1"), False: ("False", "false", "FALSE", "0")}


class Source(Struct, frozen=True):
    """The source's file as it lies in the folder: its rows as texts, and their times in microseconds."""

    header: tuple[str, ...]
    rows: Sequence[Sequence[str]] = ()
    at: Sequence[int | None] = ()
    delimiter: str = ","


class Composed(Struct, frozen=True):
    """A table that was written, and where its rows come from."""

    given: Given
    of_source: int
    recorded: int
    empty: tuple[str, ...] = ()
    """Columns of the source that no recorded row has."""


def read_source(folder: Path, part: DataPart, release: Release, loop: LoopPart) -> Source:
    """The source's own rows; only its columns where only recorded rows are wanted, or it lies elsewhere."""
    path = folder / part.path
    fields = (*(field.name for field in release.signature.inputs), part.target or release.target)
    if part.governed:
        # whoever gives the source away decides about each read of it; what was recorded is the product's own
        return Source(fields)
    if path.suffix.lower() != ".csv":
        raise Refused(
            f"{part.path or 'the source'} is no CSV file, so recorded rows cannot follow its own",
            where=str(folder / "causeway.toml"),
            hint="train by hand on what was labelled, then: causeway ship --canary",
        )
    header, rows, delimiter = _read(path)
    if loop.rows == RECORDED_ONLY:
        return Source(header, delimiter=delimiter)
    if part.time_column not in header:
        return Source(header, rows, [None] * len(rows), delimiter)
    place = header.index(part.time_column)
    return Source(header, rows, _times([row[place].strip() for row in rows], part), delimiter)


def compose(
    source: Source,
    labelled: Labelled,
    window: Window,
    *,
    part: DataPart,
    until: int,
    into: Path,
) -> Composed:
    """The rows of this window before `until`, written to a file as the source's own is written.

    Rows that count less are thinned out, the same ones whenever this is done again. Rows of the source
    without a time are older than everything that was recorded.
    """
    oldest = int(labelled.at[0]) - 1 if len(labelled) else until - 1
    times = np.array([oldest if each is None else each for each in source.at], dtype=np.int64)
    dated = np.array([each is not None for each in source.at], dtype=bool)
    weights = window.weights(times, until) * (dated | (window.days is None)) if len(times) else times
    kept = [row for i, row in enumerate(source.rows) if _stays(f"{part.name}/{i}", float(weights[i]))]
    own = window.weights(labelled.at, until)
    places = [i for i, name in enumerate(labelled.ids) if _stays(name, float(own[i]))]
    recorded = list(_recorded(source, labelled, places, part))
    _write(into, source, kept, recorded)
    words = (
        f"{counted(len(kept), 'row')} of {part.name} and {counted(len(recorded), 'recorded row')} "
        f"with known outcomes, window {window.name}"
    )
    given = Given(
        part.name,
        part.path or f"{part.name}.csv",
        into,
        digest_file(into),
        len(kept) + len(recorded),
        source.header,
        words,
        tuple(name for name, column in labelled.inputs.columns.items() if isinstance(column, Text)),
    )
    known = {*labelled.inputs.columns, part.target, part.time_column, *part.identifiers}
    empty = tuple(name for name in source.header if name not in known | _steady(source).keys())
    return Composed(given, len(kept), len(recorded), empty)


def _read(path: Path) -> tuple[tuple[str, ...], list[list[str]], str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            first = stream.readline()
            delimiter = max(DELIMITERS, key=first.count)
            stream.seek(0)
            header, *rows = csv.reader(stream, delimiter=delimiter)
    except (UnicodeDecodeError, csv.Error, ValueError) as error:
        raise Refused(
            f"{path.name} cannot be read: {str(error) or 'it has no header'}",
            where=str(path),
            hint="save it as CSV in UTF-8 with a line of column names",
        ) from error
    except OSError as error:
        raise OutsideError(f"cannot read {path}: {error.strerror}", hint=remedy(error)) from error
    rows = [row for row in rows if row]
    kept = [row for row in rows if len(row) == len(header)]
    if len(rows) - len(kept) > TORN * len(rows):
        raise Refused(
            f"{len(rows) - len(kept):,} of {counted(len(rows), 'row')} have another number of fields than "
            f"the header of {path.name}",
            where=str(path),
            hint="save it as CSV with as many fields in each line as there are column names",
        )
    return tuple(header), kept, delimiter


def _recorded(
    source: Source, labelled: Labelled, places: Sequence[int], part: DataPart
) -> Iterator[list[str]]:
    """The recorded rows in the source's columns and words; what was not recorded stays empty."""
    words = {name: _words_of(source, column) for column, name in enumerate(source.header)}
    steady = _steady(source)
    for place in places:
        known = dict(steady)
        for name, column in labelled.inputs.columns.items():
            known[name] = _text(value_at(column, place), words.get(name, frozenset()))
        known |= dict.fromkeys(part.identifiers, labelled.ids[place])
        if part.time_column:
            moment = datetime.fromtimestamp(int(labelled.at[place]) / 1e6, UTC)
            known.setdefault(part.time_column, moment.isoformat())
        known[part.target] = labelled.outcomes[place]
        yield [known.get(name, "") for name in source.header]


def _steady(source: Source) -> dict[str, str]:
    """The columns that say one thing in all of the source: no release takes them, so none is recorded."""
    columns = zip(source.header, zip(*source.rows, strict=True), strict=True) if source.rows else ()
    return {name: values[0] for name, values in columns if values[0] and len(set(values)) == 1}


def labels_of(source: Source, target: str) -> frozenset[str]:
    """The values of the target in the source, where they are few."""
    if target not in source.header:
        return frozenset()
    place = source.header.index(target)
    found = {row[place].strip() for row in source.rows} - {""}
    return frozenset(found) if len(found) <= MOST_LABELS else frozenset()


def _words_of(source: Source, column: int) -> frozenset[str]:
    """How the source writes true and false in this column."""
    return frozenset(row[column] for row in source.rows[:200])


def _text(value: Value, words: frozenset[str]) -> str:
    if isinstance(value, bool):
        return next((word for word in _TRUTHS[value] if word in words), str(value))
    return "" if value is None else str(value)


def _times(texts: Sequence[str], part: DataPart) -> list[int | None]:
    """Microseconds; None where a row has no time, and never where its time cannot be read.

    A row that was taken for an old one might be one of those that judge.
    """
    found: dict[str, int | None] = {text: _moment(text) for text in set(texts)}
    strange = sorted(text for text, at in found.items() if text and at is None)
    found |= dict(zip(strange, _in_one_form(strange), strict=True))
    if strange and all(at in (None, NEVER) for at in found.values()):
        raise Refused(
            f"nobody can read the times in {part.time_column}, so nobody knows which rows are old",
            where=part.path,
            hint="write them as 2026-11-23T17:00:00, or take time_column out of the manifest",
        )
    return [found[text] for text in texts]


def _in_one_form(texts: Sequence[str]) -> list[int]:
    """The times of texts that all have one form, or of seconds, milliseconds or microseconds since 1970."""
    moments = moments_of(texts) if texts else None
    if moments is None:
        return [NEVER] * len(texts)
    if all(text.replace(".", "", 1).isdecimal() for text in texts):
        low, high = EPOCH_SECONDS
        scales = [scale for scale in (1.0, 1e3, 1e6) if low <= moments.min() / scale < high]
        if not scales:
            return [NEVER] * len(texts)
        moments = moments / scales[0]
    return [round(float(moment) * 1e6) for moment in moments]


def _moment(text: str) -> int | None:
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1_000_000)


def _stays(name: str, weight: float) -> bool:
    """Whether a row that counts this much is kept; always the same for the same row."""
    if weight in (0.0, 1.0):
        return bool(weight)
    drawn = int.from_bytes(hashlib.sha256(name.encode()).digest()[:6])
    return drawn < weight * (1 << 48)


def _write(
    into: Path, source: Source, kept: Sequence[Sequence[str]], recorded: Sequence[Sequence[str]]
) -> None:
    try:
        into.parent.mkdir(parents=True, exist_ok=True)
        with into.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, delimiter=source.delimiter, lineterminator="\n")
            writer.writerow(source.header)
            writer.writerows(kept)
            writer.writerows(recorded)
    except OSError as error:
        raise OutsideError(f"cannot write {into}: {error.strerror}", hint=remedy(error)) from error
