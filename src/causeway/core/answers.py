"""What comes back from running a captured model: its answers, its converted form, its honest answers."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.core.release import Speed
from causeway.core.table import Column, Numbers, Table


class Answers(Struct, frozen=True):
    """A model's own answers, row by row; `probabilities` is rows by classes, None where it has none."""

    labels: Column
    probabilities: Numbers | None
    classes: tuple[str, ...]


class Tried(Struct, frozen=True):
    """A model's answers for rows that it may refuse.

    `answers` are those of the `rows` it took, in order; `why` is what it said of one of those `refused`.
    """

    answers: Answers
    rows: NDArray[np.int64]
    refused: int = 0
    why: str = ""


class WholeModel(Struct, frozen=True):
    """A captured model as its own framework saved it, and what a process needs to answer with it.

    `spec` is JSON: the form of the matrix it was fitted on, and the code that its bytes refer to.
    """

    content: bytes
    spec: bytes
    framework: str


class WorkerAnswers(Struct, frozen=True):
    """What a model answered in a process of its own, and how fast; `network` is `cut` or `open`."""

    tried: Tried
    speed: Speed
    network: str


class HonestAnswers(Struct, frozen=True):
    """Answers for rows that the answering clone had not seen; `folds` is -1 where a row was not scored.

    `method` says in words how rows were held out.
    """

    labels: Column
    probabilities: Numbers | None
    classes: tuple[str, ...]
    folds: Numbers
    method: str
    seconds: float


class Converted(Struct, frozen=True, omit_defaults=True):
    """A model as ONNX, or the `reason` in one sentence why it could not be converted.

    `form` is `matrix` (one input of all columns) or `columns` (one input a column, in `columns` order);
    `worker` where nothing was converted and the model answers as it is, in a process of its own.
    A classifier's outputs are the label, then the probabilities; a regressor has one.
    """

    file: str = ""
    form: str = "matrix"
    framework: str = ""
    input_names: tuple[str, ...] = ()
    input_kinds: tuple[str, ...] = ()
    """`text` or `number`, one for each input name."""
    output_names: tuple[str, ...] = ()
    dtype: str = "float32"
    opset: int = 0
    versions: dict[str, str] = {}
    reason: str = ""


class Featured(Struct, frozen=True):
    """What a function of the proof of concept made of a raw table.

    `dependent` are the columns that are not the same for a part of the rows as for all of them,
    `reads` the raw columns that it cannot do without; `example` says whether the example row was fine.
    """

    table: Table
    dependent: tuple[str, ...]
    reads: tuple[str, ...]
    example: bool
