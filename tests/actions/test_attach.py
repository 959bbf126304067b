"""A model that another tool keeps becomes a release by the same road, or waits for rows, or is refused.

The folders are laid out by the real MLflow client (tests/golden/mlflow); the model inside is pickled here, by
the scikit-learn that runs the tests.
"""

import ast
import json
import os
import pickle
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import shipyard
from causeway.actions.attach.attach import attach
from causeway.actions.attach.manifest_lines import with_model, with_rows
from causeway.actions.attach.script import on_rows
from causeway.actions.bundles import open_bundle
from causeway.actions.stages.claimed import claims_of
from causeway.adapters import registry
from causeway.core.attached import read_mlmodel
from causeway.core.environment import Environment
from causeway.core.errors import BadManifest, NotFound, Refused, UsageError
from causeway.core.events import ReleaseAttached

RECORDED = Path(__file__).parents[1] / "golden" / "mlflow" / "pickle"
INPUTS = ["tenure", "visits", "fee"]
EXAMPLE = "saved_input_example_info"


class Shop:
    """The real doors, but the environment is the interpreter that runs the tests."""

    def __init__(self, folder):
        self.folder = folder

    def build_environment(self, _, **asked):
        self.asked = asked
        overlay = self.folder / "overlay"
        overlay.mkdir(parents=True, exist_ok=True)
        (overlay / ".ready").touch()
        version = ".".join(map(str, sys.version_info[:3]))
        return Environment(sys.executable, version, {"scikit-learn": "1"}, (), "this", str(self.folder))

    def __getattr__(self, door):
        return getattr(registry, door)


@pytest.fixture
def rows():
    draw = np.random.default_rng(7)
    table = pd.DataFrame(
        {
            "tenure": draw.uniform(0, 60, 240).round(1),
            "visits": draw.integers(0, 12, 240).astype(float),
            "fee": draw.normal(40, 9, 240).round(2),
        }
    )
    noise = draw.normal(0, 0.6, 240)
    table["churn"] = (-0.06 * table.tenure - 0.2 * table.visits + 0.05 * table.fee + noise > -1).astype(int)
    return table


@pytest.fixture
def saved(tmp_path, rows):
    """The folder of a saved model."""
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows[INPUTS], rows["churn"])
    folder = Path(shutil.copytree(RECORDED, tmp_path / "saved"))
    (folder / "model.pkl").write_bytes(pickle.dumps(model, protocol=4))
    return folder


@pytest.fixture
def poc(folder, rows):
    """A proof of concept with rows, and nothing that trains."""
    rows.to_csv(folder / "churn.csv", index=False)
    (folder / "causeway.toml").write_text('# ours\n[product]\nname = "churn"  # kept\n')
    return folder


def in_store(saved, tmp_path):
    """A folder of runs that keeps this model, with a claim."""
    run = tmp_path / "mlruns" / "1" / "r1"
    (run / "metrics").mkdir(parents=True)
    (run / "meta.yaml").write_text("run_id: r1\n")
    (run / "metrics" / "test_roc_auc").write_text("1 0.97 0\n")
    (run / "metrics" / "training_roc_auc").write_text("1 0.999 0\n")
    shutil.copytree(saved, run / "artifacts" / "model")
    return f"mlflow+file:{tmp_path / 'mlruns'}/r1"


def facts(folder):
    work = shipyard.workspace(folder)
    return [event.fact for event in work.ledger.read("churn") if isinstance(event.fact, ReleaseAttached)]


@pytest.mark.integration
@pytest.mark.timeout(180)
def test_a_run_with_rows_becomes_a_release_whose_claims_stand_beside_its_measure(poc, saved, tmp_path):
    address = in_store(saved, tmp_path)
    shop = Shop(tmp_path / "env")
    made = attach(address, poc, rows="churn.csv", target="churn", workshop=shop)
    assert (made.status, made.folder, made.origin.run) == ("released", "attached/run-r1", "r1")
    assert "mlflow" not in " ".join(shop.asked["declared"])
    release = open_bundle(shipyard.workspace(poc), made.run.release).release
    assert release.parity.proven
    assert release.parity.rows == 240
    assert (release.evaluation.claimed, release.evaluation.metric) == (0.97, "roc_auc")
    assert "attached/run-r1/origin.json" in release.evaluation.claimed_how
    assert [field.name for field in release.signature.inputs] == INPUTS
    (fact,) = facts(poc)
    assert (fact.run, fact.claimed["test_roc_auc"]) == ("r1", 0.97)
    text = (poc / "causeway.toml").read_text()
    assert text.startswith('# ours\n[product]\nname = "churn"  # kept\n')
    assert 'train = "attached/run-r1/as_it_is.py"' in text


