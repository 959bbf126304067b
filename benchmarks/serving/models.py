"""The models that the servers are asked for: what trains them, here and in the peers' own environments."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

FIELDS = [f"x{n}" for n in range(20)]
ROW: dict[str, object] = {name: round(0.05 * n - 0.4, 4) for n, name in enumerate(FIELDS)}
TEXT: dict[str, object] = {"text": "the parcel came late and the box was torn, I want my money back"}
WORDS = [
    "parcel",
    "late",
    "torn",
    "box",
    "money",
    "back",
    "broken",
    "again",
    "never",
    "arrived",
    "refund",
    "wrong",
    "size",
    "colour",
    "support",
    "rude",
    "slow",
    "thanks",
    "great",
    "quick",
    "love",
    "perfect",
    "happy",
    "recommend",
    "soon",
    "friend",
    "gift",
    "price",
    "fair",
    "quality",
    "works",
    "fine",
    "well",
    "made",
]
ROWS = 5000


@dataclass(frozen=True)
class Kind:
    """One model: its name, what is imported, the estimator, what pip installs, whether it takes a text."""

    words: str
    imports: str
    estimator: str
    requirements: str = "pandas\nscikit-learn\n"
    takes_text: bool = False

    @property
    def row(self) -> dict[str, object]:
        """What is asked."""
        return TEXT if self.takes_text else ROW


_PIPELINE = "from sklearn.pipeline import make_pipeline"
KINDS = {
    "lr": Kind(
        "logistic regression",
        "from sklearn.linear_model import LogisticRegression\n"
        f"{_PIPELINE}\nfrom sklearn.preprocessing import StandardScaler",
        "make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))",
    ),
    "gb": Kind(
        "gradient boosting, 100 trees of depth 3",
        "from sklearn.ensemble import GradientBoostingClassifier",
        "GradientBoostingClassifier(random_state=0)",
    ),
    "lgb": Kind(
        "LightGBM, 100 trees of 31 leaves",
        "from lightgbm import LGBMClassifier",
        "LGBMClassifier(random_state=0, verbose=-1)",
        "pandas\nscikit-learn\nlightgbm\n",
    ),
    "text": Kind(
        "TF-IDF and logistic regression",
        "from sklearn.feature_extraction.text import TfidfVectorizer\n"
        f"from sklearn.linear_model import LogisticRegression\n{_PIPELINE}",
        "make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=1000))",
        takes_text=True,
    ),
}


def write(kind: Kind, folder: Path) -> None:
    """A proof of concept that trains this model: rows, script, requirements."""
    folder.mkdir()
    (folder / "rows.csv").write_text("\n".join(_texts() if kind.takes_text else _numbers()) + "\n")
    inputs = 'rows["text"]' if kind.takes_text else 'rows.drop(columns="y")'
    (folder / "train.py").write_text(
        f"import pandas as pd\n{kind.imports}\nfrom sklearn.model_selection import train_test_split\n\n"
        f'rows = pd.read_csv("rows.csv")\nX, y = {inputs}, rows["y"]\n'
        "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"
        f"model = {kind.estimator}.fit(X_train, y_train)\n"
        'print("accuracy", model.score(X_test, y_test))\n'
    )
    (folder / "requirements.txt").write_text(kind.requirements)


def fitting(kind: Kind, poc: Path, into: Path) -> str:
    """A program that fits and saves the same model with whatever packages run it."""
    read = (
        "import csv\n"
        f"rows = list(csv.DictReader(open({str(poc / 'rows.csv')!r})))\n"
        "y = np.array([int(row['y']) for row in rows])\n"
    )
    inputs = (
        "X = [row['text'] for row in rows]\n"
        if kind.takes_text
        else "X = np.array([[float(v) for k, v in row.items() if k != 'y'] for row in rows])\n"
    )
    return (
        f"import joblib, numpy as np\n{kind.imports}\n{read}{inputs}"
        f"joblib.dump({kind.estimator}.fit(X, y), {str(into)!r})\n"
    )


def _numbers() -> list[str]:
    generator = np.random.default_rng(0)
    values = generator.normal(size=(ROWS, len(FIELDS))).round(4)
    target = (values @ generator.normal(size=len(FIELDS)) + generator.normal(size=ROWS) > 0).astype(int)
    rows = zip(values.tolist(), target.tolist(), strict=True)
    return [",".join([*FIELDS, "y"]), *(",".join([*map(repr, row), str(y)]) for row, y in rows)]


def _texts() -> list[str]:
    generator = np.random.default_rng(0)
    lines = [TEXT["text"]]
    lines += [" ".join(generator.choice(WORDS, generator.integers(6, 20))) for _ in range(ROWS - 1)]
    good = set(WORDS[18:])
    marks = [
        int(sum(word in good for word in str(line).split()) > len(str(line).split()) / 2) for line in lines
    ]
    return ["text,y", *(f'"{line}",{mark}' for line, mark in zip(lines, marks, strict=True))]
