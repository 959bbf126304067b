"""A tracking store in SQLite, read on a copy: whoever writes to it meanwhile is not held up."""

import shutil
import sqlite3
import tempfile
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

from causeway.adapters.mlflow.address import Wanted
from causeway.adapters.mlflow.claims import Told, named, only_model
from causeway.adapters.mlflow.copying import copy_model
from causeway.core.attached import MLMODEL, Origin
from causeway.core.errors import NotFound, OutsideError, outside

# one run, by its id
RUN = "SELECT artifact_uri FROM runs WHERE run_uuid = ?"
# the last value of each of its metrics
METRICS = "SELECT key, value FROM latest_metrics WHERE run_uuid = ? AND NOT is_nan"
# what it was told to do
PARAMETERS = "SELECT key, value FROM params WHERE run_uuid = ?"
# the models that came of it
MODELS = "SELECT model_id, artifact_location FROM logged_models WHERE source_run_id = ?"
# one registered version
VERSION = "SELECT source, run_id, storage_location FROM model_versions WHERE name = ? AND version = ?"
# the version that an alias stands for
ALIAS = "SELECT version FROM registered_model_aliases WHERE name = ? AND alias = ?"
# where a logged model lies
MODEL = "SELECT artifact_location FROM logged_models WHERE model_id = ?"


class DatabaseStore:
    """One such file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def bring(self, wanted: Wanted, into: Path) -> Origin:
        """The model's files, copied below `into`, and where they come from."""
        try:
            with _copied(self.file) as store:
                return (
                    self._registered(store, wanted, into)
                    if wanted.name
                    else self._of_run(store, wanted, into)
                )
        except sqlite3.Error as error:
            raise OutsideError(
                f"this is no database of MLflow's that can be read: {error}",
                where=str(self.file),
                hint="name the tracking store's file, or ask its server: mlflow://HOST/RUN",
            ) from error
        except OSError as error:
            raise outside(error) from error

    def _of_run(self, store: sqlite3.Connection, wanted: Wanted, into: Path) -> Origin:
        told = self._run(store, wanted.run)
        folders = {model: self._place(at) for model, at in store.execute(MODELS, (wanted.run,))}
        artifacts = self._place(told.artifacts)
        for file in sorted(artifacts.rglob(MLMODEL)):
            folders[file.parent.relative_to(artifacts).as_posix()] = file.parent
        copy_model(folders[only_model(wanted.run, tuple(folders), wanted.model)], into)
        return told.origin(wanted.address, f"run {wanted.run} of {self.file}")

    def _registered(self, store: sqlite3.Connection, wanted: Wanted, into: Path) -> Origin:
        version = wanted.version
        if wanted.alias:
            version = str((store.execute(ALIAS, (wanted.name, wanted.alias)).fetchone() or ("",))[0])
        row = store.execute(VERSION, (wanted.name, version or "-1")).fetchone()
        if row is None:
            raise NotFound(
                f"there is no version {version or wanted.alias} of {wanted.name}", where=str(self.file)
            )
        source, run, stored = (str(value or "") for value in row)
        logged = store.execute(MODEL, (source.removeprefix("models:/"),)).fetchone()
        copy_model(self._place(str(logged[0]) if logged else stored or source), into)
        told = self._run(store, run) if run else Told("")
        words = f"{wanted.name}, version {version}, of {self.file}"
        return told.origin(wanted.address, words, name=named(wanted.name, version), version=version)

    def _run(self, store: sqlite3.Connection, run: str) -> Told:
        row = store.execute(RUN, (run,)).fetchone()
        if row is None:
            raise NotFound(f"there is no run {run}", where=str(self.file), hint="look its id up in MLflow")
        return Told(
            run,
            metrics={str(key): float(value) for key, value in store.execute(METRICS, (run,))},
            parameters={str(key): str(value) for key, value in store.execute(PARAMETERS, (run,))},
            artifacts=str(row[0] or ""),
        )

    def _place(self, uri: str) -> Path:
        """The folder that the store means: as it says, or where it lies if the store was moved as a whole."""
        path = uri.removeprefix("mlflow-artifacts:/").removeprefix("file://")
        place, here = Path(path), self.file.resolve().parent
        if place.is_absolute() and place.is_dir() and not uri.startswith("mlflow-artifacts:"):
            return place
        tails = [place.parts[at:] for at in range(len(place.parts))]
        for root in (here, here / "mlartifacts", here / "mlruns"):
            for tail in (tail for tail in tails if len(tail) >= 3):
                if (found := root.joinpath(*(part for part in tail if part != "/"))).is_dir():
                    return found
        return place


@contextmanager
def _copied(file: Path) -> Generator[sqlite3.Connection]:
    if not file.is_file():
        raise NotFound(
            f"there is no database {file}", hint="name the tracking store's file, such as mlflow.db"
        )
    with tempfile.TemporaryDirectory(prefix="causeway-mlflow-") as scratch:
        copy = Path(scratch) / "store.db"
        shutil.copyfile(file, copy)
        log = file.with_name(f"{file.name}-wal")
        if log.is_file():
            shutil.copyfile(log, copy.with_name("store.db-wal"))
        with closing(sqlite3.connect(copy)) as store:
            yield store
