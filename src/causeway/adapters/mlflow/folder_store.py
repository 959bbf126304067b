"""A folder of runs (`mlruns`), read file by file."""

from collections.abc import Iterator
from glob import escape
from pathlib import Path

from causeway.adapters.mlflow.address import Wanted
from causeway.adapters.mlflow.claims import Told, named, only_model
from causeway.adapters.mlflow.copying import copy_model
from causeway.core.attached import MLMODEL, Origin
from causeway.core.contract_yaml import load_yaml
from causeway.core.errors import BadContract, NotFound, OutsideError, outside

MAX_TEXT = 1 << 20


class FolderStore:
    """One such folder; nothing in it is changed."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def bring(self, wanted: Wanted, into: Path) -> Origin:
        """The model's files, copied below `into`, and where they come from."""
        if not self.root.is_dir():
            raise NotFound(f"there is no folder {self.root}", hint="name the folder that holds the runs")
        try:
            return self._registered(wanted, into) if wanted.name else self._of_run(wanted, into)
        except OSError as error:
            raise outside(error) from error

    def _of_run(self, wanted: Wanted, into: Path) -> Origin:
        told, run = self._run(wanted.run)
        folders = {**self._logged(told), **_in(run / "artifacts")}
        chosen = only_model(told.run, tuple(folders), wanted.model)
        copy_model(folders[chosen], into)
        return told.origin(wanted.address, f"run {told.run} of {self.root}")

    def _registered(self, wanted: Wanted, into: Path) -> Origin:
        registered = self.root / "models" / wanted.name
        version = wanted.version or _text(registered / "aliases" / wanted.alias)
        place = registered / f"version-{version}"
        if not place.is_dir():
            raise NotFound(
                f"there is no version {version or wanted.alias} of {wanted.name}", where=str(self.root)
            )
        meta = _meta(place / "meta.yaml")
        run = meta.get("run_id", "")
        told = self._run(run)[0] if run and list(self.root.glob(f"*/{escape(run)}")) else Told(run)
        copy_model(self._folder_of(meta), into)
        words = f"{wanted.name}, version {version}, of {self.root}"
        return told.origin(wanted.address, words, name=named(wanted.name, version), version=version)

    def _folder_of(self, meta: dict[str, str]) -> Path:
        model = meta.get("model_id") or meta.get("source", "").removeprefix("models:/")
        for folder in self.root.glob(f"*/models/{escape(model)}/artifacts") if model.startswith("m-") else ():
            return folder
        place = meta.get("storage_location") or meta.get("source", "")
        return Path(place.removeprefix("file://"))

    def _run(self, run: str) -> tuple[Told, Path]:
        folder = next(
            (each for each in self.root.glob(f"*/{escape(run)}") if (each / "meta.yaml").is_file()), None
        )
        if folder is None and (self.root / run / "meta.yaml").is_file():
            folder = self.root / run
        if folder is None:
            raise NotFound(f"there is no run {run}", where=str(self.root), hint="look its id up in MLflow")
        return Told(run, _metrics(folder / "metrics"), dict(_texts(folder / "params"))), folder

    def _logged(self, told: Told) -> dict[str, Path]:
        """The folder of each model that was logged to the run, by its id."""
        found: dict[str, Path] = {}
        for meta in sorted(
            [*self.root.glob("*/models/m-*/meta.yaml"), *self.root.glob("models/m-*/meta.yaml")]
        ):
            if _meta(meta).get("source_run_id") == told.run:
                found[meta.parent.name] = meta.parent / "artifacts"
        return found


def _in(artifacts: Path) -> dict[str, Path]:
    """The folders of saved models among a run's own files."""
    return {
        file.parent.relative_to(artifacts).as_posix(): file.parent
        for file in sorted(artifacts.rglob(MLMODEL))
    }


def _metrics(folder: Path) -> dict[str, float]:
    """The last value of each metric; a line says when, what, and at which step."""
    found: dict[str, float] = {}
    for name, text in _texts(folder):
        words = (text.splitlines() or [""])[-1].split()
        if len(words) >= 2:
            found[name] = _number(words[1], folder / name)
    return found


def _number(word: str, where: Path) -> float:
    try:
        return float(word)
    except ValueError as error:
        raise OutsideError("a metric cannot be read", where=str(where)) from error


def _texts(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), _text(path)


def _text(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as stream:
        return stream.read(MAX_TEXT).decode(errors="replace").strip()


def _meta(path: Path) -> dict[str, str]:
    try:
        told = load_yaml(_text(path), where=str(path))
    except BadContract as error:
        raise OutsideError("what the store says cannot be read", where=error.where) from error
    return {str(k): "" if v is None else str(v) for k, v in told.items()} if isinstance(told, dict) else {}
