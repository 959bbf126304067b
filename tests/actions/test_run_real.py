"""A small proof of concept goes through every real stage, in the interpreter that runs the tests."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from causeway.actions.run import run
from causeway.actions.ship import Blocked, plan_to_ship, ship
from causeway.actions.workspace import open_workspace
from causeway.adapters import registry
from causeway.cli.main import main
from causeway.core.bundle import check_file, check_paths, verified_release
from causeway.core.environment import Environment
from causeway.core.errors import Refused
from causeway.core.events import ReleaseMade, RunFinished, StageFinished
from causeway.core.ids import digest_of
from causeway.core.papers.bom_schema import faults_of
from causeway.core.signatures import verify
from causeway.gateway.models.model import Model
from causeway.stats.release_profile import read_release_profile

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

TRAIN = """
import joblib
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder

table = pd.read_csv("customers.csv")
table["spend"] = pd.to_numeric(table["spend"], errors="coerce").fillna(0)
table["plan"] = LabelEncoder().fit_transform(table["plan"])
table["left"] = LabelEncoder().fit_transform(table["left"])
x, y = table[["months", "spend", "plan"]], table["left"]
x_train, x_test, y_train, y_test = train_test_split(x, y, random_state=7)
model = LogisticRegression(max_iter=1000).fit(x_train, y_train)
print("accuracy", model.score(x_test, y_test))
joblib.dump(model, "model.pkl")
"""

STAGES = ["data", "environment", "train", "contract", "recover", "evaluate", "compile", "package"]

MANIFEST = """
[product]
name = "leavers"

[[data]]
name = "customers"
path = "customers.csv"
target = "left"
positive = "yes"

[model]
train = "train.py"
"""


class ThisInterpreter:
    """The real doors, but the proof of concept's environment is the one that runs the tests."""

    def __init__(self, folder):
        self.folder = folder

    def build_environment(self, _, **__):
        overlay = self.folder / "overlay"
        overlay.mkdir(parents=True, exist_ok=True)
        (overlay / ".ready").touch()
        version = ".".join(map(str, sys.version_info[:3]))
        return Environment(sys.executable, version, {"scikit-learn": "1"}, (), "this", str(self.folder))

    def __getattr__(self, name):
        return getattr(registry, name)


def write_poc(folder, *, rows=300):
    folder.mkdir()
    random = np.random.default_rng(5)
    months = random.integers(1, 60, rows)
    spend = np.round(random.gamma(3, 20, rows), 2)
    plan = random.choice(["basic", "family", "pro"], rows)
    pull = 2.5 - 0.12 * months + 0.5 * (plan == "basic")
    left = np.where(random.random(rows) < 1 / (1 + np.exp(-pull)), "yes", "no")
    lines = [
        f"{m},{'' if i % 41 == 0 else s},{p},{o}"
        for i, (m, s, p, o) in enumerate(zip(months, spend, plan, left, strict=True))
    ]
    (folder / "customers.csv").write_text("\n".join(["months,spend,plan,left", *lines, ""]))
    (folder / "train.py").write_text(TRAIN)
    (folder / "causeway.toml").write_text(MANIFEST)
    return folder


@pytest.fixture(autouse=True)
def _own_keys(tmp_path, monkeypatch):
    monkeypatch.setenv("CAUSEWAY_KEYS", str(tmp_path / "keys"))
    monkeypatch.delenv("CAUSEWAY_LEDGER", raising=False)


@pytest.fixture
def workshop(tmp_path):
    return ThisInterpreter(tmp_path / "environment")


def test_a_proof_of_concept_becomes_a_signed_release_of_raw_rows(tmp_path, workshop):
    folder = write_poc(tmp_path / "poc")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    work = open_workspace(folder)

    report = run(work, folder, workshop=workshop)

    assert report.status == "made"
    assert report.blocks == ()
    assert report.parity.rows == report.parity.rows_equal == 300
    assert report.parity.matrix_columns == report.parity.matrix_columns_equal == 3
    assert report.evaluation.has_skill
    assert [stage.stage for stage in report.stages] == STAGES
    release = opened(report)
    assert [field.name for field in release.signature.inputs] == ["months", "spend", "plan"]
    assert [output.classes for output in release.signature.outputs] == [("no", "yes")] * 2
    assert [output.positive for output in release.signature.outputs] == ["yes", "yes"]
    assert release.task == "binary"
    assert {"bom.cdx.json", "README.md", "artefacts.json"} <= set(release.files)
    assert_profiled(Path(report.bundle), release)
    assert not {"provenance.json", "lineage.json", "model.sig"} & set(release.files)
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before
    facts = [event.fact for event in work.ledger.read("leavers")]
    assert [type(fact) for fact in facts[-2:]] == [ReleaseMade, RunFinished]
    assert sum(isinstance(fact, StageFinished) for fact in facts) == len(STAGES)

    lose(work, release.files["model.onnx"])
    shutil.rmtree(work.state / "releases")
    again = run(work, folder, workshop=workshop)

    # converted once more, to the very same bytes
    assert (again.status, again.release) == ("already_made", report.release)
    assert [stage.stage for stage in again.stages if not stage.cached] == ["compile", "package"]


