"""Asks the runner, in a cage, about what a proof of concept has saved and about the app that it serves."""

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from causeway.adapters.runs.cases import Case, write_column
from causeway.adapters.runs.runners import decoded, run_script
from causeway.core.environment import Limits
from causeway.core.errors import OutsideError
from causeway.core.poc import DataFile, ModelFile
from causeway.core.table import Number
from causeway.core.trial import Apart, Bench, Matched, SavedModel, Served, Serving, StoodIn, StoredRows

OPEN_SECONDS = 120.0
EXTRA_SECONDS = 120.0
MOST_CATEGORIES = 500


class _Opened(Struct):
    outcome: str = "fails"
    estimator: str = ""
    row: str = ""
    answer: str = ""
    error: str = ""


def open_saved(bench: Bench, model: ModelFile) -> SavedModel:
    """What a saved file holds, and what it answers about a real row."""
    scratch = Path(bench.trace) / "opening"
    request = _request(bench, scratch) | {"path": model.path, "format": model.format}
    try:
        content = run_script(
            "opening",
            request,
            environment=bench.environment,
            scratch=scratch,
            limits=Limits(seconds=OPEN_SECONDS),
            what=f"opening {model.path}",
        )[1]
        opened = decoded(content, _Opened, what=f"opening {model.path}")
    except OutsideError as error:
        return SavedModel(model.path, "fails", model.estimator, error=error.message)
    return SavedModel(
        model.path,
        opened.outcome,
        opened.estimator or model.estimator,
        opened.row,
        opened.answer,
        opened.error,
    )


class _Replayed(Struct):
    rows: int = 0
    agree: int = 0
    compared: int = 0
    failed: int = 0
    broken_after: int = 0
    error: str = ""
    where: str = ""
    against: str = ""
    reason: str = ""
    example: str = ""
    largest: float = 0.0
    typical: float = 0.0
    unasked: tuple[str, ...] = ()
    matched: tuple[Matched, ...] = ()
    unmatched: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    apart: tuple[Apart, ...] = ()
    labels: tuple[str, ...] = ()
    places: tuple[int, ...] = ()
    answers: tuple[str, ...] = ()


def replay(
    bench: Bench, app: str, framework: str, *, rows: StoredRows | None, most: int, seconds: float
) -> Served:
    """The app's answers to stored rows beside those of its model on what the training made of them."""
    scratch = Path(bench.trace) / "serving"
    scratch.mkdir(parents=True, exist_ok=True)
    request = _request(bench, scratch) | {
        "app": app,
        "framework": framework,
        "seconds": seconds,
        "rows": most,
    }
    request |= _written(bench, scratch, rows) if rows else _NO_ROWS
    try:
        content = run_script(
            "serving",
            request,
            environment=bench.environment,
            scratch=scratch,
            limits=Limits(seconds=seconds + EXTRA_SECONDS),
            what=f"the app {app}",
        )[1]
        told = decoded(content, _Replayed, what=f"the app {app}")
    except OutsideError as error:
        return Served(Serving(app, framework, reason=error.message), error=error.message)
    serving = Serving(
        path=app,
        framework=framework,
        rows=told.compared or told.rows,
        agree=told.agree,
        failed=told.failed,
        error=told.error,
        against=told.against,
        apart=told.apart,
        matched=told.matched,
        unmatched=told.unmatched,
        refused=told.refused,
        lost=told.lost,
        broken_after=told.broken_after,
        largest=told.largest,
        typical=told.typical,
        unasked=told.unasked,
        example=told.example,
        reason=told.reason,
    )
    return Served(serving, told.error, told.where, told.labels, told.places, told.answers)


_NO_ROWS: dict[str, object] = {
    "table": [],
    "made": [],
    "matrix": None,
    "positions": [],
    "labels": [],
    "values": {},
}


def _written(bench: Bench, scratch: Path, rows: StoredRows) -> dict[str, object]:
    case = Case(Path(bench.trace).resolve(), rows.captured)
    raw = [
        write_column(scratch / f"raw{i}", name, column)
        for i, (name, column) in enumerate(rows.raw.columns.items())
    ]
    matrix = case.matrix(scratch, rows.matrix)
    made = [
        write_column(scratch / f"made{i}", name, column)
        for i, (name, column) in enumerate(rows.matrix.columns.items())
        if matrix["named"] and name not in rows.raw.columns and isinstance(column, Number)
    ]
    return {
        "table": raw,
        "made": made,
        "matrix": matrix,
        "positions": list(rows.positions),
        "labels": list(rows.labels),
        "values": {name: list(values)[:MOST_CATEGORIES] for name, values in rows.values.items()},
    }


def stand_in(bench: Bench, file: DataFile, *, task: str, drop: Sequence[str], seconds: float) -> StoodIn:
    """Held-out answers of a plain model on the raw columns."""
    scratch = Path(bench.trace) / "standin"
    request = _request(bench, scratch) | {
        "path": file.path,
        "dialect": _dialect(file),
        "task": task,
        "drop": list(drop),
        "seconds": seconds,
    }
    content = run_script(
        "standin",
        request,
        environment=bench.environment,
        scratch=scratch,
        limits=Limits(seconds=3 * seconds + EXTRA_SECONDS),
        what="measuring with a stand-in",
    )[1]
    return decoded(content, StoodIn, what="measuring with a stand-in")


def _request(bench: Bench, scratch: Path) -> dict[str, object]:
    """What every script of the trial is told."""
    return {
        "root": str(Path(bench.root).resolve()),
        "trace": str(Path(bench.trace).resolve()),
        "scratch": str(scratch.resolve()),
        "out": str(scratch.resolve()),
        "features": list(bench.features),
        "target": bench.target,
        "data": {file.path: _dialect(file) for file in bench.data},
    }


def _dialect(file: DataFile) -> dict[str, object]:
    return {
        "format": file.format.lower(),
        "delimiter": file.delimiter,
        "encoding": "utf-8-sig" if file.bom and file.encoding.lower().startswith("utf-8") else file.encoding,
        "header": file.header,
    }
