"""What must not leave the folder: secrets, artefacts that run code, people's data."""

import re
from collections.abc import Iterator

from causeway.assess.poc import words
from causeway.core.finding import Evidence, Finding, Remedy, Severity
from causeway.core.poc import ColumnProfile, ModelFile, Poc, Sighting


def judge(poc: Poc) -> Iterator[Finding]:
    """Secrets, dangerous or opaque artefacts, personal and protected columns."""
    yield from _secrets(poc)
    yield from _exposed(poc)
    yield from _sessions(poc)
    yield from _default_passwords(poc)
    yield from _artefacts(poc)
    yield from _loads(poc)
    yield from _people(poc)


def _secrets(poc: Poc) -> Iterator[Finding]:
    found = list(poc.seen("secret"))
    if found:
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        yield Finding(
            "SECRET",
            Severity.BLOCKER,
            f"A secret stands in the files: {found[0].value}{more}.",
            Remedy("Withdraw it where it was issued, then name it in the manifest as env:NAME."),
            tuple(s.at for s in found[:5]),
            certainty=0.9,
            damage=1.0,
            blocks_ship=True,
        )


def _exposed(poc: Poc) -> Iterator[Finding]:
    carried = poc.seen("secret_in_image")
    if carried:
        names = list(dict.fromkeys(s.value for s in carried))
        kept = " and keeps it in the environment" if any(s.detail for s in carried) else ""
        yield Finding(
            "SECRET-IN-IMAGE",
            Severity.FIX,
            f"{carried[0].at.path} takes {', '.join(names[:3])} when it is built{kept}: whoever has the "
            "image can read that in its history.",
            Remedy(
                "Mount it for the one step that needs it (RUN --mount=type=secret), or give it at run time."
            ),
            tuple(s.at for s in carried[:4]),
            certainty=0.9,
            damage=0.6,
        )
    copied = poc.seen("copied_secret")
    if copied:
        yield _taken_along(copied[0])
    named = [s for s in poc.seen("path_by_user") if not s.at.path.startswith("test")]
    if named:
        yield Finding(
            "PATH-TRAVERSAL",
            Severity.FIX,
            f"{named[0].at.path} makes a path of {named[0].value} as it was sent: a name with ../ in it "
            "leaves the folder that was meant.",
            Remedy("Name the file yourself (uuid), or keep only the last part: werkzeug's secure_filename."),
            tuple(s.at for s in named[:4]),
            certainty=0.85,
            damage=0.6,
        )


def _taken_along(copied: Sighting) -> Finding:
    there = bool(copied.detail)
    carried = (
        ": the image carries its keys."
        if there
        else ", which the code reads: an image built beside it carries its keys."
    )
    return Finding(
        "SECRET-IN-IMAGE",
        Severity.FIX if there else Severity.NOTE,
        f"{copied.at.path} copies the whole folder, and no .dockerignore leaves out {copied.value}{carried}",
        Remedy("Write .env and keys into .dockerignore, and give them at run time."),
        (copied.at,),
        certainty=0.9 if there else 0.8,
        damage=0.6 if there else 0.3,
    )


def _default_passwords(poc: Poc) -> Iterator[Finding]:
    found = poc.seen("default_password")
    if found:
        yield Finding(
            "SECRET-WEAK",
            Severity.NOTE,
            f"The password of the database is one that anybody tries first ({found[0].value}), unless "
            "another is set.",
            Remedy("Give no default, so that it does not start without a password of its own."),
            tuple(s.at for s in found[:3]),
            certainty=0.85,
            damage=0.35,
        )


def _sessions(poc: Poc) -> Iterator[Finding]:
    found = poc.seen("session_key")
    if found and not any(s.at == found[0].at for s in poc.seen("secret")):
        yield Finding(
            "SECRET-WEAK",
            Severity.FIX,
            f"The key that signs sessions ({found[0].value}) is written into the code: whoever reads it can "
            "sign in as anybody.",
            Remedy("Draw it at random, and read it from the environment."),
            tuple(s.at for s in found[:3]),
            certainty=0.9,
            damage=0.5,
        )


def _damaged(poc: Poc) -> Iterator[Finding]:
    """Saved models that cannot be what they should be; one finding for each thing that is wrong."""
    wrong: dict[str, list[str]] = {}
    for model in poc.models:
        if model.problem and not model.dangerous and not re.search(r"pointer|only in part", model.problem):
            wrong.setdefault(model.problem, []).append(model.path)
    for problem, paths in wrong.items():
        also = f" (and {len(paths) - 1} more like it)" if len(paths) > 1 else ""
        yield Finding(
            "MODEL-DAMAGED",
            Severity.FIX,
            f"{paths[0]} {problem}{also}.",
            Remedy("Save it again."),
            tuple(Evidence(path) for path in paths[:4]),
            certainty=0.7,
            damage=0.5,
        )


