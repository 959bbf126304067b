"""Whether the app answers with the model that training writes."""

import json
import pickle
import zipfile
from io import BytesIO

import pytest
from sklearn.preprocessing import MinMaxScaler

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc

TRAIN = """import keras, pickle
import pandas as pd
from sklearn.preprocessing import MinMaxScaler
from keras.callbacks import ModelCheckpoint
df = pd.read_csv("people.csv")
scaler = MinMaxScaler()
X = scaler.fit_transform(df[["tenure"]])
net = keras.Sequential([keras.layers.Dense(4), keras.layers.Dense(1)])
net.compile("adam", "mse")
net.fit(X, df["left"], callbacks=[ModelCheckpoint("best.keras")])
net.save("net.keras")
{0}
"""
APP = """import pickle
import streamlit as st
from keras.models import load_model
net = load_model("{0}")
scaler = pickle.load(open("scaler.pkl", "rb"))
st.write(net.predict(scaler.transform([[st.number_input("Tenure")]])))
"""


def keras_file():
    layers = [{"class_name": "Dense", "config": {}}, {"class_name": "Dense", "config": {}}]
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(
            "config.json", json.dumps({"class_name": "Sequential", "config": {"layers": layers}})
        )
        archive.writestr("metadata.json", '{"keras_version": "3.5.0"}')
        archive.writestr("model.weights.h5", "x")
    return made.getvalue()


@pytest.mark.parametrize(
    ("loaded", "rival"), [("net.keras", False), ("best.keras", False), ("old.keras", True)]
)
@pytest.mark.parametrize("saved", ['pickle.dump(scaler, open("scaler.pkl", "wb"))', ""])
def test_a_network_that_the_app_loads_is_a_model_and_a_scaler_is_none(tmp_path, loaded, rival, saved):
    files = {
        "train.py": TRAIN.format(saved),
        "app.py": APP.format(loaded),
        "people.csv": folders.people(),
        loaded: keras_file(),
        "scaler.pkl": pickle.dumps(MinMaxScaler().fit([[0], [1]])),
    }
    found = [f for f in judge(read_poc(folders.write(tmp_path, files))) if f.code == "RIVAL-MODEL"]
    assert bool(found) is rival
    assert not rival or found[0].title.startswith(
        "The app loads old.keras, but train.py writes best.keras, net"
    )
