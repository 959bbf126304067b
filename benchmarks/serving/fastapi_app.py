"""What people write: FastAPI around a saved model. With ONNX in the environment, around the converted one.

With LOG, each answer is appended to that file with its inputs before it goes out, as most would do it.
"""

import json
import os
import time
import uuid

import numpy as np
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
log = open(os.environ["LOG"], "a") if os.environ.get("LOG") else None  # noqa: PTH123, SIM115 - as people do

if os.environ.get("ONNX"):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(os.environ["ONNX"], options)
    wanted = [output.name for output in session.get_outputs()]
    given = session.get_inputs()[0].name
else:
    import joblib

    model = joblib.load(os.environ["MODEL"])


Cell = str if os.environ.get("TEXTS") else float


class Rows(BaseModel):
    """The body."""

    rows: list[dict[str, Cell]]


@app.post("/predict")
def predict(asked: Rows) -> dict[str, list]:
    """A label and its probabilities for each row, with a name."""
    names = list(asked.rows[0])
    values = np.array([[row[name] for name in names] for row in asked.rows])
    if Cell is str:
        values = values.astype(object) if os.environ.get("ONNX") else values[:, 0]
    elif os.environ.get("ONNX"):
        values = values.astype(np.float32)
    if os.environ.get("ONNX"):
        labels, probabilities = session.run(wanted, {given: values})
    else:
        labels, probabilities = model.predict(values), model.predict_proba(values)
    ids = [str(uuid.uuid4()) for _ in asked.rows]
    if log:
        for id_, row, label in zip(ids, asked.rows, labels.tolist(), strict=True):
            log.write(json.dumps({"id": id_, "at": time.time(), "inputs": row, "label": label}) + "\n")
        log.flush()
    return {"labels": labels.tolist(), "probabilities": probabilities.tolist(), "ids": ids}
