"""MLServer's types and codecs as a client, and `mlserver infer` over a file: print what they read."""

import json
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import pandas as pd
from mlserver.codecs import PandasCodec
from mlserver.types import InferenceRequest, InferenceResponse, MetadataModelResponse, MetadataServerResponse

port, bearer = sys.argv[1], sys.argv[3]
base = f"http://127.0.0.1:{port}/v2"
headers = {"authorization": f"Bearer {bearer}", "content-type": "application/json"}
table = pd.DataFrame({"tenure": [5.5, 60.0], "visits": [3, 0], "plan": ["gold", "basic"]}).astype(
    {"plan": object}
)


def asked(path, body=None):
    call = urllib.request.Request(base + path, body, headers)  # noqa: S310 - our own server
    with urllib.request.urlopen(call) as got:  # noqa: S310 - the same
        return got.read()


def read(response):
    found = {output.name: output for output in response.outputs}
    return {
        "label": list(found["label"].data),
        "probability": list(found["probability"].data),
    }


MetadataServerResponse.model_validate_json(asked(""))
metadata = MetadataModelResponse.model_validate_json(asked("/models/churn"))
request = PandasCodec.encode_request(table)
base64 = PandasCodec.encode_request(table, use_bytes=True)
with tempfile.TemporaryDirectory() as folder:
    lines = Path(folder, "requests.jsonl")
    one = InferenceRequest(inputs=request.inputs).model_dump_json(exclude_none=True)
    lines.write_text(f"{one}\n{one}\n")
    answers = Path(folder, "answers.jsonl")
    command = [Path(sys.executable).with_name("mlserver"), "infer", "-u", f"127.0.0.1:{port}", "-m", "churn"]
    command += ["-i", lines, "-o", answers, "-H", f"Authorization: Bearer {bearer}", "-w", "1"]
    ran = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    batch = answers.read_text().splitlines() if answers.exists() else [ran.stderr[-2000:]]
print(
    json.dumps(
        {
            "inputs": [tensor.name for tensor in metadata.inputs],
            "pandas": read(
                InferenceResponse.model_validate_json(
                    asked("/models/churn/infer", request.model_dump_json().encode())
                )
            ),
            "bytes": read(
                InferenceResponse.model_validate_json(
                    asked("/models/churn/infer", base64.model_dump_json().encode())
                )
            ),
            "batch": [read(InferenceResponse.model_validate_json(line)) for line in batch],
        }
    )
)
