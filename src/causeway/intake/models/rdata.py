"""R's saved objects (.rds, .RData): the classes that their bytes name."""

import re

from causeway.core.poc import ModelFile
from causeway.intake.files.text import read_bytes
from causeway.intake.files.unpacking import is_packed, unpacked
from causeway.intake.files.walk import Entry

MAX_BYTES = 20_000_000
MAX_CLASSES = 200_000
# a short vector of texts, and the first of them: how R writes the attribute `class`
_TEXTS = re.compile(
    rb"\x00\x00\x00\x10\x00\x00\x00[\x01-\x06]\x00[\x00-\x0f][\x00-\xff]\x09\x00\x00\x00(.)", re.DOTALL
)
_VERSION = re.compile(rb"X\n\x00\x00\x00[\x02\x03]\x00(.)(.)(.)", re.DOTALL)
MODELS = {
    "workflow": "tidymodels workflow", "model_fit": "parsnip model", "train": "caret model",
    "xgb.Booster": "XGBoost", "lgb.Booster": "LightGBM", "randomForest": "random forest",
    "ranger": "random forest (ranger)", "rpart": "decision tree", "svm": "support vector machine",
    "naiveBayes": "naive Bayes", "nnet": "neural network", "cv.glmnet": "glmnet", "glmnet": "glmnet",
    "gbm": "gradient boosting", "Arima": "ARIMA", "prophet": "Prophet", "kmeans": "k-means",
    "coxph": "Cox model", "gam": "additive model", "lmerMod": "mixed model", "C5.0": "C5.0",
    "glm": "generalised linear model", "lm": "linear model",
}  # fmt: skip
"""By class, the outermost first: a workflow holds a model."""


def read_r_object(entry: Entry, form: str) -> ModelFile | None:
    """What R saved here; None where the bytes are not R's."""
    raw = read_bytes(entry.full, MAX_BYTES) or b""
    plain = unpacked(raw) if is_packed(raw[:8]) else raw
    if not plain.startswith((b"RDX", b"RDA", b"X\n", b"A\n", b"B\n")):
        return ModelFile(entry.path, form, entry.size, framework="R") if is_packed(raw[:8]) else None
    named = _classes(plain)
    version = _VERSION.search(plain[:64])
    return ModelFile(
        entry.path,
        form,
        entry.size,
        framework="R",
        estimator=next((MODELS[name] for name in MODELS if name in named), ""),
        version=f"R {version[1][0]}.{version[2][0]}.{version[3][0]}" if version else "",
        holds="data frame" if "data.frame" in named and not set(named) & set(MODELS) else "",
    )


def _classes(raw: bytes) -> list[str]:
    found: dict[str, None] = {}
    for matched, _ in zip(_TEXTS.finditer(raw), range(MAX_CLASSES), strict=False):
        start = matched.end()
        found.setdefault(raw[start : start + matched[1][0]].decode("latin-1"))
    return list(found)
