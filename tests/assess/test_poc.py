"""What the judges say about a folder, and what they leave unsaid."""

import pickle
import re
from pathlib import Path

import pytest

import folders
from causeway.assess.poc.judging import judge, ordered, verdict
from causeway.assess.poc.sentence import sentence, sources
from causeway.cli.main import VERBS
from causeway.core.finding import Finding, Remedy, Severity
from causeway.core.manifest import KpiPart, Manifest, ProductPart
from causeway.intake import read_poc

COMMON = {"NO-TESTS", "NO-CI", "NO-LICENCE", "NO-LOGGING", "NO-CONTAINER", "PYTHON-UNSTATED"}


def codes(poc, manifest=None):
    return {finding.code for finding in judge(poc, manifest)}


def read(tmp_path, **files):
    return read_poc(folders.write(tmp_path, files))


def test_a_clean_folder_has_only_what_all_lack(tmp_path):
    poc = read_poc(folders.churn(tmp_path, **{"requirements.txt": "pandas==2.2.0\nscikit-learn==1.5.0\n"}))
    assert codes(poc) == COMMON | {"NO-OWNER", "MODEL-ABSENT"}
    assert sentence(poc) == (
        "Binary classification of left (25 % yes) from 2 columns of 200 records, logistic regression, "
        "trained by train.py, nothing serves it."
    )
    assert len(sources(poc)) >= 3


def test_common_ones_go_when_they_are_there(tmp_path):
    poc = read_poc(
        folders.churn(
            tmp_path,
            **{
                "tests/test_a.py": "def test_a():\n    assert 1\n",
                ".github/workflows/ci.yml": "on: push\n",
                "LICENSE": "MIT",
                "Dockerfile": "FROM python:3.11-slim\n",
                "log.py": "import logging\n",
            },
        )
    )
    assert not codes(poc) & COMMON


def test_owner_and_kpi_come_from_the_manifest(tmp_path):
    poc = read_poc(folders.churn(tmp_path))
    owned = Manifest(ProductPart("a", owner="dana"))
    assert {"NO-OWNER", "NO-KPI"} & codes(poc, owned) == {"NO-KPI"}
    promised = Manifest(ProductPart("a", owner="dana"), kpi=KpiPart(name="kept"))
    assert not {"NO-OWNER", "NO-KPI"} & codes(poc, promised)


@pytest.mark.parametrize(
    ("code", "files"),
    [
        ("SECRET", {"config.py": 'key = "sk-proj-abcdEFGH1234ijklMNOP5678qrst"\n'}),
        ("ABS-PATH", {"other.py": "import pandas as pd\nd = pd.read_csv('/Users/ann/people.csv')\n"}),
        ("CODE-BROKEN", {"bad.py": "def f(:\n"}),
        ("REQ-ENCODING", {"requirements.txt": "pandas==2\n".encode("utf-16")}),
        ("API-REMOVED", {"old.py": "from sklearn.externals import joblib\n"}),
        ("DEBUG", {"app.py": "from flask import Flask\napp = Flask(__name__)\napp.run(debug=True)\n"}),
        ("SWALLOWED", {"app.py": "try:\n    x = 1\nexcept Exception:\n    pass\n"}),
        ("RIVAL-DATA", {"people2.csv": folders.people().replace("plus", "more")}),
        ("RIVAL-TRAINING", {"again.py": folders.TRAIN}),
        ("DATA-BOM", {"people.csv": folders.people().encode("utf-8-sig")}),
        ("LFS-POINTER", {"big.csv": "version https://git-lfs.github.com/spec/v1\n"}),
        ("PERSONAL-DATA", {"staff.csv": "gender,pay\n" + "f,1\nm,2\n" * 30}),
    ],
)
def test_each_finding_is_made_where_it_is_due(tmp_path, code, files):
    assert code not in codes(read_poc(folders.churn(tmp_path / "clean")))
    assert code in codes(read_poc(folders.churn(tmp_path / "odd", **files)))


