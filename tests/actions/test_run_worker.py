"""A model that is not converted to its equal is released as it is; a converter that lies is caught."""

import json
import re
import sys
from pathlib import Path

import msgspec
import numpy as np
import onnx
import pytest
from msgspec.structs import replace

from causeway.actions.run import run
from causeway.actions.ship import plan_to_ship
from causeway.actions.workspace import open_workspace
from causeway.adapters import registry
from causeway.cli.run_text import verdict
from causeway.cli.ship import plan_lines
from causeway.core.answers import Converted
from causeway.core.environment import Environment
from causeway.core.errors import Refused
from causeway.core.release import Release

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

TRAIN = """
import pandas as pd
from own.scale import halved
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

def doubled(x):
    return 2 * halved(x)

table = pd.read_csv("people.csv")
x, y = table[["plan", "age"]], table["left"]
prepare = ColumnTransformer([
    ("plan", OneHotEncoder(handle_unknown="ignore"), ["plan"]),
    ("age", FunctionTransformer(doubled) if OWN else "passthrough", ["age"]),
])
model = Pipeline([("prepare", prepare), ("model", LogisticRegression(max_iter=500))]).fit(x, y)
"""

MANIFEST = """
[product]
name = "people"

[[data]]
name = "people"
path = "people.csv"
target = "left"
positive = "yes"

[model]
train = "train.py"
"""


class Shop:
    """The real doors, but the environment is the interpreter that runs the tests."""

    def __init__(self, folder):
        self.folder = folder

    def build_environment(self, _, **__):
        overlay = self.folder / "overlay"
        overlay.mkdir(parents=True, exist_ok=True)
        (overlay / ".ready").touch()
        version = ".".join(map(str, sys.version_info[:3]))
        return Environment(sys.executable, version, {"scikit-learn": "1"}, (), "this", str(self.folder))

    def __getattr__(self, door):
        return getattr(registry, door)


class Liar(Shop):
    """Its converter hands over a graph that answers from a model with another intercept."""

    def convert_model(self, *given, **named):
        made = registry.convert_model(*given, **named)
        if made.reason:
            return made
        graph = onnx.load(made.file)
        linear = next(node for node in graph.graph.node if node.op_type == "LinearClassifier")
        offset = next(one for one in linear.attribute if one.name == "intercepts")
        offset.floats[:] = [offset.floats[0] - 1, offset.floats[1] + 1]
        onnx.save(graph, made.file)
        return made


class Lost(Shop):
    """Nothing converts, and the model opens nowhere else."""

    def convert_model(self, *_, **__):
        return Converted(reason="there is no converter to ONNX for Pipeline")

    def whole_model(self, *_):
        raise Refused("it was not kept: it cannot be pickled")


class Forgetful(Lost):
    """The process with the model answers otherwise than the model did."""

    whole_model = staticmethod(registry.whole_model)

    def worker_answers(self, *given, **named):
        got = registry.worker_answers(*given, **named)
        turned = replace(got.tried.answers, probabilities=got.tried.answers.probabilities[:, ::-1])
        return replace(got, tried=replace(got.tried, answers=turned))


