"""Files that are not where code reads them: chosen by looking, written by a callback, or lying elsewhere."""

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc

ROOTED = """from pathlib import Path
import pandas as pd
ROOT = Path.cwd()
{0}
DATA = ROOT / "people.csv"
df = pd.read_csv(DATA)
""" + folders.TRAIN.split("\n", 6)[6]
FIND = """def find():
    if (ROOT / 'people.csv').is_file():
        return ROOT
    return ROOT / 'inner'
ROOT = find()"""


def said_of(tmp_path, files):
    found = judge(read_poc(folders.write(tmp_path, files)))
    return [finding.title for finding in found if finding.code == "FILE-MISSING"]


@pytest.mark.parametrize(
    ("lines", "silent"),
    [
        ("if not (ROOT / 'people.csv').exists():\n    ROOT = ROOT / 'inner'", True),
        ("ROOT = ROOT if (ROOT / 'people.csv').exists() else ROOT / 'inner'", True),
        (FIND, True),
        ("ROOT = ROOT / 'inner'", False),
    ],
)
def test_a_path_that_is_chosen_by_looking_is_not_said_to_be_wrong(tmp_path, lines, silent):
    files = {"train.py": ROOTED.replace("{0}", lines), "people.csv": folders.people()}
    assert bool(said_of(tmp_path, files)) is not silent


NETWORK = """import keras
from keras.callbacks import ModelCheckpoint
net = keras.Sequential([keras.layers.Dense(1)])
keep = [ModelCheckpoint({0}save_best_only=True)]
net.fit(x, y, callbacks=keep)
net = keras.models.load_model('best.keras')
"""


@pytest.mark.parametrize(
    ("given", "silent"), [("'best.keras', ", True), ("filepath='best.keras', ", True), ("", False)]
)
def test_a_callback_writes_the_network_as_it_learns(tmp_path, given, silent):
    files = {"train.py": NETWORK.format(given), "app.py": "import flask\napp = flask.Flask(__name__)\n"}
    assert bool(said_of(tmp_path, files)) is not silent


APP = """import joblib
from flask import Flask, request
app = Flask(__name__)
model = joblib.load("model.pkl")
@app.route("/p", methods=["POST"])
def p():
    return str(model.predict([list(request.form.values())]))
"""


@pytest.mark.parametrize(("place", "told"), [("Models/model.pkl", True), ("model.pkl", False), ("", False)])
def test_what_training_writes_may_still_lie_elsewhere(tmp_path, place, told):
    files = {"app.py": APP, "Notebooks/train.py": folders.TRAIN, "Notebooks/people.csv": folders.people()}
    said = said_of(tmp_path, files | ({place: b"\x80\x04N."} if place else {}))
    assert said == (["app.py reads model.pkl, but the file is at Models/model.pkl."] if told else [])
