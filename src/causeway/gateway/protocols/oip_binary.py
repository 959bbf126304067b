"""The binary tensor data extension of the Open Inference Protocol: values as bytes behind the JSON."""

import struct
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, TypeVar

import msgspec
import numpy as np
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from causeway.core.release import Field
from causeway.gateway.protocols.bodies import Many, Scalar, decoded
from causeway.gateway.protocols.oip import (
    DATATYPES,
    MAX_ID,
    InferRequest,
    InferResponse,
    Tensor,
    TensorOut,
    Wanted,
)
from causeway.gateway.refusals import Malformed, TooLarge
from causeway.gateway.rows.schema import MAX_ROWS, shown
from causeway.gateway.wire.http import Reply, encode

T = TypeVar("T")

EXTENSION = "binary_tensor_data"
LENGTH = "inference-header-content-length"
"""The header with the bytes of the JSON, before those of the tensors."""
OCTETS = "application/octet-stream"

DTYPES: Mapping[str, str] = {
    "BOOL": "|u1",
    "FP16": "<f2",
    "FP32": "<f4",
    "FP64": "<f8",
    **{f"INT{bits}": f"<i{bits // 8}" for bits in (8, 16, 32, 64)},
    **{f"UINT{bits}": f"<u{bits // 8}" for bits in (8, 16, 32, 64)},
}
_length = struct.Struct("<I")


class Carried(Struct):
    """What the parameters of an input say about its bytes."""

    binary_data_size: int | None = None


class Piece(Struct):
    """An input whose values are behind the JSON, or in it."""

    name: str
    shape: Annotated[list[int], Meta(max_length=2)]
    datatype: str
    data: Many[Scalar | list[Scalar]] | UnsetType = UNSET
    parameters: Raw = Raw()


class Head(Struct):
    """The JSON before the bytes."""

    inputs: list[Piece]
    id: Annotated[str, Meta(max_length=MAX_ID)] | None = None
    parameters: Raw = Raw()
    outputs: list[Wanted] | None = None


class Asks(Struct):
    """What parameters say about the outputs: all of them, or one."""

    binary_data_output: bool = False
    binary_data: bool | None = None


_heads = msgspec.json.Decoder(Head)
_carried = msgspec.json.Decoder(Carried)
_asks = msgspec.json.Decoder(Asks)


def read(body: bytes, length: bytes, fields: Sequence[Field]) -> InferRequest:
    """The request in this body, whose first so many bytes are JSON."""
    if not length.isdigit() or len(length) > 10 or int(length) > len(body):
        raise Malformed(
            f"{LENGTH} is {shown(length.decode('latin-1'))}, the body has {len(body):,} bytes",
            hint="send the length of the JSON that the body begins with",
        )
    size = int(length)
    if not size:
        return _alone(body, fields)
    head = decoded(_heads, body[:size])
    inputs, end = [], size
    for piece in head.inputs:
        tensor, end = _tensor(piece, body, end)
        inputs.append(tensor)
    if end != len(body):
        raise Malformed(
            f"{len(body) - end:,} bytes are left over behind the last tensor",
            hint="binary_data_size of all inputs and the JSON make up the whole body",
        )
    return InferRequest(inputs, head.id, head.parameters, head.outputs)


def _said(decoder: msgspec.json.Decoder[T], parameters: Raw, nothing: T) -> T:
    return decoded(decoder, bytes(parameters)) if parameters and bytes(parameters) != b"null" else nothing


def _alone(body: bytes, fields: Sequence[Field]) -> InferRequest:
    """A body of nothing but the values of the only input; the answer is binary as well."""
    if len(fields) != 1:
        raise Malformed(
            f"a body without JSON, and {len(fields)} inputs that it could be",
            hint=f"send the JSON first, and its length in {LENGTH}",
        )
    datatype = DATATYPES[fields[0].kind]
    data = (
        [_text(body, fields[0].name, 0)] if datatype == "BYTES" else _values(fields[0].name, datatype, body)
    )
    tensor = Tensor(fields[0].name, [len(data)], datatype, data)
    return InferRequest([tensor], parameters=Raw(b'{"binary_data_output":true}'))


