"""The model that README and app name as the folder's own, beside the one that is there."""

import pickle

import pytest
from sklearn.linear_model import LogisticRegression

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc

APP = """import pickle
from fastapi import FastAPI
model = pickle.load(open("model.pkl", "rb"))
app = FastAPI()
@app.get("/model-info")
def info():
    return {{"model_type": "{0}", "version": 1}}
"""


def found(folder, readme, said):
    model = LogisticRegression().fit([[0], [1]], [0, 1])
    files = {"app.py": APP.format(said), "model.pkl": pickle.dumps(model), "README.md": readme}
    poc = read_poc(folders.write(folder, files))
    return [finding for finding in judge(poc) if finding.code == "MODEL-MISMATCH"]


def test_a_key_of_the_readme_decides_among_the_models_it_names(tmp_path):
    readme = "- **Algorithm**: Random Forest (chosen by F1)\n- Models tested: Logistic Regression\n"
    (finding,) = found(tmp_path, readme, "unknown")
    assert "The README describes a random forest; the model that is there is logistic" in finding.title


def test_an_app_that_tells_its_users_another_model(tmp_path):
    (finding,) = found(tmp_path, "Nothing.\n", "Random Forest")
    assert finding.title.startswith("app.py describes a random forest")
    assert str(finding.evidence[0]) == "app.py:7"


@pytest.mark.parametrize(
    ("readme", "said"),
    [
        ("Algorithm: Logistic Regression, better than Random Forest\n", "Logistic Regression"),
        ("Model: Random Forest, Logistic Regression\n", "x"),
        ("Model: Random Forest\nModel: Decision Tree\nWe tried logistic regression.\n", "x"),
        ("The model: a random forest was tried. Final model: Logistic Regression\n", "Logistic Regression"),
    ],
)
def test_what_agrees_or_is_not_clear_is_no_mismatch(tmp_path, readme, said):
    assert not found(tmp_path, readme, said)


def test_a_table_of_models_in_the_app_is_no_claim(tmp_path):
    assert not found(tmp_path, "Nothing.\n", 'Random Forest", "b": {"Model": "Decision Tree"}, "c": "')
