"""A table in a file: CSV or Parquet, here or in an object store, from which it is fetched in pieces."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import polars as pl

from causeway.adapters.sources.places import Place
from causeway.core.errors import MissingExtra, NotFound, OutsideError, UsageError, outside
from causeway.intake.data.tabular import sniff_delimiter
from causeway.intake.files.text import read_bytes, sniff_encoding

PARQUET, DELIMITED = (".parquet", ".pq"), (".csv", ".tsv", ".txt", ".data")
HEAD_BYTES = 256_000
CHUNK_BYTES = 1 << 20


class FileTable:
    """The table in a file of this machine."""

    def __init__(self, path: Path, *, told: str) -> None:
        if not path.is_file():
            raise NotFound(f"there is no file {told}", hint="mend `from` in causeway.toml, or bring the file")
        if path.suffix.lower() not in (*PARQUET, *DELIMITED):
            raise UsageError(
                f"a source cannot be a {path.suffix or 'nameless'} file: {told}",
                hint="export it as CSV or Parquet",
            )
        self.path = path
        self._told = told

    def frame(self, *, typed: bool) -> pl.LazyFrame:
        """All rows, lazily; cells of a CSV as the texts they are, unless they are wanted `typed`."""
        if self.path.suffix.lower() in PARQUET:
            return pl.scan_parquet(self.path)
        head = read_bytes(self.path, HEAD_BYTES)
        if head is None:
            raise OutsideError(f"cannot read {self._told}", hint="check its permissions")
        encoding = sniff_encoding(head)
        if encoding not in {"utf-8", "utf-8-sig", "ascii"}:
            raise UsageError(f"{self._told} is not UTF-8 text", hint="save it as UTF-8, or as Parquet")
        separator = sniff_delimiter(head.decode(encoding, "replace")) or ","
        if typed:
            # all rows say what a column is: the first thousand of them may mislead
            return pl.scan_csv(self.path, separator=separator, infer_schema_length=None, try_parse_dates=True)
        return pl.scan_csv(self.path, separator=separator, infer_schema=False)


def stored(place: Place, into: Path) -> FileTable:
    """The file that a store holds, fetched into this folder."""
    try:
        import fsspec  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise MissingExtra(
            f"{place.told} needs fsspec, which is not installed",
            hint='install with: pip install "causeway[sources]"',
        ) from error
    into.mkdir(parents=True, exist_ok=True)
    name = PurePosixPath(urlsplit(place.url).path).name or "data"
    try:
        with (
            fsspec.open(place.url, "rb", **_options(place)) as remote,
            (into / name).open("wb") as local,
        ):
            shutil.copyfileobj(remote, local, CHUNK_BYTES)
    except ImportError as error:
        raise MissingExtra(
            f"{place.told} needs another package: {place.harmless(str(error))}",
            hint=f"install with: pip install {error.name or 'the package it names'}",
        ) from None
    except FileNotFoundError:
        raise NotFound(f"there is no file {place.told}", hint="mend `from` in causeway.toml") from None
    except OSError as error:
        raise (outside(error) if error.filename else place.failed(error)) from None
    except Exception as error:  # noqa: BLE001 - every store has errors of its own, which may hold its keys
        raise place.failed(error) from None
    return FileTable(into / name, told=place.told)


def _options(place: Place) -> Mapping[str, Any]:
    """What the store wants to know: the secret as a JSON object of its options."""
    if not place.secret:
        return {}
    try:
        options = json.loads(place.secret)
    except ValueError:
        options = None
    if not isinstance(options, dict):
        raise UsageError(
            f"the secret for {place.told} is no JSON object",
            hint='write the store\'s options, as in: {"key": "...", "secret": "..."}',
        )
    return options
