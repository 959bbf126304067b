"""tritonclient over gRPC: prints what it read."""

import json
import sys

import numpy as np
import tritonclient.grpc as triton

headers = {"authorization": f"Bearer {sys.argv[3]}"}
client = triton.InferenceServerClient(f"127.0.0.1:{sys.argv[2]}")
tensors = [
    triton.InferInput("tenure", [2], "FP64"),
    triton.InferInput("visits", [2], "INT64"),
    triton.InferInput("plan", [2], "BYTES"),
]
columns = (np.array([5.5, 60.0]), np.array([3, 0], np.int64), np.array(["gold", "basic"], np.object_))
for tensor, column in zip(tensors, columns, strict=True):
    tensor.set_data_from_numpy(column)
got = client.infer("churn", tensors, headers=headers, request_id="9")
try:
    client.infer("churn", tensors[:1], headers=headers)
    refused = ""
except triton.InferenceServerException as error:
    refused = f"{error.status()}: {error.message()}"
print(
    json.dumps(
        {
            "live": client.is_server_live(),
            "ready": client.is_server_ready(),
            "model": client.is_model_ready("churn", headers=headers),
            "server": client.get_server_metadata(headers=headers).name,
            "inputs": [t.name for t in client.get_model_metadata("churn", headers=headers).inputs],
            "id": got.get_response().id,
            "answer": {
                "label": [t.decode() for t in got.as_numpy("label").tolist()],
                "probability": got.as_numpy("probability").tolist(),
                "dtype": str(got.as_numpy("probability").dtype),
            },
            "refused": refused,
        }
    )
)
