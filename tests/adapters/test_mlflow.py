"""Models are brought out of MLflow's stores as they are, or one clear error says why not.

The answers and folders are those of a real server and client; CAUSEWAY_MLFLOW_RUN names a run of a live one.
"""

import json
import os
import shutil
import sqlite3
import zipfile
from contextlib import closing

import pytest
from mlflow_player import RECORDED, RUNS, TOLD, playing

from causeway.adapters.mlflow.address import read_address
from causeway.adapters.mlflow.bringing import bring_model
from causeway.core.attached import read_mlmodel
from causeway.core.errors import NotFound, OutsideError, Refused, UsageError
from causeway.intake.admission import judge_artefact, judge_bytes

METRICS = {"test_accuracy": 0.8133333333333334, "test_roc_auc": 0.8961038961038961}
SKOPS = "m-a4edd2eeb1d846e1a1e022f9d84bede8"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch):
    for name in [name for name in os.environ if name.startswith("MLFLOW_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("run", "kept"), [("skops", "skops"), ("pickle", "pickle"), ("xgb", "xgb"), ("artifacts", "cloudpickle")]
)
def test_the_model_of_a_run_is_brought_byte_for_byte(tmp_path, run, kept):
    with playing() as at:
        origin = bring_model(f"mlflow://{at}/{RUNS[run]}", tmp_path / "model")
    assert origin.run == RUNS[run]
    assert names(tmp_path / "model") == names(RECORDED / kept)
    for path in (tmp_path / "model").iterdir():
        assert path.read_bytes() == (RECORDED / kept / path.name).read_bytes()


def test_a_registered_version_comes_with_the_claims_of_its_run(tmp_path, monkeypatch):
    with playing() as at:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://{at}")
        by_number = bring_model("models:/churn-served/1", tmp_path / "one")
        by_alias = bring_model("models:/churn-served@champion", tmp_path / "two")
    assert by_number.metrics == by_alias.metrics == METRICS
    assert (by_number.name, by_number.version, by_number.parameters) == ("churn-served-v1", "1", {"C": "1.0"})
    assert names(tmp_path / "one") == names(tmp_path / "two") == names(RECORDED / "skops")


@pytest.mark.parametrize(
    ("run", "error", "words"),
    [
        ("0" * 32, NotFound, "knows no 0000"),
        (RUNS["empty"], NotFound, "has no model"),
        (f"{RUNS['skops']}/m-other", NotFound, "has no model m-other"),
    ],
)
def test_what_is_not_there_is_named(tmp_path, run, error, words):
    with playing() as at, pytest.raises(error, match=words) as told:
        bring_model(f"mlflow://{at}/{run}", tmp_path / "model")
    assert told.value.hint


def test_a_version_that_is_not_there_is_named(tmp_path, monkeypatch):
    with playing() as at:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://{at}")
        with pytest.raises(NotFound, match="knows no churn-served 7"):
            bring_model("models:/churn-served/7", tmp_path / "model")


def test_a_token_is_sent_and_a_wrong_one_is_told(tmp_path, monkeypatch):
    with playing(token="good") as at:  # noqa: S106 - of a server that lives for a test
        monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "bad")
        with pytest.raises(OutsideError, match=r"does not let us in \(401\)") as told:
            bring_model(f"mlflow://{at}/{RUNS['skops']}", tmp_path / "one")
        monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "good")
        bring_model(f"mlflow://{at}/{RUNS['skops']}", tmp_path / "two")
    assert "bad" not in str(told.value) + told.value.hint + told.value.where


def test_nobody_there_and_somebody_else_there(tmp_path):
    with playing() as at:
        pass
    with pytest.raises(OutsideError, match="cannot be reached"):
        bring_model(f"mlflow://{at}/{RUNS['skops']}", tmp_path / "one")
    path = f"/api/2.0/mlflow/runs/get?run_id={RUNS['skops']}"
    for body in (b"<html>hello</html>", b"[]", b'{"run": 1}', b'{"run": {"info": {}}}', b"[" * 100_000):
        with playing(more={path: (200, body)}) as at, pytest.raises((OutsideError, NotFound)) as told:
            bring_model(f"mlflow://{at}/{RUNS['skops']}", tmp_path / "two")
        assert "no MLflow tracking server" in str(told.value) or "has no model" in str(told.value)


