"""What sort of problem each library's way of learning is, on small invented folders."""
# ruff: noqa: ISC004, E501 - code that is read stands as in a file

import pytest

import folders
from causeway.assess.poc.sentence import sentence
from causeway.intake import read_poc

TABLE = "import pandas as pd\ndf = pd.read_csv('people.csv')\n"


def read(tmp_path, code, **files):
    return read_poc(folders.write(tmp_path, {"people.csv": folders.people(), "train.py": code} | files))


@pytest.mark.parametrize(
    ("code", "kind", "target", "model"),
    [
        ("import xgboost as xgb\nd = xgb.DMatrix(df[['tenure']], label=df['left'])\n"
         "xgb.train({'objective': 'binary:logistic'}, d)", "binary classification", "left", "XGBoost"),
        ("import lightgbm as lgb\nlgb.train({'objective': 'regression'}, lgb.Dataset(df[['person_id']], df.tenure))",
         "regression", "tenure", "LightGBM"),
        ("from catboost import Pool, CatBoostClassifier\nCatBoostClassifier().fit(Pool(df[['tenure']], df['left']))",
         "binary classification", "left", "CatBoost"),
        ("import statsmodels.api as sm\nsm.OLS(df['tenure'], df[['person_id']]).fit()", "regression", "tenure", "OLS"),
        ("import statsmodels.formula.api as smf\nsmf.logit('left ~ tenure + C(plan)', data=df).fit()",
         "binary classification", "left", "Logit"),
        ("from statsmodels.tsa.arima.model import ARIMA\nARIMA(df['tenure'], order=(1, 0, 0)).fit()",
         "time series forecasting", "tenure", "ARIMA"),
        ("from prophet import Prophet\nd = df.rename(columns={'person_id': 'ds', 'tenure': 'y'})\nProphet().fit(d)",
         "time series forecasting", "tenure", "Prophet"),
        ("from sklearn.cluster import KMeans\nKMeans(3).fit(df[['tenure']])", "clustering", "", "KMeans"),
        ("from sklearn.ensemble import IsolationForest\nIsolationForest().fit_predict(df[['tenure']])",
         "anomaly detection", "", "IsolationForest"),
        ("from surprise import Dataset, Reader, SVD\nfrom surprise.model_selection import cross_validate\n"
         "d = Dataset.load_from_df(df[['person_id', 'plan', 'tenure']], Reader())\ncross_validate(SVD(), d)",
         "recommendation", "tenure", "SVD"),
        ("from autogluon.tabular import TabularPredictor\nTabularPredictor(label='left').fit(df)",
         "binary classification", "left", "TabularPredictor"),
        ("from pycaret.classification import *\nsetup(df, target='left')\nbest = compare_models()",
         "binary classification", "left", "PyCaret"),
        ("from sklearn.pipeline import make_pipeline\nfrom sklearn.compose import ColumnTransformer\n"
         "from sklearn.preprocessing import OneHotEncoder\nfrom sklearn.svm import SVC\n"
         "p = make_pipeline(ColumnTransformer([('o', OneHotEncoder(), ['plan'])]), SVC())\n"
         "p.fit(df[['plan']], df.left)", "binary classification", "left", "support vector machine"),
        ("from keras import layers, Model\ni = layers.Input((1,))\no = layers.Dense(1, activation='sigmoid')(i)\n"
         "m = Model(i, o)\nm.compile(loss='binary_crossentropy')\nm.fit(df[['tenure']], df['left'])",
         "binary classification", "left", "Keras network"),
        ("from lifelines import CoxPHFitter\nCoxPHFitter().fit(df, duration_col='tenure', event_col='left')",
         "survival analysis", "left", "CoxPHFitter"),
    ],
)  # fmt: skip
def test_kinds(tmp_path, code, kind, target, model):
    poc = read(tmp_path, TABLE + code + "\n")
    assert (poc.kind.value, poc.target.value, poc.model.value) == (kind, target, model)


def test_spark(tmp_path):
    code = """
from pyspark.ml.classification import RandomForestClassifier
from pyspark.ml.feature import VectorAssembler
from pyspark.sql.functions import col, when
df = spark.read.option("header", True).csv("people.csv")
df = df.withColumn("label", when(col("left") == "yes", 1).otherwise(0))
df = VectorAssembler(inputCols=["tenure"], outputCol="features").transform(df)
a, b = df.randomSplit([0.8, 0.2], seed=1)
RandomForestClassifier(featuresCol="features", labelCol="label").fit(a)
"""
    poc = read(tmp_path, code)
    assert (poc.kind.value, poc.target.value, poc.positive.value) == ("binary classification", "left", "yes")
    assert poc.features == ("tenure",)
    assert "random forest (Spark)" in sentence(poc)


def test_images_in_folders(tmp_path):
    code = """
from keras.applications import MobileNetV2
from keras.models import Sequential
from keras.layers import Dense
from keras.preprocessing.image import ImageDataGenerator
train = ImageDataGenerator().flow_from_directory("pictures", class_mode="categorical")
m = Sequential([MobileNetV2(include_top=False), Dense(3, activation="softmax")])
m.compile(loss="categorical_crossentropy")
m.fit(train)
"""
    poc = read(tmp_path, code)
    assert poc.kind.value == "multiclass image classification"
    assert poc.model.value == "Keras network on MobileNetV2"
    assert "people" not in sentence(poc)


