"""Saved models, known by their first bytes; extensions only where a format has no mark of its own."""
# ruff: noqa: SIM905 - lists of words read best as words

import re
import zipfile

from msgspec import structs

from causeway.core.poc import ModelFile
from causeway.intake.estimators import LIBRARIES, learner
from causeway.intake.files.text import read_bytes
from causeway.intake.files.unpacking import DAMAGES, MAX_MEMBERS, is_packed, member, unpacked
from causeway.intake.files.walk import Entry
from causeway.intake.models import boosters, networks
from causeway.intake.models.modelfolders import read_model_folder
from causeway.intake.models.pickles import Pickled, looks_pickled, read_pickle
from causeway.intake.models.rdata import read_r_object

MAX_PICKLE_BYTES = 40_000_000
MAX_INNER_PICKLES = 20
TEXT_SUFFIXES = frozenset(
    ".py .ipynb .md .rst .csv .tsv .jsonl .ndjson .html .css .js .ts .svg .yml .yaml .toml "
    ".cfg .ini .lock .sh .r .rmd .xml .png .jpg .jpeg .gif .ico .woff .woff2 .ttf .eot .pdf .mp4 .map .c .h "
    ".java .scss .less .env .bat .gitignore .sql .webp .docx .pptx .xlsx .tar .log .parquet .feather .arrow "
    ".db .sqlite .sqlite3 .wav .mp3 .flac .jar .whl".split()
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
    ".mlmodel": ("Core ML", "Core ML"),
    ".pmml": ("PMML", "PMML"),
    ".rdata": ("RData", "R"),
    ".rda": ("RData", "R"),
    ".rds": ("RDS", "R"),
}
PICKLED_NAMES = {".pkl", ".pickle", ".sav", ".joblib", ".model", ".bin", ".p", ".pck", ".dill",
                 ".cloudpickle", ".gz", ".z", ".xz", ".lzma", ".bz2"}  # fmt: skip
OTHER_NAMES = {".h5", ".pt", ".pth", ".keras", ".ckpt", ".hdf5"}
_OLD_PICKLE = re.compile(
    rb"[\x00-\x7f]{0,60}?(?:c[\w.]+\n[\w.]+\n|[(\n]i[\w.]+\n[\w.]+\n)"
    rb"|\(dp\d|\(lp\d"
)
_AT_HOST = re.compile(rb"@[A-Za-z0-9-]{1,40}\.(?:[a-z]{2,12}\.)?[a-z]{2,12}(?![\w.])")
_MAILBOX = re.compile(rb"[A-Za-z0-9][\w.+-]{0,40}\Z")
MIN_EMAILS = 5


def read_model(entry: Entry) -> ModelFile | None:
    """What the saved model is, or None when the file is none."""
    if entry.size < 4:
        return None
    head = entry.head
    if described := read_model_folder(entry):
        return described
    if entry.suffix in TEXT_SUFFIXES and not looks_pickled(head):
        return None
    if head.startswith(b"version https://git-lfs"):
        named = entry.suffix in PICKLED_NAMES | OTHER_NAMES or entry.suffix in BY_NAME
        problem = "a pointer of Git LFS: the file is not here"
        return ModelFile(entry.path, "pointer", entry.size, problem=problem) if named else None
    return _pickled(entry, head) or _packed(entry, head) or _marked(entry, head) or _named(entry)


def _pickled(entry: Entry, head: bytes) -> ModelFile | None:
    old = entry.suffix in PICKLED_NAMES and _OLD_PICKLE.match(head)
    if looks_pickled(head) or old:
        raw = read_bytes(entry.full, MAX_PICKLE_BYTES) or b""
        model = _limited(_of_pickle(entry, "pickle", raw), entry)
        return None if old and model.problem and not model.dangerous else model
    if is_packed(head) and (entry.suffix in PICKLED_NAMES or not entry.suffix):
        raw = unpacked(read_bytes(entry.full, MAX_PICKLE_BYTES) or b"")
        if looks_pickled(raw) or _OLD_PICKLE.match(raw[:200]):
            return _of_pickle(entry, "compressed pickle", raw)
    if head.startswith(b"\x93NUMPY") and b"|O'" in head:
        raw = read_bytes(entry.full, MAX_PICKLE_BYTES) or b""
        return _of_pickle(entry, "NumPy array of objects", raw[raw.find(b"\n") + 1 :])
    return None


