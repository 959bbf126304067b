"""The one door: every concrete adapter is made here, and imported only when it is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from causeway.adapters.ports import ArtifactStore, Cage, DataSource, Policies, Say, SegmentFiles, Signer
from causeway.core.answers import (
    Answers,
    Converted,
    Featured,
    HonestAnswers,
    Tried,
    WholeModel,
    WorkerAnswers,
)
from causeway.core.attached import Origin
from causeway.core.contract import Contract, ContractReport
from causeway.core.environment import Environment, Limits, Pin, Resolved
from causeway.core.errors import MissingExtra
from causeway.core.lineage_facets import Code
from causeway.core.manifest import DataPart, IntegrationPart
from causeway.core.notice import Notice
from causeway.core.poc import DataFile, ModelFile
from causeway.core.release import Field
from causeway.core.table import Column, Numbers, Table
from causeway.core.trace import Trace
from causeway.core.trial import Bench, SavedModel, Served, StoodIn, StoredRows

if TYPE_CHECKING:
    from causeway.adapters.contracts.profiling import Profiled
    from causeway.adapters.ports import SegmentPlaces, Source
    from causeway.recover import LoadedTrace
    from causeway.stats.profile_form import TableProfile


def bring_model(address: str, into: Path) -> Origin:
    """The files of the model at this address, below the new folder `into`, and where they come from."""
    return importlib.import_module("causeway.adapters.mlflow.bringing").bring_model(address, into)


def artifact_store(root: Path) -> ArtifactStore:
    """The store of content-addressed files in this folder."""
    from causeway.adapters.artifacts import FolderArtifacts

    return FolderArtifacts(root)


def segment_files() -> SegmentFiles:
    """Segments as Parquet files."""
    return _served("segments_polars", "segments need Polars, which is not installed").ParquetSegments()


def table_profile(
    files: Sequence[Source], *, columns: Sequence[str] = (), shifts: Mapping[str, float] | None = None
) -> TableProfile:
    """The profile of all rows of these files, or of these columns of them, whatever their number."""
    needed = "a table is read with Polars, which is not installed"
    return _served("table_profiles", needed).table_profile(files, columns=columns, shifts=shifts)


def object_segments(url: str) -> SegmentPlaces:
    """Segments below an address that fsspec can open."""
    needed = "segments at an address need fsspec, which is not installed"
    return _served("segments_fsspec", needed, extra="sources").ObjectSegments(url)


def _served(name: str, needed: str, *, extra: str = "serve") -> ModuleType:
    """The module of this adapter; told what it needs where an extra is not installed."""
    try:
        return importlib.import_module(f"causeway.adapters.{name}")
    except ImportError as error:
        raise MissingExtra(needed, hint=f'install with: pip install "causeway[{extra}]"') from error


def tell(part: IntegrationPart, notice: Notice) -> str:
    """Tells an integration, once; what came back."""
    said: str = importlib.import_module("causeway.adapters.notices.telling").tell(part, notice)
    return said


def signer(keys: Path) -> Signer:
    """The signer whose key lies in this folder; made there on first use."""
    made: Signer = importlib.import_module("causeway.adapters.signing").FolderSigner(keys)
    return made


def trusted_keys(keys: Path) -> dict[str, str]:
    """The public keys in this folder: key id to PEM."""
    from causeway.adapters.signing import read_trusted

    return read_trusted(keys)


def trust_key(keys: Path, public_pem: str) -> None:
    """Puts somebody's public key among the trusted ones in this folder."""
    importlib.import_module("causeway.adapters.signing").trust(keys, public_pem)


def training_imports(folder: Path, script: str) -> tuple[str, ...]:
    """The names that this script or notebook imports, itself and through local modules; nothing is run."""
    from causeway.adapters.pythons.requirements import training_imports as found

    return found(folder, script)


def build_environment(
    folder: Path,
    *,
    declared: Sequence[str],
    imports: Sequence[str],
    python: str | None,
    into: Path,
    say: Say,
    stated: str | None = None,
) -> Environment:
    """An interpreter with what the training needs, made below `into` or found there whole.

    `declared` are requirement lines as written; `python` is a path or a version that must be had;
    `stated` the version the proof of concept names, used when it is to be had.
    """
    from causeway.adapters.pythons.environments import build_environment as build

    return build(folder, declared=declared, imports=imports, python=python, into=into, say=say, stated=stated)


