"""Brings a model that another tool keeps into the proof of concept, judged before anything opens it."""

import re
import shlex
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from causeway.actions.attach.example import prove_example
from causeway.actions.attach.manifest_lines import with_model, with_rows
from causeway.actions.attach.script import AS_IT_IS, MODEL_FOLDER, ON_EXAMPLE, on_example, on_rows
from causeway.actions.init import init, slug
from causeway.actions.promise import MANIFEST, promise_of
from causeway.actions.run import RunReport, run
from causeway.actions.source import digest_file
from causeway.actions.stages.claimed import ORIGIN
from causeway.actions.stages.site import Workshop
from causeway.actions.stages.step import Nobody, Watcher
from causeway.actions.workspace import Workspace, check_folder, open_workspace, write_whole
from causeway.adapters import registry
from causeway.core.admission import Admission
from causeway.core.attached import MLMODEL, Origin, Saved, read_mlmodel
from causeway.core.errors import NotFound, Refused, UsageError, outside
from causeway.core.events import ReleaseAttached
from causeway.core.manifest import Manifest
from causeway.core.release import Parity
from causeway.intake import read_poc
from causeway.intake.admission import judge_artefact

FOLDER = "attached"
REQUIREMENTS = "requirements.txt"
READABLE = 0o644
TEXTS = (".json", ".yaml", ".yml", ".txt", ".md", ".csv", ".html", ".py", ".toml")
"""What is never opened as a model."""
SKLEARN = "sklearn"
_NAME = re.compile(r"[^A-Za-z0-9._-]")
NOT_NEEDED = ("mlflow", "mlflow-skinny", "mlflow-tracing")


class Attached(Struct, frozen=True, omit_defaults=True):
    """What was attached; `status` is `released`, `proven_on_example` or `nothing_proven`."""

    product: str
    folder: str
    status: str
    origin: Origin
    """Its `metrics` are claims, and nothing that was measured here."""
    saved: Saved
    verdicts: tuple[Admission, ...]
    parity: Parity | None = None
    """On the example that was saved with the model, where there are no rows with a target."""
    run: RunReport | None = None
    needs: str = ""
    """What the release still waits for."""
    next: str = ""


class _Rows(Struct, frozen=True):
    path: str
    target: str


def attach(
    address: str,
    folder: Path,
    *,
    rows: str = "",
    target: str = "",
    watcher: Watcher | None = None,
    workshop: Workshop = registry,
) -> Attached:
    """The model at this address as a release candidate of the folder, and how far it is proven.

    With rows whose `target` is known a run makes a release of it. Without, the example that was saved with
    it is answered; a release waits until rows are named.
    """
    check_folder(folder)
    watcher = watcher or Nobody()
    with _staged(folder) as staged:
        origin = registry.bring_model(address, staged / MODEL_FOLDER)
        mlmodel = staged / MODEL_FOLDER / MLMODEL
        saved = read_mlmodel(mlmodel.read_text(encoding="utf-8", errors="replace"), where=MLMODEL)
        verdicts = _judged(staged / MODEL_FOLDER, saved)
        promise = promise_of(folder)
        found = _rows(folder, promise.manifest, saved, rows=rows, target=target)
        _write_beside(staged, origin, saved, found)
        place = folder / FOLDER / (slug(origin.name) or "model")
        if promise.manifest is not None:
            # a manifest that cannot take it is told before anything is written
            _with_it(folder, promise.text, place, saved, found)
        _put(staged, place, folder)
    manifest = _promised(folder, place, saved, found)
    work = open_workspace(folder)
    _record(work, manifest.product.name, place, origin, saved)
    made = Attached(
        product=manifest.product.name,
        folder=place.relative_to(folder).as_posix(),
        status="nothing_proven",
        origin=origin,
        saved=saved,
        verdicts=verdicts,
    )
    if found is not None:
        return msgspec.structs.replace(
            made,
            status="released",
            run=run(work, folder, watcher=watcher, workshop=workshop),
            next=f"causeway ship {shlex.quote(str(folder))}",
        )
    return _without_rows(work, made, place, watcher, workshop)