def test_a_redirect_is_not_followed(tmp_path):
    path = f"/api/2.0/mlflow/runs/get?run_id={RUNS['skops']}"
    with playing(more={path: (302, b"")}) as at, pytest.raises(OutsideError, match="sends us elsewhere"):
        bring_model(f"mlflow://{at}/{RUNS['skops']}", tmp_path / "model")


@pytest.mark.parametrize("path", ["../../out.txt", "/etc/out.txt", "a/../../out.txt", "a\\..\\out.txt"])
def test_a_server_cannot_write_outside_the_folder(tmp_path, path):
    at_list = f"/api/2.0/mlflow/logged-models/{SKOPS}/artifacts/directories"
    files = json.dumps({"files": [{"path": "MLmodel"}, {"path": path}]}).encode()
    with playing(more={at_list: (200, files)}) as at, pytest.raises(OutsideError, match="lists the path"):
        bring_model(f"mlflow://{at}/{RUNS['skops']}", tmp_path / "in" / "model")
    assert names(tmp_path) == ["in"]
    assert names(tmp_path / "in" / "model") == []


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("mlflow://host", "names no run"),
        ("mlflow://me:secret@host/run", "must not hold a password"),
        ("mlflow+file:run", "names no run"),
        ("models:/churn", "names no version"),
        ("models:/churn/1", "is not known"),
        ("s3://bucket/model", "is no address of a model"),
    ],
)
def test_an_address_that_says_too_little_is_told(address, words):
    with pytest.raises(UsageError, match=words):
        read_address(address, {})


def test_a_server_elsewhere_is_asked_over_tls_unless_one_says_otherwise():
    assert read_address("mlflow://tracking.example/run", {}).store == "https://tracking.example"
    assert read_address("mlflow+http://tracking.example:5000/run", {}).store == "http://tracking.example:5000"
    assert read_address("mlflow://localhost:5000/run", {}).store == "http://localhost:5000"


def store_in_sqlite(folder):
    """The tables of MLflow's own store that are read, with its names of columns."""
    (folder / "mlruns" / "1" / "models" / "m-1").mkdir(parents=True)
    shutil.copytree(RECORDED / "pickle", folder / "mlruns" / "1" / "models" / "m-1" / "artifacts")
    with closing(sqlite3.connect(folder / "mlflow.db")) as store, store:
        store.executescript("""
            CREATE TABLE runs (run_uuid TEXT, artifact_uri TEXT);
            CREATE TABLE latest_metrics (run_uuid TEXT, key TEXT, value REAL, is_nan INTEGER);
            CREATE TABLE params (run_uuid TEXT, key TEXT, value TEXT);
            CREATE TABLE logged_models (model_id TEXT, artifact_location TEXT, source_run_id TEXT);
            CREATE TABLE model_versions
                (name TEXT, version INTEGER, source TEXT, run_id TEXT, storage_location TEXT);
            CREATE TABLE registered_model_aliases (name TEXT, alias TEXT, version INTEGER);
            INSERT INTO runs VALUES ('r1', '/moved/mlruns/1/r1/artifacts');
            INSERT INTO runs VALUES ('r2', '/moved/mlruns/1/r2/artifacts');
            INSERT INTO latest_metrics VALUES ('r1', 'auc', 0.9, 0), ('r1', 'loss', 0, 1);
            INSERT INTO params VALUES ('r1', 'C', '1.0');
            INSERT INTO logged_models VALUES ('m-1', '/moved/mlruns/1/models/m-1/artifacts', 'r1');
            INSERT INTO model_versions VALUES ('churn', 1, 'models:/m-1', 'r1', NULL);
            INSERT INTO registered_model_aliases VALUES ('churn', 'champion', 1);
        """)
    return folder / "mlflow.db"


