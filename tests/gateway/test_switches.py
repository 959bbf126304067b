"""Releases are switched under load, and nobody notices; the benchmark does it a thousand times."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "serving"))

from switches import WEIGHTS, run


@pytest.mark.parametrize("short", [True, False], ids=["short", "long"])
def test_no_switch_fails_a_request_and_each_answer_is_that_of_a_live_release(tmp_path, short, monkeypatch):
    monkeypatch.setenv("CAUSEWAY_FASTLANE", "")
    outcome = run(tmp_path, short=short, switches=20, connections=8, every=6)
    assert outcome.sound, outcome.told()
    assert len(outcome.seen.answered) == 2 * len(WEIGHTS)
