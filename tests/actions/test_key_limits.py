import json
from datetime import UTC, datetime

import msgspec
import pytest
from click.testing import CliRunner

import shipyard
from causeway.actions.keys import Limits, issue, list_keys, revoke
from causeway.actions.routes import declared_fallback
from causeway.actions.ship import ship
from causeway.cli.main import main
from causeway.core.errors import UsageError
from causeway.core.manifest import ServingPart
from causeway.core.routes import Used, read_routes


@pytest.fixture
def live(folder):
    """A folder whose product is live."""
    shipyard.release(folder)
    ship(shipyard.workspace(folder), folder, agree=lambda _: True)
    return folder


def routed(folder):
    file = read_routes((folder / ".causeway" / "routes.json").read_bytes())
    return {key.consumer: key for key in file.routes[0].keys}


def test_the_limits_of_a_key_reach_the_gateway_and_the_list(live):
    arguments = ["--requests-per-minute", "60", "--requests-per-month", "1000", "--folder", str(live)]
    issued = CliRunner().invoke(main, ["key", "issue", "shop", *arguments])
    assert "(60 requests a minute; 1,000 requests a month)" in issued.stdout
    key = routed(live)["shop"]
    assert (key.scopes, key.requests_per_minute, key.requests_per_month) == (("predict",), 60, 1000)
    listed = CliRunner().invoke(main, ["key", "list", "--folder", str(live)])
    assert "60 requests a minute; 1,000 requests a month" in listed.stdout
    assert list_keys(live).keys[-1].requests_per_month == 1000


def test_the_list_says_in_80_columns_what_each_key_may_and_used(live):
    held = issue(live, "shop", Limits(("predict", "metrics"), 60_000_000, 10**12))
    ended = issue(live, "the team that keeps customers, in the second building on the left", Limits())
    issue(live, "a" * 100, Limits(requests_per_month=5))
    revoke(live, ended.key)
    usage = live / ".causeway" / "usage.json"

    def told():
        made = [
            CliRunner().invoke(main, ["key", "list", *more, "--folder", str(live)])
            for more in ([], ["--json"])
        ]
        text, listed = made[0].stdout, json.loads(made[1].stdout)["keys"]
        assert max(map(len, text.splitlines())) <= 80
        return " ".join(text.split()), [key["requests_this_month"] for key in listed]

    assert told()[1] == [None] * 4
    usage.write_bytes(msgspec.json.encode(Used(f"{datetime.now(UTC):%Y-%m}", {"churn": {held.key: 12345}})))
    text, used = told()
    assert "60,000,000 requests a minute; 1,000,000,000,000 requests a month; 12,345 made this month" in text
    assert used == [None, 12345, None, 0]
    usage.write_bytes(msgspec.json.encode(Used("2020-01", {"churn": {held.key: 12345}})))
    assert told()[1] == [None, 0, None, 0]
    usage.write_text("{")
    assert told()[1] == [None] * 4


def test_a_key_may_be_for_the_metrics_only(live):
    told = CliRunner().invoke(
        main, ["key", "issue", "prometheus", "--scope", "metrics", "--json", "--folder", str(live)]
    )
    assert json.loads(told.stdout)["scopes"] == ["metrics"]
    assert routed(live)["prometheus"].scopes == ("metrics",)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(("fly",)), "cannot have the scope 'fly'"),
        (Limits(requests_per_minute=0), "requests_per_minute is 0"),
        (Limits(requests_per_month=-5), "requests_per_month is -5"),
    ],
)
def test_a_limit_that_cannot_be_is_refused(live, limits, said):
    with pytest.raises(UsageError, match=said):
        issue(live, "shop", limits)


def test_an_answer_for_failures_has_to_be_declared():
    with pytest.raises(UsageError, match="no `fallback` that says which"):
        declared_fallback(ServingPart(on_failure="answer"))
    with pytest.raises(UsageError, match="and no `fallback` that says which"):
        declared_fallback(ServingPart(holdout_percent=10, withheld="fallback"))
    declared = ServingPart(on_failure="answer", fallback='{"churn": "No", "probability": 0.25}')
    assert declared_fallback(declared) == {"churn": "No", "probability": 0.25}


@pytest.mark.parametrize(
    ("serving", "said"),
    [
        (
            'fallback = \'{"churned": "No"}\'\non_failure = "answer"\n',
            "answers 'churned', which is no output of what answers",
        ),
        ("fallback = '[1]'\n", "is no JSON object of plain values"),
        ('on_failure = "answer"\n', "and no `fallback` that says which"),
    ],
)
def test_what_stands_in_for_an_answer_is_refused_before_anything_is_written(live, serving, said):
    shipyard.release(live, seed=b"second")
    shipyard.poc(live, more=f"[serving]\n{serving}")
    work = shipyard.workspace(live)
    before = [event.text for event in work.ledger.read("churn")]
    with pytest.raises(UsageError, match=said):
        ship(work, live, agree=lambda _: True)
    assert [event.text for event in work.ledger.read("churn")] == before