def test_a_database_is_read_even_when_the_store_was_moved(tmp_path, monkeypatch):
    store = store_in_sqlite(tmp_path)
    before = store.read_bytes()
    origin = bring_model(f"mlflow+file:{store}/r1", tmp_path / "one")
    assert (origin.metrics, origin.parameters) == ({"auc": 0.9}, {"C": "1.0"})
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{store}")
    assert bring_model("models:/churn@champion", tmp_path / "two").name == "churn-v1"
    assert names(tmp_path / "one") == names(tmp_path / "two") == names(RECORDED / "pickle")
    with pytest.raises(NotFound, match="no run r3"):
        bring_model(f"mlflow+file:{store}/r3", tmp_path / "x")
    with pytest.raises(NotFound, match="has no model"):
        bring_model(f"mlflow+file:{store}/r2", tmp_path / "x")
    with pytest.raises(NotFound, match="no version"):
        bring_model("models:/churn/2", tmp_path / "x")
    assert store.read_bytes() == before


def test_a_file_that_is_no_store_is_told(tmp_path):
    (tmp_path / "x.db").write_text("no database, but long enough to be looked at" * 10)
    with pytest.raises(OutsideError, match="no database of MLflow's"):
        bring_model(f"mlflow+file:{tmp_path}/x.db/r1", tmp_path / "model")
    with pytest.raises(NotFound, match="no database"):
        bring_model(f"mlflow+file:{tmp_path}/y.db/r1", tmp_path / "model")


def test_a_file_that_is_cut_off_on_its_way_is_told(tmp_path):
    path = next(each for each in TOLD["files"] if RUNS["artifacts"] in each and "requirements" in each)
    with playing(cut=path) as at, pytest.raises(OutsideError, match="IncompleteRead"):
        bring_model(f"mlflow://{at}/{RUNS['artifacts']}", tmp_path / "model")


def store_in_folder(root):
    """A folder of runs as MLflow lays it out."""
    run = root / "1" / "r1"
    for path, text in {
        "meta.yaml": "run_id: r1\n",
        "metrics/val/auc": "1 0.5 0\n2 0.8 1\n",
        "metrics/loss": "1 nan 0\n",
        "metrics/worst": "1 -inf 0\n",
        "params/C": "1.0",
    }.items():
        (run / path).parent.mkdir(parents=True, exist_ok=True)
        (run / path).write_text(text)
    shutil.copytree(RECORDED / "pickle", run / "artifacts" / "model")
    version = root / "models" / "churn" / "version-3"
    version.mkdir(parents=True)
    (version / "meta.yaml").write_text(f"run_id: r1\nsource: file://{run}/artifacts/model\n")
    (root / "models" / "churn" / "aliases").mkdir()
    (root / "models" / "churn" / "aliases" / "champion").write_text("3")
    return root


def test_a_folder_of_runs_is_read(tmp_path, monkeypatch):
    root = store_in_folder(tmp_path / "mlruns")
    origin = bring_model(f"mlflow+file:{root}/r1", tmp_path / "one")
    assert (origin.metrics, origin.parameters) == ({"val/auc": 0.8}, {"C": "1.0"})
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(root))
    assert bring_model("models:/churn@champion", tmp_path / "two").version == "3"
    assert names(tmp_path / "one") == names(tmp_path / "two") == names(RECORDED / "pickle")
    with pytest.raises(NotFound, match="no run r9"):
        bring_model(f"mlflow+file:{root}/r9", tmp_path / "x")


def test_a_run_with_two_models_asks_which(tmp_path):
    root = store_in_folder(tmp_path / "mlruns")
    shutil.copytree(RECORDED / "skops", root / "1" / "r1" / "artifacts" / "other")
    with pytest.raises(UsageError, match="2 models: model, other"):
        bring_model(f"mlflow+file:{root}/r1", tmp_path / "one")


