"""A captured model answered by a process of its own: the very script that the gateway starts, asked here."""

import statistics
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec
import numpy as np
from msgspec import Struct

from causeway.adapters.pythons.requirements import local_modules
from causeway.adapters.runs.cases import Case
from causeway.adapters.runs.processes import environment_variables
from causeway.core.answers import Answers, Tried, WholeModel, WorkerAnswers
from causeway.core.environment import Environment
from causeway.core.errors import OutsideError, Refused
from causeway.core.release import Speed
from causeway.core.table import Column, Number, Table, Text

SCRIPT = Path(__file__).parents[2] / "runner" / "worker.py"
MEMORY_BYTES = 4 << 30
CALL_SECONDS = 60.0
TOTAL_SECONDS = 900.0
CHUNK_ROWS = 2_000
SINGLES, BATCH, BATCHES, MEASURED_SECONDS = 200, 100, 20, 5.0
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
DEFINITIONS = "definitions.py"
MAIN = b"__main__"


class _Answer(Struct):
    ok: bool
    error: str = ""
    row: int = -1
    values: bytes = b""
    labels: list[str | int | float | bool] = []
    network: str = ""


class _Spec(Struct):
    matrix: dict[str, object]
    classifies: bool
    definitions: str
    texts: dict[str, str]


_answer = msgspec.json.Decoder(_Answer).decode


def whole_model(trace: Path, captured: int) -> WholeModel:
    """The captured model's own bytes, and what a process needs to answer with them."""
    case = Case(trace.resolve(), captured)
    if case.captured.problem:
        raise Refused(
            f"{case.captured.estimator} was not kept: {case.captured.problem}",
            hint="define what it is made of in a module, not inside a function",
        )
    content = (case.folder / case.captured.file).read_bytes()
    seen = case.fitted_on
    if seen is None:
        raise Refused(f"what {case.captured.estimator} was fitted on was not seen")
    matrix: dict[str, object] = {
        "columns": [{"name": column.name, "kind": column.kind} for column in seen.columns],
        "named": seen.named,
        "float32": seen.float32,
        "one_dimensional": seen.one_dimensional,
    }
    definitions = (case.folder / DEFINITIONS).read_text(encoding="utf-8") if MAIN in content else ""
    spec = _Spec(matrix, bool(case.captured.classes), definitions, _texts(case, content, definitions))
    described = msgspec.json.format(msgspec.json.encode(spec, order="deterministic"), indent=1)
    return WholeModel(content, described, case.captured.module.partition(".")[0])


def _texts(case: Case, content: bytes, definitions: str) -> dict[str, str]:
    """The proof of concept's own modules by the paths they are imported by, where its bytes name one."""
    folder = case.folder / "poc"
    script = folder / case.trace.script
    found = {path for path in local_modules(folder, script) if path.suffix == ".py" and path != script}
    texts: dict[str, str] = {}
    # a module beside the script goes by its name from there
    for start in dict.fromkeys((script.parent, folder)):
        for path in sorted(found):
            if path.is_relative_to(start):
                texts.setdefault(path.relative_to(start).as_posix(), path.read_text(encoding="utf-8-sig"))
    named = any(Path(path).parts[0].removesuffix(".py").encode() in content for path in texts)
    return texts if definitions or named else {}


