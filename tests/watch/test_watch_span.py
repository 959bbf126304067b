"""What a span of the past looked like: told of a simulated product, written nowhere, refused in one error."""

import json
import sys
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parent))

import traffic

import shipyard
from causeway.actions.decide import product_state
from causeway.actions.erase import erase
from causeway.actions.ship import ship
from causeway.actions.watch.kept import kept
from causeway.actions.watch.span import span_all
from causeway.actions.watch.watch import watch
from causeway.cli.main import main
from causeway.cli.watch_span import span_lines
from causeway.core.errors import NotFound, UsageError

MAY = {day: date(2026, 5, day) for day in range(1, 32)}
# the first release's hours begin at noon of 4 May
DAYS = 24


@pytest.fixture(autouse=True)
def _own_keys(tmp_path, monkeypatch):
    monkeypatch.setenv("CAUSEWAY_KEYS", str(tmp_path / "keys"))
    monkeypatch.delenv("CAUSEWAY_LEDGER", raising=False)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "churn"


def spanned(folder, since, until, *, hour=24 * DAYS):
    work = traffic.later(folder, hour)
    try:
        return span_all(work, ["churn"], since=MAY[since], until=MAY[until]).products[0]
    finally:
        work.ledger.close()


def column(found, name):
    return next(each for each in found.columns if each.name == name)


def causeway(*words):
    return CliRunner().invoke(main, ["watch", *map(str, words)])


def test_a_span_that_changed_is_told_from_one_that_did_not(folder):
    release = traffic.live(folder)
    traffic.hours(folder, release, hours=range(24 * 4), rows=40)
    traffic.outcomes(folder, hours=range(24 * 4))
    traffic.hours(folder, release, hours=range(24 * 4, 24 * 7), rows=40, shift=1.0, gaps=0.2)
    traffic.outcomes(folder, hours=range(24 * 4, 24 * 7), flip=0.4)
    traffic.hours(folder, release, hours=range(24 * 5, 24 * 6), rows=5, arm="shadow")
    traffic.hours(folder, release, hours=range(24 * 5, 24 * 6), rows=7, arm="holdout")

    fine = spanned(folder, 4, 7)
    assert (fine.status, fine.rows, fine.left_out) == ("looked", 40 * (12 + 3 * 24), {})
    assert {each.verdict for each in fine.columns} == {"ok"}
    (quality,) = fine.quality
    assert (quality.verdict, quality.rows, quality.waiting) == ("ok", fine.rows, 0)
    assert quality.low < quality.value < quality.high

    worse = spanned(folder, 9, 11)
    assert (worse.rows, worse.left_out) == (40 * 60, {"holdout": 7 * 24, "shadow": 5 * 24})
    assert (worse.release, worse.reference_rows) == (release, 5000)
    tenure = column(worse, "tenure")
    assert (tenure.verdict, tenure.kind, tenure.importance) == ("changed", "input", 0.5)
    assert tenure.distance > tenure.low > tenure.threshold
    assert tenure.psi > 10 * tenure.psi_by_chance
    assert column(worse, "shoe").verdict == "ok"
    assert column(worse, "charge").missing == pytest.approx(0.2, abs=0.04)
    label = column(worse, "label")
    assert label.distribution.shares["Yes"] < label.before.shares["Yes"] - 0.1
    assert column(worse, "probability").distribution.quantiles["50"] < 0.35
    assert worse.quality[0].verdict == "worse"
    assert "worse beyond chance" in worse.quality[0].why
    assert [each.verdict for each in worse.columns][:3] == ["changed"] * 3

    whole = spanned(folder, 1, 31)
    assert whole.rows == 40 * 24 * 7
    assert [(each.since, each.until) for each in whole.recorded] == [(MAY[4], MAY[11])]
    for found in (fine, worse, whole):
        assert all(len(line) <= 80 for line in span_lines(found))
    assert "no alarm follows" in list(span_lines(worse))[-1]