def _limited(model: ModelFile, entry: Entry) -> ModelFile:
    if entry.size <= MAX_PICKLE_BYTES or not model.problem:
        return model
    # what stands behind the limit was not read, so its end cannot be judged
    return structs.replace(model, problem="")


def _of_pickle(entry: Entry, form: str, raw: bytes) -> ModelFile:
    pickled = read_pickle(raw)
    module, estimator = _estimator(pickled)
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
        features=pickled.features or boosters.names_inside(raw),
        classes=pickled.classes,
        rows=pickled.rows,
        personal=_people(raw),
    )


def _estimator(pickled: Pickled) -> tuple[str, str]:
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
    return module, estimator


def _people(raw: bytes) -> str:
    found: set[bytes] = set()
    # from the sign outwards: looking for a mailbox at every byte takes seconds on weights
    for host, _ in zip(_AT_HOST.finditer(raw), range(5000), strict=False):
        mailbox = _MAILBOX.search(raw, max(host.start() - 41, 0), host.start())
        if mailbox:
            found.add((mailbox[0] + host[0]).lower())
    return f"{len(found):,} e-mail addresses" if len(found) >= MIN_EMAILS else ""


def _hinted(names: tuple[str, ...]) -> str:
    old = {"sklearn.linear_model.base", "sklearn.linear_model.logistic", "sklearn.ensemble.forest",
           "sklearn.tree.tree",
           "sklearn.svm.classes", "sklearn.neighbors.classification", "sklearn.preprocessing.label",
           "sklearn.preprocessing.data", "sklearn.ensemble.gradient_boosting",
           "sklearn.ensemble.weight_boosting"}  # fmt: skip
    return "< 0.24" if any(name.rpartition(".")[0] in old for name in names) else ""


def _packed(entry: Entry, head: bytes) -> ModelFile | None:
    if head.startswith(b"\x89HDF\r\n"):
        return networks.read_hdf5(entry)
    if not head.startswith(b"PK\x03\x04"):
        return None
    try:
        with zipfile.ZipFile(entry.full) as archive:
            return _of_zip(entry, archive)
    except DAMAGES:
        named = entry.suffix in OTHER_NAMES | PICKLED_NAMES
        return ModelFile(entry.path, "zip", entry.size, problem="is a damaged archive") if named else None


def _of_zip(entry: Entry, archive: zipfile.ZipFile) -> ModelFile | None:
    names = archive.namelist()[:MAX_MEMBERS]
    if "schema.json" in names and entry.suffix not in {".pt", ".pth"}:
        return _skops(entry, archive)
    if "config.json" in names and any(name.startswith("model.weights") for name in names):
        return networks.read_keras_zip(entry, archive)
    return _torch(entry, archive, names)


def _torch(entry: Entry, archive: zipfile.ZipFile, names: list[str]) -> ModelFile | None:
    """PyTorch's archive, and NumPy's with objects: whatever in it is a pickle is read as one."""
    dangerous: dict[str, None] = {}
    found: Pickled | None = None
    torch = any(name.endswith("/data.pkl") or name == "data.pkl" for name in names)
    problem = ""
    for name in [name for name in names if _may_be_pickle(entry, archive, name, torch=torch)][
        :MAX_INNER_PICKLES
    ]:
        raw = member(archive, name)
        problem = problem or ("" if raw else f"is damaged in {name}")
        if raw.startswith(b"\x93NUMPY"):
            raw = raw[raw.find(b"\n") + 1 :]
        pickled = read_pickle(raw or _stored(entry, archive, name))
        dangerous |= dict.fromkeys(pickled.dangerous)
        found = found or pickled
    if found is None:
        return None
    form = "torch" if torch else "NumPy archive of objects" if entry.suffix == ".npz" else "zip of pickles"
    return ModelFile(
        entry.path,
        form,
        entry.size,
        framework="PyTorch" if torch else "",
        estimator=found.outermost.rsplit(".", 1)[-1]
        if torch and "OrderedDict" not in found.outermost
        else "",
        holds="weights" if found.holds or "OrderedDict" in found.outermost else "a whole module",
        dangerous=tuple(dangerous),
        unknown=found.unknown[:20],
        problem=problem,
    )


