"""Reads a folder into facts: one pass over the files, code followed, data counted, nothing run."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from msgspec import structs

from causeway.core.finding import Evidence
from causeway.core.poc import Claim, DataFile, Guess, Leak, ModelFile, Poc, Reach, Sighting, Source, Training
from causeway.intake import infer
from causeway.intake.association import scores
from causeway.intake.byhand import by_hand
from causeway.intake.claims import claimed_in_output, claimed_in_text
from causeway.intake.code import Code, read_notebook, read_python, read_stale_python
from causeway.intake.confidential import secrets_in
from causeway.intake.datafiles import read_data, read_sample
from causeway.intake.estimators import library
from causeway.intake.generative import generative
from causeway.intake.imports import third_party, undeclared
from causeway.intake.library import UNSAFE_LOADERS
from causeway.intake.modelfiles import read_model
from causeway.intake.paths import Files, absolute_paths, absolute_paths_in
from causeway.intake.presence import presence_of
from causeway.intake.project import Project
from causeway.intake.readme import said_in_readme
from causeway.intake.removed import removed_apis
from causeway.intake.requirements import Declared, read_requirements
from causeway.intake.rlang import SUFFIXES as R_SUFFIXES
from causeway.intake.rlang import RCode
from causeway.intake.serving import app_facts
from causeway.intake.swallowed import swallowed_errors
from causeway.intake.text import read_text
from causeway.intake.trainings import leaks_of, trainings_of
from causeway.intake.walk import Entry, Walk, walk

T = TypeVar("T")

MAX_CODE_FILES = 300
MAX_CODE_BYTES = 1_200_000
MAX_DATA_FILES = 120
MAX_MODEL_FILES = 200
SECONDS_FOR_DATA = 4.0
CONFIGURATION = {".env", ".yml", ".yaml", ".toml", ".ini", ".cfg", ".json", ".sh", ".properties"}
ARCHIVES = {".gz", ".zip", ".tar", ".7z", ".rar", ".bz2", ".exe", ".whl"}
LANGUAGES = {
    ".r": "R", ".rmd": "R", ".qmd": "R", ".jl": "Julia", ".scala": "Scala", ".java": "Java",
    ".js": "JavaScript",
    ".ts": "TypeScript", ".m": "MATLAB", ".sas": "SAS", ".go": "Go", ".cpp": "C++", ".rs": "Rust",
    ".cs": "C#",
}  # fmt: skip


def read_poc(folder: Path) -> Poc:
    """Everything that can be known about the folder without running, importing or unpickling anything."""
    return _Reading(folder.resolve()).poc()


class _Reading:
    """One reading of one folder."""

    def __init__(self, root: Path) -> None:
        self.started = time.monotonic()
        self.root = root
        self.walk: Walk = walk(root)
        self.entries = self.walk.entries
        self.files = Files(entry.path for entry in self.entries)
        self.limits = list(self.walk.limits)
        self.codes = self._codes()
        self.r_codes = [RCode(entry) for entry in self.entries if entry.suffix in R_SUFFIXES][:MAX_CODE_FILES]
        self.project = Project(self.codes)
        self.models = self._read_each(read_model, MAX_MODEL_FILES, "model files", lambda _: True)
        self.data = self._data()
        self.declared: Declared = read_requirements(self.entries)
        self.readme = next((entry for entry in self.entries if entry.path.lower().startswith("readme")), None)
        self.readme_text = read_text(self.readme.full, 200_000).text if self.readme else ""

    def _codes(self) -> list[Code]:
        found = sorted(
            (entry for entry in self.entries if entry.suffix in {".py", ".ipynb"}),
            key=lambda entry: (entry.path.count("/"), entry.path),
        )
        kept = _within(found)
        if len(kept) < len(found):
            self.limits.append(f"only the first {len(kept):,} of {len(found):,} code files were read")
        codes = [read_python(e) if e.suffix == ".py" else read_notebook(e) for e in kept]
        texts = [entry for entry in self.entries if entry.suffix == ".txt" and entry.size < 200_000][:40]
        return codes + [code for entry in texts if (code := read_stale_python(entry))]

    def _data(self) -> list[DataFile]:
        until = time.monotonic() + SECONDS_FOR_DATA
        found = self._read_each(read_data, MAX_DATA_FILES, "data files", lambda _: time.monotonic() < until)
        wanted = {
            path
            for code in self.project.codes
            for read in self.project.events(code).reads
            if (path := self.files.resolve(read.path, code.path))
        }
        return sorted(found, key=lambda file: file.path not in wanted)

    def _read_each(
        self, reader: Callable[[Entry], T | None], most: int, what: str, go_on: Callable[[Entry], bool]
    ) -> list[T]:
        found: list[T] = []
        for entry in self.entries:
            if len(found) >= most or not go_on(entry):
                self.limits.append(f"not all {what} were read: limit of number or time")
                break
            made = reader(entry)
            if made is not None:
                found.append(made)
        return found

    def poc(self) -> Poc:
        """All facts together."""
        trainings, leaks, claims = self._followed()
        self.limits += self.project.given_up()
        genai, generative_sightings = generative(self.project.codes)
        sightings = [*self._sightings(), *generative_sightings]
        sources = [
            *(code.source for code in self.codes if not code.stale),
            *(code.source for code in self.r_codes),
        ]
        served = self._served(sightings, sources)
        loaded = {
            s.detail.rsplit("/", 1)[-1] for s in sightings if s.what in {"unsafe_load", "load"} and s.detail
        }
        chosen = infer.choose_training(trainings, loaded)
        file = self._file(chosen)
        target = infer.target_of(chosen, file)
        kind = infer.kind_of(chosen, file, target, genai, {sighting.what for sighting in sightings})
        file = self._scored(file, target.value, kind.value)
        imports = third_party(self.codes, self.project.local_modules())
        column = file.column(target.value) if file else None
        return Poc(
            name=self.root.name,
            folder=str(self.root),
            reach=Reach(
                len(self.entries),
                sum(entry.size for entry in self.entries),
                self.walk.skipped,
                tuple(self.limits),
                round(time.monotonic() - self.started, 2),
            ),
            kind=kind,
            target=target,
            positive=infer.positive_of(chosen, column),
            features=infer.features_of(chosen, file, target.value),
            identifiers=infer.identifiers_of(file, target.value),
            time_column=_time_column(file),
            frameworks=self._frameworks(imports, sightings),
            model=infer.model_name(chosen, self._shipped(served, sightings)),
            train=_train(chosen, trainings),
            serve=served,
            served_by=_served_by(served, sightings),
            training_data=_training_data(chosen, file),
            languages=self._languages(),
            data=tuple(file if file and file.path == item.path else item for item in self.data),
            models=tuple(self.models),
            sources=tuple(_with_roles(sources, chosen, served)),
            notebooks=tuple(code.notebook for code in self.codes if code.notebook),
            requirements=self.declared.requirements,
            requirement_files=self.declared.files,
            python=self._python(),
            imports=tuple(imports),
            undeclared=tuple(undeclared(imports, self.declared.requirements, self.declared.files)),
            sightings=tuple(sightings),
            trainings=tuple(trainings),
            leaks=tuple(leaks),
            claims=tuple(claims),
            genai=genai,
            presence=presence_of(self.entries, self.codes),
        )

    def _followed(self) -> tuple[list[Training], list[Leak], list[Claim]]:
        trainings: list[Training] = []
        leaks: list[Leak] = []
        claims = claimed_in_text(self.readme.path, self.readme_text) if self.readme else []
        for code in self.project.codes:
            events = self.project.events(code)
            found = [
                structs.replace(item, data=self.files.resolve(item.data, code.path) or item.data)
                for item in trainings_of(code, events)
            ]
            trainings += found
            leaks += leaks_of(events) if found else []
            claims += claimed_in_output(code, events.judged)
        for r_code in self.r_codes:
            training = r_code.training()
            if training:
                path = self.files.resolve(training.data, r_code.path) or training.data
                trainings.append(structs.replace(training, data=path))
        return trainings, leaks, claims

    def _sightings(self) -> list[Sighting]:
        found: list[Sighting] = []
        for code in self.project.codes:
            found += app_facts(code) if code.notebook is None else []
            found += swallowed_errors(code)
            found += self._loads(code)
            for block in code.blocks:
                found += secrets_in(code.path, block.text, cell=block.cell)
        apps = {sighting.at.path for sighting in found if sighting.what == "app"}
        for code in self.project.codes:
            if code.path in apps:
                found += by_hand(code, self.data, self.models)
        found += absolute_paths(self.codes)
        found += removed_apis(self.codes, self.declared.requirements)
        for r_code in self.r_codes:
            found += r_code.sightings()
        if self.readme:
            shipped = tuple(model.path for model in self.models if model.estimator)
            found += said_in_readme(self.readme.path, self.readme_text, shipped)
        return found + self._in_configuration()

    def _in_configuration(self) -> list[Sighting]:
        found: list[Sighting] = []
        for entry in self.entries:
            plain = entry.name.startswith(".env") or entry.suffix in CONFIGURATION
            if plain and entry.size < 200_000:
                found += absolute_paths_in(entry)
                found += secrets_in(entry.path, read_text(entry.full, 200_000).text)
            if entry.name.lower().startswith("dockerfile") and entry.size < 200_000:
                found += _exposed(entry)
            if entry.name == "MLmodel":
                found.append(Sighting("mlflow_model", entry.path, Evidence(entry.path)))
            if entry.suffix in ARCHIVES and entry.size > 500_000:
                found.append(Sighting("junk", entry.path, Evidence(entry.path), f"{entry.size / 1e6:.1f} MB"))
            if entry.name.lower() == "procfile.txt":
                found.append(Sighting("misnamed", entry.path, Evidence(entry.path), "Procfile"))
        return found

    def _loads(self, code: Code) -> list[Sighting]:
        found: list[Sighting] = []
        events = self.project.events(code)
        for load in events.loads:
            what = "unsafe_load" if load.how in UNSAFE_LOADERS else "load"
            found.append(Sighting(what, load.how, load.at, load.path))
        written = {item.path.rsplit("/", 1)[-1] for item in events.saved}
        for path, at in [(item.path, item.at) for item in (*events.reads, *events.loads)]:
            known = self.files.resolve(path, code.path) or path.rsplit("/", 1)[-1] in written
            if path and not known and "://" not in path and "{" not in path:
                found.append(Sighting("missing_file", path, at))
        return found

    def _served(self, sightings: list[Sighting], sources: Sequence[Source]) -> Guess:
        apps = [item for item in sightings if item.what == "app" and not item.at.path.startswith("test")]
        hooks = [item for item in sightings if item.what == "served_hook"]
        return infer.choose_app(apps or hooks, sightings, sources, self.readme_text)

    def _file(self, training: Training | None) -> DataFile | None:
        if training is not None:
            found = next((file for file in self.data if file.path == training.data), None)
            if found:
                return found
        tables = [file for file in self.data if file.columns and not file.scored]
        return tables[0] if len(tables) == 1 else None

    def _scored(self, file: DataFile | None, target: str, kind: str) -> DataFile | None:
        if file is None or not target or not kind:
            return file
        entry = next(entry for entry in self.entries if entry.path == file.path)
        sampled = read_sample(entry)
        if sampled is None:
            return file
        found = scores(sampled.rows, sampled.names, target, regression=kind == "regression")
        columns = tuple(structs.replace(c, target_score=found.get(c.name)) for c in file.columns)
        return structs.replace(file, columns=columns)

    def _shipped(self, served: Guess, sightings: list[Sighting]) -> ModelFile | None:
        for sighting in sightings:
            if sighting.at.path == served.value and sighting.what in {"unsafe_load", "load"}:
                path = self.files.resolve(sighting.detail, served.value)
                found = next((model for model in self.models if model.path == path), None)
                if found and found.estimator and not found.holds:
                    return found
        return None

    def _frameworks(self, imports: list[Sighting], sightings: list[Sighting]) -> tuple[Guess, ...]:
        found: dict[str, Evidence] = {}
        for item in imports:
            if name := library(item.value):
                found.setdefault(name, item.at)
        for item in sightings:
            if item.what == "r_library" and item.value in {
                "tidymodels",
                "caret",
                "mlr3",
                "jsonlite",
                "readr",
            }:
                found.setdefault(item.value, item.at)
        return tuple(Guess(name, 0.95, (at,)) for name, at in found.items())

    def _languages(self) -> tuple[str, ...]:
        counts: dict[str, int] = {}
        for code in self.codes:
            if not code.stale:
                counts[code.source.language] = counts.get(code.source.language, 0) + max(code.source.lines, 1)
        for entry in self.entries:
            language = LANGUAGES.get(entry.suffix)
            if language:
                counts[language] = counts.get(language, 0) + max(entry.size // 40, 1)
        return tuple(sorted(counts, key=lambda name: (name not in {"Python", "R"}, -counts[name])))

    def _python(self) -> Guess:
        if self.declared.python:
            return self.declared.python
        kernels = [
            (code.notebook.python, code.path) for code in self.codes if code.notebook and code.notebook.python
        ]
        return Guess(kernels[0][0], 0.6, (Evidence(kernels[0][1]),)) if kernels else Guess()


def _within(entries: list[Entry]) -> list[Entry]:
    """The first files, up to a number and an amount; what a notebook shows weighs less than its code."""
    kept: list[Entry] = []
    amount = 0
    for entry in entries[:MAX_CODE_FILES]:
        amount += min(entry.size, 100_000) if entry.suffix == ".ipynb" else entry.size
        if kept and amount > MAX_CODE_BYTES:
            break
        kept.append(entry)
    return kept


def _exposed(entry: Entry) -> list[Sighting]:
    lines = read_text(entry.full, 200_000).text.split("\n")
    return [
        Sighting("exposed", line.split()[1].split("/")[0], Evidence(entry.path, line=number))
        for number, line in enumerate(lines, start=1)
        if line.upper().startswith("EXPOSE ") and len(line.split()) > 1
    ]


def _time_column(file: DataFile | None) -> Guess:
    dates = [column.name for column in file.columns if column.in_time] if file else []
    return Guess(dates[0], 0.9, (Evidence(file.path),), tuple(dates[1:])) if dates and file else Guess()


def _train(chosen: Training | None, trainings: Sequence[Training]) -> Guess:
    if chosen is None:
        return Guess()
    others = tuple(dict.fromkeys(item.path for item in trainings if item.path != chosen.path))
    return Guess(chosen.path, 0.9 if not others else 0.7, (chosen.at,), others)


def _served_by(served: Guess, sightings: list[Sighting]) -> Guess:
    for sighting in sightings:
        if sighting.at.path == served.value and sighting.what in {"app", "served_hook"}:
            name = "ModelOp Center functions" if sighting.what == "served_hook" else sighting.value
            return Guess(name, 0.95, (sighting.at,))
    return Guess()


def _training_data(chosen: Training | None, file: DataFile | None) -> Guess:
    if file is not None:
        evidence = (chosen.at,) if chosen else (Evidence(file.path),)
        return Guess(file.path, 0.95 if chosen and chosen.data == file.path else 0.6, evidence)
    return Guess("", 0.0, (), (chosen.data,) if chosen and chosen.data else ())


def _with_roles(sources: Sequence[Source], chosen: Training | None, served: Guess) -> list[Source]:
    roles = {served.value: "serve"} | ({chosen.path: "train"} if chosen else {})
    return [structs.replace(source, role=roles.get(source.path, "")) for source in sources]
