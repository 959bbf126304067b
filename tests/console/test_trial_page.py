"""A release on trial, as the console and `roll look` show it."""

import json
from datetime import timedelta

import numpy as np
import pytest
from browser import Browser
from click.testing import CliRunner

import shipyard
from causeway.actions.canary import Lookout
from causeway.actions.label import Columns, label
from causeway.actions.roll import roll_back
from causeway.actions.seal import seal
from causeway.actions.ship import Trial, ship
from causeway.cli.main import main
from causeway.console.app import create_app
from causeway.console.charts import honest, interval
from causeway.console.trials import line_of
from causeway.core.canary import Criterion
from causeway.core.ids import short
from causeway.core.records import Record, frame
from causeway.core.release import Output, Signature
from causeway.views.trials import trials_of

TOKEN = "a-token"  # noqa: S105 - of a test
MORE = """
[canary]
steps = "25, 50"
least_minutes = 5
kpi = 2.0
kpi_least = -20
kpi_most = 80
[kpi]
name = "margin <b>"
family = "margin"
unit = "EUR"
[serving]
holdout_percent = 5
entity = "tenure"
"""
SIGNATURE = Signature(
    shipyard.RELEASE.signature.inputs,
    tuple(Output(name, name, ("No", "Yes"), "Yes") for name in ("label", "probability")),
)


@pytest.fixture
def releases(folder):
    """One release live, another on trial."""
    shipyard.poc(folder, more=MORE)
    first = shipyard.release(folder, signature=SIGNATURE)
    ship(shipyard.workspace(folder), folder, agree=lambda _: True)
    second = shipyard.release(folder, seed=b"second", signature=SIGNATURE)
    ship(shipyard.workspace(folder), folder, trial=Trial(), agree=lambda _: True)
    return first, second


def later(folder, minutes):
    return shipyard.workspace(folder, at=shipyard.NOON + timedelta(minutes=minutes))


def answered(folder, releases, *, minute=1, count=300):
    generator = np.random.default_rng(minute)
    at = int((shipyard.NOON.timestamp() + 60 * minute) * 1e9)
    logs = folder / ".causeway" / "records" / "churn"
    logs.mkdir(parents=True, exist_ok=True)
    rows = []
    for i in range(count):
        mine = int(generator.random() < 0.25)
        outputs = {"label": "No", "probability": float(generator.random())}
        rows.append(
            Record(
                f"r{minute}-{i}",
                at + i * 1_000_000,
                "churn",
                releases[mine],
                "canary",
                "web",
                {"tenure": i},
                outputs,
                9,
            )
        )
    (logs / f"{minute}.log").write_bytes(b"".join(map(frame, rows)))
    return rows


def seen(folder, path, *, minutes=3):
    app = create_app(later(folder, minutes), token=TOKEN, cookie="c")
    return Browser(app, {"authorization": f"Bearer {TOKEN}"}).get(path)


def began(folder):
    return trials_of(shipyard.workspace(folder).ledger.read("churn"))[-1].seq


def test_the_product_says_what_is_tried_what_is_known_and_what_happens_next(folder, releases):
    rows = answered(folder, releases)
    seal(later(folder, 2), "churn")
    file = folder / "outcomes.csv"
    file.write_text("\n".join(["id,outcome,margin", *(f"{row.id},No,{i % 7}" for i, row in enumerate(rows))]))
    label(later(folder, 2), "churn", file, columns=Columns(kpi="margin"))
    before = len(later(folder, 2).ledger.read("churn"))
    page = seen(folder, "/products/churn").text
    words = " ".join(page.split())
    assert f"{short(releases[1])}</a> answers <b>25 %</b> of the traffic beside" in words
    assert "3 minutes at this step" in words
    assert "margin &lt;b&gt;" in page
    assert "<b>5 %</b> of those named by <code>tenure</code>" in words
    assert "Nobody looks now:" in words
    for command in ("promote", "hold", "back"):
        assert f"<code>causeway roll {command}</code>" in page
    twin = seen(folder, "/products/churn.json").json()
    measures = {each["name"]: each for each in twin["trial"]["now"]["criteria"]}
    assert measures["kpi"]["canary_units"] + measures["kpi"]["champion_units"] == 300
    assert "Once every measure lies within its limits it gets 50 %." in twin["trial"]["next"]
    assert (twin["holdout"], twin["trials"]) == ({"percent": 5, "entity": "tenure", "withheld": "say"}, [])
    # whoever looks at a page decides nothing
    assert len(later(folder, 2).ledger.read("churn")) == before
    assert "on trial" in seen(folder, f"/releases/{releases[1].removeprefix('sha256:')}").text
    assert "on trial" in seen(folder, "/").text


