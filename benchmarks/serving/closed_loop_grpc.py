"""Callers of a gRPC port who ask again at once, whatever they are told.

python benchmarks/serving/closed_loop_grpc.py PORT SECONDS CALLERS CHANNELS BEARER

Prints one JSON object.
"""

import asyncio
import contextlib
import json
import sys
import time

import grpc
import grpc.aio
from open_loop import summed_up

from causeway.gateway.rpc.messages import SERVICE, message


async def main() -> None:
    port, seconds, callers, channels = (float(word) for word in sys.argv[1:5])
    told: dict[str, list[float]] = {}
    request = message("ModelInferRequest")(model_name="churn")
    tensor = request.inputs.add(name="tenure", datatype="FP64", shape=[1])
    tensor.contents.fp64_contents.append(5.5)
    content, metadata = request.SerializeToString(), (("authorization", f"Bearer {sys.argv[5]}"),)
    # each is to have a connection of its own
    options = [("grpc.use_local_subchannel_pool", 1)]
    opened = [grpc.aio.insecure_channel(f"127.0.0.1:{port:.0f}", options) for _ in range(int(channels))]

    async def ask(channel: grpc.aio.Channel) -> None:
        call = channel.unary_unary(f"/{SERVICE}/ModelInfer")
        while True:
            began = time.perf_counter()
            try:
                await call(content, metadata=metadata)
            except grpc.aio.AioRpcError as error:
                status = error.code().name
            else:
                status = "OK"
            told.setdefault(status, []).append(time.perf_counter() - began)

    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
            for number in range(int(callers)):
                group.create_task(ask(opened[number % len(opened)]))
    answers = told.pop("OK", [])
    refusals = told.pop("RESOURCE_EXHAUSTED", []) + told.pop("UNAVAILABLE", [])
    print(json.dumps(summed_up(answers, refusals, told)))


if __name__ == "__main__":
    asyncio.run(main())
