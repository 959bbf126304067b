import json
from datetime import timedelta

from click.testing import CliRunner

import shipyard
from causeway.actions.ship import ship
from causeway.actions.tick import tick, whats_due
from causeway.cli.main import main
from causeway.core.events import RunStarted
from causeway.core.records import Record, frame

AT_NS = int(shipyard.NOON.timestamp() * 1e9)


def answered(folder, *, rows=3):
    logs = folder / ".causeway" / "records" / "churn"
    logs.mkdir(parents=True, exist_ok=True)
    records = [
        Record(f"p{i}", AT_NS + i, "churn", "r1", "champion", "web", {"tenure": i}, {"label": "No"}, 100)
        for i in range(rows)
    ]
    (logs / "20260504T115930Z-1-1.log").write_bytes(b"".join(frame(record) for record in records))


def test_a_tick_seals_what_waits_and_a_second_one_finds_nothing(folder):
    shipyard.release(folder)
    answered(folder)
    work = shipyard.workspace(folder)
    assert [each.what for _, each in whats_due(work, seal_after=timedelta(seconds=30))] == ["seal"]
    assert not list(whats_due(work, seal_after=timedelta(seconds=31)))
    ticked = tick(work)
    assert (ticked.status, ticked.done[0].words) == ("done", "3 predictions sealed")
    assert tick(work).status == "nothing_due"


def test_a_tick_brings_lost_routes_back(folder):
    shipyard.release(folder)
    work = shipyard.workspace(folder)
    ship(work, folder, agree=lambda _: True)
    work.routes.unlink()
    tick(work)
    assert work.routes.exists()


def test_the_command_names_a_run_that_fell_silent(folder):
    work = shipyard.workspace(folder)
    work.ledger.append("churn", [RunStarted("run-9", "i")], actor="a1", at=shipyard.NOON)
    result = CliRunner().invoke(main, ["tick", str(folder)])
    assert (result.exit_code, "run-9 was last heard of" in result.stdout) == (0, True), result.output
    answer = json.loads(CliRunner().invoke(main, ["tick", str(folder), "--json"]).stdout)
    assert (answer["ok"], answer["status"], answer["noted"][0]["what"]) == (True, "nothing_due", "run_silent")


def test_the_command_says_when_nothing_is_due(folder):
    shipyard.workspace(folder)
    assert CliRunner().invoke(main, ["tick", str(folder)]).stdout == "Nothing is due.\n"
