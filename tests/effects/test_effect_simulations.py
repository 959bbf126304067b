"""The simulations of the benchmarks, in small: no bar is missed by more than chance allows."""

import importlib
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parents[2] / "benchmarks" / "value"

NAMES = ("simulate", "said", "peeking", "holdouts", "designs")


def test_every_bar_is_met(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(HERE))
    try:
        lines = importlib.import_module("simulate").main(is_small=True)
    finally:
        for name in NAMES:
            sys.modules.pop(name, None)
    assert [line.what for line in lines if not line.is_met(allows_chance=True)] == []
    assert "no effect, found" in capsys.readouterr().out