def _may_be_pickle(entry: Entry, archive: zipfile.ZipFile, name: str, *, torch: bool) -> bool:
    if name.endswith((".pkl", ".pickle", ".p")):
        return True
    if torch and "/data/" in name:
        return False
    head = member(archive, name, 200) or _stored(entry, archive, name)[:200]
    return looks_pickled(head) or (head.startswith(b"\x93NUMPY") and b"|O'" in head)


def _stored(entry: Entry, archive: zipfile.ZipFile, name: str) -> bytes:
    """A member whose checksum is wrong: some readers load it all the same, so its bytes are looked at."""
    info = archive.getinfo(name)
    with entry.full.open("rb") as file:
        file.seek(info.header_offset)
        raw = file.read(min(info.compress_size, MAX_PICKLE_BYTES) + 1000)
    start = raw.find(b"\x80", 30)
    return raw[start : start + info.compress_size] if start >= 0 else b""


def _skops(entry: Entry, archive: zipfile.ZipFile) -> ModelFile:
    raw = member(archive, "schema.json", 4_000_000)
    named = re.search(rb'"__class__":\s*"(\w+)",\s*"__module__":\s*"([\w.]+)"', raw)
    version = re.search(rb'"_sklearn_version".{0,300}?(\d+\.\d+\.\w+)', raw, re.DOTALL)
    modules = {found.decode() for found in re.findall(rb'"__module__":\s*"([\w.]+)"', raw)}
    return ModelFile(
        entry.path,
        "skops",
        entry.size,
        framework="scikit-learn",
        estimator=named[1].decode() if named else "",
        version=version[1].decode() if version else "",
        unknown=tuple(sorted(name for name in modules if name.split(".")[0] not in _SKOPS_KNOWN)),
    )


_SKOPS_KNOWN = {
    "sklearn",
    "numpy",
    "scipy",
    "builtins",
    "collections",
    "pandas",
    "xgboost",
    "lightgbm",
    "catboost",
}


def _marked(entry: Entry, head: bytes) -> ModelFile | None:
    """Formats with a mark of their own."""
    if entry.suffix == ".json":
        return boosters.read_xgboost_json(entry) if boosters.is_xgboost_json(head) else None
    if entry.suffix == ".onnx":
        return networks.read_onnx(entry) or ModelFile(
            entry.path, "ONNX", entry.size, "ONNX", problem="is no ONNX file"
        )
    reader = next((read for fits, read in _MARKS if fits(head)), None)
    if reader is not None:
        return reader(entry)
    return _by_place(entry)


def _by_place(entry: Entry) -> ModelFile | None:
    if entry.name == "saved_model.pb":
        return networks.read_saved_model(entry)
    return networks.read_safetensors(entry) if entry.suffix == ".safetensors" else None


_MARKS = (
    (boosters.is_ubjson, boosters.read_xgboost_ubjson),
    (lambda head: head.startswith((b"tree\nversion=", b"tree\r\nversion=")), boosters.read_lightgbm),
    (lambda head: head.startswith(b"CBM1"), boosters.read_catboost),
    (boosters.is_xgboost_binary, boosters.read_xgboost_binary),
    (lambda head: head.startswith(b"GGUF"), networks.read_gguf),
)


def _named(entry: Entry) -> ModelFile | None:
    form = BY_NAME.get(entry.suffix)
    if form is None or entry.suffix in {".onnx", ".safetensors"}:
        return None
    if form[1] == "R":
        return read_r_object(entry, form[0])
    return ModelFile(entry.path, form[0], entry.size, framework=form[1])