def _tensor(piece: Piece, body: bytes, start: int) -> tuple[Tensor, int]:
    size = _said(_carried, piece.parameters, Carried()).binary_data_size
    if size is None:
        if piece.data is UNSET:
            raise Malformed(
                f"input {shown(piece.name)} has no data", hint="send data, or binary_data_size and the bytes"
            )
        return Tensor(piece.name, piece.shape, piece.datatype, piece.data, piece.parameters), start
    if piece.data is not UNSET:
        raise Malformed(f"input {shown(piece.name)} has both data and binary_data_size")
    if not 0 <= size <= len(body) - start:
        raise Malformed(
            f"input {shown(piece.name)}: binary_data_size is {shown(size)} of {len(body) - start:,} left"
        )
    data = _values(piece.name, piece.datatype, body[start : start + size])
    return Tensor(piece.name, piece.shape, piece.datatype, data), start + size


def _values(name: str, datatype: str, content: bytes) -> list[Any]:
    if datatype == "BYTES":
        return _texts(name, content)
    if datatype not in DTYPES:
        raise Malformed(
            f"input {shown(name)}: there is no datatype {shown(datatype)}",
            hint=f"datatypes: BYTES, {', '.join(DTYPES)}",
        )
    dtype = np.dtype(DTYPES[datatype])
    if len(content) % dtype.itemsize:
        raise Malformed(f"input {shown(name)}: {len(content):,} bytes are no whole number of {datatype}")
    _check_count(name, len(content) // dtype.itemsize)
    values = np.frombuffer(content, dtype)
    if datatype != "BOOL":
        return values.tolist()
    if values.size and values.max() > 1:
        raise Malformed(f"input {shown(name)}: a BOOL is one byte, 0 or 1, not {values.max()}")
    return values.astype(bool).tolist()


def _check_count(name: str, count: int) -> None:
    if count > MAX_ROWS:
        raise TooLarge(
            f"input {shown(name)} has more than {MAX_ROWS:,} values",
            hint=f"send at most {MAX_ROWS:,} rows at a time",
        )


def _texts(name: str, content: bytes) -> list[str]:
    texts: list[str] = []
    start, end = 0, len(content)
    while start < end:
        if end - start < 4:
            raise _cut_short(name, len(texts))
        (size,) = _length.unpack_from(content, start)
        start += 4
        if size > end - start:
            raise _cut_short(name, len(texts))
        texts.append(_text(content[start : start + size], name, len(texts)))
        start += size
        _check_count(name, len(texts))
    return texts


def _cut_short(name: str, number: int) -> Malformed:
    return Malformed(
        f"input {shown(name)}: element {number} is cut short",
        hint="each text is its length in bytes, 4 bytes little-endian, and then so many bytes",
    )


def _text(content: bytes, name: str, number: int) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise Malformed(
            f"input {shown(name)}: element {number} is not UTF-8", hint="send texts in UTF-8"
        ) from None


def wanted(request: InferRequest, names: Collection[str]) -> frozenset[str]:
    """The outputs that the caller asks for as bytes."""
    every = _said(_asks, request.parameters, Asks()).binary_data_output
    if not request.outputs:
        return frozenset(names) if every else frozenset()
    asks = {out.name: _said(_asks, out.parameters, Asks()).binary_data for out in request.outputs}
    return frozenset(name for name, asked in asks.items() if (every if asked is None else asked))


def written(said: InferResponse, binary: Collection[str]) -> Reply:
    """The answer with these outputs as bytes; one with a gap that bytes cannot say stays JSON."""
    parts: list[bytes] = []
    outputs: list[dict[str, object]] = []
    for output in said.outputs:
        content = octets_of(output) if output.name in binary else None
        told = {"name": output.name, "shape": output.shape, "datatype": output.datatype}
        if content is None:
            outputs.append({**told, "data": output.data})
            continue
        parts.append(content)
        outputs.append({**told, "parameters": {"binary_data_size": len(content)}})
    head = {"model_name": said.model_name, "model_version": said.model_version, "id": said.id}
    more = {"parameters": said.parameters} if said.parameters else {}
    first = encode({**head, "outputs": outputs, **more})
    return Reply(b"".join((first, *parts)), media=OCTETS, headers=((LENGTH, str(len(first))),))


def octets_of(output: TensorOut) -> bytes | None:
    """The values as bytes: NaN and the empty text where there is none; None where neither can be said."""
    if output.datatype == "BYTES":
        texts = [b"" if value is None else str(value).encode() for value in output.data]
        return b"".join(part for text in texts for part in (_length.pack(len(text)), text))
    if output.datatype.startswith("FP"):
        return np.array(output.data, float).astype(DTYPES[output.datatype]).tobytes()
    return None if None in output.data else np.array(output.data, DTYPES[output.datatype]).tobytes()