@pytest.mark.integration
@pytest.mark.timeout(120)
def test_without_rows_it_is_proven_on_its_example_and_the_release_waits(folder, saved, tmp_path):
    made = attach(str(saved), folder, workshop=Shop(tmp_path / "env"))
    assert (made.status, made.run) == ("proven_on_example", None)
    assert (made.parity.rows, made.parity.rows_equal) == (5, 5)
    assert "--rows" in made.needs


def test_with_neither_rows_nor_example_nothing_is_proven_and_that_is_said(folder, saved, tmp_path):
    mlmodel = saved / "MLmodel"
    text = mlmodel.read_text()
    head, _, tail = text.partition(EXAMPLE)
    mlmodel.write_text(head + tail[tail.index("\nsignature") + 1 :])
    made = attach(str(saved), folder, workshop=Shop(tmp_path / "env"))
    assert made.status == "nothing_proven"
    assert "nothing was proven" in made.needs


def seen(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


class Evil:
    def __reduce__(self):
        return os.system, ("true",)


def named_as_its_description(saved, below):
    """The model is said to lie in a file called as the one that describes it."""
    (saved / below).mkdir(exist_ok=True)
    path = f"{below}/MLmodel".lstrip("/")
    if below:
        (saved / path).write_bytes(pickle.dumps(Evil()))
    text = (saved / "MLmodel").read_text()
    (saved / "MLmodel").write_text(text.replace("pickled_model: model.pkl", f"pickled_model: {path}"))


@pytest.mark.parametrize(
    ("spoil", "error", "words"),
    [
        (
            lambda s: (s / "model.pkl").write_bytes(pickle.dumps(Evil())),
            Refused,
            "not safe to open: it names",
        ),
        (
            lambda s: (s / "more.bin").write_bytes(pickle.dumps(Evil())),
            Refused,
            "more.bin is not safe to open",
        ),
        (lambda s: named_as_its_description(s, "sub"), Refused, "sub/MLmodel is not safe to open"),
        (lambda s: named_as_its_description(s, ""), Refused, "MLmodel is not safe to open"),
        (lambda s: (s / "model.pkl").unlink(), NotFound, "names model.pkl, which is not beside it"),
        (lambda s: (s / "MLmodel").write_text("flavors: {pytorch: {}}"), Refused, "no flavour that is taken"),
        (lambda s: (s / "MLmodel").unlink(), NotFound, "no folder with an MLmodel"),
    ],
)
def test_what_is_refused_leaves_the_folder_as_it_was(poc, saved, spoil, error, words):
    spoil(saved)
    before = seen(poc)
    with pytest.raises(error, match=words) as told:
        attach(str(saved), poc, rows="churn.csv", target="churn")
    assert told.value.hint
    assert seen(poc) == before
    assert (poc / "causeway.toml").read_text() == '# ours\n[product]\nname = "churn"  # kept\n'


def test_rows_that_do_not_fit_are_told_before_anything_is_written(poc, saved, rows):
    rows.drop(columns=["fee"]).to_csv(poc / "less.csv", index=False)
    rows.assign(more=1).to_csv(poc / "more.csv", index=False)
    before = seen(poc)
    with pytest.raises(Refused, match=r"less.csv has no column fee, which the model takes"):
        attach(str(saved), poc, rows="less.csv", target="churn")
    with pytest.raises(Refused, match=r"no column left, which the model answers"):
        attach(str(saved), poc, rows="churn.csv", target="left")
    with pytest.raises(UsageError, match=r"which column of more\.csv") as told:
        attach(str(saved), poc, rows="more.csv")
    assert "churn, more" in told.value.hint
    with pytest.raises(NotFound, match=r"no gone\.csv"):
        attach(str(saved), poc, rows="gone.csv")
    rows.to_csv(poc.parent / "beside.csv", index=False)
    for outside in ("../beside.csv", str(poc.parent / "beside.csv")):
        with pytest.raises(UsageError, match="lies outside"):
            attach(str(saved), poc, rows=outside, target="churn")
    assert seen(poc) == before


def test_what_the_model_needs_is_what_it_says_and_what_its_form_needs(folder, saved):
    shutil.copytree(RECORDED.parent / "xgb", saved, dirs_exist_ok=True)
    (saved / "MLmodel").write_text((saved / "MLmodel").read_text().replace(EXAMPLE, "x"))
    (saved / "requirements.txt").write_text(
        "mlflow==3.17.2\n# why\n-e .\nxgboost[a]>=2 ; python_version>'3'\n"
        "numpy==2 \\\n  ; python_version>'3'\nnumpy==1; python_version<'3'\nMLFlow_skinny==3\n"
    )
    made = attach(str(saved), folder)
    told = (folder / made.folder / "requirements.txt").read_text().splitlines()
    assert told == [
        "xgboost[a]>=2 ; python_version>'3'",
        "numpy==2  ; python_version>'3'",
        "numpy==1; python_version<'3'",
        "scikit-learn",
    ]
    assert [verdict.path for verdict in made.verdicts] == ["model.pkl", "model.ubj"]
    script = on_rows(made.saved, 'a "b"\n\\', path="rows.csv", target="churn")
    imported = {alias.name for node in ast.walk(ast.parse(script)) for alias in getattr(node, "names", ())}
    assert imported == {"Path", "pandas", "sklearn", "xgboost"}


def test_another_model_of_the_same_name_is_not_written_over(folder, saved, tmp_path):
    (saved / "MLmodel").write_text((saved / "MLmodel").read_text().replace(EXAMPLE, "x"))
    attach(str(saved), folder)
    again = attach(str(saved), folder)
    assert again.folder == "attached/saved"
    (saved / "conda.yaml").write_text("other: true\n")
    before = (folder / "attached" / "saved" / "model" / "conda.yaml").read_text()
    with pytest.raises(Refused, match="another model lies in attached/saved"):
        attach(str(saved), folder)
    assert (folder / "attached" / "saved" / "model" / "conda.yaml").read_text() == before


def test_a_manifest_that_cannot_take_it_is_told_before_anything_is_written(poc, saved):
    (poc / "causeway.toml").write_text('data = [{name = "x"}]\n[product]\nname = "churn"\n')
    before = seen(poc)
    with pytest.raises(BadManifest):
        attach(str(saved), poc, rows="churn.csv", target="churn")
    assert seen(poc) == before


def test_keys_are_set_where_they_stand_and_no_other_line_changes():
    text = '[product]\nname = "p"\n\n[model]  # how\n# old\ntrain = "a.py"\n\n[serving]\nmissing = "flag"\n'
    told, manifest = with_model(text, {"train": "b.py", "artifact": 'm"1.pkl'}, where="causeway.toml")
    assert (manifest.model.train, manifest.model.artifact) == ("b.py", 'm"1.pkl')
    assert told.replace('artifact = "m\\"1.pkl"\n', "").replace("b.py", "a.py") == text
    more, manifest = with_rows(told, {"name": "rows", "path": "r.csv"}, where="causeway.toml")
    assert [part.path for part in manifest.data] == ["r.csv"]
    assert more.startswith(told.rstrip("\n"))


def test_the_end_of_a_files_name_is_read_in_any_case():
    saved = read_mlmodel((RECORDED / "MLmodel").read_text(), where="MLmodel")
    assert "pd.read_parquet(" in on_rows(saved, "here", path="ROWS.PARQUET", target="t")
    assert "pd.read_excel(" in on_rows(saved, "here", path="rows.XLSX", target="t")


def test_a_run_is_named_whole(saved, folder, tmp_path):
    address = in_store(saved, tmp_path)
    with pytest.raises(NotFound, match=r"no run \*"):
        attach(f"{address.removesuffix('r1')}*", folder)


@pytest.mark.parametrize("text", ["", "{", '{"metrics": {"auc": "x"}}'])
def test_an_origin_that_says_nothing_claims_nothing(tmp_path, text):
    (tmp_path / "attached").mkdir()
    (tmp_path / "attached" / "origin.json").write_text(text)
    assert claims_of(tmp_path, "attached/model/model.pkl") == ()
    assert claims_of(tmp_path, "") == ()


def test_what_was_measured_on_rows_held_out_is_claimed_first(tmp_path):
    told = {"address": "a", "words": "w", "name": "n", "metrics": {"training_auc": 1.0, "test_auc": 0.8}}
    (tmp_path / "origin.json").write_text(json.dumps(told))
    assert [claim.value for claim in claims_of(tmp_path, "model/m.pkl")] == [0.8, 1.0]
