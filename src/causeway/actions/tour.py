"""The parts of the tour that are no verb of their own: the example laid out, and its callers."""

import http.client
import time
from collections.abc import Mapping
from importlib.resources import as_file, files
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.actions.label import outcomes_joined
from causeway.actions.tour_worth import Worth
from causeway.actions.workspace import Workspace, write_whole
from causeway.core.errors import OutsideError
from causeway.core.release import Signature
from causeway.core.table import Number, Text
from causeway.example import simulator
from causeway.stats.quality import Score, score_of, trivial_probability

CALLERS_SEED = 20260401
ANSWER_SECONDS = 10.0

Row = dict[str, str | float | int]


class Answered(Struct, frozen=True):
    """What came back from the gateway."""

    status: int
    body: bytes
    seconds: float
    release: str = ""


class Scored(Struct, frozen=True):
    """Many callers' predictions, in order, and what then happened to each of them."""

    ids: tuple[str, ...]
    probabilities: tuple[float, ...]
    outcomes: tuple[bool, ...]
    seconds: float
    slowest_ms: float


def lay_out(into: Path) -> Path:
    """The example's folder, as a colleague would hand it over; files that are there already stay."""
    folder = into / "subscribers"
    with as_file(files("causeway.example") / "poc") as bundled:
        for source in sorted(bundled.iterdir()):
            if source.is_file() and not (folder / source.name).exists():
                write_whole(folder / source.name, source.read_bytes())
    return folder


def callers(count: int) -> tuple[list[Row], NDArray[np.bool_]]:
    """New customers as raw rows, and who of them will leave: from the same truth as the export."""
    generator = np.random.default_rng(CALLERS_SEED)
    table = simulator.customers(count, generator)
    left = simulator.outcomes(table, generator)
    columns: Mapping[str, list[str | float | int]] = {name: values.tolist() for name, values in table.items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)], left


class Caller:
    """One consumer's connection to the gateway."""

    def __init__(self, address: str, token: str) -> None:
        parts = urlsplit(address)
        self.path = parts.path
        self.headers = {"Content-Type": "application/json"}
        if token:
            self.headers["Authorization"] = f"Bearer {token}"
        self.connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=ANSWER_SECONDS)

    def ask(self, row: Row) -> Answered:
        """The gateway's answer to one raw row."""
        body = msgspec.json.encode({"dataframe_records": [row]})
        begin = time.perf_counter()
        try:
            self.connection.request("POST", self.path, body, self.headers)
            answer = self.connection.getresponse()
            release = answer.getheader("causeway-release", "")
            return Answered(answer.status, answer.read(), time.perf_counter() - begin, release)
        except OSError as error:
            raise OutsideError(
                f"the gateway does not answer: {error}", hint="see .causeway/up.log beside the example"
            ) from error

    def close(self) -> None:
        """Hangs up."""
        self.connection.close()


class _Prediction(Struct, frozen=True):
    probability: dict[str, float]


class _Answer(Struct, frozen=True):
    ids: list[str]
    predictions: list[_Prediction]


_decode = msgspec.json.Decoder(_Answer).decode


def score(address: str, token: str, signature: Signature, *, count: int) -> Scored:
    """That many callers, one request each, over one connection."""
    rows, left = callers(count)
    fields = [field.name for field in signature.inputs]
    caller = Caller(address, token)
    begin = time.perf_counter()
    answers = [caller.ask({name: row[name] for name in fields}) for row in rows]
    seconds = time.perf_counter() - begin
    caller.close()
    told = [_told(answer, signature) for answer in answers]
    return Scored(
        ids=tuple(name for name, _ in told),
        probabilities=tuple(chance for _, chance in told),
        outcomes=tuple(bool(each) for each in left),
        seconds=seconds,
        slowest_ms=max(answer.seconds for answer in answers) * 1000,
    )


def _told(answer: Answered, signature: Signature) -> tuple[str, float]:
    """The prediction's id, and the chance it gives to the positive class."""
    if answer.status != http.HTTPStatus.OK:
        raise OutsideError(
            f"the gateway answered {answer.status}: {answer.body.decode(errors='replace')}",
            hint="look into .causeway/up.log",
        )
    told = _decode(answer.body)
    positive = next(output.positive for output in signature.outputs if output.kind == "probability")
    return told.ids[0], told.predictions[0].probability[positive]


class CanaryToured(Struct, frozen=True):
    """How the worse release fared: what it `answered` of all requests, and how soon it was gone."""

    release: str
    verdict: str
    because: str
    requests: int
    failed: int
    answered: int
    meanwhile: int
    """Answers of both releases between its first and its last."""
    seconds_on_trial: float
    """From its first answer until the live release got everything back."""
    seconds_from_evidence: float
    """From the last answer that was looked at until then."""
    seconds_to_last: float
    """From then until its last answer."""


class Toured(Struct, frozen=True):
    """Where the tour ended: what is live, how to ask it, how long it took."""

    product: str
    folder: str
    release: str
    address: str
    token: str
    curl: str
    predictions: int
    seconds: float
    canary: CanaryToured
    worth: Worth


def live_skill(work: Workspace, product: str, signature: Signature) -> Score:
    """How well the live answers ranked those who left, over every prediction whose outcome is known."""
    output = next(each for each in signature.outputs if each.kind == "probability")
    joined = outcomes_joined(work, product).columns
    told, chances = joined["outcome"], joined[f"out_{output.name}"]
    if not isinstance(told, Text) or not isinstance(chances, Number):
        raise OutsideError("the joined outcomes are not what was sealed", hint="causeway doctor says more")
    truth = np.array([value == output.positive for value in told.values], dtype=np.float64)
    return score_of("roc_auc", truth, chances.values, trivial_probability(truth))


def write_outcomes(file: Path, scored: Scored) -> Path:
    """The outcomes as the billing system would export them."""
    lines = ["id,outcome"]
    lines += [
        f"{name},{'Yes' if left else 'No'}" for name, left in zip(scored.ids, scored.outcomes, strict=True)
    ]
    write_whole(file, ("\n".join(lines) + "\n").encode())
    return file
