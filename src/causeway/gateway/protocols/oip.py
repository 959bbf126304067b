"""Open Inference Protocol v2 over REST: one tensor for each raw column."""

import base64
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw, Struct

from causeway.core.release import Field, Output
from causeway.gateway.answers.plane import Answer, releases_of
from causeway.gateway.models.bundles import Loaded
from causeway.gateway.protocols.bodies import Many, Scalar, decoded, shown_lengths
from causeway.gateway.refusals import Invalid, Malformed, TooLarge
from causeway.gateway.rows.schema import MAX_ROWS, shown

PLATFORM = "onnx_onnxv1"
MAX_ID = 128
IDS = "prediction_id"
"""The output that holds what outcomes are joined by."""
RELEASE = "release"
"""The output that holds who answered each row, where not all are one release's."""

INTEGERS = frozenset(f"{sign}INT{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64))
RANGES = {f"INT{bits}": range(-(2 ** (bits - 1)), 2 ** (bits - 1)) for bits in (8, 16, 32)} | {
    f"UINT{bits}": range(2**bits) for bits in (8, 16, 32, 64)
}
"""What an integer may be; one of 64 bits is judged by the release's own field."""
FLOATS = frozenset(("FP16", "FP32", "FP64"))
ACCEPTED = {
    "number": FLOATS | INTEGERS,
    "integer": FLOATS | INTEGERS,
    "boolean": frozenset(("BOOL",)),
    "text": frozenset(("BYTES",)) | FLOATS | INTEGERS,
}
DATATYPES = {"number": "FP64", "integer": "INT64", "boolean": "BOOL", "text": "BYTES"}


class Tensor(Struct):
    """A named input."""

    name: str
    shape: Annotated[list[int], Meta(max_length=2)]
    datatype: str
    data: Many[Scalar | list[Scalar]]
    parameters: Raw = Raw()


class ContentType(Struct):
    """What MLServer's clients say of an input."""

    content_type: str = ""


class Wanted(Struct):
    """An output that the caller asks for."""

    name: str
    parameters: Raw = Raw()


class InferRequest(Struct):
    """The body of `infer`."""

    inputs: list[Tensor]
    id: Annotated[str, Meta(max_length=MAX_ID)] | None = None
    parameters: Raw = Raw()
    outputs: list[Wanted] | None = None


class TensorOut(Struct):
    """A named output."""

    name: str
    shape: list[int]
    datatype: str
    data: list[Any]


class InferResponse(Struct, omit_defaults=True):
    """The answer to `infer`."""

    model_name: str
    model_version: str
    id: str
    outputs: list[TensorOut]
    parameters: dict[str, str] = {}


class TensorMetadata(Struct):
    """A tensor of the signature; -1 is a size that varies."""

    name: str
    datatype: str
    shape: list[int]


class ModelMetadata(Struct):
    """What a caller needs to know of a model."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]
    properties: dict[str, str]


_decoder = msgspec.json.Decoder(InferRequest)
_content_type = msgspec.json.Decoder(ContentType)


def read(body: bytes) -> InferRequest:
    """The request in this body."""
    return decoded(_decoder, body)


def rows_of(request: InferRequest, fields: Sequence[Field]) -> list[dict[str, object]]:
    """The request's tensors as rows."""
    kinds = {field.name: field for field in fields}
    columns: dict[str, list[Any]] = {}
    for tensor in request.inputs:
        if tensor.name in columns:
            raise Malformed(f"the input {shown(tensor.name)} is there twice")
        columns[tensor.name] = _column(tensor, kinds.get(tensor.name))
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise Malformed(
            f"inputs of unequal length: {shown_lengths(lengths)}", hint="each input holds one value a row"
        )
    names = list(columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _column(tensor: Tensor, field: Field | None) -> list[Any]:
    if field is not None and tensor.datatype not in ACCEPTED[field.kind]:
        raise Invalid(
            f"input {shown(tensor.name)}: datatype {shown(tensor.datatype)} cannot hold a {field.kind}",
            hint=f"send it as {DATATYPES[field.kind]}",
        )
    shape = tensor.shape
    if not shape or any(size < 0 for size in shape) or shape[1:] not in ([], [1]):
        raise Malformed(
            f"input {shown(tensor.name)} has the shape {shape}",
            hint="send one tensor for each field, of shape [rows] or [rows, 1]",
        )
    if shape[0] > MAX_ROWS:
        raise TooLarge(f"{shape[0]:,} rows in one request", hint=f"send at most {MAX_ROWS:,} rows at a time")
    data = tensor.data
    if data and isinstance(data[0], list):
        data = _flat(tensor)
    if tensor.parameters and b"base64" in bytes(tensor.parameters):
        data = _from_base64(tensor, data)
    if len(data) != shape[0]:
        raise Malformed(f"input {shown(tensor.name)} has the shape {shape} but {len(data)} values")
    _check_datatype(tensor, data)
    return data


def _flat(tensor: Tensor) -> list[Any]:
    if not all(isinstance(part, list) and len(part) == 1 for part in tensor.data):
        raise Malformed(
            f"the data of input {shown(tensor.name)} is nested unevenly", hint="send [[a], [b]] or [a, b]"
        )
    return [part[0] for part in tensor.data]


def _from_base64(tensor: Tensor, data: Sequence[object]) -> list[Any]:
    """The texts, where the parameters say that they are sent so (MLServer's `base64`)."""
    if (
        decoded(_content_type, bytes(tensor.parameters)).content_type != "base64"
        or tensor.datatype != "BYTES"
    ):
        return [*data]
    try:
        return [base64.b64decode(v, validate=True).decode() if isinstance(v, str) else v for v in data]
    except ValueError:
        raise Malformed(
            f"input {shown(tensor.name)} is not base64 of UTF-8", hint="leave out content_type to send texts"
        ) from None


def _check_datatype(tensor: Tensor, data: Sequence[object]) -> None:
    if tensor.datatype not in INTEGERS:
        return
    bad = [v for v in data if isinstance(v, float) and not v.is_integer()]
    if not bad and tensor.datatype in RANGES:
        most = RANGES[tensor.datatype]
        bad = [v for v in data if isinstance(v, int | float) and int(v) not in most]
    if bad:
        raise Invalid(
            f"input {shown(tensor.name)}: {shown(bad[0])} is no {tensor.datatype}",
            hint="send it as what can hold it: INT64 or FP64",
        )


def response(made: Answer, request: InferRequest) -> InferResponse:
    """The answer in the protocol's words."""
    outputs = [_output(output, made) for output in made.variant.loaded.release.signature.outputs]
    outputs.append(TensorOut(IDS, [len(made.ids)], "BYTES", list(made.ids)))
    if releases := releases_of(made):
        outputs.append(TensorOut(RELEASE, [len(releases)], "BYTES", [*releases]))
    said = enumerate(made.flags) if any(made.flags) else ()
    flags = {f"flags.{row}": ",".join(flags) for row, flags in said if flags}
    return InferResponse(
        model_name=made.variant.loaded.release.product,
        model_version=made.variant.loaded.version,
        id=request.id or made.request,
        outputs=_wanted(outputs, request),
        parameters=flags,
    )


def check_wanted(request: InferRequest, outputs: Sequence[Output]) -> None:
    """Refuses a request for outputs that the release does not have."""
    known = [*(output.name for output in outputs), IDS]
    for wanted in request.outputs or ():
        if wanted.name not in known:
            raise Invalid(f"there is no output {shown(wanted.name)}", hint=f"outputs: {', '.join(known)}")


def _wanted(outputs: list[TensorOut], request: InferRequest) -> list[TensorOut]:
    if not request.outputs:
        return outputs
    names = {wanted.name for wanted in request.outputs}
    return [output for output in outputs if output.name in names]


def _output(output: Output, made: Answer) -> TensorOut:
    values = made.outputs[output.name]
    shape = [len(values)]
    if output.kind == "probability":
        width = len(output.classes)
        values = [part for value in values for part in (value or [None] * width)]
        shape.append(width)
    return TensorOut(output.name, shape, datatype_of(output, values), values)


_MEASURED = {"act": "BOOL", "probability": "FP32", "value": "FP64"}


def datatype_of(output: Output, values: Sequence[object] = ()) -> str:
    """The datatype of an output: labels are texts unless the model counts its classes."""
    if output.kind != "label":
        return _MEASURED[output.kind]
    counted = any(isinstance(value, int) for value in values)
    return "INT64" if counted or (not values and _counts(output.classes)) else "BYTES"


def _counts(classes: Sequence[str]) -> bool:
    return bool(classes) and all(name.lstrip("-").isdecimal() for name in classes)


def metadata(loaded: Loaded, *, versions: Sequence[str], label: str) -> ModelMetadata:
    """The model's signature, as the protocol writes it."""
    release = loaded.release
    outputs = [
        TensorMetadata(o.name, datatype_of(o), [-1, len(o.classes)] if o.kind == "probability" else [-1])
        for o in release.signature.outputs
    ]
    properties = {"release": loaded.digest, "task": release.task, "target": release.target, "stage": label}
    for output in release.signature.outputs:
        if output.classes:
            properties[f"{output.name}.classes"] = ",".join(output.classes)
    return ModelMetadata(
        name=release.product,
        versions=list(versions),
        platform=PLATFORM,
        inputs=[TensorMetadata(f.name, DATATYPES[f.kind], [-1]) for f in release.signature.inputs],
        outputs=[*outputs, TensorMetadata(IDS, "BYTES", [-1])],
        properties={name: value for name, value in properties.items() if value},
    )
