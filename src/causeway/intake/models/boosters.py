"""Gradient boosting in its own formats: XGBoost (JSON, UBJSON, binary), LightGBM text, CatBoost."""

import re
import struct

import msgspec
from msgspec import Struct

from causeway.core.poc import ModelFile
from causeway.intake.files.text import read_bytes
from causeway.intake.files.walk import Entry

MAX_JSON_BYTES = 40_000_000
MAX_SCANNED_BYTES = 8_000_000
MAX_NAMES = 2_000


class _Objective(Struct, frozen=True):
    name: str = ""


class _Learner(Struct, frozen=True):
    feature_names: tuple[str, ...] = ()
    objective: _Objective = _Objective()


class _XGBoost(Struct, frozen=True):
    learner: _Learner
    version: tuple[int, ...] = ()


def is_xgboost_json(head: bytes) -> bool:
    """Whether these first bytes start a model that XGBoost saved as JSON."""
    plain = head.translate(None, b" \t\r\n")
    return plain.startswith((b'{"learner":', b'{"version":[', b'{"Config":')) and (
        b"learner" in plain or b'"version":[' in plain
    )


def read_xgboost_json(entry: Entry) -> ModelFile | None:
    """An XGBoost model in JSON; None where it is another document."""
    raw = read_bytes(entry.full, MAX_JSON_BYTES) or b""
    try:
        model = msgspec.json.decode(raw, type=_XGBoost)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        if (
            b"gradient_booster" not in raw[-MAX_SCANNED_BYTES:]
            and b"gradient_booster" not in raw[:MAX_SCANNED_BYTES]
        ):
            return None
        return _xgboost(
            entry, "XGBoost JSON", problem="does not parse" if entry.size <= MAX_JSON_BYTES else ""
        )
    return _xgboost(
        entry,
        "XGBoost JSON",
        objective=model.learner.objective.name,
        version=".".join(map(str, model.version)),
        features=model.learner.feature_names[:MAX_NAMES],
    )


def is_ubjson(head: bytes) -> bool:
    """Whether these first bytes start a model that XGBoost saved as UBJSON."""
    return head[:1] == b"{" and b"learner" in head[:40] and head[1:2] in b"LliIU"


def read_xgboost_ubjson(entry: Entry) -> ModelFile:
    """An XGBoost model in UBJSON: what stands under its few telling keys."""
    raw = _ends(entry)
    objective = re.search(
        rb"objective\{.{0,400}?nameS[Ll].{4,8}?((?:binary|multi|reg|rank|survival|count):[\w:]+)",
        raw,
        re.DOTALL,
    )
    return _xgboost(
        entry,
        "XGBoost UBJSON",
        objective=objective[1].decode() if objective else _objective(raw),
        version=".".join(map(str, _numbers_after(raw, b"version[")[:3])),
        features=_texts_after(raw, b"feature_names["),
    )


def is_xgboost_binary(head: bytes) -> bool:
    """Whether these first bytes start XGBoost's old binary format."""
    return head.startswith(b"binf") or bool(
        re.search(
            rb"(binary|multi|reg|rank):(logistic|soft\w+|squarederror|linear)\x07?\x06?\x00{0,7}.{0,16}(gbtree|gblinear|dart)",
            head,
            re.DOTALL,
        )
    )


def read_xgboost_binary(entry: Entry) -> ModelFile:
    """XGBoost's old binary format, of which little can be said."""
    return _xgboost(entry, "XGBoost binary", objective=_objective(entry.head))


def read_lightgbm(entry: Entry) -> ModelFile:
    """LightGBM's text format: version, objective, feature names."""
    raw = read_bytes(entry.full, 2_000_000) or b""
    said = dict(line.split("=", 1) for line in raw.decode("utf-8", "replace").split("\n")[:40] if "=" in line)
    return ModelFile(
        entry.path,
        "LightGBM text",
        entry.size,
        framework="LightGBM",
        estimator=_task("LGBM", said.get("objective", "")),
        version=f"model format {said['version']}" if said.get("version") else "",
        features=tuple(said.get("feature_names", "").split(" ")[:MAX_NAMES])
        if said.get("feature_names")
        else (),
        problem="" if "feature_names" in said else "ends too early",
    )


