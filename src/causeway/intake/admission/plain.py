"""Formats that hold numbers and no code: each is read whole, since a mark at its start proves nothing."""

import ast
import json
import re
import struct

import msgspec

from causeway.intake.admission import ubjson
from causeway.intake.admission.unlisted import Unlisted

MAX_HEADER_BYTES = 64 << 20
MAX_NUMPY_HEADER_BYTES = 1 << 16
NUMPY_TYPE = re.compile(r"[<>|=]?([biufcSUMm?])(\d{0,9})(\[[^\]]*\])?")
TORCH_NUMBERS = re.compile(r"data/\d+|data/\d+\.storage")
TORCH_NOTES = frozenset(
    {"version", "byteorder", ".format_version", ".storage_alignment", ".data/serialization_id"}
)
MAX_NOTE_BYTES = 64
ONNX_FIELDS = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 14, 20, 25, 26})
ONNX_GRAPH = 7


def form_of(raw: bytes) -> str:
    """`safetensors`, `ONNX`, `XGBoost` or `LightGBM` where all of the bytes are that; else empty."""
    if _is_safetensors(raw):
        return "safetensors"
    if raw.startswith(b"{") and (ubjson.is_xgboost(raw) or _is_xgboost(raw)):
        return "XGBoost"
    if raw.startswith(b"tree\nversion=") and _is_text(raw):
        return "LightGBM"
    return "ONNX" if _is_onnx(raw) else ""


def behind_numpy_header(raw: bytes) -> bytes | None:
    """The pickle behind a .npy file's header; None where numbers follow, exactly as many as it says."""
    start = 10 if raw[6:7] == b"\1" else 12
    length = int.from_bytes(raw[8:start], "little")
    if raw[6:7] not in {b"\1", b"\2", b"\3"} or length > MAX_NUMPY_HEADER_BYTES or len(raw) < start + length:
        raise Unlisted("its header cannot be read")
    try:
        said = ast.literal_eval(raw[start : start + length].decode("utf-8"))
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        raise Unlisted("its header cannot be read") from error
    if not isinstance(said, dict) or said.keys() != {"descr", "fortran_order", "shape"}:
        raise Unlisted("its header cannot be read")
    rest = raw[start + length :]
    return rest if said["descr"] in {"|O", "O"} else _counted(said, rest)


def check_torch_member(name: str, content: bytes) -> None:
    """Refuses a file of a PyTorch archive that is neither numbers, nor the pickle, nor a short note."""
    if name == "data.pkl" or TORCH_NUMBERS.fullmatch(name):
        return
    if name not in TORCH_NOTES or len(content) > MAX_NOTE_BYTES:
        raise Unlisted(f"its zip holds a file that no saved weights have: {name[:60]}")


def _counted(said: dict[str, object], rest: bytes) -> None:
    descr, shape = said["descr"], said["shape"]
    known = NUMPY_TYPE.fullmatch(descr) if isinstance(descr, str) else None
    if not known or not isinstance(shape, tuple) or not all(type(n) is int and n >= 0 for n in shape):
        raise Unlisted("its header names a type of array that is not known")
    width = int(known[2] or 1) * (4 if known[1] == "U" else 1)
    for length in shape:
        width *= length
    if width != len(rest):
        raise Unlisted("it holds more or less numbers than its header says")


def _is_safetensors(raw: bytes) -> bool:
    length = int.from_bytes(raw[:8], "little")
    if not 2 <= length <= min(MAX_HEADER_BYTES, len(raw) - 8) or raw[8:9] != b"{":
        return False
    try:
        header = msgspec.json.decode(raw[8 : 8 + length])
        tensors = [value["data_offsets"] for name, value in header.items() if name != "__metadata__"]
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
        return False
    at = 0
    for begin, end in sorted(tensors):
        if begin != at or end < begin:
            return False
        at = end
    return at == len(raw) - 8 - length


def _is_xgboost(raw: bytes) -> bool:
    try:
        held = json.loads(raw)
    except (ValueError, RecursionError):
        return False
    return isinstance(held, dict) and {"learner", "version"} <= held.keys()


def _is_text(raw: bytes) -> bool:
    try:
        return "\0" not in raw.decode("utf-8")
    except UnicodeDecodeError:
        return False


def _is_onnx(raw: bytes) -> bool:
    """Whether this is one ModelProto to its last byte, with no weights in files elsewhere."""
    try:
        fields = list(_fields(raw))
    except (ValueError, IndexError, struct.error):
        return False
    numbers = [number for number, _ in fields]
    fits = bool(fields) and set(numbers) <= ONNX_FIELDS and numbers.count(ONNX_GRAPH) == 1 and 1 in numbers
    return fits and b"location" not in raw


def _fields(raw: bytes) -> "list[tuple[int, int]]":
    at, found = 0, []
    while at < len(raw):
        key, at = _varint(raw, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            _, at = _varint(raw, at)
        elif kind == 2:
            length, at = _varint(raw, at)
            at += length
        else:
            raise ValueError(kind)
        found.append((number, kind))
    if at != len(raw):
        raise ValueError(at)
    return found


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = raw[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at
        if shift > 63:
            raise ValueError(at)