def pinned_wheels(lines: Sequence[str], python: str, *, alone: bool = False) -> tuple[Pin, ...]:
    """These exact versions, and unless `alone` what they need, with the hash of one wheel each."""
    from causeway.adapters.pythons.hashes import pinned

    return pinned(lines, python, alone=alone)


def resolve_requirements(
    wanted: Sequence[str], held: Sequence[str], python: str, *, give_way: bool = True
) -> Resolved:
    """One version each that fit together on this Python, by pip's resolver; nothing is installed."""
    from causeway.adapters.pythons.resolution import resolve

    return resolve(wanted, held, python, give_way=give_way)


def git_repository(folder: Path) -> str:
    """The folder's path inside its git repository; raises UsageError where there is none."""
    path: str = importlib.import_module("causeway.adapters.git").repository(folder)
    return path


def commit_here(folder: Path) -> Code | None:
    """The commit that the folder is at; None outside of git."""
    here: Code | None = importlib.import_module("causeway.adapters.git").commit_here(folder)
    return here


def commit_on_branch(
    folder: Path, branch: str, files: Mapping[str, tuple[bytes | None, bytes]], *, message: str
) -> str:
    """Makes a branch from HEAD with these files in one commit; the working tree stays as it is."""
    from causeway.adapters.git import commit_on_branch as commit

    return commit(folder, branch, files, message=message)


def watch_training(
    environment: Environment,
    folder: Path,
    script: str,
    into: Path,
    *,
    limits: Limits | None = None,
    brought: Mapping[str, Path] | None = None,
    texts: Mapping[str, Sequence[str]] | None = None,
) -> Trace:
    """Runs a copy of the training under watch, what was `brought` laid in; the trace goes to `into`."""
    from causeway.adapters.runs.runners import watch_training as watch

    return watch(environment, folder, script, into, limits=limits or Limits(), brought=brought, texts=texts)


def load_trace(into: Path) -> LoadedTrace:
    """A written trace with its arrays in memory."""
    from causeway.adapters.runs.traces import load_trace as load

    return load(into)


def convert_model(
    environment: Environment, trace: Path, captured: int, into: Path, *, dtype: str = "float32", say: Say
) -> Converted:
    """A captured model (by object number) as an ONNX file in `into`, or why that cannot be."""
    from causeway.adapters.runs.runners import convert_model as convert

    return convert(environment, trace, captured, into, dtype=dtype, say=say)


def reference_predictions(environment: Environment, trace: Path, captured: int, matrix: Table) -> Answers:
    """What the captured model itself answers for these rows, in its own environment."""
    from causeway.adapters.runs.runners import reference_predictions as predict

    return predict(environment, trace, captured, matrix)


def tried_predictions(environment: Environment, trace: Path, captured: int, matrix: Table) -> Tried:
    """The same for rows that the captured model may refuse: those that it takes are answered."""
    from causeway.adapters.runs.runners import tried_predictions as predict

    return predict(environment, trace, captured, matrix)


def whole_model(trace: Path, captured: int) -> WholeModel:
    """A captured model as its own framework saved it, for a process that answers with it."""
    from causeway.adapters.runs.whole_models import whole_model as whole

    return whole(trace, captured)


def worker_answers(
    environment: Environment, model: WholeModel, table: Table, scratch: Path, *, classes: Sequence[str]
) -> WorkerAnswers:
    """What a process with this model answers for the model's own columns, and how fast."""
    from causeway.adapters.runs.whole_models import worker_answers as answers

    return answers(environment, model, table, scratch, classes=classes)


