"""A vectorizer beside the model becomes part of the release: it takes texts as they are in the file."""

import sys
from pathlib import Path

import numpy as np
import pytest
from msgspec import json

from causeway.actions.bundles import open_bundle
from causeway.actions.prove.endpoint import probe
from causeway.actions.run import run
from causeway.actions.workspace import open_workspace
from causeway.adapters import registry
from causeway.core.environment import Environment
from causeway.core.release import Release
from causeway.gateway.models.model import Model

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

TRAIN = """
import re
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

df = pd.read_csv("reviews.csv")

def clean(text):
    text = re.sub(r"[^a-zA-Z\\s]", "", text.lower())
    return " ".join(word for word in text.split() if word not in ("the", "is", "a"))

df["clean"] = df["review"].apply(clean)
vectorizer = TfidfVectorizer(ngram_range=(1, 2))
X = vectorizer.fit_transform(df["clean"]).toarray()
X_train, X_test, y_train, y_test = train_test_split(X, df["label"], random_state=0)
model = LogisticRegression().fit(X_train, y_train)
print(model.score(X_test, y_test))
"""

MANIFEST = """
[product]
name = "reviews"

[[data]]
name = "reviews"
path = "reviews.csv"
target = "label"
positive = "good"

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


def write_poc(folder):
    folder.mkdir()
    draw = np.random.default_rng(4)
    said = {"good": ["lovely", "works", "thanks"], "bad": ["broken", "late", "refund"]}
    lines = ["review,label"]
    for _ in range(240):
        label = draw.choice(["good", "bad"])
        words = [*draw.choice(["The", "phone", "is", "a", "battery", "screen!", "order, 2"], 6)]
        words += [*draw.choice(said[label], 2), *draw.choice(said["good"] + said["bad"], 1)]
        lines.append(f'"{" ".join(draw.permutation(words))}",{label}')
    (folder / "reviews.csv").write_text("\n".join([*lines, ""]))
    (folder / "train.py").write_text(TRAIN)
    (folder / "causeway.toml").write_text(MANIFEST)
    return folder


def test_a_vectorizer_fitted_outside_answers_texts_as_the_proof_of_concept_does(tmp_path, monkeypatch):
    monkeypatch.setenv("CAUSEWAY_KEYS", str(tmp_path / "keys"))
    monkeypatch.delenv("CAUSEWAY_LEDGER", raising=False)
    folder = write_poc(tmp_path / "reviews")

    report = run(open_workspace(folder), folder, workshop=Shop(tmp_path / "shop"))

    assert not report.encoded_input
    assert report.blocks == ()
    assert report.evaluation.rows == report.parity.rows_equal == 240
    (made,) = report.columns
    assert (made.of, made.made_at) == (("review",), "train.py:14")
    (recovered,) = [stage.fact for stage in report.stages if stage.stage == "recover"]
    assert recovered.endswith("TfidfVectorizer part of the model")
    model = released(report)

    monkeypatch.chdir(folder)
    own: dict[str, object] = {}
    exec(compile(TRAIN, "train.py", "exec"), own)  # noqa: S102 - the same training, unwatched
    wanted = own["model"].predict_proba(own["X"])
    answers = model.predict([{"review": text} for text in own["df"]["review"]]).answers
    assert np.allclose(answers["probability"], wanted, atol=1e-5)

    strange = model.predict([{"review": "The phone is \u00e9patant"}, {"review": None}])
    assert strange.answers["label"] == [None, None]
    assert [problem.kind for problem in strange.problems] == ["unproven", "missing"]

    work = open_workspace(folder)
    seen = probe(work, open_bundle(work, report.release), records="async")
    assert (seen.watched, seen.told, seen.refused) == (1, 1, 422)


def released(report):
    bundle = Path(report.bundle)
    release = json.decode((bundle / "release.json").read_bytes(), type=Release)
    features = (bundle / "features.json").read_bytes()
    return Model((bundle / "model.onnx").read_bytes(), release=release, features=features)
