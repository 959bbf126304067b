"""Where the results of a scoring's parts lie."""

from pathlib import Path

from msgspec import Struct


class PartFiles(Struct, frozen=True):
    """Where the results of a part lie; `done` is written last."""

    answers: Path
    apart: Path
    segment: Path
    done: Path


def part_files(scratch: Path, number: int) -> PartFiles:
    """The files of this part."""
    stem = f"part-{number:05}"
    return PartFiles(
        scratch / f"{stem}.answers.parquet",
        scratch / f"{stem}.apart.parquet",
        scratch / f"{stem}.segment.parquet",
        scratch / f"{stem}.json",
    )
