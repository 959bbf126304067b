"""A release on trial, judged by the business measure itself."""

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner
from test_canary import QUICK, SIGNATURE, answered, facts, later, look, shares

import shipyard
from causeway.actions.roll import roll_back
from causeway.actions.ship import Trial, ship
from causeway.cli.main import main
from causeway.core.canary import CanaryJudged, KpiTrial
from causeway.core.errors import UsageError
from causeway.core.events import OutcomesLabelled
from causeway.core.records import frame

MARGIN = (
    'kpi = 2.0\nkpi_least = -20\nkpi_most = 80\n[kpi]\nname = "margin"\nfamily = "margin"\nunit = "EUR"\n'
)


def tried(folder, *, more=MARGIN):
    shipyard.poc(folder, more=f"{QUICK}{more}")
    first = shipyard.release(folder, signature=SIGNATURE)
    ship(shipyard.workspace(folder), folder, agree=lambda _: True)
    second = shipyard.release(folder, seed=b"second", signature=SIGNATURE)
    return first, second, ship(shipyard.workspace(folder), folder, trial=Trial(), agree=lambda _: True)


def told(folder, records, margins):
    """The outcomes as somebody brings them, with what each prediction brought in."""
    generator = np.random.default_rng(5)
    lines = [
        f"{each.id},{'Yes' if generator.random() < 0.25 else 'No'},{margin}"
        for each, margin in zip(records, margins, strict=True)
    ]
    (folder / "outcomes.csv").write_text("\n".join(["id,outcome,margin", *lines]))
    words = ["label", str(folder / "outcomes.csv"), "--folder", str(folder), "--kpi", "margin"]
    return CliRunner().invoke(main, words)


def measured(judged):
    return next(each for each in judged.criteria if each.name == "kpi")


def test_a_release_that_brings_in_less_is_taken_back_although_it_answers_as_well(folder):
    first, second, shipped = tried(folder)
    assert shipped.plan.kpi == KpiTrial("margin", 2.0, -20, 80, more_is_better=True, unit="EUR")
    records = answered(folder, (first, second), count=4000)
    generator = np.random.default_rng(6)
    margins = [round(generator.normal(20 if each.release == second else 30, 5), 2) for each in records]
    done = told(folder, records, margins)
    assert (done.exit_code, "4,000 with the business measure, on average 27." in done.stdout) == (0, True)
    seen = look(later(folder, minutes=2))
    assert (seen.judged.verdict, shares(later(folder, minutes=2))) == ("roll back", {first: 100})
    (judged,) = facts(later(folder, minutes=2), CanaryJudged)
    assert judged.because.startswith("kpi 20.")
    kpi = measured(judged)
    assert kpi.high < -2.0
    assert kpi.canary_units + kpi.champion_units == 4000
    assert {each.name: each.verdict for each in judged.criteria}["quality"] != "harm"
    assert facts(later(folder, minutes=2), OutcomesLabelled)[0].kpi == 4000


def test_customers_are_what_is_counted_where_rows_are_drawn_by_them(folder):
    first, second, _ = tried(folder, more=f'{MARGIN}[serving]\nentity = "tenure"\n')
    records = answered(folder, (first, second), count=300)
    again = [
        msgspec.structs.replace(each, id=f"{each.id}x", request="", at_ns=each.at_ns + 1) for each in records
    ]
    log = folder / ".causeway" / "records" / "churn" / "20260504T120500Z-2-1.log"
    log.write_bytes(b"".join(map(frame, again)))
    # half of the rows of each have no value yet
    assert told(folder, [*records, *again], [*[10.0] * 300, *[""] * 300]).exit_code == 0
    kpi = measured(look(later(folder, minutes=2)).judged)
    assert (kpi.canary_units + kpi.champion_units, kpi.canary) == (300, pytest.approx(10))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('kpi = 1.0\n[kpi]\nfamily = "margin"\n', "between what one value of it lies"),
        ('kpi = 1.0\nkpi_least = 5\nkpi_most = 5\n[kpi]\nfamily = "hours"\n', "between what one value"),
        ('kpi = 0.01\n[kpi]\nfamily = "conversion"\n', "whether more of it is better"),
        ('kpi = 0.01\n[kpi]\nfamily = "conversion"\nbaseline = 0.1\ntarget = 0.1\n', "whether more of it"),
    ],
)
def test_a_measure_that_cannot_be_compared_stops_the_trial_and_says_what_is_missing(folder, more, words):
    with pytest.raises(UsageError, match=words):
        tried(folder, more=more)


def test_less_of_a_conversion_may_be_better_and_needs_no_bounds(folder):
    more = 'kpi = 0.01\n[kpi]\nname = "leavers"\nfamily = "conversion"\nbaseline = 0.042\ntarget = 0.038\n'
    *_, shipped = tried(folder, more=more)
    assert shipped.plan.kpi == KpiTrial("leavers", 0.01, 0, 1, more_is_better=False)
    roll_back(folder)
    seen = CliRunner().invoke(main, ["ship", str(folder), "--canary", "--yes"])
    assert "leavers grows by more than 0.01 on average (less is better)" in " ".join(seen.stderr.split())
