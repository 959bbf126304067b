"""KServe's own clients, REST V2 (JSON and bytes), REST V1 and gRPC: print what they read."""

import asyncio
import json
import sys

import numpy as np
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import InferOutput, RequestedOutput

port, grpc_port, bearer = sys.argv[1:]
headers = {"authorization": f"Bearer {bearer}"}
base = f"http://127.0.0.1:{port}"
columns = {
    "tenure": ("FP64", np.array([5.5, 60.0])),
    "visits": ("INT64", np.array([3, 0], np.int64)),
    "plan": ("BYTES", np.array(["gold", "basic"], np.object_)),
}


def request(*, binary, outputs=None):
    tensors = [InferInput(name, [2], kind) for name, (kind, _) in columns.items()]
    for tensor, (_, column) in zip(tensors, columns.values(), strict=True):
        tensor.set_data_from_numpy(column, binary_data=binary)
    more = {"parameters": {"binary_data_output": True}} if binary else {}
    return InferRequest("churn", tensors, request_outputs=outputs, **more)


def read(got):
    found: dict[str, InferOutput] = {output.name: output for output in got.outputs}
    labels = found["label"].as_numpy().ravel().tolist()
    return {
        "label": [t.decode() if isinstance(t, bytes) else t for t in labels],
        "probability": found["probability"].as_numpy().tolist(),
    }


async def main():
    # a copy of the headers each: the client leaves its own in them
    rest = InferenceRESTClient(RESTConfig(protocol="v2"))
    wanted = [RequestedOutput(name, {"binary_data": True}) for name in ("label", "probability")]
    rows = [
        {"tenure": 5.5, "visits": 3, "plan": "gold"},
        {"tenure": 60.0, "visits": 0, "plan": "basic"},
    ]
    first = InferenceRESTClient(RESTConfig(protocol="v1"))
    said = {
        "live": await rest.is_server_live(base, headers=headers),
        "ready": await rest.is_server_ready(base, headers=headers),
        "model": await rest.is_model_ready(base, "churn", headers=headers),
        "json": read(
            await rest.infer(base, request(binary=False), model_name="churn", headers=dict(headers))
        ),
        "binary": read(
            await rest.infer(base, request(binary=True), model_name="churn", headers=dict(headers))
        ),
        "outputs": read(
            await rest.infer(
                base, request(binary=False, outputs=wanted), model_name="churn", headers=dict(headers)
            )
        ),
        "v1": await first.infer(base, {"instances": rows}, model_name="churn", headers=dict(headers)),
        "v1 ready": await first.is_model_ready(base, "churn", headers=headers),
    }
    grpc = InferenceGRPCClient(f"127.0.0.1:{grpc_port}")
    metadata = [("authorization", f"Bearer {bearer}")]
    said["grpc"] = read(await grpc.infer(request(binary=False), headers=metadata))
    said["grpc raw"] = read(await grpc.infer(request(binary=True), headers=metadata))
    await grpc.close()
    print(json.dumps(said))


asyncio.run(main())
