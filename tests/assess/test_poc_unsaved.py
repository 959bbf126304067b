"""Models that nobody can ask rightly: the preparation is saved nowhere, or the last layer learned nothing."""

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc

TRAIN = """import pandas as pd, joblib
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
d = pd.read_csv("d.csv")
s = StandardScaler()
X = s.fit_transform(d[["a", "b"]])
m = LinearRegression().fit(X, d["t"])
{0}
"""
ALONE = "joblib.dump(m, 'm.pkl')"
NET = """import torch
from torchvision import models
class Picture:
    def __init__(self):
        self.net = models.resnet18(pretrained=True)
        self.net.fc = torch.nn.Linear(512, 3)
        {0}
        self.net.eval()
    def answer(self, x):
        with torch.no_grad():
            return int(torch.argmax(self.net(x)))
"""
APP = "from fastapi import FastAPI\nfrom picture import Picture\napp = FastAPI()\np = Picture()\n"


def found(folder, files):
    return {one.code: one for one in judge(read_poc(folders.write(folder, files)))}


@pytest.mark.parametrize(
    ("saved", "lost"),
    [
        (ALONE, True),
        (f"{ALONE}\njoblib.dump(s, 's.pkl')", False),
        ("joblib.dump({'model': m, 'scaler': s}, 'm.pkl')", False),
        (f"{ALONE}\nprint(s.mean_)", False),
        ("joblib.dump(make_pipeline(s, m), 'm.pkl')", False),
        ("print(m)", False),
    ],
)
def test_a_preparation_that_no_file_keeps(tmp_path, saved, lost):
    said = found(tmp_path, {"train.py": TRAIN.format(saved)}).get("PREPARATION-LOST")
    assert (said is not None) == lost
    if said:
        assert said.title.startswith("LinearRegression learns from what StandardScaler made, and only the")


@pytest.mark.parametrize(
    ("loads", "chance"), [("pass", True), ("self.net.load_state_dict(torch.load('net.pth'))", False)]
)
def test_a_network_that_answers_with_a_new_last_layer(tmp_path, loads, chance):
    said = found(tmp_path, {"app.py": APP, "picture.py": NET.format(loads)}).get("NO-TRAINING")
    assert (said is not None and "is new and learned nothing" in said.title) == chance


@pytest.mark.parametrize(("judged", "told"), [("", True), ("print(m.score(X, y))", False)])
def test_a_model_of_phrases_that_nothing_measures(tmp_path, judged, told):
    text = (
        "import joblib\nfrom sklearn.svm import LinearSVC\n"
        "from sklearn.feature_extraction.text import TfidfVectorizer\n"
        "X, y = TfidfVectorizer().fit_transform(['a b', 'b c']), ['x', 'y']\n"
        f"m = LinearSVC()\nm.fit(X, y)\njoblib.dump(m, 'm.pkl')\n{judged}\n"
    )
    assert ("NO-HOLDOUT" in found(tmp_path, {"train.py": text})) == told
