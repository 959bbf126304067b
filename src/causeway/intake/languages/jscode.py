"""JavaScript and TypeScript: what they learn, load, save and answer, as far as patterns tell."""

import re
from collections.abc import Iterator

from causeway.core.finding import Evidence
from causeway.core.poc import Sighting, Source, Training
from causeway.intake.files.text import read_searchable
from causeway.intake.files.walk import Entry

SUFFIXES = {".js": "JavaScript", ".mjs": "JavaScript", ".cjs": "JavaScript", ".jsx": "JavaScript",
            ".ts": "TypeScript", ".tsx": "TypeScript"}  # fmt: skip
MAX_BYTES = 300_000
_NOT_OURS = re.compile(r"(^|/)(node_modules|dist|build|vendor|static|public/js|assets)/|\.min\.|\.bundle\.")
_LEARNS = re.compile(
    r"@tensorflow/tfjs|\btf\.(?:sequential|model|layers)\b|brain\.js|\bml5\b|onnxruntime-|ml-\w+"
)
_LOSS = re.compile(r"loss:\s*[\"'`](\w+)[\"'`]")
_LABEL = re.compile(r"[\"'`]?([\w.]+)[\"'`]?\s*:\s*\{\s*isLabel\s*:\s*true")
_TABLE = re.compile(r"[\w./-]*?([\w.-]+\.(?:csv|tsv|jsonl?))\b")
_FITTED = re.compile(r"\.(?:fit|fitDataset|trainOnBatch)\(")
_BUILT = re.compile(
    r"\btf\.(?:sequential|model)\(|\bnew\s+(?:\w+\.)?(NeuralNetwork\w*|LSTM\w*|LSTMTimeStep|GRU\w*)\("
)
_CLASSICAL = re.compile(
    r"\bnew\s+(?:\w+\.)?(RandomForestClassifier|RandomForestRegression|DecisionTreeClassifier|LogisticRegression|"
    r"BayesClassifier|LogisticRegressionClassifier|KNN|SimpleLinearRegression|MultivariateLinearRegression)\("
)
_SAVED = re.compile(r"\.save\(\s*[\"'`](?:file|indexeddb|localstorage|downloads)://([^\"'`$]*)")
_LOADED = re.compile(
    r"\b(?:InferenceSession\.create|loadLayersModel|loadGraphModel|loadTFLiteModel)\(\s*[\"'`]?([^\"'`)\s,]*)"
)
_HOSTED = re.compile(r"\bpipeline\(\s*[\"'`]([\w-]+)[\"'`]\s*,\s*[\"'`]([\w./-]+)[\"'`]")
_SERVERS = (
    (re.compile(r"(?:require\(|from\s+)[\"'`]express[\"'`]"), "Express"),
    (re.compile(r"(?:require\(|from\s+)[\"'`]fastify[\"'`]"), "Fastify"),
    (re.compile(r"(?:require\(|from\s+)[\"'`]koa[\"'`]"), "Koa"),
    (re.compile(r"(?:require\(|from\s+)[\"'`]socket\.io[\"'`]"), "Node.js (socket.io)"),
    (re.compile(r"\bhttps?\.createServer\("), "Node.js"),
)
_LOSSES = {
    "categoricalCrossentropy": "multiclass", "sparseCategoricalCrossentropy": "multiclass",
    "binaryCrossentropy": "binary", "meanSquaredError": "regression", "meanAbsoluteError": "regression",
}  # fmt: skip
_NAMES = {
    "RandomForestClassifier": ("random forest", "classification"),
    "RandomForestRegression": ("random forest", "regression"),
    "DecisionTreeClassifier": ("decision tree", "classification"),
    "LogisticRegression": ("logistic regression", "classification"),
    "LogisticRegressionClassifier": ("logistic regression", "classification"),
    "BayesClassifier": ("naive Bayes", "classification"), "KNN": ("k nearest neighbours", "classification"),
    "SimpleLinearRegression": ("linear regression", "regression"),
    "MultivariateLinearRegression": ("linear regression", "regression"),
}  # fmt: skip


class JsCode:
    """One file of JavaScript or TypeScript: source, sightings, and the training it holds, if any."""

    def __init__(self, entry: Entry) -> None:
        self.path = entry.path
        self.text = read_searchable(entry.full, MAX_BYTES)
        self.source = Source(entry.path, SUFFIXES[entry.suffix], self.text.count("\n") + 1)

    def sightings(self) -> Iterator[Sighting]:
        """The servers that it is, and the models that it loads."""
        for pattern, name in _SERVERS:
            if found := pattern.search(self.text):
                yield Sighting("app", name, self._at(found.start()))
                break
        for found in _LOADED.finditer(self.text):
            yield Sighting("load", "load", self._at(found.start()), found[1].removeprefix("file://"))
        for found in _HOSTED.finditer(self.text):
            yield Sighting("hub_model", found[2], self._at(found.start()), found[1])

    def training(self) -> Training | None:
        """The model that the file builds and fits, or builds for another file to fit."""
        if not _LEARNS.search(self.text):
            return None
        if classical := _CLASSICAL.search(self.text):
            name, task = _NAMES[classical[1]]
            return self._training(classical.start(), name, task)
        built = _BUILT.search(self.text)
        loss = _LOSS.search(self.text)
        if not built or not (loss or _FITTED.search(self.text) or ".train(" in self.text):
            return None
        brain = built[1]
        task = _LOSSES.get(loss[1], "") if loss else ""
        return self._training(built.start(), f"brain.js {brain}" if brain else "TensorFlow.js network", task)

    def _training(self, position: int, name: str, task: str) -> Training:
        tables = [found[1] for found in _TABLE.finditer(self.text)]
        label = _LABEL.search(self.text)
        held = any(part in table.lower() for table in tables for part in ("test", "valid"))
        at = self._at(position)
        return Training(
            self.path,
            name,
            at,
            framework="JavaScript",
            task=task,
            data=next((table for table in tables if "train" in table.lower()), tables[0] if tables else ""),
            target=label[1] if label else "",
            images="conv2d(" in self.text,
            split=at if held else None,
            dropped=("#unknown",),
            saves=tuple(found[1] for found in _SAVED.finditer(self.text) if found[1]),
        )

    def _at(self, position: int) -> Evidence:
        return Evidence(self.path, line=self.text.count("\n", 0, position) + 1)


def of_interest(entry: Entry) -> bool:
    """Whether this may be code that somebody wrote here."""
    own = entry.suffix in SUFFIXES and not _NOT_OURS.search(entry.path)
    return own and entry.size <= MAX_BYTES