def assert_profiled(bundle, release):
    content = (bundle / "reference.profile").read_bytes()
    assert release.files["reference.profile"] == digest_of(content)
    profile = read_release_profile(content)
    assert {name: each.count + each.missing for name, each in profile.columns.items()} == dict.fromkeys(
        ("in_months", "in_spend", "in_plan", "out_label", "out_probability"), 300
    )
    weights = profile.importance
    assert weights["months"] > weights["plan"] > weights["spend"]
    assert sum(weights.values()) == pytest.approx(1, abs=0.001)
    held = profile.held.kept
    assert (profile.held.classes, profile.held.one, len(held.truth)) == (("no", "yes"), 1, 300)
    assert held.chance[held.truth == 1].mean() > held.chance[held.truth == 0].mean() + 0.2


def lose(work, digest):
    name = digest.removeprefix("sha256:")
    (work.state / "artifacts" / name[:2] / name).unlink()


def test_saved_models_are_judged_before_they_are_opened_and_the_verdicts_are_kept(tmp_path, workshop):
    folder = write_poc(tmp_path / "poc")
    (folder / "old.pkl").write_bytes(b"cposix\nsystem\n(S'true'\ntR.")
    work = open_workspace(folder)

    report = run(work, folder, workshop=workshop)

    bundle = Path(report.bundle)
    caught, old = json.loads((bundle / "artefacts.json").read_bytes())
    assert (caught["container"], caught["allowed"]) == ("pickle", True)
    assert "sklearn.linear_model._logistic.LogisticRegression" in caught["names"]
    assert (old["path"], old["allowed"]) == ("old.pkl", False)
    assert "posix.system" in old["why"]
    bom = json.loads((bundle / "bom.cdx.json").read_bytes())
    assert faults_of(bom) == ()
    assert bom["components"][0]["hashes"][0]["content"] == opened(report).files["model.onnx"][7:]
    said = json.loads((bundle / "provenance.json").read_bytes())
    subjects = {each["name"]: each["digest"]["sha256"] for each in said["subject"]}
    assert subjects["release.json"] == report.release[7:]
    assert said["predicate"]["runDetails"]["metadata"]["invocationId"] == report.run


def test_a_column_that_cannot_be_recovered_makes_the_input_encoded(tmp_path, workshop):
    folder = write_poc(tmp_path / "poc")
    noisy = TRAIN.replace(
        "x, y =", "import numpy as np\ntable['spend'] = np.random.default_rng(3).random(len(table))\nx, y ="
    )
    (folder / "train.py").write_text(noisy)

    work = open_workspace(folder)
    report = run(work, folder, workshop=workshop)

    assert report.encoded_input
    assert report.blocks == ("ENCODED-INPUT",)
    finding = report.findings[0]
    assert "encode spend (made at train.py:13) themselves" in finding.title
    assert "table['spend'] = np.random" in finding.evidence[0].text
    assert '[model] features = "module:function" (below causeway.toml:11)' in finding.remedy.words
    with pytest.raises(Blocked, match="ENCODED-INPUT"):
        ship(work, folder, agree=lambda _: True)
    assert "features.json" not in opened(report).files


def test_a_training_that_fails_says_where(tmp_path, workshop):
    folder = write_poc(tmp_path / "poc")
    (folder / "train.py").write_text("import pandas as pd\ntable = pd.read_csv('nowhere.csv')\n")
    work = open_workspace(folder)

    with pytest.raises(Refused, match=r"nowhere\.csv"):
        run(work, folder, workshop=workshop)

    assert isinstance(work.ledger.read("leavers")[-1].fact, RunFinished)