def test_it_writes_no_event_and_is_no_look(folder):
    release = traffic.live(folder)
    traffic.hours(folder, release, hours=range(30), rows=30, shift=2.0)
    work = traffic.later(folder, 60)
    before = product_state(work, "churn").seq
    found = span_all(work, [], since=MAY[4]).products[0]
    assert (found.until, found.is_open) == (MAY[7], True)
    assert (product_state(work, "churn").seq, kept(work.state, "churn")) == (before, None)
    work.ledger.close()


def test_several_releases_are_beside_the_one_that_answered_most(folder):
    first = traffic.live(folder)
    traffic.hours(folder, first, hours=range(12), rows=30, without="in_charge")
    files = {"reference.profile": traffic.reference(seed=5, shift=1.5)}
    again = shipyard.release(folder, files=files, seed=b"anew", signature=traffic.SIGNATURE)
    ship(traffic.later(folder, 12), folder, agree=lambda _: True)
    traffic.hours(folder, again, hours=range(12, 48), rows=30, shift=1.5)
    found = spanned(folder, 4, 6)
    assert found.by_release == {again: 30 * 36, first: 30 * 12}
    assert found.release == again
    # what the first release does not have is not missing in its rows
    assert (column(found, "charge").rows, column(found, "charge").missing) == (30 * 36, 0.0)
    assert (column(found, "tenure").rows, column(found, "label").rows) == (30 * 48, 30 * 36)
    assert column(found, "label").verdict == "ok"
    assert "rows by release" in "\n".join(span_lines(found))
    assert spanned(folder, 4, 4).release == first


def test_a_release_of_before_is_beside_its_oldest_rows_or_nothing(folder):
    release = traffic.live(folder, profiled=False)
    traffic.hours(folder, release, hours=range(48), rows=30)
    traffic.hours(folder, release, hours=range(48, 72), rows=30, shift=1.5)
    found = spanned(folder, 7, 7)
    assert found.compared_with.startswith("the oldest 1,")
    assert column(found, "tenure").verdict == "changed"
    first = spanned(folder, 4, 6)
    assert (first.compared_with, first.reference_rows) == ("", 0)
    assert {each.verdict for each in first.columns} == {"not-enough-data"}
    assert column(first, "label").distribution.shares
    assert "with nothing to compare it with" in " ".join(" ".join(span_lines(first)).split())


def test_few_rows_are_shown_and_not_judged(folder):
    release = traffic.live(folder)
    traffic.hours(folder, release, hours=range(3), rows=20)
    traffic.outcomes(folder, hours=range(3))
    found = spanned(folder, 4, 4)
    assert {each.verdict for each in found.columns} == {"not-enough-data"}
    assert "200 are needed" in column(found, "tenure").why
    assert column(found, "label").distribution.rows == 60
    assert (found.quality[0].verdict, found.quality[0].rows) == ("not-enough-data", 60)
    assert found.quality[0].low < found.quality[0].value


def test_outcomes_that_have_not_come_yet_are_waited_for(folder):
    release = traffic.live(folder, more="[evaluation]\noutcome_days = 3\n")
    traffic.hours(folder, release, hours=range(24 * 4), rows=20)
    traffic.outcomes(folder, hours=range(24 * 4))
    found = spanned(folder, 4, 8, hour=24 * 4 + 1)
    (quality,) = found.quality
    assert (quality.answered, quality.waiting) == (20 * 12, 20 * (96 - 12))
    assert all(len(line) <= 80 for line in span_lines(found))


def test_erased_rows_are_in_no_span_and_in_no_file(folder):
    release = traffic.live(folder)
    traffic.hours(folder, release, hours=range(24), rows=30)
    before = spanned(folder, 4, 5)
    blocks = folder / ".causeway" / "watch" / "blocks" / "churn"
    files = set(blocks.iterdir())
    work = traffic.later(folder, 24 * DAYS)
    done = erase(work, "churn", "Two year", column="Contract")
    assert done.rows
    watch(work, "churn")
    work.ledger.close()
    # the next look takes away what was made of the rows
    assert not files & set(blocks.iterdir())
    found = spanned(folder, 4, 5)
    assert found.rows == before.rows - done.rows