def read_catboost(entry: Entry) -> ModelFile:
    """CatBoost's binary format: what its embedded parameters say."""
    raw = _ends(entry)
    version = re.search(rb"catboost_version_info.{0,40}?v?(\d+\.\d+(?:\.\d+)?)", raw, re.DOTALL)
    loss = re.search(rb'loss_function.{0,40}?"type"\s*:\s*"(\w+)"', raw, re.DOTALL)
    return ModelFile(
        entry.path,
        "CatBoost",
        entry.size,
        framework="CatBoost",
        estimator=_task("CatBoost", loss[1].decode() if loss else ""),
        version=version[1].decode() if version else "",
    )


def _xgboost(
    entry: Entry,
    form: str,
    *,
    objective: str = "",
    version: str = "",
    features: tuple[str, ...] = (),
    problem: str = "",
) -> ModelFile:
    return ModelFile(
        entry.path,
        form,
        entry.size,
        framework="XGBoost",
        estimator=_task("XGB", objective),
        version=version,
        features=features,
        problem=problem,
    )


def _task(prefix: str, objective: str) -> str:
    first = objective.split(" ", maxsplit=1)[0].lower()
    if first.startswith(
        ("binary", "multi", "softmax", "softprob", "cross_entropy", "logloss", "crossentropy")
    ):
        return f"{prefix}Classifier"
    if first.startswith(("reg:logistic", "rank", "lambdarank", "survival")) or not first:
        return ""
    return f"{prefix}Regressor"


def _objective(raw: bytes) -> str:
    found = re.search(rb"(?:binary|multi|reg|rank|survival|count):[a-z]+", raw)
    return found[0].decode() if found else ""


def _ends(entry: Entry) -> bytes:
    raw = read_bytes(entry.full, MAX_JSON_BYTES) or b""
    return raw if len(raw) <= 2 * MAX_SCANNED_BYTES else raw[:MAX_SCANNED_BYTES] + raw[-MAX_SCANNED_BYTES:]


def names_inside(raw: bytes) -> tuple[str, ...]:
    """The feature names of a booster that lies inside other bytes, as in a pickle."""
    found = _texts_after(raw, b"feature_names[")
    text = re.search(rb"\nfeature_names=([^\n]{1,20000})\n", raw)
    return found or (tuple(text[1].decode("utf-8", "replace").split(" ")[:MAX_NAMES]) if text else ())


def _numbers_after(raw: bytes, key: bytes) -> list[int]:
    """The numbers of a UBJSON array that follows this key."""
    position = raw.rfind(key)
    if position < 0:
        return []
    count, position = _count(raw, position + len(key))
    found: list[int] = []
    while len(found) < min(count, 10) and raw[position : position + 1] in _WIDTHS:
        number, position = _number(raw, position)
        found.append(number)
    return found


def _count(raw: bytes, position: int) -> tuple[int, int]:
    if raw[position : position + 1] != b"#":
        return MAX_NAMES, position
    return _number(raw, position + 1)


def _texts_after(raw: bytes, key: bytes) -> tuple[str, ...]:
    """The texts of a UBJSON array that follows this key."""
    position = raw.find(key)
    if position < 0:
        return ()
    count, position = _count(raw, position + len(key))
    found: list[str] = []
    while len(found) < min(count, MAX_NAMES) and raw[position : position + 1] == b"S":
        length, position = _number(raw, position + 1)
        found.append(raw[position : position + min(length, 200)].decode("utf-8", "replace"))
        position += length
    return tuple(found)


_WIDTHS = {b"L": ">q", b"l": ">i", b"I": ">h", b"i": ">b", b"U": ">B"}


def _number(raw: bytes, position: int) -> tuple[int, int]:
    form = _WIDTHS.get(raw[position : position + 1], "")
    width = struct.calcsize(form) if form else 0
    chunk = raw[position + 1 : position + 1 + width]
    if not form or len(chunk) < width:
        return 0, len(raw)
    return max(struct.unpack(form, chunk)[0], 0), position + 1 + width
