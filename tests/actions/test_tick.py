import json
from datetime import timedelta

from click.testing import CliRunner

import shipyard
from causeway.actions.decide import States, product_state
from causeway.actions.keys import issue, revoke
from causeway.actions.routes import current_routes
from causeway.actions.ship import ship
from causeway.actions.tick import tick, whats_due
from causeway.cli.main import main
from causeway.core.events import GENESIS, Body, KeyRevoked, RunStarted
from causeway.core.events import seal as seal_event
from causeway.core.records import Record, frame
from causeway.ledger.store import INSERT_EVENT
from causeway.ledger.writing import row_of

AT_NS = int(shipyard.NOON.timestamp() * 1e9)


def answered(folder, *, rows=3, product="churn"):
    logs = folder / ".causeway" / "records" / product
    logs.mkdir(parents=True, exist_ok=True)
    records = [
        Record(f"p{i}", AT_NS + i, product, "r1", "champion", "web", {"tenure": i}, {"label": "No"}, 100)
        for i in range(rows)
    ]
    (logs / "20260504T115930Z-1-1.log").write_bytes(b"".join(frame(record) for record in records))


def test_a_tick_seals_what_waits_and_a_second_one_finds_nothing(folder):
    shipyard.release(folder)
    answered(folder)
    work = shipyard.workspace(folder)
    assert [
        each.what for _, each in whats_due(work, state_of=States(work), seal_after=timedelta(seconds=30))
    ] == ["seal"]
    assert not list(whats_due(work, state_of=States(work), seal_after=timedelta(seconds=31)))
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


def test_a_lost_manifest_of_one_product_neither_stops_the_others_nor_keeps_a_revoked_key(tmp_path):
    shipyard.workspace(tmp_path).ledger.close()
    alpha, beta = (shipyard.poc(tmp_path / name, name=name) for name in ("alpha", "beta"))
    for folder in (alpha, beta):
        shipyard.release(folder)
        ship(shipyard.workspace(folder), folder, agree=lambda _: True)
    work = shipyard.workspace(tmp_path)
    keys = {name: States(work)(name).active_keys[0].key for name in ("alpha", "beta")}
    lost = States(work)("alpha").manifest.removeprefix("sha256:")
    (work.state / "artifacts" / lost[:2] / lost).unlink()
    assert revoke(beta, keys["beta"]).trouble == ""
    assert issue(beta, "shop").token
    work.ledger.append("alpha", [KeyRevoked(keys["alpha"])], actor="a1", at=shipyard.NOON)
    answered(tmp_path, product="beta")
    ticked = tick(work)
    assert ticked.done[0].words == "3 predictions sealed"
    assert [(each.product, each.what) for each in ticked.noted] == [("alpha", "routes")]
    routes = {route.product: route for route in current_routes(work).routes}
    assert [key.consumer for key in routes["beta"].keys] == ["shop"]
    assert (routes["alpha"].keys, len(routes["alpha"].served)) == ((), 1)


def two_products(tmp_path):
    shipyard.workspace(tmp_path).ledger.close()
    for name in ("alpha", "beta"):
        shipyard.release(shipyard.poc(tmp_path / name, name=name))
        answered(tmp_path, product=name)
    return shipyard.workspace(tmp_path)


def test_records_of_one_product_that_cannot_be_sealed_do_not_stop_the_others(tmp_path):
    work = two_products(tmp_path)
    (work.state / "segments").mkdir()
    (work.state / "segments" / "alpha").write_text("a file in the way")
    ticked = tick(work)
    assert [(each.product, each.words) for each in ticked.done] == [("beta", "3 predictions sealed")]
    assert (ticked.status, [each.product for each in ticked.failed]) == ("failed", ["alpha"])
    said = CliRunner().invoke(main, ["tick", str(tmp_path)])
    assert said.stdout == "alpha: its records wait on: the system refused: Not a directory.\n"
    assert said.exit_code == 3


def test_a_broken_history_of_one_product_does_not_stop_the_others(tmp_path):
    work = two_products(tmp_path)
    with work.ledger.database.transaction("x") as run:
        run("UPDATE events SET text = '{' WHERE product = 'alpha' AND seq = 1", ())
    ticked = tick(work)
    assert [(each.product, each.words) for each in ticked.done] == [("beta", "3 predictions sealed")]
    assert [(each.product, each.what) for each in ticked.noted] == [("alpha", "routes")]


def test_what_a_tick_sealed_is_signed(folder, monkeypatch):
    shipyard.release(folder)
    answered(folder)
    work = shipyard.workspace(folder)
    tick(work)
    assert len(work.ledger.checkpoints()) == 1
    answered(folder)
    monkeypatch.setenv("CAUSEWAY_KEYS", str(folder / "causeway.toml"))
    assert tick(work).status == "done"


def test_what_was_folded_is_not_folded_again(folder, monkeypatch):
    shipyard.release(folder)
    work = shipyard.workspace(folder)
    states, asked = States(work), []
    read = type(work.ledger).read
    monkeypatch.setattr(
        type(work.ledger), "read", lambda *a, after=0, **k: asked.append(after) or read(*a, after=after, **k)
    )
    first = states("churn")
    assert states("churn") is first
    work.ledger.append("churn", [RunStarted("run-9", "i")], actor="a1", at=shipyard.NOON)
    assert states("churn") == product_state(work, "churn")
    assert asked[:3] == [0, first.seq, first.seq]


def test_a_ledger_that_names_a_folder_as_its_product_leads_nowhere(folder, tmp_path):
    work = shipyard.workspace(folder)
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "app.log").write_text("precious")
    body = Body(str(victim), 1, shipyard.NOON, "a1", GENESIS, RunStarted("r", "i"))
    with work.ledger.database.transaction("x") as run:
        run(INSERT_EVENT, row_of(seal_event(body)))
    assert [(each.product, each.what) for each in tick(work).noted] == [(str(victim), "routes")]
    assert [path.name for path in victim.iterdir()] == ["app.log"]
