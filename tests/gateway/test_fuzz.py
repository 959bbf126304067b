"""Requests that are almost right, at random: nothing hangs, breaks, or is answered out of turn."""

import json
from itertools import islice

import pytest
from fuzzing import answered, faults, requests, stories
from gateway_process import BEARER, route, running

STORIES = 700
ROW = {"tenure": 3, "visits": 2, "plan": "gold"}


@pytest.mark.parametrize("lane", ["1", "0"])
def test_whatever_is_sent_every_reply_is_one_and_in_its_place(tmp_path, signing, churn, monkeypatch, lane):
    monkeypatch.setenv("CAUSEWAY_FASTLANE", lane)
    right = requests(BEARER, json.dumps({"dataframe_records": [ROW]}).encode())
    with running(tmp_path, route("churn", churn, signing=signing)) as gateway:
        for packets in islice(stories(1, right), STORIES):
            got = answered(gateway.port, packets)
            assert faults(got) == [], b"".join(packets)
        assert gateway.invoke(ROW).status == 200
        assert gateway.stop() == 0
        assert "Traceback" not in gateway.said()