@pytest.fixture(scope="module", autouse=True)
def keys(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAUSEWAY_KEYS", str(tmp_path_factory.mktemp("keys")))
        patch.delenv("CAUSEWAY_LEDGER", raising=False)
        yield


def write_poc(folder, *, own):
    (folder / "own").mkdir(parents=True)
    draw = np.random.default_rng(2)
    lines = ["plan,age,left"]
    for _ in range(200):
        plan, age = draw.choice(["free", "paid"]), int(draw.integers(18, 80))
        lines.append(
            f"{plan},{age},{'yes' if age + 20 * (plan == 'free') + draw.normal(0, 9) > 60 else 'no'}"
        )
    (folder / "people.csv").write_text("\n".join([*lines, ""]))
    (folder / "train.py").write_text(TRAIN.replace("OWN", str(own)))
    (folder / "own" / "scale.py").write_text("def halved(x):\n    return x / 2\n")
    (folder / "causeway.toml").write_text(MANIFEST)
    return folder


@pytest.fixture(scope="module")
def poc(tmp_path_factory):
    return write_poc(tmp_path_factory.mktemp("poc") / "people", own=False)


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    return tmp_path_factory.mktemp("environment")


def described(report):
    return msgspec.json.decode((Path(report.bundle) / "release.json").read_bytes(), type=Release)


def test_a_model_of_its_own_code_goes_with_that_code_and_with_its_pace(environment, tmp_path):
    poc = write_poc(tmp_path / "people", own=True)

    report = run(open_workspace(poc), poc, workshop=Shop(environment))

    model = described(report).model
    assert (model.form, model.file, model.estimator, model.framework) == (
        "worker",
        "model.pkl",
        "Pipeline",
        "sklearn",
    )
    assert "FunctionTransformer" in report.not_compiled
    assert (report.parity.rows_equal, report.parity.label_flips) == (200, 0)
    assert report.parity.edge_rows == report.parity.edge_rows_equal == 7
    spec = json.loads((Path(report.bundle) / "worker.json").read_bytes())
    assert "def doubled" in spec["definitions"]
    assert list(spec["texts"]) == ["own/scale.py"]
    assert report.speed.one_row_ms > 0
    assert [finding.code for finding in report.findings if finding.code == "NOT-COMPILED"]
    assert "NOT-COMPILED" not in report.blocks
    said = " ".join(verdict(report, folder=poc).split())
    assert "It is not compiled, a process with the model itself answers:" in said
    assert re.search(r"That process takes [\d.]+ ms for one row", said)
    lines = " ".join(" ".join(plan_lines(plan_to_ship(open_workspace(poc), poc))).split())
    assert "worker a process with the model itself answers; not compiled: the converter to ONNX" in lines
    assert re.search(
        r"speed [\d.]+ ms for one row, [\d,]+ rows/s at 100 a request, one request at a time", lines
    )


def test_a_converter_that_lies_is_caught_by_row_and_difference_and_the_model_itself_answers(environment, poc):
    report = run(open_workspace(poc), poc, workshop=Liar(environment))

    assert described(report).model.form == "worker"
    assert (report.parity.rows_equal, report.parity.largest_difference) == (200, 0.0)
    told = re.match(
        r"in single precision, (\d+) of 200 rows agree within 1e-05, not row ([\d, ]+) and more "
        r"of people.csv; the largest difference is ([\d.]+), (\d+) labels differ; row (\d+) is answered "
        r"(\w+) \([\d.]+\), by the proof of concept's own model (\w+) \([\d.]+\)",
        report.not_compiled,
    )
    assert told, report.not_compiled
    assert float(told[3]) > 0.2
    assert int(told[4]) > 0
    assert told[2].split(", ")[0] == told[5]


@pytest.mark.parametrize(
    ("shop", "said"),
    [
        (Lost, "no converter to ONNX for Pipeline; and it cannot answer as it is: it was not kept"),
        (
            Forgetful,
            "cannot answer as it is: in a process of its own it answers otherwise: 0 of 200 rows agree",
        ),
    ],
)
def test_where_neither_way_holds_the_run_says_both(environment, poc, shop, said):
    # another tolerance, so that nothing is taken up that was proven before
    tolerance = 1e-5 * len(shop.__name__)
    (poc / "causeway.toml").write_text(f"{MANIFEST}[serving]\nreference_tolerance = {tolerance:g}\n")
    try:
        with pytest.raises(Refused, match=said) as refused:
            run(open_workspace(poc), poc, workshop=shop(environment))
    finally:
        (poc / "causeway.toml").write_text(MANIFEST)
    assert refused.value.where == "people.csv"
