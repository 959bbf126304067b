"""Saved models, known by their first bytes; extensions only where a format has no mark of its own."""
# ruff: noqa: SIM905 - lists of words read best as words

import re
import zipfile
import zlib

from causeway.core.poc import ModelFile
from causeway.intake.estimators import LIBRARIES, learner
from causeway.intake.pickles import Pickled, looks_pickled, read_pickle
from causeway.intake.text import read_bytes
from causeway.intake.walk import Entry

MAX_PICKLE_BYTES = 60_000_000
MAX_UNPACKED_BYTES = 16_000_000
TEXT_SUFFIXES = frozenset(
    ".py .ipynb .md .rst .txt .csv .tsv .json .jsonl .ndjson .html .css .js .ts .svg .yml .yaml .toml "
    ".cfg .ini .lock "
    ".sh .r .rmd .xml .png .jpg .jpeg .gif .ico .woff .woff2 .ttf .eot .pdf .mp4 .map .c .h .java .scss "
    ".less .env "
    ".bat .gitignore .sql .webp .docx .pptx .xlsx .zip .gz .tar .log".split()
)  # fmt: skip
BY_NAME = {
    ".onnx": ("ONNX", "ONNX"),
    ".safetensors": ("safetensors", ""),
    ".skops": ("skops", "scikit-learn"),
    ".ubj": ("XGBoost", "XGBoost"),
    ".cbm": ("CatBoost", "CatBoost"),
    ".tflite": ("TensorFlow Lite", "TensorFlow"),
    ".gguf": ("GGUF", "llama.cpp"),
    ".mar": ("TorchServe archive", "PyTorch"),
    ".rdata": ("RData", "R"),
    ".rda": ("RData", "R"),
    ".rds": ("RDS", "R"),
}
PICKLED_NAMES = {".pkl", ".pickle", ".sav", ".joblib", ".model", ".bin", ".p", ".pck"}
_OLD_PICKLE = re.compile(rb"c[\w.]+\n\w+\n|\(dp\d|\(lp\d|\(i[\w.]+\n")


def read_model(entry: Entry) -> ModelFile | None:
    """What the saved model is, or None when the file is none."""
    if entry.suffix in TEXT_SUFFIXES or entry.size < 8:
        return None
    head = entry.head
    if head.startswith(b"version https://git-lfs"):
        if (
            entry.suffix in PICKLED_NAMES
            or entry.suffix in BY_NAME
            or entry.suffix in {".h5", ".pt", ".pth", ".keras"}
        ):
            return ModelFile(
                entry.path, "pointer", entry.size, problem="a pointer of Git LFS: the file is not here"
            )
        return None
    return _pickled(entry, head) or _packed(entry, head) or _named(entry, head)


def _pickled(entry: Entry, head: bytes) -> ModelFile | None:
    old = entry.suffix in PICKLED_NAMES and _OLD_PICKLE.match(head)
    if looks_pickled(head) or old:
        return _of_pickle(entry, "pickle", read_pickle(read_bytes(entry.full, MAX_PICKLE_BYTES) or b""))
    if entry.suffix in PICKLED_NAMES and (head[:1] == b"\x78" or head[:2] == b"\x1f\x8b"):
        raw = _inflate(read_bytes(entry.full, MAX_PICKLE_BYTES) or b"")
        return _of_pickle(entry, "compressed pickle", read_pickle(raw)) if looks_pickled(raw) else None
    return None


def _of_pickle(entry: Entry, form: str, pickled: Pickled) -> ModelFile:
    module = pickled.outermost.split(".")[0]
    estimator = pickled.outermost.rsplit(".", 1)[-1]
    if estimator in {"Pipeline", "GridSearchCV", "RandomizedSearchCV"} or (pickled.holds and pickled.names):
        inner = [name.rsplit(".", 1)[-1] for name in pickled.names]
        models = [name for name in inner if (kind := learner(name)) and kind.kind == "model"]
        if estimator:
            estimator += f"({models[0]})" if models else ""
        elif models or any(learner(name) for name in inner):
            module = next(name.split(".")[0] for name in pickled.names if learner(name))
            estimator = models[0] if models else next(name for name in inner if learner(name))
    return ModelFile(
        entry.path,
        form,
        entry.size,
        framework=LIBRARIES.get(module, module),
        estimator=estimator,
        version=pickled.version or _hinted(pickled.names),
        holds=pickled.holds,
        dangerous=pickled.dangerous,
        unknown=pickled.unknown[:20],
        problem=pickled.problem,
    )


def _hinted(names: tuple[str, ...]) -> str:
    old = {"sklearn.linear_model.base", "sklearn.linear_model.logistic", "sklearn.ensemble.forest",
           "sklearn.tree.tree",
           "sklearn.svm.classes", "sklearn.neighbors.classification", "sklearn.preprocessing.label",
           "sklearn.preprocessing.data", "sklearn.ensemble.gradient_boosting",
           "sklearn.ensemble.weight_boosting"}  # fmt: skip
    return "< 0.24" if any(name.rpartition(".")[0] in old for name in names) else ""


def _inflate(raw: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=47).decompress(raw, MAX_UNPACKED_BYTES)
    except zlib.error:
        return b""


def _packed(entry: Entry, head: bytes) -> ModelFile | None:
    if head.startswith(b"\x89HDF\r\n"):
        return ModelFile(
            entry.path, "HDF5", entry.size, framework="Keras" if entry.suffix in {".h5", ".keras"} else ""
        )
    if not head.startswith(b"PK\x03\x04"):
        return None
    try:
        with zipfile.ZipFile(entry.full) as archive:
            return _of_zip(entry, archive)
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, zlib.error, ValueError):
        return (
            ModelFile(entry.path, "zip", entry.size, problem="damaged")
            if entry.suffix in {".pt", ".pth"}
            else None
        )


def _of_zip(entry: Entry, archive: zipfile.ZipFile) -> ModelFile | None:
    names = archive.namelist()[:2000]
    inside = next((name for name in names if name.endswith("/data.pkl") or name == "data.pkl"), None)
    if inside:
        with archive.open(inside) as file:
            pickled = read_pickle(file.read(MAX_UNPACKED_BYTES))
        dangerous = pickled.dangerous
        return ModelFile(entry.path, "torch", entry.size, framework="PyTorch", dangerous=dangerous)
    if "config.json" in names and any(name.startswith("model.weights") for name in names):
        return ModelFile(entry.path, "Keras", entry.size, framework="Keras")
    return ModelFile(entry.path, "skops", entry.size, "scikit-learn") if "schema.json" in names else None


def _named(entry: Entry, head: bytes) -> ModelFile | None:
    if entry.name == "saved_model.pb":
        return ModelFile(entry.path, "SavedModel", entry.size, framework="TensorFlow")
    if head.startswith(b"GGUF"):
        return ModelFile(entry.path, "GGUF", entry.size, framework="llama.cpp")
    if head.startswith(b"tree\nversion="):
        return ModelFile(entry.path, "LightGBM text", entry.size, framework="LightGBM")
    form = BY_NAME.get(entry.suffix)
    if form is None:
        return None
    if entry.suffix in {".rdata", ".rda", ".rds"} and head[:2] not in {b"\x1f\x8b", b"BZ", b"\xfd7", b"RD"}:
        return None
    return ModelFile(entry.path, form[0], entry.size, framework=form[1])