def test_a_program_gets_all_of_it_and_the_exit_code_is_fine(folder):
    release = traffic.live(folder)
    traffic.hours(folder, release, hours=range(30), rows=30, shift=2.0)
    done = causeway("churn", "--folder", folder, "--since", "2026-05-04", "--until", "2026-05-05", "--json")
    told = json.loads(done.stdout)
    (product,) = told["products"]
    assert (done.exit_code, told["ok"], product["rows"]) == (0, True, 900)
    assert (product["since"], product["until"]) == ("2026-05-04", "2026-05-05")
    assert product["columns"][0]["verdict"] == "changed"
    shown = causeway(folder, "--since", "2026-05-05", "--until", "2026-05-05")
    assert shown.stdout.startswith("churn: 2026-05-05  540 rows, release ")
    assert max(map(len, shown.stdout.splitlines())) <= 80
    far = causeway(folder, "--since", "0001-01-01", "--until", "9999-12-31")
    assert (far.exit_code, "900 rows" in far.stdout) == (0, True)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--since", "2026-05-09", "--until", "2026-05-08"], "--until 2026-05-08 is before --since"),
        (["--since", "yesterday"], "'yesterday' does not match"),
        (["--since", "2026-02-30"], "'2026-02-30' does not match"),
        (["--until", "2026-05-08"], "--until without --since"),
        (["--since", "2026-05-08", "--backtest"], "--since and --backtest are two things"),
        (["--since", "2026-05-08", "--reference", "x.csv"], "--since and --reference are two things"),
        (["--since", "2026-05-08", "--id", "x"], "--since and --id are two things"),
        (["rows.csv", "--since", "2026-05-08"], "rows.csv is a table"),
    ],
)
def test_what_does_not_go_together_is_one_error(folder, words, says):
    shipyard.poc(folder)
    done = causeway(*words, "--folder", folder)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert says in done.stderr
    shape = json.loads(causeway(*words, "--folder", folder, "--json").stdout)
    assert (shape["ok"], shape["code"], shape["status"]) == (False, "usage", 400)
    assert shape["hint"]


def test_a_span_without_rows_says_which_days_have_some(folder):
    release = traffic.live(folder)
    work = traffic.later(folder, 1)
    with pytest.raises(NotFound) as none:
        span_all(work, [], since=MAY[1], until=MAY[2])
    assert "causeway seal churn" in none.value.hint
    with pytest.raises(UsageError, match="yet to come"):
        span_all(work, ["churn"], since=MAY[5])
    work.ledger.close()
    for day in (0, 3, 4, 8):
        traffic.hours(folder, release, hours=range(24 * day, 24 * day + 3), rows=5)
    traffic.hours(folder, release, hours=range(24 * 6, 24 * 6 + 3), rows=5, arm="shadow")
    done = causeway("churn", "--folder", folder, "--since", "2026-05-01", "--until", "2026-05-03")
    assert done.exit_code == 2
    assert done.stderr == (
        "error: churn has no sealed rows that callers were answered from 2026-05-01 to 2026-05-03\n"
        "  rows are of 2026-05-04, 2026-05-07 to 2026-05-08, 2026-05-10, 2026-05-12\n"
    )
    with pytest.raises(NotFound, match="on 2026-05-10; 15 are of shadow"):
        spanned(folder, 10, 10)


def test_one_product_of_several_may_have_no_rows(folder):
    release = traffic.live(folder)
    traffic.hours(folder, release, hours=range(3), rows=5)
    shipyard.release(shipyard.poc(folder / "other", name="other"))
    work = traffic.later(folder, 9)
    found = span_all(work, [], since=MAY[4]).products
    assert {each.product: each.status for each in found} == {"churn": "looked", "other": "no-rows"}
    other = next(each for each in found if each.product == "other")
    assert next(span_lines(other)) == "other: 2026-05-04  no sealed rows that callers were answered"
    work.ledger.close()