def honest_predictions(
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
    """Answers of fresh clones of the captured model for rows held out of their fitting.

    Stratified in five parts, or (`ordered`: rows stand in order of time) the last fifth; `sampler`
    is a captured resampler, applied to training rows only. Rows of one number in `copies` are held
    out together.
    """
    from causeway.adapters.runs.runners import honest_predictions as evaluate

    return evaluate(
        environment,
        trace,
        captured,
        matrix,
        target,
        sampler=sampler,
        ordered=ordered,
        copies=copies,
        seconds=seconds,
    )


def function_texts(folder: Path, function: str) -> dict[str, str]:
    """The module that holds this `module:function` and the local modules that it imports, path to text."""
    from causeway.adapters.runs.functions import function_texts as texts

    return texts(folder, function)


def apply_function(
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
    """What the function makes of this table, in its own environment: the model's columns."""
    from causeway.adapters.runs.functions import apply_function as apply

    return apply(
        environment, function, texts, scratch, fields=fields, table=table, columns=columns, example=example
    )


def onnx_answers(file: Path, rows: Numbers | Mapping[str, Column], *, classes: tuple[str, ...]) -> Answers:
    """What a converted model answers: for a matrix, or for columns by the names of its inputs."""
    from causeway.adapters.onnx_models import onnx_answers as answers

    return answers(file, rows, classes=classes)


def validate_file(
    contract: Contract,
    path: Path,
    *,
    name: str = "",
    now: datetime | None = None,
    others: Mapping[str, Path] | None = None,
    into: Path | None = None,
    good: bool = False,
) -> ContractReport:
    """What in this CSV or Parquet file breaks the contract's object `name` (or its only one)."""
    return _contracts().validate_file(contract, path, name=name, now=now, others=others, into=into, good=good)


def profile_file(path: Path) -> Profiled:
    """What each column of this CSV or Parquet file holds, for a first contract."""
    return _contracts("profiling").profile_file(path)


def validate_table(contract: Contract, table: Table, *, name: str = "") -> ContractReport:
    """What in this table breaks the contract's object `name` (or its only one)."""
    return _contracts().validate_table(contract, table, name=name)


def _contracts(room: str = "checking") -> ModuleType:
    return _served(f"contracts.{room}", "contracts need Polars")


def open_source(part: DataPart, folder: Path, *, scratch: Path) -> DataSource:
    """The source that the manifest names; nothing in it can be changed, its secret is read now."""
    opening = _served("sources.opening", "bringing data from outside needs Polars")
    return opening.open_source(part, folder, scratch=scratch)


def bills() -> ModuleType:
    """Bills of providers: read, held to FOCUS's rules, and written."""
    return _served("billing.bills", "bills are read with Polars, which is not installed")


def tables() -> ModuleType:
    """Tables larger than memory: brought into parts, read, written and put together."""
    return importlib.import_module("causeway.adapters.tables.tables")


def proving() -> ModuleType:
    """What evidence needs of the outside: a query's figure, a run of tests, the review of a commit."""
    return importlib.import_module("causeway.adapters.proving")


def policies(folder: Path) -> Policies:
    """The policies that Causeway brings and those in this folder, validated."""
    needed = "access to data is decided with cedarpy, which is not installed"
    return _served("policies_cedar", needed).read_policies(folder)


def cage(reports: Path, *, write: Path, read: Sequence[Path]) -> Cage:
    """A cage in which only `write` can be changed, and little else read; `reports` is ours alone."""
    from causeway.adapters.runs.sandbox import Confining

    return Confining(reports, write=write, read=read)


def confined(cage: Cage) -> AbstractContextManager[None]:
    """Processes of strangers' code that start within are in this cage."""
    return importlib.import_module("causeway.adapters.runs.sandbox").confined(cage)


def removed(root: Path) -> None:
    """Removes a folder whatever strangers' code made of it."""
    importlib.import_module("causeway.adapters.runs.sandbox").removed(root)


def copy_folder(folder: Path, copy: Path) -> None:
    """A copy without version control, environments or links that lead out of the folder."""
    from causeway.adapters.runs.runners import copy_folder as copied

    copied(folder, copy)


def open_saved(bench: Bench, model: ModelFile) -> SavedModel:
    """What a saved file holds, and what it answers about a real row."""
    from causeway.adapters.runs.trials import open_saved as opened

    return opened(bench, model)


def replay(
    bench: Bench, app: str, framework: str, *, rows: StoredRows | None, most: int, seconds: float
) -> Served:
    """The app's answers to stored rows beside those of its model on what the training made of them."""
    from causeway.adapters.runs.trials import replay as replayed

    return replayed(bench, app, framework, rows=rows, most=most, seconds=seconds)


def stand_in(bench: Bench, file: DataFile, *, task: str, drop: Sequence[str], seconds: float) -> StoodIn:
    """Held-out answers of a plain model on the raw columns."""
    from causeway.adapters.runs.trials import stand_in as stood_in

    return stood_in(bench, file, task=task, drop=drop, seconds=seconds)
