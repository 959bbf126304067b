"""What is odd about the data, and what good there is in it already."""

from collections.abc import Iterator

from causeway.core.finding import Evidence, Finding, Remedy, Severity
from causeway.core.poc import Poc

_ENCODINGS = {"cp1252": "the Western European of Windows", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16"}


def judge(poc: Poc) -> Iterator[Finding]:
    """Missing header, columns that fall between features and target, encodings, pointers, scored records."""
    yield from _header(poc)
    yield from _gap(poc)
    yield from _fallen_out(poc)
    yield from _encoding(poc)
    yield from _pointers(poc)
    yield from _scored(poc)
    yield from _rubbish(poc)


def _header(poc: Poc) -> Iterator[Finding]:
    for several in (file for file in poc.data if file.header_lines > 1):
        yield Finding(
            "DATA-HEADER",
            Severity.FIX,
            f"{several.path} has {several.header_lines} lines of header; read plainly, the second becomes a "
            "record and every column becomes text.",
            Remedy("Skip them when reading, and say so, or save the file with one."),
            (Evidence(several.path, line=2),),
            certainty=0.85,
            damage=0.4,
        )
        break
    file = poc.training_file()
    if file and not file.header:
        said = poc.seen("readme_columns")
        where = " The names stand only in the README." if said else ""
        yield Finding(
            "DATA-HEADER",
            Severity.FIX,
            f"{file.path} has no header; its {len(file.columns)} columns are known by position only.{where}",
            Remedy("Add a header line, and select columns by name."),
            (Evidence(file.path, line=1), *(s.at for s in said)),
            certainty=0.9,
            damage=0.5,
        )


def _gap(poc: Poc) -> Iterator[Finding]:
    file = poc.training_file()
    for training in poc.trainings:
        index = training.target_index
        if (
            training.path != poc.train.value
            or training.feature_slice is None
            or index is None
            or file is None
        ):
            continue
        index = index if index >= 0 else len(file.columns) + index
        between = file.names[training.feature_slice[1] : index]
        if 0 < len(between) <= 5:
            yield Finding(
                "DATA-GAP",
                Severity.FIX,
                f"{', '.join(between).capitalize()} is neither feature nor target: the slice stops before "
                "it.",
                Remedy("A slice leaves out its end; select columns by name."),
                (training.at,),
                certainty=0.8,
                damage=0.55,
            )
            return


def _fallen_out(poc: Poc) -> Iterator[Finding]:
    for sighting in poc.seen("class_dropped")[:1]:
        yield Finding(
            "DATA-DROPPED",
            Severity.FIX,
            f"The dictionary that codes the target leaves out {sighting.value} of {sighting.detail} records: "
            "they become empty and are dropped without a word, so the model never sees them and is never "
            "judged on them.",
            Remedy("Say which classes it is for, or learn them too; in service such cases will come."),
            (sighting.at,),
            certainty=0.9,
            damage=0.7,
        )


def _reader(poc: Poc) -> str:
    pandas = any(item.value == "pandas" for item in poc.imports)
    return "pandas drops it, other readers" if pandas else "readers"


def _encoding(poc: Poc) -> Iterator[Finding]:
    marked = [file for file in poc.data if file.bom]
    if marked:
        yield Finding(
            "DATA-BOM",
            Severity.NOTE,
            f"{marked[0].path} starts with a byte order mark; {_reader(poc)} that do not expect it "
            "misname the first column.",
            Remedy("Save it as plain UTF-8."),
            tuple(Evidence(file.path) for file in marked[:3]),
            damage=0.2,
        )
    other = [file for file in poc.data if file.encoding in {"cp1252", "utf-16-le", "utf-16-be"}]
    if other:
        yield Finding(
            "DATA-ENCODING",
            Severity.NOTE,
            f"{other[0].path} is written in {_ENCODINGS[other[0].encoding]}, not in UTF-8: readers that "
            "are not told so stop at the first unusual letter.",
            Remedy("Name the encoding where it is read, or save it as UTF-8."),
            tuple(Evidence(file.path) for file in other[:3]),
            certainty=0.8,
            damage=0.25,
        )
    lines = [file for file in poc.data if file.format == "JSON lines" and file.path.lower().endswith(".json")]
    if lines:
        yield Finding(
            "DATA-FORMAT",
            Severity.NOTE,
            f"{lines[0].path} holds one object a line: json.load stops at the second, whatever "
            "its name says.",
            Remedy("Read it line by line, or name it .jsonl."),
            tuple(Evidence(file.path) for file in lines[:3]),
            certainty=0.9,
            damage=0.15,
        )
    for file in poc.data:
        if file.problem and file.format != "pointer":
            yield Finding(
                "DATA-BROKEN",
                Severity.NOTE,
                f"{file.path}: {file.problem}.",
                Remedy("Look whether the file is whole."),
                (Evidence(file.path),),
                certainty=0.7,
                damage=0.4,
            )


def _pointers(poc: Poc) -> Iterator[Finding]:
    for tool, fetch in (("Git LFS", "git lfs pull"), ("DVC", "dvc pull")):
        present = {file.path for file in poc.data if file.format != "pointer"}
        paths = dict.fromkeys(
            item.path
            for item in (*poc.data, *poc.models)
            if item.problem and tool in item.problem and item.path not in present
        )
        if paths:
            yield Finding(
                "LFS-POINTER",
                Severity.FIX,
                f"{next(iter(paths))} is only a pointer of {tool}; the file itself is not here.",
                Remedy(f"Fetch it with {fetch}."),
                tuple(Evidence(path) for path in list(paths)[:4]),
                damage=0.6,
            )


def _scored(poc: Poc) -> Iterator[Finding]:
    scored = [file for file in poc.data if file.scored and len(file.columns) > 2]
    if scored:
        records = sum(file.records or 0 for file in scored)
        yield Finding(
            "SCORED-DATA",
            Severity.NOTE,
            f"{records:,} records with prediction and outcome are there ({scored[0].format}): monitoring can "
            "start without running the model.",
            Remedy("Keep them; they are the baseline to compare with."),
            tuple(Evidence(file.path) for file in scored[:3]),
            certainty=0.9,
            damage=0.3,
        )


def _rubbish(poc: Poc) -> Iterator[Finding]:
    stores = [file for file in poc.data if file.format == "MLflow store"]
    indexes = [file.path for file in poc.data if file.format == "Chroma store"]
    junk = poc.seen("junk")
    models = len(poc.seen("mlflow_model"))
    for store in stores:
        versions = store.lines or 0
        if versions > max(models, 0):
            yield Finding(
                "ARTIFACT-MISSING",
                Severity.FIX,
                f"{store.path} registers {versions} model versions; files of only {models} are in the "
                "folder.",
                Remedy("Keep artefacts and registry together, or drop what cannot be loaded any more."),
                (Evidence(store.path),),
                certainty=0.85,
                damage=0.4,
            )
    if junk or stores or indexes:
        paths = list(dict.fromkeys([*(s.value for s in junk), *(file.path for file in stores), *indexes]))
        yield Finding(
            "REPO-JUNK",
            Severity.NOTE,
            f"{', '.join(paths[:3])} do{'es' if len(paths) == 1 else ''} not belong into version control.",
            Remedy("Remove it and add it to .gitignore."),
            tuple(Evidence(path) for path in paths[:3]),
            certainty=0.8,
            damage=0.15,
        )
