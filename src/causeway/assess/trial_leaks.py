"""Which raw columns may know the answer: reading the folder, or the rows themselves, put them in doubt."""

from collections.abc import Sequence

from msgspec import Struct

from causeway.core.poc import Poc

DOUBTFUL = 0.95
MOST = 3


class Suspect(Struct, frozen=True):
    """A raw column in doubt, and why."""

    column: str
    why: str


def suspects(poc: Poc, telling: Sequence[str]) -> tuple[Suspect, ...]:
    """The few columns whose worth is to be measured, those that the README warns of first."""
    found: dict[str, str] = {}
    file = poc.training_file()
    for sighting in poc.seen("warned_column"):
        by_place = f"column {sighting.detail}"
        name = sighting.value if file is None or file.header else by_place
        found.setdefault(name, f"{sighting.at} warns of it")
    for name in telling:
        found.setdefault(name, "alone it tells the target almost perfectly")
    for column in file.columns if file else ():
        used = column.name in poc.features
        if used and (column.target_score or 0.0) >= DOUBTFUL:
            found.setdefault(column.name, f"alone it scores {column.target_score:.3f}")
    return tuple(Suspect(name, why) for name, why in list(found.items())[:MOST])
