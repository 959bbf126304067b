"""tritonclient over HTTP: prints what it read, tensors as bytes, in the JSON, and mixed."""

import json
import sys

import numpy as np
import tritonclient.http as triton

port, bearer = int(sys.argv[1]), sys.argv[3]
headers = {"Authorization": f"Bearer {bearer}"}
client = triton.InferenceServerClient(f"127.0.0.1:{port}")
version = client.get_model_metadata("churn", headers=headers)["versions"][0]


def inputs(*, binary):
    columns = {
        "tenure": np.array([5.5, 60.0]),
        "visits": np.array([3, 0], np.int64),
        "plan": np.array(["gold", "basic"], np.object_),
    }
    kinds = {"tenure": "FP64", "visits": "INT64", "plan": "BYTES"}
    made = [triton.InferInput(name, column.shape, kinds[name]) for name, column in columns.items()]
    for number, (tensor, column) in enumerate(zip(made, columns.values(), strict=True)):
        tensor.set_data_from_numpy(
            column, binary_data=binary if isinstance(binary, bool) else number % 2 == 0
        )
    return made


def answer(**more):
    # a copy: the client leaves its own header in it
    got = client.infer("churn", headers=dict(headers), **more)
    return {
        "label": [t.decode() if isinstance(t, bytes) else t for t in got.as_numpy("label").tolist()],
        "probability": got.as_numpy("probability").tolist(),
        "dtype": str(got.as_numpy("probability").dtype),
    }


wanted = [triton.InferRequestedOutput(name, binary_data=name == "label") for name in ("label", "probability")]
try:
    client.infer("churn", inputs(binary=True)[:1], headers=dict(headers))
    refused = ""
except triton.InferenceServerException as error:
    refused = f"{error.status()}: {error.message()}"
print(
    json.dumps(
        {
            "live": client.is_server_live(),
            "ready": client.is_server_ready(),
            "model": client.is_model_ready("churn", headers=headers),
            "version": client.is_model_ready("churn", version, headers=headers),
            "extensions": client.get_server_metadata(headers=headers)["extensions"],
            "binary": answer(inputs=inputs(binary=True)),
            "json": answer(inputs=inputs(binary=False), outputs=wanted),
            "mixed": answer(inputs=inputs(binary="some"), model_version=version, request_id="7"),
            "refused": refused,
        }
    )
)