def test_data_that_breaks_its_contract_stops_the_run(tmp_path, workshop):
    folder = write_poc(tmp_path / "poc")
    (folder / "c.yaml").write_text(
        "apiVersion: v3.2.0\nkind: DataContract\nid: c\nversion: 1.0.0\nstatus: active\n"
        "schema:\n  - name: customers\n    properties:\n"
        "      - name: months\n        logicalType: integer\n"
        "      - name: region\n        logicalType: string\n"
    )
    manifest = MANIFEST.replace('positive = "yes"', 'positive = "yes"\ncontract = "c.yaml"')
    (folder / "causeway.toml").write_text(manifest)

    with pytest.raises(Refused, match="no column region"):
        run(open_workspace(folder), folder, workshop=workshop)


def opened(report):
    bundle = Path(report.bundle)
    release = verified_release(
        (bundle / "release.json").read_bytes(),
        (bundle / "release.sig").read_bytes(),
        name=report.release,
        trusted=list(registry.trusted_keys(Path(bundle.parents[3] / "keys")).values()),
        verify=verify,
    )
    check_paths(release)
    for path in release.files:
        check_file(release, path, (bundle / path).read_bytes())
    return release


def test_without_a_manifest_the_command_says_what_to_do(tmp_path):
    result = CliRunner().invoke(main, ["run", str(tmp_path), "--json"])

    assert result.exit_code == 2
    assert json.loads(result.stdout)["hint"] == f"draft one: causeway init {tmp_path}"
    assert not (tmp_path / ".causeway").exists()


ASKED = """
[evaluation]
floor = 0.6
fairness = ["plan"]
fairness_ratio = 0.05

[decision]
true_positive = 10
false_positive = -3
currency = "EUR"

[[slices]]
name = "novices"
column = "months"
maximum = 24
"""


def test_a_release_is_held_against_the_manifest_and_against_what_is_live(tmp_path, workshop):
    folder = write_poc(tmp_path / "poc", rows=600)
    (folder / "causeway.toml").write_text(MANIFEST + ASKED)
    work = open_workspace(folder)
    first = run(work, folder, workshop=workshop)
    seen = first.evaluation
    assert (seen.floor, seen.decision.currency, len(seen.fairness[0].groups)) == (0.6, "EUR", 3)
    assert 0 < seen.slices[0].rows < seen.rows
    acts, chances = answered(first, [{"months": m, "spend": 9.5, "plan": "pro"} for m in (1, 20, 59)])
    assert acts == [chance >= seen.decision.at for chance in chances]
    assert set(acts) == {True, False}
    assert ship(work, folder, waive=waived(first), agree=lambda _: True).status == "shipped"

    repeated = run(work, folder, workshop=workshop, again=first.release[7:15])
    assert (repeated.again.same, repeated.release) == (True, first.release)
    assert [stage.stage for stage in repeated.stages if stage.cached] == ["environment"]

    # months decide who leaves: without them the model is worse, on the very same rows
    (folder / "train.py").write_text(TRAIN.replace('[["months", "spend", "plan"]]', '[["spend", "plan"]]'))
    (folder / "causeway.toml").write_text(MANIFEST)
    other = run(work, folder, workshop=workshop, again=first.release)
    causes = [each.words for each in other.again.differences if each.kind == "input"]
    assert causes == ["causeway.toml changed", "the code changed"]
    with pytest.raises(Blocked) as refused:
        ship(work, folder, agree=lambda _: True)
    compared = refused.value.plan.comparison
    assert "WORSE-THAN-LIVE" in {finding.code for finding in refused.value.plan.judgement.blocking}
    assert (compared.rows, compared.live, compared.test) == (600, first.release, "DeLong")
    assert compared.live_value == pytest.approx(seen.value)

    # the same code on more rows: the old are compared held out, the new are asked of the live release
    (folder / "train.py").write_text(TRAIN)
    more = write_poc(tmp_path / "more", rows=900)
    (folder / "customers.csv").write_bytes((more / "customers.csv").read_bytes())
    run(work, folder, workshop=workshop)
    compared = plan_to_ship(work, folder).comparison
    assert not compared.why_not
    assert compared.rows > 300
    assert not compared.is_worse


def answered(report, rows):
    bundle = Path(report.bundle)
    release = opened(report)
    features = (bundle / "features.json").read_bytes()
    model = Model((bundle / "model.onnx").read_bytes(), release=release, features=features)
    answers = model.predict(rows).answers
    yes = release.signature.outputs[1].classes.index("yes")
    return answers["act"], [each[yes] for each in answers["probability"]]


def waived(report):
    return dict.fromkeys(report.blocks, "a test")
