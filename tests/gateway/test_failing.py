"""Requests that a release refused are kept for whoever judges it beside another one."""

import json

import pytest
from bundle_made import FIELDS, write_bundle
from failing_made import write_failing
from gateway_process import eventually, route, running

from causeway.core.assignment import Lots
from causeway.core.ids import short
from causeway.core.release import Field
from causeway.core.routes import Served

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


@pytest.mark.parametrize("fast", ["1", "0"])
def test_who_refuses_is_told_where_rows_are_drawn_by_whom_they_are_about(
    tmp_path, signing, monkeypatch, fast
):
    """A release that takes no row of its own must not pass for one that nobody asked."""
    monkeypatch.setenv("CAUSEWAY_FASTLANE", fast)
    row = ROW | {"visits": 3.5}
    strict = write_bundle(tmp_path, signing)
    champion = write_bundle(tmp_path, signing, fields=(FIELDS[0], Field("visits", "number"), FIELDS[2]))
    made = route("churn", champion, strict, signing=signing, shares=(60, 40), entity="customer")
    lots = Lots("churn", (60, 40))
    names = [f"c-{i}" for i in range(30)]
    drawn = [name for name in names if lots.release(name) == 1]
    spared = [name for name in names if lots.release(name) == 0]
    with running(tmp_path / "live", made) as gateway:
        for name in names:
            gateway.invoke(row | {"customer": name})
        # one request of both releases' rows, and one that nobody can read
        assert gateway.invoke(*(row | {"customer": each[0]} for each in (spared, drawn))).status == 422
        assert gateway.call("POST", "/products/churn/invocations", b"{").status == 400
        # one whose features refuse a row of the canary's
        good, unseen = ROW | {"customer": spared[0]}, ROW | {"customer": drawn[0], "plan": "silver"}
        assert gateway.invoke(good, unseen).status == 422
        wanted = {(short(strict[0]), 422): len(drawn) + 2}
        assert (
            eventually(lambda: len(drawn) + 1 < sum(refused(gateway).values()) and refused(gateway)) == wanted
        )


@pytest.mark.parametrize("fast", ["1", "0"])
def test_a_failure_for_which_nothing_stood_in_counts_once(tmp_path, signing, monkeypatch, fast):
    monkeypatch.setenv("CAUSEWAY_FASTLANE", fast)
    one, other = (write_failing(tmp_path, signing, product="churn", proven=each) for each in (50, 51))
    made = route("churn", one, other, signing=signing, shares=(50, 50), on_failure="previous")
    with running(tmp_path / "live", made) as gateway:
        # both fail on it
        asked = [gateway.invoke({"tenure": 70, "visits": 3}) for _ in range(10)]
        assert {got.status for got in asked} == {500}
        assert eventually(lambda: sum(refused(gateway).values()) >= 10)
        assert sum(refused(gateway).values()) == 10


def test_what_a_shadow_refuses_counts_against_it(tmp_path, signing):
    strict = write_bundle(tmp_path, signing)
    champion = write_bundle(tmp_path, signing, fields=(FIELDS[0], Field("visits", "number"), FIELDS[2]))
    beside = (Served(strict[0], str(strict[1]), 0),)
    with running(tmp_path / "live", route("churn", champion, signing=signing, shadow=beside)) as gateway:

        def seen():
            assert gateway.invoke(ROW | {"visits": 3.5}).status == 200
            return refused(gateway)

        assert {release for release, _ in eventually(seen)} == {short(strict[0])}
