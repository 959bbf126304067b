"""The seams: what Causeway asks of the outside, as protocols. Concrete adapters lie beside this file."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from causeway.core.access import Decision, Request
from causeway.core.contract import Contract
from causeway.core.environment import Limits
from causeway.core.records import SegmentColumn, SegmentContent
from causeway.core.table import Column, Table
from causeway.core.trial import Fence
from causeway.stats.profile_form import Arrays

Source = Path | bytes
"""A segment to be read: a file of this machine, or its bytes."""

Say = Callable[[str], None]
"""Where a long step tells what it is doing."""


class ArtifactStore(Protocol):
    """Contents named by the digest of their bytes; what is read back is what was put."""

    def put(self, content: bytes) -> str:
        """Keeps these bytes; their digest."""
        ...

    def put_file(self, path: Path) -> str:
        """Keeps a copy of this file; the digest of its bytes."""
        ...

    def get(self, digest: str) -> bytes:
        """The bytes of this name, checked against it; raises NotFound, or OutsideError when they changed."""
        ...

    def has(self, digest: str) -> bool:
        """Whether these bytes are here, whole."""
        ...

    def digests(self) -> list[str]:
        """The names of all that is kept, sorted."""
        ...

    def fetch(self, digest: str, into: Path) -> None:
        """Writes a checked copy of these bytes to the path `into`."""
        ...


class Signer(Protocol):
    """Signs in the name of this machine; whether a signature holds is `core.signatures.verify`."""

    @property
    def key_id(self) -> str:
        """The name of the key."""
        ...

    @property
    def public_pem(self) -> str:
        """The public half, PEM."""
        ...

    @property
    def model_pem(self) -> str:
        """The public half of the key for model signatures, PEM."""
        ...

    def sign(self, content: bytes) -> bytes:
        """The signature over these bytes."""
        ...

    def sign_model(self, content: bytes) -> bytes:
        """The signature over these bytes with the key for model signatures."""
        ...


class Cage(Protocol):
    """Confines strangers' code: what it may read, write, use and reach."""

    def admit(self, place: str) -> None:
        """Lets this place be read too."""
        ...

    def command(self, wanted: Sequence[str], limits: Limits) -> list[str]:
        """The command that runs this one confined."""
        ...

    def trespass(self, leader: int) -> str:
        """What it has too much of; empty while it keeps within its limits."""
        ...

    def ended(self) -> str:
        """To be called at the end: what was enforced is read; how the network was, as a trace tells it."""
        ...

    def fences(self) -> tuple[Fence, ...]:
        """Each limit and what enforces it."""
        ...


class SegmentPlaces(Protocol):
    """Where segments lie: whole files under names that say their content."""

    def put(self, name: str, content: bytes) -> None:
        """Puts all of this there, or nothing."""
        ...

    def source(self, name: str) -> Source:
        """The file, to be read as a segment; refused where it is not there."""
        ...

    def content(self, name: str) -> bytes | None:
        """All of its bytes; None where it is not there."""
        ...

    def digest(self, name: str) -> str | None:
        """The digest of its bytes; None where it is not there."""
        ...

    def remove(self, name: str) -> None:
        """Takes it away, if it is there."""
        ...


class SegmentFiles(Protocol):
    """Sealed columnar files of predictions and outcomes, and the tables that people bring."""

    def encode(self, columns: Mapping[str, SegmentColumn]) -> bytes:
        """The columns as the bytes of one file; the same columns make the same bytes."""
        ...

    def arrays(self, file: Source) -> Arrays:
        """The columns of one segment as arrays, times in microseconds."""
        ...

    def keyed(self, file: Source, columns: Sequence[str]) -> Iterator[tuple[NDArray[np.uint64], Arrays]]:
        """These columns in parts, those that are there, each row's id as a number that only this process
        knows it by: 64 bits, so that of ten million ids two are alike once in 300,000 times.
        """
        ...

    def merged(self, files: Sequence[Source], *, by: Sequence[str]) -> SegmentContent:
        """All rows of these files in one, in the order of these columns, or as they come."""
        ...

    def without(self, file: Source, ids: Collection[str]) -> SegmentContent:
        """The rows of this file whose `id` is not among these."""
        ...

    def ids_of(self, file: Source, column: str, values: Collection[str]) -> list[str]:
        """The ids of all rows, or of those where this column says one of these values, whatever its type."""
        ...

    def hidden(self, file: Source, column: str, *, key: str) -> int | None:
        """How many rows have a mask there, or another key's hash; None where there is no such column."""
        ...

    def read(self, files: Sequence[Source]) -> Table:
        """All rows of these files, in order, with times in microseconds; what a file lacks is empty there."""
        ...

    def matching(self, files: Sequence[Source], ids: Collection[str], *, columns: Sequence[str]) -> Table:
        """These columns of the rows whose `id` is among the ids, in order; one that no file has is empty."""
        ...

    def joined(self, predictions: Sequence[Source], outcomes: Sequence[Source]) -> Table:
        """Each prediction that has an outcome, with the latest one."""
        ...

    def read_texts(self, file: Path, columns: Sequence[str]) -> dict[str, list[str | None]]:
        """These columns of a CSV, JSON-lines or Parquet file as texts; those that are there."""
        ...


class DataSource(Protocol):
    """Data that lies outside the proof of concept's folder, or belongs to somebody."""

    def kinds(self) -> dict[str, str]:
        """Each column, and whether it holds `text`, `number`, `date` or something `other`."""
        ...

    def land(self, into: Path, *, columns: Sequence[str], masked: Mapping[str, str], key: bytes) -> int:
        """Writes these columns to the file, in CSV or Parquet as its name says; the number of rows."""
        ...


class Policies(Protocol):
    """Everybody's policies and a workspace's own."""

    def decide(self, request: Request) -> Decision:
        """What all policies together say; what they cannot decide is denied."""
        ...


class PartRows(Protocol):
    """Some rows of a staged source."""

    def __len__(self) -> int:
        """How many there are."""
        ...

    def faults(
        self, contract: Contract, *, without: str
    ) -> tuple[dict[int, tuple[str, ...]], tuple[str, ...]]:
        """The rows that break a rule of the contract, and the rules that a part cannot tell."""
        ...

    def column(self, name: str, kind: str) -> tuple[Column, NDArray[np.bool_]]:
        """The column as values of this kind, and where it must be looked at more closely."""
        ...

    def rows(self, positions: Sequence[int], names: Sequence[str]) -> list[dict[str, Any]]:
        """These rows with the plain values of these columns, as JSON could hold them."""
        ...

    def texts(self, name: str) -> list[str]:
        """A column as texts."""
        ...

    def write_answers(
        self,
        file: Path,
        positions: Sequence[int],
        answers: Mapping[str, Sequence[Any]],
        *,
        keep: Sequence[str],
    ) -> None:
        """These rows' answers, with the columns that are kept behind the first two."""
        ...

    def write_apart(self, file: Path, first: int, reasons: Mapping[int, Sequence[str]]) -> None:
        """The rows that were set apart, all their values as they stood, with their numbers and why."""
        ...


class AnswerTable(Protocol):
    """A table of a database that answers go into, part by part."""

    told: str

    def columns(self) -> list[str]:
        """The columns of the table; none where it is not there."""
        ...

    def count(self, score: str) -> int:
        """How many rows of this scoring the table has; -1 where it is not there, or no table of answers."""
        ...

    def put(self, score: str, answers: Path | None, apart: Path | None) -> None:
        """The rows of one part, all or none; those that are there already stay as they are."""
        ...