def worker_answers(
    environment: Environment, model: WholeModel, table: Table, scratch: Path, *, classes: Sequence[str]
) -> WorkerAnswers:
    """What a process with this model answers for the model's own columns; rows that it refuses are left out.

    Single rows and small batches of the table are asked again, to measure how fast it is.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    with _started(environment, model, scratch) as worker:
        pieces = list(_pieces(worker, table, 0, len(table)))
        rows = np.concatenate([piece[0] for piece in pieces]) if pieces else np.empty(0, np.int64)
        answers = _joined([piece[1] for piece in pieces], tuple(classes))
        tried = Tried(answers, rows.astype(np.int64), len(table) - len(rows), worker.refusal)
        return WorkerAnswers(tried, _measured(worker, table.take(rows)), worker.network)


class _Process:
    """The process; a message out, an answer in."""

    def __init__(self, sink: IO[bytes], source: IO[bytes], complaints: Path) -> None:
        self.sink, self.source, self.complaints = sink, source, complaints
        self.network, self.refusal, self.start_seconds = "", "", 0.0

    def told(self, content: bytes) -> None:
        """Sends one frame."""
        try:
            self.sink.write(len(content).to_bytes(4, "big") + content)
            self.sink.flush()
        except (BrokenPipeError, OverflowError) as error:
            raise _gone(self.last_words() or str(error)) from error

    def answer(self) -> _Answer:
        """The next answer."""
        head = self.source.read(4)
        content = self.source.read(int.from_bytes(head, "big")) if len(head) == 4 else b""
        try:
            return _answer(content)
        except msgspec.MsgspecError as error:
            raise _gone(self.last_words() or "it took too long") from error

    def last_words(self) -> str:
        """The last line that it wrote to its standard error."""
        lines = self.complaints.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1][:200] if lines else ""

    def asked(self, table: Table) -> _Answer:
        """What it answers for these rows."""
        self.told(question_of(table))
        return self.answer()


def question_of(table: Table) -> bytes:
    """The rows as the process reads them."""
    numbers = [column.values for column in table.columns.values() if isinstance(column, Number)]
    matrix = np.column_stack(numbers) if numbers else np.empty((len(table), 0))
    texts = {name: list(column.values) for name, column in table.columns.items() if isinstance(column, Text)}
    asked = {"rows": len(table), "numbers": np.ascontiguousarray(matrix, "<f8").tobytes(), "texts": texts}
    return msgspec.json.encode(asked)


@contextmanager
def _started(environment: Environment, model: WholeModel, scratch: Path) -> Iterator[_Process]:
    python, home = Path(environment.python).absolute(), scratch / "home"
    home.mkdir(exist_ok=True)
    told = scratch / "complaints.txt"
    with told.open("wb") as complaints:
        process = subprocess.Popen(  # noqa: S603 - running the proof of concept's model is the purpose
            [str(python), "-s", str(SCRIPT)],
            cwd=home,
            env={**environment_variables(scratch, str(python.parent)), **ONE_THREAD, "TMPDIR": str(home)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            start_new_session=True,
        )
    late = threading.Timer(TOTAL_SECONDS, process.kill)
    late.start()
    try:
        yield _greeted(process, model, told)
    finally:
        late.cancel()
        process.kill()
        process.communicate()


def _greeted(process: subprocess.Popen[bytes], model: WholeModel, complaints: Path) -> _Process:
    """The process, once it holds the model."""
    begun = time.perf_counter()
    if process.stdin is None or process.stdout is None:
        raise _gone("it has no pipes")
    worker = _Process(process.stdin, process.stdout, complaints)
    worker.told(hello_of(model))
    worker.told(model.content)
    greeted = worker.answer()
    if not greeted.ok:
        raise Refused(f"the model does not open in a process of its own: {greeted.error}")
    worker.network, worker.start_seconds = greeted.network, time.perf_counter() - begun
    return worker


def hello_of(model: WholeModel) -> bytes:
    """What the process is told first."""
    return msgspec.json.encode(
        {"model": msgspec.Raw(model.spec), "memory_bytes": MEMORY_BYTES, "seconds": CALL_SECONDS}
    )


def _pieces(
    worker: _Process, table: Table, start: int, end: int
) -> Iterator[tuple[np.ndarray[tuple[int], np.dtype[np.int64]], _Answer]]:
    """The answers in order, chunk by chunk; around a row that is refused."""
    while start < end:
        stop = min(start + CHUNK_ROWS, end)
        rows = np.arange(start, stop)
        got = worker.asked(table.take(rows))
        if got.ok:
            yield rows, got
            start = stop
        elif got.row < 0:
            raise Refused(f"the model fails on rows together that it takes one by one: {got.error}")
        else:
            worker.refusal = worker.refusal or got.error
            if got.row:
                kept = rows[: got.row]
                yield kept, worker.asked(table.take(kept))
            start += got.row + 1


def _joined(pieces: Sequence[_Answer], classes: tuple[str, ...]) -> Answers:
    values = np.concatenate([np.frombuffer(piece.values, "<f8") for piece in pieces] or [np.empty(0)])
    if not classes:
        return Answers(Number(values), None, ())
    labels = [label for piece in pieces for label in piece.labels]
    probabilities = values.reshape(len(labels), -1) if len(values) else None
    return Answers(_labels(labels), probabilities, classes)


def _labels(labels: Sequence[str | float | bool]) -> Column:
    if any(isinstance(label, str) for label in labels):
        return Text([str(label) for label in labels])
    return Number(np.array(labels, np.float64))


def _measured(worker: _Process, table: Table) -> Speed:
    """The median of single rows, and rows a second in batches."""
    count = len(table)
    singles = [np.array([i * 7919 % count]) for i in range(SINGLES if count else 0)]
    batches = [np.arange(i * BATCH, (i + 1) * BATCH) % count for i in range(BATCHES if count else 0)]
    one, many = (_timed(worker, [table.take(rows) for rows in parts]) for parts in (singles, batches))
    return Speed(
        one_row_ms=round(1000 * statistics.median(one), 3) if one else 0.0,
        rows_per_second=round(BATCH / statistics.median(many)) if many else 0.0,
        batch=BATCH,
        start_seconds=round(worker.start_seconds, 2),
    )


def _timed(worker: _Process, parts: Sequence[Table]) -> list[float]:
    """Seconds of each question, as many as there is time for."""
    taken: list[float] = []
    for part in parts:
        begun = time.perf_counter()
        worker.asked(part)
        taken.append(time.perf_counter() - begun)
        if sum(taken) > MEASURED_SECONDS:
            break
    return taken


def _gone(why: str) -> OutsideError:
    return OutsideError(
        f"the process with the model gave no answer: {why}",
        hint=f"it may take {MEMORY_BYTES >> 30} GB and {TOTAL_SECONDS / 60:.0f} minutes for all rows",
    )
