"""Replays: rows answered, labelled and looked after in a copy, with time compressed."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import scoring
from click.testing import CliRunner

import shipyard
from causeway.actions.replay.replay import replay
from causeway.actions.replay.rows import Wanted
from causeway.actions.segments import PREDICTIONS, segments_of
from causeway.actions.workspace import open_workspace
from causeway.cli.main import main
from causeway.core.errors import CausewayError, NotFound, UsageError
from causeway.core.events import OutcomesLabelled, TrafficRouted

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]
BEGIN = datetime(2024, 1, 6, 22, tzinfo=UTC)
ROWS = 120
DAY = 86_400.0


def live(folder, **changes):
    digest = scoring.release(folder, contract="", **changes)
    work = shipyard.workspace(folder)
    work.ledger.append("churn", [TrafficRouted({digest: 100}, "", "pilot", 60)], actor="a1", at=shipyard.NOON)
    return digest


def table(file, *, rows=ROWS, minutes=30, of=str):
    lines = ["at,tenure,Contract,Churn"]
    lines += [
        f"{of(BEGIN + timedelta(minutes=minutes * n))},{n % 70},One year,{'Yes' if n % 3 else 'No'}"
        for n in range(rows)
    ]
    file.write_text("\n".join(lines))
    return file


def replayed(folder, into, wanted):
    return replay(shipyard.workspace(folder), folder, wanted, into)


def wanted(file, **more):
    return Wanted(file, "Churn", **{"time": "at", "delay": DAY, **more})


def tree(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_rows_are_answered_labelled_and_looked_after_in_a_copy(folder, tmp_path):
    digest = live(folder)
    before = tree(folder)
    done = replayed(folder, tmp_path / "copy", wanted(table(tmp_path / "rows.csv")))
    assert (done.rows, done.answered, done.labelled) == (ROWS, ROWS, ROWS)
    assert done.releases == {digest: ROWS}
    assert done.shifted_days % 7 == 0
    assert done.since > shipyard.NOON
    assert done.since.weekday() == BEGIN.weekday()
    assert done.since.hour == BEGIN.hour
    (block,) = done.blocks
    assert block.rows == ROWS
    assert tree(folder) == before


def test_the_copy_has_a_whole_ledger_with_the_times_of_the_rows(folder, tmp_path):
    live(folder)
    done = replayed(folder, tmp_path / "copy", wanted(table(tmp_path / "rows.csv")))
    copy = open_workspace(tmp_path / "copy")
    segments = segments_of(copy, "churn", PREDICTIONS)
    assert segments[0].first_at == done.since
    assert {each.first_at.date() for each in segments} == {each.last_at.date() for each in segments}
    labelled = [e for e in copy.ledger.read("churn") if isinstance(e.fact, OutcomesLabelled)]
    # a day's rows are known a day later, at the look that follows
    assert labelled[0].body.at - done.since >= timedelta(days=1)
    assert sum(event.fact.joined for event in labelled) == ROWS
    # it is opened where it stands, and its time goes on from there
    assert timedelta() <= copy.clock.now() - done.until < timedelta(hours=1)
    assert CliRunner().invoke(main, ["verify", str(tmp_path / "copy")]).exit_code == 0
    copy.ledger.close()


def test_rows_in_any_order_and_times_of_any_form_are_played_in_order(folder, tmp_path):
    live(folder)
    file = table(tmp_path / "rows.csv", rows=30, of=lambda at: int(at.timestamp() * 1000))
    head, *lines = file.read_text().splitlines()
    file.write_text("\n".join([head, *reversed(lines)]))
    done = replayed(folder, tmp_path / "copy", wanted(file))
    assert done.answered == done.labelled == 30
    assert done.until - done.since >= timedelta(days=1)


def test_rows_without_times_come_at_a_pace_and_refused_ones_are_counted(folder, tmp_path):
    live(folder)
    file = tmp_path / "rows.csv"
    file.write_text("tenure,Contract,Churn\n" + "5,One year,Yes\n5,weird,No\n" * 20)
    done = replayed(folder, tmp_path / "copy", Wanted(file, "Churn", every=3600.0))
    assert (done.answered, done.set_apart) == (20, 20)
    assert sum(done.rules.values()) == 20


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"time": "when"}, "no column 'when'"),
        ({"outcome": "left"}, "no column 'left'"),
        ({"time": ""}, "nothing says when"),
        ({"time": "Contract"}, "not all times"),
        ({"time": "tenure"}, "no times"),
    ],
)
def test_a_table_that_cannot_be_played_is_refused_before_anything_is_written(folder, tmp_path, change, said):
    live(folder)
    asked = Wanted(table(tmp_path / "rows.csv"), **{"outcome": "Churn", "time": "at", **change})
    with pytest.raises(UsageError, match=said):
        replayed(folder, tmp_path / "copy", asked)


def test_nothing_is_written_over(folder, tmp_path):
    live(folder)
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "mine.txt").write_text("mine")
    file = table(tmp_path / "rows.csv", rows=3)
    for into in (tmp_path / "copy", folder / "inside", folder):
        with pytest.raises(UsageError, match=r"lies in the folder|is not empty"):
            replayed(folder, into, wanted(file))
    with pytest.raises(NotFound):
        replayed(folder, tmp_path / "other", wanted(tmp_path / "nothing.csv"))


def test_a_product_that_is_not_live_answers_nothing(folder, tmp_path):
    scoring.release(folder, contract="")
    with pytest.raises(CausewayError, match="nothing of churn is live"):
        replayed(folder, tmp_path / "copy", wanted(table(tmp_path / "rows.csv")))


def test_the_command_tells_the_story_and_ends_with_the_blocks(folder, tmp_path):
    live(folder)
    file = table(tmp_path / "rows.csv")
    options = ["--time", "at", "--outcome", "Churn", "--delay", "1d"]
    said = CliRunner().invoke(
        main, ["replay", str(file), str(folder), "--into", str(tmp_path / "a"), *options]
    )
    assert said.exit_code == 0, said.output
    assert "120 answered, 0 refused, 120 with outcome" in said.stdout
    assert max(map(len, said.output.replace(str(tmp_path), "").splitlines())) <= 80
    told = CliRunner().invoke(
        main, ["replay", str(file), str(folder), "--into", str(tmp_path / "b"), *options, "--json"]
    )
    assert json.loads(told.stdout)["answered"] == ROWS
    wrong = CliRunner().invoke(main, ["replay", str(file), "--into", "c", "--delay", "7 weeks"])
    assert wrong.exit_code == 2