def test_resampling_before_the_split_blocks_and_scaling_does_not(tmp_path):
    before = folders.TRAIN.replace("X_train,", "X, y = SMOTE().fit_resample(X, y)\nX_train,", 1)
    grave = read_poc(
        folders.churn(tmp_path / "a", **{"train.py": "from imblearn.over_sampling import SMOTE\n" + before})
    )
    (leak,) = (finding for finding in judge(grave) if finding.code == "LEAK-SPLIT")
    assert (leak.severity, leak.blocks_ship) == (Severity.BLOCKER, True)
    assert [str(place) for place in leak.evidence] == ["train.py:11", "train.py:12"]
    scaled = folders.TRAIN.replace("X_train,", "X = StandardScaler().fit_transform(X)\nX_train,", 1)
    mild = read_poc(
        folders.churn(
            tmp_path / "b", **{"train.py": "from sklearn.preprocessing import StandardScaler\n" + scaled}
        )
    )
    (leak,) = (finding for finding in judge(mild) if finding.code == "LEAK-SPLIT")
    assert (leak.severity, leak.blocks_ship) == (Severity.FIX, False)


CORRELATED = "best = list(df.corr()['left'].abs().nlargest(2).index)\nX = X[best]\n"
SUPPORTED = "k = SelectKBest(k=2).fit(X, y)\nX = X[X.columns[k.get_support()]]\n"


@pytest.mark.parametrize(
    ("chosen", "by"),
    [(CORRELATED, "corr()"), (SUPPORTED, "SelectKBest"), ("print(df.corr()['left'].index)\n", "")],
)
def test_columns_chosen_by_the_target_of_all_rows_block_and_looking_does_not(tmp_path, chosen, by):
    train = folders.TRAIN.replace("X_train,", chosen + "X_train,", 1)
    train = "from sklearn.feature_selection import SelectKBest\n" + train
    found = [
        each
        for each in judge(read_poc(folders.churn(tmp_path, **{"train.py": train})))
        if "LEAK" in each.code
    ]
    assert [(each.code, each.blocks_ship) for each in found] == ([("LEAK-SELECTION", True)] if by else [])
    assert not by or found[0].title.startswith(f"{by} uses the target")


REPORT = """
              precision    recall  f1-score   support

           a       0.20      0.20      0.20        40
           b       0.30      0.30      0.30        60

    accuracy                           {accuracy}       100
   macro avg       0.25      0.25      0.25       100
"""


@pytest.mark.parametrize(("accuracy", "due"), [("0.60", True), ("0.41", True), ("0.75", False)])
def test_no_skill_is_read_from_the_saved_output(tmp_path, accuracy, due):
    code = folders.TRAIN + "from sklearn.metrics import classification_report\n"
    code += "print(classification_report(y_test, model.predict(X_test)))\n"
    book = folders.notebook(code, outputs={1: folders.printed(REPORT.format(accuracy=accuracy))})
    poc = read(tmp_path, **{"train.ipynb": book, "people.csv": folders.people()})
    assert ("NO-SKILL" in codes(poc)) is due


APP = """
import pickle
import numpy as np
from flask import Flask, request
app = Flask(__name__)
model = pickle.load(open("model.pkl", "rb"))

@app.route("/predict", methods=["POST"])
def predict():
    row = np.zeros(20)
    row[0] = request.form["a"]
    row[2] = request.form["c"]
    return str(model.predict([row])[0])
"""


def test_an_app_that_encodes_by_hand_is_skewed(tmp_path):
    poc = read_poc(folders.churn(tmp_path, **{"app.py": APP, "model.pkl": pickle.dumps(["a", "b", "c"])}))
    (skew,) = (finding for finding in judge(poc) if finding.code == "SKEW")
    assert skew.blocks_ship
    assert "position 1 never" in skew.title
    assert {"NO-VALIDATION", "UNSAFE-LOAD", "IMPORT-WORK", "NO-PREDICTION-LOG"} <= codes(poc)