def _without_rows(
    work: Workspace, made: Attached, place: Path, watcher: Watcher, workshop: Workshop
) -> Attached:
    waits = "no release before rows with a known target are named (--rows FILE --target COLUMN)"
    if not made.saved.example:
        return msgspec.structs.replace(
            made, needs=f"nothing was proven, since there is neither a row nor an input example; {waits}"
        )
    needed = tuple((place / REQUIREMENTS).read_text(encoding="utf-8").split("\n"))
    lines = tuple(line for line in needed if line.strip())
    parity = prove_example(work, place, requirements=lines, workshop=workshop, say=watcher.said)
    return msgspec.structs.replace(made, status="proven_on_example", parity=parity, needs=waits)


@contextmanager
def _staged(folder: Path) -> Iterator[Path]:
    """A folder beside the files that is gone unless it was put in its place."""
    try:
        staged = Path(tempfile.mkdtemp(prefix=".attaching-", dir=folder))
    except OSError as error:
        raise outside(error) from error
    try:
        yield staged
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _judged(model: Path, saved: Saved) -> tuple[Admission, ...]:
    """The verdict on each file that something could open; refused if one of them may not be."""
    if not (model / saved.file).is_file():
        raise NotFound(
            f"{MLMODEL} names {saved.file}, which is not beside it", hint="fetch all of the model's files"
        )
    # the description is never opened as a model, unless it says so of itself
    paths = [path for path in sorted(model.rglob("*")) if path.is_file()]
    paths = [path for path in paths if path != model / MLMODEL or saved.file == MLMODEL]
    opened = [path for path in paths if path.suffix.lower() not in TEXTS or path == model / saved.file]
    verdicts = tuple(judge_artefact(path, named=path.relative_to(model).as_posix()) for path in opened)
    for verdict in verdicts:
        if not verdict.allowed:
            raise Refused(
                f"{verdict.path} is not safe to open: {verdict.why}",
                where=verdict.path,
                hint="have it logged with serialization_format='skops', or train it here: causeway run",
            )
    return verdicts


def _rows(folder: Path, manifest: Manifest | None, saved: Saved, *, rows: str, target: str) -> _Rows | None:
    """The rows that the model is proven on, with all columns that it takes; None where there are none."""
    part = manifest.data[0] if manifest and manifest.data else None
    path = _inside(folder, rows) if rows else (part.path if part else "")
    target = target or (part.target if part else "")
    if not path:
        return None
    columns = _columns(folder, path)
    taken = [one.name for one in saved.inputs]
    rest = [name for name in columns if name not in taken]
    if not target and taken and len(rest) == 1:
        target = rest[0]
    if not target:
        raise UsageError(
            f"which column of {path} the model answers is not known",
            where=path,
            hint=f"name it with --target; perhaps one of {', '.join(rest[:8])}",
        )
    if columns and (lacking := [name for name in (*taken, target) if name not in columns]):
        raise Refused(
            f"{path} has no column {', '.join(lacking[:5])}, which the model "
            + ("answers" if lacking == [target] else "takes"),
            where=path,
            hint="name rows with the model's own columns (--rows), or run the training that prepares them",
        )
    return _Rows(path, target)


def _inside(folder: Path, rows: str) -> str:
    """The path from the folder on, wherever in it the rows lie."""
    place = (folder / rows).resolve()
    if not place.is_relative_to(folder.resolve()):
        raise UsageError(
            f"{rows} lies outside {folder}", hint="--rows is a path inside the folder; copy the file there"
        )
    return place.relative_to(folder.resolve()).as_posix()


def _columns(folder: Path, path: str) -> tuple[str, ...]:
    """The names of the file's columns; none where only reading it with its own library would tell."""
    if not (folder / path).is_file():
        raise NotFound(f"there is no {path} in {folder}", hint="--rows is a path inside the folder")
    known = next((file for file in read_poc(folder).data if file.path == path), None)
    return tuple(column.name for column in known.columns) if known else ()


