"""What every stage is handed: the product, its folder, a scratch place, and the doors to the outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from causeway.actions.stages.step import Watcher
from causeway.actions.workspace import Workspace
from causeway.adapters.ports import DataSource, Say, Signer
from causeway.core.answers import (
    Answers,
    Converted,
    Featured,
    HonestAnswers,
    Tried,
    WholeModel,
    WorkerAnswers,
)
from causeway.core.contract import Contract, ContractReport
from causeway.core.environment import Environment, Limits
from causeway.core.manifest import DataPart, Manifest
from causeway.core.release import Field
from causeway.core.table import Column, Numbers, Table
from causeway.core.trace import Trace
from causeway.core.trial import Bench, Served, StoredRows
from causeway.recover import LoadedTrace


class Workshop(Protocol):
    """The doors that a run goes through; `adapters.registry` is the real one."""

    def open_source(self, part: DataPart, folder: Path, *, scratch: Path) -> DataSource:
        """A source that the manifest names."""
        ...

    def training_imports(self, folder: Path, script: str) -> tuple[str, ...]:
        """The modules that this training imports."""
        ...

    def build_environment(
        self,
        folder: Path,
        *,
        declared: Sequence[str],
        imports: Sequence[str],
        python: str | None,
        into: Path,
        say: Say,
        stated: str | None = None,
    ) -> Environment:
        """An interpreter with what the training needs."""
        ...

    def watch_training(
        self,
        environment: Environment,
        folder: Path,
        script: str,
        into: Path,
        *,
        limits: Limits | None = None,
        brought: Mapping[str, Path] | None = None,
        texts: Mapping[str, Sequence[str]] | None = None,
    ) -> Trace:
        """Runs a copy of the folder's training under watch."""
        ...

    def load_trace(self, into: Path) -> LoadedTrace:
        """A written trace with its arrays in memory."""
        ...

    def convert_model(
        self,
        environment: Environment,
        trace: Path,
        captured: int,
        into: Path,
        *,
        dtype: str = "float32",
        say: Say,
    ) -> Converted:
        """A captured model as ONNX, or why that cannot be."""
        ...

    def reference_predictions(
        self, environment: Environment, trace: Path, captured: int, matrix: Table
    ) -> Answers:
        """What the captured model itself answers."""
        ...

    def tried_predictions(self, environment: Environment, trace: Path, captured: int, matrix: Table) -> Tried:
        """The same for rows that it may refuse."""
        ...

    def whole_model(self, trace: Path, captured: int) -> WholeModel:
        """A captured model as its own framework saved it."""
        ...

    def worker_answers(
        self,
        environment: Environment,
        model: WholeModel,
        table: Table,
        scratch: Path,
        *,
        classes: Sequence[str],
    ) -> WorkerAnswers:
        """What a process with this model answers for the model's own columns, and how fast."""
        ...

    def honest_predictions(
        self,
        environment: Environment,
        trace: Path,
        captured: int,
        matrix: Table,
        target: Column,
        *,
        sampler: int | None = None,
        ordered: bool = False,
        copies: Column | None = None,
        seconds: float = 120.0,
    ) -> HonestAnswers:
        """Answers of clones for rows held out of their fitting."""
        ...

    def function_texts(self, folder: Path, function: str) -> dict[str, str]:
        """The module of a function and the local modules that it imports, path to text."""
        ...

    def apply_function(
        self,
        environment: Environment,
        function: str,
        texts: Mapping[str, str],
        scratch: Path,
        *,
        fields: Sequence[Field],
        table: Table,
        columns: Sequence[str],
        example: Mapping[str, str | float | int | bool | None],
    ) -> Featured:
        """What the function makes of this table: the model's columns."""
        ...

    def validate_file(
        self,
        contract: Contract,
        path: Path,
        *,
        name: str = "",
        now: datetime | None = None,
        others: Mapping[str, Path] | None = None,
    ) -> ContractReport:
        """What in this file breaks the contract's object."""
        ...

    def validate_table(self, contract: Contract, table: Table, *, name: str = "") -> ContractReport:
        """What in this table breaks the contract's object."""
        ...

    def onnx_answers(
        self, file: Path, rows: Numbers | Mapping[str, Column], *, classes: tuple[str, ...]
    ) -> Answers:
        """What a converted model answers."""
        ...

    def replay(
        self,
        bench: Bench,
        app: str,
        framework: str,
        *,
        rows: StoredRows | None,
        most: int,
        seconds: float,
    ) -> Served:
        """The app's own answers to stored rows."""
        ...

    def signer(self, keys: Path) -> Signer:
        """Who signs releases on this machine."""
        ...


@dataclass(frozen=True, slots=True)
class Given:
    """A table that the training gets in the place of the source's file, and what it is made of."""

    source: str
    path: str
    """Of the source's file, inside the folder."""
    file: Path
    digest: str
    rows: int
    columns: tuple[str, ...]
    words: str
    texts: tuple[str, ...] = ()
    """Columns that callers send as texts, even where all of these rows look like numbers."""


@dataclass(frozen=True, slots=True)
class Site:
    """One run's place of work."""

    work: Workspace
    manifest: Manifest
    manifest_digest: str
    folder: Path
    source: str
    """Digest of the proof of concept's folder, less what Causeway wrote there."""
    run: str
    started_at: datetime
    workshop: Workshop
    watcher: Watcher
    given: Given | None = None

    @property
    def product(self) -> str:
        """The product's name."""
        return self.manifest.product.name

    @property
    def data(self) -> DataPart:
        """The data that the model is trained on."""
        return self.manifest.data[0] if self.manifest.data else DataPart(name="data")

    @property
    def scratch(self) -> Path:
        """A folder that is gone when the run ends."""
        return self.work.state / "runs" / self.run

    def keep(self, folder: Path) -> dict[str, str]:
        """Puts every file below the folder into the store; path to digest."""
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): self.work.artifacts.put_file(path) for path in paths}

    def bring(self, files: dict[str, str], name: str) -> Path:
        """A scratch folder of this name that holds these files of the store."""
        folder = self.scratch / name
        for path, digest in files.items():
            if not (folder / path).exists():
                self.work.artifacts.fetch(digest, folder / path)
        return folder