def test_a_folder_with_a_link_or_without_a_model_is_refused(tmp_path):
    with pytest.raises(NotFound, match="no folder with an MLmodel file"):
        bring_model(str(tmp_path), tmp_path / "one")
    shutil.copytree(RECORDED / "pickle", tmp_path / "saved")
    (tmp_path / "saved" / "notes.txt").symlink_to("/etc/hostname")
    with pytest.raises(Refused, match="no plain file"):
        bring_model(str(tmp_path / "saved"), tmp_path / "two")


@pytest.mark.parametrize("kind", ["skops", "pickle", "cloudpickle", "xgb"])
def test_what_the_client_saves_is_on_the_list_and_nothing_may_hang_behind_it(kind):
    saved = read_mlmodel((RECORDED / kind / "MLmodel").read_text(), where="MLmodel")
    raw = (RECORDED / kind / saved.file).read_bytes()
    assert judge_artefact(RECORDED / kind / saved.file).allowed
    assert not judge_bytes(raw + b"x", named="x").allowed
    assert not judge_bytes(raw[:-1], named="x").allowed
    assert [one.name for one in saved.inputs] == ["tenure", "visits", "fee"]


@pytest.mark.parametrize(
    "node",
    [
        {"__class__": "system", "__module__": "os", "__loader__": "FunctionNode"},
        {"__class__": "system", "__module__": "os", "__loader__": "TypeNode"},
        {"__class__": "list", "__module__": "builtins", "__loader__": "ReduceNode"},
        {"__class__": "list", "__loader__": "ListNode"},
        {"__class__": "ndarray", "__module__": "numpy", "__loader__": "NdArrayNode", "file": "gone.npy"},
        {"__class__": "list", "__module__": "builtins", "__loader__": ["ListNode"]},
    ],
)
def test_a_skops_file_that_builds_something_else_is_refused(tmp_path, node):
    outer = {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode", "content": [node]}
    with zipfile.ZipFile(tmp_path / "m.skops", "w") as archive:
        archive.writestr("schema.json", json.dumps(outer))
    verdict = judge_artefact(tmp_path / "m.skops")
    assert not verdict.allowed
    with zipfile.ZipFile(tmp_path / "m.skops", "w") as archive:
        archive.writestr("schema.json", json.dumps(outer | {"content": []}))
    assert judge_artefact(tmp_path / "m.skops").allowed


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("flavors:\n  pytorch: {}\n", "no flavour that is taken"),
        ("flavors:\n  sklearn: {pickled_model: ../x.pkl}\n", "lies outside"),
        ("flavors:\n  sklearn: {pickled_model: /x.pkl}\n", "lies outside"),
        ("flavors:\n  sklearn: {}\n", "lies outside"),
        ("flavors:\n  xgboost: {data: m.ubj, model_class: xgboost.core.Booster}\n", "bare Booster"),
        (
            "flavors:\n  xgboost: {data: m.ubj, model_class: a.b, model_format: x}\n",
            "class 'b', which is not",
        ),
        ("flavors:\n  xgboost: {data: m.ubj, model_class: 'x.X();import os'}\n", "which is not opened"),
        ("a: [", "cannot be read"),
        ("a: &x [1]\nb: *x\n", "cannot be read"),
        ("signature: {inputs: '[{'}\nflavors:\n  sklearn: {pickled_model: m.pkl}\n", "cannot be read"),
    ],
)
def test_an_mlmodel_file_that_cannot_be_taken_is_refused(text, words):
    with pytest.raises(Refused, match=words):
        read_mlmodel(text, where="MLmodel")


@pytest.mark.integration
@pytest.mark.skipif("CAUSEWAY_MLFLOW_RUN" not in os.environ, reason="no run of a live MLflow server is named")
def test_a_live_server_hands_its_model_out(tmp_path):
    origin = bring_model(os.environ["CAUSEWAY_MLFLOW_RUN"], tmp_path / "model")
    assert origin.run
    assert (tmp_path / "model" / "MLmodel").is_file()
