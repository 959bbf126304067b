"""What the judges say of an app whose inputs or answers mean something else than in training."""

import pickle

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc

API = """from fastapi import FastAPI
from pydantic import BaseModel
import joblib
import pandas as pd
app = FastAPI()
model = joblib.load("model.pkl")
class Person(BaseModel):
    plan: int
    tenure: float
    age: int
@app.post("/predict")
def predict(person: Person):
    table = pd.DataFrame([person.dict()])
    return {"answer": str(model.predict(table)[0])}
"""
CLEAN = """import re
import pandas as pd
from sklearn.pipeline import make_pipeline
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
def tidy(text):
    return re.sub("[^a-z ]", "", text.lower())
df = pd.read_csv("mails.csv")
df["mail"] = df["mail"].apply(tidy)
df.to_csv("clean.csv", index=False)
"""
TEXT = """import pandas as pd, joblib
from sklearn.pipeline import make_pipeline
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
df = pd.read_csv("clean.csv")
m = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(df["mail"], df["spam"])
joblib.dump(m, "model.pkl")
"""
ASKS = """from flask import Flask, request
import joblib
app = Flask(__name__)
m = joblib.load("model.pkl")
@app.route("/", methods=["POST"])
def ask():
    text = request.form["mail"]
    return str(m.predict([text])[0])
"""


class LGBMClassifier:
    """Stands for the class of that name in a pickle."""


LGBMClassifier.__module__ = "lightgbm.sklearn"


def model(monkeypatch, *features, classes=(0, 1)):
    module = type(pickle)("lightgbm.sklearn")
    module.LGBMClassifier = LGBMClassifier
    monkeypatch.setitem(__import__("sys").modules, "lightgbm", type(pickle)("lightgbm"))
    monkeypatch.setitem(__import__("sys").modules, "lightgbm.sklearn", module)
    made = LGBMClassifier()
    made.feature_names_in_ = list(features)
    made._classes = list(classes)
    made.classes_ = list(classes)
    return pickle.dumps(made)


def skew(folder, **files):
    return [item for item in judge(read_poc(folders.churn(folder, **files))) if item.code == "SKEW"]


def test_columns_in_another_order_than_the_saved_model_learned(tmp_path, monkeypatch):
    saved = model(monkeypatch, "tenure", "plan", "age")
    said = skew(tmp_path / "a", **{"app.py": API, "model.pkl": saved})[0]
    assert "column 1 is plan, learned was tenure; the model goes by position" in said.title
    assert str(said.evidence[0]) == "app.py:13"
    same = model(monkeypatch, "plan", "tenure", "age")
    assert not skew(tmp_path / "b", **{"app.py": API, "model.pkl": same})
    ordered = API.replace("predict(table)", "predict(table[model.feature_names_in_])")
    assert not skew(tmp_path / "c", **{"app.py": ordered, "model.pkl": saved})


def test_a_class_that_the_model_never_answers(tmp_path, monkeypatch):
    compares = API.replace("plan: int\n    tenure: float", "tenure: float\n    plan: int").replace(
        'return {"answer"',
        'answer = model.predict(table)[0]\n    if answer == "yes":\n        return 1\n    return {"answer"',
    )
    saved = model(monkeypatch, "tenure", "plan", "age")
    said = skew(tmp_path / "a", **{"app.py": compares, "model.pkl": saved})[0]
    assert said.title == (
        'app.py compares the answer with "yes", but model.pkl answers 0 or 1: the comparison is never true.'
    )
    named = model(monkeypatch, "tenure", "plan", "age", classes=("no", "yes"))
    assert not skew(tmp_path / "b", **{"app.py": compares, "model.pkl": named})


def test_texts_that_only_the_training_cleans(tmp_path):
    mails = "mail,spam\n" + "".join(f"Hello there number {n} of many,{n % 2}\n" for n in range(60))
    files = {"prepare.py": CLEAN, "train.py": TEXT, "mails.csv": mails, "clean.csv": mails, "app.py": ASKS}
    said = skew(tmp_path / "a", **files)[0]
    assert said.title.startswith("Training learns from texts cleaned by tidy; app.py asks")
    cleans = ASKS.replace("import joblib", "import joblib\nfrom prepare import tidy").replace(
        "[text]", "[tidy(text)]"
    )
    assert not skew(tmp_path / "b", **(files | {"app.py": cleans}))


GRADIO = """import gradio as gr
import torch
net = torch.load("model.pt", weights_only=False)
def answer(image):
    return net(image).argmax()
gr.Interface(answer, "image", "label").launch(share=True)
"""


def codes(folder, **files):
    return {item.code: item for item in judge(read_poc(folders.churn(folder, **files)))}


def test_an_interface_that_opens_itself_and_keeps_no_record(tmp_path):
    said = codes(tmp_path / "a", **{"app.py": GRADIO})
    assert said["NO-AUTH"].title == "It opens itself to the internet (share=True) and asks for no password."
    assert str(said["NO-PREDICTION-LOG"].evidence[0]) == "app.py:5"
    closed = GRADIO.replace("share=True", "share=True, auth=('a', secret)")
    assert "NO-AUTH" not in codes(tmp_path / "b", **{"app.py": closed})


def test_a_module_that_trains_as_soon_as_it_is_imported(tmp_path):
    app = "from flask import Flask\nfrom train import model\napp = Flask(__name__)\n"
    said = codes(tmp_path / "a", **{"app.py": app})["IMPORT-WORK"]
    assert said.title == "app.py imports train.py, which trains a model as soon as it is imported."
    assert str(said.evidence[0]) == "train.py:12"
    lines = folders.TRAIN.replace("\n", "\n    ")
    inside = f"def main():\n    {lines}\nmodel = None\nif __name__ == '__main__':\n    main()\n"
    assert "IMPORT-WORK" not in codes(tmp_path / "b", **{"app.py": app, "train.py": inside})


SCALED = folders.TRAIN.replace(
    "model.fit(X_train, y_train)",
    "from sklearn.preprocessing import StandardScaler\nscaler = StandardScaler()\n"
    "X_train = scaler.fit_transform(X_train)\nmodel.fit(X_train, y_train)",
)
RAW = """from flask import Flask, request
import joblib
app = Flask(__name__)
m = joblib.load("model.pkl")
@app.route("/", methods=["POST"])
def ask():
    return str(m.predict([[float(request.form["tenure"])]])[0])
"""


def test_an_app_that_never_scales_what_the_training_scaled(tmp_path):
    said = skew(tmp_path / "a", **{"train.py": SCALED, "app.py": RAW})[0]
    assert said.title.startswith("model.pkl learned from inputs that a StandardScaler had scaled (train.py)")
    assert str(said.evidence[0]) == "app.py:4"
    scales = RAW.replace(
        'm = joblib.load("model.pkl")', 'm, s = joblib.load("model.pkl"), joblib.load("s.pkl")'
    )
    scales = scales.replace("m.predict([[", "m.predict(s.transform([[").replace("]])[0]", "]]))[0]")
    assert not skew(tmp_path / "b", **{"train.py": SCALED, "app.py": scales})
    assert not skew(tmp_path / "c", **{"app.py": RAW})
