"""Nothing is told to anybody: no library of ours keeps an id of this machine or reports its use."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["causeway.gateway.models.model", "causeway.adapters.onnx_models"])
def test_running_models_leaves_nothing_in_the_home_folder(module, tmp_path):
    bare = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    subprocess.run([sys.executable, "-c", f"import {module}"], env=bare | home, check=True)
    assert not list(tmp_path.rglob("*"))