def _write_beside(staged: Path, origin: Origin, saved: Saved, found: _Rows | None) -> None:
    """The script that takes the model as it is, what it needs installed, and where it came from."""
    if found is not None:
        script = on_rows(saved, origin.words, path=found.path, target=found.target)
        (staged / AS_IT_IS).write_text(script, encoding="utf-8")
    elif saved.example:
        (staged / ON_EXAMPLE).write_text(on_example(saved, origin.words), encoding="utf-8")
    told = staged / MODEL_FOLDER / REQUIREMENTS
    lines = told.read_text(encoding="utf-8", errors="replace").splitlines() if told.is_file() else []
    (staged / REQUIREMENTS).write_text(
        "".join(f"{line}\n" for line in _needed(lines, saved)), encoding="utf-8"
    )
    (staged / ORIGIN).write_bytes(msgspec.json.format(msgspec.json.encode(origin), indent=1) + b"\n")


def _needed(lines: Iterable[str], saved: Saved) -> list[str]:
    """What the model needs: its own requirements, less the tool that kept it."""
    # a line that goes on in the next is one
    whole = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    written = [line.strip() for line in whole.splitlines()]
    named = [(_name_of(line), line) for line in written if line[:1] not in {"", "#", "-"}]
    kept = [line for name, line in dict.fromkeys(named) if name not in NOT_NEEDED]
    # the scikit-learn form of other libraries' models needs it, and MLflow does not say so
    lacking = saved.flavour != SKLEARN and "scikit-learn" not in dict(named)
    return [*kept, "scikit-learn"] if lacking else kept


def _name_of(line: str) -> str:
    return _NAME.split(line, maxsplit=1)[0].lower().replace("_", "-")


def _put(staged: Path, place: Path, folder: Path) -> None:
    """Puts the staged folder in its place; the same model may lie there already."""
    try:
        if place.exists():
            if _digests(place / MODEL_FOLDER) != _digests(staged / MODEL_FOLDER):
                raise Refused(
                    f"another model lies in {place.relative_to(folder)}",
                    where=str(place),
                    hint="remove or rename that folder, then attach again",
                )
            for path in staged.iterdir():
                if path.is_file():
                    path.replace(place / path.name)
            return
        place.parent.mkdir(exist_ok=True)
        staged.chmod(0o755)
        staged.replace(place)
    except OSError as error:
        raise outside(error) from error


def _digests(model: Path) -> dict[str, str]:
    return {p.relative_to(model).as_posix(): digest_file(p) for p in sorted(model.rglob("*")) if p.is_file()}


def _promised(folder: Path, place: Path, saved: Saved, found: _Rows | None) -> Manifest:
    """The manifest with the attached model in it, drafted where there was none."""
    if promise_of(folder).manifest is None:
        init(folder)
    text, manifest = _with_it(folder, promise_of(folder).text, place, saved, found)
    write_whole(folder / MANIFEST, text.encode(), mode=READABLE)
    return manifest


def _with_it(folder: Path, text: str, place: Path, saved: Saved, found: _Rows | None) -> tuple[str, Manifest]:
    """The manifest's text with the attached model in it, and what it says then."""
    where, here = str(folder / MANIFEST), place.relative_to(folder).as_posix()
    values = {"artifact": f"{here}/{MODEL_FOLDER}/{saved.file}", "requirements": f"{here}/{REQUIREMENTS}"}
    if found is not None:
        values["train"] = f"{here}/{AS_IT_IS}"
        kept = {"target": found.target, "path": found.path, "name": slug(Path(found.path).stem) or "data"}
        text, _ = with_rows(text, kept, where=where)
    return with_model(text, values, where=where)


def _record(work: Workspace, product: str, place: Path, origin: Origin, saved: Saved) -> None:
    fact = ReleaseAttached(
        source=origin.address,
        model=digest_file(place / MODEL_FOLDER / saved.file),
        flavour=saved.flavour,
        run=origin.run,
        version=origin.version,
        claimed=origin.metrics,
    )
    work.ledger.append(product, [fact], actor=work.actor, at=work.clock.now())
