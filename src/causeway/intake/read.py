"""Reads a folder into facts: one pass over the files, code followed, data counted, nothing run."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import structs

from causeway.core.finding import Evidence
from causeway.core.poc import (
    Claim,
    DataFile,
    GenAi,
    Guess,
    Leak,
    ModelFile,
    Poc,
    Reach,
    Sighting,
    Source,
    Training,
)
from causeway.intake import choosing, infer, stack
from causeway.intake.claims import claimed_in_output, claimed_in_text
from causeway.intake.data.association import scores
from causeway.intake.data.datafiles import read_sample
from causeway.intake.data.learned import with_learned
from causeway.intake.data.mlflow_runs import claims_in_store
from causeway.intake.environment.imports import third_party, undeclared
from causeway.intake.estimators import friendly
from causeway.intake.files.text import read_text
from causeway.intake.flow.handed import handed_on
from causeway.intake.flow.hubs import REMOTE
from causeway.intake.flow.pixels import with_images
from causeway.intake.flow.trainings import leaks_of, trainings_of
from causeway.intake.generative import generative
from causeway.intake.models.pretrained import kind_and_model
from causeway.intake.python.code import Code
from causeway.intake.python.reached import Reached
from causeway.intake.reading import Reading
from causeway.intake.sights.presence import presence_of
from causeway.intake.sights.sightings import sightings
from causeway.intake.sights.similarity import kind_by_similarity

CALLERS = {".toml", ".cfg", ".yml", ".yaml", ".sh", ".ini"}
MAX_TOLD_BYTES = 50_000
MAX_TOLD = 40


def read_poc(folder: Path) -> Poc:
    """Everything that can be known about the folder without running, importing or unpickling anything."""
    reading = Reading(folder.resolve())
    trainings, leaks, claims = _followed(reading)
    reading.limits += reading.project.given_up()
    genai, generative_sightings = generative(reading.project.codes, reading.entries)
    plain, sources = sightings(reading), _sources(reading)
    served = _served(reading, [*plain, *generative_sightings], sources)
    seen = [*plain, *sorted(generative_sightings, key=lambda item: _apart(item, served.value))]
    trainings = with_images(choosing.distinct(trainings), reading.project.codes)
    living = _living(reading, trainings)
    chosen = choosing.choose_training(living, _loaded(served.value, seen, living))
    file = _file(reading, chosen)
    target = infer.target_of(chosen, file, choosing.other_targets(chosen, trainings))
    shipped = _shipped(reading, served, seen, chosen)
    kind = infer.kind_of(chosen, file, target, genai, {sighting.what for sighting in seen})
    kind = infer.of_noise(infer.in_time(kind, chosen, target.value, seen), chosen, seen)
    kind = kind or infer.kind_of_untrained(seen) or infer.kind_of_shipped(shipped)
    hired, lent = _unlearned(seen, served, genai) if not chosen and not kind else (Guess(), Guess())
    kind = kind or hired
    file = _scored(reading, file, target.value, kind.value, chosen)
    imports = third_party(reading.codes, reading.project.local_modules())
    column = file.column(target.value) if file else None
    return Poc(
        name=reading.root.name,
        folder=str(reading.root),
        reach=_reach(reading),
        kind=kind,
        target=target,
        positive=infer.positive_of(chosen, column),
        features=infer.features_of(chosen, file, target.value),
        identifiers=infer.identifiers_of(file, target.value),
        time_column=_time_column(file),
        frameworks=stack.frameworks(imports, seen),
        model=choosing.model_name(chosen, trainings, shipped=shipped, kept=reading.models)
        or infer.untrained_model(seen)
        or lent,
        train=_train(reading, chosen, living, _loaded_by(served.value, seen), served=served.value),
        serve=served,
        served_by=_served_by(served, seen),
        training_data=_training_data(chosen, file),
        languages=stack.languages(reading),
        data=tuple(file if file and file.path == item.path else item for item in reading.data),
        models=tuple(reading.models),
        sources=tuple(_with_roles(sources, chosen, served)),
        notebooks=tuple(code.notebook for code in reading.codes if code.notebook),
        requirements=reading.declared.requirements,
        requirement_files=reading.declared.files,
        python=stack.python(reading),
        imports=tuple(imports),
        undeclared=tuple(_undeclared(reading, imports, seen)),
        sightings=tuple(seen),
        trainings=tuple(trainings),
        beside=tuple(_beside(chosen, trainings, _loaded_by(served.value, seen))),
        leaks=tuple(leaks),
        claims=tuple(claims),
        genai=genai,
        presence=presence_of(reading.entries, reading.codes),
    )


def _living(reading: Reading, trainings: list[Training]) -> list[Training]:
    """The trainings that something calls; all of them where nothing calls any."""
    if not trainings:
        return []
    reached = Reached(reading.project.codes, reading.project.reachable, told=_told(reading))
    return [item for item in trainings if not reached.uncalled(item.at)] or trainings


def _told(reading: Reading) -> str:
    """Texts in which somebody may name a function to be called."""
    named = [e for e in reading.entries if e.suffix in CALLERS or e.name.lower() in {"makefile", "setup.py"}]
    small = [entry for entry in named if entry.size < MAX_TOLD_BYTES][:MAX_TOLD]
    return "\n".join([reading.readme_text, *(read_text(entry.full, MAX_TOLD_BYTES).text for entry in small)])


def _unlearned(seen: list[Sighting], served: Guess, genai: GenAi) -> tuple[Guess, Guess]:
    """Kind and model of what learns nothing here: a model of others, or texts that are compared."""
    kind, model = kind_and_model(seen, served.value)
    return (kind, model) if kind else kind_by_similarity(seen, genai)


def _sources(reading: Reading) -> list[Source]:
    known = {code.path for code in reading.codes}
    others = [c for c in (*reading.r_codes, *reading.jvm_codes, *reading.js_codes) if c.path not in known]
    return [*(code.source for code in reading.codes if not code.stale), *(code.source for code in others)]


def _undeclared(reading: Reading, imports: list[Sighting], seen: list[Sighting]) -> list[Sighting]:
    """Imports that neither a declaration, nor a lock, nor the notebook itself brings."""
    installed = {(item.value, item.at.path) for item in seen if item.what == "notebook_install"}
    return [
        item
        for item in undeclared(_brought(imports, seen), reading.declared.requirements, reading.declared.files)
        if item.detail not in reading.declared.locked and (item.detail, item.at.path) not in installed
    ]


def _brought(imports: Sequence[Sighting], seen: Sequence[Sighting]) -> list[Sighting]:
    """The imports without those of modules that the folder itself should hold."""
    own = {item.value for item in seen if item.what == "missing_module"}
    return [item for item in imports if item.value.split(".")[0] not in own]


def _reach(reading: Reading) -> Reach:
    return Reach(
        len(reading.entries),
        sum(entry.size for entry in reading.entries),
        reading.walk.skipped,
        tuple(reading.limits),
        round(time.monotonic() - reading.started, 2),
    )


def _followed(reading: Reading) -> tuple[list[Training], list[Leak], list[Claim]]:
    trainings: list[Training] = []
    leaks: list[Leak] = []
    untaught: list[Leak] = []
    taught: dict[str, bool] = {}
    claims = claimed_in_text(reading.readme.path, reading.readme_text) if reading.readme else []
    claims += claims_in_store(reading.entries)
    for code in reading.project.codes:
        events = reading.project.events(code)
        found = [
            structs.replace(item, data=reading.files.resolve(item.data, code.path) or item.data)
            for item in trainings_of(code, events, _without_loss(reading, code))
        ]
        trainings += found
        own = [structs.replace(leak, reached=code.path) for leak in leaks_of(events)]
        leaks, untaught = (leaks + own, untaught) if found else (leaks, untaught + own)
        taught[code.path] = bool(found)
        claims += claimed_in_output(code, events.judged)
    leaks += handed_on(reading.project, untaught, taught, told=tuple(leaks))
    for code in reading.r_codes:
        leaks += code.leaks()
    others = (code.training() for code in (*reading.jvm_codes, *reading.js_codes))
    for training in (*(item for code in reading.r_codes for item in code.trainings()), *filter(None, others)):
        path = reading.files.resolve(training.data, training.path) or training.data
        trainings.append(structs.replace(training, data=path))
    # what learns may be written by hand: the split says all the same that something is to be tested
    return trainings, leaks if trainings else untaught, claims


def _without_loss(reading: Reading, code: Code) -> list[Code]:
    """The files that it imports and that have no loss of their own, only a loop over what they are given."""
    if not reading.project.events(code).torch_losses:
        return []
    near = reading.project.imported(code) - {code.path}
    return [
        one
        for one in reading.project.codes
        if one.path in near and not reading.project.events(one).torch_losses
    ]


def _apart(item: Sighting, served: str) -> tuple[bool, bool]:
    """Puts what is served before everything else, and notebooks last."""
    return item.at.path != served, item.at.path.endswith(".ipynb")


def _served(reading: Reading, seen: list[Sighting], sources: Sequence[Source]) -> Guess:
    apps = [item for item in seen if item.what == "app" and not item.at.path.startswith("test")]
    hooks = [item for item in seen if item.what == "served_hook"]
    return infer.choose_app(apps or hooks, seen, sources, reading.readme_text)


def _file(reading: Reading, training: Training | None) -> DataFile | None:
    if training is not None:
        found = next((file for file in reading.data if file.path == training.data), None)
        if found:
            return found
        if training.images or training.data.startswith(REMOTE):
            return None
    tables = [
        file
        for file in reading.data
        if file.columns
        and not file.scored
        and not file.result
        and not file.path.startswith(".")
        and "/." not in file.path
    ]
    return tables[0] if len(tables) == 1 else None


def _scored(
    reading: Reading, file: DataFile | None, target: str, kind: str, chosen: Training | None
) -> DataFile | None:
    if file is None or not target or not kind:
        return file
    entry = next((entry for entry in reading.entries if entry.path == file.path), None)
    sampled = read_sample(entry) if entry else None
    if sampled is None:
        return file
    found = scores(sampled.rows, sampled.names, target, regression=kind == "regression")
    columns = tuple(structs.replace(c, target_score=found.get(c.name)) for c in file.columns)
    file = structs.replace(file, columns=columns)
    return with_learned(file, sampled, target, infer.features_of(chosen, file, target))


def _shipped(
    reading: Reading, served: Guess, seen: list[Sighting], chosen: Training | None
) -> ModelFile | None:
    """The model that the app loads; where it loads several, the one that the chosen training saves."""
    own = _saved_by(chosen.path, [chosen]) if chosen else set[str]()
    for sighting in sorted(seen, key=lambda item: _name(item.detail) not in own):
        if sighting.at.path == served.value and sighting.what in {"unsafe_load", "load"}:
            path = reading.files.resolve(sighting.detail, served.value)
            found = next((model for model in reading.models if model.path == path), None)
            if found and found.estimator and not found.holds:
                return found
    return None


def _time_column(file: DataFile | None) -> Guess:
    dates = [column.name for column in file.columns if column.in_time] if file else []
    return Guess(dates[0], 0.9, (Evidence(file.path),), tuple(dates[1:])) if dates and file else Guess()


def _loaded(served: str, seen: list[Sighting], trainings: Sequence[Training]) -> set[str]:
    """Names of the files that the app loads, or any code where no training saves what the app loads."""
    loads = [item for item in seen if item.what in {"unsafe_load", "load"} and item.detail]
    own = _loaded_by(served, seen)
    made = {_name(path) for training in trainings for path in training.saves}
    return own if own & made else {_name(item.detail) for item in loads}


def _loaded_by(path: str, seen: list[Sighting]) -> set[str]:
    """Names of the files that the app loads."""
    loads = [s for s in seen if s.what in {"unsafe_load", "load"} and s.at.path == path and s.detail]
    return {_name(s.detail) for s in loads}


def _name(path: str) -> str:
    return path.replace("\\", "/").rsplit("/", 1)[-1]


def _train(
    reading: Reading,
    chosen: Training | None,
    trainings: Sequence[Training],
    loaded: set[str],
    *,
    served: str,
) -> Guess:
    if chosen is None:
        return Guess()
    parts = {item.at.path for item in trainings if item.path == chosen.path}
    others = tuple(dict.fromkeys(item.path for item in trainings if item.path not in {chosen.path, *parts}))
    together = any({chosen.path, *others} <= reading.project.imported(code) for code in reading.project.codes)
    others = tuple(
        path for path in others if not choosing.stages(chosen.path, path) and not choosing.tells(path)
    )
    texts = {code.path: code.blocks[0].text for code in reading.project.codes if code.blocks}
    others = tuple(
        path
        for path in others
        if not choosing.exported(chosen.path, texts.get(chosen.path, ""), path)
        and not choosing.exported(path, texts.get(path, ""), chosen.path)
    )
    own = _saved_by(chosen.path, trainings) & loaded
    if own:  # parts of one product: the app loads what each of them saves
        others = tuple(path for path in others if not (_saved_by(path, trainings) & loaded) - own)
    others = () if together else others
    # an app that trains by itself answers with what it trained
    settled = served not in others and _settled(reading, chosen.path, others, trainings, loaded)
    settled = settled or not others
    return Guess(chosen.path, 0.9 if settled else 0.7, (chosen.at,), others)


def _settled(
    reading: Reading, chosen: str, others: tuple[str, ...], trainings: Sequence[Training], loaded: set[str]
) -> bool:
    """Whether what the app loads, or else every saved model in the folder, is of the chosen file alone."""
    own = _saved_by(chosen, trainings)
    rest = {name for path in others for name in _saved_by(path, trainings)}
    if own & loaded:
        return not own & loaded & rest
    kept = {_name(model.path) for model in reading.models if choosing.may_answer(model)}
    return bool(kept) and kept <= own and not kept & rest


def _beside(chosen: Training | None, trainings: Sequence[Training], loaded: set[str]) -> Iterator[Guess]:
    for item in choosing.beside(chosen, trainings, loaded):
        target = infer.target_of(item, None)
        kind = infer.kind_of(item, None, target, GenAi(), set())
        named = friendly(item.estimator)
        what = f"{kind.value} of {target.value}" if kind and target else kind.value
        yield Guess(f"{what} ({named})" if what else named, 0.8, (item.at,))


def _saved_by(path: str, trainings: Sequence[Training]) -> set[str]:
    return {_name(saved) for item in trainings if item.path == path for saved in item.saves}


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
