"""A run puts stored rows to the proof of concept's own app, and says where it answers otherwise."""

from dataclasses import replace

import pytest
from test_run_real import ThisInterpreter, _own_keys, write_poc

from causeway.actions.run import run
from causeway.actions.stages.environment import EnvironmentMade
from causeway.actions.stages.recover import recover_features
from causeway.actions.stages.replay import replay_app
from causeway.actions.trial.place import Place
from causeway.actions.workspace import open_workspace
from causeway.adapters import registry
from causeway.assess.app_replay import AppReplay, judge
from causeway.core.manifest_text import parse_manifest
from causeway.intake import read_poc

__all__ = ["_own_keys"]

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

APP = """
import joblib
import pandas as pd
from flask import Flask, request

app = Flask(__name__)
model = joblib.load("model.pkl")
PLANS = {PLANS}


@app.route("/", methods=["POST"])
def predict():
    sent = request.get_json()
    months, spend, plan = sent["months"], sent["spend"], sent["plan"]
    row = pd.DataFrame([{{"months": months, "spend": spend if spend == spend else 0, "plan": PLANS[plan]}}])
    return {{"left": int(model.predict(row)[0])}}


if __name__ == "__main__":
    app.run()
"""
AS_TRAINED = {"basic": 0, "family": 1, "pro": 2}
OTHERWISE = {"basic": 2, "family": 1, "pro": 0}


def with_app(folder, plans, *, model="model.pkl"):
    text = APP.replace("{PLANS}", str(plans)).replace("{{", "{").replace("}}", "}")
    (folder / "app.py").write_text(text.replace("model.pkl", model))
    return folder


def test_an_app_that_codes_a_category_otherwise_is_found_with_counts_and_an_example(tmp_path):
    folder = with_app(write_poc(tmp_path / "poc"), OTHERWISE)
    report = run(open_workspace(folder), folder, workshop=ThisInterpreter(tmp_path / "environment"))
    (finding,) = [one for one in report.findings if one.code == "APP-DIFFERS"]
    assert "of 292 stored rows otherwise than the release does. The app fills plan" in finding.title
    assert not finding.blocks_ship
    assert report.blocks == ()
    fact = next(stage.fact for stage in report.stages if stage.stage == "replay")
    assert fact.startswith("the app and the release agree on ")
    assert "; e.g. row " in fact
    example = finding.evidence[0].text
    assert "plan=" in example
    assert example.partition("): ")[2] in {"app yes, release no", "app no, release yes"}
    assert [(made.column, made.of, made.made_at) for made in report.columns] == [
        ("months", ("months",), "train.py:8"),
        ("spend", ("spend",), "train.py:9"),
        ("plan", ("plan",), "train.py:10"),
    ]
    assert report.columns[1].rule == "its value; 0 where missing"
    assert report.columns[2].rule == "code by alphabet (basic 0, family 1, pro 2)"


def replayed(folder, place):
    """The stage alone, after a watched training."""
    shop = ThisInterpreter(place / "environment")
    site = Place(place).site(folder, parse_manifest((folder / "causeway.toml").read_text(), where="t"))
    site = replace(site, workshop=shop)
    environment = EnvironmentMade(fact="", environment=shop.build_environment(folder))
    trace = site.scratch / "train"
    trace.mkdir(parents=True)
    registry.watch_training(environment.environment, folder, "train.py", trace)
    loaded = registry.load_trace(trace)
    recovered = recover_features(site, loaded)
    source = loaded.tables[recovered.source]
    return (
        lambda: replay_app(site, environment, trace, recovered, poc=read_poc(folder), source=source).fact,
        trace / "poc",
    )


def test_an_app_that_prepares_as_the_training_did_agrees_and_one_that_fails_says_why(tmp_path):
    folder = with_app(write_poc(tmp_path / "poc"), AS_TRAINED)
    replay, copy = replayed(folder, tmp_path)
    agreed = "the app and the release agree on 292 of 292 rows; the app has no answer for 8 more"
    assert replay() == agreed  # eight rows lack a number, which its form does not take
    with_app(copy, AS_TRAINED, model="elsewhere.pkl")
    assert replay().startswith("app.py was not compared: FileNotFoundError")


@pytest.mark.parametrize(("rows", "agree", "found"), [(0, 0, 0), (9, 9, 0), (9, 8, 1)])
def test_only_a_difference_that_was_seen_is_a_finding(rows, agree, found):
    assert len(judge(AppReplay("app.py", rows, agree))) == found