def test_a_page_stays_with_what_came_since_it_was_opened(folder, releases):
    app = create_app(later(folder, 3), token=TOKEN, cookie="c")
    browser = Browser(app, {"authorization": f"Bearer {TOKEN}"})
    path = f"/products/churn/trials/{began(folder)}.json"
    assert browser.get(path).json()["seen"]["now"]["requests"] == 0
    answered(folder, releases)
    first = browser.get(path).json()["seen"]["now"]["requests"]
    seal(later(folder, 2), "churn")
    answered(folder, releases, minute=2)
    assert 0 < first < browser.get(path).json()["seen"]["now"]["requests"]


def test_a_trial_that_ended_is_told_of_with_its_verdicts(folder, releases):
    answered(folder, releases)
    lookout = Lookout(later(folder, 2))
    lookout.look()
    lookout.close()
    roll_back(folder)
    page = " ".join(seen(folder, "/products/churn").text.split())
    assert "Trials before" in page
    assert "On trial" not in page
    path = f"/products/churn/trials/{began(folder)}"
    assert path in page
    text = " ".join(seen(folder, path).text.split())
    assert "How it ended: roll back." in text
    assert "not enough yet" in text
    twin = seen(folder, f"{path}.json").json()["seen"]
    assert (twin["trial"]["ended"], twin["next"], len(twin["trial"]["judged"])) == ("roll back", "", 1)
    assert "churn: no release is on trial." in CliRunner().invoke(main, ["roll", "look", str(folder)]).stdout


@pytest.mark.parametrize("seq", ["1", "999", "x", "-1", "9" * 30, "\u0661"])
def test_an_event_that_began_no_trial_has_no_page(folder, releases, seq):
    answer = seen(folder, f"/products/churn/trials/{seq}")
    assert (answer.status_code, short(releases[1]) in answer.text) == (404, False)


def test_the_command_shows_the_same(folder, releases):
    answered(folder, releases)
    told = CliRunner().invoke(main, ["roll", "look", str(folder)])
    assert f"{short(releases[1])} is tried on 25 % of the traffic beside {short(releases[0])}" in told.stdout
    assert "  open  errors" in told.stdout
    found = json.loads(CliRunner().invoke(main, ["roll", "look", str(folder), "--json"]).stdout)["trial"]
    assert (found["now"]["requests"] > 50, found["watched"], found["trial"]["percent"]) == (True, False, 25)


def test_evidence_that_cannot_be_read_is_said_and_the_page_stands(folder, releases):
    answered(folder, releases)
    seal(later(folder, 2), "churn")
    (segment,) = (folder / ".causeway" / "segments").rglob("*.parquet")
    segment.write_bytes(b"nothing")
    answer = seen(folder, "/products/churn")
    assert (answer.status_code, "segment cannot be read" in answer.text) == (200, True)


@pytest.mark.parametrize(
    ("low", "high", "margin"), [(-0.1, 0.3, 0.1), (5.0, 9.0, 0.001), (0.0, 0.0, 0.0), (-1e9, 1e9, 1e-9)]
)
def test_a_measure_always_lies_within_its_line(low, high, margin):
    each = Criterion("quality", "open", 0.2, 0.1, (low + high) / 2, low, high, margin, 9, 9, 0.01, "m")
    band = line_of(each, None).band
    assert 0 <= band.low <= band.value <= band.high <= 100
    assert band.left is None
    assert 50 <= band.right <= 100


def test_a_claim_about_another_metric_has_no_place_on_the_line():
    measured = shipyard.msgspec.structs.replace(
        shipyard.RELEASE.evaluation, metric="roc_auc", claimed_how="F1 in README.md:37", others={"f1": 0.55}
    )
    assert (interval(measured).claimed, honest(measured)) == (None, 0.55)
    assert interval(shipyard.RELEASE.evaluation).claimed is not None
    assert honest(shipyard.RELEASE.evaluation) is None
