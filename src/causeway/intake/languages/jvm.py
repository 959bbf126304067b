"""Scala and Java with Spark: what they read, learn and save, as far as patterns tell."""

import re

from causeway.core.finding import Evidence
from causeway.core.poc import Source, Training
from causeway.intake.estimators import learner
from causeway.intake.files.text import read_searchable
from causeway.intake.files.walk import Entry

SUFFIXES = {".scala": "Scala", ".java": "Java"}
_BUILT = re.compile(r"\bnew\s+(\w+)\s*\(")
_LABEL = re.compile(r"\.setLabelCol\(\s*\"([^\"]+)\"")
_READ = re.compile(r"\.(?:csv|parquet|json|load)\(\s*\"([^\"]+)\"")
_MADE = re.compile(
    r"when\(\s*(?:\$|col\()\"(\w+)\"\)?\s*(?:===|\.equalTo\()\s*\"([^\"]+)\"[\s\S]{0,80}?(?:as|alias)\(\"(\w+)\""
)
_SAVED = re.compile(r"\.(?:save|overwrite\(\)\.save)\(\s*\"([^\"]+)\"")


class JvmCode:
    """One file of Scala or Java: source, and the training it holds, if any."""

    def __init__(self, entry: Entry) -> None:
        self.path = entry.path
        self.text = read_searchable(entry.full, 400_000)
        self.source = Source(entry.path, SUFFIXES[entry.suffix], self.text.count("\n") + 1)

    def training(self) -> Training | None:
        """The model of Spark ML that the file fits."""
        if "spark.ml" not in self.text or ".fit(" not in self.text:
            return None
        built = [
            found
            for found in _BUILT.finditer(self.text)
            if (kind := learner(found[1])) and kind.kind == "model"
        ]
        if not built:
            return None
        kind = learner(built[-1][1])
        label = _LABEL.search(self.text)
        made = next((found for found in _MADE.finditer(self.text) if label and found[3] == label[1]), None)
        read = _READ.search(self.text)
        return Training(
            self.path,
            built[-1][1],
            Evidence(self.path, line=self.text.count("\n", 0, built[-1].start()) + 1),
            framework="Spark",
            task="binary"
            if made or "BinaryClassificationEvaluator" in self.text
            else kind.task
            if kind
            else "",
            data=read[1] if read else "",
            target=made[1] if made else label[1] if label else "",
            positive=made[2] if made else "",
            saves=tuple(found[1] for found in _SAVED.finditer(self.text)),
            dropped=("#unknown",),
        )
