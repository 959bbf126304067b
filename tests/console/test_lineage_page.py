"""The walk back as a page, with its twin and its links."""

import json
import re

import pytest
from browser import Browser

import shipyard
from causeway.actions import lineage
from causeway.actions.lineage_received import Inbox
from causeway.console.app import create_app
from causeway.core.lineage import Derived, Source, Story, completed, started
from causeway.core.lineage_facets import LineageColumn

TOKEN = "a-token"  # noqa: S105 - of a test
RUN = "01990000-0000-7000-8000-000000000001"
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def release(tmp_path, monkeypatch):
    monkeypatch.setenv("CAUSEWAY_KEYS", str(tmp_path / "keys"))
    monkeypatch.delenv("CAUSEWAY_LEDGER", raising=False)
    shipyard.poc(tmp_path / "poc")
    return shipyard.release(tmp_path / "poc").removeprefix("sha256:")


@pytest.fixture
def console(release, tmp_path):
    work = shipyard.workspace(tmp_path / "poc")
    story = Story(
        "churn",
        RUN,
        (Source("crm.json", (LineageColumn("tenure"),)),),
        (Derived(EVIL, "double", "crm.json", ("tenure",), "pass"),),
        (LineageColumn("label"),),
        release=f"sha256:{release}",
    )
    lineage.begin(work, started(story, at=shipyard.NOON))
    lineage.end(work, RUN, completed(story, at=shipyard.NOON))
    told = {
        "eventTime": "2026-05-04T03:00:00Z",
        "run": {"runId": "x"},
        "job": {"namespace": "airflow", "name": EVIL},
        "inputs": [{"namespace": "s3://lake", "name": "a b?c#d/e.csv"}],
        "outputs": [{"namespace": "file:churn", "name": "crm.json"}],
    }
    Inbox(work).take(json.dumps(told).encode())
    return Browser(create_app(work, token=TOKEN), {"authorization": f"Bearer {TOKEN}"})


def test_the_pages_of_product_and_release_lead_to_it(console, release):
    for path in ("/products/churn", f"/releases/{release}"):
        assert f'href="/lineage/{release}"' in console.get(path).text


def test_every_link_of_every_walk_leads_somewhere(console, release):
    todo, seen = [f"/lineage/{release}", "/lineage"], set()
    while todo:
        path = todo.pop()
        seen.add(path)
        answer = console.get(path)
        assert answer.status_code == 200, path
        if answer.headers["content-type"].startswith("text/html"):
            assert EVIL not in answer.text
            links = re.findall(r'href="(/lineage[^"]*)"', answer.text)
            todo += [link for link in links if link not in seen and link not in todo]
    assert "/lineage/file:churn/crm.json/" in seen
    assert "/lineage/s3://lake/a%20b%3Fc%23d/e.csv" in seen
    assert any("?column=" in path for path in seen)


def test_the_twin_says_the_same(console, release):
    said = console.get(f"/lineage/{release}.json").json()

    assert (said["ok"], said["walked"]["kind"]) == (True, "release")
    assert console.get("/lineage.json").json()["releases"][0]["product"] == "churn"
    assert console.get("/lineage/nowhere.json").json()["code"] == "not_found"
    assert console.get("/lineage/nowhere").status_code == 404
