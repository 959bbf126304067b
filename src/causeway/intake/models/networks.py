"""Neural networks and exchange formats: ONNX, safetensors, GGUF, Keras, HDF5, TensorFlow, spaCy."""

import json
import re
import struct
import zipfile
from typing import Any

from causeway.core.poc import ModelFile
from causeway.intake.files.text import read_bytes
from causeway.intake.files.unpacking import member
from causeway.intake.files.walk import Entry
from causeway.intake.models.protobuf import fields, text, whole

MAX_HEADER_BYTES = 8_000_000
MAX_ONNX_BYTES = 20_000_000
MAX_NAMES = 500


def read_onnx(entry: Entry) -> ModelFile | None:
    """An ONNX file: its IR, producer, operator set, inputs and classes; None where it is none."""
    raw = read_bytes(entry.full, MAX_ONNX_BYTES) or b""
    found: dict[int, list[int | bytes]] = {}
    for number, value in fields(raw):
        found.setdefault(number, []).append(value)
    graph = next((value for value in found.get(7, []) if isinstance(value, bytes)), b"")
    version = found.get(1, [0])[0]
    if not isinstance(version, int) or not 0 < version < 100 or not graph:
        return None
    inputs, constants = _graph(graph)
    opset = next((number for value in found.get(8, []) for number in _opset(value)), 0)
    producer = " ".join(text(found[number][0]) for number in (2, 3) if number in found).strip()
    return ModelFile(
        entry.path,
        "ONNX",
        entry.size,
        framework="ONNX",
        version=f"opset {opset}, IR {version}" if opset else f"IR {version}",
        holds=f"written by {producer}" if producer else "",
        features=tuple(name for name in inputs if name not in constants)[:MAX_NAMES],
        problem="" if entry.size > MAX_ONNX_BYTES or whole(raw) else "is cut off before its end",
    )


def _graph(graph: bytes) -> tuple[list[str], set[str]]:
    inputs: list[str] = []
    constants: set[str] = set()
    for number, value in fields(graph):
        if number == 11 and isinstance(value, bytes):
            inputs += [text(inner) for key, inner in fields(value) if key == 1]
        if number == 5 and isinstance(value, bytes):
            constants |= {text(inner) for key, inner in fields(value) if key == 8}
    return inputs, constants


def _opset(value: int | bytes) -> list[int]:
    if not isinstance(value, bytes):
        return []
    parts = dict(fields(value))
    number = parts.get(2)
    return [number] if isinstance(number, int) and parts.get(1, b"") in {b"", b"ai.onnx"} else []


def read_safetensors(entry: Entry) -> ModelFile | None:
    """A safetensors file: how many tensors, and who wrote it; None where the header makes no sense."""
    raw = read_bytes(entry.full, MAX_HEADER_BYTES + 8) or b""
    if len(raw) < 10:
        return None
    (length,) = struct.unpack("<Q", raw[:8])
    if length > entry.size or raw[8:9] != b"{":
        return ModelFile(entry.path, "safetensors", entry.size, problem="has no header that makes sense")
    header = _json(raw[8 : 8 + length])
    if not header:
        too_long = length > MAX_HEADER_BYTES
        problem = "" if too_long else "has no header that makes sense"
        return ModelFile(entry.path, "safetensors", entry.size, problem=problem)
    tensors = [value for name, value in header.items() if name != "__metadata__" and isinstance(value, dict)]
    spans = [span for value in tensors if isinstance(span := value.get("data_offsets"), list) and span]
    ends = [span[-1] for span in spans]
    short = max((end for end in ends if isinstance(end, int)), default=0) + 8 + length > entry.size
    metadata = header.get("__metadata__")
    written = metadata.get("format", "") if isinstance(metadata, dict) else ""
    return ModelFile(
        entry.path,
        "safetensors",
        entry.size,
        framework={"pt": "PyTorch", "tf": "TensorFlow", "flax": "Flax", "np": "NumPy"}.get(str(written), ""),
        holds=f"{len(tensors)} tensors",
        problem="is cut off before its end" if short else "",
    )


