"""Killed under load, with every answer looked for in the sealed segments."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "serving"))

from kills import killed

LOST_MS = 250
"""What a busy machine may add to the 50 ms; `benchmarks/serving/kills.py` measures."""


@pytest.fixture(autouse=True)
def keys(monkeypatch, tmp_path):
    monkeypatch.setenv("CAUSEWAY_KEYS", str(tmp_path / "keys"))


def test_three_kills_lose_no_durable_answer_and_read_no_torn_record(tmp_path):
    told = killed(tmp_path, times=3, level="durable")
    assert told.answers > 0
    assert told.sealed >= told.answers
    assert (told.kills, told.lost, told.strange) == (3, 0, 0)


def test_a_kill_loses_only_the_latest_of_the_others(tmp_path):
    told = killed(tmp_path, times=1, level="async")
    assert told.strange == 0
    assert told.window_ms < LOST_MS