def test_a_loop_of_pytorch_over_digits(tmp_path):
    code = """
import torch
from torchvision import datasets
data = datasets.MNIST("d", train=True)
net = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3))
loss_of = torch.nn.CrossEntropyLoss()
for x, y in torch.utils.data.DataLoader(data):
    loss_of(net(x), y).backward()
"""
    poc = read(tmp_path, code)
    assert poc.kind.value == "multiclass image classification"
    assert "from MNIST, fetched when it runs, convolutional PyTorch network" in sentence(poc)


def test_a_pretrained_transformer_that_is_tuned(tmp_path):
    code = """
import pandas as pd, torch
from transformers import AutoModelForSequenceClassification, Trainer
df = pd.read_csv("people.csv")
class Rows(torch.utils.data.Dataset):
    def __init__(self, texts, labels):
        self.texts, self.labels = texts, labels
model = AutoModelForSequenceClassification.from_pretrained("bert-base-uncased", num_labels=2)
Trainer(model=model, train_dataset=Rows(df["plan"].tolist(), df["left"].tolist())).train()
"""
    poc = read(tmp_path, code)
    assert (poc.kind.value, poc.target.value) == ("binary classification", "left")
    assert poc.model.value == "bert-base-uncased"


def test_windows_of_one_column_are_forecasting(tmp_path):
    code = """
import numpy as np, pandas as pd
from keras.models import Sequential
from keras.layers import LSTM, Dense
values = pd.read_csv("people.csv")["tenure"].values
x, y = [], []
for i in range(60, len(values)):
    x.append(values[i-60:i])
    y.append(values[i])
m = Sequential([LSTM(8), Dense(1)])
m.compile(loss="mse")
m.fit(np.array(x), np.array(y))
"""
    poc = read(tmp_path, code)
    assert (poc.kind.value, poc.target.value) == ("time series forecasting", "tenure")
    assert poc.model.value == "Keras LSTM network"


def test_data_is_named_only_where_training_reads_it(tmp_path):
    code = "from sklearn.datasets import load_iris\nfrom sklearn.svm import SVC\nd = load_iris()\nSVC().fit(d.data, d.target)\n"
    poc = read(tmp_path, code)
    assert not poc.training_data
    assert "from iris (scikit-learn), fetched when it runs" in sentence(poc)


def test_unsure_of_the_kind_says_so(tmp_path):
    code = TABLE + "from strange import Oracle\nm = Oracle()\nm.fit(df[['tenure']], df['left'])\n"
    assert "not recognised" in sentence(read(tmp_path, code)) or "no training" in sentence(
        read(tmp_path, code)
    )


def test_a_network_that_nothing_fits(tmp_path):
    code = """
from keras.models import Sequential
from keras.layers import Conv2D, Dense
m = Sequential([Conv2D(8, 3), Dense(2, activation="softmax")])
m.compile(loss="categorical_crossentropy")
m.save("m.h5")
"""
    poc = read(tmp_path, code)
    assert poc.kind.value == "image classification"
    assert not poc.train
    assert poc.seen("never_fitted")[0].value == "m.h5"


def test_a_category_that_tells_the_target_alone_is_scored_like_a_number(tmp_path):
    rows = "".join(
        f"{n},{'stopped' if n % 4 == 0 else 'runs'},{'ab'[n % 2]},{'yes' if n % 4 == 0 else 'no'}\n"
        for n in range(200)
    )
    files = {"train.py": folders.TRAIN, "people.csv": "person_id,state,plan,left\n" + rows}
    poc = read_poc(folders.write(tmp_path, files))
    file = poc.training_file()
    assert file.column("state").target_score == 1
    assert file.column("plan").target_score < 0.9


CHOSEN_LATER = """import pandas as pd
from sklearn.linear_model import LogisticRegression
df = pd.read_csv('people.csv')
label = None
for name in df.columns:
    if 'label' in name.lower():
        label = name
said = 'Words'
df = df[[said, label]].dropna()
df[label] = df[label].map({'good': 1, 'bad': 0})
LogisticRegression().fit(df[said].values, df[label].values)
"""


def test_a_target_that_is_chosen_when_the_code_runs_has_no_name(tmp_path):
    poc = read_poc(folders.write(tmp_path, {"train.py": CHOSEN_LATER}))
    assert poc.target.value == ""
    assert "lassification" in sentence(poc)
    assert "of a column chosen when it runs" in sentence(poc)


COMPARED = """from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics.pairwise import cosine_similarity
def scores(wanted, texts):
    matrix = TfidfVectorizer().fit_transform([wanted, *texts])
    return cosine_similarity(matrix[0:1], matrix[1:]).flatten()
"""


def test_texts_ranked_by_similarity_without_learning(tmp_path):
    rank = (
        "from match import scores\ndef best(w, t):\n    return sorted(zip(scores(w, t), t), reverse=True)\n"
    )
    files = {"match.py": COMPARED, "rank.py": rank, "data/label.csv": "text,label\na,1\nb,0\n"}
    poc = read_poc(folders.write(tmp_path, files))
    assert sentence(poc).startswith("Ranking by text similarity from")
    assert "TF-IDF, nothing is learned" in sentence(poc)
    plain = read_poc(folders.write(tmp_path / "b", {"match.py": COMPARED}))
    assert plain.kind.value == "comparison of texts by similarity"


def test_many_scripts_that_do_not_use_each_other_are_a_collection(tmp_path):
    files = {f"day{n}.py": f"print({n})\n" for n in range(6)}
    words = sentence(read_poc(folders.write(tmp_path, files)))
    assert words.startswith("Python code: a collection of 6 files that do not use each other; no training")
    joined = read_poc(folders.write(tmp_path / "b", files | {"day9.py": "import day1\n"}))
    assert "collection" not in sentence(joined)
