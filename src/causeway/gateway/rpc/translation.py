"""A `ModelInferRequest` as the body that `/v2/.../infer` reads, and the reply as a `ModelInferResponse`."""

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from causeway.gateway.protocols.oip_binary import DTYPES
from causeway.gateway.refusals import Invalid, Malformed
from causeway.gateway.rows.schema import shown
from causeway.gateway.rpc.messages import message
from causeway.gateway.wire.http import encode

CONTENTS = {
    "BOOL": "bool_contents",
    **dict.fromkeys(("INT8", "INT16", "INT32"), "int_contents"),
    "INT64": "int64_contents",
    **dict.fromkeys(("UINT8", "UINT16", "UINT32"), "uint_contents"),
    "UINT64": "uint64_contents",
    "FP32": "fp32_contents",
    "FP64": "fp64_contents",
    "BYTES": "bytes_contents",
}
_length = struct.Struct("<I")
_json = msgspec.json.Decoder()


class Body(Struct, frozen=True):
    """What `infer` reads, and how many of its bytes are JSON."""

    content: bytes
    head: int


def body_of(request: Any) -> Body:  # noqa: ANN401 - a message's class is made at run time
    """The request as the binary tensor extension writes it."""
    raw = request.raw_input_contents
    if raw and len(raw) != len(request.inputs):
        raise Malformed(
            f"{len(raw)} raw_input_contents for {len(request.inputs)} inputs", hint="send one for each input"
        )
    inputs: list[dict[str, object]] = []
    parts: list[bytes] = []
    for number, tensor in enumerate(request.inputs):
        told = {"name": tensor.name, "shape": list(tensor.shape), "datatype": tensor.datatype}
        content = _raw(tensor, raw[number]) if raw else _typed(tensor)
        if isinstance(content, bytes):
            parts.append(content)
            inputs.append({**told, "parameters": {"binary_data_size": len(content)}})
        else:
            inputs.append({**told, "data": content})
    asked = {"inputs": inputs, "parameters": {**_parameters(request.parameters), "binary_data_output": True}}
    if request.id:
        asked["id"] = request.id
    if request.outputs:
        asked["outputs"] = [{"name": output.name} for output in request.outputs]
    head = encode(asked)
    return Body(b"".join((head, *parts)), len(head))


def _parameters(given: Mapping[str, Any]) -> dict[str, object]:
    chosen = ((name, value, value.WhichOneof("parameter_choice")) for name, value in given.items())
    return {name: getattr(value, choice) for name, value, choice in chosen if choice}


def _raw(tensor: Any, content: bytes) -> bytes:  # noqa: ANN401 - as above
    if tensor.HasField("contents"):
        raise Malformed(f"input {shown(tensor.name)} has both contents and raw_input_contents")
    return content


def _typed(tensor: Any) -> bytes | list[Any]:  # noqa: ANN401 - as above
    """The values: numbers with a point and texts as bytes, which JSON may not hold, all else as they are."""
    field = CONTENTS.get(tensor.datatype)
    if field is None:
        raise Malformed(
            f"input {shown(tensor.name)}: contents cannot hold {shown(tensor.datatype)}",
            hint="FP16 goes into raw_input_contents",
        )
    if other := next((each.name for each, _ in tensor.contents.ListFields() if each.name != field), ""):
        raise Malformed(f"input {shown(tensor.name)}: {tensor.datatype} goes into {field}, not {other}")
    values = getattr(tensor.contents, field)
    if tensor.datatype in ("FP32", "FP64"):
        return np.array(values, DTYPES[tensor.datatype]).tobytes()
    if tensor.datatype == "BYTES":
        return b"".join(part for text in values for part in (_length.pack(len(text)), text))
    return list(values)


def response_of(content: bytes, head: int | None, *, raw: bool) -> Any:  # noqa: ANN401 - as above
    """The reply of `infer` as a message; its values are raw if the request's were."""
    said = _json.decode(content[:head])
    made = message("ModelInferResponse")(
        model_name=said["model_name"], model_version=said.get("model_version", ""), id=said.get("id", "")
    )
    for name, value in said.get("parameters", {}).items():
        _set_parameter(made.parameters[name], value)
    start = len(content) if head is None else head
    for told in said["outputs"]:
        size = told.get("parameters", {}).get("binary_data_size")
        if size is None:
            raise _gap(told["name"], told["datatype"])
        output = made.outputs.add(name=told["name"], datatype=told["datatype"], shape=told["shape"])
        part = content[start : start + size]
        start += size
        if raw:
            made.raw_output_contents.append(part)
        else:
            getattr(output.contents, CONTENTS[told["datatype"]]).extend(_values(told["datatype"], part))
    return made


def _gap(name: str, datatype: str) -> Invalid:
    return Invalid(
        f"a row has no {name}, and {datatype} has no word for that",
        hint="ask for the other outputs, or send that row over HTTP, where it is null",
    )


def _set_parameter(parameter: Any, value: object) -> None:  # noqa: ANN401 - as above
    if isinstance(value, bool):
        parameter.bool_param = value
    elif isinstance(value, int):
        parameter.int64_param = value
    elif isinstance(value, float):
        parameter.double_param = value
    else:
        parameter.string_param = str(value)


def _values(datatype: str, content: bytes) -> Sequence[Any]:
    if datatype == "BYTES":
        return list(_texts(content))
    values: list[Any] = np.frombuffer(content, DTYPES[datatype]).tolist()
    return values


def _texts(content: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(content):
        (size,) = _length.unpack_from(content, start)
        start += 4
        yield content[start : start + size]
        start += size
