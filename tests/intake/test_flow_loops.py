"""A loop over batches that stands in another file than the loss, the data and the network it is given."""

import folders
from causeway.assess.poc.sentence import sentence
from causeway.intake import read_poc

LOOP = """import os
import torch

def learn(loader, optimizer, loss_function, model, name="net.pth"):
    for x, y in loader:
        loss = loss_function(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    torch.save(model.state_dict(), os.path.join("trained", name))
"""
APP = """import pandas as pd
import torch
from fastapi import FastAPI
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset
from loop import learn
app = FastAPI()

@app.post("/train")
def fit(rate: float, name: str):
    df = pd.read_csv("people.csv").drop(columns=["person_id", "plan"])
    X = df.drop(columns=["tenure"])
    y = df["tenure"]
    X_train, X_test, y_train, y_test = train_test_split(X, y)
    model = torch.nn.Sequential(torch.nn.Linear(1, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    learn(DataLoader(TensorDataset(X_train, y_train)), optimizer, torch.nn.MSELoss(), model, name)
    return {}
"""


def test_the_loop_may_stand_in_a_file_that_is_imported(tmp_path):
    files = {"people.csv": folders.people(), "service.py": APP, "loop.py": LOOP}
    poc = read_poc(folders.write(tmp_path, files))
    (training,) = poc.trainings
    assert (training.path, str(training.at), training.task) == ("service.py", "loop.py:8", "regression")
    assert sentence(poc).startswith("Regression of tenure from 1 column of 200 records, PyTorch network")
    assert training.saves == ()


def test_a_file_with_a_loss_and_a_loop_is_no_training_of_those_who_import_from_it(tmp_path):
    own = LOOP + "learn([], torch.optim.Adam([]), torch.nn.MSELoss(), torch.nn.Linear(1, 1))\n"
    user = "import torch\nfrom loop import learn\nprint(torch.nn.L1Loss()(1, 2))\n"
    poc = read_poc(folders.write(tmp_path, {"loop.py": own, "user.py": user}))
    assert [item.path for item in poc.trainings] == ["loop.py"]
