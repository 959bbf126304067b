"""A small proof of concept whose preprocessing no rule explains, and the functions that explain it."""

import random

TRAIN = """
import joblib
import pandas as pd
from sklearn.linear_model import LogisticRegression

table = pd.read_csv("orders.csv")
table = table.dropna(subset=["amount"])

def prepared(frame):
    out = pd.DataFrame(index=frame.index)
    out["amount"] = frame["amount"]
    out["code"] = [sum(ord(c) * (i + 1) for i, c in enumerate(text)) % 23 for text in frame["reference"]]
    return out

x = prepared(table)
y = (table["late"] == "yes").astype(int)
model = LogisticRegression(max_iter=2000).fit(x, y)
joblib.dump(model, "model.pkl")
"""

PREPARE = """
import pandas as pd
from words import code

def features(table):
    return pd.DataFrame({"code": [code(text) for text in table["reference"]], "amount": table["amount"]})
"""

WORDS = """
def code(text):
    letters = [ord(c) * (i + 1) for i, c in enumerate(text)]
    if "?" in text:
        raise ValueError("no reference: " + text)
    return sum(letters) % 23
"""

PREPARE += """
def ranked(table):
    made = features(table)
    made["amount"] = made["amount"].rank()
    return made

def shifted(table):
    made = features(table)
    made["code"] += [text[0] == "A" for text in table["reference"]]
    return made
"""

MANIFEST = """[product]
name = "orders"

[[data]]
name = "orders"
path = "orders.csv"
target = "late"
positive = "yes"

[model]
train = "train.py"
"""


def write_poc(folder, *, function="", rows=240):
    folder.mkdir()
    draw = random.Random(3)
    lines = ["order,reference,amount,late"]
    for number in range(rows):
        reference = "".join(draw.choice("ABCDEFGHJKLMNP0123456789") for _ in range(8))
        code = sum(ord(c) * (i + 1) for i, c in enumerate(reference)) % 23
        amount = "" if number % 40 == 7 else round(draw.uniform(5, 90), 2)
        late = "yes" if code + draw.gauss(0, 4) > 11 else "no"
        lines.append(f"{number},{reference},{amount},{late}")
    (folder / "orders.csv").write_text("\n".join([*lines, ""]))
    (folder / "train.py").write_text(TRAIN)
    (folder / "prepare.py").write_text(PREPARE)
    (folder / "words.py").write_text(WORDS)
    name(folder, function)
    return folder


def name(folder, function):
    line = f'features = "{function}"\n' if function else ""
    (folder / "causeway.toml").write_text(MANIFEST + line)
