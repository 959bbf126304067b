"""What was read of a folder, once: its files, code, data, saved models, requirements and README."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from causeway.core.poc import DataFile, ModelFile
from causeway.intake.data.collections_of_files import collections_of
from causeway.intake.data.datafiles import read_data
from causeway.intake.data.mlflow_runs import runs_in_folders
from causeway.intake.environment.requirements import Declared, read_requirements
from causeway.intake.files.text import read_text
from causeway.intake.files.walk import Entry, Walk, walk
from causeway.intake.languages.jscode import JsCode, of_interest
from causeway.intake.languages.jvm import SUFFIXES as JVM_SUFFIXES
from causeway.intake.languages.jvm import JvmCode
from causeway.intake.languages.rlang import SUFFIXES as R_SUFFIXES
from causeway.intake.languages.rlang import RCode, in_notebooks, read_r
from causeway.intake.models.modelfiles import read_model
from causeway.intake.paths import Files
from causeway.intake.project import Project
from causeway.intake.python.code import Code, read_notebook, read_python, read_stale_python
from causeway.intake.settings import Settings

T = TypeVar("T")

# what bytes that somebody made up on purpose may lead to in a reader of a form that was not foreseen
DAMAGES = (ArithmeticError, AttributeError, LookupError, OSError, RecursionError, TypeError, ValueError)

MAX_CODE_FILES = 300
MAX_CODE_BYTES = 600_000
NOTEBOOK_BYTES = 30_000
"""As much code as a notebook is taken to hold at most; the rest of it is what it shows."""
MAX_DATA_FILES = 120
MAX_MODEL_FILES = 200
SECONDS_FOR_DATA = 4.0
SECONDS_FOR_MODELS = 5.0


class Reading:
    """Everything read of one folder; whatever is collected or inferred starts from it."""

    def __init__(self, root: Path) -> None:
        self.started = time.monotonic()
        self.root = root
        self.walk: Walk = walk(root)
        self.entries = self.walk.entries
        self.files = Files(entry.path for entry in self.entries)
        self.limits = list(self.walk.limits)
        self.codes = self._codes()
        scripts = [entry for entry in self.entries if entry.suffix in R_SUFFIXES][:MAX_CODE_FILES]
        self.r_codes: list[RCode] = [*map(read_r, scripts), *in_notebooks(self.codes)]
        self.jvm_codes = [JvmCode(entry) for entry in self.entries if entry.suffix in JVM_SUFFIXES][
            :MAX_CODE_FILES
        ]
        self.js_codes = self._javascript()
        self.project = Project(self.codes, Settings(self.entries, self.files))
        self.models = self._models()
        self.data = self._data()
        self.declared: Declared = read_requirements(self.entries)
        self.readme = next((entry for entry in self.entries if entry.path.lower().startswith("readme")), None)
        self.readme_text = read_text(self.readme.full, 200_000).text if self.readme else ""

    def _codes(self) -> list[Code]:
        found = sorted(
            (e for e in self.entries if e.suffix in {".py", ".ipynb"} and not _logged(e.path)),
            key=lambda entry: (entry.path.count("/"), entry.path),
        )
        kept = _within(found)
        if len(kept) < len(found):
            self.limits.append(f"only the first {len(kept):,} of {len(found):,} code files were read")
        codes = [read_python(e) if e.suffix == ".py" else read_notebook(e) for e in kept]
        texts = [entry for entry in self.entries if entry.suffix == ".txt" and entry.size < 200_000][:40]
        return codes + [code for entry in texts if (code := read_stale_python(entry))]

    def _javascript(self) -> list[JsCode]:
        """What serves or learns in JavaScript; pages beside Python are not read."""
        python = any(code.path.endswith((".py", ".ipynb")) for code in self.codes)
        found = [] if python else [entry for entry in self.entries if of_interest(entry)][:MAX_CODE_FILES]
        return [JsCode(entry) for entry in found]

    def _models(self) -> list[ModelFile]:
        """The small ones first, so that a large one hides no other; then in the order of the folder."""
        until = time.monotonic() + SECONDS_FOR_MODELS
        entries, self.entries = self.entries, tuple(sorted(self.entries, key=lambda entry: entry.size))
        found = self._read_each(
            read_model, MAX_MODEL_FILES, "model files", lambda _: time.monotonic() < until
        )
        self.entries = entries
        places = {entry.path: place for place, entry in enumerate(entries)}
        return sorted(found, key=lambda model: places[model.path])

    def _data(self) -> list[DataFile]:
        until = time.monotonic() + SECONDS_FOR_DATA
        found = self._read_each(read_data, MAX_DATA_FILES, "data files", lambda _: time.monotonic() < until)
        wanted = {
            path
            for code in self.project.codes
            for read in self.project.events(code).reads
            if (path := self.files.resolve(read.path, code.path))
        }
        if cut := [file.path for file in found if file.records and not file.exact]:
            more = f" and {len(cut) - 1} more" if cut[1:] else ""
            self.limits.append(f"of {cut[0]}{more} only the first records were read: limit of size or time")
        found += [*runs_in_folders(self.entries), *collections_of(self.entries)]
        return sorted(found, key=lambda file: file.path not in wanted)

    def _read_each(
        self, reader: Callable[[Entry], T | None], most: int, what: str, go_on: Callable[[Entry], bool]
    ) -> list[T]:
        found: list[T] = []
        for entry in self.entries:
            if len(found) >= most or not go_on(entry):
                self.limits.append(f"not all {what} were read: limit of number or time")
                break
            try:
                made = reader(entry)
            except DAMAGES as error:
                self.limits.append(f"{entry.path} could not be read: {type(error).__name__}")
                continue
            if made is not None:
                found.append(made)
        return found


def _logged(path: str) -> bool:
    """Whether it is a copy that MLflow keeps of what a run logged."""
    folders = path.split("/")[:-1]
    return bool({"mlruns", "mlartifacts"} & set(folders)) and "artifacts" in folders


def _within(entries: list[Entry]) -> list[Entry]:
    """The first files, up to a number and an amount; what a notebook shows weighs less than its code."""
    kept: list[Entry] = []
    amount = 0
    for entry in entries[:MAX_CODE_FILES]:
        amount += min(entry.size, NOTEBOOK_BYTES) if entry.suffix == ".ipynb" else entry.size
        if kept and amount > MAX_CODE_BYTES:
            break
        kept.append(entry)
    return kept
