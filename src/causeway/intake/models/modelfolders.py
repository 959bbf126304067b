"""Models that are folders, told by the small file that describes them: MLflow, Transformers, spaCy."""
# ruff: noqa: SIM905 - lists of words read best as words

import json
import re
from typing import Any

import yaml

from causeway.core.poc import ModelFile
from causeway.intake.estimators import LIBRARIES
from causeway.intake.files.text import read_text
from causeway.intake.files.walk import Entry
from causeway.intake.files.yaml_reading import read_yaml

MAX_BYTES = 400_000
_FLAVOURS = tuple(
    "sklearn xgboost lightgbm catboost pytorch tensorflow keras prophet statsmodels spacy transformers "
    "langchain h2o spark pmdarima".split()
)
_NAMES = {"pytorch": "PyTorch", "spark": "Spark", "sklearn": "scikit-learn"}


def read_model_folder(entry: Entry) -> ModelFile | None:
    """The model that this file describes, or None where it describes none."""
    if entry.size > MAX_BYTES:
        return None
    if entry.name == "MLmodel":
        return _mlflow(entry)
    if entry.name in {"config.json", "adapter_config.json", "meta.json"}:
        said = _json(entry)
        return _spacy(entry, said) if entry.name == "meta.json" else _transformers(entry, said)
    return None


def _mlflow(entry: Entry) -> ModelFile:
    try:
        document = read_yaml(read_text(entry.full, MAX_BYTES).text)
    except (yaml.YAMLError, RecursionError, ValueError):
        return ModelFile(entry.path, "MLflow model", entry.size, problem="does not parse")
    flavours = document.get("flavors") if isinstance(document, dict) else None
    flavours = flavours if isinstance(flavours, dict) else {}
    own = next((name for name in _FLAVOURS if name in flavours), "")
    said = flavours.get(own) if isinstance(flavours.get(own), dict) else {}
    version = next((str(value) for key, value in (said or {}).items() if str(key).endswith("_version")), "")
    return ModelFile(
        entry.path,
        "MLflow model",
        entry.size,
        framework=_NAMES.get(own) or LIBRARIES.get(own, own),
        version=version[:20],
        features=_inputs(document),
    )


def _inputs(document: object) -> tuple[str, ...]:
    signature = document.get("signature") if isinstance(document, dict) else None
    written = signature.get("inputs") if isinstance(signature, dict) else None
    try:
        columns = json.loads(written) if isinstance(written, str) else []
    except (ValueError, RecursionError):
        return ()
    names = [column.get("name") for column in columns if isinstance(column, dict)]
    return tuple(str(name) for name in names if name)[:500]


def _transformers(entry: Entry, said: dict[str, Any]) -> ModelFile | None:
    adapted = "base_model_name_or_path" in said and "peft_type" in said
    if not adapted and not (
        "model_type" in said and ("architectures" in said or "transformers_version" in said)
    ):
        return None
    built = said.get("architectures")
    labels = said.get("id2label")
    return ModelFile(
        entry.path,
        "Transformers model",
        entry.size,
        framework="Transformers",
        estimator=str(built[0])[:80] if isinstance(built, list) and built else "",
        version=str(said.get("transformers_version", ""))[:20],
        holds=f"adapter of {said['base_model_name_or_path']}"[:120] if adapted else "",
        classes=tuple(map(str, labels.values()))[:100] if isinstance(labels, dict) else (),
        problem="" if _weights_beside(entry) else "describes a model whose weights are not beside it",
    )


def _weights_beside(entry: Entry) -> bool:
    endings = (".safetensors", ".bin", ".h5", ".msgpack", ".onnx", ".gguf", ".pt", ".ckpt")
    try:
        return any(path.name.endswith(endings) for path in entry.full.parent.iterdir())
    except OSError:
        return True


def _spacy(entry: Entry, said: dict[str, Any]) -> ModelFile | None:
    if "spacy_version" not in said:
        return None
    pipeline = said.get("pipeline")
    return ModelFile(
        entry.path,
        "spaCy model",
        entry.size,
        framework="spaCy",
        version=re.sub(r"[^\d.].*", "", str(said["spacy_version"]).lstrip("><=~^")),
        holds=", ".join(map(str, pipeline))[:120] if isinstance(pipeline, list) else "",
    )


def _json(entry: Entry) -> dict[str, Any]:
    try:
        made = json.loads(read_text(entry.full, MAX_BYTES).text)
    except (ValueError, RecursionError):
        return {}
    return made if isinstance(made, dict) else {}
