"""Causeway takes an AI proof of concept from sandbox to production, and proves what it is worth."""

import os

# ONNX Runtime 1.32 keeps a device id and reports its use to its maker; nothing of ours does
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

__version__ = "0.1.0"
