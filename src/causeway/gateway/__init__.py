"""The data path: answers the model's users and records what it answered."""

import os

# ONNX Runtime reports to its maker unless this is there before it is imported, and starts a thread for that
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
