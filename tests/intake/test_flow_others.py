"""Kinds beside a table in Python: survival in R, JavaScript, images by hand, borrowed models."""

import folders
from causeway.assess.poc.judging import judge
from causeway.assess.poc.sentence import sentence
from causeway.intake import read_poc

COX = """library(survival)
# coxph(Surv(wrong, wrongly) ~ age)
people_file <- file.path("data", "patients.csv")
people <- readr::read_csv(people_file)
model <- coxph(
  Surv(days, event = died) ~ age + sex,
  data = people)
"""
TABLE = "days,died,age,sex\n" + "".join(f"{n},{n % 2},{40 + n},{n % 3}\n" for n in range(40))
NETWORK = """const tf = require('@tensorflow/tfjs-node');
const data = tf.data.csv('file://data/moves_train.csv', {columnConfigs: {move: {isLabel: true}}});
const held = tf.data.csv('file://data/moves_test.csv', {columnConfigs: {move: {isLabel: true}}});
const model = tf.sequential();
model.add(tf.layers.dense({units: 3, activation: 'softmax', inputShape: [2]}));
model.compile({optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy']});
model.fitDataset(data, {epochs: 3});
"""
MOVES = "x,y,move\n" + "".join(f"{n},{n * 2},{n % 3}\n" for n in range(60))
IMAGES = """import torch
from PIL import Image
from torch.utils.data import Dataset, DataLoader
from torchvision import models
class Scans(Dataset):
    def __getitem__(self, at):
        return Image.open(self.paths[at]), self.labels[at]
model = models.resnet18(weights=None)
criterion = torch.nn.CrossEntropyLoss()
for x, y in DataLoader(Scans()):
    loss = criterion(model(x), y)
    loss.backward()
"""
BORROWED = """from fastapi import FastAPI
from transformers import AutoTokenizer, BertForSequenceClassification
NAME = "somebody/bert-moods"
tokenizer = AutoTokenizer.from_pretrained(NAME)
model = BertForSequenceClassification.from_pretrained(NAME)
app = FastAPI()
@app.post('/mood')
def mood(text: str):
    return model(**tokenizer(text)).logits.argmax().item()
"""


def said(tmp_path, files):
    poc = read_poc(folders.write(tmp_path, files))
    return poc, sentence(poc)


def test_survival_in_r_names_the_event_and_the_file(tmp_path):
    poc, words = said(tmp_path, {"R/01-fit.R": COX, "R/02-check.R": COX, "data/patients.csv": TABLE})
    assert (poc.kind.value, poc.target.value) == ("survival analysis", "died")
    assert "40 records" in words
    assert "Cox proportional hazards model in R" in words
    assert not any(item.code == "RIVAL-TRAINING" for item in judge(poc))


def test_javascript_learns_and_serves(tmp_path):
    serve = "const app = require('express')();\nconst model = require('./model');\napp.listen(80);\n"
    files = {"src/model.js": NETWORK, "src/server.js": serve, "package.json": "{}"}
    poc, words = said(tmp_path, files | {"data/moves_train.csv": MOVES, "data/moves_test.csv": MOVES})
    assert (poc.kind.value, poc.target.value) == ("multiclass classification", "move")
    assert "TensorFlow.js network, served by Express, trained by src/model.js" in words
    assert not {"NO-HOLDOUT", "NO-LOGGING", "PYTHON-UNSTATED"} & {item.code for item in judge(poc)}


def test_images_that_a_data_set_of_its_own_opens(tmp_path):
    files = {
        "train.py": IMAGES,
        "outputs/predictions/predictions.csv": "true_label,predicted_label\n0,1\n1,1\n",
    }
    poc, words = said(tmp_path, files)
    assert "image classification" in poc.kind.value
    assert "predicted_label" not in words


def test_a_borrowed_model_is_said_to_be_borrowed(tmp_path):
    poc, words = said(tmp_path, {"api.py": BORROWED})
    assert poc.kind.value == "text classification"
    assert "a pretrained BERT (somebody/bert-moods), nothing is trained here, served by FastAPI" in words


LISTED = """import pandas as pd
from sklearn.svm import SVC
FEATURES = ['tenure', 'person_id', {0}]
df = pd.read_csv('people.csv')
df['long'] = (df['tenure'] > df['tenure'].median()).astype(int)
{1}
"""


def leaks(tmp_path, features, fit):
    code = LISTED.format(features, fit)
    poc = read_poc(folders.write(tmp_path, {"people.csv": folders.people(), "train.py": code}))
    return poc, {item.title for item in judge(poc) if item.code == "LEAK-TARGET"}


def test_the_column_that_the_target_is_made_of_is_a_leak_among_the_features(tmp_path):
    poc, said_ = leaks(tmp_path, "'plan'", "SVC().fit(df[FEATURES], df['long'])")
    assert poc.target.value == "long"
    assert any("tenure is among the features, and is what long is made of" in title for title in said_)


def test_the_target_among_its_own_features(tmp_path):
    _, said_ = leaks(tmp_path, "'left'", "SVC().fit(df[FEATURES], df['left'])")
    assert any("left is among the features, and is the target itself" in title for title in said_)


def test_a_list_without_the_answer_leaks_nothing(tmp_path):
    _, said_ = leaks(tmp_path, "'plan'", "SVC().fit(df[FEATURES], df['left'])")
    assert not said_


def test_a_script_that_loads_the_model_is_named(tmp_path):
    train = "import pandas as pd, joblib\nfrom sklearn.svm import SVC\ndf = pd.read_csv('people.csv')\n"
    train += "joblib.dump(SVC().fit(df[['tenure']], df['left']), 'm.pkl')\n"
    batch = "import joblib\nprint(joblib.load('m.pkl').predict([[1]]))\n"
    files = {"people.csv": folders.people(), "train.py": train}
    assert "nothing serves it" in said(tmp_path / "one", files)[1]
    assert "loaded by batch.py, no app serves it" in said(tmp_path / "two", files | {"batch.py": batch})[1]