def test_an_option_that_the_data_does_not_know(tmp_path):
    app = "import streamlit as st\nst.selectbox('Plan', ['basic', 'plus', 'premum'])\n"
    data = folders.people().replace("1,basic", "1,premium")
    poc = read_poc(folders.churn(tmp_path, **{"app.py": app, "people.csv": data}))
    assert "SKEW-OPTION" in codes(poc)


def test_a_model_that_loads_a_shell_blocks_shipping(tmp_path):
    poc = read_poc(folders.churn(tmp_path / "p", **{"model.pkl": folders.bomb(tmp_path / "w")}))
    (unsafe,) = (finding for finding in judge(poc) if finding.code == "UNSAFE-ARTIFACT")
    assert unsafe.blocks_ship


def test_a_feature_that_is_the_target_in_disguise(tmp_path):
    rows = "".join(f"{n % 50},{n % 4 == 0:d}{n % 10},{'yes' if n % 4 == 0 else 'no'}\n" for n in range(200))
    code = folders.TRAIN.replace('["left", "person_id"]', '["left"]')
    poc = read_poc(folders.churn(tmp_path, **{"train.py": code, "people.csv": f"tenure,refund,left\n{rows}"}))
    (leak,) = (finding for finding in judge(poc) if finding.code == "LEAK-TARGET")
    assert leak.title.startswith("refund alone")
    assert not leak.blocks_ship


def test_a_readme_that_describes_another_model(tmp_path):
    poc = read_poc(folders.churn(tmp_path, **{"README.md": "We trained a random forest.\n"}))
    assert "MODEL-MISMATCH" in codes(poc)
    same = read_poc(
        folders.churn(tmp_path / "b", **{"README.md": "Random forest and logistic regression.\n"})
    )
    assert "MODEL-MISMATCH" not in codes(same)


def test_commands_in_remedies_exist(tmp_path):
    poc = read_poc(folders.churn(tmp_path, **{"app.py": APP, "model.pkl": pickle.dumps(["a", "b", "c"])}))
    for finding in judge(poc):
        assert finding.remedy.words, finding.code
        for words in (finding.remedy.command, *finding.remedy.words.split("`")[1::2]):
            if words.startswith("causeway "):
                assert words.split()[1] in VERBS, finding.code


def test_nothing_known_is_said_so(tmp_path):
    assert sentence(read(tmp_path / "a", **{"notes.md": "hello\n"})) == (
        "1 files without code, data or models: nothing to judge."
    )
    unsure = sentence(read(tmp_path / "b", **{"a.csv": folders.people(), "b.py": "import pandas\n"}))
    assert unsure == (
        "Python code, 1 data file; no training of a model was recognised, so its kind is not known."
    )


def test_order_is_weight_then_damage_times_certainty():
    def finding(code, severity, damage, certainty=1.0, *, common=False):
        return Finding(code, severity, "", Remedy(""), damage=damage, certainty=certainty, common=common)

    made = [
        finding("D", Severity.NOTE, 0.9, common=True),
        finding("C", Severity.NOTE, 0.1),
        finding("B", Severity.FIX, 0.9, 0.5),
        finding("A", Severity.FIX, 0.5),
        finding("Z", Severity.BLOCKER, 0.1),
    ]
    assert [item.code for item in ordered(made)] == ["Z", "A", "B", "C", "D"]
    assert verdict(made).ready is False


def test_every_code_is_documented():
    root = Path(__file__).parent.parent.parent
    documented = (root / "docs" / "check.md").read_text()
    sources = "".join(path.read_text() for path in (root / "src/causeway/assess/poc").glob("*.py"))
    codes = set(re.findall(r'^\s+\(?"([A-Z][A-Z]+(?:-[A-Z]+)*)",', sources, re.MULTILINE))
    assert len(codes) > 40
    assert {code for code in codes if code not in documented} == set()
