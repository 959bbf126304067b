"""Requests that a release refused are kept for whoever judges it beside another one."""

import json

import pytest
from bundle_made import write_bundle
from gateway_process import eventually, route, running

from causeway.core.ids import short

ROW = {"tenure": 5.5, "visits": 3, "plan": "gold"}
WRONG = ROW | {"visits": "many"}


def refused(gateway) -> dict[tuple[str, int], int]:
    counts = {}
    for file in (gateway.records_folder / "churn").glob("*.failed"):
        for line in file.read_text().splitlines():
            _, release, status, count = json.loads(line)
            counts[release, status] = counts.get((release, status), 0) + count
    return counts


@pytest.mark.parametrize("fast", ["1", "0"])
def test_refusals_are_kept_by_release_while_two_answer(tmp_path, signing, monkeypatch, fast):
    monkeypatch.setenv("CAUSEWAY_FASTLANE", fast)
    one, other = (write_bundle(tmp_path, signing, weights=(w, w, w)) for w in (-1.0, 1.0))
    with running(tmp_path / "live", route("churn", one, signing=signing)) as gateway:
        gateway.invoke(WRONG)
        gateway.follow(route("churn", one, other, signing=signing, shares=(50, 50)))
        asked = [gateway.invoke(WRONG) for _ in range(40)]
        assert {got.status for got in asked} == {422}
        found = eventually(lambda: len(seen := refused(gateway)) == 2 and sum(seen.values()) >= 40 and seen)
        assert found.keys() == {(short(one[0]), 422), (short(other[0]), 422)}
        # the one before the second release came may have been counted with them
        assert sum(found.values()) <= 41
        assert not [file for file in gateway.records_folder.rglob("*.failed") if file.stat().st_mode & 0o077]
