"""What the records that are learned from show together: columns that give the target away, and copies."""

from collections.abc import Sequence

from msgspec import structs

from causeway.core.poc import DataFile
from causeway.intake.data.repeated import repeated
from causeway.intake.data.tabular import Sampled
from causeway.intake.data.telling import telling


def with_learned(file: DataFile, sampled: Sampled, target: str, features: Sequence[str]) -> DataFile:
    """The file with what its records tell about learning the target from these columns."""
    names = sampled.names
    used = {*features, target} if features and {*features, target} <= set(names) else _any_but_numbering(file)
    places = [place for place, name in enumerate(names) if name in used]
    whole = file.exact and len(sampled.rows) == sampled.records
    return structs.replace(
        file,
        telling=telling(sampled.rows, names, target, features),
        repeated=repeated(sampled.rows, places) if whole else None,
    )


def _any_but_numbering(file: DataFile) -> set[str]:
    """Columns that could be learned from: without those that count or name the records."""
    return {column.name for column in file.columns if not column.unique}
