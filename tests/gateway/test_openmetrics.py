"""What `/metrics` says is read by Prometheus' own parsers, in both forms."""

import pytest
from gateway_process import key, route, running

ROW = {"tenure": 3, "visits": 2, "plan": "gold"}
OPEN = "application/openmetrics-text; version=1.0.0"

classic = pytest.importorskip("prometheus_client.parser", reason="prometheus_client is not installed")
openmetrics = pytest.importorskip("prometheus_client.openmetrics.parser")


@pytest.fixture(params=["0", "1"], autouse=True)
def lane(request, monkeypatch):
    monkeypatch.setenv("CAUSEWAY_FASTLANE", request.param)


@pytest.fixture
def asked(signing, churn, lenient, tmp_path):
    """A gateway that has answered and refused."""
    keys = (key(scopes=("predict", "metrics")),)
    routes = [
        route(name, made, signing=signing, keys=keys)
        for name, made in (("churn", churn), ("lenient", lenient))
    ]
    with running(tmp_path, *routes, options=("--access-log",)) as gateway:
        gateway.invoke(ROW, ROW)
        gateway.invoke(ROW, product="lenient")
        gateway.invoke(ROW | {"tenure": "3"})
        gateway.invoke(ROW, bearer="none")
        yield gateway


def test_both_forms_are_what_their_parsers_read(asked):
    plain = asked.call("GET", "/metrics")
    opened = asked.call("GET", "/metrics", accept=OPEN)
    assert plain.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert opened.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    before = {each.name: each for each in classic.text_string_to_metric_families(plain.raw.decode())}
    # strict: it refuses what is not OpenMetrics
    after = {each.name: each for each in openmetrics.text_string_to_metric_families(opened.raw.decode())}
    assert before.keys() == after.keys()
    assert {name: each.type for name, each in before.items()} == {n: each.type for n, each in after.items()}
    answered = next(s for s in after["causeway_rows"].samples if s.labels["product"] == "churn")
    assert (answered.name, answered.value) == ("causeway_rows_total", 2)
    seconds = after["causeway_request_seconds"]
    counts = {s.labels["product"]: s.value for s in seconds.samples if s.name.endswith("_count")}
    assert counts == {"churn": 2, "lenient": 1}
    assert all(each.documentation for each in after.values())
