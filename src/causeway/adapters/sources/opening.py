"""From what the manifest says of a source to the source itself."""

from pathlib import Path

from causeway.adapters.sources import places
from causeway.adapters.sources.files import FileTable, stored
from causeway.adapters.sources.landing import Landing, Rows
from causeway.adapters.sources.places import Place
from causeway.core.errors import MissingExtra
from causeway.core.manifest import DataPart


def open_source(part: DataPart, folder: Path, *, scratch: Path) -> Landing:
    """The source, ready to be brought to a file."""
    place = places.place_of(part, folder)
    where = f"{folder / 'causeway.toml'} ([[data]] {part.name})"
    return Landing(_rows(place, where=where, scratch=scratch / part.name), told=place.told)


def _rows(place: Place, *, where: str, scratch: Path) -> Rows:
    # a driver is imported when its kind of place is met
    match place.kind:
        case places.SQLITE:
            from causeway.adapters.sources.sqlite import SqliteRows  # noqa: PLC0415

            return SqliteRows(place, where=where)
        case places.POSTGRES:
            return _postgres(place, where=where)
        case places.DATABASE:
            return _alchemy(place, where=where)
        case places.STORE:
            return stored(place, scratch)
        case _:
            return FileTable(place.path or Path(place.url), told=place.told)


def _postgres(place: Place, *, where: str) -> Rows:
    try:
        from causeway.adapters.sources.postgres import PostgresRows  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtra(
            f"{place.told} needs psycopg, which is not installed",
            hint='install with: pip install "causeway[postgres]"',
        ) from error
    return PostgresRows(place, where=where)


def _alchemy(place: Place, *, where: str) -> Rows:
    try:
        from causeway.adapters.sources.alchemy import AlchemyRows  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtra(
            f"{place.told} needs SQLAlchemy, which is not installed",
            hint='install with: pip install "causeway[sources]"',
        ) from error
    return AlchemyRows(place, where=where)