def _artefacts(poc: Poc) -> Iterator[Finding]:
    yield from _damaged(poc)
    for model in poc.models:
        if model.dangerous:
            yield Finding(
                "UNSAFE-ARTIFACT",
                Severity.BLOCKER,
                f"Loading {model.path} would call {', '.join(model.dangerous[:3])}: no model needs that.",
                Remedy("Do not load it anywhere. Train again from source, and find out who wrote this file."),
                (Evidence(model.path),),
                certainty=0.95,
                damage=1.0,
                blocks_ship=True,
            )


def _loads(poc: Poc) -> Iterator[Finding]:
    every = [sighting for sighting in poc.seen("unsafe_load") if not _weights_only(poc, sighting)]
    loads = [sighting for sighting in every if not poc.serve or sighting.at.path == poc.serve.value] or every
    if loads and any(model.format not in {"ONNX", "safetensors"} for model in poc.models):
        files = list(dict.fromkeys(re.split(r"[\\/]", s.detail)[-1] or "the saved model" for s in loads))
        yield Finding(
            "UNSAFE-LOAD",
            Severity.FIX,
            f"Loading {words.listed(files[:3])} runs whatever code the file names; who can replace it owns "
            "the app.",
            _convert(poc),
            tuple(s.at for s in loads[:4]),
            damage=0.4,
        )


def _weights_only(poc: Poc, load: Sighting) -> bool:
    """Whether this is a load of torch that takes nothing but weights, as it does by itself since 2.6."""
    if load.value != "torch.load" or any(s.at.path == load.at.path for s in poc.seen("whole_load")):
        return False
    pins = [item.spec.strip("= ") for item in poc.requirements if item.name == "torch" and item.pinned]
    return not any(re.match(r"[01]\.|2\.[0-5](?:\D|$)", pin) for pin in pins)


def _convert(poc: Poc) -> Remedy:
    if poc.languages[:1] == ("R",):
        return Remedy("Keep it in a place that only the build may write to, and check its digest on loading.")
    return Remedy("`causeway run` makes an ONNX release of it, with a proof of parity.", "causeway run")


def _people(poc: Poc) -> Iterator[Finding]:
    columns = _columns(poc)
    direct = [name for name, (column, _) in columns.items() if column.personal == "direct"]
    protected = [name for name, (column, _) in columns.items() if column.personal == "protected"]
    used = [name for name in protected if name in poc.features]
    shown = _shown(poc)
    models = [model for model in poc.models if model.personal or (model.rows and (used or direct))]
    if not direct and not protected and not shown and not models:
        return
    parts = [f"{_listed(columns, direct)} name{'s' if len(direct) == 1 else ''} people"] if direct else []
    if used:
        parts.append(f"protected attributes are features: {_few(used)}")
    elif protected:
        parts.append(f"protected attributes: {_few(protected)}")
    keys = [name for name, (column, _) in columns.items() if column.personal == "pseudonym"]
    parts += [f"{_few(keys)} tell{'s' if len(keys) == 1 else ''} one person from another"] if keys else []
    parts += [f"{_inside(model)} lie inside {model.path}" for model in models[:2]]
    parts += [f"{shown[0].value} stand in {shown[0].at}"] if shown else []
    places = [columns[name][1] for name in (*direct, *protected)]
    places += [*(Evidence(model.path) for model in models), *(s.at for s in shown)]
    grave = bool(direct or used or models or shown)
    yield Finding(
        "PERSONAL-DATA",
        Severity.FIX if grave else Severity.NOTE,
        f"Personal data lies in the folder: {'; '.join(parts)}.",
        Remedy(
            "Write down purpose and legal basis; mask what the model does not need; compare quality by group."
        ),
        tuple(dict.fromkeys(places))[:4],
        certainty=0.9,
        damage=0.55 if grave else 0.3,
    )


def _columns(poc: Poc) -> dict[str, tuple[ColumnProfile, Evidence]]:
    found: dict[str, tuple[ColumnProfile, Evidence]] = {}
    for file in sorted(poc.data, key=lambda item: item.path != poc.training_data.value):
        for column in file.columns:
            if column.personal and (file.header or column.personal_as):
                found.setdefault(column.name, (column, Evidence(file.path)))
    return found


def _listed(columns: dict[str, tuple[ColumnProfile, Evidence]], names: list[str]) -> str:
    told = [
        f"{name} ({columns[name][0].personal_values:,} {columns[name][0].personal_as})"
        if columns[name][0].personal_as
        else name
        for name in names
    ]
    return _few(told)


def _few(names: list[str]) -> str:
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")


def _inside(model: ModelFile) -> str:
    return model.personal or f"{model.rows:,} rows of the training data"


def _shown(poc: Poc) -> list[Sighting]:
    told = {s.at.path for what in ("personal_prompt", "personal_corpus") for s in poc.seen(what)}
    return [sighting for sighting in poc.seen("people_in_text") if sighting.at.path not in told]
