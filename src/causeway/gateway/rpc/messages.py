"""The protocol's messages, made of the descriptor that lies beside `open_inference_grpc.proto`.

Made at run time rather than generated: code that protoc writes is refused by later versions of its library.
The `.proto` is The KServe Authors', under the Apache License 2.0, as its head says.
"""

from functools import cache
from importlib.resources import files
from typing import Any

from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from causeway.gateway.refusals import Malformed

PACKAGE = "inference"
SERVICE = f"{PACKAGE}.GRPCInferenceService"


@cache
def _pool() -> DescriptorPool:
    # a pool of our own: the one of the process may hold these names in another version
    pool = DescriptorPool()
    pool.AddSerializedFile((files("causeway.gateway.rpc") / "open_inference_grpc.binpb").read_bytes())
    return pool


@cache
def message(name: str) -> type[Any]:
    """The class of this message; its fields are known at run time only."""
    return GetMessageClass(_pool().FindMessageTypeByName(f"{PACKAGE}.{name}"))


def read(name: str, content: bytes) -> Any:  # noqa: ANN401 - as above
    """The message in these bytes."""
    made: Message = message(name)()
    try:
        made.ParseFromString(content)
    except DecodeError:
        raise Malformed(
            f"the message is no {PACKAGE}.{name}", hint="use the protocol's open_inference_grpc.proto"
        ) from None
    return made
