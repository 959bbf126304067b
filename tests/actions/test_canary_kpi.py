"""A release on trial, judged by the business measure itself."""

from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner
from test_canary import QUICK, SIGNATURE, answered, facts, later, look, shares

import shipyard
from causeway.actions.canary import Lookout
from causeway.actions.measure.received import Sent, receive
from causeway.actions.roll import roll_back
from causeway.actions.seal import seal
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


def posted(folder, values, *, minute):
    """Values of the measure by themselves: of predictions, or of customers some seconds after a row."""
    work = later(folder, minutes=minute)
    seal(work, "churn")
    done = receive(work, "churn", [Sent("kpi", value, **about) for about, value in values], channel="post")
    work.ledger.close()
    return done


def of_customer(record, *, seconds=1.0):
    at = datetime.fromtimestamp(record.at_ns / 1e9, UTC) + timedelta(seconds=seconds)
    return {"unit": str(record.inputs["tenure"]), "at": at}


def measured(judged):
    return next((each for each in judged.criteria if each.name == "kpi"), None)


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


def test_values_that_were_sent_by_themselves_are_compared_as_those_that_came_with_outcomes(folder):
    first, second, _ = tried(folder, more=f'{MARGIN}[serving]\nentity = "tenure"\n')
    records = answered(folder, (first, second), count=4000)
    generator = np.random.default_rng(6)
    margins = [float(generator.normal(20 if each.release == second else 30, 5)) for each in records]
    by_id = [({"prediction": each.id}, value) for each, value in zip(records, margins, strict=True)]
    by_customer = [(of_customer(each), value) for each, value in zip(records, margins, strict=True)]
    # at first everybody is said to bring the same
    same = [(about, 25.0) for about, _ in (*by_id[:2000], *by_customer[2000:])]
    assert posted(folder, same, minute=6).taken == 4000
    lookout = Lookout(later(folder, minutes=7))
    before = measured(lookout.peek("churn").judged)
    assert before.canary_units + before.champion_units == 4000
    assert (before.canary, before.champion) == (pytest.approx(25), pytest.approx(25))
    assert posted(folder, [*by_id[:2000], *by_customer[2000:]], minute=8).corrected == 4000
    # what came in the minute since the last look waits for the next
    assert measured(lookout.peek("churn").judged) == before
    lookout.close()
    seen = look(later(folder, minutes=9))
    assert seen.judged.verdict == "roll back"
    kpi = measured(seen.judged)
    mine = [margin for each, margin in zip(records, margins, strict=True) if each.release == second]
    assert (kpi.canary_units, kpi.canary) == (len(mine), pytest.approx(np.mean(mine), abs=0.01))
    assert kpi.high < -2.0


def test_what_a_customer_brings_is_of_the_release_that_answered_last_and_of_no_fallback(folder):
    first, second, _ = tried(folder, more=f'{MARGIN}[serving]\nentity = "tenure"\n')
    records = answered(folder, (first, second), count=300)
    turned = [
        msgspec.structs.replace(
            each,
            id=f"{each.id}x",
            request="",
            at_ns=each.at_ns + 60_000_000_000,
            release={first: second, second: first}[each.release],
            flags=("fallback:earlier",) if place < 20 else (),
        )
        for place, each in enumerate(records)
    ]
    log = folder / ".causeway" / "records" / "churn" / "20260504T120500Z-2-1.log"
    log.write_bytes(b"".join(map(frame, turned)))
    values = [(of_customer(each), 10.0 if each.release == first else 15.0) for each in records]
    values += [(of_customer(each), 30.0 if each.release == first else 35.0) for each in turned]
    values += [(of_customer(each, seconds=-60), 80.0) for each in records]
    posted(folder, values, minute=5)
    kpi = measured(look(later(folder, minutes=6)).judged)
    # each customer is one unit of each release, but for those that a fallback answered
    assert kpi.canary_units + kpi.champion_units == 580
    theirs = {
        release: [10.0 if release == first else 15.0 for each in records if each.release == release]
        + [30.0 if release == first else 35.0 for each in turned[20:] if each.release == release]
        for release in (first, second)
    }
    assert kpi.champion == pytest.approx(np.mean(theirs[first]))
    assert kpi.canary == pytest.approx(np.mean(theirs[second]))


SALES = """kpi = 0.05
[kpi]
name = "sales"
family = "conversion"
baseline = 0.3
target = 0.4
[value]
per = "any"
horizon_days = 0.01
[serving]
entity = "tenure"
"""


def test_who_brings_nothing_until_the_horizon_counts_as_nothing_where_only_sales_are_sent(folder):
    first, second, _ = tried(folder, more=SALES)
    records = answered(folder, (first, second), count=6000)
    generator = np.random.default_rng(6)
    bought = [each for each in records if generator.random() < (0.2 if each.release == second else 0.5)]
    posted(folder, [(of_customer(each), 1.0) for each in bought], minute=5)
    early = Lookout(later(folder, minutes=6))
    assert measured(early.peek("churn").judged) is None
    early.close()
    kpi = measured(look(later(folder, minutes=20)).judged)
    assert (kpi.canary_units + kpi.champion_units, kpi.verdict) == (6000, "harm")
    assert (kpi.canary, kpi.champion) == (pytest.approx(0.2, abs=0.03), pytest.approx(0.5, abs=0.03))


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