def read_gguf(entry: Entry) -> ModelFile:
    """A GGUF file: version, number of tensors, architecture and name."""
    raw = read_bytes(entry.full, 2_000_000) or b""
    version, tensors = struct.unpack("<IQ", raw[4:16]) if len(raw) >= 16 else (0, 0)
    said = {key: _gguf_text(raw, key) for key in (b"general.architecture", b"general.name")}
    return ModelFile(
        entry.path,
        "GGUF",
        entry.size,
        framework="llama.cpp",
        estimator=said[b"general.architecture"],
        version=f"GGUF {version}",
        holds=f"{tensors} tensors" + (f", {said[b'general.name']}" if said[b"general.name"] else ""),
    )


def _gguf_text(raw: bytes, key: bytes) -> str:
    # a key is followed by its type (8 is a text), then by length and text
    position = raw.find(key + struct.pack("<I", 8))
    if position < 0:
        return ""
    position += len(key) + 4
    length = int.from_bytes(raw[position : position + 8], "little")
    return raw[position + 8 : position + 8 + min(length, 80)].decode("utf-8", "replace")


def read_keras_zip(entry: Entry, archive: zipfile.ZipFile) -> ModelFile:
    """A `.keras` file: class and layers by its configuration, version by its metadata."""
    config = _json(member(archive, "config.json", MAX_HEADER_BYTES))
    metadata = _json(member(archive, "metadata.json", 100_000))
    lambdas = _lambdas(config)
    return ModelFile(
        entry.path,
        "Keras",
        entry.size,
        framework="Keras",
        estimator=str(config.get("class_name", ""))[:80],
        version=str(metadata.get("keras_version", ""))[:20],
        holds=_layers(config),
        dangerous=("a Lambda layer with code of its own",) if lambdas else (),
    )


def _layers(config: dict[str, Any]) -> str:
    inner = config.get("config")
    layers = inner.get("layers") if isinstance(inner, dict) else None
    return f"{len(layers)} layers" if isinstance(layers, list) else ""


def _lambdas(config: object) -> bool:
    text_ = json.dumps(config) if config else ""
    return bool(re.search(r'"class_name": "Lambda".{0,2000}?"(?:__lambda__|function_type": "lambda)', text_))


def read_hdf5(entry: Entry) -> ModelFile:
    """An HDF5 file: a Keras model where its attributes say so, else a container of arrays."""
    raw = read_bytes(entry.full, 4_000_000) or b""
    keras = b"keras_version" in raw or b"model_config" in raw or b"layer_names" in raw
    written = rb"(?:keras_version.{0,200}?|GCOL.{0,4000}?)(?<![\d.])(\d+\.\d+\.\d+(?:-tf)?)\x00"
    version = re.search(written, raw, re.DOTALL) if keras else None
    named = re.search(rb'\{"(?:module": "[\w.]+", ")?class_name": "(\w+)"', raw)
    lambdas = re.search(
        rb'"class_name": "Lambda".{0,400}?(?:__lambda__|"function_type": "lambda)', raw, re.DOTALL
    )
    return ModelFile(
        entry.path,
        "HDF5",
        entry.size,
        framework="Keras" if keras or entry.suffix == ".keras" else "",
        estimator=named[1].decode() if named else "",
        version=version[1].decode() if version else "",
        holds="" if named or not keras else "weights only",
        dangerous=("a Lambda layer with code of its own",) if lambdas else (),
    )


def read_saved_model(entry: Entry) -> ModelFile:
    """TensorFlow's `saved_model.pb`: the version that wrote it, and operations that reach files."""
    raw = read_bytes(entry.full, MAX_ONNX_BYTES) or b""
    version = re.search(rb"(?<![\d.])(\d\.\d{1,2}\.\d{1,2}(?:-rc\d)?)(?![\d.])", raw)
    reaching = [
        name
        for name in ("ReadFile", "WriteFile", "PyFunc", "EagerPyFunc")
        if b"\x12" + bytes([len(name)]) + name.encode() in raw
    ]
    return ModelFile(
        entry.path,
        "SavedModel",
        entry.size,
        framework="TensorFlow",
        estimator="Keras model" if b"_keras_api" in raw or b"keras_api" in raw else "",
        version=version[1].decode() if version else "",
        dangerous=tuple(f"the operation {name}" for name in reaching),
    )


def _json(raw: bytes) -> dict[str, Any]:
    try:
        made = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return made if isinstance(made, dict) else {}
