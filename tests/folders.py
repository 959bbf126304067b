"""Small proofs of concept, made where a test wants them."""

import json
import pickle
from pathlib import Path

TRAIN = """\
import pandas as pd
import joblib
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

df = pd.read_csv("people.csv")
df["left"] = df["left"].map({"yes": 1, "no": 0})
X = df.drop(columns=["left", "person_id"])
y = df["left"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=1)
model = LogisticRegression()
model.fit(X_train, y_train)
print(model.score(X_test, y_test))
joblib.dump(model, "model.pkl")
"""


def people(rows=200):
    lines = ["person_id,tenure,plan,left"]
    lines += [
        f"{n},{n % 50},{'basic' if n % 3 else 'plus'},{'yes' if n % 4 == 0 else 'no'}" for n in range(rows)
    ]
    return "\n".join(lines) + "\n"


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content, encoding="utf-8")
    return folder


def churn(folder: Path, **more: str | bytes) -> Path:
    return write(
        folder, {"train.py": TRAIN, "people.csv": people(), "requirements.txt": "pandas==2.2.0\n"} | more
    )


def notebook(*cells: str, counts=None, outputs=None, language="python") -> str:
    counts = counts or list(range(1, len(cells) + 1))
    outputs = outputs or {}
    made = [
        {
            "cell_type": "code",
            "source": cell.splitlines(keepends=True),
            "execution_count": count,
            "metadata": {},
            "outputs": outputs.get(number, []),
        }
        for number, (cell, count) in enumerate(zip(cells, counts, strict=True), start=1)
    ]
    return json.dumps({"cells": made, "metadata": {"language_info": {"name": language}}, "nbformat": 4})


def printed(text: str) -> list[dict[str, object]]:
    return [{"output_type": "stream", "name": "stdout", "text": [text]}]


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (exec, (f"open({str(self.path)!r}, 'w').write('boom')",))


def bomb(path: Path) -> bytes:
    return pickle.dumps(Bomb(path))
